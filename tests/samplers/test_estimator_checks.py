"""What scikit-learn and imbalanced-learn ask of a sampler, restated for several labels.

Every check is run on every class of the registry.
"""

import numpy as np
import pandas as pd
import pytest
from imblearn.base import is_sampler
from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sampling import GROUPS, TITLES, data, make, resample
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import get_tags

from aemlo import params
from aemlo.errors import AemloError, DataError
from aemlo.samplers import MLROS, SAMPLERS, Chain

X, Y = data()
SELECTING = [title for title in TITLES if make(title).selects_rows]


def check_settings_are_what_was_given(sampler):
    settings = sampler.get_params(deep=False)
    copy = clone(sampler)
    assert copy is not sampler and copy.get_params(deep=False) == settings
    for name, value in settings.items():
        assert copy.set_params(**{name: value}) is copy
        assert getattr(copy, name) is value
    with pytest.raises(ValueError):
        sampler.set_params(no_such_setting=1)
    assert not [name for name in vars(type(sampler)()) if name.endswith("_")]


def check_settings_stay_as_they_are(sampler):
    before = dict(vars(sampler))
    resample(sampler, X, Y)
    assert all(vars(sampler)[name] is before[name] for name in before)


def check_tags(sampler):
    tags = get_tags(sampler)
    assert is_sampler(sampler) and tags.input_tags.sparse
    assert tags.target_tags.required and tags.target_tags.multi_output
    assert tags.target_tags.two_d_labels and not tags.target_tags.one_d_labels


def check_names_and_number_of_features(sampler):
    frame = pd.DataFrame(X, columns=list("abcdefghi"))
    resample(sampler, frame, Y)
    assert sampler.n_features_in_ == 9
    assert sampler.feature_names_in_.tolist() == list("abcdefghi")
    resample(sampler, X, Y)
    assert sampler.n_features_in_ == 9 and not hasattr(sampler, "feature_names_in_")
    mixed = pd.DataFrame(X, columns=[*"abcdefgh", 9])
    with pytest.raises(DataError, match="only supported if all input features"):
        sampler.fit_resample(mixed, Y)


def check_lists_are_taken_and_arrays_come_back(sampler):
    usual = resample(sampler, X, Y)
    rows, labels = resample(sampler, X.tolist(), Y.tolist())
    assert type(rows) is np.ndarray and type(labels) is np.ndarray
    assert np.array_equal(rows, usual[0]) and np.array_equal(labels, usual[1])
    assert sampler.n_features_in_ == 9
    plan, same = sampler.preview(Y.tolist()), sampler.preview(Y)
    assert (plan is None) == (same is None)
    if plan is not None:
        pd.testing.assert_frame_equal(plan, same)


def check_locked_inputs_are_taken(sampler):
    rows, labels, thin = X.copy(), Y.copy(), sparse.csr_matrix(X)
    for array in (rows, labels, thin.data, thin.indices, thin.indptr):
        array.flags.writeable = False
    resample(sampler, rows, labels)
    resample(sampler, thin, labels)


def check_what_has_no_columns_is_refused(sampler):
    for rows, labels, words in [
        (X[:, :0], Y, "X has 0 columns and Y 5 columns"),
        (X, Y[:, :0], "X has 9 columns and Y 0 columns"),
    ]:
        for kind in (np.asarray, sparse.csr_matrix, pd.DataFrame):
            with pytest.raises(DataError) as caught:
                sampler.fit_resample(kind(rows), labels)
            assert str(caught.value) == (
                f"{sampler.title}: {words}; both must have at least 1."
            )
            assert isinstance(caught.value, AemloError)
            assert isinstance(caught.value, ValueError)


def check_words_as_labels_are_refused(sampler):
    for labels in (np.where(Y == 1, "yes", "no"), Y.astype(str), Y + 0.5, Y - 1.0):
        with pytest.raises(DataError) as caught:
            sampler.fit_resample(X, labels)
        assert str(caught.value) == f"{sampler.title}: Y must hold only 0 and 1."


def check_nothing_global_changes(sampler):
    np.random.seed(7)
    state = np.random.get_state()[1].copy()
    resample(sampler, X, Y)
    assert np.array_equal(np.random.get_state()[1], state)


def check_wrong_settings_are_refused(sampler):
    for name in params.parameters(type(sampler)):
        if name == "steps":
            continue
        wrong = clone(sampler).set_params(**{name: object()})
        with pytest.raises(ValueError):
            wrong.fit_resample(X, Y)


CHECKS = [check for name, check in sorted(globals().items()) if name[:6] == "check_"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__[6:])
@pytest.mark.parametrize("title", TITLES)
def test_sampler_is_an_estimator(title, check):
    check(make(title))


def test_who_selects_rows():
    assert set(SELECTING) == {
        *("none", "ML-ROS", "LP-ROS", "ML-RUS", "LP-RUS", "MLeNN", "MLTL"),
    }
    assert not Chain(("ML-ROS", "MLSMOTE")).selects_rows
    assert Chain(("ML-ROS", "ML-RUS")).selects_rows


@pytest.mark.parametrize(
    "sampler",
    [
        *(make(title) for title in SELECTING),
        Chain(("ML-ROS", "LP-ROS", "ML-RUS"), random_state=0),
    ],
    ids=lambda sampler: str(sampler.title),
)
def test_rows_that_are_selected_have_their_indices(sampler):
    for kind in (np.asarray, sparse.csr_array):
        X_new, Y_new = sampler.fit_resample(kind(X), Y)
        rows = sampler.sample_indices_
        X_new = X_new.toarray() if sparse.issparse(X_new) else X_new
        assert rows.dtype.kind == "i"
        assert np.array_equal(X_new, X[rows]) and np.array_equal(Y_new, Y[rows])


@pytest.mark.parametrize("title", sorted(set(TITLES) - set(SELECTING)))
def test_rows_that_are_made_or_split_have_no_indices(title):
    sampler = make(title)
    resample(sampler, X, Y)
    assert not hasattr(sampler, "sample_indices_")


def test_indices_mean_what_they_mean_in_imbalanced_learn():
    y = Y[:, 3]
    for theirs, ours in (
        (RandomOverSampler(random_state=0), make("ML-ROS", labels=(3,), budget=0.5)),
        (RandomUnderSampler(random_state=0), make("ML-RUS")),
    ):
        rows, _ = theirs.fit_resample(X, y)
        assert np.array_equal(rows, X[theirs.sample_indices_])
        rows, _ = ours.fit_resample(X, Y)
        assert np.array_equal(rows, X[ours.sample_indices_])


def test_a_plan_leaves_no_trace_of_its_own_column():
    sampler = MLROS(random_state=0)
    assert sampler.plan_labels(Y) is not None
    assert not hasattr(sampler, "n_features_in_")


def test_every_sampler_of_the_registry_is_checked():
    assert list(SAMPLERS) == TITLES and len(GROUPS) == 1
