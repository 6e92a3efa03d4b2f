"""A column that holds a list of labels per row, in any spelling (see readings.py)."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import sparse

from aemlo.errors import DataError
from aemlo.tables import readings
from aemlo.tables.label_names import LabelNames, named
from aemlo.tables.labels import Location, listed, meaning
from aemlo.tables.readings import Reading
from aemlo.tables.table import Column, Table

MOST_LISTED = 2_000
LONGEST = 60  # letters of a label, in a column that nobody said holds lists
EXACT = 2**53  # from here on, floats are not all whole numbers


def candidates(table: Table) -> list[str]:
    """Names of columns that look like lists: printed ones, or words used again."""
    return [
        column.name
        for j, column in enumerate(table.columns)
        if _may_be_lists(column) and _looks_like_lists(table, j)
    ]


def _may_be_lists(column: Column) -> bool:
    """Whether a column holds words, and not just a yes and a no."""
    if column.kind == "nominal" and len(column.values) <= 2:
        return meaning(column.values) is None
    return column.kind in ("nominal", "text")


def _looks_like_lists(table: Table, j: int) -> bool:
    words = [w for w in table.words(j, slice(0, MOST_LISTED)) if w is not None]
    if not words or len(set(words)) == 1:
        return False
    if readings.looks_printed(words):
        return True
    return any(
        _are_used_again(readings.read_as(words, mark))
        for mark in readings.separators_in(words)
    )


def _are_used_again(reading: Reading) -> bool:
    items = sum(map(len, reading.rows))
    names = reading.names
    return len(names) < 0.7 * items and max(map(len, names)) <= LONGEST


def _number_words(table: Table, name: str, values: np.ndarray) -> list[str | None]:
    """Numbers spelled so that different ones stay different; None for NaN."""
    for i in np.flatnonzero(np.abs(values) >= EXACT)[:1]:
        raise DataError(
            f"{table.name}: row {i + 1:,}: column '{name}' holds {values[i]:.0f}. "
            "Numbers that large can't be told apart: write these labels as words, "
            f"such as 'id {values[i]:.0f}'."
        )
    return [
        None if math.isnan(v) else str(int(v)) if v == int(v) else repr(v)
        for v in values.tolist()
    ]


def _words_of(table: Table, name: str) -> list[str | None]:
    """The cells of column `name` as words; DataError where there is none."""
    if name not in table.places:
        raise DataError(
            f"{table.name}: there is no column '{name}'. Columns: "
            f"{listed(table.column_names)}."
        )
    j = table.places[name]
    if table.columns[j].kind == "numeric":
        return _number_words(table, name, table.column(j))
    return list(table.words(j))


def _read(
    table: Table, name: str, words: list[str | None], separator: str | None
) -> Reading:
    """The Reading that `separator` says, or else the evidence."""
    try:
        if separator:
            return readings.read_as(words, separator)
        return readings.best(words, table.name, name)
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        i = error.args[0]
        raise DataError(
            f"{table.name}: row {i + 1:,}: column '{name}' holds "
            f"{(words[i] or '')[:60]!r}, which is not a list of labels like the "
            'others. Write it as ["a", "b"], and [] where there is none.'
        ) from None


def _warnings(
    name: str, words: list[str | None], reading: Reading, is_given: bool
) -> list[str]:
    """What reading had to leave out or assume."""
    warnings, missing = [], sum(map(readings.is_missing, words))
    if missing:
        warnings.append(
            f"{missing:,} cells of column '{name}' are empty or '?': these rows have "
            "no label."
        )
    nulls = sum(row.count(None) for row in reading.rows)
    if nulls:
        warnings.append(
            f"{nulls:,} null in the lists of column '{name}': no label each."
        )
    if reading.spelling == readings.WHOLE and _may_be_parted_by_blanks(words):
        warnings.append(
            f"Column '{name}' has none of ; | , / in it: every different cell is one "
            "label. If blanks part its labels, give label_separator=' '."
        )
    return [*warnings, *readings.warnings_of(reading, name, is_given)]


def _may_be_parted_by_blanks(words: list[str | None]) -> bool:
    known = {word for word in words if word and not readings.is_missing(word)}
    parts = [part for word in known for part in word.split()]
    return len(parts) > len(known) > len(set(parts))


def columns_called(table: Table, name: str) -> list[str]:
    """Columns that `name` means: itself, or those that fit it where it holds a `*`."""
    if name in table.places or "*" not in name:
        return [name]
    pattern = re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)
    fitting = [one for one in table.column_names if pattern.fullmatch(one)]
    return fitting or [name]


def numbered(table: Table) -> str | None:
    """A pattern for columns such as `label 1`, `label 2` that share words as values."""
    groups: dict[str, list[int]] = {}
    for j, column in enumerate(table.columns):
        stem = column.name.rstrip("0123456789")
        if stem and stem != column.name and column.kind in ("nominal", "numeric"):
            groups.setdefault(stem, []).append(j)
    for stem, places in groups.items():
        values = [
            set(table.columns[j].values)
            for j in places
            if table.columns[j].kind == "nominal"
        ]
        times = Counter(value for one in values for value in one)
        gaps = all(np.isnan(table.column(j)).any() for j in places[1:])
        if len(values) > 1 and gaps and max(times.values(), default=0) > 1:
            return f"{stem}*"
    return None


def _joined_columns(table: Table, name: str, columns: list[str]) -> Table:
    """`table` with the labels whose names stand in `columns`, one in a cell."""
    words = [_words_of(table, column) for column in columns]
    rows = [
        [cell.strip() for cell in cells if cell is not None and cell.strip()]
        for cells in zip(*words, strict=True)
    ]
    labels = sorted({label for row in rows for label in row})
    if not labels:
        raise DataError(f"{table.name}: columns '{name}' hold no labels.")
    table.limits.check(table.name, f"labels in '{name}'", len(labels), "labels")
    table.limits.check(table.name, "label cells", table.n * len(labels), "cells")
    warnings = []
    none = sum(not row for row in rows)
    if none:
        warnings.append(f"{none:,} rows have no label in the columns '{name}'.")
    location = Location(
        None,
        f"the names in {len(columns):,} columns '{name}'",
        certain=True,
        warnings=warnings,
    )
    how = {**table.source.get("how", {}), "label_list": name}
    taken = [table.places[column] for column in columns]
    return _in_place(table, taken, name, labels, _matrix(rows, labels), location, how)


def expanded(
    table: Table,
    name: str,
    separator: str | None = None,
    label_names: LabelNames | None = None,
) -> Table:
    """`table` with one 0/1 column per label listed in column `name`, in its place.

    A name with a `*`, such as `label *`, means all columns that fit it; each of their
    cells holds the name of one label.

    `separator` says how the lists are spelled: a separator, "json" for printed lists of
    any kind, "vector", "quoted", "keys", "field:NAME" or "none" (one label a row);
    worked out if not given. `label_names` are names for numbers or positions: a file,
    names in their order, or {id: name}. Labels are in alphabetical order, at the end;
    those of vectors in the order of their positions. Rows whose cell is missing have
    none; a warning counts them. Raises DataError for a column that is unknown or lists
    nothing, and for a cell that is spelled otherwise; LabelQuestion where the spelling
    is in doubt.
    """
    columns = columns_called(table, name)
    if len(columns) > 1:
        return _joined_columns(table, name, columns)
    words = _words_of(table, name)
    reading = _read(table, name, words, separator)
    warnings = _warnings(name, words, reading, separator is not None)
    if label_names is not None:
        reading = named(table.name, name, reading, label_names)
        warnings = _warnings(name, words, reading, separator is not None)
    labels = list(reading.every) or reading.names
    if not labels:
        raise DataError(f"{table.name}: column '{name}' lists no labels.")
    table.limits.check(table.name, f"labels in column '{name}'", len(labels), "labels")
    table.limits.check(table.name, "label cells", table.n * len(labels), "cells")
    how = {**table.source.get("how", {}), "label_list": name}
    how |= {"label_separator": separator} if separator else {}
    if isinstance(label_names, str | Path):
        how["label_names"] = str(label_names)
    return _in_place(
        table,
        [table.places[name]],
        name,
        labels,
        _matrix(reading.rows, labels),
        Location(
            None,
            f"the lists in column '{name}' ({reading.words})",
            certain=True,
            warnings=warnings,
        ),
        how,
    )


def _matrix(rows: Sequence[Sequence[str | None]], labels: Sequence[str]) -> np.ndarray:
    """Y (n, q) of floats 0 and 1."""
    place = {label: k for k, label in enumerate(labels)}
    Y = np.zeros((len(rows), len(labels)))
    for i, row in enumerate(rows):
        Y[i, [place[label] for label in row if label is not None]] = 1
    return Y


def _in_place(table, taken, name, labels, Y, location, how) -> Table:
    """`table` with the columns at `taken` replaced by those of `labels`, at the end."""
    keep = [k for k in range(len(table.columns)) if k not in taken]
    used = {table.columns[k].name for k in keep}
    names = [label if label not in used else f"{name}: {label}" for label in labels]
    stack = sparse.hstack if sparse.issparse(table.X) else np.hstack
    X = stack([table.X[:, keep], Y])
    place = {k: new for new, k in enumerate(keep)}
    return replace(
        table,
        columns=[*(table.columns[k] for k in keep), *(Column(n) for n in names)],
        X=sparse.csr_matrix(X) if sparse.issparse(X) else X,
        texts={place[k]: words for k, words in table.texts.items() if k in place},
        location=replace(location, names=names),
        source={**table.source, "how": how},
    )
