"""Visits to pages in tests, without a browser: a store, a page opened, what it says.

Import the fixture `store` where a test starts with an empty store; a test that has a
folder of its own opens it with `opened_store`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from aemlo.dataset import Dataset
from aemlo.jobs import run_job
from aemlo.jobs.base import Job
from aemlo.store import Run, Store

ROOT = Path(__file__).resolve().parents[1]
WORKSPACE = "visitor-of-a-test"
"""The workspace of whoever visits a page in a test."""


def opened_store(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store in the folder `home`, which the app uses; no worker is started."""
    _clear_caches()
    monkeypatch.setenv("AEMLO_HOME", str(home))
    monkeypatch.setenv("AEMLO_WORKERS", "0")
    monkeypatch.setenv("AEMLO_WORKSPACE", WORKSPACE)
    monkeypatch.chdir(ROOT)
    yield Store(home)
    _clear_caches()


def _clear_caches() -> None:
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An empty store that the app uses; no worker is started."""
    yield from opened_store(tmp_path / "home", monkeypatch)


def visit(name: str, run: str | None = None, **chosen: object) -> AppTest:
    """The page `pages/{name}.py`, opened through the app, with `run` in its address.

    `chosen` are values of widgets by their keys, set before the page is drawn.
    """
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in chosen.items():
        page.session_state[key] = value
    page.run().switch_page(f"pages/{name}.py")
    if run:
        page.query_params["run"] = run
    return fine(page.run())


def fine(page: AppTest) -> AppTest:
    """`page`, which must show no exception."""
    assert not page.exception, [e.value for e in page.exception]
    return page


def pressed(page: AppTest, label: str) -> AppTest:
    """`page` after its first button called `label` was pressed."""
    next(button for button in page.button if button.label == label).click()
    return fine(page.run())


def button_labels(page: AppTest) -> list[str]:
    """What the buttons of a page are called."""
    return [button.label for button in page.button]


def texts(page: AppTest) -> str:
    """All sentences of a page, as Markdown."""
    kinds = (
        page.markdown,
        page.caption,
        page.info,
        page.warning,
        page.error,
        page.subheader,
    )
    return " ".join(str(element.value) for kind in kinds for element in kind)


def words(page: AppTest) -> str:
    """All sentences and charts of a page, without the marks of Markdown."""
    specs = [chart.proto.spec for chart in page.get("plotly_chart")]
    return " ".join([texts(page), *specs]).replace("\\", "").replace("**", "")


def charts(page: AppTest) -> list[dict]:
    """The Plotly figures of a page, as the browser gets them."""
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def finished_run(
    store: Store, kind: str, title: str, spec: dict, dataset: Dataset
) -> Run:
    """A run on `dataset` that its job has done from beginning to end."""
    key = store.add_dataset(dataset)
    run_id = store.enqueue(WORKSPACE, kind, title, spec, key, dataset.name)
    store.claim("nobody")
    job = Job(store.run(run_id), store)
    run_job(job)
    store.finish(run_id, "done", summary=job.summary, error=None)
    return store.run(run_id)
