"""Dataset: features, labels and their names, checked once, on construction."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeAlias, cast

import numpy as np
import pandas as pd
from scipy import sparse

from aemlo import provenance
from aemlo.arrays import Features, LabelMatrix, Mask, Rows
from aemlo.errors import DataError

Step: TypeAlias = dict[str, Any]
"""A step of a recipe: its name under "step", and what it needs."""

# Steps of a recipe that change no value here but what Preparation makes of them.
PREPARATION_STEPS = ("impute", "text")


@dataclass(frozen=True)
class Feature:
    """A column of features: `kind` is "numeric" or "nominal" (with `categories`)."""

    name: str
    kind: str = "numeric"
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows with features X and labels Y.

    X (n, d) float64, NumPy or SciPy CSR, one column per entry of `features`: the value
    of a numeric feature, the position in `categories` of a nominal one, NaN where
    missing. Y (n, q) uint8 of 0 and 1. `text` holds columns of free text, one row per
    row of X. `split` (n,) is True for the training rows of a split declared by the
    files, else None. `labels_from` says in words where the labels were found;
    `warnings` what a reader had to assume; `recipe` how the data were changed since
    they were read. Raises DataError when the parts do not fit each other. Ours.

    `provenance` says which rows were made, a row for each; None where nobody made any.
    Its columns are `aemlo.provenance.OF_DATA_SET`.
    """

    name: str
    X: Features
    Y: LabelMatrix
    features: tuple[Feature, ...]
    label_names: tuple[str, ...]
    text: pd.DataFrame | None = None
    split: Mask | None = None
    labels_from: str = ""
    warnings: tuple[str, ...] = ()
    recipe: tuple[Step, ...] = ()
    source: dict = field(default_factory=dict)
    provenance: pd.DataFrame | None = None

    def __post_init__(self):
        n, q = self.Y.shape
        if self.X.shape != (n, len(self.features)):
            raise DataError(
                f"{self.name}: X has shape {self.X.shape}, but there are {n} rows of "
                f"labels and {len(self.features)} feature names."
            )
        if n == 0:
            raise DataError(f"{self.name}: has no rows.")
        if q == 0:
            raise DataError(
                f"{self.name}: has no labels. Say which columns are labels."
            )
        if not self.features and self.text is None:
            raise DataError(
                f"{self.name}: has no features. Leave some columns that are not labels."
            )
        if len(self.label_names) != q:
            raise DataError(
                f"{self.name}: {q} columns of labels, {len(self.label_names)} names."
            )
        if not np.isin(self.Y, (0, 1)).all():
            raise DataError(f"{self.name}: labels must be 0 or 1.")
        object.__setattr__(self, "Y", np.ascontiguousarray(self.Y, dtype=np.uint8))
        if self.text is not None:
            if len(self.text) != n:
                raise DataError(f"{self.name}: {n} rows, but {len(self.text)} texts.")
            # One sign for a missing text, however it was made or stored.
            text = self.text.astype(object)
            object.__setattr__(self, "text", text.where(text.notna(), None))
        if self.provenance is not None:
            object.__setattr__(self, "provenance", self._checked_provenance())

    def _checked_provenance(self):
        """The provenance with its columns in their order and kinds."""
        rows = cast("pd.DataFrame", self.provenance).copy()
        columns = cast("dict[str, Any]", rows)  # a frame is read by column, as a dict
        return provenance.framed(provenance.OF_DATA_SET, columns, self.n, self.name)

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.Y.shape[0]

    @property
    def q(self) -> int:
        """Number of labels."""
        return self.Y.shape[1]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of X, then of the text columns."""
        return tuple(f.name for f in self.features) + self.text_names

    @property
    def text_names(self) -> tuple[str, ...]:
        """Names of the text columns."""
        return () if self.text is None else tuple(self.text.columns)

    @property
    def is_sparse(self) -> bool:
        """Whether X is a SciPy CSR matrix."""
        return sparse.issparse(self.X)

    def take(
        self,
        rows: Rows | Mask | Sequence[int] | Sequence[bool],
        name: str | None = None,
    ) -> Self:
        """The data set of some rows, by position or mask."""
        rows = np.asarray(rows)
        return replace(
            self,
            name=name or self.name,
            X=self.X[rows],
            Y=self.Y[rows],
            text=None if self.text is None else self.text.iloc[rows],
            split=None if self.split is None else self.split[rows],
            provenance=None if self.provenance is None else self.provenance.iloc[rows],
        )

    def label_columns(self, labels: Iterable[str | int] | None) -> Rows:
        """Positions of labels given by name or position; DataError if unknown."""
        if labels is None:
            return np.arange(self.q)
        names = {name: j for j, name in enumerate(self.label_names)}
        positions = []
        for label in labels:
            j = names.get(label, label)
            if isinstance(j, str) or not 0 <= j < self.q:
                raise DataError(
                    f"{self.name}: there is no label {label!r}. "
                    f"Labels: {', '.join(self.label_names[:20])}."
                )
            positions.append(int(j))
        return np.array(positions, dtype=int)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of all values and names, and of how they came about.

        The key a store keeps the data set under: equal only where no page could tell
        two data sets apart (their name, warnings and recipe too).
        """
        history = {
            "name": self.name,
            "labels_from": self.labels_from,
            "warnings": self.warnings,
            "recipe": self.recipe,
            # What is stated of synthetic rows follows from the name and the warnings;
            # data sets stored without the record keep their key.
            "source": {
                key: value
                for key, value in self.source.items()
                if key != provenance.STATED
            },
        }
        # Left out where there is none: data sets stored before keep their key.
        if self.provenance is not None:
            history["provenance"] = self.provenance.to_dict("list")
        return self._digest(history)

    @cached_property
    def values_hash(self) -> str:
        """SHA-256 of all values and of the columns' names, however they came about."""
        return self._digest({})

    def _digest(self, history):
        digest = hashlib.sha256()
        X = self.X
        parts = [X] if isinstance(X, np.ndarray) else [X.data, X.indices, X.indptr]
        for part in parts:
            part = np.ascontiguousarray(part)
            if part.dtype.kind == "i":
                part = part.astype(np.int64)
            digest.update(part.reshape(-1).data)  # as it lies, without a copy
        digest.update(self.Y.reshape(-1).data)
        names = {
            "shape": [*self.X.shape, self.q],
            "features": [asdict(f) for f in self.features],
            "labels": self.label_names,
            "text": None if self.text is None else self.text.to_dict("list"),
            "split": None if self.split is None else self.split.tolist(),
        }
        digest.update(json.dumps(names | history, sort_keys=True).encode())
        return digest.hexdigest()

    def save(self, folder: str | Path) -> None:
        """Write the data set to `folder` (made if missing); nothing is pickled."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if self.is_sparse:
            sparse.save_npz(folder / "X.npz", sparse.csr_matrix(self.X))
        else:
            np.save(folder / "X.npy", np.asarray(self.X), allow_pickle=False)
        np.save(folder / "Y.npy", self.Y, allow_pickle=False)
        if self.split is not None:
            np.save(folder / "split.npy", self.split, allow_pickle=False)
        if self.text is not None:
            self.text.reset_index(drop=True).to_parquet(folder / "text.parquet")
        if self.provenance is not None:
            self.provenance.to_parquet(folder / "provenance.parquet", index=False)
        names = {
            "name": self.name,
            "features": [asdict(f) for f in self.features],
            "label_names": self.label_names,
            "labels_from": self.labels_from,
            "warnings": self.warnings,
            "recipe": self.recipe,
            "source": self.source,
        }
        (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """The data set that `save` wrote to `folder`."""
        folder = Path(folder)
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        if (folder / "X.npz").exists():
            X = sparse.csr_matrix(sparse.load_npz(folder / "X.npz"))
        else:
            X = np.load(folder / "X.npy", allow_pickle=False)
        text, split = folder / "text.parquet", folder / "split.npy"
        provenance_file = folder / "provenance.parquet"
        return cls(
            name=names["name"],
            X=X,
            Y=np.load(folder / "Y.npy", allow_pickle=False),
            features=tuple(
                Feature(f["name"], f["kind"], tuple(f["categories"]))
                for f in names["features"]
            ),
            label_names=tuple(names["label_names"]),
            text=pd.read_parquet(text) if text.exists() else None,
            split=np.load(split, allow_pickle=False) if split.exists() else None,
            labels_from=names["labels_from"],
            warnings=tuple(names["warnings"]),
            recipe=tuple(names["recipe"]),
            source=provenance.stated_in_old_store(
                names["name"], names["warnings"], names["source"]
            ),
            provenance=pd.read_parquet(provenance_file)
            if provenance_file.exists()
            else None,
        )
