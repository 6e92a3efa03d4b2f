"""MLSOL: new rows where labels are hard, judged by the neighbourhood of each row."""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from scipy import sparse

from aemlo.arrays import LabelMatrix, Rows
from aemlo.imbalance import label_counts
from aemlo.neighbours.search import nearest_in_pool
from aemlo.params import Between
from aemlo.samplers.base import OverSampler, Synthetic, no_rows, stacked
from aemlo.samplers.features import MixedFeatures
from aemlo.samplers.size import Budget, Labels, Target, evenly

PAPER_SHARE = 0.3
MAJORITY, SAFE, BORDERLINE, RARE, OUTLIER = range(5)
# theta of each type: a label of a rare row always passes on, an outlier's never.
THRESHOLDS = np.array([0.0, 0.5, 0.75, 1.0 + 1e-5, -1e-5])
MOST_ROUNDS = 25


class MLSOL(OverSampler):
    """Make rows where a label's local imbalance is high; types decide the labels.

    Liu, Blekas, Tsoumakas: Multi-label sampling based on local label imbalance,
    Pattern Recognition 122, 2022.

    The local imbalance C_ij is the share of row i's k neighbours whose label j differs
    from row i's. The minority value of a label is the rarer of 0 and 1. A row is a seed
    in proportion to its weight w_i; its reference is drawn among its k neighbours. A
    numeric feature lies a random step from the seed towards the reference, drawn for
    each feature; a nominal feature comes from either parent.

    C_ij says the type of a pair of row and label with the minority value; then a rare
    one with a safe or borderline minority neighbour becomes borderline, repeated until
    nothing changes. Label j of a new row is the parents' common value; where they
    differ, the type of the minority-valued parent says how near to it the new row must
    be to take its value. The share of the distance is 0.5 where both distances are 0.

    Departures:

    - Since every label's S_ij sum to 1, drawing by w is drawing a label, each alike,
      then a row by S_ij. Here each label gets its equal number of rows instead of a
      drawn one, so that rows can be counted by label and set by label.
    - Distance is Euclidean with each column divided by its range; different categories
      of a one-hot group are one apart.
    - A label with as many 1 as 0 draws no seeds (it is balanced); 1 is its minority
      value where parents differ. The paper is silent.
    """

    title = "MLSOL"
    colour = "#6A4C93"
    marker = "hexagon"
    formulas = (
        (
            "Local imbalance of label j at row i, with N(i) its k neighbours:",
            r"C_{ij} = \frac{1}{k} \sum_{m \in N(i)} [\, y_{mj} \ne y_{ij} \,]",
        ),
        (
            "Weight of row i as a seed, over the rows with the minority value of j "
            "and C below 1:",
            r"w_i = \sum_j S_{ij}, \quad S_{ij} = \frac{C_{ij}}{\sum_{m : C_{mj} < 1} "
            r"C_{mj}}",
        ),
        (
            "Type of a pair with the minority value, before rare pairs are eased:",
            r"\text{safe } C_{ij} < 0.3, \quad \text{borderline } C_{ij} < 0.7, \quad "
            r"\text{rare } C_{ij} < 1, \quad \text{outlier } C_{ij} = 1",
        ),
        (
            "Where the parents differ, the new row x takes the value of the "
            "minority-valued parent s, the other being o, if:",
            r"\frac{\lVert x - x_s \rVert}{\lVert x - x_s \rVert + \lVert x - x_o "
            r"\rVert} \le \theta, \quad "
            r"\theta = 0.5 \text{ safe}, \; 0.75 \text{ borderline}, \; 1^{+} \text{ "
            r"rare}, \; 0^{-} \text{ outlier}",
        ),
    )
    idea = (
        "A rare label is hard where its rows live among rows without it. MLSOL makes "
        "more rows there, and fewer where a label is easy or its rows are noise."
    )
    helps = (
        "Labels whose rows border on others; labels that are common in the set but "
        "rare in some regions. It needs no MeanIR, and works with a single label."
    )
    harms = (
        "Noisy labels near a border are multiplied; with many useless features the "
        "neighbourhoods say little."
    )
    source = (
        "Liu, Blekas, Tsoumakas: Multi-label sampling based on local label imbalance. "
        "Pattern Recognition 122, 2022."
    )
    keeps = "All original rows; each new feature lies between its two parents'."
    differs = (
        "The authors' Java lets only safe neighbours turn a rare row into a borderline "
        "one; the paper, and this, lets borderline ones do so too."
    )

    def __init__(
        self,
        k_neighbors: Annotated[
            int, Between(1, 50, "More looks at a wider neighbourhood of each row")
        ] = 5,
        budget: Budget = None,
        target: Target = None,
        labels: Labels = None,
        random_state: Any = None,
    ) -> None:
        self.k_neighbors = k_neighbors
        self.budget = budget
        self.target = target
        self.labels = labels
        self.random_state = random_state

    def _default_labels(self, Y):
        counts = label_counts(Y)
        return np.flatnonzero((counts > 0) & (2 * counts != len(Y)) & (counts < len(Y)))

    def _value_made(self, Y):
        return 2 * label_counts(Y) <= len(Y)

    def _paper_quotas(self, Y, labels):
        return evenly(round(PAPER_SHARE * len(Y)), labels, Y.shape[1])

    def _nothing_to_do(self, labels, Y):
        if len(labels):
            return super()._nothing_to_do(labels, Y)
        return (
            "The data are balanced already: each label is on half of the rows, on all "
            "or on none, so nothing was added."
        )

    def _generate(self, X, Y, rng, on_progress):
        quotas = self._quotas(Y)
        if not quotas.any():
            return no_rows(X, Y)
        if len(Y) < 2:
            self.notes_.append("One row has no neighbours, so nothing was added.")
            return no_rows(X, Y)
        features = MixedFeatures(X, self.categorical_features_)
        space, stretch = features.space()
        near = nearest_in_pool(
            space,
            np.arange(len(Y)),
            self.k_neighbors,
            on_progress=lambda done: on_progress(0.6 * done),
        )
        on_progress(0.6)
        local = LocalImbalance(Y, near)
        maker = _Maker(features, stretch, Y, near, local.types())
        label, seed = self._seeds(local, self._possible(local, quotas), rng)
        synthetic = maker.make(seed, rng, lambda f: on_progress(0.6 + 0.4 * f))
        synthetic.label = label
        if self.target is not None:
            synthetic = self._until_reached(
                Y, local, maker, synthetic, rng, on_progress
            )
        on_progress(1.0)
        return synthetic

    def _possible(self, local, quotas):
        """`quotas` without labels that no row can be a seed for."""
        unable = (quotas > 0) & (local.weight_sums == 0)
        if not unable.any():
            return quotas
        names = ", ".join(str(self._label_names[j]) for j in np.flatnonzero(unable)[:9])
        self.notes_.append(
            "No seeds for these labels, whose rows have either no neighbour that "
            f"differs or only such neighbours: {names}"
            f"{' and others' if unable.sum() > 9 else ''}."
        )
        left = np.flatnonzero((quotas > 0) & ~unable)
        if self.target is not None or not len(left):
            return np.where(unable, 0, quotas)
        return evenly(quotas.sum(), left, len(quotas))

    def _seeds(self, local, quotas, rng):
        """(label, seed) of each new row, both (m,)."""
        labels, seeds = [np.zeros(0, dtype=int)], [np.zeros(0, dtype=int)]
        for j in np.flatnonzero(quotas):
            heights = np.cumsum(local.weights(j))
            drawn = rng.random(quotas[j]) * heights[-1]
            seeds.append(np.searchsorted(heights, drawn, side="right"))
            labels.append(np.full(quotas[j], j))
        return np.concatenate(labels), np.concatenate(seeds)

    def _until_reached(self, Y, local, maker, synthetic, rng, on_progress):
        """More rows while a label lacks positives of its target and rows bring some."""
        first = self._quotas(Y)
        goal = label_counts(Y) + first
        most = np.inf if self.budget is None else round(self.budget * len(Y))
        if len(synthetic.label) >= most:
            return synthetic
        asked = (first > 0) & (local.weight_sums > 0)
        for _ in range(MOST_ROUNDS):
            lack = np.where(asked, goal - label_counts(Y) - synthetic.Y.sum(axis=0), 0)
            lack = np.maximum(lack, 0).astype(int)
            if not lack.any() or len(synthetic.label) + lack.sum() > most:
                break
            label, seed = self._seeds(local, lack, rng)
            more = maker.make(seed, rng, lambda f: on_progress(1.0))
            gained = more.Y[np.arange(len(label)), label].sum()
            synthetic = Synthetic(
                stacked([synthetic.X, more.X]),
                np.vstack([synthetic.Y, more.Y]),
                np.vstack([synthetic.parents, more.parents]),
                np.concatenate([synthetic.label, label]),
            )
            if not gained:
                break
        self._note_labels_short(Y, synthetic, goal, first > 0)
        return synthetic

    def _note_labels_short(self, Y, synthetic, goal, asked):
        short = goal - label_counts(Y) - synthetic.Y.sum(axis=0)
        short = np.flatnonzero(asked & (short > 0))
        if len(short):
            names = ", ".join(str(self._label_names[j]) for j in short[:9])
            self.notes_.append(f"The target was not reached for: {names}.")


class LocalImbalance:
    """C_ij and what follows from it; Y (n, q), `near` (n, k) neighbours of each row.

    `differing` (n, q) counts the neighbours that differ, `minority` (n, q) marks rows
    with the label's rarer value.
    """

    def __init__(self, Y: LabelMatrix, near: np.ndarray) -> None:
        self.near, self.k = near, near.shape[1]
        self.differing = np.zeros(Y.shape, dtype=np.int8)
        for column in near.T:
            self.differing += Y[column] != Y
        self.minority = (2 * label_counts(Y) <= len(Y)) == Y
        used = self.minority & (self.differing < self.k)
        # Whole numbers: C_ij without its common divisor k.
        self.usable = np.where(used, self.differing, 0)
        self.weight_sums = self.usable.sum(axis=0, dtype=np.int64)

    def weights(self, j: int) -> np.ndarray:
        """S_ij of label j for all rows (n,)."""
        return self.usable[:, j] / self.weight_sums[j]

    def types(self) -> np.ndarray:
        """Type of each (row, label), (n, q): MAJORITY, SAFE, BORDERLINE, RARE, OUTLIER.

        The bounds 0.3 and 0.7 are kept exact by comparing whole numbers.
        """
        count = 10 * self.differing.astype(np.int16)
        types = np.full(count.shape, RARE, dtype=np.int8)
        types[count < 7 * self.k] = BORDERLINE
        types[count < 3 * self.k] = SAFE
        types[self.differing == self.k] = OUTLIER
        types[~self.minority] = MAJORITY
        rows, labels = np.nonzero(types == RARE)
        while len(rows):
            around = types[self.near[rows], labels[:, None]]
            eased = ((around == SAFE) | (around == BORDERLINE)).any(axis=1)
            if not eased.any():
                break
            types[rows[eased], labels[eased]] = BORDERLINE
            rows, labels = rows[~eased], labels[~eased]
        return types


class _Maker:
    """Rows made from seeds: features between the parents, labels by their types."""

    def __init__(
        self,
        features: MixedFeatures,
        stretch: np.ndarray,
        Y: LabelMatrix,
        near: np.ndarray,
        types: np.ndarray,
    ) -> None:
        self.features, self.stretch = features, stretch
        self.Y, self.near, self.types = Y, near, types
        self.minority_value = 2 * label_counts(Y) <= len(Y)

    def make(
        self, seed: Rows, rng: np.random.Generator, on_progress: Callable[..., object]
    ) -> Synthetic:
        reference = self.near[seed, rng.integers(self.near.shape[1], size=len(seed))]
        X_new, Y_new = [self.features.X[:0]], [self.Y[:0]]
        for part in self.features.blocks(len(seed)):
            on_progress(part.start / len(seed))
            first, second = seed[part], reference[part]
            synthetic = self.features.between(first, second, rng)
            X_new.append(synthetic)
            Y_new.append(self._labels(synthetic, first, second))
        return Synthetic(
            stacked(X_new),
            np.vstack(Y_new),
            np.column_stack([seed, reference]),
            np.full(len(seed), -1),
        )

    def _labels(self, synthetic, first, second):
        to_first = self._distance(synthetic, first)
        whole = to_first + self._distance(synthetic, second)
        share = np.divide(
            to_first, whole, out=np.full(len(whole), 0.5), where=whole > 0
        )[:, None]
        Y, value = self.Y[first], self.minority_value
        of_first = value == Y
        theta = THRESHOLDS[np.where(of_first, self.types[first], self.types[second])]
        d = np.where(of_first, share, 1 - share)
        chosen = np.where(d <= theta, value, ~value)
        return np.where(self.Y[second] == Y, Y, chosen).astype(Y.dtype)

    def _distance(self, synthetic, parents):
        away = synthetic - self.features.X[parents]
        if sparse.issparse(away):
            away = away.multiply(self.stretch[None, :])
            return np.sqrt(np.asarray(away.multiply(away).sum(axis=1)).ravel())
        away *= self.stretch
        return np.sqrt(np.einsum("ij,ij->i", away, away))
