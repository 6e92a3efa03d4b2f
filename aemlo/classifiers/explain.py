"""What a fitted classifier can say about why: coefficients per label and feature."""

from typing import Any

import numpy as np

from aemlo.arrays import Features, Rows
from aemlo.neighbours.search import neighbours


def coefficients(classifier: Any) -> np.ndarray | None:
    """Coefficients (q, d) of linear models, one per label; None where there are none.

    NaN for a label with one class in training. The score of a row before the sigmoid
    is the sum of coefficient x feature and an intercept.
    """
    inner = getattr(classifier, "inner_", None)
    if inner is not None:
        learned = coefficients(inner)
        if learned is None:
            return None
        whole = np.full((classifier.n_labels_, learned.shape[1]), np.nan)
        whole[classifier.learned_labels_] = learned
        return whole
    models = getattr(classifier, "models_", None)
    if not models or not all(np.ndim(getattr(m, "coef_", 0)) == 2 for m in models):
        return None
    d = classifier.n_features_in_
    if len(models) != len(classifier.learned_labels_) or any(
        model.coef_.shape != (1, d) for model in models
    ):
        return None  # a chain: its later links see labels beside the features
    whole = np.full((classifier.n_labels_, d), np.nan)
    whole[classifier.learned_labels_] = np.vstack([model.coef_ for model in models])
    return whole


def nearest(X_train: Features, X: Features, k: int = 5) -> tuple[Rows, np.ndarray]:
    """Positions (n, k) of the nearest rows of X_train, and their distances (n, k)."""
    return neighbours(X_train, min(k, X_train.shape[0]), others=X)


def contributions(weights: np.ndarray, row: Features) -> np.ndarray:
    """coefficient x value (d,) of one row, NumPy or CSR, for one label's weights."""
    values = row if isinstance(row, np.ndarray) else row.toarray()
    return weights * values.ravel()
