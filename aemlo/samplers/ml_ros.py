"""ML-ROS: clone rows of the minority labels."""

from typing import Any

import numpy as np
from scipy import sparse

from aemlo import imbalance
from aemlo.arrays import Rows
from aemlo.imbalance import label_counts, mean_ir
from aemlo.notes import Note
from aemlo.samplers.base import OverSampler, clones, no_rows
from aemlo.samplers.size import Budget, Labels, Target, rows_to_target

PAPER_SHARE = 0.25
ROUNDS_BETWEEN_LOOKS = 32


class MLROS(OverSampler):
    """Clone rows of minority labels in turn until each has come down to MeanIR.

    Charte, Rivera, del Jesus, Herrera: Addressing imbalance in multilabel
    classification: measures and random resampling algorithms, Neurocomputing 163, 2015.

    The minority labels (IRLbl > MeanIR) take turns; at its turn a label has a row of
    its bag cloned, drawn uniformly, and leaves the round once its IRLbl, counted anew
    after each clone, is at most MeanIR. It ends when P % of n rows were added or no
    label is left. MeanIR is that of the rows given, and only those are cloned.

    Departures: P is `budget`, 25 % where nothing is set. With a `target` a label leaves
    when it has its wanted positives, and there is no limit unless `budget` sets one.
    """

    title = "ML-ROS"
    colour = "#0072B2"
    marker = "square"
    formulas = (
        (
            "Labels that take turns, with c the rows that have a label:",
            r"\mathrm{IRLbl}_j = \frac{\max_k c_k}{c_j} > \mathrm{MeanIR}",
        ),
        (
            "A label leaves the round when, counted anew after each clone:",
            r"\max_k c_k \le c_j \cdot \mathrm{MeanIR}",
        ),
    )
    selects_rows = True
    reads_features = False
    idea = (
        "The plainest cure for too few rows of a label: copy some. ML-ROS copies rows "
        "of each rare label in turn and stops with a label once it is rare no more."
    )
    helps = "A quick first answer; labels rare but clean, with low SCUMBLE."
    harms = (
        "Copies add nothing new, so flexible classifiers learn them by heart; a copied "
        "row brings its common labels along."
    )
    source = (
        "Charte, Rivera, del Jesus, Herrera: Addressing imbalance in multilabel "
        "classification: measures and random resampling algorithms. Neurocomputing "
        "163, 2015."
    )
    keeps = "All original rows; every new row is one of them, features and labels."
    differs = (
        "Codes that fix the number of clones per label beforehand overshoot: rows "
        "cloned for one label also carry others. Here counts follow every clone."
    )

    def __init__(
        self,
        budget: Budget = None,
        target: Target = None,
        labels: Labels = None,
        random_state: Any = None,
    ) -> None:
        self.budget = budget
        self.target = target
        self.labels = labels
        self.random_state = random_state

    def _paper_quotas(self, Y, labels):
        counts, limit = label_counts(Y), mean_ir(Y)
        above = [j for j in labels if 0 < counts[j] * limit < counts.max()]
        rows, share = np.zeros(Y.shape[1], dtype=int), round(PAPER_SHARE * len(Y))
        if share:
            # Taking turns, labels come to about as many; more than none: takes part.
            rows[above] = max(share // max(len(above), 1), 1)
        return rows

    def _generate(self, X, Y, rng, on_progress):
        known = imbalance.Labels(Y)
        quotas, counts = self._quotas(Y), label_counts(known)
        for j in np.flatnonzero((quotas > 0) & (counts == 0)):
            self.notes_.append(
                Note(
                    "Label {labels} has no positive row to clone.",
                    [j],
                    self._label_names,
                )
            )
        active = np.flatnonzero((quotas > 0) & (counts > 0))
        if not len(active):
            return no_rows(X, Y)
        rows, label_of_clones = self._chosen(Y, known, active, rng, on_progress)
        on_progress(1.0)
        return clones(X, Y, rows, label_of_clones)

    def _chosen(self, Y, known, active, rng, on_progress):
        """Rows to clone and the label of each, both (m,), in the order cloned."""
        is_done, most = self._rule(Y, known)
        columns = known.matrix.tocsc()
        bags = [columns.indices[slice(*columns.indptr[j : j + 2])] for j in active]
        sizes = np.array([len(bag) for bag in bags])
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        rows, counts = np.concatenate(bags), label_counts(known).astype(np.int64)
        in_round = np.arange(len(active))
        cloned, label_of_clones, total, rounds = [], [], 0, 0
        while len(in_round) and total < most:
            if rounds % ROUNDS_BETWEEN_LOOKS == 0:
                on_progress(min(1.0, total / most) if np.isfinite(most) else 0.0)
            rounds += 1
            turn = in_round
            drawn = (rng.random(len(turn)) * sizes[turn]).astype(int) + starts[turn]
            drawn = rows[drawn]
            while len(turn):
                # Counts before each turn, as if no label of this round had left.
                clones_before = _Clones(known.matrix[drawn], counts)
                done = np.flatnonzero(is_done(clones_before, active[turn]))
                taken = int(min(done[0] if len(done) else len(turn), most - total))
                cloned.append(drawn[:taken])
                label_of_clones.append(active[turn[:taken]])
                total += taken
                counts = clones_before.counts_after(taken)
                if not len(done) or total >= most:
                    break
                in_round = in_round[in_round != turn[done[0]]]
                turn, drawn = turn[done[0] + 1 :], drawn[done[0] + 1 :]
        self._note_if_enough(len(in_round), total, most)
        return np.concatenate(cloned), np.concatenate(label_of_clones)

    def _rule(self, Y, known):
        """(when a label leaves, most rows): the first takes _Clones, a label each."""
        n = len(Y)
        most = np.inf if self.budget is None else round(self.budget * n)
        if self.target is None:
            limit = mean_ir(known)
            most = most if self.budget is not None else round(PAPER_SHARE * n)

            def is_done(clones_before, labels):
                return clones_before.largest() <= limit * clones_before.own(labels)

            return is_done, most
        goal = label_counts(known) + rows_to_target(
            Y, self._target_by_column(), self._chosen_labels(Y)
        )
        return (
            lambda clones_before, labels: clones_before.own(labels) >= goal[labels],
            most,
        )

    def _note_if_enough(self, left, total, most):
        if left == 0 and self.target is None and total < most:
            self.notes_.append(
                f"{total:,} rows were enough: every label chosen is down to MeanIR."
            )


class _Clones:
    """Label counts (q,) before each of the rows `cloned` (m, q) CSR joins them.

    Kept sparse: at a thousand labels a round of them would be a million counts.
    """

    def __init__(self, cloned: sparse.csr_matrix, counts: np.ndarray) -> None:
        self.counts = counts
        self.labels = cloned.indices
        self.turn = np.repeat(np.arange(cloned.shape[0]), np.diff(cloned.indptr))
        self.m = cloned.shape[0]

    def own(self, labels: Rows) -> np.ndarray:
        """The count of labels[i] before the i-th clone, (m,); each label once."""
        turn_of = np.full(len(self.counts), -1)
        turn_of[labels] = np.arange(self.m)
        # Turns below its own in which a label has come along with another's clone.
        earlier = self.labels[self.turn < turn_of[self.labels]]
        return (self.counts + self._added(earlier))[labels]

    def largest(self) -> np.ndarray:
        """The largest of all counts before each clone, (m,)."""
        # Who is further behind than there are clones will not be the largest.
        close = np.flatnonzero(self.counts + self.m >= self.counts.max())
        place = np.full(len(self.counts), -1)
        place[close] = np.arange(len(close))
        at = place[self.labels]
        joined = np.zeros((self.m + 1, len(close)), dtype=np.int64)
        joined[self.turn[at >= 0] + 1, at[at >= 0]] = 1
        joined[0] = self.counts[close]
        return joined.cumsum(axis=0)[:-1].max(axis=1)

    def counts_after(self, m: int) -> np.ndarray:
        """The counts (q,) once the first m clones have joined."""
        return self.counts + self._added(self.labels[self.turn < m])

    def _added(self, labels):
        return np.bincount(labels, minlength=len(self.counts))
