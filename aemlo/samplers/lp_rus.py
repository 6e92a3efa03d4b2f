"""LP-RUS: delete rows of common labelsets."""

from typing import Any

import numpy as np

from aemlo.imbalance import Labels
from aemlo.samplers.labelset_quotas import drawn_once, fill
from aemlo.samplers.ml_rus import Removed
from aemlo.samplers.under import UnderSampler


class LPRUS(UnderSampler):
    """Delete rows of the labelsets that are larger than the mean labelset.

    Charte, Rivera, del Jesus, Herrera: A first approach to deal with imbalance in
    multi-label datasets, HAIS 2013, LNCS 8073.

    A labelset counts as one class. Each labelset with more rows than the mean loses an
    equal quota of the P % of n rows to delete, drawn at random, at most down to the
    mean; what one cannot give is shared among the rest. No labelset disappears.
    """

    title = "LP-RUS"
    colour = "#D55E00"
    marker = "x"
    formulas = (
        (
            "Labelsets that lose rows, with n_s the rows of labelset s and S "
            "labelsets in n rows:",
            r"n_s > \bar n = \frac{n}{S}",
        ),
        (
            "Rows to delete from each, at first, with m such labelsets; what one "
            "cannot give is shared among the rest:",
            r"\min\left( \left\lfloor n_s - \bar n \right\rfloor,\; \frac{P\, n}{m} "
            r"\right)",
        ),
    )
    reads_features = False
    idea = (
        "Treat each combination of labels as one class, and delete rows of the common "
        "combinations until they are down to the mean."
    )
    helps = "Large sets where a few labelsets hold most of the rows."
    harms = "Rows are lost for good, those of rare labels in common labelsets too."
    source = (
        "Charte, Rivera, del Jesus, Herrera: A first approach to deal with imbalance "
        "in multi-label datasets. HAIS 2013, LNCS 8073."
    )
    keeps = "Rows as they are, in their order, and every labelset."
    differs = (
        "imbalanced-learn's RandomUnderSampler brings every class to the smallest; "
        "here the mean is the aim and the rows to delete are limited."
    )

    def __init__(self, budget: Removed = 0.25, random_state: Any = None) -> None:
        self.budget = budget
        self.random_state = random_state

    def _doomed(self, X, Y, rng, on_progress):
        of_row, sizes, _ = Labels(Y).labelsets
        large = np.flatnonzero(sizes > sizes.mean())
        room = np.floor(sizes[large] - sizes.mean()).astype(int)
        wanted = round(self.budget * len(Y))
        times = fill(wanted, room, rng)
        if not times.sum():
            self.notes_.append(
                f"The data are balanced already: no labelset exceeds the mean of "
                f"{sizes.mean():.1f} rows by a row, so nothing was removed."
            )
        elif times.sum() < wanted:
            self.notes_.append(
                f"{times.sum():,} rows were deleted: every large labelset is down to "
                f"the mean of {sizes.mean():.1f} rows."
            )
        return drawn_once(of_row, large, times, rng)
