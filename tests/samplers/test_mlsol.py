"""MLSOL: types, weights and labels by hand and by loops."""

import numpy as np
import pytest
from plain_rows import brute_neighbours, data, scaled
from scipy import sparse

from aemlo.samplers import MLSOL
from aemlo.samplers.features import MixedFeatures
from aemlo.samplers.mlsol import (
    BORDERLINE,
    MAJORITY,
    OUTLIER,
    RARE,
    SAFE,
    LocalImbalance,
    _Maker,
)


def test_mlsol_types_of_a_hand_made_set():
    """Two labels of eight rows on a line, neighbours written out, k = 2 or 4."""
    Y = np.array([1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0], dtype=np.uint8)[:, None]
    near = np.array(
        [
            [1, 2, 1, 2],  # C = 0: safe
            [0, 2, 0, 3],  # 1/4: safe
            [0, 1, 3, 4],  # 2/4: borderline
            [0, 1, 2, 4],
            [3, 5, 6, 8],
            [3, 4, 6, 8],
            [4, 5, 8, 9],
            [4, 5, 6, 8],  # 4/4: outlier
            [4, 5, 6, 9],
            [8, 5, 6, 10],
            [9, 8, 6, 11],
            [10, 9, 8, 6],
        ]
    )
    types = LocalImbalance(Y, near).types()[:, 0]
    assert (
        types.tolist()
        == [SAFE, SAFE, BORDERLINE, *[MAJORITY] * 4, OUTLIER] + [MAJORITY] * 4
    )


def test_mlsol_rare_rows_are_eased_by_their_neighbours_one_after_another():
    """Rows 0 to 3 have the label. Row 3 is safe; 2 has it near, 1 has 2, 0 has 1.

    Row 2, 1 and 0 are rare at first (3 of 4 neighbours differ) and become borderline
    in turn; row 4 is rare and its one like neighbour is an outlier: it stays rare.
    """
    Y = np.zeros((20, 1), dtype=np.uint8)
    Y[:6] = 1
    near = np.tile([10, 11, 12, 13], (20, 1))
    near[0, 0], near[1, 0], near[2, 0] = 1, 2, 3
    near[3] = [2, 1, 0, 0]
    near[4, 0] = 5
    types = LocalImbalance(Y, near).types()[:6, 0]
    assert types.tolist() == [BORDERLINE] * 3 + [SAFE, RARE, OUTLIER]


def test_mlsol_bounds_of_the_types_belong_to_the_harder_type():
    """With k = 10: C = 0.3 is borderline, C = 0.7 is rare, just below is not."""
    Y = np.zeros((40, 1), dtype=np.uint8)
    Y[:14] = 1
    near = np.zeros((40, 10), dtype=int)
    for row, differing in enumerate((2, 3, 6, 7, 9, 10)):
        # Like neighbours are rows of the label that are themselves outliers.
        near[row] = [20] * differing + [13] * (10 - differing)
    near[13] = 20
    types = LocalImbalance(Y, near).types()[:6, 0]
    assert types.tolist() == [SAFE, BORDERLINE, BORDERLINE, RARE, RARE, OUTLIER]


def test_mlsol_weights_against_the_formula_in_loops():
    X, Y = data(120)
    Y[:, 0] = 1 - (np.random.default_rng(1).random(120) < 0.2)  # its 0 is the rarer
    k = 5
    near = np.array([brute_neighbours(scaled(X), i, range(120), k) for i in range(120)])
    local = LocalImbalance(Y, near)
    for j in range(Y.shape[1]):
        value = int(Y[:, j].sum() <= 60)
        C = np.array([np.mean(Y[near[i], j] != Y[i, j]) for i in range(120)])
        S = np.where((Y[:, j] == value) & (C < 1), C, 0)
        assert local.weights(j) == pytest.approx(S / S.sum())


@pytest.mark.parametrize(
    "kind, place, expected",
    [
        (SAFE, 0.49, 1),
        (SAFE, 0.51, 0),
        (BORDERLINE, 0.74, 1),
        (BORDERLINE, 0.76, 0),
        (RARE, 1.0, 1),
        (OUTLIER, 0.0, 0),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_mlsol_labels_follow_the_type_and_the_distance(kind, place, expected, turned):
    """Parents at 0 (has the label, of type `kind`) and 1 (has not); label 1 is on both.

    `place` is the new row's; with `turned` the parents come in the other order.
    """
    X = np.array([[0.0], [1.0], [1.0], [1.0]])
    Y = np.array([[1, 1], [0, 1], [0, 1], [0, 1]], dtype=np.uint8)
    types = np.full((4, 2), MAJORITY, dtype=np.int8)
    types[0, 0] = kind
    maker = _Maker(MixedFeatures(X), np.ones(1), Y, np.zeros((4, 1), int), types)
    parents = np.array([0]), np.array([1])
    first, second = parents[::-1] if turned else parents
    made = maker._labels(np.array([[place]]), first, second)
    assert made.tolist() == [[expected, 1]]


def test_mlsol_equal_parents_count_as_half_way():
    X = np.zeros((4, 1))
    Y = np.array([[1], [0], [0], [0]], dtype=np.uint8)
    for kind, expected in ((SAFE, 1), (OUTLIER, 0)):
        types = np.full((4, 1), MAJORITY, dtype=np.int8)
        types[0] = kind
        maker = _Maker(MixedFeatures(X), np.ones(1), Y, np.zeros((4, 1), int), types)
        assert maker._labels(X[:1], np.array([1]), np.array([0])) == expected


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_mlsol_rows_lie_between_a_seed_and_one_of_its_neighbours(kind):
    X, Y = data(200)
    sampler = MLSOL(random_state=0)
    X_all, Y_all = sampler.fit_resample(kind(X), Y)
    X_all = X_all.toarray() if sparse.issparse(X_all) else X_all
    made = sampler.provenance_.query("origin < 0")
    assert len(made) == 60  # 30 % of n
    rarer = Y.sum(axis=0) <= 100
    for place, row in made.iterrows():
        seed, reference = row["parents"]
        assert reference in brute_neighbours(scaled(X), seed, range(200), 5)
        assert Y[seed, row["label"]] == rarer[row["label"]]
        low, high = np.minimum(X[seed], X[reference]), np.maximum(X[seed], X[reference])
        assert (X_all[place] >= low - 1e-9).all() and (
            X_all[place] <= high + 1e-9
        ).all()
        assert np.isin(X_all[place, 4:], (0, 1)).all()
        agreed = Y[seed] == Y[reference]
        assert np.array_equal(Y_all[place, agreed], Y[seed, agreed])
