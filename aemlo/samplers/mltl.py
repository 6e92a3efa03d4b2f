"""MLTL: remove majority rows that form Tomek links with unlike rows."""

from typing import Annotated

import numpy as np

from aemlo.neighbours.search import nearest_in_pool
from aemlo.neighbours.stretch import distance_space
from aemlo.params import Between
from aemlo.samplers.under import UnderSampler, adjusted_hamming


class MLTL(UnderSampler):
    """Remove rows without minority labels from Tomek links between unlike labelsets.

    Pereira, Costa, Silla: MLTL, Neurocomputing 383, 2020.

    Two rows are a link when each is the other's nearest neighbour and their labels are
    more than `threshold` apart. Of a link each row without a minority label goes.

    Departures: where neither row has a minority label both go, as when Tomek links are
    used for cleaning; the threshold is a setting with one default for all sets;
    distance is Euclidean with each column divided by its range, different categories of
    a one-hot group one apart; where no label is a minority label, nothing goes.
    """

    title = "MLTL"
    colour = "#1B7F79"
    marker = "triangle-down"
    formulas = (
        (
            "Distance of the labels of two rows:",
            r"d(i, m) = \frac{\sum_j [\, y_{ij} \ne y_{mj} \,]}{\sum_j y_{ij} + "
            r"\sum_j y_{mj}}",
        ),
        (
            "A link is a pair of rows, each the nearest neighbour N of the other, "
            "with labels apart:",
            r"N(i) = m, \quad N(m) = i, \quad d(i, m) > \text{threshold}",
        ),
    )
    deterministic = True
    idea = (
        "Two rows closest to each other with unlike labels mark an overlap or an "
        "error. Clear the frequent side of it."
    )
    helps = "Cleaning after an over-sampler; overlapping frequent labels."
    harms = "Few rows go; with noisy distances the wrong ones."
    source = (
        "Pereira, Costa, Silla: MLTL: A multi-label approach for the Tomek Link "
        "undersampling algorithm. Neurocomputing 383, 2020."
    )
    keeps = "All rows with a minority label; the rows that stay are unchanged."
    differs = (
        "imbalanced-learn's TomekLinks knows one class per row and removes by class; "
        "here labelsets have a distance and any minority label protects a row."
    )

    def __init__(
        self,
        threshold: Annotated[
            float, Between(0.0, 1.0, "More keeps more rows: labels must differ more")
        ] = 0.5,
    ) -> None:
        self.threshold = threshold

    def _doomed(self, X, Y, rng, on_progress):
        on_progress(0.0)
        n, common = len(Y), self._without_minority(Y)
        if n < 2 or not len(common):
            return []
        space = distance_space(X, self.categorical_features_)
        near = nearest_in_pool(
            space, np.arange(n), 1, on_progress=lambda done: on_progress(0.5)
        ).ravel()
        link = near[near] == np.arange(n)
        link &= adjusted_hamming(Y, Y[near]) > self.threshold
        return common[link[common]]
