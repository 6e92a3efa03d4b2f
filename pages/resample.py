"""Resample the data set in use, look at every new row, and take the result away."""

import streamlit as st

from aemlo.ui import (
    parts,
    resample_parts,
    resample_row,
    resample_take,
    shown_run,
    state,
    synthetic_rows,
)

workspace = state.workspace()
dataset = workspace.dataset

parts.page(
    "Resample",
    "What does each sampler do to the labels, and are its new rows believable?",
)

synthetic_rows.noted(workspace, key="resample")

form, words = st.columns([3, 2], gap="large")
title = settings = seed = None
with form, st.container(border=True), parts.shown_errors():
    title, settings, seed = resample_parts.settings_form(dataset)
    resample_parts.preview(dataset, title, settings, seed)
    if st.button("Resample", type="primary", icon=":material/add_chart:"):
        resample_parts.start(workspace, title, settings, seed)
with words:
    resample_parts.about(st.session_state.get("resample.sampler", "MLSMOTE"))
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
        with parts.shown_errors():
            resample_parts.start(workspace, title, settings, seed)
    st.stop()

st.subheader(parts.plain(run.title))
parts.run_panel(workspace, run.id, live=resample_parts.live(workspace))
if run.state != "done":
    st.stop()

result = None
with parts.shown_errors():
    result = resample_parts.Result(workspace, run)
if result is None:
    st.stop()

resample_parts.figures(result)
views = {
    "Labels": resample_parts.labels,
    "Where rows lie": resample_parts.where,
    "A row": resample_row.one_row,
    "Quality": resample_parts.card,
    "Side by side": None,
    "Keep and download": resample_take.keep_and_take,
}
if result.decisions is not None:
    views["Decisions"] = resample_parts.decisions
view = st.segmented_control(
    "Look at",
    list(views),
    default="Labels",
    required=True,
    key="resample.view",
    label_visibility="collapsed",
)
with parts.shown_errors():
    if view == "Side by side":
        done = [
            other
            for other in workspace.runs("resample")
            if other.state == "done" and other.dataset == run.dataset
        ]
        names = {other.id: other for other in [run, *done]}
        picked = st.multiselect(
            "Runs",
            list(names),
            default=list(names)[:4],
            format_func=parts.run_labels(list(names.values())).get,
            key="resample.beside",
        )
        if picked:
            resample_parts.side_by_side(
                workspace,
                [resample_parts.Result(workspace, names[i]) for i in picked],
            )
    else:
        views[view](result)

parts.next_step(
    "pages/compare.py",
    "Compare",
    "Whether it helps a classifier is for a comparison on held-out rows to say.",
)
