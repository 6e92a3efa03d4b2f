"""AutoSMOTE-self and AutoSMOTE-cohort: how to oversample, learned with a classifier."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import pandas as pd
from scipy import sparse

from aemlo.imbalance import label_counts, mean_ir
from aemlo.neighbours.search import nearest_in_pool
from aemlo.neighbours.stretch import distance_space
from aemlo.notes import Note
from aemlo.params import Between, Several
from aemlo.samplers import size
from aemlo.samplers.autosmote.rows import (
    cohort_means,
    drawn_cells,
    drawn_columns,
    in_kind,
    new_features,
    new_labels,
    parents_of,
)
from aemlo.samplers.base import OverSampler, Synthetic, dense, no_rows, stacked
from aemlo.samplers.features import MixedFeatures

LEARNING_SHARE = 0.9  # of the progress bar
DECISIONS = ("participation", "neighbours", "aggregation")

Epochs = Annotated[int, Between(1, 2000, "More lets the decisions settle", log=True)]
Candidates = Annotated[
    Sequence, Several("Numbers of neighbours to choose from", low=1, high=50)
]
LearningRate = Annotated[
    float, Between(1e-5, 0.1, "More learns faster, less steadily", log=True, more=True)
]
Width = Annotated[
    int, Between(2, 1024, "Units in the hidden layer of each network", more=True)
]
BatchSize = Annotated[int, Between(8, 4096, "Real rows per step", log=True, more=True)]
Temperature = Annotated[
    float,
    Between(0.01, 10.0, "Lower makes draws of decisions more decided", more=True),
]
Frozen = Annotated[
    Sequence | None,
    Several("Decisions that do not learn, for ablation", choices=DECISIONS, more=True),
]


class AutoSMOTESelf(OverSampler):
    """Three decisions per row, learned with the classifier they are for: our reading.

    Kishanthan, Hevapathige: Deep learning meets oversampling, arXiv 2502.06878 (not the
    AutoSMOTE of Zha et al., which learns by reinforcement). **A reading of the paper,
    not a reproduction**: what the text leaves open is chosen here and said below.

    Over-sampling is three decisions for each row of a minority label: does it take
    part; of how many of its nearest neighbours in the label's bag; how seed and
    neighbours become a row (mean, least or largest of each feature, or a step towards
    one of them). Each decision is a small network with a Gumbel-Softmax output, 1 for
    the choice and the gradient of the softened draw. They learn with a classifier, one
    hidden layer, on the cross-entropy of all original rows and of the rows they make.

    Chosen here:

    - candidates for k; the four aggregations; one hidden layer of 64; Adam; the
      temperature falls from 1 to 0.1 in equal ratios over the epochs.
    - For many labels: each label has its bag, and a decision reads the row and which
      label it is for. A new row's other labels are those that more than half of seed
      and chosen neighbours have.
    - Taking part says which rows make the new ones, not how many: the weight of a
      label's rows is fixed to what is wanted of it. Else the loss falls most easily by
      making none. Wanted, if nothing is set: rows until the label reaches MeanIR; with
      a single label, until it is on half of all rows.
    - After learning, seeds are drawn in proportion to their probability to take part, k
      and aggregation by theirs. A seed that makes the same mean, least or largest again
      goes a random part of the way there.
    - Two-valued features are set to the nearer value, one-hot groups to the largest.

    Sparse data: the networks read rows as dense numbers, in single precision; of X only
    the rows of the labels to be oversampled are made so, and batches of the others.
    """

    title = "AutoSMOTE-self"
    colour = "#4C72B0"
    marker = "hourglass"
    formulas = (
        (
            "The draw of a decision with logits z at temperature t, for the gradient; "
            "forward it is one-hot at the largest:",
            r"p = \mathrm{softmax}\left( \frac{z + g}{t} \right), \quad g = "
            r"-\log(-\log u), \quad u \sim U(0, 1)",
        ),
        (
            "The loss, over n real rows and the new rows of the pairs m, with weights "
            "w that sum, label by label, to the rows wanted:",
            r"\frac{\sum_{i} \mathrm{CE}(x_i, y_i) + \sum_{m} w_m\, \mathrm{CE}(x_m, "
            r"y_m)}{n + \sum_{m} w_m}",
        ),
    )
    cheap_settings = {"epochs": 4, "width": 8, "batch_size": 32}
    cohorts: int | None = None
    idea = (
        "Which rows to oversample from, with how many neighbours and how, is learned "
        "with a classifier instead of set by hand; each row decides for itself."
    )
    helps = (
        "Enough rows of each rare label to learn from; a neural classifier after it."
    )
    harms = (
        "Very rare labels: a decision per row over-fits. Least and largest of each "
        "feature may join values that never occur together."
    )
    source = (
        "Kishanthan, Hevapathige: Deep Learning Meets Oversampling: A Learning "
        "Framework to Handle Imbalanced Classification. arXiv 2502.06878, 2025. A "
        "reading, not a reproduction."
    )
    keeps = "All original rows; new features stay in the range of seed and neighbours."
    differs = (
        "The AutoSMOTE of Zha et al. (2022) learns by reinforcement on a validation "
        "score; this one learns by gradient, end to end."
    )

    def __init__(
        self,
        epochs: Epochs = 60,
        candidates: Candidates = (1, 3, 5, 7, 10),
        budget: size.Budget = None,
        target: size.Target = None,
        labels: size.Labels = None,
        learning_rate: LearningRate = 3e-3,
        width: Width = 64,
        batch_size: BatchSize = 128,
        first_temperature: Temperature = 1.0,
        last_temperature: Temperature = 0.1,
        frozen: Frozen = None,
        random_state: Any = None,
    ) -> None:
        self.epochs = epochs
        self.candidates = candidates
        self.budget = budget
        self.target = target
        self.labels = labels
        self.learning_rate = learning_rate
        self.width = width
        self.batch_size = batch_size
        self.first_temperature = first_temperature
        self.last_temperature = last_temperature
        self.frozen = frozen
        self.random_state = random_state

    def _default_labels(self, Y):
        counts = label_counts(Y)
        if Y.shape[1] == 1:
            return np.flatnonzero((counts > 0) & (2 * counts < len(Y)))
        return super()._default_labels(Y)

    def _paper_quotas(self, Y, labels):
        counts, wanted = label_counts(Y), np.zeros(Y.shape[1], dtype=int)
        if Y.shape[1] == 1:
            wanted[labels] = np.maximum(len(Y) - 2 * counts[labels], 0)
        elif counts.any():
            goal = np.ceil(counts.max() / mean_ir(Y) - 1e-9).astype(int)
            wanted[labels] = np.maximum(goal - counts[labels], 0)
        return wanted

    def _generate(self, X, Y, rng, on_progress):
        quotas = self._quotas(Y)
        small = np.flatnonzero((quotas > 0) & (label_counts(Y) < 2))
        for j in small:
            self.notes_.append(
                Note(
                    "Label {labels} has fewer than two rows: no neighbour within its "
                    "bag, so no rows were made for it.",
                    [j],
                    self._label_names,
                )
            )
        quotas[small] = 0
        self.decisions_, self.history_ = pd.DataFrame(), pd.DataFrame()
        if not quotas.any():
            return no_rows(X, Y)
        space = distance_space(X, self.categorical_features_)
        cells = self._cells(space, Y, quotas, rng, on_progress)
        learning = self._learn(space, Y, cells, rng, on_progress)
        probabilities = learning.network.probabilities(cells.described)
        synthetic = self._make(X, Y, cells, quotas, probabilities, rng)
        on_progress(1.0)
        return synthetic

    def _cells(self, space, Y, quotas, rng, on_progress):
        from aemlo.samplers.autosmote.network import Cells

        most = max(self.candidates)
        wanted = np.flatnonzero(quotas)
        rows, labels, near, counts, shares = [], [], [], [], []
        for j in wanted:
            bag = np.flatnonzero(Y[:, j])
            nearest = nearest_in_pool(
                space, bag, most, on_progress=lambda done: on_progress(0.0)
            )
            padded = np.repeat(nearest[:, -1:], most, axis=1)
            padded[:, : nearest.shape[1]] = nearest
            rows.append(bag)
            labels.append(np.full(len(bag), j))
            near.append(padded)
            counts.append(np.full(len(bag), nearest.shape[1]))
            shares.append(np.full(len(bag), quotas[j] / len(bag)))
        row, label = np.concatenate(rows), np.concatenate(labels)
        self.cohort_of_cell_ = self._cohorts(space, rows, rng, on_progress)
        # The rows of the bags only, in single precision: X is never dense as a whole.
        described = dense(space[row].astype(np.float32))
        if self.cohorts is not None:
            described = cohort_means(described, self.cohort_of_cell_)
        if len(wanted) > 1:
            described = np.hstack([described, label[:, None] == wanted])
        return Cells(
            row,
            label,
            np.vstack(near),
            np.concatenate(counts),
            described,
            np.concatenate(shares),
        )

    def _cohorts(self, space, bags, rng, on_progress):
        return np.full(sum(map(len, bags)), -1)

    def _learn(self, space, Y, cells, rng, on_progress):
        from aemlo.samplers.autosmote.network import Learning

        settings = {
            "candidates": tuple(self.candidates),
            "width": self.width,
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "temperature": (self.first_temperature, self.last_temperature),
            "frozen": tuple(self.frozen or ()),
        }
        learning = Learning(space, Y, cells, settings, int(rng.integers(2**31)))

        def on_learning(fraction, **values):
            on_progress(LEARNING_SHARE * fraction, **values)

        learning.run(on_learning)
        self.history_ = pd.DataFrame(learning.history)
        return learning

    def _make(self, X, Y, cells, quotas, probabilities, rng):
        part, k_share, how_share = probabilities
        cell = np.concatenate(
            [
                drawn_cells(np.flatnonzero(cells.label == j), part, quotas[j], rng)
                for j in np.flatnonzero(quotas)
            ]
        )
        k, how = drawn_columns(k_share[cell], rng), drawn_columns(how_share[cell], rng)
        self._record_decisions(cells, probabilities, cell)
        last = cells.last(self.candidates)[cell, k]
        pick = (rng.random(len(cell)) * (last + 1)).astype(int)
        # A mean, least or largest that was made before goes part of the way only.
        key = np.column_stack([cell, last, how])
        _, first = np.unique(key, axis=0, return_index=True)
        again = np.ones(len(cell), dtype=bool)
        again[first] = False
        step = np.where(again | (how == 3), rng.random(len(cell)), 1.0)
        features = MixedFeatures(X, self.categorical_features_)
        X_new, Y_new, block = [], [], max(1, 500_000 // (1 + X.shape[1]))
        for start in range(0, len(cell), block):
            at = slice(start, start + block)
            seed, near = cells.row[cell[at]], cells.near[cell[at]]
            synthetic = new_features(
                X, seed, near, last[at], how[at], pick[at], step[at]
            )
            synthetic = in_kind(synthetic, features)
            X_new.append(
                sparse.csr_matrix(synthetic) if sparse.issparse(X) else synthetic
            )
            Y_new.append(new_labels(Y, seed, near, last[at]))
        return Synthetic(
            stacked([X[:0], *X_new]),
            np.vstack(Y_new),
            parents_of(cells, cell, last, how, pick),
            cells.label[cell],
            np.where(how == 3, step, np.nan),
        )

    def _record_decisions(self, cells, probabilities, cell):
        """`decisions_`: a row per (label, row), what was decided and how surely."""
        from aemlo.samplers.autosmote.network import AGGREGATIONS

        part, k_share, how_share = probabilities
        self.decisions_ = pd.DataFrame(
            {
                "label": cells.label,
                "row": cells.row,
                "cohort": self.cohort_of_cell_,
                "participation": part,
                "k": np.asarray(self.candidates)[k_share.argmax(axis=1)],
                "k_probability": k_share.max(axis=1),
                "aggregation": np.asarray(AGGREGATIONS)[how_share.argmax(axis=1)],
                "aggregation_probability": how_share.max(axis=1),
                "rows_made": np.bincount(cell, minlength=len(cells.row)),
            }
        )


class AutoSMOTECohort(AutoSMOTESelf):
    """Three decisions per cohort of like rows, learned with a classifier: our reading.

    As AutoSMOTE-self, whose description holds, but the rows of each label's bag are
    parted into cohorts by k-means (ours: the paper does not say how cohorts form), and
    all rows of a cohort share their decisions, read from the cohort's mean. That leaves
    fewer decisions to learn; the paper finds that it generalises better.
    """

    title = "AutoSMOTE-cohort"
    colour = "#937860"
    marker = "star-square"
    cheap_settings = {**AutoSMOTESelf.cheap_settings, "cohorts": 3}
    idea = (
        "Which rows to oversample from, with how many neighbours and how, is learned "
        "with a classifier; rows that are alike decide together."
    )
    helps = (
        "As AutoSMOTE-self, with fewer rows per label: cohorts steady the decisions."
    )
    harms = "Cohorts that mix unlike rows of a label decide badly for both."

    def __init__(
        self,
        epochs: Epochs = 60,
        candidates: Candidates = (1, 3, 5, 7, 10),
        cohorts: Annotated[
            int, Between(1, 200, "More cohorts: decisions for fewer rows each")
        ] = 8,
        budget: size.Budget = None,
        target: size.Target = None,
        labels: size.Labels = None,
        learning_rate: LearningRate = 3e-3,
        width: Width = 64,
        batch_size: BatchSize = 128,
        first_temperature: Temperature = 1.0,
        last_temperature: Temperature = 0.1,
        frozen: Frozen = None,
        random_state: Any = None,
    ) -> None:
        self.cohorts = cohorts
        super().__init__(
            epochs=epochs,
            candidates=candidates,
            budget=budget,
            target=target,
            labels=labels,
            learning_rate=learning_rate,
            width=width,
            batch_size=batch_size,
            first_temperature=first_temperature,
            last_temperature=last_temperature,
            frozen=frozen,
            random_state=random_state,
        )

    def _cohorts(self, space, bags, rng, on_progress):
        from sklearn.cluster import KMeans

        assert self.cohorts is not None
        nearest, used = [], 0
        for bag in bags:
            on_progress(0.0)
            members = space[bag]
            different = len(np.unique(dense(members), axis=0))
            means = KMeans(
                min(self.cohorts, different),
                n_init=1,
                random_state=int(rng.integers(2**31)),
            )
            nearest.append(means.fit_predict(members) + used)
            used += means.n_clusters
        return np.concatenate(nearest)
