"""A column that holds a list of labels per row: `a;b;c`, or JSON lists."""

import json
import re
from dataclasses import replace

import numpy as np
from scipy import sparse

from aemlo.errors import DataError
from aemlo.formats.labels import Location, listed
from aemlo.formats.table import Column

SEPARATORS = (";", "|", ",", "/")
QUOTED_ITEM = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
MOST_LISTED = 2_000


def candidates(table):
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
    if all(word.strip().startswith("[") for word in words):
        return True
    separator = separator_of(words)
    if separator is None:
        return False
    items = [item for word in words for item in _items(word, separator)]
    return len(set(items)) < 0.7 * len(items) and max(map(len, items)) <= 60


def separator_of(words):
    """What parts the items in `words`: "json", or the commonest of ; | , /."""
    known = [word for word in words if word is not None]
    if known and all(word.strip().startswith("[") for word in known):
        return "json"
    counts = {mark: sum(mark in word for word in known) for mark in SEPARATORS}
    best = max(counts, key=counts.get)
    return best if counts[best] else None


def _items(word, separator):
    if word is None:
        return []
    if separator == "json":
        return _json_items(word)
    parts = word.split(separator) if separator else [word]
    return [part.strip() for part in parts if part.strip()]


def _json_items(word):
    word = word.strip()
    if not (word.startswith("[") and word.endswith("]")):
        return [word] if word else []
    try:
        items = json.loads(word)
        if all(isinstance(item, str | int | float) for item in items):
            return [str(item) for item in items]
    except (ValueError, RecursionError):
        pass
    quoted = [a or b for a, b in QUOTED_ITEM.findall(word)]
    if quoted:
        return quoted
    return [item.strip() for item in word[1:-1].split(",") if item.strip()]


def expanded(table, name, separator=None):
    """`table` with one 0/1 column per label listed in column `name`, in its place.

    `separator` is a character, or "json"; worked out if not given. Labels are in
    alphabetical order, at the end. DataError for a column that is unknown or numeric,
    or lists nothing.
    """
    if name not in table.places:
        raise DataError(
            f"{table.name}: there is no column '{name}'. Columns: "
            f"{listed(table.column_names)}."
        )
    j = table.places[name]
    if table.columns[j].kind == "numeric":
        words = [None if v != v else f"{v:g}" for v in table.column(j)]
    else:
        words = list(table.words(j))
    how = {**table.source.get("how", {}), "label_list": name}
    how |= {"label_separator": separator} if separator else {}
    separator = separator or separator_of(words)
    rows = [set(_items(word, separator)) for word in words]
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
        location=Location(names, words, certain=True),
        source={**table.source, "how": how},
    )
