"""The stretch of each column after which Euclidean distance treats all alike."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from aemlo.arrays import Features, Matrix, Rows

WIDE = 2_048  # cells of a row that NumPy works through without pausing


def stretches(X: Features, groups: Sequence[Rows] = ()) -> Matrix:
    """Factors (d,) after which Euclidean distance treats all columns alike.

    A numeric or two-valued column counts by its range over these rows; two different
    categories of a one-hot group are one apart, as the two ends of such a range are.
    """
    low, high = column_range(X)
    return stretches_of(high - low, groups)


def column_range(X: Features) -> tuple[Matrix, Matrix]:
    """Least and greatest value of each column of X, NumPy or CSR: (d,), (d,)."""
    if isinstance(X, np.ndarray):
        return _over_rows(np.minimum, X), _over_rows(np.maximum, X)
    by_column = X.tocsc()
    low, high = by_column.min(axis=0), by_column.max(axis=0)
    return low.toarray().ravel(), high.toarray().ravel()


def _over_rows(what: np.ufunc, X: Matrix) -> Matrix:
    """`what.reduce(X, axis=0)`; several rows side by side make it twice as fast."""
    n, d = X.shape
    beside = min(n, WIDE // d) if d else 1
    if beside < 2 or not X.flags.c_contiguous:
        return what.reduce(X, axis=0)
    whole = n // beside * beside
    wide = what.reduce(X[:whole].reshape(-1, beside * d), axis=0)
    return what.reduce(np.vstack([wide.reshape(beside, d), X[whole:]]), axis=0)


def stretches_of(span: Matrix, groups: Sequence[Rows] = ()) -> Matrix:
    """`stretches` of columns whose ranges are `span` (d,), in its dtype."""
    stretch = np.divide(1.0, span, out=np.ones(len(span)), where=span > 0)
    for group in groups:
        stretch[group] *= np.sqrt(0.5)
    return stretch.astype(span.dtype)


def distance_space(
    X: Features, groups: Sequence[Rows] = (), stretch: Matrix | None = None
) -> Features:
    """X (n, d) times its `stretches`: X itself where all are 1, CSR where X is."""
    stretch = stretches(X, groups) if stretch is None else stretch
    if (stretch == 1.0).all():
        return X
    if isinstance(X, np.ndarray):
        return X * stretch
    return sparse.csr_matrix(X.multiply(stretch[None, :]), dtype=X.dtype)
