"""MLSMOTE: new rows between neighbours that share a minority label."""

from typing import Annotated, Any

import numpy as np

from aemlo.neighbours.search import nearest_in_pool
from aemlo.notes import Note
from aemlo.params import Between, OneOf
from aemlo.samplers.base import OverSampler, Synthetic, no_rows, stacked
from aemlo.samplers.features import MixedFeatures
from aemlo.samplers.size import Budget, Labels, Target

STRATEGIES = ("ranking", "union", "intersection")


class MLSMOTE(OverSampler):
    """Interpolate between rows of a minority label; neighbours vote on the labels.

    Charte, Rivera, del Jesus, Herrera: MLSMOTE, Knowledge-Based Systems 89, 2015.

    For each minority label (IRLbl > MeanIR) each row of its bag, the rows that have it,
    is a seed. Its k nearest neighbours within the bag are found; one of them, drawn, is
    the reference. A numeric feature lies a random step from the seed towards the
    reference, drawn for each feature. A nominal feature is the commonest value among
    the neighbours. Labels are counted over the seed and its k neighbours: `ranking`
    keeps those in more than half, `union` those in any, `intersection` those in all.

    Departures:

    - Bags and MeanIR are those of the original rows; in the pseudo-code they grow while
      labels are worked through, so that the result hangs on the order of the labels.
    - Distance is Euclidean with each column divided by its range; different categories
      of a one-hot group are one apart. The paper has the value difference metric.
    - A bag smaller than k + 1 uses all its other rows; a bag of one row makes none.
    """

    title = "MLSMOTE"
    colour = "#009E73"
    marker = "circle"
    formulas = (
        (
            "A numeric feature f of a new row, between a seed s and its reference r:",
            r"x_f = x_{sf} + u_f\, (x_{rf} - x_{sf}), \quad u_f \sim U(0, 1)",
        ),
        (
            "Labels by ranking, counted over the seed and its k neighbours N(s):",
            r"y_j = \left[\, y_{sj} + \sum_{i \in N(s)} y_{ij} > \frac{k + 1}{2} "
            r"\,\right]",
        ),
    )
    idea = (
        "Between a row that has a rare label and a neighbour that has it too, there "
        "should be more such rows. MLSMOTE puts one there for every row of every "
        "minority label, and lets the neighbours vote on its other labels."
    )
    helps = "Rare labels whose rows lie in a few coherent regions; numeric features."
    harms = (
        "Rare labels scattered among other rows: lines between them cross foreign "
        "ground. With binary features the vote makes rows that are all alike."
    )
    source = (
        "Charte, Rivera, del Jesus, Herrera: MLSMOTE: Approaching imbalanced "
        "multilabel learning through synthetic instance generation. "
        "Knowledge-Based Systems 89, 2015."
    )
    keeps = (
        "All original rows; each new number lies between its seed's and its "
        "reference's."
    )
    differs = (
        "The much-copied Python code by niteshsukhwani steps away from the reference "
        "and returns only the minority rows; mldr.resampling looks at one neighbour. "
        "Here the step is towards the reference, and all rows come back."
    )

    def __init__(
        self,
        k_neighbors: Annotated[
            int, Between(1, 50, "More neighbours: new rows further from their seed")
        ] = 5,
        labelset_strategy: Annotated[
            str,
            OneOf(
                STRATEGIES,
                "Labels that more than half (ranking), any or all of them have",
            ),
        ] = "ranking",
        budget: Budget = None,
        target: Target = None,
        labels: Labels = None,
        random_state: Any = None,
    ) -> None:
        self.k_neighbors = k_neighbors
        self.labelset_strategy = labelset_strategy
        self.budget = budget
        self.target = target
        self.labels = labels
        self.random_state = random_state

    def _generate(self, X, Y, rng, on_progress):
        quotas = self._quotas(Y)
        if not quotas.any():
            return no_rows(X, Y)
        features = MixedFeatures(X, self.categorical_features_)
        space, _ = features.space()
        label, seed, neighbours = self._seeds(space, Y, quotas, rng, on_progress)
        if not len(seed):
            return no_rows(X, Y)
        count = (neighbours >= 0).sum(axis=1)
        drawn = (rng.random(len(seed)) * count).astype(int)
        reference = neighbours[np.arange(len(seed)), drawn]
        X_new, Y_new = [], []
        for part in features.blocks(len(seed)):
            on_progress(0.5 + 0.5 * part.start / len(seed))
            X_new.append(
                features.voted(seed[part], reference[part], neighbours[part], rng)
            )
            Y_new.append(self._labels(Y, seed[part], neighbours[part]))
        on_progress(1.0)
        return Synthetic(
            stacked(X_new),
            np.vstack(Y_new),
            np.column_stack([seed, reference]),
            label,
        )

    def _seeds(self, space, Y, quotas, rng, on_progress):
        """Label (m,), seed (m,) and neighbours (m, k), -1 for none, of each new row."""
        labels, seeds, neighbours = [], [], []
        wanted = np.flatnonzero(quotas)
        for place, j in enumerate(wanted):
            fraction = 0.5 * place / len(wanted)
            on_progress(fraction)
            bag = np.flatnonzero(Y[:, j])
            if len(bag) < 2:
                self._note_too_small(j, len(bag))
                continue
            rounds = np.concatenate(
                [rng.permutation(bag) for _ in range(-(-quotas[j] // len(bag)))]
            )[: quotas[j]]
            whole = len(rounds) >= len(bag)
            asked = bag if whole else np.sort(rounds)
            place = np.searchsorted(asked, rounds)
            near = nearest_in_pool(
                space,
                bag,
                self.k_neighbors,
                None if whole else asked,
                lambda done, fraction=fraction: on_progress(fraction),
            )
            padded = near
            if near.shape[1] < self.k_neighbors:
                padded = np.full((len(asked), self.k_neighbors), -1)
                padded[:, : near.shape[1]] = near
            labels.append(np.full(quotas[j], j))
            seeds.append(rounds)
            neighbours.append(padded[place])
        if not seeds:
            return (np.zeros(0, dtype=int),) * 3
        return np.concatenate(labels), np.concatenate(seeds), np.vstack(neighbours)

    def _note_too_small(self, j, rows):
        what = "one positive row" if rows else "no positive row"
        self.notes_.append(
            Note(
                f"Label {{labels}} has {what}: no neighbour within its bag, so no rows "
                "were made for it.",
                [j],
                self._label_names,
            )
        )

    def _labels(self, Y, seed, neighbours):
        count = Y[seed].astype(np.int16)
        here = neighbours >= 0
        whole = here.all()
        for t in range(neighbours.shape[1]):
            votes = Y[neighbours[:, t]]
            count += votes if whole else votes * here[:, t, None]
        voters = 1 + here.sum(axis=1)[:, None]
        if self.labelset_strategy == "union":
            return (count > 0).astype(Y.dtype)
        if self.labelset_strategy == "intersection":
            return (count == voters).astype(Y.dtype)
        return (2 * count > voters).astype(Y.dtype)
