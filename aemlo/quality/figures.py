"""Figures of plausibility: distances, copies, precision, recall, coverage, labels.

`real` (n, d) and `synthetic` (m, d) are rows on one scale, NumPy or CSR.
"""

import numpy as np

from aemlo.arrays import Features, LabelMatrix, Mask, Matrix, Rows
from aemlo.neighbours.balls import inside_any
from aemlo.neighbours.search import neighbours

# Shares of real rows that count as "closer than real rows are" and "farther".
CLOSE, FAR = 0.01, 0.99


def nearest_real(real: Features, synthetic: Features) -> tuple[Matrix, Matrix]:
    """Distances to the nearest real row: of synthetic rows (m,), and of each real row
    to the nearest other one (n,)."""
    _, among = neighbours(real, 1)
    if not synthetic.shape[0]:
        return np.empty(0), among[:, 0]
    _, far = neighbours(real, 1, others=synthetic)
    return far[:, 0], among[:, 0]


def copied_and_off(to_real: Matrix, among_real: Matrix) -> tuple[float, float]:
    """Shares of synthetic rows nearer to a real row than CLOSE of the real rows are to
    each other (or at distance 0), and farther than FAR of them; NaN without real."""
    if not len(among_real):
        return np.nan, np.nan
    low, high = np.quantile(among_real, [CLOSE, FAR])
    close = (to_real < low) | (to_real == 0.0)
    return float(close.mean()), float((to_real > high).mean())


def precision_recall(
    real: Features, synthetic: Features, k: int = 3
) -> tuple[float, float]:
    """Precision and recall of generated rows (Kynkäänniemi et al., 2019, eq. 1 and 2).

    Precision: the share of synthetic rows inside the union of balls around real rows
    that reach to each one's k-th nearest real row; recall the same with the roles
    exchanged. NaN where there are not more than k rows to draw balls with.
    """
    precision = recall = np.nan
    if enough(real, k):
        precision = float(inside_balls(real, synthetic, k).mean())
    if enough(synthetic, k):
        recall = float(inside_balls(synthetic, real, k).mean())
    return precision, recall


def inside_balls(centres: Features, rows: Features, k: int = 3) -> Mask:
    """Which of `rows` (m,) lie in a ball around a centre that reaches to that centre's
    k-th nearest other centre."""
    return inside_any(centres, neighbours(centres, k)[1][:, -1], rows)


def real_inside_balls(real: Features, k: int = 3) -> float:
    """Share of real rows inside the ball of another real row: the precision of rows
    that are certainly real, though their own ball is not counted."""
    return float(inside_any(real, neighbours(real, k)[1][:, -1]).mean())


def coverage(real: Features, synthetic: Features, k: int = 5) -> float:
    """Share of real rows that have a synthetic row as near as their k-th nearest real
    row (Naeem et al., 2020, eq. 10). NaN for k real rows or fewer; 0 without synthetic
    ones."""
    if not enough(real, k):
        return np.nan
    if not synthetic.shape[0]:
        return 0.0
    radius = neighbours(real, k)[1][:, -1]
    nearest = neighbours(synthetic, 1, others=real)[1][:, 0]
    return float((nearest <= radius).mean())


def label_agreement(
    real: Features,
    Y_real: LabelMatrix,
    rows: Features | None = None,
    Y_rows: LabelMatrix | None = None,
    k: int = 5,
) -> Matrix:
    """Mean Jaccard similarity (m,) of each row's labels with those of its k nearest
    real rows; of the real rows themselves, without their own, where `rows` is None.

    Two rows without labels agree fully. Ours.
    """
    k = min(k, real.shape[0] - (rows is None))
    nearest, _ = neighbours(real, k, others=rows)
    mine = np.asarray(Y_real if rows is None else Y_rows, dtype=bool)[:, None, :]
    theirs = np.asarray(Y_real, dtype=bool)[nearest]
    both = (mine & theirs).sum(axis=2)
    either = (mine | theirs).sum(axis=2)
    return np.where(either > 0, both / np.maximum(either, 1), 1.0).mean(axis=1)


def matched(Y_real: LabelMatrix, made_for: Rows, rng: np.random.Generator) -> Rows:
    """Distinct real rows, one for each synthetic row where there are enough, that have
    the label it was made for (any row, where that is -1)."""
    free = np.ones(len(Y_real), dtype=bool)
    chosen = []
    labels, wanted = np.unique(made_for, return_counts=True)
    for label, count in sorted(
        zip(labels, wanted, strict=True),
        key=lambda pair: Y_real[:, pair[0]].sum() if pair[0] >= 0 else np.inf,
    ):
        able = free if label < 0 else free & (Y_real[:, label] > 0)
        rows = rng.permutation(np.flatnonzero(able))[:count]
        free[rows] = False
        chosen.append(rows)
    return np.concatenate(chosen) if chosen else np.empty(0, dtype=int)


def purpose(Y_real: LabelMatrix, Y_synthetic: LabelMatrix, made_for: Rows) -> Rows:
    """The label (m,) each synthetic row stands for: the one it was made for, else the
    rarest it has among the real rows; -1 for a row without either. Ours."""
    counts = Y_real.sum(axis=0)
    rarity = np.where(Y_synthetic > 0, counts, np.iinfo(np.int64).max)
    rarest = np.where(Y_synthetic.any(axis=1), rarity.argmin(axis=1), -1)
    return np.where(np.asarray(made_for) >= 0, made_for, rarest)


def outside(
    real: Features,
    Y_real: LabelMatrix,
    synthetic: Features,
    made_for: Rows,
    k: int = 5,
) -> Mask:
    """Which synthetic rows (m,) lie outside the region of the label they stand for
    (see `purpose`): in no ball around a real row with it that reaches to the k-th
    nearest such row.

    A label with too few rows uses as many neighbours as it has; a row that stands for
    no label, or for one that a single real row has, is not called outside. Ours.
    """
    strayed = np.zeros(synthetic.shape[0], dtype=bool)
    for label in np.unique(made_for[made_for >= 0]):
        members = np.flatnonzero(Y_real[:, label])
        rows = np.flatnonzero(made_for == label)
        reach = min(k, len(members) - 1)
        if reach >= 1:
            strayed[rows] = ~inside_balls(real[members], synthetic[rows], reach)
    return strayed


def real_outside(real: Features, k: int = 5) -> float:
    """Share of real rows with a label that `outside` would call so, each held against
    the others; NaN where a single one has it."""
    reach = min(k, real.shape[0] - 1)
    return 1.0 - real_inside_balls(real, reach) if reach >= 1 else np.nan


def enough(rows: Features, k: int) -> bool:
    """Whether balls that reach to the k-th nearest other row can be drawn."""
    return rows.shape[0] > k
