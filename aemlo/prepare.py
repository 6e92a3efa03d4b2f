"""From a Dataset to the plain matrix that samplers and classifiers see, and back.

Everything learned here (medians, modes, scales) is learned from the rows given to
`fit`, which in a comparison are the training part of a fold and nothing else.
"""

import numpy as np
from scipy import sparse

from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError

SCALES = ("min-max", "none")


class Preparation:
    """Impute, one-hot and scale: fitted on one Dataset, applied to others. Ours.

    Missing numbers become the median, missing categories the commonest one; a nominal
    feature with more than two categories becomes a group of one-hot columns;
    `scale="min-max"` brings each column to [0, 1] over the rows fitted (sparse columns
    are divided by their largest absolute value, which keeps zeros zero).

    After `fit`: `feature_names_`, and `categorical_features_`, a tuple of arrays of
    column positions, one per one-hot group.
    """

    def __init__(self, scale="min-max"):
        if scale not in SCALES:
            raise DataError(f"scale must be one of {SCALES}, got {scale!r}.")
        self.scale = scale

    def fit(self, dataset):
        """Learn medians, modes and scales from the rows of `dataset`."""
        if dataset.text is not None:
            raise DataError(
                f"{dataset.name}: text columns must be turned into numbers."
            )
        self.features_ = dataset.features
        self._learn_fills(dataset)
        self._lay_out_columns()
        X = self._encode(self._filled(dataset.X))
        if self.scale == "min-max":
            if sparse.issparse(X):
                self.low_ = np.zeros(X.shape[1])
                high = abs(X).max(axis=0).toarray().ravel()
            else:
                self.low_, high = X.min(axis=0), X.max(axis=0)
            span = high - self.low_
            self.span_ = np.where(span > 0, span, 1.0)
        return self

    def transform(self, dataset):
        """The matrix (n, columns) of `dataset`, NumPy or CSR as the data set is."""
        X = self._encode(self._filled(dataset.X))
        if self.scale == "none":
            return X
        if sparse.issparse(X):
            return sparse.csr_matrix(X.multiply(1.0 / self.span_))
        return (X - self.low_) / self.span_

    def fit_transform(self, dataset):
        """`fit` and `transform` of the same rows."""
        return self.fit(dataset).transform(dataset)

    def restore(self, X, Y, like, name=None):
        """A Dataset of rows X (as `transform` gives them), with the features of `like`.

        One-hot groups become categories again: the column with the largest value.
        """
        if self.scale == "min-max":
            X = (
                sparse.csr_matrix(X.multiply(self.span_))
                if sparse.issparse(X)
                else X * self.span_ + self.low_
            )
        columns = [self._decoded(X, j) for j in range(len(self.features_))]
        if sparse.issparse(X):
            X = sparse.csr_matrix(sparse.hstack(columns, format="csr"))
        else:
            X = np.column_stack(columns)
        return Dataset(
            name=name or like.name,
            X=X,
            Y=np.asarray(Y),
            features=self.features_,
            label_names=like.label_names,
            labels_from=like.labels_from,
            warnings=like.warnings,
            recipe=like.recipe,
            source=like.source,
        )

    def _learn_fills(self, dataset):
        X = dataset.X
        self.fill_ = np.zeros(X.shape[1])
        if sparse.issparse(X):
            gaps = np.unique(X.indices[np.isnan(X.data)])
        else:
            gaps = np.flatnonzero(np.isnan(X).any(axis=0))
        for j in gaps:
            column = X[:, [j]].toarray().ravel() if sparse.issparse(X) else X[:, j]
            known = column[~np.isnan(column)]
            if not len(known):
                continue
            if self.features_[j].kind == "nominal":
                self.fill_[j] = np.bincount(known.astype(int)).argmax()
            else:
                self.fill_[j] = np.median(known)

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

    def _lay_out_columns(self):
        self._places, names, groups = [], [], []
        for feature in self.features_:
            wide = feature.kind == "nominal" and len(feature.categories) > 2
            width = len(feature.categories) if wide else 1
            place = np.arange(len(names), len(names) + width)
            self._places.append(place)
            if wide:
                names += [f"{feature.name}={c}" for c in feature.categories]
                groups.append(place)
            else:
                names.append(feature.name)
        self.feature_names_ = tuple(names)
        self.categorical_features_ = tuple(groups)
        self._binary_values = {
            j: values
            for j, f in enumerate(self.features_)
            if (values := _numbers_of_two(f)) is not None and values != (0.0, 1.0)
        }

    def _encode(self, X):
        if not self.categorical_features_ and not self._binary_values:
            return X
        is_sparse = sparse.issparse(X)
        columns = []
        by_column = sparse.csc_matrix(X) if is_sparse else X
        for j, place in enumerate(self._places):
            column = by_column[:, [j]]
            if len(place) > 1:
                codes = (column.toarray() if is_sparse else column).ravel()
                column = (codes[:, None] == np.arange(len(place))).astype(float)
                column = sparse.csc_matrix(column) if is_sparse else column
            elif j in self._binary_values:
                codes = (column.toarray() if is_sparse else column).ravel()
                column = np.take(self._binary_values[j], codes.astype(int))[:, None]
                column = sparse.csc_matrix(column) if is_sparse else column
            columns.append(column)
        if is_sparse:
            return sparse.csr_matrix(sparse.hstack(columns, format="csr"))
        return np.hstack(columns)

    def _decoded(self, X, j):
        place = self._places[j]
        part = X[:, place]
        is_sparse = sparse.issparse(part)
        if len(place) > 1:
            values = (part.toarray() if is_sparse else part).argmax(axis=1)[:, None]
        elif j in self._binary_values:
            low, high = self._binary_values[j]
            dense = part.toarray() if is_sparse else part
            values = (np.abs(dense - high) < np.abs(dense - low)).astype(float)
        elif self.features_[j].kind == "nominal":
            dense = part.toarray() if is_sparse else part
            values = np.clip(np.rint(dense), 0, len(self.features_[j].categories) - 1)
        else:
            return part
        return sparse.csr_matrix(values) if is_sparse else values


def _numbers_of_two(feature: Feature):
    """The two numbers a binary nominal feature's categories spell, else None."""
    if feature.kind != "nominal" or len(feature.categories) != 2:
        return None
    try:
        return tuple(float(c) for c in feature.categories)
    except ValueError:
        return None
