"""The latent space of a training run: its map, walks, directions, quality, two runs."""

import streamlit as st

from aemlo.ui import layout, runs, shown_run, state
from aemlo.ui.latent import directions, embedding, quality, two_runs, walks
from aemlo.ui.latent.map import READING, explore
from aemlo.ui.latent.view import View, caption_of_earlier_rows
from aemlo.ui.train import form

workspace = state.workspace()
layout.page(
    "Latent space",
    "Where do rows with rare labels lie, where are the synthetic rows, and how good "
    "are they?",
)

run = shown_run.choose(
    workspace, "train", key="latent", states=("done", "stopped"), others=True
)
if run is None:
    if shown_run.nothing_yet(
        workspace,
        "train",
        missing="finished training run",
        why="The map shows the space that a training run learned: where rows with rare "
        "labels lie, and where the synthetic rows are.",
        button="Train AEMLO on",
        icon=":material/model_training:",
    ):
        form.start_elsewhere(workspace)
    layout.next_step("pages/train.py", "Train AEMLO", "Choose the settings first.")
    st.stop()

known = None
with layout.shown_errors():
    known = View(run, None).known
if known is None:
    layout.next_step("pages/train.py", "Train AEMLO", "Another run may have codes.")
    st.stop()

caption_of_earlier_rows(known)
section = st.segmented_control(
    "Look at",
    ["Map", "What if", "Directions", "Is it any good", "Two runs"],
    default="Map",
    required=True,
    key="latent.section",
    label_visibility="collapsed",
    bind="query-params",
)
space, method, dimensions = embedding.controls(section)
settings = embedding.settings(section, dimensions)
embed = embedding.embedding_run(workspace, run, settings, method)
view = View(run, embed)
if embed is not None and embed.state != "done":
    runs.run_panel(workspace, embed.id, live=embedding.renew(view))
method = embedding.method_to_show(view, space, method, dimensions)

if section == "Map":
    explore(workspace, view, space, method, dimensions)
    with st.expander("How to read this picture"):
        st.markdown(READING)
elif section == "What if":
    with layout.shown_errors():
        walks.what_if(workspace, view, method)
elif section == "Directions":
    directions.directions(view)
elif section == "Is it any good":
    quality.plausibility(workspace, view)
else:
    two_runs.two_runs(workspace, view, space, method)

layout.next_step(
    "pages/compare.py",
    "Compare samplers",
    "A map is no proof: see whether classifiers improve with the synthetic rows.",
)
