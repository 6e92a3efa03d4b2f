"""Multi-label LIBSVM and extreme-classification text: `labels place:value ...`."""

import re

import numpy as np
from scipy import sparse

from aemlo.errors import DataError
from aemlo.formats.base import Format
from aemlo.formats.labels import Location
from aemlo.formats.table import Column, Table

LINE = re.compile(
    rb"^[ \t]*([-+]?\d+(\.0*)?([ \t]*,[ \t]*[-+]?\d+(\.0*)?)*)?([ \t]+|$)?"
    rb"(\d+:[^\s:]+[ \t]*)*(#.*)?$"
)
HEADER = re.compile(rb"^[ \t]*(\d+)[ \t]+(\d+)[ \t]+(\d+)[ \t]*$")
DENSE = 0.5
OFTEN = 4_096  # lines between two words on progress
BY_LINE = 0.5  # the part of the time that goes line by line
PAIR = bytes.maketrans(b" :", b"\n,")


class Libsvm(Format):
    """Multi-label LIBSVM: `1,3 5:0.2 9:1`, one row a line.

    Feature numbers start at 1 unless a 0 occurs; so do label numbers, which become the
    names "label 0", "label 1", ... A row may have no label.
    """

    title = "LIBSVM"
    extensions = (".libsvm", ".svm", ".svmlight", ".txt")
    has_header = False

    def recognises(self, head):
        lines = [line for line in head.split(b"\n")[:-1] or [head] if line.strip()]
        body = lines[:20]
        looks = all(LINE.match(line) for line in body) and any(
            b":" in line for line in body
        )
        return 2 if body and looks else 0

    def read(self, source, limits, **options):
        data = source.text
        if b"#" in data:
            data = re.sub(rb"#[^\n]*", b"", data)
        wanted, line = None, 1
        if self.has_header:
            wanted, data, line = _promised(source.name, data, limits)
        rows = _Rows(source.name, limits)
        rows.parse(data, line, self.has_header, source.on_progress)
        source.on_progress(1.0)
        return _table(self, source, limits, rows, wanted)

    def write(self, dataset, mark=None):
        return {self.extensions[0]: _bytes(dataset, self.has_header)}


class Extreme(Libsvm):
    """The extreme-classification repository's text: a line `n d q`, then rows.

    As LIBSVM, with feature and label numbers from 0.
    """

    title = "Extreme classification"
    extensions = (".xc.txt", ".txt")
    has_header = True

    def recognises(self, head):
        first, _, rest = head.partition(b"\n")
        return 2 if HEADER.match(first) and super().recognises(rest) else 0


def _promised(name, data, limits):
    """(n, d, q) of the first line, the text after it, and its first line number."""
    first, _, rest = data.partition(b"\n")
    match = HEADER.match(first)
    if not match:
        raise DataError(f"{name}, line 1: expected 'rows features labels'.")
    n, d, q = (int(number) for number in match.groups())
    limits.check(name, "rows promised in line 1", n, "rows")
    limits.check(name, "features promised in line 1", d, "sparse_columns")
    limits.check(name, "labels promised in line 1", q, "labels")
    return (n, d, q), rest, 2


class _Rows:
    def __init__(self, name, limits):
        self.name, self.limits = name, limits
        self.labels, self.label_sizes, self.sizes = [], [], []

    def parse(self, data, line, keep_empty, told):
        cells = []
        lines = data.split(b"\n")
        if lines and not lines[-1].strip():
            lines.pop()
        for offset, raw in enumerate(lines):
            if not offset % OFTEN:
                told(BY_LINE * offset / len(lines))
            row = raw.strip()
            if not row and not keep_empty:
                continue
            row = b" ".join(row.replace(b" ,", b",").replace(b", ", b",").split())
            first, _, rest = row.partition(b" ")
            if b":" in first:
                first, rest = b"", row
            self._take_labels(first, line + offset)
            self.sizes.append(rest.count(b" ") + 1 if rest else 0)
            if rest:
                cells.append(rest)
        self.limits.check(self.name, "rows", len(self.sizes), "rows")
        self._take_cells(b"\n".join(cells), lines, line)

    def _take_labels(self, word, line):
        words = word.split(b",") if word else []
        try:
            numbers = [int(float(w)) if b"." in w else int(w) for w in words]
        except (ValueError, OverflowError):
            numbers = [-1]
        if any(number < 0 for number in numbers) or len(set(numbers)) < len(numbers):
            got = word[:40].decode("utf-8", "replace")
            raise DataError(
                f"{self.name}, line {line:,}: labels are different whole numbers "
                f"from 0, parted by commas; got {got!r}."
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
            for word in raw.split():
                place, colon, value = word.partition(b":")
                if not colon and word is raw.split()[0]:
                    continue
                if not (place.isdigit() and len(place) < 10 and _finite(value)):
                    return DataError(
                        f"{self.name}, line {first + offset:,}: a cell is "
                        "'column:number', got "
                        f"{word[:40].decode('utf-8', 'replace')!r}."
                    )
        return DataError(f"{self.name}: holds cells that are not 'column:number'.")


def _finite(word):
    try:
        return bool(np.isfinite(float(word))) and b"_" not in word
    except ValueError:
        return False


def _table(form, source, limits, rows, wanted):
    n = len(rows.sizes)
    if not n:
        raise DataError(f"{source.name}: has no rows.")
    labels = np.array(rows.labels, dtype=np.int64)
    if not len(labels):
        raise DataError(f"{source.name}: no row has a label.")
    if wanted:
        d, q, low, first = wanted[1], wanted[2], 0, 0
        _check_promise(source.name, wanted, n, rows.places, labels)
    else:
        first = 0 if len(rows.places) and rows.places.min() == 0 else 1
        low = 0 if labels.min() == 0 else 1
        d = int(rows.places.max(initial=0)) - first + 1
        q = int(labels.max()) - low + 1
    limits.check(source.name, "features", d, "sparse_columns")
    limits.check(source.name, "labels", q, "labels")
    X = _csr(source.name, rows.values, rows.places - first, rows.sizes, (n, d))
    Y = _csr(source.name, np.ones(len(labels)), labels - low, rows.label_sizes, (n, q))
    whole = sparse.csr_matrix(sparse.hstack([X, Y], format="csr"))
    cells = n * (d + q)
    if X.nnz > DENSE * n * d and cells <= limits.cells:
        whole = whole.toarray()
    names = [f"label {j + low}" for j in range(q)]
    return Table(
        name=source.stem,
        format=form.title,
        columns=[Column(f"feature {j + first}") for j in range(d)]
        + [Column(name, "nominal", ("0", "1")) for name in names],
        X=whole,
        location=Location(names, "the first field of each row", certain=True),
        warnings=[*source.warnings],
        limits=limits,
        source={"file": source.name},
        may_lack_columns=wanted is None,
    )


def _check_promise(name, wanted, n, places, labels):
    for what, found, promised in (
        ("rows", n, wanted[0]),
        ("feature number", int(places.max(initial=-1)) + 1, wanted[1]),
        ("label number", int(labels.max()) + 1, wanted[2]),
    ):
        if what == "rows" and found != promised:
            raise DataError(
                f"{name}: line 1 promises {promised:,} rows, the file has {found:,}."
            )
        if found > promised:
            raise DataError(
                f"{name}: {what} {found - 1:,}, but line 1 promises {promised:,} "
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


def _bytes(dataset, with_header):
    """Rows with feature numbers from 1 (LIBSVM) or 0 (extreme), labels from 0."""
    if dataset.text is not None or any(f.kind == "nominal" for f in dataset.features):
        raise DataError(
            f"{dataset.name}: this format holds numbers only, and the data set has "
            "nominal or text features. Write CSV or ARFF."
        )
    X = sparse.csr_matrix(dataset.X)
    if np.isnan(X.data).any():
        raise DataError(
            f"{dataset.name}: this format has no sign for missing values. Fill them "
            "in, or write CSV or ARFF."
        )
    first = 0 if with_header else 1
    lines = [f"{dataset.n} {X.shape[1]} {dataset.q}"] if with_header else []
    for i in range(dataset.n):
        part = slice(X.indptr[i], X.indptr[i + 1])
        cells = zip(X.indices[part].tolist(), X.data[part].tolist(), strict=True)
        labels = ",".join(map(str, np.flatnonzero(dataset.Y[i]).tolist()))
        values = " ".join(f"{j + first}:{value!r}" for j, value in cells)
        lines.append(f"{labels} {values}".rstrip())
    return ("\n".join(lines) + "\n").encode()
