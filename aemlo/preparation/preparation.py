"""From a Dataset to the plain matrix that samplers and classifiers see, and back.

Everything learned here (medians, modes, words, scales) is learned from the rows given
to `fit`, which in a comparison are the training part of a fold and nothing else.
"""

from typing import Any, Self

import numpy as np
from scipy import sparse

from aemlo.arrays import Features, LabelMatrix
from aemlo.dataset import Dataset, Feature, Step
from aemlo.errors import DataError
from aemlo.preparation.words import WordColumns

SCALES = ("min-max", "none")
MOST_CELLS = 500_000_000


class Preparation:
    """Impute, one-hot, turn text into numbers, scale: fitted on one Dataset. Ours.

    Missing numbers become the median (or what the recipe's "impute" step says), missing
    categories the commonest one; a nominal feature with more than two categories
    becomes a group of one-hot columns; a text column becomes TF-IDF columns (`words`),
    and the whole matrix CSR with them. `scale="min-max"` brings each column to [0, 1]
    over the rows fitted (columns of a sparse data set are divided by their largest
    absolute value, which keeps zeros zero; TF-IDF columns lie in [0, 1] as they are).

    After `fit`: `feature_names_`, and `categorical_features_`, a tuple of arrays of
    column positions, one per one-hot group.
    """

    def __init__(self, scale: str | None = "min-max") -> None:
        if scale not in SCALES:
            raise DataError(f"scale must be one of {SCALES}, got {scale!r}.")
        self.scale = scale

    def fit(self, dataset: Dataset) -> Self:
        """Learn fills, words and scales from the rows of `dataset`."""
        self.features_ = dataset.features
        self._numeric_fill = setting(dataset, "impute").get("numeric", "median")
        self._learn_fills(dataset)
        self._lay_out_columns(dataset)
        self.words_ = WordColumns(setting(dataset, "text")).fit(dataset)
        self.feature_names_ = (*self._number_names, *self.words_.names)
        if self.scale == "min-max":
            X = self._encode(self._filled(dataset.X))
            if sparse.issparse(X):
                self.low_ = np.zeros(X.shape[1])
                high = abs(X).max(axis=0).toarray().ravel()
            else:
                self.low_ = X.min(axis=0, initial=np.inf)
                high = X.max(axis=0, initial=-np.inf)
            span = high - self.low_
            self.span_ = np.where(span > 0, span, 1.0)
        return self

    def transform(self, dataset: Dataset) -> Features:
        """The matrix (n, columns) of `dataset`, NumPy or CSR as the data set is."""
        X = self._encode(self._filled(dataset.X))
        if self.scale == "min-max":
            if sparse.issparse(X):
                X = sparse.csr_matrix(X.multiply(1.0 / self.span_))
            else:
                X = (X - self.low_) / self.span_
        if not self.words_:
            return X
        numbers = [sparse.csr_matrix(X)] if X.shape[1] else []
        blocks = numbers + self.words_.transform(dataset)
        return sparse.csr_matrix(sparse.hstack(blocks, format="csr"))

    def fit_transform(self, dataset: Dataset) -> Features:
        """`fit` and `transform` of the same rows."""
        return self.fit(dataset).transform(dataset)

    def restore(
        self, X: Features, Y: LabelMatrix, like: Dataset, name: str | None = None
    ) -> Dataset:
        """A Dataset of rows X (as `transform` gives them), with the features of `like`.

        One-hot groups become categories again: the column with the largest value. Made
        rows have no text: text columns stay the numbers they were turned into.
        """
        width = len(self._number_names)
        words = X[:, width:]
        X = self._decode(self._without_scale(X[:, :width], like.is_sparse))
        if self.words_:
            X = sparse.csr_matrix(sparse.hstack([X, words], format="csr"))
        return Dataset(
            name=name or like.name,
            X=X,
            Y=np.asarray(Y),
            features=(*self.features_, *(Feature(n) for n in self.words_.names)),
            label_names=like.label_names,
            labels_from=like.labels_from,
            warnings=like.warnings,
            recipe=like.recipe,
            source=like.source,
        )

    def _without_scale(self, X, may_be_sparse):
        """The columns of numbers as they were before the scale was applied."""
        if sparse.issparse(X) and not may_be_sparse and self.words_:
            X = X.toarray()
        if self.scale != "min-max":
            return X
        if sparse.issparse(X):
            return sparse.csr_matrix(X.multiply(self.span_))
        return X * self.span_ + self.low_

    # Missing values ---------------------------------------------------------------

    def _learn_fills(self, dataset):
        X = dataset.X
        self.fill_ = np.zeros(X.shape[1])
        # Other rows may have gaps where these have none; in a sparse column the fill
        # is then its commonest value, 0.
        gaps = range(X.shape[1])
        if sparse.issparse(X):
            gaps = np.unique(X.indices[np.isnan(X.data)])
        for j in gaps:
            column = X[:, [j]].toarray().ravel() if sparse.issparse(X) else X[:, j]
            known = column[~np.isnan(column)]
            if len(known):
                self.fill_[j] = self._fill(self.features_[j], known)

    def _fill(self, feature, known):
        if feature.kind == "nominal":
            return np.bincount(known.astype(int)).argmax()
        if self._numeric_fill == "mean":
            return known.mean()
        if self._numeric_fill == "most frequent":
            values, counts = np.unique(known, return_counts=True)
            return values[counts.argmax()]
        return 0.0 if self._numeric_fill == "zero" else np.median(known)

    def _filled(self, X):
        if sparse.issparse(X):
            holes = np.isnan(X.data)
            if not holes.any():
                return X
            X = X.copy()
            X.data[holes] = self.fill_[X.indices[holes]]
            X.eliminate_zeros()
            return X
        holes = np.isnan(X)
        return np.where(holes, self.fill_, X) if holes.any() else X

    # Nominal features -------------------------------------------------------------

    def _lay_out_columns(self, dataset):
        """Names of the columns made, and runs of columns that are treated alike."""
        names, groups, self._runs = [], [], []
        for j, feature in enumerate(self.features_):
            kind, width = _treatment(feature)
            if kind == "wide":
                groups.append(np.arange(len(names), len(names) + width))
                names += [f"{feature.name}={c}" for c in feature.categories]
            else:
                names.append(feature.name)
            if kind in ("plain", "codes") and self._runs and self._runs[-1][0] == kind:
                self._runs[-1][2] = j + 1
                self._runs[-1][4] = len(names)
            else:
                start = len(names) - width
                self._runs.append([kind, j, j + 1, start, len(names)])
        if not dataset.is_sparse and dataset.n * len(names) > MOST_CELLS:
            largest = max(self.features_, key=lambda f: len(f.categories))
            raise DataError(
                f"{dataset.name}: one column per category makes {len(names):,} "
                f"columns, too many for {dataset.n:,} rows. '{largest.name}' has "
                f"{len(largest.categories):,} categories: leave it out."
            )
        self._number_names = tuple(names)
        self.categorical_features_ = tuple(groups)

    def _encode(self, X):
        if all(run[0] in ("plain", "codes") for run in self._runs):
            return X
        is_sparse = sparse.issparse(X)
        by_column = sparse.csc_matrix(X) if is_sparse else X
        blocks = []
        for kind, first, last, start, end in self._runs:
            block = by_column[:, first:last]
            if kind in ("wide", "values"):
                codes = (block.toarray() if is_sparse else block).ravel().astype(int)
                if kind == "wide":
                    block = (codes[:, None] == np.arange(end - start)).astype(float)
                else:
                    block = np.take(_two_numbers(self.features_[first]), codes)[:, None]
                block = sparse.csc_matrix(block) if is_sparse else block
            blocks.append(block)
        return _side_by_side(blocks)

    def _decode(self, X):
        is_sparse = sparse.issparse(X)
        if all(run[0] == "plain" for run in self._runs):
            return X
        by_column = sparse.csc_matrix(X) if is_sparse else X
        blocks = []
        for kind, first, last, start, end in self._runs:
            block = by_column[:, start:end]
            if kind == "codes":
                features = self.features_[first:last]
                top = np.array([max(len(f.categories) - 1, 0) for f in features])
                block = _whole(block, top)
            elif kind in ("wide", "values"):
                dense = block.toarray() if is_sparse else block
                if kind == "wide":
                    dense = dense.argmax(axis=1)[:, None].astype(float)
                else:
                    low, high = _two_numbers(self.features_[first])
                    dense = (np.abs(dense - high) < np.abs(dense - low)).astype(float)
                block = sparse.csc_matrix(dense) if is_sparse else dense
            blocks.append(block)
        return _side_by_side(blocks)


def _side_by_side(blocks: list[Any]) -> Features:
    """The columns of all `blocks`, CSR where these are sparse."""
    if sparse.issparse(blocks[0]):
        return sparse.csr_matrix(sparse.hstack(blocks, format="csr"))
    return np.hstack(blocks)


def setting(dataset: Dataset, step: str) -> Step:
    """The last step "impute" or "text" in the recipe of `dataset`, or {}."""
    return next((s for s in reversed(dataset.recipe) if s.get("step") == step), {})


def _treatment(feature):
    """How a feature is encoded (plain, codes, values, wide), and its columns."""
    if feature.kind != "nominal":
        return "plain", 1
    if len(feature.categories) > 2:
        return "wide", len(feature.categories)
    return ("codes" if _two_numbers(feature) in (None, (0.0, 1.0)) else "values"), 1


def _two_numbers(feature: Feature):
    """The two numbers a binary nominal feature's categories spell, else None."""
    if feature.kind != "nominal" or len(feature.categories) != 2:
        return None
    try:
        return tuple(float(c) for c in feature.categories)
    except ValueError:
        return None


def _whole(block, top):
    """Values of `block` rounded to whole codes from 0 to `top` (one per column)."""
    if not sparse.issparse(block):
        return np.clip(np.rint(block), 0, top)
    block = sparse.csc_matrix(block, copy=True)
    limits = np.repeat(top, np.diff(block.indptr))
    block.data = np.clip(np.rint(block.data), 0, limits)
    block.eliminate_zeros()
    return block
