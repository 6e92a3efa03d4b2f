"""Classify: one classifier in depth, with and without remedies, on one split."""

import numpy as np
import streamlit as st

from aemlo import metrics, thresholds
from aemlo.charts import classify as charts
from aemlo.ui import classify_frames as frames
from aemlo.ui import classify_parts as pieces
from aemlo.ui import classify_use, parts, state

workspace = state.workspace()
dataset = workspace.dataset

parts.page(
    "Classify",
    "Which labels does a classifier get wrong, and what helps them most: new rows, "
    "class weights or other thresholds?",
)

if dataset.text is not None:
    st.info("Turn the text columns into numbers first.")
    parts.next_step("pages/dataset.py", "Data set", "Text needs a vocabulary.")
    st.stop()

runs = workspace.runs("classify", this_dataset=True)
with st.expander("New run", expanded=not runs, icon=":material/add:"):
    arms, title = pieces.choose_arms("classify")
    split = pieces.choose_split(dataset, "classify")
    if st.button("Classify", type="primary", key="classify.start"):
        spec = {"arms": arms, "split": split}
        names = ", ".join(arm["name"] for arm in arms[1:]) or "as it is"
        with parts.shown_errors():
            state.show(workspace.enqueue("classify", f"{title}: {names}", spec))
            st.rerun()

run = parts.choose_run(workspace, "classify", key="classify.run")
if run is None:
    st.info(
        "Nothing is classified yet. **Classify** above trains the classifier as it is "
        "and with each remedy, and judges all on the same test rows."
    )
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


parts.run_panel(workspace, run.id, live=live)
if run.dataset != dataset.content_hash:
    with parts.shown_errors():
        dataset = workspace.store.dataset(run.dataset)
for arm in run.summary.get("arms", []):
    if arm["error"]:
        st.warning(f"{parts.plain(arm['name'])}: {parts.plain(arm['error'])}")
found = None if run.active else pieces.result_of(workspace, run)
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
parts.csv_button(
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
parts.figure(
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
arm = found.arms[name]
notes = next(a["notes"] for a in run.summary["arms"] if a["name"] == name)
if notes:
    with st.expander(f"{len(notes)} notes from training"):
        told = [frames.named(note, dataset.label_names) for note in notes]
        st.markdown("\n".join(f"- {parts.plain(note)}" for note in told))
table = frames.table_of(dataset, found, arm)
view = st.segmented_control(
    "View",
    [
        *("Labels", "Right and wrong", "Thresholds", "Curves"),
        *("Calibration", "Single rows", "Use it"),
    ],
    default="Labels",
    required=True,
    key="classify.view",
    label_visibility="collapsed",
)
names = list(dataset.label_names)
rarest = table["label"].tolist()

if view == "Labels":
    odd = table[table["remark"] != ""]
    for remark in ("never predicted", "always predicted", "never right"):
        some = odd.loc[odd["remark"] == remark, "label"]
        if len(some):
            shown = ", ".join(parts.plain(label) for label in some[:8])
            more = f" and {len(some) - 8} more" if len(some) > 8 else ""
            st.markdown(f"- **{len(some)} {remark}**: {shown}{more}")
    parts.table(
        table.drop(columns=["minority"]),
        name=f"{dataset.name}-{name}-labels",
        key="classify.labels",
        height=min(40 + 35 * len(table), 800),
        column_config=pieces.COLUMNS,
    )

elif view == "Right and wrong":
    parts.figure(
        charts.right_and_wrong(table, most),
        data=table,
        name=f"{dataset.name}-{name}-right-and-wrong",
        alt="Rows of each label that were right, missed or wrongly given.",
        key="classify.counts",
    )

elif view == "Thresholds":
    which = st.selectbox(
        "Threshold of", [pieces.ALL, *rarest], key="classify.cut.label"
    )
    label = None if which == pieces.ALL else names.index(which)
    kept = st.session_state.setdefault(f"_cuts.{run.id}.{name}", arm.thresholds.copy())
    first = float(np.median(kept) if label is None else kept[label])
    cut = st.slider(
        "Given from a score of",
        0.0,
        1.0,
        min(first, 1.0),
        0.005,
        key=f"classify.cut.{run.id}.{name}.{which}",
        help="Moves what counts as a yes; the scores stay.",
    )
    cuts = kept.copy()
    if label is None:
        if cut != min(first, 1.0):
            cuts[:] = cut
    else:
        cuts[label] = cut
    st.session_state[f"_cuts.{run.id}.{name}"] = cuts
    given = frames.with_cuts(arm, cuts)
    columns = slice(None) if label is None else [label]
    now = metrics.right_and_wrong(Y[:, columns], given[:, columns]).sum(axis=1)
    then = metrics.right_and_wrong(Y[:, columns], arm.labels[:, columns]).sum(axis=1)
    words = ("right", "wrongly given", "missed", "rightly not given")
    boxes = st.columns(6)
    for place, word, value, old, colour in zip(
        boxes[:4],
        words,
        now,
        then,
        ("normal", "inverse", "inverse", "normal"),
        strict=True,
    ):
        change = frames.moved(value, old, "+,")
        place.metric(word, f"{value:,}", change, delta_color=colour)
    for place, title, measure in (
        (boxes[4], "macro-F1", metrics.macro_f1),
        (boxes[5], "micro-F1", metrics.micro_f1),
    ):
        value, old = measure(Y, given), measure(Y, arm.labels)
        place.metric(
            f"{title}, all labels", f"{value:.3f}", frames.moved(value, old, "+.3f")
        )
    curve = thresholds.trade_off(*frames.pooled(Y, arm.scores, label))
    parts.figure(
        charts.threshold_curves(
            curve, cut, None if label is None else arm.thresholds[label], which
        ),
        data=curve,
        name=f"{dataset.name}-{name}-thresholds",
        alt="Precision, recall and F1 for every threshold.",
        key="classify.cuts",
    )
    st.caption(
        "A threshold picked here has seen the test rows: its score is too good to be "
        "true. The arm **thresholds** picks its own from training rows only."
    )

elif view == "Curves":
    some = st.multiselect(
        "Labels",
        rarest,
        default=rarest[: min(3, len(rarest))],
        max_selections=6,
        key=f"classify.curves.{run.dataset[:8]}",
    )
    drawn = [n for n in some if 0 < Y[:, names.index(n)].sum() < len(Y)]
    if len(drawn) < len(some):
        st.caption(
            "No curve for labels with one class in the test rows: "
            + ", ".join(parts.plain(n) for n in some if n not in drawn)
        )
    if drawn:
        frame = frames.curve_frame(Y, arm.scores, names, drawn)
        rates = {n: float(Y[:, names.index(n)].mean()) for n in drawn}
        parts.figure(
            charts.curves(frame, rates),
            data=frame,
            name=f"{dataset.name}-{name}-curves",
            alt="Precision-recall and ROC curves of the chosen labels.",
            key="classify.pr",
        )

elif view == "Calibration":
    which = st.selectbox("Label", [pieces.ALL, *rarest], key="classify.calibration")
    label = None if which == pieces.ALL else names.index(which)
    frame = frames.bins(*frames.pooled(Y, arm.scores, label))
    parts.figure(
        charts.calibration(frame, which),
        data=frame,
        name=f"{dataset.name}-{name}-calibration",
        alt="Share of rows with the label against the score, in ten steps.",
        key="classify.bins",
    )
    st.caption(
        "On the dashed line a score is a probability. New rows and class weights lift "
        "scores above it: good for finding rare labels, wrong as a chance."
    )

elif view == "Single rows":
    frame = frames.wrong_rows(dataset, found, arm)
    wrong = int((frame["wrong"] > 0).sum())
    st.markdown(
        f"{wrong:,} of {len(frame):,} test rows have a wrong label; the most wrong "
        "first. Choose one to see why."
    )
    picked = st.dataframe(
        frame.drop(columns="place"),
        key=f"classify.rows.{run.id}.{name}",
        hide_index=True,
        height=260,
        on_select="rerun",
        selection_mode="single-row",
    )
    chosen = picked["selection"]["rows"]
    place = int(frame["place"].iloc[chosen[0] if chosen else 0])
    st.markdown(f"**Row {found.test[place]:,}**")
    left, right = st.columns(2, gap="medium")
    scores = frames.row_scores(dataset, found, arm, place)
    with left:
        st.dataframe(
            scores,
            key="classify.row.scores",
            hide_index=True,
            height=300,
            column_config={
                "score": pieces.BAR(
                    "score", min_value=0.0, max_value=1.0, format="%.3f"
                ),
                "threshold": pieces.NUMBER("threshold", format="%.3f"),
            },
        )
    with right:
        st.markdown("Nearest training rows, by the features as prepared:")
        st.dataframe(
            frames.neighbours_of(dataset, found, place),
            key="classify.row.near",
            hide_index=True,
            column_config={"distance": pieces.NUMBER("distance", format="%.3f")},
        )
    if arm.coefficients is None:
        st.caption("This classifier has no coefficients; its neighbours must do.")
    else:
        label = st.selectbox(
            "What speaks for the label", scores["label"], key="classify.row.label"
        )
        why = frames.reasons(found, arm, place, names.index(label))
        if len(why):
            parts.figure(
                charts.contributions(why, label),
                data=why,
                name=f"{dataset.name}-{name}-row-{found.test[place]}",
                alt="Features that raise or lower the score of the label in this row.",
                key="classify.row.why",
            )
        else:
            st.caption("No feature speaks for or against it: it had one class.")

else:
    spec = next(a for a in run.spec["arms"] if a["name"] == name)
    classify_use.use(workspace, dataset, spec)

best = max(found.arms, key=lambda n: metrics.macro_f1(Y, found.arms[n].labels))
parts.next_step(
    "pages/compare.py",
    "Compare",
    f"**{parts.plain(best)}** has the best macro-F1 on this split: see whether it "
    "holds over folds.",
)
