"""JSON lines, and a JSON list of records: one record a row, read only."""

import json
from typing import Any

import pandas as pd

from aemlo.errors import DataError
from aemlo.formats.base import Format
from aemlo.tables.frames import table_of
from aemlo.tables.limits import Limits
from aemlo.tables.source import Source
from aemlo.tables.table import Table

OFTEN = 4_096  # rows between two calls on progress


class Records(Format):
    """One JSON object a line, one list of objects, or one object that holds columns.

    Lists in a record stay lists, which may be labels or numbers.
    """

    title = "JSON"
    extensions = (".jsonl", ".ndjson", ".json")
    writable = False
    marks = False
    names_labels = False

    def recognises(self, head: bytes) -> int:
        start = head.lstrip()
        if start[:1] == b"[":
            return 2 if start[1:].lstrip()[:1] == b"{" else 0
        if start[:1] != b"{":
            return 0
        line = start.partition(b"\n")[0]
        try:
            return 2 if isinstance(json.loads(line), dict) else 0
        except (ValueError, RecursionError):
            return 0

    def read(self, source: Source, limits: Limits, **options: Any) -> Table:
        text = source.text.strip()
        records = _listed(source.name, text) if text[:1] == b"[" else _lines(source)
        if len(records) == 1:
            records = _by_column(records[0]) or records
        limits.check(source.name, "rows", len(records), "rows")
        names = list(dict.fromkeys(name for record in records for name in record))
        limits.check(source.name, "columns", len(names), "columns")
        limits.check(source.name, "cells", len(names) * len(records), "cells")
        frame = pd.DataFrame(
            {
                name: pd.Series([record.get(name) for record in records])
                for name in names
            }
        )
        return table_of(
            frame,
            source.name,
            source.stem,
            "JSON",
            limits,
            warnings=list(source.warnings),
            source={"file": source.name},
        )


def _by_column(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of one object that holds columns: {"a": [1, 2]} or {"a": {"0": 1}}."""
    columns = list(record.values())
    if all(isinstance(column, dict) for column in columns):
        columns = [list(column.values()) for column in columns]
    if not all(isinstance(column, list) for column in columns):
        return []
    if len({len(column) for column in columns}) != 1:
        return []
    return [dict(zip(record, row, strict=True)) for row in zip(*columns, strict=True)]


def _listed(name: str, text: bytes) -> list[dict[str, Any]]:
    try:
        records = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name}: broken JSON ({error}).") from None
    for i, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise DataError(f"{name}: entry {i:,} of the list is no JSON object.")
    return records


def _lines(source: Source) -> list[dict[str, Any]]:
    records, lines = [], source.text.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not number % OFTEN:
            source.on_progress(number / len(lines))
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise DataError(
                f"{source.name}, line {number:,}: is no JSON object. Every line of "
                'JSON lines is one, such as {"a": 1}.'
            )
        records.append(record)
    return records
