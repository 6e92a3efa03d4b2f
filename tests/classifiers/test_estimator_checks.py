"""What scikit-learn's `check_estimator` asks, restated for several labels.

Every check is run on every class of the registry. scikit-learn's own checks fit one
label, a vector, which these classifiers refuse.
"""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from aemlo import params
from aemlo.classifiers import CLASSIFIERS
from aemlo.errors import AemloError, DataError

FITTED = "classes_"


def data(n=60, d=4, q=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, d)).round(3)
    Y = (X[:, :q] + 0.2 * rng.normal(size=(n, q)) > 0.55).astype(np.uint8)
    return X, Y


X, Y = data()


def make(cls):
    if getattr(cls, "extra", None):
        pytest.importorskip(cls.extra)
    return params.build(cls, dict(cls.cheap_settings), random_state=3)


def check_settings_are_what_was_given(classifier):
    """Nothing is checked or changed by the constructor: get, set and clone agree."""
    settings = classifier.get_params(deep=False)
    copy = clone(classifier)
    assert copy is not classifier and copy.get_params(deep=False) == settings
    for name, value in settings.items():
        assert copy.set_params(**{name: value}) is copy
        assert getattr(copy, name) is value
    wild = type(classifier)(**dict.fromkeys(settings, "wrong"))
    assert set(wild.get_params(deep=False).values()) == {"wrong"}
    with pytest.raises(ValueError):
        classifier.set_params(no_such_setting=1)
    assert not [name for name in vars(type(classifier)()) if name.endswith("_")]


def check_defaults_work(classifier):
    """A class without arguments has settings that pass their own rules."""
    params.check(type(classifier)())


def check_fit_returns_itself_and_changes_no_setting(classifier):
    before = dict(vars(classifier))
    assert classifier.fit(X, Y) is classifier
    after = {name: value for name, value in vars(classifier).items() if name in before}
    assert all(after[name] is before[name] for name in before)
    added = set(vars(classifier)) - set(before)
    assert all(name.endswith("_") for name in added), added


def check_unfitted_is_refused(classifier):
    words = f"{classifier.title}: not fitted yet. Call fit(X, Y) first."
    for method in ("predict", "predict_proba", "decide"):
        with pytest.raises(NotFittedError) as caught:
            getattr(classifier, method)(X)
        assert isinstance(caught.value, AemloError) and str(caught.value) == words
    with pytest.raises(NotFittedError):
        check_is_fitted(classifier)
    check_is_fitted(classifier.fit(X, Y))


def check_a_fit_that_fails_leaves_it_unfitted(classifier):
    classifier.fit(X, Y)
    with pytest.raises(DataError):
        classifier.fit(X, Y * 2)
    with pytest.raises(NotFittedError):
        classifier.predict(X)


def check_attributes_after_fit(classifier):
    classifier.fit(X, Y)
    assert classifier.n_features_in_ == 4
    assert classifier.classes_.tolist() == [[0, 1]] * 3
    assert not hasattr(classifier, "feature_names_in_")


def check_tags(classifier):
    tags = get_tags(classifier)
    assert is_classifier(classifier) and tags.estimator_type == "classifier"
    assert tags.classifier_tags.multi_label and not tags.classifier_tags.multi_class
    assert tags.target_tags.required and tags.target_tags.multi_output
    assert tags.target_tags.two_d_labels and not tags.target_tags.one_d_labels
    assert tags.input_tags.sparse and not tags.input_tags.allow_nan


def check_fitting_again_gives_the_same(classifier):
    first = classifier.fit(X, Y).predict_proba(X)
    other = data(50, d=3, q=2, seed=5)
    classifier.fit(*other)
    assert classifier.n_features_in_ == 3 and len(classifier.classes_) == 2
    assert np.array_equal(classifier.fit(X, Y).predict_proba(X), first)
    assert np.array_equal(clone(classifier).fit(X, Y).predict_proba(X), first)


def check_pickling(classifier):
    fresh = pickle.loads(pickle.dumps(classifier))
    first = fresh.fit(X, Y).predict_proba(X)
    assert np.array_equal(pickle.loads(pickle.dumps(fresh)).predict_proba(X), first)
    assert np.array_equal(classifier.fit(X, Y).predict_proba(X), first)


def check_inputs_stay_as_they_are(classifier):
    frame, labels = pd.DataFrame(X, columns=list("abcd")), pd.DataFrame(Y)
    thin = sparse.csr_matrix(X)
    locked, locked_labels = X.copy(), Y.copy()
    for array in (locked, locked_labels, thin.data, thin.indices, thin.indptr):
        array.flags.writeable = False
    classifier.fit(locked, locked_labels).decide(locked)
    classifier.fit(thin, locked_labels).decide(thin)
    classifier.fit(frame, labels).decide(frame)
    assert np.array_equal(frame, X) and np.array_equal(labels, Y)


def check_kinds_of_input_agree(classifier):
    """Lists, frames, whole numbers, booleans and sparse labels: the same classifier."""
    usual = classifier.fit(X, Y).predict_proba(X)
    frame = pd.DataFrame(X, columns=list("abcd"))
    for rows, labels in [
        (X.tolist(), Y.tolist()),
        (frame, pd.DataFrame(Y, columns=list("xyz"))),
        (np.asfortranarray(X), Y.astype(bool)),
        (X, Y.astype(float)),
        (X, sparse.csr_array(Y)),
    ]:
        assert np.array_equal(classifier.fit(rows, labels).predict_proba(rows), usual)
    whole = (X * 10).astype(np.int32)
    as_floats = classifier.fit(whole.astype(float), Y).predict_proba(X)
    assert np.array_equal(classifier.fit(whole, Y).predict_proba(X), as_floats)


def check_sparse_kinds_agree(classifier):
    kinds = (sparse.csr_matrix, sparse.csr_array, sparse.csc_array, sparse.coo_array)
    first = None
    for kind in kinds:
        scores = classifier.fit(kind(X), Y).predict_proba(kind(X))
        first = scores if first is None else first
        assert np.array_equal(scores, first)
    dense = classifier.fit(X, Y).predict_proba(X)
    assert np.abs(dense - first).mean() < 0.02  # float32 and binning differ a little


def check_types_of_output(classifier):
    labels, scores = classifier.fit(X, Y).decide(X)
    assert type(labels) is np.ndarray and labels.dtype == np.uint8
    assert type(scores) is np.ndarray and scores.dtype == np.float64
    assert labels.shape == scores.shape == Y.shape
    single = classifier.fit(X.astype(np.float32), Y).predict_proba(X)
    assert single.dtype == np.float64


def check_rows_are_scored_each_for_itself(classifier):
    """Order, number and company of the rows do not matter."""
    labels, scores = classifier.fit(X, Y).decide(X)
    order = np.random.default_rng(1).permutation(len(X))
    moved_labels, moved = classifier.decide(X[order])
    assert moved == pytest.approx(scores[order], abs=1e-9)
    assert np.array_equal(moved_labels, labels[order])
    one_by_one = np.vstack([classifier.predict_proba(row[None]) for row in X[:5]])
    assert one_by_one == pytest.approx(scores[:5], abs=1e-9)
    assert (
        classifier.predict(X[:0]).shape == classifier.decide(X[:0])[1].shape == (0, 3)
    )


def check_one_row(classifier):
    classifier.fit(X[:1], Y[:1])
    assert np.array_equal(classifier.predict(X), np.tile(Y[:1], (len(X), 1)))


def check_one_label_and_one_feature(classifier):
    labels, scores = classifier.fit(X[:, :1], Y[:, :1]).decide(X[:, :1])
    assert labels.shape == scores.shape == (60, 1)


def check_bad_values_are_refused(classifier):
    for bad in (np.nan, np.inf, -np.inf):
        wrong = X.copy()
        wrong[3, 2] = bad
        words = "X has missing or infinite values. Impute them first."
        for rows in (wrong, sparse.csr_matrix(wrong), pd.DataFrame(wrong)):
            refused(classifier, words, lambda rows=rows: classifier.fit(rows, Y))
            classifier.fit(X, Y)
            refused(classifier, words, lambda rows=rows: classifier.predict(rows))
    for bad in (2, -1, 0.5, np.nan):
        wrong = Y.astype(float)
        wrong[3, 2] = bad
        words = "Y must hold only 0 and 1."
        refused(classifier, words, lambda wrong=wrong: classifier.fit(X, wrong))


def check_what_is_no_number_is_refused(classifier):
    words = X.astype(str)
    text = f"X must hold numbers, got {words.dtype}."
    refused(classifier, text, lambda: classifier.fit(words, Y))
    text = "X must hold numbers, got object."
    refused(classifier, text, lambda: classifier.fit(words.astype(object), Y))
    text = "X must hold numbers, got complex128."
    refused(classifier, text, lambda: classifier.fit(X + 1j, Y))
    text = "Y must hold only 0 and 1."
    names = np.where(Y == 1, "yes", "no")
    refused(classifier, text, lambda: classifier.fit(X, names))
    refused(classifier, text, lambda: classifier.fit(X, Y.astype(str)))


def check_wrong_shapes_are_refused(classifier):
    for rows, labels, words in [
        (X[:, 0], Y, "X must have two dimensions, got 1."),
        (X[None], Y, "X must have two dimensions, got 3."),
        (X, Y[:, 0], "Y must have shape (60, labels), got (60,)."),
        (X, Y[:-1], "Y must have shape (60, labels), got (59, 3)."),
        (X, Y[:, :0], "Y must have shape (60, labels), got (60, 0)."),
        (X[:, :0], Y, "X has no features to learn from."),
        (X[:0], Y[:0], "there are no rows to learn from."),
    ]:
        refused(classifier, words, lambda a=rows, b=labels: classifier.fit(a, b))
    classifier.fit(X, Y)
    for rows, number in ((X[:, :3], 3), (np.hstack([X, X]), 8)):
        words = f"fitted on 4 features, got {number}."
        refused(classifier, words, lambda rows=rows: classifier.predict(rows))
        refused(classifier, words, lambda rows=rows: classifier.predict_proba(rows))


def check_names_of_features(classifier):
    frame = pd.DataFrame(X, columns=list("abcd"))
    usual = classifier.fit(frame, Y).predict_proba(frame)
    assert classifier.feature_names_in_.tolist() == list("abcd")
    words = (
        "The feature names should match those that were passed during fit. Feature "
        "names must be in the same order as they were in fit."
    )
    refused(classifier, words, lambda: classifier.predict(frame[list("badc")]))
    renamed = frame.rename(columns={"a": "z"})
    words = (
        "The feature names should match those that were passed during fit. Feature "
        "names unseen at fit time: - z Feature names seen at fit time, yet now "
        "missing: - a"
    )
    refused(classifier, words, lambda: classifier.predict_proba(renamed))
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        assert np.array_equal(classifier.predict_proba(X), usual)
    classifier.fit(X, Y)
    assert not hasattr(classifier, "feature_names_in_")
    with pytest.warns(UserWarning, match="X has feature names, but"):
        classifier.predict(frame)
    mixed = pd.DataFrame(X, columns=["a", "b", "c", 4])
    with pytest.raises(DataError, match="only supported if all input features"):
        classifier.fit(mixed, Y)


def check_wrong_settings_are_refused_by_fit_and_not_before(classifier):
    known = params.parameters(type(classifier))
    for name in known:
        if name == "classifiers":
            continue
        wrong = clone(classifier).set_params(**{name: object()})
        with pytest.raises(ValueError):
            wrong.fit(X, Y)


def check_nothing_global_changes(classifier):
    """No draw from NumPy's own generator, and none set."""
    np.random.seed(7)
    state = np.random.get_state()[1].copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier.fit(X, Y).decide(X)
    assert np.array_equal(np.random.get_state()[1], state)


def refused(classifier, words, call):
    with pytest.raises(DataError) as caught:
        call()
    assert str(caught.value) == f"{classifier.title}: {words}"
    assert isinstance(caught.value, ValueError)


CHECKS = [check for name, check in sorted(globals().items()) if name[:6] == "check_"]
CHECKS = [check for check in CHECKS if check.__module__ == __name__]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__[6:])
@pytest.mark.parametrize("cls", CLASSIFIERS.values(), ids=list(CLASSIFIERS))
def test_classifier_is_an_estimator(cls, check):
    check(make(cls))
