"""Trade-offs between arms, and views over one setting of a sampler."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from aemlo.arrays import Mask
from aemlo.compare.paired import corrected_t, split_ratio, with_directions

ARM = ["dataset", "sampler", "classifier"]
SECONDS = ("sample_seconds", "fit_seconds", "predict_seconds")


def arms(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per data set, sampler and classifier: mean of each metric, and seconds.

    `seconds` is sampling + fitting + predicting, the mean of a split.
    """
    whole = with_directions(scores[scores["label"].fillna("") == ""])
    table = whole.pivot_table(
        index=ARM, columns="metric", values="value", observed=True, sort=False
    )
    if set(SECONDS) <= set(whole.columns):
        cells = whole.drop_duplicates([*ARM, "repeat", "fold"])
        seconds = cells[list(SECONDS)].sum(axis=1, min_count=1)
        table["seconds"] = seconds.groupby(
            [cells[name] for name in ARM], sort=False, observed=True
        ).mean()
    return table.reset_index()


def directions(scores: pd.DataFrame) -> dict[str, str]:
    """Metric -> "higher" or "lower"; seconds are better when lower."""
    metrics = with_directions(scores).drop_duplicates("metric")
    known = dict(zip(metrics["metric"], metrics["better"], strict=True))
    return known | {"seconds": "lower"}


def pareto(table: pd.DataFrame, x: str, y: str, better: Mapping[str, str]) -> Mask:
    """Which rows no other row beats in both `x` and `y` (a boolean array).

    A row is beaten when another is at least as good in both and better in one.
    """
    sign = [1.0 if better[name] == "higher" else -1.0 for name in (x, y)]
    points = table[[x, y]].to_numpy(dtype=float) * sign
    front = np.zeros(len(points), dtype=bool)
    for i, point in enumerate(points):
        if np.isnan(point).any():
            continue
        as_good = (points >= point).all(axis=1)
        front[i] = not (as_good & (points > point).any(axis=1)).any()
    return front


def sweep(
    scores: pd.DataFrame, values: Mapping[str, Any], metric: str, level: float = 0.95
) -> pd.DataFrame:
    """Mean of `metric` with its interval over one setting, per classifier.

    `values` maps a sampler's name to the value of its setting. Returns `dataset
    classifier sampler setting mean low high splits`; the interval is the corrected
    resampled one of a single arm, so neighbouring points share their folds.
    """
    whole = with_directions(scores[scores["label"].fillna("") == ""])
    part = whole[(whole["metric"] == metric) & whole["sampler"].isin(list(values))]
    rows = []
    for place, group in part.groupby(
        ["dataset", "classifier", "sampler"], sort=False, observed=True
    ):
        known = group["value"].dropna().to_numpy()
        mean, low, high, _, _ = corrected_t(known, split_ratio(group), level)
        rows.append(
            {
                "dataset": place[0],
                "classifier": place[1],
                "sampler": place[2],
                "setting": values[place[2]],
                "mean": mean,
                "low": low if len(known) > 1 else math.nan,
                "high": high if len(known) > 1 else math.nan,
                "splits": len(known),
            }
        )
    return pd.DataFrame(rows)


def mistake(right: pd.DataFrame, wrong: pd.DataFrame) -> pd.DataFrame:
    """What a leak makes of the scores: `classifier sampler metric right wrong gain`.

    `right` and `wrong` are scores of the same comparison; `gain` is how much better the
    wrong one looks, positive for a flattering mistake.
    """
    keys = ["dataset", "classifier", "sampler", "metric"]
    sides = []
    for scores in (right, wrong):
        whole = with_directions(scores[scores["label"].fillna("") == ""])
        sides.append(
            whole.groupby([*keys, "better"], sort=False, observed=True)["value"].mean()
        )
    both = pd.concat(sides, axis=1, keys=["right", "wrong"]).dropna().reset_index()
    sign = np.where(both["better"] == "higher", 1.0, -1.0)
    return both.assign(gain=sign * (both["wrong"] - both["right"]))
