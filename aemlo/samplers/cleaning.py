"""What the cleaning samplers share: distances of labelsets, rows left out."""

import numpy as np

from aemlo.imbalance import minority_labels
from aemlo.samplers.base import Sampler, kept_provenance

ROWS_AT_ONCE = 4096


def label_distance(Y, first, second):
    """Adjusted Hamming distance of the labelsets of rows `first` and `second`, (m,).

    Differing labels / (labels of one + labels of the other), in [0, 1]; 0 where neither
    row has a label. Charte et al., HAIS 2014 (MLeNN), equation 4.
    """
    Y = np.asarray(Y)
    sizes = Y.sum(axis=1, dtype=np.int64)
    differing = np.empty(len(first), dtype=np.int64)
    for start in range(0, len(first), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        differing[part] = (Y[first[part]] != Y[second[part]]).sum(axis=1)
    whole = sizes[first] + sizes[second]
    return np.divide(differing, whole, out=np.zeros(len(first)), where=whole > 0)


def keep_every_label(Y, removed):
    """`removed` (row numbers), less the rows without which a label would have none.

    Returns (rows to remove, rows spared). Rows are looked at in the order given.
    """
    left = Y.sum(axis=0, dtype=np.int64)
    after = left - Y[removed].sum(axis=0, dtype=np.int64)
    at_risk = np.flatnonzero((after == 0) & (left > 0))
    if not len(at_risk):
        return removed, removed[:0]
    spared = np.zeros(len(removed), dtype=bool)
    for j in at_risk:
        holders = np.flatnonzero(Y[removed, j])
        if not spared[holders].any():
            spared[holders[0]] = True
    return removed[~spared], removed[spared]


class UnderSampler(Sampler):
    """A sampler that removes rows; subclasses write `_removed`.

    Never the last row of a label, and never a row twice: what is left keeps its order.
    """

    def _resample(self, X, Y, rng, on_progress):
        removed = np.asarray(self._removed(X, Y, rng, on_progress), dtype=int)
        removed, spared = keep_every_label(Y, removed)
        if len(spared):
            self.notes_.append(
                f"{len(spared)} rows were spared: a label would have had no row left."
            )
        on_progress(1.0)
        keep = np.ones(len(Y), dtype=bool)
        keep[removed] = False
        rows = np.flatnonzero(keep)
        return X[rows], Y[rows], kept_provenance(rows)

    def _removed(self, X, Y, rng, on_progress):
        """Numbers of the rows to remove from X (n, d), Y (n, q)."""
        raise NotImplementedError

    def _candidates(self, Y):
        """Rows without a minority label; none, with a note, where no label is one."""
        minority = minority_labels(Y)
        if not minority.any():
            self.notes_.append(
                "The data are balanced already: no label has IRLbl above MeanIR, so "
                "nothing was removed."
            )
            return np.zeros(0, dtype=int)
        return np.flatnonzero(~Y[:, minority].any(axis=1))
