"""Before and after on the same test rows: differences, intervals, tests and verdicts.

Frames in, frames out. A frame of scores has the columns `dataset sampler classifier
repeat fold metric label value` and, from a run, `better`, `split`, `train_rows`,
`test_rows`, `error`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from aemlo.compare.design import LEAST_SPLITS, Design
from aemlo.compare.equivalence import ROPE, probabilities
from aemlo.metrics import ALL_METRICS

PLACE = ["dataset", "metric", "classifier"]
VERDICTS = ("better", "worse", "not shown", "identical", "no verdict")
VERDICTS += ("baseline", "no scores")
REASONS = {
    "failed": "cells failed",
    "few splits": f"fewer than {LEAST_SPLITS} splits",
    "constant": "the difference is the same in every split, so it has no spread",
    "one test set": "there is one set of test rows, and what the arms gave for each "
    "row was not kept",
    "few rows": "too few test rows, or too few of them with the labels",
    "no row test": "there is no test over rows for this metric",
}
NONE = float("nan")


@dataclass(frozen=True)
class RowEvidence:
    """What one set of test rows says of a difference; `reason` where it says nothing.

    `method` names the test. The numbers are of arm - baseline. `as_trained`: they speak
    of the two arms as they were trained, not of arms trained under other seeds.
    """

    difference: float = NONE
    low: float = NONE
    high: float = NONE
    p: float = NONE
    method: str = ""
    reason: str = ""
    as_trained: bool = True


OverRows: TypeAlias = Callable[[str, str, str, str, str, float], RowEvidence]
"""(data set, metric, classifier, sampler, baseline, level) to RowEvidence."""


def corrected_t(
    differences: ArrayLike, ratio: float, level: float = 0.95
) -> tuple[float, float, float, float, float]:
    """Mean, low, high, t and p of paired differences whose training parts overlap.

    Corrected resampled t (Nadeau and Bengio, 2003): the variance of the mean is
    (1/J + ratio) s^2 with ratio = n_test / n_train and J - 1 degrees of freedom.
    Differences that are all 0 give p = 1. Differences that are all the same give no
    test: they have no spread to judge by, and low, high, t and p are NaN, as they are
    for fewer than two differences.
    """
    d = np.asarray(differences, dtype=float)
    d = d[~np.isnan(d)]
    mean = float(d.mean()) if len(d) else NONE
    if len(d) < 2:
        return mean, NONE, NONE, NONE, NONE
    if is_constant(d):
        if is_zero(d):
            return 0.0, 0.0, 0.0, 0.0, 1.0
        return mean, NONE, NONE, NONE, NONE
    error = d.std(ddof=1) * math.sqrt(1 / len(d) + ratio)
    t = mean / error
    half = stats.t.ppf(0.5 + level / 2, len(d) - 1) * error
    p = 2 * stats.t.sf(abs(t), len(d) - 1)
    return mean, mean - half, mean + half, float(t), float(p)


def is_constant(d: NDArray[np.floating[Any]]) -> bool:
    """Whether differences are the same but for the last digits."""
    return float(d.std(ddof=1)) <= 1e-12 * max(1.0, float(np.abs(d).max()))


def is_zero(d: NDArray[np.floating[Any]]) -> bool:
    """Whether all differences are 0 but for the last digits."""
    return float(np.abs(d).max(initial=0.0)) <= 1e-12


def holm(p_values: ArrayLike) -> NDArray[np.floating[Any]]:
    """p adjusted for the number of comparisons (Holm, 1979); NaN stays NaN."""
    p = np.asarray(p_values, dtype=float)
    known = np.flatnonzero(~np.isnan(p))
    adjusted = np.full(len(p), NONE)
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def before_after(
    scores: pd.DataFrame,
    baseline: str = "none",
    level: float = 0.95,
    *,
    primary: str = "",
    rope: float = ROPE,
    over_rows: OverRows | None = None,
) -> pd.DataFrame:
    """One row per data set, metric, classifier and sampler, against `baseline`.

    Columns `mean sd splits failed` of the sampler's scores over the splits; then of the
    paired differences sampler - baseline: `baseline_mean baseline_sd difference low
    high t p p_holm effect pairs`; `p_better p_equivalent p_worse`, the probabilities
    that the mean difference is good, within `rope` of 0, or bad (Bayesian correlated t,
    see `aemlo.compare.equivalence`); `family`, how many comparisons Holm's correction
    is for; `evidence`, what the verdict rests on, in words; `method`, the test;
    `as_trained`, whether it speaks only of the models as they were trained; and
    `verdict` (one of VERDICTS) with `reason` (a key of REASONS) where there is none.

    `effect` is the mean difference over its standard deviation over the splits, which
    folds that share training rows make larger than it would be over independent data.
    Holm's family is all comparisons of one metric on one data set. `role` is "primary"
    for the metric `primary`, which was chosen before the run, else "exploratory".

    Resampled splits are judged by `corrected_t`, with at least 5 of them. One set of
    test rows is judged by `over_rows`, without which there is no verdict. A failed cell
    of the arm or the baseline: no verdict.
    """
    whole = with_directions(scores[scores["label"].fillna("") == ""])
    designs = {
        name: Design.of(part) for name, part in whole.groupby("dataset", sort=False)
    }
    rows = []
    for place, part in whole.groupby(PLACE, sort=False, observed=True):
        wide = _wide(part, "value")
        broken = _broken(part)
        design = designs[part["dataset"].iloc[0]]
        where = dict(zip(PLACE, cast("tuple[str, ...]", place), strict=True))
        for sampler in wide.columns:
            row: dict[str, Any] = where | {
                "sampler": sampler,
                "better": part["better"].iloc[0],
            }
            row |= _one_arm(wide[sampler])
            row |= _against(wide, sampler, baseline)
            if sampler != baseline:
                row |= _judged(
                    row, wide, baseline, design, split_ratio(part), level, rope
                )
                if not design.resampled:
                    row |= _over_rows(row, over_rows, baseline, level)
                if broken & {sampler, baseline}:
                    row |= _without_verdict("failed")
            rows.append(row | {"evidence": design.in_words(row["pairs"])})
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    families = table.groupby(["dataset", "metric"], sort=False)["p"]
    table["p_holm"] = families.transform(lambda p: holm(p.to_numpy()))
    table["family"] = families.transform("count")
    table["role"] = np.where(table["metric"] == primary, "primary", "exploratory")
    table["verdict"] = [_verdict(row, baseline, level) for _, row in table.iterrows()]
    return table


def with_directions(scores: pd.DataFrame) -> pd.DataFrame:
    """`scores` with a `better` column ("higher", "lower"), mere counts left out.

    Frames without that column get the direction of the metric that is registered under
    the title; a metric that is not registered counts as better when higher.
    """
    if "better" not in scores.columns:
        known = {title: metric.better for title, metric in ALL_METRICS.items()}
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


def _wide(part: pd.DataFrame, values: str) -> pd.DataFrame:
    """`values` with a row a split and a column a sampler, in the order they come."""
    wide = part.pivot_table(
        index=["repeat", "fold"],
        columns="sampler",
        values=values,
        dropna=False,
        observed=True,
        sort=False,
    )
    return wide.reindex(columns=list(dict.fromkeys(part["sampler"])))


def _broken(part: pd.DataFrame) -> set[str]:
    """The samplers with a failed cell."""
    if "error" not in part.columns:
        return set()
    return set(part.loc[part["error"].fillna("") != "", "sampler"])


def _one_arm(values: pd.Series) -> dict[str, float]:
    known = values.dropna()
    return {
        "mean": known.mean() if len(known) else NONE,
        "sd": known.std(ddof=1) if len(known) > 1 else NONE,
        "splits": len(known),
        "failed": int(values.isna().sum()),
    }


def _against(wide: pd.DataFrame, sampler: str, baseline: str) -> dict[str, Any]:
    """The baseline's scores where both arms have one; no judgement yet."""
    numbers = ("difference", "low", "high", "t", "p", "effect")
    numbers += ("p_better", "p_equivalent", "p_worse")
    row: dict[str, Any] = dict.fromkeys(
        ("baseline_mean", "baseline_sd", *numbers), NONE
    )
    row |= {"pairs": 0, "method": "", "reason": "", "as_trained": False}
    if sampler == baseline or baseline not in wide.columns:
        return row
    both = wide[[baseline, sampler]].dropna()[baseline]
    return row | {
        "baseline_mean": both.mean() if len(both) else NONE,
        "baseline_sd": both.std(ddof=1) if len(both) > 1 else NONE,
        "pairs": len(both),
    }


def _judged(
    row: dict[str, Any],
    wide: pd.DataFrame,
    baseline: str,
    design: Design,
    ratio: float,
    level: float,
    rope: float,
) -> dict[str, Any]:
    """The judgement of one arm by its differences over splits."""
    if row["pairs"] == 0:
        return {}
    d = (wide[row["sampler"]] - wide[baseline]).dropna().to_numpy()
    judged: dict[str, Any] = {"difference": float(d.mean())}
    if is_zero(d):
        nothing = {"low": 0.0, "high": 0.0, "t": 0.0, "p": 1.0, "effect": 0.0}
        return judged | nothing | {"reason": "identical"}
    if design.resampled:
        judged["method"] = "corrected resampled t"
    if not design.resampled or len(d) < LEAST_SPLITS:
        return judged | {"reason": "few splits"}
    if is_constant(d):
        return judged | {"reason": "constant"}
    names = ("difference", "low", "high", "t", "p")
    judged |= zip(names, corrected_t(d, ratio, level), strict=True)
    judged["effect"] = float(d.mean() / d.std(ddof=1))
    chances = probabilities(d, ratio, rope)
    if chances is not None:
        good, bad = chances.higher, chances.lower
        if row["better"] == "lower":
            good, bad = bad, good
        judged |= {
            "p_better": good,
            "p_equivalent": chances.equivalent,
            "p_worse": bad,
        }
    return judged


def _over_rows(
    row: dict[str, Any], over_rows: OverRows | None, baseline: str, level: float
) -> dict[str, Any]:
    """The judgement of one arm by the rows of the one test part."""
    if row["pairs"] == 0 or row["reason"] == "identical":
        return {}
    if over_rows is None:
        return _without_verdict("one test set")
    names = (row["dataset"], row["metric"], row["classifier"], row["sampler"])
    seen = over_rows(*names, baseline, level)
    if seen.reason:
        return _without_verdict(seen.reason)
    return {
        "low": seen.low,
        "high": seen.high,
        "p": seen.p,
        "method": seen.method,
        "reason": "",
        "as_trained": seen.as_trained,
    }


def _without_verdict(reason: str) -> dict[str, Any]:
    numbers = ("low", "high", "t", "p", "effect", "p_better", "p_equivalent", "p_worse")
    return dict.fromkeys(numbers, NONE) | {"reason": reason}


def _verdict(row: pd.Series, baseline: str, level: float) -> str:
    if row["sampler"] == baseline:
        return "baseline"
    if row["reason"] == "failed":
        return "no verdict"
    if row["splits"] == 0 or row["pairs"] == 0:
        return "no scores"
    if row["reason"]:
        return "identical" if row["reason"] == "identical" else "no verdict"
    if not row["p_holm"] <= 1 - level + 1e-12:
        return "not shown"
    good = (row["difference"] > 0) == (row["better"] == "higher")
    return "better" if good else "worse"


def split_by_verdict(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of a `before_after` by verdict: "better", "worse", "not shown", ...

    In each the largest differences come first.
    """
    parts = {}
    for verdict in ("better", "worse", "not shown", "identical", "no verdict"):
        part = table[table["verdict"] == verdict]
        parts[verdict] = part.loc[
            part["difference"].abs().sort_values(ascending=False, kind="stable").index
        ]
    return parts


def summary_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Verdicts counted per sampler: `sampler better worse not shown`."""
    compared = table[~table["verdict"].isin(["baseline"])]
    counts = pd.crosstab(compared["sampler"], compared["verdict"])
    wanted = ["better", "worse", "not shown"]
    order = list(dict.fromkeys(compared["sampler"]))
    return counts.reindex(index=order, columns=wanted, fill_value=0).reset_index()
