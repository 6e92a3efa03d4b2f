"""Every sampler on data at the edge, and on data that it must refuse."""

import numpy as np
import pandas as pd
import pytest
from sampling import (
    TITLES,
    data,
    make,
    resample,
)
from scipy import sparse

from aemlo.errors import DataError
from aemlo.samplers import OverSampler


@pytest.fixture(params=TITLES)
def title(request):
    return request.param


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
