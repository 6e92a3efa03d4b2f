"""The fast way through the rows of an ARFF file: Arrow's CSV parser.

Plain dense rows are CSV; plain sparse rows become a list of "place,value" lines. What
this cannot read for certain raises Doubt and is left to the careful way.
"""

import math
from itertools import repeat

import numpy as np

from aemlo.formats.kinds.arff.layout import (
    DensePart,
    Layout,
    SparsePart,
    no_places,
    parsed,
)

PAIRS = bytes.maketrans(b", ", b"\n,")
BLANK, ONE = b" 1"
SEPARATES = np.isin(np.arange(256), list(b",\n"))
MOST_DIGITS = 9  # of a place: any such number fits 32 bits


class Doubt(Exception):  # noqa: N818  (a stretch the fast way cannot read)
    pass


def dense_part(text: bytes, layout: Layout) -> DensePart:
    """The rows of plain dense `text`; Doubt where they are not plain."""
    import pyarrow as pa

    if b"{" in text:
        raise Doubt
    if b", " in text:
        text = text.replace(b", ", b",")
    if b"\t" in text and b"," not in text:
        text = text.replace(b"\t", b",")
    names = [str(j) for j in range(len(layout.columns))]
    types: dict[str, pa.DataType] = dict.fromkeys(names, pa.float64())
    types |= {str(j): pa.string() for j in layout.texts}
    types |= {str(j): pa.dictionary(pa.int32(), pa.string()) for j in layout.nominal}
    table = _arrow(text, names, types)
    if table is None:
        return DensePart(np.empty((0, len(names))), {})
    columns, texts = np.zeros((len(names), len(table))), {}
    texts_at = set(layout.texts)
    for j, column in enumerate(table.columns):
        codes = layout.codes[j]
        if codes is not None:
            columns[j] = _coded(column, codes)
        elif j in texts_at:
            texts[j] = _stripped(column)
        else:
            columns[j] = column.to_numpy()
    _check_numbers(columns, table, layout.codes)
    return DensePart(np.ascontiguousarray(columns.T), texts)


def sparse_part(text: bytes, layout: Layout) -> SparsePart:
    """The rows of plain sparse `text`; Doubt where they are not plain."""
    if layout.texts:
        raise Doubt
    body, sizes = _body(text)
    total = int(sizes.sum())
    if not total:
        return SparsePart(np.empty(0), no_places(), sizes, {})
    plain = all(_spells_numbers(codes) for codes in layout.lists)
    places = _places_of_ones(body, sizes) if plain else None
    if places is not None:
        written = np.ones(total)
    else:
        places, written = _places_and_values(body, total, plain)
    _check_places(places, sizes, len(layout.columns))
    decode = _plain_values if plain else _spelled_values
    return SparsePart(decode(written, places, layout), places, sizes, {})


def _check_places(places, sizes, count):
    """Doubt unless the columns of each row exist and rise."""
    if places.min() < 0 or places.max() >= count:
        raise Doubt
    starts = np.cumsum(sizes) - sizes
    rising = np.ones(len(places), dtype=bool)
    rising[1:] = places[1:] > places[:-1]
    rising[starts[sizes > 0]] = True
    if not rising.all():
        raise Doubt


def _plain_values(values, places, layout):
    """Numbers as codes, where all declared values spell different numbers."""
    if not layout.lists:
        return values
    if layout.is_all_binary and ((values == 0) | (values == 1)).all():
        return values
    known = ~np.isnan(values)
    owner = layout.list_of[places]
    for k, codes in enumerate(layout.lists):
        numbers = np.array([float(value) for value in codes])
        if np.array_equal(numbers, np.arange(len(numbers))):
            is_whole = len(layout.lists) == 1 and (owner == k).all()
            mine = values[known] if is_whole else values[(owner == k) & known]
            _check_codes(mine, len(numbers))
            continue
        mine = np.flatnonzero((owner == k) & known)
        order = np.argsort(numbers, kind="stable")
        at = np.searchsorted(numbers[order], values[mine])
        nearest = order[np.minimum(at, len(order) - 1)]
        if (numbers[nearest] != values[mine]).any():
            raise Doubt
        values[mine] = nearest
    return values


def _check_codes(values, count):
    """Doubt unless all `values` are whole numbers from 0 and below `count`."""
    if len(values) and (values.max() > count - 1 or values.min() < 0):
        raise Doubt
    if (values != np.floor(values)).any():
        raise Doubt


def _spelled_values(column, places, layout):
    """Words as numbers, or as codes where their column is nominal."""
    column = column.combine_chunks()
    words = [word.strip() for word in column.dictionary.to_pylist()]
    token = column.indices.fill_null(len(words)).to_numpy().astype(np.int64)
    values = np.full(len(token), np.nan)
    owner = layout.list_of[places]
    for k in range(-1, len(layout.lists)):
        mine = owner == k
        value_of = np.full(len(words) + 1, np.nan)
        for t in np.unique(token[mine]).tolist():
            if t == len(words) or words[t] == "?":
                continue
            if k < 0:
                value_of[t] = parsed(words[t])
            else:
                value_of[t] = layout.lists[k].get(words[t], math.inf)
        if np.isinf(value_of).any():
            raise Doubt
        values[mine] = value_of[token[mine]]
    return values


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
    values = [math.nan if word == "?" else codes.get(word, math.inf) for word in words]
    if math.inf in values:
        raise Doubt
    indices = column.indices.fill_null(len(words)).to_numpy()
    return np.array([*values, math.nan], dtype=float)[indices]


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
