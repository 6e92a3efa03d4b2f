"""Parquet files: typed columns; labels are remembered in the file's metadata."""

import io
import json

import numpy as np

from aemlo.errors import DataError
from aemlo.formats.base import Format
from aemlo.formats.frames import frame_of, table_of
from aemlo.formats.labels import Location
from aemlo.formats.limits import MEGABYTE
from aemlo.formats.table import MARK, Column

KEY = b"aemlo"


class Parquet(Format):
    """Apache Parquet, read with pyarrow. A file written here says which columns are
    labels and which declared values a nominal column has."""

    title = "Parquet"
    extensions = (".parquet", ".pq")
    binary = True

    def keeps_split(self, dataset):
        return True

    def recognises(self, data):
        return 2 if data[:4] == b"PAR1" else 0

    def read(self, source, limits, **options):
        import pyarrow as pa
        from pyarrow import parquet

        try:
            file = parquet.ParquetFile(io.BytesIO(source.data))
            _check_size(source.name, file.metadata, limits)
            table = file.read(use_threads=False)
            said = (table.schema.metadata or {}).get(KEY)
            frame = table.replace_schema_metadata(None).to_pandas(use_threads=False)
        except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
            if isinstance(error, DataError):
                raise
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DataError(f"{source.name}: broken Parquet file ({first}).") from None
        found = table_of(
            frame,
            source.name,
            source.stem,
            "Parquet",
            limits,
            source={"file": source.name},
        )
        return _told(found, said)

    def write(self, dataset, mark=None):
        import pyarrow as pa
        from pyarrow import parquet

        names = [*dataset.feature_names, *dataset.label_names]
        if len(set(names)) < len(names):
            raise DataError(
                f"{dataset.name}: a Parquet file needs different names for all "
                "columns. Number the names that clash first."
            )
        table = pa.Table.from_pandas(frame_of(dataset, mark), preserve_index=False)
        said = {
            "labels": dataset.label_names,
            "name": dataset.name,
            "split": None if dataset.split is None else _runs(dataset.split),
            "kinds": {f.name: f.kind for f in dataset.features}
            | dict.fromkeys(dataset.text_names, "text"),
            "values": {
                f.name: f.categories for f in dataset.features if f.kind == "nominal"
            },
        }
        table = table.replace_schema_metadata({KEY: json.dumps(said).encode()})
        out = io.BytesIO()
        parquet.write_table(table, out)
        return {".parquet": out.getvalue()}


def _check_size(name, metadata, limits):
    limits.check(name, "rows", metadata.num_rows, "rows")
    limits.check(name, "columns", metadata.num_columns, "columns")
    cells = metadata.num_rows * metadata.num_columns
    limits.check(name, "cells", cells, "cells")
    unpacked = sum(
        metadata.row_group(k).total_byte_size for k in range(metadata.num_row_groups)
    )
    limits.check(name, "unpacked MB", unpacked // MEGABYTE, "unpacked_mb")


def _told(table, said):
    """`table` with the labels and kinds that our own metadata name, if they fit it."""
    try:
        told = json.loads(said) if said else {}
        labels, kinds = list(told["labels"]), dict(told["kinds"])
    except (ValueError, KeyError, TypeError):
        return table
    if not set(labels) <= set(table.column_names):
        return table
    for j, column in enumerate(table.columns):
        kind = kinds.get(column.name, column.kind)
        if column.kind == "nominal" and kind == "text" and column.name != MARK:
            table.texts[j] = table.words(j)
            table.X[:, j] = 0
            table.columns[j] = Column(column.name, "text")
    table.location = Location(labels, "the file's own metadata", certain=True)
    table.name = str(told.get("name") or table.name)
    try:
        values, sizes = zip(*told["split"], strict=True)
        if sum(sizes) == table.n and min(sizes) >= 0:
            table.split = np.repeat(values, sizes).astype(bool)
    except (KeyError, TypeError, ValueError):
        pass
    return table


def _runs(split):
    """A split as [value, length] of its runs."""
    ends = np.flatnonzero(np.diff(split.astype(int))) + 1
    starts = np.concatenate([[0], ends])
    sizes = np.diff(np.concatenate([starts, [len(split)]]))
    return [[int(split[s]), int(k)] for s, k in zip(starts, sizes, strict=True)]
