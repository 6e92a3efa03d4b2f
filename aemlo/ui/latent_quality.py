"""Are the synthetic rows any good, with MLSMOTE's beside; what directions mean."""

import pandas as pd
import streamlit as st

from aemlo.charts import latent_details
from aemlo.plausibility import MEASURES
from aemlo.ui import parts


def plausibility(view):
    """The figures of the run's rows and MLSMOTE's, overall and label by label."""
    quality = view.frame("quality")
    if quality is None:
        _why_not(view)
        return
    overall = quality[quality["label"] == ""]
    st.markdown(_verdict(overall, view))
    parts.figure(
        latent_details.quality_dots(quality, [m.title for m in MEASURES]),
        data=overall,
        name="plausibility",
        alt="Nine figures of how plausible the synthetic rows are, by sampler",
        key="latent.quality",
    )
    _table(overall)
    by_label = quality[quality["label"] != ""]
    titles = [m.title for m in MEASURES if (by_label["measure"] == m.title).any()]
    measure = st.selectbox("Label by label", titles, key="latent.quality.measure")
    said = next(m for m in MEASURES if m.title == measure)
    parts.figure(
        latent_details.quality_per_label(quality, measure, said.meaning),
        data=by_label[by_label["measure"] == measure],
        name=f"plausibility-{measure.replace(' ', '-')}",
        alt=f"{measure} label by label, by sampler",
        key=f"latent.quality.{measure}",
    )
    st.caption(f"Good: {said.good}.")
    telling = view.frame("telling")
    told = overall[overall["measure"] == "told apart (AUC)"]
    if telling is not None and told["value"].notna().any():
        parts.figure(
            latent_details.telling_features(
                telling, dict(zip(told["sampler"], told["value"], strict=True))
            ),
            data=telling,
            name="features-that-tell",
            alt="The features by which a forest tells synthetic rows from real ones",
            key="latent.telling",
        )


def _why_not(view):
    if view.known.synthetic.sum() == 0:
        st.info("This run made no synthetic rows, so there is nothing to judge.")
    elif view.embed is not None and view.embed.active:
        st.info("Being computed: it comes after the maps.")
    else:
        st.info("Not computed yet: compute the picture above, and this comes with it.")


def _verdict(overall, view):
    """The evidence in two sentences."""
    mine = overall["sampler"].iloc[0]
    values = overall[overall["sampler"] == mine].set_index("measure")

    def share(name):
        value = values.loc[name, "value"]
        return f"{value:.1%}" if 0 < value < 0.1 else f"{value:.0%}"

    auc = values.loc["told apart (AUC)", "value"]
    told = (
        f"a forest tells them from real rows with an AUC of {auc:.3f} (0.5: it cannot)"
        if auc == auc
        else "there are too few to train a forest on"
    )
    return (
        f"Of {int(view.known.synthetic.sum()):,} synthetic rows "
        f"**{share('precision')}** lie inside the region of the real ones, "
        f"**{share('outside')}** outside that of the label they were made for (made "
        "for none: of their rarest label), "
        f"**{share('copies')}** are closer to a real row than 99 % of real "
        f"rows are; {told}."
    )


def _table(overall):
    wide = overall.pivot_table(
        index="measure", columns="sampler", values="value", sort=False
    )
    held = overall.pivot_table(
        index="measure", columns="sampler", values="reference", sort=False
    )
    if held.nunique(axis=1).le(1).all():
        wide["real rows"] = held.bfill(axis=1).iloc[:, 0]
    else:
        for sampler in held:
            wide[f"real rows, beside {sampler}"] = held[sampler]
    said = pd.DataFrame(
        [(m.title, m.meaning, m.good) for m in MEASURES],
        columns=["measure", "what it says", "good is"],
    )
    table = said.merge(wide.reset_index(), on="measure")
    first = ["measure", *wide.columns]
    parts.table(
        table[[*first, "what it says", "good is"]],
        name="plausibility",
        key="latent.quality.table",
        column_config={
            name: st.column_config.NumberColumn(format="%.3f") for name in wide.columns
        },
    )


def directions(view):
    """Which latent directions carry which labels."""
    probes = view.frame("probes")
    if probes is None:
        st.info("Not computed yet: it comes with the UMAP picture.")
        return
    st.markdown(
        "If a straight direction of the latent space tells who has a label, walking "
        "that way means something. Each label's direction was fitted on four fifths "
        "of the real rows and scored on the rest, in turn."
    )
    parts.figure(
        latent_details.probe_bars(probes),
        data=probes,
        name="probes",
        alt="AUC of the best latent direction for each label",
        key="latent.probes",
    )
    parts.table(
        probes.sort_values("auc", ascending=False).rename(
            columns={
                "positives": "rows with it",
                "auc": "AUC of the direction",
                "unit": "best single coordinate",
                "unit_auc": "its AUC",
            }
        ),
        name="probes",
        key="latent.probes.table",
    )
    st.caption(
        "An AUC below 0.5 of a single coordinate means it falls where the label is; it "
        "was picked on the rows it is scored on, which flatters it for rare labels. "
        "Labels that fewer than two rows have, or lack, are left out. No direction saw "
        "the rows it is scored on, but the network did, their labels included: this "
        "tells what the space holds of these rows, not how well labels are told of "
        "rows that the network never saw."
    )
