"""Inner validation never judges on a row whose relatives it learned from."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.metrics import f1_score

from aemlo import experiment
from aemlo.classifiers import (
    Average,
    BalancedBagging,
    BRTree,
    ClassWeighted,
    DeepMLP,
    Resampled,
    Thresholded,
)
from aemlo.classifiers.base import Classifier
from aemlo.classifiers.kinship import Kinship
from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError
from aemlo.exports.model import Pipeline
from aemlo.provenance import after, of
from aemlo.samplers import MLROS, MLSMOTE, REMEDIAL, NoSampling


def rare_data(n=200, seed=0, noise=0.6):
    """X (n, 6), whose first column numbers the rows, and Y (n, 3) with a rare label."""
    rng = np.random.default_rng(seed)
    X = rng.random((n, 6))
    score = X[:, :3] + noise * rng.normal(size=(n, 3))
    cuts = [np.quantile(score[:, j], share) for j, share in enumerate((0.5, 0.6, 0.9))]
    Y = (score > cuts).astype(np.uint8)
    X[:, 0] = np.arange(n)
    return X, Y


class Spy(Classifier):
    """Notes which rows it learns from and which it scores, by their last column."""

    title = "spy"
    log: list = []  # noqa: RUF012  (shared by its clones)
    class_weights = False

    def __init__(self, class_weights=False, random_state=None):
        self.class_weights = class_weights
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress):
        on_progress(1.0)
        self.rows_ = X[:, -1].astype(int)
        self.rate_ = Y.mean(axis=0)

    def _scores(self, X):
        self.log.append((self.rows_, X[:, -1].astype(int)))
        return np.clip(self.rate_ + 0.3 * X[:, 1:2], 0, 1)


def relatives(frame):
    """For each row of a sampler's provenance, the set of real rows it comes from."""
    return [
        {origin} if origin >= 0 else set(parents)
        for origin, parents in zip(frame["origin"], frame["parents"], strict=True)
    ]


def numbered(X):
    """X with the number of each row as a last column."""
    return np.column_stack([X, np.arange(len(X))])


@pytest.mark.parametrize(
    "sampler", [MLSMOTE(random_state=0), MLROS(random_state=0), REMEDIAL()]
)
@pytest.mark.parametrize("rule", ["F-max", "cardinality", "label cardinality"])
@pytest.mark.parametrize("wrap", [lambda c: c, ClassWeighted])
def test_thresholds_are_tuned_on_real_rows_without_relatives(sampler, rule, wrap):
    X, Y = sampler.fit_resample(*rare_data())
    frame, comes_from = sampler.provenance_, relatives(sampler.provenance_)
    Spy.log = log = []
    classifier = Thresholded(wrap(Spy()), rule=rule, random_state=0)
    classifier.fit(numbered(X), Y, provenance=frame)
    assert len(log) == 5
    real = np.flatnonzero(frame["origin"] >= 0)
    scored = np.concatenate([rows for _, rows in log])
    assert sorted(scored) == real.tolist()
    assert classifier.tuned_rows_.tolist() == real.tolist()
    synthetic_used = 0
    for learned, judged in log:
        held_out = set().union(*(comes_from[row] for row in judged))
        assert not any(comes_from[row] & held_out for row in learned)
        synthetic_used += (frame["origin"].to_numpy()[learned] < 0).sum()
    # What has no parent held out is learned from.
    assert synthetic_used or (frame["origin"] >= 0).all()
    known = ~np.isnan(classifier.out_of_fold_)
    assert known[real].all() and known.sum() == known[real].sum()


def test_every_row_without_relatives_in_the_fold_is_learned_from():
    sampler = MLSMOTE(random_state=0)
    X, Y = sampler.fit_resample(*rare_data())
    comes_from = relatives(sampler.provenance_)
    Spy.log = log = []
    classifier = Thresholded(Spy(), random_state=0)
    classifier.fit(numbered(X), Y, provenance=sampler.provenance_)
    for learned, judged in log:
        held_out = set().union(*(comes_from[row] for row in judged))
        free = [row for row in range(len(X)) if not comes_from[row] & held_out]
        assert sorted(learned) == free


def test_without_provenance_synthetic_rows_and_parents_are_on_different_sides():
    """The mistake that provenance is for: the tests above would see it."""
    sampler = MLSMOTE(random_state=0)
    X, Y = sampler.fit_resample(*rare_data())
    comes_from = relatives(sampler.provenance_)
    Spy.log = log = []
    Thresholded(Spy(), random_state=0).fit(numbered(X), Y)
    assert any(
        comes_from[row] & set().union(*(comes_from[other] for other in judged))
        for learned, judged in log
        for row in learned
    )


def test_the_score_out_of_fold_is_that_of_a_test_after_oversampling():
    """A tree knows its synthetic rows by heart; tuned on them it looks too good."""
    sampler = MLSMOTE(random_state=0)
    X, Y = sampler.fit_resample(*rare_data(800, seed=1))
    X_test, Y_test = rare_data(2000, seed=2)
    X, X_test = X[:, 1:], X_test[:, 1:]
    flattered, honest = (
        Thresholded(BRTree(min_samples_leaf=3), random_state=0).fit(X, Y, **more)
        for more in ({}, {"provenance": sampler.provenance_})
    )

    def out_of_fold(model):
        rows = model.tuned_rows_
        given = model.out_of_fold_[rows] >= model.thresholds_
        return f1_score(Y[rows][:, 2], given[:, 2])

    tested = f1_score(Y_test[:, 2], honest.predict(X_test)[:, 2])
    assert out_of_fold(flattered) > tested + 0.2
    assert out_of_fold(honest) < tested + 0.1


@pytest.mark.parametrize("sampler", [MLSMOTE(random_state=0), REMEDIAL()])
def test_early_stopping_holds_out_real_rows_without_relatives(sampler, monkeypatch):
    pytest.importorskip("torch")
    from aemlo.classifiers.deep_mlp import network

    seen = []
    usual = network.Training.__init__

    def noted(self, X, Y, standards, divided, *more):
        seen.append(divided)
        usual(self, X, Y, standards, divided, *more)

    monkeypatch.setattr(network.Training, "__init__", noted)
    X, Y = sampler.fit_resample(*rare_data())
    DeepMLP(epochs=1, hidden=(4,), held_out=0.3, random_state=0).fit(
        X, Y, provenance=sampler.provenance_
    )
    ((held_out, learned),) = seen
    comes_from = relatives(sampler.provenance_)
    real = sampler.provenance_["origin"].to_numpy() >= 0
    assert not (held_out & ~real).any()
    assert 0.3 * real.sum() - 2 <= held_out.sum() <= 0.3 * real.sum()
    sources = set().union(*(comes_from[row] for row in np.flatnonzero(held_out)))
    free = [not comes_from[row] & sources for row in range(len(X))]
    assert learned.tolist() == free


@pytest.mark.parametrize(
    "outer",
    [
        lambda inner: ClassWeighted(inner),
        lambda inner: Average((inner, "BR-logistic")),
        lambda inner: BalancedBagging(inner, bags=2),
        lambda inner: Thresholded(inner, folds=2),
        lambda inner: Resampled("none", inner),
    ],
)
def test_provenance_reaches_the_classifier_inside(outer, monkeypatch):
    given = []

    class Reader(Spy):
        title = "reader"
        reads_provenance = True

        def _fit(self, X, Y, rng, on_progress, kinship=None):
            given.append((X, kinship))
            super()._fit(X, Y, rng, on_progress)

    sampler = MLROS(random_state=0)
    X, Y = sampler.fit_resample(*rare_data())
    outer(Reader()).fit(numbered(X), Y, provenance=sampler.provenance_)
    synthetic = sampler.provenance_["origin"].to_numpy() < 0
    assert given
    for rows, kinship in given:
        own = rows[:, -1].astype(int)
        assert kinship.synthetic.tolist() == synthetic[own].tolist()


def test_a_data_sets_provenance_says_the_same_as_a_samplers():
    X, Y = rare_data()
    features = tuple(Feature(f"x{i}") for i in range(6))
    dataset = Dataset("rare", X, Y, features, ("a", "b", "c"))
    sampler = MLSMOTE(random_state=0)
    sampler.fit_resample(X, Y)
    n = len(sampler.provenance_)
    first = Kinship.of(sampler.provenance_, n, "x")
    frame = after(of(dataset), sampler.provenance_, dataset.label_names, "MLSMOTE")
    second = Kinship.of(frame, n, "x")
    assert np.array_equal(first.synthetic, second.synthetic)
    assert np.array_equal(first.families(), second.families())
    for row in (0, 50, n - 1):
        one = np.arange(n) == row
        assert np.array_equal(first.related_to(one), second.related_to(one))


def test_families_by_hand():
    frame = pd.DataFrame(
        {
            "origin": [0, 1, 2, -1, -1, 2],
            "parents": [(), (), (), (0, 1), (), ()],
            "label": -1,
            "weight": np.nan,
        }
    )
    kinship = Kinship.of(frame, 6, "x")
    assert kinship.synthetic.tolist() == [False, False, False, True, True, False]
    assert kinship.families().tolist() == [0, 0, 1, 0, 2, 1]
    real = kinship.take(np.array([0, 1, 2, 5]))
    assert real.families().tolist() == [0, 1, 2, 2]
    related = kinship.related_to(np.arange(6) == 0)
    assert related.tolist() == [True, False, False, True, False, False]
    X = np.array([[1.0], [2.0], [3.0], [4.0], [1.0], [3.0]])
    for rows in (X, sparse.csr_matrix(X)):
        related = kinship.with_equal_rows(rows).related_to(np.arange(6) == 0)
        assert related.tolist() == [True, False, False, True, True, False]


@pytest.mark.parametrize("classifier", [Thresholded("BR-tree"), DeepMLP(epochs=2)])
def test_a_provenance_without_synthetic_rows_changes_nothing(classifier):
    X, Y = rare_data()
    frame = NoSampling()
    frame.fit_resample(X, Y)
    classifier.set_params(random_state=0)
    plain = classifier.fit(X, Y).decide(X)
    told = classifier.fit(X, Y, provenance=frame.provenance_).decide(X)
    assert np.array_equal(plain[0], told[0]) and np.array_equal(plain[1], told[1])


def test_a_comparison_tells_classifiers_which_rows_are_synthetic(monkeypatch):
    """Rows of a data set that were synthetic already are no real rows either."""
    X, Y = rare_data()
    features = tuple(Feature(f"x{i}") for i in range(6))
    dataset = Dataset("rare", X, Y, features, ("a", "b", "c"))
    given = []
    usual = Thresholded.fit

    def noted(self, X, Y, *, provenance=None, **more):
        given.append((len(X), provenance))
        return usual(self, X, Y, provenance=provenance, **more)

    monkeypatch.setattr(Thresholded, "fit", noted)
    scores = experiment.run(
        dataset,
        {"MLSMOTE": MLSMOTE()},
        {"cuts": Thresholded("BR-tree")},
        folds=2,
    )
    assert not scores["value"].isna().all() and len(given) == 2
    for n, frame in given:
        assert len(frame) == n
        made = frame["synthetic"].to_numpy()
        assert made.sum() == n - 100
        assert not made[:100].any() and (frame["parents"][made] != "").all()


def test_a_model_file_is_made_of_a_classifier_that_knows_its_synthetic_rows():
    X, Y = rare_data()
    features = tuple(Feature(f"x{i}") for i in range(6))
    dataset = Dataset("rare", X, Y, features, ("a", "b", "c"))
    arm = {
        "name": "x",
        "sampler": {"name": "MLSMOTE", "params": {}},
        "classifier": {"name": "thresholds", "params": {"classifier": "BR-tree"}},
    }
    fitted = Pipeline(arm).fit(dataset)
    assert fitted.sampled_rows_ > 200
    assert fitted.classifier_.tuned_rows_.tolist() == list(range(200))


def test_a_resampled_classifier_is_told_what_the_sampler_made():
    X, Y = rare_data()
    Y = np.column_stack([np.zeros(len(Y), dtype=np.uint8), Y])  # columns stay theirs
    Spy.log = log = []
    sampler = MLROS(labels=(3,), budget=0.5)
    cuts = Thresholded(Spy(), folds=3)
    model = Resampled(sampler, cuts, random_state=0).fit(numbered(X), Y)
    frame = model.sampler_.provenance_
    assert len(frame) > 200 and model.inner_.tuned_rows_.tolist() == list(range(200))
    assert (Y[[p[0] for p in frame["parents"][200:]], 3] == 1).all()
    assert model.predict(numbered(X)).shape == (200, 4)
    for learned, judged in log[:3]:
        assert not set(learned) & set(judged)  # clones have the number of their parent


def test_thresholds_around_a_resampled_classifier_resample_in_each_fold():
    X, Y = rare_data()
    Spy.log = log = []
    model = Thresholded(Resampled(MLROS(budget=0.5), Spy()), folds=4, random_state=0)
    model.fit(numbered(X), Y)
    assert len(log) == 4 and model.tuned_rows_.tolist() == list(range(200))
    for learned, judged in log:
        assert not set(learned) & set(judged)
        assert len(learned) > 200 - len(judged)


def test_synthetic_rows_of_synthetic_rows_keep_their_first_sources():
    X, Y = rare_data()
    features = tuple(Feature(f"x{i}") for i in range(6))
    dataset = Dataset("rare", X, Y, features, ("a", "b", "c"))
    first, second = MLSMOTE(random_state=0), MLSMOTE(random_state=1, budget=0.3)
    X_1, Y_1 = first.fit_resample(X, Y)
    second.fit_resample(X_1, Y_1)
    before = after(of(dataset), first.provenance_, dataset.label_names, "")
    whole = after(before, second.provenance_, dataset.label_names, "")
    one = Kinship.of(before, len(before), "x").followed_by(second.provenance_, "x")
    other = Kinship.of(whole, len(whole), "x")
    assert one.synthetic.tolist() == whole["synthetic"].tolist()
    assert np.array_equal(one.synthetic, other.synthetic)
    for row in (0, 17, 150):
        rows = np.arange(len(whole)) == row
        assert np.array_equal(one.related_to(rows), other.related_to(rows))


def test_nothing_to_tune_on_is_a_note():
    Y = np.array([[0, 1], [1, 0], [1, 1], [0, 1]])
    classifier = Thresholded("BR-tree", random_state=0).fit(np.ones((4, 2)), Y)
    assert classifier.thresholds_.tolist() == [0.5, 0.5]
    assert classifier.notes_ == [
        "All training rows are equal or related, so none can be held out: thresholds "
        "stay at 0.5."
    ]


def test_only_synthetic_rows_is_a_note():
    sampler = MLSMOTE(random_state=0)
    X, Y = sampler.fit_resample(*rare_data())
    made = np.flatnonzero(sampler.provenance_["origin"] < 0)
    classifier = Thresholded("BR-tree", random_state=0)
    classifier.fit(X[made], Y[made], provenance=sampler.provenance_.iloc[made])
    assert (
        "Every training row is synthetic: thresholds were tuned on them."
        in classifier.notes_
    )


@pytest.mark.parametrize(
    "provenance, message",
    [
        (
            [1, 2],
            "BR-tree: provenance must be a frame, a sampler's `provenance_` or a data "
            "set's, got list.",
        ),
        (
            pd.DataFrame({"synthetic": [True]}),
            "BR-tree: the provenance lacks 'row', 'parents', 'made for', 'how'. It has "
            "the columns synthetic, row, parents, made for, how.",
        ),
    ],
)
def test_another_provenance_is_refused(provenance, message):
    with pytest.raises(DataError) as caught:
        BRTree().fit(*rare_data(), provenance=provenance)
    assert str(caught.value) == message


def test_provenance_of_other_rows_is_refused():
    sampler = MLSMOTE(random_state=0)
    sampler.fit_resample(*rare_data())
    n = len(sampler.provenance_)
    with pytest.raises(DataError) as caught:
        BRTree().fit(*rare_data(), provenance=sampler.provenance_)
    assert str(caught.value) == f"BR-tree: 200 rows, but a provenance of {n}."
