"""All metrics of predictions at once, and what to know about them."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from aemlo.errors import DataError
from aemlo.metrics import counts, overall, per_label
from aemlo.metrics.base import Metric, metrics_of, right_and_wrong
from aemlo.metrics.rare import RARE_METRICS
from aemlo.registry import find

METRICS = metrics_of(overall, per_label, counts)
"""All metrics by title: of the whole set, of each label, and mere counts."""

ALL_METRICS: dict[str, Metric] = METRICS | RARE_METRICS
"""With those of the rare labels, which need to know the whole data set's labels."""


def evaluate(
    Y: ArrayLike,
    predicted: ArrayLike,
    scores: ArrayLike | None = None,
    metrics: Iterable[str] | None = None,
    label_names: Iterable[str] | None = None,
) -> list[tuple[str, str, float]]:
    """Rows (metric, label, value) of `metrics` (titles; None for all of METRICS).

    Y, `predicted` and `scores` are (n, q); without scores, metrics that need them are
    left out. `label` is "" for a metric of the whole set, else the label's name (its
    number as text where no names are given); value is NaN where a label has none. How
    many labels the macro means leave out is the metric "labels with one class". Raises
    DataError when shapes differ or scores are not finite, ParameterError for a title
    that METRICS lacks.
    """
    truth, given = np.asarray(Y), np.asarray(predicted)
    ranks = None if scores is None else np.asarray(scores, dtype=float)
    _check(truth, given, ranks)
    titles = METRICS if metrics is None else metrics
    names = label_names if label_names is not None else map(str, range(truth.shape[1]))
    names = list(names)
    rows: list[tuple[str, str, float]] = []
    for metric in [find(METRICS, title, "metric") for title in titles]:
        if metric.needs == "scores" and ranks is None:
            continue
        value = metric(truth, ranks if metric.needs == "scores" else given)
        if metric.per_label:
            values = zip(names, value.tolist(), strict=True)
            rows += [(metric.title, name, number) for name, number in values]
        else:
            rows.append((metric.title, "", value))
    return rows


def diagnosis(
    Y: ArrayLike, predicted: ArrayLike, label_names: Iterable[str]
) -> pd.DataFrame:
    """A frame, one row a label: right and wrong counts, and what is odd about it.

    `problem` is "never predicted", "always predicted", "never right" or "".
    """
    right, wrong, missed, left = right_and_wrong(Y, predicted)
    n = len(np.asarray(Y))
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


def _check(
    Y: NDArray[Any], predicted: NDArray[Any], scores: NDArray[Any] | None
) -> None:
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
