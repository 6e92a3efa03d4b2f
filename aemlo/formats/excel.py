"""Excel workbooks (.xlsx): one sheet, names in its first row."""

import io

import pandas as pd

from aemlo.errors import DataError, Stopped
from aemlo.formats import archive
from aemlo.formats.base import Format
from aemlo.formats.delimited_write import neutral, plain
from aemlo.formats.frames import frame_of, table_of

OFTEN = 256  # rows between two words on progress
PARSED = 0.9  # the part of the time that parsing takes


class Excel(Format):
    """An Office Open XML workbook; `sheet` names the sheet, else the first one.

    Formulas count with the values last computed. Words that a spreadsheet would take
    for a formula are written with an apostrophe in front.
    """

    title = "Excel"
    extensions = (".xlsx",)
    binary = True

    def recognises(self, data):
        return 2 if "[Content_Types].xml" in archive.member_names(data) else 0

    def read(self, source, limits, sheet=None, **options):
        archive.check_members(source.name, source.data, limits, text=(".xml", ".rels"))
        titles, title, rows = _rows(source, limits, sheet)
        while rows and all(cell is None for cell in rows[-1]):
            rows.pop()
        if len(rows) < 2:
            raise DataError(
                f"{source.name}: sheet '{title}' has no rows under a header."
            )
        width = max(map(len, rows))
        rows = [[*row, *[None] * (width - len(row))] for row in rows]
        names = [None if name is None else plain(str(name)) for name in rows[0]]
        cells = [
            [plain(cell) if isinstance(cell, str) else cell for cell in row]
            for row in rows[1:]
        ]
        frame = pd.DataFrame(cells, columns=range(width), dtype=object)
        named = [name is not None for name in names]
        full = [k or frame[j].notna().any() for j, k in enumerate(named)]
        frame = frame.loc[:, full].set_axis(
            [name for name, kept in zip(names, full, strict=True) if kept], axis=1
        )
        warnings = []
        if len(titles) > 1:
            warnings.append(
                f"The workbook has {len(titles)} sheets; '{title}' was read."
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

    def write(self, dataset, mark=None):
        from openpyxl import Workbook

        frame = frame_of(dataset, mark, words=neutral)
        if frame.shape[0] >= 1_048_576 or frame.shape[1] > 16_384:
            raise DataError(
                f"{dataset.name}: {frame.shape[0]:,} rows and {frame.shape[1]:,} "
                "columns do not fit a sheet. Write CSV or Parquet."
            )
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
        raise DataError(f"{source.name}: broken workbook ({error}).") from None
    titles = [page.title for page in book.worksheets]
    title = sheet or (titles[0] if titles else None)
    if title not in titles:
        raise DataError(
            f"{source.name}: there is no sheet '{sheet}'. Sheets: "
            f"{', '.join(titles) or 'none'}."
        )
    page, rows, cells = book[title], [], 0
    page.reset_dimensions()  # what the file says of them may be wrong
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
        raise DataError(f"{source.name}: broken workbook ({error}).") from None
    finally:
        book.close()
    return titles, title, rows
