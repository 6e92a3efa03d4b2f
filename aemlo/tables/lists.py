"""A column that holds a list of labels per row: `a;b;c`, or JSON lists."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from aemlo.errors import DataError
from aemlo.tables.labels import Location, listed
from aemlo.tables.table import Column, Table

SEPARATORS = (";", "|", ",", "/")
NOTHING = ("null", "None", "nan", "NaN")
ITEM = re.compile(
    r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|" + "|".join(NOTHING), re.DOTALL
)
# As Python and NumPy print lists: each way to match begins with another character.
PRINTED = re.compile(rf"\[[\s,]*(?:(?:{ITEM.pattern})[\s,]*)*\]", re.DOTALL)
MOST_LISTED = 2_000
EXACT = 2**53  # from here on, floats are not all whole numbers


def candidates(table: Table) -> list[str]:
    """Names of columns that look like lists: words, parted alike, used again."""
    return [
        column.name
        for j, column in enumerate(table.columns)
        if column.kind in ("nominal", "text") and _looks_like_lists(table, j)
    ]


def _looks_like_lists(table, j):
    words = [w for w in table.words(j, slice(0, MOST_LISTED)) if w is not None]
    if not words or len(set(words)) == 1:
        return False
    separator = separator_of(words)
    if separator in ("json", None):
        return separator == "json"
    items = [item for word in words for item in _items(word, separator)]
    return len(set(items)) < 0.7 * len(items) and max(map(len, items)) <= 60


def separator_of(words: Sequence[str | None]) -> str | None:
    """What parts the items in `words`: "json", or the commonest of ; | , /.

    "json" where at least half of the words begin as a list.
    """
    known = [word for word in words if word is not None and not _is_missing(word)]
    if known and 2 * sum(word.lstrip().startswith("[") for word in known) >= len(known):
        return "json"
    counts = {mark: sum(mark in word for word in known) for mark in SEPARATORS}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else None


def _is_missing(word):
    return word is None or word.strip() in ("", "?")


def _items(word, separator):
    """The items in a cell, None for a null; ValueError for what is not a list."""
    if _is_missing(word):
        return []
    if separator == "json":
        return _json_items(word.strip())
    parts = word.split(separator) if separator else [word]
    return [part.strip() for part in parts if part.strip()]


def _json_items(word):
    if not (word.startswith("[") and word.endswith("]")):
        raise ValueError
    try:
        items = json.loads(word)
    except (ValueError, RecursionError):
        return _printed_items(word)
    if not all(isinstance(item, str | int | float | None) for item in items):
        raise ValueError
    items = [None if item is None or item != item else str(item) for item in items]
    "".join(item or "" for item in items).encode()  # ValueError: half a surrogate pair
    return items


def _printed_items(word):
    """The items of ['a', "b"] or [a, b]."""
    if PRINTED.fullmatch(word):
        return [
            None if match[0] in NOTHING else _unescaped(match[1] or match[2] or "")
            for match in ITEM.finditer(word)
        ]
    items = [item.strip() for item in word[1:-1].split(",") if item.strip()]
    if any(item.startswith(("'", '"', "[", "{")) for item in items):
        raise ValueError
    return [None if item in NOTHING else item for item in items]


def _unescaped(item):
    """An item without its backslashes, where they are those of JSON or Python."""
    if "\\" not in item:
        return item
    plain = re.sub(r"\\(.)|\"", _as_json, item, flags=re.DOTALL)
    try:
        said = json.loads(f'"{plain}"', strict=False)
        said.encode()
    except ValueError:
        return item
    return said


def _as_json(match):
    if match[0] in ('"', '\\"'):
        return '\\"'
    return "'" if match[1] == "'" else match[0]


def _number_words(table, name, values):
    """Numbers spelled so that different ones stay different; None for NaN."""
    for i in np.flatnonzero(np.abs(values) >= EXACT)[:1]:
        raise DataError(
            f"{table.name}: row {i + 1:,}: column '{name}' holds {values[i]:.0f}. "
            "Numbers that large can't be told apart: write these labels as words, "
            f"such as 'id {values[i]:.0f}'."
        )
    return [
        None if math.isnan(v) else str(int(v)) if v == int(v) else repr(v)
        for v in values.tolist()
    ]


def _rows(table, name, words, separator):
    """A set of labels for each of `words`, and warnings on cells that lack some."""
    rows, nulls = [], 0
    for i, word in enumerate(words):
        try:
            items = _items(word, separator)
        except ValueError:
            raise DataError(
                f"{table.name}: row {i + 1:,}: column '{name}' holds {word[:60]!r}, "
                'which is not a list of labels like the others. Write it as ["a", '
                '"b"], and [] where there is none.'
            ) from None
        nulls += items.count(None)
        rows.append(set(items) - {None})
    warnings, missing = [], sum(map(_is_missing, words))
    if missing:
        warnings.append(
            f"{missing:,} cells of column '{name}' are empty or '?': these rows have "
            "no label."
        )
    if nulls:
        warnings.append(
            f"{nulls:,} null in the lists of column '{name}': no label each."
        )
    if separator is None and _may_be_parted_by_blanks(words):
        warnings.append(
            f"Column '{name}' has none of {' '.join(SEPARATORS)} in it: every "
            "different cell is one label. If blanks part its labels, give "
            "label_separator=' '."
        )
    return rows, warnings


def _may_be_parted_by_blanks(words):
    known = {word for word in words if not _is_missing(word)}
    parts = [part for word in known for part in word.split()]
    return len(parts) > len(known) > len(set(parts))


def expanded(table: Table, name: str, separator: str | None = None) -> Table:
    """`table` with one 0/1 column per label listed in column `name`, in its place.

    `separator` is a character, or "json"; worked out if not given. Labels are in
    alphabetical order, at the end. Rows whose cell is missing have none; a warning
    counts them. DataError for a column that is unknown or lists nothing, and for a cell
    that is no list among JSON lists.
    """
    if name not in table.places:
        raise DataError(
            f"{table.name}: there is no column '{name}'. Columns: "
            f"{listed(table.column_names)}."
        )
    j = table.places[name]
    if table.columns[j].kind == "numeric":
        words = _number_words(table, name, table.column(j))
    else:
        words = list(table.words(j))
    how = {**table.source.get("how", {}), "label_list": name}
    how |= {"label_separator": separator} if separator else {}
    separator = separator or separator_of(words)
    rows, warnings = _rows(table, name, words, separator)
    labels = sorted(set().union(*rows))
    if not labels:
        raise DataError(f"{table.name}: column '{name}' lists no labels.")
    table.limits.check(table.name, f"labels in column '{name}'", len(labels), "labels")
    table.limits.check(table.name, "label cells", table.n * len(labels), "cells")
    place = {label: k for k, label in enumerate(labels)}
    Y = np.zeros((table.n, len(labels)))
    for i, row in enumerate(rows):
        Y[i, [place[label] for label in row]] = 1
    keep = [k for k in range(len(table.columns)) if k != j]
    taken = {table.columns[k].name for k in keep}
    names = [label if label not in taken else f"{name}: {label}" for label in labels]
    stack = sparse.hstack if sparse.issparse(table.X) else np.hstack
    X = stack([table.X[:, keep], Y])
    said = {"json": "JSON lists", None: "one label a row"}.get(
        separator, f"parted by '{separator}'"
    )
    words = f"the lists in column '{name}' ({said})"
    return replace(
        table,
        columns=[*(table.columns[k] for k in keep), *(Column(n) for n in names)],
        X=sparse.csr_matrix(X) if sparse.issparse(X) else X,
        texts={k - (k > j): texts for k, texts in table.texts.items() if k != j},
        location=Location(names, words, certain=True, warnings=warnings),
        source={**table.source, "how": how},
    )
