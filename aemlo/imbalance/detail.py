"""One label close up: its measures worked out, its rows, its telling features."""

import numpy as np
import pandas as pd
from scipy import sparse

from aemlo.imbalance import labels as by_label
from aemlo.imbalance.labels import Labels
from aemlo.wording import count, decimals, ratio, rows_in_words


def measure_label(Y, label, names, empty="left out"):
    """Measures of label number `label`: `measure value form formula meaning source`."""
    labels = Labels.of(Y)
    have, most = int(labels.counts[label]), int(labels.counts.max())
    lack, often = labels.n - have, names[int(labels.counts.argmax())]
    name = names[label]
    ir = by_label.ir_per_label(labels, empty)[label]
    imr = by_label.imr_per_label(labels)[label]
    concurrence = by_label.scumble_per_label(labels)[label]
    alone = int((labels.sizes[rows_of(labels, label)] == 1).sum())
    rows = (
        (
            "Share of rows",
            have / labels.n,
            "decimals",
            f"{count(have)} / {count(labels.n)} rows",
            "How often the label occurs.",
            "Tsoumakas, Katakis, 2007",
        ),
        (
            "IRLbl",
            ir,
            "ratio",
            f"{count(most)} / {count(have)}",
            f"For each row with {name} there are {ratio(ir)} with {often}."
            if have
            else "No row has the label, so it has no IRLbl.",
            "Charte et al., Neurocomputing 163, 2015",
        ),
        (
            "ImR",
            imr,
            "ratio",
            f"{count(max(have, lack))} / {count(min(have, lack))}",
            f"A classifier of {name} alone sees {ratio(imr)} "
            f"{'negatives' if lack >= have else 'positives'} for each "
            f"{'positive' if lack >= have else 'negative'}."
            if have and lack
            else "All rows are alike, so there is nothing to tell apart.",
            "Moyano et al., 2017 (MLDA)",
        ),
        (
            "SCUMBLE",
            concurrence,
            "decimals",
            f"mean over its {rows_in_words(have)}",
            f"Rows that carry it alone: {count(alone)}. Cloning the others also adds "
            "to their other labels.",
            "Charte et al., Neurocomputing 326, 2019",
        ),
        (
            "SCUMBLE.CV",
            by_label.scumble_cv_per_label(labels)[label],
            "decimals",
            f"standard deviation over its rows / mean {decimals(concurrence)}",
            "Large when a few of its rows carry most of its concurrence.",
            "Charte et al., Neurocomputing 326, 2019",
        ),
    )
    return pd.DataFrame(
        rows, columns=["measure", "value", "form", "formula", "meaning", "source"]
    )


def rows_of(Y, label):
    """Numbers of the rows that have label number `label`, ascending."""
    matrix = Labels.of(Y).matrix
    places = np.flatnonzero(matrix.indices == label)
    return np.searchsorted(matrix.indptr, places, side="right") - 1


def per_row(Y, names, rows=None):
    """Rows: `row labels SCUMBLE labelset`, for the `rows` given or all."""
    labels = Labels.of(Y)
    rows = np.arange(labels.n) if rows is None else np.asarray(rows)
    starts, indices = labels.matrix.indptr, labels.matrix.indices
    return pd.DataFrame(
        {
            "row": rows,
            "labels": labels.sizes[rows],
            "SCUMBLE": labels.scumble_rows[rows],
            "labelset": [
                " + ".join(names[j] for j in indices[starts[i] : starts[i + 1]])
                or "no label"
                for i in rows
            ],
        }
    )


class FeatureSums:
    """Sums over all rows of X (n, d), so that one label costs only its own rows.

    X is NumPy or CSR without gaps, as
    `aemlo.preparation.preparation.Preparation` gives it. Ours.
    """

    def __init__(self, X):
        self.X = X
        n = X.shape[0]
        self.mean = np.asarray(X.mean(axis=0)).ravel()
        # Dense columns are centred first: a sum of squares would cancel.
        self.shift = np.zeros(X.shape[1]) if sparse.issparse(X) else self.mean
        self.total, self.squares = self.sums_of(np.arange(n), X)

    def sums_of(self, rows, part=None):
        part = self.X[rows] if part is None else part
        if sparse.issparse(part):
            squared = part.multiply(part)
            return (
                np.asarray(part.sum(axis=0)).ravel(),
                np.asarray(squared.sum(axis=0)).ravel(),
            )
        away = part - self.shift
        return away.sum(axis=0), np.einsum("ij,ij->j", away, away)


def feature_differences(sums, Y, label, names):
    """Features by how far their mean differs between rows with and without a label.

    A frame `feature with without difference`, largest first; `difference` is in pooled
    standard deviations (Cohen's d, 1988), NaN where a feature never varies. Empty if
    fewer than two rows have the label or lack it.
    """
    labels = Labels.of(Y)
    rows = rows_of(labels, label)
    have, lack = len(rows), labels.n - len(rows)
    columns = ["feature", "with", "without", "difference"]
    if min(have, lack) < 2:
        return pd.DataFrame(columns=columns)
    inner, inner_squares = sums.sums_of(rows)
    outer, outer_squares = sums.total - inner, sums.squares - inner_squares
    with_, without = inner / have, outer / lack
    within = (inner_squares - have * with_**2) + (outer_squares - lack * without**2)
    spread = np.sqrt(np.maximum(within, 0) / (labels.n - 2))
    scale = np.maximum(np.abs(sums.mean), 1.0)
    difference = np.divide(
        with_ - without,
        spread,
        out=np.full(len(spread), np.nan),
        where=spread > 1e-9 * scale,
    )
    order = np.argsort(-np.nan_to_num(np.abs(difference)), kind="stable")
    table = pd.DataFrame(
        {
            "feature": np.asarray(names, dtype=object),
            "with": with_ + sums.shift,
            "without": without + sums.shift,
            "difference": difference,
        }
    )
    return table.iloc[order].reset_index(drop=True)
