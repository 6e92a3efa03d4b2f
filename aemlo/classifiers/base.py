"""What all classifiers share: checks, labels with one class, thresholds at one half."""

from abc import ABC, abstractmethod

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state

from aemlo import params
from aemlo.errors import DataError


def no_progress(fraction, **values):
    """The progress hook of those who do not look."""


class Classifier(ClassifierMixin, BaseEstimator, ABC):
    """A multi-label classifier: `fit`, `predict` (n, q) and `predict_proba` (n, q).

    Subclasses write `_fit` and `_scores`. A label whose training rows all agree is
    predicted as they are, with a sentence in `notes_`, and never reaches `_fit`.
    """

    title: str

    def fit(self, X, Y, *, on_progress=None):
        """Learn from X (n, d), NumPy or CSR, and Y (n, q) of 0 and 1.

        Raises ParameterError for a setting out of range, DataError for bad X or Y.
        """
        params.check(self)
        X, Y = self._checked(X, Y)
        self.n_features_in_, self.n_labels_ = X.shape[1], Y.shape[1]
        self.notes_ = []
        share = Y.mean(axis=0)
        self.learned_labels_ = np.flatnonzero((share > 0) & (share < 1))
        self.constant_ = share
        for j in np.flatnonzero((share == 0) | (share == 1)):
            self.notes_.append(
                f"Label {j} is {int(share[j])} in every training row and is predicted so."
            )
        seed = check_random_state(getattr(self, "random_state", None))
        rng = np.random.default_rng(seed.randint(np.iinfo(np.int32).max))
        if len(self.learned_labels_):
            self._fit(X, Y[:, self.learned_labels_], rng, on_progress or no_progress)
        return self

    def predict_proba(self, X):
        """Scores (n, q) in [0, 1] that each label applies."""
        X = self._checked_X(X)
        scores = np.tile(self.constant_, (X.shape[0], 1))
        if len(self.learned_labels_):
            scores[:, self.learned_labels_] = np.clip(self._scores(X), 0.0, 1.0)
        return scores

    def predict(self, X):
        """Labels (n, q) uint8: 1 where the score is at least one half."""
        return (self.predict_proba(X) >= 0.5).astype(np.uint8)

    @abstractmethod
    def _fit(self, X, Y, rng, on_progress):
        """Learn from X and the labels Y that have both classes."""

    @abstractmethod
    def _scores(self, X):
        """Scores of the labels that `_fit` was given, (n, their number)."""

    def _checked(self, X, Y):
        labels = Y.toarray() if sparse.issparse(Y) else np.asarray(Y)
        X = self._checked_X(X, fitting=True)
        if labels.ndim != 2 or labels.shape[0] != X.shape[0]:
            raise DataError(
                f"{self.title}: Y must have shape ({X.shape[0]}, labels), "
                f"got {labels.shape}."
            )
        if not np.isin(labels, (0, 1)).all():
            raise DataError(f"{self.title}: Y must hold only 0 and 1.")
        return X, labels.astype(np.uint8)

    def _checked_X(self, X, fitting=False):
        X = X.tocsr() if sparse.issparse(X) else np.asarray(X, dtype=float)
        if X.ndim != 2:
            raise DataError(f"{self.title}: X must have two dimensions, got {X.ndim}.")
        if not np.isfinite(X.data if sparse.issparse(X) else X).all():
            raise DataError(f"{self.title}: X has missing or infinite values.")
        if not fitting and X.shape[1] != self.n_features_in_:
            raise DataError(
                f"{self.title}: fitted on {self.n_features_in_} features, "
                f"got {X.shape[1]}."
            )
        return X
