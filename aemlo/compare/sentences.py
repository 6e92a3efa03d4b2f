"""Verdicts in words: the comparison, the size, the evidence, and no more. Ours."""

import math
from collections.abc import Iterable

import pandas as pd

from aemlo.compare.paired import REASONS
from aemlo.wording import count, decimals, p_value, signed

AS_IT_IS = "none"
AS_TRAINED = (
    "; of the models as they were trained, another seed may give another result"
)


def baseline_in_words(baseline: str) -> str:
    """The baseline inside a sentence: "no sampling", or its name."""
    return "no sampling" if baseline == AS_IT_IS else baseline


def in_words(row: pd.Series, baseline: str = "none", level: float = 0.95) -> str:
    """One row of `before_after` as a sentence that carries its evidence."""
    metric = row["metric"]
    where = f"{row['sampler']} with {row['classifier']}"
    against = baseline_in_words(baseline)
    if row["verdict"] == "baseline":
        return f"{where}: {metric} {decimals(row['mean'])}, the baseline."
    if row["verdict"] == "no scores":
        return f"{where}: no scores of {metric} to compare."
    change = f"{signed(row['difference'])}, {row['evidence']}"
    if row["verdict"] == "identical":
        return f"{where}: {metric} is identical to that of {against} ({change})."
    if row["verdict"] == "no verdict":
        return f"{where}: no verdict on {metric}: {_reason(row)} ({change})."
    evidence = (
        f"{signed(row['difference'])}, {_percent(level)} CI {signed(row['low'])} to "
        f"{signed(row['high'])}, {row['evidence']}, {_p_of(row)}{_chances(row)}"
        f"{AS_TRAINED if row.get('as_trained', False) else ''}"
    )
    if row["verdict"] == "not shown":
        return f"{where}: no clear difference from {against} in {metric} ({evidence})."
    verb = "raises" if row["difference"] > 0 else "lowers"
    return (
        f"{where} {verb} {metric} by {decimals(abs(row['difference']))} against "
        f"{against}: {row['verdict']} ({evidence})."
    )


def _reason(row: pd.Series) -> str:
    return REASONS.get(row["reason"], row["reason"])


def _percent(level: float) -> str:
    return f"{level:.0%}".replace("%", " %")


def _p_of(row: pd.Series) -> str:
    p = p_value(row["p_holm"])
    if row["family"] <= 1:
        return p
    return f"{p} after Holm over {count(row['family'])} comparisons"


def _chances(row: pd.Series) -> str:
    if math.isnan(row["p_better"]):
        return ""
    return (
        f"; probability of better {row['p_better']:.2f}, practically equivalent "
        f"{row['p_equivalent']:.2f}, worse {row['p_worse']:.2f}"
    )


def headline(table: pd.DataFrame, dataset: str, primary: str, baseline: str) -> str:
    """The verdict of one data set in one sentence, by its primary metric.

    `table` is a `before_after`. Without scores of the primary metric (older runs) the
    sentence says that there is no verdict, only exploration.
    """
    mine = table[(table["dataset"] == dataset) & (table["verdict"] != "baseline")]
    mine = mine[mine["metric"] == primary]
    against = baseline_in_words(baseline)
    if not primary or mine.empty:
        return (
            "No primary metric was chosen before this run, so there is no verdict: all "
            "differences below are exploratory."
        )
    judged = mine[mine["verdict"].isin(["better", "worse", "not shown", "identical"])]
    if judged.empty:
        reasons = listed_reasons(mine["reason"])
        return f"No verdict on {primary} against {against}: {reasons}."
    better = judged[judged["verdict"] == "better"]
    worse = judged[judged["verdict"] == "worse"]
    rest = len(mine) - len(judged)
    without = f" {count(rest)} without a verdict." if rest else ""
    if better.empty:
        text = (
            f"No arm improves {primary} clearly over {against} "
            f"({_of_arms(len(judged), len(mine))} judged"
        )
        text += f", {count(len(worse))} worse)." if len(worse) else ")."
        return text + without
    best = better.loc[better["difference"].abs().idxmax()]
    verb = "raises" if best["difference"] > 0 else "lowers"
    text = (
        f"{best['sampler']} with {best['classifier']} {verb} {primary} from "
        f"{decimals(best['baseline_mean'])} to {decimals(best['mean'])} against "
        f"{against} ({_p_of(best)}); {count(len(better))} of "
        f"{_of_arms(len(judged), len(mine))} better"
    )
    text += f", {count(len(worse))} worse." if len(worse) else "."
    return text + without


def _of_arms(judged: int, compared: int) -> str:
    arms = f"{count(judged)} arm{'' if judged == 1 else 's'}"
    return arms if judged == compared else f"{arms} of {count(compared)}"


def listed_reasons(reasons: Iterable[str]) -> str:
    """Why there is no verdict, each reason once."""
    known = dict.fromkeys(reason for reason in reasons if reason)
    return "; ".join(REASONS.get(reason, reason) for reason in known) or "no scores"
