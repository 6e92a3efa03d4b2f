"""A leak planted at each place where something learns is caught; nothing else is."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone

from aemlo import experiment
from aemlo.classifiers import CLASSIFIERS
from aemlo.classifiers.base import Classifier
from aemlo.dataset import Dataset, Feature
from aemlo.experiment import unit
from aemlo.experiment.leaks import Witness, row_hashes
from aemlo.preparation.preparation import Preparation
from aemlo.preparation.words import WordColumns
from aemlo.samplers import SAMPLERS
from aemlo.samplers.base import OverSampler, Synthetic

NONE = {"none": SAMPLERS["none"]()}
LOGISTIC = {"BR-logistic": CLASSIFIERS["BR-logistic"]()}


def toy(n=60, q=3, seed=0, **more):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    Y = (X[:, :q] + rng.normal(size=(n, q)) > 0.5).astype(np.uint8)
    features = tuple(Feature(f"x{i}") for i in range(4))
    return Dataset("toy", X, Y, features, tuple("abcdefg"[:q]), **more)


def cells(scores):
    return scores.drop_duplicates(["sampler", "classifier", "repeat", "fold"])


def leaks_of(scores):
    found = cells(scores)
    assert (found["error"] == "").all(), found["error"].iloc[0]
    assert (found["test_rows_used"] > 0).all()
    return set(found["leaks"].str.split(":").str[0])


def test_equal_rows_have_equal_digests_dense_and_sparse():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 30)) * (rng.random((50, 30)) < 0.3)
    X[7] = X[3]
    dense, thin = row_hashes(X), row_hashes(sparse.csr_matrix(X))
    assert (dense == thin).all()
    assert dense[7] == dense[3] and len(set(dense.tolist())) == 49


def test_order_signs_and_gaps_in_digests():
    a = row_hashes(np.array([[1.0, 2.0], [2.0, 1.0], [0.0, -0.0], [np.nan, 1.0]]))
    b = row_hashes(np.array([[1.0, 2.0], [1.0, 2.0], [-0.0, 0.0], [-np.nan, 1.0]]))
    assert a[0] == b[0] and a[1] != b[1] and a[2] == b[2] and a[3] == b[3]


def test_texts_are_part_of_a_row():
    X = np.zeros((3, 1))
    text = pd.DataFrame({"t": ["red", "red", "blue"]})
    digests = row_hashes(X, text)
    assert digests[0] == digests[1] != digests[2]


def test_nothing_is_found_where_nothing_leaks():
    classifiers = {**LOGISTIC, "thresholds": CLASSIFIERS["thresholds"]()}
    found = cells(experiment.run(toy(), NONE, classifiers, folds=2))
    assert (found["error"] == "").all()
    assert (found["test_rows_used"] == 0).all() and (found["leaks"] == "").all()


def test_every_fit_was_seen(monkeypatch):
    seen = []
    fork = Witness.fork

    def forked(self):
        other = fork(self)
        seen.append(other)
        return other

    monkeypatch.setattr(Witness, "fork", forked)
    data = toy(text=pd.DataFrame({"t": [f"word{i % 7} all" for i in range(60)]}))
    thresholds = {"thresholds": CLASSIFIERS["thresholds"]()}
    experiment.run(data, NONE, thresholds, folds=2)
    assert set(seen[0].stages) == {
        *("imputer", "text and feature choice", "scaler", "sampler"),
        *("classifier", "threshold tuner"),
    }


def test_a_leak_in_the_imputer(monkeypatch):
    data = toy()

    class Leaky(Preparation):
        def fit(self, dataset):
            super().fit(dataset)
            self._learn_fills(data)
            return self

    monkeypatch.setattr(unit, "Preparation", Leaky)
    assert leaks_of(experiment.run(data, NONE, LOGISTIC, folds=2)) == {"imputer"}


def test_a_leak_in_the_choice_of_words(monkeypatch):
    data = toy(text=pd.DataFrame({"t": [f"word{i} all" for i in range(60)]}))

    class Leaky(Preparation):
        def fit(self, dataset):
            super().fit(dataset)
            self.words_ = WordColumns({}).fit(data)
            return self

    monkeypatch.setattr(unit, "Preparation", Leaky)
    found = leaks_of(experiment.run(data, NONE, LOGISTIC, folds=2))
    assert found == {"text and feature choice"}


def test_a_leak_in_the_scaler():
    scores = experiment.run(toy(), NONE, LOGISTIC, folds=2, leak="scaler")
    assert "scaler: 30" in cells(scores)["leaks"].iloc[0]


class Cloner(OverSampler):
    """Clones random rows: enough of a sampler."""

    title = "cloner"

    def __init__(self, random_state=None):
        self.random_state = random_state

    def _generate(self, X, Y, rng, on_progress):
        rows = rng.integers(0, len(Y), 20)
        return Synthetic(X[rows], Y[rows], rows[:, None], np.full(20, 0))


def test_a_leak_in_the_sampler():
    scores = experiment.run(toy(), {"c": Cloner()}, LOGISTIC, folds=2, leak="sampler")
    found = cells(scores)
    assert (found["test_rows_used"] == 30).all()
    assert found["leaks"].str.startswith("sampler: 30").all()
    assert (found["sampled_rows"] == 50).all()


DATA = toy()


class Peeking(Cloner):
    """Hands a nested sampler every row there is."""

    title = "peeking"

    def _generate(self, X, Y, rng, on_progress):
        Cloner(random_state=0).fit_resample(DATA.X, DATA.Y)
        return super()._generate(X, Y, rng, on_progress)


class PeekingTuner(Classifier):
    """Tunes on scores of every row there is."""

    title = "peeking tuner"

    def __init__(self, random_state=None):
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress):
        self.inner_ = clone(LOGISTIC["BR-logistic"]).fit(X, Y)
        self.best_ = self.inner_.predict_proba(DATA.X).mean(axis=0)

    def _scores(self, X):
        return self.inner_.predict_proba(X)


class PeekingClassifier(PeekingTuner):
    """Learns from every row there is."""

    title = "peeking classifier"

    def _fit(self, X, Y, rng, on_progress):
        self.inner_ = clone(LOGISTIC["BR-logistic"]).fit(DATA.X, DATA.Y)


@pytest.mark.parametrize(
    "samplers, classifiers, place",
    [
        ({"peeking": Peeking()}, LOGISTIC, "sampler"),
        (NONE, {"tuner": PeekingTuner()}, "threshold tuner"),
        (NONE, {"classifier": PeekingClassifier()}, "classifier"),
    ],
    ids=["sampler", "threshold tuner", "classifier"],
)
def test_a_leak_inside_an_arm(samplers, classifiers, place):
    scores = experiment.run(DATA, samplers, classifiers, folds=2, scale="none")
    assert leaks_of(scores) == {place}


def test_a_leak_of_one_classifier_is_not_said_of_the_next():
    classifiers = {"bad": PeekingClassifier(), "good": CLASSIFIERS["BR-logistic"]()}
    scores = experiment.run(DATA, NONE, classifiers, folds=2, scale="none")
    used = cells(scores).groupby("classifier")["test_rows_used"].sum()
    assert used["bad"] > 0 and used["good"] == 0


def test_a_duplicate_is_a_duplicate_and_no_leak():
    data = toy()
    twice = Dataset(
        "twice",
        np.vstack([data.X, data.X[:10]]),
        np.vstack([data.Y, data.Y[:10]]),
        data.features,
        data.label_names,
    )
    scores = experiment.run(
        twice, NONE, LOGISTIC, folds=3, duplicates="as they fall", seed=1
    )
    found = cells(scores)
    assert found["duplicate_rows"].sum() > 0
    assert (found["test_rows_used"] == 0).all()


class Inventor(Cloner):
    """Makes every row of two binary features, by chance also those of the test part."""

    title = "inventor"

    def _generate(self, X, Y, rng, on_progress):
        new = np.array([[a, b] for a in (0.0, 1.0) for b in (0.0, 1.0)])
        none = np.full(4, -1)
        return Synthetic(new, np.ones((4, Y.shape[1])), none[:, None], none)


def test_a_synthetic_row_may_meet_a_test_row_by_chance():
    X = np.array([[0, 0], [0, 1], [1, 0]] * 8 + [[1, 1]] * 2, dtype=float)
    Y = np.tile([[0], [1]], (13, 1)).astype(np.uint8)
    data = Dataset("bits", X, Y, (Feature("a"), Feature("b")), ("y",))
    scores = experiment.run(data, {"i": Inventor()}, LOGISTIC, folds=4)
    assert (cells(scores)["test_rows_used"] == 0).all()
