"""Where the real data sets and the browser are, and what a missing one means."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # what several test files import
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def shared_folder():
    """The folder of test data, or None; with CI=true its absence is a failure."""
    folder = Path(os.environ.get("AEMLO_TEST_DATA", ROOT.parent / "shared")).resolve()
    return folder if (folder / "data" / "expected.json").exists() else None


@pytest.fixture(scope="session")
def shared():
    """Path of the test data: `data/`, `oracles/`."""
    folder = shared_folder()
    if folder is None:
        pytest.skip("No test data: set AEMLO_TEST_DATA to the folder that has data/.")
    return folder


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With CI=true a skipped test is a failed test."""
    outcome = yield
    report = outcome.get_result()
    expected = hasattr(report, "wasxfail")
    if report.skipped and os.environ.get("CI") == "true" and not expected:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: {report.longrepr}"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Debian's Chromium; skips where there is none."""
    if not CHROMIUM:
        pytest.skip("No Chromium: install it (apt-get install chromium).")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ARGUMENTS}


class Server:
    """The app in a process of its own, with a home of its own."""

    def __init__(self, home, **environment):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.home = home
        base = environment.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
        self.url = f"http://127.0.0.1:{port}/{base}".rstrip("/")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "app.py",
                f"--server.port={port}",
                "--server.headless=true",
                "--server.fileWatcherType=none",
            ],
            cwd=ROOT,
            env=os.environ | {"AEMLO_HOME": str(home)} | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.wait_until_it_answers()

    def wait_until_it_answers(self, seconds=60):
        """Return once the health page says ok."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health") as answer:
                    if answer.read() == b"ok":
                        return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(f"The app did not answer within {seconds} s.")

    def close(self):
        """End the server and the workers it started."""
        from aemlo.store import Store

        self.process.terminate()
        self.process.wait(timeout=20)
        if not (self.home / "studio.sqlite").exists():
            return
        for worker in Store(self.home).workers():
            if worker["pid"]:
                try:
                    os.kill(worker["pid"], signal.SIGKILL)
                except ProcessLookupError:
                    continue


@pytest.fixture
def stranger():
    """Address of a socket that a hostile scheduler could own; nobody may connect."""
    visitors = []
    with socket.create_server(("127.0.0.1", 0)) as door, socket.socket() as last:
        last.bind(("127.0.0.1", 0))

        def answer():
            while last.getsockname() not in visitors:
                connection, visitor = door.accept()
                connection.close()
                visitors.append(visitor)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"tcp://127.0.0.1:{door.getsockname()[1]}"
        # Visitors are let in one after another: this one is the last.
        last.connect(door.getsockname())
        thread.join()
        assert visitors == [last.getsockname()]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One running app for the tests of a module."""
    running = Server(tmp_path_factory.mktemp("home"))
    yield running
    running.close()


@pytest.fixture
def start_server(tmp_path):
    """A function that starts an app nobody has visited; the test's end ends it."""
    running = []

    def start(**environment):
        running.append(Server(tmp_path / f"home{len(running)}", **environment))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture
def visitor(page):
    """A page of 1280 x 900 that notes every request and must show no exception.

    Nor may the Content-Security-Policy have stopped anything the page wanted.
    """
    page.set_viewport_size({"width": 1280, "height": 900})
    page.hosts = set()
    page.refused = []
    page.on(
        "console",
        lambda message: (
            "Content Security Policy" in message.text
            and page.refused.append(message.text)
        ),
    )
    page.on(
        "request",
        lambda request: page.hosts.add(
            re.match(r"(?:blob:)?[a-z]+:/*([^/:]*)", request.url).group(1)
        ),
    )
    yield page
    from playwright.sync_api import expect

    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert page.hosts <= {"127.0.0.1", ""}, page.hosts
    assert page.refused == []


@pytest.fixture(scope="session")
def screenshots():
    """Where pictures of pages are put for a person to look at."""
    folder = Path(os.environ.get("AEMLO_SCREENSHOTS", ROOT / "tests" / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
