"""What the columns of an ARFF file take, and what one stretch of its rows holds."""

import math
import re
from dataclasses import dataclass

import numpy as np

from aemlo.arrays import Rows
from aemlo.tables.table import Column

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$")

Declaration = tuple[str, tuple[str, ...]]
"""How an attribute is declared: its kind, and the values of a nominal one."""

Codes = dict[str, int]
"""The position of each declared value of a nominal attribute."""


@dataclass
class Layout:
    """The columns of an ARFF file, as the readers of its rows need them.

    `codes` has the codes of each column, None where it is not nominal. Columns that are
    declared alike share them: `lists` has each of these once, and `list_of` (columns,)
    says which of them a column has, -1 for none. `nominal` and `texts` are positions of
    columns. `is_all_binary` where every column is nominal with the values 0 and 1.
    """

    columns: list[Column]
    codes: list[Codes | None]
    lists: list[Codes]
    list_of: np.ndarray
    nominal: list[int]
    texts: list[int]
    is_all_binary: bool


def layout_of(
    columns: list[Column], declared: list[Declaration], which: Rows
) -> Layout:
    """The Layout of `columns`, which have the declarations `declared[which]`."""
    codes: list[Codes | None] = [
        {value: k for k, value in enumerate(values)} if kind == "nominal" else None
        for kind, values in declared
    ]
    lists = [one for one in codes if one is not None]
    places = np.cumsum([one is not None for one in codes]) - 1
    places[[one is None for one in codes]] = -1
    list_of = places[which].astype(np.int32)
    is_text = np.array([kind in ("text", "date") for kind, _ in declared])
    nominal = np.flatnonzero(list_of >= 0).tolist()
    are_binary = all(tuple(one) == ("0", "1") for one in lists)
    return Layout(
        columns=columns,
        codes=[codes[place] for place in which.tolist()],
        lists=lists,
        list_of=list_of,
        nominal=nominal,
        texts=np.flatnonzero(is_text[which]).tolist(),
        is_all_binary=are_binary and len(nominal) == len(columns),
    )


@dataclass
class DensePart:
    """What a stretch of lines holds: X (n, columns), and texts (n,) by column."""

    X: np.ndarray
    texts: dict[int, np.ndarray]

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.X)

    @property
    def cells(self) -> int:
        """Number of values."""
        return self.X.size


@dataclass
class SparsePart:
    """What a stretch of lines holds as pieces of CSR: `sizes` (n,) of its rows, and for
    each stored value its column in `indices` and itself in `data`; texts by column."""

    data: np.ndarray
    indices: np.ndarray
    sizes: np.ndarray
    texts: dict[int, np.ndarray]

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.sizes)

    @property
    def cells(self) -> int:
        """Number of stored values."""
        return len(self.data)


def parsed(word: str) -> float:
    """The number `word` spells; inf if it spells none or one too large."""
    return float(word) if NUMBER.match(word) else math.inf


def no_places() -> Rows:
    """No positions of columns."""
    return np.empty(0, dtype=np.int32)
