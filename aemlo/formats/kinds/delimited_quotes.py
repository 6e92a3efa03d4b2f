"""Quotes in delimited text: cells over several lines that may have swallowed rows."""

import re
from collections.abc import Sequence

from aemlo.errors import DataError

QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
QUOTED_BYTES = re.compile(QUOTED.pattern.encode())


def check_quotes(
    name: str, data: bytes, delimiter: str, header: Sequence[str]
) -> list[str]:
    """Warnings of quoted cells over lines that may have swallowed rows.

    Those that hold as many delimiters as the rows would, or go on after the quote that
    closes them. A delimiter before a blank is prose, unless the header has such ones.
    DataError for a quote that is never closed.
    """
    at, suspects = data.find(b'"'), []
    mark, width = delimiter.encode(), len(header) - 1
    prose = b"" if any(cell.startswith(" ") for cell in header[1:]) else b" "
    one_line = re.compile(
        rb'(?:(?<![^%b\n])"[^"\n]*+(?:""[^"\n]*+)*+"[^"]*+)++' % re.escape(mark)
    )
    while 0 <= at < len(data):
        if run := one_line.match(data, at):
            at = run.end()
            continue
        if at and data[at - 1 : at] not in (mark, b"\n"):
            at = data.find(b'"', at + 1)
            continue
        cell = QUOTED_BYTES.match(data, at)
        if not cell:
            raise DataError(
                f"{name}, line {line_at(data, at):,}: a quote is opened and never "
                "closed. Close it, or take it away."
            )
        goes_on = data[cell.end() : cell.end() + 1] not in (mark, b"\n", b"")
        if _swallows(cell[0], mark, prose, width, goes_on):
            suspects.append((at, cell[0].count(b"\n") + 1))
        at = data.find(b'"', cell.end())
    if not suspects:
        return []
    start, count = suspects[0]
    more = (
        f" ({len(suspects) - 1:,} more such cells follow)" if len(suspects) > 1 else ""
    )
    return [
        f"Line {line_at(data, start):,}: a quoted cell goes on for {count:,} lines "
        f"and may have swallowed rows{more}. If a quote was left open there, close it "
        "or take it away."
    ]


def _swallows(cell, mark, prose, width, goes_on):
    """Whether a quoted cell over lines looks like rows with `width` delimiters."""
    marks = cell.count(mark) - (cell.count(mark + prose) if prose else 0)
    if not marks or not width:
        return False
    later = cell[cell.find(b"\n") :]
    after = later.count(mark) - (later.count(mark + prose) if prose else 0)
    whole = after and marks == width * cell.count(b"\n")
    return goes_on or after >= width or whole


def line_at(data: bytes, at: int) -> int:
    """The number of the line in which the byte at `at` stands."""
    return data.count(b"\n", 0, at) + 1
