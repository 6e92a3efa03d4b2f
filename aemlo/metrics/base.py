"""What a metric is, and the counts that several of them need."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


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
