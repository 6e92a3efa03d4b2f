"""Binary relevance: one classifier per label, each for itself."""

from typing import Annotated, Any

import numpy as np

from aemlo.classifiers.base import Classifier, Jobs, new_seed
from aemlo.classifiers.learners import (
    Base,
    ClassWeights,
    Learner,
    notes,
    positive_score,
    run_all,
)
from aemlo.params import Between

Strength = Annotated[
    float,
    Between(1e-4, 1e4, "Inverse of regularisation: larger fits closer", log=True),
]
Depth = Annotated[
    int | None, Between(1, 100, "Deepest a tree may grow; None: no limit")
]
Leaf = Annotated[int, Between(1, 100, "Fewest rows in a leaf of a tree")]


class BinaryRelevance(Classifier):
    """One learner per label (Tsoumakas, Katakis, 2007)."""

    title = "BR"

    def __init__(
        self,
        base: Base = "logistic",
        class_weights: ClassWeights = False,
        n_jobs: Jobs = 1,
        random_state: Any = None,
    ) -> None:
        self.base = base
        self.class_weights = class_weights
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _learner(self):
        return Learner(self.base, self.class_weights)

    def _fit(self, X, Y, rng, on_progress):
        learner = self._learner()
        tasks = [(X, Y[:, j], new_seed(rng)) for j in range(Y.shape[1])]
        self.models_ = run_all(learner.fit, tasks, self.n_jobs, on_progress)
        self.notes_ += notes(self.models_, self.learned_labels_)

    def _scores(self, X):
        return np.column_stack([positive_score(model, X) for model in self.models_])


class BRLogistic(BinaryRelevance):
    """Binary relevance on logistic regression."""

    title = "BR-logistic"

    def __init__(
        self,
        C: Strength = 1.0,  # noqa: N803  (scikit-learn's name)
        class_weights: ClassWeights = False,
        n_jobs: Jobs = 1,
        random_state: Any = None,
    ) -> None:
        self.C = C
        self.class_weights = class_weights
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _learner(self):
        return Learner("logistic", self.class_weights, {"C": self.C})


class OnTrees:
    """The learner of a classifier with the settings of a decision tree."""

    max_depth: int | None
    min_samples_leaf: int
    class_weights: bool

    def _learner(self):
        settings = {
            "max_depth": self.max_depth,
            "min_samples_leaf": self.min_samples_leaf,
        }
        return Learner("tree", self.class_weights, settings)


class BRTree(OnTrees, BinaryRelevance):
    """Binary relevance on decision trees (CART)."""

    title = "BR-tree"

    def __init__(
        self,
        max_depth: Depth = None,
        min_samples_leaf: Leaf = 1,
        class_weights: ClassWeights = False,
        n_jobs: Jobs = 1,
        random_state: Any = None,
    ) -> None:
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.class_weights = class_weights
        self.n_jobs = n_jobs
        self.random_state = random_state
