"""Directions in the latent space that go with a label."""

import streamlit as st

from aemlo.charts import latent_details
from aemlo.ui import figures
from aemlo.ui.latent.view import View


def directions(view: View) -> None:
    """Which latent directions separate which labels."""
    probes = view.frame("probes")
    if probes is None:
        st.info("Not computed yet: it comes with the UMAP picture.")
        return
    st.markdown(
        "If one direction of the latent space separates the rows with a label from the "
        "others, a walk in that direction is meaningful. The direction of each label "
        "was fitted on four fifths of the real rows and scored on the rest, in turn."
    )
    figures.figure(
        latent_details.probe_bars(probes),
        data=probes,
        name="probes",
        alt="AUC of the best latent direction for each label",
        key="latent.probes",
    )
    figures.table(
        probes.sort_values("auc", ascending=False, kind="stable").rename(
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
        "An AUC below 0.5 of a single coordinate means that the coordinate is lower "
        "for rows with the label. The coordinate was chosen on the rows that it is "
        "scored on, so its AUC is too high for rare labels. Labels that fewer than two "
        "rows have, or lack, are left out. A direction is scored on rows that were not "
        "used to fit it, but the network was trained on these rows and their labels: "
        "the AUC describes the latent space of these rows, not the prediction of "
        "labels of new rows."
    )
