"""Labels judged over all test rows: rows, folds and seeds as sources of chance."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from aemlo.compare import over_labels
from aemlo.compare.over_rows import Given
from aemlo.compare.predictions import Place, Predictions

RATES = (0.4, 0.3, 0.2, 0.15)
FOLDS = 5


def arms_of_chance(rng, n=500, *, by_fold):
    """Y and two alike arms; with `by_fold`, each fold of an arm leans its own way."""
    Y = (rng.random((n, len(RATES))) < RATES).astype(np.uint8)
    fold = np.arange(n) % FOLDS
    arms = []
    for _ in range(2):
        missed = np.full((FOLDS, len(RATES)), 0.35)
        if by_fold:
            missed = rng.uniform(0.0, 0.7, missed.shape)
        predicted = Y & (rng.random(Y.shape) > missed[fold])
        predicted |= (1 - Y) & (rng.random(Y.shape) < 0.05)
        arms.append(predicted.astype(np.uint8))
    return Y, fold, arms


def false_verdicts(draws, *, knows_folds):
    """Share of draws in which a label of two alike arms has a verdict."""
    wrong = 0
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        Y, fold, (new, old) = arms_of_chance(rng, by_fold=True)
        table = over_labels.of_labels(
            Y,
            Given([new]),
            Given([old]),
            rng,
            folds=[fold] if knows_folds else [],
            draws=300,
        )
        wrong += bool(table["verdict"].isin(["better", "worse"]).any())
    return wrong / draws


def test_folds_that_lean_their_own_way_are_no_verdict_on_a_label():
    draws = 80
    bar = 0.05 + 2 * np.sqrt(0.05 * 0.95 / draws)
    assert false_verdicts(draws, knows_folds=True) <= bar
    assert (
        false_verdicts(draws, knows_folds=False) > 0.5
    )  # so rows alone are not enough


def test_where_folds_add_nothing_rows_decide():
    """A true gain on one label of alike arms is still found, and the others are not."""
    rng = np.random.default_rng(3)
    Y, fold, (new, old) = arms_of_chance(rng, by_fold=False)
    new[:, 3] = Y[:, 3]
    table = over_labels.of_labels(Y, Given([new]), Given([old]), rng, folds=[fold])
    assert table["verdict"].tolist() == ["not shown"] * 3 + ["better"]
    assert table["evidence"].unique().tolist() == ["rows and folds"]
    rows_alone = over_labels.of_labels(
        Y, Given([new]), Given([old]), np.random.default_rng(3)
    )
    assert rows_alone["evidence"].unique().tolist() == ["rows"]
    # Other draws of the permutation, and the spread of folds can only add to p.
    assert (table["p"] >= rows_alone["p"] - 0.03).all()


def test_one_mended_label_among_many_is_found():
    """With 2,000 flips no p of 150 labels could pass Holm's correction."""
    rng = np.random.default_rng(4)
    Y = (rng.random((300, 150)) < 0.3).astype(np.uint8)
    old = Y ^ (rng.random(Y.shape) < 0.3)
    new = old.copy()
    new[:, 7] = Y[:, 7]
    table = over_labels.of_labels(
        Y, Given([new]), Given([old]), rng, draws=200, comparisons=300
    )
    assert table.index[table["verdict"] == "better"].tolist() == [7]
    assert table["p"][7] == pytest.approx(1 / 12_001)


def test_repeats_of_one_test_part_that_disagree_are_no_verdict():
    rng = np.random.default_rng(5)
    Y = (rng.random((400, 3)) < 0.4).astype(np.uint8)
    poor = Y ^ (rng.random(Y.shape) < 0.3)
    good = Y ^ (rng.random(Y.shape) < 0.05)
    always = over_labels.of_labels(
        Y, Given([good, good]), Given([poor, poor]), np.random.default_rng(0)
    )
    once = over_labels.of_labels(
        Y, Given([good, poor]), Given([poor, poor]), np.random.default_rng(0)
    )
    assert always["verdict"].tolist() == ["better"] * 3
    assert once["verdict"].tolist() == ["not shown"] * 3
    assert once["evidence"].unique().tolist() == ["rows and seeds"]
    assert (once["low"] < 0).all() and (once["high"] > 0).all()


def test_the_change_of_each_row_sums_to_nothing_and_is_the_slope_of_f1():
    rng = np.random.default_rng(7)
    Y = (rng.random((50, 2)) < 0.4).astype(np.uint8)
    predicted = (rng.random((50, 2)) < 0.4).astype(np.uint8)
    moved = over_labels._f1_by_row(Y, predicted)
    assert moved.sum(axis=0) == pytest.approx([0, 0])
    # A row counted a little more often moves F1 by its slope (numerical derivative).
    weights, step = np.ones(50), 1e-6
    weights[11] += step
    right = (weights[:, None] * (Y & predicted)).sum(axis=0)
    counted = (weights[:, None] * (Y + predicted)).sum(axis=0)
    slope = (2 * right / counted - over_labels._f1(Y, predicted)) / step
    assert moved[11] == pytest.approx(slope, abs=1e-5)


@pytest.mark.parametrize("prior", [3.0, 8.0])
def test_squeezing_finds_the_scale_and_freedom_it_was_drawn_with(prior):
    rng = np.random.default_rng(11)
    freedom, scale, k = 4, 1.7, 20_000
    variances = scale * prior / rng.chisquare(prior, k)
    ratios = variances * rng.chisquare(freedom, k) / freedom
    middle, found = over_labels.squeezed(ratios, freedom)
    assert middle == pytest.approx(scale, rel=0.05)
    assert found == pytest.approx(prior, rel=0.15)


def test_ratios_that_chance_alone_makes_are_all_one_scale():
    """Equally spaced quantiles of a narrower spread than chance: infinite freedom."""
    ratios = stats.chi2(40).ppf(np.linspace(0.05, 0.95, 30)) / 40
    middle, freedom = over_labels.squeezed(ratios, 4)
    assert freedom == np.inf
    assert 0.7 < middle < 1.5


def test_folds_are_kept_with_predictions_and_runs_without_them_are_judged_by_rows(
    tmp_path,
):
    rng = np.random.default_rng(0)
    Y, fold, (new, old) = arms_of_chance(rng, by_fold=True)
    tests = {(0, 0, k): np.flatnonzero(fold == k) for k in range(FOLDS)}
    kept = Predictions([Y], [{}], ["toy"], tests)
    for arm, predicted in (("none", old), ("A", new)):
        for k in range(FOLDS):
            kept.add(Cell(arm, k, predicted[tests[0, 0, k]]))
    kept.save(tmp_path)
    again = Predictions.load(tmp_path, [Y], [{}], ["toy"])
    assert again.fold_of[0, 0].tolist() == fold.tolist()
    judged = again.per_label("toy", "tree", "A", "none", {})
    assert judged["evidence"].unique().tolist() == ["rows and folds"]
    pd.testing.assert_frame_equal(
        judged, kept.per_label("toy", "tree", "A", "none", {})
    )
    kept.fold_of.clear()  # as an earlier version kept them
    (tmp_path / "old").mkdir()
    kept.save(tmp_path / "old")
    old_run = Predictions.load(tmp_path / "old", [Y], [{}], ["toy"])
    judged = old_run.per_label("toy", "tree", "A", "none", {})
    assert judged["evidence"].unique().tolist() == ["rows"]


def test_only_the_repeats_that_both_arms_have_are_compared():
    rng = np.random.default_rng(0)
    Y, fold, (new, old) = arms_of_chance(rng, by_fold=False)
    whole = {(0, repeat, 0): np.arange(len(Y)) for repeat in range(2)}
    kept = Predictions([Y], [{}], ["toy"], whole)
    kept.predicted[Place(0, "none", "tree", 0)] = old.astype(np.int8)
    kept.predicted[Place(0, "none", "tree", 1)] = old.astype(np.int8)
    kept.predicted[Place(0, "A", "tree", 1)] = new.astype(np.int8)
    judged = kept.per_label("toy", "tree", "A", "none", {})
    assert judged["evidence"].unique().tolist() == ["rows"]


class Cell:
    """A cell of a run as far as predictions need it."""

    dataset, classifier, repeat, test_scores = 0, "tree", 0, None

    def __init__(self, sampler, fold, predicted):
        self.sampler, self.fold, self.predicted = sampler, fold, predicted
