"""Every run of this workspace: reopen, stop, resume, delete, note, share."""

import streamlit as st

from aemlo.ui import layout, runs_list, shown_run, state

workspace = state.workspace()

layout.page("Runs", "What was run, how did it end, and where is it now?")

runs = workspace.runs()
examples = workspace.examples()

with st.container(horizontal=True, vertical_alignment="bottom"):
    kinds = st.multiselect(
        "Kinds", runs_list.kinds_of(runs + examples), placeholder="all"
    )
    search = st.text_input("Search titles, data sets and notes")
    show_examples = bool(examples) and st.checkbox(
        "Show the finished example", value=not runs
    )

if not runs:
    st.info(
        "No runs of your own yet. What you train, resample, classify or compare is "
        "listed here: how it ended, its settings, and the way back to it."
    )
    layout.next_step("pages/train.py", "Train", "Training takes about a minute.")

    shown_run.to_example(workspace)

for run in runs_list.matching(runs, kinds, search):
    runs_list.card(workspace, run)
if show_examples:
    shown_run.example(workspace, examples[0])
    for run in runs_list.matching(examples, kinds, search):
        runs_list.card(workspace, run)

if len(runs) > 1:
    runs_list.difference(runs)

st.caption(
    "The address of this page is the key to your workspace: keep it to come back, and "
    "do not share it. A run's own link lets others look at that run, not change it. "
    f"Unpinned runs are deleted after {runs_list.DAYS} days, or earlier when the disk "
    "quota is full, oldest first."
)
