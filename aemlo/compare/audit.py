"""Signs of a leak that rows alone do not show. Ours.

A control run learns from labels that were put in another order: nothing can be learned
from them, so a macro-AUC above one half means that something knows the test rows. And
a score that jumps to perfection is seldom earned.
"""

import math

import pandas as pd

from aemlo.compare.paired import corrected_t, split_ratio

CHANCE = 0.5
NEARLY_PERFECT = 0.99
JUMP = 0.2
KINDS = {
    "perfect": "macro-AUC is nearly perfect",
    "jump": "macro-AUC rises by more than 0.2",
    "label": "F1 of a label rises from below 0.3 to above 0.95",
}


def control(scores: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Macro-AUC of each arm of a run on permuted labels, against chance.

    Columns `dataset sampler classifier mean low high above_chance`; the interval is the
    corrected resampled t's over the splits, NaN for fewer than two. `above_chance`:
    the whole interval is above one half.
    """
    part = scores[(scores["metric"] == "macro-AUC") & scores["value"].notna()]
    rows = []
    keys = ["dataset", "sampler", "classifier"]
    for place, arm in part.groupby(keys, sort=False, observed=True):
        apart, low, high, _, _ = corrected_t(
            arm["value"].to_numpy() - CHANCE, split_ratio(arm), level
        )
        bounds = (CHANCE + apart, CHANCE + low, CHANCE + high)
        rows.append((*place, *bounds, bool(not math.isnan(low) and low > 1e-9)))
    return pd.DataFrame(rows, columns=[*keys, "mean", "low", "high", "above_chance"])


def suspicious(scores: pd.DataFrame, baseline: str = "none") -> pd.DataFrame:
    """Arms whose scores look too good: `dataset sampler classifier kind label before
    after`, `kind` a key of KINDS.

    Means over the splits of the arm and of the baseline with the same classifier.
    """
    keys = ["dataset", "classifier", "metric", "label"]
    part = scores[scores["metric"].isin(["macro-AUC", "F1"])]
    means = part.assign(label=part["label"].fillna("")).pivot_table(
        index=keys, columns="sampler", values="value", sort=False, observed=True
    )
    rows = []
    if baseline not in means.columns:
        return pd.DataFrame(rows, columns=_COLUMNS)
    for sampler in means.columns.drop(baseline):
        for place, before, after in zip(
            means.index, means[baseline], means[sampler], strict=True
        ):
            dataset, classifier, metric, label = place
            kind = _kind(metric, before, after)
            if kind:
                rows.append((dataset, sampler, classifier, kind, label, before, after))
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = ["dataset", "sampler", "classifier", "kind", "label", "before", "after"]


def _kind(metric: str, before: float, after: float) -> str:
    if metric == "F1":
        return "label" if before < 0.3 and after > 0.95 else ""
    if after >= NEARLY_PERFECT and before < NEARLY_PERFECT - 0.01:
        return "perfect"
    return "jump" if after - before > JUMP else ""
