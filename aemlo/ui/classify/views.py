"""One arm of a classify run in depth: the views of the Classify page."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from aemlo import metrics
from aemlo.charts import classify as charts
from aemlo.classifiers import tuning
from aemlo.dataset import Dataset
from aemlo.ui import figures, layout
from aemlo.ui.classify import form as pieces
from aemlo.ui.classify import frames, result

COUNTS = ("right", "wrongly given", "missed", "rightly not given")
COLOURS = ("normal", "inverse", "inverse", "normal")


@dataclass(frozen=True, eq=False)
class Shown:
    """What is looked at: the arm `name` of the run, its `table` of labels by IRLbl."""

    dataset: Dataset
    found: result.Result
    run_id: str
    name: str
    table: pd.DataFrame
    most: int

    @property
    def arm(self):
        """What the arm says of the test rows."""
        return self.found.arms[self.name]

    @property
    def Y(self):  # noqa: N802  (the field's name)
        """True labels of the test rows, (n, q)."""
        return self.dataset.Y[self.found.test]

    @property
    def names(self):
        """Names of the labels in the order of the columns."""
        return list(self.dataset.label_names)

    @property
    def rarest(self):
        """Names of the labels, the rarest first."""
        return self.table["label"].tolist()

    def ask_label(self, caption, key):
        """A box for one label or all: what was chosen, and its column or None."""
        which = st.selectbox(caption, [pieces.ALL, *self.rarest], key=key)
        return which, None if which == pieces.ALL else self.names.index(which)

    def figure(self, figure, frame, name, alt, key):
        """A chart whose file name says which arm of which data set it shows."""
        figures.figure(figure, data=frame, name=self.stem(name), alt=alt, key=key)

    def stem(self, name):
        """The start of a file's name for this arm."""
        return f"{self.dataset.name}-{self.name}-{name}"


def labels(shown):
    """The table of labels, and in words which are never or always wrong."""
    table = shown.table
    for remark in ("never predicted", "always predicted", "never right"):
        some = table.loc[table["remark"] == remark, "label"]
        if len(some):
            first = ", ".join(layout.plain(label) for label in some[:8])
            more = f" and {len(some) - 8} more" if len(some) > 8 else ""
            st.markdown(f"- **{len(some)} {remark}**: {first}{more}")
    figures.table(
        table.drop(columns=["minority"]),
        name=shown.stem("labels"),
        key="classify.labels",
        height=min(40 + 35 * len(table), 800),
        column_config=pieces.COLUMNS,
    )


def right_and_wrong(shown):
    """Right, missed and wrongly given rows of each label."""
    shown.figure(
        charts.right_and_wrong(shown.table, shown.most),
        shown.table,
        "right-and-wrong",
        "Rows of each label that were right, missed or wrongly given.",
        "classify.counts",
    )


def cuts(shown):
    """A threshold to move, for one label or all, and what it does to the counts."""
    which, label = shown.ask_label("Threshold of", "classify.cut.label")
    cut, chosen = _moved_cut(shown, which, label)
    given = frames.with_cuts(shown.arm, chosen)
    _counts(shown, given, label)
    curve = tuning.trade_off(*frames.pooled(shown.Y, shown.arm.scores, label))
    own = None if label is None else shown.arm.thresholds[label]
    shown.figure(
        charts.threshold_curves(curve, cut, own, which),
        curve,
        "thresholds",
        "Precision, recall and F1 for every threshold.",
        "classify.cuts",
    )
    st.caption(
        "A threshold picked here has seen the test rows: its score is too good to be "
        "true. The arm **thresholds** picks its own from training rows only."
    )


def _moved_cut(shown, which, label):
    """The slider's cut, and the thresholds (q,) with it; kept while one looks on."""
    place = f"{shown.run_id}.{shown.name}"
    kept = st.session_state.setdefault(f"_cuts.{place}", shown.arm.thresholds.copy())
    first = min(float(np.median(kept) if label is None else kept[label]), 1.0)
    cut = st.slider(
        "Given from a score of",
        0.0,
        1.0,
        first,
        0.005,
        key=f"classify.cut.{place}.{which}",
        help="Moves what counts as a yes; the scores stay.",
    )
    chosen = kept.copy()
    if label is not None:
        chosen[label] = cut
    elif cut != first:
        chosen[:] = cut
    st.session_state[f"_cuts.{place}"] = chosen
    return cut, chosen


def _counts(shown, given, label):
    """Four counts and two scores of `given` (n, q), each with its change."""
    Y, before = shown.Y, shown.arm.labels
    columns = slice(None) if label is None else [label]
    now = metrics.right_and_wrong(Y[:, columns], given[:, columns]).sum(axis=1)
    then = metrics.right_and_wrong(Y[:, columns], before[:, columns]).sum(axis=1)
    boxes = st.columns(6)
    for place, word, value, old, colour in zip(
        boxes[:4], COUNTS, now, then, COLOURS, strict=True
    ):
        change = frames.moved(value, old, "+,")
        place.metric(word, f"{value:,}", change, delta_color=colour)
    measures = {"macro-F1": metrics.macro_f1, "micro-F1": metrics.micro_f1}
    for place, (title, measure) in zip(boxes[4:], measures.items(), strict=True):
        value, old = measure(Y, given), measure(Y, before)
        place.metric(
            f"{title}, all labels", f"{value:.3f}", frames.moved(value, old, "+.3f")
        )


def curves(shown):
    """Precision-recall and ROC curves of up to six labels."""
    Y, names = shown.Y, shown.names
    some = st.multiselect(
        "Labels",
        shown.rarest,
        default=shown.rarest[: min(3, len(names))],
        max_selections=6,
        key=f"classify.curves.{shown.dataset.content_hash[:8]}",
    )
    drawn = [n for n in some if 0 < Y[:, names.index(n)].sum() < len(Y)]
    if len(drawn) < len(some):
        st.caption(
            "No curve for labels with one class in the test rows: "
            + ", ".join(layout.plain(n) for n in some if n not in drawn)
        )
    if drawn:
        frame = frames.curve_frame(Y, shown.arm.scores, names, drawn)
        rates = {n: float(Y[:, names.index(n)].mean()) for n in drawn}
        shown.figure(
            charts.curves(frame, rates),
            frame,
            "curves",
            "Precision-recall and ROC curves of the chosen labels.",
            "classify.pr",
        )


def calibration(shown):
    """Whether a score is a probability."""
    which, label = shown.ask_label("Label", "classify.calibration")
    frame = frames.bins(*frames.pooled(shown.Y, shown.arm.scores, label))
    shown.figure(
        charts.calibration(frame, which),
        frame,
        "calibration",
        "Share of rows with the label against the score, in ten steps.",
        "classify.bins",
    )
    st.caption(
        "On the dashed line a score is a probability. New rows and class weights lift "
        "scores above it: good for finding rare labels, wrong as a chance."
    )


def rows(shown):
    """Single test rows, the most wrong first, and what is behind one's scores."""
    frame = frames.wrong_rows(shown.dataset, shown.found, shown.arm)
    wrong = int((frame["wrong"] > 0).sum())
    st.markdown(
        f"{wrong:,} of {len(frame):,} test rows have a wrong label; the most wrong "
        "first. Choose one to see why."
    )
    picked = figures.table(
        frame.drop(columns="place"),
        name=f"{shown.dataset.name}-wrong-rows",
        key=f"classify.rows.{shown.run_id}.{shown.name}",
        height=260,
        on_select="rerun",
        selection_mode="single-row",
    )
    chosen = picked["selection"]["rows"]
    place = int(frame["place"].iloc[chosen[0] if chosen else 0])
    st.markdown(f"**Row {shown.found.test[place]:,}**")
    scores = _scores_and_neighbours(shown, place)
    if shown.arm.coefficients is None:
        st.caption("This classifier has no coefficients; its neighbours must do.")
    else:
        _reasons(shown, place, scores["label"])


def _scores_and_neighbours(shown, place):
    """Scores of one test row beside its nearest training rows; the scores' frame."""
    dataset, found = shown.dataset, shown.found
    scores = frames.row_scores(dataset, found, shown.arm, place)
    left, right = st.columns(2, gap="medium")
    left.dataframe(
        scores,
        key="classify.row.scores",
        hide_index=True,
        height=300,
        column_config={
            "score": pieces.BAR("score", min_value=0.0, max_value=1.0, format="%.3f"),
            "threshold": pieces.NUMBER("threshold", format="%.3f"),
        },
    )
    right.markdown("Nearest training rows, by the features as prepared:")
    right.dataframe(
        frames.neighbours_of(dataset, found, place),
        key="classify.row.near",
        hide_index=True,
        column_config={"distance": pieces.NUMBER("distance", format="%.3f")},
    )
    return scores


def _reasons(shown, place, choices):
    label = st.selectbox("What speaks for the label", choices, key="classify.row.label")
    why = frames.reasons(shown.found, shown.arm, place, shown.names.index(label))
    if not len(why):
        st.caption("No feature speaks for or against it: it had one class.")
        return
    shown.figure(
        charts.contributions(why, label),
        why,
        f"row-{shown.found.test[place]}",
        "Features that raise or lower the score of the label in this row.",
        "classify.row.why",
    )


VIEWS = {
    "Labels": labels,
    "Right and wrong": right_and_wrong,
    "Thresholds": cuts,
    "Curves": curves,
    "Calibration": calibration,
    "Single rows": rows,
}
