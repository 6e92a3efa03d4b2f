"""LP-ROS: clone rows of rare labelsets."""

from typing import Any

import numpy as np

from aemlo.imbalance import Labels, label_counts
from aemlo.notes import Note
from aemlo.samplers import size
from aemlo.samplers.base import OverSampler, clones, no_rows
from aemlo.samplers.labelset_quotas import drawn_again, fill
from aemlo.samplers.size import rows_to_target

PAPER_SHARE = 0.25


class LPROS(OverSampler):
    """Clone rows of the labelsets that are smaller than the mean labelset.

    Charte, Rivera, del Jesus, Herrera: A first approach to deal with imbalance in
    multi-label datasets, HAIS 2013, LNCS 8073.

    A labelset counts as one class. Each labelset with fewer rows than the mean gets an
    equal quota of the P % of n rows to add, cloned at random, at most up to the mean;
    what one cannot take is shared among the rest.

    Departures: P is `budget`, 25 % where nothing is set. With `labels`, only labelsets
    with one of these are cloned. With a `target`, labels are worked through, the rarest
    first: for what a label still lacks, rows of its small labelsets are cloned, each
    labelset alike, beyond the mean if need be.
    """

    title = "LP-ROS"
    colour = "#56B4E9"
    marker = "triangle-up"
    formulas = (
        (
            "Labelsets that are cloned, with n_s the rows of labelset s and S "
            "labelsets in n rows:",
            r"n_s < \bar n = \frac{n}{S}",
        ),
        (
            "Rows to add to each, at first, with m such labelsets; what one cannot "
            "take is shared among the rest:",
            r"\min\left( \left\lfloor \bar n - n_s \right\rfloor,\; \frac{P\, n}{m} "
            r"\right)",
        ),
    )
    selects_rows = True
    reads_features = False
    idea = (
        "Treat each combination of labels as one class, and copy rows of the rare "
        "combinations until they are as common as the mean."
    )
    helps = "Few distinct labelsets, some of them rare; label powerset classifiers."
    harms = (
        "Many labelsets: with most of them unique the mean is near 1 and nothing can "
        "be added. A rare combination of common labels is copied too."
    )
    source = (
        "Charte, Rivera, del Jesus, Herrera: A first approach to deal with imbalance "
        "in multi-label datasets. HAIS 2013, LNCS 8073."
    )
    keeps = "All original rows; every new row is one of them. No new labelset appears."
    differs = (
        "imbalanced-learn's RandomOverSampler brings every class to the largest; here "
        "the mean is the aim and the rows to add are limited."
    )

    def __init__(
        self,
        budget: size.Budget = None,
        target: size.Target = None,
        labels: size.Labels = None,
        random_state: Any = None,
    ) -> None:
        self.budget = budget
        self.target = target
        self.labels = labels
        self.random_state = random_state

    def _generate(self, X, Y, rng, on_progress):
        of_row, sizes, first = Labels(Y).labelsets
        small = np.flatnonzero(sizes < sizes.mean())
        if self.labels is not None:
            small = small[Y[np.ix_(first[small], self._chosen_labels(Y))].any(axis=1)]
        if self.target is None:
            rows = self._up_to_the_mean(of_row, sizes, small, rng)
            label = np.full(len(rows), -1)
        else:
            rows, label = self._to_target(Y, of_row, first, small, rng, on_progress)
        on_progress(1.0)
        return clones(X, Y, rows, label) if len(rows) else no_rows(X, Y)

    def _up_to_the_mean(self, of_row, sizes, small, rng):
        share = PAPER_SHARE if self.budget is None else self.budget
        wanted = round(share * len(of_row))
        room = np.floor(sizes.mean() - sizes[small]).astype(int)
        times = fill(wanted, room, rng)
        if not times.sum():
            self.notes_.append(
                f"The data are balanced already: no labelset has room below the mean "
                f"of {sizes.mean():.1f} rows, so nothing was added."
            )
        elif times.sum() < wanted:
            self.notes_.append(
                f"{times.sum():,} rows were enough: every small labelset is up to the "
                f"mean of {sizes.mean():.1f} rows."
            )
        return drawn_again(of_row, small, times, rng)

    def _to_target(self, Y, of_row, first, small, rng, on_progress):
        quotas = self._quotas(Y)
        goal = label_counts(Y) + rows_to_target(
            Y, self._target_by_column(), self._chosen_labels(Y)
        )
        counts = label_counts(Y).astype(np.int64)
        left = np.inf if self.budget is None else round(self.budget * len(Y))
        asked = np.flatnonzero(quotas)
        cloned, label_of_clones = [np.zeros(0, dtype=int)], [np.zeros(0, dtype=int)]
        for j in asked[np.argsort(counts[asked], kind="stable")]:
            on_progress(0.0)
            sets = small[Y[first[small], j] == 1]
            wanted = int(max(0, min(goal[j] - counts[j], left)))
            if wanted and not len(sets):
                self.notes_.append(
                    Note(
                        "Label {labels} is in no labelset smaller than the mean, so no "
                        "rows were cloned for it.",
                        [j],
                        self._label_names,
                    )
                )
                continue
            times = fill(wanted, np.full(len(sets), wanted), rng)
            rows = drawn_again(of_row, sets, times, rng)
            counts += Y[rows].sum(axis=0, dtype=np.int64)
            left -= len(rows)
            cloned.append(rows)
            label_of_clones.append(np.full(len(rows), j))
        return np.concatenate(cloned), np.concatenate(label_of_clones)
