"""The contract of every sampler in the registry."""

import pickle
import subprocess
import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import Pipeline
from sampling import (
    ADDING,
    STEADY,
    TITLES,
    TRAINED,
    data,
    make,
    resample,
)
from scipy import sparse
from sklearn.base import clone
from sklearn.tree import DecisionTreeClassifier

from aemlo import params
from aemlo.errors import Stopped
from aemlo.samplers import SAMPLERS


@pytest.fixture(params=TITLES)
def title(request):
    return request.param


def same(A, B):
    if sparse.issparse(A):
        A, B = A.toarray(), B.toarray()
    return np.array_equal(A, B)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_arrays_come_back_as_arrays_of_the_same_kind(title, dtype):
    X, Y = data()
    X, Y = X.astype(dtype), Y.astype(np.int32)
    X_new, Y_new = resample(make(title), X, Y)
    assert type(X_new) is np.ndarray and type(Y_new) is np.ndarray
    assert X_new.dtype == dtype and Y_new.dtype == np.int32
    assert X_new.shape == (len(Y_new), 9) and Y_new.shape[1] == 5
    assert np.isin(Y_new, (0, 1)).all()


def test_csr_comes_back_as_csr(title):
    X, Y = data()
    X[:, :4][np.abs(X[:, :4]) < 1] = 0
    for kind in (sparse.csr_matrix, sparse.csr_array):
        X_new, Y_new = resample(make(title), kind(X), kind(Y))
        assert type(X_new) is kind and type(Y_new) is kind
        assert X_new.shape == (Y_new.shape[0], 9)
        assert X_new.dtype == X.dtype and Y_new.dtype == Y.dtype


# Decoded rows may differ in their last digits, and so in how many are dropped.
@pytest.mark.parametrize("title", [t for t in TITLES if t not in TRAINED])
def test_sparse_rows_are_made_under_the_same_rules(title):
    """As many rows as from dense data, of the same kind of parents."""
    X, Y = data()
    dense, thin = make(title), make(title)
    _, Y_dense = resample(dense, X, Y)
    X_thin, Y_thin = resample(thin, sparse.csr_matrix(X), Y)
    assert len(Y_dense) == len(Y_thin)
    columns = ["origin", "label"]
    assert dense.provenance_[columns].equals(thin.provenance_[columns])
    new = X_thin.toarray()[:, 4:]
    assert np.isin(new[:, 0], (2, 7)).all() and np.isin(new[:, 1:], (0, 1)).all()
    assert (new[:, 2:].sum(axis=1) == 1).all()


def test_entries_stored_twice_or_out_of_order_are_read_as_scipy_reads_them(title):
    X, Y = data()
    canonical = sparse.csr_matrix(X)
    halves = sparse.csr_matrix(
        (
            np.repeat(canonical.data / 2, 2)[::-1],
            np.repeat(canonical.indices, 2)[::-1],
            np.concatenate([[0], np.cumsum(2 * np.diff(canonical.indptr)[::-1])]),
        ),
        shape=X.shape,
    )
    turned = canonical[::-1].copy()
    before = halves.data.copy(), halves.indices.copy()
    X_1, Y_1 = resample(make(title), halves, Y)
    X_2, Y_2 = resample(make(title), turned, Y)
    assert np.array_equal(X_1.toarray(), X_2.toarray()) and np.array_equal(Y_1, Y_2)
    assert np.array_equal(halves.data, before[0])
    assert np.array_equal(halves.indices, before[1])


@pytest.mark.parametrize("title", [t for t in TITLES if t not in TRAINED])
def test_sparse_rows_are_never_made_dense_as_a_whole(title):
    """600 x 100,000 would take 480 MB."""
    rng = np.random.default_rng(0)
    places = np.repeat(np.arange(600), 20), rng.integers(100_000, size=12_000)
    X = sparse.csr_matrix((rng.random(12_000), places), shape=(600, 100_000))
    _, Y = data(600)
    tracemalloc.start()
    try:
        make(title).fit_resample(X, Y)
        assert tracemalloc.get_traced_memory()[1] < 60e6
    finally:
        tracemalloc.stop()


def test_frames_come_back_with_their_names_and_types(title):
    X, Y = data()
    frame = pd.DataFrame(X, columns=list("ihgfedcba"))
    frame = frame.astype({"i": np.float32, "f": int, "b": bool, "d": int})
    labels = pd.DataFrame(Y, columns=["v", "w", "x", "y", "z"]).astype(bool)
    X_new, Y_new = resample(make(title), frame, labels)
    pd.testing.assert_series_equal(X_new.dtypes, frame.dtypes)
    pd.testing.assert_series_equal(Y_new.dtypes, labels.dtypes)
    assert len(X_new) == len(Y_new) == len(make_rows(title))


def make_rows(title):
    X, Y = data()
    X[:, 3] = np.trunc(X[:, 3])
    X[:, 0] = X[:, 0].astype(np.float32)
    return resample(make(title), X, Y)[1]


@pytest.mark.parametrize("added_by", ADDING)
def test_original_rows_come_first_and_unchanged(added_by):
    X, Y = data()
    for given in (X, sparse.csr_matrix(X)):
        X_new, Y_new = resample(make(added_by), given, Y)
        assert same(X_new[: len(X)], given) and np.array_equal(Y_new[: len(X)], Y)
        assert len(Y_new) > len(Y)


def test_the_same_seed_gives_the_same_bytes(title):
    X, Y = data()
    first, second = make(title), make(title)
    X_1, Y_1 = resample(first, X, Y)
    X_2, Y_2 = resample(second, X, Y)
    assert X_1.tobytes() == X_2.tobytes() and Y_1.tobytes() == Y_2.tobytes()
    pd.testing.assert_frame_equal(first.provenance_, second.provenance_)


def test_another_seed_gives_other_rows_unless_nothing_is_drawn(title):
    X, Y = data()
    if SAMPLERS[title].deterministic:
        assert "random_state" not in make(title).get_params()
        return
    X_1, Y_1 = resample(make(title), X, Y)
    X_2, Y_2 = resample(make(title, random_state=1), X, Y)
    assert X_1.tobytes() != X_2.tobytes()


def test_a_second_call_repeats_the_first(title):
    """An int as `random_state` leaves no trace on the object."""
    X, Y = data()
    sampler = make(title)
    assert same(resample(sampler, X, Y)[0], resample(sampler, X, Y)[0])


def test_inputs_are_left_alone(title):
    X, Y = data()
    thin = sparse.csr_matrix(X)
    frame, labels = pd.DataFrame(X), pd.DataFrame(Y)
    before = X.copy(), Y.copy(), thin.copy()
    for given in ((X, Y), (thin, Y), (frame, labels)):
        X_new, Y_new = resample(make(title), *given)
        if isinstance(X_new, np.ndarray):
            X_new[:], Y_new[:] = 5, 1  # the result is no view of the input either
    assert np.array_equal(X, before[0]) and np.array_equal(Y, before[1])
    assert np.array_equal(frame, before[0]) and np.array_equal(labels, before[1])
    assert np.array_equal(thin.data, before[2].data)
    assert np.array_equal(thin.indices, before[2].indices)


def test_clone_and_pickle(title):
    X, Y = data()
    sampler = make(title)
    copy = clone(sampler)
    assert copy.get_params() == sampler.get_params() and copy is not sampler
    X_1, _ = resample(sampler, X, Y)
    again = pickle.loads(pickle.dumps(sampler))
    pd.testing.assert_frame_equal(again.provenance_, sampler.provenance_)
    assert same(resample(again, X, Y)[0], X_1)
    assert same(resample(copy, X, Y)[0], X_1)


class Recorder(DecisionTreeClassifier):
    """A tree that remembers how many rows it was fitted on."""

    def fit(self, X, Y, **more):
        self.rows_ = X.shape[0]
        return super().fit(X, Y, **more)


def test_a_pipeline_resamples_when_it_fits_and_only_then(title):
    X, Y = data()
    _, Y_new = make(title).fit_resample(X, Y)
    pipe = Pipeline([("sampler", make(title)), ("tree", Recorder(random_state=0))])
    assert pipe.fit(X, Y).predict(X[:7]).shape == (7, 5)
    assert pipe["tree"].rows_ == len(Y_new)


def test_provenance_says_where_each_row_comes_from(title):
    X, Y = data()
    sampler = make(title)
    X_new, Y_new = resample(sampler, X, Y)
    frame = sampler.provenance_
    assert list(frame.columns) == ["origin", "parents", "label", "weight"]
    assert len(frame) == len(Y_new)
    assert frame["origin"].between(-1, len(X) - 1).all()
    kept = frame["origin"].to_numpy() >= 0
    origin = frame["origin"].to_numpy()[kept]
    assert np.array_equal(X_new[kept], X[origin])
    assert (Y_new[kept] <= Y[origin]).all()
    assert frame["label"].between(-1, 4).all()
    weight = frame["weight"].dropna()
    assert weight.between(0, 1).all()
    for parents in frame.loc[~kept, "parents"]:
        assert len(parents) and all(0 <= p < len(X) for p in parents)
    assert (frame.loc[kept, "parents"].map(len) == 0).all()


def test_nominal_columns_keep_their_values(title):
    X, Y = data()
    X_new, _ = resample(make(title), X, Y)
    if title != "AEMLO-paper":  # published: every column is decoded as a number
        assert np.isin(X_new[:, 4], (2, 7)).all() and np.isin(X_new[:, 5], (0, 1)).all()
    assert (X_new[:, 6:].sum(axis=1) == 1).all() and np.isin(X_new[:, 6:], (0, 1)).all()


def balanced():
    """Every labelset on ten rows, every label on half of them."""
    Y = np.array([[a, b] for a in (0, 1) for b in (0, 1)] * 10, dtype=np.uint8)
    return np.random.default_rng(0).normal(size=(40, 9)), Y


@pytest.mark.parametrize("title", STEADY)
def test_balanced_data_come_back_unchanged_with_a_note(title):
    X, Y = balanced()
    sampler = make(title)
    X_new, Y_new = sampler.fit_resample(X, Y)
    assert np.array_equal(X_new, X) and np.array_equal(Y_new, Y)
    assert title == "none" or any(
        word in " ".join(sampler.notes_) for word in ("nothing", "unchanged")
    )


@pytest.mark.parametrize("title", ["ML-ROS", "MLSMOTE"])
@pytest.mark.parametrize(
    "Y, beginning",
    [
        (
            np.arange(40)[:, None] < 2,
            "The label is rare, but has no other beside it to be rarer than: ",
        ),
        (
            np.column_stack([np.arange(40) < 2, np.arange(40) > 37]),
            "Some labels are rare, but none beside the others: ",
        ),
    ],
)
def test_rare_labels_are_not_called_balanced(title, Y, beginning):
    sampler = make(title)
    X, Y = np.random.default_rng(0).normal(size=(40, 9)), Y.astype(np.uint8)
    _, Y_new = sampler.fit_resample(X, Y)
    assert len(Y_new) == 40
    assert sampler.notes_ == [
        f"{beginning}no label has IRLbl above MeanIR, so nothing was added. Name the "
        "labels, with a budget or target, to add rows anyway."
    ]


def test_progress_rises_to_one(title):
    X, Y = data()
    seen = []
    resample(make(title), X, Y, on_progress=lambda f, **values: seen.append(f))
    assert seen[-1] == 1.0 and min(seen) >= 0
    assert seen == sorted(seen)


@pytest.mark.parametrize("call", [1, 2])
def test_stop_passes_through(title, call):
    X, Y = data()
    calls = []

    def stop(fraction, **values):
        calls.append(fraction)
        if len(calls) == call:
            raise Stopped

    if call == 1:
        with pytest.raises(Stopped):
            resample(make(title), X, Y, on_progress=stop)
    else:
        try:
            resample(make(title), X, Y, on_progress=stop)
        except Stopped:
            assert len(calls) == 2
        else:
            assert len(calls) == 1


def test_every_setting_has_a_rule_and_help(title):
    cls = SAMPLERS[title]
    known = params.parameters(cls)
    assert set(cls().get_params(deep=False)) - {"random_state"} == set(known)
    assert all(p.help for p in known.values())
    params.check(cls())


def test_the_methods_page_finds_its_sentences(title):
    cls = SAMPLERS[title]
    for name in ("idea", "helps", "harms", "source", "keeps"):
        text = getattr(cls, name)
        assert text and text[0] == text[0].upper() and text.rstrip()[-1] in ".;)", name
    assert cls.__doc__


def test_importing_the_samplers_loads_neither_torch_nor_umap():
    code = (
        "import sys, aemlo.samplers; print([m for m in ('torch', 'umap') if m in "
        "sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
