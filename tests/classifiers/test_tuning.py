"""Thresholds: what they reach, and that they never see a row they are judged on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from aemlo.classifiers import BRLogistic, Thresholded, tuning
from aemlo.classifiers.base import Classifier
from aemlo.classifiers.thresholded import fold_numbers


def some(seed, n=40, q=3, steps=1000, density=0.3):
    rng = np.random.default_rng(seed)
    Y = (rng.random((n, q)) < density).astype(np.uint8)
    return Y, rng.integers(0, steps, (n, q)) / steps


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([3, 1000]), st.sampled_from([0.05, 0.5]))
def test_f_max_is_the_best_cut_there_is(seed, steps, density):
    Y, scores = some(seed, steps=steps, density=density)
    cuts, reached = tuning.f_max(Y, scores)
    given = tuning.apply(scores, cuts)
    for j in range(Y.shape[1]):
        options = [*np.unique(scores[:, j]), 2.0]
        best = max(
            f1_score(Y[:, j], scores[:, j] >= cut, zero_division=0) for cut in options
        )
        assert reached[j] == pytest.approx(best)
        assert f1_score(Y[:, j], given[:, j], zero_division=0) == pytest.approx(best)


def test_f_max_by_hand():
    Y = np.array([[1], [0], [1], [0], [0]])
    scores = np.array([[0.9], [0.8], [0.6], [0.2], [0.1]])
    cuts, reached = tuning.f_max(Y, scores)
    assert cuts == pytest.approx([0.4])  # half-way between 0.6 and 0.2
    assert reached == pytest.approx([0.8])  # 2 right of 3 given and 2 there


def test_a_label_without_positives_is_never_given():
    cuts, reached = tuning.f_max(np.zeros((3, 1)), np.ones((3, 1)))
    assert reached.tolist() == [0.0]
    assert tuning.apply(np.ones((3, 1)), cuts).sum() == 0


@pytest.mark.parametrize("cardinality", [0.0, 0.5, 1.3, 3.0])
def test_cardinality_cut_gives_so_many_labels(cardinality):
    _, scores = some(1, n=200, steps=10**6)
    cut = tuning.cardinality_cut(scores, cardinality)
    given = tuning.apply(scores, cut)
    assert given.sum(axis=1).mean() == pytest.approx(cardinality, abs=1 / 200)


def test_label_cardinality_cut_gives_each_label_its_share():
    _, scores = some(2, n=200, steps=10**6)
    cuts = tuning.label_cardinality_cut(scores, np.array([0.0, 0.25, 1.0]))
    assert tuning.apply(scores, cuts).mean(axis=0).tolist() == [0.0, 0.25, 1.0]


def test_trade_off_counts_what_each_threshold_gives():
    Y, scores = some(3, n=60, q=1, steps=8)
    frame = tuning.trade_off(Y[:, 0], scores[:, 0])
    assert (np.diff(frame["threshold"]) < 0).all()
    for _, row in frame.iterrows():
        given = scores[:, 0] >= row["threshold"]
        assert row["true positives"] == (given & (Y[:, 0] == 1)).sum()
        assert row["false positives"] == (given & (Y[:, 0] == 0)).sum()
        assert row["true negatives"] == (~given & (Y[:, 0] == 0)).sum()
        assert row["F1"] == pytest.approx(f1_score(Y[:, 0], given, zero_division=0))


class Spy(Classifier):
    """Remembers the rows (by their first feature) of every fit and of every scoring."""

    title = "spy"
    log: list = []  # shared by its clones  # noqa: RUF012

    def __init__(self, random_state=None):
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress):
        on_progress(0.5)
        self.seen_ = set(X[:, 0])
        self.rate_ = Y.mean(axis=0)

    def _scores(self, X):
        self.log.append((self.seen_, set(X[:, 0])))
        return np.clip(self.rate_ + 0.3 * X[:, 1:2], 0, 1)


def rows_scored_by_a_model_that_saw_them(cls, X, Y):
    """How many (row, scoring) pairs had the row among the scorer's training rows."""
    Spy.log = log = []
    cls(Spy(), folds=3, random_state=0).fit(X, Y)
    return sum(len(seen & scored) for seen, scored in log), set().union(
        *(seen | scored for seen, scored in log)
    )


class Cheat(Thresholded):
    """The mistake: tunes on scores of the rows the classifier was fitted on."""

    def _fit(self, X, Y, rng, on_progress, kinship=None):
        super()._fit(X, Y, rng, on_progress, kinship)
        self.thresholds_[:] = self._tuned(Y, self.inner_.predict_proba(X))


def test_thresholds_are_tuned_on_rows_the_scorer_has_not_seen():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.arange(60.0), rng.random(60)])
    Y = (rng.random((60, 3)) < 0.3).astype(np.uint8)
    train = np.arange(45)
    overlap, touched = rows_scored_by_a_model_that_saw_them(
        Thresholded, X[train], Y[train]
    )
    assert overlap == 0
    assert touched == set(X[train, 0])  # all training rows, and no other
    overlap, _ = rows_scored_by_a_model_that_saw_them(Cheat, X[train], Y[train])
    assert overlap == 45  # the check sees the mistake


def test_equal_rows_stay_in_one_fold():
    rng = np.random.default_rng(0)
    X = np.repeat(rng.random((20, 2)), 3, axis=0)
    Y = (rng.random((60, 4)) < 0.3).astype(np.uint8)
    folds = fold_numbers(X, Y, 5, 0)
    assert set(folds) == set(range(5))
    assert (folds.reshape(20, 3) == folds.reshape(20, 3)[:, :1]).all()


@pytest.mark.parametrize("rule", ["F-max", "cardinality", "label cardinality", "fixed"])
def test_rules_change_labels_and_leave_scores(rule):
    rng = np.random.default_rng(1)
    X = rng.random((1500, 5))
    Y = (X[:, :2] + 0.3 * rng.random((1500, 2)) > 1.05).astype(np.uint8)
    plain = BRLogistic(C=0.05).fit(X, Y)
    assert plain.predict(X).sum() < 10  # so cautious that it predicts next to nothing
    tuned = Thresholded(BRLogistic(C=0.05), rule=rule, threshold=0.2, random_state=0)
    labels, scores = tuned.fit(X, Y).decide(X)
    assert scores == pytest.approx(plain.predict_proba(X))
    share = labels.mean(axis=0)
    if rule == "label cardinality":
        assert share == pytest.approx(Y.mean(axis=0), abs=0.05)
    elif rule == "cardinality":
        tried = tuning.apply(tuned.out_of_fold_, tuned.thresholds_)
        wanted = Y.sum(axis=1).mean()
        assert tried.sum(axis=1).mean() == pytest.approx(wanted, abs=1e-3)
        assert labels.sum(axis=1).mean() == pytest.approx(wanted, abs=0.1)
    elif rule == "fixed":
        assert np.array_equal(labels, scores >= 0.2)
    else:
        assert f1_score(Y, labels, average="macro") > 0.6


def test_labels_too_rare_to_tune_share_a_threshold():
    rng = np.random.default_rng(2)
    X = rng.random((100, 3))
    Y = np.column_stack([X[:, 0] > 0.5, np.arange(100) < 2]).astype(np.uint8)
    tuned = Thresholded("BR-logistic", min_positives=4, random_state=0).fit(X, Y)
    pooled = tuning.f_max_of_all(Y, tuned.out_of_fold_)
    assert tuned.thresholds_[1] == pytest.approx(pooled)
    assert tuned.notes_ == [
        "Labels 1: fewer than 4 training rows each, so they share one threshold, tuned "
        "on all labels together."
    ]
