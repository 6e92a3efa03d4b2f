"""Runs, their events and scores in one SQLite file; artefacts in folders beside it.

Everything a page shows of long work is read from here, so a refresh, another tab or a
restart of the server loses nothing. Home is `$AEMLO_HOME`, else `.aemlo/` in the
working directory. Ours.
"""

import json
import os
import re
import secrets
import shutil
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from aemlo.dataset import Dataset
from aemlo.errors import RunError

SCHEMA = 1
ALIVE_SECONDS = 10.0
ATTEMPTS = 3
WAITING, RUNNING = ("queued", "interrupted"), "running"
FINAL = ("done", "stopped", "paused", "failed")
SCORE_COLUMNS = (
    *("dataset", "sampler", "classifier", "repeat", "fold"),
    *("metric", "label", "value"),
)
ID = re.compile(r"[0-9a-f]{16,64}")

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


@dataclass(frozen=True)
class Run:
    """One row of `runs`: what was asked, how far it is, what came of it."""

    id: str
    workspace: str
    kind: str
    title: str
    spec: dict
    dataset: str
    dataset_name: str
    state: str
    request: str | None
    created: float
    started: float | None
    finished: float | None
    heartbeat: float | None
    worker: str | None
    attempts: int
    progress: float
    progress_at_start: float
    message: str
    error: str | None
    summary: dict
    notes: str
    pinned: bool

    @property
    def active(self):
        """Whether the run is waiting or running."""
        return self.state in (*WAITING, RUNNING)

    @property
    def seconds(self):
        """Seconds since the run was last started, until it ended."""
        return (self.finished or time.time()) - self.started if self.started else 0.0

    @property
    def seconds_left(self):
        """Seconds still needed at the speed so far, or None before there is one."""
        done = self.progress - self.progress_at_start
        if self.state != RUNNING or done <= 0.005:
            return None
        return max(0.0, self.seconds / done * (1.0 - self.progress))


class Store:
    """All that is kept; safe to use from several processes and threads at once."""

    def __init__(self, home=None):
        self.home = Path(home or os.environ.get("AEMLO_HOME") or ".aemlo").resolve()
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = self.home / "studio.sqlite"
        self._migrate()

    @contextmanager
    def _open(self, write=False):
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

    def _migrate(self):
        with self._open() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == SCHEMA:
                return
            if version > SCHEMA:
                raise RunError(
                    f"{self.path} was written by a newer version (schema {version}, "
                    f"this one knows {SCHEMA}). Update, or set AEMLO_HOME elsewhere."
                )
            db.execute("PRAGMA journal_mode = WAL")
        with self._open(write=True) as db:
            if db.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in TABLES.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {SCHEMA}")

    # Data sets, stored once by content.

    def add_dataset(self, dataset):
        """Keep `dataset`; returns its content hash, the name it is asked for by."""
        key = dataset.content_hash
        folder = self.home / "datasets" / key
        if not folder.exists():
            half_made = folder.with_name(f"{key}.{secrets.token_hex(4)}.tmp")
            dataset.save(half_made)
            try:
                half_made.rename(folder)
            except OSError:
                shutil.rmtree(half_made)
        return key

    def dataset(self, key):
        """The Dataset kept under `key`; RunError if there is none."""
        folder = self.home / "datasets" / str(key)
        if not ID.fullmatch(str(key)) or not folder.exists():
            raise RunError("This data set is no longer kept. Load it again.")
        return Dataset.load(folder)

    # Workspaces: a random id in the address, and the data set in use.

    def workspace_dataset(self, workspace):
        """Key of the data set a workspace uses, or None."""
        with self._open() as db:
            row = db.execute(
                "SELECT dataset FROM workspaces WHERE id = ?", (workspace,)
            ).fetchone()
        return row["dataset"] if row else None

    def use_dataset(self, workspace, key):
        """Make the data set `key` the one in use."""
        with self._open(write=True) as db:
            db.execute(
                "INSERT INTO workspaces (id, dataset, seen) VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET dataset = excluded.dataset, "
                "seen = excluded.seen",
                (workspace, key, time.time()),
            )

    # Runs.

    def enqueue(
        self, workspace, kind, title, spec, dataset_key, dataset_name, *, held=False
    ):
        """Put a run in the queue; returns its id, which is also its link.

        With `held` it waits until `release` says that its files are there.
        """
        run_id = secrets.token_hex(12)
        with self._open(write=True) as db:
            db.execute(
                "INSERT INTO runs (id, workspace, kind, title, spec, dataset, "
                "dataset_name, state, created) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(run_id, workspace, kind, title, json.dumps(spec)),
                    *(dataset_key, dataset_name),
                    *("paused" if held else "queued", time.time()),
                ),
            )
        return run_id

    def release(self, run_id, spec):
        """Let a held run start, with `spec`."""
        with self._open(write=True) as db:
            db.execute(
                "UPDATE runs SET state = 'queued', spec = ? WHERE id = ? "
                "AND state = 'paused'",
                (json.dumps(spec), run_id),
            )

    def run(self, run_id):
        """The Run with this id; RunError if there is none."""
        with self._open() as db:
            row = db.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
        if row is None:
            raise RunError(f"There is no run {run_id!r}. It may have been deleted.")
        return _run(row)

    def runs(self, workspace, kind=None, dataset=None):
        """Runs of a workspace, newest first."""
        query, values = "SELECT * FROM runs WHERE workspace = ?", [workspace]
        for column, value in (("kind", kind), ("dataset", dataset)):
            if value is not None:
                query += f" AND {column} = ?"
                values.append(value)
        with self._open() as db:
            rows = db.execute(query + " ORDER BY created DESC", values).fetchall()
        return [_run(row) for row in rows]

    def folder(self, run_id):
        """The folder of a run's artefacts, made if missing."""
        if not ID.fullmatch(str(run_id)):
            raise RunError(f"{run_id!r} is not the id of a run.")
        folder = self.home / "runs" / run_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def request(self, run_id, what):
        """Ask a run to "stop" (for good, keeping what it has) or to "pause"."""
        ended = "paused" if what == "pause" else "stopped"
        with self._open(write=True) as db:
            db.execute(
                "UPDATE runs SET request = ? WHERE id = ? AND state = 'running'",
                (what, run_id),
            )
            db.execute(
                "UPDATE runs SET state = ?, finished = ? WHERE id = ? "
                "AND state IN ('queued', 'interrupted')",
                (ended, time.time(), run_id),
            )

    def resume(self, run_id):
        """Put a run that ended early back in the queue, to go on where it was."""
        with self._open(write=True) as db:
            changed = db.execute(
                "UPDATE runs SET state = 'queued', request = NULL, error = NULL, "
                "attempts = 0, finished = NULL WHERE id = ? AND state IN "
                "('stopped', 'paused', 'failed', 'interrupted')",
                (run_id,),
            ).rowcount
        if not changed:
            raise RunError("This run is not waiting to be resumed.")

    def rename(self, run_id, *, title=None, notes=None, pinned=None):
        """Change a run's title, notes or pin."""
        changes = {"title": title, "notes": notes, "pinned": pinned}
        changes = {name: value for name, value in changes.items() if value is not None}
        with self._open(write=True) as db:
            for name, value in changes.items():
                db.execute(f"UPDATE runs SET {name} = ? WHERE id = ?", (value, run_id))

    def delete(self, run_id):
        """Forget a run and its artefacts; RunError while it is running."""
        with self._open(write=True) as db:
            row = db.execute(
                "SELECT state FROM runs WHERE id = ?", (run_id,)
            ).fetchone()
            if row and row["state"] == RUNNING:
                raise RunError("This run is running. Stop it before deleting it.")
            for table, column in (("events", "run"), ("scores", "run"), ("runs", "id")):
                db.execute(f"DELETE FROM {table} WHERE {column} = ?", (run_id,))
        if ID.fullmatch(str(run_id)):
            shutil.rmtree(self.home / "runs" / run_id, ignore_errors=True)

    # What a worker does.

    def claim(self, worker):
        """The oldest waiting run whose workspace has none running, now `worker`'s."""
        with self._open(write=True) as db:
            row = db.execute(
                "SELECT * FROM runs WHERE state IN ('queued', 'interrupted') "
                "AND attempts < ? AND workspace NOT IN "
                "(SELECT workspace FROM runs WHERE state = 'running') "
                "ORDER BY created LIMIT 1",
                (ATTEMPTS,),
            ).fetchone()
            if row is None:
                return None
            now = time.time()
            db.execute(
                "UPDATE runs SET state = 'running', worker = ?, started = ?, "
                "heartbeat = ?, attempts = attempts + 1, finished = NULL, "
                "progress_at_start = progress WHERE id = ?",
                (worker, now, now, row["id"]),
            )
        return self.run(row["id"])

    def beat(self, worker, pid, run_id=None):
        """Say that a worker, and the run it has, are alive."""
        now = time.time()
        with self._open(write=True) as db:
            db.execute(
                "INSERT INTO workers (id, pid, heartbeat, run) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET heartbeat = excluded.heartbeat, "
                "pid = excluded.pid, run = excluded.run",
                (worker, pid, now, run_id),
            )
            if run_id:
                db.execute(
                    "UPDATE runs SET heartbeat = ? WHERE id = ? AND worker = ?",
                    (now, run_id, worker),
                )

    def retire(self, worker):
        """Forget a worker that ends."""
        with self._open(write=True) as db:
            db.execute("DELETE FROM workers WHERE id = ?", (worker,))

    def workers(self):
        """Workers that beat within the last ALIVE_SECONDS, as rows."""
        with self._open() as db:
            return db.execute(
                "SELECT * FROM workers WHERE heartbeat > ?",
                (time.time() - ALIVE_SECONDS,),
            ).fetchall()

    def has_work(self):
        """Whether a waiting run could start now."""
        with self._open() as db:
            row = db.execute(
                "SELECT 1 FROM runs WHERE state IN ('queued', 'interrupted') "
                "AND attempts < ? AND workspace NOT IN "
                "(SELECT workspace FROM runs WHERE state = 'running') LIMIT 1",
                (ATTEMPTS,),
            ).fetchone()
        return row is not None

    def mark_interrupted(self):
        """Let runs whose worker fell silent wait again; they fail after ATTEMPTS."""
        limit = time.time() - ALIVE_SECONDS
        with self._open() as db:
            lost = db.execute(
                "SELECT 1 FROM runs WHERE state = 'running' AND heartbeat < ?", (limit,)
            ).fetchone()
        if not lost:
            return
        with self._open(write=True) as db:
            db.execute(
                "UPDATE runs SET state = 'failed', finished = ?, error = ? "
                "WHERE state = 'running' AND heartbeat < ? AND attempts >= ?",
                (
                    time.time(),
                    f"The worker ended {ATTEMPTS} times while doing this run. It may "
                    "need more memory than there is; resume it with smaller settings.",
                    limit,
                    ATTEMPTS,
                ),
            )
            db.execute(
                "UPDATE runs SET state = CASE request WHEN 'stop' THEN 'stopped' "
                "WHEN 'pause' THEN 'paused' ELSE 'interrupted' END, worker = NULL "
                "WHERE state = 'running' AND heartbeat < ?",
                (limit,),
            )

    def progress(self, run_id, worker, fraction, message=""):
        """Write how far a run is; returns what was requested of it, or None.

        "lost" if the run is no longer `worker`'s: another took it over.
        """
        with self._open(write=True) as db:
            db.execute(
                "UPDATE runs SET progress = ?, message = ?, heartbeat = ? "
                "WHERE id = ? AND worker = ?",
                (min(max(fraction, 0.0), 1.0), message, time.time(), run_id, worker),
            )
            found = db.execute(
                "SELECT request FROM runs WHERE id = ? AND worker = ?", (run_id, worker)
            ).fetchone()
        return found["request"] if found else "lost"

    def finish(self, run_id, state, *, summary=None, error=None):
        """End a run in a final state."""
        with self._open(write=True) as db:
            db.execute(
                "UPDATE runs SET state = ?, finished = ?, error = ?, request = NULL, "
                "summary = COALESCE(?, summary), "
                "progress = CASE ? WHEN 'done' THEN 1.0 ELSE progress END WHERE id = ?",
                (
                    *(state, time.time(), error),
                    *(None if summary is None else json.dumps(summary), state, run_id),
                ),
            )

    # Events (curves) and scores (tidy rows).

    def add_events(self, run_id, rows):
        """Add `(step, name, value)` rows; a step told twice keeps the later value."""
        with self._open(write=True) as db:
            db.executemany(
                "INSERT OR REPLACE INTO events (run, step, name, value) "
                "VALUES (?, ?, ?, ?)",
                [(run_id, step, name, value) for step, name, value in rows],
            )

    def events(self, run_id, after=None):
        """Curves of a run: one row a step, one column a name, sorted by step."""
        with self._open() as db:
            rows = db.execute(
                "SELECT step, name, value FROM events WHERE run = ? AND step > ?",
                (run_id, -1.0 if after is None else after),
            ).fetchall()
        if not rows:
            return pd.DataFrame({"step": pd.Series(dtype=float)})
        frame = pd.DataFrame(
            [tuple(r) for r in rows], columns=["step", "name", "value"]
        )
        wide = frame.pivot(index="step", columns="name", values="value")
        return wide.sort_index().reset_index().rename_axis(columns=None)

    def add_scores(self, run_id, frame):
        """Add tidy rows; columns beyond the common ones are kept beside them."""
        more = [c for c in frame.columns if c not in SCORE_COLUMNS]
        extras = frame[more].to_dict("records") if more else [{}] * len(frame)
        common = frame[list(SCORE_COLUMNS)].astype(object)
        common = common.where(common.notna(), None).itertuples(index=False)
        rows = [
            (run_id, *values, json.dumps(extra, default=str))
            for values, extra in zip(common, extras, strict=True)
        ]
        with self._open(write=True) as db:
            db.executemany(
                "INSERT INTO scores VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
            )

    def clear_scores(self, run_id):
        """Forget a run's scores (before it writes them anew)."""
        with self._open(write=True) as db:
            db.execute("DELETE FROM scores WHERE run = ?", (run_id,))

    def scores(self, run_id):
        """The tidy rows of a run, in the order they were added."""
        with self._open() as db:
            rows = db.execute(
                "SELECT * FROM scores WHERE run = ? ORDER BY rowid", (run_id,)
            ).fetchall()
        frame = pd.DataFrame([dict(r) for r in rows], columns=[*SCORE_COLUMNS, "more"])
        more = pd.DataFrame([json.loads(text) for text in frame.pop("more")])
        frame["value"] = frame["value"].astype(float)
        return pd.concat([frame, more], axis=1) if len(more.columns) else frame

    # Room on disk.

    def clean_up(self, max_bytes=2 * 1024**3, max_days=30):
        """Delete the oldest ended, unpinned runs over the quota or older than the age.

        Returns the ids deleted. Data sets no run or workspace names go too.
        """
        with self._open() as db:
            rows = db.execute(
                "SELECT id, created FROM runs WHERE pinned = 0 AND state IN "
                "('done', 'stopped', 'paused', 'failed') ORDER BY created"
            ).fetchall()
        used = folder_bytes(self.home)
        oldest, deleted = time.time() - max_days * 86400, []
        for row in rows:
            if used <= max_bytes and row["created"] > oldest:
                break
            used -= folder_bytes(self.home / "runs" / row["id"])
            self.delete(row["id"])
            deleted.append(row["id"])
        self._drop_unused_datasets()
        return deleted

    def _drop_unused_datasets(self):
        with self._open() as db:
            rows = db.execute(
                "SELECT dataset FROM runs UNION SELECT dataset FROM workspaces"
            )
            used = {row["dataset"] for row in rows}
        yesterday = time.time() - 86400
        for folder in (self.home / "datasets").glob("*"):
            if folder.name not in used and folder.stat().st_mtime < yesterday:
                shutil.rmtree(folder, ignore_errors=True)


def folder_bytes(folder):
    """Bytes of all files below `folder`; files that vanish meanwhile count nothing."""
    total = 0
    for path in Path(folder).rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total


@contextmanager
def written_at_once(path):
    """A temporary path to write to, renamed to `path` when the block ends well."""
    path = Path(path)
    half_made = path.with_name(f".{secrets.token_hex(4)}.{path.name}")
    try:
        yield half_made
        os.replace(half_made, path)
    finally:
        half_made.unlink(missing_ok=True)


def _run(row):
    values = dict(row)
    values["spec"] = json.loads(values["spec"])
    values["summary"] = json.loads(values["summary"])
    values["pinned"] = bool(values["pinned"])
    return Run(**values)
