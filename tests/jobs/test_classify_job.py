"""The classify job, model files, and rows without labels."""

import io
import json
import os
import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from aemlo import notes
from aemlo.charts import classify as charts
from aemlo.classifiers import explain
from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError, ParameterError
from aemlo.exports import model as exports_model
from aemlo.formats import open_files, read
from aemlo.formats.builtin import yeast
from aemlo.jobs.base import Job
from aemlo.jobs.kinds import classify, predict
from aemlo.store import Store

PLAIN = {"name": "as it is", "sampler": None, "classifier": {"name": "BR-logistic"}}
CUTS = {
    "name": "thresholds",
    "sampler": None,
    "classifier": {
        "name": "thresholds",
        "params": {"classifier": {"name": "BR-logistic", "params": {"C": 0.5}}},
    },
}


def small(is_sparse=False, n=80):
    """A Dataset with a nominal feature and a missing cell."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.random((n, 3)), rng.integers(0, 3, n)])
    X[4, 1] = np.nan
    Y = np.column_stack([X[:, 0] > 0.5, X[:, 3] == 2, X[:, 2] > 0.9])
    return Dataset(
        name="small",
        X=sparse.csr_matrix(X) if is_sparse else X,
        Y=Y,
        features=(
            *(Feature(f"f{i}") for i in range(3)),
            Feature("kind", "nominal", ("a", "b", "c")),
        ),
        label_names=("one", "two", "three"),
    )


def done(module, store, dataset, spec):
    key = store.add_dataset(dataset)
    # A workspace runs one thing at a time, so each run here gets its own.
    workspace = f"workspace-{len(list(store.home.rglob('*')))}"
    run_id = store.enqueue(workspace, "classify", "test", spec, key, dataset.name)
    store.claim("worker")
    job = Job(store.run(run_id), store)
    module.run(job)
    return job


def test_classify_keeps_what_every_arm_says(tmp_path):
    dataset = small()
    spec = {"arms": [PLAIN, CUTS], "split": {"how": "hold-out", "test_share": 0.3}}
    job = done(classify, Store(tmp_path), dataset, spec)
    with np.load(job.folder / "rows.npz") as rows:
        train, test, near = rows["train"], rows["test"], rows["near"]
    assert sorted([*train, *test]) == list(range(80))
    assert set(near.ravel()) <= set(train)
    pipeline = exports_model.Pipeline(PLAIN, job.seed).fit(dataset.take(train))
    labels, scores = pipeline.decide(dataset.take(test))
    with np.load(job.folder / "arm_0.npz") as kept:
        assert np.array_equal(kept["labels"], labels)
        assert np.array_equal(kept["scores"], scores)
        assert kept["coefficients"].shape == (3, 6)
    with np.load(job.folder / "arm_1.npz") as kept:
        assert (kept["labels"] == (kept["scores"] >= kept["thresholds"])).all()
        assert not np.allclose(kept["thresholds"], 0.5)
    frame = job.store.scores(job.run.id)
    assert set(frame["classifier"]) == {"as it is", "thresholds"}
    assert [arm["error"] for arm in job.summary["arms"]] == ["", ""]


def test_an_arm_that_fails_does_not_stop_the_others(tmp_path):
    impossible = {
        "name": "weights",
        "sampler": None,
        "classifier": {"name": "class weights", "params": {"classifier": "ML-kNN"}},
    }
    job = done(classify, Store(tmp_path), small(), {"arms": [impossible, PLAIN]})
    first, second = job.summary["arms"]
    assert first["error"].startswith("class weights: ML-kNN has no class weights.")
    assert second["error"] == "" and (job.folder / "arm_1.npz").exists()


def test_test_rows_change_nothing_that_is_learned(tmp_path):
    """Other labels and features in the test rows leave thresholds as they were."""
    dataset = small()
    spec = {"arms": [CUTS], "split": {"how": "declared"}}
    split = np.arange(80) < 60
    learned = []
    for change in (False, True):
        X, Y = dataset.X.copy(), dataset.Y.copy()
        if change:
            X[60:] = X[60:] * 9 % 3
            Y[60:] = 1 - Y[60:]
        own = Dataset("own", X, Y, dataset.features, dataset.label_names, split=split)
        job = done(classify, Store(tmp_path / str(change)), own, spec)
        with np.load(job.folder / "arm_0.npz") as kept:
            learned.append((kept["thresholds"], kept["coefficients"]))
    assert np.array_equal(learned[0][0], learned[1][0])
    assert np.array_equal(learned[0][1], learned[1][1])


def test_a_fold_that_does_not_exist():
    with pytest.raises(ParameterError) as caught:
        classify.split_of(small(), {"how": "folds", "folds": 3, "fold": 3})
    assert str(caught.value) == "Classify: fold must be between 0 and 2, got 3."


@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("arm", [PLAIN, CUTS], ids=["plain", "thresholds"])
def test_a_model_file_comes_back_as_the_same_model(is_sparse, arm):
    dataset = small(is_sparse)
    pipeline = exports_model.Pipeline(arm, seed=4).fit(dataset)
    data = exports_model.to_bytes(pipeline, dataset)
    arm_again, seed, scale, data_again, check = exports_model.from_bytes(data)
    assert data_again.content_hash == dataset.content_hash
    again = exports_model.Pipeline(arm_again, seed, scale).fit(data_again)
    assert exports_model.same_scores(again, data_again, check)
    assert not exports_model.same_scores(again, data_again, 1 - check)
    for first, second in zip(
        pipeline.decide(dataset), again.decide(dataset), strict=True
    ):
        assert np.array_equal(first, second)


class Bomb:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, (Bomb.path,))


def tampered(change):
    """A model file in which `change(name, data)` replaces the members' bytes."""
    dataset = small()
    good = exports_model.to_bytes(exports_model.Pipeline(PLAIN).fit(dataset), dataset)
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(good)) as old,
        zipfile.ZipFile(buffer, "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return buffer.getvalue()


@pytest.mark.parametrize("member", ["data/X.npy", "check.npy", "model.json", "whole"])
def test_a_pickle_in_a_model_file_is_never_loaded(tmp_path, member):
    Bomb.path = str(tmp_path / "ran")
    evil = io.BytesIO()
    np.save(evil, np.array([Bomb()], dtype=object), allow_pickle=True)
    evil = evil.getvalue() if member.endswith(".npy") else pickle.dumps(Bomb())
    if member == "whole":
        data = evil
    else:
        data = tampered(lambda name, old: evil if name == member else old)
    with pytest.raises(DataError) as caught:
        exports_model.from_bytes(data)
    assert str(caught.value).startswith(
        f"The model file: {member!r} holds Python objects, which could run code when "
        if member.endswith(".npy")
        else "This is not a model file of this program, or it was changed: "
    )
    assert not (tmp_path / "ran").exists()
    pickle.loads(pickle.dumps(Bomb()))  # the bomb does go off where pickles are read
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["../../evil.py", "/etc/x", "data/text.parquet"])
def test_a_model_file_with_other_members_is_refused(name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(DataError) as caught:
        exports_model.from_bytes(buffer.getvalue())
    assert str(caught.value) == (
        f"The model file holds {name!r}, which no model file has. It was not opened "
        "further."
    )


def test_a_model_file_that_unpacks_to_too_much_is_refused():
    from dataclasses import replace

    from aemlo.tables.limits import Limits

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("check.npy", bytes(3_000_000))
    with pytest.raises(DataError) as caught:
        exports_model.from_bytes(buffer.getvalue(), replace(Limits(), unpacked_mb=2))
    assert str(caught.value) == (
        f"The model file: unpacks to 3 MB, more than the limit of 2 MB for "
        f"{len(buffer.getvalue()):,} packed bytes. Save the model again, or set "
        "AEMLO_LIMIT_UNPACKED_MB or AEMLO_LIMIT_EXPANSION higher."
    )


def test_a_model_of_an_unknown_classifier_is_refused():
    def change(name, old):
        if name != "model.json":
            return old
        made = json.loads(old) | {"arm": {"name": "x", "classifier": {"name": "os"}}}
        return json.dumps(made).encode()

    with pytest.raises(ParameterError) as caught:
        exports_model.from_bytes(tampered(change))
    assert str(caught.value).startswith("There is no classifier 'os'. Names: ")


def test_rows_without_labels_are_found_by_name():
    table = open_files([("new.csv", b"kind,f2,f1,extra,f0\nb,0.5,,7,0.1\nz,1,2,8,3\n")])
    rows = exports_model.rows_like(small(), table)
    expected = [[0.1, np.nan, 0.5, 1.0], [3.0, 2.0, 1.0, np.nan]]
    assert np.array_equal(rows.X, expected, equal_nan=True)
    assert rows.Y.sum() == 0
    assert rows.warnings == (
        "1 columns are no feature and were left out.",
        "1 cells hold a category that training never saw; they count as missing.",
    )
    labels, scores = exports_model.Pipeline(PLAIN).fit(small()).decide(rows)
    assert labels.shape == (2, 3) and np.isfinite(scores).all()


def test_rows_without_a_feature_are_refused():
    with pytest.raises(DataError) as caught:
        exports_model.rows_like(
            small(), open_files([("new.csv", b"f0,f1\n1,2\n3,4\n")])
        )
    assert str(caught.value) == (
        "new: there is no column 'f2', 'kind'. The file needs all 4 features of small, "
        "by their names."
    )


def test_predict_writes_a_model_and_predictions(tmp_path):
    store, dataset = Store(tmp_path), small()
    rows = exports_model.rows_like(
        dataset, open_files([("new.csv", b"f0,f1,f2,kind\n.9,.5,.5,c\n.1,.5,.5,a\n")])
    )
    spec = {"arm": PLAIN, "rows": store.add_dataset(rows)}
    job = done(predict, store, dataset, spec)
    with np.load(job.folder / "predictions.npz") as kept:
        assert kept["labels"].tolist() == [[1, 1, 0], [0, 0, 0]]
    _, _, _, again, check = exports_model.from_bytes(
        (job.folder / predict.MODEL).read_bytes()
    )
    job = done(predict, store, again, {"arm": PLAIN, "check": check.tolist()})
    assert job.summary["same"] is True


def test_coefficients_add_up_to_the_score():
    dataset = small()
    pipeline = exports_model.Pipeline(PLAIN).fit(dataset)
    X = pipeline.preparation_.transform(dataset)
    weights = explain.coefficients(pipeline.classifier_)
    added = explain.contributions(weights[0], X[3])
    model = pipeline.classifier_.models_[0]
    log_odds = added.sum() + model.intercept_[0]
    _, scores = pipeline.decide(dataset)
    assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(scores[3, 0])


def test_where_there_are_no_coefficients():
    from aemlo.classifiers import BRTree, ClassifierChain

    X = np.random.default_rng(0).random((40, 3))
    Y = (X[:, :2] > 0.5).astype(int)
    assert explain.coefficients(BRTree().fit(X, Y)) is None
    assert explain.coefficients(ClassifierChain().fit(X, Y)) is None


def test_charts_of_a_finished_run(tmp_path):
    from aemlo.classifiers import tuning
    from aemlo.ui.classify import frames, result

    dataset = yeast().take(np.arange(300))
    job = done(classify, Store(tmp_path), dataset, {"arms": [PLAIN, CUTS]})
    files = tuple((a["name"], a["file"]) for a in job.summary["arms"])
    found = result.read.__wrapped__(job.folder, 1.0, files)
    Y, arm = dataset.Y[found.test], found.arms["as it is"]
    frame = frames.by_label(dataset, found, "F1")
    fig = charts.by_label(frame)
    assert len(fig.data) == 3 and fig.layout.title.text.startswith("F1 is higher with")
    table = frames.table_of(dataset, found, arm)
    assert table["IRLbl"].dropna().is_monotonic_decreasing
    assert (
        table[["true positives", "false negatives"]].sum(axis=1) == table["test rows"]
    ).all()
    bars = charts.right_and_wrong(table)
    assert sum(bars.data[0].x) == (Y & arm.labels).sum()
    curve = tuning.trade_off(Y[:, 0], arm.scores[:, 0]).assign(label="a<b")
    assert charts.curves(curve, {"a<b": 0.3}).data[0].name == "a&lt;b"
    assert len(charts.threshold_curves(curve, 0.3, 0.5, "x").layout.shapes) == 2
    steps = frames.bins(*frames.pooled(Y, arm.scores, None))
    assert steps["rows"].sum() == Y.size
    assert (steps["share"] * steps["rows"]).sum() == pytest.approx(Y.sum())
    assert len(charts.calibration(steps, "x").data) == 2
    rows = frames.wrong_rows(dataset, found, arm)
    assert rows["wrong"].sum() == (arm.labels != Y).sum()
    assert rows["wrong"].is_monotonic_decreasing
    why = frames.reasons(found, arm, 0, 0)
    assert len(charts.contributions(why, "x").data[0].x) == len(why) == 12
    side = frames.side_by_side(dataset, found)
    assert side["with"].tolist() == ["as it is", "thresholds"]
    assert len(frames.sentences(dataset, found)) == 1
    near = frames.neighbours_of(dataset, found, 0)
    assert near["distance"].is_monotonic_increasing


def test_birds_thresholds_are_learned_from_the_declared_training_rows(shared, tmp_path):
    folder = shared / "data" / "mulan"
    birds = read(
        folder / "birds-train.arff",
        test=folder / "birds-test.arff",
        xml=folder / "birds.xml",
    )
    spec = {"arms": [PLAIN, CUTS], "split": {"how": "declared"}}
    job = done(classify, Store(tmp_path), birds, spec)
    assert (job.summary["train"], job.summary["test"]) == (322, 323)
    frame = job.store.scores(job.run.id).query("metric == 'macro-F1'")
    plain, cuts = frame["value"]
    assert cuts > plain


def test_losses_of_a_network_are_live_curves_named_by_arm(tmp_path):
    network = {
        "name": "deep MLP",
        "params": {"epochs": 3, "hidden": [4], "loss": "focal"},
    }
    arm = {"name": "as it is", "sampler": None, "classifier": network}
    job = done(classify, Store(tmp_path), small(), {"arms": [arm]})
    job.flush()
    curves = job.store.events(job.run.id)
    assert curves["step"].tolist() == [1.0, 2.0, 3.0]
    assert set(curves.columns) == {"step", "as it is: loss", "as it is: held out loss"}


def test_notes_are_shown_with_the_names_of_labels(tmp_path):
    dataset = small()
    Y = dataset.Y.copy()
    Y[:, -1] = 0
    constant = replace(dataset, Y=Y)
    arm = {"name": "tree", "sampler": None, "classifier": "BR-tree"}
    job = done(classify, Store(tmp_path), constant, {"arms": [arm]})
    (note,) = job.summary["arms"][0]["notes"]
    last = dataset.q - 1
    assert note == {
        "text": "Label {labels} is 0 in every training row: predicted so.",
        "labels": [last],
    }
    assert notes.read(note).named(dataset.label_names) == (
        f"Label {dataset.label_names[last]} is 0 in every training row: predicted so."
    )


def test_notes_of_runs_that_stored_sentences_are_shown_with_names():
    names = ("one", "two & more", "three")

    def shown(sentence):
        return notes.read(sentence).named(names)

    assert shown("Label 2 is 0 in every training row: predicted so.") == (
        "Label three is 0 in every training row: predicted so."
    )
    assert shown("Labels 0, 1: fewer than 4 training rows each") == (
        "Labels one, two & more: fewer than 4 training rows each"
    )
    assert shown("4 training rows have 3 neighbours") == (
        "4 training rows have 3 neighbours"
    )
