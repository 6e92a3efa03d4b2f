"""The store: runs, their states, events, scores and what two processes may do."""

import sqlite3
import threading

import numpy as np
import pandas as pd
import pytest

from aemlo.dataset import Dataset, Feature
from aemlo.errors import RunError
from aemlo.store import Store
from aemlo.store import store as store_module
from aemlo.store.database import TABLES
from aemlo.store.files import folder_bytes


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "home")


def queued(store, workspace="visitor-1", **spec):
    return store.enqueue(workspace, "train", "AEMLO", spec, "d" * 64, "yeast")


def test_a_run_is_kept_with_what_was_asked(store):
    run_id = queued(store, sampler="AEMLO", settings={"epochs": 3})
    run = Store(store.home).run(run_id)
    assert run.spec == {"sampler": "AEMLO", "settings": {"epochs": 3}}
    assert (run.state, run.active, run.progress) == ("queued", True, 0.0)


def test_listings_show_a_workspace_its_own_runs_newest_first(store):
    first, second = queued(store), queued(store)
    queued(store, workspace="visitor-2")
    assert [run.id for run in store.runs("visitor-1")] == [second, first]


def test_one_run_of_a_workspace_at_a_time_and_the_oldest_first(store):
    first, second = queued(store), queued(store)
    other = queued(store, workspace="visitor-2")
    assert store.claim("worker-a").id == first
    assert store.claim("worker-b").id == other
    assert store.claim("worker-c") is None
    store.finish(first, "done")
    assert store.claim("worker-c").id == second


def test_a_run_is_claimed_once_however_many_workers_ask(store):
    for number in range(6):
        queued(store, workspace=f"visitor-{number}")
    claimed = []

    def claim(name):
        while (run := Store(store.home).claim(name)) is not None:
            claimed.append(run.id)

    threads = [threading.Thread(target=claim, args=(f"w{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 6


def test_a_stop_reaches_the_worker_and_ends_a_waiting_run_at_once(store):
    running, waiting = queued(store), queued(store)
    store.claim("worker")
    assert store.progress(running, "worker", 0.1) is None
    store.request(running, "stop")
    assert store.progress(running, "worker", 0.2) == "stop"
    store.request(waiting, "stop")
    assert store.run(waiting).state == "stopped"


def test_a_silent_workers_run_waits_again_and_fails_in_the_end(store, monkeypatch):
    run_id = queued(store)
    now = [1_000_000.0]
    monkeypatch.setattr(store_module.time, "time", lambda: now[0])
    for _ in range(store_module.ATTEMPTS - 1):
        assert store.claim("worker").id == run_id
        now[0] += store_module.ALIVE_SECONDS + 1
        store.mark_interrupted()
        assert store.run(run_id).state == "interrupted"
    store.claim("worker")
    now[0] += store_module.ALIVE_SECONDS + 1
    store.mark_interrupted()
    run = store.run(run_id)
    assert run.state == "failed"
    assert "The worker ended 3 times" in run.error
    store.resume(run_id)
    assert store.claim("another").id == run_id


def test_a_run_taken_over_is_lost_to_the_worker_that_had_it(store):
    run_id = queued(store)
    store.claim("first")
    with store.open(write=True) as db:
        db.execute("UPDATE runs SET worker = 'second'")
    assert store.progress(run_id, "first", 0.5) == "lost"
    assert store.progress(run_id, "second", 0.5) is None


def test_a_running_run_is_not_deleted(store):
    run_id = queued(store)
    (store.folder(run_id) / "weights.pt").write_bytes(b"x")
    store.claim("worker")
    with pytest.raises(RunError, match="Stop it before deleting it"):
        store.delete(run_id)
    store.finish(run_id, "stopped")
    store.delete(run_id)
    assert not (store.home / "runs" / run_id).exists()
    with pytest.raises(RunError, match="There is no run"):
        store.run(run_id)


@pytest.mark.parametrize("bad", ["../../etc", "x", "", "0123456789abcdef/.."])
def test_a_folder_is_only_made_for_the_id_of_a_run(store, bad):
    with pytest.raises(RunError, match="is not the id of a run"):
        store.folder(bad)


def test_events_come_back_as_curves_and_a_step_told_twice_keeps_the_later(store):
    run_id = queued(store)
    store.add_events(run_id, [(1, "total", 2.0), (2, "total", 1.0), (2, "latent", 0.5)])
    store.add_events(run_id, [(2, "total", 0.9)])
    curves = store.events(run_id)
    assert curves["step"].tolist() == [1, 2]
    assert curves["total"].tolist() == [2.0, 0.9]
    assert np.isnan(curves["latent"][0]) and curves["latent"][1] == 0.5
    assert store.events(run_id, after=1)["step"].tolist() == [2]


def test_scores_come_back_in_order_with_what_was_appended(store):
    run_id = queued(store)
    frame = pd.DataFrame(
        {
            "dataset": "yeast",
            "sampler": ["none", "AEMLO"],
            "classifier": "ML-kNN",
            "repeat": 0,
            "fold": [0, 1],
            "metric": "macro-F1",
            "label": "",
            "value": [0.5, np.nan],
            "seconds": [1.5, 2.5],
        }
    )
    store.add_scores(run_id, frame)
    back = store.scores(run_id)
    assert list(back.columns) == list(frame.columns)
    assert back["sampler"].tolist() == ["none", "AEMLO"]
    assert back["value"][0] == 0.5 and np.isnan(back["value"][1])
    assert back["seconds"].tolist() == [1.5, 2.5]


def test_a_data_set_is_stored_once_by_content(store):
    def dataset(name):
        return Dataset(
            name,
            np.eye(3),
            np.eye(3, 2),
            (Feature("a"), Feature("b"), Feature("c")),
            ("x", "y"),
        )

    key = store.add_dataset(dataset("first"))
    assert store.add_dataset(dataset("first")) == key
    assert len(list((store.home / "datasets").iterdir())) == 1
    assert np.array_equal(store.dataset(key).X, np.eye(3))
    with pytest.raises(RunError, match="no longer kept"):
        store.dataset("../secrets")


def test_cleaning_up_deletes_the_oldest_unpinned_over_the_quota(store):
    runs = [queued(store) for _ in range(3)]
    for run_id in runs:
        (store.folder(run_id) / "codes.npy").write_bytes(b"0" * 100_000)
        store.finish(run_id, "done")
    store.rename(runs[0], pinned=1)
    room = folder_bytes(store.home) - 1
    assert store.clean_up(max_bytes=room) == [runs[1]]
    assert {run.id for run in store.runs("visitor-1")} == {runs[0], runs[2]}


def test_a_newer_schema_is_refused_in_words(store):
    with store.open() as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(RunError, match="written by a newer version"):
        Store(store.home)


def test_what_a_visitor_marked_of_a_run_is_his_own_and_goes_with_the_run(store):
    run_id, other = queued(store), queued(store)
    store.mark("visitor-1", run_id, "rows", [3, 5])
    store.mark("visitor-2", run_id, "rows", [7])
    store.mark("visitor-1", other, "rows", [9])
    store.mark("visitor-1", run_id, "rows", [3, 6])
    assert store.marked("visitor-1", run_id, "rows") == [3, 6]
    assert store.marked("visitor-2", run_id, "rows") == [7]
    assert store.marked("visitor-1", run_id, "hidden") is None
    store.mark("visitor-2", run_id, "rows", None)
    assert store.marked("visitor-2", run_id, "rows") is None
    store.delete(run_id)
    assert store.marked("visitor-1", run_id, "rows") is None
    assert store.marked("visitor-1", other, "rows") == [9]


def test_a_store_of_the_first_schema_is_brought_up_and_loses_nothing(tmp_path):
    home = tmp_path / "old"
    home.mkdir()
    with sqlite3.connect(home / "studio.sqlite") as db:
        db.executescript(TABLES)
        db.execute("PRAGMA user_version = 1")
    old = Store(home)
    run_id = queued(old)
    old.mark("visitor-1", run_id, "rows", [1])
    again = Store(home)
    assert again.marked("visitor-1", run_id, "rows") == [1]
    assert again.run(run_id).id == run_id
