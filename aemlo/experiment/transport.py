"""Cells as bytes and back, without pickle: JSON for words, NumPy for predictions.

So what another process sends as a result can say something wrong, and never run code.
Ours.
"""

import io
import json
import zipfile
import zlib
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from aemlo.dataset import Dataset
from aemlo.errors import DataError
from aemlo.experiment.unit import Cell, Unit, do_unit

TEXTS = ("key", "sampler", "classifier", "error", "trace")
NUMBERS = ("dataset", "repeat", "fold")
ARRAYS = {"predicted": np.bool_, "test_scores": np.float32}
# What NumPy, zip and JSON raise for bytes that are no npz archive of ours.
UNREADABLE = (TypeError, ValueError, KeyError, OSError, EOFError)
UNREADABLE += (zipfile.BadZipFile, zlib.error)


def in_pool(unit: Unit, source: Dataset | str) -> bytes:
    """`packed` Cells of `unit`, done in a process of its own with one thread."""
    threadpool_limits(1)
    return packed(do_unit(unit, source))


def packed(cells: list[Cell]) -> bytes:
    """`cells` as the bytes of an npz archive; floats keep every bit."""
    fields = [{k: v for k, v in vars(c).items() if k not in ARRAYS} for c in cells]
    text = json.dumps(fields, default=_plain).encode()
    arrays = {
        f"{name} {place}": getattr(cell, name)
        for place, cell in enumerate(cells)
        for name in ARRAYS
        if getattr(cell, name) is not None
    }
    archive = io.BytesIO()
    np.savez_compressed(archive, cells=np.frombuffer(text, np.uint8), **arrays)
    return archive.getvalue()


def unpacked(content: bytes) -> list[Cell]:
    """The Cells of `packed`; DataError for anything else."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            fields = json.loads(archive["cells"].tobytes())
            return [_cell(one, place, archive) for place, one in enumerate(fields)]
    except UNREADABLE:
        raise unreadable() from None


def unreadable() -> DataError:
    """The DataError that says that results are not those of this version."""
    return DataError(
        "What came back for this cell cannot be read. Install the same version of "
        "AEMLO Studio where the cells are computed."
    )


def _cell(fields: dict[str, Any], place: int, archive: Any) -> Cell:
    cell = Cell(**fields)
    words = all(isinstance(getattr(cell, name), str) for name in TEXTS)
    numbers = all(isinstance(getattr(cell, name), int) for name in NUMBERS)
    if not words or not numbers or not isinstance(cell.facts, dict):
        raise ValueError(fields)
    cell.scores = [
        (str(metric), str(label), float(value)) for metric, label, value in cell.scores
    ]
    for name, kind in ARRAYS.items():
        if f"{name} {place}" in archive:
            array = archive[f"{name} {place}"]
            if array.dtype != kind or array.ndim != 2:
                raise ValueError(name)
            setattr(cell, name, array)
    return cell


def _plain(value: object) -> Any:
    """A NumPy number as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} is not plain data.")
