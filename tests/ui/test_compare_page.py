"""The Compare page in its states: nothing yet, a finished run, every view of it."""

import numpy as np
import pytest
from visits import WORKSPACE, fine, opened_store, pressed, texts, visit

from aemlo import experiment, specs
from aemlo.dataset import Dataset, Feature
from aemlo.samplers import SAMPLERS
from aemlo.store import Store
from aemlo.worker import Worker

VIEWS = {
    "Verdict": "Intervals and p over splits: corrected resampled t",
    "Labels": "Rare, middle and common labels",
    "Data sets": "Friedman: chi-squared",
    "Trade-offs": "For a sweep or an ablation",
    "Folds and leaks": "the scaler was fitted before the split on purpose",
    "Download": "The experiment file gives the same scores",
}
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
    other = store.add_dataset(toy("other", 4))
    run = compared(store, WORKSPACE, toy(), SPEC | {"more_datasets": [other]})
    assert run.state == "done", run.error
    # ML-kNN has no class weights, so every cell fails.
    remedy = {"use": "class weights", "settings": {"classifier": "ML-kNN"}}
    spec = {"samplers": ["none"], "classifiers": [remedy], "folds": 2}
    assert compared(store, FAILED, toy("failing", 7), spec).summary["failed"] == 2
    return folder


def compared(store, workspace, data, spec):
    """A comparison of a workspace, done by a worker from beginning to end."""
    key = store.add_dataset(data)
    store.use_dataset(workspace, key)
    run_id = store.enqueue(workspace, "compare", "A run", spec, key, data.name)
    Worker(store, "w").do(store.claim("w"))
    return store.run(run_id)


@pytest.fixture
def compare_page(home, monkeypatch):
    """A function that opens the page in a workspace, in one of its views."""

    def opened(workspace=WORKSPACE, view="Verdict"):
        monkeypatch.setenv("AEMLO_WORKSPACE", workspace)
        return visit("compare", **{"compare.view": view})

    for _ in opened_store(home, monkeypatch):
        yield opened


def test_a_page_without_runs_shows_the_example_and_queues_the_first(compare_page, home):
    app = compare_page("another-workspace")
    chosen = next(box for box in app.selectbox if box.label == "Run")
    assert chosen.options == [
        "Finished example: none, MLSMOTE, AEMLO on three classifiers · yeast"
    ]
    assert "cells: " in texts(app)
    pressed(app, "Compare")
    (run,) = Store(home).runs("another-workspace")
    assert run.spec["folds"] == 5 and run.spec["baseline"] == "none"
    assert "none" in [entry["name"] for entry in run.spec["samplers"]]


@pytest.mark.parametrize("view, sentence", VIEWS.items(), ids=VIEWS)
def test_every_view_of_a_finished_run(compare_page, view, sentence):
    app = compare_page(view=view)
    assert sentence in texts(app)
    assert "No exact copy of a test row reached a watched fit" in texts(app)
    assert not app.error


def test_the_verdict_comes_first(compare_page):
    app = compare_page(view="Verdict")
    # A run from before there was a primary metric, of three folds: no verdict at all.
    shown = texts(app).replace("\\", "")
    assert "**No primary metric was chosen before this run, so there is no" in shown
    assert "AEMLO with BR-tree: no verdict on macro-F1: fewer than 5 splits" in shown


def test_no_sampler_no_button(compare_page):
    app = compare_page("workspace-three")
    fine(app.multiselect[0].set_value([]).run())
    assert "Choose at least one sampler and one classifier" in texts(app)
    assert not [b for b in app.button if b.label == "Compare"]


def load(app, text):
    fine(
        app.file_uploader[0].upload("my.toml", text.encode(), "application/toml").run()
    )


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


@pytest.mark.parametrize("by_content", [True, False], ids=["by content", "by name"])
def test_an_experiment_file_fills_the_form(compare_page, home, by_content):
    workspace = f"workspace-load-{by_content}"
    store = Store(home)
    store.use_dataset(workspace, store.add_dataset(toy()))
    entries = [{"path": "a/toy *data*.csv"}, {"path": "other.csv"}]
    if by_content:
        for entry, data in zip(entries, (toy(), toy("other", 4)), strict=True):
            entry["sha256"] = data.values_hash
    app = compare_page(workspace)
    # The second data set is known because this workspace has a run on it.
    other = toy("other", 4)
    key = store.add_dataset(other)
    store.enqueue(workspace, "embed", "a run", {}, key, other.name, held=True)
    load(app, specs.to_toml(specs.checked(LOADED | {"datasets": entries})))
    assert "4 samplers, 2 classifiers" in app.success[0].value
    pressed(app, "Compare")
    run = store.runs(workspace, "compare")[0]
    loaded, queued = specs.checked(LOADED), specs.checked(run.spec)
    assert queued["more_datasets"] == [other.content_hash]
    assert {name: queued[name] for name in loaded} == loaded


@pytest.mark.parametrize(
    "text, message",
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
def test_a_file_that_does_not_fit_leaves_the_form_as_it_is(compare_page, text, message):
    app = compare_page()
    app.number_input(key="compare.folds").set_value(7).run()
    load(app, text)
    (box,) = app.error
    shown = box.value.replace("\\", "")
    assert message in shown and shown.endswith("The form below is as it was.")
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
    pressed(app, "Compare")
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
    assert stranger not in texts(app)
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
    fine(app.run())
    pressed(app, "Compare")
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
    assert any("2 cells failed" in warning.value for warning in app.warning)
    assert any("has no class weights" in str(t.value) for t in app.dataframe)
