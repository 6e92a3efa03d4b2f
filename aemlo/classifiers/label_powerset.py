"""Label powerset: every labelset a class of its own, rare ones pruned."""

from typing import Annotated, Any

import numpy as np
from scipy import sparse

from aemlo.arrays import LabelMatrix, Rows
from aemlo.classifiers.base import Classifier, new_seed
from aemlo.classifiers.learners import (
    Base,
    ClassWeights,
    Learner,
    class_scores,
    run_all,
)
from aemlo.params import Between

MinRows = Annotated[
    int, Between(1, 50, "Labelsets with fewer training rows are pruned; 1 keeps all")
]
Subsets = Annotated[
    int,
    Between(0, 10, "Frequent subsets a pruned row comes back as; 0 drops the row"),
]


class LabelPowerset(Classifier):
    """One multi-class learner over labelsets (Tsoumakas, Katakis, 2007), pruned.

    A row whose labelset is rarer than `min_rows` comes back once for each of its
    `subsets` best frequent subsets, those with most labels, then most rows, first
    (Read, Pfahringer, Holmes, ICDM 2008). `predict` gives the most probable labelset,
    `predict_proba` each label's sum over the labelsets that have it. When pruning
    would leave one labelset, nothing is pruned, with a note (our fallback).
    """

    title = "LP"
    formulas = (
        (
            "Score of label j, over the labelsets s that have it:",
            r"\sum_{s \ni j} P(s \mid x)",
        ),
    )

    def __init__(
        self,
        base: Base = "logistic",
        min_rows: MinRows = 2,
        subsets: Subsets = 2,
        class_weights: ClassWeights = False,
        random_state: Any = None,
    ) -> None:
        self.base = base
        self.min_rows = min_rows
        self.subsets = subsets
        self.class_weights = class_weights
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress):
        rows, code, self.labelsets_ = self._pruned(Y)
        learner = Learner(self.base, self.class_weights)
        X = (
            X
            if len(rows) == X.shape[0] and (rows == np.arange(len(rows))).all()
            else X[rows]
        )
        (self.model_,) = run_all(
            learner.fit, [(X, code, new_seed(rng))], 1, on_progress
        )
        lost = np.flatnonzero(~self.labelsets_.any(axis=0))
        if len(lost):
            self.notes_.append(
                f"{len(lost)} labels are in no labelset with {self.min_rows} rows and "
                "are never predicted: lower min_rows to keep them."
            )

    def _pruned(self, Y):
        """Rows to learn from, the class of each, and the labelset of each class."""
        sets, code, size = np.unique(Y, axis=0, return_inverse=True, return_counts=True)
        code = code.ravel()
        frequent = np.flatnonzero(size >= self.min_rows)
        if len(frequent) == len(sets):
            return np.arange(len(Y)), code, sets
        if len(frequent) < 2:
            self.notes_.append(
                f"Fewer than two labelsets have {self.min_rows} rows: none was pruned."
            )
            return np.arange(len(Y)), code, sets
        number = np.full(len(sets), -1)
        number[frequent] = np.arange(len(frequent))
        kept = np.flatnonzero(number[code] >= 0)
        rows, classes = [kept], [number[code[kept]]]
        for labelset in np.flatnonzero(number < 0) if self.subsets else ():
            members = np.flatnonzero(code == labelset)
            for subset in self._best_subsets(sets, size, frequent, sets[labelset]):
                rows.append(members)
                classes.append(np.full(len(members), number[subset]))
        rows, classes = np.concatenate(rows), np.concatenate(classes)
        if len(np.unique(rows)) < len(Y):
            self.notes_.append(
                f"{len(Y) - len(np.unique(rows))} of {len(Y)} training rows have a "
                "rare labelset without a frequent subset and were left out."
            )
        return rows, classes, sets[frequent]

    def _best_subsets(self, sets, size, frequent, labelset):
        inside = (sets[frequent] <= labelset).all(axis=1)
        inside &= sets[frequent].any(axis=1)
        subsets = frequent[inside]
        order = np.lexsort((-size[subsets], -sets[subsets].sum(axis=1, dtype=int)))
        return subsets[order[: self.subsets]]

    def _scores(self, X):
        return class_scores(self.model_, X) @ self.labelsets_.astype(float)

    def _decide(self, X):
        chances = class_scores(self.model_, X)
        return self.labelsets_[
            chances.argmax(axis=1)
        ], chances @ self.labelsets_.astype(float)


class OnSubsets(Classifier):
    """Classifiers on subsets of the labels, their answers averaged label by label.

    Subclasses write `_subsets`, the lists of columns, and `_part`, the classifier of
    one of them. `votes` averages labels instead of scores.
    """

    votes = False
    n_jobs: int

    def _fit(self, X, Y, rng, on_progress):
        self.subsets_ = self._subsets(Y, rng)
        parts = [
            (self._part(len(columns), new_seed(rng)), Y[:, columns])
            for columns in self.subsets_
        ]
        self.parts_ = run_all(
            lambda part, labels: part.fit(X, labels), parts, self.n_jobs, on_progress
        )

    def _scores(self, X):
        total = np.zeros((X.shape[0], len(self.learned_labels_)))
        asked = np.zeros(total.shape[1])
        for columns, part in zip(self.subsets_, self.parts_, strict=True):
            total[:, columns] += (
                part.predict(X) if self.votes else part.predict_proba(X)
            )
            asked[columns] += 1
        return total / asked

    def _subsets(self, Y: LabelMatrix, rng: np.random.Generator) -> list[Rows]:
        raise NotImplementedError

    def _part(self, width: int, seed: int) -> Classifier:
        raise NotImplementedError


def co_occurrence(Y: LabelMatrix) -> np.ndarray:
    """How many rows have both labels, (q, q); the diagonal is 0."""
    labels = sparse.csr_matrix(Y, dtype=float)
    together = (labels.T @ labels).toarray()
    np.fill_diagonal(together, 0.0)
    return together
