"""Who is visiting: the workspace in the address, its data set and its runs."""

import os
import re
import secrets
from typing import Any

import streamlit as st

from aemlo.dataset import Dataset
from aemlo.errors import AemloError, RunError
from aemlo.provenance import REAL
from aemlo.store import Run, Store
from aemlo.ui import memory
from aemlo.worker import ensure_worker

IDENTITY = "_workspace"
OF_TRAINING = ("embed", "judge")
"""Kinds of runs that are looked at with the training run they belong to."""
WORKSPACE = re.compile(r"[0-9A-Za-z_-]{8,64}")
EXAMPLE = "example-of-the-studio"
"""The workspace of the finished example's runs."""
DERIVED = "data set made from a run's"
"""The session's key for the content hashes of such a data set and of the run's own."""


@st.cache_resource
def store() -> Store:
    """The store of this server, with the finished example in it."""
    from aemlo.ui.example import install_example

    memory.give_back_large_blocks()
    opened = Store()
    install_example(opened, EXAMPLE)
    return opened


@st.cache_resource(max_entries=16)
def _dataset(key: str) -> Dataset:
    return store().dataset(key)


@st.cache_resource
def _default_dataset() -> Dataset:
    from aemlo.formats import read

    dataset = read("yeast")
    store().add_dataset(dataset)
    return dataset


class Workspace:
    """What one visitor has: `id`, `dataset`, and the runs asked for."""

    def __init__(self, identity: str) -> None:
        self.id = identity
        self.store = store()

    @property
    def dataset(self) -> Dataset:
        """The data set in use; yeast until another is chosen."""
        key = self.store.workspace_dataset(self.id)
        if key is None:
            return _default_dataset()
        try:
            return _dataset(key)
        except RunError:
            return _default_dataset()

    def use(self, dataset: Dataset) -> None:
        """Make `dataset` the one in use on all pages."""
        key = self.store.add_dataset(dataset)
        self.store.use_dataset(self.id, key)

    def enqueue(
        self,
        kind: str,
        title: str,
        spec: dict[str, Any],
        dataset: Dataset | None = None,
    ) -> str:
        """Queue long work on the data set in use (or on `dataset`); returns its id."""
        from aemlo import specs  # half of what a page would otherwise load

        dataset, spec = dataset or self.dataset, specs.written(spec)
        key = self.store.add_dataset(dataset)
        run_id = self.store.enqueue(self.id, kind, title, spec, key, dataset.name)
        ensure_worker(self.store)
        return run_id

    def runs(self, kind: str | None = None, *, this_dataset: bool = False) -> list[Run]:
        """Runs of this workspace, newest first."""
        key = self.dataset.content_hash if this_dataset else None
        return self.store.runs(self.id, kind, key)

    def active_run(self) -> Run | None:
        """The run that is running, else the next in the queue, else None."""
        waiting = [run for run in self.runs() if run.active]
        running = [run for run in waiting if run.state == "running"]
        return (running or waiting[::-1] or [None])[0]

    def examples(self, kind: str | None = None) -> list[Run]:
        """The finished example's runs, while the data set in use is the example's."""
        return self.store.runs(EXAMPLE, kind, self.dataset.content_hash)

    def example_elsewhere(self, kind: str | None = None) -> Run | None:
        """A run of the finished example whose data set is not the one in use, or None
        where there is none."""
        key = self.dataset.content_hash
        runs = self.store.runs(EXAMPLE, kind)
        return next((run for run in runs if run.dataset != key), None)

    def is_example(self, run: Run) -> bool:
        """Whether `run` is the finished example's."""
        return run.workspace == EXAMPLE

    def goes_on_from(self, run: Run) -> bool:
        """Whether the data set in use was made on a page from the rows of `run`."""
        dataset = self.dataset
        return run.dataset == dataset.source.get(REAL) or st.session_state.get(
            DERIVED
        ) == (dataset.content_hash, run.dataset)

    def use_made_from(self, run: Run, dataset: Dataset) -> None:
        """Make `dataset`, which was made from the rows of `run`, the one in use."""
        self.use(dataset)
        st.session_state[DERIVED] = (dataset.content_hash, run.dataset)

    def owns(self, run: Run) -> bool:
        """Whether this visitor may stop, resume or delete `run`."""
        return run.workspace == self.id

    def chosen_run(self, kind: str, *, warns: bool = True) -> Run | None:
        """The run to show on a page: the one in the address, else the newest on the
        data set in use.

        None when there is neither. An address that names no run gives a note (unless
        `warns` is False), and the newest is shown.
        """
        wanted = st.query_params.get("run")
        run = self._run(wanted, warns) if wanted else None
        if run is not None and run.kind in OF_TRAINING and kind == "train":
            return self._run(run.spec["run"], warns)
        if run is not None and run.kind == kind:
            return run
        newest = self.runs(kind, this_dataset=True)
        return newest[0] if newest else None

    def _run(self, run_id: str, warns: bool) -> Run | None:
        """The run with this id; None, and a note if `warns`, where there is none."""
        try:
            return self.store.run(run_id)
        except AemloError as problem:
            if warns:
                st.warning(str(problem))
            return None


def identity() -> str:
    """The id of the visitor's workspace, once `workspace` was called."""
    return st.session_state[IDENTITY]


def show(run_id: str) -> None:
    """Put a run in the address, so that a refresh or a shared link opens it."""
    st.query_params["run"] = run_id


def workspace() -> Workspace:
    """The visitor's workspace; every page calls this first.

    A first visit straight to a page can run before app.py has: it is sent through it.
    """
    _go_through_app()
    identity = st.session_state.get(IDENTITY)
    address = st.query_params.get("w", "")
    if WORKSPACE.fullmatch(address) and address != EXAMPLE:
        identity = address
    elif identity is None:
        identity = os.environ.get("AEMLO_WORKSPACE") or secrets.token_urlsafe(12)
    st.session_state[IDENTITY] = identity
    if address != identity:
        st.query_params["w"] = identity
    visited = Workspace(identity)
    visited.store.visit()
    ensure_worker(visited.store)
    return visited


def _go_through_app() -> None:
    """Send a visit that app.py has not begun through app.py, once."""
    if "_via_app" in st.session_state or "_sent_to_app" in st.session_state:
        return
    st.session_state["_sent_to_app"] = True
    # Streamlit takes a folder named pages/ for its old kind of app until app.py has
    # run once in the process; private, hence the fallback.
    try:
        from streamlit.runtime.pages_manager import PagesManager

        PagesManager.uses_pages_directory = False
    except (ImportError, AttributeError):
        st.switch_page("app.py")
    st.rerun()
