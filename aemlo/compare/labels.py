"""What a sampler did to each label, the rare ones apart from the common ones."""

import math

import numpy as np
import pandas as pd

from aemlo.compare.paired import corrected_t, test_share_ratio

PARTS = ("head", "middle", "tail")


def per_label(
    scores, labels, *, metric, classifier, sampler, baseline="none", level=0.95
):
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
    ratio = test_share_ratio(part) if len(part) else math.nan
    wide = part[part["sampler"].isin([sampler, baseline])].pivot_table(
        index=["label", "repeat", "fold"],
        columns="sampler",
        values="value",
        observed=True,
    )
    wide = wide.reindex(columns=[baseline, sampler]).dropna()
    rows = []
    groups = dict(list(wide.groupby(level="label", observed=True)))
    for entry in in_thirds(labels).itertuples():
        both = groups.get(entry.label)
        row = {
            "label": entry.label,
            "irlbl": entry.irlbl,
            "positives": entry.positives,
            "part": entry.part,
        }
        if both is None:
            d, before, after = np.array([]), math.nan, math.nan
        else:
            before_values = both[baseline].to_numpy()
            after_values = both[sampler].to_numpy()
            d = after_values - before_values
            before, after = before_values.mean(), after_values.mean()
        mean, low, high, _, _ = corrected_t(d, ratio, level)
        rows.append(
            row
            | {
                "before": before,
                "after": after,
                "change": mean,
                "low": low,
                "high": high,
                "pairs": len(d),
            }
        )
    return pd.DataFrame(rows)


def in_thirds(labels):
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


def by_part(table):
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


def won_and_lost(truth, before, after):
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
