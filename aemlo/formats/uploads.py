"""Tables of uploaded files: large ones are read apart, and stay on disk.

What a page keeps of a large file between two clicks is mapped from a file that has no
name any more: the system takes its memory back when it likes, and its place on disk
when the last array is gone. Such arrays cannot be written to. Ours.
"""

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from aemlo import limited_process
from aemlo.arrays import Features
from aemlo.dataset import Dataset
from aemlo.formats import reading, registry
from aemlo.progress import no_progress
from aemlo.tables import archive
from aemlo.tables.labels import Location
from aemlo.tables.limits import MEGABYTE, Limits
from aemlo.tables.source import GZIP, PACKED
from aemlo.tables.table import Column, Table

# Bytes, unpacked, up to which a file is read here: to start a process takes seconds.
IN_PROCESS = 4 * MEGABYTE
PLAIN = ("name", "format", "warnings", "source", "may_lack_columns")
PARTS = ("data", "indices", "indptr")


def open_files(
    files: Sequence[tuple[str, bytes]],
    on_progress: Callable[..., None] = no_progress,
    **options: Any,
) -> Table:
    """As `formats.open_files`, for pairs (name, bytes): apart where they are large.

    Raises DataError for a file whose reading takes more memory or time than the limits
    of `aemlo.limited_process`.
    """
    if sum(_unpacked(data) for _, data in files) <= IN_PROCESS:
        return reading.open_files(files, on_progress=on_progress, **options)
    with limited_process.work(
        "aemlo.formats.uploads:table_into", files, on_progress, options=options
    ) as (folder, _):
        return load(folder)


def table_into(
    files: Sequence[tuple[str, bytes]],
    folder: Path,
    on_progress: Callable[..., None],
    options: Mapping[str, Any],
) -> None:
    """Read `files` and `save` their table in `folder`."""
    save(reading.open_files(files, on_progress=on_progress, **options), folder)


def _unpacked(data):
    """The most bytes that a file can become before it is a table; inf if unknown."""
    packed = (GZIP, b"PAR1", *(mark for mark, *_ in PACKED))
    if data.startswith(packed):
        return np.inf
    if not archive.is_zip(data):
        return len(data)
    if not any(f.binary and f.recognises(data) for f in registry.READERS.values()):
        return np.inf  # an archive of files, which may be packed themselves
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return sum(info.file_size for info in packed.infolist())


def to_dataset(table: Table, names: Sequence[str] | None = None, **how: Any) -> Dataset:
    """`table.to_dataset`, its features on disk where they are large."""
    dataset = table.to_dataset(names, **how)
    parts = [getattr(dataset.X, part) for part in PARTS] if dataset.is_sparse else ()
    if sum(part.nbytes for part in parts or [dataset.X]) <= IN_PROCESS:
        return dataset
    with tempfile.TemporaryDirectory(
        prefix="aemlo-", ignore_cleanup_errors=True
    ) as folder:
        save_matrix(dataset.X, Path(folder))
        return replace(dataset, X=load_matrix(Path(folder)))


def save(table: Table, folder: Path) -> None:
    """Write `table` to `folder`, which is there; nothing is pickled."""
    import pyarrow as pa

    save_matrix(table.X, folder)
    if table.split is not None:
        np.save(folder / "split.npy", table.split, allow_pickle=False)
    facts = {name: getattr(table, name) for name in PLAIN} | {
        "columns": table.columns,
        "location": asdict(table.location),
        "limits": asdict(table.limits),
        "repeated": table.repeated,
    }
    (folder / "table.json").write_text(json.dumps(facts), encoding="utf-8")
    texts = pa.table(
        {str(j): pa.array(t, pa.large_string()) for j, t in table.texts.items()}
    )
    with pa.ipc.new_file(str(folder / "texts.arrow"), texts.schema) as writer:
        writer.write_table(texts)


def load(folder: Path) -> Table:
    """The Table that `save` wrote; the folder may vanish while it is in use."""
    facts = json.loads((folder / "table.json").read_text(encoding="utf-8"))
    split = folder / "split.npy"
    return Table(
        **{name: facts[name] for name in PLAIN},
        columns=[Column(name, kind, tuple(v)) for name, kind, v in facts["columns"]],
        X=load_matrix(folder),
        texts=Texts(folder / "texts.arrow"),
        location=Location(**facts["location"]),
        split=np.load(split, allow_pickle=False) if split.exists() else None,
        limits=Limits(**facts["limits"]),
        repeated=tuple(facts["repeated"]),
    )


class Texts(Mapping):
    """Columns of texts in an Arrow file, by position; spelled out when asked for."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        with pa.memory_map(str(path)) as file:
            self._table = pa.ipc.open_file(file).read_all()

    def __getitem__(self, j):
        if str(j) not in self._table.column_names:
            raise KeyError(j)
        return self._table.column(str(j)).to_numpy()

    def __iter__(self):
        return map(int, self._table.column_names)

    def __len__(self):
        return self._table.num_columns


def save_matrix(X: Features, folder: Path) -> None:
    """Write X (n, d), NumPy or CSR, so that `load_matrix` can map it."""
    if not sparse.issparse(X):
        np.save(folder / "X.npy", np.asarray(X), allow_pickle=False)
        return
    for part in PARTS:
        np.save(folder / f"X_{part}.npy", getattr(X, part), allow_pickle=False)
    np.save(folder / "X_shape.npy", X.shape, allow_pickle=False)


def load_matrix(folder: Path) -> Features:
    """The X that `save_matrix` wrote, mapped from its files and read only."""
    if (folder / "X.npy").exists():
        return _mapped(folder / "X.npy")
    parts = tuple(_mapped(folder / f"X_{part}.npy") for part in PARTS)
    shape = tuple(np.load(folder / "X_shape.npy").tolist())
    return sparse.csr_matrix(parts, shape, copy=False)


def _mapped(path):
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
