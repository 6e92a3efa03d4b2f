"""Are the synthetic rows any good, with MLSMOTE's beside; what directions mean."""

import pandas as pd
import streamlit as st

from aemlo import params
from aemlo.charts import latent_details
from aemlo.quality import Judging
from aemlo.quality import measures as judging_measures
from aemlo.ui import figures, forms, runs
from aemlo.ui.latent.selection import hidden
from aemlo.ui.latent.view import frame_of
from aemlo.wording import counted

MOST_LABELS = 40
EVERYTHING = "all rows"


def plausibility(workspace, view):
    """The figures of the run's rows and MLSMOTE's, overall and label by label; of what
    is left of them too, where rows were left out."""
    quality, telling = view.frame("quality"), view.frame("telling")
    if quality is None:
        _why_not(view)
        return
    sampler = quality["sampler"].iloc[0]
    with st.expander("More settings of the judgement"):
        settings = forms.param_form(Judging, key="latent.judging")
    changed = {
        name: settings[name]
        for name, parameter in params.parameters(Judging).items()
        if settings[name] != parameter.default
    }
    again = _judged_anew(workspace, view, changed)
    if again is None:
        changed = {}
    elif changed:
        quality, telling = again
    else:
        quality = pd.concat([quality, again[0]], ignore_index=True)
        telling = pd.concat([telling, again[1]], ignore_index=True)
    overall = quality[quality["label"] == ""]
    for name in dict.fromkeys(overall["sampler"]):
        if name.startswith(sampler):
            st.markdown(_verdict(overall[overall["sampler"] == name], name != sampler))
    measures = judging_measures(Judging(**changed))
    figures.figure(
        latent_details.quality_dots(quality, [m.title for m in measures]),
        data=overall,
        name="plausibility",
        alt="Nine figures of how plausible the synthetic rows are, by sampler",
        key="latent.quality",
    )
    _table(overall, measures)
    _label_by_label(quality, measures)
    if telling is not None:
        _by_which_features(quality, telling)


def _judged_anew(workspace, view, changed):
    """(quality, telling) by changed settings, or without the rows left out on the map;
    judged when asked for, None until then and where there is nothing to judge anew."""
    away = sorted(int(row) for row in hidden(view))
    if not away and not changed:
        return None
    spec = {"run": view.run.id, "without": away}
    spec |= {"settings": changed} if changed else {}
    asked = [
        one
        for one in workspace.store.runs(workspace.id, "judge", view.run.dataset)
        if one.spec == spec
    ]
    why = []
    if away:
        why.append(
            f"{counted(len(away), 'row')} {'was' if len(away) == 1 else 'were'} left "
            "out on the map"
        )
    if changed:
        why.append(f"{counted(len(changed), 'setting')} changed")
    why = " and ".join(why)
    if asked and asked[0].state == "done":
        found = [frame_of(asked[0].id, name) for name in ("quality", "telling")]
        if found[0] is not None:
            return found
    if not asked or asked[0].state == "done":
        st.info(f"{why}. The figures below are of all rows, by the default settings.")
        st.button(
            "Judge what is left" if away else "Judge anew",
            key="latent.judge",
            icon=":material/balance:",
            type="primary",
            on_click=_enqueue,
            args=(workspace, view, spec, why),
            help="In the background; its figures then stand here.",
        )
    else:
        st.caption(f"{why}. Judged anew:")
        runs.run_panel(workspace, asked[0].id)
    return None


def _enqueue(workspace, view, spec, why):
    dataset = workspace.store.dataset(view.run.dataset)
    workspace.enqueue("judge", f"{view.run.title}, {why}", spec, dataset)


def _label_by_label(quality, measures):
    by_label = quality[quality["label"] != ""]
    titles = [m.title for m in measures if (by_label["measure"] == m.title).any()]
    if not titles:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = st.selectbox(
            "Label by label", titles, key="latent.quality.measure", width=320
        )
        part = by_label[by_label["measure"] == measure]
        most, labels = MOST_LABELS, part["label"].nunique()
        if labels > most and st.toggle(
            f"Show all {labels:,} labels", key="latent.quality.all"
        ):
            most = None
    said = next(m for m in measures if m.title == measure)
    figures.figure(
        latent_details.quality_per_label(quality, measure, said.meaning, most),
        data=part,
        name=f"plausibility-{measure.replace(' ', '-')}",
        alt=f"{measure} label by label, by sampler",
        key=f"latent.quality.{measure}",
    )
    more = f" Shown: the {most} labels with most synthetic rows." if most else ""
    more = more if labels > MOST_LABELS else ""
    st.caption(f"Good: {said.good}.{more}")


def _by_which_features(quality, telling):
    """The features by which the forests tell, of all rows or of one label's."""
    if "label" not in telling:
        # Written before forests were asked label by label.
        telling = telling.assign(label="")
    told = quality[quality["measure"] == "told apart (AUC)"].dropna(subset="value")
    labels = [name for name in telling["label"].unique() if name in set(told["label"])]
    if not labels:
        return
    label = st.selectbox(
        "Features by which a forest tells",
        labels,
        format_func=lambda name: name or EVERYTHING,
        key="latent.telling.label",
        width=320,
    )
    told, part = told[told["label"] == label], telling[telling["label"] == label]
    figures.figure(
        latent_details.telling_features(
            part, dict(zip(told["sampler"], told["value"], strict=True))
        ),
        data=part,
        name="features-that-tell",
        alt="The features by which a forest tells synthetic rows from real ones",
        key=f"latent.telling.{label}",
    )


def _why_not(view):
    if view.known.synthetic.sum() == 0:
        st.info("This run made no synthetic rows, so there is nothing to judge.")
    elif view.embed is not None and view.embed.active:
        st.info("Being computed: it comes after the maps.")
    else:
        st.info("Not computed yet: compute the picture above, and this comes with it.")


def _verdict(overall, some_left_out):
    """The evidence in two sentences; `overall` has the figures of one sampler."""
    values = overall.set_index("measure")
    count = int(values.loc["distance", "rows"])
    whom = f"Of the {count:,} kept" if some_left_out else f"Of {count:,} synthetic"

    def share(name):
        value = values.loc[name, "value"]
        return f"{100 * value:.{1 if 0 < value < 0.1 else 0}f} %"

    auc = values.loc["told apart (AUC)", "value"]
    told = (
        f"a forest tells them from real rows with an AUC of {auc:.3f} (0.5: it cannot)"
        if auc == auc
        else "there are too few to train a forest on"
    )
    return (
        f"{whom} rows "
        f"**{share('precision')}** lie inside the region of the real ones, "
        f"**{share('outside')}** outside that of the label they were made for (made "
        "for none: of their rarest label), "
        f"**{share('copies')}** are closer to a real row than 99 % of real "
        f"rows are; {told}."
    )


def _table(overall, measures):
    wide = overall.pivot_table(
        index="measure", columns="sampler", values="value", sort=False
    )
    held = overall.pivot_table(
        index="measure", columns="sampler", values="reference", sort=False
    )
    # What a sampler is held against may be its own: it made rows for others.
    beside = {}
    for sampler in held:
        same = tuple(held[sampler].round(3).fillna(-1.0))
        beside.setdefault(same, []).append(sampler)
    for samplers in beside.values():
        whom = f", beside {' and '.join(samplers)}" if len(beside) > 1 else ""
        wide[f"real rows{whom}"] = held[samplers[0]]
    said = pd.DataFrame(
        [(m.title, m.meaning, m.good) for m in measures],
        columns=["measure", "what it says", "good is"],
    )
    table = said.merge(wide.reset_index(), on="measure")
    first = ["measure", "good is", *wide.columns]
    figures.table(
        table[[*first, "what it says"]],
        name="plausibility",
        key="latent.quality.table",
        column_config={
            name: st.column_config.NumberColumn(format="%.3f") for name in wide.columns
        },
    )
