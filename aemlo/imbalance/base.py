"""What a measure of a data set's labels is, and how one is registered.

A measure carries its own words: its formula, what it tells, where it comes from, and
its formula with a data set's own numbers in place.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal, TypeVar

from aemlo.arrays import Names
from aemlo.imbalance.labels import Labels

OVERVIEW = "Tsoumakas, Katakis, Int. J. Data Warehousing and Mining 3(3), 2007"
CHARTE_2015 = "Charte et al., Neurocomputing 163, 2015"
CONCURRENCE = "Charte et al., HAIS 2014 (LNCS 8480)"
COMPLEXITY = "Charte et al., HAIS 2016 (LNCS 9648)"
MLDA = "Moyano, Gibaja, Ventura, Knowledge-Based Systems 121, 2017 (MLDA)"
MLDR = "Charte, Charte, The R Journal 7(2), 2015 (mldr)"
REVIEW = "Zhang, Zhou, IEEE TKDE 26(8), 2014"
DEPENDENCE = "Tenenboim-Chaimovich, Rokach, Shapira, MLD workshop, 2010"

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Measure:
    """One number about a set of labels.

    `function` takes a Labels and, by these names, what it needs of `empty` (the
    convention for labels without positives) and `features` (their number). `worked`
    takes the same and `names`, those of the labels; it returns the formula with this
    set's numbers in place. `formula` is LaTeX. `form` says how the value is written:
    "count", "ratio" or "decimals". `bounds` are the least and the greatest value there
    can be where labels without positives are left out. `doubled` says what becomes of
    the value when every row is written twice.
    """

    key: str
    title: str
    group: str
    function: Callable[..., float]
    worked: Callable[..., str]
    formula: str
    meaning: str
    source: str
    form: Literal["count", "ratio", "decimals"] = "decimals"
    bounds: tuple[float, float] = (0.0, math.inf)
    doubled: Literal["same", "double", "half", "zero", "falls", "grows"] = "same"

    @property
    def needs_features(self) -> bool:
        """Whether the value depends on the number of features."""
        return "features" in inspect.signature(self.function).parameters

    def value(self, labels: Labels, empty: str, features: int | None) -> float:
        """The measure of `labels`; NaN if it needs `features` and there are none."""
        if self.needs_features and not features:
            return math.nan
        return _call(self.function, labels, {"empty": empty, "features": features})

    def in_numbers(
        self, labels: Labels, empty: str, features: int | None, names: Names
    ) -> str:
        """The right-hand side of the formula, in words and this set's numbers."""
        if self.needs_features and not features:
            return "needs the number of features"
        given = {"empty": empty, "features": features, "names": names}
        return _call(self.worked, labels, given)


def _call(
    function: Callable[..., Any], labels: Labels, given: Mapping[str, Any]
) -> Any:
    """`function(labels, ...)` with those of the `given` that it has arguments for."""
    wanted = inspect.signature(function).parameters
    return function(
        labels, **{name: value for name, value in given.items() if name in wanted}
    )


_registered: list[Measure] = []


def measure(
    title: str,
    group: str,
    *,
    worked: Callable[..., str],
    formula: str,
    meaning: str,
    source: str,
    form: Literal["count", "ratio", "decimals"] = "decimals",
    bounds: tuple[float, float] = (0.0, math.inf),
    doubled: Literal["same", "double", "half", "zero", "falls", "grows"] = "same",
    key: str = "",
) -> Callable[[Function], Function]:
    """Register the function below as a measure; see Measure for what is said of it.

    `key` names the measure in frames, the function's name where none is given.
    """

    def register(function: Function) -> Function:
        name = key or str(getattr(function, "__name__", title))
        if any(known.key == name for known in _registered):
            raise ValueError(f"There is a measure {name!r} already.")
        _registered.append(
            Measure(
                key=name,
                title=title,
                group=group,
                function=function,
                worked=worked,
                formula=formula,
                meaning=meaning,
                source=source,
                form=form,
                bounds=bounds,
                doubled=doubled,
            )
        )
        return function

    return register


def measures_of(*modules: ModuleType) -> dict[str, Measure]:
    """Measures by key, module by module, in the order of their definition."""
    return {
        entry.key: entry
        for module in modules
        for entry in _registered
        if entry.function.__module__ == module.__name__
    }
