"""Names for labels that a column gives as numbers or as positions of a vector."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from aemlo.errors import DataError
from aemlo.tables import readings
from aemlo.tables.labels import listed
from aemlo.tables.readings import Reading

LabelNames: TypeAlias = str | Path | Sequence[str] | Mapping[str, str]
"""A file of names, names in their order, or {id: name}."""


def read_label_names(path: str | Path) -> list[str] | dict[str, str]:
    """Names of labels in a file: one a line, or `id,name` (or tab) on every line.

    Raises DataError for a file that is missing, empty or not text.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: the names of labels cannot be read ({error})."
        ) from None
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise DataError(f"{path}: holds no names of labels.")
    mark = "\t" if all("\t" in line for line in lines) else ","
    rows = list(csv.reader(lines, delimiter=mark))
    if all(len(row) == 2 for row in rows):
        if not rows[0][0].strip().isdigit():
            rows = rows[1:]  # a header
        if rows and all(row[0].strip().isdigit() for row in rows):
            return {str(int(row[0])): row[1].strip() for row in rows}
    return [line.strip() for line in lines]


def named(
    where: str, column: str, reading: Reading, label_names: LabelNames
) -> Reading:
    """`reading` with names for its numbers or positions."""
    if isinstance(label_names, str | Path):
        label_names = read_label_names(label_names)
    names = reading.names
    if reading.spelling == readings.VECTOR:
        names = readings.position_names(reading.size)
    known = _by_id(where, column, names, label_names, reading)
    rows = [[None if n is None else known[n] for n in row] for row in reading.rows]
    every = [known[name] for name in names] if reading.size else []
    return replace(reading, rows=rows, notes=(), every=tuple(every))


def _by_id(where, column, ids, label_names, reading) -> dict[str, str]:
    """{id: name} for all `ids`."""
    if isinstance(label_names, Mapping):
        known = {str(key): str(name) for key, name in label_names.items()}
        if reading.size:
            numbers = [str(j) for j in range(reading.size)]
            start = 0 if "0" in known else 1
            known = {
                one: known[str(int(j) + start)]
                for one, j in zip(ids, numbers, strict=True)
                if str(int(j) + start) in known
            }
    elif reading.size:
        if len(label_names) != len(ids):
            raise DataError(
                f"{where}: column '{column}' has {len(ids):,} labels in each cell, but "
                f"{len(label_names):,} names were given."
            )
        known = dict(zip(ids, label_names, strict=True))
    else:
        known = _counted(where, column, ids, label_names)
    lacking = [one for one in ids if one not in known]
    if lacking:
        raise DataError(
            f"{where}: the names lack {len(lacking):,} labels of column '{column}': "
            f"{listed(lacking, 5)}. Add them, as lines 'id,name'."
        )
    return known


def _counted(where, column, ids, label_names) -> dict[str, str]:
    """{number: name}, numbers from 0 or 1 as the ids have them."""
    if not all(one.isdigit() for one in ids):
        odd = [one for one in ids if not one.isdigit()]
        raise DataError(
            f"{where}: names were given for the labels of column '{column}', but they "
            f"are no numbers: {listed(odd, 3)}."
        )
    numbers = [int(one) for one in ids]
    count = len(label_names)
    if numbers and min(numbers) > 0 and max(numbers) < count:
        raise DataError(
            f"{where}: column '{column}' has the numbers {min(numbers):,} to "
            f"{max(numbers):,} for {count:,} names, which may count from 0 or from 1. "
            "Write the names as lines 'id,name'."
        )
    first = 0 if 0 in numbers else 1
    return {str(j): name for j, name in enumerate(label_names, first)} | {
        one: label_names[int(one) - first] for one in ids if int(one) - first < count
    }
