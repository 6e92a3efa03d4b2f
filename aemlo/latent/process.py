"""UMAP in a process of its own, which stays warm and can be ended at any moment."""

import multiprocessing
import os
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from aemlo.arrays import Features, Matrix
from aemlo.errors import RunError
from aemlo.progress import no_progress


class UmapProcess:
    """Fits `pictures.umap` elsewhere, so that Stop never waits for compiled code.

    The process starts with the first fit (or `warm`), keeps umap-learn imported and
    compiled for the next one, and is ended when `on_progress` raises.
    """

    def __init__(self, cache_folder: str | Path | None = None) -> None:
        self.cache_folder = cache_folder
        self._running: tuple[SpawnProcess, Connection] | None = None
        self._ready = False

    def warm(self) -> None:
        """Start the process and let it import and compile, without waiting for it."""
        self._pipe()

    def umap(
        self,
        codes: Features,
        on_progress: Callable[..., object] | None = None,
        **settings: Any,
    ) -> Matrix:
        """As `pictures.umap`; RunError if the process dies, as for want of memory."""
        on_progress = on_progress or no_progress
        pipe = self._pipe()
        try:
            if not self._ready:
                _answer(pipe, on_progress)
                self._ready = True
            pipe.send((codes, settings))
            return _answer(pipe, on_progress)
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            self.end()
            raise RunError(
                "UMAP: the process that computes it ended by itself, most often for "
                "want of memory. Show fewer rows, or close other programs."
            ) from error
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """End the process, whatever it is doing; the next fit starts a new one."""
        if self._running is not None:
            process, pipe = self._running
            process.kill()
            process.join()
            process.close()
            pipe.close()
        self._running = None
        self._ready = False

    def _pipe(self) -> Connection:
        """The pipe to the process, which is started where none is alive."""
        if self._running is None or not self._running[0].is_alive():
            self.end()
            self._running = _started(self.cache_folder)
        return self._running[1]


def _started(cache_folder: str | Path | None) -> tuple[SpawnProcess, Connection]:
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, cache_folder), daemon=True)
    process.start()
    theirs.close()
    return process, pipe


def _answer(pipe: Connection, on_progress: Callable[..., object]) -> Any:
    """What the process answers; `on_progress` is called at least every 0.2 s."""
    fraction, values = 0.0, {}
    while True:
        on_progress(fraction, **values)
        if not pipe.poll(0.2):
            continue
        kind, answer = pipe.recv()
        if kind == "done":
            return answer
        if kind == "failed":
            raise answer
        fraction, values = answer


def _serve(pipe: Connection, cache_folder: str | Path | None) -> None:
    """Warm up, then fit what comes through the pipe until it closes."""
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")
    import threading

    import numpy as np
    from tqdm import tqdm

    from aemlo.latent.pictures import umap

    # Its own lock is a semaphore of the system, which outlives a killed process.
    tqdm.set_lock(threading.RLock())
    umap(np.random.default_rng(0).random((64, 8)), epochs=2, cache_folder=cache_folder)
    pipe.send(("done", None))

    def report(fraction: float, **values: Any) -> None:
        pipe.send(("progress", (fraction, values)))

    while True:
        try:
            codes, settings = pipe.recv()
        except EOFError:
            return
        try:
            picture = umap(
                codes, **settings, cache_folder=cache_folder, on_progress=report
            )
            answer = ("done", picture)
        except Exception as error:
            error.add_note("In the UMAP process:\n" + traceback.format_exc())
            answer = ("failed", error)
        pipe.send(answer)
