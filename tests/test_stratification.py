"""Groups of rows in parts that are alike: exact cases, properties, real data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iterstrat.ml_stratifiers import MultilabelStratifiedKFold

from aemlo.formats import read
from aemlo.stratification import (
    Division,
    divided,
    label_distribution_error,
)

FIVE = np.full(5, 0.2)


def rng(seed=0):
    return np.random.default_rng(seed)


def of_groups(Y, group):
    """Positives (g, q) and rows (g,) of each group."""
    positives = np.zeros((group.max() + 1, Y.shape[1]))
    np.add.at(positives, group, Y)
    return positives, np.bincount(group)


def test_what_can_be_even_is_even():
    # 20 rows of each of three labelsets: 4 of each in each of five parts.
    Y = np.repeat([[1, 0], [1, 1], [0, 0]], 20, axis=0)
    part = divided(Y, np.ones(60), FIVE, rng())
    for number in range(5):
        sets, counts = np.unique(Y[part == number], axis=0, return_counts=True)
        assert counts.tolist() == [4, 4, 4] and len(sets) == 3


def test_a_large_group_counts_with_all_its_rows():
    rows = np.array([30] + [1] * 70)
    part = divided(np.zeros((71, 0)), rows, np.array([0.3, 0.7]), rng())
    assert np.bincount(part, weights=rows).tolist() == [30, 70]
    part = divided(np.zeros((71, 0)), rows, FIVE, rng())
    # The group is a part for itself; the other four share the rest.
    assert sorted(np.bincount(part, weights=rows)) == [17, 17, 18, 18, 30]


def test_a_group_with_many_positives_weighs_them_all():
    # Label: one group with 4 positives, four groups with 1 each; two halves of 4 and 4.
    positives = np.array([[4], [1], [1], [1], [1]])
    rows = np.array([4, 1, 1, 1, 1])
    part = divided(positives, rows, np.array([0.5, 0.5]), rng())
    assert (part[1:] == 1 - part[0]).all()


@pytest.mark.parametrize("seed", range(5))
def test_two_positives_are_on_both_sides_of_a_small_hold_out(seed):
    Y = np.zeros((100, 3), dtype=int)
    Y[:2, 0] = 1
    Y[10:60, 1] = 1
    Y[50:55, 2] = 1
    part = divided(Y, np.ones(100), np.array([0.1, 0.9]), rng(seed))
    assert (part == 0).sum() == 10
    assert sorted(part[:2].tolist()) == [0, 1]
    assert set(part[50:55].tolist()) == {0, 1}


def test_equal_seeds_give_equal_parts_and_others_do_not():
    Y = rng().integers(0, 2, size=(200, 4))
    first = divided(Y, np.ones(200), FIVE, rng(3))
    assert (first == divided(Y, np.ones(200), FIVE, rng(3))).all()
    assert (first != divided(Y, np.ones(200), FIVE, rng(4))).any()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(2, 5), st.integers(1, 4))
def test_the_gain_of_a_move_is_the_fall_of_the_cost(seed, labels, parts, largest):
    generator = rng(seed)
    groups = generator.integers(parts, 40)
    rows = generator.integers(1, largest + 1, groups)
    positives = generator.binomial(rows[:, None], 0.3, (groups, labels))
    division = Division.empty(
        positives.astype(float), rows.astype(float), np.full(parts, 1 / parts)
    )
    division.give_out(generator)
    assert (division.part >= 0).all()
    group = int(generator.integers(groups))
    gains = division.gains(np.array([group]))[0]
    before, home = division.cost(), division.part[group]
    for part in range(parts):
        division._move(group, part)
        assert before - division.cost() == pytest.approx(gains[part], abs=1e-6)
        division._move(group, home)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_improving_never_raises_the_cost_and_keeps_the_books(seed):
    generator = rng(seed)
    rows = generator.integers(1, 5, 50)
    positives = generator.binomial(rows[:, None], 0.2, (50, 5)).astype(float)
    division = Division.empty(positives, rows.astype(float), FIVE)
    division.give_out(generator)
    before = division.cost()
    division.move_groups(generator)
    division.exchange_groups(generator)
    assert division.cost() <= before + 1e-9
    for part in range(5):
        inside = division.part == part
        assert division.held_rows[part] == pytest.approx(rows[inside].sum())
        assert division.held[part] == pytest.approx(
            division.positives[inside].sum(axis=0)
        )


def test_the_error_is_worked_by_hand():
    # All rows: 2 of 4, odds 1. Parts: 2 of 2 (odds 2 / 0.5 = 4) and 0 of 2 (odds 0).
    Y = np.array([[1], [1], [0], [0]])
    assert label_distribution_error(Y, np.array([0, 0, 1, 1])) == pytest.approx(2.0)
    assert label_distribution_error(Y, np.array([0, 1, 0, 1])) == 0.0
    assert label_distribution_error(Y[:, :0], np.array([0, 1, 0, 1])) == 0.0


@pytest.mark.parametrize("name", ["emotions", "medical", "cal500", "yeast", "genbase"])
def test_real_sets_are_at_least_as_even_as_by_rows_alone(shared, name):
    """Over five seeds, against the package iterative-stratification."""
    folder = shared / "data" / "mulan"
    dataset = read(folder / f"{name}.arff", xml=folder / f"{name}.xml")
    Y = np.asarray(dataset.Y).astype(int)
    ours, theirs = [], []
    for seed in range(5):
        parts = [divided(Y, np.ones(len(Y)), FIVE, rng(seed))]
        parts.append(np.empty(len(Y), dtype=int))
        divider = MultilabelStratifiedKFold(5, shuffle=True, random_state=seed)
        for number, (_, test) in enumerate(divider.split(Y, Y)):
            parts[1][test] = number
        for part, results in zip(parts, (ours, theirs), strict=True):
            sizes = np.bincount(part)
            held = np.array([Y[part == k].sum(axis=0) for k in range(5)])
            results.append(
                (
                    label_distribution_error(Y, part),
                    np.ptp(sizes),
                    (held[:, Y.any(axis=0)] == 0).sum(),
                )
            )
    ours, theirs = np.mean(ours, axis=0), np.mean(theirs, axis=0)
    assert (ours <= theirs + 1e-12).all(), (ours, theirs)
    assert ours[1] <= 1


def test_groups_with_a_long_tail_of_sizes_stay_even(shared):
    """Words: equal rows together; sizes within two rows where single rows allow it."""
    folder = shared / "data" / "bench"
    dataset = read(folder / "langlog.arff", xml=folder / "langlog.xml")
    Y = np.asarray(dataset.Y).astype(int)
    sizes = np.minimum(rng().zipf(1.7, 2000), 150)
    group = np.repeat(np.arange(len(sizes)), sizes)[: len(Y)]
    positives, rows = of_groups(Y, group)
    part = divided(positives, rows, FIVE, rng())[group]
    assert np.ptp(np.bincount(part)) <= 2
    # A package for rows knows of a group only which labels it has at all.
    by_union = np.empty(len(Y), dtype=int)
    divider = MultilabelStratifiedKFold(5, shuffle=True, random_state=0)
    union = (positives > 0).astype(int)
    for number, (_, test) in enumerate(divider.split(union, union)):
        by_union[np.isin(group, test)] = number
    assert np.ptp(np.bincount(by_union)) > 50
    error = label_distribution_error(Y, part)
    assert error < label_distribution_error(Y, by_union)
