"""Measures of pairs of labels, against SciPy, NumPy and counting one by one."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from sklearn.feature_selection import chi2 as sklearn_chi2

from aemlo import imbalance

TINY = np.array(
    [[1, 1, 0], [1, 1, 0], [1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 0, 0]], dtype=np.uint8
)
TINY_EMPTY = np.column_stack([TINY, np.zeros(6, dtype=np.uint8)])

label_matrices = arrays(
    np.uint8,
    st.tuples(st.integers(1, 25), st.integers(1, 8)),
    elements=st.integers(0, 1),
)


@given(label_matrices)
@settings(deadline=None, max_examples=50)
def test_phi_is_the_correlation(Y):
    tie = imbalance.phi(Y)
    varies = Y.std(axis=0) > 0
    if varies.sum() > 1:
        expected = np.corrcoef(Y[:, varies].T)
        assert tie[np.ix_(varies, varies)] == pytest.approx(expected, abs=1e-9)
    assert np.isnan(tie[~varies]).all()


def test_chi_squared_of_a_pair_is_pearsons():
    rng = np.random.default_rng(0)
    Y = (rng.random((200, 2)) < [0.3, 0.6]).astype(np.uint8)
    observed = np.array([[((Y[:, 0] == a) & (Y[:, 1] == b)).sum() for b in (0, 1)]
                         for a in (0, 1)])  # fmt: skip
    expected = stats.chi2_contingency(observed, correction=False).statistic
    assert imbalance.chi_squared(Y)[0, 1] == pytest.approx(expected)


@given(label_matrices)
@settings(deadline=None)
def test_dependent_pairs_equal_counting_them_one_by_one(Y):
    square = imbalance.chi_squared(Y)
    upper = square[np.triu_indices(len(square), 1)]
    limit = stats.chi2.ppf(0.99, 1)
    expected = (int((upper > limit).sum()), int((~np.isnan(upper)).sum()))
    assert imbalance.dependent_pairs(Y) == expected


def test_dependence_sees_a_copied_label():
    rng = np.random.default_rng(1)
    Y = (rng.random((300, 3)) < 0.4).astype(np.uint8)
    Y = np.column_stack([Y, Y[:, 0]])
    assert imbalance.dependent_pairs(Y) == (1, 6)
    assert imbalance.dependence(Y) == pytest.approx(1 / 6)
    assert math.isnan(imbalance.dependence([[1, 0], [1, 0]]))
    # An outside judge agrees that labels 0 and 3 are tied and 1 is not.
    statistic, _ = sklearn_chi2(Y[:, [1, 3]], Y[:, 0])
    assert statistic[1] > 6.635 > statistic[0]


def test_neighbours_of_a_label():
    met = imbalance.neighbours(TINY, 0, "ABC")
    assert met["label"].tolist() == ["B", "C"]
    assert met["rows"].tolist() == [2, 1]
    assert met["share of its rows"].tolist() == [0.5, 0.25]
    assert met["share of theirs"].tolist() == [1, 1]
    assert met["lift"].tolist() == [1.5, 1.5]
    assert imbalance.neighbours(TINY_EMPTY, 3, "ABCZ").empty


def test_labels_chosen_for_pictures():
    assert imbalance.rarest(TINY_EMPTY).tolist() == [2, 1, 0]
    assert imbalance.rare_and_met(TINY_EMPTY, rare=1).tolist() == [2, 0]
    assert imbalance.concurrent_labels(TINY).tolist() == [2, 0]
    pairs = imbalance.pair_table(TINY, "ABC", [0, 1, 2])
    assert pairs[["label", "other", "rows"]].to_numpy().tolist() == [
        ["A", "B", 2],
        ["A", "C", 1],
        ["B", "C", 0],
    ]
    assert pairs["chi-squared"].tolist() == pytest.approx([1.5, 0.6, 0.6])
