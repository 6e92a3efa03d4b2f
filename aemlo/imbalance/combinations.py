"""Measures of labelsets: the distinct combinations of labels that rows carry.

The labelset without labels counts as one, as in the R package mldr.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aemlo.arrays import Names
from aemlo.imbalance.base import COMPLEXITY, MLDA, MLDR, OVERVIEW, REVIEW, measure
from aemlo.imbalance.labels import Labelled, Labels
from aemlo.wording import count


def labelset_counts(Y: Labelled) -> NDArray[np.integer[Any]]:
    """Rows of each distinct labelset, most frequent first."""
    return np.sort(Labels.of(Y).labelsets[1])[::-1]


def _labelsets_in_numbers(labels: Labels) -> str:
    return f"distinct combinations among {count(labels.n)} rows"


@measure(
    "Labelsets",
    "Labelsets",
    worked=_labelsets_in_numbers,
    formula=r"\left|\{ Y_i : i = 1, \dots, n \}\right|",
    meaning="Distinct combinations of labels; label powerset has one class for each.",
    source=OVERVIEW,
    form="count",
    bounds=(1.0, math.inf),
)
def labelsets(Y: Labelled) -> float:
    """Number of distinct labelsets."""
    return len(Labels.of(Y).labelsets[1])


def _single_in_numbers(labels: Labels) -> str:
    return f"of {count(labelsets(labels))} labelsets, those of one row"


@measure(
    "Single-use labelsets",
    "Labelsets",
    worked=_single_in_numbers,
    formula=r"\left|\{ S : n_S = 1 \}\right| \quad "
    r"n_S = \left|\{ i : Y_i = S \}\right|",
    meaning="Combinations with one row: label powerset cannot learn and test them "
    "both.",
    source=MLDR,
    form="count",
    doubled="zero",
)
def single_labelsets(Y: Labelled) -> float:
    """Number of labelsets that a single row has."""
    return int((Labels.of(Y).labelsets[1] == 1).sum())


def _largest_in_numbers(labels: Labels, names: Names) -> str:
    return f"rows labelled {per_labelset(labels, names).iloc[0].labelset}"


@measure(
    "Rows of the largest labelset",
    "Labelsets",
    worked=_largest_in_numbers,
    formula=r"\max_S n_S",
    meaning="How many rows share the most frequent combination.",
    source=MLDR,
    form="count",
    bounds=(1.0, math.inf),
    doubled="double",
)
def largest_labelset(Y: Labelled) -> float:
    """Rows of the most frequent labelset."""
    return int(Labels.of(Y).labelsets[1].max())


def _share_in_numbers(labels: Labels) -> str:
    return f"{count(labelsets(labels))} labelsets / {count(labels.n)} rows"


@measure(
    "Labelsets per row",
    "Labelsets",
    worked=_share_in_numbers,
    formula=r"\frac{1}{n} \left|\{ Y_i : i = 1, \dots, n \}\right|",
    meaning="1 when no two rows are labelled alike.",
    source=REVIEW,
    bounds=(0.0, 1.0),
    doubled="half",
)
def labelset_share(Y: Labelled) -> float:
    """Distinct labelsets / rows: 1 means no two rows are labelled alike."""
    return labelsets(Y) / Labels.of(Y).n


def _diversity_in_numbers(labels: Labels) -> str:
    most = f"2^{labels.q}" if 2 ** min(labels.q, 62) < labels.n else count(labels.n)
    return f"{count(labelsets(labels))} labelsets / {most} possible"


@measure(
    "Diversity",
    "Labelsets",
    worked=_diversity_in_numbers,
    formula=r"\frac{\left|\{ Y_i : i = 1, \dots, n \}\right|}{\min(n, 2^q)}",
    meaning="Share of the combinations there could be that do occur.",
    source=MLDA,
    bounds=(0.0, 1.0),
    doubled="falls",
)
def diversity(Y: Labelled) -> float:
    """Distinct labelsets / the most there could be, min(n, 2^q).

    Zhang and Zhou, IEEE TKDE 26(8), 2014, with the bound that MLDA names.
    """
    labels = Labels.of(Y)
    return labelsets(labels) / min(labels.n, 2 ** min(labels.q, 62))


def ir_per_labelset(Y: Labelled) -> NDArray[np.floating[Any]]:
    """Rows of the most frequent labelset / rows of each, in order of appearance.

    IRLbl's formula with labelsets in place of labels (MLDA; Moyano et al., 2017).
    """
    counts = Labels.of(Y).labelsets[1]
    return counts.max() / counts


def _ir_in_numbers(labels: Labels) -> str:
    counts = labelset_counts(labels)
    return (
        f"mean over {count(len(counts))} labelsets of {count(counts[0])} rows / the "
        f"rows of each; the largest is {count(counts[0])} / {count(counts[-1])}"
    )


@measure(
    "Mean IR per labelset",
    "Labelsets",
    worked=_ir_in_numbers,
    formula=r"\frac{1}{s} \sum_{S} \frac{\max_T n_T}{n_S} "
    r"\quad s \text{ the number of labelsets}",
    meaning="How many times rarer than the commonest combination one is on average.",
    source=MLDA,
    bounds=(1.0, math.inf),
)
def mean_ir_labelset(Y: Labelled) -> float:
    """Mean over the distinct labelsets of the IR per labelset."""
    return float(ir_per_labelset(Y).mean())


def _tcs_in_numbers(labels: Labels, features: int) -> str:
    sets = count(labelsets(labels))
    return f"ln({count(features)} features x {count(labels.q)} labels x {sets} sets)"


@measure(
    "TCS",
    "Labelsets",
    worked=_tcs_in_numbers,
    formula=r"\ln(d \cdot q \cdot s) \quad s \text{ the number of labelsets}",
    meaning="Theoretical complexity score: a log scale of how large the task is.",
    source=COMPLEXITY,
)
def tcs(Y: Labelled, features: int) -> float:
    """TCS: ln(features x labels x labelsets) (Charte et al., HAIS 2016)."""
    labels = Labels.of(Y)
    return float(np.log(features) + np.log(labels.q) + np.log(len(labels.labelsets[1])))


def per_labelset(Y: Labelled, names: Names) -> pd.DataFrame:
    """Labelsets, most frequent first: `labelset labels rows share IR`.

    `labelset` joins the names with " + "; "no label" for the empty one.
    """
    labels = Labels.of(Y)
    _, counts, first = labels.labelsets
    order = np.argsort(-counts, kind="stable")
    starts, indices = labels.matrix.indptr, labels.matrix.indices
    members = [indices[starts[i] : starts[i + 1]] for i in first[order]]
    return pd.DataFrame(
        {
            "labelset": [
                " + ".join(names[j] for j in m) or "no label" for m in members
            ],
            "labels": [len(m) for m in members],
            "rows": counts[order],
            "share": counts[order] / labels.n,
            "IR": counts.max() / counts[order],
        }
    )
