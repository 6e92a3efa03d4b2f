"""Gaps in a data set, and rows that are equal: what checks and steps go by."""

from collections.abc import Hashable

import numpy as np
import pandas as pd
from scipy import sparse

from aemlo.arrays import Features, Mask, Rows
from aemlo.dataset import Dataset

BLOCK = 1_000


def holes_of(X: Features) -> Mask | sparse.csr_matrix:
    """Where X has no value: bool (n, d), sparse where X is."""
    if isinstance(X, np.ndarray):
        return np.isnan(X)
    return sparse.csr_matrix(
        (np.isnan(X.data), X.indices, X.indptr), shape=X.shape, dtype=bool
    )


def per_row(holes: Mask | sparse.csr_matrix) -> Rows:
    """Number of holes (n,) of each row."""
    return np.asarray(holes.sum(axis=1)).ravel()


def per_column(holes: Mask | sparse.csr_matrix) -> Rows:
    """Number of holes (d,) of each column."""
    return np.asarray(holes.sum(axis=0)).ravel()


def row_keys(dataset: Dataset, with_labels: bool = False) -> list[Hashable]:
    """One key per row: equal for rows with equal features (and labels).

    64-bit digests of the rows' bytes: two different rows share one with odds of
    1 in 10^9 even among 100,000 rows.
    """
    X = dataset.X
    keys: list[Hashable] = []
    if sparse.issparse(X):
        X = sparse.csr_matrix(X)
        X.sort_indices()
        for start, end in zip(X.indptr, X.indptr[1:], strict=False):
            part = slice(start, end)
            keys.append(hash(X.indices[part].tobytes() + X.data[part].tobytes()))
    else:
        for start in range(0, len(X), BLOCK):
            # Adding 0 makes one zero of -0 and 0.
            block = np.ascontiguousarray(X[start : start + BLOCK] + 0.0)
            keys += [hash(row.tobytes()) for row in block]
    if dataset.text is not None:
        texts = dataset.text.astype(str).to_numpy().tolist()
        keys = [(key, *words) for key, words in zip(keys, texts, strict=True)]
    if with_labels:
        keys = [(k, y.tobytes()) for k, y in zip(keys, dataset.Y, strict=True)]
    return keys


def later_copies(dataset: Dataset) -> Mask:
    """(n,) True for rows equal to an earlier one in features, labels and split."""
    keys = pd.Series(row_keys(dataset, with_labels=True), dtype=object)
    if dataset.split is not None:
        keys = pd.Series(list(zip(keys, dataset.split.tolist(), strict=True)))
    return keys.duplicated().to_numpy()


def shared_rows(dataset: Dataset) -> Mask:
    """(n,) True for test rows whose features a training row has too."""
    if dataset.split is None:
        return np.zeros(dataset.n, dtype=bool)
    keys = row_keys(dataset)
    train = {k for k, is_train in zip(keys, dataset.split, strict=True) if is_train}
    shared = np.array([key in train for key in keys])
    return shared & ~np.asarray(dataset.split, dtype=bool)
