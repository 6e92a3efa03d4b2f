"""Features of new rows: steps between two rows, and votes of several."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from aemlo.arrays import Features, Rows
from aemlo.neighbours.stretch import column_range, distance_space, stretches_of

CELLS_AT_ONCE = 2_000_000  # dense values made between two calls of the progress hook


class MixedFeatures:
    """X (n, d) and what its columns are: numeric, two-valued, or one-hot `groups`.

    A column with at most two different values takes no third: it is handled as nominal,
    as each group is. `numeric` is a mask (d,).
    """

    def __init__(self, X: Features, groups: Sequence[Rows] = ()) -> None:
        self.X = X
        self.groups = tuple(groups)
        self.low, self.high = column_range(X)
        self.numeric = ~_two_valued(X, self.low, self.high)
        self.group_of = np.full(X.shape[1], -1)
        for number, group in enumerate(self.groups):
            self.numeric[group] = False
            self.group_of[group] = number

    def space(self) -> tuple[Features, np.ndarray]:
        """X as neighbours are searched in it, and its stretch (d,)."""
        stretch = stretches_of(self.high - self.low, self.groups)
        return distance_space(self.X, stretch=stretch), stretch

    def blocks(self, m: int) -> list[slice]:
        """Slices of m new rows, small enough to look up from now and then."""
        width = 1 + min(self.X.shape[1], 4096)
        step = max(1, CELLS_AT_ONCE // width)
        return [slice(start, start + step) for start in range(0, m, step)]

    def between(self, first: Rows, second: Rows, rng: np.random.Generator) -> Features:
        """Rows between X[first] and X[second] (m, d).

        A numeric feature is first + u (second - first), u drawn from [0, 1) for each; a
        two-valued feature or one-hot group comes from either, by the toss of a coin.
        """
        if sparse.issparse(self.X):
            return self._between_sparse(first, second, rng)
        a, b = self.X[first], self.X[second]
        new = b - a
        new *= rng.random(a.shape, dtype=_drawn(a.dtype))
        new += a
        nominal = np.flatnonzero(~self.numeric)
        if len(nominal):
            coins = rng.random((len(first), len(nominal))) < 0.5
            coins = self._one_coin_per_group(coins, nominal)
            new[:, nominal] = np.where(coins, b[:, nominal], a[:, nominal])
        return new

    def voted(
        self,
        first: Rows,
        second: Rows,
        neighbours: np.ndarray,
        rng: np.random.Generator,
    ) -> Features:
        """As `between`, but nominal features are the commonest among `neighbours`.

        `neighbours` (m, k) are row numbers, -1 for none. The category of `first` wins a
        tie that it is part of, an earlier category any other.
        """
        if sparse.issparse(self.X):
            new = self._between_sparse(first, second, rng, only_numeric=True)
            return sparse.csr_matrix(new + self._votes_sparse(first, neighbours))
        a, b = self.X[first], self.X[second]
        if self.numeric.any():
            new = b - a
            new *= rng.random(a.shape, dtype=_drawn(a.dtype))
            new += a
        else:
            new = a
        nominal = np.flatnonzero(~self.numeric)
        if len(nominal):
            self._vote_dense(new, a, neighbours, nominal)
        return new

    def _one_coin_per_group(self, coins, nominal):
        for group in self.groups:
            place = np.searchsorted(nominal, group)
            coins[:, place] = coins[:, place[:1]]
        return coins

    def _vote_dense(self, new, a, neighbours, nominal):
        low, high = self.low[nominal], self.high[nominal]
        is_high = self.X[:, nominal] == high
        count = np.zeros((len(a), len(nominal)), dtype=np.int16)
        for t in range(neighbours.shape[1]):
            here = neighbours[:, t] >= 0
            count += is_high[neighbours[:, t]] & here[:, None]
        own = a[:, nominal] == high
        k = (neighbours >= 0).sum(axis=1)[:, None]
        new[:, nominal] = np.where(2 * count + own > k, high, low)
        for group in self.groups:
            place = np.searchsorted(nominal, group)
            best = (2 * count[:, place] + own[:, place]).argmax(axis=1)
            new[:, group] = best[:, None] == np.arange(len(group))

    def _between_sparse(self, first, second, rng, only_numeric=False):
        a, b = self.X[first], self.X[second]
        step = sparse.csr_matrix(b - a)
        u = rng.random(step.nnz).astype(step.dtype, copy=False)
        if not self.numeric.all():
            rows = np.repeat(np.arange(step.shape[0]), np.diff(step.indptr))
            coins = u < 0.5
            if self.groups:
                per_group = rng.random((step.shape[0], len(self.groups))) < 0.5
                group = self.group_of[step.indices]
                inside = group >= 0
                coins[inside] = per_group[rows[inside], group[inside]]
            u = np.where(self.numeric[step.indices], u, coins)
        step.data = step.data * u
        new = sparse.csr_matrix(a + step)
        if only_numeric:
            new.data[~self.numeric[new.indices]] = 0
        new.eliminate_zeros()
        return new

    def _votes_sparse(self, first, neighbours):
        """Nominal columns by vote; the rest 0. Columns with a value are two-valued."""
        m, k = neighbours.shape
        here = neighbours >= 0
        low, high = self.low, self.high
        shift = sparse.csr_matrix(np.where(~self.numeric, low, 0)[None, :])
        is_high = self._high_marks(low, high)
        rows = np.repeat(np.arange(m), k)[here.ravel()]
        chosen = neighbours.ravel()[here.ravel()]
        picks = sparse.csr_matrix(
            (np.full(len(rows), 2), (rows, chosen)), shape=(m, self.X.shape[0])
        )
        votes = sparse.csr_matrix(picks @ is_high + is_high[first])  # 2 count + own
        asked = here.sum(axis=1)
        of_row = np.repeat(np.arange(m), np.diff(votes.indptr))
        wins = votes.data > asked[of_row]
        in_group = self.group_of[votes.indices] >= 0
        values = (high - low)[votes.indices] * (wins & ~in_group)
        new = sparse.csr_matrix(
            (values.astype(self.X.dtype), votes.indices, votes.indptr),
            shape=votes.shape,
        )
        for group in self.groups:
            best = votes[:, group].toarray().argmax(axis=1)
            new = new + sparse.csr_matrix(
                (np.ones(m, self.X.dtype), (np.arange(m), group[best])),
                shape=new.shape,
            )
        new = sparse.csr_matrix(new)
        new.eliminate_zeros()
        if shift.nnz:  # a two-valued column without zeros: its lower value is stored
            new = sparse.csr_matrix(new + sparse.vstack([shift] * m))
        return new

    def _high_marks(self, low, high):
        """CSR of 1 where a nominal column has its higher value."""
        marks = sparse.csr_matrix(self.X, copy=True)
        place = marks.indices
        nominal = ~self.numeric[place]
        marks.data = np.where(nominal & (marks.data == high[place]), 1, 0)
        marks.eliminate_zeros()
        # A two-valued column of 0 and something negative: 0 is its higher value.
        for column in np.flatnonzero(~self.numeric & (high == 0) & (low < 0)):
            below = np.ones(self.X.shape[0], dtype=int)
            below[self.X[:, [column]].nonzero()[0]] = 0
            upper = sparse.csr_matrix(
                (below, (np.arange(len(below)), np.full(len(below), column))),
                shape=self.X.shape,
            )
            marks = sparse.csr_matrix(marks + upper)
        marks.eliminate_zeros()
        return marks


def _drawn(dtype):
    return np.float32 if dtype == np.float32 else np.float64


def _two_valued(X, low, high):
    """Mask (d,) of columns with at most two different values, `low` and `high`."""
    if sparse.issparse(X):
        between = (X.data != low[X.indices]) & (X.data != high[X.indices])
        odd = np.bincount(X.indices[between & (X.data != 0)], minlength=X.shape[1])
        # Zeros that are not stored count as values too.
        stored = np.bincount(X.indices[X.data != 0], minlength=X.shape[1])
        zero_between = (stored < X.shape[0]) & (low < 0) & (high > 0)
        return (odd == 0) & ~zero_between
    maybe = np.ones(X.shape[1], dtype=bool)
    for start, stop in ((0, 32), (32, len(X))):
        if not maybe.any():
            break
        part = X[start:stop][:, maybe]
        two = ((part == low[maybe]) | (part == high[maybe])).all(axis=0)
        maybe[np.flatnonzero(maybe)[~two]] = False
    return maybe
