"""The nearest rows, exactly: never the row itself, ties settled by the row number."""

from collections.abc import Callable

import numpy as np

from aemlo.arrays import Features, Matrix, Rows
from aemlo.errors import DataError
from aemlo.neighbours.distances import Distances
from aemlo.progress import no_progress

FOLDS = 32  # columns compared at once in the first look at a block
FEWEST_GROUPS = 256
MOST_OPEN = 8  # times k columns of a row are few enough to be settled one by one


def neighbours(
    codes: Features,
    k: int,
    metric: str = "euclidean",
    others: Features | None = None,
    on_progress: Callable[..., object] | None = None,
    rows: Rows | None = None,
) -> tuple[Rows, Matrix]:
    """The k nearest rows: positions (m, k) and distances (m, k), nearest first.

    With `others` None the rows of `codes` (n, d) are neighbours of each other (of the
    positions `rows`, where given), and a row is never its own; rows equal to it are
    neighbours like any other. Else the nearest rows of `codes` to each of `others`
    (m, d). `metric` is one of METRICS. Distances that agree in ten digits are equal
    (see `distances`), and of equal ones the lower position comes first. Memory is that
    of a block of distances, whatever n. Raises DataError if there are not k rows to
    choose from.
    """
    own = None
    if others is None:
        own = np.arange(codes.shape[0]) if rows is None else np.asarray(rows)
        if not np.array_equal(own, np.arange(codes.shape[0])):
            others = codes[own]
    n = codes.shape[0] - (own is not None)
    if not 1 <= k <= n:
        raise DataError(f"{k} neighbours asked for, but there are {n} rows.")
    distances = Distances(codes, metric, others)
    m, _ = distances.shape
    nearest, far = np.empty((m, k), dtype=int), np.empty((m, k))
    for part in distances.slices(on_progress or no_progress):
        but = None if own is None else own[part]
        row, column, exact = _settled_candidates(distances, part, but, k)
        order = np.lexsort([column, exact, row])
        first = np.searchsorted(row[order], np.arange(part.stop - part.start))
        best = order[first[:, None] + np.arange(k)]
        nearest[part] = column[best]
        far[part] = distances.as_distances(exact[best])
    return nearest, far


def nearest_in_pool(
    space: Features,
    pool: Rows,
    k: int,
    rows: Rows | None = None,
    on_progress: Callable[..., object] | None = None,
) -> Rows:
    """The nearest rows of `pool` to each of `rows`, as `neighbours` finds them.

    `space` (n, d) from `stretch.distance_space`; `pool` are row numbers, each once, and
    `rows` some of them (None: all). Row numbers (m, min(k, len(pool) - 1)). Raises
    ValueError for a row that is not in the pool.
    """
    asked = np.asarray(pool if rows is None else rows, dtype=int)
    pool = np.sort(np.asarray(pool, dtype=int))
    k = min(k, len(pool) - 1)
    if k < 1 or not len(asked):
        return np.empty((len(asked), max(k, 0)), dtype=int)
    place = np.minimum(np.searchsorted(pool, asked), len(pool) - 1)
    if not np.array_equal(pool[place], asked):
        raise ValueError("Rows to find neighbours of must be rows of the pool.")
    among = space if len(pool) == space.shape[0] else space[pool]
    return pool[neighbours(among, k, on_progress=on_progress, rows=place)[0]]


def _settled_candidates(
    distances: Distances, part: slice, but: Rows | None, k: int
) -> tuple[Rows, Rows, Matrix]:
    """Rows and columns of a block that may hold one of the row's k nearest, and the
    settled numbers of these pairs. `but` is the column each row may not have.

    A first look in single precision mostly leaves few more than k columns a row. Where
    it leaves many, for rows lie close together, the block is computed again.
    """
    m = part.stop - part.start
    look = distances.first_look(part)
    if look is not None:
        numbers, error = look
        if but is not None:
            numbers[np.arange(m), but] = np.inf
        limit = np.full(m, 2.0) * error
        row, column = _candidates(numbers, lambda bound: bound + limit, k)
        if len(row) <= MOST_OPEN * k * m or not error.any():
            some = numbers[row, column]
            return row, column, distances.settled_after(row + part.start, column, some)
    numbers, error = distances.comparable(part)
    if but is not None:
        numbers[np.arange(m), but] = np.inf
    row, column = _candidates(numbers, lambda bound: distances.limit(bound, error), k)
    some = numbers[row, column]
    return row, column, distances.settled(row + part.start, column, some)


def _candidates(
    numbers: Matrix, limit_of: Callable[[Matrix], Matrix], k: int
) -> tuple[Rows, Rows]:
    """Rows and columns of a block (m, n) that may hold one of the row's k nearest.

    `limit_of` gives the largest number that may, in truth, be no larger than a bound.

    The columns are folded into groups, and the least number of each group is found. The
    k-th least of those is no less than the k-th least number, so only groups that reach
    below it (and the error) are looked into.
    """
    n = numbers.shape[1]
    folds = max(1, min(FOLDS, n // max(8 * k, FEWEST_GROUPS)))
    groups = n // folds
    least = numbers[:, :groups]
    if folds > 1:
        least = least.copy()
        for fold in range(1, folds):
            here = numbers[:, fold * groups : (fold + 1) * groups]
            np.minimum(least, here, out=least)
    rest = numbers[:, folds * groups :]
    all_least = np.hstack([least, rest]) if rest.shape[1] else least
    bound = np.partition(all_least, k - 1, axis=1)[:, k - 1]
    limit = limit_of(bound)
    row, group = np.nonzero(least <= limit[:, None])
    if folds == 1:
        return row, group
    columns = group[:, None] + groups * np.arange(folds)
    hit, fold = np.nonzero(numbers[row[:, None], columns] <= limit[row][:, None])
    rest_row, rest_column = np.nonzero(rest <= limit[:, None])
    return (
        np.concatenate([row[hit], rest_row]),
        np.concatenate([columns[hit, fold], rest_column + folds * groups]),
    )
