"""Walking in a latent space, with a decoder whose answers are known on paper."""

import numpy as np
import pytest
from scipy import sparse

from aemlo.errors import DataError
from aemlo.latent import walk


class Linear:
    """Decodes codes by two matrices; codes rows by the first one's inverse."""

    def __init__(self, features, scores):
        self.to_features, self.to_scores = np.array(features), np.array(scores)

    def encode(self, X):
        return X @ np.linalg.pinv(self.to_features)

    def decode(self, codes):
        return codes @ self.to_features, codes @ self.to_scores


class Hill:
    """Scores of one label that peak at a point, so the gradient turns on the way."""

    def __init__(self, top):
        self.top = np.array(top)

    def decode(self, codes):
        fall = ((codes - self.top) ** 2 * [1.0, 4.0]).sum(axis=1)
        return codes, -fall[:, None]


@pytest.fixture
def decoder():
    return Linear([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]], [[1.0, -1.0], [0.0, 3.0]])


@pytest.fixture
def rng():
    return np.random.default_rng(2)


def test_a_segment_goes_straight_and_decodes_both_ends(decoder):
    found = walk.segment(decoder, [0.0, 2.0], [1.0, 0.0], steps=5)
    assert found.positions.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert found.codes[2].tolist() == [0.5, 1.0]
    assert found.features[0].tolist() == [0.0, 2.0, 0.0]
    assert found.scores[-1].tolist() == [1.0, -1.0]


def test_frames_hold_what_changes_most_along_the_way(decoder):
    found = walk.segment(decoder, [0.0, 0.0], [1.0, 0.0], steps=3)
    scores = found.score_frame(["a", "b"], most=1)
    assert scores.values.tolist() == [[0.0, "a", 0.0], [0.5, "a", 0.5], [1.0, "a", 1.0]]
    features = found.feature_frame(["p", "q", "r"], np.array([1.0, 1.0, 10.0]), most=2)
    assert features["feature"].unique().tolist() == ["p", "r"]
    assert features["value"].iloc[-1] == pytest.approx(0.2)
    constant = found.feature_frame(["p", "q", "r"], np.array([0.0, 1.0, 1.0]), most=1)
    assert constant["feature"].unique().tolist() == ["r"]


def test_a_chosen_label_is_shown_even_if_it_stays(decoder):
    found = walk.segment(decoder, [0.0, 0.0], [0.0, 1.0], steps=2)
    assert found.score_frame(["a", "b"], labels=[0])["score"].tolist() == [0.0, 0.0]


def test_uphill_is_the_gradient(decoder):
    assert np.allclose(walk.uphill(decoder, [5.0, -3.0], 1), [-1, 3] / np.sqrt(10))
    hill = Hill([2.0, 1.0])
    assert np.allclose(
        walk.uphill(hill, [0.0, 0.0], 0), np.array([4.0, 8.0]) / np.sqrt(80), atol=1e-6
    )
    flat = Linear(np.eye(2), [[0.0], [0.0]])
    assert walk.uphill(flat, [1.0, 1.0], 0).tolist() == [0.0, 0.0]


def test_a_nudge_climbs_step_by_step_and_goes_the_length_asked_for():
    found = walk.nudge(Hill([10.0, 0.0]), [0.0, 3.0], 0, length=6.0, steps=13)
    assert (np.diff(found.scores[:, 0]) > 0).all()
    assert np.allclose(np.linalg.norm(np.diff(found.codes, axis=0), axis=1), 0.5)
    assert found.positions[-1] == 6.0


def test_a_single_row_has_no_usual_step():
    assert walk.usual_step(np.array([[0.0], [3.0]])) == 3.0
    with pytest.raises(DataError) as caught:
        walk.usual_step(np.zeros((1, 4)))
    assert str(caught.value) == (
        "This run has 1 row: without a neighbour there is no usual distance to walk "
        "by. Train on a data set with at least 2 rows."
    )


def test_usual_scores_are_the_medians_of_rows_with_and_without_the_label(decoder):
    codes = np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 3.0], [0.0, 0.0], [0.0, -1.0]])
    Y = np.array([[1, 1], [1, 1], [1, 1], [1, 0], [1, 0]])
    # The second label scores three times the second coordinate.
    medians = 1 / (1 + np.exp(-6.0)), (1 / 2 + 1 / (1 + np.exp(3.0))) / 2
    assert walk.usual_scores(decoder, codes, Y, 1) == pytest.approx(medians)
    with_it, without_it = walk.usual_scores(decoder, codes, Y, 0)
    assert (with_it, np.isnan(without_it)) == (0.5, True)


def test_a_label_is_decoded_where_it_is_among_as_many_as_a_parent_has():
    decoder = Linear(np.eye(2), [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    codes = np.array([[1.0, 0.0], [2.0, 0.0], [9.0, 0.0]])
    Y = np.array([[1, 1, 0], [1, 1, 0], [1, 1, 1]])
    here = np.array([1.5, 0.0])
    second = walk.standing(decoder, here, 1, Y, codes, (0.9, 0.2), k=2)
    assert (second.rank, second.wanted, second.decoded) == (2, 2, True)
    assert second.score == pytest.approx(1 / (1 + np.exp(-3.0)))
    assert (second.with_it, second.without_it) == (0.9, 0.2)
    last = walk.standing(decoder, here, 0, Y, codes, (0.9, 0.2), k=2)
    assert (last.rank, last.decoded) == (3, False)
    # Its parents are those that have the label: the only one has three labels.
    assert walk.standing(decoder, here, 2, Y, codes, (0.9, 0.2)).wanted == 3
    assert walk.possible_parents(here, Y, codes, 2).tolist() == [2]


def test_the_first_step_is_told_at_which_a_label_is_among_the_best():
    scores = np.array([[5.0, 1.0, 2.0], [5.0, 3.0, 2.0], [5.0, 9.0, 2.0]])
    gone = walk.Walk(np.arange(3.0), np.zeros((3, 2)), np.zeros((3, 2)), scores)
    assert gone.first_decoded(1, 3) == 0
    assert gone.first_decoded(1, 2) == 1
    assert gone.first_decoded(1, 1) == 2
    assert gone.first_decoded(2, 1) is None


def test_the_centre_of_a_label_is_the_mean_of_its_rows():
    codes = np.array([[0.0, 0.0], [2.0, 4.0], [4.0, 0.0]])
    Y = np.array([[1, 0], [1, 0], [0, 0]])
    assert walk.label_centre(codes, Y, 0).tolist() == [1.0, 2.0]
    with pytest.raises(DataError) as caught:
        walk.label_centre(codes, Y, 1, "rare")
    assert str(caught.value) == (
        "Label rare: no row has it, so it has no centre. Choose another label."
    )


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_rows_made_here_lie_between_here_and_a_parent_with_the_label(
    decoder, rng, kind
):
    codes = rng.normal(size=(60, 2))
    X = codes @ decoder.to_features
    Y = np.column_stack([np.arange(60) < 12, np.arange(60) % 2]).astype(np.uint8)
    Y[:, 1] |= 1 - Y[:, 0]
    here = codes[:12].mean(axis=0)
    made, new_codes = walk.make_rows(
        decoder, here, 30, kind(X), Y, codes, rng, label=0, reach=0.5
    )
    parents = made.parents[:, 0]
    assert (parents < 12).all()
    expected = here + made.weight[:, None] * (codes[parents] - here)
    assert np.allclose(new_codes, expected)
    assert made.weight.max() <= 0.5
    features = made.X.toarray() if sparse.issparse(made.X) else made.X
    assert sparse.issparse(made.X) == (kind is sparse.csr_matrix)
    low, high = X.min(axis=0), X.max(axis=0)
    assert np.allclose(features, np.clip(expected @ decoder.to_features, low, high))
    assert made.Y[:, 0].all()
    assert (made.Y.sum(axis=1) == Y[parents].sum(axis=1)).all()


def test_rows_made_here_stay_here_however_far_their_parents_are(rng):
    decoder = Linear(np.eye(4), np.eye(4, 2))
    X = np.vstack([rng.normal(size=(30, 4)), rng.normal(size=(5, 4)) + 50.0])
    Y = np.column_stack([np.ones(35), np.arange(35) >= 30]).astype(np.uint8)
    made, codes = walk.make_rows(
        *(decoder, np.zeros(4), 40, X, Y, X, rng),
        **{"label": 1, "reach": 1.0, "within": 0.7},
    )
    far = np.linalg.norm(codes, axis=1)
    assert far.max() <= 0.7 and far.max() > 0.5
    way = codes / far[:, None]
    parents = X[made.parents[:, 0]]
    assert np.allclose(way, parents / np.linalg.norm(parents, axis=1)[:, None])
    # A parent nearer than that is not gone past.
    _, near = walk.make_rows(
        *(decoder, X[32] + 0.01, 40, X, Y, X, rng),
        **{"label": 1, "reach": 1.0, "within": 9.0, "k": 1},
    )
    assert np.linalg.norm(near - X[32] - 0.01, axis=1).max() <= 0.02


def test_rows_keep_two_valued_features_and_groups(rng):
    decoder = Linear(np.eye(4), np.eye(4, 2))
    X = np.array([[0, 1, 0, 0.3], [1, 0, 1, 0.7], [1, 1, 0, 0.1], [0, 0, 1, 0.9]])
    Y = np.array([[1, 0], [0, 1], [1, 0], [0, 1]], dtype=np.uint8)
    made, _ = walk.make_rows(
        decoder, X.mean(axis=0), 25, X, Y, X, rng, groups=(np.array([1, 2]),)
    )
    assert set(np.unique(made.X[:, :3])) == {0.0, 1.0}
    assert (made.X[:, 1] + made.X[:, 2] == 1).all()
    assert (made.label == -1).all()


def test_there_is_nothing_to_make_for_a_label_nobody_has(decoder, rng):
    with pytest.raises(DataError, match="^No row has this label, so there is nothing"):
        walk.make_rows(
            *(decoder, np.zeros(2), 3, np.eye(3), np.zeros((3, 2), int), np.eye(3, 2)),
            rng,
            label=1,
        )


def test_aucs_are_scikit_learns_ties_included(rng):
    from sklearn.metrics import roc_auc_score

    values = rng.integers(0, 6, size=(50, 3)).astype(float)
    Y = (rng.random((50, 4)) < 0.4).astype(float)
    Y[:, 3] = 0
    Y[0, 3] = 1
    found = walk.aucs(values, Y)
    for label in range(3):
        for unit in range(3):
            assert found[label, unit] == pytest.approx(
                roc_auc_score(Y[:, label], values[:, unit])
            )
    assert np.isnan(found[3]).all()


def test_probes_find_the_direction_a_label_lies_in_and_none_where_there_is_none(rng):
    codes = rng.normal(size=(400, 6)) * [1, 1, 5, 1, 1, 0]
    way = np.array([3.0, 0, 0, 4.0, 0, 0]) / 5
    Y = np.column_stack(
        [codes @ way > 0.8, rng.random(400) < 0.3, codes[:, 2] < -2, np.zeros(400)]
    )
    frame, directions = walk.probes(codes, Y, list("abcd"), rng)
    assert frame["auc"].iloc[0] > 0.97
    assert frame["auc"].iloc[1] == pytest.approx(0.5, abs=0.12)
    assert directions[0] @ way > 0.95
    assert frame["unit"].iloc[2] == 2
    assert frame["unit_auc"].iloc[2] == 0.0
    assert np.isnan(frame["auc"].iloc[3])
    assert np.allclose(np.linalg.norm(directions[:3], axis=1), 1.0)
