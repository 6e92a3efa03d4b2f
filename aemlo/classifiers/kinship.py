"""Which training rows come from the same real rows: what inner validation must know.

A synthetic row resembles its parents. A classifier that learns from it and is judged on
a parent, or the other way round, is judged on what it has seen. Ours.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from aemlo.arrays import Features, Mask, Rows
from aemlo.errors import DataError
from aemlo.provenance import OF_DATA_SET, OF_RETURNED_ROWS, framed


@dataclass(frozen=True)
class Kinship:
    """Real and synthetic rows, and what they come from.

    `synthetic` (n,) marks rows that were made; `sources` (n, m), sparse, has a 1 where
    row i comes from the real row of column s: its own, or its parents'. Rows that share
    a column are related. Rows that a sampler split are real and share their source.
    """

    synthetic: Mask
    sources: sparse.csr_array

    @classmethod
    def of(cls, provenance: pd.DataFrame, n: int, owner: str) -> Self:
        """The kinship of `n` rows, from a frame with a row each.

        The frame is a sampler's `provenance_` (its columns are those of
        `aemlo.provenance.OF_RETURNED_ROWS`) or a data set's (`OF_DATA_SET`). Raises
        DataError, in the name of `owner`, for another frame or another number of rows.
        """
        if not isinstance(provenance, pd.DataFrame):
            raise DataError(
                f"{owner}: provenance must be a frame, a sampler's `provenance_` or a "
                f"data set's, got {type(provenance).__name__}."
            )
        columns = {str(name): column for name, column in provenance.items()}
        if "origin" in columns:
            frame = framed(OF_RETURNED_ROWS, columns, n, owner)
            own = frame["origin"].to_numpy()
            synthetic, parents = own < 0, frame["parents"].tolist()
        else:
            frame = framed(OF_DATA_SET, columns, n, owner)
            own = frame["row"].to_numpy()
            synthetic = frame["synthetic"].to_numpy()
            parents = [tuple(map(int, text.split())) for text in frame["parents"]]
        rows, numbers = _pairs(synthetic, own, parents)
        return cls(synthetic, _incidence(n, rows, numbers))

    @classmethod
    def unknown(cls, n: int) -> Self:
        """The kinship of `n` rows of which nothing is known: all real, none related."""
        return cls(np.zeros(n, dtype=bool), sparse.csr_array(sparse.eye_array(n)))

    @property
    def is_trivial(self) -> bool:
        """Whether all rows are real and none is related to another."""
        return not self.synthetic.any() and self.sources.sum(axis=0).max(initial=0) <= 1

    def take(self, rows: Rows | Mask) -> Self:
        """The kinship of some of the rows."""
        return type(self)(self.synthetic[rows], self.sources[rows])

    def followed_by(self, returned: pd.DataFrame, owner: str) -> Self:
        """The kinship of what a sampler returned for these rows.

        `returned` is its `provenance_`. Rows made of synthetic rows have the sources of
        those.
        """
        columns = {str(name): column for name, column in returned.items()}
        frame = framed(OF_RETURNED_ROWS, columns, len(returned), owner)
        own = frame["origin"].to_numpy()
        rows, given = _pairs(own < 0, own, frame["parents"].tolist())
        shape = (len(frame), len(self.synthetic))
        steps = sparse.coo_array((np.ones(len(rows)), (rows, given)), shape=shape)
        sources = sparse.csr_array(steps) @ self.sources
        sources.data[:] = 1.0
        kept = np.where(own < 0, 0, own)
        return type(self)((own < 0) | self.synthetic[kept], sources)

    def with_equal_rows(self, X: Features) -> Self:
        """Also related: rows of X (n, d) that are equal in every feature."""
        same = equal_rows(X)
        equal = _incidence(len(same), np.arange(len(same)), same)
        both = sparse.csr_array(sparse.hstack([self.sources, equal]))
        return type(self)(self.synthetic, both)

    def families(self) -> Rows:
        """A number (n,) for each row, from 0, as they come; related rows share one.

        So do rows that are related through others.
        """
        n, m = self.sources.shape
        above, below = sparse.coo_array((n, n)), sparse.coo_array((m, m))
        graph = sparse.block_array(
            [[above, self.sources], [self.sources.T, below]], format="csr"
        )
        _, part = connected_components(graph, directed=False)
        return _numbered(part[:n])

    def related_to(self, rows: Mask) -> Mask:
        """Which rows (n,) are among `rows` (n,) or related to one of them."""
        touched = self.sources[np.flatnonzero(rows)].sum(axis=0) > 0
        return rows | ((self.sources @ touched.astype(float)) > 0)


def equal_rows(X: Features) -> Rows:
    """A number (n,) for each row of X; rows equal in every feature share one."""
    keys: list[Any]
    if sparse.issparse(X):
        X = sparse.csr_matrix(X, copy=True)
        X.sum_duplicates()
        ends = zip(X.indptr[:-1], X.indptr[1:], strict=True)
        keys = [X.indices[a:b].tobytes() + X.data[a:b].tobytes() for a, b in ends]
    else:
        keys = [row.tobytes() for row in np.ascontiguousarray(X)]
    numbers: dict[bytes, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=int)


def _pairs(synthetic: Mask, own: Rows, parents: list[Any]) -> tuple[Rows, Rows]:
    """Rows and the number of a source of each, (m,) both, one pair a source."""
    pairs = [
        (i, source)
        for i in range(len(own))
        for source in (parents[i] if synthetic[i] else (int(own[i]),))
    ]
    rows, numbers = np.array(pairs, dtype=int).reshape(-1, 2).T
    return rows, numbers


def _incidence(n: int, rows: Rows, numbers: Rows) -> sparse.csr_array:
    known, columns = np.unique(numbers, return_inverse=True)
    ones = np.ones(len(rows))
    return sparse.csr_array(
        sparse.coo_array((ones, (rows, columns.ravel())), shape=(n, len(known)))
    )


def _numbered(part: Rows) -> Rows:
    """`part` numbered again, in the order in which its values come."""
    _, first, code = np.unique(part, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first, kind="stable"), kind="stable")[code.ravel()]
