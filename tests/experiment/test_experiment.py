"""The comparison: same folds, seeds by name, failures kept, cells never twice."""

import signal
import subprocess
import sys
from pathlib import Path

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score
from small_cells import Cloner, toy

from aemlo import compare, experiment
from aemlo.classifiers import CLASSIFIERS
from aemlo.classifiers.base import Classifier
from aemlo.errors import MissingExtraError, ParameterError, Stopped
from aemlo.experiment import folds, scoring_code
from aemlo.experiment.cell_keys import described
from aemlo.experiment.kept_cells import Cells
from aemlo.experiment.recipe import derived_seed, with_seed
from aemlo.formats import read
from aemlo.preparation.preparation import Preparation
from aemlo.samplers import SAMPLERS

# Other processes cannot import a module of tests: its classes travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

NONE = {"none": SAMPLERS["none"]()}
TREE = {"BR-tree": CLASSIFIERS["BR-tree"](max_depth=3)}
SCORE = [*experiment.COLUMNS]


class Failing(Cloner):
    """A sampler that does not work."""

    title = "failing"

    def _generate(self, X, Y, rng, on_progress):
        raise RuntimeError("no such luck")


class Broken(Classifier):
    """A classifier that does not work on the second fold."""

    title = "broken"

    def __init__(self, random_state=None):
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress):
        raise MemoryError

    def _scores(self, X):
        return np.zeros((X.shape[0], self.n_labels_))


def test_columns_come_first_in_their_order():
    scores = experiment.run(toy(), NONE, TREE, folds=2)
    assert tuple(scores.columns[:8]) == (
        *("dataset", "sampler", "classifier", "repeat", "fold"),
        *("metric", "label", "value"),
    )
    assert tuple(scores.columns[8:]) == experiment.FACTS
    whole = scores[scores["label"] == ""]
    assert {"macro-F1", "ranking loss", "Hamming loss"} <= set(whole["metric"])
    assert set(scores.loc[scores["metric"] == "F1", "label"]) == set("abc")


def test_a_score_is_that_of_doing_it_by_hand():
    """One fold redone without the product's experiment."""
    data = toy()
    scores = experiment.run(data, NONE, TREE, folds=3, seed=4, metrics=["macro-F1"])
    for split in folds.plan(data, folds=3, seed=4):
        train, test = data.take(split.train), data.take(split.test)
        scaling = Preparation().fit(train)
        tree = CLASSIFIERS["BR-tree"](
            max_depth=3,
            random_state=derived_seed(
                derived_seed(4, "classifier", "BR-tree", 0, split.fold), "random_state"
            ),
        )
        tree.fit(scaling.transform(train), train.Y)
        predicted = tree.predict(scaling.transform(test))
        expected = f1_score(test.Y, predicted, average="macro", zero_division=0)
        found = scores.loc[scores["fold"] == split.fold, "value"].item()
        assert found == pytest.approx(expected, abs=1e-15)


def test_one_more_arm_changes_no_other():
    data = toy()
    few = experiment.run(data, {"c": Cloner()}, TREE, folds=2, seed=1)
    samplers = {**NONE, "d": Cloner(rows=5), "c": Cloner()}
    classifiers = {"ML-kNN": CLASSIFIERS["ML-kNN"](), **TREE}
    many = experiment.run(data, samplers, classifiers, folds=2, seed=1)
    kept = many[(many["sampler"] == "c") & (many["classifier"] == "BR-tree")]
    pd.testing.assert_frame_equal(few[SCORE], kept[SCORE].reset_index(drop=True))


def test_seeds_reach_nested_estimators_and_depend_on_names():
    chain = CLASSIFIERS["thresholds"](classifier=CLASSIFIERS["BR-tree"]())
    seeded = with_seed(chain, 7).get_params(deep=True)
    assert seeded["random_state"] is not None
    assert seeded["classifier__random_state"] not in (None, seeded["random_state"])
    assert derived_seed(1, "a", 0) != derived_seed(1, "b", 0) != derived_seed(2, "b", 0)


def test_equal_recipes_are_described_alike_whatever_their_seed():
    one = CLASSIFIERS["thresholds"](classifier=CLASSIFIERS["BR-tree"](random_state=1))
    two = CLASSIFIERS["thresholds"](classifier=CLASSIFIERS["BR-tree"](random_state=2))
    deep = CLASSIFIERS["thresholds"](classifier=CLASSIFIERS["BR-tree"](max_depth=2))
    assert described(one) == described(two) != described(deep)


def test_the_sampler_is_fitted_once_for_all_classifiers(monkeypatch):
    calls = []
    generate = Cloner._generate

    def counted(self, X, Y, rng, on_progress):
        calls.append(len(Y))
        return generate(self, X, Y, rng, on_progress)

    monkeypatch.setattr(Cloner, "_generate", counted)
    classifiers = {**TREE, "ML-kNN": CLASSIFIERS["ML-kNN"]()}
    scores = experiment.run(toy(n=80), {"c": Cloner()}, classifiers, folds=4)
    assert calls == [60] * 4
    assert (scores["sampled_rows"] == 80).all()


def test_one_failing_cell_never_loses_the_others():
    samplers = {**NONE, "failing": Failing()}
    classifiers = {**TREE, "broken": Broken()}
    scores = experiment.run(toy(), samplers, classifiers, folds=2)
    cells = scores.drop_duplicates(["sampler", "classifier", "fold"])
    errors = cells.set_index(["sampler", "classifier"])["error"]
    assert set(errors["none", "BR-tree"]) == {""}
    assert set(errors["none", "broken"]) == {
        "There was not enough memory for this cell."
    }
    assert set(errors["failing", "BR-tree"]) == {"RuntimeError: no such luck"}
    assert scores.loc[scores["error"] == "", "value"].notna().any()
    assert scores.loc[scores["error"] != "", "value"].isna().all()
    table = compare.before_after(scores).set_index(["sampler", "classifier"])
    assert set(table.loc[("failing", "BR-tree"), "verdict"]) == {"no verdict"}
    assert set(table.loc[("failing", "BR-tree"), "reason"]) == {"failed"}


@pytest.fixture
def cells(tmp_path):
    return Cells(tmp_path / "cells.sqlite")


def test_the_same_cell_is_never_computed_twice(cells, monkeypatch):
    data, samplers = toy(), {**NONE, "c": Cloner()}
    first = experiment.run(data, samplers, TREE, folds=2, cells=cells)
    assert len(cells) == 4
    calls = []
    fit = CLASSIFIERS["BR-tree"].fit
    monkeypatch.setattr(
        CLASSIFIERS["BR-tree"], "fit", lambda *a, **k: calls.append(1) or fit(*a, **k)
    )
    again = experiment.run(data, samplers, TREE, folds=2, cells=cells)
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert not calls
    more = {**samplers, "e": Cloner(rows=3)}
    experiment.run(data, more, TREE, folds=2, cells=cells)
    assert len(calls) == 2 and len(cells) == 6


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"scale": "none"},
        {"samplers": {"none": Cloner()}},
        {"classifiers": {"BR-tree": CLASSIFIERS["BR-tree"](max_depth=2)}},
        {"dataset": toy(seed=9)},
        {"folds": 3},
        {"leak": "scaler"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_can_change_a_score_changes_the_key(change):
    base = {"dataset": toy(), "samplers": NONE, "classifiers": TREE, "folds": 2}

    def keys(arguments):
        data, *arms = (arguments.pop(k) for k in ("dataset", "samplers", "classifiers"))
        plan = experiment.grid(data, *arms, **arguments)
        return {key for unit in plan.units for _, key in unit.classifiers.values()}

    assert not keys(dict(base)) & keys(base | change)
    assert keys(dict(base)) == keys(dict(base))


def test_what_was_done_before_a_stop_is_not_done_again(cells):
    data = toy()
    classifiers = {**TREE, "ML-kNN": CLASSIFIERS["ML-kNN"]()}

    def stop(fraction, message):
        if "ML-kNN, repeat 1, fold 2" in message:
            raise Stopped("stop")

    with pytest.raises(Stopped):
        experiment.run(data, NONE, classifiers, folds=3, cells=cells, on_progress=stop)
    assert len(cells) == 3  # both of fold 1, and the tree of fold 2
    seen = []
    experiment.run(
        data,
        NONE,
        classifiers,
        folds=3,
        cells=cells,
        on_progress=lambda fraction, message: seen.append(message),
    )
    assert len(cells) == 6
    assert not any("fold 1" in message for message in seen)


KILLED = """
import os, signal, sys
sys.path.insert(0, {folder!r})
from aemlo import experiment, read
from aemlo.experiment.kept_cells import Cells
from aemlo.classifiers import CLASSIFIERS
from aemlo.samplers import SAMPLERS

def kill_at_third(cell, put=Cells.put, kept=[]):
    put(cells, cell)
    kept.append(cell)
    if len(kept) == 3:
        os.kill(os.getpid(), signal.SIGKILL)

cells = Cells({path!r})
cells.put = kill_at_third
classifiers = {{name: CLASSIFIERS[name]() for name in ("ML-kNN", "BR-logistic")}}
experiment.run(read({data!r}, xml={xml!r}), {{"none": SAMPLERS["none"]()}},
               classifiers, folds=2, cells=cells)
"""


def test_a_killed_process_loses_the_cell_in_flight_only(cells, shared):
    folder = shared / "data/mulan"
    script = KILLED.format(
        folder=str(Path(experiment.__file__).parents[2]),
        path=str(cells.path),
        data=str(folder / "flags.arff"),
        xml=str(folder / "flags.xml"),
    )
    scoring_code.installed.cache_clear()  # as the other process will read it
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert len(cells) == 3
    data = read(folder / "flags.arff", xml=folder / "flags.xml")
    classifiers = {name: CLASSIFIERS[name]() for name in ("ML-kNN", "BR-logistic")}
    put = []
    cells.put = put.append
    scores = experiment.run(data, NONE, classifiers, folds=2, cells=cells)
    assert len(put) == 1 and (scores["error"] == "").all()


def test_a_failed_cell_is_tried_again(cells):
    experiment.run(toy(), NONE, {"broken": Broken()}, folds=2, cells=cells)
    assert len(cells) == 0


def test_kept_cells_forget_the_oldest_first(cells):
    data = toy()
    experiment.run(data, NONE, TREE, folds=2, cells=cells)
    cells.clean_up(most_bytes=10**9)
    assert len(cells) == 2
    cells.clean_up(most_bytes=0)
    assert len(cells) == 0


def test_predictions_come_with_the_cells(cells):
    data, got = toy(), {}
    for _ in range(2):  # computed, then from the file
        got.clear()
        experiment.run(
            data,
            NONE,
            TREE,
            folds=2,
            cells=cells,
            on_cell=lambda cell: got.update({cell.fold: cell}),
        )
        for split in folds.plan(data, folds=2):
            cell = got[split.fold]
            scores = {(metric, label): v for metric, label, v in cell.scores}
            wrong = (cell.predicted != data.Y[split.test]).mean()
            assert scores["Hamming loss", ""] == pytest.approx(wrong)


def test_scores_are_told_as_they_come_and_add_up():
    frames = []
    scores = experiment.run(
        toy(), {**NONE, "c": Cloner()}, TREE, folds=2, on_scores=frames.append
    )
    assert len(frames) == 4
    keys = ["sampler", "fold", "metric", "label"]
    pd.testing.assert_frame_equal(
        pd.concat(frames).sort_values(keys).reset_index(drop=True),
        scores.sort_values(keys).reset_index(drop=True),
    )


def test_several_data_sets():
    scores = experiment.run([toy(), toy(seed=5, name="other")], NONE, TREE, folds=2)
    assert list(dict.fromkeys(scores["dataset"])) == ["toy", "other"]
    alone = experiment.run(toy(seed=5, name="other"), NONE, TREE, folds=2)
    mine = scores[scores["dataset"] == "other"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine[SCORE], alone[SCORE])


def test_a_pilot_is_the_first_split_and_counts_later(cells):
    pilot = experiment.run(toy(), NONE, TREE, folds=3, most_splits=1, cells=cells)
    assert set(pilot["fold"]) == {0} and len(cells) == 1
    left = experiment.estimate(pilot, 3)
    one = left.iloc[0]
    assert one["cells_left"] == 2
    assert one["seconds_left"] == pytest.approx(2 * one["cell_seconds"])
    whole = experiment.run(toy(), NONE, TREE, folds=3, cells=cells)
    kept = whole[whole["fold"] == 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(pilot, kept)


def test_an_estimate_counts_a_shared_sampler_once():
    base = {"dataset": "d", "sampler": "s", "repeat": 0, "fold": 0}
    facts = {"prepare_seconds": 1.0, "sample_seconds": 5.0, "predict_seconds": 0.0}
    scores = pd.DataFrame(
        [
            base | facts | {"classifier": "a", "fit_seconds": 2.0},
            base | facts | {"classifier": "b", "fit_seconds": 4.0},
        ]
    )
    left = experiment.estimate(scores, splits=3)
    assert experiment.total_seconds(left) == pytest.approx(2 * (6 + 2 + 4))
    assert experiment.total_seconds(experiment.estimate(scores, 3, jobs=2)) == 12.0


@pytest.mark.parametrize(
    "change, message",
    [
        (
            {"samplers": {}},
            "A comparison needs a dict of at least one sampler, name to object, "
            "got {}.",
        ),
        ({"metrics": ["F2"]}, "There is no metric 'F2'."),
        ({"backend": "spark"}, "backend must be one of loky, dask, got 'spark'."),
        (
            {"backend": "dask"},
            "The dask backend needs a scheduler, such as tcp://host:8786.",
        ),
        (
            {"dataset": [toy(), toy()]},
            "Two data sets are both called 'toy'. Give one another name.",
        ),
    ],
)
def test_what_cannot_be_run_is_said(change, message):
    whole = {
        "dataset": toy(),
        "samplers": NONE,
        "classifiers": TREE,
        "folds": 2,
    } | change
    data, *arms = (whole.pop(k) for k in ("dataset", "samplers", "classifiers"))
    with pytest.raises((ParameterError, MissingExtraError)) as caught:
        experiment.run(data, *arms, **whole)
    assert str(caught.value).startswith(message)
