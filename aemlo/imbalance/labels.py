"""The labels of a data set, and what is known of each label and of each row.

Every function takes Y (n, q), NumPy or SciPy sparse, of 0 and 1, or a `Labels` made
from it, which remembers what several measures share. Costs grow with the number of
positives. A label without positives has no IRLbl: it is NaN and left out of means, as
MULAN and MLDA do; `empty="counts as 0"` is the convention of the R package mldr.
"""

from functools import cached_property
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from aemlo.arrays import PerLabel
from aemlo.errors import DataError, ParameterError

EMPTY = ("left out", "counts as 0")

FEW_POSITIVES = 30
"""A label with so many positive rows, or fewer, is hard to learn and to judge.

The experimental setting of AEMLO leaves such labels out (Zhou et al., ECML PKDD 2024).
"""

HIGH_IMR = 9
"""A label with a higher ImR is highly imbalanced in itself.

Fernandez et al., Fuzzy Sets and Systems 159, 2008.
"""


class Labels:
    """Y kept as its positives, with what several measures need computed once.

    `matrix` is CSR (n, q) of ones, `counts` (q,) the positives of each label,
    `sizes` (n,) the labels of each row. Raises DataError for other values than 0 and 1.
    Ours.
    """

    def __init__(self, Y: ArrayLike | sparse.spmatrix | sparse.sparray) -> None:
        self.matrix = _positives(Y)
        self.n, self.q = self.shape = self.matrix.shape

    @classmethod
    def of(cls, Y: "Labelled") -> "Labels":
        """`Y` itself if it is a Labels already, else a Labels made from it."""
        # Not asked by class: one kept in a cache outlives a reload of this module.
        if sparse.issparse(getattr(Y, "matrix", None)):
            return cast(Labels, Y)
        return cls(cast(ArrayLike, Y))

    @cached_property
    def counts(self) -> NDArray[np.integer[Any]]:
        """Positives of each label, (q,)."""
        return np.bincount(self.matrix.indices, minlength=self.q)

    @cached_property
    def sizes(self) -> NDArray[np.integer[Any]]:
        """Labels of each row, (n,)."""
        return np.diff(self.matrix.indptr)

    @cached_property
    def ir(self) -> PerLabel:
        """IRLbl of each label, (q,); NaN without positives."""
        return _ratio(self.counts.max(initial=0), self.counts)

    @cached_property
    def scumble_rows(self) -> NDArray[np.floating[Any]]:
        """SCUMBLE of each row, (n,), in [0, 1]."""
        ir = np.where(self.counts > 0, self.ir, 1.0)
        size = np.maximum(self.sizes, 1)
        arithmetic = self.matrix @ ir / size
        geometric = np.exp(self.matrix @ np.log(ir) / size)
        several = self.sizes > 1
        scumble = np.zeros(self.n)
        scumble[several] = 1 - geometric[several] / arithmetic[several]
        return np.clip(scumble, 0.0, 1.0)

    @cached_property
    def labelsets(
        self,
    ) -> tuple[
        NDArray[np.integer[Any]], NDArray[np.integer[Any]], NDArray[np.integer[Any]]
    ]:
        """(set of each row (n,), rows of each set, first row of each set)."""
        starts, indices = self.matrix.indptr, self.matrix.indices
        known: dict[bytes, int] = {}
        first: list[int] = []
        of_row = np.empty(self.n, dtype=np.intp)
        for i in range(self.n):
            key = indices[starts[i] : starts[i + 1]].tobytes()
            number = known.setdefault(key, len(known))
            if number == len(first):
                first.append(i)
            of_row[i] = number
        return of_row, np.bincount(of_row), np.array(first)

    @cached_property
    def together(self) -> sparse.csr_matrix:
        """Rows shared by each pair of labels: CSR (q, q), counts on the diagonal."""
        shared = sparse.csr_matrix(self.matrix.T @ self.matrix)
        shared.sort_indices()
        return shared


Labelled: TypeAlias = "ArrayLike | sparse.spmatrix | sparse.sparray | Labels"
"""Labels Y, (n, q), of 0 and 1: dense, sparse or a Labels made from one."""


def label_counts(Y: Labelled) -> NDArray[np.integer[Any]]:
    """Positives of each label: c_j, integers (q,)."""
    return Labels.of(Y).counts


def ir_per_label(Y: Labelled, empty: str = "left out") -> PerLabel:
    """IRLbl: positives of the most frequent label / positives of each label, (q,).

    NaN for a label without positives, 0 with `empty="counts as 0"`; never infinite.
    Charte et al., Neurocomputing 163, 2015, eq. 3.
    """
    ir = Labels.of(Y).ir
    return np.where(np.isnan(ir), 0.0, ir) if counts_as_zero(empty) else ir


def imr_per_label(Y: Labelled) -> PerLabel:
    """ImR: larger / smaller of positives and negatives of each label, (q,).

    What one binary classifier per label feels. NaN for a label of all rows or of none.
    "IR intra class" in Moyano et al. (MLDA), Knowledge-Based Systems 121, 2017.
    """
    labels = Labels.of(Y)
    other = labels.n - labels.counts
    return _ratio(np.maximum(labels.counts, other), np.minimum(labels.counts, other))


def scumble_per_row(Y: Labelled) -> NDArray[np.floating[Any]]:
    """SCUMBLE of each row (n,): 1 - geometric / arithmetic mean of its labels' IRLbl.

    0 for a row with one label or none. Charte et al., HAIS 2014, LNCS 8480.
    """
    return Labels.of(Y).scumble_rows


def scumble_per_label(Y: Labelled) -> PerLabel:
    """SCUMBLE of each label (q,): mean over its rows; NaN without positives."""
    labels = Labels.of(Y)
    return _ratio(labels.matrix.T @ labels.scumble_rows, labels.counts)


def scumble_cv_per_label(Y: Labelled) -> PerLabel:
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


def _positives(
    Y: ArrayLike | sparse.spmatrix | sparse.sparray,
) -> sparse.csr_matrix:
    """Y checked, as CSR of ones; DataError for what is no matrix of 0 and 1."""
    shape, indices, starts, values = (
        _sparse_parts(Y) if sparse.issparse(Y) else _dense_parts(np.asarray(Y))
    )
    wrong = values[values != 1]
    if len(wrong):
        raise DataError(f"Y: labels must be 0 or 1, got {wrong[0]}.")
    if not shape[0] or not shape[1]:
        raise DataError(f"Y has shape {shape}: give at least one row and one label.")
    return sparse.csr_matrix((np.ones(len(indices)), indices, starts), shape=shape)


def _sparse_parts(Y: Any) -> tuple[tuple[int, ...], Any, Any, Any]:
    matrix = sparse.csr_matrix(Y)
    if not (matrix.has_canonical_format and matrix.data.all()):
        matrix = matrix.copy()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    return Y.shape, matrix.indices, matrix.indptr, matrix.data


def _dense_parts(Y: NDArray[Any]) -> tuple[tuple[int, ...], Any, Any, Any]:
    if Y.ndim != 2:
        raise DataError(
            f"Y must have one row per example and one column per label, "
            f"got {Y.ndim} dimensions."
        )
    there = Y != 0  # truth values are searched five times as fast as numbers
    flat = np.flatnonzero(there)
    indices = (flat % max(Y.shape[1], 1)).astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(np.count_nonzero(there, axis=1))])
    return Y.shape, indices, starts, Y.ravel()[flat]


def counts_as_zero(empty: str) -> bool:
    """Whether labels without positives count with an IRLbl of 0.

    ParameterError for a convention that does not exist.
    """
    if empty not in EMPTY:
        raise ParameterError(
            f"empty must be {EMPTY[0]!r} or {EMPTY[1]!r}, got {empty!r}."
        )
    return empty == "counts as 0"


def _ratio(upper: ArrayLike, lower: ArrayLike) -> NDArray[np.floating[Any]]:
    lower = np.asarray(lower, dtype=float)
    return np.divide(upper, lower, out=np.full(lower.shape, np.nan), where=lower > 0)
