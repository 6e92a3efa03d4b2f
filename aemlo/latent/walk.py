"""What if a row were somewhere else in the latent space: segments, nudges, new rows.

A decoder is any object that decodes codes, as a trained AEMLO does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit
from scipy.stats import rankdata

from aemlo.arrays import Features, LabelMatrix, Matrix, Names, PerFeature, Rows, Scores
from aemlo.errors import DataError
from aemlo.neighbours.search import neighbours
from aemlo.samplers.aemlo.generation import FeatureSpace, rank_labels
from aemlo.samplers.base import Synthetic


class Decoder(Protocol):
    """What makes rows of codes."""

    def decode(self, codes: Matrix) -> tuple[Matrix, Scores]:
        """Features (n, d) and label scores (n, q) of codes (n, l)."""


@dataclass(frozen=True)
class Walk:
    """What is decoded along a way: positions (s,), codes (s, l), features (s, d) and
    label scores (s, q) as the decoder gives them."""

    positions: Matrix
    codes: Matrix
    features: Matrix
    scores: Scores

    def score_frame(
        self, names: Names, labels: Iterable[int] | None = None, most: int = 8
    ) -> pd.DataFrame:
        """Tidy `position label score`; without `labels`, those that change most."""
        columns = _most_changed(self.scores, most) if labels is None else list(labels)
        return _tidy(self.positions, self.scores, columns, names, ("label", "score"))

    def feature_frame(
        self, names: Names, spread: PerFeature, most: int = 8
    ) -> pd.DataFrame:
        """Tidy `position feature value` of the features that change most, measured
        against their `spread` (d,) over the data."""
        scaled = self.features / np.where(spread > 0, spread, np.inf)
        columns = _most_changed(scaled, most)
        return _tidy(self.positions, scaled, columns, names, ("feature", "value"))

    def first_decoded(self, label: int, wanted: int) -> int | None:
        """The number of the first step where `label` is among the `wanted` best scores,
        or None."""
        better = (self.scores > self.scores[:, [label]]).sum(axis=1)
        steps = np.flatnonzero(better < wanted)
        return int(steps[0]) if len(steps) else None


def segment(decoder: Decoder, start: Matrix, end: Matrix, steps: int = 21) -> Walk:
    """The Walk on the straight line from code `start` (l,) to code `end` (l,); its
    positions run from 0 to 1."""
    positions = np.linspace(0.0, 1.0, steps)
    codes = np.asarray(start) + positions[:, None] * (
        np.asarray(end) - np.asarray(start)
    )
    return Walk(positions, codes, *decoder.decode(codes))


def nudge(
    decoder: Decoder, code: Matrix, label: int, length: float, steps: int = 11
) -> Walk:
    """The Walk from `code` (l,) that raises the score of `label` the fastest.

    Each of the steps - 1 steps goes length / (steps - 1) along the gradient of the
    score there; positions are the length gone. Ours.
    """
    way = [np.asarray(code, dtype=float)]
    stride = length / (steps - 1)
    for _ in range(steps - 1):
        way.append(way[-1] + stride * uphill(decoder, way[-1], label))
    codes = np.array(way)
    return Walk(np.linspace(0.0, length, steps), codes, *decoder.decode(codes))


def uphill(decoder: Decoder, code: Matrix, label: int, reach: float = 1e-2) -> Matrix:
    """The unit vector (l,) along which the score of `label` rises fastest at `code`,
    by central differences; zeros where it is flat."""
    code = np.asarray(code, dtype=float)
    size = reach * max(1.0, np.abs(code).max())
    probes = np.vstack(
        [code + size * np.eye(len(code)), code - size * np.eye(len(code))]
    )
    scores = np.asarray(decoder.decode(probes)[1], dtype=float)[:, label]
    gradient = (scores[: len(code)] - scores[len(code) :]) / (2 * size)
    norm = np.linalg.norm(gradient)
    return gradient / norm if norm > 0 else gradient


def label_centre(
    codes: Matrix, Y: LabelMatrix, label: int, name: str | None = None
) -> Matrix:
    """The mean code (l,) of the rows that have `label`; DataError if no row has it."""
    rows = np.flatnonzero(np.asarray(Y)[:, label])
    if not len(rows):
        raise DataError(
            f"Label {name or label}: no row has it, so it has no centre. "
            "Choose another label."
        )
    return codes[rows].mean(axis=0)


def usual_step(codes: Matrix, k: int = 5) -> float:
    """The median distance from a code to its k-th nearest: a measure for nudges.

    DataError for a single code.
    """
    if len(codes) < 2:
        raise DataError(
            "This run has 1 row: without a neighbour there is no usual distance to "
            "walk by. Train on a data set with at least 2 rows."
        )
    return float(np.median(neighbours(codes, min(k, len(codes) - 1))[1][:, -1]))


@dataclass(frozen=True)
class Standing:
    """How a place stands with a label: its score there (0 to 1), the place that has
    among the scores of all labels (1 is best), how many labels rows made there have,
    and the median scores of real rows with and without the label (NaN for none)."""

    score: float
    rank: int
    wanted: int
    with_it: float
    without_it: float

    @property
    def decoded(self) -> bool:
        """Whether rows made here would have the label though nobody asked for it."""
        return self.rank <= self.wanted


def usual_scores(
    decoder: Decoder, codes: Matrix, Y: LabelMatrix, label: int, most: int = 1_000
) -> tuple[float, float]:
    """The median scores (0 to 1) of rows with and without `label`, of `most` each."""

    def median(rows: Rows) -> float:
        some = rows[:: max(1, len(rows) // most)]
        if not len(some):
            return np.nan
        return float(np.median(expit(decoder.decode(codes[some])[1][:, label])))

    return (
        median(np.flatnonzero(Y[:, label])),
        median(np.flatnonzero(Y[:, label] == 0)),
    )


def standing(
    decoder: Decoder,
    code: Matrix,
    label: int,
    Y: LabelMatrix,
    codes: Matrix,
    usual: tuple[float, float],
    k: int = 5,
) -> Standing:
    """The Standing of `code` (l,) with `label`; `usual` is what `usual_scores` gives.

    Rows made there have as many labels as their parents, by `make_rows`: the median of
    those that may become one.
    """
    scores = np.asarray(decoder.decode(code[None, :])[1], dtype=float)[0]
    rank = 1 + int((scores > scores[label]).sum())
    wanted = np.maximum(Y[possible_parents(code, Y, codes, label, k)].sum(axis=1), 1)
    return Standing(
        float(expit(scores[label])), rank, int(np.median(wanted)), *map(float, usual)
    )


def possible_parents(
    code: Matrix, Y: LabelMatrix, codes: Matrix, label: int | None = None, k: int = 5
) -> Rows:
    """The k nearest rows to `code` (l,), of those that have `label` where one is given.

    DataError if no row has it.
    """
    able = np.arange(len(Y)) if label is None else np.flatnonzero(Y[:, label])
    if not len(able):
        raise DataError("No row has this label, so there is nothing to make rows from.")
    return able[neighbours(codes[able], min(k, len(able)), others=code[None, :])[0][0]]


def make_rows(
    decoder: Decoder,
    code: Matrix,
    count: int,
    X: Features,
    Y: LabelMatrix,
    codes: Matrix,
    rng: np.random.Generator,
    label: int | None = None,
    reach: float = 0.5,
    within: float | None = None,
    k: int = 5,
    groups: Sequence[Rows] = (),
) -> tuple[Synthetic, Matrix]:
    """`count` Synthetic rows decoded around `code` (l,), their parents with them.

    Each goes a random part, up to `reach`, of the way from `code` to the code of one of
    its k nearest real rows (of those that have `label`, where one is given), which is
    its parent; no farther than `within`, a distance of codes, where that is given: the
    rows with a rare label may all be far away. Features are kept in the range of X
    (n, d), two-valued ones two-valued, `groups` one-hot; each row gets as many labels
    as its parent has, those of the best scores and `label` among them. Also returns
    the codes of the rows (count, l). Ours.
    """
    parents = rng.choice(possible_parents(code, Y, codes, label, k), size=count)
    share = rng.uniform(0.0, reach, size=count)
    if within is not None:
        far = np.linalg.norm(codes[parents] - code, axis=1)
        share *= np.minimum(1.0, within / np.maximum(far, 1e-300))
    new_codes = code + share[:, None] * (codes[parents] - code)
    features, scores = decoder.decode(new_codes)
    space = FeatureSpace(X, groups)
    features = space.one_hot(features, space.binarise(space.clip(features)))
    made_for = np.full(count, -1 if label is None else label)
    wanted = np.maximum(Y[parents].sum(axis=1), 1)
    labels = rank_labels(np.array(scores, dtype=float), wanted, made_for)
    if sparse.issparse(X):
        features = sparse.csr_matrix(features)
    return Synthetic(features, labels, parents[:, None], made_for, share), new_codes


def probes(
    codes: Matrix,
    Y: LabelMatrix,
    label_names: Names,
    rng: np.random.Generator,
    folds: int = 5,
    strength: float = 1.0,
) -> tuple[pd.DataFrame, Matrix]:
    """How well straight directions of the codes tell each label.

    A ridge probe of all labels at once on the standardised codes (n, l), scored on rows
    it did not see. Returns a frame `label positives auc unit unit_auc`, where `unit` is
    the single coordinate that tells the label best, and the directions (q, l), unit
    vectors in the codes' own units. NaN for a label with fewer than two rows with it or
    without it. Ours.
    """
    codes, labels = np.asarray(codes, dtype=float), np.asarray(Y, dtype=float)
    spread = codes.std(axis=0)
    used = spread > 1e-12 * max(spread.max(), 1e-300)
    Z = (codes - codes.mean(axis=0)) / np.where(used, spread, 1.0) * used
    fold = rng.permutation(np.arange(len(Z)) % min(folds, len(Z)))
    scores = np.empty(labels.shape)
    for part in range(fold.max() + 1):
        train, test = fold != part, fold == part
        weights, middle = _ridge(Z[train], labels[train], strength)
        scores[test] = Z[test] @ weights + middle
    by_unit = aucs(Z, labels)
    best = np.nanargmax(np.abs(np.nan_to_num(by_unit, nan=0.5) - 0.5), axis=1)
    frame = pd.DataFrame(
        {
            "label": list(label_names),
            "positives": labels.sum(axis=0).astype(int),
            "auc": _auc_of_pairs(scores, labels),
            "unit": best,
            "unit_auc": by_unit[np.arange(len(best)), best],
        }
    )
    weights, _ = _ridge(Z, labels, strength)
    directions = (weights / np.where(used, spread, 1.0)[:, None]).T
    length = np.linalg.norm(directions, axis=1, keepdims=True)
    return frame, directions / np.where(length > 0, length, 1.0)


def aucs(values: Matrix, Y: LabelMatrix | Matrix) -> Matrix:
    """AUC (q, l) of each column of `values` (n, l) for each label of Y (n, q); ties
    count one half. NaN for a label with fewer than two rows of either kind."""
    ranks = rankdata(values, axis=0)
    have = Y.sum(axis=0)[:, None]
    lack = len(Y) - have
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = (Y.T @ ranks - have * (have + 1) / 2) / (have * lack)
    return np.where((have >= 2) & (lack >= 2), auc, np.nan)


def _auc_of_pairs(scores: Scores, labels: Matrix) -> list[float]:
    """AUC of each column of `scores` for the same column of `labels`, (q,)."""
    columns = range(labels.shape[1])
    return [aucs(scores[:, [j]], labels[:, [j]])[0, 0] for j in columns]


def _ridge(Z: Matrix, labels: Matrix, strength: float) -> tuple[Matrix, Matrix]:
    """Weights (l, q) and intercepts (q,) of ridge regressions of the labels."""
    middle, centre = labels.mean(axis=0), Z.mean(axis=0)
    Z = Z - centre
    penalty = strength * np.eye(Z.shape[1])
    weights = np.linalg.solve(Z.T @ Z + penalty, Z.T @ (labels - middle))
    return weights, middle - centre @ weights


def _most_changed(values: Matrix, most: int) -> Rows:
    change = np.ptp(values, axis=0)
    return np.argsort(-change, kind="stable")[:most]


def _tidy(
    positions: Matrix,
    values: Matrix,
    columns: Iterable[int],
    names: Names,
    words: tuple[str, str],
) -> pd.DataFrame:
    columns = list(columns)
    name, value = words
    return pd.DataFrame(
        {
            "position": np.repeat(positions, len(columns)),
            name: np.tile([str(names[j]) for j in columns], len(positions)),
            value: np.asarray(values)[:, columns].ravel(),
        }
    )
