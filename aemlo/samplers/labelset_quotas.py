"""What LP-ROS and LP-RUS share: quotas of labelsets, and rows drawn within them."""

import numpy as np

from aemlo.arrays import Rows


def fill(total: int, room: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`total` shared equally among places that take at most `room` (s,), whole numbers.

    What a place cannot take is shared among the rest; remainders go to places drawn at
    random. The sum is min(total, room.sum()). Ours: the exact end of the paper's rounds
    of sharing.
    """
    room = np.asarray(room, dtype=np.int64)
    total = int(min(total, room.sum()))
    low, high = 0, int(room.max(initial=0))
    while low < high:  # the highest level that does not take more than there is
        level = (low + high + 1) // 2
        if np.minimum(room, level).sum() <= total:
            low = level
        else:
            high = level - 1
    shares = np.minimum(room, low)
    open_ = np.flatnonzero(room > low)
    shares[rng.permutation(open_)[: total - shares.sum()]] += 1
    return shares


def rows_by_set(of_row: np.ndarray) -> tuple[Rows, Rows]:
    """(rows ordered by labelset, where each set starts), for `of_row` (n,)."""
    order = np.argsort(of_row, kind="stable")
    return order, np.concatenate([[0], np.cumsum(np.bincount(of_row))])


def drawn_again(
    of_row: np.ndarray, sets: Rows, times: np.ndarray, rng: np.random.Generator
) -> Rows:
    """Rows drawn with replacement: `times[i]` of labelset `sets[i]`."""
    order, starts = rows_by_set(of_row)
    which = np.repeat(np.asarray(sets), times)
    size = starts[which + 1] - starts[which]
    return order[starts[which] + (rng.random(len(which)) * size).astype(int)]


def drawn_once(
    of_row: np.ndarray, sets: Rows, times: np.ndarray, rng: np.random.Generator
) -> Rows:
    """Rows drawn without replacement: `times[i]` of labelset `sets[i]`."""
    wanted = np.zeros(of_row.max() + 1, dtype=np.int64)
    wanted[sets] = times
    shuffled = rng.permutation(len(of_row))
    order = shuffled[np.argsort(of_row[shuffled], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(np.bincount(of_row))])
    place = np.arange(len(of_row)) - starts[of_row[order]]
    return order[place < wanted[of_row[order]]]
