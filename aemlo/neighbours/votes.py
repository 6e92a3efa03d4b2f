"""Labels of the nearest rows, counted, for the classifiers that vote among them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from aemlo.arrays import Features, LabelMatrix
from aemlo.neighbours.search import neighbours

ROWS_AT_ONCE = 4096


def votes(
    X_train: Features,
    Y: LabelMatrix,
    k: int,
    X: Features | None = None,
    on_progress: Callable[[float], object] | None = None,
) -> NDArray[np.int16]:
    """How many of the k nearest rows of X_train (n, d) have each label of Y (n, q).

    Counts (m, q) for the rows of X (m, d); X None asks for the training rows, a row
    never its own neighbour. Euclidean; see `neighbours` for ties and errors.
    """
    near, _ = neighbours(X_train, k, others=X, on_progress=on_progress)
    Y = np.asarray(Y, dtype=np.int16)
    counts = np.zeros((len(near), Y.shape[1]), dtype=np.int16)
    for start in range(0, len(near), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        for column in near[rows].T:  # k additions of (rows, q): no (rows, k, q) block
            counts[rows] += Y[column]
    return counts
