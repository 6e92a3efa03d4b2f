"""Distances between rows, and nearest rows within a pool, found by scikit-learn."""

import numpy as np
from scipy import sparse
from sklearn import config_context
from sklearn.neighbors import NearestNeighbors

WIDE = 2_048  # cells of a row that NumPy works through without pausing
CELLS_AT_ONCE = 3e8  # multiplications between two calls of the progress hook
# The base class has looked at X; scikit-learn need not again for every bag.
ALREADY_CHECKED = {"assume_finite": True, "skip_parameter_validation": True}


def stretches(X, groups=()):
    """Factors (d,) after which Euclidean distance treats all columns alike.

    A numeric or two-valued column counts by its range over these rows; two different
    categories of a one-hot group are one apart, as the two ends of such a range are.
    """
    low, high = column_range(X)
    return stretches_of(high - low, groups)


def column_range(X):
    """Least and greatest value of each column of X, NumPy or CSR: (d,), (d,)."""
    if sparse.issparse(X):
        by_column = X.tocsc()
        low, high = by_column.min(axis=0), by_column.max(axis=0)
        return low.toarray().ravel(), high.toarray().ravel()
    return _over_rows(np.minimum, X), _over_rows(np.maximum, X)


def _over_rows(what, X):
    """`what.reduce(X, axis=0)`; several rows side by side make it twice as fast."""
    n, d = X.shape
    beside = min(n, WIDE // d) if d else 1
    if beside < 2 or not X.flags.c_contiguous:
        return what.reduce(X, axis=0)
    whole = n // beside * beside
    wide = what.reduce(X[:whole].reshape(-1, beside * d), axis=0)
    return what.reduce(np.vstack([wide.reshape(beside, d), X[whole:]]), axis=0)


def stretches_of(span, groups=()):
    """`stretches` of columns whose ranges are `span` (d,), in its dtype."""
    stretch = np.divide(1.0, span, out=np.ones(len(span)), where=span > 0)
    for group in groups:
        stretch[group] *= np.sqrt(0.5)
    return stretch.astype(span.dtype)


def distance_space(X, groups=(), stretch=None):
    """X (n, d) times its `stretches`: X itself where all are 1, CSR where X is."""
    stretch = stretches(X, groups) if stretch is None else stretch
    if (stretch == 1.0).all():
        return X
    if sparse.issparse(X):
        return sparse.csr_matrix(X.multiply(stretch[None, :]), dtype=X.dtype)
    return X * stretch


def nearest(space, pool, k, rows=None, on_look=None, distances=False):
    """The k nearest rows of `pool` to each of `rows`, never the row itself.

    `space` (n, d) from `distance_space`, `pool` row numbers, `rows` some of the pool
    (None: all of it). Row numbers (m, min(k, len(pool) - 1)), nearest first; with
    `distances`, those too. `on_look()` is called between blocks of rows. Duplicates
    are neighbours like any other; equal distances are ordered as scikit-learn does.
    """
    pool = np.asarray(pool)
    rows = pool if rows is None else np.asarray(rows)
    k = min(k, len(pool) - 1)
    found, lengths = np.empty((len(rows), max(k, 0)), dtype=int), []
    if k < 1:
        return (found, found.astype(float)) if distances else found
    among = space if len(pool) == space.shape[0] else space[pool]
    block = max(64, int(CELLS_AT_ONCE / (len(pool) * max(1, space.shape[1]))))
    with config_context(**ALREADY_CHECKED):
        search = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(among)
        if rows is pool and len(pool) <= block:
            length, place = search.kneighbors(n_neighbors=k)
            return (pool[place], length) if distances else pool[place]
    for start in range(0, len(rows), block):
        if on_look:
            on_look()
        asked = rows[start : start + block]
        with config_context(**ALREADY_CHECKED):
            length, place = search.kneighbors(space[asked])
        keep = _all_but_itself(pool[place], asked)
        found[start : start + block] = pool[place][keep].reshape(-1, k)
        lengths.append(length[keep].reshape(-1, k))
    return (found, np.vstack(lengths)) if distances else found


def _all_but_itself(found, asked):
    """Mask of `found` (m, k + 1) that leaves one out per row: itself, or the last."""
    itself = found == asked[:, None]
    itself[~itself.any(axis=1), -1] = True
    return ~itself
