"""One label close up: its measures, its rows, the features that set it apart."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from aemlo.arrays import Features, Names, Rows
from aemlo.imbalance import labels as by_label
from aemlo.imbalance.labels import Labelled, Labels
from aemlo.wording import count, decimals, ratio, rows_in_words


def measure_label(
    Y: Labelled, label: int, names: Names, empty: str = "left out"
) -> pd.DataFrame:
    """Measures of label number `label`: `measure value form formula meaning source`."""
    labels = Labels.of(Y)
    measures = [
        _share(labels, label),
        _irlbl(labels, label, names, empty),
        _imr(labels, label, names),
        *_concurrence(labels, label),
    ]
    return pd.DataFrame(
        measures, columns=["measure", "value", "form", "formula", "meaning", "source"]
    )


Line = tuple[str, float, str, str, str, str]
"""One line of `measure_label`'s frame."""


def _share(labels: Labels, label: int) -> Line:
    have = labels.counts[label]
    return (
        "Share of rows",
        have / labels.n,
        "decimals",
        f"{count(have)} / {count(labels.n)} rows",
        "How often the label occurs.",
        "Tsoumakas, Katakis, 2007",
    )


def _irlbl(labels: Labels, label: int, names: Names, empty: str) -> Line:
    have, most = labels.counts[label], labels.counts.max()
    value = by_label.ir_per_label(labels, empty)[label]
    meaning = "No row has the label, so it has no IRLbl."
    if have:
        commonest = names[int(labels.counts.argmax())]
        meaning = (
            f"For each row with {names[label]} there are {ratio(value)} with "
            f"{commonest}."
        )
    return (
        "IRLbl",
        value,
        "ratio",
        f"{count(most)} / {count(have)}",
        meaning,
        "Charte et al., Neurocomputing 163, 2015",
    )


def _imr(labels: Labels, label: int, names: Names) -> Line:
    have = labels.counts[label]
    lack = labels.n - have
    value = by_label.imr_per_label(labels)[label]
    meaning = "All rows are alike, so there is nothing to tell apart."
    if have and lack:
        larger, smaller = "negatives", "positive"
        if lack < have:
            larger, smaller = "positives", "negative"
        meaning = (
            f"A classifier of {names[label]} alone sees {ratio(value)} {larger} for "
            f"each {smaller}."
        )
    return (
        "ImR",
        value,
        "ratio",
        f"{count(max(have, lack))} / {count(min(have, lack))}",
        meaning,
        "Moyano et al., 2017 (MLDA)",
    )


def _concurrence(labels: Labels, label: int) -> tuple[Line, Line]:
    """SCUMBLE and SCUMBLE.CV."""
    value = by_label.scumble_per_label(labels)[label]
    alone = (labels.sizes[rows_of(labels, label)] == 1).sum()
    source = "Charte et al., Neurocomputing 326, 2019"
    return (
        (
            "SCUMBLE",
            value,
            "decimals",
            f"mean over its {rows_in_words(labels.counts[label])}",
            f"Rows that carry it alone: {count(alone)}. Cloning the others also adds "
            "to their other labels.",
            source,
        ),
        (
            "SCUMBLE.CV",
            by_label.scumble_cv_per_label(labels)[label],
            "decimals",
            f"standard deviation over its rows / mean {decimals(value)}",
            "Large when a few of its rows carry most of its concurrence.",
            source,
        ),
    )


def rows_of(Y: Labelled, label: int) -> Rows:
    """Numbers of the rows that have label number `label`, ascending."""
    matrix = Labels.of(Y).matrix
    places = np.flatnonzero(matrix.indices == label)
    return np.searchsorted(matrix.indptr, places, side="right") - 1


def per_row(Y: Labelled, names: Names, rows: ArrayLike | None = None) -> pd.DataFrame:
    """Rows: `row labels SCUMBLE labelset`, for the `rows` given or all."""
    labels = Labels.of(Y)
    rows = np.arange(labels.n) if rows is None else np.asarray(rows)
    starts, indices = labels.matrix.indptr, labels.matrix.indices
    return pd.DataFrame(
        {
            "row": rows,
            "labels": labels.sizes[rows],
            "SCUMBLE": labels.scumble_rows[rows],
            "labelset": [
                " + ".join(names[j] for j in indices[starts[i] : starts[i + 1]])
                or "no label"
                for i in rows
            ],
        }
    )


class FeatureSums:
    """Sums over all rows of X (n, d), so that one label costs only its own rows.

    X is NumPy or CSR without gaps, as
    `aemlo.preparation.preparation.Preparation` gives it. Ours.
    """

    def __init__(self, X: Features) -> None:
        self.X = X
        self.mean = np.asarray(X.mean(axis=0)).ravel()
        # Dense columns are centred first: a sum of squares would cancel.
        self.shift = np.zeros(X.shape[1]) if sparse.issparse(X) else self.mean
        self.total, self.squares = self._sums(X)

    def sums_of(self, rows: Rows) -> tuple[NDArray[Any], NDArray[Any]]:
        """Sums and sums of squares of some rows of X, each (d,), less `shift`."""
        return self._sums(self.X[rows])

    def _sums(self, part: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        if sparse.issparse(part):
            squared = part.multiply(part)
            return (
                np.asarray(part.sum(axis=0)).ravel(),
                np.asarray(squared.sum(axis=0)).ravel(),
            )
        away = part - self.shift
        return away.sum(axis=0), np.einsum("ij,ij->j", away, away)


def feature_differences(
    sums: FeatureSums, Y: Labelled, label: int, names: Names
) -> pd.DataFrame:
    """Features by how far their mean differs between rows with and without a label.

    A frame `feature with without difference`, largest first; `difference` is in pooled
    standard deviations (Cohen's d, 1988), NaN where a feature never varies. Empty if
    fewer than two rows have the label or lack it.
    """
    labels = Labels.of(Y)
    rows = rows_of(labels, label)
    have, lack = len(rows), labels.n - len(rows)
    columns = ["feature", "with", "without", "difference"]
    if min(have, lack) < 2:
        return pd.DataFrame(columns=columns)
    inner, inner_squares = sums.sums_of(rows)
    outer, outer_squares = sums.total - inner, sums.squares - inner_squares
    with_, without = inner / have, outer / lack
    within = (inner_squares - have * with_**2) + (outer_squares - lack * without**2)
    spread = np.sqrt(np.maximum(within, 0) / (labels.n - 2))
    scale = np.maximum(np.abs(sums.mean), 1.0)
    difference = np.divide(
        with_ - without,
        spread,
        out=np.full(len(spread), np.nan),
        where=spread > 1e-9 * scale,
    )
    order = np.argsort(-np.nan_to_num(np.abs(difference)), kind="stable")
    table = pd.DataFrame(
        {
            "feature": np.asarray(names, dtype=object),
            "with": with_ + sums.shift,
            "without": without + sums.shift,
            "difference": difference,
        }
    )
    return table.iloc[order].reset_index(drop=True)
