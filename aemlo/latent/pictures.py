"""PCA and UMAP of codes: one fit over all the rows that are to be compared."""

import os
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, svds

from aemlo.errors import DataError
from aemlo.neighbours.search import neighbours
from aemlo.progress import no_progress

# Above this width the covariance matrix is dearer than a truncated decomposition.
WIDE = 1500


def pca(codes, dimensions=2, seed=0):
    """The first principal components (n, dimensions) of `codes` (n, d), NumPy or CSR.

    Each component points to where its largest loading is positive, so that the same
    codes always give the same picture. Where the codes have fewer directions than
    asked for, the rest is 0. `seed` starts the iteration for codes wider than 1,500.
    """
    codes = codes if sparse.issparse(codes) else np.asarray(codes, dtype=float)
    n, d = codes.shape
    mean = np.asarray(codes.mean(axis=0)).ravel()
    found = min(dimensions, d, n)
    if d <= WIDE or min(n, d) <= dimensions + 1:
        second = codes.T @ codes
        second = second.toarray() if sparse.issparse(second) else second
        _, vectors = np.linalg.eigh(second - n * np.outer(mean, mean))
        axes = vectors[:, ::-1][:, :found]
    else:
        axes = _leading_axes(codes, mean, found, seed)
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(found)])
    picture = np.zeros((n, dimensions))
    picture[:, :found] = codes @ axes - mean @ axes
    return picture


def _leading_axes(codes, mean, count, seed):
    n, d = codes.shape
    ones = np.ones(n)
    centred = LinearOperator(
        (n, d),
        matvec=lambda v: codes @ v.ravel() - ones * (mean @ v.ravel()),
        rmatvec=lambda u: codes.T @ u.ravel() - mean * u.sum(),
        dtype=float,
    )
    start = np.random.default_rng(seed).normal(size=min(n, d))
    _, values, axes = svds(centred, k=count, v0=start)
    return axes[np.argsort(-values)].T


def umap(
    codes,
    n_neighbors=15,
    min_dist=0.1,
    dimensions=2,
    seed=0,
    epochs=200,
    metric="euclidean",
    on_progress=None,
    cache_folder=None,
):
    """UMAP (McInnes et al., 2018) of `codes` (n, d), NumPy or CSR: (n, dimensions).

    Hand over real and synthetic rows together: two fits cannot be compared. The
    neighbours are exact and the start is PCA, so the same seed gives the same picture.
    `n_neighbors`, the row itself counted, is cut to the number of rows. `on_progress`
    is called through the neighbours' search and after each epoch or few; what it
    raises ends the fit. `cache_folder` keeps umap-learn's compiled functions, which
    saves some 20 seconds in every later process. Raises DataError below 4 rows.
    """
    n = codes.shape[0]
    if n < 4:
        raise DataError(f"UMAP needs at least 4 rows, got {n}.")
    on_progress = on_progress or no_progress
    k = int(min(n_neighbors, n - 1))
    with _compiled_once(cache_folder), warnings.catch_warnings():
        # umap-learn warns that new rows cannot be transformed, which nobody does
        # here, and that there is no TensorFlow, which nobody needs.
        warnings.filterwarnings("ignore", message=r"precomputed_knn\[2\]")
        warnings.simplefilter("ignore", ImportWarning)
        on_progress(0.0)
        from umap import UMAP

        start = _start(codes, dimensions, seed)
        fit = UMAP(
            n_neighbors=k,
            min_dist=min_dist,
            n_components=dimensions,
            n_epochs=epochs,
            precomputed_knn=_with_itself(codes, k, metric, on_progress),
            init=start,
            random_state=seed,
            n_jobs=1,
            tqdm_kwds={
                "disable": False,
                "file": _EpochsToProgress(epochs, on_progress),
                "bar_format": "{n}",
                "mininterval": 0.2,
            },
        )
        # Neighbours and start are all it needs: of the data it takes the row count.
        return fit.fit_transform(start).astype(float)


def _start(codes, dimensions, seed):
    """PCA scaled to [-10, 10] with a grain of noise, as umap-learn's own `init`."""
    start = pca(codes, dimensions, seed)
    start *= 10.0 / max(np.abs(start).max(), 1e-12)
    noise = np.random.default_rng(seed).normal(scale=1e-4, size=start.shape)
    return (start + noise).astype(np.float32)


def _with_itself(codes, k, metric, on_progress):
    """Neighbours as umap-learn wants them: each row first among its own."""
    nearest, far = neighbours(
        codes, k - 1, metric, on_progress=lambda done: on_progress(0.3 * done)
    )
    itself = np.arange(len(nearest))[:, None]
    return (
        np.hstack([itself, nearest]).astype(np.int32),
        np.hstack([np.zeros((len(far), 1)), far]).astype(np.float32),
    )


class _EpochsToProgress:
    """A file for umap-learn's progress bar, which then reports and can be stopped."""

    def __init__(self, epochs, on_progress):
        self.epochs, self.on_progress, self.ended = epochs, on_progress, False

    def write(self, text):
        done = text.strip()
        if done.isdigit() and not self.ended:
            try:
                self.on_progress(0.3 + 0.7 * int(done) / self.epochs, epoch=int(done))
            except BaseException:
                # The bar writes once more while it closes: that is no second report.
                self.ended = True
                raise

    def flush(self):
        """Nothing is held back."""


@contextmanager
def _compiled_once(folder):
    """Make numba keep what it compiles in `folder`, while inside.

    umap-learn compiles anew in every process unless its functions are decorated with
    `cache=True`; here that is made the default. None leaves everything as it is.
    """
    if folder is None:
        yield
        return
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder))
    import numba

    plain = numba.njit

    def kept(*functions, **options):
        return plain(*functions, **{"cache": True, **options})

    numba.njit = kept
    try:
        yield
    finally:
        numba.njit = plain
