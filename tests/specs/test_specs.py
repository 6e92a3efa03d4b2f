"""Experiments as TOML: there and back, the same scores, every mistake said."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aemlo import experiment, specs
from aemlo.errors import DataError, ParameterError
from aemlo.experiment.schedulers import Scheduler
from aemlo.formats import read

SPEC = {
    "name": 'a "quoted" \\ name, ünïcode\x7f',
    "folds": 2,
    "seed": 3,
    "metrics": ["Macro-F1", "ranking loss"],
    "datasets": [{"path": "yeast", "name": "cells"}],
    "samplers": [
        {"use": "none"},
        {"use": "aemlo", "name": "AEMLO short", "settings": {"epochs": 2}},
    ],
    "classifiers": [
        {"use": "br-logistic", "settings": {"C": 2, "class_weights": True}},
        "ML-kNN",
    ],
}


def test_a_spec_survives_toml():
    checked = specs.checked(SPEC)
    assert specs.from_toml(specs.to_toml(checked)) == checked


def test_titles_and_defaults_are_filled_in():
    checked = specs.checked(SPEC)
    assert [entry["name"] for entry in checked["samplers"]] == ["none", "AEMLO short"]
    assert [e["name"] for e in checked["classifiers"]] == ["BR-logistic", "ML-kNN"]
    # The metric that carries the verdict is computed, asked for or not.
    assert checked["primary"] == "minority F1"
    assert checked["metrics"] == ["macro-F1", "ranking loss", "minority F1"]
    assert (checked["repeats"], checked["baseline"]) == (1, "none")


def test_settings_reach_the_objects_in_their_kinds():
    samplers, classifiers = specs.arms(specs.checked(SPEC))
    assert samplers["AEMLO short"].epochs == 2
    assert classifiers["BR-logistic"].C == 2.0
    tree = specs.arms(
        specs.checked(
            SPEC
            | {
                "classifiers": [
                    {"use": "BR-tree", "settings": {"max_depth": "none"}},
                    {"use": "CC-tree", "settings": {"given_order": [1, 0]}},
                ]
            }
        )
    )[1]
    assert tree["BR-tree"].max_depth is None
    assert tree["CC-tree"].given_order == (1, 0)


def test_none_and_tuples_are_written_so_that_they_come_back():
    checked = specs.checked(
        SPEC
        | {
            "classifiers": [
                specs.arm("BR-tree", {"max_depth": None}),
                specs.arm("CC-tree", {"given_order": (1, 0)}),
            ]
        }
    )
    again = specs.arms(specs.from_toml(specs.to_toml(checked)))[1]
    assert again["BR-tree"].max_depth is None
    assert again["CC-tree"].given_order == (1, 0)


def test_the_settings_of_what_is_inside_survive_toml():
    steps = ["REMEDIAL", {"name": "ML-ROS", "params": {"target": {"3": 80}}}]
    inner = {"name": "BR-tree", "params": {"max_depth": None, "class_weights": True}}
    checked = specs.checked(
        SPEC
        | {
            "samplers": ["none", specs.arm("chain", {"steps": steps})],
            "classifiers": [specs.arm("thresholds", {"classifier": inner})],
        }
    )
    samplers, classifiers = specs.arms(specs.from_toml(specs.to_toml(checked)))
    step = samplers["chain"].steps[1]["params"]
    assert step == {"budget": None, "target": {3: 80}, "labels": None}
    inside = classifiers["thresholds"].classifier
    assert inside["name"] == "BR-tree"
    assert inside["params"] == inner["params"] | {"min_samples_leaf": 1, "n_jobs": 1}
    compile(specs.script(checked), "repeat.py", "exec")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"fold": 3}, "Experiment: there is no entry 'fold'. Entries: baseline, "),
        (
            {"folds": 1},
            "Experiment: folds must be a whole number of at least 2, got 1.",
        ),
        (
            {"seed": True},
            "Experiment: seed must be a whole number of at least 0, got True.",
        ),
        (
            {"split": "thirds"},
            "Experiment: split must be one of folds, hold-out, declared, got 'thirds'.",
        ),
        ({"samplers": []}, "Experiment: samplers must list at least one sampler."),
        ({"samplers": ["nona"]}, "There is no sampler 'nona'. Names: "),
        (
            {"samplers": ["none", "NONE"]},
            "Experiment: two samplers are called 'none'. Give one another name.",
        ),
        (
            {"samplers": [{"settings": {}}]},
            "Experiment: every entry of samplers needs use = a sampler's name, got ",
        ),
        (
            {"samplers": ["none", {"use": "AEMLO", "settings": {"epoch": 1}}]},
            "AEMLO: there is no setting 'epoch'.",
        ),
        (
            {"samplers": ["none", {"use": "AEMLO", "settings": {"epochs": 0}}]},
            "AEMLO: epochs must be between 1 and 5000, got 0.",
        ),
        (
            {"baseline": "MLSMOTE"},
            "Experiment: the baseline 'MLSMOTE' is not among the arms. Arms: none, "
            "AEMLO short.",
        ),
        ({"metrics": ["F3"]}, "There is no metric 'F3'."),
        (
            {"datasets": [{"name": "x"}]},
            "Experiment: every entry of datasets needs a path, got {'name': 'x'}.",
        ),
        (
            {"datasets": [{"path": "x", "recipe": [{"step": "shake"}]}]},
            "Experiment: recipe must list steps, each with step = one of ",
        ),
        (
            {"engine": {"job": 2}},
            "Experiment: engine has no entry 'job'. Entries: jobs, backend, scheduler.",
        ),
        (
            {"engine": {"jobs": 0}},
            "Experiment: engine.jobs must be a whole number of at least 1, got 0.",
        ),
        (
            {"engine": {"backend": "ray"}},
            "Experiment: engine.backend must be one of loky, dask, got 'ray'.",
        ),
        (
            {"engine": {"scheduler": 8786}},
            "Experiment: engine.scheduler must be the name of a scheduler, got 8786.",
        ),
        ({"engine": 2}, "Experiment: engine must be a table, got 2."),
        (
            {"sweep": {"setting": "epochs", "values": {"AEMLO long": 9}}},
            "Experiment: sweep speaks of 'AEMLO long', which is not among the "
            "samplers. Samplers: none, AEMLO short.",
        ),
        (
            {"sweep": {"values": {}}},
            "Experiment: sweep needs a setting and values, sampler name = value, got ",
        ),
        (
            {"datasets": [{"path": "x", "colour": 1}]},
            "Experiment: a data set has no entry 'colour'. Entries: path, name, ",
        ),
    ],
)
def test_a_wrong_entry_is_said(change, message):
    with pytest.raises(ParameterError) as caught:
        specs.checked(SPEC | change)
    assert str(caught.value).startswith(message)


def test_where_it_computes_and_the_sweep_survive_toml(monkeypatch):
    monkeypatch.setenv("AEMLO_DASK_SCHEDULERS", '{"lab": "tcp://host:8786"}')
    sweep = {"setting": "epochs", "values": {"AEMLO short": 2}}
    spec = SPEC | {"jobs": 3, "backend": "dask", "sweep": sweep}
    text = specs.to_toml(specs.checked(spec | {"scheduler": "lab"}))
    assert '[engine]\njobs = 3\nbackend = "dask"\nscheduler = "lab"\n' in text
    again = specs.from_toml(text)
    assert again["sweep"] == sweep
    where = {"jobs": 3, "backend": "dask"}
    where["scheduler"] = Scheduler("tcp://host:8786", "lab")
    assert specs.engine(again) == where
    assert specs.engine(again, jobs=1, backend=None) == where | {"jobs": 1}
    own = "tcp://another:8786"
    assert specs.engine(again, scheduler=own) == where | {"scheduler": own}
    assert specs.engine(specs.checked(SPEC)) == {
        **{"jobs": None, "backend": "loky", "scheduler": None}
    }


def test_a_recipe_is_done_on_what_was_read(shared):
    recipe = [
        {"step": "drop_labels", "names": ["red"]},
        {"step": "drop_rows", "rule": "unlabelled"},
    ]
    entry = {"path": "flags.arff", "xml": "flags.xml", "recipe": recipe}
    (data,) = specs.datasets({"datasets": [entry]}, shared / "data/mulan")
    raw = read(shared / "data/mulan/flags.arff", xml=shared / "data/mulan/flags.xml")
    left = np.delete(raw.Y, raw.label_names.index("red"), axis=1)
    assert data.Y.tolist() == left[left.any(axis=1)].tolist()
    assert list(data.recipe) == recipe


def test_other_rows_than_the_experiment_was_written_for_are_refused(tmp_path):
    (tmp_path / "d.csv").write_text("a,b,l\n1,2,0\n3,4,1\n")
    entry = {"path": "d.csv", "labels": ["l"]}
    (data,) = specs.datasets({"datasets": [entry]}, tmp_path)
    entry["sha256"] = data.values_hash
    assert specs.datasets({"datasets": [entry]}, tmp_path)[0].n == 2
    (tmp_path / "d.csv").write_text("a,b,l\n1,2,0\n3,5,1\n")
    with pytest.raises(DataError) as caught:
        specs.datasets({"datasets": [entry]}, tmp_path)
    assert str(caught.value) == (
        "d.csv: holds other values or names than the data set this experiment was "
        "written for. Name the same file, or remove the line sha256 to run it on these."
    )


def test_broken_toml_names_the_line():
    with pytest.raises(ParameterError, match=r"cannot be read: .*line 2"):
        specs.from_toml("seed = 1\nfolds = = 2\n")


def test_paths_are_beside_the_file(shared):
    spec = {"datasets": [{"path": "flags.arff", "xml": "flags.xml", "name": "f"}]}
    (data,) = specs.datasets(spec, shared / "data/mulan")
    assert (data.name, data.n, data.q) == ("f", 194, 7)


def test_no_data_set_is_said():
    with pytest.raises(ParameterError, match="names no data set"):
        specs.datasets({})


def small(shared, **more):
    folder = shared / "data/mulan"
    entry = {"path": str(folder / "flags.arff"), "xml": str(folder / "flags.xml")}
    entry |= more
    return SPEC | {
        "datasets": [entry],
        "samplers": ["none"],
        "metrics": [],
        "name": "flags",
    }


def test_toml_gives_the_same_scores_to_the_last_bit(shared):
    spec = specs.checked(small(shared))
    again = specs.from_toml(specs.to_toml(spec))
    frames = [
        experiment.run(specs.datasets(s), *specs.arms(s), **specs.options(s))
        for s in (spec, again)
    ]
    columns = [*experiment.COLUMNS]
    pd.testing.assert_frame_equal(
        frames[0][columns], frames[1][columns], check_exact=True
    )


@pytest.mark.parametrize("recipe", [[], [{"step": "drop_labels", "names": ["red"]}]])
def test_the_script_repeats_the_scores_with_the_library_alone(shared, tmp_path, recipe):
    spec = specs.checked(small(shared, recipe=recipe))
    script = tmp_path / "repeat.py"
    script.write_text(specs.script(spec), encoding="utf-8")
    root = Path(specs.__file__).parents[2]
    subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "PATH": ""},
        check=True,
        capture_output=True,
    )
    there = pd.read_csv(tmp_path / "scores.csv")
    here = experiment.run(
        specs.datasets(spec), *specs.arms(spec), **specs.options(spec)
    )
    columns = ["sampler", "classifier", "fold", "metric", "value"]
    pd.testing.assert_frame_equal(here[columns], there[columns], check_exact=True)
    assert (tmp_path / "before_after.csv").exists()


def test_the_script_names_only_what_it_uses():
    text = specs.script(specs.checked(specs.written(SPEC)))
    assert "from aemlo.samplers import AEMLO, NoSampling\n" in text
    assert "from aemlo.classifiers import BRLogistic, MLKNN\n" in text
    assert "'AEMLO short': AEMLO(epochs=2)," in text
    compile(text, "repeat.py", "exec")
