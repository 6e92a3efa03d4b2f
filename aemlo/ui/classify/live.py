"""A classify run on its way: its losses, and the arms that failed."""

from collections.abc import Callable

import streamlit as st

from aemlo.store import Run
from aemlo.ui import layout
from aemlo.ui.state import Workspace


def live(workspace: Workspace) -> Callable[[Run], None]:
    """A function for the run panel: it draws the losses of training so far."""

    def draw(run: Run) -> None:
        losses = workspace.store.events(run.id)
        if len(losses) == 0:
            return
        title = "Loss by epoch, or by round of boosting (mean of the labels so far)"
        with st.expander(title, expanded=run.active):
            st.line_chart(
                losses,
                x="step",
                x_label="epoch or round",
                y_label="loss",
                height=240,
            )

    return draw


def failed_arms(run: Run) -> None:
    """A warning for each arm that failed, with its reason."""
    for arm in run.summary.get("arms", []):
        if arm["error"]:
            st.warning(f"{layout.plain(arm['name'])}: {layout.plain(arm['error'])}")
