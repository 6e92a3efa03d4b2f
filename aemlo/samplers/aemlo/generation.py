"""Which rows AEMLO decodes, and the values that decoded rows may take. NumPy only.

`in_turn` is as published; the rest is ours, one function a mechanism.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from aemlo.arrays import Features, LabelMatrix, Rows, Scores
from aemlo.neighbours.search import nearest_in_pool

ROWS_AT_ONCE = 2048


@dataclass
class Plan:
    """Which rows become new ones, for m new rows.

    `seed` and `partner` (m,) are row numbers, equal where there is no partner; `label`
    (m,) is the label that the row is made for, -1 for none; `step` (m,) is the share of
    the way from seed to partner.
    """

    seed: Rows
    partner: Rows
    label: Rows
    step: np.ndarray

    def followed_by(self, other: "Plan") -> "Plan":
        """This plan's rows, then those of `other`."""
        return Plan(
            np.concatenate([self.seed, other.seed]),
            np.concatenate([self.partner, other.partner]),
            np.concatenate([self.label, other.label]),
            np.concatenate([self.step, other.step]),
        )

    def part(self, rows: Rows | slice) -> "Plan":
        """The plan of some of the rows."""
        return Plan(
            self.seed[rows], self.partner[rows], self.label[rows], self.step[rows]
        )


@dataclass
class Codes:
    """Latent codes (m, l) of a plan's seeds, partners and the points between them."""

    seed: np.ndarray
    partner: np.ndarray
    between: np.ndarray


def in_turn(
    Y: LabelMatrix, labels: Rows | slice, wanted: int, rng: np.random.Generator
) -> Plan:
    """Rows with any of `labels`, shuffled, in turn until there are `wanted`.

    With the minority labels, as published.
    """
    rows = rng.permutation(np.flatnonzero(Y[:, labels].any(axis=1)))
    seeds = np.resize(rows, wanted if len(rows) else 0).astype(int)
    return Plan(seeds, seeds, np.full(len(seeds), -1), np.zeros(len(seeds)))


def by_label(
    Y: LabelMatrix, quotas: Sequence[int] | Rows, rng: np.random.Generator
) -> Plan:
    """Ours: `quotas[j]` seeds for each label j, drawn among its rows."""
    seeds_of_label = [np.empty(0, dtype=int)]
    label_of_seeds = [np.empty(0, dtype=int)]
    for j, wanted in enumerate(quotas):
        rows = np.flatnonzero(Y[:, j])
        if len(rows) and wanted:
            seeds_of_label.append(_spread(rows, wanted, rng))
            label_of_seeds.append(np.full(wanted, j))
    seeds = np.concatenate(seeds_of_label).astype(int)
    labels = np.concatenate(label_of_seeds).astype(int)
    return Plan(seeds, seeds, labels, np.zeros(len(seeds)))


def _spread(rows: Rows, wanted: int, rng: np.random.Generator) -> Rows:
    """`wanted` of `rows`, each as often as the others, give or take one."""
    whole, rest = divmod(wanted, len(rows))
    return np.concatenate(
        [np.tile(rows, whole), rng.choice(rows, size=rest, replace=False)]
    )


def with_partners(
    plan: Plan,
    codes: Features,
    Y: LabelMatrix,
    neighbours: int,
    pair_share: float,
    rng: np.random.Generator,
) -> Plan:
    """Ours: a partner among the seed's nearest rows by `codes` (n, l), same label.

    `codes` are those of the latent space, or the stretched features. A row gets a
    partner with chance `pair_share`; the step is uniform in (0, 1). A label's only row
    has no partner but itself. Rows made for no label in particular look among all rows
    that have any.
    """
    partner, step = plan.seed.copy(), plan.step.copy()
    paired = rng.random(len(plan.seed)) < pair_share
    for j in np.unique(plan.label):
        mine = np.flatnonzero((plan.label == j) & paired)
        bag = np.flatnonzero(Y[:, j] if j >= 0 else Y.any(axis=1))
        k = min(neighbours, len(bag) - 1)
        if k < 1 or not len(mine):
            continue
        seeds, place = np.unique(plan.seed[mine], return_inverse=True)
        near = nearest_in_pool(codes, bag, k, seeds)
        partner[mine] = near[place, rng.integers(k, size=len(mine))]
        step[mine] = rng.random(len(mine))
    return Plan(plan.seed, partner, plan.label, step)


class FeatureSpace:
    """The values that features take in the rows given, and rows brought to such values.

    `low` and `high` (d,) are the range, `groups` the columns of each one-hot group.

    Two-valued columns outside `groups` are `rare` where the rarer value has at most the
    share `rare_features` of the rows, as words of a text are; the others are `binary`.
    """

    def __init__(
        self, X: Features, groups: Sequence[Rows] = (), rare_features: float = 0.0
    ) -> None:
        if sparse.issparse(X):
            self.low = X.min(axis=0).toarray().ravel()
            self.high = X.max(axis=0).toarray().ravel()
        else:
            self.low, self.high = X.min(axis=0), X.max(axis=0)
        self.groups = groups
        two_valued = _columns_of_two_values(X, self.low, self.high)
        rare = _rarer_share(X, two_valued, self.high) <= rare_features
        rare &= ~np.isin(two_valued, np.concatenate([*groups, []]))
        self.rare, self.binary = two_valued[rare], two_valued[~rare]

    def clip(self, X: np.ndarray) -> np.ndarray:
        """X within the range of the given rows."""
        return np.clip(X, self.low, self.high)

    def binarise(self, X: np.ndarray) -> np.ndarray:
        """`binary` columns at the nearer of their two values."""
        X = X.copy()
        middle = (self.low + self.high) / 2
        columns = self.binary
        X[:, columns] = np.where(
            X[:, columns] > middle[columns], self.high[columns], self.low[columns]
        )
        return X

    def one_hot(self, decoded: np.ndarray, X: np.ndarray) -> np.ndarray:
        """X with each group one-hot where `decoded` is largest."""
        for group in self.groups:
            chosen = decoded[:, group].argmax(axis=1)
            X[:, group] = np.arange(len(group)) == chosen[:, None]
        return X

    def agreed(self, X: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """X with `rare` columns as in `one` and `other` where these agree."""
        columns = self.rare
        one, other = one[:, columns], other[:, columns]
        X[:, columns] = np.where(one == other, one, X[:, columns])
        return X

    def one_draw_per_group(self, drawn: np.ndarray) -> np.ndarray:
        """A mask (m, d) in which a group's columns follow its first one."""
        for group in self.groups:
            drawn[:, group] = drawn[:, group[:1]]
        return drawn


def _columns_of_two_values(X: Features, low: np.ndarray, high: np.ndarray) -> Rows:
    if not isinstance(X, np.ndarray):
        by_column = X.tocsc()
        odd = (by_column.data != np.repeat(low, np.diff(by_column.indptr))) & (
            by_column.data != np.repeat(high, np.diff(by_column.indptr))
        )
        columns = np.repeat(np.arange(X.shape[1]), np.diff(by_column.indptr))
        other = np.bincount(columns[odd], minlength=X.shape[1]) > 0
    else:
        other = ~((low == X) | (high == X)).all(axis=0)
    return np.flatnonzero(~other)


def _rarer_share(X: Features, columns: Rows, high: np.ndarray) -> np.ndarray:
    chosen = X[:, columns]
    if sparse.issparse(chosen):
        held = (chosen != 0).sum(axis=0) / X.shape[0]
        share = np.where(high[columns] != 0, held, 1 - held)
        share = np.asarray(share).ravel()
    else:
        share = (chosen == high[columns]).mean(axis=0)
    return np.minimum(share, 1 - share)


def gain(probabilities: Scores, frequencies: np.ndarray) -> Scores:
    """How far probabilities (m, q) are above the labels' frequencies (q,), 0 to 1.

    The sigmoid of the difference of their log-odds: 1/2 where they are equal. Ours.
    Frequent labels, likely everywhere, would else take the places of rare ones.
    """
    more = probabilities * (1 - frequencies)
    less = (1 - probabilities) * frequencies
    return np.divide(
        more, more + less, out=np.full(more.shape, 0.5), where=more + less > 0
    )


def rank_labels(scores: Scores, counts: np.ndarray, always: Rows) -> LabelMatrix:
    """Labels (m, q): in each row i the `counts[i]` best of `scores` (m, q).

    Column `always[i]` is among them, unless it is -1.
    """
    scores = scores.copy()
    has_own_label = always >= 0
    scores[has_own_label, always[has_own_label]] = np.inf
    order = np.argsort(-scores, axis=1, kind="stable")
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(scores.shape[1])[None, :], axis=1)
    return (place < counts[:, None]).astype(np.uint8)
