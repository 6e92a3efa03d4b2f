"""Directions in the latent space that go with a label."""

import streamlit as st

from aemlo.charts import latent_details
from aemlo.ui import figures
from aemlo.ui.latent.view import View


def directions(view: View) -> None:
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
        "An AUC below 0.5 of a single coordinate means it falls where the label is; it "
        "was picked on the rows it is scored on, which flatters it for rare labels. "
        "Labels that fewer than two rows have, or lack, are left out. No direction saw "
        "the rows it is scored on, but the network did, their labels included: this "
        "tells what the space holds of these rows, not how well labels are told of "
        "rows that the network never saw."
    )
