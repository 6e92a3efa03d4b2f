"""Names for the kinds of arrays that the library passes around."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Matrix: TypeAlias = NDArray[np.floating[Any]]
"""A dense matrix of floats."""

Features: TypeAlias = NDArray[Any] | sparse.csr_matrix | sparse.csr_array
"""Features X, (n, d): a dense array or a CSR matrix, one row a record."""

LabelMatrix: TypeAlias = NDArray[np.integer[Any]]
"""Labels Y, (n, q), of 0 and 1: row i has label j where Y[i, j] is 1."""

Scores: TypeAlias = NDArray[np.floating[Any]]
"""Scores of labels, (n, q): the higher, the more likely the label."""

Rows: TypeAlias = NDArray[np.integer[Any]]
"""Positions of rows, (k,)."""

Mask: TypeAlias = NDArray[np.bool_]
"""A choice of rows, labels or cells: True where chosen."""

PerLabel: TypeAlias = NDArray[np.floating[Any]]
"""One number a label, (q,); NaN where the label has none."""

PerFeature: TypeAlias = NDArray[np.floating[Any]]
"""One number a feature, (d,)."""

Names: TypeAlias = "list[str] | tuple[str, ...]"
"""Names of features or labels, in the order of the columns."""
