"""UMAP in a process of its own, which stays warm and can be ended at any moment."""

import multiprocessing
import os
import traceback

from aemlo.errors import RunError
from aemlo.progress import no_progress


class UmapProcess:
    """Fits `embedding.umap` elsewhere, so that Stop never waits for compiled code.

    The process starts with the first fit (or `warm`), keeps umap-learn imported and
    compiled for the next one, and is ended when `on_progress` raises.
    """

    def __init__(self, cache_folder=None):
        self.cache_folder = cache_folder
        self._process = self._pipe = None
        self._ready = False

    def warm(self):
        """Start the process and let it import and compile, without waiting for it."""
        if not self._alive():
            self._start()

    def umap(self, codes, on_progress=None, **settings):
        """As `embedding.umap`; RunError if the process dies, as for want of memory."""
        on_progress = on_progress or no_progress
        self.warm()
        try:
            if not self._ready:
                self._answer(on_progress)
                self._ready = True
            self._pipe.send((codes, settings))
            return self._answer(on_progress)
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            self.end()
            raise RunError(
                "UMAP: the process that computes it ended by itself, most often for "
                "want of memory. Show fewer rows, or close other programs."
            ) from error
        except BaseException:
            self.end()
            raise

    def end(self):
        """End the process, whatever it is doing; the next fit starts a new one."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._pipe.close()
        self._process = self._pipe = None
        self._ready = False

    def _answer(self, on_progress):
        """What the process answers; `on_progress` is called at least every 0.2 s."""
        fraction, values = 0.0, {}
        while True:
            on_progress(fraction, **values)
            if not self._pipe.poll(0.2):
                continue
            kind, answer = self._pipe.recv()
            if kind == "done":
                return answer
            if kind == "failed":
                raise answer
            fraction, values = answer

    def _alive(self):
        return self._process is not None and self._process.is_alive()

    def _start(self):
        self.end()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self.cache_folder), daemon=True
        )
        self._process.start()
        theirs.close()


def _serve(pipe, cache_folder):
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
    while True:
        try:
            codes, settings = pipe.recv()
        except EOFError:
            return
        try:
            answer = (
                "done",
                umap(
                    codes,
                    **settings,
                    cache_folder=cache_folder,
                    on_progress=lambda fraction, **values: pipe.send(
                        ("progress", (fraction, values))
                    ),
                ),
            )
        except Exception as error:
            error.add_note("In the UMAP process:\n" + traceback.format_exc())
            answer = ("failed", error)
        pipe.send(answer)
