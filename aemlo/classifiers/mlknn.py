"""ML-kNN: the number of neighbours with a label, read as evidence for it."""

from typing import Annotated, Any

import numpy as np

from aemlo.classifiers.base import Classifier, part_of
from aemlo.neighbours.votes import votes
from aemlo.params import Between

Neighbours = Annotated[int, Between(1, 200, "Nearest training rows that are asked")]


class MLKNN(Classifier):
    """ML-kNN (Zhang, Zhou, Pattern Recognition 40, 2007, equations 1 to 6).

    The score of a label is its posterior, given how many of the k neighbours carry it;
    prior and likelihoods are counted over the training rows with `smoothing` added to
    each count. Where the posterior is exactly one half the label is given (the paper
    draws). Euclidean distance, features as they come: scale them first. A training row
    is not its own neighbour; with k rows or fewer, k is what there is.
    """

    title = "ML-kNN"
    formulas = (
        (
            "Score of label j of a row with c of its k neighbours carrying j:",
            r"\frac{P(H_1)\, P(c \mid H_1)}{P(H_1)\, P(c \mid H_1) + P(H_0)\, P(c "
            r"\mid H_0)}",
        ),
        (
            "Prior and likelihoods with smoothing s, from the m of n training rows "
            "that have j, and the m(c) of these with c such neighbours:",
            r"P(H_1) = \frac{s + m}{2 s + n}, \quad "
            r"P(c \mid H_1) = \frac{s + m(c)}{s (k + 1) + m}",
        ),
    )

    def __init__(
        self,
        k: Neighbours = 10,
        smoothing: Annotated[
            float, Between(1e-3, 10, "Added to every count", log=True)
        ] = 1.0,
        random_state: Any = None,
    ) -> None:
        self.k = k
        self.smoothing = smoothing
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress):
        on_progress(0.0)
        n, q = Y.shape
        k = min(self.k, n - 1)
        if k < self.k:
            self.notes_.append(f"{n} training rows have {k} neighbours each: k = {k}.")
        self.rows_, self.labels_, self.k_ = X, Y, k
        counts = votes(X, Y, k, on_progress=part_of(on_progress, 0.0, 1.0))
        s, positives = self.smoothing, Y.sum(axis=0, dtype=int)
        cells = counts + (k + 1) * np.arange(q)  # (n, q), one number per (label, count)
        bins = q * (k + 1)
        every = np.bincount(cells.ravel(), minlength=bins).reshape(q, k + 1)
        with_label = np.bincount(cells[Y == 1], minlength=bins).reshape(q, k + 1)
        prior = (s + positives) / (2 * s + n)
        there = (s + with_label) / (s * (k + 1) + positives)[:, None]
        absent = (s + every - with_label) / (s * (k + 1) + n - positives)[:, None]
        yes, no = prior[:, None] * there, (1 - prior)[:, None] * absent
        self.posterior_ = yes / (yes + no)  # (q, k + 1)

    def _scores(self, X):
        counts = votes(self.rows_, self.labels_, self.k_, X)
        return self.posterior_[np.arange(counts.shape[1]), counts]
