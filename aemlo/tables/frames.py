"""From a pandas frame to a Table and back: what Excel, Parquet and OpenML share."""

import json
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.errors import DataError
from aemlo.tables.columns import ColumnParts, column_of_words
from aemlo.tables.limits import Limits
from aemlo.tables.table import MARK, Column, Table, unique_names

ROW_NUMBERS = "The first column has no name and counts the rows: left out."
INDEX_NAMES = ("", "Unnamed: 0", "__index_level_0__")


def table_of(
    frame: pd.DataFrame,
    source_name: str,
    stem: str,
    kind: str,
    limits: Limits,
    **more: Any,
) -> Table:
    """The Table of `frame`; `more` goes to Table (location, warnings, source)."""
    limits.check(source_name, "rows", len(frame), "rows")
    limits.check(source_name, "columns", frame.shape[1], "columns")
    limits.check(source_name, "cells", frame.size, "cells")
    if not len(frame) or not frame.shape[1]:
        raise DataError(f"{source_name}: has no rows or no columns.")
    if _are_row_numbers(frame):
        frame = frame.iloc[:, 1:]
        more["warnings"] = [*more.pop("warnings", ()), ROW_NUMBERS]
    frame, vectors = _without_vectors(frame)
    names, warnings, more["repeated"] = unique_names(
        [_named(name, j, kind) for j, name in enumerate(frame.columns, 1)]
    )
    warnings += vectors
    X, columns, texts = np.zeros(frame.shape), [], {}
    for j, name in enumerate(names):
        column, values, words = column_of(name, frame.iloc[:, j], source_name, limits)
        columns.append(column)
        if words is None:
            X[:, j] = values
        else:
            texts[j] = words
    infinite = np.flatnonzero(np.isinf(X).any(axis=0))
    if len(infinite):
        raise _too_large(source_name, names[infinite[0]])
    more["warnings"] = [*more.pop("warnings", ()), *warnings]
    return Table(
        name=stem, format=kind, columns=columns, X=X, texts=texts, limits=limits, **more
    )


def _are_row_numbers(frame: pd.DataFrame) -> bool:
    """Whether the first column is the index that pandas or R wrote."""
    first = frame.columns[0]
    blank = first is None or first != first or str(first).strip() in INDEX_NAMES
    return blank and frame.shape[1] > 1 and are_row_numbers(frame.iloc[:, 0])


def are_row_numbers(values: pd.Series | np.ndarray) -> bool:
    """Whether `values` (n,) count the rows from 0 or 1."""
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        return False
    counted = np.arange(len(numbers))
    return bool((numbers == counted).all() or (numbers == counted + 1).all())


def _without_vectors(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """`frame` with one column for each position of columns of equally long lists of
    numbers (embeddings); lists of 0 and 1 stay, they may be labels. And warnings."""
    parts, warnings = [], []
    for j, name in enumerate(frame.columns):
        matrix = _as_matrix(frame.iloc[:, j])
        if matrix is None:
            parts.append(frame.iloc[:, [j]])
            continue
        width = matrix.shape[1]
        names = [f"{name}_{k}" for k in range(width)]
        parts.append(pd.DataFrame(matrix, columns=names, index=frame.index))
        warnings.append(
            f"Column '{name}' holds lists of {width:,} numbers: read as {width:,} "
            f"numeric columns, '{names[0]}' to '{names[-1]}'."
        )
    return (pd.concat(parts, axis=1), warnings) if warnings else (frame, [])


def _as_matrix(values: pd.Series) -> np.ndarray | None:
    """A column of equally long lists of numbers as (n, width), NaN where missing."""
    if values.dtype != object:
        return None
    cells = values.tolist()
    known = [cell for cell in cells if isinstance(cell, list | tuple | np.ndarray)]
    missing = sum(_cell(cell) is None for cell in cells if not _is_list(cell))
    if not known or len(known) + missing < len(cells):
        return None
    widths = {len(cell) for cell in known}
    if len(widths) > 1 or max(widths) < 2:
        return None
    try:
        block = np.array([list(cell) for cell in known])
    except ValueError:
        return None
    if block.ndim != 2 or block.dtype.kind not in "fiu":
        return None
    if np.isin(block, (0, 1)).all() or _may_be_ids(block):
        return None
    matrix = np.full((len(cells), block.shape[1]), np.nan)
    matrix[[_is_list(cell) for cell in cells]] = block
    return matrix


def _is_list(cell: Any) -> bool:
    return isinstance(cell, list | tuple | np.ndarray)


def _may_be_ids(block: np.ndarray) -> bool:
    """Whether equally long lists of whole numbers may be lists of labels."""
    return block.dtype.kind in "iu"


def _named(name, place, kind):
    """The name of a column; people's tables have blanks around it by accident."""
    if name is None or name != name or not str(name).strip():
        return f"column {place}"
    return str(name) if kind == "Parquet" else str(name).strip()


def _too_large(source_name, name):
    return DataError(
        f"{source_name}: column '{name}' has infinite or too large numbers. Leave the "
        "cells empty instead."
    )


def column_of(
    name: str, values: pd.Series, source_name: str, limits: Limits
) -> ColumnParts:
    """(Column, numbers or codes, None) or (Column, None, words) of a pandas Series."""
    kind = values.dtype
    if isinstance(kind, pd.CategoricalDtype):
        words = [str(category) for category in kind.categories]
        if len(set(words)) == len(words):
            codes = values.cat.codes.to_numpy().astype(float)
            codes[codes < 0] = np.nan
            return Column(name, "nominal", tuple(words)), codes, None
        values = values.astype(object)
    elif pd.api.types.is_bool_dtype(kind) or pd.api.types.is_numeric_dtype(kind):
        if pd.api.types.is_complex_dtype(kind):
            raise DataError(f"{source_name}: column '{name}' holds complex numbers.")
        return Column(name), values.to_numpy(dtype=float, na_value=np.nan), None
    elif pd.api.types.is_datetime64_any_dtype(kind):
        words = [None if v is pd.NaT else str(v) for v in values]
        return Column(name, "date"), None, np.array(words, dtype=object)
    cells = [_cell(value) for value in values.tolist()]
    known = [cell for cell in cells if cell is not None]
    if all(isinstance(cell, Real | Decimal) for cell in known):
        try:
            numbers = [np.nan if cell is None else float(cell) for cell in cells]
        except OverflowError:
            raise _too_large(source_name, name) from None
        return Column(name), np.array(numbers), None
    if known and all(isinstance(cell, datetime | date | time) for cell in known):
        words = [None if cell is None else str(cell) for cell in cells]
        return Column(name, "date"), None, np.array(words, dtype=object)
    try:
        words = [None if cell is None else _word(cell) for cell in cells]
    except ValueError:
        # Python writes out no whole number of more than 4,300 digits.
        raise _too_large(source_name, name) from None
    return column_of_words(name, words, source_name, limits)


def _cell(value):
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, Decimal) and value.is_nan():
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray | list | tuple | set):
        return json.dumps([str(item) for item in value])
    if isinstance(value, str):
        return None if value.strip() in ("", "?") else value
    return value


def _word(cell):
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def frame_of(
    dataset: Dataset, mark: Mask | None = None, words: Callable[[str], str] = str
) -> pd.DataFrame:
    """`dataset` as a frame: features, texts, the mark if there is one, labels last.

    `words` is applied to every name and to every word in a cell.
    """
    X = dataset.X if isinstance(dataset.X, np.ndarray) else dataset.X.toarray()
    columns, names = [], []
    for j, feature in enumerate(dataset.features):
        names.append(words(feature.name))
        if feature.kind == "nominal":
            spelled = [words(value) for value in feature.categories]
            codes = np.where(np.isnan(X[:, j]), -1, X[:, j]).astype(int)
            column = pd.Series(pd.Categorical.from_codes(codes, spelled))
        else:
            column = pd.Series(X[:, j])
        columns.append(column)
    for name in dataset.text_names:
        cells = pd.DataFrame(dataset.text)[name]
        texts = [None if t is None or t != t else words(t) for t in cells]
        names.append(words(name))
        columns.append(pd.Series(texts, dtype=object))
    if mark is not None:
        names.append(MARK)
        columns.append(pd.Series(np.where(mark, "yes", "no"), dtype=object))
    for j, name in enumerate(dataset.label_names):
        names.append(words(name))
        columns.append(pd.Series(dataset.Y[:, j]))
    frame = pd.concat(columns, axis=1, ignore_index=True)
    return frame.set_axis(names, axis=1)
