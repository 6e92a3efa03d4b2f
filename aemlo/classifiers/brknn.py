"""BRkNN: the share of nearest neighbours with a label."""

from typing import Annotated, Any

import numpy as np

from aemlo.classifiers.base import Classifier
from aemlo.classifiers.mlknn import Neighbours
from aemlo.neighbours.votes import votes
from aemlo.params import OneOf


class BRkNN(Classifier):
    """Binary relevance with k-NN, one search for all labels (Spyromitros et al., 2008).

    A label's score is the share of the k neighbours that have it. "a": a row that
    would be given no label is given its best one. "b": a row is given as many labels,
    from the best down, as its neighbours have on average (rounded). Ties of scores go
    to the label that is more frequent in training, then to the one that comes first
    (the paper leaves them open).
    """

    title = "BRkNN"
    formulas = (
        (
            "Score of label j, over the k nearest training rows N(x):",
            r"s_j(x) = \frac{1}{k} \sum_{i \in N(x)} y_{ij}",
        ),
    )

    def __init__(
        self,
        k: Neighbours = 10,
        variant: Annotated[
            str, OneOf(("plain", "a", "b"), "Which labels follow from the shares")
        ] = "plain",
        random_state: Any = None,
    ) -> None:
        self.k = k
        self.variant = variant
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress):
        on_progress(0.0)
        self.k_ = min(self.k, len(Y))
        self.rows_, self.labels_ = X, Y
        self.frequency_ = Y.mean(axis=0)
        on_progress(1.0)

    def _scores(self, X):
        return votes(self.rows_, self.labels_, self.k_, X) / self.k_

    def _decide(self, X):
        scores = self._scores(X)
        if self.variant == "plain":
            return scores >= 0.5, scores
        # Shares differ by 1/k at least, so a tenth of that only decides ties.
        preference = scores + self.frequency_ / (10 * self.k_)
        best = np.argsort(-preference, axis=1, kind="stable")
        rank = np.argsort(best, axis=1, kind="stable")
        if self.variant == "a":
            labels = scores >= 0.5
            none = ~labels.any(axis=1)
            labels[none] = rank[none] == 0
            return labels, scores
        size = np.rint(scores.sum(axis=1)).astype(int)
        return rank < size[:, None], scores
