"""The quality card of resampled rows: copies, distances, ranges, labels. Ours.

Functions take what a sampler returned, X (n, d) on one scale (each column in [0, 1],
say; NumPy or CSR), Y (n, q) and its `provenance_`. A row with an `origin` is real, one
without is synthetic. Each figure of synthetic rows comes with that of real rows among
themselves, which is what good looks like.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from aemlo.arrays import Features, LabelMatrix, Mask, Matrix, Rows
from aemlo.neighbours.search import neighbours
from aemlo.neighbours.stretch import column_range
from aemlo.progress import no_progress
from aemlo.quality.figures import CLOSE, FAR, label_agreement

K = 5  # real neighbours asked about labels
MOST_REAL = 5_000  # real rows that say how near real rows are to each other
NOISE = 1e-9  # how far over the border of a range still counts as in it


def per_row(
    X: Features,
    Y: LabelMatrix,
    provenance: pd.DataFrame,
    on_progress: Callable[..., object] = no_progress,
) -> pd.DataFrame:
    """A row for each synthetic row, with its position in X as index.

    Columns: `label` (made for, -1 if none), `nearest` (position in X of the nearest
    real row), `distance` to it, `is_copy` (distance 0), `outside` (features out of the
    real rows' range), `agreement` (mean Jaccard similarity of its labels with those of
    the 5 nearest real rows), `labels` (how many it has), `repeated` (equal, features
    and labels, to an earlier synthetic row).
    """
    origin = provenance["origin"].to_numpy()
    real, synthetic = np.flatnonzero(origin >= 0), np.flatnonzero(origin < 0)
    X_real, X_new, Y = X[real], X[synthetic], np.asarray(Y)
    nearest, distance, agreement = np.zeros(0, int), np.zeros(0), np.zeros(0)
    if len(synthetic):
        on_progress(0.0)
        place, far = neighbours(X_real, 1, others=X_new)
        nearest, distance = real[place[:, 0]], far[:, 0]
        on_progress(0.6)
        agreement = label_agreement(X_real, Y[real], X_new, Y[synthetic], K)
    on_progress(1.0)
    return pd.DataFrame(
        {
            "label": provenance["label"].to_numpy()[synthetic],
            "nearest": nearest,
            "distance": distance,
            "is_copy": distance == 0,
            "outside": _outside(X_real, X_new),
            "agreement": agreement,
            "labels": Y[synthetic].sum(axis=1, dtype=int),
            "repeated": _repeated(X_new, Y[synthetic]),
        },
        index=synthetic,
    )


class _Sides:
    """The synthetic rows, a frame of `per_row`, beside real rows X (n, d), Y (n, q).

    `among` (n,) are the distances of real rows to the nearest other one, `low` and
    `high` those that few of them fall below and rise above.
    """

    def __init__(self, rows: pd.DataFrame, X: Features, Y: LabelMatrix) -> None:
        self.rows, self.X, self.Y = rows, X, Y
        self.among, self.agreement = np.zeros(0), np.zeros(0)
        self.low, self.high = np.nan, np.nan
        if X.shape[0] > 1:
            self.among = neighbours(X, 1)[1][:, 0]
            self.low, self.high = np.quantile(self.among, [CLOSE, FAR])
            self.agreement = label_agreement(X, Y, k=K)


class _Line(NamedTuple):
    """A line of the card; `function` gives its (synthetic, real) figures."""

    measure: str
    meaning: str
    function: Callable[[_Sides], tuple[float, float]]


_LINES: list[_Line] = []


def _line(measure: str, meaning: str) -> Callable[..., object]:
    """Make the function below a line of the card, after those above it."""
    return lambda function: _LINES.append(_Line(measure, meaning, function))


def card(
    X: Features,
    Y: LabelMatrix,
    provenance: pd.DataFrame,
    rows: pd.DataFrame | None = None,
    rng: np.random.Generator | None = None,
) -> pd.DataFrame:
    """The quality card: a frame with a row per measure.

    Columns: `measure`, `synthetic`, `real` (the same of real rows among themselves, NaN
    where that says nothing) and `meaning`. `rows` is the frame of `per_row`, if there.
    `rng` draws the real rows compared where there are more than 5,000.
    """
    rows = per_row(X, Y, provenance) if rows is None else rows
    rng = rng or np.random.default_rng(0)
    real = np.flatnonzero(provenance["origin"].to_numpy() >= 0)
    if len(real) > MOST_REAL:
        real = np.sort(rng.choice(real, MOST_REAL, replace=False))
    sides = _Sides(rows, X[real], np.asarray(Y)[real])
    return pd.DataFrame(
        [(line.measure, *line.function(sides), line.meaning) for line in _LINES],
        columns=["measure", "synthetic", "real", "meaning"],
    )


@_line("synthetic rows", "How many rows were made")
def _count(sides: _Sides) -> tuple[float, float]:
    return len(sides.rows), np.nan


@_line(
    "copies of a real row",
    "Share with the features of a real row: they add weight, not variety",
)
def _copies(sides: _Sides) -> tuple[float, float]:
    return _mean(sides.rows["is_copy"]), _mean(sides.among == 0)


@_line(
    "repeated synthetic rows", "Share equal to an earlier one in features and labels"
)
def _repeats(sides: _Sides) -> tuple[float, float]:
    return _mean(sides.rows["repeated"]), _mean(_repeated(sides.X, sides.Y))


@_line(
    "distance to the nearest real row",
    "Median; near 0 is copying, far above the real rows' is invention",
)
def _distance(sides: _Sides) -> tuple[float, float]:
    return _median(sides.rows["distance"]), _median(sides.among)


@_line(
    "nearer than real rows are",
    f"Share nearer than {100 * CLOSE:.0f} % of the real rows, or equal",
)
def _nearer(sides: _Sides) -> tuple[float, float]:
    distance, among = sides.rows["distance"], sides.among
    return (
        _mean((distance < sides.low) | (distance == 0)),
        _mean((among < sides.low) | (among == 0)),
    )


@_line(
    "farther than real rows are",
    f"Share farther than {100 * FAR:.0f} % of the real rows",
)
def _farther(sides: _Sides) -> tuple[float, float]:
    return _mean(sides.rows["distance"] > sides.high), _mean(sides.among > sides.high)


@_line("out of range", "Share with a feature that no real row reaches")
def _out_of_range(sides: _Sides) -> tuple[float, float]:
    return _mean(sides.rows["outside"] > 0), 0.0


@_line(
    "label agreement",
    f"Mean Jaccard similarity with the labels of the {K} nearest real rows",
)
def _agreement(sides: _Sides) -> tuple[float, float]:
    return _mean(sides.rows["agreement"]), _mean(sides.agreement)


@_line(
    "labels per row", "Cardinality; far from the real rows' misleads every classifier"
)
def _cardinality(sides: _Sides) -> tuple[float, float]:
    return _mean(sides.rows["labels"]), float(sides.Y.sum(axis=1, dtype=int).mean())


@_line("without a label", "Share of rows that teach only what is absent")
def _unlabelled(sides: _Sides) -> tuple[float, float]:
    return _mean(sides.rows["labels"] == 0), _mean(sides.Y.sum(axis=1) == 0)


def rejected(
    rows: pd.DataFrame,
    *,
    copies: bool = False,
    repeated: bool = False,
    unlabelled: bool = False,
    outside: bool = False,
    farthest: float | None = None,
    agreement: float | None = None,
    labels: Sequence[int] = (),
) -> Mask:
    """Which of `rows` (as `per_row` gives them) the rules turn away, a mask (m,).

    `copies`, `repeated`, `unlabelled`, `outside`: rows that are so. `farthest`: rows
    farther than this from the nearest real row. `agreement`: rows that agree less.
    `labels`: rows made for one of these.
    """
    rules = [rows["label"].isin(list(labels))]
    if copies:
        rules.append(rows["is_copy"])
    if repeated:
        rules.append(rows["repeated"])
    if unlabelled:
        rules.append(rows["labels"] == 0)
    if outside:
        rules.append(rows["outside"] > 0)
    if farthest is not None:
        rules.append(rows["distance"] > farthest)
    if agreement is not None:
        rules.append(rows["agreement"] < agreement)
    return np.any([rule.to_numpy(dtype=bool) for rule in rules], axis=0)


def _outside(real: Features, synthetic: Features) -> Rows:
    """Features of each row of `synthetic` (m,) beyond the range of `real`."""
    if not synthetic.shape[0]:
        return np.zeros(0, dtype=int)
    low, high = column_range(real)
    low, high = low - NOISE, high + NOISE
    if isinstance(synthetic, np.ndarray):
        return ((synthetic < low) | (synthetic > high)).sum(axis=1)
    values, column = synthetic.data, synthetic.indices
    beyond = (values < low[column]) | (values > high[column])
    of_row = np.repeat(np.arange(synthetic.shape[0]), np.diff(synthetic.indptr))
    stored = np.bincount(of_row[beyond], minlength=synthetic.shape[0])
    # A value not stored is 0, out of range where no real row comes down (or up) to 0.
    never_zero = np.flatnonzero((low > 0) | (high < 0))
    return stored + (synthetic[:, never_zero].toarray() == 0).sum(axis=1)


def _repeated(X: Features, Y: LabelMatrix) -> Mask:
    """Which rows are equal, features and labels, to an earlier one (n,)."""
    keys = []
    for i in range(X.shape[0]):
        row = X[[i]]
        if isinstance(row, np.ndarray):
            keys.append((row.tobytes(), Y[i].tobytes()))
        else:
            row.sum_duplicates()
            row.eliminate_zeros()
            keys.append((row.indices.tobytes(), row.data.tobytes(), Y[i].tobytes()))
    return pd.Series(keys, dtype=object).duplicated().to_numpy()


def _mean(values: Matrix | Mask | pd.Series) -> float:
    return float(np.mean(values)) if len(values) else np.nan


def _median(values: Matrix | pd.Series) -> float:
    return float(np.median(values)) if len(values) else np.nan
