"""Evidence over test rows: exact small cases, independent computations, error rates."""

from itertools import product

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from aemlo.compare import row_evidence as evidence


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_sign_flip_p_is_that_of_all_flips():
    # 8 rows: all 256 flips counted; the drawn share comes near it.
    arm = rng(1).random((8, 1))
    baseline = rng(2).random((8, 1))
    gaps = (arm - baseline).ravel()
    observed = abs(gaps.mean())
    flips = [abs(np.mean(gaps * signs)) for signs in product([-1, 1], repeat=8)]
    exact = np.mean(np.array(flips) >= observed - 1e-12)
    result = evidence.of_row_means(arm, baseline, rng(), draws=20_000)
    assert result.difference[0] == pytest.approx(gaps.mean())
    assert result.p[0] == pytest.approx(exact, abs=0.015)


def test_macro_f1_of_counts_is_scikit_learn_s():
    Y, predicted = rng().integers(0, 2, (2, 50, 4))
    counts = evidence.f1_counts(Y, predicted).sum(axis=0)[None]
    expected = f1_score(Y, predicted, average=None, zero_division=0)
    assert evidence.f1_per_label(counts)[0] == pytest.approx(expected)
    assert evidence.macro_f1(counts)[0, 0] == pytest.approx(expected.mean())


def test_exchanging_rows_is_exchanging_predictions():
    """The mixed counts are those of predictions whose rows were really exchanged."""
    Y, first, second = rng().integers(0, 2, (3, 30, 3))
    signs = rng(4).choice([-1.0, 1.0], 30)
    one, two = evidence.f1_counts(Y, first), evidence.f1_counts(Y, second)
    mixed = (one + two).sum(axis=0) / 2 + signs @ (one - two) / 2
    exchanged = np.where(signs[:, None] > 0, first, second)
    assert mixed == pytest.approx(evidence.f1_counts(Y, exchanged).sum(axis=0))


@pytest.mark.parametrize("ties", [False, True])
def test_weighted_ranking_metrics_are_those_of_repeated_rows(ties):
    truth = rng().integers(0, 2, 40)
    scores = rng(1).random(40)
    if ties:
        scores = np.round(scores, 1)
    weights = rng(2).multinomial(40, np.full(40, 1 / 40), size=5).astype(float)
    auc = evidence.weighted_auc(truth, scores, weights)
    precision = evidence.weighted_average_precision(truth, scores, weights)
    for k, row in enumerate(weights.astype(int)):
        Y, S = np.repeat(truth, row), np.repeat(scores, row)
        assert auc[k] == pytest.approx(roc_auc_score(Y, S))
        assert precision[k] == pytest.approx(average_precision_score(Y, S))


def test_a_label_without_positives_has_no_value_and_no_p():
    Y = np.zeros((120, 2), dtype=int)
    Y[:30, 1] = 1
    first, second = rng().random((2, 120, 2))
    result = evidence.of_rankings(
        Y, first, second, evidence.weighted_auc, rng(), draws=200
    )
    assert np.isnan([result.difference[0], result.low[0], result.p[0]]).all()
    assert result.difference[1] == pytest.approx(result.difference[2])
    assert 0 < result.p[1] <= 1


def test_identical_arms_give_p_1():
    Y, predicted = rng().integers(0, 2, (2, 150, 3))
    counts = evidence.f1_counts(Y, predicted)
    result = evidence.of_row_counts(
        counts, counts, evidence.f1_per_label, rng(), draws=300
    )
    assert (result.p == 1).all() and (result.difference == 0).all()
    scores = rng().random((150, 3))
    result = evidence.of_rankings(
        Y, scores, scores, evidence.weighted_auc, rng(), draws=300
    )
    assert (result.p == 1).all()


def test_few_rows_or_positives_are_not_enough():
    Y = np.zeros((100, 3), dtype=int)
    Y[:5, 0] = 1
    Y[:4, 1] = 1
    assert evidence.enough_rows(Y).tolist() == [True, False, False]
    assert not evidence.enough_rows(Y[:99]).any()


@pytest.mark.parametrize("kind", ["row means", "macro-F1", "AUC"])
def test_alike_arms_are_told_apart_in_at_most_5_of_100_and_others_are_found(kind):
    """Under the null at most 5 % + two standard errors; power against a true gap."""
    trials, level = 200, 0.05
    false, true = 0, 0
    for trial in range(trials):
        draw = rng(trial)
        Y = (draw.random((120, 3)) < 0.3).astype(int)
        for better in (0.0, 0.35):
            skill = [0.4, 0.4 + better]
            scores = [Y * s + draw.normal(0, 0.4, Y.shape) for s in skill]
            if kind == "AUC":
                result = evidence.of_rankings(
                    Y, scores[1], scores[0], evidence.weighted_auc, draw, draws=200
                )
                p = result.p[-1]
            else:
                given = [(s > 0.3).astype(int) for s in scores]
                if kind == "macro-F1":
                    counts = [evidence.f1_counts(Y, g) for g in given]
                    result = evidence.of_row_counts(
                        counts[1], counts[0], evidence.macro_f1, draw, draws=200
                    )
                else:
                    losses = [(g != Y).mean(axis=1, keepdims=True) for g in given]
                    result = evidence.of_row_means(
                        losses[1], losses[0], draw, draws=200
                    )
                p = result.p[0]
            if better:
                true += p <= level
            else:
                false += p <= level
    allowed = level + 2 * np.sqrt(level * (1 - level) / trials)
    assert false / trials <= allowed
    assert true / trials > 0.5
