"""Table: a file's columns before anybody said which of them are labels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from aemlo.arrays import Features, Mask
from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError
from aemlo.provenance import TEST_NOTHING, stated
from aemlo.tables import labels as label_columns
from aemlo.tables.labels import MARK, Location
from aemlo.tables.limits import Limits

YES, NO = {"yes", "true", "1", "1.0"}, {"no", "false", "0", "0.0"}


class Column(NamedTuple):
    """A column: `kind` is numeric, nominal (with `values`), text or date."""

    name: str
    kind: str = "numeric"
    values: tuple[str, ...] = ()


@dataclass
class Table:
    """What a file holds. Ours.

    X (n, columns) float64, NumPy or CSR: the value of a numeric column, the position in
    `values` of a nominal one, NaN where missing, 0 in columns of text and dates, whose
    words are in `texts` by column position. `location` says where the labels are, as
    far as the file says. `split` (n,) marks training rows of a declared split.
    `may_lack_columns` where the format leaves out columns that are zero everywhere.
    `repeated` are names that several columns had, before the later ones got a number.
    """

    name: str
    format: str
    columns: list[Column]
    X: Features
    texts: Mapping[int, np.ndarray] = field(default_factory=dict)
    location: Location = field(default_factory=Location)
    warnings: list[str] = field(default_factory=list)
    split: Mask | None = None
    limits: Limits = field(default_factory=Limits)
    source: dict = field(default_factory=dict)
    may_lack_columns: bool = False
    repeated: tuple[str, ...] = ()

    @property
    def places(self) -> dict[str, int]:
        """Column positions by name."""
        return {column.name: j for j, column in enumerate(self.columns)}

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.X.shape[0]

    @property
    def column_names(self) -> list[str]:
        """Names of all columns, in the order of the file."""
        return [column.name for column in self.columns]

    def proposal(self) -> Location:
        """Location of the labels: what the file says, else a guess to be confirmed."""
        return self.location if self.location.certain else label_columns.guess(self)

    def column(self, j: int) -> np.ndarray:
        """Column `j` as (n,) floats: numbers or positions in `values`."""
        if not sparse.issparse(self.X):
            return self.X[:, j]
        if not hasattr(self, "_by_column"):
            self._by_column = sparse.csc_matrix(self.X)
        dense = np.zeros(self.n)
        part = slice(self._by_column.indptr[j], self._by_column.indptr[j + 1])
        dense[self._by_column.indices[part]] = self._by_column.data[part]
        return dense

    def words(self, j: int, rows: slice = slice(None)) -> np.ndarray:
        """Column `j` as the file spells it: categories and texts, or numbers."""
        column = self.columns[j]
        if column.kind in ("text", "date"):
            return self.texts[j][rows]
        values = self.column(j)[rows]
        if column.kind == "numeric":
            return values
        spelled = np.array([*column.values, None], dtype=object)
        return spelled[
            np.where(np.isnan(values), len(column.values), values).astype(int)
        ]

    def first_rows(
        self, count: int = 10, columns: Iterable[int] | None = None
    ) -> pd.DataFrame:
        """The first rows as a frame, the file's own words; `columns` by position."""
        columns = range(len(self.columns)) if columns is None else columns
        rows = slice(0, count)
        cells = {j: [spelled(cell) for cell in self.words(j, rows)] for j in columns}
        return pd.DataFrame({self.columns[j].name: cells[j] for j in columns})

    def summary(self) -> pd.DataFrame:
        """One row per column: name, kind, different values or range, missing cells."""
        rows = []
        for j, column in enumerate(self.columns):
            if column.kind in ("text", "date"):
                values = self.texts[j]
                missing = sum(value is None for value in values)
                shown = f"{len(set(values) - {None}):,} different"
            else:
                values = self.column(j)
                known = values[~np.isnan(values)]
                missing = len(values) - len(known)
                if column.kind == "nominal":
                    shown = ", ".join(column.values[:5]) + (
                        f" ... ({len(column.values):,} values)"
                        if len(column.values) > 5
                        else ""
                    )
                else:
                    shown = f"{known.min():g} to {known.max():g}" if len(known) else ""
            rows.append((column.name, column.kind, shown, missing))
        return pd.DataFrame(rows, columns=["column", "kind", "values", "missing"])

    def to_dataset(
        self,
        labels: Iterable[str] | None = None,
        *,
        name: str | None = None,
        missing_labels: str = "refuse",
        minus_one: str | None = None,
        how_chosen: str = "",
    ) -> Dataset:
        """The Dataset whose labels are the columns named `labels`.

        Without `labels` those that the file itself names. Labels keep the file's
        column order. `missing_labels` is "refuse" or "absent" (an empty label cell
        counts as 0); `minus_one` says what -1 means beside 1 and 0: "yes", "no" or
        "left out" (the rows that have it); `how_chosen` says, in words, who chose them.
        Raises DataError for an unknown name, a label with other values than a yes and a
        no, and where nothing says which columns are labels.
        """
        if labels is None:
            location = self.location
            if not location.certain:
                raise DataError(label_columns.no_hint(self))
        else:
            location = label_columns.chosen(self, labels, how_chosen)
        positions = label_columns.positions(self, location)
        self.limits.check(self.name, "labels", len(positions), "labels")
        Y, notes, absent = label_columns.matrix(
            self, positions, missing_labels, minus_one
        )
        warnings = [*self.warnings, *location.warnings, *notes]
        dataset = self._dataset(positions, Y, location, name or self.name, warnings)
        how = dict(dataset.source.get("how", {}))
        if absent:
            how |= {"missing_labels": missing_labels}
        if minus_one:
            how |= {"minus_one": minus_one}
        if how:
            dataset = replace(dataset, source={**dataset.source, "how": how})
        if minus_one == "left out":
            return self._without_uncertain(dataset, positions)
        return dataset

    def _without_uncertain(self, dataset, positions):
        """`dataset` without the rows in which a label is -1."""
        uncertain = np.zeros(self.n, dtype=bool)
        for j in positions:
            if self.columns[j].kind == "numeric":
                uncertain |= self.column(j) == -1
        if not uncertain.any():
            return dataset
        note = f"{uncertain.sum():,} rows in which a label is -1 are left out."
        kept = dataset.take(~uncertain)
        return replace(kept, warnings=(*kept.warnings, note))

    def _dataset(self, positions, Y, location, name, warnings):
        taken = set(positions)
        numbers, words, provenance, source = [], [], None, {}
        for j, column in enumerate(self.columns):
            if j in taken:
                continue
            if column.name == MARK:
                provenance, message = _marked(self.words(j), self.name)
                warnings.append(message)
                source = {} if provenance is None else stated("", [message])
            elif column.kind == "date":
                warnings.append(f"Column '{column.name}' holds dates: left out.")
            else:
                (words if column.kind == "text" else numbers).append(j)
        whole = len(numbers) == len(self.columns)
        contiguous = numbers and numbers[-1] - numbers[0] + 1 == len(numbers)
        if whole:
            X = self.X
        elif contiguous:
            X = self.X[:, numbers[0] : numbers[-1] + 1]
            X = X if sparse.issparse(X) else np.ascontiguousarray(X)
        else:
            X = self.X[:, numbers]
        text = {self.columns[j].name: self.texts[j] for j in words}
        return Dataset(
            name=name,
            X=sparse.csr_matrix(X) if sparse.issparse(X) else X,
            Y=Y,
            features=tuple(
                Feature(
                    self.columns[j].name, self.columns[j].kind, self.columns[j].values
                )
                for j in numbers
            ),
            label_names=tuple(self.columns[j].name for j in positions),
            text=pd.DataFrame(text, dtype=object) if text else None,
            split=self.split,
            labels_from=location.words,
            warnings=tuple(warnings),
            source={"format": self.format, **self.source, **source},
            provenance=provenance,
        )


def _marked(cells, name):
    """The provenance that a column MARK tells (None if it tells none), and a sentence.

    Real rows are numbered in their order: the data they are from had them first.
    """
    words = [str(cell).strip().lower() for cell in cells]
    is_synthetic = np.array([word in YES for word in words])
    if not set(words) <= YES | NO or not is_synthetic.any():
        return None, f"Column '{MARK}' tells of no synthetic row: left out."
    provenance = {
        "synthetic": is_synthetic,
        "row": np.where(is_synthetic, -1, np.cumsum(~is_synthetic) - 1),
        **dict.fromkeys(("parents", "made for"), ""),
        "how": np.where(is_synthetic, f"marked in {name}", ""),
    }
    count = f"{is_synthetic.sum():,} of {len(is_synthetic):,} rows"
    message = f"{count} are synthetic, says '{MARK}'. {TEST_NOTHING}"
    return pd.DataFrame(provenance), message


def spelled(value: object) -> str:
    """A cell as a person writes it: numbers in up to six digits, gaps empty."""
    if value is None or value != value:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def unique_names(names: Sequence[str]) -> tuple[list[str], list[str], tuple[str, ...]]:
    """Names with "(2)", ... after repeated ones, warnings, the names repeated."""
    if len(set(names)) == len(names):
        return list(names), [], ()
    seen, used, fresh, repeated = {}, set(names), [], []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        if seen[name] == 1:
            fresh.append(name)
            continue
        number = seen[name]
        while f"{name} ({number})" in used:
            number += 1
        fresh.append(f"{name} ({number})")
        used.add(fresh[-1])
        repeated.append(name)
    some = ", ".join(f"'{name}'" for name in dict.fromkeys(repeated[:5]))
    warning = (
        f"{len(repeated)} column names occur more than once ({some}): the later ones "
        "got a number."
    )
    return fresh, [warning], tuple(dict.fromkeys(repeated))
