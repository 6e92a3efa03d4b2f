"""What checks and steps look at: gaps, and rows that are equal."""

import numpy as np
import pandas as pd
from scipy import sparse

BLOCK = 1_000


def holes_of(X):
    """Where X has no value: bool (n, d), sparse where X is."""
    if sparse.issparse(X):
        return sparse.csr_matrix(
            (np.isnan(X.data), X.indices, X.indptr), shape=X.shape, dtype=bool
        )
    return np.isnan(X)


def per_row(holes):
    """Number of holes (n,) of each row."""
    return np.asarray(holes.sum(axis=1)).ravel()


def per_column(holes):
    """Number of holes (d,) of each column."""
    return np.asarray(holes.sum(axis=0)).ravel()


def row_keys(dataset, with_labels=False):
    """One key per row: equal for rows with equal features (and labels).

    64-bit digests of the rows' bytes: two different rows share one with odds of
    1 in 10^9 even among 100,000 rows.
    """
    X, keys = dataset.X, []
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


def later_copies(dataset):
    """(n,) True for rows equal to an earlier one in features, labels and split."""
    keys = pd.Series(row_keys(dataset, with_labels=True), dtype=object)
    if dataset.split is not None:
        keys = pd.Series(list(zip(keys, dataset.split.tolist(), strict=True)))
    return keys.duplicated().to_numpy()


def shared_rows(dataset):
    """(n,) True for test rows whose features a training row has too."""
    if dataset.split is None:
        return np.zeros(dataset.n, dtype=bool)
    keys = row_keys(dataset)
    train = {k for k, is_train in zip(keys, dataset.split, strict=True) if is_train}
    shared = np.array([key in train for key in keys])
    return shared & ~np.asarray(dataset.split, dtype=bool)
