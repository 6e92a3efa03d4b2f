"""Test rows used in fitting: counted, not promised.

Every fit of a comparison reports the rows it really received; they are hashed and
looked up among the rows of the test part. Ours.
"""

import copy
import functools
import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from aemlo.arrays import Features
from aemlo.dataset import Dataset
from aemlo.preparation.words import WordColumns

_BLOCK = 4_000_000  # values hashed at a time
NEAR_DIGITS = 3
_current: "ContextVar[Witness | None]" = ContextVar("witness", default=None)


def row_hashes(X: Features, text: pd.DataFrame | None = None) -> NDArray[np.uint64]:
    """A 64-bit digest (n,) of each row of X (n, d), NumPy or CSR, and of its texts.

    Equal rows have equal digests, dense or sparse; NaN equals NaN, and -0 equals 0.
    Each value's bits are mixed with its column's odd number, so that a zero adds
    nothing (sparse rows cost their entries only); the sum is taken modulo 2^64.
    """
    n, d = X.shape
    odd = np.random.default_rng(0).integers(0, 2**63, d, dtype=np.uint64) * 2 + 1
    if sparse.issparse(X):
        X = sparse.csr_matrix(X, copy=True)
        X.sum_duplicates()
        values = _mixed(_bits(X.data) * odd[X.indices])
        total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(values)])
        digests = total[X.indptr[1:]] - total[X.indptr[:-1]]
    else:
        X = np.asarray(X)
        digests = np.empty(n, dtype=np.uint64)
        step = max(1, _BLOCK // max(d, 1))
        for start in range(0, n, step):
            block = _bits(X[start : start + step]) * odd
            digests[start : start + step] = _mixed(block).sum(axis=1, dtype=np.uint64)
    if text is not None:
        digests = digests + _text_hashes(text)
    return digests


def _bits(values: NDArray[Any]) -> NDArray[np.uint64]:
    values = np.array(values, dtype=np.float64) + 0.0  # -0 + 0 is 0
    values[np.isnan(values)] = np.nan  # one NaN of the many
    return values.view(np.uint64)


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele et al., 2014): 0 stays 0, bits avalanche."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _text_hashes(text: pd.DataFrame) -> NDArray[np.uint64]:
    rows = text.astype(str).to_numpy()
    digests = [
        hashlib.blake2b("\0".join(row).encode(), digest_size=8).digest() for row in rows
    ]
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


class Witness:
    """Notes what every fit of one fold receives and finds test rows among it.

    `train` and `test` are Datasets. A received row counts as a leak when it equals a
    test row and no training row. A test row that equals a training row is a duplicate,
    which rows alone cannot tell from a leak: `duplicates` counts those apart.

    `near_duplicates` counts test rows that equal a training row once each feature is
    scaled to its range in training and rounded to 3 decimals, but not before: copies
    with noise, such as rows that were oversampled before the data were loaded.
    """

    def __init__(self, train: Dataset, test: Dataset) -> None:
        # A Dataset cannot change, so one that several fits receive is hashed once.
        self._seen = (train, _of(train))
        known = set(self._seen[1].tolist())
        given = _of(test).tolist()
        self.duplicates = sum(h in known for h in given)
        self._raw = set(given) - known
        self._ready = set()
        self.made_rows = set()
        self.used = {}
        self.near_duplicates = 0

    def fork(self) -> "Witness":
        """A witness that knows the same and goes on by itself."""
        other = copy.copy(self)
        other.made_rows = set(self.made_rows)
        other.used = {stage: set(rows) for stage, rows in self.used.items()}
        return other

    def prepared(self, X: Features, X_test: Features) -> None:
        """Also know the rows as the preparation turned them out: (n, d) matrices."""
        known = set(row_hashes(X).tolist())
        given = row_hashes(X_test)
        self._ready = set(given.tolist()) - known
        near = set(row_hashes(_rounded(X, X)).tolist())
        exact = np.isin(given, list(known))
        close = np.isin(row_hashes(_rounded(X_test, X)), list(near))
        self.near_duplicates = int((close & ~exact).sum())

    def made(self, X: Features, provenance: pd.DataFrame) -> None:
        """From here on, excuse these synthetic rows: features of few values can meet a
        test row by chance."""
        synthetic = (np.asarray(provenance["origin"]) < 0).nonzero()[0]
        if len(synthetic):
            self.made_rows |= set(row_hashes(X[synthetic]).tolist())

    def saw(self, stage: str, rows: Dataset | pd.DataFrame | Features) -> None:
        """Note that the fit called `stage` received `rows`, a Dataset or a matrix."""
        test = self._raw if isinstance(rows, Dataset) else self._ready - self.made_rows
        hashes = self._seen[1] if rows is self._seen[0] else _of(rows)
        found = test & set(hashes.tolist())
        self.used.setdefault(stage, set()).update(found)

    @property
    def stages(self) -> tuple[str, ...]:
        """The fits seen so far."""
        return tuple(self.used)

    def leaks(self) -> dict[str, int]:
        """Distinct test rows each fit received: stage -> number, 0 where none."""
        return {stage: len(rows) for stage, rows in self.used.items()}


def _rounded(X: Features, training: Features) -> Features:
    """X with each feature scaled to its range in `training`, to 3 decimals.

    A sparse matrix is divided by the largest absolute values, so zeros stay zero.
    """
    if sparse.issparse(X):
        span = abs(sparse.csr_matrix(training)).max(axis=0).toarray().ravel()
        scaled = sparse.csr_matrix(
            sparse.csr_matrix(X).multiply(1.0 / np.where(span > 0, span, 1.0))
        )
        scaled.data = np.round(scaled.data, NEAR_DIGITS)
        scaled.eliminate_zeros()
        return scaled
    X, training = np.asarray(X, dtype=float), np.asarray(training, dtype=float)
    low = training.min(axis=0, initial=np.inf)
    span = training.max(axis=0, initial=-np.inf) - low
    return np.round((X - low) / np.where(span > 0, span, 1.0), NEAR_DIGITS)


def _of(rows: Dataset | pd.DataFrame | Features) -> NDArray[np.uint64]:
    if isinstance(rows, Dataset):
        return row_hashes(rows.X, rows.text)
    if isinstance(rows, pd.DataFrame):
        rows = rows.to_numpy(dtype=float)
    return row_hashes(rows)


@contextmanager
def watching(witness: Witness) -> Generator[Witness]:
    """Report to `witness` what watched fits receive in this thread, in the block."""
    token = _current.set(witness)
    try:
        yield witness
    finally:
        _current.reset(token)


def watch_fits(
    preparation: Any = None,
    sampler: Any = None,
    classifier: Any = None,
    feature_choice: Any = None,
) -> None:
    """Let all fits of these objects, and of those inside them, tell a witness.

    Fits nested in other fits (a chain's samplers, a tuner's folds) share the methods of
    their base class, so they are seen too. Rows that a classifier only scores while
    something is being fitted are rows a tuner (or early stopping) looks at.
    """
    if preparation is not None:
        _watch(type(preparation), "fit", "scaler")
        _watch(type(preparation), "_learn_fills", "imputer")
        _watch(WordColumns, "fit", "text and feature choice")
    if feature_choice is not None:
        _watch(type(feature_choice), "fit", "feature choice")
    if sampler is not None:
        _watch(type(sampler), "fit_resample", "sampler")
    if classifier is not None:
        _watch(type(classifier), "fit", "classifier")
        for method in ("predict", "predict_proba", "decide"):
            _watch(type(classifier), method, "threshold tuner")


def _watch(cls: type, method: str, stage: str) -> None:
    """Wrap `method` where `cls` has it from; outside `watching` it is as it was."""
    owner = next((c for c in cls.__mro__ if method in vars(c)), None)
    if owner is None or getattr(vars(owner)[method], "is_watched", False):
        return
    original = vars(owner)[method]

    @functools.wraps(original)
    def watched(self: Any, rows: Any, *arguments: Any, **named: Any) -> Any:
        witness = _current.get()
        if witness is not None:
            witness.saw(stage, rows)
        result = original(self, rows, *arguments, **named)
        if witness is not None and stage == "sampler" and hasattr(self, "provenance_"):
            witness.made(result[0], self.provenance_)
        return result

    vars(watched)["is_watched"] = True
    setattr(owner, method, watched)
