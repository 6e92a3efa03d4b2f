"""The fast way through the rows of an ARFF file: Arrow's CSV parser.

Plain dense rows are CSV; plain sparse rows become a list of "place,value" lines. What
this cannot read for certain raises Doubt and is left to the careful way.
"""

import math
import re
from dataclasses import dataclass
from itertools import repeat

import numpy as np

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$")


class Doubt(Exception):  # noqa: N818  (a stretch the fast way cannot read)
    pass


@dataclass
class Part:
    """What one stretch of lines holds: dense values, or CSR pieces."""

    n: int
    dense: np.ndarray | None = None
    data: np.ndarray | None = None
    indices: np.ndarray | None = None
    sizes: np.ndarray | None = None
    texts: dict | None = None


class FastRows:
    """Reading stretches of text; `_Reader` in arff_rows.py knows the columns."""

    def _dense(self, text):
        import pyarrow as pa

        if b"{" in text:
            raise Doubt
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
            return Part(0, dense=np.empty((0, len(names))), texts={})
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
        return Part(len(X), dense=X, texts=texts)

    def _sparse(self, text):
        if self.texts:
            raise Doubt
        body, sizes = _body(text)
        total = int(sizes.sum())
        if not total:
            return Part(len(sizes), data=np.empty(0), indices=no_places(), sizes=sizes)
        plain = all(_spells_numbers(codes) for codes in self.lists)
        places = _places_of_ones(body, sizes) if plain else None
        if places is not None:
            written = np.ones(total)
        else:
            places, written = _places_and_values(body, total, plain)
        if places.min() < 0 or places.max() >= len(self.columns):
            raise Doubt
        starts = np.cumsum(sizes) - sizes
        rising = np.ones(total, dtype=bool)
        rising[1:] = places[1:] > places[:-1]
        rising[starts[sizes > 0]] = True
        if not rising.all():
            raise Doubt
        decode = self._plain_values if plain else self._spelled_values
        return Part(
            len(sizes), data=decode(written, places), indices=places, sizes=sizes
        )

    def _plain_values(self, values, places):
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
                    raise Doubt
                if (mine != np.floor(mine)).any():
                    raise Doubt
                continue
            mine = np.flatnonzero((owner == k) & known)
            order = np.argsort(numbers)
            at = np.searchsorted(numbers[order], values[mine])
            found = order[np.minimum(at, len(order) - 1)]
            if (numbers[found] != values[mine]).any():
                raise Doubt
            values[mine] = found
        return values

    def _spelled_values(self, column, places):
        column = column.combine_chunks()
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
                    look[t] = parsed(words[t])
                else:
                    look[t] = self.lists[k].get(words[t], math.inf)
            if np.isinf(look).any():
                raise Doubt
            values[mine] = look[token[mine]]
        return values


PAIRS = bytes.maketrans(b", ", b"\n,")
BLANK, ONE = b" 1"
SEPARATES = np.isin(np.arange(256), list(b",\n"))
MOST_DIGITS = 9  # of a place: any such number fits 32 bits


def _arrow(text, names, types):
    """Arrow's table of comma-separated `text`; None if empty; Doubt if it refuses."""
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
        raise Doubt from None


def _check_numbers(columns, table, codes):
    """Doubt where a number is infinite, or a NaN was not written as a gap."""
    if np.isinf(columns).any():
        raise Doubt
    if not np.isnan(columns).any():
        return
    for j, column in enumerate(table.columns):
        if codes[j] is None and np.isnan(columns[j]).sum() not in (
            0,
            column.null_count,
        ):
            raise Doubt


def _numbers(column):
    values = column.to_numpy()
    if np.isinf(values).any():
        raise Doubt
    if np.isnan(values).sum() != column.null_count:
        raise Doubt
    return values if values.flags.writeable else values.copy()


def _coded(column, codes):
    column = column.combine_chunks()
    words = [word.strip() for word in column.dictionary.to_pylist()]
    found = [math.nan if word == "?" else codes.get(word, math.inf) for word in words]
    if math.inf in found:
        raise Doubt
    indices = column.indices.fill_null(len(words)).to_numpy()
    return np.array([*found, math.nan], dtype=float)[indices]


def _stripped(column):
    words = [None if w is None else w.strip() for w in column.to_pylist()]
    return np.array([None if w == "?" else w for w in words], dtype=object)


def _body(text):
    """Sparse `text` as "place value,place value" lines, and the cells of each row.

    One blank per cell means that there are no others, and no empty rows.
    """
    body = _without_braces(text.strip(b"\n"))
    lines = [] if body is None else body.split(b"\n")
    sizes = _cells_of(lines)
    if body is None or sizes.sum() != body.count(b" "):
        body = _without_braces(_neat(text))
        if body is None:
            raise Doubt
        lines = body.split(b"\n")
        sizes = _cells_of(lines)
        sizes[[not line for line in lines]] = 0
    return body, sizes


def _places_of_ones(body, sizes):
    """Places of the cells of a _body if no row is empty and all values are spelled 1.

    None if not. The digits are read where they stand, which is faster than Arrow.
    """
    text = np.frombuffer(body, np.uint8)
    digits = text - ord("0")
    blanks = np.flatnonzero(text == BLANK)
    total = len(blanks)
    # Of a cell the blank is the last but one letter, and between cells is one letter.
    if (
        not sizes.all()
        or total != sizes.sum()
        or blanks[-1] + 2 != len(text)
        or (text[blanks + 1] != ONE).any()
        or not SEPARATES[text[blanks[:-1] + 2]].all()
        or np.count_nonzero(digits < 10) != len(text) - 2 * total + 1
    ):
        return None
    lengths = np.diff(blanks, prepend=-3) - 3
    if lengths.min() < 1 or lengths.max() > MOST_DIGITS:
        return None
    places = np.zeros(total, dtype=np.int32)
    for k in range(lengths.max()):
        blanks -= 1
        digit = digits[blanks]
        digit[lengths <= k] = 0
        places += np.multiply(digit, 10**k, dtype=np.int32)
    return places


def _places_and_values(body, total, plain):
    """Places, and values as numbers if `plain`, else as Arrow's column of words."""
    import pyarrow as pa

    if body[:1] == b"-" or any(mark in body for mark in (b",-", b"\n-")):
        raise Doubt  # Arrow reads the place -0 as 0.
    kind = pa.float64() if plain else pa.dictionary(pa.int32(), pa.string())
    types = {"place": pa.int32(), "value": kind}
    table = _arrow(body.translate(PAIRS), ["place", "value"], types)
    if table is None or len(table) != total or table["place"].null_count:
        raise Doubt
    places = table["place"].to_numpy().copy()
    return places, _numbers(table["value"]) if plain else table["value"]


def _cells_of(lines):
    """Cells of each line: one more than its commas."""
    return np.fromiter(map(bytes.count, lines, repeat(b",")), np.int64) + 1


def _without_braces(text):
    """Lines of `text` without the braces around each; None if one lacks them."""
    if not (text[:1] == b"{" and text[-1:] == b"}"):
        return None
    body = text[1:-1].replace(b"}\n{", b"\n")
    # Two braces are gone at every line end, if every line had them.
    whole = len(text) - len(body) == 2 + 2 * body.count(b"\n")
    return body if whole and b"{" not in body and b"}" not in body else None


def _neat(text):
    """Sparse `text` without blanks and empty lines that mean nothing."""
    text = text.replace(b"\t", b" ")
    for wide, narrow in ((b"  ", b" "), (b", ", b","), (b"{ ", b"{"), (b" }", b"}")):
        while wide in text:
            text = text.replace(wide, narrow)
    lines = (line.strip() for line in text.split(b"\n"))
    return b"\n".join(line for line in lines if line)


def _spells_numbers(codes):
    """Whether categories are numbers, each spelled in its one plain way."""
    numbers = [parsed(value) for value in codes]
    return math.inf not in numbers and len(set(numbers)) == len(numbers)


def parsed(word):
    """The number `word` spells; inf if it spells none or one too large."""
    return float(word) if NUMBER.match(word) else math.inf


def no_places():
    return np.empty(0, dtype=np.int32)
