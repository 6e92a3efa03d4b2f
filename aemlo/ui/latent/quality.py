"""Are the synthetic rows any good? Their figures, with MLSMOTE's beside them."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from aemlo import params, specs
from aemlo.charts import latent_details
from aemlo.jobs.kinds import judge
from aemlo.quality import Judging
from aemlo.quality import measures as judging_measures
from aemlo.quality.reporting import Measure
from aemlo.ui import figures, forms, runs
from aemlo.ui.latent.selection import hidden
from aemlo.ui.latent.view import View, frame_of
from aemlo.ui.state import Workspace
from aemlo.wording import count, counted, decimals

MOST_LABELS = 40
"""Labels of the chart label by label, until all are asked for."""
EVERYTHING = "all rows"
"""What the rows of all labels together are called."""
"""The entries of a judgement's spec that say what is judged, and how."""
AUC = "told apart (AUC)"
"""The measure that a forest gives, as the figures have it."""


def plausibility(workspace: Workspace, view: View) -> None:
    """The figures of the run's rows and MLSMOTE's, overall and label by label.

    Where rows were left out on the map, also those of the remaining rows.
    """
    quality, telling = view.frame("quality"), view.frame("telling")
    if quality is None:
        _why_not(view)
        return
    sampler = quality["sampler"].iloc[0]
    changed = _changed_settings()
    again = _judged_again(workspace, view, changed)
    if again is None:
        changed = {}
    elif changed:
        quality, telling = again
    else:
        quality = pd.concat([quality, again[0]], ignore_index=True)
        frames = [frame for frame in (telling, again[1]) if frame is not None]
        telling = pd.concat(frames, ignore_index=True) if frames else None
    overall = quality[quality["label"] == ""]
    left = judge.title_of(sampler, len(hidden(view)))
    for name in (sampler, left):
        of_sampler = overall[overall["sampler"] == name]
        if len(of_sampler):
            st.markdown(_verdict(of_sampler, some_left_out=name == left))
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


def _changed_settings() -> dict[str, Any]:
    """The form of the judgement's settings; those that are not the default ones."""
    with st.expander("More settings of the judgement"):
        settings = forms.param_form(Judging, key="latent.judging")
    known = params.parameters(Judging)
    return {n: v for n, v in settings.items() if v != known[n].default}


def _judged_again(
    workspace: Workspace, view: View, changed: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame | None] | None:
    """(quality, telling) by changed settings, or without the rows left out on the map.

    They are computed when asked for; None until then, and where nothing was changed.
    """
    left_out = sorted(int(row) for row in hidden(view))
    if not left_out and not changed:
        return None
    spec = specs.written({"run": view.run.id, "without": left_out, "settings": changed})
    judging = next(
        (
            run
            for run in workspace.store.runs(workspace.id, "judge", view.run.dataset)
            if specs.completed(run.spec) == spec
        ),
        None,
    )
    why = _what_changed(len(left_out), len(changed))
    if judging is not None and judging.state == "done":
        quality = frame_of(judging.id, "quality")
        if quality is not None:
            return quality, frame_of(judging.id, "telling")
    if judging is None or judging.state == "done":
        st.info(f"{why}. The figures below are of all rows, by the default settings.")
        st.button(
            "Judge the remaining rows" if left_out else "Judge again",
            key="latent.judge",
            icon=":material/balance:",
            type="primary",
            on_click=_enqueue,
            args=(workspace, view, spec, why),
            help="In the background; the figures then appear here.",
        )
    else:
        st.caption(f"{why}. Judged again:")
        runs.run_panel(workspace, judging.id)
    return None


def _what_changed(rows: int, settings: int) -> str:
    """ "3 rows were left out on the map and 1 setting changed"."""
    changes = []
    if rows:
        were = "was" if rows == 1 else "were"
        changes.append(f"{counted(rows, 'row')} {were} left out on the map")
    if settings:
        changes.append(f"{counted(settings, 'setting')} changed")
    return " and ".join(changes)


def _enqueue(workspace: Workspace, view: View, spec: dict[str, Any], why: str) -> None:
    dataset = workspace.store.dataset(view.run.dataset)
    workspace.enqueue("judge", f"{view.run.title}, {why}", spec, dataset)


def _label_by_label(quality: pd.DataFrame, measures: Sequence[Measure]) -> None:
    """One figure label by label."""
    by_label = quality[quality["label"] != ""]
    titles = [m.title for m in measures if (by_label["measure"] == m.title).any()]
    if not titles:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.selectbox(
            "Label by label", titles, key="latent.quality.measure", width=320
        )
        part = by_label[by_label["measure"] == title]
        labels = part["label"].nunique()
        most = MOST_LABELS if labels > MOST_LABELS else None
        if most and st.toggle(
            f"Show all {count(labels)} labels", key="latent.quality.all"
        ):
            most = None
    measure = next(m for m in measures if m.title == title)
    figures.figure(
        latent_details.quality_per_label(quality, title, measure.meaning, most),
        data=part,
        name=f"plausibility-{title.replace(' ', '-')}",
        alt=f"{title} label by label, by sampler",
        key=f"latent.quality.{title}",
    )
    more = f" Shown: the {most} labels with most synthetic rows." if most else ""
    st.caption(f"Good: {measure.good}.{more}")


def _by_which_features(quality: pd.DataFrame, telling: pd.DataFrame) -> None:
    """The features by which a forest separates synthetic rows from real ones.

    Of all rows, or of those of one label.
    """
    if "label" not in telling:
        # Runs of an earlier version have one forest for all labels.
        telling = telling.assign(label="")
    aucs = quality[quality["measure"] == AUC].dropna(subset="value")
    labels = [name for name in telling["label"].unique() if name in set(aucs["label"])]
    if not labels:
        return
    label = st.selectbox(
        "Features that separate synthetic from real rows",
        labels,
        format_func=lambda name: name or EVERYTHING,
        key="latent.telling.label",
        width=320,
    )
    aucs, part = aucs[aucs["label"] == label], telling[telling["label"] == label]
    figures.figure(
        latent_details.telling_features(
            part, dict(zip(aucs["sampler"], aucs["value"], strict=True))
        ),
        data=part,
        name="features-that-tell",
        alt="The features by which a forest separates synthetic rows from real ones",
        key=f"latent.telling.{label}",
    )


def _why_not(view: View) -> None:
    """A note that says why there is nothing to see."""
    if view.known.synthetic.sum() == 0:
        st.info("This run made no synthetic rows, so there is nothing to judge.")
    elif view.embed is not None and view.embed.active:
        st.info("Being computed: it comes after the maps.")
    else:
        st.info("Not computed yet: compute the picture above, and this comes with it.")


def _verdict(overall: pd.DataFrame, some_left_out: bool) -> str:
    """The evidence in two sentences; `overall` has the figures of one sampler."""
    values = overall.set_index("measure")
    rows = count(values.loc["distance", "rows"])
    which = f"Of the {rows} kept" if some_left_out else f"Of {rows} synthetic"

    def share(name: str) -> str:
        value = values.loc[name, "value"]
        return f"{100 * value:.{1 if 0 < value < 0.1 else 0}f} %"

    auc = values.loc[AUC, "value"]
    forest = (
        f"a forest separates them from real rows with an AUC of {decimals(auc)} (0.5: "
        "it cannot)"
        if not math.isnan(auc)
        else "there are too few to train a forest on"
    )
    return (
        f"{which} rows "
        f"**{share('precision')}** lie inside the region of the real ones, "
        f"**{share('outside')}** outside that of the label they were made for (made "
        "for none: of their rarest label), "
        f"**{share('copies')}** are closer to a real row than 99 % of real "
        f"rows are; {forest}."
    )


def _table(overall: pd.DataFrame, measures: Sequence[Measure]) -> None:
    """All figures as a table, with those of real rows beside them."""
    wide = overall.pivot_table(
        index="measure", columns="sampler", values="value", sort=False
    )
    reference = overall.pivot_table(
        index="measure", columns="sampler", values="reference", sort=False
    )
    # The real rows of a sampler may be its own: it made rows for other labels.
    samplers_of: dict[tuple, list[str]] = {}
    for sampler in reference:
        same = tuple(reference[sampler].round(3).fillna(-1.0))
        samplers_of.setdefault(same, []).append(sampler)
    for samplers in samplers_of.values():
        beside = f", beside {' and '.join(samplers)}" if len(samplers_of) > 1 else ""
        wide[f"real rows{beside}"] = reference[samplers[0]]
    meanings = pd.DataFrame(
        [(m.title, m.meaning, m.good) for m in measures],
        columns=["measure", "meaning", "good is"],
    )
    table = meanings.merge(wide.reset_index(), on="measure")
    first = ["measure", "good is", *wide.columns]
    figures.table(
        table[[*first, "meaning"]],
        name="plausibility",
        key="latent.quality.table",
        column_config={
            name: st.column_config.NumberColumn(format="%.3f") for name in wide.columns
        },
    )
