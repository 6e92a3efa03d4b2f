"""Work on a visitor's file in a process of its own, so that its memory ends with it.

Started with subprocess (`python -m aemlo.limited_process`): under Streamlit a process
that multiprocessing spawns would run app.py again. Two limits, set by the environment:
AEMLO_READ_MEMORY (in megabytes) and AEMLO_READ_SECONDS. Linux refuses memory past the
first (RLIMIT_DATA); the process also looks at its resident memory ten times a second,
which is all there is on macOS, where that limit has no effect. Ours.
"""

import importlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from aemlo import errors
from aemlo.errors import AemloError, DataError, ParameterError
from aemlo.progress import no_progress

MEMORY, SECONDS = "AEMLO_READ_MEMORY", "AEMLO_READ_SECONDS"
DEFAULTS = {MEMORY: 4_000, SECONDS: 600}
MEGABYTE = 1_000_000
TICK = 0.2  # seconds between two looks at whether to go on
WATCH = 0.1  # seconds between two looks at the memory in use
OUT_OF_MEMORY = 77  # the exit status that says so
_places = threading.BoundedSemaphore(max(2, os.cpu_count() or 1))


def limit(name: str) -> int:
    """The value of the limit `name`, of DEFAULTS; ParameterError if it is no number."""
    text = os.environ.get(name) or str(DEFAULTS[name])
    if not text.strip().isdigit() or int(text) == 0:
        raise ParameterError(
            f"{name} must be a whole number of at least 1, got {text!r}."
        )
    return int(text)


@contextmanager
def work(
    function: str,
    files: Sequence[tuple[str, bytes]],
    on_progress: Callable[..., None] = no_progress,
    **arguments: Any,
) -> Generator[tuple[Path, Any]]:
    """(folder, answer) of "module:function" called in a process of its own.

    There it is called as `function(files, folder, on_progress, **arguments)`, `files`
    being pairs (name, bytes). It leaves large things in the folder, which lasts as long
    as the block, and returns what JSON can say, as the arguments are. An AemloError
    comes back with its class, message and attributes. What `on_progress(fraction)`
    raises ends the process; it is called every 0.2 s. Raises DataError past a limit.
    At most as many such processes run as there are cores; others wait.
    """
    limits = {name: limit(name) for name in DEFAULTS}
    title = ", ".join(name for name, _ in files) or function
    with tempfile.TemporaryDirectory(
        prefix="aemlo-", ignore_cleanup_errors=True
    ) as folder:
        folder = Path(folder)
        for k, (_, data) in enumerate(files):
            (folder / f"file{k}").write_bytes(data)
        request = {
            "function": function,
            "names": [name for name, _ in files],
            "arguments": arguments,
            "memory": limits[MEMORY],
        }
        (folder / "request.json").write_text(json.dumps(request))
        (folder / "out").mkdir()
        while not _places.acquire(timeout=TICK):
            on_progress(0.0)
        try:
            answer = _asked(folder, title, limits, on_progress)
        finally:
            _places.release()
        yield folder / "out", answer


def _asked(folder, title, limits, on_progress):
    with (folder / "errors").open("wb") as noise:
        process = subprocess.Popen(
            [sys.executable, "-m", "aemlo.limited_process", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=noise,
            env=_environment(),
        )
    stdout = cast("IO[bytes]", process.stdout)
    lines: queue.Queue[bytes | None] = queue.Queue()
    reader = threading.Thread(target=_pass_on, args=(stdout, lines))
    reader.start()
    try:
        kind, what = _answer(lines, title, limits, on_progress)
    finally:
        process.kill()  # it has answered, or shall not any more
        process.wait()
        reader.join()
        stdout.close()
    if kind == "answer":
        return what
    if kind == "refused":
        raise _error(**what)
    if kind == "fault":
        raise RuntimeError(f"{title}: {what}")
    if process.returncode < 0 or process.returncode == OUT_OF_MEMORY:
        raise DataError(
            f"{title}: reading it takes more than {limits[MEMORY]:,} MB of memory, the "
            f"limit of this server. Use a smaller file, or set {MEMORY} higher."
        )
    message = (folder / "errors").read_text(errors="replace").strip()[-2_000:]
    raise RuntimeError(f"{title}: the reading process ended by itself. {message}")


def _answer(lines, title, limits, on_progress):
    """(kind, what) of the last thing that the process says; ("ended", None) if none."""
    fraction, end = 0.0, time.monotonic() + limits[SECONDS]
    while True:
        on_progress(fraction)
        if time.monotonic() > end:
            raise DataError(
                f"{title}: reading it takes more than {limits[SECONDS]:,} s, the limit "
                f"of this server. Use a smaller file, or set {SECONDS} higher."
            )
        try:
            line = lines.get(timeout=TICK)
        except queue.Empty:
            continue
        if line is None:
            return "ended", None
        kind, what = json.loads(line)
        if kind != "progress":
            return kind, what
        fraction = what


def _pass_on(stream, lines):
    for line in stream:
        lines.put(line)
    lines.put(None)


def _environment():
    """That of this process; packages found alike; no memory for threads and pools."""
    home = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
    return os.environ | {
        "PYTHONPATH": path,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }


def _error(name, message, facts):
    error = getattr(errors, name, AemloError)(message)
    vars(error).update(facts)
    return error


# In the process -------------------------------------------------------------------


def main(folder: str) -> None:
    """Do what `folder` asks for, and say how it goes on standard output."""
    home = Path(folder)
    request = json.loads((home / "request.json").read_text())
    # What libraries print goes elsewhere.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def send(kind, what):
        out.write(json.dumps([kind, what]) + "\n")

    _keep_to(request["memory"] * MEGABYTE)
    try:
        module, _, name = request["function"].partition(":")
        function = getattr(importlib.import_module(module), name)
        files = [
            (title, (home / f"file{k}").read_bytes())
            for k, title in enumerate(request["names"])
        ]
        answer = function(
            files,
            home / "out",
            lambda fraction, **_: send("progress", float(fraction)),
            **request["arguments"],
        )
        send("answer", answer)
    except Exception as error:
        if _was_memory(error):
            os._exit(OUT_OF_MEMORY)
        if isinstance(error, AemloError):
            name = next(
                c.__name__ for c in type(error).mro() if hasattr(errors, c.__name__)
            )
            what = {"name": name, "message": str(error), "facts": vars(error)}
            send("refused", what)
        else:
            traceback.print_exc()
            send("fault", f"{type(error).__name__}: {error}")


def _was_memory(error):
    """Whether memory ran out, though a reader may have called it a broken file."""
    seen = []
    while error is not None and error not in seen:
        if isinstance(error, MemoryError):
            return True
        seen.append(error)
        error = error.__cause__ or error.__context__
    return False


def _keep_to(most):
    """End this process where it takes more than `most` bytes, or is left alone."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, hard))
    parent = os.getppid()

    def watch():
        while True:
            if _resident() > most or os.getppid() != parent:
                os._exit(OUT_OF_MEMORY)
            time.sleep(WATCH)

    threading.Thread(target=watch, daemon=True).start()


def _resident():
    """The most bytes this process has had in memory; 0 where nothing tells."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    with suppress(ImportError):
        import resource

        # Bytes on macOS; elsewhere it would count what the parent had, too.
        if sys.platform == "darwin":
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return 0


if __name__ == "__main__":
    main(sys.argv[1])
