"""What a sampler did to each label, the rare ones apart from the common ones."""

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from aemlo.compare.paired import corrected_t, split_ratio

PARTS = ("head", "middle", "tail")


def per_label(
    scores: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    metric: str,
    classifier: str,
    sampler: str,
    baseline: str = "none",
    level: float = 0.95,
) -> pd.DataFrame:
    """Change of one metric per label, rarest first.

    `scores` of one data set; `labels` has the columns `label`, `positives` and `irlbl`
    (NaN: no positive row). Returns `label irlbl positives part before after change low
    high pairs`: means over the splits where both arms have a value (F1 has none where
    a label is neither there nor predicted), and the corrected interval of the change,
    one label at a time. `part` is the label's third by IRLbl: "head" the commonest,
    "tail" the rarest.
    """
    part = scores[(scores["metric"] == metric) & (scores["classifier"] == classifier)]
    part = part[part["label"].fillna("") != ""]
    ratio = split_ratio(part) if len(part) else math.nan
    wide = part[part["sampler"].isin([sampler, baseline])].pivot_table(
        index=["label", "repeat", "fold"],
        columns="sampler",
        values="value",
        observed=True,
    )
    wide = wide.reindex(columns=[baseline, sampler]).dropna()
    pairs_of = dict(list(wide.groupby(level="label", observed=True)))
    table = in_thirds(labels)[["label", "irlbl", "positives", "part"]]
    changes = [
        _change(pairs_of.get(label, wide.iloc[:0]), baseline, sampler, ratio, level)
        for label in table["label"]
    ]
    columns = ["before", "after", "change", "low", "high", "pairs"]
    return table.join(pd.DataFrame(changes, columns=columns))


def with_judged_labels(table: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """A `per_label` table with what the rows say of each label.

    `judged` is `over_labels.of_labels` with a column `label`. `before after change low
    high` are over all test rows then, and `p p_holm verdict evidence` are added. Labels
    without a positive row keep no change.
    """
    by_label = judged.set_index("label").loc[table["label"]].reset_index(drop=True)
    there = (table["positives"] > 0).to_numpy()
    result = table.copy()
    for column in ("before", "after", "change", "low", "high"):
        result[column] = by_label[column].where(there)
    added = by_label[["p", "p_holm", "verdict", "evidence"]]
    return result.assign(**{name: added[name] for name in added.columns})


def _change(
    pairs: pd.DataFrame, baseline: str, sampler: str, ratio: float, level: float
) -> tuple[float, float, float, float, float, int]:
    """One label's means before and after, the change with its interval, the pairs."""
    if pairs.empty:
        before = after = math.nan
    else:
        before, after = pairs[baseline].mean(), pairs[sampler].mean()
    differences = (pairs[sampler] - pairs[baseline]).to_numpy()
    mean, low, high, _, _ = corrected_t(differences, ratio, level)
    return before, after, mean, low, high, len(pairs)


def in_thirds(labels: pd.DataFrame) -> pd.DataFrame:
    """`labels` rarest first with a `part`: the tail, middle and head thirds by IRLbl.

    Labels without a positive row come last and belong to no part ("").
    """
    ordered = labels.sort_values(
        ["irlbl", "label"], ascending=[False, True], na_position="last", kind="stable"
    )
    known = int(ordered["irlbl"].notna().sum())
    part = np.full(len(ordered), "", dtype=object)
    names = np.array(["tail", "middle", "head"], dtype=object)
    part[:known] = names[np.arange(known) * 3 // max(known, 1)]
    return ordered.assign(part=part).reset_index(drop=True)


def by_part(table: pd.DataFrame) -> pd.DataFrame:
    """Means over the tail, middle and head labels of a `per_label` table.

    Columns `part labels before after change better worse`; the last two count labels.
    """
    rows = []
    for part in ("tail", "middle", "head"):
        some = table[(table["part"] == part) & table["change"].notna()]
        rows.append(
            {
                "part": part,
                "labels": len(some),
                "before": some["before"].mean() if len(some) else math.nan,
                "after": some["after"].mean() if len(some) else math.nan,
                "change": some["change"].mean() if len(some) else math.nan,
                "better": int((some["change"] > 1e-12).sum()),
                "worse": int((some["change"] < -1e-12).sum()),
            }
        )
    return pd.DataFrame(rows)


def won_and_lost(truth: ArrayLike, before: ArrayLike, after: ArrayLike) -> pd.DataFrame:
    """Rows of one label that a sampler won or lost: `row truth outcome`.

    `truth` (n,) holds 0 or 1, `before` and `after` (n,) the predictions of the two
    arms, -1 where a row was never tested. Outcomes: "found" and "missed" for rows that
    have the label, "cleared" and "false alarm" for rows that lack it.
    """
    truth, before, after = (
        np.asarray(part, dtype=int) for part in (truth, before, after)
    )
    changed = np.flatnonzero((before >= 0) & (after >= 0) & (before != after))
    right = after[changed] == truth[changed]
    has = truth[changed] == 1
    outcome = np.where(
        has,
        np.where(right, "found", "missed"),
        np.where(right, "cleared", "false alarm"),
    )
    return pd.DataFrame({"row": changed, "truth": truth[changed], "outcome": outcome})
