"""Who is visiting: the workspace in the address, its data set and its runs."""

import os
import re
import secrets

import streamlit as st

from aemlo.dataset import Dataset
from aemlo.errors import AemloError, RunError
from aemlo.provenance import REAL
from aemlo.store import Store
from aemlo.ui import memory
from aemlo.worker import ensure_worker

WORKSPACE = re.compile(r"[0-9A-Za-z_-]{8,64}")
EXAMPLE = "example-of-the-studio"
MADE_FROM = "data set made from a run's"


@st.cache_resource
def store():
    """The store of this server, with the finished example in it."""
    from aemlo.ui.example import install_example

    memory.give_back_large_blocks()
    kept = Store()
    install_example(kept, EXAMPLE)
    return kept


@st.cache_resource(max_entries=16)
def _dataset(key):
    return store().dataset(key)


@st.cache_resource
def _default_dataset():
    from aemlo.formats import read

    dataset = read("yeast")
    store().add_dataset(dataset)
    return dataset


class Workspace:
    """What one visitor has: `id`, `dataset`, and the runs asked for."""

    def __init__(self, identity):
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

    def use(self, dataset):
        """Make `dataset` the one all pages speak of."""
        key = self.store.add_dataset(dataset)
        self.store.use_dataset(self.id, key)

    def enqueue(self, kind, title, spec, dataset=None):
        """Queue long work on the data set in use (or on `dataset`); returns its id."""
        from aemlo import specs  # half of what a page would otherwise load

        dataset, spec = dataset or self.dataset, specs.written(spec)
        key = self.store.add_dataset(dataset)
        run_id = self.store.enqueue(self.id, kind, title, spec, key, dataset.name)
        ensure_worker(self.store)
        return run_id

    def runs(self, kind=None, *, this_dataset=False):
        """Runs of this workspace, newest first."""
        key = self.dataset.content_hash if this_dataset else None
        return self.store.runs(self.id, kind, key)

    def active_run(self):
        """The run that is running, else the next in the queue, else None."""
        waiting = [run for run in self.runs() if run.active]
        running = [run for run in waiting if run.state == "running"]
        return (running or waiting[::-1] or [None])[0]

    def examples(self, kind=None):
        """The finished example's runs, while the data set in use is the example's."""
        return self.store.runs(EXAMPLE, kind, self.dataset.content_hash)

    def example_elsewhere(self, kind=None):
        """A run of the finished example whose data set is not the one in use, or None
        where there is none."""
        key = self.dataset.content_hash
        runs = self.store.runs(EXAMPLE, kind)
        return next((run for run in runs if run.dataset != key), None)

    def is_example(self, run):
        """Whether `run` is the finished example's."""
        return run.workspace == EXAMPLE

    def goes_on_from(self, run):
        """Whether the data set in use was made on a page from what `run` shows."""
        dataset = self.dataset
        return run.dataset == dataset.source.get(REAL) or st.session_state.get(
            MADE_FROM
        ) == (dataset.content_hash, run.dataset)

    def use_made_from(self, run, dataset):
        """Make `dataset`, which came of rows that `run` shows, the one in use."""
        self.use(dataset)
        st.session_state[MADE_FROM] = (dataset.content_hash, run.dataset)

    def owns(self, run):
        """Whether this visitor may stop, resume or delete `run`."""
        return run.workspace == self.id

    def chosen_run(self, kind, *, warns=True):
        """The run to show on a page: the one in the address, else the newest on the
        data set in use.

        None when there is neither. An address that names no run gives a note (unless
        `warns` is False), and the newest is shown.
        """
        wanted = st.query_params.get("run")
        if wanted:
            try:
                run = self.store.run(wanted)
            except AemloError as problem:
                if warns:
                    st.warning(str(problem))
            else:
                if run.kind in ("embed", "judge") and kind == "train":
                    # What was made of a training run is looked at with that run.
                    return self._of(run, warns)
                if run.kind == kind:
                    return run
        newest = self.runs(kind, this_dataset=True)
        return newest[0] if newest else None

    def _of(self, run, warns):
        try:
            return self.store.run(run.spec["run"])
        except AemloError as problem:
            if warns:
                st.warning(str(problem))
            return None


def identity():
    """The id of the visitor's workspace, once `workspace` was called."""
    return st.session_state["_workspace"]


def show(run_id):
    """Put a run in the address, so that a refresh or a shared link opens it."""
    st.query_params["run"] = run_id


def workspace() -> Workspace:
    """The visitor's workspace; every page calls this first.

    A first visit straight to a page can run before app.py has: it is sent through it.
    """
    _go_through_app()
    identity = st.session_state.get("_workspace")
    address = st.query_params.get("w", "")
    if WORKSPACE.fullmatch(address) and address != EXAMPLE:
        identity = address
    elif identity is None:
        identity = os.environ.get("AEMLO_WORKSPACE") or secrets.token_urlsafe(12)
    st.session_state["_workspace"] = identity
    if address != identity:
        st.query_params["w"] = identity
    kept = Workspace(identity)
    ensure_worker(kept.store)
    return kept


def _go_through_app():
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
