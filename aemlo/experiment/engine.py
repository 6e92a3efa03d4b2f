"""Where units of work run: here, in loky processes of joblib, or on a Dask cluster.

No engine of our own: both pools give `concurrent.futures`. Only the little that a
comparison needs is said here: few units in flight, a worker that dies costs the units
it had, Stop takes effect at once, results come back as plain bytes.
"""

import os
import sys
import tempfile
from collections import deque
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import contextmanager
from functools import lru_cache
from pickle import PicklingError

from threadpoolctl import ThreadpoolController

from aemlo.errors import AemloError, MissingExtraError, ParameterError
from aemlo.experiment.schedulers import BACKENDS, Scheduler
from aemlo.experiment.transport import in_pool, unpacked, unreadable
from aemlo.experiment.unit import do_unit

LOOK_SECONDS = 0.3
ATTEMPTS = 2  # once among others, once alone
THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ONE_THREAD = dict.fromkeys(THREAD_SETTINGS, "1")


def finished(
    units, datasets, tell, *, keep=None, jobs=1, backend="loky", scheduler=None
):
    """Yield (unit, cells, error) as units end; `error` where the engine lost it.

    `keep(cell)` is called as soon as a cell is known here: one by one in this process,
    with its unit from another.
    `tell(unit, fraction, message)` is called at least every half second here (with
    unit None while waiting for processes); what it raises ends the work.
    """
    if backend not in BACKENDS:
        raise ParameterError(
            f"backend must be one of {', '.join(BACKENDS)}, got {backend!r}."
        )
    if backend == "loky" and jobs == 1:
        yield from _here(units, datasets, tell, keep)
        return
    pool = _Dask(datasets, scheduler) if backend == "dask" else _Loky(datasets, jobs)
    with pool:
        for unit, cells, error in _through(pool, units, tell):
            for cell in cells:
                if keep is not None:
                    keep(cell)
            yield unit, cells, error


def _here(units, datasets, tell, keep):
    for unit in units:

        def told(fraction, message="", unit=unit):
            tell(unit, fraction, message)

        # Yielding inside the block would leave the limit on in the caller's code.
        with one_thread():
            cells = do_unit(unit, datasets[unit.dataset], told, keep)
        yield unit, cells, ""


@contextmanager
def one_thread():
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
def _controller(modules):
    """Finding the loaded libraries takes 10 ms; done again when modules were loaded."""
    return ThreadpoolController()


def _through(pool, units, tell):
    waiting, alone, flying = deque(units), deque(), {}
    attempts = {}
    try:
        while waiting or alone or flying:
            # A unit that was flying when a worker died flies again by itself, so that
            # the one that kills workers is known by name.
            while waiting and len(flying) < pool.room:
                unit = waiting.popleft()
                flying[pool.submit(unit)] = unit
            if alone and not waiting and not flying:
                unit = alone.popleft()
                flying[pool.submit(unit)] = unit
            tell(None, 0.0, "")
            done, _ = wait(flying, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            broken = False
            for future in done:
                unit = flying.pop(future)
                try:
                    cells = unpacked(pool.result(future))
                except (Exception, CancelledError) as problem:
                    broken = True
                    attempts[id(unit)] = attempts.get(id(unit), 0) + 1
                    if attempts[id(unit)] >= ATTEMPTS or pool.hopeless(problem):
                        yield unit, [], _lost(problem)
                    else:
                        alone.append(unit)
                else:
                    yield unit, cells, ""
            if broken:
                pool.restart()
    except BaseException:
        pool.stop(flying)
        raise


def _lost(problem):
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


class _Loky:
    """joblib's reusable process pool; data sets go by a folder, read once a process."""

    def __init__(self, datasets, jobs):
        self.jobs = jobs
        self.room = jobs + 1  # one waits so that no process idles between two
        self.datasets = datasets

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="aemlo-")
        self._sources = []
        for dataset in self.datasets:
            folder = os.path.join(self._folder.name, dataset.content_hash)
            dataset.save(folder)
            self._sources.append(folder)
        self._start()
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def _start(self):
        from joblib.externals.loky import get_reusable_executor

        self._executor = get_reusable_executor(
            max_workers=self.jobs, timeout=300, env=ONE_THREAD
        )

    def submit(self, unit):
        return self._executor.submit(in_pool, unit, self._sources[unit.dataset])

    def result(self, future):
        return future.result()

    def restart(self):
        self._executor.shutdown(wait=True, kill_workers=True)
        self._start()

    def stop(self, flying):
        self._executor.shutdown(wait=False, kill_workers=True)

    def hopeless(self, problem):
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

    def __init__(self, datasets, scheduler):
        self.datasets = datasets
        if isinstance(scheduler, str):
            scheduler = Scheduler(scheduler)
        self.scheduler = scheduler

    def __enter__(self):
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
        self._remote = {}
        self._send()
        return self

    def __exit__(self, *_):
        self._client.close()

    def _send(self):
        self._client.wait_for_workers(1, timeout=60)
        self._sources = [
            self._client.scatter(dataset, broadcast=True, hash=False)
            for dataset in self.datasets
        ]
        self.room = 2 * max(1, sum(self._client.nthreads().values()))

    def submit(self, unit):
        # Dask's own executor never ends a future whose result it refuses to read.
        source, ended = self._sources[unit.dataset], Future()
        remote = self._client.submit(in_pool, unit, source, pure=False, retries=1)
        remote.add_done_callback(lambda _: ended.set_result(None))
        self._remote[ended] = remote
        return ended

    def result(self, future):
        remote = self._remote.pop(future)
        try:
            return remote.result()
        except TypeError as problem:
            # The task ended well, so it is Dask that could not read what it returned.
            if remote.status == "finished":
                raise unreadable() from problem
            raise

    def restart(self):
        self._send()

    def stop(self, flying):
        for future in flying:
            self._remote[future].cancel()

    def hopeless(self, problem):
        return False
