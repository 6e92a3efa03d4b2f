"""Before and after on the same folds: differences, intervals, tests and verdicts.

Frames in, frames out. A frame of scores has the columns `dataset sampler classifier
repeat fold metric label value` and, from a run, `better`, `train_rows`, `test_rows`.
"""

import math
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from aemlo.metrics import METRICS
from aemlo.wording import counted, decimals, p_value, signed

PLACE = ["dataset", "metric", "classifier"]
VERDICTS = ("better", "worse", "not shown", "baseline", "no scores")


def corrected_t(
    differences: ArrayLike, ratio: float, level: float = 0.95
) -> tuple[float, float, float, float, float]:
    """Mean, low, high, t and p of paired differences whose training parts overlap.

    Corrected resampled t (Nadeau and Bengio, 2003): the variance of the mean is
    (1/J + ratio) s^2 with ratio = n_test / n_train and J - 1 degrees of freedom.
    Identical scores give p = 1; fewer than two differences give NaN.
    """
    d = np.asarray(differences, dtype=float)
    d = d[~np.isnan(d)]
    mean = float(d.mean()) if len(d) else math.nan
    if len(d) < 2:
        return mean, math.nan, math.nan, math.nan, math.nan
    spread = d.std(ddof=1)
    # Differences of scores that agree to the last digits have no spread of their own.
    if spread <= 1e-12 * max(1.0, np.abs(d).max()):
        same = abs(mean) <= 1e-12
        t = 0.0 if same else math.copysign(math.inf, mean)
        return mean, mean, mean, t, 1.0 if same else 0.0
    error = spread * math.sqrt(1 / len(d) + ratio)
    t = mean / error
    half = stats.t.ppf(0.5 + level / 2, len(d) - 1) * error
    p = 2 * stats.t.sf(abs(t), len(d) - 1)
    return mean, mean - half, mean + half, float(t), float(p)


def holm(p_values: ArrayLike) -> NDArray[np.floating[Any]]:
    """p adjusted for the number of comparisons (Holm, 1979); NaN stays NaN."""
    p = np.asarray(p_values, dtype=float)
    known = np.flatnonzero(~np.isnan(p))
    adjusted = np.full(len(p), math.nan)
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def before_after(
    scores: pd.DataFrame, baseline: str = "none", level: float = 0.95
) -> pd.DataFrame:
    """One row per data set, metric, classifier and sampler, against `baseline`.

    Columns `mean sd splits failed` of the sampler's scores over the splits; then of the
    paired differences sampler - baseline: `baseline_mean baseline_sd difference low
    high t p p_holm effect pairs`, and `verdict` (one of VERDICTS). `effect` is the mean
    difference over its standard deviation. Holm's family is all comparisons of one
    metric on one data set. `better` says which direction of the metric is good.
    """
    whole = with_directions(scores[scores["label"].fillna("") == ""])
    rows = []
    for place, part in whole.groupby(PLACE, sort=False, observed=True):
        wide = part.pivot_table(
            index=["repeat", "fold"],
            columns="sampler",
            values="value",
            dropna=False,
            observed=True,
            sort=False,
        ).reindex(columns=list(dict.fromkeys(part["sampler"])))
        ratio = split_ratio(part)
        for sampler in wide.columns:
            row: dict[str, Any] = {}
            row |= zip(PLACE, cast("tuple[str, ...]", place), strict=True)
            row |= {"sampler": sampler, "better": part["better"].iloc[0]}
            row |= _one_arm(wide[sampler])
            row |= _against(wide, sampler, baseline, ratio, level)
            rows.append(row)
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    table["p_holm"] = table.groupby(["dataset", "metric"], sort=False)["p"].transform(
        lambda p: holm(p.to_numpy())
    )
    table["verdict"] = [_verdict(row, baseline, level) for _, row in table.iterrows()]
    return table


def with_directions(scores: pd.DataFrame) -> pd.DataFrame:
    """`scores` with a `better` column ("higher", "lower"), mere counts left out.

    Frames without that column get the direction of the metric that is registered under
    the title; a metric that is not registered counts as better when higher.
    """
    if "better" not in scores.columns:
        known = {title: metric.better for title, metric in METRICS.items()}
        scores = scores.assign(
            better=[known.get(title, "higher") for title in scores["metric"]]
        )
    return scores[scores["better"].isin(["higher", "lower"])]


def split_ratio(part: pd.DataFrame) -> float:
    """n_test / n_train of the splits; 1 / (folds - 1) where the rows do not say."""
    if {"train_rows", "test_rows"} <= set(part.columns):
        known = part.dropna(subset=["train_rows", "test_rows"])
        if len(known):
            return float((known["test_rows"] / known["train_rows"]).mean())
    return 1.0 / max(1, part["fold"].nunique() - 1)


def _one_arm(values: pd.Series) -> dict[str, float]:
    known = values.dropna()
    return {
        "mean": known.mean() if len(known) else math.nan,
        "sd": known.std(ddof=1) if len(known) > 1 else math.nan,
        "splits": len(known),
        "failed": int(values.isna().sum()),
    }


def _against(
    wide: pd.DataFrame, sampler: str, baseline: str, ratio: float, level: float
) -> dict[str, float]:
    if sampler == baseline or baseline not in wide.columns:
        empty = (
            "baseline_mean",
            "baseline_sd",
            "difference",
            "low",
            "high",
            "t",
            "p",
            "effect",
        )
        return dict.fromkeys(empty, math.nan) | {"pairs": 0}
    both = wide[[baseline, sampler]].dropna()
    d = (both[sampler] - both[baseline]).to_numpy()
    mean, low, high, t, p = corrected_t(d, ratio, level)
    return {
        "baseline_mean": both[baseline].mean() if len(both) else math.nan,
        "baseline_sd": both[baseline].std(ddof=1) if len(both) > 1 else math.nan,
        "difference": mean,
        "low": low,
        "high": high,
        "t": t,
        "p": p,
        "effect": _effect(d),
        "pairs": len(d),
    }


def _effect(d: NDArray[np.floating[Any]]) -> float:
    if len(d) < 2:
        return math.nan
    spread = d.std(ddof=1)
    if spread <= 1e-12 * max(1.0, np.abs(d).max()):
        return 0.0 if abs(d.mean()) <= 1e-12 else math.copysign(math.inf, d.mean())
    return float(d.mean() / spread)


def _verdict(row: pd.Series, baseline: str, level: float) -> str:
    if row["sampler"] == baseline:
        return "baseline"
    if row["splits"] == 0 or row["pairs"] == 0:
        return "no scores"
    if not row["p_holm"] <= 1 - level + 1e-12:
        return "not shown"
    good = (row["difference"] > 0) == (row["better"] == "higher")
    return "better" if good else "worse"


def in_words(row: pd.Series, baseline: str = "none", level: float = 0.95) -> str:
    """One row of `before_after` as a sentence that carries its evidence."""
    arm, metric = row["sampler"], row["metric"]
    where = f"{arm} with {row['classifier']}"
    if row["verdict"] == "baseline":
        return f"{where}: {metric} {decimals(row['mean'])}, the baseline."
    if row["verdict"] == "no scores":
        return f"{where}: no pair of scores of {metric} to compare."
    pairs = counted(row["pairs"], "paired fold")
    if math.isnan(row["p"]):
        return (
            f"{where}: {metric} differs by {signed(row['difference'])} in {pairs}; not "
            "shown: one pair has no spread to judge by."
        )
    interval = (
        f"{level:.0%} interval {signed(row['low'])} to {signed(row['high'])}, {pairs}"
    ).replace("%", " %")
    if row["verdict"] == "not shown":
        return (
            f"{where}: a difference to {baseline} in {metric} is not shown: "
            f"{_why_not_shown(row)} ({signed(row['difference'])}, {interval})."
        )
    verb = "raises" if row["difference"] > 0 else "lowers"
    return (
        f"{where} {verb} {metric} by {decimals(abs(row['difference']))} against "
        f"{baseline} ({interval}, {p_value(row['p_holm'])} after Holm): "
        f"{row['verdict']}."
    )


def _why_not_shown(row: pd.Series) -> str:
    if row["p"] == 1.0 and row["difference"] == 0:
        return "the scores are identical"
    if row["low"] <= 0 <= row["high"]:
        return "the interval includes 0"
    return f"p = {decimals(row['p_holm'])} once corrected for the number of comparisons"


def split_by_verdict(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of a `before_after` by verdict, in three frames.

    "better", "worse" and "not shown"; in each the largest effects come first.
    """
    parts = {}
    for verdict in ("better", "worse", "not shown"):
        part = table[table["verdict"] == verdict]
        parts[verdict] = part.loc[
            part["effect"].abs().sort_values(ascending=False, kind="stable").index
        ]
    return parts


def summary_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Verdicts counted per sampler: `sampler better worse not shown`."""
    compared = table[~table["verdict"].isin(["baseline"])]
    counts = pd.crosstab(compared["sampler"], compared["verdict"])
    wanted = ["better", "worse", "not shown"]
    order = list(dict.fromkeys(compared["sampler"]))
    return counts.reindex(index=order, columns=wanted, fill_value=0).reset_index()
