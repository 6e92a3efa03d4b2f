"""Work that tests have done in a process of its own."""

import os
import signal
import time

from aemlo.errors import DataError, RunError
from aemlo.limited_process import MEGABYTE


def ask(files, folder, on_progress):
    error = RunError("Which one?")
    error.choices = ["a", "b"]
    raise error


def steps(files, folder, on_progress, up_to):
    for k in range(up_to):
        on_progress(k / up_to)
    print("noise of a library")  # noqa: T201
    return {"size": len(files[0][1])}


def wait(files, folder, on_progress):
    time.sleep(600)


def at_once(files, folder, on_progress):
    return len(bytearray(2_000 * MEGABYTE))


def by_and_by(files, folder, on_progress):
    kept = []
    while True:
        kept.append(b"x" * MEGABYTE)


def within(files, folder, on_progress):
    try:
        at_once(files, folder, on_progress)
    except MemoryError as error:
        raise DataError("broken file") from error


def killed(files, folder, on_progress):
    os.kill(os.getpid(), signal.SIGKILL)


def fault(files, folder, on_progress):
    raise KeyError("a fault of ours")
