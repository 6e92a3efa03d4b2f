"""Compare: does oversampling help, which sampler, and which labels?"""

import streamlit as st

from aemlo.ui import layout, runs, shown_run, state, synthetic_rows
from aemlo.ui.compare import form, load, results, take_away, views

workspace = state.workspace()
dataset = workspace.dataset

layout.page(
    "Compare",
    "Does oversampling help, by how much, and whom? Every arm meets the same folds; "
    "everything that learns is fitted on the training part alone.",
)

synthetic_rows.warned(workspace, key="compare")

run = workspace.chosen_run("compare", warns=False)
spec = None
setup = st.expander("Set up a comparison", expanded=run is None, icon=":material/tune:")
with setup, layout.shown_errors():
    load.loader(workspace, dataset)
    samplers, classifiers = form.arms()
    form.variant_editor()
    chosen = form.splits(dataset)
    chosen |= form.more(workspace, dataset)
    names = [entry["name"] for entry in samplers]
    if names and classifiers:
        spec = chosen | {"samplers": samplers, "classifiers": classifiers}
        spec["baseline"] = st.selectbox(
            "Compare every sampler to",
            names,
            index=names.index("none") if "none" in names else 0,
            key="compare.baseline",
        )
        sweep = form.swept(samplers)
        spec |= {"sweep": sweep} if sweep else {}
        table, warnings = form.planned(dataset.content_hash, chosen, dataset)
        for sentence in warnings:
            st.warning(layout.plain(sentence))
        form.what_folds_hold(table, dataset.name)
        st.caption(form.size_in_words(samplers, classifiers, chosen))
        with st.container(horizontal=True):
            start = st.button("Compare", type="primary", icon=":material/balance:")
            pilot = st.button(
                "Time the first fold",
                icon=":material/timer:",
                help="Does the first split only and says how long the rest takes. "
                "What it computes is not computed again.",
            )
        if start or pilot:
            form.start(workspace, spec, pilot)
    else:
        st.info("Choose at least one sampler and one classifier.")

run = shown_run.choose(workspace, "compare", key="compare.run")
if run is None:
    if shown_run.nothing_yet(
        workspace,
        "compare",
        missing="comparison",
        why="A comparison says whether oversampling helps classifiers, on test rows "
        "that nothing has learned from. With the arms chosen above:",
        button="Compare on",
        icon=":material/balance:",
        disabled=spec is None,
    ):
        with layout.shown_errors():
            form.start(workspace, spec)
    st.stop()

runs.run_panel(workspace, run.id, live=results.live(workspace))
found = results.results(workspace, run)
if found is None:
    st.stop()

if run.spec.get("pilot"):
    st.info(
        "This is a pilot: one split, so nothing can be shown yet. "
        + (results.estimate_in_words(run) or ""),
        icon=":material/timer:",
    )
results.facts(found, run)

with st.container(horizontal=True, vertical_alignment="bottom"):
    view = st.segmented_control(
        "View",
        [
            "Verdict",
            "Labels",
            "Data sets",
            "Trade-offs",
            "Folds and leaks",
            "Take away",
        ],
        default="Verdict",
        required=True,
        label_visibility="collapsed",
        key="compare.view",
    )
metric, name = found.metrics[0], found.datasets[0]
with st.container(horizontal=True, vertical_alignment="bottom"):
    if view in ("Verdict", "Data sets", "Folds and leaks"):
        metric = st.selectbox("Metric", found.metrics, key="compare.metric", width=260)
    if view in ("Verdict", "Labels", "Take away"):
        found.baseline = st.selectbox(
            "Compared to",
            found.samplers,
            index=found.samplers.index(found.baseline)
            if found.baseline in found.samplers
            else 0,
            key=f"compare.against.{run.id}",
            width=260,
        )
    if len(found.datasets) > 1 and view not in ("Data sets", "Take away"):
        name = st.selectbox("Data set", found.datasets, key="compare.set", width=260)

table = results.verdicts(run.id, run.finished, found.baseline, 0.95, found.scores)

with layout.shown_errors():
    if view == "Verdict":
        results.verdict(found, table, metric, name)
        st.subheader("Every metric at a glance", anchor=False)
        results.overview(table, name, found.metrics)
        st.subheader("Before and after", anchor=False)
        results.before_after_table(table, name, f"{name}-before-after")
        st.caption(
            "Intervals and p: corrected resampled t (Nadeau and Bengio, 2003), which "
            "allows for training parts that overlap; p after Holm over the arms of one "
            "metric; effect: mean difference over its standard deviation."
        )
    elif view == "Labels":
        views.label_view(found, workspace, name)
    elif view == "Data sets":
        views.ranks_view(found, metric)
    elif view == "Trade-offs":
        views.trade_view(found, name)
    elif view == "Folds and leaks":
        views.checks_view(found, metric, name)
    else:
        take_away.away(workspace, found, table)

layout.next_step(
    "pages/runs.py", "Runs", "Every comparison stays: note it, pin it, share its link."
)
