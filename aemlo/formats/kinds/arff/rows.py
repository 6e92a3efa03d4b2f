"""The rows of an ARFF file: a fast way for plain text, a careful way for the rest.

The text is cut into stretches of lines. A stretch without quotes, comments and other
rarities is handed to Arrow's CSV parser (sparse rows as a list of index, value pairs).
Whatever that cannot read for certain goes through the careful way, line by line, which
either reads it or says which line is at fault. Ours.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from aemlo.arrays import Features
from aemlo.errors import DataError
from aemlo.formats.kinds.arff.careful import CarefulRows
from aemlo.formats.kinds.arff.fast import Doubt, dense_part, sparse_part
from aemlo.formats.kinds.arff.header import Header
from aemlo.formats.kinds.arff.layout import DensePart, Layout, SparsePart, layout_of
from aemlo.progress import part as part_of_progress
from aemlo.tables.limits import Limits
from aemlo.tables.source import Source

STRETCH = 4_000_000  # bytes read at a time
RARE = (b"'", b'"', b"\\", b"%")  # what only the careful way reads


@dataclass
class ArffRows:
    """X (n, columns), the texts by column, the kind of rows, and warnings."""

    X: Features
    texts: dict[int, np.ndarray]
    kind: str
    warnings: list[str] = field(default_factory=list)


def read(source: Source, header: Header, limits: Limits) -> ArffRows:
    """The rows after the header of `source`; DataError names line and column."""
    data, name = source.text, source.name
    first = re.compile(rb"^[ \t]*([^\s%])", re.M).search(data, header.start)
    if not first:
        raise DataError(f"{name}: has no rows after @data.")
    is_sparse = first[1] == b"{"
    if not is_sparse:
        limits.check(name, "columns", len(header.columns), "columns")
    layout = layout_of(header.columns, header.declared, header.which)
    careful = CarefulRows(name, layout, is_sparse)
    parts, cells, line = [], 0, header.line
    for start, end in _stretches(data, header.start):
        stretch = data[start:end]
        on_progress = part_of_progress(
            source.on_progress, start / len(data), (end - start) / len(data)
        )
        part = _fast(stretch, layout, is_sparse)
        if part is None:
            part = careful.part(stretch, line, on_progress)
        cells += part.cells
        limits.check(name, "cells", cells, "cells")
        parts.append(part)
        line += stretch.count(b"\n")
        source.on_progress(end / len(data))
    return _together(parts, careful, limits)


def _stretches(data: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Where stretches of whole lines begin and end, from `start` on."""
    while start < len(data):
        end = len(data)
        if end - start > STRETCH:
            end = data.rfind(b"\n", start, start + STRETCH) + 1
            if not end:
                end = data.find(b"\n", start) + 1 or len(data)
        yield start, end
        start = end


def _fast(
    text: bytes, layout: Layout, is_sparse: bool
) -> DensePart | SparsePart | None:
    """What the fast way reads in `text`; None where it is in doubt."""
    if any(letter in text for letter in RARE):
        return None
    try:
        return sparse_part(text, layout) if is_sparse else dense_part(text, layout)
    except Doubt:
        return None


def _together(parts, careful: CarefulRows, limits: Limits) -> ArffRows:
    """The rows of all parts."""
    layout, name = careful.layout, careful.name
    n = sum(part.n for part in parts)
    if not n:
        raise DataError(f"{name}: has no rows after @data.")
    limits.check(name, "rows", n, "rows")
    texts = {
        j: np.concatenate([part.texts[j] for part in parts if part.n])
        for j in layout.texts
    }
    if careful.is_sparse:
        X = _csr(parts, n, len(layout.columns))
    else:
        X = _joined([part.X for part in parts])
    warnings = []
    if careful.weights:
        warnings.append(f"{careful.weights:,} rows carry a weight: read without it.")
    kind = "sparse" if careful.is_sparse else "dense"
    return ArffRows(X, texts, "mixed" if careful.mixed else kind, warnings)


def _csr(parts: list[SparsePart], n: int, width: int) -> sparse.csr_matrix:
    indptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.concatenate([part.sizes for part in parts]), out=indptr[1:])
    data = _joined([part.data for part in parts])
    indices = _joined([part.indices for part in parts])
    if indptr[-1] < np.iinfo(np.int32).max:
        indptr = indptr.astype(np.int32)
    X = sparse.csr_matrix((data, indices, indptr), shape=(n, width))
    X.sort_indices()
    if not X.data.all():
        X.eliminate_zeros()
    return X


def _joined(arrays):
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
