"""How far to trust a picture: are its neighbours neighbours, and the reverse."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aemlo.arrays import Features, Matrix, Rows
from aemlo.errors import DataError
from aemlo.neighbours.distances import Distances
from aemlo.neighbours.search import neighbours
from aemlo.progress import no_progress


@dataclass(frozen=True)
class Trust:
    """Trustworthiness and neighbourhood preservation of each row: two arrays (n,)."""

    trustworthiness: Matrix
    preservation: Matrix
    k: int

    @property
    def overall(self) -> tuple[float, float]:
        """(trustworthiness, preservation) of the whole picture: the rows' means."""
        return float(self.trustworthiness.mean()), float(self.preservation.mean())


def trust(
    codes: Features,
    picture: Matrix,
    k: int = 10,
    metric: str = "euclidean",
    on_progress: Callable[..., object] | None = None,
) -> Trust:
    """Trust in `picture` (n, 2 or 3) of `codes` (n, d), for neighbourhoods of k rows.

    Trustworthiness (Venna and Kaski, 2001), per row i:
    1 - 2 / (k (2n - 3k - 1)) sum over i's k neighbours j in the picture of
    max(0, r(i, j) - k), r the rank of j among i's neighbours in `codes`; 1 is best.
    Preservation: the share of the k neighbours in the picture that are among the k in
    `codes`. Rows at equal distance share the best of their ranks. Raises DataError
    unless k < n / 2, where the first formula has its meaning.
    """
    n = codes.shape[0]
    if not 1 <= k < n / 2:
        raise DataError(f"Trust in a picture of {n} rows needs k below {n / 2:g}: {k}.")
    on_progress = on_progress or no_progress
    shown, _ = neighbours(picture, k)
    too_far, kept = np.empty(n), np.empty(n)
    distances = Distances(codes, metric)
    for rows in distances.slices(on_progress):
        ranks = _ranks(distances, rows, shown[rows])
        too_far[rows] = np.maximum(ranks - k, 0).sum(axis=1)
        kept[rows] = (ranks <= k).mean(axis=1)
    return Trust(1.0 - 2.0 * too_far / (k * (2 * n - 3 * k - 1)), kept, k)


def _ranks(distances: Distances, rows: slice, columns: Rows) -> Rows:
    """Ranks (m, k), from 1, of `columns` (m, k) among all rows, for each of `rows`.

    By settled distances, as the neighbour search compares them: those of a block are
    good enough only where they are farther from a wanted one than their error.
    """
    numbers, error = distances.comparable(rows)
    m, k = columns.shape
    numbers[np.arange(m), np.arange(rows.start, rows.stop)] = np.inf
    row, column = np.repeat(np.arange(m), k), columns.ravel()
    wanted = distances.settled(row + rows.start, column, numbers[row, column])
    wanted = wanted.reshape(m, k)
    slack = distances.limit(wanted, error[:, None]) - wanted
    if slack.any():
        open_pairs = np.zeros(numbers.shape, dtype=bool)
        for each, width in zip(wanted.T, slack.T, strict=True):
            open_pairs |= np.abs(numbers - each[:, None]) <= width[:, None]
        row, column = np.nonzero(open_pairs)
        settled = distances.settled(row + rows.start, column, numbers[row, column])
        numbers[row, column] = settled
    ranks = [np.count_nonzero(numbers < each[:, None], axis=1) for each in wanted.T]
    return 1 + np.stack(ranks, axis=1)
