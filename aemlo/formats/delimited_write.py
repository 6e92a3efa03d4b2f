"""A Dataset as delimited text, with no cell that a spreadsheet would compute."""

import csv
import io
import math
import re

from scipy import sparse

from aemlo.formats.table import MARK

FORMULA = tuple("=+-@\t\r")
NEUTRALISED = re.compile(r"'+[=+\-@\t\r]")


def plain(word):
    """A cell without the apostrophe that keeps spreadsheets from computing it."""
    return word[1:] if NEUTRALISED.match(word) else word


def neutral(word):
    """A cell that no spreadsheet takes for a formula; `plain` undoes it."""
    return "'" + word if word.lstrip("'").startswith(FORMULA) else word


def csv_bytes(dataset, mark=None, delimiter=",", last=None):
    """`dataset` as CSV: features, texts, the mark if there is one, labels last.

    `last`, names and cells per row, stands in for the columns of labels.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    names = [*dataset.feature_names, *([MARK] if mark is not None else [])]
    label_names, labels = last or (dataset.label_names, dataset.Y.tolist())
    writer.writerow([neutral(name) for name in (*names, *label_names)])
    spell = [_speller(feature) for feature in dataset.features]
    texts = dataset.text.to_numpy() if dataset.text is not None else None
    for i in range(dataset.n):
        row = dataset.X[i]
        values = (row.toarray() if sparse.issparse(row) else row).ravel().tolist()
        cells = [say(value) for say, value in zip(spell, values, strict=True)]
        if texts is not None:
            cells += ["" if v is None or v != v else neutral(v) for v in texts[i]]
        if mark is not None:
            cells.append("yes" if mark[i] else "no")
        writer.writerow(cells + labels[i])
    return out.getvalue().encode()


def _speller(feature):
    if feature.kind == "nominal":
        words = [neutral(word) for word in feature.categories]
        return lambda value: "" if math.isnan(value) else words[int(value)]
    return _number


def _number(value):
    if value != value:
        return ""
    whole = int(value)
    return whole if whole == value and abs(whole) < 1e15 else repr(value)
