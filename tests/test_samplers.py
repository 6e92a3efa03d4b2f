"""The contract of every sampler in the registry."""

import pickle
import subprocess
import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import Pipeline
from scipy import sparse
from sklearn.base import clone
from sklearn.tree import DecisionTreeClassifier

from aemlo import params
from aemlo.errors import DataError, ParameterError, Stopped
from aemlo.samplers import SAMPLERS, OverSampler

# Settings that make samplers which train quick.
QUICK = {
    "epochs": 2,
    "latent_size": 4,
    "width": 8,
    "label_width": 4,
    "hidden": 8,
    "cohorts": 3,
}
# These two make rows for all labelled rows, or by settings of their own.
BY_THEIR_OWN_RULE = {"AEMLO", "AEMLO-paper"}
GROUPS = [np.array([6, 7, 8])]
TITLES = list(SAMPLERS)
ADDING = [t for t in TITLES if issubclass(SAMPLERS[t], OverSampler)]
SIZED = [t for t in ADDING if "target" in params.parameters(SAMPLERS[t])]
TRAINED = [t for t in TITLES if "epochs" in params.parameters(SAMPLERS[t])]
FIELD = [t for t in SIZED if t not in TRAINED]


def make(title, **settings):
    """A sampler by title, seeded, quick where it trains."""
    cls = SAMPLERS[title]
    known = cls().get_params(deep=False)
    quick = QUICK if "epochs" in known else {}
    wanted = {"random_state": 0} | quick
    return cls(**({k: v for k, v in wanted.items() if k in known} | settings))


def data(n=90, seed=0):
    """X (n, 9): four odd numbers, two columns of two values, a one-hot group; Y (n, 5).

    The commonest label is on about two thirds of the rows, the rarest on three or more.
    """
    rng = np.random.default_rng(seed)
    numbers = rng.normal([50, -3, 0, 1e3], [20, 1, 0.01, 300], (n, 4))
    binary = np.where(rng.random((n, 2)) < 0.4, [7.0, 1.0], [2.0, 0.0])
    X = np.hstack([numbers, binary, np.eye(3)[rng.integers(3, size=n)]])
    Y = (rng.random((n, 5)) < [0.65, 0.5, 0.3, 0.1, 0.05]).astype(np.uint8)
    Y[:4] = [[1, 0, 0, 1, 1], [1, 1, 0, 0, 1], [0, 0, 1, 1, 1], [1, 0, 0, 1, 0]]
    return X, Y


def resample(sampler, X, Y, **more):
    return sampler.fit_resample(X, Y, categorical_features=GROUPS, **more)


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


def one_positive(X, Y):
    Y[:, 4] = 0
    Y[3, 4] = 1
    return X, Y


def two_positives(X, Y):
    Y[:, 4] = 0
    Y[[3, 8], 4] = 1
    return X, Y


def no_positive(X, Y):
    Y[:, 4] = 0
    return X, Y


def all_positive(X, Y):
    Y[:, 0] = 1
    return X, Y


def duplicates(X, Y):
    X[:60] = X[0]
    return X, Y


def constant_features(X, Y):
    return np.full_like(X, 3.0) * (np.arange(9) < 6) + (np.arange(9) == 6), Y


def one_label(X, Y):
    return X, Y[:, 3:4]


def no_labels(X, Y):
    return X, np.zeros_like(Y)


def unlabelled_rows(X, Y):
    Y[40:] = 0
    return X, Y


CASES = [
    one_positive,
    two_positives,
    no_positive,
    all_positive,
    duplicates,
    constant_features,
    one_label,
    no_labels,
    unlabelled_rows,
]
for rows in (1, 2, 3, 9):

    def few_rows(X, Y, rows=rows):
        return X[:rows], Y[:rows]

    few_rows.__name__ = f"{rows}_rows"
    CASES.append(few_rows)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_data_at_the_edge(title, case, kind):
    X, Y = case(*data())
    sampler = make(title)
    X_new, Y_new = resample(sampler, kind(X), Y)
    dense = X_new.toarray() if sparse.issparse(X_new) else X_new
    assert np.isfinite(dense).all() and np.isin(Y_new, (0, 1)).all()
    assert len(dense) == len(Y_new) == len(sampler.provenance_) >= 1
    if isinstance(sampler, OverSampler):
        assert np.array_equal(dense[: len(X)], X)
        assert np.array_equal(Y_new[: len(Y)], Y)
    assert (Y_new.any(axis=0) >= Y.any(axis=0)).all(), "a label was emptied"


def balanced():
    """Every labelset on ten rows, every label on half of them."""
    Y = np.array([[a, b] for a in (0, 1) for b in (0, 1)] * 10, dtype=np.uint8)
    return np.random.default_rng(0).normal(size=(40, 9)), Y


@pytest.mark.parametrize("title", [t for t in TITLES if t not in BY_THEIR_OWN_RULE])
def test_balanced_data_come_back_unchanged_with_a_note(title):
    X, Y = balanced()
    sampler = make(title)
    X_new, Y_new = sampler.fit_resample(X, Y)
    assert np.array_equal(X_new, X) and np.array_equal(Y_new, Y)
    assert title == "none" or any(
        word in " ".join(sampler.notes_) for word in ("nothing", "unchanged")
    )


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


@pytest.mark.parametrize(
    "X, Y, message",
    [
        (
            np.ones((3, 2)),
            np.ones((4, 2)),
            "X has 3 rows and Y 4; both must have the same number, at least 1.",
        ),
        (
            np.ones((3, 2)),
            np.ones(3),
            "X and Y must have two dimensions, got 2 and 1. One label is a column: "
            "Y[:, None].",
        ),
        (np.ones((3, 2)), np.full((3, 2), 2), "Y must hold only 0 and 1."),
        (
            np.array([[1.0], [np.nan]]),
            np.ones((2, 1)),
            "X has missing or infinite values. Impute them first.",
        ),
        (
            np.array([["a"], ["b"]]),
            np.ones((2, 1)),
            "X must hold numbers, got <U1.",
        ),
        (
            pd.DataFrame({"town": ["a", "b"], "size": [1, 2]}),
            np.ones((2, 1)),
            "X must hold numbers; columns 'town' do not. Code them first.",
        ),
    ],
)
def test_bad_input_is_refused_in_words(title, X, Y, message):
    with pytest.raises(DataError) as fault:
        make(title).fit_resample(X, Y)
    assert str(fault.value) == f"{title}: {message}"


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


@pytest.mark.parametrize("sized", SIZED)
def test_budget_is_the_most_that_is_added(sized):
    X, Y = data(200)
    for budget in (0.05, 0.2):
        _, Y_new = resample(make(sized, budget=budget), X, Y)
        assert 0 < len(Y_new) - 200 <= round(budget * 200)


@pytest.mark.parametrize("sized", [t for t in FIELD if t in ("MLSMOTE", "MLSOL")])
def test_budget_is_met_where_nothing_stands_against_it(sized):
    X, Y = data(200)
    for budget in (0.05, 2.0):
        _, Y_new = resample(make(sized, budget=budget), X, Y)
        assert len(Y_new) - 200 == round(budget * 200)


@pytest.mark.parametrize("sized", FIELD)
def test_target_mean_ir_is_reached(sized):
    X, Y = data(300)
    counts = Y.sum(axis=0)
    mean_ir = np.mean(counts.max() / counts)
    sampler = make(sized, target="MeanIR")
    _, Y_new = resample(sampler, X, Y)
    rare = counts.max() / counts > mean_ir
    after = Y_new.sum(axis=0)
    assert rare.any()
    short = rare & (after < counts.max() / mean_ir)
    assert not short.any() or sampler.notes_


@pytest.mark.parametrize("sized", FIELD)
@pytest.mark.parametrize("named", [False, True])
def test_target_counts_are_reached_for_the_labels_named(sized, named):
    X, Y = data(300)
    counts = Y.sum(axis=0)
    wanted = {3: int(counts[3]) + 20, 4: int(counts[4]) + 7}
    if named:
        Y = pd.DataFrame(Y, columns=["v", "w", "x", "y", "z"])
        wanted = {"y": wanted[3], "z": wanted[4]}
    sampler = make(sized, target=wanted)
    _, Y_new = resample(sampler, X, Y)
    added = np.asarray(Y_new).sum(axis=0) - counts
    made = sampler.provenance_.query("origin < 0")["label"]
    assert set(made) <= {3, 4}
    assert added[3] >= 20 and added[4] >= 7


@pytest.mark.parametrize("sized", FIELD)
def test_rows_are_made_for_the_labels_named_alone(sized):
    X, Y = data(300)
    sampler = make(sized, labels=(4,), budget=0.1)
    _, Y_new = resample(sampler, X, Y)
    made = sampler.provenance_.query("origin < 0")
    assert len(made) and set(made["label"]) <= {4, -1}
    if sized != "MLSOL":  # its seeds need the label's rarer value, its rows may differ
        assert Y_new[300:, 4].all()


@pytest.mark.parametrize("sized", SIZED)
def test_a_label_that_does_not_exist_is_refused(sized):
    X, Y = data()
    with pytest.raises(ParameterError) as fault:
        resample(make(sized, labels=(9,)), X, Y)
    assert str(fault.value) == (
        f"{sized}: there is no label 9. Labels are the columns 0 to 4 of Y, or their "
        "names where Y has any."
    )


@pytest.mark.parametrize("sized", FIELD)
def test_no_labels_named_is_no_rows_asked_for(sized):
    X, Y = data()
    sampler = make(sized, labels=(), target="MeanIR")
    assert len(resample(sampler, X, Y)[0]) == 90 and sampler.notes_


@pytest.mark.parametrize("sized", FIELD)
def test_a_target_out_of_all_proportion_is_refused(sized):
    X, Y = data()
    with pytest.raises(ParameterError, match="over 100 times the 90 given"):
        resample(make(sized, target={4: 10**9}), X, Y)


@pytest.mark.parametrize("sized", SIZED)
def test_preview_has_a_row_per_label(sized):
    X, Y = data()
    names = ["v", "w", "x", "y", "z"]
    frame = make(sized, budget=0.2).preview(pd.DataFrame(Y, columns=names))
    assert frame["label"].tolist() == names
    assert frame["positives"].tolist() == Y.sum(axis=0).tolist()
    assert (frame["positives_after"] >= frame["positives"]).all()


@pytest.mark.parametrize("reader", [t for t in TITLES if not make(t).reads_features])
def test_preview_is_exact_where_labels_decide(reader):
    X, Y = data(150)
    sampler = make(reader)
    frame = sampler.preview(Y)
    _, Y_new = resample(sampler, X, Y)
    assert frame["positives_after"].tolist() == Y_new.sum(axis=0).tolist()
