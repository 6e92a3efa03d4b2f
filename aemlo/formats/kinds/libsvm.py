"""Multi-label LIBSVM and extreme-classification text: `labels place:value ...`."""

import json
import re
from typing import Any

import numpy as np
from scipy import sparse

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.errors import DataError
from aemlo.formats.base import Format
from aemlo.formats.kinds.libsvm_write import BASE, OURS, libsvm_bytes
from aemlo.tables.labels import Location
from aemlo.tables.limits import Limits
from aemlo.tables.source import Source
from aemlo.tables.table import Column, Table, unique_names

LABEL = rb"[-+]?\d+(?:\.0*)?"
LABELS = re.compile(LABEL + rb"(?:," + LABEL + rb")*")
CELL = re.compile(rb"\d+:[^:]+")
HEADER = re.compile(rb"^[ \t]*(\d+)[ \t]+(\d+)[ \t]+(\d+)[ \t]*$")
DIGITS = 18  # as many as surely fit 64 bits
PLACE = 2**31
DENSE = 0.5
OFTEN = 4_096  # lines between two words on progress
BY_LINE = 0.5  # the part of the time that goes line by line
PAIR = bytes.maketrans(b" :", b"\n,")


class Libsvm(Format):
    """Multi-label LIBSVM: `1,3 5:0.2 9:1`, one row a line.

    Feature numbers start at 1 unless a 0 occurs. Label numbers that occur become the
    names "label 0", "label 10", ... A row may have no label. A file written tells first
    what its rows do not: `# aemlo labels: ["a", "b"]`, `# aemlo synthetic rows: [8]`.
    """

    title = "LIBSVM"
    extensions = (".libsvm", ".svm", ".svmlight", ".txt")
    kinds = ("numeric",)
    holds_gaps = False
    holds_sparse = True
    reads_marks = False  # the comment is for people and other programs
    has_header = False

    def recognises(self, head: bytes) -> int:
        if head.startswith(OURS):
            return 2
        lines = [line.partition(b"#")[0] for line in head.split(b"\n")[:-1] or [head]]
        body = [_parted(line) for line in lines if line.strip()][:20]
        are_rows = all(_may_be_row(*parts) for parts in body)
        return 2 if are_rows and any(cells for _, cells in body) else 0

    def read(self, source: Source, limits: Limits, **options: Any) -> Table:
        data = source.text
        declared = {} if self.has_header else _declared(source.name, data)
        if b"#" in data:
            data = re.sub(rb"#[^\n]*", b"", data)
        wanted, line = None, 1
        if self.has_header:
            wanted, data, line = _promised(source.name, data, limits)
        rows = _Rows(source.name, limits)
        rows.parse(data, line, self.has_header, source.on_progress)
        source.on_progress(1.0)
        return _table(self, source, limits, rows, wanted, declared)

    def write(self, dataset: Dataset, mark: Mask | None = None) -> dict[str, bytes]:
        return {self.extensions[0]: libsvm_bytes(dataset, self.has_header, mark)}


class Extreme(Libsvm):
    """The extreme-classification repository's text: a line `n d q`, then rows.

    As LIBSVM, with feature and label numbers from 0.
    """

    title = "Extreme classification"
    extensions = (".xc.txt", ".txt")
    has_header = True
    marks = False
    keeps_names = False

    def recognises(self, head: bytes) -> int:
        first, _, rest = head.partition(b"\n")
        return 2 if HEADER.match(first) and super().recognises(rest) else 0


def _parted(line):
    """The labels and the cells of a line, without blanks around commas."""
    row = b" ".join(line.split()).replace(b" ,", b",").replace(b", ", b",")
    first, _, rest = row.partition(b" ")
    return (b"", row) if b":" in first else (first, rest)


def _may_be_row(labels, cells):
    return (not labels or LABELS.fullmatch(labels)) and (
        not cells or all(map(CELL.fullmatch, cells.split(b" ")))
    )


def _whole(word, where, what, way_out):
    """The number in `word`, digits with or without a sign; DataError for too many."""
    digits = word.lstrip(b"+-").lstrip(b"0")
    if len(digits) > DIGITS:
        many = f"{len(digits):,} digits ('{_start(digits)}')"
        raise DataError(f"{where}: {what} has {many}. {way_out}")
    return int(digits or 0) * (-1 if word.startswith(b"-") else 1)


def _start(word):
    return word[:40].decode("utf-8", "replace")


def _declared(name, data):
    """{"feature": names, "label": names} in the comments that lead a file of ours.

    A count stands for the usual names. A kind without comments is not there.
    """
    declared, at, line = {}, 0, 1
    while data.startswith(OURS, at):
        end = data.find(b"\n", at) + 1 or len(data) + 1
        what, _, value = data[at + len(OURS) : end - 1].partition(b":")
        at, line, value = end, line + 1, value.strip()
        kind = what.decode("utf-8", "replace").removesuffix("s")
        if kind not in BASE:
            continue
        try:
            entry = json.loads(value)
            json.dumps(entry, ensure_ascii=False).encode()  # half a surrogate pair
        except (ValueError, RecursionError):
            entry = None
        are_names = isinstance(entry, list) and all(isinstance(t, str) for t in entry)
        if not are_names and (type(entry) is not int or entry < 0):
            raise DataError(
                f"{name}, line {line - 1:,}: the {kind}s are a JSON list of names or "
                f"a count, got '{_start(value)}'. Put that right, or take the line out."
            )
        if are_names and isinstance(declared.setdefault(kind, []), list):
            declared[kind] += entry
        else:
            declared[kind] = entry
    return declared


def _promised(name, data, limits):
    """(n, d, q) of the first line, the text after it, and its first line number."""
    first, _, rest = data.partition(b"\n")
    match = HEADER.match(first)
    if not match:
        raise DataError(f"{name}, line 1: expected 'rows features labels'.")
    where = f"{name}, line 1", "a number", "Put 'rows features labels' there."
    n, d, q = (_whole(word, *where) for word in match.groups())
    limits.check(name, "rows promised in line 1", n, "rows")
    limits.check(name, "features promised in line 1", d, "sparse_columns")
    limits.check(name, "labels promised in line 1", q, "labels")
    return (n, d, q), rest, 2


class _Rows:
    def __init__(self, name, limits):
        self.name, self.limits = name, limits
        self.labels, self.label_sizes, self.sizes = [], [], []

    def parse(self, data, line, keep_empty, on_progress):
        cells = []
        lines = data.split(b"\n")
        if lines and not lines[-1].strip():
            lines.pop()
        for offset, raw in enumerate(lines):
            if not offset % OFTEN:
                on_progress(BY_LINE * offset / len(lines))
            first, rest = _parted(raw)
            if not first and not rest and not keep_empty:
                continue
            self._take_labels(first, line + offset)
            self.sizes.append(rest.count(b" ") + 1 if rest else 0)
            if rest:
                cells.append(rest)
        self.limits.check(self.name, "rows", len(self.sizes), "rows")
        self._take_cells(b"\n".join(cells), lines, line)

    def _take_labels(self, word, line):
        if not word:
            self.label_sizes.append(0)
            return
        where, numbers = f"{self.name}, line {line:,}", []
        if LABELS.fullmatch(word):
            words = word.split(b",")
            if b"." in word:
                words = [w.partition(b".")[0] for w in words]
            if max(map(len, words)) > DIGITS:
                way_out = "Number the labels from 0 or 1."
                words = [_whole(w, where, "a label", way_out) for w in words]
            numbers = [*map(int, words)]
        bad = not numbers or min(numbers) < 0
        if bad or len(set(numbers)) < len(numbers):
            raise DataError(
                f"{where}: labels are different whole numbers from 0, parted by "
                f"commas; got {_start(word)!r}."
            )
        self.labels += numbers
        self.label_sizes.append(len(numbers))

    def _take_cells(self, text, lines, line):
        import pyarrow as pa
        from pyarrow import csv

        total = sum(self.sizes)
        self.limits.check(self.name, "cells", total, "cells")
        self.places, self.values = np.empty(0, np.int32), np.empty(0)
        if not total:
            return
        if text.count(b":") != total or b"," in text:
            raise self._fault(lines, line)
        try:
            table = csv.read_csv(
                pa.BufferReader(text.translate(PAIR)),
                read_options=csv.ReadOptions(
                    use_threads=False,
                    block_size=len(text) + 1,
                    column_names=["place", "value"],
                ),
                parse_options=csv.ParseOptions(quote_char=False),
                convert_options=csv.ConvertOptions(
                    column_types={"place": pa.int32(), "value": pa.float64()},
                    null_values=[],
                ),
            )
        except pa.ArrowInvalid:
            raise self._fault(lines, line) from None
        self.places = table["place"].to_numpy()
        self.values = table["value"].to_numpy().copy()
        odd = not np.isfinite(self.values).all() or self.places.min() < 0
        if len(self.places) != total or odd:
            raise self._fault(lines, line)

    def _fault(self, lines, first):
        """The DataError that names the first line with a broken cell."""
        for offset, raw in enumerate(lines):
            for word in _parted(raw)[1].split():
                place, _, value = word.partition(b":")
                right = place.isdigit() and len(place.lstrip(b"0")) <= DIGITS
                if not (right and int(place[-DIGITS:]) < PLACE and _finite(value)):
                    return DataError(
                        f"{self.name}, line {first + offset:,}: a cell is "
                        f"'column:number', got {_start(word)!r}."
                    )
        return DataError(f"{self.name}: holds cells that are not 'column:number'.")


def _finite(word):
    try:
        return bool(np.isfinite(float(word))) and b"_" not in word
    except ValueError:
        return False


def _table(form, source, limits, rows, wanted, declared):
    n = len(rows.sizes)
    if not n:
        raise DataError(f"{source.name}: has no rows.")
    labels = np.array(rows.labels, dtype=np.int64)
    if not len(labels) and not wanted and not declared.get("label"):
        raise DataError(f"{source.name}: no row has a label.")
    if wanted:
        d, q, low, first = wanted[1], wanted[2], 0, 0
        _check_promise(source.name, wanted, n, rows.places, labels)
    else:
        first, d = _span(source.name, "feature", rows.places, declared)
        low, q = _span(source.name, "label", labels, declared)
    seen = None
    if not wanted and "label" not in declared:
        # Ids may have gaps, and nothing says that a number in a gap is a label.
        seen, labels = np.unique(labels, return_inverse=True)
        low, q = 0, len(seen)
    limits.check(source.name, "features", d, "sparse_columns")
    limits.check(source.name, "labels", q, "labels")
    named = any(isinstance(entry, list) for entry in declared.values())
    columns = _names("feature", first, d, declared)
    if seen is None:
        columns += _names("label", low, q, declared)
    else:
        columns += [f"label {number}" for number in seen.tolist()]
    columns, warnings, repeated = unique_names(columns) if named else (columns, [], ())
    X = _csr(source.name, rows.values, rows.places - first, rows.sizes, (n, d))
    Y = _csr(source.name, np.ones(len(labels)), labels - low, rows.label_sizes, (n, q))
    whole = sparse.csr_matrix(sparse.hstack([X, Y], format="csr"))
    cells = n * (d + q)
    if X.nnz > DENSE * n * d and cells <= limits.cells:
        whole = whole.toarray()
    return Table(
        name=source.stem,
        format=form.title,
        columns=[*map(Column, columns[:d])]
        + [Column(name, "nominal", ("0", "1")) for name in columns[d:]],
        X=whole,
        location=Location(columns[d:], "the first field of each row", certain=True),
        warnings=[*source.warnings, *warnings],
        limits=limits,
        source={"file": source.name},
        # Columns that only one of two files has are put in order by their numbers.
        may_lack_columns=wanted is None and not named,
        repeated=repeated,
    )


def _names(kind, first, count, declared):
    entry = declared.get(kind)
    usual = (f"{kind} {j}" for j in range(first, first + count))
    return entry if isinstance(entry, list) else [*usual]


def _span(name, kind, numbers, declared):
    """The number of the first column of a kind, and how many there are."""
    least, most = int(numbers.min(initial=1)), int(numbers.max(initial=0))
    if kind not in declared:
        first = 0 if least == 0 else 1
        return first, most - first + 1
    first, entry = BASE[kind], declared[kind]
    count = len(entry) if isinstance(entry, list) else entry
    if len(numbers) and not first <= least <= most < first + count:
        odd = least if least < first else most
        raise DataError(
            f"{name}: {kind} number {odd:,}, but the lines '# aemlo {kind}s' at the "
            f"top tell of {count:,} (numbered from {first}). Put them right, or take "
            "them out."
        )
    return first, count


def _check_promise(name, wanted, n, places, labels):
    for what, present, promised in (
        ("rows", n, wanted[0]),
        ("feature number", int(places.max(initial=-1)) + 1, wanted[1]),
        ("label number", int(labels.max(initial=-1)) + 1, wanted[2]),
    ):
        if what == "rows" and present != promised:
            raise DataError(
                f"{name}: line 1 promises {promised:,} rows, the file has {present:,}."
            )
        if present > promised:
            raise DataError(
                f"{name}: {what} {present - 1:,}, but line 1 promises {promised:,} "
                "(numbered from 0)."
            )


def _csr(name, data, places, sizes, shape):
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    matrix = sparse.csr_matrix((data, places, indptr), shape=shape)
    stored = matrix.nnz
    matrix.sum_duplicates()
    if matrix.nnz < stored:
        raise DataError(
            f"{name}: {stored - matrix.nnz:,} cells give a column twice in one row."
        )
    matrix.eliminate_zeros()
    return matrix
