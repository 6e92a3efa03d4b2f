"""Classify: one classifier in depth, with and without remedies, on one split."""

import streamlit as st

from aemlo.ui import layout, runs, shown_run, state, synthetic_rows
from aemlo.ui.classify import answer, depth, form, live, result

workspace = state.workspace()
dataset = workspace.dataset

layout.page(
    "Classify",
    "Which labels does a classifier get wrong, and what helps most: synthetic rows, "
    "class weights or other thresholds?",
)

if dataset.text is not None:
    st.info("Turn the text columns into numbers first.")
    layout.next_step("pages/dataset.py", "Data set", "Text needs a vocabulary.")
    st.stop()

synthetic_rows.warned(workspace, key="classify")

has_runs = bool(workspace.runs("classify", this_dataset=True))
with st.expander("New run", expanded=not has_runs, icon=":material/add:"):
    arms, title = form.choose_arms("classify")
    split = form.choose_split(dataset, "classify")
    if st.button("Classify", type="primary", key="classify.start"):
        form.start(workspace, title, arms, split)

run = shown_run.choose(workspace, "classify", key="classify.run")
if run is None:
    if shown_run.nothing_yet(
        workspace,
        "classify",
        missing="classification",
        why="A run trains one classifier as it is and with each remedy, and shows "
        "which labels each gets wrong on the same test rows. With the choices above:",
        button="Classify",
        icon=":material/category:",
    ):
        form.start(workspace, title, arms, split)
    st.stop()

runs.run_panel(workspace, run.id, live=live.live(workspace))
if run.dataset != dataset.content_hash:
    with layout.shown_errors():
        dataset = workspace.store.dataset(run.dataset)
live.failed_arms(run)
if run.active:
    st.stop()
classified = result.of_run(workspace, run)
if classified is None:
    st.info("This run ended before its first arm was done. Start a new one above.")
    st.stop()

answer.overall(dataset, classified)
most = answer.each_label(dataset, classified)

st.subheader("In depth", anchor=False)
depth.depth(workspace, dataset, run, classified, most)

answer.next_step(dataset, classified, run.spec["arms"])
