"""Where the real data sets are, and what a missing one means."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared_folder():
    """The folder of test data, or None; with CI=true its absence is a failure."""
    folder = Path(os.environ.get("AEMLO_TEST_DATA", ROOT.parent / "shared")).resolve()
    return folder if (folder / "data" / "expected.json").exists() else None


@pytest.fixture(scope="session")
def shared():
    """Path of the test data: `data/`, `oracles/`."""
    folder = shared_folder()
    if folder is None:
        message = "No test data: set AEMLO_TEST_DATA to the folder that holds data/."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With CI=true a skipped test is a failed test."""
    outcome = yield
    report = outcome.get_result()
    if (
        report.skipped
        and os.environ.get("CI") == "true"
        and not hasattr(report, "wasxfail")
    ):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: {report.longrepr}"
