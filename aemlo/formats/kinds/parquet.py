"""Parquet files: typed columns; labels are remembered in the file's metadata."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.errors import DataError
from aemlo.formats.base import Format
from aemlo.tables.frames import frame_of, table_of
from aemlo.tables.labels import Location
from aemlo.tables.limits import MEGABYTE, Limits, check_megabytes
from aemlo.tables.source import Source
from aemlo.tables.table import MARK, Column, Table

KEY = b"aemlo"
BROKEN = (OSError, ValueError, TypeError, KeyError, MemoryError)
STEP = 64  # rows read at a time where one may be large
KINDS = ("numeric", "nominal", "text")


class Parquet(Format):
    """Apache Parquet, read with pyarrow. A file written here says which columns are
    labels and which declared values a nominal column has."""

    title = "Parquet"
    extensions = (".parquet", ".pq")
    binary = True

    def keeps_split(self, dataset: Dataset) -> bool:
        return True

    def recognises(self, head: bytes) -> int:
        return 2 if head[:4] == b"PAR1" else 0

    def read(self, source: Source, limits: Limits, **options: Any) -> Table:
        import pyarrow as pa
        from pyarrow import parquet

        try:
            file = parquet.ParquetFile(io.BytesIO(source.data))
            _check_size(source.name, file, limits)
            notes_text = (file.schema_arrow.metadata or {}).get(KEY)
            frame = _frame(source, file, limits)
        except (pa.ArrowException, *BROKEN) as error:
            if isinstance(error, DataError):
                raise
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DataError(f"{source.name}: broken Parquet file ({first}).") from None
        table = table_of(
            frame,
            source.name,
            source.stem,
            "Parquet",
            limits,
            source={"file": source.name},
        )
        return _with_notes(source.name, table, notes_text, frame)

    def write(self, dataset: Dataset, mark: Mask | None = None) -> dict[str, bytes]:
        import pyarrow as pa
        from pyarrow import parquet

        names = [*dataset.feature_names, *dataset.label_names]
        if len(set(names)) < len(names):
            raise DataError(
                f"{dataset.name}: a Parquet file needs different names for all "
                "columns. Number the names that clash first."
            )
        table = pa.Table.from_pandas(frame_of(dataset, mark), preserve_index=False)
        own_notes = {
            "labels": dataset.label_names,
            "name": dataset.name,
            "split": None if dataset.split is None else _runs(dataset.split),
            "kinds": {f.name: f.kind for f in dataset.features}
            | dict.fromkeys(dataset.text_names, "text"),
            "values": {
                f.name: f.categories for f in dataset.features if f.kind == "nominal"
            },
        }
        table = table.replace_schema_metadata({KEY: json.dumps(own_notes).encode()})
        out = io.BytesIO()
        parquet.write_table(table, out)
        return {".parquet": out.getvalue()}


def _check_size(name, file, limits):
    metadata = file.metadata
    limits.check(name, "rows", metadata.num_rows, "rows")
    limits.check(name, "columns", metadata.num_columns, "columns")
    cells = metadata.num_rows * metadata.num_columns
    limits.check(name, "cells", cells, "cells")
    groups = [metadata.row_group(k) for k in range(metadata.num_row_groups)]
    unpacked = sum(group.total_byte_size for group in groups)
    limits.check(name, "unpacked MB", unpacked // MEGABYTE, "unpacked_mb")
    fixed, items = 0, 0
    for j in range(metadata.num_columns):
        leaf, count = file.schema.column(j), metadata.num_rows
        if leaf.max_repetition_level:
            count = sum(group.column(j).num_values for group in groups)
            items += count
        if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY":
            fixed += leaf.length * count
    limits.check(name, "items of lists", items, "cells")
    check_megabytes(limits, name, fixed, "unpacked_mb")


def _frame(source, file, limits):
    """The columns of `file` as a frame, each different text in memory only once.

    Some KB of a file can say one long text for a million cells. Texts are read as
    codes, so that their size together is known before any is spelled out.
    """
    from pyarrow import parquet

    name, schema = source.name, file.schema_arrow
    odd = _odd_columns(name, file)
    even = [field for field in schema if field.name not in odd]
    coded = [field.name for field in even if _is_text(field.type)]
    file_of_codes = parquet.ParquetFile(io.BytesIO(source.data), read_dictionary=coded)
    some = [field.name for field in even] if odd else None
    table = file_of_codes.read(columns=some, use_threads=False)
    size, texts, rest = 0, {}, []
    for j, field in enumerate(even):
        if not _is_text(field.type):
            rest.append(j)
            continue
        size += sum(map(_spelled_size, table.column(j).chunks))
        check_megabytes(limits, name, size, "unpacked_mb")
        texts[j] = pd.Series(_words(table.column(j)), dtype=object)
    frame = _to_pandas(table.select(rest))
    if not texts and not odd:
        return frame
    texts |= {j: frame.iloc[:, k] for k, j in enumerate(rest)}
    columns = [texts[j] for j in range(len(even))]
    names = [field.name for field in even]
    if odd:
        columns.append(_to_pandas(_in_steps(name, file, odd, limits, size)))
        names += columns[-1].columns.tolist()
    whole = pd.concat(columns, axis=1, ignore_index=True).set_axis(names, axis=1)
    return whole[schema.names] if odd else whole


def _to_pandas(table):
    return table.replace_schema_metadata(None).to_pandas(use_threads=False)


def _is_text(kind):
    from pyarrow import types

    kinds = (types.is_string, types.is_large_string, types.is_string_view)
    kinds += (types.is_binary, types.is_large_binary, types.is_binary_view)
    return any(is_kind(kind) for is_kind in kinds)


def _odd_columns(name, file):
    """Names of columns that hold texts in lists, records or types of their own."""
    from pyarrow import types

    leaves = (file.schema.column(j) for j in range(file.metadata.num_columns))
    within = set()
    for leaf in leaves:
        if leaf.physical_type == "BYTE_ARRAY":
            parts = leaf.path.split(".")
            within |= {".".join(parts[: k + 1]) for k in range(len(parts))}
    odd = {
        field.name
        for field in file.schema_arrow
        if field.name in within
        and not _is_text(field.type)
        and not types.is_dictionary(field.type)
    }
    names = file.schema_arrow.names
    if odd and len(set(names)) < len(names):
        raise DataError(
            f"{name}: two columns have the same name, and column '{min(odd)}' holds "
            "lists or records. Rename one."
        )
    return odd


def _in_steps(name, file, columns, limits, size):
    """The Table of `columns`, read some rows at a time as far as the limits allow."""
    import pyarrow as pa

    parts = []
    for part in file.iter_batches(STEP, columns=sorted(columns), use_threads=False):
        size += part.nbytes
        check_megabytes(limits, name, size, "unpacked_mb")
        parts.append(part)
    if not parts:
        return file.read(columns=sorted(columns))
    return pa.Table.from_batches(parts)


def _spelled_size(codes):
    """Bytes of the texts that `codes` stand for."""
    from pyarrow import compute

    # pyarrow makes these functions when it is imported, so its stubs lack them.
    sizes = compute.binary_length(codes.dictionary)  # ty: ignore[missing-attribute]
    sizes = compute.take(sizes, codes.indices)
    return compute.sum(sizes).as_py() or 0  # ty: ignore[missing-attribute]


def _words(column):
    """A column of coded texts as (n,) objects, None where missing."""
    parts = [np.empty(0, dtype=object)]
    for chunk in column.chunks:
        different = np.array([*chunk.dictionary.to_pylist(), None], dtype=object)
        codes = chunk.indices.fill_null(len(different) - 1)
        parts.append(different[codes.to_numpy(zero_copy_only=False)])
    return np.concatenate(parts)


def notes(name: str, notes_text: str | bytes) -> dict[str, Any]:
    """The JSON notes of a file written here, as a dict; DataError where none are."""
    try:
        known = json.loads(notes_text)
    except (ValueError, RecursionError):
        known = None
    if not isinstance(known, dict):
        raise bad_note(name, "they are no JSON object")
    if not isinstance(known.get("name", ""), str):
        raise bad_note(name, f"'name' must be a text, got {known['name']!r:.50}")
    return known


def bad_note(name: str, why: str) -> DataError:
    """The DataError for notes of ours that somebody spoilt."""
    return DataError(
        f"{name}: the program's own notes in the file are damaged: {why}. Write the "
        "file again, or take the notes out."
    )


def are_words(values: object) -> bool:
    """Whether `values`, as JSON has them, are a list of texts."""
    return isinstance(values, list) and all(isinstance(v, str) for v in values)


def _with_notes(name, table, notes_text, frame):
    """`table` with the labels and kinds that our own metadata name, if they fit it."""
    own = notes(name, notes_text) if notes_text else {}
    labels, kinds, runs = own.get("labels"), own.get("kinds"), own.get("split")
    if labels is None or kinds is None:
        return table
    if not are_words(labels):
        raise bad_note(name, "'labels' must be a list of texts")
    if not isinstance(kinds, dict) or not all(kind in KINDS for kind in kinds.values()):
        raise bad_note(name, f"'kinds' must name {', '.join(KINDS)} by column")
    if runs is not None and not _are_runs(runs):
        raise bad_note(name, "'split' must be a list of [0 or 1, how many rows]")
    if not set(labels) <= set(table.column_names):
        return table
    for j, column in enumerate(table.columns):
        if kinds.get(column.name) == "text" and column.name != MARK:
            _make_text(table, j, frame.iloc[:, j].tolist())
    table.location = Location(labels, "the file's own metadata", certain=True)
    table.name = own.get("name") or table.name
    if runs:
        values, sizes = zip(*runs, strict=True)
        if sum(sizes) == table.n:
            table.split = np.repeat(values, sizes).astype(bool)
    return table


def _make_text(table, j, cells):
    """Column `j` as the text it was, words that else mean missing included."""
    words = [
        None if isinstance(cell, float) and cell != cell else cell for cell in cells
    ]
    if all(word is None or isinstance(word, str) for word in words):
        table.texts[j] = np.array(words, dtype=object)
        table.X[:, j] = 0
        table.columns[j] = Column(table.columns[j].name, "text")


def _are_runs(runs):
    return isinstance(runs, list) and all(
        isinstance(run, list)
        and len(run) == 2
        and run[0] in (0, 1)
        and type(run[1]) is int
        and run[1] >= 0
        for run in runs
    )


def _runs(split):
    """A split as [value, length] of its runs."""
    ends = np.flatnonzero(np.diff(split.astype(int))) + 1
    starts = np.concatenate([[0], ends])
    sizes = np.diff(np.concatenate([starts, [len(split)]]))
    return [[int(split[s]), int(k)] for s, k in zip(starts, sizes, strict=True)]
