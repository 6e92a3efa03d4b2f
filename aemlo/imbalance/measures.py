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
    `whole` says that it is a count.
    """

    title: str
    group: str
    value: Callable
    worked: Callable
    meaning: str
    source: str
    whole: bool = False


def count(value):
    """A whole number with thousands separators."""
    return f"{int(value):,}"


def decimals(value):
    """A measure to 3 decimals, with thousands separators; "none" for NaN."""
    return "none" if math.isnan(value) else f"{value:,.3f}"


def _cardinality(labels, empty, features, names):
    return f"{count(labels.matrix.nnz)} labels given / {count(labels.n)} rows"


def _density(labels, empty, features, names):
    mean = decimals(by_label.cardinality(labels))
    return f"cardinality {mean} / {count(labels.q)} labels"


def _spread_of_sizes(labels, empty, features, names):
    sizes = labels.sizes
    return (
        f"from {sizes.min()} to {sizes.max()} labels per row, mean "
        f"{decimals(sizes.mean())}, standard deviation {decimals(sizes.std())}"
    )


def _unlabelled(labels, empty, features, names):
    return f"{count((labels.sizes == 0).sum())} of {count(labels.n)} rows"


def _empty(labels, empty, features, names):
    return f"{count((labels.counts == 0).sum())} of {count(labels.q)} labels"


def _mean_ir(labels, empty, features, names):
    ir = by_label.ir_per_label(labels, empty)
    known = ir[~np.isnan(ir)]
    shown = " + ".join(f"{v:.3g}" for v in np.sort(known)[::-1][:3])
    more = " + ..." if len(known) > 3 else ""
    left = len(ir) - len(known)
    note = f" ({left} without positives left out)" if left else ""
    return f"({shown}{more}) / {count(len(known))} labels{note}"


def _max_ir(labels, empty, features, names):
    counts = labels.counts
    if not counts.any():
        return "no label has a positive row"
    rare = int(np.argmin(np.where(counts > 0, counts, counts.max() + 1)))
    often = int(counts.argmax())
    return (
        f"{count(counts[often])} rows with {names[often]} / "
        f"{count(counts[rare])} with {names[rare]}"
    )


def _cv_ir(labels, empty, features, names):
    mean = by_label.mean_ir(labels, empty)
    spread = by_label.cv_ir(labels, empty) * mean
    return f"standard deviation of IRLbl {decimals(spread)} / MeanIR {decimals(mean)}"


def _minority(labels, empty, features, names):
    mean = decimals(by_label.mean_ir(labels, empty))
    return f"labels of {count(labels.q)} with IRLbl above MeanIR {mean}"


def _imr(labels, empty, features, names):
    imr = by_label.imr_per_label(labels)
    if np.isnan(imr).all():
        return "no label has both positive and negative rows"
    j = int(np.nanargmax(imr))
    have, lack = labels.counts[j], labels.n - labels.counts[j]
    return (
        f"mean over {count((~np.isnan(imr)).sum())} labels; the largest is "
        f"{max(have, lack):,} / {min(have, lack):,} = {imr[j]:,.3g} ({names[j]})"
    )


def _entropy(labels, empty, features, names):
    if not labels.counts.any():
        return "no label has a positive row"
    j = int(labels.counts.argmax())
    share = labels.counts[j] / labels.n
    return (
        f"mean over {count(labels.q)} labels of -p log2 p - (1-p) log2 (1-p); "
        f"{names[j]} has p = {decimals(share)}"
    )


def _labelsets(labels, empty, features, names):
    return f"distinct combinations among {count(labels.n)} rows"


def _single(labels, empty, features, names):
    return f"of {count(by_set.labelsets(labels))} labelsets, those of one row"


def _largest(labels, empty, features, names):
    top = by_set.per_labelset(labels, names).iloc[0]
    return f"rows labelled {top.labelset}"


def _labelset_share(labels, empty, features, names):
    return f"{count(by_set.labelsets(labels))} labelsets / {count(labels.n)} rows"


def _diversity(labels, empty, features, names):
    most = f"2^{labels.q}" if 2 ** min(labels.q, 62) < labels.n else count(labels.n)
    return f"{count(by_set.labelsets(labels))} labelsets / {most} possible"


def _ir_labelset(labels, empty, features, names):
    counts = by_set.labelset_counts(labels)
    return (
        f"mean over {count(len(counts))} labelsets of {count(counts[0])} rows / the "
        f"rows of each; the largest is {count(counts[0])} / {count(counts[-1])}"
    )


def _tcs(labels, empty, features, names):
    sets = count(by_set.labelsets(labels))
    return f"ln({count(features)} features x {count(labels.q)} labels x {sets} sets)"


def _scumble(labels, empty, features, names):
    i = int(labels.scumble_rows.argmax())
    top = decimals(labels.scumble_rows[i])
    have = labels.matrix.indices[labels.matrix.indptr[i] : labels.matrix.indptr[i + 1]]
    if len(have) < 2:
        return "no row joins labels of different frequency"
    ir = labels.ir[have]
    return (
        f"mean over {count(labels.n)} rows of 1 - geometric / arithmetic mean of their "
        f"IRLbl; largest {top} = 1 - {np.exp(np.log(ir).mean()):.3g} / {ir.mean():.3g}"
    )


def _scumble_cv(labels, empty, features, names):
    rows = labels.scumble_rows
    spread = rows.std(ddof=1) if len(rows) > 1 else float("nan")
    mean = decimals(rows.mean())
    return f"standard deviation over rows {decimals(spread)} / mean {mean}"


def _dependence(labels, empty, features, names):
    dependent, pairs = by_pair.dependent_pairs(labels)
    return f"{count(dependent)} of {count(pairs)} pairs have chi-squared above 6.635"


MEASURES = {
    "cardinality": Measure(
        "Cardinality",
        "Labels per row",
        lambda labels, empty, features: by_label.cardinality(labels),
        _cardinality,
        "Labels a row carries on average.",
        OVERVIEW,
    ),
    "density": Measure(
        "Density",
        "Labels per row",
        lambda labels, empty, features: by_label.density(labels),
        _density,
        "Share of all labels that an average row carries; low means mostly zeros.",
        OVERVIEW,
    ),
    "cardinality_skew": Measure(
        "Skewness of labels per row",
        "Labels per row",
        lambda labels, empty, features: by_label.cardinality_skew(labels),
        _spread_of_sizes,
        "Above 0: a few rows carry many more labels than most (m3 / m2^1.5).",
        MLDA,
    ),
    "cardinality_kurtosis": Measure(
        "Excess kurtosis of labels per row",
        "Labels per row",
        lambda labels, empty, features: by_label.cardinality_kurtosis(labels),
        _spread_of_sizes,
        "Above 0: more rows far from the mean than a normal law has (m4 / m2^2 - 3).",
        MLDA,
    ),
    "unlabelled_rows": Measure(
        "Rows without labels",
        "Labels per row",
        lambda labels, empty, features: by_label.unlabelled_rows(labels),
        _unlabelled,
        "Share of rows that teach every label only what it is not.",
        MLDR,
    ),
    "mean_ir": Measure(
        "MeanIR",
        "Between labels",
        lambda labels, empty, features: by_label.mean_ir(labels, empty),
        _mean_ir,
        "How many times rarer than the commonest label a label is on average; above "
        "1.5 a set is usually called imbalanced.",
        CHARTE_2015,
    ),
    "max_ir": Measure(
        "MaxIR",
        "Between labels",
        lambda labels, empty, features: by_label.max_ir(labels),
        _max_ir,
        "How many times rarer the rarest label is than the commonest.",
        CHARTE_2015,
    ),
    "cv_ir": Measure(
        "CVIR",
        "Between labels",
        lambda labels, empty, features: by_label.cv_ir(labels, empty),
        _cv_ir,
        "Near 0 all labels are about equally rare; large when a few stand out.",
        CHARTE_2015,
    ),
    "minority": Measure(
        "Minority labels",
        "Between labels",
        lambda labels, empty, features: int(
            by_label.minority_labels(labels, empty).sum()
        ),
        _minority,
        "The labels that samplers set out to help.",
        CHARTE_2015,
        whole=True,
    ),
    "empty_labels": Measure(
        "Labels without positives",
        "Between labels",
        lambda labels, empty, features: by_label.empty_labels(labels),
        _empty,
        "Share of labels that no row carries: nothing can be learned of them.",
        MLDR,
    ),
    "mean_imr": Measure(
        "Mean ImR",
        "Within labels",
        lambda labels, empty, features: mean_imr(labels),
        _imr,
        "Larger over smaller of a label's positives and negatives, on average: the "
        "imbalance that one classifier per label feels.",
        MLDA,
    ),
    "label_entropy": Measure(
        "Mean label entropy (bits)",
        "Within labels",
        lambda labels, empty, features: by_set.label_entropy(labels),
        _entropy,
        "1 when labels split the rows in halves, near 0 when nearly always absent.",
        MLDA,
    ),
    "labelsets": Measure(
        "Labelsets",
        "Labelsets",
        lambda labels, empty, features: by_set.labelsets(labels),
        _labelsets,
        "Distinct combinations of labels; label powerset has one class for each.",
        OVERVIEW,
        whole=True,
    ),
    "single_labelsets": Measure(
        "Single-use labelsets",
        "Labelsets",
        lambda labels, empty, features: by_set.single_labelsets(labels),
        _single,
        "Combinations with one row: label powerset cannot learn and test them both.",
        MLDR,
        whole=True,
    ),
    "largest_labelset": Measure(
        "Rows of the largest labelset",
        "Labelsets",
        lambda labels, empty, features: by_set.largest_labelset(labels),
        _largest,
        "How many rows share the most frequent combination.",
        MLDR,
        whole=True,
    ),
    "labelset_share": Measure(
        "Labelsets per row",
        "Labelsets",
        lambda labels, empty, features: by_set.labelset_share(labels),
        _labelset_share,
        "1 when no two rows are labelled alike.",
        REVIEW,
    ),
    "diversity": Measure(
        "Diversity",
        "Labelsets",
        lambda labels, empty, features: by_set.diversity(labels),
        _diversity,
        "Share of the combinations there could be that do occur.",
        MLDA,
    ),
    "mean_ir_labelset": Measure(
        "Mean IR per labelset",
        "Labelsets",
        lambda labels, empty, features: by_set.mean_ir_labelset(labels),
        _ir_labelset,
        "How many times rarer than the commonest combination one is on average.",
        MLDA,
    ),
    "tcs": Measure(
        "TCS",
        "Labelsets",
        lambda labels, empty, features: (
            by_label.tcs(labels, features) if features else float("nan")
        ),
        _tcs,
        "Theoretical complexity score: a log scale of how large the task is.",
        COMPLEXITY,
    ),
    "scumble": Measure(
        "SCUMBLE",
        "Concurrence",
        lambda labels, empty, features: by_label.scumble(labels),
        _scumble,
        "0 when rare and frequent labels never share a row; above 0.1 cloning rows "
        "lifts both.",
        CONCURRENCE,
    ),
    "scumble_cv": Measure(
        "SCUMBLE.CV",
        "Concurrence",
        lambda labels, empty, features: by_label.scumble_cv(labels),
        _scumble_cv,
        "Large when few rows carry most of the concurrence: decouple those.",
        CONCURRENCE,
    ),
    "dependence": Measure(
        "Dependent pairs (99 %)",
        "Dependence",
        lambda labels, empty, features: by_pair.dependence(labels),
        _dependence,
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
    """All measures of a set: `key measure group value formula meaning source whole`."""
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
                "whole": measure.whole,
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
