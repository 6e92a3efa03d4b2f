"""The same cells on a Dask cluster elsewhere: equal scores, deaths survived."""

import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from aemlo import experiment
from aemlo.classifiers import CLASSIFIERS
from aemlo.dataset import Dataset, Feature
from aemlo.errors import ParameterError, Stopped
from aemlo.samplers import SAMPLERS

CLUSTER = """
import sys, time
from distributed import Client, LocalCluster

if __name__ == "__main__":
    cluster = LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    )
    with Client(cluster) as client:
        pids = client.run(__import__("os").getpid)
    print(cluster.scheduler_address, *pids.values(), flush=True)
    sys.stdin.read()
"""
SCORE = [*experiment.COLUMNS]


def toy(n=200, q=4):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 6))
    Y = (X[:, :q] + rng.normal(size=(n, q)) > 0.3).astype(np.uint8)
    features = tuple(Feature(f"x{i}") for i in range(6))
    return Dataset("toy", X, Y, features, tuple("abcd"))


def arms():
    samplers = {"none": SAMPLERS["none"]()}
    names = ("BR-tree", "ML-kNN", "BR-logistic")
    return samplers, {name: CLASSIFIERS[name]() for name in names}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """(address, worker process ids) of a cluster in a process of its own."""
    folder = tmp_path_factory.mktemp("cluster")
    script = folder / "cluster.py"
    script.write_text(CLUSTER, encoding="utf-8")
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    process = subprocess.Popen(
        [sys.executable, script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"},
    )
    address, *pids = process.stdout.readline().split()
    yield address, [int(pid) for pid in pids]
    process.stdin.close()
    process.wait(timeout=30)
    process.stdout.close()


@pytest.fixture(scope="module")
def local():
    return experiment.run(toy(), *arms(), folds=3)


def test_a_cluster_gives_the_scores_of_this_machine(cluster, local):
    told = []
    there = experiment.run(
        toy(),
        *arms(),
        folds=3,
        backend="dask",
        scheduler=cluster[0],
        on_progress=lambda fraction, message: told.append(fraction),
    )
    pd.testing.assert_frame_equal(local[SCORE], there[SCORE], check_exact=True)
    assert told[-1] == 1.0 and (there["test_rows_used"] == 0).all()


def test_a_stop_reaches_the_cluster(cluster):
    def stop(fraction, message):
        raise Stopped("stop")

    with pytest.raises(Stopped):
        experiment.run(
            toy(),
            *arms(),
            folds=3,
            backend="dask",
            scheduler=cluster[0],
            on_progress=stop,
        )


def test_a_worker_killed_on_the_way_costs_no_score(cluster, local):
    address, pids = cluster
    killed = []

    def kill_one(frame):
        if not killed:
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)

    there = experiment.run(
        toy(),
        *arms(),
        folds=3,
        backend="dask",
        scheduler=address,
        on_scores=kill_one,
    )
    assert killed
    pd.testing.assert_frame_equal(local[SCORE], there[SCORE], check_exact=True)


def test_a_scheduler_that_does_not_answer_is_said():
    with pytest.raises(ParameterError) as caught:
        experiment.run(
            toy(), *arms(), folds=2, backend="dask", scheduler="tcp://127.0.0.1:9"
        )
    assert str(caught.value) == (
        "No Dask scheduler answers at 'tcp://127.0.0.1:9': start one, or check the "
        "address."
    )
