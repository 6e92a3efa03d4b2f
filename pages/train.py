"""Train AEMLO on the data set in use: live curves, stop, resume, rows."""

import streamlit as st

from aemlo.ui import layout, runs, shown_run, state, synthetic_rows
from aemlo.ui.resample.form import preview
from aemlo.ui.train import form, live, results

workspace = state.workspace()
dataset = workspace.dataset

layout.page(
    "Train AEMLO",
    "What does the autoencoder learn, and which rows does it make for the rare labels?",
)

synthetic_rows.noted(workspace, key="train")

settings_side, network_side = st.columns([3, 2], gap="large")
with settings_side, st.container(border=True):
    title, settings, seed = form.settings_form()
    name = st.text_input("Name of the run", value=title, key=f"train.name.{title}")
    with layout.shown_errors():
        form.memory_note(dataset, title, settings)
    with st.expander("What these settings would add", on_change="rerun") as expected:
        if expected.open:
            with layout.shown_errors():
                preview(dataset, title, settings, seed)
    if st.button("Train", type="primary", icon=":material/model_training:"):
        form.start(workspace, name or title, title, settings, seed)
with network_side:
    with layout.shown_errors():
        form.draw_network(dataset, title, settings)
    form.about(dataset)
    results.load_model(workspace)

run = shown_run.choose(workspace, "train", key="train.run")
if run is None:
    if shown_run.nothing_yet(
        workspace,
        "train",
        missing="training run",
        why="A run shows how AEMLO learns, epoch by epoch, and makes rows for the rare "
        "labels. With the settings above:",
        button="Train AEMLO on",
        icon=":material/model_training:",
    ):
        form.start(workspace, name or title, title, settings, seed)
    st.stop()

st.subheader(layout.plain(run.title))
options = live.curve_options()
beside = live.choose_beside(workspace, run)
runs.run_panel(workspace, run.id, live=live.live(workspace, options, beside))
if run.state in ("done", "stopped"):
    results.results(workspace, run)
    results.make_rows_again(workspace, run)
    layout.next_step(
        "pages/latent.py",
        "Latent space",
        "See where the new rows lie, and whether they are plausible.",
    )
