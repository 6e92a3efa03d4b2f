"""All metrics of predictions at once, and what to know about them."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

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
    DataError when shapes differ, when Y or `predicted` hold anything but 0 and 1, or
    when scores are not finite; ParameterError for a title that METRICS lacks.
    """
    truth = _zeros_and_ones(Y, "true labels")
    given = _labels_like(truth, predicted)
    ranks = None if scores is None else _scores_like(truth, scores)
    titles = METRICS if metrics is None else metrics
    titles = [titles] if isinstance(titles, str) else titles
    names = label_names if label_names is not None else map(str, range(truth.shape[1]))
    names = list(names)
    if len(names) != truth.shape[1]:
        raise DataError(
            f"There are {truth.shape[1]} labels and {len(names)} names; each label "
            "needs one."
        )
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

    `problem` is "never predicted", "always predicted", "never right" or "". Raises
    DataError as `evaluate` does.
    """
    truth = _zeros_and_ones(Y, "true labels")
    given = _labels_like(truth, predicted)
    right, wrong, missed, left = right_and_wrong(truth, given)
    n = len(truth)
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


def _matrix(given: Any, what: str) -> NDArray[Any]:
    """`given`, dense or sparse, as a numeric array (n, q) that is not empty."""
    array = given.toarray() if sparse.issparse(given) else np.asarray(given)
    if array.dtype.kind not in "fiub":
        raise DataError(f"The {what} must be numbers, got {array.dtype}.")
    if array.ndim != 2:
        raise DataError(
            f"The {what} must have two dimensions, rows and labels, got {array.ndim}. "
            "One label is a column: Y[:, None]."
        )
    if array.size == 0:
        nothing = "rows" if not len(array) else "labels"
        raise DataError(f"There are no {nothing} to evaluate.")
    return array


def _zeros_and_ones(given: Any, what: str) -> NDArray[Any]:
    array = _matrix(given, what)
    other = array[~((array == 0) | (array == 1))]
    if len(other):
        way_out = (
            " Probabilities are given as scores; labels are scores cut at a threshold."
            if what == "predictions" and ((other > 0) & (other < 1)).all()
            else ""
        )
        raise DataError(
            f"The {what} must hold only 0 and 1, got {float(other[0]):g}.{way_out}"
        )
    return array


def _labels_like(Y: NDArray[Any], predicted: Any) -> NDArray[Any]:
    return _of_shape(_zeros_and_ones(predicted, "predictions"), Y, "predictions")


def _scores_like(Y: NDArray[Any], scores: Any) -> NDArray[Any]:
    array = _of_shape(_matrix(scores, "scores"), Y, "scores").astype(float)
    if not np.isfinite(array).all():
        raise DataError("The scores hold missing or infinite values.")
    return array


def _of_shape(array: NDArray[Any], Y: NDArray[Any], what: str) -> NDArray[Any]:
    if array.shape != Y.shape:
        raise DataError(
            f"The {what} have shape {array.shape}, the true labels {Y.shape}; they "
            "must be the same rows and labels."
        )
    return array
