"""Job: what a piece of long work may ask for, and what it must report."""

import math
import threading
import time
from collections.abc import Callable
from numbers import Real
from typing import Any

import pandas as pd

from aemlo import specs
from aemlo.dataset import Dataset
from aemlo.errors import Stopped
from aemlo.store import Run, Store

LOOK_SECONDS = 0.25


class Job:
    """A claimed run, as the code that does it sees it.

    `spec` is the dict the page wrote; `folder` holds artefacts and checkpoints;
    `seed` is the run's random seed; `summary` a small dict of results. `ended_by` is
    "stop" or "pause" once the job saves what it has after that request. `gate` is held
    while progress is written, and for good by whoever writes the run's end. `save` is
    what `may_be_cut` was given, None where the job may not be cut.
    """

    def __init__(self, run: Run, store: Store) -> None:
        self.run = run
        self.store = store
        self.spec: dict[str, Any] = specs.completed(run.spec)
        self.seed = int(run.spec.get("seed", 0))
        self.folder = store.folder(run.id)
        self.summary: dict[str, Any] = dict(run.summary)
        self.low, self.high = 0.0, 1.0
        self.ended_by: str | None = None
        self.message = ""
        self.gate = threading.Lock()
        self.save: Callable[[], None] | None = None
        self._written_at = 0.0
        self._events: list[tuple[float, str, float]] = []
        self._request: str | None = None

    def dataset(self) -> Dataset:
        """The Dataset of this run."""
        return self.store.dataset(self.run.dataset)

    def stage(self, low: float, high: float) -> None:
        """Let the fractions 0 to 1 that follow mean `low` to `high` of the whole."""
        self.low, self.high, self.message = low, high, ""

    def on_progress(self, fraction: float, message: str = "", **values: Any) -> None:
        """Write progress; keep numbers that come with an `epoch` (or `step`) as events.

        Raises Stopped when somebody asked for it.
        """
        if self.ended_by:
            # Saving what there is after a stop: not to be stopped again.
            self.flush()
            return
        with self.gate:
            self._write_progress(fraction, message, values)
        if self._request:
            raise Stopped(self._request)

    def _write_progress(
        self, fraction: float, message: str, values: dict[str, Any]
    ) -> None:
        step = values.pop("epoch", values.pop("step", None))
        if step is not None:
            self._events += [
                (float(step), name, float(value))
                for name, value in values.items()
                if isinstance(value, Real) and math.isfinite(value)
            ]
        self.message = message or self.message
        now = time.monotonic()
        if now - self._written_at >= LOOK_SECONDS or fraction >= 1.0:
            self._written_at = now
            self.flush()
            whole = self.low + (self.high - self.low) * fraction
            # A claimed run has a worker.
            self._request = self.store.progress(
                self.run.id, self.run.worker or "", whole, self.message
            )

    @property
    def answered(self) -> bool:
        """Whether the job knows that it was asked to stop."""
        return bool(self._request or self.ended_by)

    def may_be_cut(self, save: Callable[[], None] | None = None) -> None:
        """Let the worker end this process when a stop gets no answer (one long fit).

        For work whose results are stored as they come. `save()` stores what is in
        memory only; it is called beside the work that does not answer.
        """
        self.save = save or (lambda: None)

    def flush(self) -> None:
        """Write the events that are not written yet."""
        if self._events:
            self.store.add_events(self.run.id, self._events)
            self._events = []

    def keep_what_there_is(self) -> None:
        """After a stop: what follows saves what was learned and is not stopped again.

        Does nothing when the run was not stopped. Raises Stopped where the run was
        lost to another worker.
        """
        if self._request == "lost":
            raise Stopped("lost")
        if self._request:
            self.ended_by, self._request = self._request, None

    def add_scores(self, frame: pd.DataFrame) -> None:
        """Add tidy rows to the run."""
        self.store.add_scores(self.run.id, frame)

    def finish(self, summary: dict[str, Any]) -> None:
        """Keep a small dict of results with the run."""
        self.summary |= summary
