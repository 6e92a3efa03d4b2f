"""Thresholds that turn scores into labels, and what each would give.

All functions take the rows they are told to learn from: in an evaluation, rows of the
training part that the scores were not fitted on.
"""

import numpy as np
import pandas as pd

from aemlo.arrays import LabelMatrix, PerLabel, Scores


def apply(scores: Scores, thresholds: float | PerLabel) -> LabelMatrix:
    """Labels (n, q) uint8: 1 where the score reaches its label's threshold."""
    return (np.asarray(scores) >= thresholds).astype(np.uint8)


def f_max(Y: LabelMatrix, scores: Scores) -> tuple[PerLabel, PerLabel]:
    """Thresholds (q,) with the highest F1 of each label, and those F1 (q,).

    The cut with the best F1 down the label's ranking, half-way to the next lower
    score; equal scores are never parted; of equal cuts the highest. A label without
    positives gets a threshold that no score reaches (Yang, SIGIR 2001, "SCut").
    """
    Y, scores = np.asarray(Y), np.asarray(scores, dtype=float)
    order = np.argsort(-scores, axis=0, kind="stable")
    ranked = np.take_along_axis(scores, order, axis=0)
    hits = np.cumsum(np.take_along_axis(Y, order, axis=0), axis=0, dtype=int)
    given = np.arange(1, len(Y) + 1)[:, None]
    f1 = 2 * hits / (given + hits[-1])
    below = np.vstack([ranked[1:], np.zeros((1, ranked.shape[1]))])
    may_cut = ranked > below
    may_cut[-1] = True
    f1 = np.where(may_cut, f1, -1.0)
    best, columns = f1.argmax(axis=0), np.arange(Y.shape[1])
    cut = (ranked[best, columns] + below[best, columns]) / 2
    cut = np.where(hits[-1] > 0, cut, np.nextafter(1.0, 2.0))
    return cut, np.maximum(f1[best, columns], 0.0)


def f_max_of_all(Y: LabelMatrix, scores: Scores) -> float:
    """The one threshold with the highest F1 of all cells together (micro-F1)."""
    cut, _ = f_max(np.asarray(Y).reshape(-1, 1), np.asarray(scores).reshape(-1, 1))
    return float(cut[0])


def cardinality_cut(scores: Scores, cardinality: float) -> float:
    """The one threshold that gives a row `cardinality` labels on average.

    As near as ties of scores allow (Read et al., Machine Learning 85, 2011, section 6).
    """
    flat = np.asarray(scores, dtype=float).reshape(-1, 1)
    return float(_cut_after(flat, np.array([cardinality * len(scores)]))[0])


def label_cardinality_cut(scores: Scores, shares: PerLabel) -> PerLabel:
    """Thresholds (q,) that give each label to its share of the rows, as ties allow."""
    scores = np.asarray(scores, dtype=float)
    return _cut_after(scores, np.asarray(shares) * len(scores))


def _cut_after(scores, wanted):
    """Per column, the midpoint between scores after which `wanted` rows are given."""
    ranked = -np.sort(-scores, axis=0)
    top = np.nextafter(1.0, 2.0)
    edges = np.vstack([np.full((1, ranked.shape[1]), 2 * top), ranked])
    below = np.vstack([ranked, np.zeros((1, ranked.shape[1]))])
    may_cut = edges > below
    may_cut[-1] = True
    distance = np.abs(np.arange(len(ranked) + 1)[:, None] - wanted)
    best = np.where(may_cut, distance, np.inf).argmin(axis=0)
    columns = np.arange(ranked.shape[1])
    cut = (np.minimum(edges, top)[best, columns] + below[best, columns]) / 2
    return np.where(best == 0, np.maximum(cut, ranked[0] + 1e-12), cut)


def trade_off(y: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
    """What every threshold of one label would give, highest threshold first.

    y (n,) and scores (n,) -> a frame with one row per distinct score: `threshold`,
    `true positives`, `false positives`, `false negatives`, `true negatives`,
    `precision`, `recall`, `false positive rate` and `F1` (NaN where there is none).
    """
    y, scores = np.asarray(y, dtype=int), np.asarray(scores, dtype=float)
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last = np.append(ranked[1:] != ranked[:-1], True)
    hits = np.cumsum(y[order])[last]
    given = np.flatnonzero(last) + 1
    positives, n = y.sum(), len(y)
    with np.errstate(invalid="ignore"):
        return pd.DataFrame(
            {
                "threshold": ranked[last],
                "true positives": hits,
                "false positives": given - hits,
                "false negatives": positives - hits,
                "true negatives": n - positives - (given - hits),
                "precision": hits / given,
                "recall": hits / positives if positives else np.nan,
                "false positive rate": (given - hits) / (n - positives)
                if n > positives
                else np.nan,
                "F1": 2 * hits / (given + positives),
            }
        )
