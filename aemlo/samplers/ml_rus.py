"""ML-RUS: delete rows of the majority labels."""

from typing import Annotated, Any

import numpy as np

from aemlo.imbalance import Labels, mean_ir, minority_labels
from aemlo.params import Between, Switch
from aemlo.samplers import size
from aemlo.samplers.under import UnderSampler

Removed = Annotated[
    float,
    Between(0.001, 0.9, "More removes more rows: share of the rows given", "share"),
]


class MLRUS(UnderSampler):
    """Delete rows of majority labels in turn until each has come up to MeanIR.

    Charte, Rivera, del Jesus, Herrera: Addressing imbalance in multilabel
    classification: measures and random resampling algorithms, Neurocomputing 163, 2015.

    The majority labels (IRLbl < MeanIR) take turns; at its turn a label has a row of
    its bag deleted, drawn uniformly among those left, and leaves the round once its
    IRLbl, counted anew after each deletion, is at least MeanIR. It ends when P % of n
    rows were deleted or no label is left. MeanIR is that of the rows given.

    Departures: a row without which a label would have no positive is never deleted;
    `keep_minority` keeps all rows that have a minority label (IRLbl > MeanIR).
    """

    title = "ML-RUS"
    colour = "#CC79A7"
    marker = "cross"
    formulas = (
        (
            "Labels that take turns, with c the rows that have a label:",
            r"\mathrm{IRLbl}_j = \frac{\max_k c_k}{c_j} < \mathrm{MeanIR}",
        ),
        (
            "A label leaves the round when, counted anew after each deletion:",
            r"\max_k c_k \ge c_j \cdot \mathrm{MeanIR}",
        ),
    )
    reads_features = False
    idea = (
        "Rather than add to the rare labels, take away from the common ones: rows that "
        "have a common label are deleted at random, each common label in its turn."
    )
    helps = "Large sets with many rows of common labels, and too little time for all."
    harms = (
        "Rows are lost for good, and those with rare labels among them unless they are "
        "kept: MeanIR can then rise instead of fall. Rarely worth it on small sets."
    )
    source = (
        "Charte, Rivera, del Jesus, Herrera: Addressing imbalance in multilabel "
        "classification: measures and random resampling algorithms. Neurocomputing "
        "163, 2015."
    )
    keeps = "Rows as they are, in their order, and at least one positive of each label."
    differs = (
        "imbalanced-learn's RandomUnderSampler deletes by class until all are even; "
        "here a row belongs to several labels, and counts follow every deletion."
    )

    def __init__(
        self,
        budget: Removed = 0.25,
        keep_minority: Annotated[
            bool, Switch("Never delete a row that has a minority label")
        ] = False,
        random_state: Any = None,
    ) -> None:
        self.budget = budget
        self.keep_minority = keep_minority
        self.random_state = random_state

    def _doomed(self, X, Y, rng, on_progress):
        labels = Labels(Y)
        counts, limit = labels.counts.astype(np.int64), mean_ir(labels)
        deletable = np.ones(len(Y), dtype=bool)
        if self.keep_minority:
            deletable = ~Y[:, minority_labels(labels)].any(axis=1)
        # IRLbl < MeanIR, as a product: no division by an empty label.
        common = np.flatnonzero(counts.max(initial=0) < counts * limit)
        if not len(common):
            self.notes_.append(
                f"{size.evenness(Y)}: no label has IRLbl below MeanIR, so nothing was "
                "removed."
            )
            return []
        bags = {
            j: iter(rng.permutation(np.flatnonzero(Y[:, j].astype(bool) & deletable)))
            for j in common
        }
        most = round(self.budget * len(Y))
        removed = self._in_turn(labels.matrix, counts, bags, limit, most, on_progress)
        if len(removed) < most:
            self.notes_.append(
                f"{len(removed):,} rows were deleted: no label was left to delete from."
            )
        return removed

    def _in_turn(self, matrix, counts, bags, limit, most, on_progress):
        """Rows deleted, in order; `counts` are brought up to date."""
        starts, indices = matrix.indptr.tolist(), matrix.indices
        removed, is_removed = [], np.zeros(matrix.shape[0], dtype=bool)
        while bags and len(removed) < most:
            on_progress(len(removed) / most)
            for j in list(bags)[: most - len(removed)]:
                if counts.max() >= counts[j] * limit:
                    del bags[j]
                    continue
                for row in bags[j]:
                    mine = indices[starts[row] : starts[row + 1]]
                    if not is_removed[row] and (counts[mine] > 1).all():
                        break
                else:
                    del bags[j]
                    continue
                is_removed[row] = True
                removed.append(row)
                counts[mine] -= 1
        return removed
