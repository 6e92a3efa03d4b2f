"""What a column of words is: numbers, categories, dates, ids or free text."""

import re
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from aemlo.errors import DataError
from aemlo.tables.limits import Limits
from aemlo.tables.table import Column

Doubt: TypeAlias = tuple[int, str]
"""The position of a column, and a cell of it that leaves its kind in doubt."""

ColumnParts: TypeAlias = tuple[Column, np.ndarray | None, np.ndarray | None]
"""A column with its numbers or codes (n,), or else with its words (n,)."""

MISSING = ["", "?", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "#N/A", "-"]
# Nothing in these is tried twice: a cell may have any length.
NUMBER = re.compile(r"\s*+[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?\s*+$")
DECIMAL_COMMA = re.compile(r"\s*+[+-]?\d++,\d++\s*+$")
THOUSANDS = re.compile(r"\s*+[+-]?[1-9]\d{0,2},\d{3}\s*+$")
WHOLE_NUMBERS = re.compile(r"\s*+\d++(?:,\s*+\d++){2,}+\s*+$")
DATE = re.compile(
    r"\s*+(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})"
    r"([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?\s*+$"
)
FEW_ROWS = 3  # under a first line, too few to tell it from a row of words
TEXT_WORDS = 3
TEXT_LETTERS = 25


def is_number(cell: str, decimal: str) -> bool:
    """Whether `cell` is a number with `decimal` as its decimal sign."""
    return bool(NUMBER.match(cell.replace(",", ".") if decimal == "," else cell))


def decimal_of(rows: list[list[str]], delimiter: str) -> tuple[str, Doubt | None]:
    """The decimal sign in `rows` of cells (quotes included), and (column, cell) or
    None: what was taken for a number by doubt, or for words though it could be one.

    A comma, where numbers have one and none has a point. Columns that list whole
    numbers do not count. Where commas also part the cells, any such column, or nothing
    but thousands, speaks against it.
    """
    bare = [[unquoted(cell) for cell in row] for row in rows]
    with_comma = [
        (j, cell)
        for row in bare
        for j, cell in enumerate(row)
        if DECIMAL_COMMA.match(cell)
    ]
    if not with_comma:
        return ".", None
    listing = _listing(rows, bare)
    clear = [(j, cell) for j, cell in with_comma if j not in listing]
    if not clear:
        return ".", None
    points = any("." in c and NUMBER.match(c) for row in bare for c in row)
    if delimiter == ",":
        points |= bool(listing) or all(THOUSANDS.match(cell) for _, cell in clear)
        return "." if points else ",", clear[0]
    return (".", clear[0]) if points else (",", None)


def _listing(rows, bare):
    """Columns that list whole numbers: three and more, or one that is quoted though
    the file does not quote every cell."""
    every = all(cell.lstrip()[:1] in ('"', "") for row in rows for cell in row)
    return {
        j
        for row, plain in zip(rows, bare, strict=True)
        for j, (cell, word) in enumerate(zip(row, plain, strict=True))
        if WHOLE_NUMBERS.match(word)
        or (not every and cell.lstrip().startswith('"') and word.strip().isdigit())
    }


def unquoted(cell: str) -> str:
    """A cell of delimited text without the quotes around it."""
    if cell.lstrip().startswith('"'):
        cell = cell.strip()
        if len(cell) > 1 and cell[-1] == '"':
            return cell[1:-1].replace('""', '"')
    return cell


def has_header(rows: list[list[str]], decimal: str) -> tuple[bool, str | None]:
    """Whether the first of `rows` names columns rather than being one, and a cell that
    makes this doubtful or None.

    It does where a word stands over numbers, where it counts the columns, or where
    nothing in it is a number, unless all its words are values of their columns too.
    """
    first, rest = rows[0], rows[1:]
    if any(is_number(cell, decimal) for cell in first):
        return _names_numbers(first, rest, decimal) or _counts(first, rest), None
    if not rest or _names_numbers(first, rest, decimal):
        return True, None
    known = [j for j, cell in enumerate(first) if cell.strip() not in MISSING]
    again = [
        j for j in known if any(row[j] == first[j] for row in rest if j < len(row))
    ]
    if again and len(again) == len(known) and len(rest) >= FEW_ROWS:
        return False, None
    return True, first[again[0]] if again else None


def _names_numbers(first, rest, decimal):
    """Whether a word in `first` stands over numbers."""
    for j, cell in enumerate(first):
        if is_number(cell, decimal) or cell.strip() in MISSING:
            continue
        below = [row[j] for row in rest if j < len(row) and row[j] not in MISSING]
        if below and all(is_number(cell, decimal) for cell in below):
            return True
    return False


def _counts(first, rest):
    """Whether `first` numbers the columns, as some programs write them."""
    cells = [cell.strip() for cell in first]
    return (
        len(rest) > 0
        and len(first) > 2
        and cells
        in (
            [str(j) for j in range(len(first))],
            [str(j + 1) for j in range(len(first))],
        )
    )


def guess_warnings(
    names: Sequence[str], decimal: str, comma: Doubt | None, doubts: str | None
) -> list[str]:
    """Warnings of what the first lines leave in doubt; see decimal_of, has_header."""
    warnings = []
    if comma:
        j, cell = comma
        name = names[j] if j < len(names) else f"column {j + 1}"
        warnings.append(
            f"Numbers such as '{cell}' in column '{name}' were taken to have a decimal "
            "comma. If they are lists, choose the decimal point (decimal='.')."
            if decimal == ","
            else f"Column '{name}' has cells such as '{cell}', which were read as "
            "words, not as numbers with a decimal comma. If they are numbers, choose "
            "the decimal comma (decimal=',')."
        )
    if doubts is not None:
        warnings.append(
            f"The first line was taken for a header, but '{doubts}' is a value of its "
            "column too. If the line is a row, say that there is no header "
            "(header=False)."
        )
    return warnings


def check_finite(name: str, title: str, values: np.ndarray) -> None:
    """Raise DataError for infinite `values` in column `title` of file `name`."""
    bad = np.flatnonzero(np.isinf(values))
    if len(bad):
        raise DataError(
            f"{name}: column '{title}' has {len(bad):,} infinite or too large numbers, "
            f"the first in row {bad[0] + 1:,}. Mark them as missing with '?'."
        )


def column_of_words(
    title: str, words: Sequence[str | None], name: str, limits: Limits
) -> ColumnParts:
    """(Column, codes, None) of categories, or (Column, None, words) of text or dates.

    Text: values that mostly differ from row to row and are three words or 25 letters
    (and more than one word) long on average. Dates: every value is written as one.
    """
    known = [word for word in words if word is not None]
    different = sorted(set(known))
    if known and all(DATE.match(word) for word in different):
        return Column(title, "date"), None, np.array(words, dtype=object)
    if _is_text(known, different):
        return Column(title, "text"), None, np.array(words, dtype=object)
    limits.check(
        name, f"different values in column '{title}'", len(different), "categories"
    )
    place = {word: float(k) for k, word in enumerate(different)}
    codes = np.array([np.nan if w is None else place[w] for w in words])
    return Column(title, "nominal", tuple(different)), codes, None


def _is_text(known, different):
    if not different or len(different) <= max(2, 0.5 * len(known)):
        return False
    sample = different[:: max(1, len(different) // 1_000)]
    letters = sum(map(len, sample)) / len(sample)
    spaces = sum(len(word.split()) for word in sample) / len(sample)
    return spaces >= TEXT_WORDS or (letters >= TEXT_LETTERS and spaces > 1.5)
