"""New rows from a trained model: parents, features, labels. NumPy; batched throughout.

`in_turn` and plain decoding are as published; the rest is ours, one function a
mechanism.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from aemlo.neighbours.search import nearest_in_pool
from aemlo.samplers.aemlo import generation

ROWS_AT_ONCE = 2048


@dataclass
class Plan:
    """Who becomes what: for each of m new rows its seed and partner (row numbers,
    equal where there is no partner), the label it is made for (-1 for none) and the
    share of the way from seed to partner."""

    seed: np.ndarray
    partner: np.ndarray
    label: np.ndarray
    step: np.ndarray

    def followed_by(self, other):
        """This plan's rows, then those of `other`."""
        mine, others = vars(self), vars(other)
        return Plan(**{k: np.concatenate([mine[k], others[k]]) for k in mine})

    def part(self, rows):
        """The plan of some of the rows."""
        return Plan(
            self.seed[rows], self.partner[rows], self.label[rows], self.step[rows]
        )


def in_turn(Y, labels, wanted, rng):
    """Rows with any of `labels`, shuffled, in turn until there are `wanted`.

    With the minority labels, as published.
    """
    rows = rng.permutation(np.flatnonzero(Y[:, labels].any(axis=1)))
    seeds = np.resize(rows, wanted if len(rows) else 0).astype(int)
    return Plan(seeds, seeds, np.full(len(seeds), -1), np.zeros(len(seeds)))


def by_label(Y, quotas, rng):
    """Ours: `quotas[j]` seeds for each label j, drawn among its rows."""
    seeds, labels = [], []
    for j, wanted in enumerate(quotas):
        rows = np.flatnonzero(Y[:, j])
        if len(rows) and wanted:
            seeds.append(_spread(rows, wanted, rng))
            labels.append(np.full(wanted, j))
    seeds = np.concatenate([*seeds, np.empty(0, dtype=int)]).astype(int)
    labels = np.concatenate([*labels, np.empty(0, dtype=int)]).astype(int)
    return Plan(seeds, seeds, labels, np.zeros(len(seeds)))


def _spread(rows, wanted, rng):
    """`wanted` of `rows`, each as often as the others, give or take one."""
    whole, rest = divmod(wanted, len(rows))
    return np.concatenate(
        [np.tile(rows, whole), rng.choice(rows, size=rest, replace=False)]
    )


def with_partners(plan, codes, Y, neighbours, pair_share, rng):
    """Ours: a partner among the seed's nearest rows in latent space, same label.

    A row gets one with chance `pair_share`; the step is uniform in (0, 1). A label's
    only row has no partner but itself. Rows made for no label in particular look among
    all rows that have any.
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
    """What the given rows say about values: range, two-valued columns, one-hot groups.

    Two-valued columns outside `groups` are `rare` where the rarer value has at most the
    share `rare_features` of the rows, as words of a text are; the others are `binary`.
    """

    def __init__(self, X, groups=(), rare_features=0.0):
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

    def clip(self, X):
        """X within the range of the given rows."""
        return np.clip(X, self.low, self.high)

    def binarise(self, X):
        """`binary` columns at the nearer of their two values."""
        X = X.copy()
        middle = (self.low + self.high) / 2
        columns = self.binary
        X[:, columns] = np.where(
            X[:, columns] > middle[columns], self.high[columns], self.low[columns]
        )
        return X

    def one_hot(self, decoded, X):
        """X with each group one-hot where `decoded` is largest."""
        for group in self.groups:
            chosen = decoded[:, group].argmax(axis=1)
            X[:, group] = np.arange(len(group)) == chosen[:, None]
        return X

    def agreed(self, X, one, other):
        """X with `rare` columns as in `one` and `other` where these agree."""
        columns = self.rare
        one, other = one[:, columns], other[:, columns]
        X[:, columns] = np.where(one == other, one, X[:, columns])
        return X

    def one_draw_per_group(self, drawn):
        """A mask (m, d) in which a group's columns follow its first one."""
        for group in self.groups:
            drawn[:, group] = drawn[:, group[:1]]
        return drawn


def _columns_of_two_values(X, low, high):
    if sparse.issparse(X):
        by_column = X.tocsc()
        odd = (by_column.data != np.repeat(low, np.diff(by_column.indptr))) & (
            by_column.data != np.repeat(high, np.diff(by_column.indptr))
        )
        columns = np.repeat(np.arange(X.shape[1]), np.diff(by_column.indptr))
        other = np.bincount(columns[odd], minlength=X.shape[1]) > 0
    else:
        other = ~((low == X) | (high == X)).all(axis=0)
    return np.flatnonzero(~other)


def _rarer_share(X, columns, high):
    chosen = X[:, columns]
    if sparse.issparse(chosen):
        held = (chosen != 0).sum(axis=0) / X.shape[0]
        share = np.where(high[columns] != 0, held, 1 - held)
        share = np.asarray(share).ravel()
    else:
        share = (chosen == high[columns]).mean(axis=0)
    return np.minimum(share, 1 - share)


def rank_labels(scores, counts, always):
    """Labels (m, q): in each row the `counts` best scores; column `always` is in."""
    scores = scores.copy()
    made_for = always >= 0
    scores[made_for, always[made_for]] = np.inf
    order = np.argsort(-scores, axis=1, kind="stable")
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(scores.shape[1])[None, :], axis=1)
    return (place < counts[:, None]).astype(np.uint8)


def features(sampler, X, plan, coded, space, rng):
    """Features (m, d) of the `plan`'s rows of X, from the sampler's trained model.

    `coded` is what `codes` gives, `space` the FeatureSpace of X. Residuals and range
    are ours; see AEMLO.
    """
    seed, partner, between = coded
    activation = _sigmoid if sampler.output_activation == "sigmoid" else None

    def decoded(codes):
        return sampler.model_.decode_features(codes, activation)

    made = decoded(between)
    if sampler.residuals:
        one, other = _dense(X[plan.seed]), _dense(X[plan.partner])
        step = plan.step[:, None]
        drawn = space.one_draw_per_group(rng.random(made.shape) < step)
        share = drawn.astype(made.dtype)
        share[:, space.rare] = step
        made = made + share * (other - decoded(partner))
        made = made + (1 - share) * (one - decoded(seed))
        made = space.agreed(made, one, other)
    made = space.binarise(made)
    if sampler.clip:
        made = space.clip(made)
    return space.one_hot(made, made)


def labels(sampler, Y, plan, coded, rng):
    """Labels (m, q) of the `plan`'s rows, `coded`, by the sampler's label rule."""
    if sampler.label_rule == "nearer parent":
        return Y[np.where(plan.step > 0.5, plan.partner, plan.seed)]
    scores = sampler.model_.decode_labels(coded[2])
    if sampler.label_rule == "threshold":
        # sigmoid(s) > t, as round(sigmoid(s)) is for t = 1/2.
        return scores > np.log(sampler.threshold / (1 - sampler.threshold))
    if sampler.parents_weight:
        own = Y[plan.seed] + plan.step[:, None] * (
            Y[plan.partner].astype(float) - Y[plan.seed]
        )
        scores = special.expit(scores.astype(float)) + sampler.parents_weight * own
    counts = Y.sum(axis=1, dtype=float)
    wanted = counts[plan.seed]
    wanted = wanted + plan.step * (counts[plan.partner] - wanted)
    # Rounded at random, so that the mean is kept where rows have one label or two.
    wanted = np.floor(sampler.labels_per_parent * wanted + rng.random(len(wanted)))
    return generation.rank_labels(scores, wanted, plan.label)


def codes(model, X, plan):
    """Codes of seeds, partners and the points between them, (m, l) each."""
    seed = model.encode(X[plan.seed])
    if (plan.seed == plan.partner).all():
        return seed, seed, seed
    partner = model.encode(X[plan.partner])
    return seed, partner, seed + plan.step[:, None] * (partner - seed)


def _sigmoid(values):
    return values.sigmoid()


def _dense(X):
    return X.toarray() if sparse.issparse(X) else X
