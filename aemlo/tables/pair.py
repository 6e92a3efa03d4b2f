"""Two files of one data set: the training and the test part of a declared split."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from aemlo.errors import DataError
from aemlo.tables.labels import listed
from aemlo.tables.table import Column, Table

TEST = re.compile(
    r"(^|[^a-z])(te?st|testing|validation|valid|eval|dev)([^a-z]|$)", re.I
)
TRAIN = re.compile(r"(^|[^a-z])(tra?i?n|training)([^a-z]|$)", re.I)


def in_order(names: Sequence[str]) -> tuple[int, int]:
    """Positions of the training and the test file among two file `names`.

    Raises DataError when the names do not tell which is which.
    """
    tests = [bool(TEST.search(name)) for name in names]
    trains = [bool(TRAIN.search(name)) for name in names]
    if tests == [False, True] or (tests == [False, False] and trains == [True, False]):
        return 0, 1
    if tests == [True, False] or (tests == [False, False] and trains == [False, True]):
        return 1, 0
    raise DataError(
        f"Two data files, {listed(names)}, but their names do not tell which is the "
        "training and which the test part. Put 'train' and 'test' into the names."
    )


def joined(train: Table, test: Table) -> Table:
    """One Table of both, `split` True for the rows of `train`.

    Columns are matched by name; the order is that of `train`. DataError names columns
    that only one file has, or that hold numbers in one and words in the other. Files
    that write only what is not zero (LIBSVM) may lack columns.
    """
    _check_same(train, test)
    names = list(dict.fromkeys([*train.column_names, *test.column_names]))
    if train.may_lack_columns:
        names = _by_kind(train, test, names)
    columns, texts, blocks = [], {}, ([], [])
    places = train.places, test.places
    for k, name in enumerate(names):
        column, values, words = _merged(train, test, name, *places)
        columns.append(column)
        blocks[0].append(values[0])
        blocks[1].append(values[1])
        if words is not None:
            texts[k] = words
    is_sparse = sparse.issparse(train.X) or sparse.issparse(test.X)
    stack = _stacked_sparse if is_sparse else _stacked_dense
    location = train.location if train.location.certain else test.location
    if train.may_lack_columns:
        labels = {*(train.location.names or ()), *(test.location.names or ())}
        location = replace(location, names=[n for n in names if n in labels])
    return Table(
        name=common_name(train.name, test.name),
        format=train.format,
        columns=columns,
        X=stack(blocks),
        texts=texts,
        location=location,
        warnings=list(
            dict.fromkeys(
                [*train.warnings, *test.warnings, *_disagreement(train, test)]
            )
        ),
        split=np.arange(train.n + test.n) < train.n,
        limits=train.limits,
        source={**train.source, "test_file": test.source.get("file")},
        may_lack_columns=train.may_lack_columns,
        repeated=(*train.repeated, *test.repeated),
    )


def _disagreement(train, test):
    """A warning where both files say for sure which columns are labels, differently."""
    if train.may_lack_columns or not (train.location.certain and test.location.certain):
        return []
    here, there = train.location.names or [], test.location.names or []
    if set(here) == set(there):
        return []
    sources = [f"{table.name} ({table.location.words})" for table in (train, test)]
    return [
        f"{' and '.join(sources)} name different label columns: {listed(here, 3)} and "
        f"{listed(there, 3)}. The training file's were used."
    ]


def common_name(train: str, test: str) -> str:
    """What two file names have in common before "train" and "test"."""
    same = 0
    while same < min(len(train), len(test)) and train[same] == test[same]:
        same += 1
    shared = re.sub(r"(^|[-_. ])t$", "", train[:same])
    return shared.strip("-_. (") or train


def _check_same(train, test):
    if train.may_lack_columns and test.may_lack_columns:
        return
    a, b = set(train.column_names), set(test.column_names)
    for here, there, names in ((train, test, a - b), (test, train, b - a)):
        if names:
            raise DataError(
                f"{there.name}: lacks {len(names):,} columns that {here.name} has: "
                f"{listed(sorted(names), 5)}. Two files of a split need the same ones."
            )


def _by_kind(train, test, names):
    """Features by number, then labels by number, as one file with all would have."""
    labels = {*(train.location.names or ()), *(test.location.names or ())}

    def number(name):
        return int(name[len(name.rstrip("0123456789")) :])

    return [
        *sorted((n for n in names if n not in labels), key=number),
        *sorted((n for n in names if n in labels), key=number),
    ]


def _merged(train, test, name, at_train, at_test):
    """The Column `name` of both files, its two parts, and its words if it is text."""
    at = [places.get(name) for places in (at_train, at_test)]
    kinds = [
        t.columns[j] for t, j in zip((train, test), at, strict=True) if j is not None
    ]
    n = (train.n, test.n)
    column = kinds[0]
    if any(c.kind in ("text", "date") for c in kinds):
        if any(c.kind == "numeric" for c in kinds):
            raise _clash(train, test, name)
        words = np.concatenate(
            [t.words(j) for t, j in zip((train, test), at, strict=True)]
        )
        kind = "text" if any(c.kind == "text" for c in kinds) else column.kind
        return Column(name, kind), (np.zeros(n[0]), np.zeros(n[1])), words
    values = [
        np.zeros(n[k]) if j is None else t.column(j)
        for k, (t, j) in enumerate(zip((train, test), at, strict=True))
    ]
    if len({c.kind for c in kinds}) > 1:
        raise _clash(train, test, name)
    if column.kind == "nominal" and kinds[-1].values != column.values:
        union = list(dict.fromkeys([*column.values, *kinds[-1].values]))
        if all(list(c.values) == sorted(c.values) for c in kinds):
            union.sort()  # as one file with all rows would have them
        union = tuple(union)
        place = {value: float(k) for k, value in enumerate(union)}
        values = [
            _recoded(numbers, c, place)
            for numbers, c in zip(values, kinds, strict=True)
        ]
        column = Column(name, "nominal", union)
    return column, tuple(values), None


def _recoded(numbers, column, place):
    """Positions among the values of `column` as positions by `place`, gaps kept."""
    to = np.array([*(place[value] for value in column.values), np.nan])
    gaps = np.where(np.isnan(numbers), len(column.values), numbers)
    return to[gaps.astype(int)]


def _clash(train, test, name):
    return DataError(
        f"Column '{name}' holds numbers in one and words in the other of {train.name} "
        f"and {test.name}. Make them alike."
    )


def _stacked_dense(blocks):
    return np.vstack([np.column_stack(part) for part in blocks])


def _stacked_sparse(blocks):
    parts = [
        sparse.hstack([sparse.csc_matrix(v[:, None]) for v in part], format="csr")
        for part in blocks
    ]
    return sparse.csr_matrix(sparse.vstack(parts, format="csr"))
