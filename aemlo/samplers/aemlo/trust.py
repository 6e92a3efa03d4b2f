"""Rows one can trust: copies, duplicates, and what the nearest real rows say. Ours.

NumPy only, and of no sampler in particular: `label_support` judges the rows of any.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import pandas as pd
from scipy import sparse

from aemlo.arrays import Features, LabelMatrix, Mask, PerLabel, Rows, Scores
from aemlo.neighbours.search import neighbours
from aemlo.neighbours.stretch import distance_space, stretches
from aemlo.samplers.aemlo.generation import Plan
from aemlo.samplers.base import Synthetic, stacked

SUPPORT_NEIGHBOURS = 5
EQUAL = 1e-5  # rows this near, after the stretch, differ by the network's rounding only


def row_keys(X: Features) -> list[bytes]:
    """One short key a row of X (n, d), the same for rows that are equal in all values.

    Dense and CSR rows of equal values have different keys: compare like with like.
    """
    if sparse.issparse(X):
        matrix = sparse.csr_matrix(X, copy=True)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        columns = matrix.indices.astype(np.int64)
        parts = [
            columns[a:b].tobytes() + matrix.data[a:b].tobytes()
            for a, b in zip(matrix.indptr, matrix.indptr[1:], strict=False)
        ]
    else:
        # Adding 0 turns -0.0, which equals 0.0, into it.
        parts = [row.tobytes() for row in np.ascontiguousarray(X) + 0.0]
    return [blake2b(part, digest_size=16).digest() for part in parts]


class RealRows:
    """The real rows X (n, d), Y (n, q) that synthetic ones are compared with.

    Distance is Euclidean after each column's stretch; `groups` are one-hot groups. A
    row's support of a label is the share of its SUPPORT_NEIGHBOURS nearest real rows
    that have it (fewer where there are fewer), a real row never its own neighbour.
    `least` (q,) is the support under which only the share `quantile` of the real rows
    with the label lies.
    """

    def __init__(
        self,
        X: Features,
        Y: LabelMatrix,
        groups: Sequence[Rows] = (),
        quantile: float = 0.05,
    ) -> None:
        self._stretch = stretches(X, groups)
        self._space = distance_space(X, groups, self._stretch)
        self.Y = Y
        n = len(Y)
        self.support = np.ones(Y.shape)
        if n > 1:
            near, _ = neighbours(self._space, min(SUPPORT_NEIGHBOURS, n - 1))
            self.support = _shares(Y, near)
        self.least = np.zeros(Y.shape[1])
        self.mean = np.full(Y.shape[1], np.nan)
        for j in np.flatnonzero(Y.any(axis=0)):
            own = self.support[Y[:, j] > 0, j]
            self.least[j], self.mean[j] = np.quantile(own, quantile), own.mean()
        shared: dict[bytes, np.ndarray] = {}
        keys = row_keys(X)
        for key, labels in zip(keys, Y > 0, strict=True):
            shared[key] = shared[key] & labels if key in shared else labels
        # Labels (n, q) that all rows equal to a row have, and the row itself.
        self._labels_of_equals = np.array([shared[key] for key in keys], dtype=bool)

    def compared(self, X: Features) -> "Compared":
        """Rows X (m, d) beside the real ones."""
        m, q = X.shape[0], self.Y.shape[1]
        if not m:
            nothing = np.empty(0, dtype=int)
            return Compared(
                np.empty((0, q)), nothing, nothing > 0, np.ones((0, q), bool)
            )
        others = distance_space(X, (), self._stretch)
        k = min(SUPPORT_NEIGHBOURS, len(self.Y))
        near, far = neighbours(self._space, k, others=others)
        copied = far <= EQUAL
        labels = np.ones((m, q), dtype=bool)
        for place in range(k):
            rows = copied[:, place]
            labels[rows] &= self._labels_of_equals[near[rows, place]]
        return Compared(_shares(self.Y, near), near[:, 0], copied[:, 0], labels)


@dataclass
class Compared:
    """Synthetic rows beside the real ones, for m rows and q labels.

    `support` (m, q) of each label, `nearest` (m,) the nearest real row, `copy` (m,)
    whether that row is equal, but for the rounding of the network; `allowed` (m, q) the
    labels that all real rows equal to it have (all, where there is none).
    """

    support: Scores
    nearest: Rows
    copy: Mask
    allowed: Mask


def _shares(Y: LabelMatrix, near: Rows) -> Scores:
    total = np.zeros((len(near), Y.shape[1]))
    for column in near.T:  # no (m, k, q) block
        total += Y[column]
    return total / near.shape[1]


@dataclass
class Refused:
    """Counts of rows refused while rows were made, per label made for, and why.

    Each array is (q + 1,); the last place counts rows made for no label in particular.
    """

    copies: np.ndarray
    duplicates: np.ndarray
    unsupported: np.ndarray
    unlabelled: np.ndarray
    missing: np.ndarray

    @classmethod
    def nothing(cls, q: int) -> "Refused":
        """No row refused, for q labels."""
        return cls(*(np.zeros(q + 1, dtype=int) for _ in range(5)))

    def reasons(self, j: int) -> str:
        """Why rows made for label j (or none, j = q) were refused, with counts."""
        counts = {
            "too little support": self.unsupported[j],
            "equal to a real row": self.copies[j],
            "equal to another new row": self.duplicates[j],
            "no label left": self.unlabelled[j],
        }
        given = [f"{number} {words}" for words, number in counts.items() if number]
        return ", ".join(given) or "none"


@dataclass
class Gate:
    """Lets rows through that one can trust, each row once.

    A row is refused that is equal to a real row (but for `copies` of them, which keep
    only the labels that the real row has), that is equal to one let through before, or
    whose label made for has less support than `real.least` (where `judged`). Its other
    labels with less support than that are taken away; a row with no label left is
    refused.
    """

    real: RealRows
    copies: int
    judged: bool
    refused: Refused = field(init=False)

    def __post_init__(self) -> None:
        self.refused = Refused.nothing(self.real.Y.shape[1])
        self._seen: set[bytes] = set()

    def judge(
        self, X: Features, Y: LabelMatrix, label: Rows
    ) -> tuple[Mask, LabelMatrix]:
        """Which of the rows X (m, d), Y (m, q) pass, and their labels (m, q).

        `label` (m,) is what a row was made for, -1 for none.
        """
        Y = Y.astype(bool)
        passed = np.ones(len(label), dtype=bool)
        beside = self.real.compared(X)
        if self.judged:
            weak = beside.support < self.real.least
            made_for = label >= 0
            unsupported = np.zeros(len(label), dtype=bool)
            unsupported[made_for] = weak[made_for, label[made_for]]
            self._refuse(self.refused.unsupported, label[unsupported])
            passed &= ~unsupported
            Y &= ~weak
        Y &= beside.allowed
        for row, key in enumerate(row_keys(X)):
            if passed[row]:
                passed[row] = self._one(Y[row], key, beside.copy[row], label[row])
        return passed, Y.astype(np.uint8)

    def filled(
        self,
        plan: Plan,
        decoded: Callable[[Plan], Synthetic],
        again: Callable[[Plan], Plan],
        tries: int,
    ) -> Iterator[Synthetic]:
        """Rows of the plan that pass; those refused are tried anew, `tries` in all.

        `decoded(plan)` makes the rows of a plan, `again(plan)` plans them anew. Rows
        that never passed are counted in `refused.missing`.
        """
        for _ in range(tries):
            if not len(plan.seed):
                return
            rows = decoded(plan)
            passed, rows.Y = self.judge(rows.X, rows.Y, rows.label)
            yield part_of(rows, np.flatnonzero(passed))
            plan = again(plan.part(np.flatnonzero(~passed)))
        self._refuse(self.refused.missing, plan.label)

    def _one(self, labels, key, is_copy, label):
        """Whether a row with `labels` (q,) passes what does not look at support."""
        if key in self._seen:
            self._refuse(self.refused.duplicates, [label])
            return False
        if is_copy and (self.copies < 1 or (label >= 0 and not labels[label])):
            self._refuse(self.refused.copies, [label])
            return False
        if not labels.any():
            self._refuse(self.refused.unlabelled, [label])
            return False
        self.copies -= bool(is_copy)
        self._seen.add(key)
        return True

    @staticmethod
    def _refuse(counts, label):
        np.add.at(counts, np.asarray(label, dtype=int), 1)


def part_of(made: Synthetic, rows: Rows) -> Synthetic:
    """Some of the rows of a Synthetic."""
    return Synthetic(
        made.X[rows],
        made.Y[rows],
        made.parents[rows],
        made.label[rows],
        None if made.weight is None else made.weight[rows],
    )


def joined(parts: Sequence[Synthetic], X: Features, Y: LabelMatrix) -> Synthetic:
    """Synthetic rows of X, Y one below another, each with a seed and a partner."""
    nothing = np.zeros(0, dtype=int)
    return Synthetic(
        stacked([X[:0], *(part.X for part in parts)]),
        np.vstack([Y[:0], *(part.Y for part in parts)]),
        np.vstack([np.empty((0, 2), dtype=int), *(part.parents for part in parts)]),
        np.concatenate([nothing, *(part.label for part in parts)]),
        np.concatenate([nothing, *(part.weight for part in parts)]),
    )


def label_support(
    real: RealRows,
    X_new: Features,
    Y_new: LabelMatrix,
    label: Rows,
    names: Sequence[object],
    refused: Refused | None = None,
) -> pd.DataFrame:
    """Per label: do the nearest real rows bear out what synthetic rows say about it?

    X_new (m, d), Y_new (m, q) are the synthetic rows, `label` (m,) what each was made
    for, -1 for none. A row per label, with

    - `rows`: synthetic rows that have the label; `made_for`: rows made for it;
    - `nearest_has`, `nearest_lacks`: of `rows`, those whose nearest real row has the
      label, or lacks it;
    - `support`: their mean support; `real_support`: that of real rows with the label;
    - `least_support`: the quantile of the real rows' support; `below`: of `rows`,
      those under it;
    - `copies`: of `rows`, those equal to a real row; `relabelled`: of these, those
      whose real row lacks the label;
    - `refused_copies`, `refused_duplicates`, `refused_unsupported`,
      `refused_unlabelled`: rows made for the label and not let through; `missing`: rows
      that were asked for and not made.
    """
    q = real.Y.shape[1]
    refused = refused or Refused.nothing(q)
    compared = real.compared(X_new)
    support, has = compared.support, Y_new > 0
    beside = has & (real.Y[compared.nearest] > 0)
    rows = has.sum(axis=0)
    return pd.DataFrame(
        {
            "label": list(names),
            "rows": rows,
            "made_for": np.bincount(label[label >= 0], minlength=q),
            "nearest_has": beside.sum(axis=0),
            "nearest_lacks": rows - beside.sum(axis=0),
            "support": _mean_where(support, has),
            "real_support": real.mean,
            "least_support": real.least,
            "below": (has & (support < real.least)).sum(axis=0),
            "copies": (has & compared.copy[:, None]).sum(axis=0),
            "relabelled": (has & ~compared.allowed.astype(bool)).sum(axis=0),
            "refused_copies": refused.copies[:q],
            "refused_duplicates": refused.duplicates[:q],
            "refused_unsupported": refused.unsupported[:q],
            "refused_unlabelled": refused.unlabelled[:q],
            "missing": refused.missing[:q],
        }
    )


def _mean_where(values: Scores, chosen: Mask) -> PerLabel:
    counts = chosen.sum(axis=0)
    total = (values * chosen).sum(axis=0)
    return np.divide(total, counts, out=np.full(len(counts), np.nan), where=counts > 0)
