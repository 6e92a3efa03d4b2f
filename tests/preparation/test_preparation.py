"""Preparation: fitted on some rows, applied to others, and undone."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aemlo.checks import apply
from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError
from aemlo.preparation.preparation import Preparation

NAN = float("nan")
COLOUR = Feature("colour", "nominal", ("red", "green", "blue"))
ANSWER = Feature("answer", "nominal", ("no", "yes"))
SWAPPED = Feature("swapped", "nominal", ("1", "0"))


def made(X, features, text=None, name="made"):
    X = X if sparse.issparse(X) else np.array(X, dtype=float)
    Y = np.ones((X.shape[0], 1), dtype=int)
    return Dataset(name, X, Y, tuple(features), ("label",), text=text)


MIXED = made(
    [[2.0, 0, 1, 0], [4.0, 2, 0, 1], [6.0, 1, 1, 1]],
    [Feature("size"), COLOUR, ANSWER, SWAPPED],
)


def test_one_hot_scaled_and_named():
    preparation = Preparation()
    X = preparation.fit_transform(MIXED)
    assert preparation.feature_names_ == (
        *("size", "colour=red", "colour=green", "colour=blue", "answer", "swapped"),
    )
    assert [g.tolist() for g in preparation.categorical_features_] == [[1, 2, 3]]
    # `swapped` declares 1 first: code 0 means 1.
    assert X.tolist() == [
        [0.0, 1, 0, 0, 1, 1],
        [0.5, 0, 0, 1, 0, 0],
        [1.0, 0, 1, 0, 1, 0],
    ]


@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("scale", ["min-max", "none"])
def test_restore_undoes_transform(is_sparse, scale):
    X = sparse.csr_matrix(MIXED.X) if is_sparse else MIXED.X
    dataset = made(X, MIXED.features)
    preparation = Preparation(scale)
    back = preparation.restore(
        preparation.fit_transform(dataset), dataset.Y, like=dataset
    )
    values = back.X.toarray() if is_sparse else back.X
    assert np.allclose(values, MIXED.X)
    assert back.features == dataset.features


def test_made_rows_become_categories_again():
    preparation = Preparation("none").fit(MIXED)
    rows = np.array([[3.3, 0.2, 0.5, 0.3, 0.6, 0.2]])
    back = preparation.restore(rows, [[1]], like=MIXED)
    assert back.X.tolist() == [[3.3, 1, 1, 1]]


def test_fills_come_from_the_rows_fitted_only():
    train = made([[1, 0], [3, 2], [NAN, 2], [100, NAN]], [Feature("a"), COLOUR])
    test = made([[NAN, NAN]], [Feature("a"), COLOUR])
    preparation = Preparation("none").fit(train)
    assert preparation.transform(test).tolist() == [[3, 0, 0, 1]]


@pytest.mark.parametrize(
    "kind, fill",
    [("median", 2.0), ("mean", 3.5), ("most frequent", 1.0), ("zero", 0.0)],
)
def test_the_recipe_says_how_to_fill(kind, fill):
    dataset = made([[1.0], [1.0], [3.0], [9.0], [NAN]], [Feature("a")])
    dataset = apply(dataset, [{"step": "impute", "numeric": kind}])
    assert Preparation("none").fit_transform(dataset)[4, 0] == fill


def test_a_gap_that_only_the_test_rows_have_is_filled_from_training():
    train = made([[1.0], [5.0], [6.0]], [Feature("a")])
    test = made([[NAN]], [Feature("a")])
    assert Preparation("none").fit(train).transform(test).tolist() == [[5.0]]


def test_sparse_zeros_stay_zeros_and_scale_by_the_largest():
    X = sparse.csr_matrix(np.array([[0, 4.0], [-2, 0], [1, 2]]))
    out = Preparation().fit_transform(made(X, [Feature("a"), Feature("b")]))
    assert sparse.issparse(out)
    assert out.toarray().tolist() == [[0, 1], [-1, 0], [0.5, 0.5]]


TEXTS = pd.DataFrame({"story": ["the cat sat", "a dog ran", "the cat ran", None]})


def test_text_becomes_sparse_columns_of_the_training_words():
    dataset = made([[1.0], [2.0], [3.0], [5.0]], [Feature("a")], TEXTS)
    train, test = dataset.take([0, 1]), dataset.take([2, 3])
    preparation = Preparation().fit(train)
    assert preparation.feature_names_ == (
        *("a", "story: a", "story: cat", "story: dog", "story: ran"),
        *("story: sat", "story: the"),
    )
    X = preparation.transform(test)
    assert sparse.issparse(X)
    cells = dict(zip(preparation.feature_names_, X.toarray()[0], strict=True))
    assert cells["a"] == 2.0
    assert cells["story: sat"] == cells["story: dog"] == 0
    # Three known words, each in one training text: equal parts of length 1.
    third = 1 / np.sqrt(3)
    assert np.allclose([cells[f"story: {w}"] for w in ("the", "cat", "ran")], third)
    assert X.toarray()[1].tolist() == [4.0, 0, 0, 0, 0, 0, 0]


def test_words_of_the_test_rows_change_nothing():
    dataset = made([[1.0], [2.0], [3.0], [4.0]], [Feature("a")], TEXTS)
    other = made(
        [[1.0], [2.0], [3.0], [4.0]],
        [Feature("a")],
        TEXTS.assign(story=["the cat sat", "a dog ran", "entirely new", "words"]),
    )
    one, two = (Preparation().fit(d.take([0, 1])) for d in (dataset, other))
    assert one.feature_names_ == two.feature_names_
    assert np.array_equal(
        one.transform(dataset.take([0])).toarray(),
        two.transform(other.take([0])).toarray(),
    )


def test_a_data_set_of_text_alone():
    dataset = made(np.empty((4, 0)), [], TEXTS)
    X = Preparation().fit_transform(dataset)
    assert X.shape == (4, 6)
    assert sparse.issparse(X)


def test_text_over_letters_with_a_size():
    dataset = apply(
        made([[1.0]] * 4, [Feature("a")], TEXTS),
        [{"step": "text", "unit": "letters", "size": 7}],
    )
    preparation = Preparation().fit(dataset)
    assert len(preparation.feature_names_) == 8
    assert any(" c" in name for name in preparation.feature_names_)


def test_restored_text_stays_numbers():
    dataset = made([[1.0], [2.0], [3.0], [5.0]], [Feature("a")], TEXTS)
    preparation = Preparation()
    X = preparation.fit_transform(dataset)
    back = preparation.restore(X, dataset.Y, like=dataset)
    assert back.text is None
    assert back.feature_names == preparation.feature_names_
    assert np.allclose(back.X[:, [0]].toarray().ravel(), [1, 2, 3, 5])


def test_text_without_any_word_makes_no_columns():
    text = pd.DataFrame({"story": ["?!", "...", None]})
    dataset = made([[1.0], [2.0], [3.0]], [Feature("a")], text)
    assert Preparation().fit_transform(dataset).shape == (3, 1)


def test_too_many_categories_are_refused():
    n = 30_000
    feature = Feature("name", "nominal", tuple(map(str, range(n))))
    dataset = made(np.arange(n)[:, None], [feature])
    with pytest.raises(DataError) as error:
        Preparation().fit(dataset)
    assert str(error.value) == (
        "made: one column per category makes 30,000 columns, too many for 30,000 rows. "
        "'name' has 30,000 categories: leave it out."
    )
