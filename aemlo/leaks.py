"""Test rows used in fitting: counted, not promised.

Every fit of a comparison reports the rows it really received; they are hashed and
looked up among the rows of the test part. Ours.
"""

import functools
import hashlib
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
import pandas as pd
from scipy import sparse

from aemlo.dataset import Dataset

_BLOCK = 4_000_000  # values hashed at a time
_current = ContextVar("witness", default=None)


def row_hashes(X, text=None):
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
        total = np.concatenate([[0], np.cumsum(values)]).astype(np.uint64)
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


def _bits(values):
    values = np.array(values, dtype=np.float64) + 0.0  # -0 + 0 is 0
    values[np.isnan(values)] = np.nan  # one NaN of the many
    return values.view(np.uint64)


def _mixed(x):
    """The finaliser of splitmix64 (Steele et al., 2014): 0 stays 0, bits avalanche."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _text_hashes(text):
    rows = text.astype(str).to_numpy()
    digests = [
        hashlib.blake2b("\0".join(row).encode(), digest_size=8).digest() for row in rows
    ]
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


class Witness:
    """Notes what every fit of one fold receives and finds test rows among it.

    `train` and `test` are Datasets. A received row counts as a leak when it equals a
    test row and no training row; a test row that equals a training row is a duplicate,
    which the rows alone cannot tell from a leak and which is reported apart.
    """

    def __init__(self, train, test):
        self.received = []
        self._train = set(_of(train).tolist())
        test_hashes = _of(test).tolist()
        self.duplicates = sum(h in self._train for h in test_hashes)
        self._test = set(test_hashes) - self._train
        self._made = set()

    def prepared(self, X, X_test):
        """Also know the rows as the preparation turned them out: (n, d) matrices."""
        train = set(row_hashes(X).tolist())
        self._test |= set(row_hashes(X_test).tolist()) - train

    def made(self, X, provenance):
        """Excuse synthetic rows that happen to equal a test row (binary features)."""
        synthetic = (np.asarray(provenance["origin"]) < 0).nonzero()[0]
        if len(synthetic):
            self._made |= set(row_hashes(X[synthetic]).tolist())

    def saw(self, stage, rows):
        """Note that the fit called `stage` received `rows`, a Dataset or a matrix."""
        self.received.append((stage, _of(rows)))

    def leaks(self):
        """Test rows among those received, by stage; stages without any say 0."""
        found = {}
        for stage, hashes in self.received:
            known = self._test if stage != "classifier" else self._test - self._made
            used = len(known & set(hashes.tolist()))
            found[stage] = max(found.get(stage, 0), used)
        return found


def _of(rows):
    if isinstance(rows, Dataset):
        return row_hashes(rows.X, rows.text)
    if isinstance(rows, pd.DataFrame):
        return row_hashes(rows.to_numpy(dtype=float))
    return row_hashes(rows)


@contextmanager
def watching(witness):
    """Report to `witness` what watched methods receive in this thread, in the block."""
    token = _current.set(witness)
    try:
        yield witness
    finally:
        _current.reset(token)


def watch(cls, method, stage):
    """From now on, `cls.method(rows, ...)` tells a watching witness its rows.

    Outside `watching` the method does what it did. Watching the same method twice
    changes nothing, and a subclass that overrides it is watched when it is asked for.
    """
    owner = next((c for c in cls.__mro__ if method in vars(c)), None)
    if owner is None or owner is object:
        return
    original = vars(owner)[method]
    if getattr(original, "_watched", False):
        return

    @functools.wraps(original)
    def watched(self, rows, *arguments, **named):
        witness = _current.get()
        if witness is not None:
            witness.saw(stage, rows)
        return original(self, rows, *arguments, **named)

    watched._watched = True
    setattr(owner, method, watched)
