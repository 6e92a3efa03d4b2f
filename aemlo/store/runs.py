"""What was asked: runs, their states as a visitor changes them, their folders."""

import json
import re
import secrets
import shutil
import time
from dataclasses import dataclass

from aemlo.errors import RunError
from aemlo.store.database import Database

WAITING, RUNNING = ("queued", "interrupted"), "running"
ID = re.compile(r"[0-9a-f]{16,64}")


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


class Runs(Database):
    """The runs of all workspaces, as a page asks for, lists and changes them."""

    def enqueue(
        self, workspace, kind, title, spec, dataset_key, dataset_name, *, held=False
    ):
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
                    *(run_id, workspace, kind, title, json.dumps(spec)),
                    *(dataset_key, dataset_name),
                    *("paused" if held else "queued", time.time()),
                ),
            )
        return run_id

    def release(self, run_id, spec):
        """Let a held run start, with `spec`."""
        with self.open(write=True) as db:
            db.execute(
                "UPDATE runs SET state = 'queued', spec = ? WHERE id = ? "
                "AND state = 'paused'",
                (json.dumps(spec), run_id),
            )

    def run(self, run_id):
        """The Run with this id; RunError if there is none."""
        with self.open() as db:
            row = db.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
        if row is None:
            raise RunError(f"There is no run {run_id!r}. It may have been deleted.")
        return _run(row)

    def runs(self, workspace, kind=None, dataset=None):
        """Runs of a workspace (of all, with None), newest first."""
        query, values = "SELECT * FROM runs WHERE 1", []
        wanted = {"workspace": workspace, "kind": kind, "dataset": dataset}
        for column, value in wanted.items():
            if value is not None:
                query += f" AND {column} = ?"
                values.append(value)
        with self.open() as db:
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

    def resume(self, run_id):
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

    def rename(self, run_id, *, title=None, notes=None, pinned=None):
        """Change a run's title, notes or pin."""
        changes = {"title": title, "notes": notes, "pinned": pinned}
        changes = {name: value for name, value in changes.items() if value is not None}
        with self.open(write=True) as db:
            for name, value in changes.items():
                db.execute(f"UPDATE runs SET {name} = ? WHERE id = ?", (value, run_id))

    def mark(self, workspace, run_id, name, value):
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

    def marked(self, workspace, run_id, name):
        """What `mark` kept, or None."""
        with self.open() as db:
            row = db.execute(
                "SELECT value FROM marks WHERE workspace = ? AND run = ? AND name = ?",
                (workspace, run_id, name),
            ).fetchone()
        return json.loads(row["value"]) if row else None

    def delete(self, run_id):
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

    def keep_finished(self, workspace, run, dataset_key):
        """Keep a pinned run that was done elsewhere, as its dict tells it; once.

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
                    *(run["id"], workspace, run["kind"], run["title"]),
                    *(json.dumps(run["spec"]), dataset_key, run["dataset_name"], now),
                    *(now - run["seconds"], now, json.dumps(run["summary"])),
                ),
            )


def _run(row):
    values = dict(row)
    values["spec"] = json.loads(values["spec"])
    values["summary"] = json.loads(values["summary"])
    values["pinned"] = bool(values["pinned"])
    return Run(**values)
