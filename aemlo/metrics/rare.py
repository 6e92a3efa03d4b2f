"""Metrics of the rare labels alone, which disappear in means over all labels.

Two groups of labels, told from the whole data set: the minority labels (IRLbl above
MeanIR) and the tail, the rarest third of the labels that occur. A mean is over those
labels of the group that have a positive test row: a label without one has no F1 that
says anything, and the same labels count for every arm. Ours.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from aemlo.arrays import LabelMatrix, Mask, PerLabel
from aemlo.metrics.base import Metric, mean_of_known
from aemlo.metrics.per_label import auc, average_precision, f1

Group: TypeAlias = Literal["minority", "tail"]


@dataclass(frozen=True)
class RareMetric(Metric):
    """A metric of one group of labels; its function gets the group's columns."""

    group: Group = "minority"


def rare_labels(Y: LabelMatrix, minority: Mask) -> dict[Group, Mask]:
    """The groups of `Y` (n, q), masks (q,), given which labels are minority labels.

    The tail holds a third, rounded up, of the labels with a positive row, rarest first;
    labels with equally many rows in the order of their columns.
    """
    positives = np.asarray(Y.sum(axis=0)).ravel()
    order = np.argsort(positives, kind="stable")
    order = order[positives[order] > 0]
    tail = np.zeros(len(positives), dtype=bool)
    tail[order[: math.ceil(len(order) / 3)]] = True
    return {"minority": np.asarray(minority, dtype=bool), "tail": tail}


def _mean_of(
    of_label: Callable[[LabelMatrix, Any], PerLabel], what: str
) -> Callable[[LabelMatrix, Any], float]:
    def mean(Y: LabelMatrix, given: ArrayLike) -> float:
        present = np.asarray(Y).any(axis=0)
        values = of_label(np.asarray(Y)[:, present], np.asarray(given)[:, present])
        return mean_of_known(values)

    mean.__doc__ = f"{what} of each label of the group that occurs, averaged."
    return mean


def _metric(
    title: str,
    group: Group,
    of_label: Callable[[LabelMatrix, Any], PerLabel],
    needs: Literal["labels", "scores"],
    symbol: str,
) -> RareMetric:
    named = {"minority": r"\mathrm{IRLbl}_j > \mathrm{MeanIR}", "tail": r"j \in T"}
    return RareMetric(
        title,
        _mean_of(of_label, symbol),
        needs=needs,
        formula=rf"\frac{{1}}{{|K|}} \sum_{{j \in K}} \mathrm{{{symbol}}}_j "
        rf"\quad K = \{{ j : {named[group]},\ c_j > 0 \}}",
        source="ours",
        group=group,
    )


RARE_METRICS: dict[str, RareMetric] = {
    metric.title: metric
    for metric in (
        _metric("minority F1", "minority", f1, "labels", "F1"),
        _metric("tail F1", "tail", f1, "labels", "F1"),
        _metric("tail average precision", "tail", average_precision, "scores", "AP"),
        _metric("tail AUC", "tail", auc, "scores", "AUC"),
    )
}


def evaluate_rare(
    Y: LabelMatrix,
    predicted: LabelMatrix,
    scores: ArrayLike,
    groups: Mapping[Group, Mask],
) -> list[tuple[str, str, float]]:
    """Rows (metric, "", value) of RARE_METRICS for test rows Y (n, q).

    `predicted` and `scores` are (n, q), `groups` is what `rare_labels` says of the
    whole data set. NaN for a group no label of which occurs in Y.
    """
    Y = np.asarray(Y)
    given = {"labels": np.asarray(predicted), "scores": np.asarray(scores, float)}
    rows: list[tuple[str, str, float]] = []
    for metric in RARE_METRICS.values():
        among = groups[metric.group]
        value = metric(Y[:, among], given[metric.needs][:, among])
        rows.append((metric.title, "", value))
    return rows
