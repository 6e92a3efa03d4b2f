"""The Compare page in its states: nothing yet, a finished run, every view of it."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from aemlo import experiment, specs
from aemlo.dataset import Dataset, Feature
from aemlo.samplers import SAMPLERS
from aemlo.store import Store
from aemlo.worker import Worker

ROOT = Path(__file__).resolve().parents[2]
VIEWS = {
    "Verdict": "Intervals and p: corrected resampled t",
    "Labels": "Rare, middle and common labels",
    "Data sets": "Friedman: chi-squared",
    "Trade-offs": "For a sweep or an ablation",
    "Folds and leaks": "the scaler was fitted before the split on purpose",
    "Take away": "The experiment file gives the same scores",
}
WORKSPACE = "workspace-of-a-test"
FAILED = "workspace-failed"
SPEC = {
    "samplers": ["none", {"use": "AEMLO", "settings": {"epochs": 2}}],
    "classifiers": [{"use": "BR-tree", "settings": {"max_depth": 3}}],
    "folds": 3,
    "leak": "scaler",
}


def toy(name="toy *data*", seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(90, 4))
    Y = (X[:, :3] + rng.normal(size=(90, 3)) > [0, 0.4, 1.4]).astype(np.uint8)
    names = ("plain", "<b>bold</b>", "rare")
    return Dataset(name, X, Y, tuple(Feature(f"x{i}") for i in range(4)), names)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A store with a finished comparison of two data sets, and one that failed."""
    folder = tmp_path_factory.mktemp("home")
    store = Store(folder)
    data = toy()
    key, other = store.add_dataset(data), store.add_dataset(toy("other", 4))
    store.use_dataset(WORKSPACE, key)
    spec = SPEC | {"more_datasets": [other]}
    run_id = store.enqueue(WORKSPACE, "compare", "A run", spec, key, data.name)
    Worker(store, "w").do(store.claim("w"))
    assert store.run(run_id).state == "done", store.run(run_id).error
    _fail(store)
    return folder


def _fail(store):
    """A comparison whose every cell fails: ML-kNN has no class weights."""
    data = toy("failing", 7)
    key = store.add_dataset(data)
    store.use_dataset(FAILED, key)
    remedy = {"use": "class weights", "settings": {"classifier": "ML-kNN"}}
    spec = {"samplers": ["none"], "classifiers": [remedy], "folds": 2}
    run_id = store.enqueue(FAILED, "compare", "fails", spec, key, data.name)
    Worker(store, "w").do(store.claim("w"))
    assert store.run(run_id).summary["failed"] == 2


@pytest.fixture
def compare_page(home, monkeypatch):
    def opened(workspace=WORKSPACE, view=None):
        import streamlit as st

        st.cache_resource.clear()
        monkeypatch.setenv("AEMLO_HOME", str(home))
        monkeypatch.setenv("AEMLO_WORKERS", "0")
        monkeypatch.chdir(ROOT)
        app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
        app.query_params["w"] = workspace
        if view:
            app.session_state["compare.view"] = view
        return app.run().switch_page("pages/compare.py").run()

    return opened


def text(app):
    return " ".join(m.value for m in [*app.markdown, *app.caption, *app.info])


def test_a_page_without_runs_shows_the_example_and_queues_the_first(compare_page, home):
    app = compare_page("another-workspace")
    assert not app.exception
    chosen = next(box for box in app.selectbox if box.label == "Run")
    assert chosen.options == [
        "Finished example: none, MLSMOTE, AEMLO on three classifiers · yeast"
    ]
    assert "cells: " in text(app)
    next(b for b in app.button if b.label == "Compare").click().run()
    assert not app.exception
    (run,) = Store(home).runs("another-workspace")
    assert run.spec["folds"] == 5 and run.spec["baseline"] == "none"
    assert "none" in [entry["name"] for entry in run.spec["samplers"]]


@pytest.mark.parametrize("view, says", VIEWS.items(), ids=VIEWS)
def test_every_view_of_a_finished_run(compare_page, view, says):
    app = compare_page(view=view)
    assert not app.exception
    assert says in text(app)
    assert "Test rows used in fitting: 0" in text(app)
    assert not app.error


def test_the_verdict_comes_first(compare_page):
    app = compare_page(view="Verdict")
    assert "AEMLO with BR\\-tree" in text(app)
    assert "paired folds" in text(app)


def test_no_sampler_no_button(compare_page):
    app = compare_page("workspace-three")
    app.multiselect[0].set_value([]).run()
    assert not app.exception
    assert "Choose at least one sampler and one classifier" in text(app)
    assert not [b for b in app.button if b.label == "Compare"]


def load(app, text):
    app.file_uploader[0].upload("my.toml", text.encode(), "application/toml").run()
    assert not app.exception


LOADED = {
    "folds": 4,
    "repeats": 2,
    "seed": 9,
    "scale": "none",
    "baseline": "ML-ROS 5",
    "jobs": 2,
    "samplers": [
        {"use": "MLSMOTE", "name": "MLSMOTE"},
        {"use": "ML-ROS", "name": "ML-ROS 5"},
        {"use": "AEMLO", "name": "AEMLO 3", "settings": {"epochs": 3}},
        {"use": "AEMLO", "name": "AEMLO 4", "settings": {"epochs": 4}},
    ],
    "classifiers": [
        {"use": "thresholds", "name": "tree+", "settings": {"classifier": "BR-tree"}},
        {"use": "ML-kNN", "name": "ML-kNN"},
    ],
    "sweep": {"setting": "epochs", "values": {"AEMLO 3": 3, "AEMLO 4": 4}},
}


@pytest.mark.parametrize("told", [True, False], ids=["by content", "by name"])
def test_an_experiment_file_fills_the_form(compare_page, home, told):
    workspace = f"workspace-load-{told}"
    store = Store(home)
    store.use_dataset(workspace, store.add_dataset(toy()))
    entries = [{"path": "a/toy *data*.csv"}, {"path": "other.csv"}]
    if told:
        for entry, data in zip(entries, (toy(), toy("other", 4)), strict=True):
            entry["sha256"] = data.values_hash
    app = compare_page(workspace)
    # The second data set is known because this workspace has a run on it.
    other = toy("other", 4)
    key = store.add_dataset(other)
    store.enqueue(workspace, "embed", "a run", {}, key, other.name, held=True)
    load(app, specs.to_toml(specs.checked(LOADED | {"datasets": entries})))
    assert "4 samplers, 2 classifiers" in app.success[0].value
    next(b for b in app.button if b.label == "Compare").click().run()
    assert not app.exception
    run = store.runs(workspace, "compare")[0]
    asked, made = specs.checked(LOADED), specs.checked(run.spec)
    assert made["more_datasets"] == [other.content_hash]
    assert {name: made[name] for name in asked} == asked


@pytest.mark.parametrize(
    "text, says",
    [
        ("folds = = 2", "my.toml: Experiment: the TOML cannot be read: "),
        ("folds = 2", "my.toml: Experiment: samplers must list at least one sampler."),
        (specs.to_toml(LOADED | {"folds": 30}), "folds = 30, and this form takes 2 to"),
        (specs.to_toml(LOADED | {"split": "declared"}), "has no split of its own."),
        (
            specs.to_toml(LOADED | {"datasets": [{"path": "x/flags.arff"}]}),
            "is about 'flags', which is not the data set in use ('toy *data*')",
        ),
        (
            specs.to_toml(
                LOADED | {"datasets": [{"path": "toy *data*"}, {"path": "gone.csv"}]}
            ),
            "is also about 'gone', which this workspace has not used",
        ),
    ],
)
def test_a_file_that_does_not_fit_leaves_the_form_as_it_is(compare_page, text, says):
    app = compare_page()
    app.number_input(key="compare.folds").set_value(7).run()
    load(app, text)
    (box,) = app.error
    shown = box.value.replace("\\", "")
    assert says in shown and shown.endswith("The form below is as it was.")
    assert app.number_input(key="compare.folds").value == 7
    assert app.multiselect[0].value == ["none", "MLSMOTE", "AEMLO"]


ENGINE = '[engine]\nbackend = "dask"\nscheduler = "{}"\n'


def test_an_experiment_file_with_an_address_is_refused(compare_page, home, stranger):
    app = compare_page("workspace-stranger")
    text = specs.to_toml(specs.checked(LOADED))
    load(app, text.replace("[engine]\n", ENGINE.format(stranger)))
    (box,) = app.error
    assert box.value.replace("\\", "") == (
        "my.toml: Experiment: scheduler must be a name that the administrator of this "
        f"machine allowed, never an address, got {stranger!r}. Name one, remove the "
        "entry, or give the address on your own command line: --scheduler ADDRESS. "
        "The form below is as it was."
    )
    assert app.multiselect[0].value == ["none", "MLSMOTE", "AEMLO"]


def start_and_take_the_spec(app, home, workspace):
    next(b for b in app.button if b.label == "Compare").click().run()
    assert not app.exception
    return Store(home).runs(workspace)[0].spec


def test_the_form_takes_no_address(compare_page, home, stranger):
    app = compare_page("workspace-no-address")
    assert not [box for box in app.text_input if "Dask" in box.label]
    app.session_state["compare.scheduler"] = stranger
    spec = start_and_take_the_spec(app.run(), home, "workspace-no-address")
    assert not {"backend", "scheduler"} & spec.keys()


def test_the_form_offers_what_the_administrator_allowed(
    compare_page, home, stranger, monkeypatch
):
    monkeypatch.setenv("AEMLO_DASK_SCHEDULER", stranger)
    monkeypatch.setenv("AEMLO_DASK_SCHEDULERS", f'{{"lab": "{stranger}"}}')
    app = compare_page("workspace-allowed")
    box = app.selectbox(key="compare.scheduler")
    assert box.options == ["this machine", "default", "lab"]
    assert box.value == ""
    assert stranger not in text(app)
    box.set_value("lab").run()
    spec = start_and_take_the_spec(app, home, "workspace-allowed")
    assert (spec["backend"], spec["scheduler"]) == ("dask", "lab")


def test_an_experiment_file_chooses_an_allowed_scheduler(
    compare_page, stranger, monkeypatch
):
    monkeypatch.setenv("AEMLO_DASK_SCHEDULERS", f'{{"lab": "{stranger}"}}')
    app = compare_page("workspace-file-allowed")
    where = {"backend": "dask", "scheduler": "lab"}
    load(app, specs.to_toml(specs.checked(LOADED | where)))
    assert "4 samplers, 2 classifiers" in app.success[0].value
    assert app.selectbox(key="compare.scheduler").value == "lab"


def test_a_mistake_in_the_environment_leaves_this_machine(
    compare_page, home, monkeypatch
):
    monkeypatch.setenv("AEMLO_DASK_SCHEDULERS", '{"lab": "nowhere"}')
    app = compare_page("workspace-mistake")
    (box,) = app.error
    assert box.value.replace("\\", "") == (
        "AEMLO_DASK_SCHEDULERS: the address of 'lab' must be such as tcp://host:8786, "
        "got 'nowhere'."
    )
    spec = start_and_take_the_spec(app, home, "workspace-mistake")
    assert not {"backend", "scheduler"} & spec.keys()


def test_remedies_become_arms_that_run(compare_page, home):
    app = compare_page("workspace-four")
    app.multiselect(key="compare.remedies").set_value(["class weights", "thresholds"])
    app.run()
    next(b for b in app.button if b.label == "Compare").click().run()
    assert not app.exception
    (run,) = Store(home).runs("workspace-four")
    names = [entry["name"] for entry in run.spec["classifiers"]]
    assert names == [
        *("BR-logistic", "BR-tree", "ML-kNN"),
        *("BR-logistic + class weights", "BR-tree + class weights"),
        *("BR-logistic + thresholds", "BR-tree + thresholds", "ML-kNN + thresholds"),
    ]
    checked = specs.checked(run.spec)
    _, classifiers = specs.arms(specs.from_toml(specs.to_toml(checked)))
    scores = experiment.run(
        toy(), {"none": SAMPLERS["none"]()}, classifiers, folds=2, metrics=["macro-F1"]
    )
    assert (scores["error"] == "").all()
    assert (scores["test_rows_used"] == 0).all()


@pytest.mark.parametrize("view", VIEWS)
def test_a_run_without_a_single_score_can_be_looked_at(compare_page, view):
    app = compare_page(FAILED, view=view)
    assert not app.exception
    assert any("2 cells failed" in e.label for e in app.expander)
    assert any("has no class weights" in str(t.value) for t in app.dataframe)
