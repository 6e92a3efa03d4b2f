"""MLeNN: remove common rows whose neighbours are labelled otherwise."""

from typing import Annotated

import numpy as np

from aemlo.params import Between
from aemlo.samplers.cleaning import UnderSampler, label_distance
from aemlo.samplers.neighbours import distance_space, nearest


class MLeNN(UnderSampler):
    """Remove rows without minority labels that disagree with their neighbours.

    Charte, Rivera, del Jesus, Herrera: MLeNN: a first approach to heuristic multilabel
    undersampling, IDEAL 2014, LNCS 8669, Algorithm 1.

    A row without minority labels (IRLbl <= MeanIR for all it has) is removed when at
    least half of its k nearest rows are farther than `threshold` from it in labels, by
    the adjusted Hamming distance: differing labels / (labels of one + labels of the
    other). Nothing is drawn; rows are judged on the whole set, not one after another.

    Departures: distance is Euclidean with each column divided by its range, different
    categories of a one-hot group one apart; two rows without labels are at distance 0
    (the formula has 0 / 0); the last row of a label is spared; without minority labels
    nothing is removed.
    """

    title = "MLeNN"
    deterministic = True
    idea = (
        "A common row among rows labelled otherwise blurs a border. MLeNN removes such "
        "rows and never touches one with a rare label."
    )
    helps = "Noisy common labels that overlap rare ones; many more rows than needed."
    harms = (
        "Sets with many different labelsets: neighbours then disagree almost everywhere, "
        "and much is removed. Small sets."
    )
    source = (
        "Charte, Rivera, del Jesus, Herrera: MLeNN: a first approach to heuristic "
        "multilabel undersampling. IDEAL 2014, LNCS 8669, Algorithm 1."
    )
    keeps = "All rows with a minority label, in their order; no row is changed."
    differs = (
        "mldr.resampling counts the share of features too; here neighbours are found by "
        "features and judged by labels, as published."
    )

    def __init__(
        self,
        n_neighbors: Annotated[
            int, Between(1, 50, "More judges a row by a wider neighbourhood")
        ] = 3,
        threshold: Annotated[
            float,
            Between(
                0.0,
                1.0,
                "More removes fewer rows: labels farther apart than this differ",
            ),
        ] = 0.75,
    ):
        self.n_neighbors = n_neighbors
        self.threshold = threshold

    def _removed(self, X, Y, rng, on_progress):
        rows = self._candidates(Y)
        if not len(rows) or len(Y) < 2:
            return rows[:0]
        near = nearest(
            distance_space(X, self.categorical_features_),
            np.arange(len(Y)),
            self.n_neighbors,
            rows,
            lambda: on_progress(0.0),
        )
        k = near.shape[1]
        apart = label_distance(Y, np.repeat(rows, k), near.ravel()) > self.threshold
        return rows[2 * apart.reshape(-1, k).sum(axis=1) >= k]
