"""Folds: stratified, the same for every arm, duplicates on one side."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError
from aemlo.experiment import folds
from aemlo.formats import read


def toy(n=100, q=3, seed=0, X=None, Y=None, **more):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2)) if X is None else X
    Y = (rng.random((n, q)) < [0.5, 0.2, 0.1][:q]).astype(np.uint8) if Y is None else Y
    names = tuple(f"label {j}" for j in range(Y.shape[1]))
    features = tuple(Feature(f"x{i}") for i in range(X.shape[1]))
    return Dataset("toy", X, Y, features, names, **more)


def test_folds_share_out_every_row_once_and_every_label_evenly():
    data = read("yeast")
    splits = folds.plan(data, folds=5, seed=3)
    tested = np.concatenate([s.test for s in splits])
    assert np.array_equal(np.sort(tested), np.arange(data.n))
    for split in splits:
        assert not set(split.train) & set(split.test)
    counts = folds.table(data, splits).pivot(
        index="label", columns="fold", values="test_positives"
    )
    spread = counts.max(axis=1) - counts.min(axis=1)
    assert spread["Class14"] <= 1  # the rarest: 34 rows
    assert (spread / counts.mean(axis=1))[counts.mean(axis=1) > 30].max() < 0.07
    assert counts.sum(axis=1)[list(data.label_names)].tolist() == data.Y.sum(0).tolist()


def test_same_seed_same_folds_and_other_seeds_or_repeats_differ():
    data = toy()
    first = folds.plan(data, folds=4, repeats=2, seed=5)
    again = folds.plan(data, folds=4, repeats=2, seed=5)
    other = folds.plan(data, folds=4, repeats=1, seed=6)
    assert all(
        np.array_equal(a.test, b.test) for a, b in zip(first, again, strict=True)
    )
    assert not np.array_equal(first[0].test, other[0].test)
    assert not np.array_equal(first[0].test, first[4].test)
    assert [(s.repeat, s.fold) for s in first] == [
        (repeat, fold) for repeat in range(2) for fold in range(4)
    ]


def test_more_repeats_leave_the_first_ones_as_they_were():
    data = toy()
    few, many = folds.plan(data, repeats=1), folds.plan(data, repeats=3)
    assert all(np.array_equal(a.test, b.test) for a, b in zip(few, many, strict=False))


def test_duplicates_stay_together(shared):
    data = read(shared / "data/mulan/foodtruck.arff", xml=None, label_count=12)
    group = folds.duplicate_groups(data)
    assert group.max() + 1 < data.n  # the set has rows with equal features
    for split in folds.plan(data, folds=5):
        assert not set(group[split.train]) & set(group[split.test])
    assert folds.straddling_rows(data, folds.plan(data, folds=5)) == 0


def test_duplicates_left_alone_are_warned_about():
    X = np.repeat(np.arange(30.0), 2)[:, None]
    data = toy(X=X, Y=np.tile([[1, 0], [0, 1]], (30, 1)).astype(np.uint8))
    splits = folds.plan(data, folds=3, duplicates="as they fall")
    straddling = folds.straddling_rows(data, splits)
    assert straddling > 0
    assert folds.warnings(data, splits) == (
        f"{straddling} test rows equal in every feature to a training row of the same "
        'fold. Keep duplicates "together" to put them on one side.',
    )


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_groups_are_numbered_in_the_order_of_rows(kind):
    X = kind(np.array([[2.0, 0], [1, 0], [2, 0], [0, 3], [1, 0]]))
    data = toy(X=X, Y=np.ones((5, 1), dtype=np.uint8))
    assert folds.duplicate_groups(data).tolist() == [0, 1, 0, 2, 1]


def test_rows_that_differ_in_their_text_are_no_duplicates():
    text = pd.DataFrame({"t": ["a", "b", "a"]})
    data = toy(X=np.zeros((3, 1)), Y=np.ones((3, 1), dtype=np.uint8), text=text)
    assert folds.duplicate_groups(data).tolist() == [0, 1, 0]


def test_a_hold_out_has_the_share_asked_for_and_repeats_differ():
    data = toy(n=200)
    splits = folds.plan(data, "hold-out", test_share=0.3, repeats=2)
    assert [len(s.test) for s in splits] == pytest.approx([60, 60], abs=3)
    assert not np.array_equal(splits[0].test, splits[1].test)


def test_the_declared_split_is_taken_as_it_is():
    split = np.array([True] * 70 + [False] * 30)
    splits = folds.plan(toy(split=split), "declared", repeats=2)
    assert [s.repeat for s in splits] == [0, 1]
    for one in splits:
        assert np.array_equal(one.test, np.arange(70, 100))


def test_one_label_and_no_label_at_all_can_be_divided():
    for Y in (np.zeros((20, 2)), np.tile([[0], [1]], (10, 1))):
        splits = folds.plan(toy(n=20, Y=Y.astype(np.uint8)), folds=4)
        assert sum(len(s.test) for s in splits) == 20
        assert max(len(s.test) for s in splits) <= 6


def test_a_label_with_two_rows_is_named_for_five_folds():
    Y = np.zeros((50, 2), dtype=np.uint8)
    Y[:2, 0], Y[::2, 1] = 1, 1
    found = folds.warnings(toy(n=50, Y=Y), folds.plan(toy(n=50, Y=Y), folds=5))
    assert found == (
        "1 label without a positive row in some test part has no AUC and no recall "
        "there: label 0. Fewer folds, or leaving these labels out, makes their scores "
        "whole.",
    )


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"how": "thirds"},
            "split must be one of folds, hold-out, declared, got 'thirds'.",
        ),
        ({"folds": 1}, "folds must be between 2 and 100 rows of toy, got 1."),
        ({"repeats": 0}, "repeats must be at least 1, got 0."),
        (
            {"how": "hold-out", "test_share": 1.5},
            "test_share must be between 0 and 1, got 1.5.",
        ),
        (
            {"how": "declared"},
            "toy: its files declare no train/test split. Use folds or a hold-out.",
        ),
        (
            {"duplicates": "gone"},
            "duplicates must be one of together, as they fall, got 'gone'.",
        ),
    ],
)
def test_what_cannot_be_divided_is_said(options, message):
    with pytest.raises(DataError) as caught:
        folds.plan(toy(), **options)
    assert str(caught.value) == message


def test_too_few_different_rows_for_the_folds():
    data = toy(X=np.zeros((30, 1)), Y=np.tile([[0], [1]], (15, 1)).astype(np.uint8))
    with pytest.raises(
        DataError, match="5 folds need at least 5 different rows, got 1"
    ):
        folds.plan(data, folds=5)
