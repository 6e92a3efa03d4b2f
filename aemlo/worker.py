"""`python -m aemlo.worker`: takes queued runs from the store and does them.

A process of its own, started with subprocess: the server stays free, training gets a
whole core, and memory goes back when the worker ends. It leaves after ten idle minutes;
the app starts another when there is work.
"""

import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from aemlo.errors import AemloError, Stopped
from aemlo.jobs import run_job
from aemlo.jobs.base import Job
from aemlo.store import Run, Store

IDLE_SECONDS = 600
POLL_SECONDS = 0.2
WARM_SECONDS = 5  # a training this old is worth a map
BEAT_SECONDS = 1.0
LOOK_SECONDS = 0.25
PATIENCE_SECONDS = 1.2  # a stop not answered by then cuts a job that may be cut
# How a run ends that was asked for this; None: it was asked for nothing.
ENDED: dict[str | None, str] = {None: "done", "stop": "stopped", "pause": "paused"}
log = logging.getLogger("aemlo.worker")  # __name__ would be __main__
_started: list[subprocess.Popen[bytes]] = []


def most_workers() -> int:
    """How many workers may run at once: `$AEMLO_WORKERS`, else one per two cores."""
    return int(os.environ.get("AEMLO_WORKERS") or max(1, (os.cpu_count() or 2) // 2))


def ensure_worker(store: Store) -> None:
    """Start a worker if none is alive, or if all are busy and more may run."""
    if os.environ.get("AEMLO_WORKERS") == "0":
        return
    store.mark_interrupted()
    _started[:] = [process for process in _started if process.poll() is None]
    alive = store.workers()
    free = [w for w in alive if w["run"] is None]
    if not alive or (not free and len(alive) < most_workers() and store.has_work()):
        start_worker(store)


def start_worker(store: Store) -> int:
    """Start a worker process that outlives this one; returns its process id."""
    name = secrets.token_hex(6)
    logs = store.home / "logs"
    logs.mkdir(exist_ok=True)
    environment = os.environ | {"AEMLO_HOME": str(store.home), "OMP_NUM_THREADS": "1"}
    # Counted as alive from here, so that two visitors at once start one worker.
    store.beat(name, 0)
    with (logs / "worker.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "aemlo.worker", name],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
        )
    _started.append(process)
    return process.pid


class Worker:
    """Claims runs one after another until idle for IDLE_SECONDS or asked to end."""

    def __init__(self, store: Store, name: str | None = None) -> None:
        self.store = store
        self.name = name or secrets.token_hex(6)
        self.current: str | None = None
        self.job: Job | None = None
        self.warms_umap = False
        self.ending = threading.Event()

    def loop(self) -> None:
        """Do runs until there is nothing to do for long enough."""
        for work in (self._beat, self._watch):
            threading.Thread(target=work, daemon=True).start()
        idle_since = time.monotonic()
        code = code_stamp()
        while not self.ending.is_set():
            # An updated program wants a worker that runs the update.
            if code_stamp() != code:
                break
            self.store.mark_interrupted()
            run = self.store.claim(self.name)
            if run is not None:
                self.do(run)
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > IDLE_SECONDS:
                break
            else:
                self.ending.wait(POLL_SECONDS)
        self.ending.set()
        self.store.retire(self.name)

    def do(self, run: Run) -> None:
        """Do one claimed run and write how it ended."""
        from aemlo.experiment.engine import one_thread

        self.current = run.id
        if self.warms_umap and run.kind == "train":
            timer = threading.Timer(WARM_SECONDS, self._warm_umap, [run.id])
            timer.daemon = True
            timer.start()
        self.job = job = Job(run, self.store)
        state, error = "done", None
        try:
            # A run before may have left more threads on: numba's OpenMP sets them for
            # torch too, and sums in other parts differ in the last digit.
            with one_thread():
                run_job(job)
            state = ENDED[job.ended_by]
        except Stopped as stopped:
            if str(stopped) == "lost":
                log.warning("run %s was taken over by another worker", run.id)
                return
            state = ENDED[str(stopped)]
        except AemloError as problem:
            state, error = "failed", str(problem)
        except MemoryError:
            log.exception("run %s", run.id)
            state = "failed"
            error = (
                "There was not enough memory. Make the data or the settings smaller."
            )
        except Exception as problem:
            log.exception("run %s", run.id)
            state = "failed"
            error = (
                f"Something went wrong inside ({type(problem).__name__}); the log in "
                f"{self.store.home / 'logs'} has the details."
            )
        finally:
            job.gate.acquire()  # waits for the end of the process if it is being cut
            self.current = self.job = None
        job.flush()
        self.store.finish(run.id, state, summary=job.summary, error=error)

    def _warm_umap(self, run_id: str) -> None:
        """Let UMAP compile beside a training that goes on, for the map asked for next.

        The first time ever it takes 18 s of a core; training has one thread, so it
        takes the other core. Where there is no other, the map's own run compiles.
        """
        if self.current == run_id and (os.cpu_count() or 1) > 1:
            from aemlo.jobs.kinds import embed

            embed.umap_process(self.store.home).warm()

    def _beat(self) -> None:
        failures = 0
        while not self.ending.wait(BEAT_SECONDS):
            try:
                self.store.beat(self.name, os.getpid(), self.current)
            except Exception:
                # The store's folder is gone (a test's, or a person's clean-up).
                failures += 1
                if failures > 5:
                    os._exit(0)

    def _watch(self) -> None:
        """Cut a job that was asked to stop and does not answer, where it may be cut."""
        watched: Job | None = None
        since = 0.0
        while not self.ending.wait(LOOK_SECONDS):
            job = self.job
            request = self._unanswered(job)
            if job is None or not request:
                watched = None
            elif watched is not job:
                watched, since = job, time.monotonic()
            elif time.monotonic() - since > PATIENCE_SECONDS:
                self._cut(job, request)

    def _unanswered(self, job: Job | None) -> str | None:
        if job is None or job.save is None or job.answered:
            return None
        try:
            return self.store.run(job.run.id).request
        except Exception:  # the store's folder is gone; the other thread sees to it
            return None

    def _cut(self, job: Job, request: str) -> None:
        """Store what there is, write the run's end, and end this process."""
        if not job.gate.acquire(blocking=False):
            return  # it is writing progress just now, and so sees the request
        if job.answered or self.job is not job:
            job.gate.release()
            return
        try:
            if job.save is not None:
                job.save()
            job.flush()
        except Exception:
            log.exception("run %s: what it had was not all stored", job.run.id)
        self.store.finish(job.run.id, ENDED[request], summary=job.summary)
        self.store.retire(self.name)
        log.info("run %s did not answer, the worker ends", job.run.id)
        if self.store.has_work():
            start_worker(self.store)
        end_process()


def end_process() -> None:
    """End this process at once, and those it started where it leads their group."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def code_stamp() -> int:
    """When the library's files last changed, so that a worker knows when it is old."""
    folder = Path(__file__).parent
    return max(path.stat().st_mtime_ns for path in folder.rglob("*.py"))


def main(arguments: list[str]) -> None:
    """Start, load what is slow to load, and loop."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level="INFO")
    if hasattr(os, "nice"):
        os.nice(5)
    store = Store()
    worker = Worker(store, arguments[0] if arguments else None)
    worker.warms_umap = True
    signal.signal(signal.SIGTERM, lambda *_: worker.ending.set())
    store.beat(worker.name, os.getpid())
    import torch

    from aemlo.samplers import SAMPLERS

    torch.set_num_threads(1)
    store.clean_up()
    log.info("worker %s ready, %d samplers", worker.name, len(SAMPLERS))
    worker.loop()


if __name__ == "__main__":
    main(sys.argv[1:])
