"""Keeping the features that tell the labels apart best, learned from training rows.

The commonest leak in published work is this choice made on all rows, test rows too
(Ambroise, McLachlan, PNAS 99, 2002): on pure noise it makes scores look good. A
comparison can make it rightly, and wrongly on purpose for the leak lesson.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_selection import f_classif

from aemlo.arrays import Features, LabelMatrix, Rows


class FeatureChoice:
    """The `keep` columns with the largest ANOVA F over the labels, and no others.

    Columns of one one-hot group stay or go together, by the best of them. After `fit`:
    `columns_`, sorted positions; `groups_`, the one-hot groups among them.
    """

    def __init__(self, keep: int) -> None:
        self.keep = keep

    def fit(
        self, X: Features, Y: LabelMatrix, groups: Sequence[Rows] = ()
    ) -> "FeatureChoice":
        """Choose from the rows X (n, d) with labels Y (n, q)."""
        best = np.zeros(X.shape[1])
        for j in range(Y.shape[1]):
            if 0 < Y[:, j].sum() < len(Y):
                best = np.maximum(best, np.nan_to_num(_f_values(X, Y[:, j])))
        units = [np.asarray(group) for group in groups]
        inside = set(np.concatenate(units).tolist()) if units else set()
        units += [np.array([j]) for j in range(X.shape[1]) if j not in inside]
        worth = np.array([best[unit].max() for unit in units])
        chosen: list[Rows] = []
        for place in np.argsort(-worth, kind="stable"):
            if sum(map(len, chosen)) >= self.keep:
                break
            chosen.append(units[place])
        self.columns_ = np.sort(np.concatenate(chosen))
        position = {int(column): i for i, column in enumerate(self.columns_)}
        self.groups_ = tuple(
            np.array([position[int(column)] for column in group])
            for group in groups
            if int(group[0]) in position
        )
        return self

    def transform(self, X: Features) -> Features:
        """The chosen columns of X."""
        return X[:, self.columns_]


def _f_values(X: Features, y: Rows) -> NDArray[np.floating[Any]]:
    """F of each column (d,); NaN for a constant one, infinite for a perfect one."""
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.filterwarnings("ignore", message="Features .* are constant")
        return f_classif(X, y)[0]
