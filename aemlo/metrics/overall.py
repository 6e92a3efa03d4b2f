"""Metrics with one value for all labels."""

import math

import numpy as np
from sklearn.metrics import coverage_error

from aemlo.metrics.base import _mean, _ratio, right_and_wrong
from aemlo.metrics.per_label import (
    auc,
    average_precision,
    balanced_accuracy,
    f1,
    g_mean,
)


def macro_f1(Y, predicted):
    """F1 of each label, averaged; a label neither there nor given counts 0."""
    return float(np.nan_to_num(f1(Y, predicted)).mean())


def micro_f1(Y, predicted):
    """F1 of all cells together; 0 when no cell is there and none was given."""
    right, wrong, missed, _ = right_and_wrong(Y, predicted).sum(axis=1)
    return float(_ratio(2 * right, 2 * right + wrong + missed, empty=0.0))


def macro_auc(Y, scores):
    """AUC of each label, averaged; labels with one class are left out."""
    return _mean(auc(Y, scores))


def macro_average_precision(Y, scores):
    """Average precision of each label, averaged; labels no row has are left out."""
    return _mean(average_precision(Y, scores))


def micro_average_precision(Y, scores):
    """Average precision of all cells as one ranking; NaN when no cell is positive."""
    cells = np.reshape(Y, (-1, 1)), np.reshape(scores, (-1, 1))
    return float(average_precision(*cells)[0])


def macro_g_mean(Y, predicted):
    """G-mean of each label, averaged; labels with one class are left out."""
    return _mean(g_mean(Y, predicted))


def macro_balanced_accuracy(Y, predicted):
    """Balanced accuracy of each label, averaged; labels with one class are left out."""
    return _mean(balanced_accuracy(Y, predicted))


def ranking_loss(Y, scores):
    """Share of (relevant, irrelevant) label pairs of a row in the wrong order.

    Rows with no label, or with all, count 0; NaN when there is one label only.
    scikit-learn's values (ties count as wrong), for all rows at once.
    """
    if _one_label(Y):
        return math.nan
    ranked, rank, found = _down_the_rows(Y, scores)
    wrong = np.where(ranked, rank - found, 0).sum(axis=1)
    relevant = ranked.sum(axis=1)
    pairs = relevant * (ranked.shape[1] - relevant)
    return float(_ratio(wrong, pairs, empty=0.0).mean())


def label_ranking_average_precision(Y, scores):
    """Mean over a row's labels of the precision at its rank.

    Rows with no label, or with all, count 1; NaN when there is one label only.
    scikit-learn's values (labels that tie enter together), for all rows at once.
    """
    if _one_label(Y):
        return math.nan
    ranked, rank, found = _down_the_rows(Y, scores)
    precisions = np.where(ranked, found / rank, 0.0).sum(axis=1)
    relevant = ranked.sum(axis=1)
    return float(_ratio(precisions, relevant, empty=1.0).mean())


def _down_the_rows(Y, scores):
    """Each row's labels by falling score: whether they are there; their rank, ties
    all at the last of their places; how many are there down to that rank; (n, q)."""
    q = scores.shape[1]
    order = np.argsort(-scores, axis=1, kind="stable")
    ranked = np.take_along_axis(np.asarray(Y, dtype=bool), order, axis=1)
    sorted_scores = np.take_along_axis(scores, order, axis=1)
    last = np.ones(ranked.shape, dtype=bool)  # last label of its group of ties
    last[:, :-1] = sorted_scores[:, 1:] != sorted_scores[:, :-1]
    end = np.where(last, np.arange(q), q)
    end = np.minimum.accumulate(end[:, ::-1], axis=1)[:, ::-1]
    found = np.take_along_axis(np.cumsum(ranked, axis=1), end, axis=1)
    return ranked, end + 1, found


def one_error(Y, scores):
    """Share of rows whose top-scored label is not theirs.

    A row without labels is always an error (as in mldr), and so is a tie at the top
    with a label the row lacks. NaN when there is one label only.
    """
    if _one_label(Y):
        return math.nan
    top = scores == scores.max(axis=1, keepdims=True)
    return float((top & (np.asarray(Y) == 0)).any(axis=1).mean())


def coverage(Y, scores):
    """Steps down the ranking of labels until all of a row's labels are met.

    scikit-learn's `coverage_error` minus 1, except that a row without labels counts 0
    rather than -1. NaN when there is one label only.
    """
    if _one_label(Y):
        return math.nan
    Y = np.asarray(Y)
    some = Y.any(axis=1)
    if not some.any():
        return 0.0
    return float((coverage_error(Y[some], scores[some]) - 1) * some.mean())


def hamming_loss(Y, predicted):
    """Share of cells that are wrong."""
    return float((np.asarray(Y) != np.asarray(predicted)).mean())


def subset_accuracy(Y, predicted):
    """Share of rows with every label right."""
    return float((np.asarray(Y) == np.asarray(predicted)).all(axis=1).mean())


def example_f1(Y, predicted):
    """F1 of each row, averaged; a row without labels that was given none counts 1."""
    right, wrong, missed, _ = right_and_wrong(np.transpose(Y), np.transpose(predicted))
    return float(_ratio(2 * right, 2 * right + wrong + missed, empty=1.0).mean())


def _one_label(Y):
    return np.shape(Y)[1] == 1


def labels_with_one_class(Y, predicted):
    """Labels without a positive or without a negative row: no AUC, no G-mean."""
    share = np.mean(Y, axis=0)
    return float(((share == 0) | (share == 1)).sum())


def labels_never_predicted(Y, predicted):
    """Labels some row has that no row was given."""
    given, there = np.any(predicted, axis=0), np.any(Y, axis=0)
    return float((there & ~given).sum())


def labels_always_predicted(Y, predicted):
    """Labels some row lacks that every row was given."""
    return float((np.all(predicted, axis=0) & ~np.all(Y, axis=0)).sum())


def labels_never_right(Y, predicted):
    """Labels that were given, and to the wrong rows only."""
    right, wrong, _, _ = right_and_wrong(Y, predicted)
    return float(((right == 0) & (wrong > 0)).sum())
