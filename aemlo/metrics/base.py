"""What a metric is, how one is registered, and the counts that several of them need."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aemlo.arrays import PerLabel

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Metric:
    """A metric: title, function of (Y, predicted) or (Y, scores), and direction.

    `needs` says what the function is given beside Y: "labels", the predictions of 0 and
    1, or "scores"; both are (n, q). `greater_is_better` is None for a mere count;
    `per_label` says that the function returns one value a label. `bounds` are the least
    and the greatest value there can be, `formula` is LaTeX, `source` says who defined
    the metric, or "ours".
    """

    title: str
    function: Callable[..., Any]
    needs: Literal["labels", "scores"] = "labels"
    greater_is_better: bool | None = True
    per_label: bool = False
    bounds: tuple[float, float] = (0.0, 1.0)
    formula: str = ""
    source: str = ""

    @property
    def help(self) -> str:
        """The first sentence of the function's description, for a table of metrics."""
        return (self.function.__doc__ or "").split("\n")[0]

    @property
    def better(self) -> Literal["higher", "lower", ""]:
        """Which values are better; "" for a mere count. The word that frames hold."""
        if self.greater_is_better is None:
            return ""
        return "higher" if self.greater_is_better else "lower"

    def __call__(self, Y: ArrayLike, given: ArrayLike) -> Any:
        """The value, or one value a label, of `given` (n, q) against the truth Y."""
        return self.function(Y, given)


_registered: list[Metric] = []


def metric(
    title: str,
    *,
    needs: Literal["labels", "scores"] = "labels",
    greater_is_better: bool | None = True,
    per_label: bool = False,
    bounds: tuple[float, float] = (0.0, 1.0),
    formula: str,
    source: str,
) -> Callable[[Function], Function]:
    """Register the function below as a metric; see Metric for what is said of it."""

    def register(function: Function) -> Function:
        if any(known.title == title for known in _registered):
            raise ValueError(f"There is a metric {title!r} already.")
        _registered.append(
            Metric(
                title,
                function,
                needs,
                greater_is_better,
                per_label,
                bounds,
                formula,
                source,
            )
        )
        return function

    return register


def metrics_of(*modules: ModuleType) -> dict[str, Metric]:
    """Metrics by title, module by module, in the order of their definition."""
    return {
        entry.title: entry
        for module in modules
        for entry in _registered
        if entry.function.__module__ == module.__name__
    }


def right_and_wrong(Y: ArrayLike, predicted: ArrayLike) -> NDArray[np.integer[Any]]:
    """Per label: true positives, false positives, false and true negatives, (4, q)."""
    truth, given = np.asarray(Y, dtype=bool), np.asarray(predicted, dtype=bool)
    both = (truth & given).sum(axis=0)
    false_positives = given.sum(axis=0) - both
    false_negatives = truth.sum(axis=0) - both
    true_negatives = len(truth) - both - false_positives - false_negatives
    return np.array([both, false_positives, false_negatives, true_negatives])


def ratio(part: ArrayLike, whole: ArrayLike, empty: float = math.nan) -> PerLabel:
    """`part` / `whole`, element by element; `empty` where `whole` is 0."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    full = np.full(np.broadcast(part, whole).shape, empty, dtype=float)
    return np.divide(part, whole, out=full, where=whole > 0)


def mean_of_known(values: PerLabel) -> float:
    """Mean of the values that exist; NaN if none does."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan
