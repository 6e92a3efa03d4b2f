"""Which rows of a data set are synthetic, and from which rows they were made.

Two frames say so, both declared here. A data set's provenance (`OF_DATA_SET`) speaks of
the first data, before any row was made: a row that was made from a synthetic one has
the parents of that one. So it is known whether a row comes from a row that is tested
on. A sampler's provenance (`OF_RETURNED_ROWS`) speaks of the rows it was given; `after`
turns it into the first kind.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
import pandas as pd

from aemlo.arrays import LabelMatrix, Mask, Names, Rows
from aemlo.errors import DataError


class DatasetLike(Protocol):
    """What is read here of a Dataset, whose module imports this one."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def name(self) -> str:
        """What the data set is called."""
        ...

    @property
    def features(self) -> tuple[Any, ...]:
        """One entry a column of the features."""
        ...

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the labels (q)."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What reading it warned of."""
        ...

    @property
    def source(self) -> dict[str, Any]:
        """Where it comes from."""
        ...

    @property
    def provenance(self) -> pd.DataFrame | None:
        """Which rows are synthetic, of what; None where all are real."""
        ...

    @property
    def Y(self) -> LabelMatrix:
        """Labels (n, q)."""
        ...

    @property
    def n(self) -> int:
        """Number of rows."""
        ...

    def take(self, rows: Rows | Mask) -> Any:
        """The data set of some rows."""
        ...


Data = TypeVar("Data", bound=DatasetLike)


@dataclass(frozen=True)
class Column:
    """A column of a provenance: the NumPy type of its values, and what they mean."""

    kind: type
    meaning: str


OF_DATA_SET: Mapping[str, Column] = {
    "synthetic": Column(bool, "True for a row that a sampler or a person made"),
    "row": Column(
        np.int64, "number (from 0) of a real row in the first data, -1 if synthetic"
    ),
    "parents": Column(
        object, 'numbers of the real rows a synthetic one was made from, as "3 17"'
    ),
    "made for": Column(object, 'name of the label that a row was made for, or ""'),
    "how": Column(object, 'how a synthetic row was made, in words, or ""'),
}
"""The columns of `Dataset.provenance`, one row per row of the data set."""

OF_RETURNED_ROWS: Mapping[str, Column] = {
    "origin": Column(np.int64, "position of a kept row in what was given, or -1"),
    "parents": Column(object, "positions of the rows a new one was made from, a tuple"),
    "label": Column(np.int64, "position of the label a row was made for, or -1"),
    "weight": Column(
        np.float64,
        "step from the first parent to the second, NaN where drawn per feature",
    ),
}
"""The columns of a sampler's `provenance_`, one row per returned row."""

# The end of every warning about synthetic rows.
TEST_NOTHING = "Test nothing on them."
# In a data set's source: how rows were made in the latent space, the key of the data
# without synthetic rows, and what its name and warnings say of them (see `stated`).
MADE, REAL, STATED = "made", "real rows", "stated of synthetic rows"


def framed(
    columns: Mapping[str, Column], values: Mapping[str, Any], n: int, owner: str
) -> pd.DataFrame:
    """`values` (a frame or arrays by name, `n` rows) as a frame of `columns`.

    The columns come in their order and types. Raises DataError, with the name of the
    `owner`, where one is missing or has another number of rows.
    """
    missing = [name for name in columns if name not in values]
    if missing:
        raise DataError(
            f"{owner}: the provenance lacks {', '.join(map(repr, missing))}. "
            f"It has the columns {', '.join(columns)}."
        )
    arrays = {
        name: np.asarray(values[name]).astype(column.kind, copy=False)
        for name, column in columns.items()
    }
    for array in arrays.values():
        if len(array) != n:
            raise DataError(f"{owner}: {n} rows, but a provenance of {len(array)}.")
    return pd.DataFrame(arrays, copy=False)


def of(dataset: DatasetLike) -> pd.DataFrame:
    """The provenance of a Dataset; where it has none, all its rows are real ones."""
    if dataset.provenance is not None:
        return dataset.provenance
    return pd.DataFrame(
        {
            "synthetic": False,
            "row": np.arange(dataset.n),
            **dict.fromkeys(("parents", "made for", "how"), ""),
        }
    )


def synthetic(dataset: DatasetLike) -> Mask:
    """Which rows (n,) of a Dataset are synthetic."""
    if dataset.provenance is None:
        return np.zeros(dataset.n, dtype=bool)
    return dataset.provenance["synthetic"].to_numpy()


def after(
    before: pd.DataFrame, returned: pd.DataFrame, label_names: Names, how: str
) -> pd.DataFrame:
    """The provenance of what a sampler returned for rows whose provenance is `before`.

    `before` and the result have the columns `OF_DATA_SET`, `returned` has those of
    `OF_RETURNED_ROWS`. Rows keep what is known of them; `how` says in words how the new
    ones were made.
    """
    names = np.array([*label_names, ""], dtype=object)
    origin = returned["origin"].to_numpy()
    new = origin < 0
    result = before.iloc[np.where(new, 0, origin)].reset_index(drop=True)
    first = _numbers_in_first_data(before)
    result["synthetic"] |= new
    result["row"] = np.where(new, -1, result["row"])
    result.loc[new, "parents"] = [
        " ".join(dict.fromkeys(number for p in parents for number in first[p]))
        for parents in returned["parents"].to_numpy()[new]
    ]
    result.loc[new, "made for"] = names[returned["label"].to_numpy()[new]]
    result.loc[new, "how"] = how
    return result


def _numbers_in_first_data(before: pd.DataFrame) -> list[list[str]]:
    """For each row its own number, or those of its parents, as texts."""
    columns = (before[name].tolist() for name in ("synthetic", "row", "parents"))
    return [
        parents.split() if is_synthetic else [str(row)]
        for is_synthetic, row, parents in zip(*columns, strict=True)
    ]


def where_some(dataset: Data) -> Data:
    """`dataset`, without its provenance where no row is synthetic."""
    if dataset.provenance is None or synthetic(dataset).any():
        return dataset
    return replace(dataset, provenance=None)


def way_back(dataset: Data, key: str) -> Data:
    """`dataset`, if it has synthetic rows, with the `key` of the data it came from, for
    those who want the real rows again. A key that it has already is the nearer one."""
    if not synthetic(dataset).any():
        return dataset
    return replace(dataset, source={REAL: key, **dataset.source})


def stated(name: str, warnings: Sequence[str]) -> dict[str, dict[str, Any]]:
    """An entry for a data set's `source`: what is said of its synthetic rows.

    `name` is the part of the data set's name that speaks of them ("" for none),
    `warnings` those of its warnings. `unstated` takes out exactly these.
    """
    return {STATED: {"name": name, "warnings": list(warnings)}}


def stated_warnings(dataset: DatasetLike) -> list[str]:
    """The warnings of a Dataset that speak of its synthetic rows."""
    return list(dataset.source.get(STATED, {}).get("warnings", ()))


def unstated(dataset: Data) -> Data:
    """`dataset` without what its name and its warnings say of synthetic rows."""
    record = dataset.source.get(STATED)
    if record is None:
        return dataset
    return replace(
        dataset,
        name=dataset.name.replace(record["name"], "", 1),
        warnings=tuple(w for w in dataset.warnings if w not in record["warnings"]),
        source={k: v for k, v in dataset.source.items() if k != STATED},
    )


def stated_in_old_store(
    name: str, warnings: Sequence[str], source: Mapping[str, Any]
) -> dict[str, Any]:
    """The `source` of a stored data set, with the record of `stated` if it lacks it.

    Data sets stored before there was such a record are recognised by the words that
    names and warnings had: "toy with 5 rows made", "... Test nothing on them."
    """
    if STATED in source:
        return dict(source)
    words = re.search(r"( with [\d,]+ (?:rows made|synthetic rows?))(,.*)?$", name)
    of_rows = [warning for warning in warnings if warning.endswith(TEST_NOTHING)]
    if words is None and not of_rows:
        return dict(source)
    return {**source, **stated(words[1] if words else "", of_rows)}


def real_only(dataset: Data) -> Data:
    """`dataset` without its synthetic rows, and without a word about them."""
    real = unstated(dataset.take(np.flatnonzero(~synthetic(dataset))))
    return replace(
        real,
        name=f"{real.name}, real rows only",
        source={k: v for k, v in real.source.items() if k not in (MADE, REAL)},
        provenance=None,
    )


def is_the_real_part(original: DatasetLike, dataset: DatasetLike) -> bool:
    """Whether the rows of `original` are the real rows of `dataset`, none left out."""
    real = ~synthetic(dataset)
    return bool(
        original.n == real.sum()
        and original.features == dataset.features
        and original.label_names == dataset.label_names
        and np.array_equal(original.Y, dataset.Y[real])
        and not synthetic(original).any()
    )
