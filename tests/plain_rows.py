"""Rows to resample, and neighbours found the plain way, for the samplers' tests."""

import numpy as np


def data(n=150, seed=0, q=5):
    """X (n, 6), four numbers and two binary columns; Y (n, q), the later the rarer."""
    rng = np.random.default_rng(seed)
    X = np.hstack([rng.normal(size=(n, 4)) * [1, 50, 0.1, 1], rng.random((n, 2)) < 0.4])
    Y = (rng.random((n, q)) < np.linspace(0.6, 0.06, q)).astype(np.uint8)
    Y[:3, -1] = 1
    return X, Y


def scaled(X):
    """Columns divided by their range, as a plain formula."""
    return (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))


def brute_neighbours(X, row, pool, k):
    """The k rows of `pool` nearest to `row`, but for itself, one distance at a time."""
    others = [i for i in pool if i != row]
    gaps = [np.sqrt(((X[i] - X[row]) ** 2).sum()) for i in others]
    return [others[i] for i in np.argsort(gaps, kind="stable")[:k]]
