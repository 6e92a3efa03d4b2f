"""What all classifiers share: checks, labels with one class, seed, progress."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import validate_data

from aemlo import params
from aemlo.arrays import Features, LabelMatrix, Scores
from aemlo.classifiers.kinship import Kinship
from aemlo.errors import AemloError, DataError
from aemlo.notes import Note, as_note
from aemlo.params import Between
from aemlo.progress import no_progress

Jobs = Annotated[
    int, Between(1, 64, "Labels learned at the same time, in threads", more=True)
]


def part_of(
    on_progress: Callable[..., object], low: float, high: float
) -> Callable[..., object]:
    """A progress hook for the part of the work that lies between two fractions."""
    return lambda fraction, **values: on_progress(
        low + fraction * (high - low), **values
    )


def new_seed(rng: np.random.Generator) -> int:
    """A seed for an estimator that is built and fitted inside another."""
    return int(rng.integers(np.iinfo(np.int32).max))


class NotFitted(AemloError, NotFittedError):  # noqa: N818  (scikit-learn's stem)
    """A classifier is asked before it is fitted: an error of ours and of theirs."""


class Classifier(ClassifierMixin, BaseEstimator, ABC):
    """A multi-label classifier: `fit`, `predict` (n, q) and `predict_proba` (n, q).

    Subclasses write `_fit` and `_scores`, and `_decide` where a label is not given by
    a score of at least one half. A label whose training rows all agree is predicted as
    they are, with a note in `notes_`, and never reaches `_fit`. `title` is the name in
    the registry; `formulas`, pairs of words and LaTeX, are for the methods page;
    `cheap_settings` make a classifier that is fitted quickly, for tests;
    `class_weights`, where a class has that setting, weighs rows by n / (2 c) with c the
    rows of their class, label by label. `reads_provenance` says that `_fit` also takes
    `kinship`, a Kinship of the rows or None: for classes that hold rows out, or that
    have a classifier inside.

    After `fit`, as scikit-learn has them: `n_features_in_`, `feature_names_in_` where X
    was a frame, and `classes_` (q, 2), 0 and 1 for each label. From its shape
    scikit-learn's scorers and `cross_val_predict` know that scores are those of several
    labels. Ours.
    """

    title: str
    is_remedy: ClassVar[bool] = False  # around another classifier, for imbalance
    classes_: NDArray[np.integer[Any]]
    n_features_in_: int
    n_labels_: int
    notes_: list[str]
    reads_provenance: ClassVar[bool] = False
    cheap_settings: Mapping[str, Any] = {}
    formulas: tuple[tuple[str, str], ...] = ()

    def fit(
        self,
        X: Any,
        Y: Any,
        *,
        provenance: pd.DataFrame | Kinship | None = None,
        on_progress: Callable[..., object] | None = None,
    ) -> Self:
        """Learn from X (n, d), NumPy or CSR, and Y (n, q) of 0 and 1.

        `provenance` says which rows are synthetic and of which parents: a sampler's
        `provenance_`, or that of a data set (see aemlo.provenance). All rows are
        learned from; those who hold rows out (tuned thresholds, early stopping) judge
        on real rows only, and never on a row whose relatives they learned from.
        `on_progress(fraction, **values)` is called as the work goes and may raise to
        end it. Raises ParameterError for a setting out of range, DataError for X or Y
        that cannot be used, MissingExtraError where an optional package is missing.
        """
        params.check(self)
        vars(self).pop("classes_", None)  # a fit that fails leaves nothing to predict
        X, Y = self._checked(X, Y)
        kinship = self._kinship(provenance, len(Y))
        self.n_labels_ = Y.shape[1]
        self.notes_ = []
        share = Y.mean(axis=0)
        self.learned_labels_ = np.flatnonzero((share > 0) & (share < 1))
        self.constant_ = share
        for j in np.flatnonzero((share == 0) | (share == 1)):
            self.notes_.append(
                Note(
                    f"Label {{labels}} is {share[j]:.0f} in every training row: "
                    "predicted so.",
                    [j],
                )
            )
        seed = check_random_state(getattr(self, "random_state", None))
        rng = np.random.default_rng(seed.randint(np.iinfo(np.int32).max))
        if len(self.learned_labels_):
            own = {"kinship": kinship} if self.reads_provenance else {}
            labels = Y[:, self.learned_labels_]
            self._fit(X, labels, rng, on_progress or no_progress, **own)
        self.classes_ = np.tile([0, 1], (self.n_labels_, 1))
        return self

    def predict_proba(self, X: Features) -> Scores:
        """Scores (n, q) in [0, 1] that each label applies.

        Raises NotFitted before `fit`, DataError for X that cannot be used.
        """
        X = self._checked_X(X)
        if not len(self.learned_labels_) or not X.shape[0]:
            return self._with_constants(X, None)
        return self._with_constants(X, np.clip(self._scores(X), 0.0, 1.0))

    def predict(self, X: Features) -> LabelMatrix:
        """Labels (n, q) uint8; raises as `predict_proba` does."""
        return self.decide(X)[0]

    def decide(self, X: Features) -> tuple[LabelMatrix, Scores]:
        """`predict` and `predict_proba` of the same rows, for the price of one."""
        X = self._checked_X(X)
        if not len(self.learned_labels_) or not X.shape[0]:
            scores = self._with_constants(X, None)
            return scores.astype(np.uint8), scores
        labels, scores = self._decide(X)
        scores = self._with_constants(X, np.clip(scores, 0.0, 1.0))
        return self._with_constants(X, labels).astype(np.uint8), scores

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "classes_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.one_d_labels = False
        tags.target_tags.two_d_labels = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_class = False
            tags.classifier_tags.multi_label = True
        return tags

    @abstractmethod
    def _fit(
        self,
        X: Features,
        Y: LabelMatrix,
        rng: np.random.Generator,
        on_progress: Callable[..., object],
    ) -> None:
        """Learn from X and the labels Y that have both classes.

        Where the class reads provenance, `kinship=` is given too.
        """

    @abstractmethod
    def _scores(self, X: Features) -> Scores:
        """Scores of the labels that `_fit` was given, (n, their number)."""

    def _decide(self, X: Features) -> tuple[np.ndarray, Scores]:
        scores = self._scores(X)
        return scores >= 0.5, scores

    def _notes_of(self, inner: "Classifier") -> list[Note]:
        """Notes of a classifier fitted on the learned labels, by our own columns."""
        own = self.learned_labels_
        return [as_note(note).moved(own) for note in inner.notes_]

    def _with_constants(self, X, values):
        everything = np.tile(self.constant_, (X.shape[0], 1))
        if values is not None:
            everything[:, self.learned_labels_] = values
        return everything

    def _kinship(self, provenance, n):
        if provenance is None:
            return None
        if not isinstance(provenance, Kinship):
            provenance = Kinship.of(provenance, n, self.title)
        if len(provenance.synthetic) != n:
            raise DataError(
                f"{self.title}: {n} rows, but a kinship of {len(provenance.synthetic)}."
            )
        return None if provenance.is_trivial else provenance

    def _checked(self, X, Y):
        labels = Y.toarray() if sparse.issparse(Y) else np.asarray(Y)
        X = self._checked_X(X, fitting=True)
        if labels.ndim != 2 or labels.shape[0] != X.shape[0] or not labels.shape[1]:
            raise DataError(
                f"{self.title}: Y must have shape ({X.shape[0]}, labels), "
                f"got {labels.shape}."
            )
        if not len(labels):
            raise DataError(f"{self.title}: there are no rows to learn from.")
        if not np.isin(labels, (0, 1)).all():
            raise DataError(f"{self.title}: Y must hold only 0 and 1.")
        return X, labels.astype(np.uint8)

    def _checked_X(self, X, fitting=False):
        if not fitting and not self.__sklearn_is_fitted__():
            raise NotFitted(f"{self.title}: not fitted yet. Call fit(X, Y) first.")
        given = X
        # C order: a frame's columns lie one after another, and sums would differ.
        X = sparse.csr_matrix(X) if sparse.issparse(X) else np.asarray(X, order="C")
        if X.dtype.kind not in "fiub":
            raise DataError(f"{self.title}: X must hold numbers, got {X.dtype}.")
        X = X.astype(float, copy=False)
        if X.ndim != 2:
            raise DataError(f"{self.title}: X must have two dimensions, got {X.ndim}.")
        if not np.isfinite(X.data if sparse.issparse(X) else X).all():
            raise DataError(
                f"{self.title}: X has missing or infinite values. Impute them first."
            )
        if not X.shape[1]:
            raise DataError(f"{self.title}: X has no features to learn from.")
        if not fitting and X.shape[1] != self.n_features_in_:
            raise DataError(
                f"{self.title}: fitted on {self.n_features_in_} features, "
                f"got {X.shape[1]}."
            )
        check_names(self, given, fitting)
        return X


def check_names(estimator: Any, X: Any, fitting: bool) -> None:
    """Keep `n_features_in_` and `feature_names_in_` of X, or compare X with them.

    Raises DataError, in scikit-learn's words, for other names or another order.
    """
    try:
        validate_data(estimator, X, reset=fitting, skip_check_array=True)
    except (TypeError, ValueError) as problem:
        words = " ".join(str(problem).split())
        raise DataError(f"{estimator.title}: {words}") from None
