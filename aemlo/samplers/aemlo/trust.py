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
        self._labels_of_key: dict[bytes, np.ndarray] = {}
        for key, labels in zip(row_keys(X), Y > 0, strict=True):
            before = self._labels_of_key.get(key)
            self._labels_of_key[key] = labels if before is None else before & labels

    def support_of(self, X: Features) -> tuple[Scores, Rows]:
        """Support (m, q) of each label for rows X (m, d), and the nearest row (m,)."""
        if not X.shape[0]:
            return np.empty((0, self.Y.shape[1])), np.empty(0, dtype=int)
        others = distance_space(X, (), self._stretch)
        k = min(SUPPORT_NEIGHBOURS, len(self.Y))
        near, _ = neighbours(self._space, k, others=others)
        return _shares(self.Y, near), near[:, 0]

    def labels_where_copied(self, keys: Sequence[bytes]) -> list[np.ndarray | None]:
        """For each row, by its key: the labels that all real rows equal to it have.

        A mask (q,), or None where no real row is equal to it.
        """
        return [self._labels_of_key.get(key) for key in keys]


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
        if self.judged and len(label):
            support, _ = self.real.support_of(X)
            weak = support < self.real.least
            made_for = label >= 0
            unsupported = np.zeros(len(label), dtype=bool)
            unsupported[made_for] = weak[made_for, label[made_for]]
            self._refuse(self.refused.unsupported, label[unsupported])
            passed &= ~unsupported
            Y &= ~weak
        keys = row_keys(X)
        for row, real in enumerate(self.real.labels_where_copied(keys)):
            if passed[row]:
                passed[row] = self._one(Y, row, keys[row], real, label[row])
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

    def _one(self, Y, row, key, real, label):
        """Whether a row passes what does not look at its support; changes Y[row]."""
        if key in self._seen:
            self._refuse(self.refused.duplicates, [label])
            return False
        if real is not None:
            Y[row] &= real
            if self.copies < 1 or (label >= 0 and not Y[row, label]):
                self._refuse(self.refused.copies, [label])
                return False
        if not Y[row].any():
            self._refuse(self.refused.unlabelled, [label])
            return False
        self.copies -= real is not None
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
    support, nearest = real.support_of(X_new)
    has = Y_new > 0
    beside = has & (real.Y[nearest] > 0)
    copied = real.labels_where_copied(row_keys(X_new))
    is_copy = np.array([labels is not None for labels in copied], dtype=bool)
    lacking = np.zeros_like(has)
    for row in np.flatnonzero(is_copy):
        lacking[row] = has[row] & ~copied[row]
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
            "copies": (has & is_copy[:, None]).sum(axis=0),
            "relabelled": lacking.sum(axis=0),
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
