"""Metrics with one value a label.

Counts of one label: TP true positives, FP false positives, FN false negatives, TN true
negatives; n rows.
"""

import math

import numpy as np
from scipy.stats import rankdata

from aemlo.arrays import LabelMatrix, PerLabel, Scores
from aemlo.metrics.base import metric, ratio, right_and_wrong

RIJSBERGEN = "van Rijsbergen, Information Retrieval, 2nd ed., 1979"
KUBAT = "Kubat, Matwin, ICML 1997"
BRODERSEN = "Brodersen, Ong, Stephan, Buhmann, ICPR 2010"
FAWCETT = "Fawcett, Pattern Recognition Letters 27, 2006"
MANNING = "Manning, Raghavan, Schuetze, Introduction to Information Retrieval, 2008"


@metric(
    "precision",
    per_label=True,
    formula=r"\frac{TP_j}{TP_j + FP_j}",
    source=RIJSBERGEN,
)
def precision(Y: LabelMatrix, predicted: LabelMatrix) -> PerLabel:
    """Right among those given the label; NaN for a label never given."""
    right, wrong, _, _ = right_and_wrong(Y, predicted)
    return ratio(right, right + wrong)


@metric(
    "recall",
    per_label=True,
    formula=r"\frac{TP_j}{TP_j + FN_j}",
    source=RIJSBERGEN,
)
def recall(Y: LabelMatrix, predicted: LabelMatrix) -> PerLabel:
    """Found among those that have the label; NaN for a label no row has."""
    right, _, missed, _ = right_and_wrong(Y, predicted)
    return ratio(right, right + missed)


def specificity(Y: LabelMatrix, predicted: LabelMatrix) -> PerLabel:
    """Left alone among those without the label; NaN for a label every row has."""
    _, wrong, _, left = right_and_wrong(Y, predicted)
    return ratio(left, left + wrong)


@metric(
    "F1",
    per_label=True,
    formula=r"\frac{2\,TP_j}{2\,TP_j + FP_j + FN_j}",
    source=RIJSBERGEN,
)
def f1(Y: LabelMatrix, predicted: LabelMatrix) -> PerLabel:
    """2 TP / (2 TP + FP + FN); NaN for a label neither there nor given."""
    right, wrong, missed, _ = right_and_wrong(Y, predicted)
    return ratio(2 * right, 2 * right + wrong + missed)


@metric(
    "AUC",
    needs="scores",
    per_label=True,
    formula=r"\frac{1}{c_j (n - c_j)} \sum_{y_{ij} = 1} \sum_{y_{kj} = 0} "
    r"\left( [s_{ij} > s_{kj}] + \tfrac{1}{2} [s_{ij} = s_{kj}] \right)",
    source=FAWCETT,
)
def auc(Y: LabelMatrix, scores: Scores) -> PerLabel:
    """Area under the ROC curve, ties half; NaN for a label with one class.

    The Mann-Whitney form on all labels at once; scikit-learn's values.
    """
    truth = np.asarray(Y, dtype=bool)
    positives = truth.sum(axis=0)
    ranks = np.where(truth, rankdata(scores, axis=0), 0.0).sum(axis=0)
    pairs = positives * (len(truth) - positives)
    return ratio(ranks - positives * (positives + 1) / 2, pairs)


@metric(
    "average precision",
    needs="scores",
    per_label=True,
    formula=r"\sum_{t} (R_t - R_{t-1})\, P_t \quad "
    r"\text{over the distinct scores } t \text{, from the highest}",
    source=MANNING,
)
def average_precision(Y: LabelMatrix, scores: Scores) -> PerLabel:
    """Sum of precision x gain in recall down the ranking; NaN without positives.

    Rows that tie enter together, as in scikit-learn, for all labels at once.
    """
    n = len(Y)
    order = np.argsort(-scores, axis=0, kind="stable")
    ranked = np.take_along_axis(np.asarray(Y, dtype=float), order, axis=0)
    sorted_scores = np.take_along_axis(scores, order, axis=0)
    last = np.ones(ranked.shape, dtype=bool)  # last row of its group of ties
    last[:-1] = sorted_scores[1:] != sorted_scores[:-1]
    end = np.where(last, np.arange(n)[:, None], n)
    end = np.minimum.accumulate(end[::-1], axis=0)[::-1]
    positives_above = np.take_along_axis(np.cumsum(ranked, axis=0), end, axis=0)
    gains = (ranked * positives_above / (end + 1)).sum(axis=0)
    return ratio(gains, ranked.sum(axis=0))


@metric(
    "G-mean",
    per_label=True,
    formula=r"\sqrt{\frac{TP_j}{TP_j + FN_j} \cdot \frac{TN_j}{TN_j + FP_j}}",
    source=KUBAT,
)
def g_mean(Y: LabelMatrix, predicted: LabelMatrix) -> PerLabel:
    """Square root of recall x specificity; NaN for a label with one class."""
    return np.sqrt(recall(Y, predicted) * specificity(Y, predicted))


@metric(
    "balanced accuracy",
    per_label=True,
    formula=r"\frac{1}{2} \left( \frac{TP_j}{TP_j + FN_j} "
    r"+ \frac{TN_j}{TN_j + FP_j} \right)",
    source=BRODERSEN,
)
def balanced_accuracy(Y: LabelMatrix, predicted: LabelMatrix) -> PerLabel:
    """Mean of recall and specificity; NaN for a label with one class."""
    return (recall(Y, predicted) + specificity(Y, predicted)) / 2


@metric(
    "support",
    greater_is_better=None,
    per_label=True,
    bounds=(0.0, math.inf),
    formula=r"c_j = \sum_{i=1}^{n} y_{ij}",
    source="By definition",
)
def support(Y: LabelMatrix, predicted: LabelMatrix) -> PerLabel:
    """Rows that have the label."""
    return np.asarray(Y).sum(axis=0).astype(float)


@metric(
    "times predicted",
    greater_is_better=None,
    per_label=True,
    bounds=(0.0, math.inf),
    formula=r"\sum_{i=1}^{n} \hat y_{ij}",
    source="By definition",
)
def predicted_positives(Y: LabelMatrix, predicted: LabelMatrix) -> PerLabel:
    """Rows that were given the label."""
    return np.asarray(predicted).sum(axis=0).astype(float)
