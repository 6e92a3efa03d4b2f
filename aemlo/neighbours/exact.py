"""Distances between rows, a block at a time, and the nearest rows they give."""

import numpy as np
from scipy import sparse

from aemlo.errors import DataError
from aemlo.progress import no_progress

METRICS = ("euclidean", "cosine", "jaccard")

# Entries of one block of distances: a million doubles are 8 MB, which a cache holds.
BLOCK = 1_000_000


class Distances:
    """Distances from rows of `others` (m, d) to all rows of `codes` (n, d).

    `metric` is "euclidean", "cosine" (1 - cosine; a row of zeros is at 1 from all but
    itself) or "jaccard" (of rows of 0 and 1; two empty rows are at 0). NumPy or CSR.
    `block(rows)` gives the (len(rows), n) distances of some rows of `others`.
    """

    def __init__(self, codes, metric="euclidean", others=None):
        if metric not in METRICS:
            raise DataError(f"metric must be one of {METRICS}, got {metric!r}.")
        self.metric = metric
        self._codes = _as_float(codes, metric)
        self._others = self._codes if others is None else _as_float(others, metric)
        self._size = _sums(self._codes, squared=metric != "jaccard")
        self._other_size = _sums(self._others, squared=metric != "jaccard")

    @property
    def shape(self):
        """(rows measured from, rows measured to)."""
        return self._others.shape[0], self._codes.shape[0]

    def block(self, rows):
        """Distances (len(rows), n) of the rows `rows` (a slice or positions)."""
        product = self._others[rows] @ self._codes.T
        product = product.toarray() if sparse.issparse(product) else product
        size = self._other_size[rows][:, None]
        if self.metric == "jaccard":
            union = size + self._size - product
            return 1.0 - np.divide(
                product, union, out=np.ones_like(product), where=union > 0
            )
        squared = np.multiply(product, -2.0, out=product)
        squared += size
        squared += self._size
        # The Gram form leaves rounding noise where rows are equal: that noise is 0.
        noise = 1e-13 * (size + self._size.max(initial=0.0))
        squared *= squared > noise
        return squared / 2.0 if self.metric == "cosine" else np.sqrt(squared, squared)

    def blocks(self, on_progress=no_progress):
        """Slices of rows with their distances, in order, saying how far it is."""
        m, n = self.shape
        step = max(1, BLOCK // max(n, 1))
        for start in range(0, m, step):
            rows = slice(start, min(start + step, m))
            yield rows, self.block(rows)
            on_progress(rows.stop / m)


def neighbours(codes, k, metric="euclidean", others=None, on_progress=None):
    """The k nearest rows: positions (m, k) and distances (m, k), nearest first.

    With `others` None the rows are neighbours of each other, and a row is never its
    own; else the nearest rows of `codes` (n, d) to each of `others` (m, d). Ties go to
    the lower position. Raises DataError if there are not k rows to choose from.
    """
    distances = Distances(codes, metric, others)
    m, n = distances.shape
    own = others is None
    if not 1 <= k <= n - own:
        raise DataError(f"{k} neighbours asked for, but there are {n - own} rows.")
    nearest, far = np.empty((m, k), dtype=int), np.empty((m, k))
    for rows, block in distances.blocks(on_progress or no_progress):
        if own:
            block[np.arange(len(block)), np.arange(rows.start, rows.stop)] = np.inf
        nearest[rows], far[rows] = _smallest(block, k)
    return nearest, far


def _smallest(block, k):
    n = block.shape[1]
    if k < n:
        order = np.argpartition(block, (k - 1, k), axis=1)[:, : k + 1]
        cut = np.ascontiguousarray(order[:, :k])
        last, next_one = np.take_along_axis(block, order[:, k - 1 :], axis=1).T
        _settle_ties(block, cut, np.flatnonzero(last == next_one))
    else:
        cut = np.tile(np.arange(n), (len(block), 1))
    cut.sort(axis=1)
    values = np.take_along_axis(block, cut, axis=1)
    order = np.argsort(values, axis=1, kind="stable")
    return (
        np.take_along_axis(cut, order, axis=1),
        np.take_along_axis(values, order, axis=1),
    )


def _settle_ties(block, cut, tied):
    """Where rows tie with the k-th, keep those of lowest position (`cut` in place)."""
    for i in tied:
        worst = block[i, cut[i]].max()
        inside = np.flatnonzero(block[i] < worst)
        ties = np.flatnonzero(block[i] == worst)[: cut.shape[1] - len(inside)]
        cut[i] = np.concatenate([inside, ties])


def _as_float(codes, metric):
    if sparse.issparse(codes):
        codes = sparse.csr_matrix(codes, dtype=float)
    else:
        codes = np.asarray(codes, dtype=float)
    if metric != "cosine":
        return codes
    length = np.sqrt(_sums(codes, squared=True))
    scale = 1.0 / np.where(length > 0, length, 1.0)
    if sparse.issparse(codes):
        return sparse.csr_matrix(codes.multiply(scale[:, None]))
    return codes * scale[:, None]


def _sums(codes, squared):
    if sparse.issparse(codes):
        part = codes.multiply(codes) if squared else codes
        return np.asarray(part.sum(axis=1)).ravel()
    return np.einsum("ij,ij->i", codes, codes) if squared else codes.sum(axis=1)
