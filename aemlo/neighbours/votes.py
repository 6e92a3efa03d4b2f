"""The k nearest training rows, for the classifiers that vote among them."""

import numpy as np


def index(X, k):
    """A fitted neighbour search of the rows of X, Euclidean."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=k).fit(X)


def votes(search, Y, X, on_progress=None, batch=4096):
    """How many of the k neighbours of each row have each label, (n, q).

    X None asks for the rows the search was fitted on, a row never its own neighbour.
    """
    if X is None:
        near = search.kneighbors(return_distance=False)
    else:
        near = search.kneighbors(X, return_distance=False)
    Y = np.asarray(Y, dtype=np.int16)
    counts = np.zeros((len(near), Y.shape[1]), dtype=np.int16)
    for start in range(0, len(near), batch):
        rows = slice(start, start + batch)
        for column in near[rows].T:  # k additions of (rows, q): no (rows, k, q) block
            counts[rows] += Y[column]
        if on_progress is not None:
            on_progress(min(1.0, (start + batch) / len(near)))
    return counts
