"""Metrics with one value for all labels.

Y is the truth and `predicted` what was predicted, both (n, q) of 0 and 1; `scores` are
(n, q), the higher the more likely the label. In formulas, Y_i is the set of labels of
row i, and f its scores.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aemlo.arrays import LabelMatrix, Mask, Scores
from aemlo.metrics.base import mean_of_known, metric, ratio, right_and_wrong
from aemlo.metrics.per_label import (
    BRODERSEN,
    KUBAT,
    auc,
    average_precision,
    balanced_accuracy,
    f1,
    g_mean,
)

REVIEW = "Zhang, Zhou, IEEE TKDE 26(8), 2014"
MINING = "Tsoumakas, Katakis, Vlahavas, Mining Multi-label Data, 2010"
BOOSTEXTER = "Schapire, Singer, Machine Learning 39, 2000"


@metric(
    "macro-F1",
    formula=r"\frac{1}{q} \sum_{j=1}^{q} "
    r"\frac{2\,TP_j}{2\,TP_j + FP_j + FN_j}",
    source=MINING,
)
def macro_f1(Y: LabelMatrix, predicted: LabelMatrix) -> float:
    """F1 of each label, averaged; a label neither there nor given counts 0."""
    return float(np.nan_to_num(f1(Y, predicted)).mean())


@metric(
    "micro-F1",
    formula=r"\frac{2 \sum_j TP_j}{2 \sum_j TP_j + \sum_j FP_j + \sum_j FN_j}",
    source=MINING,
)
def micro_f1(Y: LabelMatrix, predicted: LabelMatrix) -> float:
    """F1 of all cells together; 0 when no cell is there and none was given."""
    right, wrong, missed, _ = right_and_wrong(Y, predicted).sum(axis=1)
    return float(ratio(2 * right, 2 * right + wrong + missed, empty=0.0))


@metric(
    "macro-AUC",
    needs="scores",
    formula=r"\frac{1}{|K|} \sum_{j \in K} \mathrm{AUC}_j "
    r"\quad K = \{ j : 0 < c_j < n \}",
    source=REVIEW,
)
def macro_auc(Y: LabelMatrix, scores: Scores) -> float:
    """AUC of each label, averaged; labels with one class are left out."""
    return mean_of_known(auc(Y, scores))


@metric(
    "macro average precision",
    needs="scores",
    formula=r"\frac{1}{|K|} \sum_{j \in K} \mathrm{AP}_j "
    r"\quad K = \{ j : c_j > 0 \}",
    source="Manning, Raghavan, Schuetze, Introduction to Information Retrieval, 2008",
)
def macro_average_precision(Y: LabelMatrix, scores: Scores) -> float:
    """Average precision of each label, averaged; labels no row has are left out."""
    return mean_of_known(average_precision(Y, scores))


@metric(
    "micro average precision",
    needs="scores",
    formula=r"\sum_{t} (R_t - R_{t-1})\, P_t \quad "
    r"\text{over the distinct scores } t \text{ of all cells}",
    source="Manning, Raghavan, Schuetze, Introduction to Information Retrieval, 2008",
)
def micro_average_precision(Y: LabelMatrix, scores: Scores) -> float:
    """Average precision of all cells as one ranking; NaN when no cell is positive."""
    cells = np.reshape(Y, (-1, 1)), np.reshape(scores, (-1, 1))
    return float(average_precision(*cells)[0])


@metric(
    "macro G-mean",
    formula=r"\frac{1}{|K|} \sum_{j \in K} "
    r"\sqrt{\frac{TP_j}{c_j} \cdot \frac{TN_j}{n - c_j}} "
    r"\quad K = \{ j : 0 < c_j < n \}",
    source=f"{KUBAT}; its mean over labels",
)
def macro_g_mean(Y: LabelMatrix, predicted: LabelMatrix) -> float:
    """G-mean of each label, averaged; labels with one class are left out."""
    return mean_of_known(g_mean(Y, predicted))


@metric(
    "macro balanced accuracy",
    formula=r"\frac{1}{|K|} \sum_{j \in K} \frac{1}{2} \left( "
    r"\frac{TP_j}{c_j} + \frac{TN_j}{n - c_j} \right) "
    r"\quad K = \{ j : 0 < c_j < n \}",
    source=f"{BRODERSEN}; its mean over labels",
)
def macro_balanced_accuracy(Y: LabelMatrix, predicted: LabelMatrix) -> float:
    """Balanced accuracy of each label, averaged; labels with one class are left out."""
    return mean_of_known(balanced_accuracy(Y, predicted))


@metric(
    "example F1",
    formula=r"\frac{1}{n} \sum_{i=1}^{n} "
    r"\frac{2\,|Y_i \cap \hat Y_i|}{|Y_i| + |\hat Y_i|}",
    source=MINING,
)
def example_f1(Y: LabelMatrix, predicted: LabelMatrix) -> float:
    """F1 of each row, averaged; a row without labels that was given none counts 1."""
    right, wrong, missed, _ = right_and_wrong(np.transpose(Y), np.transpose(predicted))
    return float(ratio(2 * right, 2 * right + wrong + missed, empty=1.0).mean())


@metric(
    "subset accuracy",
    formula=r"\frac{1}{n} \sum_{i=1}^{n} [Y_i = \hat Y_i]",
    source=MINING,
)
def subset_accuracy(Y: LabelMatrix, predicted: LabelMatrix) -> float:
    """Share of rows with every label right."""
    return float((np.asarray(Y) == np.asarray(predicted)).all(axis=1).mean())


@metric(
    "Hamming loss",
    greater_is_better=False,
    formula=r"\frac{1}{n q} \sum_{i=1}^{n} \sum_{j=1}^{q} [y_{ij} \ne \hat y_{ij}]",
    source=BOOSTEXTER,
)
def hamming_loss(Y: LabelMatrix, predicted: LabelMatrix) -> float:
    """Share of cells that are wrong."""
    return float((np.asarray(Y) != np.asarray(predicted)).mean())


@metric(
    "ranking loss",
    needs="scores",
    greater_is_better=False,
    formula=r"\frac{1}{n} \sum_{i=1}^{n} \frac{1}{|Y_i|\,|\bar Y_i|} "
    r"\left|\{ (p, r) \in Y_i \times \bar Y_i : f_{ip} \le f_{ir} \}\right|",
    source=BOOSTEXTER,
)
def ranking_loss(Y: LabelMatrix, scores: Scores) -> float:
    """Share of (relevant, irrelevant) label pairs of a row in the wrong order.

    Rows with no label, or with all, count 0; NaN when there is one label only.
    scikit-learn's values (ties count as wrong), for all rows at once.
    """
    if _one_label(Y):
        return math.nan
    ranked, rank, relevant_above = _down_the_rows(Y, scores)
    wrong = np.where(ranked, rank - relevant_above, 0).sum(axis=1)
    relevant = ranked.sum(axis=1)
    pairs = relevant * (ranked.shape[1] - relevant)
    return float(ratio(wrong, pairs, empty=0.0).mean())


@metric(
    "label-ranking average precision",
    needs="scores",
    formula=r"\frac{1}{n} \sum_{i=1}^{n} \frac{1}{|Y_i|} \sum_{p \in Y_i} "
    r"\frac{|\{ r \in Y_i : f_{ir} \ge f_{ip} \}|}"
    r"{|\{ r : f_{ir} \ge f_{ip} \}|}",
    source=BOOSTEXTER,
)
def label_ranking_average_precision(Y: LabelMatrix, scores: Scores) -> float:
    """Mean over a row's labels of the precision at its rank.

    Rows with no label, or with all, count 1; NaN when there is one label only.
    scikit-learn's values (labels that tie enter together), for all rows at once.
    """
    if _one_label(Y):
        return math.nan
    ranked, rank, relevant_above = _down_the_rows(Y, scores)
    precisions = np.where(ranked, relevant_above / rank, 0.0).sum(axis=1)
    relevant = ranked.sum(axis=1)
    return float(ratio(precisions, relevant, empty=1.0).mean())


def _down_the_rows(
    Y: LabelMatrix, scores: Scores
) -> tuple[Mask, NDArray[np.integer[Any]], NDArray[np.integer[Any]]]:
    """Each row's labels by falling score, three arrays (n, q).

    Whether they are there; their rank, ties all at the last of their places; how many
    labels are there down to that rank.
    """
    q = scores.shape[1]
    order = np.argsort(-scores, axis=1, kind="stable")
    ranked = np.take_along_axis(np.asarray(Y, dtype=bool), order, axis=1)
    sorted_scores = np.take_along_axis(scores, order, axis=1)
    last = np.ones(ranked.shape, dtype=bool)  # last label of its group of ties
    last[:, :-1] = sorted_scores[:, 1:] != sorted_scores[:, :-1]
    end = np.where(last, np.arange(q), q)
    end = np.minimum.accumulate(end[:, ::-1], axis=1)[:, ::-1]
    relevant_above = np.take_along_axis(np.cumsum(ranked, axis=1), end, axis=1)
    return ranked, end + 1, relevant_above


@metric(
    "one-error",
    needs="scores",
    greater_is_better=False,
    formula=r"\frac{1}{n} \sum_{i=1}^{n} "
    r"\left[ \operatorname{arg\,max}_j f_{ij} \not\subseteq Y_i \right]",
    source=BOOSTEXTER,
)
def one_error(Y: LabelMatrix, scores: Scores) -> float:
    """Share of rows whose top-scored label is not theirs.

    A row without labels is always an error (as in mldr), and so is a tie at the top
    with a label the row lacks. NaN when there is one label only.
    """
    if _one_label(Y):
        return math.nan
    top = scores == scores.max(axis=1, keepdims=True)
    return float((top & (np.asarray(Y) == 0)).any(axis=1).mean())


@metric(
    "coverage",
    needs="scores",
    greater_is_better=False,
    bounds=(0.0, math.inf),
    formula=r"\frac{1}{n} \sum_{i=1}^{n} \left( \max_{p \in Y_i} "
    r"\operatorname{rank}_i(p) - 1 \right)",
    source=BOOSTEXTER,
)
def coverage(Y: LabelMatrix, scores: Scores) -> float:
    """Steps down the ranking of labels until all of a row's labels are met.

    scikit-learn's `coverage_error` minus 1, except that a row without labels counts 0
    rather than -1. NaN when there is one label only.
    """
    if _one_label(Y):
        return math.nan
    # Imported here: a comparison asks for directions and does not wait for it.
    from sklearn.metrics import coverage_error

    Y = np.asarray(Y)
    some = Y.any(axis=1)
    if not some.any():
        return 0.0
    return float((coverage_error(Y[some], scores[some]) - 1) * some.mean())


def _one_label(Y: LabelMatrix) -> bool:
    return np.shape(Y)[1] == 1
