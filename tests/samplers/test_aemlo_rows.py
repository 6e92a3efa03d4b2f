"""What AEMLO's rows owe their parents: labels, rare words, partners."""

import numpy as np
import pytest
from scipy import sparse
from toy_rows import alike

from aemlo.samplers.aemlo.generation import FeatureSpace


def words(n=150, d=40, seed=0):
    """Rows of a few words of d, each held by one row in twenty, and five labels."""
    rng = np.random.default_rng(seed)
    X = (rng.random((n, d)) < 0.05).astype(float)
    X[0], X[1] = 0.0, 1.0
    Y = (rng.random((n, 5)) < [0.5, 0.3, 0.3, 0.2, 0.1]).astype(np.uint8)
    return X, Y


def made_by(sampler, X, Y):
    """New features, new labels and the pairs of parents (a row alone twice)."""
    X_all, Y_all = sampler.fit_resample(X, Y)
    rows = sampler.provenance_["parents"].iloc[len(Y) :]
    parents = np.array([(p[0], p[-1]) for p in rows])
    return X_all[len(Y) :], Y_all[len(Y) :], parents


def test_decoded_labels_take_the_parents_own_first():
    X, Y = words()
    alone = {"pair_share": 0.0, "random_state": 0}
    _, labels, parents = made_by(alike(**alone), X, Y)
    own = Y[parents[:, 0]]
    assert (labels >= own).all()
    assert labels.sum() > own.sum()
    _, labels, parents = made_by(alike(**alone, labels_per_parent=1.0), X, Y)
    assert np.array_equal(labels, Y[parents[:, 0]])


def test_without_weight_the_decoded_scores_alone_decide():
    X, Y = words()
    sampler = alike(
        pair_share=0.0,
        parents_weight=0.0,
        labels_per_parent=1,
        random_state=0,
    )
    _, labels, parents = made_by(sampler, X, Y)
    scores = sampler.model_.decode_labels(sampler.model_.encode(X[parents[:, 0]]))
    own = Y[parents[:, 0]]
    for row, found, wanted in zip(scores, labels, own.sum(axis=1), strict=True):
        assert set(np.flatnonzero(found)) == set(np.argsort(-row)[:wanted])
    assert not np.array_equal(labels, own)


def test_between_two_rows_shared_labels_come_first():
    X, Y = words()
    sampler = alike(pair_share=1.0, labels_per_parent=1.0, random_state=0)
    _, labels, parents = made_by(sampler, X, Y)
    both = Y[parents[:, 0]] & Y[parents[:, 1]]
    assert both.any()
    assert (labels >= both).all()


def test_rare_words_are_interpolated_and_kept_where_the_parents_agree():
    X, Y = words()
    sampler = alike(pair_share=1.0, budget=2.0, random_state=0)
    new, _, parents = made_by(sampler, X, Y)
    one, other = X[parents[:, 0]], X[parents[:, 1]]
    agree = one == other
    assert np.array_equal(new[agree], one[agree])
    between = new[~agree]
    assert ((between >= 0) & (between <= 1)).all()
    assert ((between > 0) & (between < 1)).mean() > 0.5


def test_sparse_rows_stay_as_sparse_as_their_parents():
    X, Y = words()
    sampler = alike(pair_share=1.0, random_state=0)
    new, _, parents = made_by(sampler, sparse.csr_matrix(X), Y)
    support = (X[parents[:, 0]] != 0) | (X[parents[:, 1]] != 0)
    assert sparse.issparse(new)
    assert not new.toarray()[~support].any()
    assert new.nnz <= support.sum()


def test_which_two_valued_columns_are_rare():
    X = np.zeros((20, 6))
    X[:2, 0] = 1  # a tenth of the rows
    X[:3, 1] = 1  # more
    X[2:, 2] = 5  # all but a tenth
    X[:, 3] = np.arange(20)  # many values
    X[:1, 4] = 1  # in a group
    X[1:, 5] = 1
    groups = [np.array([4, 5])]
    for matrix in (X, sparse.csr_matrix(X)):
        space = FeatureSpace(matrix, groups, rare_features=0.1)
        assert space.rare.tolist() == [0, 2]
        assert space.binary.tolist() == [1, 4, 5]
        assert not len(FeatureSpace(matrix, groups, rare_features=0.0).rare)


@pytest.mark.parametrize(
    "kind, share", [("words", 1.0), ("numbers", 0.5), ("three quarters words", 0.75)]
)
def test_how_many_rows_get_a_partner_follows_the_features(kind, share):
    X, Y = words(n=400)
    dense = int({"words": 0, "numbers": 40, "three quarters words": 10}[kind])
    X[:, :dense] = np.random.default_rng(1).normal(size=(400, dense))
    sampler = alike(budget=5.0, random_state=0)
    _, _, parents = made_by(sampler, X, Y)
    paired = parents[:, 0] != parents[:, 1]
    assert paired.mean() == pytest.approx(share, abs=0.04)
