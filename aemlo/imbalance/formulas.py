"""Formulas of the measures, worked with a data set's own numbers.

Each function takes a Labels, the convention for labels without positives, the number
of features and the label names, and returns the right-hand side in words and numbers.
"""

import numpy as np

from aemlo.imbalance import combinations as by_set
from aemlo.imbalance import labels as by_label
from aemlo.imbalance import pairs as by_pair
from aemlo.wording import count, decimals, ratio


def cardinality(labels, empty, features, names):
    return f"{count(labels.matrix.nnz)} labels given / {count(labels.n)} rows"


def density(labels, empty, features, names):
    mean = decimals(by_label.cardinality(labels))
    return f"cardinality {mean} / {count(labels.q)} labels"


def cardinality_skew(labels, empty, features, names):
    return _moments(labels.sizes, 3, "1.5", "")


def cardinality_kurtosis(labels, empty, features, names):
    return _moments(labels.sizes, 4, "2", " - 3")


def _moments(sizes, order, power, rest):
    away = sizes - sizes.mean()
    if not away.any():
        return f"every row has {sizes[0]} labels, so the moments are 0"
    upper, lower = decimals((away**order).mean()), decimals((away**2).mean())
    about = f"moments {order} and 2 about {decimals(sizes.mean())} labels"
    return f"{upper} / {lower}^{power}{rest} ({about})"


def unlabelled(labels, empty, features, names):
    return f"{count((labels.sizes == 0).sum())} of {count(labels.n)} rows"


def empty(labels, empty, features, names):
    return f"{count((labels.counts == 0).sum())} of {count(labels.q)} labels"


def mean_ir(labels, empty, features, names):
    ir = by_label.ir_per_label(labels, empty)
    known = ir[~np.isnan(ir)]
    shown = " + ".join(ratio(v) for v in np.sort(known)[::-1][:3])
    more = " + ..." if len(known) > 3 else ""
    left = len(ir) - len(known)
    note = f" ({left} without positives left out)" if left else ""
    return f"({shown}{more}) / {count(len(known))} labels{note}"


def max_ir(labels, empty, features, names):
    counts = labels.counts
    if not counts.any():
        return "no label has a positive row"
    rare = int(np.argmin(np.where(counts > 0, counts, counts.max() + 1)))
    often = int(counts.argmax())
    return (
        f"{count(counts[often])} rows with {names[often]} / "
        f"{count(counts[rare])} with {names[rare]}"
    )


def cv_ir(labels, empty, features, names):
    mean = by_label.mean_ir(labels, empty)
    spread = by_label.cv_ir(labels, empty) * mean
    return f"standard deviation of IRLbl {decimals(spread)} / MeanIR {decimals(mean)}"


def minority(labels, empty, features, names):
    mean = decimals(by_label.mean_ir(labels, empty))
    return f"labels of {count(labels.q)} with IRLbl above MeanIR {mean}"


def imr(labels, empty, features, names):
    imr = by_label.imr_per_label(labels)
    if np.isnan(imr).all():
        return "no label has both positive and negative rows"
    j = int(np.nanargmax(imr))
    have, lack = labels.counts[j], labels.n - labels.counts[j]
    return (
        f"mean over {count((~np.isnan(imr)).sum())} labels; the largest is "
        f"{max(have, lack):,} / {min(have, lack):,} = {ratio(imr[j])} ({names[j]})"
    )


def entropy(labels, empty, features, names):
    if not labels.counts.any():
        return "no label has a positive row"
    j = int(labels.counts.argmax())
    share = labels.counts[j] / labels.n
    return (
        f"mean over {count(labels.q)} labels of -p log2 p - (1-p) log2 (1-p); "
        f"{names[j]} has p = {decimals(share)}"
    )


def labelsets(labels, empty, features, names):
    return f"distinct combinations among {count(labels.n)} rows"


def single(labels, empty, features, names):
    return f"of {count(by_set.labelsets(labels))} labelsets, those of one row"


def largest(labels, empty, features, names):
    top = by_set.per_labelset(labels, names).iloc[0]
    return f"rows labelled {top.labelset}"


def labelset_share(labels, empty, features, names):
    return f"{count(by_set.labelsets(labels))} labelsets / {count(labels.n)} rows"


def diversity(labels, empty, features, names):
    most = f"2^{labels.q}" if 2 ** min(labels.q, 62) < labels.n else count(labels.n)
    return f"{count(by_set.labelsets(labels))} labelsets / {most} possible"


def ir_labelset(labels, empty, features, names):
    counts = by_set.labelset_counts(labels)
    return (
        f"mean over {count(len(counts))} labelsets of {count(counts[0])} rows / the "
        f"rows of each; the largest is {count(counts[0])} / {count(counts[-1])}"
    )


def tcs(labels, empty, features, names):
    sets = count(by_set.labelsets(labels))
    return f"ln({count(features)} features x {count(labels.q)} labels x {sets} sets)"


def scumble(labels, empty, features, names):
    i = int(labels.scumble_rows.argmax())
    top = decimals(labels.scumble_rows[i])
    have = labels.matrix.indices[labels.matrix.indptr[i] : labels.matrix.indptr[i + 1]]
    if len(have) < 2:
        return "no row joins labels of different frequency"
    ir = labels.ir[have]
    geometric = np.exp(np.log(ir).mean())
    return (
        f"mean over {count(labels.n)} rows of 1 - geometric / arithmetic mean of their "
        f"IRLbl; largest {top} = 1 - {ratio(geometric)} / {ratio(ir.mean())}"
    )


def scumble_cv(labels, empty, features, names):
    rows = labels.scumble_rows
    spread = rows.std(ddof=1) if len(rows) > 1 else float("nan")
    mean = decimals(rows.mean())
    return f"standard deviation over rows {decimals(spread)} / mean {mean}"


def dependence(labels, empty, features, names):
    dependent, pairs = by_pair.dependent_pairs(labels)
    return f"{count(dependent)} of {count(pairs)} pairs have chi-squared above 6.635"
