"""Evidence over rows for each metric.

What decides how a metric is tested over rows: whether it is made of counts that are
summed over rows (sign-flip permutation), a mean over rows (the same), or a ranking of
the rows of each label (bootstrap). See `aemlo.compare.row_evidence`. Ours.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from aemlo.arrays import LabelMatrix, Mask, Matrix, Scores
from aemlo.compare import row_evidence
from aemlo.compare.paired import RowEvidence
from aemlo.compare.row_evidence import LEAST_POSITIVES, LEAST_ROWS, Evidence
from aemlo.metrics import ALL_METRICS, RARE_METRICS, Metric
from aemlo.metrics.rare import Group

MOST_NUMBERS = 4e9
FLIPS = "sign-flip permutation over rows"
BOOTSTRAP = "bootstrap over rows"


@dataclass(frozen=True)
class Given:
    """What one arm gave for the n test rows, once for each repeat.

    `predicted` holds (n, q) arrays of 0 and 1, `scores` (n, q) arrays, or nothing where
    scores were not kept.
    """

    predicted: Sequence[LabelMatrix]
    scores: Sequence[Scores] = ()


OfCounts = Callable[[Matrix, Matrix, Matrix, int, Mask], NDArray[np.floating[Any]]]


def _f1(right: Matrix, wrong: Matrix, missed: Matrix, n: int, among: Mask) -> NDArray:
    return _ratio(2 * right, 2 * right + wrong + missed)[:, among].mean(axis=1)


def _micro_f1(
    right: Matrix, wrong: Matrix, missed: Matrix, n: int, among: Mask
) -> NDArray:
    totals = [part.sum(axis=1) for part in (right, wrong, missed)]
    return _ratio(2 * totals[0], 2 * totals[0] + totals[1] + totals[2])


def _g_mean(
    right: Matrix, wrong: Matrix, missed: Matrix, n: int, among: Mask
) -> NDArray:
    recall, specificity = _rates(right, wrong, missed, n)
    return np.sqrt(recall * specificity)[:, among].mean(axis=1)


def _balanced_accuracy(
    right: Matrix, wrong: Matrix, missed: Matrix, n: int, among: Mask
) -> NDArray:
    recall, specificity = _rates(right, wrong, missed, n)
    return ((recall + specificity) / 2)[:, among].mean(axis=1)


def _rates(
    right: Matrix, wrong: Matrix, missed: Matrix, n: int
) -> tuple[Matrix, Matrix]:
    left = n - right - wrong - missed
    return _ratio(right, right + missed), _ratio(left, left + wrong)


def _ratio(part: Matrix, whole: Matrix) -> Matrix:
    # Sums of mixed halves can be off 0 by a rounding error.
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 1e-9)


COUNTED: dict[str, OfCounts] = {
    "macro-F1": _f1,
    "minority F1": _f1,
    "tail F1": _f1,
    "micro-F1": _micro_f1,
    "macro G-mean": _g_mean,
    "macro balanced accuracy": _balanced_accuracy,
}
ROW_MEANS = ("example F1", "subset accuracy", "Hamming loss", "ranking loss")
ROW_MEANS += ("label-ranking average precision", "one-error", "coverage")
RANKED = {
    "macro-AUC": row_evidence.weighted_auc,
    "macro average precision": row_evidence.weighted_average_precision,
    "tail AUC": row_evidence.weighted_auc,
    "tail average precision": row_evidence.weighted_average_precision,
}
# One ranking of all cells: rows cannot be drawn again without their cells.
WITHOUT_A_TEST = ("micro average precision",)


def of_metric(
    title: str,
    Y: LabelMatrix,
    arm: Given,
    baseline: Given,
    groups: Mapping[Group, Mask],
    rng: np.random.Generator,
    level: float = 0.95,
) -> RowEvidence:
    """What the test rows Y (n, q) say of `arm` against `baseline` in one metric.

    At least 100 rows, and 5 positive rows of some label that the metric is about, else
    the reason "few rows". Repeats are the same rows under other seeds: their mean is
    what is judged, and their spread widens the interval and p (see `_with_seeds`). With
    one repeat it speaks of the two arms as they were trained, not of other seeds.
    """
    Y = np.asarray(Y)
    among = _among(title, Y, groups)
    positives = Y[:, among].sum(axis=0)
    if len(Y) < LEAST_ROWS or not (positives >= LEAST_POSITIVES).any():
        return RowEvidence(reason="few rows")
    metric = ALL_METRICS.get(title)
    if metric is None or title in WITHOUT_A_TEST:
        return RowEvidence(reason="no row test")
    if metric.needs == "scores" and not (arm.scores and baseline.scores):
        return RowEvidence(reason="one test set")
    seen = _over_rows(title, metric, Y, arm, baseline, among, rng, level)
    if seen.reason:
        return seen
    values = [_by_repeat(metric, Y, given, among) for given in (arm, baseline)]
    return _with_seeds(seen, values[0] - values[1], level)


def _over_rows(
    title: str,
    metric: Metric,
    Y: LabelMatrix,
    arm: Given,
    baseline: Given,
    among: Mask,
    rng: np.random.Generator,
    level: float,
) -> RowEvidence:
    """What the rows say of the arms as they were trained."""
    if title in COUNTED:

        def of_sums(sums: Matrix) -> Matrix:
            parts = np.split(sums, 3, axis=1)
            return COUNTED[title](*parts, len(Y), among)[:, None]

        counts = [counts_of(Y, given) for given in (arm, baseline)]
        metric_of_sums = mean_over_repeats(of_sums, Y.shape[1])
        counted = row_evidence.of_row_counts(*counts, metric_of_sums, rng, level=level)
        return _first(counted, FLIPS)
    if title in ROW_MEANS:
        values = [_row_values(metric, Y, given) for given in (arm, baseline)]
        return _first(row_evidence.of_row_means(*values, rng, level=level), FLIPS)
    if title in RANKED:
        # Each repeat ranks by itself, as labels of its own; the last value is the mean.
        seen = row_evidence.of_rankings(
            np.tile(Y[:, among], (1, len(arm.scores))),
            np.hstack([scores[:, among] for scores in arm.scores]),
            np.hstack([scores[:, among] for scores in baseline.scores]),
            RANKED[title],
            rng,
            level=level,
            draws=_draws(len(Y), int(among.sum())),
        )
        return _at(seen, -1, BOOTSTRAP)
    return RowEvidence(reason="no row test")


def _among(title: str, Y: LabelMatrix, groups: Mapping[Group, Mask]) -> Mask:
    """The labels a metric averages over, (q,): those of its group that occur in Y."""
    every = np.ones(Y.shape[1], dtype=bool)
    if title in RARE_METRICS:
        return groups[RARE_METRICS[title].group] & Y.any(axis=0)
    if title in ("macro G-mean", "macro balanced accuracy"):
        positives = Y.sum(axis=0)
        return (positives > 0) & (positives < len(Y))
    return every


def counts_of(Y: LabelMatrix, given: Given) -> sparse.csr_array:
    """(n, 3 q repeats): right, wrongly given and missed, repeat beside repeat."""
    return sparse.csr_array(
        sparse.hstack([row_evidence.f1_counts(Y, one) for one in given.predicted])
    )


def mean_over_repeats(
    function: Callable[[Matrix], Matrix], q: int
) -> Callable[[Matrix], Matrix]:
    """The mean of `function`, of sums (b, 3 q), over the repeats of `counts_of`."""

    def mean(sums: Matrix) -> Matrix:
        repeats = np.split(sums, sums.shape[1] // (3 * q), axis=1)
        return np.mean([function(part) for part in repeats], axis=0)

    return mean


def _by_repeat(
    metric: Metric, Y: LabelMatrix, given: Given, among: Mask
) -> NDArray[np.floating[Any]]:
    """The metric of each repeat, (repeats,)."""
    repeats = given.scores if metric.needs == "scores" else given.predicted
    return np.array([metric(Y[:, among], one[:, among]) for one in repeats])


def _with_seeds(
    seen: RowEvidence, differences: NDArray[np.floating[Any]], level: float
) -> RowEvidence:
    """Evidence that also allows for arms trained under other seeds.

    `differences` (repeats,) are those of each repeat. The variance of their mean adds
    to the variance over rows, with Welch and Satterthwaite's degrees of freedom, and
    the larger p and the wider interval of the two count. A random sampler against
    itself differs in what it was trained to, and rows alone would call that a
    difference. Ours.
    """
    repeats = len(differences)
    if repeats < 2:
        return seen
    of_rows = ((seen.high - seen.low) / (2 * stats.norm.ppf(0.5 + level / 2))) ** 2
    of_seeds = float(differences.var(ddof=1)) / repeats
    if of_seeds <= 1e-24:
        return replace(seen, as_trained=False)
    freedom = (repeats - 1) * ((of_rows + of_seeds) / of_seeds) ** 2
    error = math.sqrt(of_rows + of_seeds)
    half = stats.t.ppf(0.5 + level / 2, freedom) * error
    p = 2 * stats.t.sf(abs(seen.difference) / error, freedom)
    return replace(
        seen,
        low=min(seen.low, seen.difference - half),
        high=max(seen.high, seen.difference + half),
        p=max(seen.p, float(p)),
        method=f"{seen.method}, with the spread over seeds",
        as_trained=False,
    )


def _row_values(metric: Metric, Y: LabelMatrix, given: Given) -> Matrix:
    """(n, 1): the metric of each row alone, the mean over the repeats."""
    repeats = given.scores if metric.needs == "scores" else given.predicted
    values = [
        [metric(Y[i : i + 1], one[i : i + 1]) for i in range(len(Y))] for one in repeats
    ]
    return np.mean(values, axis=0)[:, None]


def _draws(n: int, q: int) -> int:
    """As many draws as can be had in some seconds, between 400 and 2,000."""
    return int(np.clip(MOST_NUMBERS / max(n * q, 1), 400, row_evidence.DRAWS))


def _first(seen: Evidence, method: str) -> RowEvidence:
    return _at(seen, 0, method)


def _at(seen: Evidence, place: int, method: str) -> RowEvidence:
    difference, low, high, p = (
        float(value[place]) for value in (seen.difference, seen.low, seen.high, seen.p)
    )
    return RowEvidence(difference, low, high, p, method)
