"""Classify: one classifier in depth, with and without remedies, on one split."""

import streamlit as st

from aemlo import metrics
from aemlo.charts import classify as charts
from aemlo.notes import read as read_note
from aemlo.ui import figures, layout, shown_run, state, synthetic_rows
from aemlo.ui import runs as ui_runs
from aemlo.ui.classify import form as pieces
from aemlo.ui.classify import frames, result, use, views

workspace = state.workspace()
dataset = workspace.dataset

layout.page(
    "Classify",
    "Which labels does a classifier get wrong, and what helps them most: new rows, "
    "class weights or other thresholds?",
)

if dataset.text is not None:
    st.info("Turn the text columns into numbers first.")
    layout.next_step("pages/dataset.py", "Data set", "Text needs a vocabulary.")
    st.stop()

synthetic_rows.warned(workspace, key="classify")

runs = workspace.runs("classify", this_dataset=True)
with st.expander("New run", expanded=not runs, icon=":material/add:"):
    arms, title = pieces.choose_arms("classify")
    split = pieces.choose_split(dataset, "classify")
    if st.button("Classify", type="primary", key="classify.start"):
        pieces.start(workspace, title, arms, split)

run = shown_run.choose(workspace, "classify", key="classify.run")
if run is None:
    if shown_run.nothing_yet(
        workspace,
        "classify",
        missing="classification",
        why="It trains one classifier as it is and with each remedy, and says on the "
        "same test rows which labels each gets wrong. With the choices above:",
        button="Classify",
        icon=":material/category:",
    ):
        pieces.start(workspace, title, arms, split)
    st.stop()


def live(run):
    curves = workspace.store.events(run.id)
    if len(curves) == 0:
        return
    title = "Loss by epoch, or by round of boosting (mean of the labels so far)"
    with st.expander(title, expanded=run.active):
        st.line_chart(
            curves,
            x="step",
            x_label="epoch or round",
            y_label="loss",
            height=240,
        )


ui_runs.run_panel(workspace, run.id, live=live)
if run.dataset != dataset.content_hash:
    with layout.shown_errors():
        dataset = workspace.store.dataset(run.dataset)
for arm in run.summary.get("arms", []):
    if arm["error"]:
        st.warning(f"{layout.plain(arm['name'])}: {layout.plain(arm['error'])}")
found = None if run.active else result.result_of(workspace, run)
if found is None:
    if not run.active:
        st.info("This run ended before its first arm was done. Start a new one above.")
    st.stop()

Y = dataset.Y[found.test]
st.caption(
    f"{len(found.train):,} training rows, {len(found.test):,} test rows. Scale, new "
    "rows, weights and thresholds come from the training rows alone."
)

# The answer: what each remedy does, label by label

if len(found.arms) > 1:
    told = frames.sentences(dataset, found)
    st.markdown("\n".join(f"- {sentence}" for sentence in told))
frame = frames.side_by_side(dataset, found)
st.dataframe(frames.marked(frame), key="classify.metrics", hide_index=True)
figures.csv_button(
    frame,
    name=f"{dataset.name}-remedies",
    key="classify.metrics.csv",
    label="Download table (CSV)",
)
bare = int(metrics.labels_with_one_class(Y, Y))
st.caption(
    "Bold: best on these test rows. One split is one draw: the Compare page says what "
    "holds over many."
    + (
        f" Labels with one class in the test rows, hence without AUC: {bare}."
        if bare
        else ""
    )
)
measure = st.segmented_control(
    "Measure of each label",
    ["F1", "recall", "precision", "AUC", "average precision"],
    default="F1",
    required=True,
    key="classify.measure",
)
most = charts.MOST
if dataset.q > most and st.toggle(
    f"Show all {dataset.q} labels, not the {most} rarest", key="classify.all"
):
    most = dataset.q
frame = frames.by_label(dataset, found, measure)
figures.figure(
    charts.by_label(frame, measure, most),
    data=frame,
    name=f"{dataset.name}-{measure}-by-remedy",
    alt=f"{measure} of each label, the rarest on top, one mark for each remedy.",
    key="classify.by_label",
)
st.caption("◆ minority label. A label without the measure has no mark.")

# One arm, label by label

st.subheader("In depth", anchor=False)
name = st.segmented_control(
    "With",
    list(found.arms),
    default=next(iter(found.arms)),
    required=True,
    key=f"classify.arm.{run.id}",
)
notes = next(a["notes"] for a in run.summary["arms"] if a["name"] == name)
if notes:
    with st.expander(f"{len(notes)} notes from training"):
        named = [read_note(note).named(dataset.label_names) for note in notes]
        st.markdown("\n".join(f"- {layout.plain(note)}" for note in named))
view = st.segmented_control(
    "View",
    [*views.VIEWS, "Use it"],
    default="Labels",
    required=True,
    key="classify.view",
    label_visibility="collapsed",
)
if view == "Use it":
    spec = next(a for a in run.spec["arms"] if a["name"] == name)
    use.use(workspace, dataset, spec)
else:
    table = frames.table_of(dataset, found, found.arms[name])
    views.VIEWS[view](views.Shown(dataset, found, run.id, name, table, most))

best = max(found.arms, key=lambda n: metrics.macro_f1(Y, found.arms[n].labels))
layout.next_step(
    "pages/compare.py",
    "Compare",
    f"**{layout.plain(best)}** has the best macro-F1 on this split: see whether it "
    "holds over folds.",
)
