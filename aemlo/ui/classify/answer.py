"""The answer of the Classify page: what each remedy does, overall and by label."""

from typing import Any

import streamlit as st

from aemlo import specs
from aemlo.charts import classify as charts
from aemlo.dataset import Dataset
from aemlo.ui import figures, layout
from aemlo.ui.classify import frames
from aemlo.ui.classify.result import Result
from aemlo.ui.compare import load
from aemlo.wording import count

MEASURES = ("F1", "recall", "precision", "AUC", "average precision")


def overall(dataset: Dataset, result: Result) -> None:
    """The rows used, a sentence for each remedy, and the table of metrics."""
    st.caption(
        f"{count(len(result.train))} training rows, {count(len(result.test))} test "
        "rows. Scaling, synthetic rows, class weights and thresholds are computed from "
        "the training rows only."
    )
    if len(result.arms) > 1:
        sentences = frames.sentences(dataset, result)
        st.markdown("\n".join(f"- {sentence}" for sentence in sentences))
    frame = frames.side_by_side(dataset, result)
    st.dataframe(frames.marked(frame), key="classify.metrics", hide_index=True)
    figures.csv_button(
        frame,
        name=f"{dataset.name}-remedies",
        key="classify.metrics.csv",
        label="Download table (CSV)",
    )
    caption = (
        "Bold: best on these test rows. This is one split; the Compare page shows what "
        "holds over many."
    )
    one_class = frames.labels_with_one_class(dataset, result)
    if one_class:
        caption += (
            " Labels with one class in the test rows, hence without AUC: "
            f"{count(one_class)}."
        )
    st.caption(caption)


def each_label(dataset: Dataset, result: Result) -> int:
    """One measure of each label and arm; returns how many labels charts show."""
    measure = st.segmented_control(
        "Measure of each label",
        MEASURES,
        default="F1",
        required=True,
        key="classify.measure",
    )
    most = charts.MOST
    if dataset.q > most and st.toggle(
        f"Show all {count(dataset.q)} labels, not the {most} rarest",
        key="classify.all",
    ):
        most = dataset.q
    frame = frames.by_label(dataset, result, measure)
    figures.figure(
        charts.by_label(frame, measure, most),
        data=frame,
        name=f"{dataset.name}-{measure}-by-remedy",
        alt=f"{measure} of each label, the rarest on top, one mark for each remedy.",
        key="classify.by_label",
    )
    st.caption(
        "◆ minority label. A label for which the measure is not defined has no mark."
    )
    return most


def next_step(dataset: Dataset, result: Result, arms: list[dict[str, Any]]) -> None:
    """The button that sets up a comparison of just these arms over folds."""
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        best = layout.plain(frames.best_arm(dataset, result))
        st.markdown(
            f"**{best}** has the best macro-F1 on this split. Whether it holds, a "
            "comparison over folds can show."
        )
        if st.button(
            "Compare these arms over folds",
            icon=":material/balance:",
            key="classify.compare",
        ):
            with layout.shown_errors():
                load.fill(specs.comparison_of(arms))
                st.switch_page("pages/compare.py")
