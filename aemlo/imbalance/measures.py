"""The table of all measures of a set, and the two frames made from it.

A `Measure` carries its own words: what it tells, where it comes from, and its formula
with the data set's own numbers worked in.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aemlo.imbalance import combinations as by_set
from aemlo.imbalance import formulas
from aemlo.imbalance import labels as by_label
from aemlo.imbalance import pairs as by_pair
from aemlo.imbalance.labels import Labels

OVERVIEW = "Tsoumakas, Katakis, Int. J. Data Warehousing and Mining 3(3), 2007"
CHARTE_2015 = "Charte et al., Neurocomputing 163, 2015"
CONCURRENCE = "Charte et al., HAIS 2014 (LNCS 8480)"
COMPLEXITY = "Charte et al., HAIS 2016 (LNCS 9648)"
MLDA = "Moyano, Gibaja, Ventura, Knowledge-Based Systems 121, 2017 (MLDA)"
MLDR = "Charte, Charte, The R Journal 7(2), 2015 (mldr)"
REVIEW = "Zhang, Zhou, IEEE TKDE 26(8), 2014"
DEPENDENCE = "Tenenboim-Chaimovich, Rokach, Shapira, MLD workshop, 2010"


@dataclass(frozen=True)
class Measure:
    """One number about a set of labels.

    `value(labels, empty, features)` computes it from a Labels; `worked` takes the same
    and the label names, and returns the formula with this set's numbers in place.
    `form` says how it is written: "count", "ratio" or "decimals".
    """

    title: str
    group: str
    value: Callable
    worked: Callable
    meaning: str
    source: str
    form: str = "decimals"


MEASURES = {
    "cardinality": Measure(
        "Cardinality",
        "Labels per row",
        lambda labels, empty, features: by_label.cardinality(labels),
        formulas.cardinality,
        "Labels a row carries on average.",
        OVERVIEW,
    ),
    "density": Measure(
        "Density",
        "Labels per row",
        lambda labels, empty, features: by_label.density(labels),
        formulas.density,
        "Share of all labels that an average row carries; low means mostly zeros.",
        OVERVIEW,
    ),
    "cardinality_skew": Measure(
        "Skewness of labels per row",
        "Labels per row",
        lambda labels, empty, features: by_label.cardinality_skew(labels),
        formulas.cardinality_skew,
        "Above 0: a few rows carry many more labels than most (m3 / m2^1.5).",
        MLDA,
    ),
    "cardinality_kurtosis": Measure(
        "Excess kurtosis of labels per row",
        "Labels per row",
        lambda labels, empty, features: by_label.cardinality_kurtosis(labels),
        formulas.cardinality_kurtosis,
        "Above 0: more rows far from the mean than a normal law has (m4 / m2^2 - 3).",
        MLDA,
    ),
    "unlabelled_rows": Measure(
        "Rows without labels",
        "Labels per row",
        lambda labels, empty, features: by_label.unlabelled_rows(labels),
        formulas.unlabelled,
        "Share of rows that teach every label only what it is not.",
        MLDR,
    ),
    "mean_ir": Measure(
        "MeanIR",
        "Between labels",
        lambda labels, empty, features: by_label.mean_ir(labels, empty),
        formulas.mean_ir,
        "How many times rarer than the commonest label a label is on average; above "
        "1.5 a set is usually called imbalanced.",
        CHARTE_2015,
    ),
    "max_ir": Measure(
        "MaxIR",
        "Between labels",
        lambda labels, empty, features: by_label.max_ir(labels),
        formulas.max_ir,
        "How many times rarer the rarest label is than the commonest.",
        CHARTE_2015,
        form="ratio",
    ),
    "cv_ir": Measure(
        "CVIR",
        "Between labels",
        lambda labels, empty, features: by_label.cv_ir(labels, empty),
        formulas.cv_ir,
        "Near 0 all labels are about equally rare; large when a few stand out.",
        CHARTE_2015,
    ),
    "minority": Measure(
        "Minority labels",
        "Between labels",
        lambda labels, empty, features: int(
            by_label.minority_labels(labels, empty).sum()
        ),
        formulas.minority,
        "The labels that samplers set out to help.",
        CHARTE_2015,
        form="count",
    ),
    "empty_labels": Measure(
        "Labels without positives",
        "Between labels",
        lambda labels, empty, features: by_label.empty_labels(labels),
        formulas.empty,
        "Share of labels that no row carries: nothing can be learned of them.",
        MLDR,
    ),
    "mean_imr": Measure(
        "Mean ImR",
        "Within labels",
        lambda labels, empty, features: mean_imr(labels),
        formulas.imr,
        "Larger over smaller of a label's positives and negatives, on average: the "
        "imbalance that one classifier per label feels.",
        MLDA,
    ),
    "label_entropy": Measure(
        "Mean label entropy (bits)",
        "Within labels",
        lambda labels, empty, features: by_set.label_entropy(labels),
        formulas.entropy,
        "1 when labels split the rows in halves, near 0 when nearly always absent.",
        MLDA,
    ),
    "labelsets": Measure(
        "Labelsets",
        "Labelsets",
        lambda labels, empty, features: by_set.labelsets(labels),
        formulas.labelsets,
        "Distinct combinations of labels; label powerset has one class for each.",
        OVERVIEW,
        form="count",
    ),
    "single_labelsets": Measure(
        "Single-use labelsets",
        "Labelsets",
        lambda labels, empty, features: by_set.single_labelsets(labels),
        formulas.single,
        "Combinations with one row: label powerset cannot learn and test them both.",
        MLDR,
        form="count",
    ),
    "largest_labelset": Measure(
        "Rows of the largest labelset",
        "Labelsets",
        lambda labels, empty, features: by_set.largest_labelset(labels),
        formulas.largest,
        "How many rows share the most frequent combination.",
        MLDR,
        form="count",
    ),
    "labelset_share": Measure(
        "Labelsets per row",
        "Labelsets",
        lambda labels, empty, features: by_set.labelset_share(labels),
        formulas.labelset_share,
        "1 when no two rows are labelled alike.",
        REVIEW,
    ),
    "diversity": Measure(
        "Diversity",
        "Labelsets",
        lambda labels, empty, features: by_set.diversity(labels),
        formulas.diversity,
        "Share of the combinations there could be that do occur.",
        MLDA,
    ),
    "mean_ir_labelset": Measure(
        "Mean IR per labelset",
        "Labelsets",
        lambda labels, empty, features: by_set.mean_ir_labelset(labels),
        formulas.ir_labelset,
        "How many times rarer than the commonest combination one is on average.",
        MLDA,
    ),
    "tcs": Measure(
        "TCS",
        "Labelsets",
        lambda labels, empty, features: (
            by_label.tcs(labels, features) if features else float("nan")
        ),
        formulas.tcs,
        "Theoretical complexity score: a log scale of how large the task is.",
        COMPLEXITY,
    ),
    "scumble": Measure(
        "SCUMBLE",
        "Concurrence",
        lambda labels, empty, features: by_label.scumble(labels),
        formulas.scumble,
        "0 when rare and frequent labels never share a row; above 0.1 cloning rows "
        "lifts both.",
        CONCURRENCE,
    ),
    "scumble_cv": Measure(
        "SCUMBLE.CV",
        "Concurrence",
        lambda labels, empty, features: by_label.scumble_cv(labels),
        formulas.scumble_cv,
        "Large when few rows carry most of the concurrence: decouple those.",
        CONCURRENCE,
    ),
    "dependence": Measure(
        "Dependent pairs (99 %)",
        "Dependence",
        lambda labels, empty, features: by_pair.dependence(labels),
        formulas.dependence,
        "Share of label pairs whose chi-squared rules out independence at 99 %; high "
        "favours chains and labelset methods over one classifier per label.",
        DEPENDENCE,
    ),
}


def mean_imr(Y):
    """Mean ImR over the labels that have one; NaN if none has."""
    imr = by_label.imr_per_label(Y)
    known = imr[~np.isnan(imr)]
    return float(known.mean()) if len(known) else float("nan")


def measure_set(Y, names, features=None, empty="left out"):
    """All measures of a set: `key measure group value formula meaning source form`."""
    labels = Labels.of(Y)
    rows = []
    for key, measure in MEASURES.items():
        value = measure.value(labels, empty, features)
        known = features or measure is not MEASURES["tcs"]
        rows.append(
            {
                "key": key,
                "measure": measure.title,
                "group": measure.group,
                "value": float(value),
                "formula": measure.worked(labels, empty, features, names)
                if known
                else "needs the number of features",
                "meaning": measure.meaning,
                "source": measure.source,
                "form": measure.form,
            }
        )
    return pd.DataFrame(rows)


def summary(Y, features=None, empty="left out"):
    """The measures a command line prints, as plain numbers; None for none."""
    labels = Labels.of(Y)
    keys = ("cardinality", "density", "labelsets", "mean_ir", "max_ir", "cv_ir")
    found = {"instances": labels.n, "features": features, "labels": labels.q}
    for key in (*keys, "scumble"):
        value = MEASURES[key].value(labels, empty, features)
        found[key] = None if math.isnan(value) else value
    found["label_counts"] = labels.counts.tolist()
    return found


def per_label(Y, names, empty="left out"):
    """Every label: `label positives share IRLbl ImR minority SCUMBLE SCUMBLE.CV`."""
    labels = Labels.of(Y)
    return pd.DataFrame(
        {
            "label": list(names),
            "positives": labels.counts,
            "share": labels.counts / labels.n,
            "IRLbl": by_label.ir_per_label(labels, empty),
            "ImR": by_label.imr_per_label(labels),
            "minority": by_label.minority_labels(labels, empty),
            "SCUMBLE": by_label.scumble_per_label(labels),
            "SCUMBLE.CV": by_label.scumble_cv_per_label(labels),
        }
    )
