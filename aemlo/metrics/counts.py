"""Counts of labels that cannot be judged or are predicted in an odd way. Ours.

No direction is better: they say what to know about the other metrics.
"""

import math

import numpy as np

from aemlo.arrays import LabelMatrix
from aemlo.metrics.base import metric, right_and_wrong

ANY_COUNT = (0.0, math.inf)


@metric(
    "labels with one class",
    greater_is_better=None,
    bounds=ANY_COUNT,
    formula=r"\left|\{ j : c_j = 0 \text{ or } c_j = n \}\right|",
    source="Ours",
)
def labels_with_one_class(Y: LabelMatrix, predicted: LabelMatrix) -> float:
    """Labels without a positive or without a negative row: no AUC, no G-mean."""
    share = np.mean(Y, axis=0)
    return float(((share == 0) | (share == 1)).sum())


@metric(
    "labels never predicted",
    greater_is_better=None,
    bounds=ANY_COUNT,
    formula=r"\left|\{ j : c_j > 0,\ \hat c_j = 0 \}\right|",
    source="Ours",
)
def labels_never_predicted(Y: LabelMatrix, predicted: LabelMatrix) -> float:
    """Labels some row has that no row was given."""
    given, there = np.any(predicted, axis=0), np.any(Y, axis=0)
    return float((there & ~given).sum())


@metric(
    "labels always predicted",
    greater_is_better=None,
    bounds=ANY_COUNT,
    formula=r"\left|\{ j : c_j < n,\ \hat c_j = n \}\right|",
    source="Ours",
)
def labels_always_predicted(Y: LabelMatrix, predicted: LabelMatrix) -> float:
    """Labels some row lacks that every row was given."""
    return float((np.all(predicted, axis=0) & ~np.all(Y, axis=0)).sum())


@metric(
    "labels never right",
    greater_is_better=None,
    bounds=ANY_COUNT,
    formula=r"\left|\{ j : TP_j = 0,\ FP_j > 0 \}\right|",
    source="Ours",
)
def labels_never_right(Y: LabelMatrix, predicted: LabelMatrix) -> float:
    """Labels that were given, and to the wrong rows only."""
    right, wrong, _, _ = right_and_wrong(Y, predicted)
    return float(((right == 0) & (wrong > 0)).sum())
