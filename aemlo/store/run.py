"""Run: one piece of long work, as the store has it."""

import json
import re
import sqlite3
import time
from dataclasses import dataclass
from typing import Any

WAITING, RUNNING = ("queued", "interrupted"), "running"
ID = re.compile(r"[0-9a-f]{16,64}")


@dataclass(frozen=True)
class Run:
    """One row of `runs`: what was asked, how far it is, what came of it."""

    id: str
    workspace: str
    kind: str
    title: str
    spec: dict[str, Any]
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
    summary: dict[str, Any]
    notes: str
    pinned: bool

    @property
    def active(self) -> bool:
        """Whether the run is waiting or running."""
        return self.state in (*WAITING, RUNNING)

    @property
    def seconds(self) -> float:
        """Seconds since the run was last started, until it ended."""
        return (self.finished or time.time()) - self.started if self.started else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds still needed at the speed so far, or None before there is one."""
        done = self.progress - self.progress_at_start
        if self.state != RUNNING or done <= 0.005:
            return None
        return max(0.0, self.seconds / done * (1.0 - self.progress))


def run_of(row: sqlite3.Row) -> Run:
    """The Run of a row of the table `runs`."""
    values = dict(row)
    values["spec"] = json.loads(values["spec"])
    values["summary"] = json.loads(values["summary"])
    values["pinned"] = bool(values["pinned"])
    return Run(**values)
