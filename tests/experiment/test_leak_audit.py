"""Leaks of each kind, planted: near copies, chosen features, permuted labels."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aemlo import compare, experiment
from aemlo.classifiers import CLASSIFIERS
from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError
from aemlo.experiment import folds
from aemlo.experiment.feature_choice import FeatureChoice
from aemlo.experiment.folds import Split
from aemlo.experiment.leaks import Witness
from aemlo.samplers import SAMPLERS

NONE = {"none": SAMPLERS["none"]()}
LOGISTIC = {"BR-logistic": CLASSIFIERS["BR-logistic"]()}


def data(n=80, d=6, q=3, seed=0, signal=1.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    Y = (signal * X[:, :q] + rng.normal(size=(n, q)) > 0.3).astype(np.uint8)
    features = tuple(Feature(f"x{i}") for i in range(d))
    return Dataset("toy", X, Y, features, tuple("abcdefg"[:q]))


def auc_of(scores):
    return scores[scores["metric"] == "macro-AUC"]["value"].mean()


@pytest.mark.parametrize("thin", [False, True])
def test_copies_with_noise_are_counted_and_chance_is_not(thin):
    rng = np.random.default_rng(0)
    X = rng.random((40, 5)) * [1, 10, 100, 0.1, 5]
    copies = X[:7] * (1 + 1e-6)
    other = rng.random((9, 5)) * [1, 10, 100, 0.1, 5]
    test = np.vstack([copies, X[7:10], other])  # 7 near, 3 exact, 9 of their own
    Y = np.eye(59, 3, dtype=np.uint8)
    features = data().features[:5]
    whole = replace(data(), X=np.vstack([X, test]), Y=Y, features=features)
    witness = Witness(whole.take(np.arange(40)), whole.take(np.arange(40, 59)))
    shape = sparse.csr_matrix if thin else np.asarray
    witness.prepared(shape(X), shape(test))
    assert (witness.near_duplicates, witness.duplicates) == (7, 3)


def test_a_comparison_counts_near_copies_made_before_the_data_were_loaded():
    whole = data(n=60)
    noise = np.random.default_rng(1).normal(scale=1e-6, size=whole.X.shape)
    twice = replace(
        whole, X=np.vstack([whole.X, whole.X + noise]), Y=np.vstack([whole.Y] * 2)
    )
    scores = experiment.run(twice, NONE, LOGISTIC, folds=3)
    assert scores["near_duplicate_rows"].max() > 20
    assert scores["duplicate_rows"].max() == 0
    alone = experiment.run(whole, NONE, LOGISTIC, folds=3)
    assert alone["near_duplicate_rows"].max() == 0


def test_features_are_chosen_like_an_analysis_of_variance_and_groups_stay_whole():
    rng = np.random.default_rng(0)
    Y = (rng.random((200, 2)) < 0.4).astype(np.uint8)
    X = rng.normal(size=(200, 6))
    X[:, 4] += 2 * Y[:, 0]
    X[:, 1] += 2 * Y[:, 1]
    choice = FeatureChoice(2).fit(X, Y)
    assert choice.columns_.tolist() == [1, 4]
    # Column 0 stays with column 4, its one-hot group.
    grouped = FeatureChoice(3).fit(X, Y, [np.array([0, 4])])
    assert grouped.columns_.tolist() == [0, 1, 4]


def test_a_group_of_columns_moves_with_the_choice():
    X = np.zeros((20, 5))
    X[:10, 3] = 1.0
    X[10:, 4] = 1.0
    Y = np.repeat([[1], [0]], 10, axis=0).astype(np.uint8)
    choice = FeatureChoice(2).fit(X + 0.0, Y, [np.array([3, 4]), np.array([0, 1])])
    assert choice.columns_.tolist() == [3, 4]
    assert [group.tolist() for group in choice.groups_] == [[0, 1]]


def test_features_chosen_on_all_rows_make_noise_look_good_and_are_caught():
    """Ambroise and McLachlan's experiment: 300 features of noise, 60 rows."""
    noise = data(n=60, d=300, q=2, signal=0.0)
    fair = experiment.run(noise, NONE, LOGISTIC, folds=5, keep_features=10)
    wrong = experiment.run(
        noise, NONE, LOGISTIC, folds=5, keep_features=10, leak="features"
    )
    assert (fair["error"] == "").all() and (wrong["error"] == "").all()
    assert auc_of(wrong) - auc_of(fair) > 0.15 and abs(auc_of(fair) - 0.5) < 0.15
    assert fair["test_rows_used"].max() == 0
    assert (wrong["test_rows_used"] > 0).all()
    assert set(wrong["leaks"].str.split(":").str[0]) == {"feature choice"}


def test_a_control_run_falls_to_chance_unless_something_has_seen_the_test_rows():
    whole = data(n=100, d=200, q=2, seed=3)
    shuffled = experiment.permuted(whole, seed=1)
    assert sorted(map(tuple, shuffled.Y)) == sorted(map(tuple, whole.Y))
    assert not np.array_equal(shuffled.Y, whole.Y)
    assert np.array_equal(shuffled.Y, experiment.permuted(whole, seed=1).Y)
    options = {"folds": 5, "keep_features": 10}
    fair = compare.control(experiment.run(shuffled, NONE, LOGISTIC, **options))
    assert not fair["above_chance"].any()
    leaking = experiment.run(shuffled, NONE, LOGISTIC, leak="features", **options)
    assert compare.control(leaking)["above_chance"].all()


def tidy(values, metric="macro-AUC", label=""):
    rows = [
        ("toy", arm, "tree", 0, fold, metric, label, value)
        for arm, folds_of_arm in values.items()
        for fold, value in enumerate(folds_of_arm)
    ]
    columns = ["dataset", "sampler", "classifier", "repeat", "fold"]
    return pd.DataFrame(rows, columns=[*columns, "metric", "label", "value"])


def test_scores_that_jump_are_flagged_and_ordinary_gains_are_not():
    scores = pd.concat(
        [
            tidy(
                {"none": [0.7, 0.7], "A": [0.75, 0.8], "B": [0.95, 0.93], "C": [1, 1]}
            ),
            tidy({"none": [0.1, 0.2], "A": [0.5, 0.6], "B": [1.0, 0.98]}, "F1", "rare"),
        ]
    )
    flagged = compare.suspicious(scores)
    assert flagged[["sampler", "kind", "label"]].apply(tuple, axis=1).tolist() == [
        ("B", "jump", ""),
        ("B", "label", "rare"),
        ("C", "perfect", ""),
    ]
    assert compare.suspicious(scores, "missing").empty


# Groups by a column


def patients(n=120, groups=15, seed=0):
    rng = np.random.default_rng(seed)
    whole = data(n=n, seed=seed)
    who = rng.integers(0, groups, n)
    features = (*whole.features, Feature("patient"))
    return replace(whole, X=np.column_stack([whole.X, who]), features=features), who


def test_rows_of_a_group_stay_on_one_side_and_the_column_is_no_feature():
    whole, who = patients()
    splits = experiment.Splits(folds=4, groups="patient")
    for split in splits.of(whole, seed=2):
        assert not set(who[split.train]) & set(who[split.test])
    assert splits.features_of(whole).feature_names == whole.feature_names[:-1]
    plan = experiment.grid(whole, NONE, LOGISTIC, splits=splits)
    assert "patient" not in plan.datasets[0].feature_names
    scores = experiment.run(whole, NONE, LOGISTIC, splits=splits)
    assert (scores["error"] == "").all()


def test_groups_join_with_duplicates():
    """Rows 0 and 1 are equal, rows 1 and 2 are one patient's: three rows, one side."""
    whole, _ = patients(n=40)
    X = whole.X.copy()
    X[:, -1] = np.arange(40)
    X[2, -1] = X[1, -1]
    X[1, :-1] = X[0, :-1]
    joined = replace(whole, X=X)
    # With the column among the features rows 0 and 1 differ; the duplicates are told
    # from the features that are left.
    for split in experiment.Splits(folds=3, groups="patient").of(joined, seed=0):
        sides = {int(np.isin(i, split.test)) for i in (0, 1, 2)}
        assert len(sides) == 1


def test_rows_without_a_group_are_groups_of_their_own():
    whole, _ = patients(n=30, groups=2)
    X = whole.X.copy()
    X[:20, -1] = np.nan
    codes = folds.column_groups(replace(whole, X=X), "patient")
    assert len(set(codes[:20].tolist())) == 20
    assert set(codes[:20].tolist()).isdisjoint(codes[20:].tolist())


def test_groups_on_both_sides_of_a_declared_split_are_counted():
    whole, who = patients(n=40, groups=4)
    split = Split(0, 0, np.arange(20), np.arange(20, 40))
    both = len(set(who[:20].tolist()) & set(who[20:].tolist()))
    assert folds.straddling_groups(whole, [split], "patient") == (4, both)
    sentences = folds.warnings(whole, [split], "patient")
    assert (
        f"{both} of 4 groups by 'patient' have rows on both sides of a split. Use "
        "folds, which keep groups together."
    ) in sentences


def test_an_unknown_column_of_groups_is_refused():
    whole, _ = patients()
    with pytest.raises(DataError) as caught:
        experiment.Splits(groups="author").of(whole)
    assert str(caught.value) == (
        "toy: there is no column 'author' to group rows by. Columns: x0, x1, x2, x3, "
        "x4, x5, patient."
    )


def test_fewer_groups_than_folds_are_refused():
    whole, _ = patients(groups=3)
    with pytest.raises(DataError) as caught:
        experiment.Splits(folds=5, groups="patient").of(whole)
    assert str(caught.value) == (
        "toy: 5 folds need at least 5 groups, got 3. Use fewer folds."
    )
