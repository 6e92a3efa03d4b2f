"""What all samplers share: checks, seed, provenance, the kind of the input."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from aemlo import params
from aemlo.errors import DataError


def no_progress(fraction, **values):
    """The progress hook of those who do not look."""


@dataclass
class Synthetic:
    """New rows: X (m, d), Y (m, q), parents (m, p) original rows (-1 for none), label
    (m,) made for (-1 for none), weight (m,) step from the first parent (NaN if drawn
    per feature)."""

    X: np.ndarray | sparse.csr_matrix
    Y: np.ndarray
    parents: np.ndarray
    label: np.ndarray
    weight: np.ndarray | None = None


class Sampler(BaseEstimator, ABC):
    """Takes X, Y and returns X, Y with rows added, removed or split.

    Subclasses write `_resample` only. `title` is the name in the registry;
    `deterministic` says that nothing is drawn. After `fit_resample`: `provenance_`, a
    frame with one row per returned row (`origin`, the original row or -1; `parents`;
    `label` made for, -1 if none; `weight`, the step between the parents) and `notes_`,
    sentences about what could not be done as asked.
    """

    title: str
    deterministic = False

    def fit_resample(self, X, Y, *, categorical_features=(), on_progress=None):
        """X (n, d) and Y (n, q) of 0 and 1, resampled; the same kind comes back.

        NumPy, CSR and pandas are taken; `categorical_features` are groups of one-hot
        columns; `on_progress(fraction, **values)` is called as the work goes and may
        raise to end it. Raises ParameterError for a setting out of range, DataError
        for X or Y that cannot be used.
        """
        params.check(self)
        matrix, labels = self._checked(X, Y)
        self.notes_ = []
        self.categorical_features_ = tuple(
            np.asarray(group, dtype=int) for group in categorical_features
        )
        seed = check_random_state(self._seed()).randint(np.iinfo(np.int32).max)
        rng = np.random.default_rng(seed)
        X_new, Y_new, self.provenance_ = self._resample(
            matrix, labels, rng, on_progress or no_progress
        )
        return _as_given(X_new, X), _as_given(Y_new, Y)

    @abstractmethod
    def _resample(self, X, Y, rng, on_progress):
        """X (n, d) float, NumPy or CSR, Y (n, q) uint8 -> X, Y, provenance frame."""

    def _seed(self):
        return getattr(self, "random_state", None)

    def _checked(self, X, Y):
        if isinstance(X, pd.DataFrame):
            X = X.to_numpy(dtype=float)
        matrix = X.tocsr() if sparse.issparse(X) else np.asarray(X)
        labels = Y.toarray() if sparse.issparse(Y) else np.asarray(Y)
        if matrix.ndim != 2 or labels.ndim != 2:
            raise DataError(
                f"{self.title}: X and Y must have two dimensions, got {matrix.ndim} and "
                f"{labels.ndim}. One label is a column: Y[:, None]."
            )
        if len(labels) != matrix.shape[0] or not len(labels):
            raise DataError(
                f"{self.title}: X has {matrix.shape[0]} rows and Y {len(labels)}; both "
                "must have the same number, at least 1."
            )
        if not np.isin(labels, (0, 1)).all():
            raise DataError(f"{self.title}: Y must hold only 0 and 1.")
        if matrix.dtype.kind not in "fiub":
            raise DataError(f"{self.title}: X must hold numbers, got {matrix.dtype}.")
        if not np.isfinite(matrix.data if sparse.issparse(matrix) else matrix).all():
            raise DataError(
                f"{self.title}: X has missing or infinite values. Impute them first."
            )
        if matrix.dtype.kind != "f":
            matrix = matrix.astype(float)
        return matrix, labels.astype(np.uint8)


class OverSampler(Sampler):
    """A sampler that adds rows after the old ones; subclasses write `_generate`."""

    def _resample(self, X, Y, rng, on_progress):
        new = self._generate(X, Y, rng, on_progress)
        stack = sparse.vstack if sparse.issparse(X) else np.vstack
        X_all = stack([X, new.X.astype(X.dtype)])
        if sparse.issparse(X_all):
            X_all = sparse.csr_matrix(X_all)
        Y_all = np.vstack([Y, new.Y.astype(Y.dtype)])
        return X_all, Y_all, provenance(len(Y), new)

    @abstractmethod
    def _generate(self, X, Y, rng, on_progress):
        """The Synthetic rows made from X (n, d) and Y (n, q)."""


def provenance(n, new=None):
    """The frame for `n` original rows followed by the rows of `new` (Synthetic)."""
    old = pd.DataFrame(
        {
            "origin": np.arange(n),
            "parents": [()] * n,
            "label": np.full(n, -1),
            "weight": np.full(n, np.nan),
        }
    )
    if new is None or not len(new.label):
        return old
    m = len(new.label)
    added = pd.DataFrame(
        {
            "origin": np.full(m, -1),
            "parents": [
                tuple(p for p in row if p >= 0)
                for row in np.asarray(new.parents).tolist()
            ],
            "label": np.asarray(new.label, dtype=int),
            "weight": np.full(m, np.nan) if new.weight is None else new.weight,
        }
    )
    return pd.concat([old, added], ignore_index=True)


def _as_given(new, given):
    """`new` in the kind and dtype of `given`: pandas, CSR or NumPy."""
    if isinstance(given, pd.DataFrame):
        frame = pd.DataFrame(
            new.toarray() if sparse.issparse(new) else new, columns=given.columns
        )
        return frame.astype(given.dtypes)
    if sparse.issparse(given):
        return type(given)(new).astype(given.dtype)
    dtype = np.asarray(given).dtype
    return new.astype(dtype, copy=False)
