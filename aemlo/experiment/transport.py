"""Cells as bytes and back, without pickle: JSON for words, NumPy for predictions.

So what another process sends as a result can say something wrong, and never run code.
Ours.
"""

import io
import json
import zipfile
import zlib

import numpy as np
from threadpoolctl import threadpool_limits

from aemlo.errors import DataError
from aemlo.experiment.unit import Cell, do_unit

TEXTS = ("key", "sampler", "classifier", "error", "trace")
NUMBERS = ("dataset", "repeat", "fold")
# What NumPy, zip and JSON raise for bytes that are no npz archive of ours.
UNREADABLE = (TypeError, ValueError, KeyError, OSError, EOFError)
UNREADABLE += (zipfile.BadZipFile, zlib.error)


def in_pool(unit, source):
    """`packed` Cells of `unit`, done in a process of its own with one thread."""
    threadpool_limits(1)
    return packed(do_unit(unit, source))


def packed(cells):
    """`cells` as the bytes of an npz archive; floats keep every bit."""
    fields = [{k: v for k, v in vars(c).items() if k != "predicted"} for c in cells]
    text = json.dumps(fields, default=_plain).encode()
    predicted = {
        f"predicted {place}": cell.predicted
        for place, cell in enumerate(cells)
        if cell.predicted is not None
    }
    archive = io.BytesIO()
    np.savez_compressed(archive, cells=np.frombuffer(text, np.uint8), **predicted)
    return archive.getvalue()


def unpacked(content):
    """The Cells of `packed`; DataError for anything else."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            fields = json.loads(archive["cells"].tobytes())
            return [_cell(one, place, archive) for place, one in enumerate(fields)]
    except UNREADABLE:
        raise unreadable() from None


def unreadable():
    """The DataError that says that results are not those of this version."""
    return DataError(
        "What came back for this cell cannot be read. Install the same version of "
        "AEMLO Studio where the cells are computed."
    )


def _cell(fields, place, archive):
    cell = Cell(**fields)
    words = all(isinstance(getattr(cell, name), str) for name in TEXTS)
    numbers = all(isinstance(getattr(cell, name), int) for name in NUMBERS)
    if not words or not numbers or not isinstance(cell.facts, dict):
        raise ValueError(fields)
    cell.scores = [
        (str(metric), str(label), float(value)) for metric, label, value in cell.scores
    ]
    name = f"predicted {place}"
    if name in archive:
        cell.predicted = archive[name]
        if cell.predicted.dtype != bool or cell.predicted.ndim != 2:
            raise ValueError(name)
    return cell


def _plain(value):
    """A NumPy number as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} is not plain data.")
