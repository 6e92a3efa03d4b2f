"""Classifiers against independent implementations and cases worked by hand."""

import warnings

import networkx
import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import pairwise_distances
from sklearn.multioutput import ClassifierChain as SklearnChain
from sklearn.tree import DecisionTreeClassifier

from aemlo.classifiers import (
    ECC,
    MLKNN,
    BinaryRelevance,
    BRkNN,
    BRTree,
    ClassifierChain,
    LabelPowerset,
    Partition,
    RAkELd,
    RAkELo,
)
from aemlo.classifiers.kinship import equal_rows
from aemlo.classifiers.label_powerset import co_occurrence
from aemlo.classifiers.partition import communities
from aemlo.errors import ParameterError
from aemlo.formats import read
from aemlo.preparation.preparation import Preparation


@pytest.fixture(scope="module")
def emotions(shared):
    """X and Y of emotions' declared training part, X and Y of its test part."""
    folder = shared / "data" / "mulan"
    train, test = (
        read(folder / f"emotions-{part}.arff", xml=folder / "emotions.xml")
        for part in ("train", "test")
    )
    scale = Preparation().fit(train)
    return scale.transform(train), train.Y, scale.transform(test), test.Y


def ml_knn_in_loops(X, Y, X_new, k, s):
    """ML-kNN as the paper's Figure 1 writes it, one row and one label at a time."""
    n, q = Y.shape
    among = pairwise_distances(X)
    np.fill_diagonal(among, np.inf)
    near = np.argsort(among, axis=1, kind="stable")[:, :k]
    near_new = np.argsort(pairwise_distances(X_new, X), axis=1, kind="stable")[:, :k]
    scores = np.zeros((len(X_new), q))
    for label in range(q):
        prior = (s + Y[:, label].sum()) / (2 * s + n)
        c, c_not = np.zeros(k + 1), np.zeros(k + 1)
        for row in range(n):
            delta = int(sum(Y[neighbour, label] for neighbour in near[row]))
            if Y[row, label]:
                c[delta] += 1
            else:
                c_not[delta] += 1
        for row in range(len(X_new)):
            seen = int(sum(Y[neighbour, label] for neighbour in near_new[row]))
            yes = prior * (s + c[seen]) / (s * (k + 1) + c.sum())
            no = (1 - prior) * (s + c_not[seen]) / (s * (k + 1) + c_not.sum())
            scores[row, label] = yes / (yes + no)
    return scores


@pytest.mark.parametrize("k, s", [(10, 1.0), (3, 0.5)])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_ml_knn_is_the_paper_in_loops(emotions, k, s, kind):
    X, Y, X_new, _ = emotions
    scores = MLKNN(k=k, smoothing=s).fit(kind(X), Y).predict_proba(kind(X_new))
    assert np.allclose(scores, ml_knn_in_loops(X, Y, X_new, k, s), atol=1e-12)


def test_ml_knn_by_hand():
    """Rows at 0, 1, 2 and 10, 11, 12; the label on the first three; k 2, smoothing 1.

    Leave-one-out counts of the label: 2 for the three with it; 0 for 10, 11, 12.
    Prior 4/8. P(2 | H1) = (1+3)/(3+3) = 4/6, P(2 | H0) = (1+0)/(3+3) = 1/6.
    """
    X = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]])
    Y = np.array([[1], [1], [1], [0], [0], [0]])
    scores = MLKNN(k=2, smoothing=1.0).fit(X, Y).predict_proba([[0.4], [11.4]])
    assert scores[:, 0] == pytest.approx([4 / 5, 1 / 5])


def test_ml_knn_says_when_there_are_too_few_rows():
    classifier = MLKNN(k=10).fit(np.eye(4), [[0], [1], [0], [1]])
    assert classifier.notes_ == ["4 training rows have 3 neighbours each: k = 3."]


def test_ml_knn_s_posterior_agrees_with_scikit_multilearn_ng(emotions):
    """Told to skip each training row itself, that package counts the same tables."""
    from skmultilearn.adapt import MLkNN as Other

    X, Y, _, _ = emotions
    other = Other(k=10, s=1.0, ignore_first_neighbours=1).fit(X, Y)
    prior = np.asarray(other._prior_prob_true).reshape(-1, 1)
    yes = prior * other._cond_prob_true.toarray()
    no = (1 - prior) * other._cond_prob_false.toarray()
    assert MLKNN(k=10).fit(X, Y).posterior_ == pytest.approx(yes / (yes + no))


def test_br_knn_variants_by_hand():
    """Three neighbours with labels {0}, {0, 1}, {}: shares 2/3, 1/3, 0."""
    X = np.array([[0.0], [0.1], [0.2], [9.0], [9.1]])
    Y = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1], [0, 1, 1]])
    answers = {}
    for variant in ("plain", "a", "b"):
        labels, scores = BRkNN(k=3, variant=variant).fit(X, Y).decide([[0.1]])
        assert scores[0] == pytest.approx([2 / 3, 1 / 3, 0])
        answers[variant] = labels[0].tolist()
    assert answers == {"plain": [1, 0, 0], "a": [1, 0, 0], "b": [1, 0, 0]}
    low = BRkNN(k=5, variant="a").fit(X, Y)
    assert low.predict([[0.1]])[0].tolist() == [1, 0, 0]  # all 2/5: first of equals
    assert BRkNN(k=5).fit(X, Y).predict([[0.1]])[0].tolist() == [0, 0, 0]


def test_br_knn_agrees_with_scikit_multilearn_ng(emotions):
    from skmultilearn.adapt import BRkNNbClassifier

    X, Y, X_new, _ = emotions
    other = BRkNNbClassifier(k=9).fit(X, Y)
    theirs = other.predict(X_new).toarray()
    labels, scores = BRkNN(k=9, variant="b").fit(X, Y).decide(X_new)
    assert scores == pytest.approx(np.asarray(other.confidences_))
    # Both take the same number of labels; of labels with equal shares, any.
    size = labels.sum(axis=1)
    assert (size == np.rint(scores.sum(axis=1))).all()
    ranked = -np.sort(-scores, axis=1)
    rows = np.arange(len(size))
    clear = (size > 0) & (size < 6)
    clear[clear] = (ranked[rows, size - 1] > ranked[rows, np.minimum(size, 5)])[clear]
    assert clear.mean() > 0.5
    assert np.array_equal(labels[clear], theirs[clear])


def test_binary_relevance_is_one_learner_a_label(emotions):
    X, Y, X_new, _ = emotions
    mine = BinaryRelevance("logistic").fit(X, Y).predict_proba(X_new)
    for j in range(Y.shape[1]):
        model = LogisticRegression(max_iter=1000).fit(X, Y[:, j])
        assert np.array_equal(mine[:, j], model.predict_proba(X_new)[:, 1])


def test_class_weights_are_those_of_the_formula(emotions):
    X, Y, X_new, _ = emotions
    mine = BinaryRelevance("logistic", class_weights=True).fit(X, Y)
    for j in range(Y.shape[1]):
        n, c = len(Y), int(Y[:, j].sum())
        weights = {0: n / (2 * (n - c)), 1: n / (2 * c)}
        model = LogisticRegression(max_iter=1000, class_weight=weights).fit(X, Y[:, j])
        assert mine.predict_proba(X_new)[:, j] == pytest.approx(
            model.predict_proba(X_new)[:, 1], abs=1e-9
        )


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [5, 2, 0, 4, 1, 3]])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_chain_agrees_with_scikit_learn(emotions, order, kind):
    X, Y, X_new, _ = emotions
    base = LogisticRegression(max_iter=1000)
    other = SklearnChain(base, order=order).fit(kind(X), Y)
    mine = ClassifierChain("logistic", given_order=tuple(order)).fit(kind(X), Y)
    assert mine.predict_proba(kind(X_new)) == pytest.approx(
        other.predict_proba(kind(X_new)), abs=1e-9
    )
    assert np.array_equal(mine.predict(kind(X_new)), other.predict(kind(X_new)))


def test_chain_orders(emotions):
    X, Y, _, _ = emotions
    counts = Y.sum(axis=0)
    rare = ClassifierChain("tree", order="rare first").fit(X, Y).order_
    frequent = ClassifierChain("tree", order="frequent first").fit(X, Y).order_
    assert (np.diff(counts[rare].astype(int)) >= 0).all()
    assert (np.diff(counts[frequent].astype(int)) <= 0).all()
    drawn = [
        ClassifierChain("tree", order="random", random_state=i).fit(X, Y).order_
        for i in range(5)
    ]
    assert len({tuple(order) for order in drawn}) > 1


def test_chain_wants_every_label_in_its_order(emotions):
    X, Y, _, _ = emotions
    with pytest.raises(ParameterError) as caught:
        ClassifierChain(given_order=(0, 1, 1)).fit(X, Y)
    assert str(caught.value) == (
        "CC: given_order must name each of the columns 0 to 5 once, got (0, 1, 1)."
    )


def test_chain_uses_what_labels_say_of_each_other():
    """Label 1 is label 0 and noise hides it from X: only a chain can follow."""
    rng = np.random.default_rng(0)
    X = rng.random((400, 3))
    first = X[:, 0] > 0.5
    Y = np.column_stack([first, first]).astype(np.uint8)
    chain = ClassifierChain("tree", random_state=0).fit(X, Y)
    assert chain.models_[1].feature_importances_[-1] == pytest.approx(1.0)


def test_ecc_averages_seeded_chains(emotions):
    X, Y, X_new, _ = emotions
    ensemble = ECC("logistic", chains=4, rows=1.0, random_state=1).fit(X, Y)
    scores = []
    for chain in ensemble.chains_:
        order = [int(j) for j in chain.order_]
        other = SklearnChain(LogisticRegression(max_iter=1000), order=order).fit(X, Y)
        scores.append(other.predict_proba(X_new))
    assert len({tuple(chain.order_) for chain in ensemble.chains_}) > 1
    assert ensemble.predict_proba(X_new) == pytest.approx(np.mean(scores, 0), abs=1e-6)


def test_label_powerset_is_a_multi_class_problem(emotions):
    X, Y, X_new, _ = emotions
    names = np.array(["".join(map(str, row)) for row in Y])
    other = DecisionTreeClassifier(random_state=0).fit(X, names)
    mine = LabelPowerset("tree", min_rows=1, random_state=0).fit(X, Y)
    # Same classes in the same order, hence the same tree but for its seed.
    assert [mine.labelsets_.shape[0]] == [len(set(names))]
    tree = mine.model_
    again = DecisionTreeClassifier(random_state=tree.random_state).fit(X, names)
    labels = np.array([[int(c) for c in name] for name in again.predict(X_new)])
    assert np.array_equal(mine.predict(X_new), labels)
    assert np.array_equal(mine.predict(X), Y) == np.array_equal(other.predict(X), names)


def test_label_powerset_scores_sum_the_labelsets(emotions):
    X, Y, X_new, _ = emotions
    mine = LabelPowerset("logistic", min_rows=1).fit(X, Y)
    chances = mine.model_.predict_proba(X_new)
    by_hand = np.zeros((len(X_new), 6))
    for labelset, column in zip(mine.labelsets_, chances.T, strict=True):
        by_hand += np.outer(column, labelset)
    assert mine.predict_proba(X_new) == pytest.approx(by_hand)


def test_pruning_brings_rare_labelsets_back_as_their_subsets():
    """{0}, {1} and {0, 2} are frequent, {0, 1} is not: its row comes back twice."""
    Y = np.array([[1, 0, 0]] * 3 + [[0, 1, 0]] * 2 + [[1, 0, 1]] * 2 + [[1, 1, 0]])
    X = np.arange(8.0)[:, None]
    pruned = LabelPowerset("tree", min_rows=2, subsets=2)
    pruned.fit(X, Y)
    rows, code, sets = pruned._pruned(Y.astype(np.uint8))
    assert sorted(rows.tolist()) == [0, 1, 2, 3, 4, 5, 6, 7, 7]
    back = sets[code[rows == 7]].tolist()
    assert back == [[1, 0, 0], [0, 1, 0]]  # one label each; {0} has more rows
    dropped = LabelPowerset("tree", min_rows=2, subsets=0).fit(X, Y)
    assert dropped.notes_ == [
        "1 of 8 training rows have a rare labelset without a frequent subset and were "
        "left out."
    ]


def test_pruning_everything_prunes_nothing():
    classifier = LabelPowerset("tree", min_rows=5).fit(np.eye(3), np.eye(3, dtype=int))
    assert classifier.notes_ == [
        "Fewer than two labelsets have 5 rows: none was pruned."
    ]
    assert np.array_equal(classifier.predict(np.eye(3)), np.eye(3))


def test_rakel_d_is_scikit_multilearn_ngs_on_the_same_subsets(emotions):
    X, Y, X_new, _ = emotions
    mine = RAkELd("tree", k=3, random_state=2).fit(X, Y)
    labels = np.zeros((len(X_new), 6))
    for columns, part in zip(mine.subsets_, mine.parts_, strict=True):
        assert len(columns) == 3
        seed = part.model_.random_state
        names = np.unique(Y[:, columns], axis=0, return_inverse=True)[1].ravel()
        tree = DecisionTreeClassifier(random_state=seed).fit(X, names)
        found = np.unique(Y[:, columns], axis=0)[tree.predict(X_new)]
        labels[:, columns] = found
    assert sorted(np.concatenate(mine.subsets_)) == list(range(6))
    assert np.array_equal(mine.predict(X_new), labels)


def test_rakel_o_votes_as_scikit_multilearn_ng(emotions):
    """Given the subsets that package drew, the votes are the same."""
    from skmultilearn.ensemble import RakelO

    X, Y, X_new, _ = emotions
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = RakelO(
            base_classifier=LogisticRegression(max_iter=1000),
            base_classifier_require_dense=[True, True],
            labelset_size=3,
            model_count=12,
        )
        other.fit(X, Y)
        theirs = other.predict(X_new).toarray()

    class Given(RAkELo):
        def _subsets(self, Y, rng):
            return [np.array(part, dtype=int) for part in other.classifier.partition_]

    mine = Given("logistic", votes=True, random_state=0).fit(X, Y)
    labels, scores = mine.decide(X_new)
    tied = scores == 0.5  # that package rounds a half down
    assert np.mean(labels[~tied] == theirs[~tied]) > 0.998  # solvers' last digits


def test_rakel_o_averages_votes_or_scores(emotions):
    X, Y, X_new, _ = emotions
    voting = RAkELo("logistic", k=2, models=15, votes=True, random_state=0).fit(X, Y)
    assert len({tuple(s) for s in voting.subsets_}) == 15  # all pairs of six labels
    asked = np.bincount(np.concatenate(voting.subsets_))
    assert (asked == 5).all()
    votes = voting.predict_proba(X_new) * 5
    assert np.allclose(votes, np.rint(votes))
    total = np.zeros((len(X_new), 6))
    scoring = RAkELo("logistic", k=2, models=15, random_state=0).fit(X, Y)
    for columns, part in zip(scoring.subsets_, scoring.parts_, strict=True):
        total[:, columns] += part.predict_proba(X_new)
    assert scoring.predict_proba(X_new) == pytest.approx(total / 5)


def test_every_label_is_in_a_rakel_o_subset():
    rng = np.random.default_rng(0)
    X, Y = rng.random((60, 3)), (rng.random((60, 11)) < 0.4).astype(int)
    classifier = RAkELo("tree", k=3, models=4, random_state=0).fit(X, Y)
    assert set(np.concatenate(classifier.subsets_)) == set(range(11))


@pytest.mark.parametrize("name", ["yeast", "enron", "medical"])
def test_communities_are_networkx_s(shared, name):
    folder = shared / "data" / "mulan"
    dataset = read(folder / f"{name}.arff", xml=folder / f"{name}.xml")
    weights = co_occurrence(dataset.Y)
    graph = networkx.from_numpy_array(weights)
    theirs = networkx.community.greedy_modularity_communities(graph, weight="weight")
    mine = communities(weights.copy())
    assert sorted(np.concatenate(mine)) == list(range(dataset.q))
    mine_q = networkx.community.modularity(graph, [set(c.tolist()) for c in mine])
    theirs_q = networkx.community.modularity(graph, theirs)
    assert mine_q == pytest.approx(theirs_q, abs=0.01)  # ties are merged by order


def test_co_occurrence_by_hand():
    Y = np.array([[1, 1, 0], [1, 1, 1], [0, 0, 1]])
    assert co_occurrence(Y).tolist() == [[0, 2, 1], [2, 0, 1], [1, 1, 0]]


def test_partition_learns_what_occurs_together_together():
    rng = np.random.default_rng(0)
    X = rng.random((200, 4))
    a, b = X[:, 0] > 0.5, X[:, 1] > 0.8
    Y = np.column_stack([a, b, a, b, a]).astype(np.uint8)
    for inside in ("labelsets", "chain"):
        classifier = Partition("tree", inside=inside, random_state=0).fit(X, Y)
        assert [c.tolist() for c in classifier.subsets_] == [[0, 2, 4], [1, 3]]
        assert np.array_equal(classifier.predict(X), Y)


def test_tree_settings_reach_the_trees(emotions):
    X, Y, _, _ = emotions
    classifier = BRTree(max_depth=2, min_samples_leaf=9, random_state=0).fit(X, Y)
    for tree in classifier.models_:
        assert tree.get_depth() <= 2
        leaves = tree.tree_.n_node_samples[tree.tree_.children_left == -1]
        assert leaves.min() >= 9


def test_equal_rows_are_numbered_alike():
    X = np.array([[0.0, 1.0], [2.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    assert equal_rows(X).tolist() == [0, 1, 0, 2]
    assert equal_rows(sparse.csr_matrix(X)).tolist() == [0, 1, 0, 2]
