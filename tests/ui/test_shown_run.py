"""Whose run a page shows, of which data set: nothing stands under another name."""

import numpy as np
import pytest
import streamlit as st
from visits import (
    WORKSPACE,
    button_labels,
    finished_run,
    opened_store,
    pressed,
    visit,
    words,
)

from aemlo.dataset import Dataset, Feature
from aemlo.formats import read
from aemlo.store import Store
from aemlo.ui import state
from aemlo.ui.example import install_example

EXAMPLE = {
    "train": "0a0a0a0a0a0a0a0a0a0a0a01",
    "latent": "0a0a0a0a0a0a0a0a0a0a0a01",
    "compare": "0a0a0a0a0a0a0a0a0a0a0a03",
}
LINE = "Example: yeast, trained earlier"
USE_EXAMPLE = "Use yeast and see the finished example"
# What the example's results say, page by page.
SAYS = {
    "train": "What it made",
    "latent": "2,417 real",
    "compare": "No exact copy of a test row",
}
KINDS = {"train": "train", "latent": "train", "compare": "compare"}
OTHERS = {"resample": "resample", "classify": "classify"}
MAKES = {
    "train": "Train AEMLO on small",
    "latent": "Train AEMLO on small",
    "compare": "Compare on small",
    "resample": "Resample small",
    "classify": "Classify small",
}
SPECS = {
    "train": {"sampler": "AEMLO", "settings": {}, "seed": 0},
    "resample": {"sampler": "ML-ROS", "settings": {}, "seed": 0},
    "compare": {"samplers": ["none"], "classifiers": ["BR-tree"]},
    "classify": {"arms": []},
}


def small(name="small"):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    Y = (X[:, :3] > [0, 0.5, 1.2]).astype(np.uint8)
    features = tuple(Feature(f"x{j}") for j in range(4))
    return Dataset(name, X, Y, features, ("common", "middle", "rare"))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with the example in it, made once."""
    folder = tmp_path_factory.mktemp("home")
    install_example(Store(folder), state.EXAMPLE)
    return folder


@pytest.fixture
def store(home, monkeypatch):
    """The store with the example; the visitor has no runs and uses `small`."""
    for store in opened_store(home, monkeypatch):
        for run in store.runs(WORKSPACE):
            store.delete(run.id)
        store.use_dataset(WORKSPACE, store.add_dataset(small()))
        yield store


@pytest.fixture
def file_names(monkeypatch):
    """Names of the files that are offered, as the page offers them."""
    offered, button = [], st.download_button

    def record(*args, **more):
        offered.append(more["file_name"])
        return button(*args, **more)

    monkeypatch.setattr(st, "download_button", record)
    return offered


def finished(store, kind, workspace=WORKSPACE, dataset=None, title="Mine"):
    """A finished run that left no files."""
    dataset = dataset or small()
    key = store.add_dataset(dataset)
    run = store.enqueue(workspace, kind, title, SPECS[kind], key, dataset.name)
    store.finish(run, "done", summary={"arms": []})
    return run


@pytest.mark.parametrize("name", EXAMPLE)
def test_the_example_is_not_shown_under_another_data_set(store, name):
    page = visit(name)
    text = words(page)
    assert LINE not in text and SAYS[name] not in text
    assert "Finished example" not in str([box.options for box in page.selectbox])
    assert "on small yet." in text
    assert {MAKES[name], USE_EXAMPLE} <= set(button_labels(page))
    # The quiet button: the example's data set and the example.
    pressed(page, USE_EXAMPLE)
    assert store.workspace_dataset(WORKSPACE) == read("yeast").content_hash
    text = words(page)
    assert LINE in text and SAYS[name] in text


@pytest.mark.parametrize("name", [*EXAMPLE, *OTHERS])
def test_what_is_missing_is_made_at_the_press_of_a_button(store, name):
    page = visit(name)
    assert "on small yet." in words(page) or name in OTHERS
    if name in OTHERS:
        assert USE_EXAMPLE not in button_labels(page)
    pressed(page, MAKES[name])
    (run,) = store.runs(WORKSPACE)
    assert (run.kind, run.dataset_name) == (KINDS.get(name, name), "small")
    assert run.dataset == small().content_hash


@pytest.mark.parametrize("name", EXAMPLE)
def test_an_address_of_the_example_says_whose_it_is_and_offers_to_switch(store, name):
    mine = finished(store, KINDS[name])
    page = visit(name, EXAMPLE[name])
    text = words(page)
    assert (
        "This address opens the finished example, trained on yeast. The data set in "
        "use is small, so its results are not shown here." in text
    )
    assert SAYS[name] not in text and LINE not in text
    pressed(page, "Show the runs on small")
    assert page.query_params.get("run") in (None, [], mine, [mine])
    assert "This address opens" not in words(page)
    assert (
        page.selectbox(
            key=next(box.key for box in page.selectbox if box.label == "Run")
        ).value
        == mine
    )
    page = pressed(visit(name, EXAMPLE[name]), USE_EXAMPLE)
    text = words(page)
    assert LINE in text and SAYS[name] in text


@pytest.mark.parametrize("name", EXAMPLE)
def test_who_loads_yeast_meets_the_example_as_an_example(store, name, file_names):
    store.use_dataset(WORKSPACE, store.add_dataset(read("yeast")))
    chosen = {"compare.view": "Download"} if name == "compare" else {}
    page = visit(name, **chosen)
    assert LINE in words(page)
    assert USE_EXAMPLE not in button_labels(page)
    # What the form above offers is the visitor's, and so is the network's picture.
    own = [file for file in file_names if not file.startswith("example-yeast-")]
    allowed = ("aemlo-network", "preview", "yeast-folds-and-labels")
    assert [file for file in own if not file.startswith(allowed)] == []
    assert any(file.startswith("example-yeast-") for file in file_names)


def test_the_files_of_the_visitor_are_not_called_an_example(store, file_names):
    store.use_dataset(WORKSPACE, store.add_dataset(read("yeast")))
    visit("train")
    file_names.clear()
    finished(store, "train", dataset=read("yeast"))
    page = visit("train")
    assert LINE not in words(page)
    assert file_names and not [f for f in file_names if f.startswith("example")]


@pytest.mark.parametrize("name", EXAMPLE)
def test_files_of_the_example_have_one_prefix(store, name, file_names):
    """Views of the page whose files are named without the data set."""
    store.use_dataset(WORKSPACE, store.add_dataset(read("yeast")))
    views = {
        "compare": ("compare.view", ["Labels", "Trade-offs", "Folds and leaks"]),
        "latent": ("latent.section", ["Directions", "Is it any good"]),
    }
    key, values = views.get(name, ("train.log", [True]))
    for value in values:
        visit(name, **{key: value})
    own = [file for file in file_names if not file.startswith("example-yeast-")]
    allowed = ("aemlo-network", "preview", "yeast-folds-and-labels")
    assert [file for file in own if not file.startswith(allowed)] == []


@pytest.mark.parametrize("name", [*EXAMPLE, *OTHERS])
def test_a_run_on_another_data_set_is_said_to_be(store, name):
    kind = KINDS.get(name, name)
    run = finished(store, kind, dataset=small("other"))
    page = visit(name, run)
    assert "This run is of other, not of the data set in use (small)." in words(page)
    pressed(page, "Use other")
    assert store.workspace_dataset(WORKSPACE) == small("other").content_hash
    assert "This run is of" not in words(page)


@pytest.mark.parametrize("name", [*EXAMPLE, *OTHERS])
def test_somebody_elses_run_is_said_to_be_theirs(store, name):
    kind = KINDS.get(name, name)
    run = finished(store, kind, "somebody-else", small("other"))
    text = words(visit(name, run))
    assert (
        "Somebody else's run, opened by its link. It is of other, not of the data set "
        "in use (small)." in text
    )
    run = finished(store, kind, "somebody-else")
    text = words(visit(name, run))
    assert "Somebody else's run, opened by its link. It is of small." in text


def test_the_list_of_runs_has_the_example_with_its_data_set_only(store):
    page = visit("runs")
    assert not [box for box in page.checkbox if "example" in box.label]
    assert "AEMLO, rare labels first" not in words(page)
    pressed(page, USE_EXAMPLE)
    text = words(page)
    assert LINE in text and "AEMLO, rare labels first" in text


def test_an_example_laid_over_the_imbalance_page_is_called_one(store, file_names):
    key = read("yeast").content_hash
    over = f"imbalance.over.{key[:12]}"
    store.use_dataset(WORKSPACE, key)
    title = "Example: AEMLO, rare labels first"
    page = visit("imbalance")
    assert page.selectbox(key=over).options == ["nothing", title]
    assert LINE not in words(page)
    assert not [file for file in file_names if file.startswith("example")]
    file_names.clear()
    page = visit("imbalance", **{over: title})
    assert LINE in words(page)
    assert {file.startswith("example-yeast-") for file in file_names} == {True}


def test_curves_beside_a_run_name_their_data_set(store):
    """The curves of the example are offered with its own data set only."""
    finished(store, "train")
    other = finished(store, "train", dataset=small("other"), title="There")
    page = visit("train")
    (line,) = page.multiselect(key="train.beside").options
    assert line.startswith("There · other · ")
    page.multiselect(key="train.beside").set_value([other])
    page.run()
    assert not page.exception


def test_runs_side_by_side_are_of_one_data_set(store):
    """A run opened by its address is laid beside others on its own data set."""
    for dataset in (small(), small("other")):
        run = finished_run(
            store, "resample", f"On {dataset.name}", SPECS["resample"], dataset
        )
    page = visit("resample", run.id, **{"resample.view": "Side by side"})
    (line,) = page.multiselect(key="resample.beside").options
    assert line.startswith("On other")
