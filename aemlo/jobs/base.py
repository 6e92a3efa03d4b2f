"""Job: what a piece of long work may ask for and must tell."""

import math
import threading
import time
from numbers import Real

from aemlo import specs
from aemlo.errors import Stopped

LOOK_SECONDS = 0.25


class Job:
    """A claimed run, as the code that does it sees it.

    `spec` is the dict the page wrote; `folder` holds artefacts and checkpoints;
    `seed` is the run's random seed.
    """

    def __init__(self, run, store):
        self.run = run
        self.store = store
        self.spec = specs.completed(run.spec)
        self.seed = int(run.spec.get("seed", 0))
        self.folder = store.folder(run.id)
        self.summary = dict(run.summary)
        self.low, self.high = 0.0, 1.0
        self._looked = 0.0
        self._events = []
        self._request = None
        self.ended_by = None
        self.message = ""
        # Held while progress is told, and for good by whoever writes the run's end.
        self.gate = threading.Lock()
        self.save = None

    def dataset(self):
        """The Dataset of this run."""
        return self.store.dataset(self.run.dataset)

    def stage(self, low, high):
        """Let fractions 0 to 1 told from here on mean `low` to `high` of the whole."""
        self.low, self.high, self.message = low, high, ""

    def on_progress(self, fraction, message="", **values):
        """Write progress, keep numbers told with an `epoch` (or `step`) as events.

        Raises Stopped when somebody asked for it.
        """
        with self.gate:
            self._tell(fraction, message, values)
        if self._request:
            raise Stopped(self._request)

    def _tell(self, fraction, message, values):
        step = values.pop("epoch", values.pop("step", None))
        if step is not None:
            self._events += [
                (float(step), name, float(value))
                for name, value in values.items()
                if isinstance(value, Real) and math.isfinite(value)
            ]
        self.message = message or self.message
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS or fraction >= 1.0:
            self._looked = now
            self.flush()
            whole = self.low + (self.high - self.low) * fraction
            self._request = self.store.progress(
                self.run.id, self.run.worker, whole, self.message
            )

    @property
    def answered(self):
        """Whether the job knows that it was asked to stop."""
        return bool(self._request or self.ended_by)

    def may_be_cut(self, save=None):
        """Let the worker end this process when a stop gets no answer (one long fit).

        For work whose results are stored as they come. `save()` stores what is in
        memory only; it is called beside the work that does not answer.
        """
        self.save = save or (lambda: None)

    def flush(self):
        """Write the events told so far."""
        if self._events:
            self.store.add_events(self.run.id, self._events)
            self._events = []

    def keep_what_there_is(self):
        """After a stop: what follows saves what was learned and is not stopped again.

        Does nothing when the run was not stopped; a run lost to another worker ends.
        """
        if self._request == "lost":
            raise Stopped("lost")
        if self._request:
            self.ended_by, self._request = self._request, None
            self.on_progress = self._quietly

    def _quietly(self, fraction, message="", **values):
        self.flush()

    def add_scores(self, frame):
        """Add tidy rows to the run."""
        self.store.add_scores(self.run.id, frame)

    def finish(self, summary):
        """Keep a small dict of results with the run."""
        self.summary |= summary
