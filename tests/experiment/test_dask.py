"""The same cells on a Dask cluster elsewhere: equal scores, deaths survived."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aemlo import experiment
from aemlo.classifiers import CLASSIFIERS
from aemlo.dataset import Dataset, Feature
from aemlo.errors import ParameterError, Stopped
from aemlo.experiment import engine, schedulers
from aemlo.samplers import SAMPLERS
from aemlo.store import Store
from aemlo.worker import Worker

PARTIES = ("client", "scheduler", "worker")
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
    yield from started(CLUSTER, tmp_path_factory.mktemp("cluster"))


def started(text, folder):
    script = folder / "cluster.py"
    script.write_text(text, encoding="utf-8")
    root = str(Path(__file__).resolve().parents[2])
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


def own_address(name, address):
    """The environment in which the administrator allowed one scheduler."""
    return {"AEMLO_DASK_SCHEDULERS": json.dumps({name: address})}


def test_a_stored_run_computes_on_an_allowed_scheduler(cluster, tmp_path, monkeypatch):
    monkeypatch.setenv(*own_address("lab", cluster[0]).popitem())
    store = Store(tmp_path)
    key = store.add_dataset(toy())
    where = {"backend": "dask", "scheduler": "lab"}
    spec = {"samplers": ["none"], "classifiers": ["BR-tree"], "folds": 2} | where
    run_id = store.enqueue("workspace", "compare", "a run", spec, key, "toy")
    Worker(store, "w").do(store.claim("w"))
    run = store.run(run_id)
    assert (run.state, run.error, run.summary["cells"]) == ("done", None, 2)
    text = (store.folder(run_id) / "experiment.toml").read_text(encoding="utf-8")
    assert 'backend = "dask"\nscheduler = "lab"\n' in text


@pytest.mark.parametrize(
    "where, more",
    [
        ('backend = "dask"\nscheduler = "lab"', ()),
        ("jobs = 1", ("--backend", "dask", "--scheduler", "ADDRESS")),
    ],
    ids=["named in the file", "the user's own address"],
)
def test_the_command_line_computes_on_an_allowed_scheduler(
    cluster, tmp_path, where, more
):
    rows = [f"{k},{k % 7},{k % 2},{k % 3 % 2}" for k in range(24)]
    (tmp_path / "toy.csv").write_text("\n".join(["a,b,one,two", *rows]))
    file, out = tmp_path / "experiment.toml", tmp_path / "scores.csv"
    file.write_text(
        'samplers = ["none"]\nclassifiers = ["ML-kNN"]\nfolds = 2\n'
        '[[datasets]]\npath = "toy.csv"\nlabels = ["one", "two"]\n'
        f"[engine]\n{where}\n",
        encoding="utf-8",
    )
    more = [word.replace("ADDRESS", cluster[0]) for word in more]
    command = [sys.executable, "-m", "aemlo", "compare", "--spec", file]
    done = subprocess.run(
        [*command, "--out", out, *more],
        capture_output=True,
        text=True,
        env=os.environ | own_address("lab", cluster[0]),
    )
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(out)["error"].isna().all()


def test_a_result_that_is_no_plain_data_is_refused_and_not_unpickled(
    cluster, tmp_path, monkeypatch
):
    mark = tmp_path / "unpickled"

    # Local, so that it travels whole: the cluster cannot import this file.
    def harmful(unit, source):
        class Harm:
            def __reduce__(self):
                return os.mkdir, (str(mark),)

        return Harm()

    monkeypatch.setattr(engine, "in_pool", harmful)
    scores = experiment.run(
        toy(), *arms(), folds=2, backend="dask", scheduler=cluster[0]
    )
    assert not mark.exists()
    assert set(scores["error"]) == {
        "What came back for this cell cannot be read. Install the same version of "
        "AEMLO Studio where the cells are computed."
    }


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """(certificate that signs itself, its key) as PEM files."""
    folder = tmp_path_factory.mktemp("tls")
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("No openssl to make a certificate with: install it.")
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=a cluster of a test", "-keyout", "key.pem"),
            *("-out", "certificate.pem"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def encrypted(certificate, tmp_path_factory):
    """Address of a cluster that speaks TLS only."""
    security = {f"tls_{who}_cert": str(certificate[0]) for who in PARTIES}
    security |= {f"tls_{who}_key": str(certificate[1]) for who in PARTIES}
    security |= {"tls_ca_file": str(certificate[0])}
    text = CLUSTER.replace("Client, LocalCluster", "Client, LocalCluster, Security")
    text = text.replace(
        "LocalCluster(\n",
        f"LocalCluster(\n        security=Security(**{security}), protocol='tls',\n",
    )
    yield from started(text, tmp_path_factory.mktemp("encrypted"))


def test_tls_files_open_an_encrypted_cluster(encrypted, certificate, monkeypatch):
    assert encrypted[0].startswith("tls://")
    entry = {"address": encrypted[0], "ca_file": str(certificate[0])}
    entry |= {"cert": str(certificate[0]), "key": str(certificate[1])}
    monkeypatch.setenv(*own_address("lab", entry).popitem())
    samplers, classifiers = arms()
    there = experiment.run(
        toy(),
        samplers,
        {"BR-tree": classifiers["BR-tree"]},
        folds=2,
        backend="dask",
        scheduler=schedulers.chosen("lab"),
    )
    assert (there["error"] == "").all()


def test_wrong_tls_files_are_said(certificate, tmp_path):
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("not a certificate")
    scheduler = schedulers.Scheduler(
        "tls://127.0.0.1:9", "lab", str(wrong), str(certificate[0]), str(certificate[1])
    )
    with pytest.raises(ParameterError) as caught:
        experiment.run(toy(), *arms(), folds=2, backend="dask", scheduler=scheduler)
    message = str(caught.value)
    assert message.startswith(
        "The TLS files of the Dask scheduler 'lab' cannot be used ("
    )
    assert message.endswith("They must be a CA, a certificate and its key in PEM.")


def test_an_allowed_scheduler_that_does_not_answer_is_named_without_its_address():
    scheduler = schedulers.Scheduler("tcp://127.0.0.1:9", "lab")
    with pytest.raises(ParameterError) as caught:
        experiment.run(toy(), *arms(), folds=2, backend="dask", scheduler=scheduler)
    assert str(caught.value) == (
        "No Dask scheduler answers at 'lab': start one, or check the address."
    )
