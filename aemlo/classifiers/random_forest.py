"""Random forest with all labels in every tree."""

from typing import Annotated, Any

import numpy as np

from aemlo.classifiers.base import Classifier, Jobs, new_seed
from aemlo.classifiers.binary_relevance import Depth, Leaf
from aemlo.classifiers.learners import ClassWeights
from aemlo.params import Between, OneOf

AT_A_TIME = 5  # trees grown between two looks at the Stop button


class RandomForest(Classifier):
    """scikit-learn's random forest, multi-label by itself (Breiman, 2001).

    A split is chosen by the mean gain over the labels; with class weights a row's
    weight is the product of its labels' weights, as scikit-learn does it.
    """

    title = "random forest"
    cheap_settings = {"trees": 7}

    def __init__(
        self,
        trees: Annotated[int, Between(1, 2000, "Trees to average")] = 100,
        max_depth: Depth = None,
        min_samples_leaf: Leaf = 1,
        features: Annotated[
            str, OneOf(("sqrt", "log2", "all"), "Features tried at a split", more=True)
        ] = "sqrt",
        class_weights: ClassWeights = False,
        n_jobs: Jobs = 1,
        random_state: Any = None,
    ) -> None:
        self.trees = trees
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.features = features
        self.class_weights = class_weights
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress):
        from sklearn.ensemble import RandomForestClassifier

        self.model_ = RandomForestClassifier(
            0,
            max_depth=self.max_depth,
            min_samples_leaf=self.min_samples_leaf,
            max_features=None if self.features == "all" else self.features,
            class_weight=_weights(Y) if self.class_weights else None,
            n_jobs=self.n_jobs,
            random_state=new_seed(rng),
            warm_start=True,
        )
        on_progress(0.0)
        y = Y if Y.shape[1] > 1 else Y.ravel()
        while self.model_.n_estimators < self.trees:
            self.model_.n_estimators += min(
                AT_A_TIME, self.trees - self.model_.n_estimators
            )
            self.model_.fit(X, y)
            on_progress(self.model_.n_estimators / self.trees)

    def _scores(self, X):
        chances = self.model_.predict_proba(X)
        chances = chances if isinstance(chances, list) else [chances]
        return np.column_stack([label[:, 1] for label in chances])


def _weights(Y):
    n, positives = len(Y), Y.sum(axis=0, dtype=int)
    weights = [{0: n / (2 * (n - c)), 1: n / (2 * c)} for c in positives.tolist()]
    return weights if len(weights) > 1 else weights[0]
