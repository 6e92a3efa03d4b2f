"""Excel workbooks (.xlsx): one sheet, names in its first row."""

import io
import re
import sys
from typing import Any

import pandas as pd

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.errors import DataError, Stopped
from aemlo.formats.base import Format
from aemlo.safe_tables import neutral, plain
from aemlo.tables import archive
from aemlo.tables.frames import frame_of, table_of
from aemlo.tables.limits import PREFIX, Limits
from aemlo.tables.source import Source
from aemlo.tables.table import Table

OFTEN = 256  # rows between two words on progress
PARSED = 0.9  # the part of the time that parsing takes
LETTERS = 32_767  # that a cell of Excel holds
NOT_IN_XML = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LARGEST = sys.float_info.max
XML = (".xml", ".rels")
FEW = 1_000_000  # cells that any sheet may leave empty


class Excel(Format):
    """An Office Open XML workbook; `sheet` names the sheet, else the first one.

    Formulas count with the values last computed. Words that a spreadsheet would take
    for a formula are written with an apostrophe in front.
    """

    title = "Excel"
    extensions = (".xlsx",)
    binary = True
    names_labels = False

    def recognises(self, head: bytes) -> int:
        return 2 if "[Content_Types].xml" in archive.member_names(head) else 0

    def read(
        self, source: Source, limits: Limits, sheet: str | None = None, **options: Any
    ) -> Table:
        archive.check_members(source.name, source.data, limits, text=XML)
        titles, title, rows = _rows(source, limits, sheet)
        rest = titles[1:] if sheet is None else []
        while len(rows) < 2 and rest:
            # The first sheet holds notes: look for a table in the next ones.
            titles, other, rows = _rows(source, limits, rest.pop(0))
            title = other if len(rows) > 1 else title
        if len(rows) < 2:
            raise DataError(
                f"{source.name}: sheet '{title}' has no rows under a header."
            )
        above = _above_header(rows)
        frame = _frame(source.name, rows[above:], limits)
        warnings = []
        if len(titles) > 1:
            warnings.append(
                f"The workbook has {len(titles)} sheets; '{title}' was read."
            )
        if above:
            warnings.append(
                f"Sheet '{title}': row {above + 1:,} was taken for the header; "
                f"{above:,} rows above it were left out."
            )
        return table_of(
            frame,
            source.name,
            source.stem,
            f"Excel, sheet '{title}'",
            limits,
            warnings=warnings,
            source={"file": source.name, "sheet": title},
        )

    def write(self, dataset: Dataset, mark: Mask | None = None) -> dict[str, bytes]:
        from openpyxl import Workbook

        frame = frame_of(dataset, mark, words=neutral)
        if frame.shape[0] >= 1_048_576 or frame.shape[1] > 16_384:
            raise DataError(
                f"{dataset.name}: {frame.shape[0]:,} rows and {frame.shape[1]:,} "
                "columns do not fit a sheet. Write CSV or Parquet."
            )
        _check_words(dataset.name, frame)
        book = Workbook(write_only=True)
        sheet = book.create_sheet("data")
        sheet.append(list(frame.columns))
        values = frame.astype(object).where(frame.notna(), None)
        for row in values.itertuples(index=False, name=None):
            sheet.append([_exact(sheet, value) for value in row])
        out = io.BytesIO()
        book.save(out)
        return {".xlsx": out.getvalue()}


def _exact(sheet, value):
    """`value`, or a cell with all its digits: openpyxl writes 16 of up to 17."""
    from openpyxl.cell import WriteOnlyCell

    if not isinstance(value, float) or float(f"{value:.16g}") == value:
        return value
    cell = WriteOnlyCell(sheet, value=value)
    cell._value = repr(value)
    return cell


def _rows(source, limits, sheet):
    """Titles of all sheets, the one read, and its rows of cell values."""
    import openpyxl

    packed = archive.Watched(source.data)
    try:
        book = openpyxl.load_workbook(packed, read_only=True, data_only=True)
    except Exception as error:
        # openpyxl raises whatever its parsers raise on a broken workbook.
        raise _broken(source.name, error) from None
    titles = [page.title for page in book.worksheets]
    title = sheet or (titles[0] if titles else None)
    if title not in titles:
        raise DataError(
            f"{source.name}: there is no sheet '{sheet}'. Sheets: "
            f"{', '.join(titles) or 'none'}."
        )
    page, rows, cells = book[title], [], 0
    page.reset_dimensions()  # what the file says of them may be wrong
    page._get_row = _row  # openpyxl's pads a row that has but its last cell
    try:
        for row in page.iter_rows(values_only=True):
            if not len(rows) % OFTEN:
                source.on_progress(PARSED * packed.share())
            rows.append(row)
            cells += len(row)
            limits.check(source.name, "cells", cells, "cells")
            limits.check(source.name, "rows", len(rows), "rows")
    except (DataError, Stopped):
        raise
    except Exception as error:
        raise _broken(source.name, error) from None
    finally:
        book.close()
    while rows and not _filled(rows[-1]):
        rows.pop()
    return titles, title, rows


def _above_header(rows):
    """How many rows with at most one cell stand above the table, of several columns."""
    widest = max(len(_filled(row)) for row in rows[:OFTEN])
    above = 0
    while above < len(rows) - 2 and len(_filled(rows[above])) <= 1:
        above += 1
    return above if widest > 1 and len(_filled(rows[above])) > 1 else 0


def _broken(name, error):
    reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return DataError(f"{name}: broken workbook ({reason}).")


def _row(parsed, *_, **__):
    """Cell values of one row, as a list or, where most are empty, by position."""
    last = parsed[-1]["column"] if parsed else 0
    values = {c["column"] - 1: c["value"] for c in parsed if c["column"] <= last}
    if len(values) < last / 4:
        return values
    return [values.get(j) for j in range(last)]


def _filled(row):
    """Positions of the cells of a row that are not empty."""
    cells = row.items() if isinstance(row, dict) else enumerate(row)
    return [j for j, cell in cells if cell is not None]


def _frame(name, rows, limits):
    """The rows under the names in the first; columns with nothing in are left out."""
    used, filled = set(), 0
    for row in rows:
        here = _filled(row)
        used.update(here)
        filled += len(here)
    places, cells = sorted(used), len(used) * len(rows)
    limits.check(name, "cells", cells, "cells")
    if cells - filled > max(FEW, limits.expansion * filled):
        raise DataError(
            f"{name}: {cells - filled:,} of {cells:,} cells are empty, more than "
            f"{limits.expansion:,} to each that is not. Remove what lies far from the "
            f"table, or set {PREFIX}EXPANSION higher."
        )
    columns, names = {}, []
    for j in places:
        head, *cells = (_cell(row, j) for row in rows)
        names.append(None if head is None else plain(str(head)))
        columns[j] = [plain(c) if isinstance(c, str) else c for c in cells]
        title = names[-1] or f"column {len(names)}"
        if any(isinstance(c, int | float) and abs(c) > LARGEST for c in cells):
            raise DataError(
                f"{name}: column '{title}' has infinite numbers, or some too large to "
                "compute with. Leave the cells empty instead."
            )
    return pd.DataFrame(columns, dtype=object).set_axis(names, axis=1)


def _cell(row, j):
    if isinstance(row, dict):
        return row.get(j)
    return row[j] if j < len(row) else None


def _check_words(name, frame):
    """Refuse what a workbook would change, cut or lose, before it is written."""
    for title, (_, values) in zip(frame.columns, frame.items(), strict=True):
        nominal = isinstance(values.dtype, pd.CategoricalDtype)
        words = values.dropna().unique() if nominal or values.dtype == object else ()
        missing = ("", "?") if nominal else ("?",)
        whys = [(title, _unfit(title))]
        whys += [(w, _unfit(w, missing)) for w in words if isinstance(w, str)]
        for word, why in whys:
            if why:
                raise DataError(
                    f"{name}: column {title!r:.50} holds {word!r:.50}, {why}. Change "
                    "it, or write Parquet or ARFF."
                )


def _unfit(word, missing=()):
    """Why a cell cannot hold `word`, if it cannot; some mean a `missing` value."""
    if NOT_IN_XML.search(word):
        return "with a control character, which a workbook cannot hold"
    if len(word) > LETTERS // 2 and len(word.encode("utf-16-le")) > 2 * LETTERS:
        return f"{len(word):,} characters long, and a cell holds {LETTERS:,}"
    if word.strip() in missing:
        return "which would be read as an empty cell"
    return None
