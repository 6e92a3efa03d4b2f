"""What samplers that only remove rows share: no label loses its last row."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from aemlo.arrays import Features, LabelMatrix
from aemlo.imbalance import minority_labels
from aemlo.samplers import size
from aemlo.samplers.base import Sampler, kept_provenance


class UnderSampler(Sampler):
    """A sampler that removes rows; subclasses write `_doomed`.

    The rows kept come back in their order. A row that is the last of some label stays,
    whatever the method says (ours), and `notes_` counts such rows.
    """

    selects_rows = True
    kind = "removes rows"

    def _resample(self, X, Y, rng, on_progress):
        doomed = np.asarray(self._doomed(X, Y, rng, on_progress), dtype=int)
        spared = self._spare_last_rows(Y, doomed)
        rows = np.setdiff1d(np.arange(len(Y)), np.setdiff1d(doomed, spared))
        if len(spared):
            self.notes_.append(
                f"{len(spared)} rows were to go but are the last of a label: they stay."
            )
        if len(rows) == len(Y):
            self.notes_.append("No row met the rule for removal: nothing was removed.")
        on_progress(1.0)
        return X[rows], Y[rows], kept_provenance(rows)

    def _spare_last_rows(self, Y, doomed):
        """Rows of `doomed` to keep, so that each label with a positive keeps one."""
        left = Y.sum(axis=0, dtype=int) - Y[doomed].sum(axis=0, dtype=int)
        spared = []
        for j in np.flatnonzero((left == 0) & Y.any(axis=0)):
            if left[j] == 0:
                row = doomed[np.flatnonzero(Y[doomed, j])[0]]
                spared.append(row)
                left += Y[row]
        return np.array(spared, dtype=int)

    def _without_minority(self, Y):
        """Rows (m,) without a minority label; none, with a note, where no label is."""
        rare = minority_labels(Y)
        if not rare.any():
            self.notes_.append(
                f"{size.evenness(Y)}: no label has IRLbl above MeanIR, so nothing "
                "was removed."
            )
            return np.zeros(0, dtype=int)
        return np.flatnonzero(~Y[:, rare].any(axis=1))

    @abstractmethod
    def _doomed(
        self,
        X: Features,
        Y: LabelMatrix,
        rng: np.random.Generator,
        on_progress: Callable[..., object],
    ) -> Any:
        """Positions of the rows to remove, each once."""


def adjusted_hamming(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Differing labels / (labels of one + labels of the other), row by row (m,).

    0 where neither has a label. Charte et al., MLeNN, IDEAL 2014.
    """
    A, B = np.asarray(A, dtype=np.uint8), np.asarray(B, dtype=np.uint8)
    apart = (A != B).sum(axis=-1)
    total = A.sum(axis=-1, dtype=int) + B.sum(axis=-1, dtype=int)
    return np.divide(apart, total, out=np.zeros(apart.shape), where=total > 0)
