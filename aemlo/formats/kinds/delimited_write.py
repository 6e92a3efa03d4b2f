"""A Dataset as delimited text, with no cell that a spreadsheet would compute."""

import csv
import io
import math
import re
from typing import Any

from scipy import sparse

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.safe_tables import neutral, plain
from aemlo.tables.columns import MISSING
from aemlo.tables.table import MARK

# Words that would be read as a gap, and what stands for a word without letters.
EMPTY = "(empty)"
GAPS = frozenset(word for word in MISSING if word)
GAP = re.compile(rf"'++(?:{'|'.join(map(re.escape, (*GAPS, EMPTY)))})\Z")


def cell_of(word: str) -> str:
    """A word as a cell, neither formula nor gap; `word_of` undoes it."""
    bare = word.lstrip("'")
    if not word:
        return "'" + EMPTY
    if bare in GAPS or (bare == EMPTY and word != bare):
        return "'" + word
    return neutral(word)


def word_of(cell: str) -> str:
    """The word in a cell that is no gap."""
    if cell == "'" + EMPTY:
        return ""
    return cell[1:] if GAP.match(cell) else plain(cell)


class _Lines(io.StringIO):
    """Rows of a csv.writer that end in a line feed.

    The writer itself ends them in both signs, for it to quote either in a cell.
    """

    def write(self, row):
        return super().write(row.removesuffix("\r\n") + "\n")


def _header(names, delimiter):
    """The line of names; outer blanks are kept by quotes."""
    odd = {delimiter, '"', "\n", "\r"}
    return delimiter.join(
        '"' + name.replace('"', '""') + '"'
        if odd & set(name) or name != name.strip() or not name
        else name
        for name in names
    )


def csv_bytes(
    dataset: Dataset,
    mark: Mask | None = None,
    delimiter: str = ",",
    last: tuple[list[str], list[list[Any]]] | None = None,
) -> bytes:
    """`dataset` as CSV: features, texts, the mark if there is one, labels last.

    `last`, names and cells per row, stands in for the columns of labels.
    """
    out = _Lines()
    writer = csv.writer(out, delimiter=delimiter)
    names = [*dataset.feature_names, *([MARK] if mark is not None else [])]
    label_names, labels = last or (dataset.label_names, dataset.Y.tolist())
    out.write(_header([neutral(name) for name in (*names, *label_names)], delimiter))
    spell = [_speller(feature) for feature in dataset.features]
    texts = dataset.text.to_numpy() if dataset.text is not None else None
    for i in range(dataset.n):
        row = dataset.X[i]
        values = (row.toarray() if sparse.issparse(row) else row).ravel().tolist()
        cells = [
            spell_one(value) for spell_one, value in zip(spell, values, strict=True)
        ]
        if texts is not None:
            cells += ["" if v is None or v != v else cell_of(v) for v in texts[i]]
        if mark is not None:
            cells.append("yes" if mark[i] else "no")
        writer.writerow(cells + labels[i])
    return out.getvalue().encode()


def _speller(feature):
    if feature.kind == "nominal":
        words = [cell_of(word) for word in feature.categories]
        return lambda value: "" if math.isnan(value) else words[int(value)]
    return _number


def _number(value):
    if value != value:
        return ""
    whole = int(value)
    return whole if whole == value and abs(whole) < 1e15 else repr(value)
