"""The rare labels of a comparison by name: what each arm does for them. Ours."""

from collections.abc import Sequence

import pandas as pd


def rare_labels(
    scores: pd.DataFrame, dataset: str, names: Sequence[str]
) -> pd.DataFrame:
    """F1 of the labels `names`, the mean over the splits, with a column an arm.

    `scores` are tidy rows of arms (see `as_arms`). The index is the label, in the order
    of `names`; the columns are (learner, arm). A split without the label, in which it
    is not predicted either, has no F1 and is left out; NaN where that is all splits.
    """
    part = scores[
        (scores["dataset"] == dataset)
        & (scores["metric"] == "F1")
        & scores["label"].isin(list(names))
    ]
    if part.empty:
        return pd.DataFrame()
    wide = part.pivot_table(
        index="label",
        columns=["classifier", "sampler"],
        values="value",
        aggfunc="mean",
        sort=False,
        dropna=False,
        observed=True,
    )
    arms = part[["classifier", "sampler"]].drop_duplicates()
    return wide.reindex(index=list(names), columns=pd.MultiIndex.from_frame(arms))


def never_predicted(scores: pd.DataFrame, dataset: str) -> list[str]:
    """Labels that no arm ever predicted right: F1 is 0, or none, in every split."""
    part = scores[(scores["dataset"] == dataset) & (scores["metric"] == "F1")]
    best = part.groupby("label", sort=False, observed=True)["value"].max()
    return [str(label) for label, value in best.items() if not value > 0]
