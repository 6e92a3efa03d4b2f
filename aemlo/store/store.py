"""Store: everything that is kept of runs, workspaces and data sets.

One long class on purpose: each method is one short transaction on the same few tables,
and whoever changes a state must see all methods that may change it. What is no
transaction stands apart: the database file (`database.py`), data sets on disk
(`dataset_folder.py`), frames from rows (`results.py`).
"""

import json
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from aemlo.dataset import Dataset
from aemlo.errors import RunError
from aemlo.store import results
from aemlo.store.database import Database
from aemlo.store.dataset_folder import DAY, DatasetFolder
from aemlo.store.files import folder_bytes
from aemlo.store.run import ID, RUNNING, Run, run_of

ALIVE_SECONDS = 10.0
ATTEMPTS = 3


VISITED = "visited"


class Store:
    """All that is kept; safe to use from several processes and threads at once.

    `home` is the folder, `$AEMLO_HOME` if none is given. Raises RunError where a newer
    version wrote in it.
    """

    def __init__(self, home: str | Path | None = None) -> None:
        self.database = Database(home)
        self.home = self.database.home
        self.datasets = DatasetFolder(self.home / "datasets")

    def open(self, write: bool = False) -> AbstractContextManager[sqlite3.Connection]:
        """A connection to the database, in one transaction if it is to `write`."""
        return self.database.open(write)

    # Runs, as a page asks for, lists and changes them.

    def enqueue(
        self,
        workspace: str,
        kind: str,
        title: str,
        spec: dict[str, Any],
        dataset_key: str,
        dataset_name: str,
        *,
        held: bool = False,
    ) -> str:
        """Put a run in the queue; returns its id, which is also its link.

        With `held` it waits until `release` says that its files are there.
        """
        run_id = secrets.token_hex(12)
        with self.open(write=True) as db:
            db.execute(
                "INSERT INTO runs (id, workspace, kind, title, spec, dataset, "
                "dataset_name, state, created) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run_id,
                    workspace,
                    kind,
                    title,
                    json.dumps(spec),
                    dataset_key,
                    dataset_name,
                    "paused" if held else "queued",
                    time.time(),
                ),
            )
        return run_id

    def release(self, run_id: str, spec: dict[str, Any]) -> None:
        """Let a held run start, with `spec`."""
        with self.open(write=True) as db:
            db.execute(
                "UPDATE runs SET state = 'queued', spec = ? WHERE id = ? "
                "AND state = 'paused'",
                (json.dumps(spec), run_id),
            )

    def run(self, run_id: str) -> Run:
        """The Run with this id; RunError if there is none."""
        with self.open() as db:
            row = db.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
        if row is None:
            raise RunError(f"There is no run {run_id!r}. It may have been deleted.")
        return run_of(row)

    def runs(
        self,
        workspace: str | None,
        kind: str | None = None,
        dataset: str | None = None,
    ) -> list[Run]:
        """Runs of a workspace (of all, with None), newest first."""
        query = "SELECT * FROM runs WHERE 1"
        values: list[str] = []
        wanted = {"workspace": workspace, "kind": kind, "dataset": dataset}
        for column, value in wanted.items():
            if value is not None:
                query += f" AND {column} = ?"
                values.append(value)
        with self.open() as db:
            rows = db.execute(query + " ORDER BY created DESC", values).fetchall()
        return [run_of(row) for row in rows]

    def folder(self, run_id: str) -> Path:
        """The folder of a run's artefacts, made if missing."""
        if not ID.fullmatch(str(run_id)):
            raise RunError(f"{run_id!r} is not the id of a run.")
        folder = self.home / "runs" / run_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def request(self, run_id: str, what: Literal["stop", "pause"]) -> None:
        """Ask a run to "stop" (for good, keeping what it has) or to "pause"."""
        ended = "paused" if what == "pause" else "stopped"
        with self.open(write=True) as db:
            db.execute(
                "UPDATE runs SET request = ? WHERE id = ? AND state = 'running'",
                (what, run_id),
            )
            db.execute(
                "UPDATE runs SET state = ?, finished = ? WHERE id = ? "
                "AND state IN ('queued', 'interrupted')",
                (ended, time.time(), run_id),
            )

    def resume(self, run_id: str) -> None:
        """Put a run that ended early back in the queue, to go on where it was."""
        with self.open(write=True) as db:
            changed = db.execute(
                "UPDATE runs SET state = 'queued', request = NULL, error = NULL, "
                "attempts = 0, finished = NULL WHERE id = ? AND state IN "
                "('stopped', 'paused', 'failed', 'interrupted')",
                (run_id,),
            ).rowcount
        if not changed:
            raise RunError("This run is not waiting to be resumed.")

    def rename(
        self,
        run_id: str,
        *,
        title: str | None = None,
        notes: str | None = None,
        pinned: bool | None = None,
    ) -> None:
        """Change a run's title, notes or pin."""
        changes = {"title": title, "notes": notes, "pinned": pinned}
        changes = {name: value for name, value in changes.items() if value is not None}
        with self.open(write=True) as db:
            for name, value in changes.items():
                db.execute(f"UPDATE runs SET {name} = ? WHERE id = ?", (value, run_id))

    def delete(self, run_id: str) -> None:
        """Forget a run and its artefacts; RunError while it is running."""
        with self.open(write=True) as db:
            row = db.execute(
                "SELECT state FROM runs WHERE id = ?", (run_id,)
            ).fetchone()
            if row and row["state"] == RUNNING:
                raise RunError("This run is running. Stop it before deleting it.")
            for table in ("events", "scores", "marks"):
                db.execute(f"DELETE FROM {table} WHERE run = ?", (run_id,))
            db.execute("DELETE FROM runs WHERE id = ?", (run_id,))
        if ID.fullmatch(str(run_id)):
            shutil.rmtree(self.home / "runs" / run_id, ignore_errors=True)

    def keep_finished(
        self, workspace: str, run: dict[str, Any], dataset_key: str
    ) -> None:
        """Keep a pinned run that was done elsewhere, as its dict describes it; once.

        `run` has `id`, `kind`, `title`, `spec`, `dataset_name`, `seconds`, `summary`.
        """
        now = time.time()
        with self.open(write=True) as db:
            db.execute(
                "INSERT OR IGNORE INTO runs (id, workspace, kind, title, spec, "
                "dataset, dataset_name, state, created, started, finished, progress, "
                "summary, pinned) VALUES (?, ?, ?, ?, ?, ?, ?, 'done', ?, ?, ?, 1.0, "
                "?, 1)",
                (
                    run["id"],
                    workspace,
                    run["kind"],
                    run["title"],
                    json.dumps(run["spec"]),
                    dataset_key,
                    run["dataset_name"],
                    now,
                    now - run["seconds"],
                    now,
                    json.dumps(run["summary"]),
                ),
            )

    # What a visitor did with a run.

    def mark(self, workspace: str, run_id: str, name: str, value: Any) -> None:
        """Keep something a visitor did with a run (rows selected, say), as JSON; None
        forgets it."""
        with self.open(write=True) as db:
            if value is None:
                db.execute(
                    "DELETE FROM marks WHERE workspace = ? AND run = ? AND name = ?",
                    (workspace, run_id, name),
                )
            else:
                db.execute(
                    "INSERT OR REPLACE INTO marks (workspace, run, name, value) "
                    "VALUES (?, ?, ?, ?)",
                    (workspace, run_id, name, json.dumps(value)),
                )

    def marked(self, workspace: str, run_id: str, name: str) -> Any:
        """What `mark` kept, or None."""
        with self.open() as db:
            row = db.execute(
                "SELECT value FROM marks WHERE workspace = ? AND run = ? AND name = ?",
                (workspace, run_id, name),
            ).fetchone()
        return json.loads(row["value"]) if row else None

    # The queue, as a worker sees it.

    def visit(self) -> None:
        """Note that somebody opened a page now."""
        (self.home / VISITED).touch()

    def last_visit(self) -> float:
        """When a page was opened last, in seconds since 1970; 0 for never."""
        path = self.home / VISITED
        return path.stat().st_mtime if path.exists() else 0.0

    def others_wait(self, workspace: str) -> bool:
        """Whether a run of another workspace is waiting."""
        with self.open() as db:
            return bool(
                db.execute(
                    "SELECT 1 FROM runs WHERE state = 'queued' AND workspace != ? "
                    "LIMIT 1",
                    (workspace,),
                ).fetchone()
            )

    def claim(self, worker: str) -> Run | None:
        """The oldest waiting run whose workspace has none running, now `worker`'s."""
        with self.open(write=True) as db:
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

    def beat(self, worker: str, pid: int, run_id: str | None = None) -> None:
        """Note that a worker, and the run it has, are alive."""
        now = time.time()
        with self.open(write=True) as db:
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

    def retire(self, worker: str) -> None:
        """Forget a worker that ends."""
        with self.open(write=True) as db:
            db.execute("DELETE FROM workers WHERE id = ?", (worker,))

    def workers(self) -> list[sqlite3.Row]:
        """Workers that beat within the last ALIVE_SECONDS, as rows."""
        with self.open() as db:
            return db.execute(
                "SELECT * FROM workers WHERE heartbeat > ?",
                (time.time() - ALIVE_SECONDS,),
            ).fetchall()

    def has_work(self) -> bool:
        """Whether a waiting run could start now."""
        with self.open() as db:
            row = db.execute(
                "SELECT 1 FROM runs WHERE state IN ('queued', 'interrupted') "
                "AND attempts < ? AND workspace NOT IN "
                "(SELECT workspace FROM runs WHERE state = 'running') LIMIT 1",
                (ATTEMPTS,),
            ).fetchone()
        return row is not None

    def mark_interrupted(self) -> None:
        """Let runs whose worker fell silent wait again; they fail after ATTEMPTS."""
        limit = time.time() - ALIVE_SECONDS
        with self.open() as db:
            lost = db.execute(
                "SELECT 1 FROM runs WHERE state = 'running' AND heartbeat < ?", (limit,)
            ).fetchone()
        if not lost:
            return
        with self.open(write=True) as db:
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

    def progress(
        self, run_id: str, worker: str, fraction: float, message: str = ""
    ) -> str | None:
        """Write how far a run is; returns what was requested of it, or None.

        "lost" if the run is no longer `worker`'s: another took it over.
        """
        with self.open(write=True) as db:
            db.execute(
                "UPDATE runs SET progress = ?, message = ?, heartbeat = ? "
                "WHERE id = ? AND worker = ?",
                (min(max(fraction, 0.0), 1.0), message, time.time(), run_id, worker),
            )
            row = db.execute(
                "SELECT request FROM runs WHERE id = ? AND worker = ?", (run_id, worker)
            ).fetchone()
        return row["request"] if row else "lost"

    def finish(
        self,
        run_id: str,
        state: str,
        *,
        summary: dict[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """End a run in a final state."""
        with self.open(write=True) as db:
            db.execute(
                "UPDATE runs SET state = ?, finished = ?, error = ?, request = NULL, "
                "summary = COALESCE(?, summary), "
                "progress = CASE ? WHEN 'done' THEN 1.0 ELSE progress END WHERE id = ?",
                (
                    state,
                    time.time(),
                    error,
                    None if summary is None else json.dumps(summary),
                    state,
                    run_id,
                ),
            )

    # What came of runs: events (curves) and scores (tidy rows).

    def add_events(self, run_id: str, rows: Iterable[tuple[float, str, float]]) -> None:
        """Add `(step, name, value)` rows; a step given twice keeps the later value."""
        with self.open(write=True) as db:
            db.executemany(
                "INSERT OR REPLACE INTO events (run, step, name, value) "
                "VALUES (?, ?, ?, ?)",
                [(run_id, step, name, value) for step, name, value in rows],
            )

    def events(self, run_id: str, after: float | None = None) -> pd.DataFrame:
        """Curves of a run: one row a step, one column a name, sorted by step."""
        with self.open() as db:
            rows = db.execute(
                "SELECT step, name, value FROM events WHERE run = ? AND step > ?",
                (run_id, -1.0 if after is None else after),
            ).fetchall()
        return results.curves(rows)

    def add_scores(self, run_id: str, frame: pd.DataFrame) -> None:
        """Add tidy rows; columns beyond the common ones are kept beside them."""
        rows = results.score_rows(run_id, frame)
        with self.open(write=True) as db:
            db.executemany(
                "INSERT INTO scores VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
            )

    def clear_scores(self, run_id: str) -> None:
        """Forget a run's scores (before it writes them anew)."""
        with self.open(write=True) as db:
            db.execute("DELETE FROM scores WHERE run = ?", (run_id,))

    def scores(self, run_id: str) -> pd.DataFrame:
        """The tidy rows of a run, in the order they were added."""
        with self.open() as db:
            rows = db.execute(
                "SELECT * FROM scores WHERE run = ? ORDER BY rowid", (run_id,)
            ).fetchall()
        return results.tidy(rows)

    # Data sets, stored once by content.

    def add_dataset(self, dataset: Dataset) -> str:
        """Keep `dataset`; returns its content hash, the name it is asked for by."""
        return self.datasets.add(dataset)

    def dataset(self, key: str | None) -> Dataset:
        """The Dataset kept under `key`; RunError if there is none."""
        return self.datasets.load(key)

    # Workspaces: a random id in the address, and the data set in use.

    def workspace_dataset(self, workspace: str) -> str | None:
        """Key of the data set a workspace uses, or None."""
        with self.open() as db:
            row = db.execute(
                "SELECT dataset FROM workspaces WHERE id = ?", (workspace,)
            ).fetchone()
        return row["dataset"] if row else None

    def use_dataset(self, workspace: str, key: str) -> None:
        """Make the data set `key` the one in use."""
        with self.open(write=True) as db:
            db.execute(
                "INSERT INTO workspaces (id, dataset, seen) VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET dataset = excluded.dataset, "
                "seen = excluded.seen",
                (workspace, key, time.time()),
            )

    # Room on disk.

    def clean_up(
        self, max_bytes: float = 2 * 1024**3, max_days: float = 30
    ) -> list[str]:
        """Delete the oldest ended, unpinned runs over the quota or older than the age.

        Returns the ids deleted. Data sets no run or workspace names go too.
        """
        with self.open() as db:
            rows = db.execute(
                "SELECT id, created FROM runs WHERE pinned = 0 AND state IN "
                "('done', 'stopped', 'paused', 'failed') ORDER BY created"
            ).fetchall()
        used = folder_bytes(self.home)
        oldest = time.time() - max_days * DAY
        deleted: list[str] = []
        for row in rows:
            if used <= max_bytes and row["created"] > oldest:
                break
            used -= folder_bytes(self.home / "runs" / row["id"])
            self.delete(row["id"])
            deleted.append(row["id"])
        self.datasets.drop_all_but(self._used_datasets())
        return deleted

    def _used_datasets(self) -> set[str]:
        with self.open() as db:
            rows = db.execute(
                "SELECT dataset FROM runs UNION SELECT dataset FROM workspaces"
            )
            return {row["dataset"] for row in rows}
