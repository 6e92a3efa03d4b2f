"""CSV and relatives: any delimiter, decimal comma, quotes, with or without header.

Longer than most files: guessing, parsing and the kinds of columns are one format.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.errors import DataError
from aemlo.formats.base import Format
from aemlo.formats.kinds.delimited_quotes import QUOTED, check_quotes, line_at
from aemlo.formats.kinds.delimited_write import csv_bytes, word_of
from aemlo.progress import part
from aemlo.safe_tables import plain
from aemlo.tables.columns import (
    MISSING,
    NUMBER,
    check_finite,
    column_of_words,
    decimal_of,
    guess_warnings,
    has_header,
    unquoted,
)
from aemlo.tables.frames import ROW_NUMBERS, are_row_numbers
from aemlo.tables.limits import Limits
from aemlo.tables.source import Source
from aemlo.tables.table import Column, Table, unique_names

DELIMITERS = ("\t", ";", "|", ",")
SAMPLE_LINES = 100
SAMPLE_BYTES = 2_000_000
BLOCK = 4_000_000  # bytes parsed at a time
PARSED = 0.9  # the part of the time that parsing takes, of a file of numbers
BLANKS = re.compile(rb"[ \t]+")
DECLARED_FIRST = re.compile(rb'"?sep=([\t -~])"?[ \t]*\n', re.I)


class Delimited(Format):
    """Comma-, semicolon-, tab- or bar-separated values (RFC 4180 and its relatives).

    Delimiter, decimal comma and header are worked out from the first lines unless
    given (`delimiter`, `decimal`, `header`); columns named in `as_words` hold lists, so
    that a comma in them is no decimal comma. Cells that a spreadsheet would take for a
    formula are written with an apostrophe in front, which reading takes away again.
    """

    title = "CSV"
    extensions = (".csv", ".txt", ".data", ".dat")
    delimiter = ","
    names_labels = False

    def recognises(self, head: bytes) -> int:
        if declared := DECLARED_FIRST.match(head):
            head = head[declared.end() :]
        lines = head.decode("utf-8", "replace").split("\n")[:SAMPLE_LINES]
        return 1 if delimiter_of(lines) else 0

    def read(
        self,
        source: Source,
        limits: Limits,
        delimiter: str | None = None,
        decimal: str | None = None,
        header: bool | None = None,
        as_words: Sequence[str] = (),
        **options: Any,
    ) -> Table:
        data, lines, delimiter = _delimited_text(source, delimiter)
        width = lines[0].count(delimiter) + 1
        limits.check(source.name, "columns", width, "columns")
        written = [_split(line, delimiter) for line in lines]
        rows = [[unquoted(cell) for cell in row] for row in written]
        doubts = comma = None
        if decimal is None:
            decimal, comma = _decimal(written, rows[0], as_words, delimiter)
        if header is None:
            header, doubts = has_header(rows, decimal)
        names, warnings, repeated = _names(written[0], header, delimiter)
        warnings += guess_warnings(names, decimal, comma, doubts)
        warnings += check_quotes(source.name, data, delimiter, written[0])
        on_progress = part(source.on_progress, 0, PARSED)
        table = _arrow(
            source.name, data, names, delimiter, decimal, header, on_progress
        )
        limits.check(source.name, "cells", table.num_rows * len(names), "cells")
        limits.check(source.name, "rows", table.num_rows, "rows")
        if not table.num_rows:
            raise DataError(f"{source.name}: has a header but no rows.")
        on_progress = part(source.on_progress, PARSED, 1 - PARSED)
        columns, X, texts = _columns(source.name, names, table, limits, on_progress)
        if header and width > 1 and not rows[0][0].strip():
            columns, X, texts, notes = _without_row_numbers(columns, X, texts)
            warnings += notes
        if not header:
            warnings.append(
                "The file has no header line: columns got numbers as names."
            )
        mark = _delimiter_name(delimiter)
        return Table(
            name=source.stem,
            format=f"CSV ({mark}{', decimal comma' * (decimal == ',')})",
            columns=columns,
            X=X,
            texts=texts,
            warnings=[*source.warnings, *warnings],
            limits=limits,
            repeated=repeated,
            source={"file": source.name},
        )

    def write(self, dataset: Dataset, mark: Mask | None = None) -> dict[str, bytes]:
        return {self.extensions[0]: csv_bytes(dataset, mark, self.delimiter)}


class TabSeparated(Delimited):
    """The same with tabs; reading works the delimiter out for both."""

    title = "TSV"
    extensions = (".tsv", ".tab")
    delimiter = "\t"

    def recognises(self, head: bytes) -> int:
        return 0


def _sample(text):
    """The first lines, quoted line ends kept inside, up to SAMPLE_BYTES."""
    lines, part, quotes = [], [], 0
    whole = text[:SAMPLE_BYTES]
    if len(text) > len(whole) and b"\n" not in whole:
        whole = text[: text.find(b"\n", SAMPLE_BYTES) + 1 or len(text)]
    for raw in whole.decode("utf-8", "replace").split("\n"):
        part.append(raw)
        quotes += raw.count('"')
        if quotes % 2 and len(part) < SAMPLE_LINES:
            continue
        line, part, quotes = "\n".join(part), [], 0
        if line.strip():
            lines.append(line)
        if len(lines) == SAMPLE_LINES:
            return lines
    if len(text) > len(whole) and len(lines) > 2:
        lines.pop()
    return lines or ["\n".join(part)]


def delimiter_of(lines: Sequence[str]) -> str | None:
    """The delimiter that parts most `lines` alike; None if none does.

    Blanks count only where nothing else does, and all lines of numbers agree.
    """
    bare = [QUOTED.sub("", line) for line in lines if line.strip()]
    best, score = None, 0.0
    for delimiter in DELIMITERS:
        counts = [line.count(delimiter) for line in bare]
        if not counts or not counts[0]:
            continue
        alike = sum(count == counts[0] for count in counts) / len(counts)
        if alike > score:
            best, score = delimiter, alike
    if score >= 0.5:
        return best
    words = [line.split() for line in bare]
    wide = len(words[-1]) if words else 0
    alike = wide > 1 and all(len(row) == wide for row in words)
    return " " if alike and all(map(NUMBER.match, words[-1])) else None


def _split(line, delimiter):
    """The cells of a line, with the quotes around them."""
    if '"' not in line:
        return line.split(delimiter)
    cells, rest = [], iter(line.split(delimiter))
    for cell in rest:
        if cell.lstrip().startswith('"'):
            pieces, quotes = [cell], cell.count('"')
            while quotes % 2 and (more := next(rest, None)) is not None:
                pieces.append(more)
                quotes += more.count('"')
            cell = delimiter.join(pieces)
        cells.append(cell)
    return cells


def _names(cells, header, delimiter):
    if not header:
        return [f"column {j}" for j in range(1, len(cells) + 1)], [], ()
    every = all(cell.lstrip().startswith('"') for cell in cells)
    names = []
    for j, cell in enumerate(cells, 1):
        # Quotes that only some names have, and need for nothing else, keep blanks.
        needed = {delimiter, '"', "\n"} & set(cell[1:-1])
        exact = cell[:1] == '"' and not every and not needed
        name = unquoted(cell)
        names.append(
            plain(name if exact else name.strip()) if name.strip() else f"column {j}"
        )
    return unique_names(names)


def _delimited_text(
    source: Source, delimiter: str | None
) -> tuple[bytes, list[str], str]:
    """The text, its first lines, and the delimiter, which may be given."""
    data = source.text
    if declared := DECLARED_FIRST.match(data):
        # As Excel does; the line end is left for lines to keep their numbers.
        delimiter = delimiter or declared[1].decode()
        data = data[declared.end() - 1 :]
    lines = _sample(data)
    _check_comment(source.name, data, lines, delimiter)
    delimiter = delimiter or delimiter_of(lines) or ","
    if len(delimiter.encode()) != 1:
        raise DataError(
            f"{source.name}: a delimiter is one character, got {delimiter!r}."
        )
    if delimiter == " ":
        data = _with_single_blanks(data)
        lines = _sample(data)
    return data, lines, delimiter


def _with_single_blanks(data):
    data = BLANKS.sub(b" ", data).strip(b" ")
    return data.replace(b" \n", b"\n").replace(b"\n ", b"\n")


def _without_row_numbers(columns, X, texts):
    """Columns, X and texts without a first column that counts the rows; warnings."""
    if not are_row_numbers(X[:, 0]):
        return columns, X, texts, []
    texts = {j - 1: words for j, words in texts.items()}
    return columns[1:], np.ascontiguousarray(X[:, 1:]), texts, [ROW_NUMBERS]


def _decimal(written, first, as_words, delimiter):
    """What `decimal_of` says of the rows; columns of lists do not count."""
    lists = _places_of(first, as_words)
    numbers = [
        ["" if j in lists else cell for j, cell in enumerate(row)]
        for row in written[1:]
    ]
    return decimal_of(numbers, delimiter)


def _places_of(cells, names):
    """Positions of the columns called `names`, or "column 3" without a header."""
    return {
        j
        for j, cell in enumerate(cells)
        if plain(cell.strip()) in names or f"column {j + 1}" in names
    }


def _check_comment(name, data, lines, delimiter):
    """Refuse a file that begins with a comment; a header may begin with # too."""
    rows = [line for line in lines if not line.lstrip().startswith("#")]
    mark = delimiter or delimiter_of(rows)
    if not rows or not mark or not lines[0].lstrip().startswith("#"):
        return
    if len(_split(lines[0], mark)) != len(_split(rows[0], mark)):
        start = len(data) - len(data.lstrip())
        raise DataError(
            f"{name}, line {line_at(data, start):,}: starts with '#' and "
            f"is no header ('{lines[0].strip()[:40]}'). Take comments out of the file."
        )


def _arrow(name, data, names, delimiter, decimal, header, on_progress, block=None):
    import pyarrow as pa
    from pyarrow import csv

    faults, block = [], block or BLOCK

    def fault(row):
        faults.append(row)
        return "error"

    places = [str(j) for j in range(len(names))]
    skip = _header_end(data) if header else 0
    body = memoryview(data)[skip:]
    if not bytes(body[:1_000]).strip() and not data[skip:].strip():
        return pa.table({place: pa.array([], pa.float64()) for place in places})
    try:
        return csv.read_csv(
            pa.PythonFile(_ReportingFile(body, on_progress), mode="r"),
            read_options=csv.ReadOptions(
                use_threads=False,
                block_size=min(len(data), block) + 1,
                column_names=places,
            ),
            parse_options=csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=b'"' in data,
                invalid_row_handler=fault,
            ),
            convert_options=csv.ConvertOptions(
                null_values=MISSING,
                strings_can_be_null=True,
                decimal_point=decimal,
                timestamp_parsers=[],
                true_values=[],
                false_values=[],
            ),
        )
    except pa.ArrowInvalid as error:
        if faults:
            row = faults[0]
            line, mark = _line_of(data, row.text), _delimiter_name(delimiter)
            raise DataError(
                f"{name}, line {line:,}: {row.actual_columns:,} cells, but "
                f"{row.expected_columns:,} columns. Is a {mark} missing or "
                "one too many, or a quote not closed?"
            ) from None
        if block < len(data) and "straddling" in str(error):
            # A row over several lines that is longer than a block.
            whole = len(data)
            return _arrow(
                name, data, names, delimiter, decimal, header, on_progress, whole
            )
        raise DataError(f"{name}: {error}.") from None


class _ReportingFile:
    """A file of the bytes in a buffer that tells how far it has been read."""

    closed = False

    def __init__(self, body, on_progress):
        self.body, self.on_progress, self.at = body, on_progress, 0

    def read(self, size=-1):
        """The next `size` bytes, all that are left for -1, as a view."""
        end = len(self.body) if size < 0 else min(self.at + size, len(self.body))
        piece = self.body[self.at : end]
        self.on_progress(end / max(len(self.body), 1))
        self.at = end
        return piece

    def close(self):
        """Nothing to close."""


def _header_end(data):
    """Where the first non-empty line (with quoted line ends in it) ends."""
    start = 0
    while True:
        end = data.find(b"\n", start)
        if end < 0:
            return len(data)
        if data[start:end].strip():
            break
        start = end + 1
    while data.count(b'"', start, end) % 2:
        end = data.find(b"\n", end + 1)
        if end < 0:
            return len(data)
    return end + 1


def _line_of(data, text):
    line = b"\n" + text.encode() + b"\n"
    at = (b"\n" + data + b"\n").find(line)
    return data.count(b"\n", 0, max(at, 0)) + 1


def _columns(name, names, table, limits, on_progress):
    import pyarrow as pa

    X = np.zeros((table.num_rows, len(names)))
    columns, texts = [], {}
    for j, title in enumerate(names):
        on_progress(j / len(names))
        cells = table.column(j)
        kind = cells.type
        if pa.types.is_null(kind):
            X[:, j] = np.nan
            columns.append(Column(title))
        elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
            X[:, j] = cells.cast(pa.float64(), safe=False).to_numpy()
            check_finite(name, title, X[:, j])
            columns.append(Column(title))
        else:
            words = [
                None if word is None else word_of(str(word))
                for word in cells.to_pylist()
            ]
            column, codes, kept = column_of_words(title, words, name, limits)
            columns.append(column)
            if kept is None:
                X[:, j] = codes
            else:
                texts[j] = kept
    return columns, X, texts


def _delimiter_name(delimiter):
    names = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma", " ": "blank"}
    return names.get(delimiter, repr(delimiter))
