"""NumPy archives (.npz) with arrays X and Y and, if present, their names."""

import io
import json
import math
import zipfile
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.lib import format as npy
from scipy import sparse

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.errors import DataError
from aemlo.formats.base import Format
from aemlo.formats.kinds.parquet import are_words, bad_note, notes
from aemlo.tables import archive
from aemlo.tables.labels import Location
from aemlo.tables.limits import ARRAYS, Limits
from aemlo.tables.source import Source
from aemlo.tables.table import MARK, Column, Table, unique_names

X_NAMES = ("X", "x", "data", "features")
Y_NAMES = ("Y", "y", "labels", "target", "targets")
PARTS = ("X_data", "X_indices", "X_indptr", "X_shape")
NUMBERS = "fiub"
KINDS = ("numeric", "nominal")
BLOCK = 65_536


class Npz(Format):
    """Arrays X (n, d) and Y (n, q), or X in CSR parts (`X_data`, `X_indices`,
    `X_indptr`, `X_shape`); optional `feature_names`, `label_names`, `split`. Nothing is
    ever unpickled. A file written here also keeps kinds and categories (`kinds`, JSON).
    """

    title = "NumPy"
    extensions = (".npz",)
    binary = True
    kinds = ("numeric", "nominal")
    holds_sparse = True

    def keeps_split(self, dataset: Dataset) -> bool:
        return True

    def recognises(self, head: bytes) -> int:
        names = archive.member_names(head)
        return 2 if names and all(name.endswith(".npy") for name in names) else 0

    def read(self, source: Source, limits: Limits, **options: Any) -> Table:
        arrays = _arrays(source, limits)
        Y = _y(source.name, arrays, limits)
        X = _x(source.name, arrays, limits)
        if X.shape[0] != Y.shape[0]:
            raise DataError(
                f"{source.name}: X has {X.shape[0]:,} rows and Y {Y.shape[0]:,}."
            )
        if not X.shape[0] or not Y.shape[1]:
            raise DataError(f"{source.name}: has no rows or no labels.")
        own = _own_notes(source.name, arrays)
        columns = _features(source.name, arrays, X, own)
        labels = _names(source.name, arrays, "label_names", Y.shape[1], "label")
        names, warnings, _ = unique_names([*(c.name for c in columns), *labels])
        columns = [
            Column(name, c.kind, c.values)
            for name, c in zip(names[: len(columns)], columns, strict=True)
        ]
        labels = names[len(columns) :]
        mark = arrays.get(MARK)
        if mark is not None and mark.dtype == bool and mark.shape == (len(Y),):
            columns.append(Column(MARK))
            X = (sparse.hstack if sparse.issparse(X) else np.hstack)([X, mark[:, None]])
        stack = sparse.hstack if sparse.issparse(X) else np.hstack
        whole = stack([X, Y.astype(float)])
        return Table(
            name=own.get("name") or source.stem,
            format=f"NumPy, {'sparse' if sparse.issparse(X) else 'dense'}",
            columns=[*columns, *(Column(name) for name in labels)],
            X=sparse.csr_matrix(whole) if sparse.issparse(X) else whole,
            location=Location(labels, "the array Y", certain=True),
            warnings=warnings,
            split=_split(source.name, arrays.get("split"), len(Y)),
            limits=limits,
            source={"file": source.name},
        )

    def write(self, dataset: Dataset, mark: Mask | None = None) -> dict[str, bytes]:
        if dataset.text is not None:
            raise DataError(
                f"{dataset.name}: a NumPy file holds numbers only, and the data set "
                "has text. Write CSV, Excel, ARFF or Parquet."
            )
        written = {
            "name": dataset.name,
            "kinds": [f.kind for f in dataset.features],
            "values": [f.categories for f in dataset.features],
        }
        arrays: dict[str, np.ndarray] = {
            "Y": dataset.Y,
            "feature_names": np.array(dataset.feature_names, dtype=str),
            "label_names": np.array(dataset.label_names, dtype=str),
            "kinds": np.array(json.dumps(written)),
        }
        if dataset.split is not None:
            arrays["split"] = dataset.split
        if mark is not None:
            arrays[MARK] = np.asarray(mark, dtype=bool)
        if dataset.is_sparse:
            X = sparse.csr_matrix(dataset.X)
            parts = (X.data, X.indices, X.indptr, np.array(X.shape))
            arrays |= dict(zip(PARTS, parts, strict=True))
        else:
            arrays["X"] = np.asarray(dataset.X)
        out = io.BytesIO()
        np.savez_compressed(out, allow_pickle=False, **arrays)
        return {".npz": out.getvalue()}


def _arrays(source, limits):
    """The arrays of the archive, each measured by its header before it is made."""
    archive.check_members(source.name, source.data, limits, harmless=ARRAYS)
    arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as packed:
            for info in packed.infolist():
                array = read_array(source.name, packed, info, limits)
                arrays[info.filename.removesuffix(".npy")] = array
    except DataError:
        raise
    except (*archive.BROKEN, TypeError) as error:
        raise DataError(f"{source.name}: broken NumPy file ({error}).") from None
    return arrays


def read_array(
    name: str, packed: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits
) -> np.ndarray:
    """The array in the member `info` of the archive `packed`, which is called `name`.

    Nothing but its header is expanded before that promises an array of numbers or
    texts that the member holds and the limits allow. Raises DataError.
    """
    check_array(name, packed, info, limits)
    with packed.open(info) as part:
        array = npy.read_array(part, allow_pickle=False)
        while part.read(BLOCK):  # its checksum is looked at where it ends
            pass
    if array.dtype.kind == "U" and not _is_text(array):
        raise DataError(
            f"{name}: '{info.filename}' is damaged: it holds signs that are no letters "
            "of Unicode. Save the arrays again."
        )
    return array


def _is_text(array):
    """Whether all signs in an array of texts are Unicode's, and no half ones."""
    if not array.size or not array.dtype.itemsize:
        return True
    signs = np.ascontiguousarray(array).reshape(-1)
    signs = signs.view(signs.dtype.str[0] + "u4")
    return not ((signs > 0x10FFFF) | ((signs >= 0xD800) & (signs < 0xE000))).any()


def check_array(
    name: str, packed: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits
) -> None:
    """Raise DataError unless the header of an array says what `read_array` takes."""
    with packed.open(info) as part:
        shape, kind = _header(f"{name}: '{info.filename}'", part)
        held = info.file_size - part.tell()
    what = "Python objects, which could run code when read" if kind.hasobject else ""
    if what or kind.kind == "V":
        raise DataError(
            f"{name}: '{info.filename}' holds {what or 'records'}. Save it as numbers "
            "or text."
        )
    cells = math.prod(shape)
    if cells * kind.itemsize > held:
        raise DataError(
            f"{name}: '{info.filename}' promises {cells * kind.itemsize:,} bytes, but "
            f"holds {held:,}: the file is cut off."
        )
    limits.check(name, "cells", cells, "cells")


def _header(what, part):
    """Shape and type of the array in the open file `part`."""
    try:
        version = npy.read_magic(part)
        read_header = (
            npy.read_array_header_1_0
            if version == (1, 0)
            else npy.read_array_header_2_0
        )
        shape, _, kind = read_header(part)
    # A header is a literal of Python: whatever the parsers of those raise.
    except (*archive.BROKEN, SyntaxError, TypeError, MemoryError, TokenError):
        shape = kind = None
    if shape is None or any(type(size) is not int or size < 0 for size in shape):
        raise DataError(
            f"{what} is damaged: its header cannot be read. Save the arrays again."
        )
    return shape, kind


def _x(name, arrays, limits):
    if all(part in arrays for part in PARTS):
        X = _sparse_x(name, *(arrays[part] for part in PARTS), limits)
        values = X.data
    else:
        key = next((k for k in X_NAMES if k in arrays), None)
        if key is None:
            raise DataError(
                f"{name}: has no array X. Arrays: {', '.join(arrays) or 'none'}."
            )
        X = arrays[key]
        if X.ndim != 2 or X.dtype.kind not in NUMBERS:
            raise DataError(
                f"{name}: {key} must be a table of numbers, got {X.dtype} of shape "
                f"{X.shape}."
            )
        _check_shape(name, X.shape, limits)
        limits.check(name, "cells", X.size, "cells")
        X = values = X.astype(float)
    if np.isinf(values).any():
        raise DataError(f"{name}: X has infinite numbers. Use NaN for missing values.")
    return X


def _check_shape(name, shape, limits, columns="columns"):
    limits.check(name, "rows", shape[0], "rows")
    limits.check(name, "columns", shape[1], columns)


def _sparse_x(name, data, indices, indptr, shape, limits):
    if shape.shape != (2,) or not _are_counts(shape):
        raise DataError(
            f"{name}: X_shape must be two whole numbers, rows and columns, got "
            f"{shape.ravel()[:5].tolist()}."
        )
    shape = tuple(int(size) for size in shape)
    _check_shape(name, shape, limits, "sparse_columns")
    limits.check(name, "stored values", data.size, "cells")
    if data.dtype.kind not in NUMBERS:
        raise DataError(f"{name}: X_data must be numbers, got {data.dtype}.")
    try:
        X = sparse.csr_matrix((data.astype(float), indices, indptr), shape)
        X.check_format()
        X.sum_duplicates()
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise DataError(f"{name}: X is no CSR matrix ({error}).") from None
    return X


def _are_counts(numbers):
    """Whether all are whole, known and not negative, whatever their type."""
    if numbers.dtype.kind not in NUMBERS:
        return False
    return bool(np.isfinite(numbers).all() and (numbers >= 0).all()) and bool(
        (numbers == np.floor(numbers)).all()
    )


def _y(name, arrays, limits):
    key = next((k for k in Y_NAMES if k in arrays), None)
    if key is None:
        raise DataError(
            f"{name}: has no array Y of labels. Arrays: {', '.join(arrays) or 'none'}."
        )
    Y = arrays[key]
    if Y.ndim == 1:
        Y = Y[:, None]
    if Y.ndim != 2 or Y.dtype.kind not in NUMBERS:
        raise DataError(
            f"{name}: {key} must be a table of 0 and 1, got {Y.dtype} of shape "
            f"{Y.shape}."
        )
    limits.check(name, "labels", Y.shape[1], "labels")
    limits.check(name, "label cells", Y.size, "cells")
    return Y


def _split(name, split, rows):
    """The array `split` as (rows,) bool; it holds yes and no, or 'train' and 'test'."""
    if split is None:
        return None
    if split.size != rows:
        raise DataError(
            f"{name}: split has {split.size:,} values for {rows:,} rows. Give one per "
            "row: true for training rows, or 'train' and 'test'."
        )
    values = split.ravel()
    if values.dtype.kind == "S":
        values = np.char.decode(values, "latin-1")
    words = values.dtype.kind == "U"
    if words:
        values = np.char.lower(np.char.strip(values))
    known = ("train", "test") if words else (0, 1)
    odd = ~np.isin(values, known) | (values.dtype.kind not in NUMBERS + "U")
    if odd.any():
        raise DataError(
            f"{name}: split must be true (or 1) for training rows and false (or 0) for "
            "test rows, or the words 'train' and 'test', got "
            f"{values[odd][:1].tolist()[0]!r:.50}."
        )
    return values == "train" if words else values.astype(bool)


def _names(name, arrays, key, count, what):
    names = arrays.get(key)
    if names is None:
        return [f"{what} {j}" for j in range(1, count + 1)]
    if names.size != count:
        raise DataError(f"{name}: {names.size:,} {key}, but {count:,} columns.")
    return [str(n) for n in names.ravel().tolist()]


def _own_notes(name, arrays):
    """Our own notes in the array `kinds`; none where that is something else."""
    written = arrays.get("kinds")
    if written is None or written.ndim or written.dtype.kind != "U":
        return {}
    own = notes(name, str(written))
    kinds, values = own.get("kinds", []), own.get("values", [])
    if not are_words(kinds) or not set(kinds) <= set(KINDS):
        raise bad_note(name, f"'kinds' must be a list of {' and '.join(KINDS)}")
    if not isinstance(values, list) or not all(map(are_words, values)):
        raise bad_note(name, "'values' must be lists of texts")
    return {"name": own.get("name"), "kinds": kinds, "values": values}


def _features(name, arrays, X, own):
    """Columns of X, with the kinds and categories our own files name, if they fit."""
    names = _names(name, arrays, "feature_names", X.shape[1], "feature")
    plain = [Column(n) for n in names]
    kinds, values = own.get("kinds", []), own.get("values", [])
    if not len(kinds) == len(values) == len(names):
        return plain
    columns = []
    for column, kind, categories in zip(plain, kinds, values, strict=True):
        j = len(columns)
        if kind == "nominal":
            part = X[:, [j]].data if sparse.issparse(X) else X[:, j]
            known = part[~np.isnan(part)]
            whole = (known == np.floor(known)).all() and (known >= 0).all()
            if whole and (not len(known) or known.max() < len(categories)):
                column = Column(column.name, "nominal", tuple(categories))
        columns.append(column)
    return columns
