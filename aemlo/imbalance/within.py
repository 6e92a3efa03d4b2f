"""Measures of how unequal the two sides of a label are: rows with and without it."""

import math

import numpy as np

from aemlo.arrays import Names
from aemlo.imbalance.base import MLDA, measure
from aemlo.imbalance.labels import Labelled, Labels, imr_per_label
from aemlo.wording import count, decimals, ratio


def _imr_in_numbers(labels: Labels, names: Names) -> str:
    imr = imr_per_label(labels)
    if np.isnan(imr).all():
        return "no label has both positive and negative rows"
    j = int(np.nanargmax(imr))
    have, lack = labels.counts[j], labels.n - labels.counts[j]
    return (
        f"mean over {count((~np.isnan(imr)).sum())} labels; the largest is "
        f"{max(have, lack):,} / {min(have, lack):,} = {ratio(imr[j])} ({names[j]})"
    )


@measure(
    "Mean ImR",
    "Within labels",
    worked=_imr_in_numbers,
    formula=r"\frac{1}{|K|} \sum_{j \in K} "
    r"\frac{\max(c_j, n - c_j)}{\min(c_j, n - c_j)} "
    r"\quad K = \{ j : 0 < c_j < n \}",
    meaning="Larger over smaller of a label's positives and negatives, on average: the "
    "imbalance that one classifier per label feels.",
    source=MLDA,
    bounds=(1.0, math.inf),
)
def mean_imr(Y: Labelled) -> float:
    """Mean ImR over the labels that have one; NaN if none has."""
    imr = imr_per_label(Y)
    known = imr[~np.isnan(imr)]
    return float(known.mean()) if len(known) else float("nan")


def _entropy_in_numbers(labels: Labels, names: Names) -> str:
    if not labels.counts.any():
        return "no label has a positive row"
    j = int(labels.counts.argmax())
    share = labels.counts[j] / labels.n
    return (
        f"mean over {count(labels.q)} labels of -p log2 p - (1-p) log2 (1-p); "
        f"{names[j]} has p = {decimals(share)}"
    )


@measure(
    "Mean label entropy (bits)",
    "Within labels",
    worked=_entropy_in_numbers,
    formula=r"\frac{1}{q} \sum_{j=1}^{q} \left( -p_j \log_2 p_j "
    r"- (1 - p_j) \log_2 (1 - p_j) "
    r"\right) \quad p_j = \frac{c_j}{n}",
    meaning="1 when labels split the rows in halves, near 0 when nearly always absent.",
    source=MLDA,
    bounds=(0.0, 1.0),
)
def label_entropy(Y: Labelled) -> float:
    """Mean over the labels of their entropy in bits: 1 is half the rows, 0 none."""
    labels = Labels.of(Y)
    share = np.column_stack([labels.counts, labels.n - labels.counts])
    share = share / labels.n
    logs = np.log2(share, out=np.zeros_like(share), where=share > 0)
    return float(-(share * logs).sum(axis=1).mean())
