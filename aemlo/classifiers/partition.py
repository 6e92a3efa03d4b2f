"""Label-space partitioning: labels that occur together are learned together."""

from typing import Annotated, Any

import numpy as np

from aemlo.arrays import Rows
from aemlo.classifiers.base import Jobs
from aemlo.classifiers.chain import ClassifierChain
from aemlo.classifiers.label_powerset import LabelPowerset, OnSubsets, co_occurrence
from aemlo.classifiers.learners import Base, ClassWeights
from aemlo.params import OneOf


class Partition(OnSubsets):
    """One classifier per community of labels (Szymański et al., Entropy 18, 2016).

    Communities of the graph whose edges count the rows two labels share, by greedy
    modularity (Clauset, Newman, Moore, 2004); each is learned as labelsets (pruned,
    as in LP) or as a chain. `subsets_` names the labels of each after `fit`.
    """

    title = "partition"

    def __init__(
        self,
        base: Base = "logistic",
        inside: Annotated[
            str, OneOf(("labelsets", "chain"), "How a community is learned")
        ] = "labelsets",
        class_weights: ClassWeights = False,
        n_jobs: Jobs = 1,
        random_state: Any = None,
    ) -> None:
        self.base = base
        self.inside = inside
        self.class_weights = class_weights
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _subsets(self, Y, rng):
        return communities(co_occurrence(Y))

    def _part(self, width, seed):
        if self.inside == "chain":
            return ClassifierChain(
                self.base, class_weights=self.class_weights, random_state=seed
            )
        return LabelPowerset(
            self.base, class_weights=self.class_weights, random_state=seed
        )


def communities(weights: np.ndarray) -> list[Rows]:
    """Groups of nodes with the highest modularity that greedy merging reaches.

    `weights` (q, q) symmetric, diagonal 0 -> list of arrays of columns. Starting from
    single nodes, the pair whose union raises modularity most is merged until none
    does; of equal pairs the first. Nodes without edges stay alone.
    """
    q, total = len(weights), weights.sum()
    groups = [[j] for j in range(q)]
    if total == 0:
        return [np.array(group) for group in groups]
    shared = weights / total
    degree = shared.sum(axis=0)
    gain = shared - np.outer(degree, degree)
    np.fill_diagonal(gain, -np.inf)
    for _ in range(q - 1):
        a, b = divmod(int(gain.argmax()), q)
        if gain[a, b] <= 1e-15:
            break
        a, b = min(a, b), max(a, b)
        groups[a] += groups[b]
        groups[b] = []
        shared[a] += shared[b]
        shared[:, a] += shared[:, b]
        degree[a] += degree[b]
        gain[a] = gain[:, a] = shared[a] - degree[a] * degree
        shared[b] = shared[:, b] = degree[b] = 0.0
        gain[b] = gain[:, b] = -np.inf
        gain[a, a] = -np.inf
        empty = [j for j in range(q) if not groups[j]]
        gain[a, empty] = gain[empty, a] = -np.inf
    return [np.sort(group) for group in groups if group]
