"""Measures of labelsets: the distinct combinations of labels that rows carry.

The labelset without labels counts as one, as in the R package mldr.
"""

import numpy as np
import pandas as pd

from aemlo.imbalance.labels import Labels, label_counts


def labelset_counts(Y):
    """Rows of each distinct labelset, most frequent first."""
    return np.sort(Labels.of(Y).labelsets[1])[::-1]


def labelsets(Y):
    """Number of distinct labelsets."""
    return len(Labels.of(Y).labelsets[1])


def single_labelsets(Y):
    """Number of labelsets that a single row has."""
    return int((Labels.of(Y).labelsets[1] == 1).sum())


def largest_labelset(Y):
    """Rows of the most frequent labelset."""
    return int(Labels.of(Y).labelsets[1].max())


def labelset_share(Y):
    """Distinct labelsets / rows: 1 means no two rows are labelled alike."""
    return labelsets(Y) / Labels.of(Y).n


def diversity(Y):
    """Distinct labelsets / the most there could be, min(n, 2^q).

    Zhang and Zhou, IEEE TKDE 26(8), 2014, with the bound that MLDA names.
    """
    labels = Labels.of(Y)
    return labelsets(labels) / min(labels.n, 2 ** min(labels.q, 62))


def ir_per_labelset(Y):
    """Rows of the most frequent labelset / rows of each, in order of appearance.

    IRLbl's formula with labelsets in place of labels (MLDA; Moyano et al., 2017).
    """
    counts = Labels.of(Y).labelsets[1]
    return counts.max() / counts


def mean_ir_labelset(Y):
    """Mean over the distinct labelsets of the IR per labelset."""
    return float(ir_per_labelset(Y).mean())


def label_entropy(Y):
    """Mean over the labels of their entropy in bits: 1 is half the rows, 0 none."""
    labels = Labels.of(Y)
    share = np.column_stack([label_counts(labels), labels.n - label_counts(labels)])
    share = share / labels.n
    logs = np.log2(share, out=np.zeros_like(share), where=share > 0)
    return float(-(share * logs).sum(axis=1).mean())


def per_labelset(Y, names):
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
