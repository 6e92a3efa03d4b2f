"""Cells in processes of their own: the same scores, deaths, Stop, memory, threads."""

import signal
import sys
import threading
import time

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from small_cells import Cloner, toy

from aemlo import compare, experiment
from aemlo.classifiers import CLASSIFIERS
from aemlo.classifiers.base import Classifier
from aemlo.errors import Stopped
from aemlo.samplers import SAMPLERS

# Other processes cannot import a module of tests: its classes travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

NONE = {"none": SAMPLERS["none"]()}
TREE = {"BR-tree": CLASSIFIERS["BR-tree"](max_depth=3)}
SCORE = [*experiment.COLUMNS]


def test_two_processes_give_the_same_scores_to_the_last_bit():
    data = toy(n=120)
    samplers = {**NONE, "cloner": Cloner()}
    classifiers = {
        **TREE,
        "ML-kNN": CLASSIFIERS["ML-kNN"](),
        "BR-logistic": CLASSIFIERS["BR-logistic"](),
    }
    one = experiment.run(data, samplers, classifiers, folds=3)
    told = []
    two = experiment.run(
        data,
        samplers,
        classifiers,
        folds=3,
        jobs=2,
        on_progress=lambda fraction, message: told.append(fraction),
    )
    pd.testing.assert_frame_equal(one[SCORE], two[SCORE], check_exact=True)
    assert told == sorted(told) and told[-1] == 1.0


class Dying(Cloner):
    """Ends the process it runs in."""

    title = "dying"

    def _generate(self, X, Y, rng, on_progress):
        import os

        os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_dies_costs_its_own_cells_only():
    samplers = {**NONE, "dying": Dying(), "cloner": Cloner()}
    scores = experiment.run(toy(), samplers, TREE, split="hold-out", jobs=2)
    errors = scores.drop_duplicates("sampler").set_index("sampler")["error"]
    assert errors["dying"].startswith("The process that worked on this cell ended")
    assert (errors[["none", "cloner"]] == "").all()


class Slow(Cloner):
    """Takes its time and looks at nothing meanwhile."""

    title = "slow"

    def _generate(self, X, Y, rng, on_progress):
        time.sleep(60)


def test_stop_ends_processes_at_once():
    started = time.monotonic()

    def stop(fraction, message):
        if time.monotonic() - started > 1.0:
            raise Stopped("stop")

    with pytest.raises(Stopped):
        experiment.run(toy(), {"s": Slow()}, TREE, folds=2, jobs=2, on_progress=stop)
    assert time.monotonic() - started < 20


def test_each_cell_says_its_time_and_memory():
    scores = experiment.run(toy(), {"c": Cloner()}, TREE, folds=2)
    facts = ["sample_seconds", "fit_seconds", "predict_seconds", "peak_mb"]
    assert (scores[facts] > 0).all(axis=None)
    assert (scores["peak_mb"] < 4000).all()


def test_peak_memory_is_that_of_the_cell_where_the_system_can_say():
    from aemlo.experiment import unit

    unit.forget_peak()
    before = unit.peak_megabytes()
    block = np.ones(30_000_000)  # 240 MB
    assert unit.peak_megabytes() >= before + 200
    del block
    try:
        open("/proc/self/clear_refs", "w").close()
    except OSError:
        return
    unit.forget_peak()
    assert unit.peak_megabytes() < before + 100


def test_other_threads_can_compute_meanwhile():
    """A witness belongs to its thread: fits elsewhere are not its business."""
    results = {}

    def work(name, seed):
        results[name] = experiment.run(toy(seed=seed), NONE, TREE, folds=2)

    threads = [threading.Thread(target=work, args=(i, i)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, scores in results.items():
        alone = experiment.run(toy(seed=i), NONE, TREE, folds=2)
        pd.testing.assert_frame_equal(scores[SCORE], alone[SCORE])
        assert (scores["test_rows_used"] == 0).all()


class NearestMean(Classifier):
    """Scores by the distances to the mean rows with and without a label."""

    title = "nearest mean"

    def __init__(self, random_state=None):
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress):
        self.with_ = np.array([X[y == 1].mean(axis=0) for y in Y.T])
        self.without_ = np.array([X[y == 0].mean(axis=0) for y in Y.T])

    def _scores(self, X):
        near, far = (
            np.linalg.norm(X[:, None] - mean, axis=2)
            for mean in (self.with_, self.without_)
        )
        return far / (near + far)


def test_a_random_sampler_against_itself_is_rarely_called_different():
    """200 comparisons of one sampler with itself, seeded otherwise: at most 8 % differ.

    5 % is the level; 8 % is two standard errors of 200 draws above it.
    """
    different = 0
    data, classifiers = toy(n=60, q=2, seed=11), {"mean": NearestMean()}
    samplers = {"none": Cloner(rows=20), "again": Cloner(rows=20)}
    for trial in range(200):
        scores = experiment.run(
            data, samplers, classifiers, folds=5, seed=trial, metrics=["macro-F1"]
        )
        wide = scores.pivot(index="fold", columns="sampler", values="value")
        d, share = wide["again"] - wide["none"], 12 / 48
        assert scores["test_rows"].iloc[0] in (11, 12, 13)
        *_, p = compare.corrected_t(d, share)
        different += p <= 0.05
    assert 0 < different <= 16
