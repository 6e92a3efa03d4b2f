"""Two arms on one set of test rows: which is better, judged over the rows.

A declared split or a hold-out has one set of test rows. Repeating it under other seeds
repeats the same rows, so repeats are no folds. What can be asked is whether the
difference would stand on other rows of the same kind. Whole rows are exchanged or drawn
again, so that the labels of a row stay together.

- p, of metrics that are counted or averaged over rows: the sign-flip permutation test.
  If the arms are alike, the predictions of each row may as well come from the other arm
  (Yeh, COLING 2000; Good, Permutation, Parametric and Bootstrap Tests, 2005).
- p, of metrics that rank rows (AUC, average precision), where scores of two arms cannot
  be exchanged: the bootstrap distribution of the difference.
- The interval of the difference, of all: percentile bootstrap over rows drawn with
  replacement (Efron, Tibshirani, An Introduction to the Bootstrap, 1993).

All of it speaks of the two arms as they were trained, not of arms trained again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from aemlo.arrays import Features, LabelMatrix, Matrix, Scores

LEAST_ROWS = 100
LEAST_POSITIVES = 5
DRAWS = 2_000
NUMBERS_AT_ONCE = 20_000_000


@dataclass(frozen=True)
class Evidence:
    """What n test rows say of differences (arm - baseline), one entry a value compared.

    `low` and `high` bound the bootstrap interval at the level asked for; `p` is
    two-sided and not corrected for the number of comparisons.
    """

    difference: NDArray[np.floating]
    low: NDArray[np.floating]
    high: NDArray[np.floating]
    p: NDArray[np.floating]


def enough_rows(Y: LabelMatrix) -> NDArray[np.bool_]:
    """(q,): whether `Y` (n, q) has rows and positives enough to judge each label."""
    positives = np.asarray(Y).sum(axis=0)
    return (len(Y) >= LEAST_ROWS) & (positives >= LEAST_POSITIVES)


def of_row_means(
    arm: Matrix,
    baseline: Matrix,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = DRAWS,
) -> Evidence:
    """Evidence on metrics that are means over rows.

    `arm` and `baseline` (n, m) are the values of each row, a column a metric.
    """

    n = len(arm)

    def means(sums: Matrix) -> Matrix:
        return sums / n

    return of_row_counts(arm, baseline, means, rng, level=level, draws=draws)


def of_row_counts(
    arm: Features,
    baseline: Features,
    metric: Callable[[Matrix], Matrix],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = DRAWS,
    flips: int | None = None,
) -> Evidence:
    """Evidence on metrics of counts that are summed over rows, such as F1.

    `arm` and `baseline` (n, c), NumPy or CSR, are the counts of each row; `metric`
    takes sums (b, c) and gives values (b, m). `draws` are of the bootstrap, `flips` of
    the permutation (None: as many). The least p is 1 / (flips + 1).
    """
    arm, baseline = sparse.csr_array(arm, dtype=float), sparse.csr_array(baseline)
    n = arm.shape[0]
    flips = draws if flips is None else flips
    whole = np.ones((1, n))
    difference = (metric(_sums(whole, arm)) - metric(_sums(whole, baseline)))[0]
    drawn = []
    for size in _blocks(draws, n):
        weights = _drawn_with_replacement(rng, size, n)
        drawn.append(metric(_sums(weights, arm)) - metric(_sums(weights, baseline)))
    middle, half = (arm + baseline) / 2, (arm - baseline) / 2
    half.eliminate_zeros()  # rows and labels where the arms agree flip nothing
    total = _sums(whole, middle)
    beyond = np.zeros(len(difference), dtype=int)
    for size in _blocks(flips, n):
        signs = _sums(rng.integers(0, 2, (size, n), dtype=np.int8) * 2.0 - 1.0, half)
        flipped = metric(total + signs) - metric(total - signs)
        beyond += (np.abs(flipped) >= np.abs(difference) - 1e-12).sum(axis=0)
    p = (beyond + 1) / (flips + 1)
    return Evidence(difference, *_interval(np.concatenate(drawn), level), p)


def of_rankings(
    Y: LabelMatrix,
    arm: Scores,
    baseline: Scores,
    metric: Callable[[NDArray, NDArray, Matrix], NDArray],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = DRAWS,
) -> Evidence:
    """Evidence on metrics that rank the rows of each label, such as `weighted_auc`.

    `Y` (n, q); `arm` and `baseline` (n, q) are scores; `metric` takes one label's truth
    and scores (n,) and weights (b, n), and gives values (b,), NaN where it has none.
    One entry a label, and a last one for the mean over the labels that have a value.
    """
    n, q = np.asarray(Y).shape
    whole = np.ones((1, n))

    def values(weights: Matrix) -> Matrix:
        gaps = np.column_stack(
            [
                metric(Y[:, j], arm[:, j], weights)
                - metric(Y[:, j], baseline[:, j], weights)
                for j in range(q)
            ]
        )
        return np.column_stack([gaps, _mean_of_known(gaps)])

    difference = values(whole)[0]
    drawn = np.concatenate(
        [values(_drawn_with_replacement(rng, size, n)) for size in _blocks(draws, n)]
    )
    known = ~np.isnan(drawn)
    # Twice the smaller tail beyond 0; a difference of exactly 0 counts on both sides.
    above = ((drawn >= 0) & known).sum(axis=0)
    below = ((drawn <= 0) & known).sum(axis=0)
    p = np.minimum(1.0, 2 * (np.minimum(above, below) + 1) / (known.sum(axis=0) + 1))
    p = np.where(np.isnan(difference), np.nan, p)
    return Evidence(difference, *_interval(drawn, level), p)


def _sums(weights: Matrix, counts: sparse.csr_array) -> Matrix:
    """(b, c): the counts (n, c) of the rows, weighted b times by (b, n)."""
    return np.asarray(counts.T @ weights.T).T


def f1_counts(Y: LabelMatrix, predicted: LabelMatrix) -> sparse.csr_array:
    """(n, 3 q), CSR: of each row and label, right, wrongly given and missed."""
    truth = sparse.csr_array(np.asarray(Y, dtype=float))
    given = sparse.csr_array(np.asarray(predicted, dtype=float))
    right = truth.multiply(given)
    return sparse.csr_array(sparse.hstack([right, given - right, truth - right]))


def f1_per_label(sums: Matrix) -> Matrix:
    """F1 (b, q) of sums (b, 3 q); 0 for a label neither there nor given."""
    right, wrong, missed = np.split(np.asarray(sums, dtype=float), 3, axis=1)
    whole = 2 * right + wrong + missed
    # Sums of mixed halves can be off 0 by a rounding error.
    return np.divide(2 * right, whole, out=np.zeros_like(right), where=whole > 1e-9)


def macro_f1(sums: Matrix) -> Matrix:
    """Macro-F1 (b, 1) of sums (b, 3 q)."""
    return f1_per_label(sums).mean(axis=1, keepdims=True)


def weighted_auc(truth: NDArray, scores: NDArray, weights: Matrix) -> NDArray:
    """AUC (b,) of one label with `weights` (b, n) of the rows; ties count half."""
    order = np.argsort(scores, kind="stable")
    has = np.asarray(truth)[order].astype(bool)
    weights = weights[:, order]
    negatives = np.where(has, 0.0, weights)
    _, first, group = np.unique(
        np.asarray(scores)[order], return_index=True, return_inverse=True
    )
    of_group = np.add.reduceat(negatives, first, axis=1)
    below = np.cumsum(of_group, axis=1) - of_group / 2
    right = np.where(has, weights * below[:, group], 0.0).sum(axis=1)
    pairs = np.where(has, weights, 0.0).sum(axis=1) * negatives.sum(axis=1)
    return np.divide(right, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)


def weighted_average_precision(
    truth: NDArray, scores: NDArray, weights: Matrix
) -> NDArray:
    """Average precision (b,) of one label with `weights` (b, n) of the rows.

    Rows of equal score count as one step, as in scikit-learn.
    """
    order = np.argsort(-np.asarray(scores), kind="stable")
    has = np.asarray(truth)[order].astype(bool)
    weights = weights[:, order]
    ordered = np.asarray(scores)[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    positives = np.add.reduceat(np.where(has, weights, 0.0), first, axis=1)
    rows = np.cumsum(np.add.reduceat(weights, first, axis=1), axis=1)
    precision = np.divide(
        np.cumsum(positives, axis=1), rows, out=np.zeros_like(rows), where=rows > 0
    )
    whole = positives.sum(axis=1)
    return np.divide(
        (positives * precision).sum(axis=1),
        whole,
        out=np.full(len(weights), np.nan),
        where=whole > 0,
    )


def _blocks(draws: int, n: int) -> Iterator[int]:
    """Sizes of blocks of draws, so that no block holds too many numbers."""
    most = max(1, NUMBERS_AT_ONCE // max(n, 1))
    for start in range(0, draws, most):
        yield min(most, draws - start)


def _drawn_with_replacement(rng: np.random.Generator, size: int, n: int) -> Matrix:
    """(size, n): how often each row is drawn when n rows are drawn with replacement."""
    return rng.multinomial(n, np.full(n, 1 / n), size=size).astype(float)


def _interval(drawn: Matrix, level: float) -> tuple[NDArray, NDArray]:
    rest = (1 - level) / 2
    # A label that no draw has a value of: NaN, without NumPy's warning.
    known = ~np.isnan(drawn).all(axis=0)
    low, high = np.full((2, drawn.shape[1]), np.nan)
    if known.any():
        low[known], high[known] = np.nanquantile(
            drawn[:, known], [rest, 1 - rest], axis=0
        )
    return low, high


def _mean_of_known(values: Matrix) -> NDArray:
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
