"""Where the labels of a table are, and which of a label's two values is the yes.

An XML file beats the header's count, which beats a guess; a guess is only ever shown
to be confirmed. Labels are matched by name, and 0 and 1 are told by value.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from aemlo.arrays import LabelMatrix, Rows
from aemlo.errors import DataError
from aemlo.wording import counted

MARK = "is_synthetic"
"""The column of a file that marks synthetic rows; no feature and no label."""
if TYPE_CHECKING:
    from aemlo.tables.table import Table

# The no and the yes of each pair, as spelled in small letters.
PAIRS = (
    ("0", "1"),
    ("-1", "1"),
    ("false", "true"),
    ("f", "t"),
    ("no", "yes"),
    ("n", "y"),
    ("absent", "present"),
)
SHOWN = 10
MINUS_ONE = ("yes", "no", "left out")


@dataclass
class Location:
    """Names of label columns, in words where they come from, and whether to trust it.

    `from_outside` where the names do not come from the table itself: then a name that
    several columns had does not say which of them is meant.
    """

    names: list[str] | None = None
    words: str = ""
    certain: bool = False
    from_outside: bool = False
    warnings: list[str] = field(default_factory=list)


def listed(names: Iterable[str], limit: int = SHOWN) -> str:
    """Some names in quotes, the rest counted."""
    names = list(names)
    shown = ", ".join(f"'{name}'" for name in names[:limit])
    return shown + (f" and {len(names) - limit:,} more" if len(names) > limit else "")


def chosen(table: "Table", labels: Iterable[str], how: str = "") -> Location:
    """The Location of labels that the user named; `how` in words."""
    words = how or "chosen by name"
    return Location(list(labels), words, certain=True, from_outside=not how)


def from_count(
    table: "Table", count: int, place: str, words: str | None = None
) -> Location:
    """The Location of `count` columns at the "start" or "end" of `table`."""
    if place not in ("start", "end"):
        raise DataError(
            f"{table.name}: labels are at the 'start' or the 'end', got {place!r}."
        )
    if not 0 < count < len(table.columns):
        raise DataError(
            f"{table.name}: {count} labels were asked for, but the file has "
            f"{len(table.columns)} columns, and one must be left as a feature."
        )
    names = (
        table.column_names[:count] if place == "start" else table.column_names[-count:]
    )
    return Location(names, words or f"{count} columns at the {place}", certain=True)


def positions(table: "Table", location: Location) -> list[int]:
    """Column positions of the labels of `location`, in the order of the file.

    A name is matched as it is, then with escapes and outer spaces undone. DataError
    names those that the file lacks and those that fit more than one column.
    """
    names = location.names or []
    exact = _places(table, set(names))
    loose = {}
    if len(exact) < len(set(names)):
        loose = _places(table, set(map(plain, names)), plain)
    places, lacking = [], []
    for name in names:
        match = exact.get(name) or loose.get(plain(name)) or []
        if len(match) > 1 or (location.from_outside and name in table.repeated):
            raise DataError(
                f"{table.name}: label '{name}' fits more than one column. Give the "
                "columns different names."
            )
        places += match
        if not match:
            lacking.append(name)
    if lacking:
        origin = f" ({location.words})" if location.words else ""
        raise DataError(
            f"{table.name}: the file has no column for {len(lacking)} of "
            f"{len(names)} labels{origin}: {listed(lacking)}. "
            f"Its columns: {listed(table.column_names)}."
        )
    if len(set(places)) < len(places):
        times = Counter(names)
        repeated = [name for name in times if times[name] > 1]
        raise DataError(
            f"{table.name}: a label is named twice ({listed(sorted(repeated))})."
        )
    return sorted(places)


def _places(table, wanted, key=str):
    """{name: positions of the columns called so}, of the `wanted` ones."""
    places = {}
    for j, name in enumerate(map(key, table.column_names)):
        if name in wanted:
            places.setdefault(name, []).append(j)
    return places


def plain(name: str) -> str:
    """A name without backslash escapes, quotes around it, and outer spaces."""
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1]
    if "\\" in name:
        name = name.replace("\\\\", "\0").replace("\\", "").replace("\0", "\\")
    return name.strip()


def meaning(values: Iterable[str]) -> dict[str, int] | None:
    """{value: 0 or 1} for spelled `values`; None if they are not a no and a yes."""
    spelled = {value: _spelling(value) for value in values}
    kinds = set(spelled.values())
    for no, yes in PAIRS:
        if kinds <= {no, yes}:
            return {value: int(word == yes) for value, word in spelled.items()}
    return None


def _spelling(value):
    text = value.strip().casefold()
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number in (-1, 0, 1) else text


def matrix(
    table: "Table",
    places: Sequence[int],
    missing: str = "refuse",
    minus_one: str | None = None,
) -> tuple[LabelMatrix, list[str], int]:
    """Y (n, q) uint8 of the columns at `places`, warnings, and how many cells were
    empty and count as absent."""
    if missing not in ("refuse", "absent"):
        raise DataError(
            f"{table.name}: missing_labels must be 'refuse' or 'absent', "
            f"got {missing!r}."
        )
    table.limits.check(table.name, "label cells", table.n * len(places), "cells")
    Y = np.zeros((table.n, len(places)), dtype=np.uint8)
    gaps = []
    for k, j in enumerate(places):
        values, empty = _zero_one(table, j, minus_one)
        Y[:, k] = values
        if empty:
            gaps.append((table.columns[j].name, empty))
    ticked = _ticked(table, places)
    if not gaps:
        return Y, ticked, 0
    cells = sum(empty for _, empty in gaps)
    where = listed([name for name, _ in gaps], 5)
    if missing == "refuse":
        raise DataError(
            f"{table.name}: {cells:,} label cells are empty or '?' (labels {where}). "
            "Fill them in, or have them count as absent (missing_labels='absent')."
        )
    absent = f"{cells:,} empty label cells count as absent (labels {where})."
    return Y, [*ticked, absent], cells


def _zero_one(table, j, minus_one=None):
    """Column `j` as 0 and 1, and how many cells were empty (0 there)."""
    column = table.columns[j]
    if column.kind in ("text", "date"):
        values = sorted({str(v) for v in table.texts[j] if v is not None})
        raise _not_binary(table, column, values)
    numbers = table.column(j)
    empty = np.isnan(numbers)
    if column.kind == "nominal":
        meant = meaning(column.values)
        if meant is None and _is_ticked(column.values, empty):
            return np.where(empty, 0, 1), 0
        if meant is None:
            raise _not_binary(table, column, column.values)
        table_of = np.array([meant[v] for v in column.values] or [0])
        codes = np.where(empty, 0, numbers).astype(int)
        return np.where(empty, 0, table_of[codes]), int(empty.sum())
    kinds = np.unique(numbers[~empty])
    if {-1.0, 0.0} <= set(kinds) <= {-1.0, 0.0, 1.0} or (
        minus_one and set(kinds) <= {-1.0, 0.0, 1.0}
    ):
        yes = _certain(table, column, numbers, minus_one)
        return np.where(empty, 0, yes), int(empty.sum())
    if not (set(kinds) <= {0.0, 1.0} or set(kinds) <= {-1.0, 1.0}):
        raise _not_binary(table, column, [f"{v:g}" for v in kinds])
    return np.where(empty, 0, numbers == 1), int(empty.sum())


def _certain(table, column, numbers, minus_one):
    """1, 0 and -1 as yes and no; DataError where nobody said what -1 means."""
    if minus_one not in MINUS_ONE:
        where = counted(int((numbers == -1).sum()), "row")
        raise DataError(
            f"{table.name}: label '{column.name}' has 1, 0 and -1 (in {where}). "
            "Say what -1 means: minus_one='yes', 'no', or 'left out' for these rows "
            "(--minus-one)."
        )
    return (numbers == 1) | ((numbers == -1) & (minus_one == "yes"))


def _is_ticked(values: Iterable[str], empty: np.ndarray) -> bool:
    """Whether a box was ticked or not: one text (`x`, the option's name) or nothing."""
    different = {value.strip().casefold() for value in values}
    return len(different) == 1 and bool(empty.any())


def _ticked(table: "Table", places: Sequence[int]) -> list[str]:
    """A warning of label columns that hold one text or nothing."""
    names = []
    for j in places:
        column = table.columns[j]
        has_words = column.kind == "nominal" and meaning(column.values) is None
        if has_words and _is_ticked(column.values, np.isnan(table.column(j))):
            names.append(column.name)
    if not names:
        return []
    return [
        f"{len(names):,} labels hold one text or nothing ({listed(names, 5)}): the "
        "text counts as yes, an empty cell as no."
    ]


def _not_binary(table, column, values):
    shown = ", ".join(repr(str(v)) for v in values[:6])
    more = f" and {len(values) - 6:,} more" if len(values) > 6 else ""
    return DataError(
        f"{table.name}: label '{column.name}' has {len(values):,} values "
        f"({shown}{more}). "
        "A label has two: 0 and 1, no and yes, false and true, or -1 and 1."
    )


def binary_columns(table: "Table") -> Rows:
    """Positions of columns that could be labels: 0/1 ones, else (-1)/1 ones."""
    could = np.zeros(len(table.columns), dtype=bool)
    signed = np.zeros(len(table.columns), dtype=bool)
    zero_one, minus_one = _numeric_binary(table.X)
    for j, column in enumerate(table.columns):
        if column.kind == "nominal":
            could[j] = len(column.values) <= 2 and meaning(column.values) is not None
        elif column.kind == "numeric":
            could[j], signed[j] = zero_one[j], minus_one[j]
    return np.flatnonzero(could if could.any() else signed)


def _numeric_binary(X, block=2_000):
    """Per column: only 0, 1 and gaps; only -1, 1 and gaps (dense tables only)."""
    if sparse.issparse(X):
        odd = np.unique(X.indices[~((X.data == 1) | (X.data == 0) | np.isnan(X.data))])
        zero_one = np.ones(X.shape[1], dtype=bool)
        zero_one[odd] = False
        return zero_one, np.zeros(X.shape[1], dtype=bool)
    zero_one = np.ones(X.shape[1], dtype=bool)
    minus_one = zero_one.copy()
    for start in range(0, len(X), block):
        part = X[start : start + block]
        one = (part == 1) | np.isnan(part)
        zero_one &= (one | (part == 0)).all(axis=0)
        minus_one &= (one | (part == -1)).all(axis=0)
        if not (zero_one.any() or minus_one.any()):
            break
    known = ~np.isnan(X).all(axis=0) if len(X) else zero_one
    return zero_one & known, minus_one & known


def guess(table: "Table") -> Location:
    """A Location to be confirmed: the run of 0/1 columns at the start or the end.

    Of two runs the longer one; 0/1 columns elsewhere are likelier features. Without a
    run at either side, all 0/1 columns. No names where every column is 0/1.
    """
    # The mark of synthetic rows is no label, and does not part the run of labels.
    columns = [j for j, column in enumerate(table.columns) if column.name != MARK]
    could = set(binary_columns(table).tolist()) & set(columns)
    total = len(columns)
    if not could:
        return Location([], "no column holds only 0 and 1")
    if len(could) == total:
        return Location([], "every column holds only 0 and 1: say how many are labels")
    head = next(j for j in range(total) if columns[j] not in could)
    tail = next(k for k in range(total) if columns[total - 1 - k] not in could)
    if head > tail:
        run, words = (
            columns[:head],
            f"guess: the first {head} columns hold only 0 and 1",
        )
    elif tail:
        run = columns[total - tail :]
        words = f"guess: the last {tail} columns hold only 0 and 1"
    else:
        run, words = sorted(could), f"guess: {len(could)} columns hold only 0 and 1"
    return Location([table.columns[j].name for j in run], words)


def _hint_of_lists(table: "Table") -> str:
    """Which columns look like lists of labels, and how to say so."""
    from aemlo.tables import lists

    columns = lists.candidates(table)[:2]
    pattern = lists.numbered(table)
    if pattern:
        return f" Columns '{pattern}' hold names of labels: --label-list '{pattern}'."
    return "".join(
        f" Column '{name}' looks like a list: --label-list '{name}'."
        for name in columns
    )


def no_hint(table: "Table") -> str:
    """The message for a file that does not say which columns are labels."""
    proposal = guess(table)
    candidates = (
        f" Candidates ({proposal.words}): {listed(proposal.names)}."
        if proposal.names
        else f" ({proposal.words.capitalize()}.)"
    )
    return (
        f"{table.name}: nothing says which columns are labels.{candidates}"
        f"{_hint_of_lists(table)} Name them, "
        "say how many there are at the start or the end, or add a Mulan XML file."
    )
