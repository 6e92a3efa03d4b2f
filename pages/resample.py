"""Resample the data set in use, look at every new row, and take the result away."""

import streamlit as st

from aemlo.ui import layout, runs, shown_run, state, synthetic_rows
from aemlo.ui.resample import form, one_row, results, take_away

workspace = state.workspace()
dataset = workspace.dataset

layout.page(
    "Resample",
    "What does each sampler do to the labels, and are its new rows believable?",
)

synthetic_rows.noted(workspace, key="resample")

form_side, about_side = st.columns([3, 2], gap="large")
title = settings = seed = None
with form_side, st.container(border=True), layout.shown_errors():
    title, settings, seed = form.settings_form(dataset)
    form.preview(dataset, title, settings, seed)
    if st.button("Resample", type="primary", icon=":material/add_chart:"):
        form.start(workspace, title, settings, seed)
with about_side:
    form.about()
    st.page_link("pages/methods.py", label="All methods", icon=":material/menu_book:")

run = shown_run.choose(workspace, "resample", key="resample.run")
if run is None:
    if shown_run.nothing_yet(
        workspace,
        "resample",
        missing="resampling run",
        why="A run shows every new row, what it does to IRLbl, and hands the new data "
        "set out. With the sampler chosen above:",
        button="Resample",
        icon=":material/add_chart:",
    ):
        with layout.shown_errors():
            form.start(workspace, title, settings, seed)
    st.stop()

st.subheader(layout.plain(run.title))
runs.run_panel(workspace, run.id, live=results.live(workspace))
if run.state != "done":
    st.stop()

result = None
with layout.shown_errors():
    result = results.Result(workspace, run)
if result is None:
    st.stop()

results.key_numbers(result)
views = {
    "Labels": results.labels,
    "Where rows lie": results.where,
    "A row": one_row.one_row,
    "Quality": results.card,
    "Side by side": results.side_by_side,
    "Keep and download": take_away.keep_and_take,
}
if result.decisions is not None:
    views["Decisions"] = results.decisions
view = st.segmented_control(
    "Look at",
    list(views),
    default="Labels",
    required=True,
    key="resample.view",
    label_visibility="collapsed",
)
with layout.shown_errors():
    views[view](result)

layout.next_step(
    "pages/compare.py",
    "Compare",
    "Whether it helps a classifier is for a comparison on held-out rows to say.",
)
