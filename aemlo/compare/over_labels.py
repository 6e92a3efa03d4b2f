"""What all test rows say of each label: F1 of an arm against a baseline. Ours.

Two sources of chance are allowed for. The rows: sign-flip permutation
(`aemlo.compare.row_evidence`). The training: every fold, or every repeat of a declared
split, has arms of its own, with seeds of their own, and a random sampler differs from
itself in what it was trained to. The spread between folds says how much wider the
differences are than rows alone would make them. One label has few folds, so its spread
is drawn towards that of all labels (Smyth, Statistical Applications in Genetics and
Molecular Biology 3, 2004, section 6.2, where genes stand for our labels).
"""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special, stats

from aemlo.arrays import LabelMatrix, Matrix, Rows
from aemlo.compare import row_evidence
from aemlo.compare.over_rows import Given, counts_of, mean_over_repeats
from aemlo.compare.paired import holm

SHARE_OF_LABELS = 0.25
MOST_FLIPS = 50_000
"""Beyond 2,500 comparisons these are too few for the strictest of Holm's bounds."""
Evidence = Literal["rows and folds", "rows and seeds", "rows"]


class _Spread(NamedTuple):
    """Variance (q,) of the differences with training, and its degrees of freedom."""

    variance: NDArray[np.floating]
    freedom: NDArray[np.floating]


def of_labels(
    Y: LabelMatrix,
    arm: Given,
    baseline: Given,
    rng: np.random.Generator,
    *,
    folds: Sequence[Rows] = (),
    level: float = 0.95,
    draws: int = row_evidence.DRAWS,
    comparisons: int | None = None,
) -> pd.DataFrame:
    """F1 of each label over all rows that were tested, and what they say of it.

    Y (n, q); predictions are pooled over the folds, each row predicted by the arm that
    had not seen it. `folds` holds, for each repeat, the fold (n,) in which a row was
    tested. Columns `before after change low high p p_holm verdict evidence`, a row a
    label, in their order. Holm is over the labels. `draws` are of the bootstrap, and
    the fewest of the permutation: it has as many as a verdict after Holm over
    `comparisons` needs (None: the labels), up to MOST_FLIPS.

    `evidence` says what the verdict rests on: with "rows" alone (one test part, one
    repeat, or no folds given) it speaks of the two arms as they were trained, not of
    arms trained again. A label with fewer than 5 positives, or fewer than 100 rows in
    all, has a change and the verdict "no verdict".
    """
    Y = np.asarray(Y)
    enough = row_evidence.enough_rows(Y)
    q = Y.shape[1]

    per_label = mean_over_repeats(row_evidence.f1_per_label, q)
    counts = [counts_of(Y, given) for given in (arm, baseline)]
    seen = row_evidence.of_row_counts(
        *counts,
        per_label,
        rng,
        level=level,
        draws=draws,
        flips=_flips(draws, comparisons or int(enough.sum()), level),
    )
    after, before = (per_label(part.sum(axis=0)[None])[0] for part in counts)
    low, high, p = seen.low, seen.high, seen.p
    evidence, spread = _with_training(Y, arm, baseline, folds, enough)
    if spread is not None:
        error = np.sqrt(spread.variance)
        half = stats.t.ppf(0.5 + level / 2, spread.freedom) * error
        away = np.divide(
            np.abs(seen.difference), error, out=np.zeros(q), where=error > 0
        )
        low = np.minimum(low, seen.difference - half)
        high = np.maximum(high, seen.difference + half)
        p = np.maximum(p, 2 * stats.t.sf(away, spread.freedom))
    p = np.where(enough, p, np.nan)
    table = pd.DataFrame(
        {
            "before": before,
            "after": after,
            "change": seen.difference,
            "low": np.where(enough, low, np.nan),
            "high": np.where(enough, high, np.nan),
            "p": p,
            "p_holm": holm(p),
        }
    )
    good = np.where(seen.difference > 0, "better", "worse")
    shown = table["p_holm"] <= 1 - level + 1e-12
    table["verdict"] = np.where(
        shown, good, np.where(enough, "not shown", "no verdict")
    )
    return table.assign(evidence=evidence)


def _flips(draws: int, comparisons: int, level: float) -> int:
    """Flips with which the least p is half of what Holm asks of the first label."""
    needed = math.ceil(2 * comparisons / (1 - level))
    return max(draws, min(needed, MOST_FLIPS))


def _with_training(
    Y: LabelMatrix,
    arm: Given,
    baseline: Given,
    folds: Sequence[Rows],
    enough: NDArray[np.bool_],
) -> tuple[Evidence, _Spread | None]:
    """What the spread over folds, or else over repeats, adds to that over rows.

    `enough` (q,): the labels whose spread is told from chance, which the others' is
    drawn towards.
    """
    repeats = len(arm.predicted)
    changes = np.array(
        [
            _f1_by_row(Y, new) - _f1_by_row(Y, old)
            for new, old in zip(arm.predicted, baseline.predicted, strict=True)
        ]
    )  # (repeats, n, q): what each row adds to the difference, around its mean
    n = Y.shape[0]
    whole = n / (n - 1) * (changes.mean(axis=0) ** 2).sum(axis=0)
    once = n / (n - 1) * (changes**2).sum(axis=1).mean(axis=0)
    known = once > 0
    sizes = [len(np.unique(fold)) for fold in folds]
    if folds and min(sizes) > 1:
        pairs = zip(changes, folds, strict=True)
        spread = np.mean([_between(change, fold) for change, fold in pairs], axis=0)
        freedom = sum(sizes) - len(sizes)
        ratio, freedoms = _drawn_together(spread, once, freedom, known & enough)
        training = np.maximum(ratio - 1, 0) * once / repeats
        evidence: Evidence = "rows and folds"
    elif repeats > 1:
        differences = np.array(
            [
                _f1(Y, new) - _f1(Y, old)
                for new, old in zip(arm.predicted, baseline.predicted, strict=True)
            ]
        )
        spread = differences.var(axis=0, ddof=1)
        ratio, freedoms = _drawn_together(spread, once, repeats - 1, known & enough)
        training = ratio * once / repeats
        evidence = "rows and seeds"
    else:
        return "rows", None
    variance = whole + training
    noisy = ratio * once / repeats  # the part of the variance that is a guess
    freedoms = np.divide(
        variance**2 * freedoms, noisy**2, out=np.full(len(ratio), 1e6), where=noisy > 0
    )
    return evidence, _Spread(variance, np.minimum(freedoms, 1e6))


def _f1(Y: LabelMatrix, predicted: LabelMatrix) -> NDArray[np.floating]:
    """F1 (q,) of each label over all rows."""
    sums = np.asarray(row_evidence.f1_counts(Y, predicted).sum(axis=0))[None]
    return row_evidence.f1_per_label(sums)[0]


def _f1_by_row(Y: LabelMatrix, predicted: LabelMatrix) -> Matrix:
    """(n, q): how far each row moves F1 of a label, to first order; columns sum to 0.

    F1 = 2 R / (2 R + W + M) over the sums of right, wrongly given and missed.
    """
    truth, given = np.asarray(Y, dtype=float), np.asarray(predicted, dtype=float)
    right = 2 * truth * given
    counted = truth + given  # 2 right + wrong + missed
    total = np.maximum(counted.sum(axis=0), 1)  # of a label neither there nor given: 0
    f1 = right.sum(axis=0) / total
    return (right - f1 * counted) / total


def _between(changes: Matrix, fold: Rows) -> NDArray[np.floating]:
    """(q,): variance of the sum of `changes` (n, q) with whole folds as the units."""
    _, number = np.unique(fold, return_inverse=True)
    folds = number.max() + 1
    sums = np.zeros((folds, changes.shape[1]))
    np.add.at(sums, number, changes)
    return folds / (folds - 1) * (sums**2).sum(axis=0)


def _drawn_together(
    spread: NDArray[np.floating],
    once: NDArray[np.floating],
    freedom: int,
    known: NDArray[np.bool_],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Ratios (q,) of `spread` to `once`, drawn together, and their freedom (q,)."""
    ratio = np.divide(spread, once, out=np.zeros_like(spread), where=once > 0)
    freedoms = np.full(len(ratio), float(freedom))
    known = known & (ratio > 0)
    if known.sum() < 2:
        return ratio, freedoms
    middle, prior = squeezed(ratio[known], freedom)
    # Labels are trained and tested together, so they tell less than as many folds
    # would. With a quarter, two alike arms get a verdict in 5 to 6 of 100 data sets.
    prior = min(prior, freedom * (int(known.sum()) - 1) * SHARE_OF_LABELS)
    return (prior * middle + freedom * ratio) / (prior + freedom), freedoms + prior


def squeezed(ratios: NDArray[np.floating], freedom: int) -> tuple[float, float]:
    """The value that ratios (k,) scatter around, and the freedom that it is worth.

    Each ratio estimates a scale of its own with `freedom` degrees of freedom; the
    scales follow a scaled inverse chi-squared distribution. Returns its scale and its
    degrees of freedom, infinite where the ratios scatter no more than chance makes them
    (Smyth, 2004, section 6.2).
    """
    half = freedom / 2
    logs = np.log(ratios) - special.digamma(half) + np.log(half)
    beyond = float(logs.var(ddof=1) - special.polygamma(1, half))
    if beyond <= 0:
        return float(np.exp(logs.mean())), np.inf
    prior = 2 * _inverse_trigamma(beyond)
    middle = logs.mean() + special.digamma(prior / 2) - np.log(prior / 2)
    return float(np.exp(middle)), prior


def _inverse_trigamma(value: float) -> float:
    """x with trigamma(x) = value, for value > 0."""
    if value < 1e-6:
        return 1 / value
    return float(
        optimize.brentq(
            lambda x: float(special.polygamma(1, x)) - value,
            1e-4 / value,
            1 + 2 / value,
        )
    )
