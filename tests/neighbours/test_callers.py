"""Everybody who looks for neighbours finds the same ones, also where rows tie."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aemlo import quality
from aemlo.classifiers import MLKNN, BRkNN
from aemlo.classifiers.explain import nearest
from aemlo.latent.selection import nearest_rows
from aemlo.latent.trustworthiness import trust
from aemlo.neighbours.search import neighbours
from aemlo.neighbours.votes import votes
from aemlo.samplers import MLSMOTE, MLSOL
from aemlo.samplers.aemlo import generation

K = 5
KINDS = {"dense": np.asarray, "sparse": sparse.csr_matrix}


@pytest.fixture
def tied():
    """60 rows of 6 binary features, three labels, and the k nearest written out."""
    rng = np.random.default_rng(0)
    X = (rng.random((60, 6)) < 0.5).astype(float)
    X[0], X[1] = 0.0, 1.0  # each column's range is 1
    Y = (rng.random((60, 3)) < [0.6, 0.3, 0.2]).astype(np.uint8)
    near = np.array([plain(X, i, range(60)) for i in range(60)])
    return X, Y, near


def plain(X, row, pool):
    """The K nearest rows by the number of features that differ, then by row number."""
    others = [i for i in pool if i != row]
    return sorted(others, key=lambda i: (int((X[i] != X[row]).sum()), i))[:K]


@pytest.mark.parametrize("kind", KINDS)
def test_all_who_look_among_all_rows_see_the_same(tied, kind):
    X, Y, near = tied
    counts = Y[near].sum(axis=1)
    given = KINDS[kind](X)
    assert np.array_equal(neighbours(given, K)[0], near)
    assert np.array_equal(votes(given, Y, K), counts)
    for row in (0, 17, 59):
        frame = nearest_rows(row, {"features": given}, K)
        assert frame["row"].tolist() == near[row].tolist()
    labels = Y.astype(bool)
    both = (labels[:, None] & labels[near]).sum(axis=2)
    either = (labels[:, None] | labels[near]).sum(axis=2)
    shares = np.where(either, both / np.maximum(either, 1), 1.0).mean(axis=1)
    assert quality.label_agreement(given, Y, k=K) == pytest.approx(shares)


@pytest.mark.parametrize("kind", KINDS)
def test_classifiers_ask_the_rows_that_explanations_name(tied, kind):
    X, Y, _ = tied
    asked = X[::7]
    expected = [
        sorted(range(60), key=lambda i: (int((X[i] != row).sum()), i))[:K]
        for row in asked
    ]
    assert nearest(KINDS[kind](X), KINDS[kind](asked), K)[0].tolist() == expected
    classifier = BRkNN(k=K).fit(KINDS[kind](X), Y)
    scores = classifier.predict_proba(KINDS[kind](asked))
    assert scores == pytest.approx(Y[expected].mean(axis=1))
    other = MLKNN(k=K).fit(KINDS[kind](X), Y)
    counts = Y[expected].sum(axis=1)
    by_count = other.posterior_[np.arange(3), counts]
    assert other.predict_proba(KINDS[kind](asked)) == pytest.approx(by_count)


@pytest.mark.parametrize("kind", KINDS)
def test_samplers_take_references_among_the_same_rows(tied, kind):
    X, Y, near = tied
    bags = [np.flatnonzero(Y[:, j]) for j in range(3)]
    for sampler, pools in ((MLSMOTE(K), bags), (MLSOL(K, budget=2.0), [range(60)] * 3)):
        sampler.random_state = 0
        sampler.fit_resample(KINDS[kind](X), Y)
        new = sampler.provenance_.query("origin < 0")
        assert len(new) > 10
        drawn = pd.DataFrame(new["parents"].tolist(), columns=["seed", "reference"])
        for label, (seed, reference) in zip(
            new["label"], drawn.to_numpy(), strict=True
        ):
            assert reference in plain(X, seed, pools[label])


def test_partners_in_the_latent_space_are_drawn_among_the_same_rows(tied):
    X, Y, _ = tied
    rng = np.random.default_rng(3)
    plan = generation.by_label(Y, [50, 50, 50], rng)
    plan = generation.with_partners(plan, X.astype(np.float32), Y, K, 1.0, rng)
    for seed, partner, label in zip(plan.seed, plan.partner, plan.label, strict=True):
        assert partner in plain(X, seed, np.flatnonzero(Y[:, label]))


def test_trust_counts_ties_as_the_search_does(tied):
    X, _, _ = tied
    scaled = X * 0.3 + 100.0
    plainly, moved = trust(X, X[:, :2], K), trust(scaled, X[:, :2], K)
    assert np.array_equal(plainly.trustworthiness, moved.trustworthiness)
    assert np.array_equal(plainly.preservation, moved.preservation)
