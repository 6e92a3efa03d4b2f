"""REMEDIAL: split rows in which rare and common labels meet."""

from typing import Annotated

import numpy as np

from aemlo.imbalance import minority_labels, scumble_per_row
from aemlo.params import Switch
from aemlo.samplers.base import Sampler, kept_provenance


class REMEDIAL(Sampler):
    """Split each row of high concurrence into its rare and its common labels.

    Charte, Rivera, del Jesus, Herrera: Resampling multilabel datasets by decoupling
    highly imbalanced labels, HAIS 2015; Dealing with difficult minority labels in
    imbalanced multilabel data sets, Neurocomputing 326, 2019 (Algorithm 1).

    Each row whose SCUMBLE is above the mean SCUMBLE of the set is decoupled: the row
    keeps its majority labels (IRLbl <= MeanIR), a copy with the same features, appended
    after all rows, has its minority labels. Label counts, and with them IRLbl and
    MeanIR, stay as they are; cardinality and SCUMBLE fall. Nothing is drawn.

    Where the paper is silent: a row whose labels are all on one side is split as well,
    and leaves a copy without labels, as in the R package mldr; `notes_` counts them,
    `drop_empty` leaves them out. Both halves have the same `origin` in `provenance_`.
    """

    title = "REMEDIAL"
    deterministic = True
    reads_features = False
    idea = (
        "A row with a rare and a very common label teaches a classifier mostly about "
        "the common one. REMEDIAL makes two rows of it, one with each."
    )
    helps = (
        "High SCUMBLE: rare labels that hardly ever come alone. Before over-sampling."
    )
    harms = (
        "Low SCUMBLE. Two rows with equal features and different labels contradict each "
        "other, which hurts classifiers that look at neighbours."
    )
    source = (
        "Charte, Rivera, del Jesus, Herrera: Dealing with difficult minority labels in "
        "imbalanced multilabel data sets. Neurocomputing 326, 2019, Algorithm 1."
    )
    keeps = (
        "All features, and the number of positives of each label; labelsets change, and "
        "the number of rows grows."
    )
    differs = (
        "The R package mldr counts a label without positives as 0 in MeanIR; here such "
        "a label is left out, which changes nothing where all labels occur."
    )

    def __init__(
        self,
        drop_empty: Annotated[
            bool, Switch("Leave out the copies that have no label after the split")
        ] = False,
    ):
        self.drop_empty = drop_empty

    def _resample(self, X, Y, rng, on_progress):
        concurrence = scumble_per_row(Y)
        split = np.flatnonzero(concurrence > concurrence.mean())
        minority = minority_labels(Y)
        common, rare = Y.copy(), Y[split]
        common[np.ix_(split, minority)] = 0
        rare[:, ~minority] = 0
        rows = np.concatenate([np.arange(len(Y)), split])
        Y_new = np.vstack([common, rare])
        empty = self._empty_halves(Y_new, split, len(Y))
        self._say(len(split), empty.sum())
        if self.drop_empty and empty.any():
            rows, Y_new = rows[~empty], Y_new[~empty]
        on_progress(1.0)
        return X[rows], Y_new, kept_provenance(rows)

    def _empty_halves(self, Y_new, split, n):
        """Mask of the halves of split rows that have no label."""
        halves = np.zeros(len(Y_new), dtype=bool)
        halves[split] = halves[n:] = True
        return halves & ~Y_new.any(axis=1)

    def _say(self, split, empty):
        if not split:
            self.notes_.append(
                "No row has SCUMBLE above the mean: nothing was split, the rows are as "
                "they were."
            )
        elif empty:
            verb = "left out" if self.drop_empty else "kept, without a label"
            self.notes_.append(
                f"{empty} of {split} split rows had labels on one side only; their "
                f"other half was {verb}."
            )
