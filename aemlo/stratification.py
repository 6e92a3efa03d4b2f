"""Divide groups of rows into parts that are alike in size and in every label. Ours.

Iterative stratification (Sechidis, Tsoumakas, Vlahavas, ECML PKDD 2011) divides single
rows. Rows that must stay together (equal rows, the visits of one patient) differ in
number and can hold several positives of a label. So a group counts here with its rows
and with its positives of each label. There are two steps:

1. Give out the groups as the paper gives out rows: the label with the fewest positives
   left first, the groups with most of its positives first, each to the part that lacks
   most of the label, then to the part that lacks most rows, then by lot.
2. Improve the division (not in the paper): move one group, or exchange two, as long as
   that lowers `cost`. Single rows gain from it too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aemlo.arrays import LabelMatrix, Matrix, Rows

ROUNDS = 30  # most rounds of moves and exchanges
CANDIDATES = 40  # groups of each part that are looked at for an exchange
BLOCK = 4096  # groups whose moves are priced at once
MISSING = 4.0  # price of a label that a part lacks and could have
ROWS_WEIGHT = 2.0  # weight of the number of rows against all labels together
LEAST_GAIN = 1e-9


def divided(
    positives: NDArray, rows: Rows, shares: Matrix, rng: np.random.Generator
) -> Rows:
    """The part (g,) of each group, counted from 0.

    `positives` (g, q) are the positives of each label in each group, `rows` (g,) its
    number of rows, `shares` (k,) the share of all rows that each part is to have; they
    sum to 1. `rng` settles the order and ties.
    """
    division = Division.empty(
        np.asarray(positives, dtype=float), np.asarray(rows, dtype=float), shares
    )
    division.give_out(rng)
    for _ in range(ROUNDS):
        moved = division.move_groups(rng)
        exchanged = division.exchange_groups(rng)
        if not moved and not exchanged:
            break
    return division.part


@dataclass
class Division:
    """Groups and the parts they are in, with what each part holds and should hold."""

    positives: Matrix  # (g, q) of each group; labels that nobody has are left out
    rows: Matrix  # (g,) of each group
    wanted: Matrix  # (k, q) positives of each part
    wanted_rows: Matrix  # (k,)
    possible: NDArray[np.bool_]  # (q,) labels with groups enough for every part
    part: Rows  # (g,), -1 for a group that is not given out yet
    held: Matrix  # (k, q)
    held_rows: Matrix  # (k,)

    @classmethod
    def empty(cls, positives: Matrix, rows: Matrix, shares: Matrix) -> "Division":
        """A division in which no group is given out yet."""
        shares = np.asarray(shares, dtype=float)
        totals = positives.sum(axis=0)
        positives = positives[:, totals > 0]
        wanted = shares[:, None] * totals[totals > 0]
        return cls(
            positives=positives,
            rows=rows,
            wanted=wanted,
            wanted_rows=shares * rows.sum(),
            possible=(positives > 0).sum(axis=0) >= len(shares),
            part=np.full(len(rows), -1),
            held=np.zeros_like(wanted),
            held_rows=np.zeros(len(shares)),
        )

    def cost(self) -> float:
        """Chi-squared distances of labels and rows, and the price of missing labels."""
        labels = ((self.held - self.wanted) ** 2 / self.wanted).sum()
        rows = ((self.held_rows - self.wanted_rows) ** 2 / self.wanted_rows).sum()
        missing = ((self.held < 0.5) & self.possible).sum()
        return float(labels + self._rows_weight() * rows + MISSING * missing)

    def _rows_weight(self) -> float:
        return ROWS_WEIGHT * max(1, self.positives.shape[1])

    # Step 1 ---------------------------------------------------------------------------

    def give_out(self, rng: np.random.Generator) -> None:
        """Put every group into a part, the rarest label first."""
        order = rng.permutation(len(self.rows))
        left = self.positives.sum(axis=0)
        holders = [order[column[order] > 0] for column in self.positives.T]
        while (left > 0).any():
            label = int(np.argmin(np.where(left > 0, left, np.inf)))
            waiting = holders[label][self.part[holders[label]] < 0]
            most_first = np.argsort(-self.positives[waiting, label], kind="stable")
            for group in waiting[most_first]:
                lacking = self.wanted[:, label] - self.held[:, label]
                self._put(group, self._neediest(lacking, rng))
                left -= self.positives[group]
            left[label] = 0
        rest = order[self.part[order] < 0]  # groups without a label
        for group in rest[np.argsort(-self.rows[rest], kind="stable")]:
            self._put(group, self._neediest(np.zeros(len(self.held_rows)), rng))

    def _neediest(self, lacking: Matrix, rng: np.random.Generator) -> int:
        best = np.flatnonzero(lacking >= lacking.max() - LEAST_GAIN)
        room = (self.wanted_rows - self.held_rows)[best]
        best = best[room >= room.max() - LEAST_GAIN]
        return int(best[0] if len(best) == 1 else rng.choice(best))

    def _put(self, group: int, part: int) -> None:
        self.part[group] = part
        self.held[part] += self.positives[group]
        self.held_rows[part] += self.rows[group]

    def _move(self, group: int, part: int) -> None:
        home = self.part[group]
        self.held[home] -= self.positives[group]
        self.held_rows[home] -= self.rows[group]
        self._put(group, part)

    # Step 2 ---------------------------------------------------------------------------

    def gains(self, groups: Rows) -> Matrix:
        """(m, k): how much lower `cost` is with each of `groups` in each part."""
        positives, rows = self.positives[groups], self.rows[groups]
        home = self.part[groups]
        square = positives**2
        slope = 2 * (self.held - self.wanted) / self.wanted  # (k, q)
        joining = positives @ slope.T + square @ (1 / self.wanted).T
        leaving = np.einsum("gq,gq->g", positives, slope[home])
        leaving -= np.einsum("gq,gq->g", square, 1 / self.wanted[home])
        weight = self._rows_weight() / self.wanted_rows
        row_slope = 2 * weight * (self.held_rows - self.wanted_rows)
        joining += rows[:, None] * row_slope + (rows**2)[:, None] * weight
        leaving += rows * row_slope[home] - rows**2 * weight[home]
        has = positives > 0
        missing = (self.held < 0.5) & self.possible
        joining -= MISSING * (has @ missing.T.astype(float))
        last = has & (self.held[home] - positives < 0.5) & self.possible
        leaving -= MISSING * last.sum(axis=1)
        gains = leaving[:, None] - joining
        gains[np.arange(len(groups)), home] = 0.0
        return gains

    def move_groups(self, rng: np.random.Generator) -> bool:
        """Move each group that lowers `cost` where it goes; whether any did."""
        moved = False
        order = rng.permutation(len(self.rows))
        for start in range(0, len(order), BLOCK):
            block = order[start : start + BLOCK]
            best = self.gains(block).max(axis=1)
            hopeful = np.argsort(-best, kind="stable")[: (best > LEAST_GAIN).sum()]
            for group in block[hopeful]:
                # Earlier moves may have changed what this one gains.
                now = self.gains(np.array([group]))[0]
                if now.max() > LEAST_GAIN:
                    self._move(group, int(now.argmax()))
                    moved = True
        return moved

    def exchange_groups(self, rng: np.random.Generator) -> bool:
        """Exchange pairs of groups where that lowers `cost`; whether any were."""
        exchanged = False
        parts = len(self.held_rows)
        for one in range(parts):
            for other in range(one + 1, parts):
                exchanged |= self._exchange_between(one, other, rng)
        return exchanged

    def _exchange_between(self, one: int, other: int, rng: np.random.Generator) -> bool:
        here, there = (
            self._readiest(home, to, rng) for home, to in ((one, other), (other, one))
        )
        if not len(here) or not len(there):
            return False
        gains = self._gains_of_exchanges(here, there)
        before, exchanged = self.cost(), False
        for place in np.argsort(-gains, axis=None, kind="stable")[:CANDIDATES]:
            row, column = np.unravel_index(place, gains.shape)
            first, second = here[row], there[column]
            if gains[row, column] <= LEAST_GAIN:
                break
            if self.part[first] != one or self.part[second] != other:
                continue  # exchanged a moment ago
            self._move(first, other)
            self._move(second, one)
            after = self.cost()
            if after < before - LEAST_GAIN:
                before, exchanged = after, True
            else:
                self._move(first, one)
                self._move(second, other)
        return exchanged

    def _readiest(self, home: int, to: int, rng: np.random.Generator) -> Rows:
        """The groups of `home` that cost least, or gain most, if they go to `to`."""
        groups = rng.permutation(np.flatnonzero(self.part == home))
        if not len(groups):
            return groups
        gains = self.gains(groups)[:, to]
        return groups[np.argsort(-gains, kind="stable")[:CANDIDATES]]

    def _gains_of_exchanges(self, here: Rows, there: Rows) -> Matrix:
        """(m, r): gains of exchanging each pair, but for the price of missing labels.

        Two moves at once differ from one after the other by the product of what they
        carry.
        """
        one, other = self.part[here[0]], self.part[there[0]]
        gains = self.gains(here)[:, [other]] + self.gains(there)[:, one][None, :]
        weight = 1 / self.wanted[one] + 1 / self.wanted[other]
        gains += 2 * (self.positives[here] * weight) @ self.positives[there].T
        weight = 1 / self.wanted_rows[one] + 1 / self.wanted_rows[other]
        product = np.outer(self.rows[here], self.rows[there])
        return gains + 2 * self._rows_weight() * weight * product


def label_distribution_error(Y: LabelMatrix, part: Rows) -> float:
    """How far the labels' odds in the parts are from those in all rows; 0 is even.

    Sechidis et al. (2011), equation 2: the mean over labels and parts of
    |positives / negatives in the part - positives / negatives in all rows|. `Y` (n, q),
    `part` (n,). Labels that no row or every row has are left out.
    """
    totals = Y.sum(axis=0, dtype=float)
    usable = (totals > 0) & (totals < len(Y))
    if not usable.any():
        return 0.0
    whole = totals[usable] / (len(Y) - totals[usable])
    apart = []
    for number in np.unique(part):
        inside = Y[part == number][:, usable]
        positives = inside.sum(axis=0, dtype=float)
        negatives = len(inside) - positives
        odds = positives / np.maximum(negatives, 0.5)  # a part full of the label
        apart.append(np.abs(odds - whole).mean())
    return float(np.mean(apart))
