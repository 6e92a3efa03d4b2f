"""How many rows AEMLO makes for each label, so that MeanIR falls. Ours; NumPy only."""

from dataclasses import dataclass

import numpy as np

from aemlo.arrays import LabelMatrix, Mask
from aemlo.samplers import size

HALVINGS = 30
BALANCED = 1.5  # data with a MeanIR up to this are not made more balanced


@dataclass
class Fall:
    """A fall of MeanIR that is wanted, of the labels that rows can be made for.

    `able` (q,) marks those labels: labels that too few rows have neither get rows nor
    count in the mean, which one label with a single row can dominate. `before` is their
    MeanIR, `wanted` what it shall be at most.
    """

    able: Mask
    before: float
    wanted: float

    @classmethod
    def of(cls, Y: LabelMatrix, fall: float, least_positives: int) -> "Fall":
        """The fall by the share `fall` of MeanIR, of Y (n, q)."""
        counts = Y.sum(axis=0, dtype=np.int64)
        able = counts >= max(least_positives, 1)
        before = mean_ir(counts, able)
        wanted = (1 - fall) * before if before > BALANCED else before
        return cls(able, before, wanted)

    def reached(self, Y: LabelMatrix) -> bool:
        """Whether labels Y (n, q), new rows among them, have MeanIR `wanted`."""
        return self.of_labels(Y) <= self.wanted + 1e-9

    def of_labels(self, Y: LabelMatrix) -> float:
        """MeanIR of Y (n, q) over the `able` labels."""
        return mean_ir(Y.sum(axis=0, dtype=np.int64), self.able)

    def minority(self, Y: LabelMatrix) -> Mask:
        """The `able` labels whose IRLbl is above their MeanIR, (q,)."""
        counts = Y.sum(axis=0, dtype=np.int64)
        rare = np.zeros(len(counts), dtype=bool)
        if self.able.any():
            rare[self.able] = counts.max() / counts[self.able] > self.before
        return rare

    def rows(self, Y: LabelMatrix, least: np.ndarray, most: int) -> np.ndarray:
        """Rows to make for each label (q,), at most `most`, at least `least` (q,).

        Every `able` label gets the rows that it lacks of a level, the lowest at which
        MeanIR is expected to have fallen. Cut in proportion where they are too many.
        """
        counts = Y.sum(axis=0, dtype=float)
        # What a row made for a label brings each label, on average.
        brings = size.expected_counts(Y, np.eye(len(counts))) - counts

        def rows_at(level: float) -> np.ndarray:
            lacking = np.maximum(np.ceil(level - counts), 0) * self.able
            return np.maximum(least, lacking)

        def fallen(rows: np.ndarray) -> bool:
            return mean_ir(counts + rows @ brings, self.able) <= self.wanted

        low, high = 0.0, counts.max(initial=0.0)
        rows = rows_at(low)
        if not fallen(rows):
            for _ in range(HALVINGS):
                middle = (low + high) / 2
                rows = rows_at(middle)
                if fallen(rows) or rows.sum() > most:
                    high = middle
                else:
                    low = middle
            rows = rows_at(high)
        if rows.sum() > most:
            return size.share(most, rows)
        return rows.astype(int)


def mean_ir(counts: np.ndarray, able: Mask) -> float:
    """MeanIR of the labels marked in `able` (q,): the mean of max(counts) / count."""
    if not able.any():
        return 0.0
    return float((counts.max() / counts[able]).mean())
