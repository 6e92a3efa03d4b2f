"""Metrics with one value a label."""

import numpy as np
from scipy.stats import rankdata

from aemlo.metrics.base import _ratio, right_and_wrong


def support(Y, predicted):
    """Rows that have the label."""
    return np.asarray(Y).sum(axis=0).astype(float)


def predicted_positives(Y, predicted):
    """Rows that were given the label."""
    return np.asarray(predicted).sum(axis=0).astype(float)


def precision(Y, predicted):
    """Right among those given the label; NaN for a label never given."""
    right, wrong, _, _ = right_and_wrong(Y, predicted)
    return _ratio(right, right + wrong)


def recall(Y, predicted):
    """Found among those that have the label; NaN for a label no row has."""
    right, _, missed, _ = right_and_wrong(Y, predicted)
    return _ratio(right, right + missed)


def specificity(Y, predicted):
    """Left alone among those without the label; NaN for a label every row has."""
    _, wrong, _, left = right_and_wrong(Y, predicted)
    return _ratio(left, left + wrong)


def f1(Y, predicted):
    """2 TP / (2 TP + FP + FN); NaN for a label neither there nor given."""
    right, wrong, missed, _ = right_and_wrong(Y, predicted)
    return _ratio(2 * right, 2 * right + wrong + missed)


def g_mean(Y, predicted):
    """Square root of recall x specificity; NaN for a label with one class."""
    return np.sqrt(recall(Y, predicted) * specificity(Y, predicted))


def balanced_accuracy(Y, predicted):
    """Mean of recall and specificity; NaN for a label with one class."""
    return (recall(Y, predicted) + specificity(Y, predicted)) / 2


def auc(Y, scores):
    """Area under the ROC curve, ties half; NaN for a label with one class.

    The Mann-Whitney form on all labels at once; scikit-learn's values.
    """
    Y = np.asarray(Y, dtype=bool)
    positives = Y.sum(axis=0)
    ranks = np.where(Y, rankdata(scores, axis=0), 0.0).sum(axis=0)
    pairs = positives * (len(Y) - positives)
    return _ratio(ranks - positives * (positives + 1) / 2, pairs)


def average_precision(Y, scores):
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
    found = np.take_along_axis(np.cumsum(ranked, axis=0), end, axis=0)
    return _ratio((ranked * found / (end + 1)).sum(axis=0), ranked.sum(axis=0))
