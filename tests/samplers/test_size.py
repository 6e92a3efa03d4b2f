"""How many rows every sampler with a size makes, and for which labels."""

import numpy as np
import pandas as pd
import pytest
from sampling import (
    FIELD,
    SIZED,
    TITLES,
    data,
    make,
    resample,
)

from aemlo.errors import ParameterError


@pytest.mark.parametrize("sized", SIZED)
def test_budget_is_the_most_that_is_added(sized):
    X, Y = data(200)
    for budget in (0.05, 0.2):
        _, Y_new = resample(make(sized, budget=budget), X, Y)
        assert 0 < len(Y_new) - 200 <= round(budget * 200)


@pytest.mark.parametrize("sized", [t for t in FIELD if t in ("MLSMOTE", "MLSOL")])
def test_budget_is_met_where_nothing_stands_against_it(sized):
    X, Y = data(200)
    for budget in (0.05, 2.0):
        _, Y_new = resample(make(sized, budget=budget), X, Y)
        assert len(Y_new) - 200 == round(budget * 200)


@pytest.mark.parametrize("sized", FIELD)
def test_target_mean_ir_is_reached(sized):
    X, Y = data(300)
    counts = Y.sum(axis=0)
    mean_ir = np.mean(counts.max() / counts)
    sampler = make(sized, target="MeanIR")
    _, Y_new = resample(sampler, X, Y)
    rare = counts.max() / counts > mean_ir
    after = Y_new.sum(axis=0)
    assert rare.any()
    short = rare & (after < counts.max() / mean_ir)
    assert not short.any() or sampler.notes_


@pytest.mark.parametrize("sized", FIELD)
@pytest.mark.parametrize("named", [False, True])
def test_target_counts_are_reached_for_the_labels_named(sized, named):
    X, Y = data(300)
    counts = Y.sum(axis=0)
    wanted = {3: int(counts[3]) + 20, 4: int(counts[4]) + 7}
    if named:
        Y = pd.DataFrame(Y, columns=["v", "w", "x", "y", "z"])
        wanted = {"y": wanted[3], "z": wanted[4]}
    sampler = make(sized, target=wanted)
    _, Y_new = resample(sampler, X, Y)
    added = np.asarray(Y_new).sum(axis=0) - counts
    made = sampler.provenance_.query("origin < 0")["label"]
    assert set(made) <= {3, 4}
    assert added[3] >= 20 and added[4] >= 7


@pytest.mark.parametrize("sized", FIELD)
def test_rows_are_made_for_the_labels_named_alone(sized):
    X, Y = data(300)
    sampler = make(sized, labels=(4,), budget=0.1)
    _, Y_new = resample(sampler, X, Y)
    made = sampler.provenance_.query("origin < 0")
    assert len(made) and set(made["label"]) <= {4, -1}
    if sized != "MLSOL":  # its seeds need the label's rarer value, its rows may differ
        assert Y_new[300:, 4].all()


@pytest.mark.parametrize("sized", SIZED)
def test_a_preview_knows_labels_by_their_names(sized):
    X, Y = data(200)
    named = pd.DataFrame(Y, columns=list("abcde"))
    by_name = make(sized, labels=("d",), target={"d": 60}).preview(named)
    by_place = make(sized, labels=(3,), target={3: 60}).preview(Y)
    assert by_name["label"].tolist() == list("abcde")
    assert by_name["rows_for_label"][3] > 0
    rest = ["positives", "rows_for_label", "positives_after"]
    pd.testing.assert_frame_equal(by_name[rest], by_place[rest])


@pytest.mark.parametrize("sized", SIZED)
def test_a_label_that_does_not_exist_is_refused(sized):
    X, Y = data()
    with pytest.raises(ParameterError) as fault:
        resample(make(sized, labels=(9,)), X, Y)
    assert str(fault.value) == (
        f"{sized}: there is no label 9. Labels are the columns 0 to 4 of Y, or their "
        "names where Y has any."
    )


@pytest.mark.parametrize("sized", FIELD)
def test_no_labels_named_is_no_rows_asked_for(sized):
    X, Y = data()
    sampler = make(sized, labels=(), target="MeanIR")
    assert len(resample(sampler, X, Y)[0]) == 90 and sampler.notes_


@pytest.mark.parametrize("sized", FIELD)
def test_a_target_out_of_all_proportion_is_refused(sized):
    X, Y = data()
    with pytest.raises(ParameterError, match="over 100 times the 90 given"):
        resample(make(sized, target={4: 10**9}), X, Y)


@pytest.mark.parametrize("sized", SIZED)
def test_preview_has_a_row_per_label(sized):
    X, Y = data()
    names = ["v", "w", "x", "y", "z"]
    frame = make(sized, budget=0.2).preview(pd.DataFrame(Y, columns=names))
    assert frame["label"].tolist() == names
    assert frame["positives"].tolist() == Y.sum(axis=0).tolist()
    assert (frame["positives_after"] >= frame["positives"]).all()


@pytest.mark.parametrize("reader", [t for t in TITLES if not make(t).reads_features])
def test_preview_is_exact_where_labels_decide(reader):
    X, Y = data(150)
    sampler = make(reader)
    frame = sampler.preview(Y)
    _, Y_new = resample(sampler, X, Y)
    assert frame["positives_after"].tolist() == Y_new.sum(axis=0).tolist()
