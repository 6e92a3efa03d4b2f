"""Measures of how unequal the labels are in frequency."""

import math

import numpy as np

from aemlo.arrays import Mask, Names, PerLabel
from aemlo.imbalance.base import CHARTE_2015, MLDR, measure
from aemlo.imbalance.labels import Labelled, Labels, counts_as_zero, ir_per_label
from aemlo.wording import count, decimals, ratio


def _mean_ir_in_numbers(labels: Labels, empty: str) -> str:
    ir = ir_per_label(labels, empty)
    known = ir[~np.isnan(ir)]
    shown = " + ".join(ratio(v) for v in np.sort(known)[::-1][:3])
    more = " + ..." if len(known) > 3 else ""
    left = len(ir) - len(known)
    note = f" ({left} without positives left out)" if left else ""
    return f"({shown}{more}) / {count(len(known))} labels{note}"


@measure(
    "MeanIR",
    "Between labels",
    worked=_mean_ir_in_numbers,
    formula=r"\frac{1}{q} \sum_{j=1}^{q} \mathrm{IRLbl}_j \quad "
    r"\mathrm{IRLbl}_j = \frac{\max_k c_k}{c_j}",
    meaning="How many times rarer than the commonest label a label is on average; "
    "above 1.5 a set is usually called imbalanced.",
    source=CHARTE_2015,
    bounds=(1.0, math.inf),
)
def mean_ir(Y: Labelled, empty: str = "left out") -> float:
    """MeanIR: mean of IRLbl over the labels; NaN if no label has a positive.

    Charte et al., Neurocomputing 163, 2015, eq. 4.
    """
    ir = _counted(Y, empty)
    return float(ir.mean()) if len(ir) else float("nan")


def _max_ir_in_numbers(labels: Labels, names: Names) -> str:
    counts = labels.counts
    if not counts.any():
        return "no label has a positive row"
    rare = int(np.argmin(np.where(counts > 0, counts, counts.max() + 1)))
    often = int(counts.argmax())
    return (
        f"{count(counts[often])} rows with {names[often]} / "
        f"{count(counts[rare])} with {names[rare]}"
    )


@measure(
    "MaxIR",
    "Between labels",
    worked=_max_ir_in_numbers,
    formula=r"\max_{j : c_j > 0} \mathrm{IRLbl}_j = "
    r"\frac{\max_j c_j}{\min_{j : c_j > 0} c_j}",
    meaning="How many times rarer the rarest label is than the commonest.",
    source=CHARTE_2015,
    form="ratio",
    bounds=(1.0, math.inf),
)
def max_ir(Y: Labelled) -> float:
    """MaxIR: the largest IRLbl, that of the rarest label with a positive."""
    ir = _counted(Y, "left out")
    return float(ir.max()) if len(ir) else float("nan")


def _cv_ir_in_numbers(labels: Labels, empty: str) -> str:
    mean = mean_ir(labels, empty)
    spread = cv_ir(labels, empty) * mean
    return f"standard deviation of IRLbl {decimals(spread)} / MeanIR {decimals(mean)}"


@measure(
    "CVIR",
    "Between labels",
    worked=_cv_ir_in_numbers,
    formula=r"\frac{1}{\mathrm{MeanIR}} \sqrt{\frac{1}{q - 1} "
    r"\sum_{j=1}^{q} (\mathrm{IRLbl}_j - \mathrm{MeanIR})^2}",
    meaning="Near 0 all labels are about equally rare; large when a few stand out.",
    source=CHARTE_2015,
)
def cv_ir(Y: Labelled, empty: str = "left out") -> float:
    """CVIR: standard deviation (divisor q - 1) of IRLbl / MeanIR; 0 for one label.

    Charte et al., Neurocomputing 163, 2015, eq. 5 and 6.
    """
    ir = _counted(Y, empty)
    if len(ir) < 2:
        return 0.0 if len(ir) else float("nan")
    return float(ir.std(ddof=1) / ir.mean())


def minority_labels(Y: Labelled, empty: str = "left out") -> Mask:
    """Mask (q,) of labels with IRLbl above MeanIR (Charte et al., 2015)."""
    ir = ir_per_label(Y, empty)
    return np.where(np.isnan(ir), 0.0, ir) > mean_ir(Y, empty)


def _minority_in_numbers(labels: Labels, empty: str) -> str:
    mean = decimals(mean_ir(labels, empty))
    return f"labels of {count(labels.q)} with IRLbl above MeanIR {mean}"


@measure(
    "Minority labels",
    "Between labels",
    key="minority",
    worked=_minority_in_numbers,
    formula=r"\left|\{ j : \mathrm{IRLbl}_j > \mathrm{MeanIR} \}\right|",
    meaning="The labels that samplers set out to help.",
    source=CHARTE_2015,
    form="count",
)
def minority_count(Y: Labelled, empty: str = "left out") -> int:
    """Number of labels with IRLbl above MeanIR."""
    return int(minority_labels(Y, empty).sum())


def _empty_in_numbers(labels: Labels) -> str:
    return f"{count((labels.counts == 0).sum())} of {count(labels.q)} labels"


@measure(
    "Labels without positives",
    "Between labels",
    worked=_empty_in_numbers,
    formula=r"\frac{1}{q} \left|\{ j : c_j = 0 \}\right|",
    meaning="Share of labels that no row carries: nothing can be learned of them.",
    source=MLDR,
    bounds=(0.0, 1.0),
)
def empty_labels(Y: Labelled) -> float:
    """Share of labels without a positive row."""
    return float((Labels.of(Y).counts == 0).mean())


def _counted(Y: Labelled, empty: str) -> PerLabel:
    """The IRLbl that enter means; none at all where no label has a positive."""
    ir = Labels.of(Y).ir
    known = ir[~np.isnan(ir)]
    if not counts_as_zero(empty) or not len(known):
        return known
    return np.where(np.isnan(ir), 0.0, ir)
