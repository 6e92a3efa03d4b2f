"""How far to trust a picture: are its neighbours neighbours, and the reverse."""

from dataclasses import dataclass

import numpy as np

from aemlo.errors import DataError
from aemlo.neighbours.distances import Distances
from aemlo.neighbours.search import neighbours
from aemlo.progress import no_progress


@dataclass(frozen=True)
class Trust:
    """Trustworthiness and neighbourhood preservation of each row: two arrays (n,)."""

    trustworthiness: np.ndarray
    preservation: np.ndarray
    k: int

    @property
    def overall(self):
        """(trustworthiness, preservation) of the whole picture: the rows' means."""
        return float(self.trustworthiness.mean()), float(self.preservation.mean())


def trust(codes, picture, k=10, metric="euclidean", on_progress=None):
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
    for rows, block in Distances(codes, metric).blocks(on_progress):
        block[np.arange(len(block)), np.arange(rows.start, rows.stop)] = np.inf
        ranks = _ranks(block, shown[rows])
        too_far[rows] = np.maximum(ranks - k, 0).sum(axis=1)
        kept[rows] = (ranks <= k).mean(axis=1)
    return Trust(1.0 - 2.0 * too_far / (k * (2 * n - 3 * k - 1)), kept, k)


def _ranks(block, columns):
    """Ranks (m, k), from 1, of some columns among each row of distances (m, n)."""
    wanted = np.take_along_axis(block, columns, axis=1)
    ranks = [np.count_nonzero(block < each[:, None], axis=1) for each in wanted.T]
    return 1 + np.stack(ranks, axis=1)
