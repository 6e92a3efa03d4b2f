"""Compare: does oversampling help, which sampler, and which labels?"""

import streamlit as st

from aemlo.ui import layout, runs, shown_run, state, synthetic_rows
from aemlo.ui.compare import form, load, results, take_away, views

workspace = state.workspace()
dataset = workspace.dataset

layout.page(
    "Compare",
    "Does oversampling help, by how much, and on which labels? All samplers and "
    "classifiers get the same folds. Everything that learns is fitted on the training "
    "part only.",
)

synthetic_rows.warned(workspace, key="compare")

run = workspace.chosen_run("compare", warns=False)
spec = None
setup = st.expander("Set up a comparison", expanded=run is None, icon=":material/tune:")
with setup, layout.shown_errors():
    load.loader(workspace, dataset)
    spec = form.choose_spec(workspace, dataset)
    if spec is None:
        st.info("Choose at least one sampler and one classifier.")
    else:
        form.expectation(spec, dataset)
        form.start_buttons(workspace, spec)

run = shown_run.choose(workspace, "compare", key="compare.run")
if run is None:
    pressed = shown_run.nothing_yet(
        workspace,
        "compare",
        missing="comparison",
        why="A comparison shows whether oversampling improves the classifiers, on test "
        "rows that were not used in training. With the samplers and classifiers chosen "
        "above:",
        button="Compare on",
        icon=":material/balance:",
        disabled=spec is None,
    )
    if pressed and spec:
        with layout.shown_errors():
            form.start(workspace, spec)
    st.stop()

runs.run_panel(workspace, run.id, live=results.live(workspace))
result = results.of_run(workspace, run)
if result is None:
    st.stop()

results.pilot_note(run)
results.facts(result)
view, metric, name = views.choose(result)
table = results.verdicts(result, result.baseline)

with layout.shown_errors():
    if view == "Verdict":
        results.verdict(result, table, metric, name)
        results.every_metric(result, table, name)
    elif view == "Labels":
        views.labels(result, workspace, name)
    elif view == "Data sets":
        views.ranks(result, metric)
    elif view == "Trade-offs":
        views.trade_offs(result, name)
    elif view == "Folds and leaks":
        views.folds_and_leaks(result, metric, name)
    else:
        take_away.files(workspace, result, table)

layout.next_step(
    "pages/runs.py",
    "Runs",
    "Every comparison is kept: add a note, pin it, or share its link.",
)
