"""One arm of a classify run in depth: the views of the Classify page."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from aemlo import metrics
from aemlo.arrays import LabelMatrix, PerLabel
from aemlo.charts import classify as charts
from aemlo.classifiers import tuning
from aemlo.dataset import Dataset
from aemlo.ui import figures, layout
from aemlo.ui.classify import frames
from aemlo.ui.classify.result import Arm, Result
from aemlo.wording import count, decimals

ALL = "All labels"
COUNTS = ("true positives", "false positives", "false negatives", "true negatives")
COLOURS = ("normal", "inverse", "inverse", "normal")
"""Whether more of a count is good, in the words of `st.metric`."""
NUMBER = st.column_config.NumberColumn
BAR = st.column_config.ProgressColumn
COLUMNS = {
    "IRLbl": NUMBER("IRLbl", format="%.3g"),
    **{
        name: BAR(name, min_value=0.0, max_value=1.0, format="%.3f")
        for name in ("precision", "recall", "F1", "AUC", "average precision")
    },
}


@dataclass(frozen=True, eq=False)
class Shown:
    """What is looked at: the arm `name` of the run, its `table` of labels by IRLbl."""

    dataset: Dataset
    result: Result
    run_id: str
    name: str
    table: pd.DataFrame
    most: int

    @property
    def arm(self) -> Arm:
        """What the arm predicted for the test rows."""
        return self.result.arms[self.name]

    @property
    def Y(self) -> LabelMatrix:  # noqa: N802  (the field's name)
        """True labels of the test rows, (n, q)."""
        return self.dataset.Y[self.result.test]

    @property
    def names(self) -> list[str]:
        """Names of the labels in the order of the columns."""
        return list(self.dataset.label_names)

    @property
    def rarest(self) -> list[str]:
        """Names of the labels, the rarest first."""
        return self.table["label"].tolist()

    def choose_label(self, caption: str, key: str) -> tuple[str, int | None]:
        """A box for one label or all: what was chosen, and its column or None."""
        which = st.selectbox(caption, [ALL, *self.rarest], key=key)
        return which, None if which == ALL else self.names.index(which)

    def figure(
        self, figure: go.Figure, frame: pd.DataFrame, name: str, alt: str, key: str
    ) -> None:
        """A chart whose file name says which arm of which data set it shows."""
        figures.figure(figure, data=frame, name=self.stem(name), alt=alt, key=key)

    def stem(self, name: str) -> str:
        """The start of a file's name for this arm."""
        return f"{self.dataset.name}-{self.name}-{name}"


def labels(shown: Shown) -> None:
    """The table of labels, and in words which are never or always wrong."""
    table = shown.table
    for remark in ("never predicted", "always predicted", "never right"):
        names = table.loc[table["remark"] == remark, "label"]
        if len(names):
            first = ", ".join(layout.plain(label) for label in names[:8])
            more = f" and {count(len(names) - 8)} more" if len(names) > 8 else ""
            st.markdown(f"- **{count(len(names))} {remark}**: {first}{more}")
    figures.table(
        table.drop(columns=["minority"]),
        name=shown.stem("labels"),
        key="classify.labels",
        height=min(40 + 35 * len(table), 800),
        column_config=COLUMNS,
    )


def right_and_wrong(shown: Shown) -> None:
    """True positives, false negatives and false positives of each label."""
    shown.figure(
        charts.right_and_wrong(shown.table, shown.most),
        shown.table,
        "right-and-wrong",
        "True positives, false negatives and false positives of each label.",
        "classify.counts",
    )


def thresholds(shown: Shown) -> None:
    """A threshold to move, for one label or all, and what it does to the counts."""
    which, label = shown.choose_label("Threshold of", "classify.cut.label")
    threshold, chosen = _moved_threshold(shown, which, label)
    _counts(shown, frames.with_thresholds(shown.arm, chosen), label)
    curve = tuning.trade_off(*frames.pooled(shown.Y, shown.arm.scores, label))
    trained = None if label is None else shown.arm.thresholds[label]
    shown.figure(
        charts.threshold_curves(curve, threshold, trained, which),
        curve,
        "thresholds",
        "Precision, recall and F1 for every threshold.",
        "classify.cuts",
    )
    st.caption(
        "A threshold chosen here uses the test rows, so its scores are too optimistic. "
        "The arm **thresholds** chooses its own from the training rows only."
    )


def _moved_threshold(
    shown: Shown, which: str, label: int | None
) -> tuple[float, PerLabel]:
    """The slider's threshold, and all thresholds (q,) with it.

    They stay as they were set while another label is looked at.
    """
    place = f"{shown.run_id}.{shown.name}"
    stored: PerLabel = st.session_state.setdefault(
        f"_cuts.{place}", shown.arm.thresholds.copy()
    )
    first = min(float(np.median(stored) if label is None else stored[label]), 1.0)
    threshold = st.slider(
        "Predicted from a score of",
        0.0,
        1.0,
        first,
        0.005,
        key=f"classify.cut.{place}.{which}",
        help="Changes the threshold only; the scores stay the same.",
    )
    chosen = stored.copy()
    if label is not None:
        chosen[label] = threshold
    elif threshold != first:
        chosen[:] = threshold
    st.session_state[f"_cuts.{place}"] = chosen
    return threshold, chosen


def _counts(shown: Shown, predicted: LabelMatrix, label: int | None) -> None:
    """Four counts and two scores of `predicted` (n, q), each with its change."""
    Y, before = shown.Y, shown.arm.labels
    columns = slice(None) if label is None else [label]
    now = metrics.right_and_wrong(Y[:, columns], predicted[:, columns]).sum(axis=1)
    then = metrics.right_and_wrong(Y[:, columns], before[:, columns]).sum(axis=1)
    boxes = st.columns(6)
    for place, word, value, old, colour in zip(
        boxes[:4], COUNTS, now, then, COLOURS, strict=True
    ):
        change = frames.moved(value, old, "+,")
        place.metric(word, count(value), change, delta_color=colour)
    measures = {"macro-F1": metrics.macro_f1, "micro-F1": metrics.micro_f1}
    for place, (title, measure) in zip(boxes[4:], measures.items(), strict=True):
        value, old = measure(Y, predicted), measure(Y, before)
        place.metric(
            f"{title}, all labels", decimals(value), frames.moved(value, old, "+.3f")
        )


def curves(shown: Shown) -> None:
    """Precision-recall and ROC curves of up to six labels."""
    Y, names = shown.Y, shown.names
    chosen = st.multiselect(
        "Labels",
        shown.rarest,
        default=shown.rarest[: min(3, len(names))],
        max_selections=6,
        key=f"classify.curves.{shown.dataset.content_hash[:8]}",
    )
    with_both = [n for n in chosen if 0 < Y[:, names.index(n)].sum() < len(Y)]
    if len(with_both) < len(chosen):
        st.caption(
            "No curve for labels with one class in the test rows: "
            + ", ".join(layout.plain(n) for n in chosen if n not in with_both)
        )
    if with_both:
        frame = frames.curve_frame(Y, shown.arm.scores, names, with_both)
        rates = {n: float(Y[:, names.index(n)].mean()) for n in with_both}
        shown.figure(
            charts.curves(frame, rates),
            frame,
            "curves",
            "Precision-recall and ROC curves of the chosen labels.",
            "classify.pr",
        )


def calibration(shown: Shown) -> None:
    """Whether a score is a probability."""
    which, label = shown.choose_label("Label", "classify.calibration")
    frame = frames.bins(*frames.pooled(shown.Y, shown.arm.scores, label))
    shown.figure(
        charts.calibration(frame, which),
        frame,
        "calibration",
        "Share of rows with the label against the score, in ten steps.",
        "classify.bins",
    )
    st.caption(
        "On the dashed line, a score is a probability. Oversampling and class weights "
        "raise the scores: this helps to find rare labels, but as probabilities the "
        "scores are then too high."
    )


def rows(shown: Shown) -> None:
    """Single test rows, the most wrong first, and what is behind one's scores."""
    frame = frames.wrong_rows(shown.dataset, shown.result, shown.arm)
    wrong = int((frame["wrong"] > 0).sum())
    st.markdown(
        f"{count(wrong)} of {count(len(frame))} test rows have at least one wrong "
        "label. Rows with the most errors come first. Choose one to see why."
    )
    event = figures.table(
        frame.drop(columns="place"),
        name=f"{shown.dataset.name}-wrong-rows",
        key=f"classify.rows.{shown.run_id}.{shown.name}",
        height=260,
        on_select="rerun",
        selection_mode="single-row",
    )
    chosen = event["selection"]["rows"]
    place = int(frame["place"].iloc[chosen[0] if chosen else 0])
    st.markdown(f"**Row {count(shown.result.test[place])}**")
    scores = _scores_and_neighbours(shown, place)
    if shown.arm.coefficients is None:
        st.caption(
            "This classifier has no coefficients. See the nearest training rows above."
        )
    else:
        _reasons(shown, place, scores["label"])


def _scores_and_neighbours(shown: Shown, place: int) -> pd.DataFrame:
    """Scores of one test row beside its nearest training rows; the scores' frame."""
    dataset, result = shown.dataset, shown.result
    scores = frames.row_scores(dataset, result, shown.arm, place)
    left, right = st.columns(2, gap="medium")
    left.dataframe(
        scores,
        key="classify.row.scores",
        hide_index=True,
        height=300,
        column_config={
            "score": BAR("score", min_value=0.0, max_value=1.0, format="%.3f"),
            "threshold": NUMBER("threshold", format="%.3f"),
        },
    )
    right.markdown("Nearest training rows, by the features as prepared:")
    right.dataframe(
        frames.neighbours_of(dataset, result, place),
        key="classify.row.near",
        hide_index=True,
        column_config={"distance": NUMBER("distance", format="%.3f")},
    )
    return scores


def _reasons(shown: Shown, place: int, choices: pd.Series) -> None:
    """The features behind the score of one label in one test row."""
    label = st.selectbox(
        "Explain the score of the label", choices, key="classify.row.label"
    )
    why = frames.reasons(shown.result, shown.arm, place, shown.names.index(label))
    if not len(why):
        st.caption(
            "No feature has a coefficient for this label: it had one class in training."
        )
        return
    shown.figure(
        charts.contributions(why, label),
        why,
        f"row-{shown.result.test[place]}",
        "Features that raise or lower the score of the label in this row.",
        "classify.row.why",
    )


VIEWS = {
    "Labels": labels,
    "Right and wrong": right_and_wrong,
    "Thresholds": thresholds,
    "Curves": curves,
    "Calibration": calibration,
    "Single rows": rows,
}
