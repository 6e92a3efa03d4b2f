"""The panel of a run follows it, whatever its state was when the page was drawn."""

import re
import threading
import time

import numpy as np
import pytest
from playwright.sync_api import expect

from aemlo.dataset import Dataset, Feature
from aemlo.jobs import base
from aemlo.store import Store
from aemlo.worker import Worker

pytestmark = pytest.mark.browser

LONG = 60_000
EPOCHS = 20
WORKSPACE = "visitor-of-the-panel"
WAITING = re.compile("Waiting")  # with a capital: the strip says "waiting"
# The epoch that the first large figure shows, as "6 of 20" does.
EPOCH = "parseInt(document.querySelector('[data-testid=stMetricValue]')?.innerText)"


def small():
    """A data set on which an epoch takes some milliseconds."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 5))
    Y = (X[:, :3] + rng.normal(size=(150, 3)) > [0, 0.5, 1.5]).astype(np.uint8)
    features = tuple(Feature(f"x{j}") for j in range(5))
    return Dataset("small", X, Y, features, ("common", "middle", "rare"))


@pytest.fixture
def home(tmp_path):
    """The store of the first app that is started, with a small data set in use."""
    store = Store(tmp_path / "home0")
    store.use_dataset(WORKSPACE, store.add_dataset(small()))
    return store


def main(page):
    """The page without the strip above it, which shows the running job too."""
    return page.get_by_test_id("stMain")


def says(page, state):
    """Wait until the panel says in what state the run is."""
    expect(main(page).get_by_text(state).last).to_be_visible(timeout=LONG)


def button(page, name):
    return main(page).get_by_role("button", name=name, exact=True).last


class Held(Store):
    """A store whose worker waits, `share` of a run being done, until it is asked to
    stop or `share` is raised: so the work is neither too fast nor too slow to see."""

    share = 0.3

    def progress(self, run_id, worker, fraction, message=""):
        request = super().progress(run_id, worker, fraction, message)
        while fraction >= self.share and request is None:
            time.sleep(0.05)
            request = super().progress(run_id, worker, fraction, message)
        return request


def work(store):
    """Do the next run in a thread, as a worker process does."""
    worker = Worker(store, "w")
    threading.Thread(target=worker.do, args=(store.claim("w"),), daemon=True).start()


def test_a_run_that_was_paused_and_resumed_is_followed_to_its_end(
    visitor, home, start_server, screenshots, monkeypatch
):
    monkeypatch.setattr(base, "LOOK_SECONDS", 0.0)  # tells of every epoch
    page, server, store = visitor, start_server(AEMLO_WORKERS="0"), Held(home.home)
    page.goto(f"{server.url}/train?w={WORKSPACE}")
    epochs = page.get_by_role("spinbutton", name="Epochs", exact=True).first
    epochs.fill(str(EPOCHS), timeout=LONG)
    epochs.press("Enter")
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=LONG
    )
    button(page, "Train").click()
    says(page, WAITING)
    work(store)
    page.wait_for_function(f"() => {EPOCH} > 0", timeout=LONG)
    button(page, "Pause").click()
    says(page, "Paused after")
    paused = page.evaluate(EPOCH)
    assert 0 < paused < EPOCHS
    page.screenshot(path=screenshots / "panel-paused.png")

    # A second tab meets the run while it is paused.
    other = page.context.new_page()
    other.goto(page.url)
    says(other, "Paused after")
    for tab in (page, other):
        tab.evaluate("window.is_the_same_visit = true")

    button(page, "Resume").click()
    says(page, WAITING)
    store.share = 0.6
    work(store)
    for tab in (page, other):
        tab.wait_for_function(f"before => {EPOCH} > before", arg=paused, timeout=LONG)
        says(tab, "Running")
    store.share = 2.0
    for tab in (page, other):
        says(tab, "Done after")
        # What is below the panel is drawn too.
        expect(tab.get_by_text("What it made")).to_be_visible(timeout=LONG)
        assert tab.evaluate("window.is_the_same_visit")
    page.screenshot(path=screenshots / "panel-done.png")


def test_the_panel_follows_every_change_of_state(visitor, home, start_server):
    """Nobody works here: the test changes the run as a worker or another tab would."""
    page, server = visitor, start_server(AEMLO_WORKERS="0")
    key = home.workspace_dataset(WORKSPACE)
    spec = {"samplers": ["none", "ML-ROS"], "classifiers": ["BR-tree"]}
    run = home.enqueue(WORKSPACE, "compare", "A comparison", spec, key, "small")
    page.goto(f"{server.url}/compare?w={WORKSPACE}&run={run}")
    says(page, WAITING)
    home.claim("w")
    home.progress(run, "w", 0.25, "fold 1")
    says(page, "fold 1 · 25 %")
    home.finish(run, "failed", error="The disk is full.")
    says(page, "The disk is full.")
    for end, ending in (("stopped", "Stopped after"), ("paused", "Paused after")):
        home.resume(run)  # as another tab does
        says(page, WAITING)
        home.claim("w")
        home.progress(run, "w", 0.5, f"before it is {end}")
        says(page, f"before it is {end} · 50 %")
        home.finish(run, end)
        says(page, ending)
    button(page, "Resume").click()
    says(page, WAITING)
    home.claim("w")
    home.progress(run, "w", 0.75, "last fold")
    says(page, "last fold · 75 %")
    # The strip above every page follows too, though the run was not active at first.
    expect(page.locator(".st-key-strip").get_by_text("last fold")).to_be_visible(
        timeout=LONG
    )
    home.finish(run, "done")
    says(page, "Done after")
    expect(page.locator(".st-key-strip").get_by_text("last fold")).to_have_count(
        0, timeout=LONG
    )
