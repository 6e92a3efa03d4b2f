"""Measures of the set, of each label and of each row.

Every function takes Y (n, q), NumPy or SciPy sparse, of 0 and 1, or a `Labels` made
from it, which remembers what several measures share. Costs grow with the number of
positives. A label without positives has no IRLbl: it is NaN and left out of means, as
MULAN and MLDA do; `empty="counts as 0"` is the convention of the R package mldr.
"""

from functools import cached_property

import numpy as np
from scipy import sparse

from aemlo.errors import DataError, ParameterError

EMPTY = ("left out", "counts as 0")


class Labels:
    """Y kept as its positives, with what several measures need computed once.

    `matrix` is CSR (n, q) of ones, `counts` (q,) the positives of each label,
    `sizes` (n,) the labels of each row. Raises DataError for other values than 0 and 1.
    Ours.
    """

    def __init__(self, Y):
        self.matrix = _positives(Y)
        self.n, self.q = self.shape = self.matrix.shape

    @classmethod
    def of(cls, Y):
        """`Y` itself if it is a Labels already, else a Labels made from it."""
        # Not asked by class: one kept in a cache outlives a reload of this module.
        return Y if sparse.issparse(getattr(Y, "matrix", None)) else cls(Y)

    @cached_property
    def counts(self):
        return np.bincount(self.matrix.indices, minlength=self.q)

    @cached_property
    def sizes(self):
        return np.diff(self.matrix.indptr)

    @cached_property
    def ir(self):
        return _ratio(self.counts.max(initial=0), self.counts)

    @cached_property
    def scumble_rows(self):
        ir = np.where(self.counts > 0, self.ir, 1.0)
        size = np.maximum(self.sizes, 1)
        arithmetic = self.matrix @ ir / size
        geometric = np.exp(self.matrix @ np.log(ir) / size)
        several = self.sizes > 1
        scumble = np.zeros(self.n)
        scumble[several] = 1 - geometric[several] / arithmetic[several]
        return np.clip(scumble, 0.0, 1.0)

    @cached_property
    def labelsets(self):
        """(set of each row (n,), rows of each set, first row of each set)."""
        starts, indices = self.matrix.indptr, self.matrix.indices
        known, first = {}, []
        of_row = np.empty(self.n, dtype=np.intp)
        for i in range(self.n):
            key = indices[starts[i] : starts[i + 1]].tobytes()
            found = known.setdefault(key, len(known))
            if found == len(first):
                first.append(i)
            of_row[i] = found
        return of_row, np.bincount(of_row), np.array(first)

    @cached_property
    def together(self):
        """Rows shared by each pair of labels: CSR (q, q), counts on the diagonal."""
        shared = sparse.csr_matrix(self.matrix.T @ self.matrix)
        shared.sort_indices()
        return shared


def label_counts(Y):
    """Positives of each label: c_j, integers (q,)."""
    return Labels.of(Y).counts


def ir_per_label(Y, empty="left out"):
    """IRLbl: positives of the most frequent label / positives of each label, (q,).

    NaN for a label without positives, 0 with `empty="counts as 0"`; never infinite.
    Charte et al., Neurocomputing 163, 2015, eq. 3.
    """
    ir = Labels.of(Y).ir
    return np.where(np.isnan(ir), 0.0, ir) if _as_zero(empty) else ir


def mean_ir(Y, empty="left out"):
    """MeanIR: mean of IRLbl over the labels; NaN if no label has a positive.

    Charte et al., Neurocomputing 163, 2015, eq. 4.
    """
    ir = _counted(Y, empty)
    return float(ir.mean()) if len(ir) else float("nan")


def max_ir(Y):
    """MaxIR: the largest IRLbl, that of the rarest label with a positive."""
    ir = _counted(Y, "left out")
    return float(ir.max()) if len(ir) else float("nan")


def cv_ir(Y, empty="left out"):
    """CVIR: standard deviation (divisor q - 1) of IRLbl / MeanIR; 0 for one label.

    Charte et al., Neurocomputing 163, 2015, eq. 5 and 6.
    """
    ir = _counted(Y, empty)
    if len(ir) < 2:
        return 0.0 if len(ir) else float("nan")
    return float(ir.std(ddof=1) / ir.mean())


def imr_per_label(Y):
    """ImR: larger / smaller of positives and negatives of each label, (q,).

    What one binary classifier per label feels. NaN for a label of all rows or of none.
    "IR intra class" in Moyano et al. (MLDA), Knowledge-Based Systems 121, 2017.
    """
    labels = Labels.of(Y)
    other = labels.n - labels.counts
    return _ratio(np.maximum(labels.counts, other), np.minimum(labels.counts, other))


def minority_labels(Y, empty="left out"):
    """Mask (q,) of labels with IRLbl above MeanIR (Charte et al., 2015)."""
    ir = ir_per_label(Y, empty)
    return np.where(np.isnan(ir), 0.0, ir) > mean_ir(Y, empty)


def scumble_per_row(Y):
    """SCUMBLE of each row (n,): 1 - geometric / arithmetic mean of its labels' IRLbl.

    0 for a row with one label or none. Charte et al., HAIS 2014, LNCS 8480.
    """
    return Labels.of(Y).scumble_rows


def scumble(Y):
    """SCUMBLE of the set: the mean over all rows, those without labels included."""
    return float(scumble_per_row(Y).mean())


def scumble_cv(Y):
    """SCUMBLE.CV: standard deviation (n - 1) of the rows' SCUMBLE / its mean."""
    return _variation(scumble_per_row(Y))


def scumble_per_label(Y):
    """SCUMBLE of each label (q,): mean over its rows; NaN without positives."""
    labels = Labels.of(Y)
    return _ratio(labels.matrix.T @ labels.scumble_rows, labels.counts)


def scumble_cv_per_label(Y):
    """SCUMBLE.CV of each label (q,); NaN for fewer than two rows or a mean of 0."""
    labels = Labels.of(Y)
    mean = scumble_per_label(labels)
    # The squared distances are taken row by row: sums of squares would cancel.
    row_of = np.repeat(np.arange(labels.n), labels.sizes)
    label_of = labels.matrix.indices
    away = (labels.scumble_rows[row_of] - mean[label_of]) ** 2
    squares = np.bincount(label_of, weights=away, minlength=labels.q)
    spread = np.sqrt(_ratio(squares, np.maximum(labels.counts - 1, 0)))
    return _ratio(spread, mean)


def cardinality(Y):
    """Mean number of labels per row (Tsoumakas, Katakis, IJDWM 3(3), 2007)."""
    labels = Labels.of(Y)
    return labels.matrix.nnz / labels.n


def density(Y):
    """Cardinality / number of labels, empty ones included."""
    return cardinality(Y) / Labels.of(Y).q


def cardinality_skew(Y):
    """Skewness m3 / m2^1.5 of the labels per row; NaN if all rows have equally many."""
    return _moment(Labels.of(Y).sizes, 3)


def cardinality_kurtosis(Y):
    """Excess kurtosis m4 / m2^2 - 3 of the labels per row (0 for a normal law)."""
    return _moment(Labels.of(Y).sizes, 4) - 3


def empty_labels(Y):
    """Share of labels without a positive row."""
    return float((Labels.of(Y).counts == 0).mean())


def unlabelled_rows(Y):
    """Share of rows without a label."""
    return float((Labels.of(Y).sizes == 0).mean())


def tcs(Y, features):
    """TCS: ln(features x labels x labelsets) (Charte et al., HAIS 2016)."""
    labels = Labels.of(Y)
    return float(np.log(features) + np.log(labels.q) + np.log(len(labels.labelsets[1])))


def _positives(Y):
    if sparse.issparse(Y):
        matrix = sparse.csr_matrix(Y)
        if not (matrix.has_canonical_format and matrix.data.all()):
            matrix = matrix.copy()
            matrix.sum_duplicates()
            matrix.eliminate_zeros()
        indices, starts, values = matrix.indices, matrix.indptr, matrix.data
    else:
        Y = np.asarray(Y)
        if Y.ndim != 2:
            raise DataError(
                f"Y must have one row per example and one column per label, "
                f"got {Y.ndim} dimensions."
            )
        there = Y != 0  # truth values are searched five times as fast as numbers
        flat = np.flatnonzero(there)
        indices = (flat % Y.shape[1]).astype(np.int32)
        starts = np.concatenate([[0], np.cumsum(np.count_nonzero(there, axis=1))])
        values = Y.ravel()[flat]
    wrong = values[values != 1]
    if len(wrong):
        raise DataError(f"Y: labels must be 0 or 1, got {wrong[0]}.")
    if not Y.shape[0] or not Y.shape[1]:
        raise DataError(f"Y has shape {Y.shape}: give at least one row and one label.")
    ones = np.ones(len(indices))
    return sparse.csr_matrix((ones, indices, starts), shape=Y.shape)


def _as_zero(empty):
    if empty not in EMPTY:
        raise ParameterError(
            f"empty must be {EMPTY[0]!r} or {EMPTY[1]!r}, got {empty!r}."
        )
    return empty == "counts as 0"


def _counted(Y, empty):
    """The IRLbl that enter means; none at all where no label has a positive."""
    ir = Labels.of(Y).ir
    known = ir[~np.isnan(ir)]
    if not _as_zero(empty) or not len(known):
        return known
    return np.where(np.isnan(ir), 0.0, ir)


def _ratio(upper, lower):
    lower = np.asarray(lower, dtype=float)
    return np.divide(upper, lower, out=np.full(lower.shape, np.nan), where=lower > 0)


def _variation(values):
    if len(values) < 2 or not values.mean():
        return float("nan")
    return float(values.std(ddof=1) / values.mean())


def _moment(values, order):
    away = values - values.mean()
    spread = (away**2).mean()
    return float((away**order).mean() / spread ** (order / 2)) if spread else np.nan
