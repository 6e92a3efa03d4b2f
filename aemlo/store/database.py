"""The one SQLite file: its tables, its schema version, a connection at a time."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from aemlo.errors import RunError

SCHEMA = 2

TABLES = """
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
"""
MARKS = """
CREATE TABLE marks (
    workspace TEXT NOT NULL, run TEXT NOT NULL, name TEXT NOT NULL,
    value TEXT NOT NULL, PRIMARY KEY (workspace, run, name)
) WITHOUT ROWID;
"""
# What each schema adds to the one before; the first makes all of it.
STEPS = (TABLES, MARKS)


class Database:
    """The file `studio.sqlite` in the folder `home`, made if missing."""

    def __init__(self, home: str | Path | None = None) -> None:
        self.home = Path(home or os.environ.get("AEMLO_HOME") or ".aemlo").resolve()
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = self.home / "studio.sqlite"
        self._migrate()

    @contextmanager
    def open(self, write: bool = False) -> Generator[sqlite3.Connection, None, None]:
        """A connection; what is done with it is one transaction if it is to `write`."""
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            if write:
                connection.execute("BEGIN IMMEDIATE")
            yield connection
            if write:
                connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        finally:
            connection.close()

    def _migrate(self) -> None:
        with self.open() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == SCHEMA:
                return
            if version > SCHEMA:
                raise RunError(
                    f"{self.path} was written by a newer version (schema {version}, "
                    f"this one knows {SCHEMA}). Update, or set AEMLO_HOME elsewhere."
                )
            db.execute("PRAGMA journal_mode = WAL")
        with self.open(write=True) as db:
            # Another process may have done it meanwhile.
            version = db.execute("PRAGMA user_version").fetchone()[0]
            for step in STEPS[version:]:
                for statement in step.split(";"):
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {SCHEMA}")
