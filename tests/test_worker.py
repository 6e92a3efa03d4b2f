"""The worker as a process: does runs, obeys Stop, survives being killed."""

import io
import os
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pandas as pd
import pytest
import torch

from aemlo import worker as worker_module
from aemlo.experiment.kept_cells import Cells
from aemlo.formats import read
from aemlo.jobs import resampling_results
from aemlo.store import Store
from aemlo.worker import Worker, ensure_worker

LONG = 120


def wait(condition, seconds=LONG):
    """Poll until `condition()` is true; fail after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"Not within {seconds} s.")


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("AEMLO_WORKERS", "1")
    kept = Store(tmp_path / "home")
    yield kept
    for process in worker_module._started:
        process.kill()
        process.wait()


def training(store, **settings):
    """A queued run of AEMLO on a few rows of yeast."""
    dataset = read("yeast").take(np.arange(300), "some yeast")
    spec = {"sampler": "AEMLO", "settings": settings, "seed": 0}
    key = store.add_dataset(dataset)
    return store.enqueue("visitor-1", "train", "AEMLO", spec, key, dataset.name)


def test_a_run_has_one_thread_whatever_ran_before(store, monkeypatch):
    """A map's UMAP leaves two threads on, and sums of other parts differ."""
    threads = []
    monkeypatch.setattr(
        worker_module, "run_job", lambda job: threads.append(torch.get_num_threads())
    )
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        training(store)
        worker = Worker(store)
        worker.do(store.claim(worker.name))
        assert threads == [1]
    finally:
        torch.set_num_threads(before)


def test_a_killed_worker_s_run_comes_back_and_ends_like_an_uninterrupted_one(store):
    whole = training(store, epochs=400)
    worker = Worker(store)
    worker.do(store.claim(worker.name))
    assert store.run(whole).state == "done"

    run_id = training(store, epochs=400)
    ensure_worker(store)
    checkpoint = store.folder(run_id) / "checkpoint.pt"
    wait(checkpoint.exists)
    (row,) = [w for w in store.workers() if w["pid"]]
    os.kill(row["pid"], signal.SIGKILL)
    assert store.run(run_id).state == "running"
    # The next visit of any page finds it silent and starts another worker.
    wait(lambda: ensure_worker(store) or store.run(run_id).state == "done")
    assert store.run(run_id).attempts == 2

    curves = [store.events(run)["total"].to_numpy() for run in (whole, run_id)]
    assert np.array_equal(*curves)
    made = [resampling_results.load(store.folder(run))[0] for run in (whole, run_id)]
    assert np.array_equal(made[0].X, made[1].X) and np.array_equal(made[0].Y, made[1].Y)


def test_a_stopped_run_keeps_what_it_learned_and_can_go_on(store):
    run_id = training(store, epochs=3000)
    ensure_worker(store)
    wait(lambda: len(store.events(run_id)) >= 3)
    pressed = time.time()
    store.request(run_id, "stop")
    run = wait(lambda: (r := store.run(run_id)).state == "stopped" and r)
    assert run.finished - pressed < 10
    made, provenance = resampling_results.load(store.folder(run_id))
    assert made.n == run.summary["rows_after"] > 300
    assert (provenance["origin"] < 0).sum() == run.summary["rows_made"]
    epochs = len(store.events(run_id))
    store.resume(run_id)
    wait(lambda: len(store.events(run_id)) > epochs)
    store.request(run_id, "pause")
    wait(lambda: store.run(run_id).state == "paused")


def test_a_run_that_cannot_be_done_fails_in_words_and_the_worker_goes_on(store):
    bad = training(store, epochs=0)
    good = training(store, epochs=1)
    worker = Worker(store)
    worker.do(store.claim(worker.name))
    worker.do(store.claim(worker.name))
    assert store.run(bad).state == "failed"
    assert store.run(bad).error == "AEMLO: epochs must be between 1 and 5000, got 0."
    assert store.run(good).state == "done"


PLANTED = """
import os
import time
from pathlib import Path
from aemlo.classifiers import CLASSIFIERS
from aemlo.worker import main

def fit(self, X, Y, **how):
    Path(os.environ["AEMLO_HOME"], "stuck").touch()
    time.sleep(600)  # one long call of a library: no progress, no Stop

CLASSIFIERS["ML-kNN"].fit = fit
main(["stuck"])
"""
ARMS = [
    {"name": name, "sampler": None, "classifier": {"name": name}}
    for name in ("BR-logistic", "ML-kNN")
]
STUCK = {
    "classify": {"arms": ARMS},
    "compare": {"samplers": ["none"], "classifiers": ["BR-logistic", "ML-kNN"]},
}


@pytest.mark.parametrize("kind", STUCK)
def test_a_fit_that_never_answers_is_cut_and_what_was_done_is_kept(store, kind):
    dataset = read("yeast").take(np.arange(200), "some yeast")
    key = store.add_dataset(dataset)
    run_id = store.enqueue("visitor-1", kind, kind, STUCK[kind], key, dataset.name)
    program = subprocess.Popen(
        [sys.executable, "-c", PLANTED],
        env=os.environ | {"AEMLO_HOME": str(store.home)},
        start_new_session=True,
    )
    try:
        wait((store.home / "stuck").exists)
        asked = time.monotonic()
        store.request(run_id, "stop")
        run = wait(lambda: (r := store.run(run_id)).state != "running" and r)
        assert time.monotonic() - asked < 6  # about 2 s when the machine is idle
        assert (run.state, run.error) == ("stopped", None)
        assert program.wait(timeout=LONG) != 0 and not store.workers()
    finally:
        program.kill()
    folder = store.folder(run_id)
    if kind == "classify":
        assert [arm["name"] for arm in run.summary["arms"]] == ["BR-logistic"]
        assert (folder / "arm_0.npz").exists()
    else:
        assert len(Cells(store.home / "cells.sqlite")) == 1
    assert not list(folder.glob(".*"))


def test_fold_pairs_resample_the_training_parts_only(store):
    dataset = read("yeast").take(np.arange(300), "some yeast")
    spec = {
        "sampler": "MLSMOTE",
        "settings": {},
        "folds": 3,
        "format": "CSV",
        "seed": 0,
    }
    key = store.add_dataset(dataset)
    run_id = store.enqueue("visitor-1", "pairs", "pairs", spec, key, dataset.name)
    worker = Worker(store)
    worker.do(store.claim(worker.name))
    assert store.run(run_id).state == "done", store.run(run_id).error
    tests, seen = 0, []
    with zipfile.ZipFile(store.folder(run_id) / "pairs.zip") as archive:
        for fold in (1, 2, 3):
            parts = {
                part: pd.read_csv(
                    io.BytesIO(archive.read(f"some-yeast-fold{fold}-{part}.csv"))
                )
                for part in ("train", "test")
            }
            assert "is_synthetic" not in parts["test"]
            real = parts["train"][parts["train"]["is_synthetic"] == "no"]
            assert len(real) + len(parts["test"]) == 300
            assert (parts["train"]["is_synthetic"] == "yes").any()
            columns = list(parts["test"].columns)
            rows = set(map(tuple, parts["test"].to_numpy().tolist()))
            made = set(map(tuple, parts["train"][columns].to_numpy().tolist()))
            assert not rows & made
            tests += len(parts["test"])
            seen += list(rows)
    assert tests == 300 and len(set(seen)) == len(set(map(tuple, seen)))


def test_fold_pairs_divide_real_rows_only(store):
    from dataclasses import replace

    from aemlo import provenance

    dataset = read("yeast").take(np.arange(200), "some yeast")
    known = provenance.of(dataset)
    known["synthetic"] = np.arange(200) >= 150
    dataset = replace(dataset, provenance=known)
    spec = {"sampler": "ML-ROS", "settings": {}, "folds": 2, "format": "CSV"}
    key = store.add_dataset(dataset)
    run_id = store.enqueue("visitor-1", "pairs", "pairs", spec, key, dataset.name)
    worker = Worker(store)
    worker.do(store.claim(worker.name))
    assert store.run(run_id).state == "done", store.run(run_id).error
    with zipfile.ZipFile(store.folder(run_id) / "pairs.zip") as archive:
        tests = [
            pd.read_csv(io.BytesIO(archive.read(f"some-yeast-fold{fold}-test.csv")))
            for fold in (1, 2)
        ]
        words = archive.read("README.txt").decode()
    assert sum(map(len, tests)) == 150
    assert "50 synthetic rows that the data had were left out." in words


def test_rows_made_before_a_run_stay_marked_in_what_it_leaves(store):
    from dataclasses import replace

    from aemlo import provenance
    from aemlo.jobs import resampling_results

    dataset = read("yeast").take(np.arange(200), "some yeast")
    known = provenance.of(dataset)
    known["synthetic"] = np.arange(200) >= 190
    dataset = replace(dataset, provenance=known)
    spec = {"sampler": "ML-ROS", "settings": {}, "seed": 0}
    key = store.add_dataset(dataset)
    run_id = store.enqueue("visitor-1", "resample", "rows", spec, key, dataset.name)
    worker = Worker(store)
    worker.do(store.claim(worker.name))
    assert store.run(run_id).state == "done", store.run(run_id).error
    made, returned = resampling_results.load(store.folder(run_id))
    marks = resampling_results.marks(made, returned)
    new = returned["origin"] < 0
    assert new.any() and marks[new].all()
    assert marks[~new].sum() == 10
    told = made.provenance["how"][new].unique().tolist()
    assert told == ["ML-ROS, in a run on some yeast"]


@pytest.mark.parametrize("going_on", [True, False])
def test_umap_is_warmed_beside_a_training_that_still_goes_on(
    store, monkeypatch, going_on
):
    from aemlo.jobs.kinds import embed

    class Noted:
        warmed = 0

        def warm(self):
            self.warmed += 1

    noted = Noted()
    monkeypatch.setattr(embed, "umap_process", lambda home: noted)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    worker = Worker(store)
    worker.current = "a-run" if going_on else None
    worker._warm_umap("a-run")
    assert noted.warmed == int(going_on)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    worker._warm_umap("a-run")
    assert noted.warmed == int(going_on)
