"""A default that changes later changes neither old specs nor new ones."""

import functools
import inspect

import numpy as np
import pytest

from aemlo import params, specs
from aemlo.classifiers import CLASSIFIERS
from aemlo.dataset import Dataset, Feature
from aemlo.errors import ParameterError
from aemlo.exports import model
from aemlo.latent.trained import PICTURE
from aemlo.quality.settings import defaults
from aemlo.samplers import AEMLO, MLSMOTE, SAMPLERS
from aemlo.samplers.aemlo.settings import PRESETS
from aemlo.specs import defaults_1, versions
from aemlo.store import Store
from aemlo.worker import Worker


@pytest.fixture
def changed_default(monkeypatch):
    """A function that gives a setting of a class another default, for one test."""

    def change(cls, setting, value):
        constructor = cls.__init__
        known = inspect.signature(constructor)
        after = [
            argument.replace(default=value) if name == setting else argument
            for name, argument in known.parameters.items()
        ]

        @functools.wraps(constructor)
        def patched(self, *arguments, **named):
            bound = known.bind_partial(self, *arguments, **named)
            if setting not in bound.arguments:
                named = {**named, setting: value}
            constructor(self, *arguments, **named)

        patched.__signature__ = known.replace(parameters=after)
        monkeypatch.setattr(cls, "__init__", patched)
        params.parameters.cache_clear()

    yield change
    monkeypatch.undo()
    params.parameters.cache_clear()


def data(n=80):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4))
    Y = (X[:, :2] + rng.normal(size=(n, 2)) > [0.2, 0.9]).astype(np.uint8)
    return Dataset("d", X, Y, tuple(Feature(f"x{j}") for j in range(4)), ("a", "b"))


def compared(**changes):
    spec = {"datasets": [{"path": "yeast"}], "folds": 2}
    arms = {"samplers": ["none", "MLSMOTE"], "classifiers": ["thresholds"]}
    return spec | arms | changes


def test_a_new_spec_names_every_setting_of_every_class():
    for key, table in (("samplers", SAMPLERS), ("classifiers", CLASSIFIERS)):
        whole = specs.checked(specs.written(compared(**{key: list(table)})))
        for entry in whole[key]:
            known = params.parameters(table[entry["use"]])
            assert set(entry["settings"]) == set(known), entry["use"]
        assert whole["spec_version"] == versions.VERSION


def test_nested_arms_are_named_whole():
    (entry,) = specs.checked(specs.written(compared()))["classifiers"]
    inside = entry["settings"]["classifier"]
    known = params.parameters(CLASSIFIERS["BR-logistic"])
    assert inside["name"] == "BR-logistic" and set(inside["params"]) == set(known)


def test_the_first_defaults_are_settings_that_exist():
    for old, table in (
        (defaults_1.SAMPLERS, SAMPLERS),
        (defaults_1.CLASSIFIERS, CLASSIFIERS),
    ):
        for title, settings in old.items():
            assert set(settings) <= set(params.parameters(table[title])), title
            params.build(table[title], params.restored(table[title], settings))


def test_an_old_toml_keeps_the_default_of_its_time(changed_default):
    old = """
[[datasets]]
path = "yeast"
[[samplers]]
use = "none"
[[samplers]]
use = "MLSMOTE"
[[classifiers]]
use = "thresholds"
"""
    new = specs.to_toml(specs.checked(specs.written(compared())))
    changed_default(MLSMOTE, "k_neighbors", 9)
    changed_default(CLASSIFIERS["BR-logistic"], "C", 7.0)
    assert MLSMOTE().k_neighbors == 9
    for text in (old, new):
        samplers, classifiers = specs.arms(specs.from_toml(text))
        assert samplers["MLSMOTE"].k_neighbors == 5
        inside = classifiers["thresholds"].classifier
        assert inside["params"]["C"] == 1.0
    # What is written from now on carries the default of now.
    later = specs.checked(specs.written(compared()))
    assert later["samplers"][1]["settings"]["k_neighbors"] == 9


def test_an_old_model_file_is_the_model_it_was(changed_default):
    dataset = data()
    arm = {"name": "a", "sampler": "MLSMOTE", "classifier": "BR-logistic"}
    pipeline = model.Pipeline(arm, seed=1).fit(dataset)
    new = model.to_bytes(pipeline, dataset)
    old = without_version(new, arm)
    changed_default(CLASSIFIERS["BR-logistic"], "C", 0.01)
    for file in (old, new):
        kept, seed, scale, rows, check = model.from_bytes(file)
        again = model.Pipeline(kept, seed, scale).fit(rows)
        assert model.same_scores(again, rows, check)
    # The bare arm would now be another model.
    other = model.Pipeline(arm, seed=1).fit(dataset)
    assert not model.same_scores(other, dataset, check)


def without_version(file, arm):
    """A model file as the version before wrote it: the bare arm, no `spec_version`."""
    import io
    import json
    import zipfile

    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(file)) as read,
        zipfile.ZipFile(out, "w") as written,
    ):
        for name in read.namelist():
            content = read.read(name)
            if name == "model.json":
                description = json.loads(content)
                del description["spec_version"]
                content = json.dumps(description | {"arm": arm}).encode()
            written.writestr(name, content)
    return out.getvalue()


def do(store, kind, spec):
    dataset = data()
    key = store.add_dataset(dataset)
    run_id = store.enqueue("visitor-1", kind, "t", spec, key, dataset.name)
    Worker(store, "w").do(store.claim("w"))
    run = store.run(run_id)
    assert run.state == "done", run.error
    return run_id


def test_an_old_run_that_waits_is_done_with_the_defaults_of_its_time(
    changed_default, tmp_path
):
    store = Store(tmp_path)
    old = {"sampler": "MLSMOTE", "settings": {}, "seed": 0}
    before = do(store, "resample", old)
    changed_default(MLSMOTE, "k_neighbors", 1)
    after = do(store, "resample", old)
    later = do(store, "resample", specs.written(old))
    rows = [
        (store.folder(run) / "rows.parquet").read_bytes()
        for run in (before, after, later)
    ]
    assert rows[0] == rows[1] != rows[2]


def test_an_old_comparison_is_the_same_after_a_default_changed(
    changed_default, tmp_path
):
    old = {
        "samplers": [{"name": "none", "use": "none"}],
        "classifiers": [{"name": "BR-logistic", "use": "BR-logistic"}],
        "folds": 2,
        "seed": 0,
    }
    scores = []
    for folder in ("before", "after"):
        store = Store(tmp_path / folder)
        run = do(store, "compare", old)
        scores.append(store.scores(run)["value"].to_numpy())
        changed_default(CLASSIFIERS["BR-logistic"], "C", 0.001)
    assert np.array_equal(scores[0], scores[1], equal_nan=True)


@pytest.mark.parametrize("version", [1, 2])
def test_a_spec_from_before_means_the_aemlo_of_then(version):
    older = {} if version == 1 else {"spec_version": 2}
    settings = {} if version == 1 else dict(defaults_1.SAMPLERS["AEMLO"])
    spec = {"sampler": "AEMLO", "settings": settings, "seed": 0} | older
    whole = versions.completed(spec)["settings"]
    assert AEMLO(**whole).get_params() == (
        AEMLO(**PRESETS["all labels alike"]).get_params()
    )
    now = versions.written({"sampler": "AEMLO", "settings": {}, "seed": 0})
    assert AEMLO(**now["settings"]).get_params() == AEMLO().get_params()


@pytest.mark.parametrize("version", [0, 4, "2", None, True, 1.0])
def test_a_version_that_is_not_known_is_refused(version):
    with pytest.raises(ParameterError) as caught:
        specs.checked(compared(spec_version=version))
    assert str(caught.value) == (
        f"spec_version must be between 1 and 3, got {version!r}. It was written by a "
        "newer version of AEMLO Studio: install that one."
    )


def test_a_picture_and_a_judgement_name_every_setting(monkeypatch):
    picture = specs.written({"run": "r", "n_neighbors": 7})
    assert picture == {
        "run": "r",
        **PICTURE,
        "n_neighbors": 7,
        "spec_version": versions.VERSION,
    }
    judged = specs.written({"run": "r", "without": [3], "settings": {"region": 9}})
    assert judged["settings"] == defaults() | {"region": 9}
    assert judged["without"] == [3]
    assert specs.completed(judged) == judged
    # A run stored before there was a version keeps the defaults of its time.
    monkeypatch.setitem(PICTURE, "epochs", 500)
    old = {"run": "r", "n_neighbors": 15, "min_dist": 0.1}
    assert specs.completed(old)["epochs"] == 200
    assert specs.written(old)["epochs"] == 500
    assert specs.completed(picture)["epochs"] == 200
    monkeypatch.setattr(versions, "judging_defaults", lambda: {"region": 7})
    assert specs.completed({"run": "r", "without": []})["settings"]["region"] == 5
    assert specs.completed(judged)["settings"]["region"] == 9


def test_the_first_defaults_of_pictures_and_judgements_exist():
    assert set(defaults_1.PICTURE) == set(PICTURE)
    assert set(defaults_1.JUDGING) == set(defaults())
