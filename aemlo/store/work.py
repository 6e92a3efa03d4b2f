"""The queue as a worker sees it: claim, beat, progress, the end of a run."""

import json
import time

from aemlo.store.runs import Runs

ALIVE_SECONDS = 10.0
ATTEMPTS = 3


class Work(Runs):
    """Who works on which run, and how far it is."""

    def claim(self, worker):
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

    def beat(self, worker, pid, run_id=None):
        """Say that a worker, and the run it has, are alive."""
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

    def retire(self, worker):
        """Forget a worker that ends."""
        with self.open(write=True) as db:
            db.execute("DELETE FROM workers WHERE id = ?", (worker,))

    def workers(self):
        """Workers that beat within the last ALIVE_SECONDS, as rows."""
        with self.open() as db:
            return db.execute(
                "SELECT * FROM workers WHERE heartbeat > ?",
                (time.time() - ALIVE_SECONDS,),
            ).fetchall()

    def has_work(self):
        """Whether a waiting run could start now."""
        with self.open() as db:
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

    def progress(self, run_id, worker, fraction, message=""):
        """Write how far a run is; returns what was requested of it, or None.

        "lost" if the run is no longer `worker`'s: another took it over.
        """
        with self.open(write=True) as db:
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
        with self.open(write=True) as db:
            db.execute(
                "UPDATE runs SET state = ?, finished = ?, error = ?, request = NULL, "
                "summary = COALESCE(?, summary), "
                "progress = CASE ? WHEN 'done' THEN 1.0 ELSE progress END WHERE id = ?",
                (
                    *(state, time.time(), error),
                    *(None if summary is None else json.dumps(summary), state, run_id),
                ),
            )
