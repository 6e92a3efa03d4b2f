"""The careful way through the rows of an ARFF file: line by line, any spelling."""

import math
from array import array
from collections import Counter
from collections.abc import Callable

import numpy as np

from aemlo.errors import DataError
from aemlo.formats.kinds.arff import words as arff_words
from aemlo.formats.kinds.arff.layout import (
    NUMBER,
    DensePart,
    Layout,
    SparsePart,
    no_places,
    parsed,
)
from aemlo.formats.kinds.arff.words import unquoted

OFTEN = 256  # lines between two calls on progress


class CarefulRows:
    """Reads stretches of lines of the file called `name`.

    `is_sparse` says what parts are given; rows may be of the other kind. Counts the
    rows that had a weight (`weights`) and those of the other kind (`mixed`).
    """

    def __init__(self, name: str, layout: Layout, is_sparse: bool) -> None:
        self.name, self.layout, self.is_sparse = name, layout, is_sparse
        self.weights = self.mixed = 0

    def part(
        self, text: bytes, line: int, on_progress: Callable[..., None]
    ) -> DensePart | SparsePart:
        """What the stretch `text` holds, whose first line is the line `line` of the
        file; DataError names the line at fault."""
        data, indices, sizes = array("d"), array("i"), []
        texts = {j: [] for j in self.layout.texts}
        lines = text.decode("utf-8", "replace").split("\n")
        for offset, raw in enumerate(lines):
            if not offset % OFTEN:
                on_progress(offset / len(lines))
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
            return SparsePart(values, places, sizes, texts)
        X = np.zeros((len(sizes), len(self.layout.columns)))
        X[np.repeat(np.arange(len(sizes)), sizes), places] = values
        return DensePart(X, texts)

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
        if len(words or ()) == 1 and len(self.layout.columns) > 1 and "\t" in row:
            words = arff_words.cells(row.replace("\t", ","))
        if words is None:
            raise DataError(f"{at}: a quote is not closed or stands inside a value.")
        if len(words) != len(self.layout.columns):
            raise DataError(
                f"{at}: {len(words):,} values for {len(self.layout.columns):,} columns."
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
        if places is None or max(places) >= len(self.layout.columns):
            last = longest[:20] if places is None else max(places)
            raise DataError(
                f"{at}: column {last} does not exist; the file declares "
                f"{len(self.layout.columns):,} (0 to {len(self.layout.columns) - 1:,})."
            )
        return places, [word for _, word in pairs]

    def _keep(self, places, words, at, data, indices, texts):
        for j in self.layout.texts:
            texts[j].append(None)
        for j, word in zip(places, words, strict=True):
            indices.append(j)
            if word == "?":
                data.append(math.nan if j not in texts else 0.0)
            elif j in texts:
                texts[j][-1] = unquoted(word)
                data.append(0.0)
            elif self.layout.codes[j] is not None:
                data.append(self._code(j, word, at))
            else:
                data.append(self._number(j, unquoted(word), at))

    def _code(self, j, word, at):
        codes = self.layout.codes[j]
        code = codes.get(word)
        if code is None:
            code = codes.get(unquoted(word))
        if code is None and NUMBER.match(word):
            same = [k for v, k in codes.items() if parsed(v) == float(word)]
            code = same[0] if len(same) == 1 else None
        if code is None:
            values = ", ".join(repr(v) for v in list(codes)[:8])
            name = self.layout.columns[j].name
            raise DataError(
                f"{at}: '{name}' has the value {word[:40]!r}, which is "
                f"not declared ({values}{', ...' if len(codes) > 8 else ''})."
            )
        return code

    def _number(self, j, word, at):
        value = parsed(word)
        if math.isinf(value):
            reason = "is too large" if NUMBER.match(word) else "is not a number"
            raise DataError(
                f"{at}: '{self.layout.columns[j].name}' is numeric, but {word[:40]!r} "
                f"{reason}."
            )
        return value
