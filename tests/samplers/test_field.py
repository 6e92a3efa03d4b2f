"""The published samplers one by one: small cases by hand, properties, oracles."""

import csv

import numpy as np
import pytest
from plain_rows import data

from aemlo import formats
from aemlo.imbalance import cardinality, labelsets, mean_ir, scumble, scumble_per_row
from aemlo.samplers import LPROS, LPRUS, MLROS, MLRUS, MLTL, REMEDIAL, MLeNN
from aemlo.samplers.labelset_quotas import fill
from aemlo.samplers.under import adjusted_hamming

# ML-ROS and ML-RUS --------------------------------------------------------------------


def test_ml_ros_replayed_clone_by_clone():
    """Each clone is of the label whose turn it is, and that label was still rare."""
    X, _ = data(400)
    rng = np.random.default_rng(1)
    Y = (rng.random((400, 6)) < [0.9, 0.8, 0.7, 0.1, 0.05, 0.05]).astype(np.uint8)
    limit = mean_ir(Y)
    counts = Y.sum(axis=0).astype(int)
    in_round = [int(j) for j in np.flatnonzero(counts.max() / counts > limit)]
    assert len(in_round) > 1
    sampler = MLROS(budget=5.0, random_state=0)
    _, Y_all = sampler.fit_resample(X, Y)
    made = sampler.provenance_.query("origin < 0")
    turn = 0
    for (row,), label in zip(made["parents"], made["label"], strict=True):
        while counts.max() / counts[in_round[turn]] <= limit:
            in_round.pop(turn)
            turn = turn % len(in_round)
        assert label == in_round[turn] and Y[row, label]
        counts += Y[row]
        turn = (turn + 1) % len(in_round)
    for j in in_round:  # all that were left have come down since
        assert counts.max() / counts[j] <= limit
    assert np.array_equal(counts, Y_all.sum(axis=0))


def test_ml_ros_adds_no_more_than_asked():
    X, Y = data(400)
    assert len(MLROS(budget=0.02, random_state=0).fit_resample(X, Y)[0]) == 408
    # Label 0 is on all rows and grows with every clone, so that it takes 197 clones of
    # label 1 and of label 2 until (400 + 2 m) / (125 + m) is down to MeanIR, 7.4 / 3.
    Y = np.zeros((400, 3), dtype=np.uint8)
    Y[:, 0] = Y[:125, 1] = Y[125:250, 2] = 1
    assert len(MLROS(random_state=0).fit_resample(X, Y)[0]) == 500  # a quarter more
    _, Y_all = MLROS(budget=10.0, random_state=0).fit_resample(X, Y)
    assert Y_all.sum(axis=0).tolist() == [400 + 2 * 197, 125 + 197, 125 + 197]


def test_ml_ros_as_published_takes_any_number_of_labels():
    """A quarter of the rows in all, however many labels are rare (600 here)."""
    Y = np.zeros((1_000, 601), dtype=np.uint8)
    Y[:, 0] = 1
    Y[np.arange(600), 1 + np.arange(600)] = 1
    Y[600:603, 1] = 1
    sampler = MLROS(labels=range(1, 601), random_state=0)
    assert len(sampler.fit_resample(np.zeros((1_000, 1)), Y)[0]) == 1_250


def test_ml_ros_draws_its_clones_evenly_from_the_bag():
    X, Y = data(400)
    bag = np.flatnonzero(Y[:, 4])
    sampler = MLROS(target={4: len(bag) * 201}, random_state=0)
    with pytest.raises(ValueError, match="over 100 times"):
        MLROS(target={4: 100_000}).fit_resample(X, Y)
    sampler.fit_resample(X, Y)
    rows = [p[0] for p in sampler.provenance_.query("origin < 0")["parents"]]
    times = np.bincount(rows, minlength=400)
    assert set(np.flatnonzero(times)) == set(bag)
    assert np.abs(times[bag] / 200 - 1).max() < 0.35  # 5 standard deviations


@pytest.mark.parametrize("seed", range(5))
def test_ml_rus_takes_rows_of_common_labels_until_they_reach_mean_ir(seed):
    X, Y = data(400, seed)
    counts = Y.sum(axis=0)
    common = counts.max() / counts < mean_ir(Y)
    sampler = MLRUS(budget=0.9, random_state=seed)
    _, Y_new = sampler.fit_resample(X, Y)
    kept = sampler.provenance_["origin"].to_numpy()
    removed = np.setdiff1d(np.arange(400), kept)
    assert 0 < len(removed) <= 360 and Y[removed][:, common].any(axis=1).all()
    few = MLRUS(budget=0.05, random_state=seed).fit_resample(X, Y)[1]
    assert len(few) == 380
    assert Y_new.any(axis=0).all()


def test_ml_rus_by_hand():
    """Label 0 on 8 rows, label 1 on 4, label 2 on 1: IRLbl 1, 2, 8; MeanIR 11 / 3.

    Labels 0 and 1 take turns. Row 12 is the only one of label 2 and stays.
    """
    Y = np.zeros((13, 3), dtype=np.uint8)
    Y[:8, 0] = Y[8:12, 1] = Y[12, 2] = 1
    Y[12, 0] = 0
    sampler = MLRUS(budget=0.4, random_state=0)
    _, Y_new = sampler.fit_resample(np.arange(13.0)[:, None], Y)
    # Five rows go, first of label 0, then 1: 8, 4 -> 7 -> 3 -> 6; 6 / 3 is below 11 / 3
    # -> 2 -> 5. Label 1 has 2 then: 5 / 2 is still below.
    assert Y_new.sum(axis=0).tolist() == [5, 2, 1]
    sampler = MLRUS(budget=0.9, random_state=0)
    Y_new = sampler.fit_resample(np.eye(13), Y)[1]
    # One more round: label 1 goes to 1 (4 / 1 is above 11 / 3); label 0 alone goes on
    # until the last of its rows, which stays.
    assert Y_new.sum(axis=0).tolist() == [1, 1, 1]
    assert sampler.notes_ == ["10 rows were deleted: no label was left to delete from."]


def test_ml_rus_keeps_rare_rows_when_asked():
    X, Y = data(400)
    counts = Y.sum(axis=0)
    rare = counts.max() / counts > mean_ir(Y)
    sampler = MLRUS(budget=0.5, keep_minority=True, random_state=0)
    _, Y_new = sampler.fit_resample(X, Y)
    assert np.array_equal(Y_new[:, rare].sum(axis=0), Y[:, rare].sum(axis=0))


# LP-ROS and LP-RUS --------------------------------------------------------------------


@pytest.mark.parametrize(
    "total, room, expected",
    [
        (6, [9, 9, 9], [2, 2, 2]),
        (6, [1, 9, 9], [1, None, None]),  # 5 more: 2 and 3, by the toss of a coin
        (7, [1, 3, 9], [1, 3, 3]),
        (99, [1, 3, 9], [1, 3, 9]),
        (0, [1, 3], [0, 0]),
        (5, [], []),
    ],
)
def test_quotas_are_equal_and_what_one_cannot_take_is_shared(total, room, expected):
    found = fill(total, room, np.random.default_rng(0))
    assert found.sum() == min(total, sum(room)) and (found <= room).all()
    open_ = found[found < np.array(room, dtype=int)]
    assert not len(open_) or open_.max() - open_.min() <= 1
    for value, wanted in zip(found, expected, strict=True):
        assert wanted is None or value == wanted


def labelset_data():
    """Labelsets: 6 rows of {0}, 2 of {1}, 1 of {0, 1}; the mean is 3 rows."""
    Y = np.array([[1, 0]] * 6 + [[0, 1]] * 2 + [[1, 1]], dtype=np.uint8)
    return np.arange(9.0)[:, None], Y


@pytest.mark.parametrize("budget, added", [(1.0, [1, 2]), (2 / 9, [1, 1])])
def test_lp_ros_by_hand(budget, added):
    X, Y = labelset_data()
    sampler = LPROS(budget=budget, random_state=0)
    X_all, Y_all = sampler.fit_resample(X, Y)
    new = Y_all[9:].tolist()
    assert [new.count([0, 1]), new.count([1, 1])] == added
    assert len(new) == sum(added)
    assert set(X_all[9:, 0]) <= {6.0, 7.0, 8.0}


@pytest.mark.parametrize("budget, left", [(0.9, 3), (2 / 9, 4)])
def test_lp_rus_by_hand(budget, left):
    X, Y = labelset_data()
    X_new, Y_new = LPRUS(budget=budget, random_state=0).fit_resample(X, Y)
    assert Y_new.tolist() == [[1, 0]] * left + [[0, 1]] * 2 + [[1, 1]]
    assert len(set(X_new[:, 0])) == len(X_new)


# REMEDIAL -----------------------------------------------------------------------------


def labels_of(shared, name):
    folder = shared / "data" / "mulan"
    parts = ("-train", "-test") if name == "scene" else ("",)
    return np.vstack(
        [
            formats.read(folder / f"{name}{part}.arff", xml=folder / f"{name}.xml").Y
            for part in parts
        ]
    )


@pytest.mark.parametrize("name", ["emotions", "flags", "yeast", "scene"])
def test_remedial_equals_published_code_on_real_data(shared, name):
    with (shared / "oracles" / "known_answers.csv").open(encoding="utf-8") as lines:
        known = {
            row["quantity"]: float(row["value"])
            for row in csv.DictReader(lines)
            if row["id"] == "remedial" and row["input"] == name
        }
    Y = labels_of(shared, name)
    sampler = REMEDIAL()
    X = np.arange(len(Y), dtype=float)[:, None]
    X_new, Y_new = sampler.fit_resample(X, Y)
    rows = scumble_per_row(Y)
    assert len(Y) == known["instances before"]
    assert (rows > rows.mean()).sum() == known["rows with SCUMBLE_ins > SCUMBLE"]
    assert len(Y_new) == known["instances after REMEDIAL"]
    assert cardinality(Y_new) == pytest.approx(known["cardinality after"], rel=1e-8)
    assert mean_ir(Y_new) == pytest.approx(known["meanIR after (unchanged)"], rel=1e-8)
    assert scumble(Y_new) == pytest.approx(known["scumble after"], rel=1e-8)
    assert labelsets(Y_new) == known["labelsets after"]
    assert np.array_equal(X_new[:, 0], sampler.provenance_["origin"])


def test_remedial_halves_make_the_whole_and_empty_ones_can_be_dropped():
    X, Y = data(300)
    sampler = REMEDIAL()
    _, Y_new = sampler.fit_resample(X, Y)
    origin = sampler.provenance_["origin"].to_numpy()
    whole = np.zeros(Y.shape, dtype=int)
    np.add.at(whole, origin, Y_new)
    assert np.array_equal(whole, Y)
    split = np.bincount(origin) == 2
    rows = scumble_per_row(Y)
    assert np.array_equal(split, rows > rows.mean())
    empty = split[origin] & ~Y_new.any(axis=1)
    dropped = REMEDIAL(drop_empty=True)
    assert np.array_equal(dropped.fit_resample(X, Y)[1], Y_new[~empty])


# MLeNN and MLTL -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "a, b, expected",
    [
        ([1, 1, 0, 0], [1, 1, 0, 0], 0.0),
        ([1, 0, 0, 0], [0, 1, 0, 0], 1.0),
        ([1, 1, 0, 0], [1, 0, 1, 0], 2 / 4),
        ([1, 1, 1, 0], [1, 0, 0, 0], 2 / 4),
        ([0, 0, 0, 0], [1, 0, 0, 0], 1.0),
        ([0, 0, 0, 0], [0, 0, 0, 0], 0.0),
    ],
)
def test_adjusted_hamming_by_hand(a, b, expected):
    found = adjusted_hamming(np.array([a], np.uint8), np.array([b], np.uint8))
    assert found == pytest.approx([expected])


def line():
    """Places on a line and labels; label 2 is on one row of ten, the others on many."""
    X = np.array([0, 1, 2.1, 10, 11.5, 20, 21.1, 30, 31.3, 40.0])[:, None]
    Y = np.zeros((10, 3), dtype=np.uint8)
    Y[[0, 1, 2, 3, 5], 0] = 1
    Y[[4, 6, 7, 8, 9], 1] = 1
    Y[6, 2] = 1
    return X, Y


def test_mltl_by_hand():
    """Mutual nearest: (0, 1) alike; (3, 4), (5, 6) unlike; (7, 8) alike.

    Rows 3 and 4 have no minority label and go; of 5 and 6 only 5 goes: 6 has label 2.
    """
    X, Y = line()
    # Nearest to 33 is 31.3, labelled otherwise; but 31.3 is nearer to 30: no link.
    X, Y = np.vstack([X, [[33.0]]]), np.vstack([Y, [[1, 0, 0]]])
    X_new, _ = MLTL().fit_resample(X, Y)
    assert X_new[:, 0].tolist() == [0, 1, 2.1, 21.1, 30, 31.3, 40, 33]
    assert len(MLTL(threshold=1.0).fit_resample(X, Y)[0]) == 11


def test_mlenn_by_hand():
    """k = 2. Row 3 (nearest 4, 2): one of two unlike, half, goes. Row 4 (3, 5): goes.

    Row 5 (6, 4) goes; row 2 (1, 0) is among its like. Row 7 (8, 6): 8 alike, 6 differs
    by one label of three: stays. Row 9 (8, 7) stays; row 6 has the minority label.
    """
    X, Y = line()
    X_new, _ = MLeNN(k_neighbors=2).fit_resample(X, Y)
    assert X_new[:, 0].tolist() == [0, 1, 2.1, 21.1, 30, 31.3, 40]
    # Farther than: a neighbour at exactly the threshold does not count.
    assert len(MLeNN(k_neighbors=2, threshold=1.0).fit_resample(X, Y)[0]) == 10
