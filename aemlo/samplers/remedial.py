"""REMEDIAL: split rows in which rare and frequent labels meet."""

from typing import Annotated

import numpy as np

from aemlo.imbalance import minority_labels, scumble_per_row
from aemlo.params import Switch
from aemlo.samplers.base import Sampler, provenance, stacked


class REMEDIAL(Sampler):
    """Split rows that mix rare and frequent labels into one row of each.

    Charte, Rivera, del Jesus, Herrera: REMEDIAL, HAIS 2015; Neurocomputing 326, 2019.

    A row with a SCUMBLE above the set's becomes two with the same features: in its
    place one with its majority labels (IRLbl <= MeanIR), after all rows one with its
    minority labels. Both have the split row as their `origin`.

    A split row with labels on one side only leaves a copy without labels, as in the
    published code; `drop_empty` leaves such copies out.
    """

    title = "REMEDIAL"
    colour = "#8C6D31"
    marker = "pentagon"
    formulas = (
        (
            "A row i with the labels L_i is split if its SCUMBLE exceeds the mean "
            "over all rows:",
            r"1 - \frac{1}{\overline{\mathrm{IRLbl}}_i} \left( \prod_{j \in L_i} "
            r"\mathrm{IRLbl}_j \right)^{1 / |L_i|} > \mathrm{SCUMBLE}, \quad "
            r"\overline{\mathrm{IRLbl}}_i = \frac{1}{|L_i|} \sum_{j \in L_i} "
            r"\mathrm{IRLbl}_j",
        ),
    )
    kind = "splits rows"
    deterministic = True
    reads_features = False
    idea = (
        "Over-sampling a row with a rare and a frequent label feeds both. REMEDIAL "
        "parts them first, so that an over-sampler after it can feed the rare one only."
    )
    helps = "High SCUMBLE; as the first step of a chain, before an over-sampler."
    harms = (
        "Two rows with equal features and different labels contradict each other: "
        "nearest-neighbour classifiers suffer, and links between labels are lost."
    )
    source = (
        "Charte, Rivera, del Jesus, Herrera: Resampling multilabel datasets by "
        "decoupling highly imbalanced labels. HAIS 2015, LNCS 9121; "
        "hybrids: Neurocomputing 326, 2019."
    )
    keeps = "Features and label counts are kept; rows grow by the number split."
    differs = (
        "It does not differ from the R package mldr: rows, cardinality and SCUMBLE are "
        "equal on emotions, flags, scene and yeast."
    )

    def __init__(
        self,
        drop_empty: Annotated[
            bool, Switch("Leave out the halves of split rows that have no label")
        ] = False,
    ) -> None:
        self.drop_empty = drop_empty

    def _resample(self, X, Y, rng, on_progress):
        on_progress(0.0)
        concurrence = scumble_per_row(Y)
        split = np.flatnonzero(concurrence > concurrence.mean())
        rare = minority_labels(Y)
        Y_all = np.vstack([Y, Y[split] * rare])
        Y_all[split] *= ~rare
        origin = np.concatenate([np.arange(len(Y)), split])
        halves = np.concatenate([split, np.arange(len(Y), len(Y_all))])
        empty = halves[~Y_all[halves].any(axis=1)]
        self._note_split_rows(split, empty)
        keep = np.ones(len(Y_all), dtype=bool)
        keep[empty] = not self.drop_empty
        on_progress(1.0)
        frame = provenance(int(keep.sum())).assign(origin=origin[keep])
        X_all = stacked([X, X[split]])
        return X_all[np.flatnonzero(keep)], Y_all[keep], frame

    def _note_split_rows(self, split, empty):
        if not len(split):
            self.notes_.append(
                "No row has a SCUMBLE above the set's: the data are unchanged."
            )
        if len(empty):
            fate = "were left out" if self.drop_empty else "are kept, as published"
            self.notes_.append(
                f"{len(empty):,} of {len(split):,} split rows had labels on one side "
                f"only; their halves without labels {fate}."
            )
