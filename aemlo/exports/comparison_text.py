"""A comparison as plain text, as the command line prints it. Ours."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from aemlo import compare, imbalance, specs
from aemlo.dataset import Dataset
from aemlo.experiment import folds
from aemlo.experiment.folds import Split
from aemlo.wording import count, decimals


def splits_in_words(dataset: Dataset, splits: Sequence[Split]) -> str:
    """How even the test parts are, before anything is run."""
    even = folds.evenness(dataset, splits)
    rows = f"{even.fewest_rows:,} to {even.most_rows:,}"
    if even.fewest_rows == even.most_rows:
        rows = f"{even.most_rows:,}"
    return (
        f"{dataset.name}: {len(splits)} test parts of {rows} rows, label-distribution "
        f"error {decimals(even.label_error, 4)}, {count(even.missing)} labels missing "
        "in some test part"
    )


def failures(scores: pd.DataFrame) -> list[str]:
    """Why cells failed, each reason once."""
    errors = scores["error"].fillna("")
    return list(dict.fromkeys(errors[errors != ""]))


def verdicts(spec: dict[str, Any], table: pd.DataFrame) -> str:
    """Means of every metric and arm, then the verdict of the primary metric.

    `table` is what `specs.verdicts` says of the checked `spec`.
    """
    means = table.set_index(["metric", "classifier", "sampler"])[["mean", "sd"]]
    lines = [means.to_string(float_format="{:.4f}".format)]
    primary, baseline = spec["primary"], spec["baseline"]
    for dataset in dict.fromkeys(table["dataset"]):
        lines += ["", f"Verdict on {dataset} (primary metric: {primary})"]
        lines += [compare.headline(table, dataset, primary, baseline)]
        mine = table[(table["dataset"] == dataset) & (table["metric"] == primary)]
        for part in compare.split_by_verdict(mine).values():
            for _, row in part.iterrows():
                lines += [f"  {compare.in_words(row, baseline)}"]
    return "\n".join([*lines, "All other metrics are exploratory."])


def minority_labels(
    spec: dict[str, Any], dataset: Dataset, scores: pd.DataFrame
) -> str:
    """F1 of each minority label with each arm, and the labels that nothing predicts."""
    arms = compare.as_arms(scores, specs.learners(spec))
    rare = imbalance.minority_labels(dataset.Y)
    names = [dataset.label_names[j] for j in range(dataset.q) if rare[j]]
    table = compare.rare_labels(arms, dataset.name, names)
    if table.empty:
        return ""
    table = table.rename_axis(index=None, columns=["classifier", "sampler"])
    lines = ["", f"F1 of the minority labels of {dataset.name}, mean of the splits"]
    lines += [table.to_string(float_format="{:.3f}".format, na_rep="none")]
    never = compare.never_predicted(arms, dataset.name)
    if never:
        lines += [f"Never predicted right by any arm: {', '.join(never)}"]
    return "\n".join(lines)


def control(spec: dict[str, Any], scores: pd.DataFrame) -> str:
    """Whether the scores of a run on permuted labels fall to chance, arm by arm."""
    table = compare.control(compare.as_arms(scores, specs.learners(spec)))
    lines = ["", "Control run on permuted labels: macro-AUC, 0.5 is chance"]
    for _, row in table.iterrows():
        low, high = row["low"], row["high"]
        interval = "" if pd.isna(low) else f" ({low:.3f} to {high:.3f})"
        flag = "  above chance: something has seen test rows" * row["above_chance"]
        lines += [
            f"  {row['sampler']} with {row['classifier']} on {row['dataset']}: "
            f"{row['mean']:.3f}{interval}{flag}"
        ]
    return "\n".join(lines)
