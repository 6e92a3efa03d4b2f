"""RAkEL: label powersets on small random subsets of the labels."""

from typing import Annotated, Any

import numpy as np

from aemlo.arrays import Rows
from aemlo.classifiers.base import Jobs
from aemlo.classifiers.label_powerset import LabelPowerset, OnSubsets
from aemlo.classifiers.learners import Base, ClassWeights
from aemlo.params import Between, Switch

Width = Annotated[int, Between(2, 10, "Labels in a subset")]


class RAkELd(OnSubsets):
    """RAkEL with disjoint subsets (Tsoumakas, Katakis, Vlahavas, TKDE 23, 2011).

    The labels in random order, cut into subsets of k, each a label powerset. The last
    subset takes what is left.
    """

    title = "RAkEL-d"

    def __init__(
        self,
        base: Base = "logistic",
        k: Width = 3,
        class_weights: ClassWeights = False,
        n_jobs: Jobs = 1,
        random_state: Any = None,
    ) -> None:
        self.base = base
        self.k = k
        self.class_weights = class_weights
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _subsets(self, Y, rng):
        return disjoint(Y.shape[1], self.k, rng)

    def _part(self, width, seed):
        return LabelPowerset(self.base, 1, 0, self.class_weights, seed)


class RAkELo(OnSubsets):
    """RAkEL with overlapping subsets (Tsoumakas, Katakis, Vlahavas, TKDE 23, 2011).

    `models` different random subsets of k labels, each a label powerset; a label's
    score is the mean over the subsets that have it: of votes, as in the paper, or of
    probabilities, which rank better. Ours: the first subsets are those of RAkEL-d, so
    that every label is in one.
    """

    title = "RAkEL-o"

    def __init__(
        self,
        base: Base = "logistic",
        k: Width = 3,
        models: Annotated[
            int | None, Between(1, 2000, "Subsets; None: twice the labels")
        ] = None,
        votes: Annotated[
            bool, Switch("Average labels given, not probabilities")
        ] = False,
        class_weights: ClassWeights = False,
        n_jobs: Jobs = 1,
        random_state: Any = None,
    ) -> None:
        self.base = base
        self.k = k
        self.models = models
        self.votes = votes
        self.class_weights = class_weights
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _subsets(self, Y, rng):
        q = Y.shape[1]
        subsets = {tuple(sorted(s)): None for s in disjoint(q, self.k, rng)}
        wanted = 2 * q if self.models is None else self.models
        for _ in range(20 * wanted):  # few labels have few different subsets
            if len(subsets) >= wanted:
                break
            subsets[tuple(sorted(rng.choice(q, min(self.k, q), replace=False)))] = None
        return [np.array(columns) for columns in subsets]

    def _part(self, width, seed):
        return LabelPowerset(self.base, 1, 0, self.class_weights, seed)


def disjoint(q: int, k: int, rng: np.random.Generator) -> list[Rows]:
    """The columns 0 to q-1 in random order, cut into arrays of k."""
    order = rng.permutation(q)
    return [order[start : start + k] for start in range(0, q, k)]
