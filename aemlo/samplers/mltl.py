"""MLTL: remove the common row of each pair of close rows with distant labels."""

from typing import Annotated

import numpy as np

from aemlo.params import Between
from aemlo.samplers.cleaning import UnderSampler, label_distance
from aemlo.samplers.neighbours import distance_space, nearest


class MLTL(UnderSampler):
    """Tomek links between labelsets: the row without a minority label goes.

    Pereira, Costa, Silla: MLTL: a multi-label approach for the Tomek Link undersampling
    algorithm, Neurocomputing 383, 2020.

    Two rows, each the other's nearest, whose labelsets are farther apart than
    `threshold` are a link (adjusted Hamming distance: differing labels / (labels of one
    + labels of the other)). Of each link the row without a minority label is removed;
    where neither has one, both are; where both have one, none. After an over-sampler
    (`chain`) it cleans what that put too close. Nothing is drawn.

    Departures: distance is Euclidean with each column divided by its range, different
    categories of a one-hot group one apart; the last row of a label is spared; without
    minority labels nothing is removed. The threshold is a setting: the paper's results
    depend on it.
    """

    title = "MLTL"
    deterministic = True
    idea = (
        "Two rows that are each other's nearest and yet labelled otherwise sit on a "
        "border, or one is noise. MLTL takes the common one away."
    )
    helps = (
        "Overlap of rare and common labels; after an over-sampler, to clean borders."
    )
    harms = "Little to gain in wide, sparse data, where mutual neighbours are chance."
    source = (
        "Pereira, Costa, Silla: MLTL: a multi-label approach for the Tomek Link "
        "undersampling algorithm. Neurocomputing 383, 2020."
    )
    keeps = "All rows with a minority label, in their order; no row is changed."
    differs = (
        "imbalanced-learn's TomekLinks knows one class per row and removes by class; "
        "here labelsets have a distance and any minority label protects a row."
    )

    def __init__(
        self,
        threshold: Annotated[
            float,
            Between(0.0, 1.0, "More removes fewer rows: links must differ by more"),
        ] = 0.5,
    ):
        self.threshold = threshold

    def _removed(self, X, Y, rng, on_progress):
        rows = self._candidates(Y)
        if not len(rows) or len(Y) < 2:
            return rows[:0]
        near = nearest(
            distance_space(X, self.categorical_features_),
            np.arange(len(Y)),
            1,
            on_look=lambda: on_progress(0.0),
        )[:, 0]
        linked = rows[near[near[rows]] == rows]
        apart = label_distance(Y, linked, near[linked]) > self.threshold
        return linked[apart]
