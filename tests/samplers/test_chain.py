"""Chains of samplers, and how many rows an over-sampler makes."""

import json

import numpy as np
import pandas as pd
import pytest

from aemlo import params
from aemlo.errors import ParameterError
from aemlo.imbalance import minority_labels
from aemlo.jobs import resampling_results
from aemlo.samplers import MLSMOTE, MLSOL, MLTL, REMEDIAL, SAMPLERS
from aemlo.samplers import size as sizing
from aemlo.samplers.base import provenance
from aemlo.samplers.chain import Chain, composed


def data(n=200, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    Y = (rng.random((n, 4)) < [0.7, 0.5, 0.15, 0.06]).astype(np.uint8)
    Y[:3, 3] = 1
    return X, Y


def test_a_chain_is_its_steps_one_after_another():
    X, Y = data()
    steps = (REMEDIAL(), MLSMOTE(random_state=5), MLTL())
    at_once = Chain(steps=steps).fit_resample(X, Y)
    by_hand = X, Y
    for step in steps:
        by_hand = step.fit_resample(*by_hand)
    assert np.array_equal(at_once[0], by_hand[0])
    assert np.array_equal(at_once[1], by_hand[1])


def test_provenance_of_a_chain_leads_back_to_the_rows_given():
    X, Y = data()
    chain = Chain(steps=("REMEDIAL", "MLSMOTE", "MLTL"), random_state=0)
    X_new, Y_new = chain.fit_resample(X, Y)
    frame = chain.provenance_
    made = (frame["origin"] < 0).to_numpy()
    assert made.any() and len(frame) == len(X_new)
    origin = frame.loc[~made, "origin"].to_numpy()
    assert np.array_equal(X_new[~made], X[origin])
    assert (Y_new[~made] <= Y[origin]).all()
    for place in np.flatnonzero(made):
        parents = list(frame["parents"].iloc[place])
        assert (X_new[place] >= X[parents].min(axis=0) - 1e-9).all()
        assert (X_new[place] <= X[parents].max(axis=0) + 1e-9).all()
        assert Y[parents, frame["label"].iloc[place]].all()


def test_rows_made_twice_over_have_their_grandparents():
    X, Y = data()
    chain = Chain(steps=("MLSMOTE", "MLSMOTE"), random_state=0)
    X_new, _ = chain.fit_resample(X, Y)
    made = chain.provenance_.query("origin < 0")
    assert made["parents"].map(len).max() > 2
    for place, parents in made["parents"].items():
        parents = list(parents)
        assert max(parents) < len(X)
        assert (X_new[place] >= X[parents].min(axis=0) - 1e-9).all()
        assert (X_new[place] <= X[parents].max(axis=0) + 1e-9).all()


def test_composed_by_hand():
    """Rows 0, 1 and one made of both with step 0.3; then 2 is kept and 0 + 2 make one.

    The kept row is still one made of 0 and 1; the new one's parents are 0 and, for row
    2, the parents of that, 0 and 1.
    """
    first = pd.DataFrame(
        {
            "origin": [0, 1, -1],
            "parents": [(), (), (0, 1)],
            "label": [-1, -1, 2],
            "weight": [np.nan, np.nan, 0.3],
        }
    )
    second = pd.DataFrame(
        {
            "origin": [2, 0, -1, -1],
            "parents": [(), (), (2, 0), (1, 0)],
            "label": [-1, -1, 3, 3],
            "weight": [np.nan, np.nan, 0.5, 0.25],
        }
    )
    found = composed(first, second)
    assert found["origin"].tolist() == [-1, 0, -1, -1]
    assert found["parents"].tolist() == [(0, 1), (), (0, 1), (1, 0)]
    assert found["label"].tolist() == [2, -1, 3, 3]
    assert np.array_equal(found["weight"], [0.3, np.nan, np.nan, 0.25], equal_nan=True)
    pd.testing.assert_frame_equal(composed(provenance(3), first.iloc[:2]), first[:2])


def test_steps_are_titles_specs_or_objects_and_travel_as_json():
    X, Y = data()
    steps = ["REMEDIAL", {"name": "mlsmote", "params": {"budget": 0.5}}]
    from_json = params.build(
        Chain, {"steps": json.loads(json.dumps(steps))}, random_state=1
    )
    from_text = Chain(params.parse(Chain, "steps", json.dumps(steps)), random_state=1)
    objects = Chain((REMEDIAL(), MLSMOTE(budget=0.5)), random_state=1)
    found = [c.fit_resample(X, Y)[0] for c in (from_json, from_text, objects)]
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])
    assert params.parse(Chain, "steps", "REMEDIAL, ML-ROS") == ("REMEDIAL", "ML-ROS")
    assert objects.steps[1].random_state is None  # the chain seeds copies of its own


def test_a_chain_kept_with_a_run_comes_back_with_its_steps_settings():
    steps = ("REMEDIAL", {"name": "ML-ROS", "params": {"target": {3: 80}}})
    kept = json.loads(json.dumps({"sampler": "chain", "settings": {"steps": steps}}))
    assert resampling_results.sampler_of(kept, 5).steps == steps
    assert resampling_results.sampler_of(kept, 5).random_state == 5


@pytest.mark.parametrize(
    "steps, message",
    [
        ((), "chain: steps must be a list with at least one sampler, got ()."),
        (
            "REMEDIAL",
            "chain: steps must be a list with at least one sampler, got 'REMEDIAL'.",
        ),
        (
            ("SMOTE",),
            f"There is no sampler 'SMOTE'. Names: {', '.join(SAMPLERS)}.",
        ),
        (
            ({"name": "MLTL", "params": {"k": 3}},),
            "MLTL: there is no setting 'k'. Settings: threshold.",
        ),
        (
            ({"name": "MLTL", "settings": {}},),
            "A sampler's spec has 'name' and 'params' only, got 'settings' too.",
        ),
        (
            (3,),
            "A sampler is a title or a spec with 'name' and 'params', got 3.",
        ),
        (
            ({"name": "MLSMOTE", "params": {"k_neighbors": 0}},),
            "MLSMOTE: k_neighbors must be between 1 and 50, got 0.",
        ),
    ],
)
def test_wrong_steps_are_refused_in_words(steps, message):
    with pytest.raises(ParameterError) as fault:
        Chain(steps).fit_resample(*data())
    assert str(fault.value) == message


def test_a_step_may_name_labels_where_the_chain_was_given_names():
    X, Y = data()
    Y = pd.DataFrame(Y, columns=["a", "b", "c", "d"])
    chain = Chain(("REMEDIAL", {"name": "ML-ROS", "params": {"target": {"d": 40}}}))
    _, Y_new = chain.set_params(random_state=0).fit_resample(X, Y)
    assert Y_new["d"].sum() == 40 and list(Y_new) == ["a", "b", "c", "d"]


def test_notes_say_which_step_they_are_of():
    Y = np.tile(np.eye(2, dtype=np.uint8), (10, 1))
    chain = Chain(("REMEDIAL", "ML-ROS"), random_state=0)
    chain.fit_resample(np.zeros((20, 1)), Y)
    assert [note.split(":")[0] for note in chain.notes_] == ["REMEDIAL", "ML-ROS"]


# Size ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "total, weights, expected",
    [
        (10, [1, 1, 1], [4, 3, 3]),
        (10, [1, 2, 2], [2, 4, 4]),
        (2, [1, 1, 1], [1, 1, 0]),
        (5, [0, 1, 0], [0, 5, 0]),
        (5, [0, 0], [0, 0]),
        (0, [1, 2], [0, 0]),
    ],
)
def test_rows_are_shared_by_largest_remainders(total, weights, expected):
    assert sizing.share(total, weights).tolist() == expected


def test_rows_to_a_target_by_hand():
    """12, 6, 3 positives: IRLbl 1, 2, 4; MeanIR 7 / 3; 12 / (7 / 3) = 5.14, so 6."""
    Y = np.zeros((12, 3), dtype=np.uint8)
    Y[:, 0] = Y[:6, 1] = Y[:3, 2] = 1
    assert sizing.rows_to_target(Y, "MeanIR", [2]).tolist() == [0, 0, 3]
    assert sizing.rows_to_target(Y, {1: 10, 2: 2}, []).tolist() == [0, 4, 0]
    both = sizing.quotas(Y, [2], 0.25, {1: 10, 2: 5}, None)
    assert both.tolist() == [0, 2, 1]  # 4 and 2 rows, cut down to 3 in proportion
    assert sizing.quotas(Y, [1, 2], 0.25, None, None).tolist() == [0, 2, 1]


@pytest.mark.parametrize("seed", range(20))
def test_minority_labels_are_those_of_the_measures(seed):
    rng = np.random.default_rng(seed)
    Y = (rng.random((40, 7)) < rng.random(7) ** 2).astype(np.uint8)
    Y[:, rng.integers(7)] = 0
    assert sizing.minority(Y).tolist() == np.flatnonzero(minority_labels(Y)).tolist()
    assert len(sizing.minority(np.zeros((4, 2), np.uint8))) == 0


def test_expected_counts_are_the_mean_over_clones():
    _, Y = data()
    rows = np.array([0, 0, 300, 500])
    expected = sizing.expected_counts(Y, rows)
    by_hand = Y.sum(axis=0) + sum(
        rows[j] * Y[Y[:, j] == 1].mean(axis=0) for j in (2, 3)
    )
    assert expected == pytest.approx(by_hand)
    absent = sizing.expected_counts(Y, [10, 0, 0, 0], value=0)
    by_hand = Y.sum(axis=0) + 10 * Y[Y[:, 0] == 0].mean(axis=0)
    assert absent == pytest.approx(by_hand)


@pytest.mark.parametrize("cls", [MLSMOTE, MLSOL])
@pytest.mark.parametrize("settings", [{}, {"budget": 0.4}, {"target": "MeanIR"}])
def test_preview_has_the_rows_then_made_for_each_label(cls, settings):
    X, Y = data()
    sampler = cls(**settings, random_state=0)
    planned = sampler.preview(Y)["rows_for_label"]
    sampler.fit_resample(X, Y)
    made = sampler.provenance_.query("origin < 0")["label"]
    counts = np.bincount(made, minlength=4)
    if cls is MLSOL and "target" in settings:  # rows that miss the label are repeated
        assert (counts >= planned).all()
    else:
        assert counts.tolist() == planned.tolist()
    assert not hasattr(cls(), "provenance_")
