"""The rows of an ARFF file: a fast way for plain text, a careful way for the rest.

The text is cut into stretches of lines. A stretch without quotes, comments and other
rarities is handed to Arrow's CSV parser (sparse rows as a list of index, value pairs).
Whatever that cannot read for certain goes through the careful way, line by line, which
either reads it or says which line is at fault. Ours.
"""

import math
import re
from array import array
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from aemlo.errors import DataError
from aemlo.formats import arff_words
from aemlo.formats.arff_words import unquoted

STRETCH = 4_000_000
RARE = (b"'", b'"', b"\\", b"%")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


class _Doubt(Exception):  # noqa: N818  (a stretch the fast way cannot read)
    pass


@dataclass
class Rows:
    """X (n, columns), the texts by column, the kind of rows, and warnings."""

    X: np.ndarray | sparse.csr_matrix
    texts: dict[int, np.ndarray]
    kind: str
    warnings: list[str] = field(default_factory=list)


@dataclass
class _Part:
    """What one stretch of lines holds: dense values, or CSR pieces."""

    n: int
    dense: np.ndarray | None = None
    data: np.ndarray | None = None
    indices: np.ndarray | None = None
    sizes: np.ndarray | None = None
    texts: dict | None = None


def read(source, header, limits):
    """The Rows after the header of `source`; DataError names line and column."""
    reader = _Reader(source.name, header.columns, limits)
    data, start, line = source.text, header.start, header.line
    first = re.compile(rb"^[ \t]*([^\s%])", re.M).search(data, start)
    if not first:
        raise DataError(f"{source.name}: has no rows after @data.")
    reader.is_sparse = first[1] == b"{"
    if not reader.is_sparse:
        limits.check(source.name, "columns", len(header.columns), "columns")
    parts, cells = [], 0
    while start < len(data):
        end = len(data)
        if end - start > STRETCH:
            end = data.rfind(b"\n", start, start + STRETCH) + 1
            if not end:
                end = data.find(b"\n", start) + 1 or len(data)
        stretch = data[start:end]
        part = reader.stretch(stretch, line)
        cells += len(part.data) if reader.is_sparse else part.dense.size
        limits.check(source.name, "cells", cells, "cells")
        parts.append(part)
        line += stretch.count(b"\n")
        start = end
    return reader.joined(parts)


class _Reader:
    def __init__(self, name, columns, limits):
        self.name, self.columns, self.limits = name, columns, limits
        self.texts = [j for j, c in enumerate(columns) if c.kind in ("text", "date")]
        self.nominal = [j for j, c in enumerate(columns) if c.kind == "nominal"]
        self.codes = [None] * len(columns)
        shared = {}
        for j in self.nominal:
            values = columns[j].values
            if values not in shared:
                shared[values] = {value: k for k, value in enumerate(values)}
            self.codes[j] = shared[values]
        self.lists = list(shared.values())
        place = {id(codes): k for k, codes in enumerate(self.lists)}
        self.list_of = np.array(
            [-1 if c is None else place[id(c)] for c in self.codes], dtype=np.int32
        )
        self._all_binary = all(tuple(codes) == ("0", "1") for codes in self.lists)
        self._all_binary &= bool((self.list_of >= 0).all())
        self.weights = self.mixed = 0

    def stretch(self, text, line):
        if not any(letter in text for letter in RARE):
            try:
                return self._sparse(text) if self.is_sparse else self._dense(text)
            except _Doubt:
                pass
        return self._careful(text, line)

    # The fast way -----------------------------------------------------------------

    def _dense(self, text):
        import pyarrow as pa

        if b"{" in text:
            raise _Doubt
        if b", " in text:
            text = text.replace(b", ", b",")
        if b"\t" in text and b"," not in text:
            text = text.replace(b"\t", b",")
        names = [str(j) for j in range(len(self.columns))]
        types = dict.fromkeys(names, pa.float64())
        types |= {str(j): pa.string() for j in self.texts}
        types |= {str(j): pa.dictionary(pa.int32(), pa.string()) for j in self.nominal}
        table = _arrow(text, names, types)
        if table is None:
            return _Part(0, dense=np.empty((0, len(names))), texts={})
        columns, texts = np.zeros((len(names), len(table))), {}
        texts_at = set(self.texts)
        for j, column in enumerate(table.columns):
            if self.codes[j] is not None:
                columns[j] = _coded(column, self.codes[j])
            elif j in texts_at:
                texts[j] = _stripped(column)
            else:
                columns[j] = column.to_numpy()
        _check_numbers(columns, table, self.codes)
        X = np.ascontiguousarray(columns.T)
        return _Part(len(X), dense=X, texts=texts)

    def _sparse(self, text):
        import pyarrow as pa

        if self.texts:
            raise _Doubt
        text, sizes = _row_sizes(text)
        total = int(sizes.sum())
        if not total:
            return _Part(
                len(sizes), data=np.empty(0), indices=_no_places(), sizes=sizes
            )
        pairs = text.translate(_PAIRS, b"{}")
        plain = all(_spells_numbers(codes) for codes in self.lists)
        kind = pa.float64() if plain else pa.dictionary(pa.int32(), pa.string())
        table = _arrow(pairs, ["place", "value"], {"place": pa.int32(), "value": kind})
        if table is None or len(table) != total or table["place"].null_count:
            raise _Doubt
        places = table["place"].to_numpy().copy()
        if places.min() < 0 or places.max() >= len(self.columns):
            raise _Doubt
        starts = np.cumsum(sizes) - sizes
        rising = np.ones(total, dtype=bool)
        rising[1:] = places[1:] > places[:-1]
        rising[starts[sizes > 0]] = True
        if not rising.all():
            raise _Doubt
        decode = self._plain_values if plain else self._spelled_values
        return _Part(
            len(sizes), data=decode(table, places), indices=places, sizes=sizes
        )

    def _plain_values(self, table, places):
        values = _numbers(table["value"])
        if not self.lists:
            return values
        if self._all_binary and ((values == 0) | (values == 1)).all():
            return values
        known = ~np.isnan(values)
        owner = self.list_of[places]
        for k, codes in enumerate(self.lists):
            numbers = np.array([float(value) for value in codes])
            if np.array_equal(numbers, np.arange(len(numbers))):
                mine = values if len(self.lists) == 1 and (owner == k).all() else None
                mine = values[(owner == k) & known] if mine is None else mine[known]
                if len(mine) and (mine.max() > len(numbers) - 1 or mine.min() < 0):
                    raise _Doubt
                if (mine != np.floor(mine)).any():
                    raise _Doubt
                continue
            mine = np.flatnonzero((owner == k) & known)
            order = np.argsort(numbers)
            at = np.searchsorted(numbers[order], values[mine])
            found = order[np.minimum(at, len(order) - 1)]
            if (numbers[found] != values[mine]).any():
                raise _Doubt
            values[mine] = found
        return values

    def _spelled_values(self, table, places):
        column = table["value"].combine_chunks()
        words = [word.strip() for word in column.dictionary.to_pylist()]
        token = column.indices.fill_null(len(words)).to_numpy().astype(np.int64)
        values = np.full(len(token), np.nan)
        owner = self.list_of[places]
        for k in range(-1, len(self.lists)):
            mine = owner == k
            used = np.unique(token[mine])
            look = np.full(len(words) + 1, np.nan)
            for t in used.tolist():
                if t == len(words) or words[t] == "?":
                    continue
                if k < 0:
                    look[t] = _parsed(words[t])
                else:
                    look[t] = self.lists[k].get(words[t], math.inf)
            if np.isinf(look).any():
                raise _Doubt
            values[mine] = look[token[mine]]
        return values

    # The careful way --------------------------------------------------------------

    def _careful(self, text, line):
        data, indices, sizes = array("d"), array("i"), []
        texts = {j: [] for j in self.texts}
        for offset, raw in enumerate(text.decode("utf-8", "replace").split("\n")):
            row = raw.strip()
            if not row or row[0] == "%":
                continue
            at = f"{self.name}, line {line + offset:,}"
            row = self._without_weight(row)
            places, words = self._cells(row, at)
            if len(places) > len(set(places)):
                twice = next(p for p in places if places.count(p) > 1)
                raise DataError(f"{at}: column {twice} occurs twice in the row.")
            self._keep(places, words, at, data, indices, texts)
            sizes.append(len(places))
        values = np.frombuffer(data) if data else np.empty(0)
        places = np.frombuffer(indices, dtype=np.int32) if indices else _no_places()
        sizes = np.array(sizes, dtype=np.int64)
        texts = {j: np.array(words, dtype=object) for j, words in texts.items()}
        if self.is_sparse:
            return _Part(len(sizes), None, values, places, sizes, texts)
        X = np.zeros((len(sizes), len(self.columns)))
        X[np.repeat(np.arange(len(sizes)), sizes), places] = values
        return _Part(len(sizes), dense=X, texts=texts)

    def _without_weight(self, row):
        at = row.rfind("{")
        if at < 1 or row[-1] != "}" or not NUMBER.match(row[at + 1 : -1].strip()):
            return row
        before = row[:at].rstrip()
        if before[-1:] not in (",", "\t") and before[-1:] != "}":
            return row
        self.weights += 1
        return before.rstrip(", \t")

    def _cells(self, row, at):
        """Places and words of one row, sparse or dense whatever the others are."""
        if row[0] == "{":
            if row[-1] != "}":
                raise DataError(f"{at}: a sparse row must end with '}}'.")
            self.mixed += not self.is_sparse
            return self._sparse_cells(row[1:-1].strip(), at)
        self.mixed += self.is_sparse
        words = arff_words.cells(row)
        if len(words or ()) == 1 and len(self.columns) > 1 and "\t" in row:
            words = arff_words.cells(row.replace("\t", ","))
        if words is None:
            raise DataError(f"{at}: a quote is not closed or stands inside a value.")
        if len(words) != len(self.columns):
            raise DataError(
                f"{at}: {len(words):,} values for {len(self.columns):,} columns."
            )
        return range(len(words)), words

    def _sparse_cells(self, body, at):
        if not body:
            return [], []
        pairs = arff_words.pairs(body)
        if pairs is None:
            raise DataError(
                f"{at}: a sparse row is a list of 'column value', got {body[:40]!r}."
            )
        places = [int(place) for place, _ in pairs]
        if max(places) >= len(self.columns):
            raise DataError(
                f"{at}: column {max(places)} does not exist; the file declares "
                f"{len(self.columns):,} (0 to {len(self.columns) - 1:,})."
            )
        return places, [word for _, word in pairs]

    def _keep(self, places, words, at, data, indices, texts):
        for j in self.texts:
            texts[j].append(None)
        for j, word in zip(places, words, strict=True):
            indices.append(j)
            if word == "?":
                data.append(math.nan if j not in texts else 0.0)
            elif j in texts:
                texts[j][-1] = unquoted(word)
                data.append(0.0)
            elif self.codes[j] is not None:
                data.append(self._code(j, word, at))
            else:
                data.append(self._number(j, unquoted(word), at))

    def _code(self, j, word, at):
        codes = self.codes[j]
        code = codes.get(word)
        if code is None:
            code = codes.get(unquoted(word))
        if code is None and NUMBER.match(word):
            same = [k for v, k in codes.items() if _parsed(v) == float(word)]
            code = same[0] if len(same) == 1 else None
        if code is None:
            values = ", ".join(repr(v) for v in list(codes)[:8])
            raise DataError(
                f"{at}: '{self.columns[j].name}' has the value {word[:40]!r}, which is "
                f"not declared ({values}{', ...' if len(codes) > 8 else ''})."
            )
        return code

    def _number(self, j, word, at):
        value = _parsed(word)
        if math.isinf(value):
            reason = "is too large" if NUMBER.match(word) else "is not a number"
            raise DataError(
                f"{at}: '{self.columns[j].name}' is numeric, but {word[:40]!r} "
                f"{reason}."
            )
        return value

    # Together ---------------------------------------------------------------------

    def joined(self, parts):
        n = sum(part.n for part in parts)
        if not n:
            raise DataError(f"{self.name}: has no rows after @data.")
        self.limits.check(self.name, "rows", n, "rows")
        texts = {
            j: np.concatenate([part.texts[j] for part in parts if part.n])
            for j in self.texts
        }
        if self.is_sparse:
            X = self._csr(parts, n)
        else:
            X = _joined([part.dense for part in parts])
        warnings = []
        if self.weights:
            warnings.append(f"{self.weights:,} rows carry a weight: read without it.")
        kind = "sparse" if self.is_sparse else "dense"
        return Rows(X, texts, "mixed" if self.mixed else kind, warnings)

    def _csr(self, parts, n):
        indptr = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.concatenate([part.sizes for part in parts]), out=indptr[1:])
        data = _joined([part.data for part in parts])
        indices = _joined([part.indices for part in parts])
        if indptr[-1] < np.iinfo(np.int32).max:
            indptr = indptr.astype(np.int32)
        X = sparse.csr_matrix((data, indices, indptr), shape=(n, len(self.columns)))
        X.sort_indices()
        if not X.data.all():
            X.eliminate_zeros()
        return X


_PAIRS = bytes.maketrans(b", ", b"\n,")


def _arrow(text, names, types):
    """Arrow's table of comma-separated `text`; None if empty; _Doubt if it refuses."""
    import pyarrow as pa
    from pyarrow import csv

    if not text.strip():
        return None
    try:
        return csv.read_csv(
            pa.BufferReader(text),
            read_options=csv.ReadOptions(
                use_threads=False, block_size=len(text) + 1, column_names=names
            ),
            parse_options=csv.ParseOptions(quote_char=False),
            convert_options=csv.ConvertOptions(
                column_types=types, null_values=["?"], strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid:
        raise _Doubt from None


def _check_numbers(columns, table, codes):
    """Doubt where a number is infinite, or a NaN was not written as a gap."""
    if np.isinf(columns).any():
        raise _Doubt
    if not np.isnan(columns).any():
        return
    for j, column in enumerate(table.columns):
        if codes[j] is None and np.isnan(columns[j]).sum() not in (
            0,
            column.null_count,
        ):
            raise _Doubt


def _numbers(column):
    values = column.to_numpy()
    if np.isinf(values).any():
        raise _Doubt
    if np.isnan(values).sum() != column.null_count:
        raise _Doubt
    return values if values.flags.writeable else values.copy()


def _coded(column, codes):
    column = column.combine_chunks()
    words = [word.strip() for word in column.dictionary.to_pylist()]
    found = [math.nan if word == "?" else codes.get(word, math.inf) for word in words]
    if math.inf in found:
        raise _Doubt
    indices = column.indices.fill_null(len(words)).to_numpy()
    return np.array([*found, math.nan], dtype=float)[indices]


def _stripped(column):
    words = [None if w is None else w.strip() for w in column.to_pylist()]
    return np.array([None if w == "?" else w for w in words], dtype=object)


def _row_sizes(text):
    """Sparse `text` without needless blanks, and the number of cells of each row.

    One blank per cell means that there are no others, and no empty rows.
    """
    if not text.endswith(b"\n"):
        text += b"\n"
    sizes = _commas(text) + 1 if _is_neat(text) else None
    if sizes is None or sizes.sum() != text.count(b" "):
        text = _neat(text)
        if not _is_neat(text):
            raise _Doubt
        sizes = _commas(text) + 1
        sizes[[line == b"{}" for line in text.split(b"\n")[:-1]]] = 0
    return text, sizes


def _is_neat(text):
    """Whether each line starts with the only { and ends with the only } in it."""
    n = text.count(b"\n")
    return (
        text[:1] == b"{"
        and text.endswith(b"}\n")
        and text.count(b"{") == text.count(b"}") == n
        and text.count(b"}\n{") == n - 1
    )


def _commas(text):
    lines = text.split(b"\n")
    return np.fromiter((line.count(b",") for line in lines[:-1]), np.int64)


def _neat(text):
    """Sparse `text` without blanks and empty lines that mean nothing."""
    text = text.replace(b"\t", b" ")
    for wide, narrow in ((b"  ", b" "), (b", ", b","), (b"{ ", b"{"), (b" }", b"}")):
        while wide in text:
            text = text.replace(wide, narrow)
    lines = (line.strip() for line in text.split(b"\n"))
    return b"".join(line + b"\n" for line in lines if line)


def _spells_numbers(codes):
    """Whether categories are numbers, each spelled in its one plain way."""
    numbers = [_parsed(value) for value in codes]
    return math.inf not in numbers and len(set(numbers)) == len(numbers)


def _parsed(word):
    """The number `word` spells; inf if it spells none or one too large."""
    return float(word) if NUMBER.match(word) else math.inf


def _joined(arrays):
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _no_places():
    return np.empty(0, dtype=np.int32)
