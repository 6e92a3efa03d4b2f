"""Classifier chains: each label's learner also sees the labels before it."""

from typing import Annotated, Any

import numpy as np
from scipy import sparse

from aemlo.classifiers.base import Classifier, Jobs, new_seed
from aemlo.classifiers.binary_relevance import Depth, Leaf, OnTrees
from aemlo.classifiers.learners import (
    Base,
    ClassWeights,
    Learner,
    notes,
    positive_score,
    run_all,
)
from aemlo.errors import ParameterError
from aemlo.params import OneOf, Several

ORDERS = ("columns", "random", "frequent first", "rare first")

Order = Annotated[str, OneOf(ORDERS, "Which label the chain learns first")]
Given = Annotated[
    tuple | None,
    Several("Every label's column, in the order to learn; None: by `order`", low=0),
]


class ClassifierChain(Classifier):
    """A chain of learners, one a label (Read et al., Machine Learning 85, 2011).

    Learners are fitted on the true labels before theirs and, when predicting, fed the
    labels predicted for them (not their scores), as in the paper.
    """

    title = "CC"

    def __init__(
        self,
        base: Base = "logistic",
        order: Order = "columns",
        given_order: Given = None,
        class_weights: ClassWeights = False,
        n_jobs: Jobs = 1,
        random_state: Any = None,
    ) -> None:
        self.base = base
        self.order = order
        self.given_order = given_order
        self.class_weights = class_weights
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _learner(self):
        return Learner(self.base, self.class_weights)

    def _fit(self, X, Y, rng, on_progress):
        self.order_ = self._ordered(Y, rng)
        learner, wide = self._learner(), _beside(X, Y[:, self.order_])
        d = X.shape[1]
        seeds = [new_seed(rng) for _ in self.order_]

        def link(i):
            return learner.fit(wide[:, : d + i], Y[:, self.order_[i]], seeds[i])

        steps = [(i,) for i in range(len(self.order_))]
        self.models_ = run_all(link, steps, self.n_jobs, on_progress)
        self.notes_ += notes(self.models_, self.learned_labels_[self.order_])

    def _ordered(self, Y, rng):
        if self.given_order is not None:
            if sorted(self.given_order) != list(range(self.n_labels_)):
                raise ParameterError(
                    f"{self.title}: given_order must name each of the columns 0 to "
                    f"{self.n_labels_ - 1} once, got {tuple(self.given_order)}."
                )
            place = {label: i for i, label in enumerate(self.learned_labels_.tolist())}
            return np.array([place[j] for j in self.given_order if j in place])
        if self.order == "random":
            return rng.permutation(Y.shape[1])
        if self.order == "columns":
            return np.arange(Y.shape[1])
        sign = -1 if self.order == "frequent first" else 1
        return np.argsort(sign * Y.sum(axis=0, dtype=int), kind="stable")

    def _scores(self, X):
        n, d = X.shape
        scores = np.zeros((n, len(self.order_)))
        wide = None if sparse.issparse(X) else np.hstack([X, np.zeros(scores.shape)])
        labels = np.zeros(scores.shape)
        for i, j in enumerate(self.order_):
            seen = _beside(X, labels[:, :i]) if wide is None else wide[:, : d + i]
            scores[:, j] = positive_score(self.models_[i], seen)
            labels[:, i] = scores[:, j] >= 0.5
            if wide is not None:
                wide[:, d + i] = labels[:, i]
        return scores


class CCTree(OnTrees, ClassifierChain):
    """A classifier chain on decision trees (CART)."""

    title = "CC-tree"

    def __init__(
        self,
        max_depth: Depth = None,
        min_samples_leaf: Leaf = 1,
        order: Order = "columns",
        given_order: Given = None,
        class_weights: ClassWeights = False,
        n_jobs: Jobs = 1,
        random_state: Any = None,
    ) -> None:
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.order = order
        self.given_order = given_order
        self.class_weights = class_weights
        self.n_jobs = n_jobs
        self.random_state = random_state


def _beside(X, Y):
    """X and Y side by side, of X's kind; slicing columns off the right is cheap."""
    if sparse.issparse(X):
        return sparse.hstack([X, sparse.csr_matrix(Y, dtype=float)], format="csr")
    return np.hstack([X, Y])
