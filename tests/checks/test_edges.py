"""Data checks at their edges: steps taken back out of order, gaps, ids."""

import numpy as np
import pandas as pd
import pytest
from examined import answered, found, made

from aemlo import checks
from aemlo.dataset import Feature

NUMBER = "Number them"


def clashing(labels=("l0",)):
    features = tuple(map(Feature, ("a", "A ", "b", "c")))
    X = np.arange(12.0).reshape(3, 4) ** 2
    return made(
        X, [[1] * len(labels), [0] * len(labels), [1] * len(labels)], features, labels
    )


def without_names(dataset, *names, step="drop_features"):
    return checks.apply(dataset, [{"step": step, "names": list(names)}])


def numbered(dataset):
    return answered(dataset, found(dataset, "clashing_names"), NUMBER)


def test_what_was_left_out_by_its_new_name_stays_left_out():
    original = clashing()
    changed = without_names(numbered(original), "A (2)", "b")
    back = checks.without(original, changed.recipe, 0)
    assert back.feature_names == ("a", "c")
    assert back.X.tolist() == original.X[:, [0, 3]].tolist()
    assert back.recipe == ({"step": "drop_features", "names": ["A ", "b"]},)
    assert back.warnings == ()
    again = checks.apply(original, back.recipe)
    assert again.feature_names == back.feature_names


def test_a_drop_before_a_renaming_is_taken_back():
    original = clashing(("l0", "L0"))
    changed = numbered(without_names(original, "b"))
    assert changed.feature_names == ("a", "A (2)", "c")
    back = checks.without(original, changed.recipe, 0)
    assert back.feature_names == ("a", "A (2)", "b", "c")
    assert back.label_names == ("l0", "L0 (2)")
    assert np.array_equal(back.X, original.X)
    again = checks.apply(original, back.recipe)
    assert (again.feature_names, again.label_names) == (
        back.feature_names,
        back.label_names,
    )


def test_a_dropped_label_and_a_split_of_steps_come_back():
    original = clashing(("l0", "L0", "m"))
    changed = without_names(
        numbered(without_names(original, "m", step="drop_labels")),
        "L0 (2)",
        step="drop_labels",
    )
    back = checks.without(original, changed.recipe, 1)
    assert back.label_names == ("l0",)
    assert back.feature_names == original.feature_names
    back = checks.without(original, changed.recipe, 0)
    assert back.label_names == ("l0", "m")
    assert back.feature_names == ("a", "A (2)", "b", "c")


def test_a_step_that_no_longer_says_which_column_is_left_out_and_said():
    features = (Feature("a"), Feature("a"), Feature("b"))
    original = made(np.arange(9.0).reshape(3, 3) ** 2, [[1], [0], [1]], features)
    changed = without_names(numbered(original), "a (2)")
    assert changed.feature_names == ("a", "b")
    back = checks.without(original, changed.recipe, 0)
    assert back.feature_names == ("a", "a", "b")
    assert back.recipe == ()
    assert back.warnings == (
        "No longer in the recipe: Left out 1 feature: 'a (2)'. It does not fit the "
        "columns after what was taken back.",
    )


def test_a_step_that_leaves_nothing_any_more_is_left_out_and_said():
    X = [[1.0, np.nan], [2.0, np.nan], [np.nan, np.nan]]
    original = made(X, [[1], [0], [1]])
    changed = checks.apply(
        without_names(original, "f1"), [{"step": "drop_rows", "rule": "missing"}]
    )
    assert changed.n == 2
    back = checks.without(original, changed.recipe, 0)
    assert (back.n, back.recipe) == (3, ())
    assert back.warnings[0].startswith(
        "No longer in the recipe: Dropped rows with missing values."
    )


def test_two_numberings_each_keep_their_own():
    features = tuple(map(Feature, ("a", "A", "b", "B")))
    original = made(np.arange(12.0).reshape(3, 4) ** 2, [[1], [0], [1]], features)
    steps = [
        {"step": "rename", "names": ["a", "A (2)", "b", "B", "l0"]},
        {"step": "rename", "names": ["a", "A (2)", "b", "B (2)", "l0"]},
    ]
    changed = checks.apply(original, steps)
    back = checks.without(original, changed.recipe, 0)
    assert back.feature_names == ("a", "A", "b", "B (2)")
    back = checks.without(original, changed.recipe, 1)
    assert back.feature_names == ("a", "A (2)", "b", "B")


def test_words_read_as_text_follow_their_names():
    features = (Feature("b"), Feature("t", "nominal", ("x y", "y z")), Feature("T"))
    original = made([[1, 0, 5], [2, 1, 7], [4, 0, 9]], [[1], [0], [1]], features)
    steps = [{"step": "as_text", "names": ["t"]}]
    changed = numbered(checks.apply(original, steps))
    assert changed.feature_names == ("b", "T", "t (2)")
    back = checks.without(original, changed.recipe, 0)
    assert back.feature_names == ("b", "t (2)", "T")
    changed = checks.apply(numbered(original), [{"step": "as_text", "names": ["t"]}])
    back = checks.without(original, changed.recipe, 0)
    assert back.feature_names == ("b", "T", "t")


def test_missing_texts_are_counted():
    text = pd.DataFrame({"story": ["a b", None, None]}, dtype=object)
    dataset = made([[1, 2], [np.nan, 4], [5, 6]], [[1], [0], [1]], text=text)
    finding = found(dataset, "missing_values")
    assert finding.words == (
        "3 cells in 2 rows and 2 features are empty: 'f0', 'story'. Of these 2 are "
        "texts, which count as texts without words."
    )
    assert (finding.count, finding.names) == (3, ("f0", "story"))
    words = [answer.words for answer in finding.answers]
    assert "Drop 1 row" in words
    only = made([[1, 2], [3, 4], [5, 6]], [[1], [0], [1]], text=text)
    finding = found(only, "missing_values")
    assert [answer.words for answer in finding.answers] == [
        "Keep as it is",
        "Leave out 1 feature",
    ]
    full = made([[1], [2]], [[1], [0]], text=pd.DataFrame({"story": ["", "a"]}))
    assert found(full, "missing_values").count == 1


def numbers(values, name="size"):
    X = np.column_stack([values, np.random.default_rng(0).normal(size=len(values))])
    return made(X, np.ones((len(values), 1), int), (Feature(name), Feature("x")))


IDS = 7 + 3 * np.arange(25)


@pytest.mark.parametrize(
    "name", ["id", "ID", "patient_id", "customerId", "row number", "Nr.", "key", "uuid"]
)
def test_ids_with_gaps_are_known_by_name(name):
    mixed = np.random.default_rng(1).permutation(IDS)
    assert found(numbers(mixed, name), "id_like").names == (name,)


def test_ids_with_gaps_are_known_by_order():
    assert found(numbers(IDS), "id_like").names == ("size",)
    assert found(numbers(IDS[::-1]), "id_like").names == ("size",)


@pytest.mark.parametrize(
    "values, name",
    [
        (np.random.default_rng(1).permutation(IDS), "size"),
        (np.random.default_rng(1).permutation(IDS), "width"),
        (np.random.default_rng(1).permutation(IDS), "humid"),
        (np.random.default_rng(1).permutation(IDS), "number of words"),
        (np.sort(np.random.default_rng(1).normal(size=25)), "size"),
        (IDS[:19], "size"),
        (np.append(IDS[:24], IDS[0]), "id"),
        (np.append(IDS[:24], IDS[0]), "size"),
        (IDS * 1.5, "id"),
    ],
)
def test_numbers_that_measure_something_are_no_ids(values, name):
    assert found(numbers(values, name), "id_like") is None
