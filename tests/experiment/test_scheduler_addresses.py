"""A page, a file or a stored run never makes us connect to an address it names."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aemlo import specs
from aemlo.dataset import Dataset, Feature
from aemlo.errors import ParameterError
from aemlo.store import Store
from aemlo.worker import Worker

ROOT = Path(__file__).resolve().parents[2]
ARMS = {"samplers": ["none"], "classifiers": ["ML-kNN"], "folds": 2}
REFUSED = (
    "Experiment: scheduler must be a name that the administrator of this machine "
    "allowed, never an address, got {!r}. Name one, remove the entry, or give the "
    "address on your own command line: --scheduler ADDRESS."
)


@pytest.fixture(autouse=True)
def no_administrator(monkeypatch):
    """No scheduler is allowed but where a test allows one."""
    for name in ("BACKEND", "DASK_SCHEDULER", "DASK_SCHEDULERS"):
        monkeypatch.delenv(f"AEMLO_{name}", raising=False)


def toy():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    Y = (X[:, :3] + rng.normal(size=(60, 3)) > 0.3).astype(np.uint8)
    return Dataset("toy", X, Y, tuple(Feature(f"x{i}") for i in range(4)), tuple("abc"))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "home")


def enqueued(store, **where):
    key = store.add_dataset(toy())
    return store.enqueue("workspace", "compare", "a run", ARMS | where, key, "toy")


def worked_off(store, run_id):
    Worker(store, "w").do(store.claim("w"))
    return store.run(run_id)


def stored_forms(address):
    """The ways in which a stored spec could hold an address."""
    return [
        {"backend": "dask", "scheduler": address},
        {"engine": {"backend": "dask", "scheduler": address}},
        {"scheduler": address},
        {"backend": "dask", "scheduler": [address]},
    ]


@pytest.mark.parametrize("form", range(4))
def test_a_stored_run_with_an_address_is_refused(store, stranger, form):
    where = stored_forms(stranger)[form]
    run = worked_off(store, enqueued(store, **where))
    assert run.state == "failed"
    value = where.get("scheduler") or where["engine"]["scheduler"]
    assert run.error == REFUSED.format(value)


def test_a_server_that_computes_on_dask_takes_no_other_address(
    store, stranger, monkeypatch
):
    monkeypatch.setenv("AEMLO_BACKEND", "dask")
    monkeypatch.setenv("AEMLO_DASK_SCHEDULER", "tcp://127.0.0.1:9")
    run = worked_off(store, enqueued(store, scheduler=stranger))
    assert (run.state, run.error) == ("failed", REFUSED.format(stranger))


def test_a_resumed_run_with_an_address_is_refused_and_keeps_its_scores(store, stranger):
    run_id = enqueued(store, backend="dask", scheduler=stranger)
    place = {"dataset": "toy", "sampler": "none", "classifier": "ML-kNN", "repeat": 0}
    score = {"fold": 0, "metric": "macro-F1", "label": "", "value": 0.5}
    store.add_scores(run_id, pd.DataFrame([place | score]))
    store.request(run_id, "stop")
    assert store.run(run_id).state == "stopped"
    store.resume(run_id)
    run = worked_off(store, run_id)
    assert (run.state, run.error) == ("failed", REFUSED.format(stranger))
    assert store.scores(run_id)["value"].tolist() == [0.5]


def test_an_old_stored_run_with_an_empty_scheduler_runs(store):
    run = worked_off(store, enqueued(store, scheduler="", backend=""))
    assert (run.state, run.error) == ("done", None)


def by_command_line(folder, where, *more):
    """`python -m aemlo compare --spec` on a file whose [engine] is `where`."""
    (folder / "toy.csv").write_text(
        "a,b,one,two\n"
        + "".join(f"{k},{k % 7},{k % 2},{k % 3 % 2}\n" for k in range(24))
    )
    entry = {"path": "toy.csv", "labels": ["one", "two"]}
    text = specs.to_toml(specs.checked(ARMS | {"datasets": [entry]}))
    file = folder / "experiment.toml"
    first, *tables = text.split("\n\n")
    file.write_text("\n\n".join([first, f"[engine]\n{where}", *tables]), "utf-8")
    command = [sys.executable, "-m", "aemlo", "compare", "--spec", str(file)]
    return subprocess.run(
        [*command, "--out", "scores.csv", *more],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


@pytest.mark.parametrize("backend", ["dask", "loky"])
def test_a_file_with_an_address_is_one_line_and_exit_code_two(
    tmp_path, stranger, backend
):
    where = f'backend = "{backend}"\nscheduler = "{stranger}"'
    done = by_command_line(tmp_path, where)
    assert done.returncode == 2
    assert done.stderr == f"aemlo: {REFUSED.format(stranger)}\n"
    assert not (tmp_path / "scores.csv").exists()


def test_the_user_s_own_address_stands_before_the_file_s(tmp_path, stranger):
    where = f'backend = "dask"\nscheduler = "{stranger}"'
    done = by_command_line(tmp_path, where, "--scheduler", "tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert done.stderr == (
        "aemlo: No Dask scheduler answers at 'tcp://127.0.0.1:9': start one, or check "
        "the address.\n"
    )


@pytest.mark.parametrize("where", ["jobs = 1", 'backend = "loky"\nscheduler = ""'])
def test_an_old_file_with_an_empty_scheduler_runs(tmp_path, where):
    done = by_command_line(tmp_path, where)
    assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(tmp_path / "scores.csv")) > 0


def test_an_experiment_file_is_written_without_an_old_run_s_address(stranger):
    where = {"jobs": 2, "backend": "dask", "scheduler": stranger}
    text = specs.to_toml(specs.checked(ARMS | where))
    assert "[engine]\njobs = 2\n" in text
    assert stranger not in text and "dask" not in text
    assert specs.engine(specs.from_toml(text))["backend"] == "loky"


def test_a_name_nobody_allowed_is_refused(stranger, monkeypatch):
    spec = specs.checked(ARMS | {"backend": "dask", "scheduler": "lab"})
    with pytest.raises(ParameterError) as caught:
        specs.engine(spec)
    assert str(caught.value) == (
        "Experiment: there is no scheduler 'lab' on this machine. Its administrator "
        "allowed none."
    )
    monkeypatch.setenv("AEMLO_DASK_SCHEDULERS", f'{{"far": "{stranger}"}}')
    with pytest.raises(ParameterError) as caught:
        specs.engine(spec)
    assert str(caught.value) == (
        "Experiment: there is no scheduler 'lab' on this machine. Its administrator "
        "allowed far."
    )
