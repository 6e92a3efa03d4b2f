"""PCA and UMAP of codes: one fit over all the rows that are to be compared."""

import os
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, svds

from aemlo.arrays import Features, Matrix, PerFeature, Rows
from aemlo.errors import DataError
from aemlo.neighbours.search import neighbours
from aemlo.progress import no_progress

# Above this width the covariance matrix is dearer than a truncated decomposition.
WIDE = 1500


def pca(codes: Features, dimensions: int = 2, seed: int = 0) -> Matrix:
    """The first principal components (n, dimensions) of `codes` (n, d), NumPy or CSR.

    Each component points to where its largest loading is positive, so that the same
    codes always give the same picture. Where the codes have fewer directions than
    asked for, the rest is 0. `seed` starts the iteration for codes wider than 1,500.
    """
    if not sparse.issparse(codes):
        codes = np.asarray(codes, dtype=float)
    n, d = codes.shape
    mean = np.asarray(codes.mean(axis=0)).ravel()
    count = min(dimensions, d, n)
    if d <= WIDE or min(n, d) <= dimensions + 1:
        product = codes.T @ codes
        second = product if isinstance(product, np.ndarray) else product.toarray()
        _, vectors = np.linalg.eigh(second - n * np.outer(mean, mean))
        axes = vectors[:, ::-1][:, :count]
    else:
        axes = _leading_axes(codes, mean, count, seed)
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(count)])
    picture = np.zeros((n, dimensions))
    picture[:, :count] = codes @ axes - mean @ axes
    return picture


def _leading_axes(codes: Features, mean: PerFeature, count: int, seed: int) -> Matrix:
    """The first `count` principal axes (d, count), without a covariance matrix."""
    n, d = codes.shape
    ones = np.ones(n)
    # The functions are arguments of `__new__`, which the type checker does not read.
    operator: Any = LinearOperator
    centred = operator(
        (n, d),
        matvec=lambda v: codes @ v.ravel() - ones * (mean @ v.ravel()),
        rmatvec=lambda u: codes.T @ u.ravel() - mean * u.sum(),
        dtype=float,
    )
    start = np.random.default_rng(seed).normal(size=min(n, d))
    _, values, axes = svds(centred, k=count, v0=start)
    return axes[np.argsort(-values, kind="stable")].T


def umap(
    codes: Features,
    n_neighbors: int = 15,
    min_dist: float = 0.1,
    dimensions: int = 2,
    seed: int = 0,
    epochs: int = 200,
    metric: str = "euclidean",
    on_progress: Callable[..., object] | None = None,
    cache_folder: str | Path | None = None,
) -> Matrix:
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


def _start(codes: Features, dimensions: int, seed: int) -> Matrix:
    """PCA scaled to [-10, 10] with a grain of noise, as umap-learn's own `init`."""
    start = pca(codes, dimensions, seed)
    start *= 10.0 / max(np.abs(start).max(), 1e-12)
    noise = np.random.default_rng(seed).normal(scale=1e-4, size=start.shape)
    return (start + noise).astype(np.float32)


def _with_itself(
    codes: Features, k: int, metric: str, on_progress: Callable[..., object]
) -> tuple[Rows, Matrix]:
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

    def __init__(self, epochs: int, on_progress: Callable[..., object]) -> None:
        self.epochs, self.on_progress, self.ended = epochs, on_progress, False

    def write(self, text: str) -> None:
        """Report the epoch that the bar writes; what the hook raises ends the fit."""
        number = text.strip()
        if number.isdigit() and not self.ended:
            epoch = int(number)
            try:
                self.on_progress(0.3 + 0.7 * epoch / self.epochs, epoch=epoch)
            except BaseException:
                # The bar writes once more while it closes: that is no second report.
                self.ended = True
                raise

    def flush(self) -> None:
        """Nothing is held back."""


@contextmanager
def _compiled_once(folder: str | Path | None) -> Generator[None]:
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

    plain: Any = numba.njit

    def cached(*functions: Any, **options: Any) -> Any:
        return plain(*functions, **{"cache": True, **options})

    numba.njit = cached  # ty: ignore[invalid-assignment] (put back below)
    try:
        yield
    finally:
        numba.njit = plain
