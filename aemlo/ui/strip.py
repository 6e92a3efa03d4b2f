"""The strip above every page: the data set in use and the job that runs."""

import streamlit as st

from aemlo.charts import theme
from aemlo.ui import cached
from aemlo.ui.layout import STRIP_SECONDS, WATCH_SECONDS, plain
from aemlo.ui.runs import how_far, stop_button
from aemlo.ui.state import Workspace
from aemlo.wording import counted


def strip(workspace: Workspace) -> None:
    """One line on every page: the data set in use, and the work going on.

    Work that another tab started is shown too: the whole page is drawn again when the
    active run is another one, or there is none any more.
    """
    # As they were when the page was drawn: another tab may change the data set later.
    dataset, active = workspace.dataset, workspace.active_run()

    @st.fragment(run_every=STRIP_SECONDS if active else WATCH_SECONDS)
    def line() -> None:
        run = workspace.active_run()
        if (run and run.id) != (active and active.id):
            st.rerun()
        data, work = st.columns([3, 2], vertical_alignment="center")
        measures = cached.summary(dataset.content_hash, dataset)
        data.caption(
            f"**{plain(dataset.name)}** · {counted(dataset.n, 'row')} × "
            f"{counted(len(dataset.feature_names), 'feature')} × "
            f"{counted(dataset.q, 'label')} · "
            f"MeanIR {theme.number(measures['mean_ir'])}"
        )
        if run is None:
            return
        of = "" if run.dataset == dataset.content_hash else f" on {run.dataset_name}"
        with work.container(horizontal=True, vertical_alignment="center"):
            st.progress(run.progress, text=f"{plain(run.title + of)}: {how_far(run)}")
            stop_button(workspace, run, key="strip_stop")

    with st.container(key="strip"):
        line()
