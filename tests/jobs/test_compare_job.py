"""The comparison as work of the app: artefacts, stop and resume, the same scores."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from aemlo import compare, experiment, specs
from aemlo.classifiers import CLASSIFIERS
from aemlo.dataset import Dataset, Feature
from aemlo.experiment.kept_cells import Cells
from aemlo.formats import read
from aemlo.formats.builtin import Generator
from aemlo.latent import selection
from aemlo.store import Store
from aemlo.ui.compare.take_away import entry_of, experiment_of, is_held
from aemlo.ui.dataset import checks
from aemlo.worker import Worker

SPEC = {
    "samplers": ["none", {"use": "AEMLO", "settings": {"epochs": 2}}],
    "classifiers": [{"use": "BR-tree", "settings": {"max_depth": 3}}, "ML-kNN"],
    "folds": 2,
    "seed": 5,
}
SCORE = [*experiment.COLUMNS]


def toy(n=80, seed=0, name="toy"):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    Y = (X[:, :3] + rng.normal(size=(n, 3)) > [0, 0.4, 1.2]).astype(np.uint8)
    return Dataset(name, X, Y, tuple(Feature(f"x{i}") for i in range(4)), tuple("abc"))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "home")


def done(store, spec, dataset=None, **changes):
    """The run of `spec`, worked off in this process."""
    dataset = dataset or toy()
    key = store.add_dataset(dataset)
    run_id = store.enqueue(
        "workspace", "compare", "a comparison", spec | changes, key, dataset.name
    )
    Worker(store, "w").do(store.claim("w"))
    return store.run(run_id)


def frame(store, run, name="scores"):
    return pd.read_parquet(store.folder(run.id) / f"{name}.parquet")


def test_the_page_and_the_library_give_the_same_scores(store):
    run = done(store, SPEC)
    assert (run.state, run.error) == ("done", None)
    spec = specs.checked(SPEC)
    here = experiment.run(toy(), *specs.arms(spec), **specs.options(spec))
    pd.testing.assert_frame_equal(
        frame(store, run)[SCORE], here[SCORE], check_exact=True
    )
    live = store.scores(run.id)
    assert set(live["label"]) == {""}
    assert len(live) == (here["label"] == "").sum()


def by_command_line(store, run, folder):
    """The scores of `python -m aemlo compare` on the experiment file of a run."""
    spec = experiment_of(store, run, run.summary["datasets"])
    file, out = folder / "experiment.toml", folder / "scores.csv"
    file.write_text(specs.to_toml(spec), encoding="utf-8")
    arguments = ["compare", "--spec", str(file), "--out", str(out)]
    subprocess.run(
        [sys.executable, "-m", "aemlo", *arguments], check=True, capture_output=True
    )
    return pd.read_csv(out, keep_default_na=False, na_values={"value": [""]})


def assert_same_scores(here, there):
    columns = ["sampler", "classifier", "fold", "metric", "label", "value"]
    pd.testing.assert_frame_equal(
        here[columns], there[columns], check_exact=True, check_dtype=False
    )


def test_the_page_and_the_command_line_give_the_same_scores(store, shared, tmp_path):
    for name in ("flags.arff", "flags.xml"):
        shutil.copy(shared / "data/mulan" / name, tmp_path)
    data = read(tmp_path / "flags.arff", xml=tmp_path / "flags.xml")
    run = done(store, SPEC | {"samplers": ["none", "MLSMOTE"]}, data)
    assert run.state == "done", run.error
    assert_same_scores(frame(store, run), by_command_line(store, run, tmp_path))


def test_a_recipe_and_how_a_file_was_read_are_in_the_experiment_file(store, tmp_path):
    write_strange_file(tmp_path / "strange.csv")
    data = read(
        tmp_path / "strange.csv",
        label_list="tags",
        encoding="cp1252",
        delimiter=";",
        decimal=",",
    )
    workspace = Workspace(store, data)
    for steps in (
        [{"step": "drop_rows", "rule": "missing"}],
        [{"step": "drop_labels", "names": ["c"]}],
        [{"step": "impute", "numeric": "median"}],
    ):
        checks.carry_out(workspace, workspace.dataset, steps)
    data = workspace.dataset
    assert len(data.recipe) == 3 and "c" not in data.label_names
    run = done(store, SPEC | {"samplers": ["none", "MLSMOTE"], "jobs": 2}, data)
    assert run.state == "done", run.error
    assert_same_scores(frame(store, run), by_command_line(store, run, tmp_path))


class Workspace:
    """What the data checks need of a visitor."""

    def __init__(self, store, dataset):
        self.store, self.dataset = store, dataset

    def use(self, dataset):
        self.dataset = dataset


def write_strange_file(path):
    rng = np.random.default_rng(3)
    shares = {"a": 0.6, "b": 0.5, "c": 0.2}
    lines = ["größe;b;c d;tags"]
    for i in range(90):
        numbers = [f"{value:.3f}".replace(".", ",") for value in rng.normal(size=3)]
        numbers[1] = "" if i % 11 == 0 else numbers[1]
        tags = [t for t, share in shares.items() if rng.random() < share]
        lines.append(";".join([*numbers, "|".join(tags or ["a"])]))
    path.write_bytes("\n".join(lines).encode("cp1252"))


@pytest.mark.parametrize("change", ["made", "built"])
def test_rows_no_file_holds_are_said_and_named_as_a_file_to_save(store, change):
    data = read("synthetic")
    if change == "made":
        data = replace(data, source=selection.origin(data))
    else:
        data = Generator(rows=60).make()
    entry = entry_of(data, "mine")
    assert entry["path"].endswith("seed-0.csv") and "recipe" not in entry
    assert entry["labels"] == list(data.label_names)
    assert not is_held(data) and is_held(read("synthetic"))


def test_the_summary_says_what_was_checked(store):
    run = done(store, SPEC)
    assert run.summary["cells"] == 8
    assert run.summary["failed"] == 0
    assert run.summary["test_rows_used"] == 0
    assert run.summary["seconds_left"] == 0
    assert "scikit-learn" in run.summary["versions"]
    assert sum(run.summary["verdicts"].values()) == len(
        compare.before_after(frame(store, run))
    )


def test_predictions_are_those_the_scores_come_from(store):
    data = toy()
    run = done(store, SPEC, data)
    folder = store.folder(run.id)
    index = json.loads((folder / "predictions.json").read_text())
    scores = frame(store, run)
    losses = scores[scores["metric"] == "Hamming loss"]
    with np.load(folder / "predictions.npz", allow_pickle=False) as arrays:
        for number, (_, sampler, classifier, repeat) in enumerate(index):
            predicted = arrays[str(number)]
            assert repeat == 0 and set(np.unique(predicted)) <= {0, 1}
            mine = losses[
                (losses["sampler"] == sampler) & (losses["classifier"] == classifier)
            ]
            sizes = mine["test_rows"] / data.n
            assert (predicted != data.Y).mean() == pytest.approx(
                (mine["value"] * sizes).sum()
            )


def test_the_experiment_file_repeats_the_run(store):
    run = done(store, SPEC)
    text = (store.folder(run.id) / "experiment.toml").read_text(encoding="utf-8")
    assert specs.from_toml(text) == specs.checked(SPEC)


def test_a_stopped_run_keeps_its_cells_and_goes_on(store, monkeypatch):
    data = toy()
    key = store.add_dataset(data)
    run_id = store.enqueue("workspace", "compare", "c", SPEC, key, "toy")
    fits, fit = [], CLASSIFIERS["BR-tree"].fit

    def stops_after_the_third(self, *arguments, **named):
        fits.append(1)
        if len(fits) == 3:
            store.request(run_id, "stop")
        return fit(self, *arguments, **named)

    monkeypatch.setattr(CLASSIFIERS["BR-tree"], "fit", stops_after_the_third)
    monkeypatch.setattr("aemlo.jobs.base.LOOK_SECONDS", 0.0)
    Worker(store, "w").do(store.claim("w"))
    run = store.run(run_id)
    assert run.state == "stopped"
    kept = len(Cells(store.home / "cells.sqlite"))
    assert 4 <= kept < 8
    assert run.summary["cells"] <= kept
    store.resume(run_id)
    Worker(store, "w").do(store.claim("w"))
    run = store.run(run_id)
    assert run.state == "done" and run.summary["cells"] == 8
    assert len(fits) <= 5
    spec = specs.checked(SPEC)
    here = experiment.run(data, *specs.arms(spec), **specs.options(spec))
    pd.testing.assert_frame_equal(frame(store, run)[SCORE], here[SCORE])
    assert len(store.scores(run_id)) == (here["label"] == "").sum()


def test_one_more_sampler_costs_its_own_cells(store, monkeypatch):
    done(store, SPEC | {"samplers": ["none"]})
    fits, fit = [], CLASSIFIERS["BR-tree"].fit
    monkeypatch.setattr(
        CLASSIFIERS["BR-tree"], "fit", lambda *a, **k: fits.append(1) or fit(*a, **k)
    )
    done(store, SPEC)
    assert len(fits) == 2


def test_the_leak_lesson_is_beside_the_right_scores(store):
    run = done(store, SPEC, leak="scaler", samplers=["none"])
    wrong, right = frame(store, run, "leak"), frame(store, run)
    assert (wrong["test_rows_used"] > 0).all() and (right["test_rows_used"] == 0).all()
    assert len(compare.mistake(right, wrong)) > 0
    assert run.summary["test_rows_used"] == 0


def test_a_pilot_says_how_long_the_rest_takes(store):
    run = done(store, SPEC, pilot=True)
    scores = frame(store, run)
    assert set(scores["fold"]) == {0}
    left = experiment.estimate(scores, 2)
    assert run.summary["seconds_left"] == pytest.approx(left["seconds_left"].sum())


def test_data_sets_of_one_name_are_told_apart(store):
    other = store.add_dataset(toy(seed=8))
    run = done(store, SPEC, more_datasets=[other], samplers=["none"])
    assert run.summary["datasets"] == ["toy", "toy (2)"]
    for name in ("scores", "labels", "splits"):
        assert set(frame(store, run, name)["dataset"]) == {"toy", "toy (2)"}


def test_what_is_wrong_with_the_settings_is_the_run_s_error(store):
    run = done(store, SPEC, samplers=["none", "nine"])
    assert run.state == "failed"
    assert run.error.startswith("There is no sampler 'nine'. Names: ")


def test_warnings_name_the_data_set(store):
    Y = np.zeros((40, 2), dtype=np.uint8)
    Y[:1, 0], Y[::2, 1] = 1, 1
    X = np.random.default_rng(0).normal(size=(40, 2))
    data = Dataset("thin", X, Y, (Feature("a"), Feature("b")), ("rare", "half"))
    run = done(store, SPEC, data, samplers=["none"])
    assert run.summary["warnings"][0].startswith(
        "thin: 1 label without a positive row in some test part"
    )
