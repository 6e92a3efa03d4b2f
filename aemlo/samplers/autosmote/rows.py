"""From AutoSMOTE's decisions to rows: features, labels and parents."""

from typing import Any

import numpy as np

from aemlo.arrays import Features, LabelMatrix, Rows
from aemlo.samplers.base import dense
from aemlo.samplers.features import MixedFeatures


def cohort_means(described: np.ndarray, cohort: np.ndarray) -> np.ndarray:
    """Each row replaced by the mean of its cohort."""
    sums = np.zeros((cohort.max() + 1, described.shape[1]))
    np.add.at(sums, cohort, described)
    return (sums / np.bincount(cohort)[:, None])[cohort]


def drawn_cells(
    cells: Rows, part: np.ndarray, count: int, rng: np.random.Generator
) -> Rows:
    """`count` of `cells`, drawn in proportion to their chance to take part."""
    chance = part[cells].astype(float) + 1e-9
    return rng.choice(cells, size=count, p=chance / chance.sum())


def drawn_columns(shares: np.ndarray, rng: np.random.Generator) -> Rows:
    """A column drawn for each row of `shares` (m, c), by its probabilities."""
    heights = np.cumsum(shares, axis=1)
    drawn = rng.random(len(shares))[:, None] * heights[:, -1:]
    return np.minimum((heights <= drawn).sum(axis=1), shares.shape[1] - 1)


def new_features(
    X: Features,
    seed: Rows,
    near: np.ndarray,
    last: np.ndarray,
    how: np.ndarray,
    pick: np.ndarray,
    step: np.ndarray,
) -> np.ndarray:
    """Features (m, d) of new rows, from their seeds and neighbours.

    `near` (m, t) nearest first, `last` (m,) the last one that counts, `how` (m,) the
    aggregation, `pick` (m,) the neighbour to step towards, `step` (m,) how far.
    """
    first = dense(X[seed])
    total, low, high = first.copy(), first.copy(), first.copy()
    other = np.empty_like(first)
    for t in range(int(last.max()) + 1):
        row = dense(X[near[:, t]])
        here = (t <= last)[:, None]
        total += np.where(here, row, 0)
        low = np.where(here, np.minimum(low, row), low)
        high = np.where(here, np.maximum(high, row), high)
        other = np.where((pick == t)[:, None], row, other)
    options = [total / (last + 2)[:, None], low, high, other]
    goal = np.select([(how == a)[:, None] for a in range(4)], options)
    return first + step[:, None] * (goal - first)


def in_kind(new: np.ndarray, features: MixedFeatures) -> np.ndarray:
    """Two-valued columns at the nearer of their values, groups one-hot again."""
    single = np.flatnonzero(~features.numeric & (features.group_of < 0))
    X = features.X
    low = dense(X[:, single].min(axis=0)).ravel()
    high = dense(X[:, single].max(axis=0)).ravel()
    nearer_high = new[:, single] > (low + high) / 2
    new[:, single] = np.where(nearer_high, high, low)
    for group in features.groups:
        best = new[:, group].argmax(axis=1)
        new[:, group] = best[:, None] == np.arange(len(group))
    return new


def new_labels(
    Y: LabelMatrix, seed: Rows, near: np.ndarray, last: np.ndarray
) -> LabelMatrix:
    """Labels (m, q) that more than half of seed and chosen neighbours have."""
    count = Y[seed].astype(np.int16)
    for t in range(int(last.max()) + 1):
        count += Y[near[:, t]] * (t <= last)[:, None]
    return (2 * count > (last + 2)[:, None]).astype(Y.dtype)


def parents_of(
    cells: Any, cell: Rows, last: np.ndarray, how: np.ndarray, pick: np.ndarray
) -> np.ndarray:
    """Seed and neighbours used (m, 1 + t), -1 for none."""
    near = cells.near[cell].copy()
    near[np.arange(near.shape[1]) > last[:, None]] = -1
    towards_one = how == 3
    near[towards_one] = -1
    near[towards_one, 0] = cells.near[cell, pick][towards_one]
    return np.column_stack([cells.row[cell], near])
