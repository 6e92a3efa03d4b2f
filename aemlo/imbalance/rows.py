"""Measures of how many labels the rows carry."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aemlo.imbalance.base import MLDA, MLDR, OVERVIEW, measure
from aemlo.imbalance.labels import Labelled, Labels
from aemlo.wording import count, decimals


def _cardinality_in_numbers(labels: Labels) -> str:
    return f"{count(labels.matrix.nnz)} labels given / {count(labels.n)} rows"


@measure(
    "Cardinality",
    "Labels per row",
    worked=_cardinality_in_numbers,
    formula=r"\frac{1}{n} \sum_{i=1}^{n} |Y_i|",
    meaning="Labels a row carries on average.",
    source=OVERVIEW,
)
def cardinality(Y: Labelled) -> float:
    """Mean number of labels per row (Tsoumakas, Katakis, IJDWM 3(3), 2007)."""
    labels = Labels.of(Y)
    return labels.matrix.nnz / labels.n


def _density_in_numbers(labels: Labels) -> str:
    return f"cardinality {decimals(cardinality(labels))} / {count(labels.q)} labels"


@measure(
    "Density",
    "Labels per row",
    worked=_density_in_numbers,
    formula=r"\frac{1}{n q} \sum_{i=1}^{n} |Y_i|",
    meaning="Share of all labels that an average row carries; low means mostly zeros.",
    source=OVERVIEW,
    bounds=(0.0, 1.0),
)
def density(Y: Labelled) -> float:
    """Cardinality / number of labels, empty ones included."""
    return cardinality(Y) / Labels.of(Y).q


def _skew_in_numbers(labels: Labels) -> str:
    return _moments(labels, 3, "1.5", "")


@measure(
    "Skewness of labels per row",
    "Labels per row",
    worked=_skew_in_numbers,
    formula=r"\frac{m_3}{m_2^{3/2}} \quad "
    r"m_k = \frac{1}{n} \sum_{i=1}^{n} (|Y_i| - \mathrm{Card})^k",
    meaning="Above 0: a few rows carry many more labels than most (m3 / m2^1.5).",
    source=MLDA,
    bounds=(-math.inf, math.inf),
)
def cardinality_skew(Y: Labelled) -> float:
    """Skewness m3 / m2^1.5 of the labels per row; NaN if all rows have equally many."""
    return _moment(Labels.of(Y).sizes, 3)


def _kurtosis_in_numbers(labels: Labels) -> str:
    return _moments(labels, 4, "2", " - 3")


@measure(
    "Excess kurtosis of labels per row",
    "Labels per row",
    worked=_kurtosis_in_numbers,
    formula=r"\frac{m_4}{m_2^2} - 3 \quad "
    r"m_k = \frac{1}{n} \sum_{i=1}^{n} (|Y_i| - \mathrm{Card})^k",
    meaning="Above 0: more rows far from the mean than a normal law has "
    "(m4 / m2^2 - 3).",
    source=MLDA,
    bounds=(-2.0, math.inf),
)
def cardinality_kurtosis(Y: Labelled) -> float:
    """Excess kurtosis m4 / m2^2 - 3 of the labels per row (0 for a normal law)."""
    return _moment(Labels.of(Y).sizes, 4) - 3


def _unlabelled_in_numbers(labels: Labels) -> str:
    return f"{count((labels.sizes == 0).sum())} of {count(labels.n)} rows"


@measure(
    "Rows without labels",
    "Labels per row",
    worked=_unlabelled_in_numbers,
    formula=r"\frac{1}{n} \left|\{ i : Y_i = \emptyset \}\right|",
    meaning="Share of rows that teach every label only what it is not.",
    source=MLDR,
    bounds=(0.0, 1.0),
)
def unlabelled_rows(Y: Labelled) -> float:
    """Share of rows without a label."""
    return float((Labels.of(Y).sizes == 0).mean())


def _moments(labels: Labels, order: int, power: str, rest: str) -> str:
    sizes = labels.sizes
    away = sizes - sizes.mean()
    if not away.any():
        return f"every row has {sizes[0]} labels, so the moments are 0"
    upper, lower = decimals((away**order).mean()), decimals((away**2).mean())
    about = f"moments {order} and 2 about {decimals(sizes.mean())} labels"
    return f"{upper} / {lower}^{power}{rest} ({about})"


def _moment(values: NDArray[np.integer[Any]], order: int) -> float:
    """The standardised central moment; NaN where all values are equal."""
    away = values - values.mean()
    spread = (away**2).mean()
    return float((away**order).mean() / spread ** (order / 2)) if spread else np.nan
