"""Which rows to fit and to show when there are too many, and where the rest goes."""

from collections.abc import Callable

import numpy as np

from aemlo.arrays import Features, LabelMatrix, Mask, Matrix, Rows
from aemlo.neighbours.search import neighbours


def rare_rows(Y: LabelMatrix) -> Mask:
    """Rows (n,) of Y (n, q) with a minority label: IRLbl above MeanIR (Charte, 2015).

    Labels nobody has take no part.
    """
    counts = Y.sum(axis=0, dtype=float)
    used = counts > 0
    irlbl = np.divide(
        counts.max(initial=0.0), counts, where=used, out=np.zeros(len(counts))
    )
    minority = used & (irlbl > irlbl[used].mean()) if used.any() else used
    return np.asarray(Y[:, minority].any(axis=1))


def rarest_first(Y: LabelMatrix, rng: np.random.Generator) -> Rows:
    """All rows, rows of the rarest labels first: minority rows by the size of their
    rarest label, then the others in random order; ties in random order."""
    counts = Y.sum(axis=0)
    rarest = np.where(Y > 0, counts, len(Y) + 1).min(axis=1, initial=len(Y) + 1)
    rare = rare_rows(Y)
    return np.lexsort([rng.random(len(Y)), np.where(rare, rarest, 0), ~rare])


def stratified(
    Y: LabelMatrix, synthetic: Mask, size: int, rng: np.random.Generator
) -> Rows:
    """`size` rows to stand for all, ascending: every minority row, and of the others
    an even share of real and synthetic rows and of each labelset.

    Where the minority rows alone are too many, those of the rarest labels are kept.
    `synthetic` (n,) is True for synthetic rows. Ours: systematic sampling over the rows
    sorted by kind and labelset.
    """
    n = len(Y)
    if size >= n:
        return np.arange(n)
    order = rarest_first(Y, rng)
    rare = int(rare_rows(Y).sum())
    if rare >= size:
        return np.sort(order[:size])
    others = order[rare:]
    _, labelset = np.unique(Y[others], axis=0, return_inverse=True)
    others = others[np.lexsort([labelset.ravel(), np.asarray(synthetic)[others]])]
    step = len(others) / (size - rare)
    picks = (rng.random() + np.arange(size - rare)) * step
    chosen = others[np.minimum(picks.astype(int), len(others) - 1)]
    return np.sort(np.concatenate([order[:rare], chosen]))


def place(
    codes: Features,
    fitted: Rows,
    picture: Matrix,
    k: int = 5,
    metric: str = "euclidean",
    on_progress: Callable[..., object] | None = None,
) -> Matrix:
    """A picture (n, dimensions) of all rows of `codes` (n, d) from one of some rows.

    `fitted` (m,) are the rows that `picture` (m, dimensions) shows; each other row goes
    to the mean of its k nearest fitted rows, weighted by 1 / distance (a row at
    distance 0 of a fitted one goes where that is). Ours.
    """
    fitted = np.asarray(fitted)
    everything = np.empty((codes.shape[0], picture.shape[1]))
    everything[fitted] = picture
    rest = np.setdiff1d(np.arange(codes.shape[0]), fitted)
    if not len(rest):
        return everything
    nearest, far = neighbours(
        codes[fitted], min(k, len(fitted)), metric, codes[rest], on_progress
    )
    weight = 1.0 / np.maximum(far, 1e-9 * max(far.max(), 1e-300))
    weight /= weight.sum(axis=1, keepdims=True)
    everything[rest] = np.einsum("ij,ijk->ik", weight, picture[nearest])
    return everything
