"""The rows of an ARFF file: a fast way for plain text, a careful way for the rest.

The text is cut into stretches of lines. A stretch without quotes, comments and other
rarities is handed to Arrow's CSV parser (sparse rows as a list of index, value pairs).
Whatever that cannot read for certain goes through the careful way, line by line, which
either reads it or says which line is at fault. Ours.
"""

import math
import re
from array import array
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from aemlo import progress
from aemlo.errors import DataError
from aemlo.formats.kinds.arff import words as arff_words
from aemlo.formats.kinds.arff.fast import (
    NUMBER,
    Doubt,
    FastRows,
    Part,
    no_places,
    parsed,
)
from aemlo.formats.kinds.arff.words import unquoted

STRETCH = 4_000_000
OFTEN = 256  # lines of the careful way between two words on progress
RARE = (b"'", b'"', b"\\", b"%")


@dataclass
class Rows:
    """X (n, columns), the texts by column, the kind of rows, and warnings."""

    X: np.ndarray | sparse.csr_matrix
    texts: dict[int, np.ndarray]
    kind: str
    warnings: list[str] = field(default_factory=list)


def read(source, header, limits):
    """The Rows after the header of `source`; DataError names line and column."""
    reader = _Reader(source.name, header, limits)
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
        reader.told = progress.part(
            source.on_progress, start / len(data), len(stretch) / len(data)
        )
        part = reader.stretch(stretch, line)
        cells += len(part.data) if reader.is_sparse else part.dense.size
        limits.check(source.name, "cells", cells, "cells")
        parts.append(part)
        line += stretch.count(b"\n")
        start = end
        source.on_progress(start / len(data))
    return reader.joined(parts)


class _Reader(FastRows):
    def __init__(self, name, header, limits):
        self.name, self.columns, self.limits = name, header.columns, limits
        # Columns declared alike share what is made of their declaration.
        known, which = header.declared, header.which
        codes = [
            {value: k for k, value in enumerate(values)} if kind == "nominal" else None
            for kind, values in known
        ]
        self.codes = list(map(codes.__getitem__, which.tolist()))
        self.lists = [one for one in codes if one is not None]
        places = np.cumsum([one is not None for one in codes]) - 1
        places[[one is None for one in codes]] = -1
        self.list_of = places[which].astype(np.int32)
        is_text = np.array([kind in ("text", "date") for kind, _ in known])
        self.nominal = np.flatnonzero(self.list_of >= 0).tolist()
        self.texts = np.flatnonzero(is_text[which]).tolist()
        self._all_binary = all(tuple(codes) == ("0", "1") for codes in self.lists)
        self._all_binary &= len(self.nominal) == len(self.columns)
        self.weights = self.mixed = 0

    def stretch(self, text, line):
        if not any(letter in text for letter in RARE):
            try:
                return self._sparse(text) if self.is_sparse else self._dense(text)
            except Doubt:
                pass
        return self._careful(text, line)

    # The careful way --------------------------------------------------------------

    def _careful(self, text, line):
        data, indices, sizes = array("d"), array("i"), []
        texts = {j: [] for j in self.texts}
        lines = text.decode("utf-8", "replace").split("\n")
        for offset, raw in enumerate(lines):
            if not offset % OFTEN:
                self.told(offset / len(lines))
            row = raw.strip()
            if not row or row[0] == "%":
                continue
            at = f"{self.name}, line {line + offset:,}"
            row = self._without_weight(row)
            places, words = self._cells(row, at)
            if len(places) > len(set(places)):
                (twice, _), *_ = Counter(places).most_common(1)
                raise DataError(f"{at}: column {twice} occurs twice in the row.")
            self._keep(places, words, at, data, indices, texts)
            sizes.append(len(places))
        values = np.frombuffer(data) if data else np.empty(0)
        places = np.frombuffer(indices, dtype=np.int32) if indices else no_places()
        sizes = np.array(sizes, dtype=np.int64)
        texts = {j: np.array(words, dtype=object) for j, words in texts.items()}
        if self.is_sparse:
            return Part(len(sizes), None, values, places, sizes, texts)
        X = np.zeros((len(sizes), len(self.columns)))
        X[np.repeat(np.arange(len(sizes)), sizes), places] = values
        return Part(len(sizes), dense=X, texts=texts)

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
        if row[:1] == "{":
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
        longest = max((place.lstrip("0") for place, _ in pairs), key=len)
        places = [int(place) for place, _ in pairs] if len(longest) <= 9 else None
        if places is None or max(places) >= len(self.columns):
            last = longest[:20] if places is None else max(places)
            raise DataError(
                f"{at}: column {last} does not exist; the file declares "
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
            same = [k for v, k in codes.items() if parsed(v) == float(word)]
            code = same[0] if len(same) == 1 else None
        if code is None:
            values = ", ".join(repr(v) for v in list(codes)[:8])
            raise DataError(
                f"{at}: '{self.columns[j].name}' has the value {word[:40]!r}, which is "
                f"not declared ({values}{', ...' if len(codes) > 8 else ''})."
            )
        return code

    def _number(self, j, word, at):
        value = parsed(word)
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


def _joined(arrays):
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
