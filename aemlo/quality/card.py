"""The quality card of resampled rows: copies, distances, ranges, labels. Ours.

Functions take what a sampler returned, X (n, d) on one scale (each column in [0, 1],
say; NumPy or CSR), Y (n, q) and its `provenance_`. A row with an `origin` is real, one
without is synthetic. Each figure of synthetic rows comes with that of real rows among
themselves, which is what good looks like.
"""

import numpy as np
import pandas as pd
from scipy import sparse

from aemlo.neighbours.search import neighbours
from aemlo.progress import no_progress
from aemlo.quality import CLOSE, FAR, label_agreement

K = 5  # real neighbours asked about labels
MOST_REAL = 5_000  # real rows that say how near real rows are to each other


def per_row(X, Y, provenance, on_progress=no_progress):
    """A row for each synthetic row, with its position in X as index.

    Columns: `label` (made for, -1 if none), `nearest` (position in X of the nearest
    real row), `distance` to it, `is_copy` (distance 0), `outside` (features out of the
    real rows' range), `agreement` (mean Jaccard similarity of its labels with those of
    the 5 nearest real rows), `labels` (how many it has), `repeated` (equal, features
    and labels, to an earlier synthetic row).
    """
    origin = provenance["origin"].to_numpy()
    real, made = np.flatnonzero(origin >= 0), np.flatnonzero(origin < 0)
    X_real, X_made, Y = X[real], X[made], np.asarray(Y)
    if not len(made):
        nearest, distance, agreement = np.zeros(0, int), np.zeros(0), np.zeros(0)
    else:
        on_progress(0.0)
        place, far = neighbours(X_real, 1, others=X_made)
        nearest, distance = real[place[:, 0]], far[:, 0]
        on_progress(0.6)
        agreement = label_agreement(X_real, Y[real], X_made, Y[made], K)
    on_progress(1.0)
    return pd.DataFrame(
        {
            "label": provenance["label"].to_numpy()[made],
            "nearest": nearest,
            "distance": distance,
            "is_copy": distance == 0,
            "outside": _outside(X_real, X_made),
            "agreement": agreement,
            "labels": Y[made].sum(axis=1, dtype=int),
            "repeated": _repeated(X_made, Y[made]),
        },
        index=made,
    )


def card(X, Y, provenance, rows=None, rng=None):
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
    X_real, Y_real = X[real], np.asarray(Y)[real]
    among = _among(X_real)
    low, high = np.quantile(among, [CLOSE, FAR]) if len(among) else (np.nan, np.nan)
    agreement = label_agreement(X_real, Y_real, k=K) if len(real) > 1 else [np.nan]
    made = rows["distance"]
    return pd.DataFrame(
        [
            ("synthetic rows", len(rows), np.nan, "How many rows were made"),
            (
                "copies of a real row",
                _mean(rows["is_copy"]),
                _mean(among == 0),
                "Share with the features of a real row: they add weight, not variety",
            ),
            (
                "repeated synthetic rows",
                _mean(rows["repeated"]),
                _mean(_repeated(X_real, Y_real)),
                "Share equal to an earlier one in features and labels",
            ),
            (
                "distance to the nearest real row",
                made.median() if len(rows) else np.nan,
                np.median(among) if len(among) else np.nan,
                "Median; near 0 is copying, far above the real rows' is invention",
            ),
            (
                "nearer than real rows are",
                _mean((made < low) | (made == 0)),
                _mean((among < low) | (among == 0)),
                f"Share nearer than {100 * CLOSE:.0f} % of the real rows, or equal",
            ),
            (
                "farther than real rows are",
                _mean(made > high),
                _mean(among > high),
                f"Share farther than {100 * FAR:.0f} % of the real rows",
            ),
            (
                "out of range",
                _mean(rows["outside"] > 0),
                0.0,
                "Share with a feature that no real row reaches",
            ),
            (
                "label agreement",
                _mean(rows["agreement"]),
                _mean(agreement),
                "Mean Jaccard similarity with the labels of the 5 nearest real rows",
            ),
            (
                "labels per row",
                _mean(rows["labels"]),
                float(Y_real.sum(axis=1, dtype=int).mean()),
                "Cardinality; far from the real rows' misleads every classifier",
            ),
            (
                "without a label",
                _mean(rows["labels"] == 0),
                _mean(~Y_real.any(axis=1)),
                "Share of rows that teach only what is absent",
            ),
        ],
        columns=["measure", "synthetic", "real", "meaning"],
    )


def rejected(rows, *, copies=False, repeated=False, unlabelled=False, outside=False,
             farthest=None, agreement=None, labels=()):  # fmt: skip
    """Which of `rows` (as `per_row` gives them) the rules turn away, a mask (m,).

    `copies`, `repeated`, `unlabelled`, `outside`: rows that are so. `farthest`: rows
    farther than this from the nearest real row. `agreement`: rows that agree less.
    `labels`: rows made for one of these.
    """
    out = rows["label"].isin(list(labels)).to_numpy().copy()
    if copies:
        out |= rows["is_copy"]
    if repeated:
        out |= rows["repeated"]
    if unlabelled:
        out |= rows["labels"] == 0
    if outside:
        out |= rows["outside"] > 0
    if farthest is not None:
        out |= rows["distance"] > farthest
    if agreement is not None:
        out |= rows["agreement"] < agreement
    return np.asarray(out, dtype=bool)


def _among(X):
    if X.shape[0] < 2:
        return np.zeros(0)
    return neighbours(X, 1)[1][:, 0]


def _outside(real, made):
    """Features of each row of `made` (m,) beyond the range of `real`."""
    if not made.shape[0]:
        return np.zeros(0, dtype=int)
    if not sparse.issparse(real):
        low, high = real.min(axis=0) - 1e-9, real.max(axis=0) + 1e-9
        return ((made < low) | (made > high)).sum(axis=1)
    low = real.min(axis=0).toarray().ravel() - 1e-9
    high = real.max(axis=0).toarray().ravel() + 1e-9
    beyond = (made.data < low[made.indices]) | (made.data > high[made.indices])
    of_row = np.repeat(np.arange(made.shape[0]), np.diff(made.indptr))
    found = np.bincount(of_row[beyond], minlength=made.shape[0])
    # A value not stored is 0, out of range where no real row comes down (or up) to 0.
    never_zero = np.flatnonzero((low > 0) | (high < 0))
    return found + (made[:, never_zero].toarray() == 0).sum(axis=1)


def _repeated(X, Y):
    keys = []
    for i in range(X.shape[0]):
        row = X[[i]]
        if sparse.issparse(row):
            row.sum_duplicates()
            row.eliminate_zeros()
            keys.append((row.indices.tobytes(), row.data.tobytes(), Y[i].tobytes()))
        else:
            keys.append((row.tobytes(), Y[i].tobytes()))
    return pd.Series(keys, dtype=object).duplicated().to_numpy()


def _mean(values):
    return float(np.mean(values)) if len(values) else np.nan
