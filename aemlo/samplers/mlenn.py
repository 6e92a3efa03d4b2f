"""MLeNN: remove majority rows whose neighbours have other labels."""

from typing import Annotated

import numpy as np

from aemlo.neighbours.search import nearest_in_pool
from aemlo.neighbours.stretch import distance_space
from aemlo.params import Between
from aemlo.samplers.under import UnderSampler, adjusted_hamming


class MLeNN(UnderSampler):
    """Remove rows without minority labels that disagree with half their neighbours.

    Charte, Rivera, del Jesus, Herrera: MLeNN, IDEAL 2014.

    A row with a minority label stays. Any other row goes when at least half of its k
    nearest neighbours are more than `threshold` from it in labels. All neighbours are
    those among the original rows, also when some of them go.

    Departures: distance is Euclidean with each column divided by its range, different
    categories of a one-hot group one apart; two rows without labels are at distance 0
    (the formula has 0 / 0); where no label is a minority label, nothing goes.
    """

    title = "MLeNN"
    colour = "#A0522D"
    marker = "bowtie"
    formulas = (
        (
            "Distance of the labels of two rows:",
            r"d(i, m) = \frac{\sum_j [\, y_{ij} \ne y_{mj} \,]}{\sum_j y_{ij} + "
            r"\sum_j y_{mj}}",
        ),
        (
            "A row without a minority label goes if, over its k nearest neighbours "
            "N(i):",
            r"\sum_{m \in N(i)} [\, d(i, m) > \text{threshold} \,] \ge \frac{k}{2}",
        ),
    )
    deterministic = True
    idea = "A row whose neighbours have quite other labels is noise: remove it."
    helps = "Noisy frequent labels; cleaning after an over-sampler."
    harms = (
        "Where labels hardly follow the features, most rows disagree with their "
        "neighbours, and too much goes."
    )
    source = (
        "Charte, Rivera, del Jesus, Herrera: MLeNN: A first approach to heuristic "
        "multilabel undersampling. IDEAL 2014, LNCS 8669; threshold 0.75, 3 neighbours."
    )
    keeps = "All rows with a minority label; the rows that stay are unchanged."
    differs = (
        "Plain Hamming distance divides by all labels, so that rows with few labels "
        "always look alike; the adjusted distance divides by the labels they have."
    )

    def __init__(
        self,
        k_neighbors: Annotated[int, Between(1, 50, "Neighbours asked")] = 3,
        threshold: Annotated[
            float, Between(0.0, 1.0, "More keeps more rows: labels must differ more")
        ] = 0.75,
    ) -> None:
        self.k_neighbors = k_neighbors
        self.threshold = threshold

    def _doomed(self, X, Y, rng, on_progress):
        on_progress(0.0)
        rows = self._without_minority(Y)
        if len(Y) < 2 or not len(rows):
            return []
        space = distance_space(X, self.categorical_features_)
        pool = np.arange(len(Y))
        near = nearest_in_pool(
            space, pool, self.k_neighbors, rows, lambda done: on_progress(0.5)
        )
        far = [
            adjusted_hamming(Y[rows], Y[column]) > self.threshold for column in near.T
        ]
        return rows[2 * np.sum(far, axis=0) >= near.shape[1]]
