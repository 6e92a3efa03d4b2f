"""NumPy archives (.npz) with arrays X and Y and, if present, their names."""

import io
import json
import zipfile

import numpy as np
from numpy.lib import format as npy
from scipy import sparse

from aemlo.errors import DataError
from aemlo.formats import archive
from aemlo.formats.base import Format
from aemlo.formats.labels import Location
from aemlo.formats.table import Column, Table, unique_names

X_NAMES = ("X", "x", "data", "features")
Y_NAMES = ("Y", "y", "labels", "target", "targets")
PARTS = ("X_data", "X_indices", "X_indptr", "X_shape")


class Npz(Format):
    """Arrays X (n, d) and Y (n, q), or X in CSR parts (`X_data`, `X_indices`,
    `X_indptr`, `X_shape`); optional `feature_names`, `label_names`, `split`. Nothing is
    ever unpickled. A file written here also keeps kinds and categories (`kinds`, JSON).
    """

    title = "NumPy"
    extensions = (".npz",)
    binary = True

    def keeps_split(self, dataset):
        return True

    def recognises(self, data):
        names = archive.member_names(data)
        return 2 if names and all(name.endswith(".npy") for name in names) else 0

    def read(self, source, limits, **options):
        arrays = _arrays(source, limits)
        X, Y = _x(source.name, arrays), _y(source.name, arrays)
        if X.shape[0] != Y.shape[0]:
            raise DataError(
                f"{source.name}: X has {X.shape[0]:,} rows and Y {Y.shape[0]:,}."
            )
        if not X.shape[0] or not Y.shape[1]:
            raise DataError(f"{source.name}: has no rows or no labels.")
        columns = _features(source.name, arrays, X)
        labels = _names(source.name, arrays, "label_names", Y.shape[1], "label")
        names, warnings, _ = unique_names([*(c.name for c in columns), *labels])
        columns = [
            Column(name, c.kind, c.values)
            for name, c in zip(names[: len(columns)], columns, strict=True)
        ]
        labels = names[len(columns) :]
        stack = sparse.hstack if sparse.issparse(X) else np.hstack
        whole = stack([X, Y.astype(float)])
        split = arrays.get("split")
        told = _told(arrays)
        return Table(
            name=told.get("name") or source.stem,
            format=f"NumPy, {'sparse' if sparse.issparse(X) else 'dense'}",
            columns=[*columns, *(Column(name) for name in labels)],
            X=sparse.csr_matrix(whole) if sparse.issparse(X) else whole,
            location=Location(labels, "the array Y", certain=True),
            warnings=warnings,
            split=None if split is None else split.astype(bool).ravel()[: len(Y)],
            limits=limits,
            source={"file": source.name},
        )

    def write(self, dataset, mark=None):
        if dataset.text is not None:
            raise DataError(
                f"{dataset.name}: a NumPy file holds numbers only, and the data set "
                "has text. Write CSV, Excel, ARFF or Parquet."
            )
        said = {
            "name": dataset.name,
            "kinds": [f.kind for f in dataset.features],
            "values": [f.categories for f in dataset.features],
        }
        arrays = {
            "Y": dataset.Y,
            "feature_names": np.array(dataset.feature_names, dtype=str),
            "label_names": np.array(dataset.label_names, dtype=str),
            "kinds": np.array(json.dumps(said)),
        }
        if dataset.split is not None:
            arrays["split"] = dataset.split
        if mark is not None:
            arrays["is_synthetic"] = np.asarray(mark, dtype=bool)
        if dataset.is_sparse:
            X = sparse.csr_matrix(dataset.X)
            parts = (X.data, X.indices, X.indptr, np.array(X.shape))
            arrays |= dict(zip(PARTS, parts, strict=True))
        else:
            arrays["X"] = dataset.X
        out = io.BytesIO()
        np.savez_compressed(out, allow_pickle=False, **arrays)
        return {".npz": out.getvalue()}


def _arrays(source, limits):
    """The arrays of the archive, each measured by its header before it is made."""
    archive.check_members(source.name, source.data, limits)
    found = {}
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as packed:
            for info in packed.infolist():
                data = packed.read(info)
                stream = io.BytesIO(data)
                version = npy.read_magic(stream)
                read_header = (
                    npy.read_array_header_1_0
                    if version == (1, 0)
                    else npy.read_array_header_2_0
                )
                shape, _, kind = read_header(stream)
                if kind.hasobject:
                    raise DataError(
                        f"{source.name}: '{info.filename}' holds Python objects, which "
                        "could run code when read. Save it as numbers or text."
                    )
                promised = int(np.prod(shape, dtype=object)) * kind.itemsize
                if promised > len(data):
                    raise DataError(
                        f"{source.name}: '{info.filename}' promises {promised:,} "
                        f"bytes, but holds {len(data):,}: the file is cut off."
                    )
                stream.seek(0)
                array = npy.read_array(stream, allow_pickle=False)
                found[info.filename.removesuffix(".npy")] = array
    except DataError:
        raise
    except (*archive.BROKEN, SyntaxError, TypeError, MemoryError) as error:
        raise DataError(f"{source.name}: broken NumPy file ({error}).") from None
    return found


def _x(name, arrays):
    if all(part in arrays for part in PARTS):
        data, indices, indptr, shape = (arrays[part] for part in PARTS)
        try:
            X = sparse.csr_matrix(
                (data.astype(float), indices, indptr), tuple(int(s) for s in shape)
            )
            X.check_format()
            X.sum_duplicates()
        except (ValueError, TypeError, IndexError) as error:
            raise DataError(f"{name}: X is no CSR matrix ({error}).") from None
        values = X.data
    else:
        key = next((k for k in X_NAMES if k in arrays), None)
        if key is None:
            raise DataError(
                f"{name}: has no array X. Arrays: {', '.join(arrays) or 'none'}."
            )
        X = arrays[key]
        if X.ndim != 2 or X.dtype.kind not in "fiub":
            raise DataError(
                f"{name}: {key} must be a table of numbers, got {X.dtype} of shape "
                f"{X.shape}."
            )
        X = values = X.astype(float)
    if np.isinf(values).any():
        raise DataError(f"{name}: X has infinite numbers. Use NaN for missing values.")
    return X


def _y(name, arrays):
    key = next((k for k in Y_NAMES if k in arrays), None)
    if key is None:
        raise DataError(
            f"{name}: has no array Y of labels. Arrays: {', '.join(arrays) or 'none'}."
        )
    Y = arrays[key]
    if Y.ndim == 1:
        Y = Y[:, None]
    if Y.ndim != 2 or Y.dtype.kind not in "fiub":
        raise DataError(
            f"{name}: {key} must be a table of 0 and 1, got {Y.dtype} of shape "
            f"{Y.shape}."
        )
    return Y


def _names(name, arrays, key, count, what):
    names = arrays.get(key)
    if names is None:
        return [f"{what} {j}" for j in range(1, count + 1)]
    names = [str(n) for n in np.atleast_1d(names).ravel().tolist()]
    if len(names) != count:
        raise DataError(f"{name}: {len(names):,} {key}, but {count:,} columns.")
    return names


def _told(arrays):
    try:
        told = json.loads(str(arrays["kinds"]))
        return told if isinstance(told, dict) else {}
    except (KeyError, ValueError):
        return {}


def _features(name, arrays, X):
    """Columns of X, with the kinds and categories our own files name, if they fit."""
    names = _names(name, arrays, "feature_names", X.shape[1], "feature")
    plain = [Column(n) for n in names]
    told = _told(arrays)
    kinds, values = told.get("kinds"), told.get("values")
    if not isinstance(kinds, list) or not isinstance(values, list):
        return plain
    if not len(kinds) == len(values) == len(names):
        return plain
    columns = []
    for j, column in enumerate(plain):
        categories = values[j]
        if kinds[j] == "nominal" and isinstance(categories, list):
            part = X[:, [j]].data if sparse.issparse(X) else X[:, j]
            known = part[~np.isnan(part)]
            whole = (known == np.floor(known)).all() and (known >= 0).all()
            if whole and (not len(known) or known.max() < len(categories)):
                column = Column(column.name, "nominal", tuple(map(str, categories)))
        columns.append(column)
    return columns
