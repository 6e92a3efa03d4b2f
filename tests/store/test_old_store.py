"""A store as the version before wrote it: everything in it is still there.

The files are made here with plain SQL, not by the code under test.
"""

import json
import sqlite3

import numpy as np
import pandas as pd
import pytest

from aemlo.dataset import Dataset, Feature
from aemlo.experiment.kept_cells import Cells
from aemlo.store import Store

SCHEMA_2 = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, workspace TEXT NOT NULL, kind TEXT NOT NULL,
    title TEXT NOT NULL, spec TEXT NOT NULL, dataset TEXT, dataset_name TEXT,
    state TEXT NOT NULL, request TEXT, created REAL NOT NULL, started REAL,
    finished REAL, heartbeat REAL, worker TEXT, attempts INTEGER NOT NULL DEFAULT 0,
    progress REAL NOT NULL DEFAULT 0, progress_at_start REAL NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '', error TEXT, summary TEXT NOT NULL DEFAULT '{}',
    notes TEXT NOT NULL DEFAULT '', pinned INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX runs_by_workspace ON runs (workspace, created);
CREATE TABLE events (
    run TEXT NOT NULL, step REAL NOT NULL, name TEXT NOT NULL, value REAL,
    PRIMARY KEY (run, step, name)
) WITHOUT ROWID;
CREATE TABLE scores (
    run TEXT NOT NULL, dataset TEXT, sampler TEXT, classifier TEXT, repeat INTEGER,
    fold INTEGER, metric TEXT, label TEXT, value REAL, more TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX scores_by_run ON scores (run);
CREATE TABLE workspaces (id TEXT PRIMARY KEY, dataset TEXT, seen REAL NOT NULL);
CREATE TABLE workers (id TEXT PRIMARY KEY, pid INTEGER, heartbeat REAL, run TEXT);
CREATE TABLE marks (
    workspace TEXT NOT NULL, run TEXT NOT NULL, name TEXT NOT NULL,
    value TEXT NOT NULL, PRIMARY KEY (workspace, run, name)
) WITHOUT ROWID;
PRAGMA user_version = 2;
"""
CELLS = """
CREATE TABLE cells (
    key TEXT PRIMARY KEY, sampler TEXT, classifier TEXT, repeat INTEGER, fold INTEGER,
    scores TEXT NOT NULL, facts TEXT NOT NULL, shape TEXT NOT NULL,
    predicted BLOB NOT NULL, used REAL NOT NULL
) WITHOUT ROWID
"""
VISITOR, TRAINING, COMPARISON = "visitor-1", "a" * 24, "b" * 24
OLD_KEY = "c" * 64
RUN = (
    "INSERT INTO runs (id, workspace, kind, title, spec, dataset, dataset_name, state, "
    "created, started, finished, progress, summary, notes, pinned) "
    "VALUES (?, ?, ?, ?, ?, ?, 'small', ?, ?, 2.0, 5.0, ?, ?, 'my note', 1)"
)


@pytest.fixture
def small():
    X = np.arange(6, dtype=float).reshape(3, 2)
    features = (Feature("a"), Feature("b"))
    return Dataset("small", X, np.array([[1, 0], [0, 1], [1, 1]]), features, ("x", "y"))


@pytest.fixture
def home(tmp_path, small):
    """The folder of a finished comparison, a paused training and one kept cell."""
    key = small.content_hash
    (tmp_path / "datasets").mkdir()
    small.save(tmp_path / "datasets" / key)
    folder = tmp_path / "runs" / COMPARISON
    folder.mkdir(parents=True)
    pd.DataFrame({"metric": ["macro-F1"], "value": [0.25]}).to_parquet(
        folder / "scores.parquet"
    )
    with sqlite3.connect(tmp_path / "studio.sqlite") as db:
        db.executescript(SCHEMA_2)
        training = {"sampler": "AEMLO", "settings": {"epochs": 60}, "seed": 3}
        comparison = {"samplers": ["none"], "classifiers": ["ML-kNN"]}
        for run_id, kind, spec, state, created, progress, summary in (
            (TRAINING, "train", training, "paused", 1.0, 0.5, {}),
            (COMPARISON, "compare", comparison, "done", 2.0, 1.0, {"cells": 1}),
        ):
            db.execute(
                RUN,
                (
                    run_id,
                    VISITOR,
                    kind,
                    f"old {kind}",
                    json.dumps(spec),
                    key,
                    state,
                    created,
                    progress,
                    json.dumps(summary),
                ),
            )
        db.execute("INSERT INTO events VALUES (?, 1.0, 'total', 0.75)", (TRAINING,))
        db.execute(
            "INSERT INTO scores VALUES (?, 'small', 'none', 'ML-kNN', 0, 0, "
            "'macro-F1', '', 0.25, '{\"seconds\": 1.5}')",
            (COMPARISON,),
        )
        db.execute("INSERT INTO workspaces VALUES (?, ?, 1.0)", (VISITOR, key))
        db.execute(
            "INSERT INTO marks VALUES (?, ?, 'selected', '[1, 2]')", (VISITOR, TRAINING)
        )
    with sqlite3.connect(tmp_path / "cells.sqlite") as db:
        db.execute(CELLS)
        db.execute(
            "INSERT INTO cells VALUES (?, 'none', 'ML-kNN', 0, 0, "
            "'[[\"macro-F1\", \"\", 0.25]]', '{}', '[2, 2]', ?, 1.0)",
            (OLD_KEY, np.packbits(np.eye(2, dtype=bool)).tobytes()),
        )
    return tmp_path


def test_runs_of_the_version_before_are_listed_with_all_that_was_asked(home):
    store = Store(home)
    assert [run.id for run in store.runs(VISITOR)] == [COMPARISON, TRAINING]
    training, comparison = store.run(TRAINING), store.run(COMPARISON)
    assert training.spec == {"sampler": "AEMLO", "settings": {"epochs": 60}, "seed": 3}
    assert (training.state, training.progress) == ("paused", 0.5)
    assert (training.notes, training.pinned) == ("my note", True)
    assert (comparison.state, comparison.seconds) == ("done", 3.0)
    assert comparison.summary == {"cells": 1}


def test_results_of_the_version_before_are_read(home):
    store = Store(home)
    assert store.events(TRAINING).to_dict("list") == {"step": [1.0], "total": [0.75]}
    (score,) = store.scores(COMPARISON).to_dict("records")
    assert (score["sampler"], score["metric"]) == ("none", "macro-F1")
    assert (score["value"], score["seconds"]) == (0.25, 1.5)
    kept = pd.read_parquet(store.folder(COMPARISON) / "scores.parquet")
    assert kept["value"].tolist() == [0.25]


def test_data_sets_and_selections_of_the_version_before_are_there(home, small):
    store = Store(home)
    key = store.workspace_dataset(VISITOR)
    assert key == store.run(TRAINING).dataset
    assert np.array_equal(store.dataset(key).X, small.X)
    assert store.marked(VISITOR, TRAINING, "selected") == [1, 2]


def test_a_paused_run_of_the_version_before_goes_on(home):
    store = Store(home)
    store.resume(TRAINING)
    run = store.claim("worker")
    assert (run.id, run.progress_at_start) == (TRAINING, 0.5)


def test_cells_of_the_version_before_are_dropped_once(home):
    """They hold no scores of test rows, so they are computed again."""
    cells = Cells(home / "cells.sqlite")
    assert cells.get(OLD_KEY) is None
    cells.clean_up()
    assert len(cells) == 0
