"""The one neighbour search, against plain loops over the rows in exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from scipy import sparse

from aemlo.errors import DataError
from aemlo.neighbours import distances, search
from aemlo.neighbours.balls import inside_any
from aemlo.neighbours.distances import Distances
from aemlo.neighbours.search import nearest_in_pool, neighbours

KINDS = {"dense": np.asarray, "sparse": sparse.csr_matrix}


def by_hand(numbers, row, pool, k, away):
    """The k rows of `pool` nearest to `row`, but for itself; ties by row number."""
    others = sorted(set(pool) - {row})
    return sorted(others, key=lambda i: (away(numbers[row], numbers[i]), i))[:k]


def squared(one, other):
    """Squared Euclidean distance of whole numbers, exactly."""
    return sum((int(a) - int(b)) ** 2 for a, b in zip(one, other, strict=True))


def jaccard(one, other):
    """Jaccard distance of two rows of 0 and 1, a fraction."""
    either = int(((one + other) > 0).sum())
    return 1 - Fraction(int((one * other).sum()), either) if either else Fraction(0)


def binary(seed, n=60, d=6):
    return (np.random.default_rng(seed).random((n, d)) < 0.4).astype(float)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("metric, away", [("euclidean", squared), ("jaccard", jaccard)])
def test_ties_of_binary_rows_go_to_the_lower_row_number(kind, seed, metric, away):
    X = binary(seed)
    for k in (1, 5, 59):
        near, _ = neighbours(KINDS[kind](X), k, metric)
        expected = [by_hand(X, i, range(60), k, away) for i in range(60)]
        assert near.tolist() == expected


@pytest.mark.parametrize("kind", KINDS)
def test_within_a_pool_a_row_is_left_out_by_position_and_its_duplicates_are_not(kind):
    X = binary(3)
    X[40:50] = X[10]
    pool = np.array([2, 10, 11, 12, 30, 41, 42, 49, 55])
    rows = np.array([42, 10, 55])
    for k, most in ((3, 3), (8, 8), (20, 8)):
        near = nearest_in_pool(KINDS[kind](X), pool, k, rows)
        assert near.shape == (3, most)
        assert near.tolist() == [by_hand(X, i, pool, k, squared) for i in rows]
        whole = nearest_in_pool(KINDS[kind](X), pool, k)
        assert whole.tolist() == [by_hand(X, i, pool, k, squared) for i in pool]
        backwards = nearest_in_pool(KINDS[kind](X), pool[::-1], k)
        assert np.array_equal(backwards, whole[::-1])
    assert nearest_in_pool(X, pool, 3, rows)[1].tolist() == [41, 42, 49]


def test_a_pool_of_one_row_and_no_rows_asked_give_no_neighbours():
    X = binary(0)
    assert nearest_in_pool(X, np.array([7]), 5).shape == (1, 0)
    assert nearest_in_pool(X, np.arange(9), 5, np.array([], dtype=int)).shape == (0, 5)
    with pytest.raises(ValueError) as caught:
        nearest_in_pool(X, np.arange(9), 5, np.array([9]))
    assert str(caught.value) == ("Rows to find neighbours of must be rows of the pool.")


def test_other_rows_are_compared_with_all_rows():
    X, asked = binary(5), binary(6, n=9)
    together = np.vstack([X, asked])
    near, far = neighbours(X, 4, others=asked)
    expected = [by_hand(together, 60 + i, range(60), 4, squared) for i in range(9)]
    assert near.tolist() == expected
    gaps = [[squared(asked[i], X[j]) for j in near[i]] for i in range(9)]
    assert np.array_equal(far, np.sqrt(gaps))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n, d", [(60, 6), (1500, 3), (400, 12)])
def test_tenths_tie_as_tenths_though_no_computer_holds_them(kind, n, d):
    """0.3 - 0.1 and 0.6 - 0.4 are equal, though not in the last bits."""
    whole = np.random.default_rng(n).integers(0, 5, size=(n, d))
    expected, steps = neighbours(whole, 6)
    for shift in (0.0, 1000.0):
        near, far = neighbours(KINDS[kind](whole / 10 + shift), 6)
        assert np.array_equal(near, expected)
        assert far == pytest.approx(steps / 10, rel=1e-8)


@pytest.mark.parametrize("n, d", [(300, 8), (3000, 2), (120, 300)])
@pytest.mark.parametrize("far_away", [0.0, 1e7])
def test_numbers_are_found_as_one_distance_at_a_time_finds_them(n, d, far_away):
    X = np.random.default_rng(d).normal(size=(n, d)) + far_away
    near, far = neighbours(X, 5)
    for row in range(0, n, 37):
        gaps = ((X - X[row]) ** 2).sum(axis=1)
        gaps[row] = np.inf
        expected = np.argsort(gaps, kind="stable")[:5]
        assert near[row].tolist() == expected.tolist()
        assert far[row] == pytest.approx(np.sqrt(gaps[expected]), rel=1e-9)


def test_dense_sparse_single_precision_blocks_and_pools_agree(monkeypatch):
    rng = np.random.default_rng(8)
    X = np.round(rng.random((300, 7)) * (rng.random((300, 7)) < 0.5), 1)
    X = X.astype(np.float32)
    X[200:] = X[:100]
    near, far = neighbours(X, 9)
    for same in (X.astype(float), sparse.csr_matrix(X)):
        again, gaps = neighbours(same, 9)
        assert np.array_equal(again, near)
        assert np.array_equal(gaps, far)
    assert np.array_equal(nearest_in_pool(X, np.arange(300), 9), near)
    rows = np.array([250, 3, 77])
    assert np.array_equal(neighbours(X, 9, rows=rows)[0], near[rows])
    monkeypatch.setattr(distances, "BLOCK", 500)
    monkeypatch.setattr(search, "FEWEST_GROUPS", 20)
    assert np.array_equal(neighbours(X, 9)[0], near)
    assert np.array_equal(neighbours(sparse.csr_matrix(X), 9)[0], near)


CLOSE_ROWS = {
    "spread": lambda rng: rng.random((700, 20)),
    "groups": lambda rng: np.repeat(rng.normal(size=(20, 9)), 30, axis=0),
    "tight groups": lambda rng: (
        np.repeat(rng.normal(size=(20, 9)), 30, axis=0)
        + 1e-6 * rng.normal(size=(600, 9))
    ),
    "whole": lambda rng: rng.integers(0, 3000, size=(500, 4)),
    "small whole": lambda rng: rng.integers(0, 30, size=(500, 4)),
    "tiny": lambda rng: 1e-12 * rng.normal(size=(300, 5)),
    "huge": lambda rng: 1e18 * rng.normal(size=(300, 5)),
    "zeros": lambda rng: np.zeros((300, 4)),
    "binary": lambda rng: rng.random((600, 60)) < 0.1,
}


@pytest.mark.parametrize("name", CLOSE_ROWS)
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_first_look_in_single_precision_changes_nothing(
    name, metric, kind, monkeypatch
):
    X = KINDS[kind](CLOSE_ROWS[name](np.random.default_rng(6)).astype(float))
    looks = []
    look = Distances.first_look

    def counted(self, rows):
        seen = look(self, rows)
        looks.append(seen is not None)
        return seen

    monkeypatch.setattr(Distances, "first_look", counted)
    among, asked = neighbours(X, 7, metric), neighbours(X[100:], 3, metric, X[:100])
    assert any(looks) == (metric == "cosine" or name not in ("tiny", "huge", "whole"))
    monkeypatch.setattr(Distances, "first_look", lambda self, rows: None)
    for found, expected in (
        (among, neighbours(X, 7, metric)),
        (asked, neighbours(X[100:], 3, metric, X[:100])),
    ):
        assert np.array_equal(found[0], expected[0])
        assert np.array_equal(found[1], expected[1])


def test_cosines_that_tie_after_rounding_are_all_looked_at():
    """Their difference is above the noise, and below the step they are rounded to."""
    base = np.ones(9)
    X = base + 1e-6 * np.random.default_rng(0).normal(size=(50, 9))
    near, far = neighbours(X, 4, "cosine")
    assert not far.any()
    assert near[0].tolist() == [1, 2, 3, 4] and near[40].tolist() == [0, 1, 2, 3]


def test_equal_rows_are_at_distance_0_and_come_in_order():
    X = np.tile(np.random.default_rng(1).normal(size=(1, 40)), (30, 1)) + 1e3
    near, far = neighbours(X, 3)
    assert near[0].tolist() == [1, 2, 3]
    assert near[29].tolist() == [0, 1, 2]
    assert not far.any()


@pytest.mark.parametrize("kind", KINDS)
def test_parallel_rows_tie_by_cosine_and_rows_of_zeros_are_at_1(kind):
    X = np.array([[3.0, 1, 0], [0.3, 0.1, 0], [0, 0, 0], [0, 0, 2], [9, 3, 0]])
    near, far = neighbours(KINDS[kind](X), 4, "cosine")
    assert near.tolist() == [
        [1, 4, 2, 3],
        [0, 4, 2, 3],
        [0, 1, 3, 4],
        [0, 1, 2, 4],
        [0, 1, 2, 3],
    ]
    assert far[0].tolist() == [0, 0, 1, 1]
    assert far[2].tolist() == [1, 1, 1, 1]
    block = Distances(KINDS[kind](X), "cosine").block(slice(0, 5))
    assert np.array_equal(block[2, [0, 1, 3, 4]], np.ones(4))


def test_cosine_is_ordered_by_the_angle():
    X = np.random.default_rng(4).normal(size=(80, 5))
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    expected = 1 - unit @ unit.T
    np.fill_diagonal(expected, np.inf)
    near, far = neighbours(X, 6, "cosine")
    order = np.argsort(expected, axis=1, kind="stable")[:, :6]
    assert np.array_equal(near, order)
    assert np.allclose(far, np.take_along_axis(expected, order, axis=1), atol=1e-9)


def test_progress_is_reported_for_every_block_up_to_1(monkeypatch):
    monkeypatch.setattr(distances, "BLOCK", 100)
    seen = []
    neighbours(binary(0), 3, on_progress=seen.append)
    assert seen == sorted(seen) and len(seen) == 10 and seen[-1] == 1.0


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e200])
def test_a_value_without_a_distance_is_named(value):
    X = binary(0)
    X[17, 2] = value
    with pytest.raises(DataError) as caught:
        neighbours(X, 3)
    assert str(caught.value) == (
        "Row 17 has a value that is missing, infinite or above 1e150: its distances "
        "are not defined. Replace the value, or leave the row out."
    )


def test_jaccard_of_other_values_than_0_and_1_is_refused():
    with pytest.raises(DataError) as caught:
        neighbours(np.eye(4) / 2, 2, "jaccard")
    assert str(caught.value) == (
        'The metric "jaccard" compares rows of 0 and 1, and there are other values. '
        "Choose another metric."
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_on_the_border_of_a_ball_is_inside(kind):
    whole = np.random.default_rng(2).integers(0, 6, size=(80, 8))
    centres, rows = whole[:50], whole[50:]
    radius = neighbours(centres, 3)[1][:, -1]
    gaps = np.array([[squared(row, centre) for centre in centres] for row in rows])
    limits = np.rint(radius**2)
    expected = (gaps <= limits).any(axis=1)
    assert 0 < expected.sum() < 30
    for scale, shift in ((1, 0), (0.1, 0), (0.1, 300)):
        moved = KINDS[kind](centres * scale + shift)
        radius = neighbours(moved, 3)[1][:, -1]
        inside = inside_any(moved, radius, KINDS[kind](rows * scale + shift))
        assert np.array_equal(inside, expected)
    among = np.array([[squared(a, b) for b in centres] for a in centres], dtype=float)
    np.fill_diagonal(among, np.inf)
    own = inside_any(KINDS[kind](centres * 0.1), radius=np.sqrt(limits) * 0.1 * 0.999)
    assert np.array_equal(own, (among <= 0.998 * limits).any(axis=1))
