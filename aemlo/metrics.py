"""Metrics of multi-label predictions: one function a metric, METRICS below them.

Y (n, q) holds the true labels, `predicted` (n, q) the labels given, `scores` (n, q)
how strongly each label was held to apply. A metric of one label is a function of whole
matrices that returns q values, NaN where the label has none. Ties of scores count as
scikit-learn counts them: against the prediction.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.metrics import coverage_error

from aemlo.errors import DataError
from aemlo.registry import find


@dataclass(frozen=True)
class Metric:
    """A metric: title, function of (Y, predicted) or (Y, scores), and direction.

    `greater_is_better` is None for a mere count; `per_label` says that the function
    returns one value per label.
    """

    title: str
    function: Callable
    needs: str = "labels"
    greater_is_better: bool | None = True
    per_label: bool = False

    @property
    def help(self):
        """One sentence for a reader of a table of metrics."""
        return self.function.__doc__.split("\n")[0]

    def __call__(self, Y, given):
        return self.function(Y, given)


def right_and_wrong(Y, predicted):
    """Per label: true positives, false positives, false and true negatives, (4, q)."""
    Y, predicted = np.asarray(Y, dtype=bool), np.asarray(predicted, dtype=bool)
    both = (Y & predicted).sum(axis=0)
    false_positives = predicted.sum(axis=0) - both
    false_negatives = Y.sum(axis=0) - both
    true_negatives = len(Y) - both - false_positives - false_negatives
    return np.array([both, false_positives, false_negatives, true_negatives])


def _ratio(part, whole, empty=math.nan):
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    full = np.full(np.broadcast(part, whole).shape, empty, dtype=float)
    return np.divide(part, whole, out=full, where=whole > 0)


def _mean(values):
    """Mean of the values that exist; NaN if none does."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


# One value per label


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


# One value for all


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


# Counts of labels


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


_ALL = (
    Metric("macro-F1", macro_f1),
    Metric("micro-F1", micro_f1),
    Metric("macro-AUC", macro_auc, needs="scores"),
    Metric("macro average precision", macro_average_precision, needs="scores"),
    Metric("micro average precision", micro_average_precision, needs="scores"),
    Metric("macro G-mean", macro_g_mean),
    Metric("macro balanced accuracy", macro_balanced_accuracy),
    Metric("example F1", example_f1),
    Metric("subset accuracy", subset_accuracy),
    Metric("Hamming loss", hamming_loss, greater_is_better=False),
    Metric("ranking loss", ranking_loss, "scores", greater_is_better=False),
    Metric(
        "label-ranking average precision",
        label_ranking_average_precision,
        needs="scores",
    ),
    Metric("one-error", one_error, "scores", greater_is_better=False),
    Metric("coverage", coverage, "scores", greater_is_better=False),
    Metric("precision", precision, per_label=True),
    Metric("recall", recall, per_label=True),
    Metric("F1", f1, per_label=True),
    Metric("AUC", auc, "scores", per_label=True),
    Metric("average precision", average_precision, "scores", per_label=True),
    Metric("G-mean", g_mean, per_label=True),
    Metric("balanced accuracy", balanced_accuracy, per_label=True),
    Metric("support", support, greater_is_better=None, per_label=True),
    Metric(
        "times predicted", predicted_positives, greater_is_better=None, per_label=True
    ),
    Metric("labels with one class", labels_with_one_class, greater_is_better=None),
    Metric("labels never predicted", labels_never_predicted, greater_is_better=None),
    Metric("labels always predicted", labels_always_predicted, greater_is_better=None),
    Metric("labels never right", labels_never_right, greater_is_better=None),
)
METRICS = {metric.title: metric for metric in _ALL}


def evaluate(Y, predicted, scores=None, metrics=None, label_names=None):
    """Rows (metric, label, value) of `metrics` (titles; None for all of METRICS).

    Y, `predicted` and `scores` are (n, q); without scores, metrics that need them are
    left out. `label` is "" for a metric of the whole set, else the label's name (its
    number as text where no names are given); value is NaN where a label has none. How
    many labels the macro means leave out is the metric "labels with one class". Raises
    DataError when shapes differ or scores are not finite, ParameterError for a title
    that METRICS lacks.
    """
    Y, predicted = np.asarray(Y), np.asarray(predicted)
    scores = None if scores is None else np.asarray(scores, dtype=float)
    _check(Y, predicted, scores)
    titles = METRICS if metrics is None else metrics
    names = label_names if label_names is not None else map(str, range(Y.shape[1]))
    names, rows = list(names), []
    for metric in [find(METRICS, title, "metric") for title in titles]:
        if metric.needs == "scores" and scores is None:
            continue
        value = metric(Y, scores if metric.needs == "scores" else predicted)
        if metric.per_label:
            values = zip(names, value.tolist(), strict=True)
            rows += [(metric.title, name, number) for name, number in values]
        else:
            rows.append((metric.title, "", value))
    return rows


def diagnosis(Y, predicted, label_names):
    """A frame, one row a label: right and wrong counts, and what is odd about it.

    `problem` is "never predicted", "always predicted", "never right" or "".
    """
    right, wrong, missed, left = right_and_wrong(Y, predicted)
    n = len(Y)
    problem = np.full(len(right), "", dtype=object)
    problem[(right == 0) & (wrong > 0)] = "never right"
    problem[(right + wrong == n) & (wrong > 0)] = "always predicted"
    problem[(right + wrong == 0) & (missed > 0)] = "never predicted"
    return pd.DataFrame(
        {
            "label": list(label_names),
            "true positives": right,
            "false positives": wrong,
            "false negatives": missed,
            "true negatives": left,
            "problem": problem,
        }
    )


def _check(Y, predicted, scores):
    for what, given in (("predictions", predicted), ("scores", scores)):
        if given is not None and given.shape != Y.shape:
            raise DataError(
                f"The {what} have shape {given.shape}, the true labels {Y.shape}; they "
                "must be the same rows and labels."
            )
    if Y.size == 0:
        raise DataError("There are no rows to evaluate.")
    if scores is not None and not np.isfinite(scores).all():
        raise DataError("The scores hold missing or infinite values.")
