"""MLSMOTE: its rules row by row, small cases by hand, properties."""

import numpy as np
import pytest
from plain_rows import brute_neighbours, data, scaled
from scipy import sparse

from aemlo.neighbours.stretch import column_range
from aemlo.samplers import MLSMOTE

STRATEGIES = ("ranking", "union", "intersection")


@pytest.mark.parametrize("shape", [(1, 3), (5, 0), (7, 900), (40, 103), (2_100, 2)])
@pytest.mark.parametrize("order", "CF")
def test_ranges_of_columns_are_those_of_the_plain_formula(shape, order):
    X = np.asarray(np.random.default_rng(0).normal(size=shape), order=order)
    low, high = column_range(X)
    assert np.array_equal(low, X.min(axis=0))
    assert np.array_equal(high, X.max(axis=0))


def test_mlsmote_makes_one_row_for_each_row_of_each_minority_bag():
    X, Y = data()
    sampler = MLSMOTE(random_state=0)
    sampler.fit_resample(X, Y)
    counts = Y.sum(axis=0)
    rare = np.flatnonzero(counts.max() / counts > np.mean(counts.max() / counts))
    made = sampler.provenance_.query("origin < 0")
    for j in rare:
        seeds = [p[0] for p in made.loc[made["label"] == j, "parents"]]
        assert sorted(seeds) == np.flatnonzero(Y[:, j]).tolist()
    assert len(made) == counts[rare].sum()


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_mlsmote_follows_its_rules_row_by_row(strategy, kind):
    X, Y = data()
    k = 4
    sampler = MLSMOTE(k_neighbors=k, labelset_strategy=strategy, random_state=3)
    X_all, Y_all = sampler.fit_resample(kind(X), Y)
    X_all = X_all.toarray() if sparse.issparse(X_all) else X_all
    made = sampler.provenance_.query("origin < 0")
    references = set()
    for place, row in made.iterrows():
        seed, reference = row["parents"]
        bag = np.flatnonzero(Y[:, row["label"]])
        near = brute_neighbours(scaled(X), seed, bag, k)
        assert reference in near
        references.add(near.index(reference))
        low, high = np.minimum(X[seed], X[reference]), np.maximum(X[seed], X[reference])
        new = X_all[place]
        assert (new[:4] >= low[:4] - 1e-9).all() and (new[:4] <= high[:4] + 1e-9).all()
        for column in (4, 5):  # the commonest value; a tie goes to the seed's
            ones = X[near, column].sum()
            expected = (
                X[seed, column] if 2 * ones == len(near) else 2 * ones > len(near)
            )
            assert new[column] == expected
        count = Y[[seed, *near]].sum(axis=0)
        voters = 1 + len(near)
        rule = {
            "ranking": count > voters / 2,
            "union": count > 0,
            "intersection": count == voters,
        }[strategy]
        assert np.array_equal(Y_all[place], rule)
    assert references == set(range(k))  # every neighbour is drawn now and then


def test_mlsmote_steps_are_uniform_and_drawn_for_each_feature():
    X, Y = data(600)
    sampler = MLSMOTE(budget=10.0, random_state=0)
    X_all, _ = sampler.fit_resample(X, Y)
    made = sampler.provenance_.query("origin < 0")
    seed, reference = np.array(made["parents"].tolist()).T
    step = (X_all[600:] - X[seed])[:, :4] / (X[reference] - X[seed])[:, :4]
    assert np.allclose(np.quantile(step, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.02)
    assert np.abs(np.corrcoef(step.T) - np.eye(4)).max() < 0.05


def test_mlsmote_label_votes_by_hand():
    """Bag of label 2: rows 0 to 3. With k = 3 each one's neighbours are the others.

    Of the four, three have label 0, two have label 1: ranking needs more than two.
    """
    X = np.array([[0.0], [1.0], [2.0], [3.0], *[[9.0]] * 12])
    Y = np.zeros((16, 4), dtype=np.uint8)
    Y[:4] = [[1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 1, 0], [0, 0, 1, 1]]
    Y[4:, 0], Y[4:, 1], Y[4:, 3] = 1, 1, 1
    found = {}
    for strategy in STRATEGIES:
        sampler = MLSMOTE(3, strategy, random_state=0)
        found[strategy] = sampler.fit_resample(X, Y)[1][16:].tolist()
    assert found == {
        "ranking": [[1, 0, 1, 0]] * 4,
        "union": [[1, 1, 1, 1]] * 4,
        "intersection": [[0, 0, 1, 0]] * 4,
    }


def test_mlsmote_units_do_not_decide_who_is_near():
    """Column 0 in thousandths, column 1 in thousands: rows 0 and 1 are near."""
    X = np.array([[0.000, 0.0], [0.001, 100.0], [0.009, 0.0], *[[0.010, 1000.0]] * 9])
    Y = np.zeros((12, 2), dtype=np.uint8)
    Y[:, 0], Y[:3, 1] = 1, 1
    sampler = MLSMOTE(k_neighbors=1, random_state=0)
    sampler.fit_resample(X, Y)
    parents = set(sampler.provenance_.query("origin < 0")["parents"])
    assert (0, 1) in parents and (1, 0) in parents


def test_mlsmote_one_hot_groups_take_the_commonest_category():
    X = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], *[[1, 0, 0]] * 12], float)
    Y = np.zeros((16, 2), dtype=np.uint8)
    Y[:, 0], Y[:4, 1] = 1, 1
    for kind in (np.asarray, sparse.csr_matrix):
        sampler = MLSMOTE(k_neighbors=3, random_state=0)
        new, _ = sampler.fit_resample(
            kind(X), Y, categorical_features=[np.array([0, 1, 2])]
        )
        new = new.toarray() if sparse.issparse(new) else new
        seeds = [p[0] for p in sampler.provenance_.query("origin < 0")["parents"]]
        by_seed = {s: row.tolist() for s, row in zip(seeds, new[16:], strict=True)}
        # Neighbours of 0: b b c. Of 3: a b b. Of 1: a b c, a tie that b, its own, wins.
        assert by_seed == {s: [0, 1, 0] for s in range(4)}


def test_mlsmote_says_which_label_had_no_neighbour():
    X, Y = data()
    Y[:, 4] = 0
    Y[0, 4] = 1
    sampler = MLSMOTE(random_state=0)
    sampler.fit_resample(X, Y)
    assert sampler.notes_ == [
        "Label 4 has one positive row: no neighbour within its bag, so no rows were "
        "made for it."
    ]
