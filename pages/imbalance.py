"""Imbalance: which labels are rare, which they occur with, and what to do about it."""

import streamlit as st

from aemlo import imbalance
from aemlo.ui import layout, shown_run, state, synthetic_rows
from aemlo.ui.imbalance import bars, cached, other_sets, sections, views
from aemlo.wording import counted

workspace = state.workspace()
dataset = workspace.dataset
key, names = dataset.content_hash, list(dataset.label_names)
labels = cached.labels(key, dataset.Y)
other_sets.remember(dataset)

layout.page(
    "Imbalance",
    "Which labels are rare, how rare, and which labels do they occur with?",
)
synthetic_rows.noted(
    workspace, key="imbalance", what="They are counted here like all other rows."
)

if not labels.counts.any():
    st.info(
        "No row of this data set has a label, so there is nothing to measure. Choose "
        "its label columns again."
    )
    layout.next_step("pages/dataset.py", "Data set", "Choose the label columns.")
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    chosen = cached.choose_label(names, first=int(imbalance.rarest(labels, 1)[0]))
    after = None
    with layout.shown_errors():
        after = other_sets.choose_overlay(workspace, dataset)
    empty = st.segmented_control(
        "Labels without positives",
        imbalance.EMPTY,
        default=imbalance.EMPTY[0],
        required=True,
        key="imbalance.empty",
        help="Left out of MeanIR and CVIR, as MULAN and MLDA do; or counted with an "
        "IRLbl of 0, as the R package mldr and tables made with it do. Applies to "
        "the whole page.",
    )
    log = st.toggle(
        "Log scale",
        value=bool(imbalance.max_ir(labels) > 20),
        key=f"imbalance.log.{key[:12]}",
        help="Equal steps are equal ratios: shows rare and frequent labels together.",
    )

if after is not None:
    shown_run.whose(workspace, after.run)

table = cached.per_label(key, labels, names, empty)
measures = cached.measure_set(key, labels, names, len(dataset.feature_names), empty)
mean = imbalance.mean_ir(labels, empty)
changed = sentences = None
if after is not None:
    changed, sentences = other_sets.changes(labels, after, names, empty)

picture, numbers = st.columns([5, 2], gap="medium")
with picture:
    bars.draw(bars.Bars(dataset.name, names, table, after, changed, mean, chosen, log))
    if sentences is not None:
        st.markdown("\n".join(f"- {layout.plain(sentence)}" for sentence in sentences))
with numbers:
    sections.headline(
        measures,
        empty,
        None
        if after is None
        else cached.measure_set(
            after.key, after.labels, names, len(dataset.feature_names), empty
        ),
    )

st.subheader("In words", anchor=False)
folds = st.number_input(
    "Folds of the planned comparison", 2, 20, 5, key="imbalance.folds", width=240
)
sections.sentences(cached.advice(key, labels, names, folds, empty))

st.subheader("Every label", anchor=False)
sections.label_table(table, changed, dataset.name)

st.subheader(f"Chosen label: {layout.plain(names[chosen])}", anchor=False)
sections.label_close_up(dataset, labels, chosen, empty)

st.subheader("More pictures and numbers", anchor=False)
views.more(
    views.Shown(workspace, dataset, labels, table, measures, after, chosen, empty, log)
)

minority = int(table["minority"].sum())
layout.next_step(
    "pages/train.py",
    "Train",
    f"{counted(minority, 'minority label')}: train AEMLO, or compare samplers.",
)
