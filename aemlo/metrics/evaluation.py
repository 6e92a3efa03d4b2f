"""All metrics of predictions at once, and what to know about them."""

import numpy as np
import pandas as pd

from aemlo.errors import DataError
from aemlo.metrics.base import Metric, right_and_wrong
from aemlo.metrics.overall import (
    coverage,
    example_f1,
    hamming_loss,
    label_ranking_average_precision,
    labels_always_predicted,
    labels_never_predicted,
    labels_never_right,
    labels_with_one_class,
    macro_auc,
    macro_average_precision,
    macro_balanced_accuracy,
    macro_f1,
    macro_g_mean,
    micro_average_precision,
    micro_f1,
    one_error,
    ranking_loss,
    subset_accuracy,
)
from aemlo.metrics.per_label import (
    auc,
    average_precision,
    balanced_accuracy,
    f1,
    g_mean,
    precision,
    predicted_positives,
    recall,
    support,
)
from aemlo.registry import find

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
