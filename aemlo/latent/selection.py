"""Rows chosen on a picture: who they are, what sets them apart, who made them.

Rows are known by their id, their position in the resampled data set (original rows
first, as `fit_resample` returns them), never by a place in a trace.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from aemlo.arrays import (
    Features,
    LabelMatrix,
    Mask,
    Matrix,
    Names,
    PerFeature,
    PerLabel,
    Rows,
)
from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError
from aemlo.imbalance import ir_per_label, scumble_per_row
from aemlo.neighbours.search import neighbours
from aemlo.neighbours.stretch import column_range
from aemlo.provenance import MADE, TEST_NOTHING, stated, unstated, where_some
from aemlo.provenance import synthetic as synthetic_rows

# In a data set's source: its rows are no longer those of the file it came from.
CHANGED = "rows changed"
ROW = re.compile(r"[0-9]{1,12}")
RANGE = re.compile(rf"({ROW.pattern})\s*-\s*({ROW.pattern})")


def chosen_rows(event: Mapping[str, Any] | None) -> Rows:
    """Ids, ascending, of the points of a chart's selection event.

    The event is a mapping `{"selection": {"points": [...]}}`; each point carries its id
    first in `customdata`, a list or a dict by position. Points without one (lines) are
    left out.
    """
    points = event["selection"]["points"] if event else []
    rows = set()
    for point in points:
        carried = point.get("customdata")
        if isinstance(carried, dict):
            carried = [carried.get("0", carried.get(0))]
        if carried is not None and len(np.atleast_1d(carried)):
            rows.add(int(np.atleast_1d(carried)[0]))
    return np.array(sorted(rows), dtype=int)


def searched_rows(text: str, n: int) -> Rows:
    """Ids written as `17, 20-25`; DataError unless all are below `n`."""
    rows: set[int] = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        span = RANGE.fullmatch(part)
        if span:
            low, high = map(int, span.groups())
        elif ROW.fullmatch(part):
            low = high = int(part)
        else:
            raise DataError(
                f"Row {part!r}: rows are whole numbers. Write them as 17, 20-25."
            )
        if low > high:
            raise DataError(f"Rows {part!r}: write the lower number first.")
        if high >= n:
            raise DataError(f"Row {part!r}: rows run from 0 to {n - 1}.")
        rows.update(range(low, high + 1))
    return np.array(sorted(rows), dtype=int)


def label_texts(Y: LabelMatrix, names: Names) -> np.ndarray:
    """The labels of each row of Y (n, q), joined by ", "; "no label" where none."""
    words = np.asarray(names, dtype=object)
    distinct, which = np.unique(np.asarray(Y), axis=0, return_inverse=True)
    texts = [", ".join(words[row > 0]) or "no label" for row in distinct]
    return np.array(texts, dtype=object)[which.ravel()]


def properties(dataset: Dataset, provenance: pd.DataFrame) -> pd.DataFrame:
    """What there is to know of each row without looking at its features.

    A frame in the order of the rows of `dataset` (resampled), with `row`, `synthetic`,
    `labels`, `parents` (texts), `number of labels`, `labelset`, `rarest label`,
    `IRLbl of the rarest label`, `SCUMBLE of the row`, `provenance` and `made for`.
    IRLbl and SCUMBLE are by the counts of the original rows.
    """
    Y, names = dataset.Y, np.asarray(dataset.label_names, dtype=object)
    synthetic = provenance["origin"].to_numpy() < 0
    irlbl = ir_per_label(Y[~synthetic])
    of_row = np.where(Y > 0, np.nan_to_num(irlbl, nan=0.0), -1.0)
    rarest = of_row.argmax(axis=1)
    some = Y.any(axis=1)
    texts = label_texts(Y, dataset.label_names)
    made_for = provenance["label"].to_numpy()
    return pd.DataFrame(
        {
            "row": np.arange(len(Y)),
            "synthetic": synthetic,
            "labels": texts,
            "parents": _parent_texts(provenance, synthetic),
            "number of labels": Y.sum(axis=1, dtype=int),
            "labelset": texts,
            "rarest label": np.where(some, names[rarest], "no label"),
            "IRLbl of the rarest label": np.where(some, irlbl[rarest], np.nan),
            "SCUMBLE of the row": _scumble(Y, synthetic),
            "provenance": np.where(synthetic, "synthetic", "real"),
            "made for": np.where(made_for >= 0, names[made_for], ""),
        }
    )


def _scumble(Y: LabelMatrix, synthetic: Mask) -> Matrix:
    """SCUMBLE of every row by the IRLbl of the original ones."""
    irlbl = ir_per_label(Y[~synthetic])
    if not synthetic.any():
        return scumble_per_row(Y)
    weight = np.where(np.isnan(irlbl), 1.0, irlbl)
    count = np.maximum(Y.sum(axis=1), 1)
    geometric = np.exp((Y * np.log(weight)).sum(axis=1) / count)
    return np.where(Y.any(axis=1), 1.0 - geometric * count / _positive(Y @ weight), 0.0)


def _positive(values: PerLabel) -> PerLabel:
    return np.where(values > 0, values, 1.0)


def _parent_texts(provenance: pd.DataFrame, synthetic: Mask) -> np.ndarray:
    texts = np.full(len(provenance), "", dtype=object)
    parents = provenance["parents"].to_numpy()
    for row in np.flatnonzero(synthetic):
        if len(parents[row]):
            texts[row] = "from rows " + " and ".join(map(str, parents[row]))
            if len(parents[row]) == 1:
                texts[row] = f"from row {parents[row][0]}"
    return texts


def label_counts(Y: LabelMatrix, rows: Rows, names: Names) -> pd.DataFrame:
    """How the labels of some rows compare with all: a frame `label`, `in the
    selection`, `share`, `in all`, `share of all`, `times as common`, by the last."""
    inside, everywhere = Y[rows].sum(axis=0), Y.sum(axis=0)
    share = inside / max(len(rows), 1)
    overall = everywhere / max(len(Y), 1)
    times = np.divide(
        share, overall, out=np.full(len(share), np.nan), where=overall > 0
    )
    frame = pd.DataFrame(
        {
            "label": list(names),
            "in the selection": inside.astype(int),
            "share": share,
            "in all": everywhere.astype(int),
            "share of all": overall,
            "times as common": times,
        }
    )
    return frame.sort_values("times as common", ascending=False, kind="stable")


def different_features(dataset: Dataset, rows: Rows, most: int = 10) -> pd.DataFrame:
    """The features that set some rows apart from the rest, widest difference first.

    A frame `feature`, `selection`, `rest`, `difference` (in standard deviations). Of a
    numeric feature the means are compared; of a nominal one each category is a feature
    of its own, "colour = red", with the share of rows that have it (of two categories
    the second, for the first says the same).
    """
    inside = np.zeros(dataset.n, dtype=bool)
    inside[rows] = True
    numbers = [j for j, f in enumerate(dataset.features) if f.kind != "nominal"]
    names = [dataset.features[j].name for j in numbers]
    X = dataset.X if len(numbers) == len(dataset.features) else dataset.X[:, numbers]
    squared = X * X if isinstance(X, np.ndarray) else X.multiply(X)
    mean = _mean(X)
    spread = np.sqrt(np.maximum(_mean(squared) - mean**2, 0.0))
    parts = [(_mean(X[inside]), _mean(X[~inside]), mean, spread)]
    for j, feature in enumerate(dataset.features):
        if feature.kind == "nominal":
            first = 1 if len(feature.categories) == 2 else 0
            names += [f"{feature.name} = {word}" for word in feature.categories[first:]]
            parts.append(_shares(dataset.X[:, [j]], inside, feature, first))
    chosen, rest, mean, spread = np.hstack(parts)
    usable = spread > 1e-6 * np.maximum(np.abs(mean), 1e-300)
    gap = np.divide(chosen - rest, spread, out=np.zeros_like(mean), where=usable)
    order = np.argsort(-np.abs(gap), kind="stable")[:most]
    return pd.DataFrame(
        {
            "feature": [names[j] for j in order],
            "selection": chosen[order],
            "rest": rest[order],
            "difference": gap[order],
        }
    )


def _shares(
    column: Features, inside: Mask, feature: Feature, first: int
) -> tuple[Matrix, Matrix, Matrix, Matrix]:
    """The share of rows with each category from `first` on, in the selection, in the
    rest and in all; and its standard deviation. A missing value is no category."""
    values = column if isinstance(column, np.ndarray) else column.toarray()
    values, size = values.ravel(), len(feature.categories)

    def share(part: Matrix) -> Matrix:
        known = part[~np.isnan(part)].astype(int)
        counts = np.bincount(known, minlength=size)[first:]
        return counts / len(part) if len(part) else np.full(len(counts), np.nan)

    overall = share(values)
    spread = np.sqrt(overall * (1.0 - overall))
    return share(values[inside]), share(values[~inside]), overall, spread


def _mean(X: Features) -> PerFeature:
    """The mean of each column, (d,); NaN without rows."""
    if not X.shape[0]:
        return np.full(X.shape[1], np.nan)
    return np.asarray(X.mean(axis=0)).ravel()


def table(
    dataset: Dataset, known: pd.DataFrame, rows: Rows, features: int | None = 40
) -> pd.DataFrame:
    """The rows as a table: id, kind, labels, parents, then the first features (all,
    with None)."""
    X = dataset.X[rows][:, :features]
    X = X if isinstance(X, np.ndarray) else X.toarray()
    columns = list(dataset.feature_names[: X.shape[1]])
    values = pd.DataFrame(X, columns=columns)
    for j, feature in enumerate(dataset.features[: X.shape[1]]):
        if feature.kind == "nominal":
            values[columns[j]] = [
                feature.categories[int(v)] if v == v else None for v in X[:, j]
            ]
    known = known.set_index("row").loc[rows].reset_index()
    first = known[["row", "provenance", "labels", "parents"]]
    return pd.concat([first, values], axis=1)


def nearest_rows(row: int, spaces: Mapping[str, Features], k: int = 10) -> pd.DataFrame:
    """The nearest rows of one row in each space: a frame `space rank row distance`.

    `spaces` maps a name to codes (n, d) of all rows.
    """
    if k < 1:
        return pd.DataFrame(columns=["space", "rank", "row", "distance"])
    parts = []
    for name, codes in spaces.items():
        nearest, far = neighbours(codes, k, rows=np.array([row]))
        parts.append(
            pd.DataFrame(
                {
                    "space": name,
                    "rank": np.arange(1, k + 1),
                    "row": nearest[0],
                    "distance": far[0],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def family(provenance: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """Lines to draw: a frame `child parent` of the synthetic ones of `rows`."""
    parents = provenance["parents"].to_numpy()
    pairs = [(row, parent) for row in rows for parent in parents[row]]
    return pd.DataFrame(pairs, columns=["child", "parent"], dtype=int)


def beside_parents(
    X: Features, names: Names, provenance: pd.DataFrame, row: int, most: int = 12
) -> pd.DataFrame:
    """A synthetic row's features beside its parents': a frame `feature`, `row`, `role`,
    `value`, `scaled` (0 to 1 over the data), where they differ most first."""
    members = [row, *provenance["parents"].iloc[row]]
    values = X[members] if isinstance(X, np.ndarray) else X[members].toarray()
    low, high = column_range(X)
    scaled = (values - low) / np.where(high > low, high - low, 1.0)
    order = np.argsort(-np.ptp(scaled, axis=0), kind="stable")[:most]
    roles = ["synthetic"] + [f"parent, row {parent}" for parent in members[1:]]
    return pd.DataFrame(
        {
            "feature": np.repeat([names[j] for j in order], len(members)),
            "row": np.tile(members, len(order)),
            "role": np.tile(roles, len(order)),
            "value": values[:, order].T.ravel(),
            "scaled": scaled[:, order].T.ravel(),
        }
    )


def without(
    dataset: Dataset, provenance: pd.DataFrame, rows: Rows | Sequence[int]
) -> tuple[Dataset, pd.DataFrame]:
    """The data set and provenance without some rows; DataError if none would be left.

    Parents keep their numbers while all original rows stay; a parent that goes is -1.
    """
    kept = np.setdiff1d(np.arange(dataset.n), rows)
    if not len(kept):
        raise DataError("Every row is selected: nothing would be left.")
    place = np.full(dataset.n, -1)
    place[kept] = np.arange(len(kept))
    left = provenance.iloc[kept].reset_index(drop=True)
    left["parents"] = [tuple(int(place[p]) for p in each) for each in left["parents"]]
    left["origin"] = [int(place[o]) if o >= 0 else -1 for o in left["origin"]]
    return dataset.take(kept), left


def renamed(dataset: Dataset, name: str, words: str = "") -> Dataset:
    """The data set under a new name, with a warning that says how many rows of it are
    synthetic by its provenance, which is left out where there are none.

    `words` is the part of `name` that speaks of synthetic rows.
    """
    count = int(synthetic_rows(dataset).sum())
    plain = unstated(where_some(dataset))
    source = origin(plain)
    if not count:
        return replace(plain, name=name, source=source)
    warning = f"{count:,} of {dataset.n:,} rows are synthetic. {TEST_NOTHING}"
    return replace(
        plain,
        name=name,
        warnings=(*plain.warnings, warning),
        source={**source, **stated(words, [warning])},
    )


def rows_made(dataset: Dataset) -> list[dict[str, Any]]:
    """How rows of `dataset` were made in the latent space, a dict for each time."""
    times = dataset.source.get(MADE, [])
    # Stored while there was but one time.
    return [times] if isinstance(times, dict) else times


def goes_on_from(dataset: Dataset, original: Dataset) -> bool:
    """Whether `dataset` is `original` with rows made in the latent space after it."""
    if (
        not rows_made(dataset)
        or dataset.n <= original.n
        or dataset.features != original.features
    ):
        return False
    first = dataset.take(np.arange(dataset.n) < original.n)
    if first.is_sparse != original.is_sparse or not np.array_equal(first.Y, original.Y):
        return False
    if isinstance(first.X, np.ndarray) and isinstance(original.X, np.ndarray):
        return np.array_equal(first.X, original.X, equal_nan=True)
    return (first.X != original.X).nnz == 0


def origin(dataset: Dataset) -> dict[str, Any]:
    """Where the data came from, without what would take back the steps of its recipe:
    rows chosen or made afterwards would be lost with them."""
    kept = {key: value for key, value in dataset.source.items() if key != "original"}
    return kept | {CHANGED: True}
