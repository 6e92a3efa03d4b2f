"""The contract of every classifier in the registry."""

import pickle
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from aemlo import params
from aemlo.classifiers import CLASSIFIERS, learners
from aemlo.errors import DataError, ParameterError, Stopped


def data(n=90, d=6, seed=0):
    """X and Y (n, 5): three learnable labels, one always 0, one with a single row."""
    rng = np.random.default_rng(seed)
    X = rng.random((n, d)).round(3)
    Y = np.zeros((n, 5), dtype=np.uint8)
    Y[:, 0] = X[:, 0] > 0.6
    Y[:, 1] = X[:, 1] + X[:, 0] > 1.2
    Y[:, 2] = X[:, 2] > 0.9
    Y[7, 4] = 1
    return X, Y


X, Y = data()


def made(cls, **more):
    if getattr(cls, "extra", None):
        pytest.importorskip(cls.extra)
    return params.build(cls, {**cls.cheap_settings, **more}, random_state=3)


def check_scores_are_scores(classifier):
    scores = classifier.fit(X, Y).predict_proba(X)
    assert scores.shape == Y.shape and scores.dtype == float
    assert np.isfinite(scores).all() and scores.min() >= 0 and scores.max() <= 1
    labels = classifier.predict(X)
    assert labels.shape == Y.shape and set(np.unique(labels)) <= {0, 1}


def check_learns_what_is_easy(classifier):
    from aemlo.metrics import auc

    if "epochs" in classifier.get_params():
        classifier.set_params(epochs=80, learning_rate=0.02)
    X_new, Y_new = data(200, seed=9)
    scores = classifier.fit(*data(300, seed=8)).predict_proba(X_new)
    assert auc(Y_new, scores)[:2].min() > 0.7


def check_decide_is_predict_and_predict_proba(classifier):
    labels, scores = classifier.fit(X, Y).decide(X)
    assert np.array_equal(labels, classifier.predict(X))
    assert np.array_equal(scores, classifier.predict_proba(X))


def check_same_seed_same_result(classifier):
    first = classifier.fit(X, Y).predict_proba(X)
    assert np.array_equal(first, clone(classifier).fit(X, Y).predict_proba(X))
    assert np.array_equal(first, classifier.fit(X, Y).predict_proba(X))


def check_sparse_is_like_dense(classifier):
    dense = classifier.fit(X, Y).predict_proba(X)
    rows = sparse.csr_matrix(X)
    again = clone(classifier).fit(rows, sparse.csr_matrix(Y)).predict_proba(rows)
    assert np.abs(dense - again).mean() < 0.02  # float32 and binning differ a little


def check_inputs_are_left_alone(classifier):
    X_own, Y_own = X.copy(), Y.copy()
    classifier.fit(X_own, Y_own).predict(X_own)
    assert np.array_equal(X, X_own) and np.array_equal(Y, Y_own)


def check_labels_with_one_class_are_predicted_so(classifier):
    Y_own = np.column_stack([Y[:, :3], np.zeros(len(Y)), np.ones(len(Y))])
    classifier.fit(X, Y_own)
    assert (classifier.predict(X)[:, 3:] == [0, 1]).all()
    assert (classifier.predict_proba(X)[:, 3:] == [0, 1]).all()
    assert "Label 3 is 0 in every training row: predicted so." in classifier.notes_
    assert "Label 4 is 1 in every training row: predicted so." in classifier.notes_


def check_nothing_to_learn(classifier):
    classifier.fit(X, np.ones((len(X), 2)))
    assert (classifier.predict(X) == 1).all()
    assert (classifier.predict_proba(X) == 1).all()


def check_one_label(classifier):
    assert classifier.fit(X, Y[:, :1]).predict_proba(X).shape == (len(X), 1)


def check_few_rows(classifier):
    few = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [0, 1], [1, 0]], dtype=np.uint8)
    labels = classifier.fit(X[:6], few).predict(X[:2])
    assert labels.shape == (2, 2)


def check_settings_stay(classifier):
    before = classifier.get_params()
    classifier.fit(X, Y)
    assert classifier.get_params() == before


def check_pickle(classifier):
    classifier.fit(X, Y)
    again = pickle.loads(pickle.dumps(classifier))
    assert np.array_equal(again.predict_proba(X), classifier.predict_proba(X))


def check_progress_rises_to_one(classifier):
    told = []
    classifier.fit(X, Y, on_progress=lambda fraction, **values: told.append(fraction))
    assert told == sorted(told) and told[0] >= 0 and told[-1] <= 1 + 1e-9
    early = classifier.title in ("MLP", "deep MLP")  # may end before the last epoch
    assert early or told[-1] == pytest.approx(1.0)


def check_stop_passes_through(classifier):
    def stop(fraction, **values):
        raise Stopped

    with pytest.raises(Stopped):
        classifier.fit(X, Y, on_progress=stop)


def check_bad_input_says_what_is_wrong(classifier):
    title = classifier.title
    with pytest.raises(DataError) as caught:
        classifier.fit(np.where(X > 0.99, np.nan, X), Y)
    assert str(caught.value) == (
        f"{title}: X has missing or infinite values. Impute them first."
    )
    with pytest.raises(DataError) as caught:
        classifier.fit(X, Y * 2)
    assert str(caught.value) == f"{title}: Y must hold only 0 and 1."
    with pytest.raises(DataError) as caught:
        classifier.fit(X, Y[:-1])
    assert str(caught.value) == (
        f"{title}: Y must have shape (90, labels), got (89, 5)."
    )
    with pytest.raises(DataError) as caught:
        classifier.fit(X, Y).predict(X[:, :4])
    assert str(caught.value) == f"{title}: fitted on 6 features, got 4."


CHECKS = [check for name, check in sorted(globals().items()) if name[:6] == "check_"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__[6:])
@pytest.mark.parametrize("cls", CLASSIFIERS.values(), ids=list(CLASSIFIERS))
def test_classifier(cls, check):
    check(made(cls))


@pytest.mark.parametrize(
    "base", ["logistic", "tree", "forest", "boosting", "svm", "k-NN"]
)
@pytest.mark.parametrize("title", ["BR", "CC", "LP", "RAkEL-d", "partition"])
def test_every_base_learner_in_every_transformation(title, base):
    classifier = CLASSIFIERS[title](base=base, random_state=0)
    scores = classifier.fit(X, Y).predict_proba(X)
    assert scores.shape == Y.shape and np.isfinite(scores).all()
    assert np.mean((scores[:, 0] >= 0.5) == Y[:, 0]) > 0.75


@pytest.mark.parametrize("seconds, threads", [(0.0, 1), (0.05, 3)])
def test_only_long_fits_are_shared_among_threads(seconds, threads):
    used, told = [], []

    def task(i):
        time.sleep(seconds)
        used.append(threading.get_ident())
        return i

    found = learners.run_all(task, [(i,) for i in range(7)], 2, told.append)
    assert found == list(range(7))
    assert len(set(used)) == threads  # this one, and the two of the pool
    assert told == sorted(told) and told[-1] == 1.0


@pytest.mark.parametrize(
    "title", [t for t, c in CLASSIFIERS.items() if "n_jobs" in params.parameters(c)]
)
def test_jobs_change_nothing(title):
    one = made(CLASSIFIERS[title], n_jobs=1).fit(X, Y).predict_proba(X)
    two = made(CLASSIFIERS[title], n_jobs=2).fit(X, Y).predict_proba(X)
    assert np.array_equal(one, two)


@pytest.mark.parametrize(
    "title", [t for t, c in CLASSIFIERS.items() if "n_jobs" in params.parameters(c)]
)
def test_stop_ends_parallel_work_too(title):
    def stop(fraction, **values):
        if fraction > 0:
            raise Stopped

    with warnings.catch_warnings(), pytest.raises(Stopped):
        warnings.simplefilter("error")
        made(CLASSIFIERS[title], n_jobs=2).fit(X, Y, on_progress=stop)


def test_importing_the_classifiers_loads_no_torch():
    code = (
        "import sys, aemlo.classifiers; "
        "sys.exit(sum(m in sys.modules for m in ('torch', 'umap', 'lightgbm', "
        "'sklearn.ensemble', 'sklearn.neural_network')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_settings_out_of_range_are_refused():
    with pytest.raises(ParameterError) as caught:
        CLASSIFIERS["ML-kNN"](k=0).fit(X, Y)
    assert str(caught.value) == "ML-kNN: k must be between 1 and 200, got 0."


def test_svm_says_which_labels_it_could_not_calibrate():
    classifier = CLASSIFIERS["BR"](base="svm", random_state=0).fit(X, Y)
    assert any(
        note.startswith("Labels 4: one training row") for note in classifier.notes_
    )


def test_k_nn_has_no_class_weights():
    with pytest.raises(ParameterError) as caught:
        CLASSIFIERS["BR"](base="k-NN", class_weights=True).fit(X, Y)
    assert str(caught.value) == (
        "The k-NN learner has no class weights. Choose another base, or set "
        "class_weights to False."
    )


def test_cost_per_label_is_constant():
    """ML-kNN on 8 times the labels costs well under 16 times as much."""
    rng = np.random.default_rng(0)
    X_big = rng.random((1500, 30))
    Y_big = (rng.random((1500, 400)) < 0.1).astype(np.uint8)

    def seconds(q):
        times = []
        for _ in range(3):
            started = time.perf_counter()
            CLASSIFIERS["ML-kNN"]().fit(X_big, Y_big[:, :q]).predict(X_big)
            times.append(time.perf_counter() - started)
        return min(times)

    assert seconds(400) < 16 * seconds(50)
