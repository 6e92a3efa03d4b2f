"""Where units of work run: here, in loky processes of joblib, or on a Dask cluster.

No engine of our own: both pools give `concurrent.futures`. Only the little that a
comparison needs is said here: few units in flight, a worker that dies costs the units
it had, Stop takes effect at once, results come back as plain bytes.
"""

import os
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pickle import PicklingError
from typing import Any, Protocol, TypeAlias

from threadpoolctl import ThreadpoolController

from aemlo.dataset import Dataset
from aemlo.errors import AemloError, MissingExtraError, ParameterError
from aemlo.experiment.schedulers import BACKENDS, Scheduler
from aemlo.experiment.transport import in_pool, unpacked, unreadable
from aemlo.experiment.unit import Cell, Unit, do_unit

LOOK_SECONDS = 0.3
ATTEMPTS = 2  # once among others, once alone
UNITS_FOR_ALL_CORES = 10  # fewer are done before processes have started
THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ONE_THREAD = dict.fromkeys(THREAD_SETTINGS, "1")

Report: TypeAlias = Callable[["Unit | None", float, str], None]
Ended: TypeAlias = "tuple[Unit, list[Cell], str]"


@dataclass(frozen=True)
class Engine:
    """Where units of work are computed.

    `backend` is "loky" (`jobs` processes here; one job is this process; None: one for
    each core, from 10 units on) or "dask" (`scheduler`, its address or a Scheduler:
    only one you trust, it can run code here). `spare()` is asked before each unit how
    many of the processes to leave without work for now; one always works.
    """

    jobs: int | None = 1
    backend: str = "loky"
    scheduler: Scheduler | str | None = None
    spare: Callable[[], int] | None = None

    def processes(self, units: int) -> int:
        """How many processes do so many units."""
        if self.jobs is not None:
            return self.jobs
        return cores() if units >= UNITS_FOR_ALL_CORES else 1


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def finished(
    units: Iterable[Unit],
    datasets: Sequence[Dataset],
    report: Report,
    *,
    keep: Callable[[Cell], None] | None = None,
    engine: Engine | None = None,
) -> Iterator[Ended]:
    """Yield (unit, cells, error) as units end; `error` where the engine lost it.

    `keep(cell)` is called as soon as a cell is known here: one by one in this process,
    with its unit from another.
    `report(unit, fraction, message)` is called at least every half second here (with
    unit None while waiting for processes); what it raises ends the work.
    Raises ParameterError for a backend or scheduler that cannot be used,
    MissingExtraError without the package of the Dask backend.
    """
    engine = engine or Engine()
    if engine.backend not in BACKENDS:
        raise ParameterError(
            f"backend must be one of {', '.join(BACKENDS)}, got {engine.backend!r}."
        )
    units = list(units)
    processes = engine.processes(len(units))
    if engine.backend == "loky" and processes == 1:
        yield from _here(units, datasets, report, keep)
        return
    pool: Pool
    if engine.backend == "dask":
        pool = _Dask(datasets, engine.scheduler)
    else:
        pool = _Loky(datasets, processes, engine.spare)
    with pool:
        for unit, cells, error in _through(pool, units, report):
            for cell in cells:
                if keep is not None:
                    keep(cell)
            yield unit, cells, error


def _here(
    units: Iterable[Unit],
    datasets: Sequence[Dataset],
    report: Report,
    keep: Callable[[Cell], None] | None,
) -> Iterator[Ended]:
    for unit in units:

        def report_unit(fraction: float, message: str = "", unit: Unit = unit) -> None:
            report(unit, fraction, message)

        # Yielding inside the block would leave the limit on in the caller's code.
        with one_thread():
            cells = do_unit(unit, datasets[unit.dataset], report_unit, keep)
        yield unit, cells, ""


@contextmanager
def one_thread() -> Generator[None]:
    """One thread for linear algebra: scores equal to the last digit, here or there."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)  # for libraries first loaded inside a unit
    try:
        with _controller(len(sys.modules)).limit(limits=1):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@lru_cache(maxsize=1)
def _controller(modules: int) -> ThreadpoolController:
    """Finding the loaded libraries takes 10 ms; done again when modules were loaded."""
    return ThreadpoolController()


def _through(pool: "Pool", units: Iterable[Unit], report: Report) -> Iterator[Ended]:
    """Let units go through a pool, few at a time; what is raised stops the pool."""
    queue = _Queue(pool, units)
    try:
        while queue.has_work():
            queue.submit()
            report(None, 0.0, "")
            yield from queue.ended()
    except BaseException:
        pool.stop(queue.running)
        raise


class _Queue:
    """Units on their way through a pool.

    A unit that was running when a worker died runs again by itself, so that the one
    that kills workers is known by name.
    """

    def __init__(self, pool: "Pool", units: Iterable[Unit]):
        self.pool = pool
        self.waiting = deque(units)
        self.alone: deque[Unit] = deque()
        self.running: dict[Future, Unit] = {}
        self.attempts: dict[int, int] = {}

    def has_work(self) -> bool:
        """Whether a unit waits or runs."""
        return bool(self.waiting or self.alone or self.running)

    def submit(self) -> None:
        """Give the pool what it has room for."""
        while self.waiting and len(self.running) < self.pool.room:
            unit = self.waiting.popleft()
            self.running[self.pool.submit(unit)] = unit
        if self.alone and not self.waiting and not self.running:
            unit = self.alone.popleft()
            self.running[self.pool.submit(unit)] = unit

    def ended(self) -> Iterator[Ended]:
        """The units that end within LOOK_SECONDS; the pool restarts after a failure."""
        done, _ = wait(self.running, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
        broken = False
        for future in done:
            unit = self.running.pop(future)
            try:
                cells = unpacked(self.pool.result(future))
            except (Exception, CancelledError) as problem:
                broken = True
                if self._is_last_attempt(unit) or self.pool.hopeless(problem):
                    yield unit, [], _lost(problem)
                else:
                    self.alone.append(unit)
            else:
                yield unit, cells, ""
        if broken:
            self.pool.restart()

    def _is_last_attempt(self, unit: Unit) -> bool:
        self.attempts[id(unit)] = self.attempts.get(id(unit), 0) + 1
        return self.attempts[id(unit)] >= ATTEMPTS


def _lost(problem: BaseException) -> str:
    if isinstance(problem, AemloError):
        return str(problem)
    if "erializ" in str(problem) or isinstance(problem, PicklingError):
        return (
            "A sampler or classifier of this cell cannot be sent to another process "
            f"({problem}). Define it in a module that can be imported there."
        )
    return (
        "The process that worked on this cell ended before it was done "
        f"({type(problem).__name__}: {problem}). Often it needs more memory than there "
        "is: fewer processes at once, or smaller data, may help."
    )


class Pool(Protocol):
    """What `finished` needs of a pool of processes; `room` units are in it at most."""

    @property
    def room(self) -> int:
        """Units that may be in the pool now, running or waiting."""
        ...

    def __enter__(self) -> Any: ...

    def __exit__(self, *problem: object) -> None: ...

    def submit(self, unit: Unit) -> Future:
        """Start a unit; the Future of its packed cells."""
        ...

    def result(self, future: Future) -> bytes:
        """The packed cells of a Future that is done, or what went wrong, raised."""
        ...

    def restart(self) -> None:
        """Have workers again after one died."""
        ...

    def stop(self, running: Iterable[Future]) -> None:
        """End what runs, at once."""
        ...

    def hopeless(self, problem: BaseException) -> bool:
        """Whether a unit would fail in the same way again."""
        ...


class _Loky:
    """joblib's reusable process pool; data sets go by a folder, read once a process."""

    def __init__(
        self,
        datasets: Sequence[Dataset],
        jobs: int,
        spare: Callable[[], int] | None = None,
    ):
        self.jobs = jobs
        self.spare = spare or (lambda: 0)
        self.datasets = datasets

    @property
    def room(self) -> int:
        working = max(1, self.jobs - self.spare())
        # Where all may work, one unit waits so that no process idles between two.
        return working + 1 if working == self.jobs else working

    def __enter__(self) -> "_Loky":
        self._folder = tempfile.TemporaryDirectory(prefix="aemlo-")
        self._sources = []
        for dataset in self.datasets:
            folder = os.path.join(self._folder.name, dataset.content_hash)
            dataset.save(folder)
            self._sources.append(folder)
        self._start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._folder.cleanup()

    def _start(self) -> None:
        from joblib.externals.loky import get_reusable_executor

        self._executor = get_reusable_executor(
            max_workers=self.jobs, timeout=300, env=ONE_THREAD
        )

    def submit(self, unit: Unit) -> Future:
        return self._executor.submit(in_pool, unit, self._sources[unit.dataset])

    def result(self, future: Future) -> bytes:
        return future.result()

    def restart(self) -> None:
        self._executor.shutdown(wait=True, kill_workers=True)
        self._start()

    def stop(self, running: Iterable[Future]) -> None:
        self._executor.shutdown(wait=False, kill_workers=True)

    def hopeless(self, problem: BaseException) -> bool:
        # What cannot be sent, or not be opened there, is so the next time too.
        return isinstance(problem, PicklingError) or "un-serialize" in str(problem)


class _Dask:
    """A Dask cluster somewhere; data sets are scattered to all its workers once.

    Results are bytes, and pickled ones are refused. What remains is trust in whoever
    runs the cluster: Dask pickles some of its own messages, errors of tasks among them,
    and has no option against that. So `scheduler`, an address or a Scheduler, must come
    from the administrator, or from the user's own command line or program.
    """

    # Dask's families for arrays and bytes, for plain values, and for "could not send".
    FAMILIES = ("dask", "msgpack", "error")

    def __init__(self, datasets: Sequence[Dataset], scheduler: Scheduler | str | None):
        self.datasets = datasets
        if isinstance(scheduler, str):
            scheduler = Scheduler(scheduler)
        self.scheduler = scheduler

    def __enter__(self) -> "_Dask":
        try:
            from distributed import Client
        except ImportError as missing:
            raise MissingExtraError(
                "The dask backend needs the package distributed: "
                "pip install 'aemlo[cluster]'."
            ) from missing
        if not self.scheduler or not self.scheduler.address:
            raise ParameterError(
                "The dask backend needs a scheduler, such as tcp://host:8786."
            )
        try:
            self._client = Client(
                self.scheduler.address,
                timeout=5,
                set_as_default=False,
                security=self.scheduler.security(),
                deserializers=list(self.FAMILIES),
            )
        except AemloError:
            raise
        except (OSError, TimeoutError, ValueError) as problem:
            where = self.scheduler.name or self.scheduler.address
            raise ParameterError(
                f"No Dask scheduler answers at {where!r}: start one, or check the "
                "address."
            ) from problem
        self._remote: dict[Future, Any] = {}
        self._send()
        return self

    def __exit__(self, *problem: object) -> None:
        self._client.close()

    @property
    def room(self) -> int:
        return 2 * self.threads

    def _send(self) -> None:
        self._client.wait_for_workers(1, timeout=60)
        self._sources = [
            self._client.scatter(dataset, broadcast=True, hash=False)
            for dataset in self.datasets
        ]
        self.threads = max(1, sum(self._client.nthreads().values()))

    def submit(self, unit: Unit) -> Future:
        # Dask's own executor never ends a future whose result it refuses to read.
        source, ended = self._sources[unit.dataset], Future[None]()
        remote = self._client.submit(in_pool, unit, source, pure=False, retries=1)
        remote.add_done_callback(lambda _: ended.set_result(None))
        self._remote[ended] = remote
        return ended

    def result(self, future: Future) -> bytes:
        remote = self._remote.pop(future)
        try:
            return remote.result()
        except TypeError as problem:
            # The task ended well, so it is Dask that could not read what it returned.
            if remote.status == "finished":
                raise unreadable() from problem
            raise

    def restart(self) -> None:
        self._send()

    def stop(self, running: Iterable[Future]) -> None:
        for future in running:
            self._remote[future].cancel()

    def hopeless(self, problem: BaseException) -> bool:
        return False
