"""Several data sets: mean ranks, Friedman's test, Nemenyi's critical difference.

Folds of one data set are not independent, so a rank here is always a data set's.
Demsar, Journal of Machine Learning Research 7 (2006).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from aemlo.compare.paired import with_directions


def means(
    scores: pd.DataFrame, metric: str, classifier: str | None = None
) -> pd.DataFrame:
    """Data sets (rows) x samplers (columns): mean of one metric over the splits.

    Without `classifier`, the mean over the classifiers; a data set that lacks a score
    of any sampler is left out.
    """
    part = with_directions(scores[scores["label"].fillna("") == ""])
    part = part[part["metric"] == metric]
    if classifier is not None:
        part = part[part["classifier"] == classifier]
    table = part.pivot_table(
        index="dataset",
        columns="sampler",
        values="value",
        observed=True,
        sort=False,
        dropna=False,
    )
    return table.dropna()


@dataclass(frozen=True)
class Ranking:
    """Samplers ranked over data sets.

    `ranks` is a Series, 1 best, sorted; `statistic` and `p` are Friedman's; `critical`
    is Nemenyi's critical difference of mean ranks; `p_pairs` (samplers x samplers) its
    p values; `groups` lists the sets of samplers not shown to differ; `table` has wins,
    ties and losses per pair.
    """

    ranks: pd.Series
    datasets: int
    statistic: float
    p: float
    critical: float
    p_pairs: pd.DataFrame
    groups: tuple[tuple[str, ...], ...]
    table: pd.DataFrame


def rank(table: pd.DataFrame, better: str = "higher", alpha: float = 0.05) -> Ranking:
    """The Ranking of a `means` table; ValueError with fewer than two of either kind."""
    n, k = table.shape
    if n < 2 or k < 2:
        raise ValueError(
            f"Ranks need at least two data sets and two samplers, got {n} and {k}."
        )
    sign = -1.0 if better == "higher" else 1.0
    ranks = (sign * table).rank(axis=1, method="average")
    mean_ranks = ranks.mean().sort_values(kind="stable")
    statistic, p = friedman(ranks.to_numpy())
    critical = critical_difference(k, n, alpha)
    return Ranking(
        ranks=mean_ranks,
        datasets=n,
        statistic=statistic,
        p=p,
        critical=critical,
        p_pairs=nemenyi(mean_ranks, n),
        groups=_groups(mean_ranks, critical),
        table=wins(table, better),
    )


def friedman(ranks: NDArray[np.floating[Any]]) -> tuple[float, float]:
    """Friedman's chi-squared (corrected for ties) and p of ranks (n, k).

    SciPy's for three samplers and more, which it requires. With two, and where every
    data set ties every sampler (0 / 0 in SciPy), the same formula is worked out here.
    """
    n, k = ranks.shape
    if (ranks == ranks[:, :1]).all():
        return 0.0, 1.0
    if k >= 3:
        statistic, p = stats.friedmanchisquare(*ranks.T)
        return float(statistic), float(p)
    # Two samplers: the square of wins - losses over the data sets that do not tie.
    gap = ranks[:, 0] - ranks[:, 1]
    statistic = float(gap.sum() ** 2 / np.count_nonzero(gap))
    return statistic, float(stats.chi2.sf(statistic, 1))


def critical_difference(samplers: int, datasets: int, alpha: float = 0.05) -> float:
    """Nemenyi: q_alpha sqrt(k (k + 1) / (6 N)), q of the studentized range / sqrt 2."""
    q = stats.studentized_range.ppf(1 - alpha, samplers, math.inf) / math.sqrt(2)
    return float(q * math.sqrt(samplers * (samplers + 1) / (6 * datasets)))


def nemenyi(mean_ranks: pd.Series, datasets: int) -> pd.DataFrame:
    """p of each pair of samplers, a square frame."""
    k = len(mean_ranks)
    values = mean_ranks.to_numpy()
    gap = np.abs(values[:, None] - values[None, :])
    q = gap / math.sqrt(k * (k + 1) / (6 * datasets)) * math.sqrt(2)
    p = np.minimum(stats.studentized_range.sf(q, k, math.inf), 1.0)
    np.fill_diagonal(p, 1.0)
    return pd.DataFrame(p, index=mean_ranks.index, columns=mean_ranks.index)


def wins(table: pd.DataFrame, better: str = "higher") -> pd.DataFrame:
    """Data sets won, tied and lost by each sampler against each other one."""
    rows = []
    for one in table.columns:
        for other in table.columns:
            if one == other:
                continue
            gain = table[one] - table[other]
            gain = gain if better == "higher" else -gain
            rows.append(
                {
                    "sampler": one,
                    "against": other,
                    "wins": int((gain > 1e-12).sum()),
                    "ties": int((gain.abs() <= 1e-12).sum()),
                    "losses": int((gain < -1e-12).sum()),
                }
            )
    return pd.DataFrame(rows)


def _groups(mean_ranks: pd.Series, critical: float) -> tuple[tuple[str, ...], ...]:
    """Runs of sorted samplers within the critical difference, none inside another."""
    names, values = list(mean_ranks.index), mean_ranks.to_numpy()
    runs: list[tuple[int, int]] = []
    for start in range(len(names)):
        end = int(np.searchsorted(values, values[start] + critical, side="right"))
        if end - start > 1 and not any(end <= last for _, last in runs):
            runs.append((start, end))
    return tuple(tuple(names[start:end]) for start, end in runs)
