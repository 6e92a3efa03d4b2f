"""Data checks: what they count, what their answers do, and how steps are taken back."""

import numpy as np
import pandas as pd
import pytest
from examined import answered, found, made
from scipy import sparse

from aemlo import checks
from aemlo.dataset import Dataset, Feature
from aemlo.errors import ParameterError
from aemlo.formats import read
from aemlo.imbalance.advice import advise

NAN = float("nan")


def test_missing_values_are_counted_and_rows_or_columns_dropped():
    dataset = made([[1, NAN], [NAN, NAN], [3, 4], [5, 6]], [[1], [0], [1], [0]])
    finding = found(dataset, "missing_values")
    assert finding.words == ("3 cells in 2 rows and 2 features are empty: 'f0', 'f1'.")
    rows = answered(dataset, finding, "Drop 2 rows")
    assert rows.X.tolist() == [[3, 4], [5, 6]]
    assert rows.recipe == ({"step": "drop_rows", "rule": "missing"},)
    mean = answered(dataset, finding, "Fill in: mean")
    assert np.isnan(mean.X).sum() == 3
    assert mean.recipe == ({"step": "impute", "numeric": "mean"},)
    assert mean.content_hash != dataset.content_hash


def test_missing_values_of_a_sparse_set_are_counted():
    X = sparse.csr_matrix(np.array([[0, NAN, 0], [2, 0, 0], [0, NAN, 1]]))
    finding = found(made(X, [[1], [0], [1]]), "missing_values")
    assert (finding.count, finding.names) == (2, ("f1",))


@pytest.mark.parametrize("is_sparse", [False, True])
def test_duplicates_are_told_from_rows_with_other_labels(is_sparse):
    X = np.array([[1, 0], [1, 0], [1, 0], [2, 0], [0, 0]], dtype=float)
    X = sparse.csr_matrix(X) if is_sparse else X
    dataset = made(X, [[1], [1], [0], [1], [0]])
    finding = found(dataset, "duplicate_rows")
    assert finding.count == 2
    assert "2 rows equal to an earlier row in every feature, 1 of them" in finding.words
    smaller = answered(dataset, finding, "Drop 1 exact copy")
    assert smaller.Y.tolist() == [[1], [0], [1], [0]]


def test_rows_that_differ_in_text_are_no_duplicates():
    text = pd.DataFrame({"words": ["a b", "a b", "c"]})
    dataset = made(np.zeros((3, 1)), [[1], [1], [1]], text=text)
    assert found(dataset, "duplicate_rows").count == 1


def test_labels_without_few_or_only_positives():
    Y = np.zeros((40, 4), dtype=int)
    Y[:, 1] = 1
    Y[:30, 2] = 1
    Y[:31, 3] = 1
    dataset = made(np.arange(80).reshape(40, 2), Y)
    assert found(dataset, "labels_without_positives").names == ("l0",)
    assert found(dataset, "labels_on_every_row").names == ("l1",)
    few = found(dataset, "labels_under_threshold", few=30)
    assert few.names == ("l2",)
    assert few.title == "Labels with 30 positives or fewer"
    assert few.words == (
        "1 label, the rarest with 30 rows: 'l2'. Their scores rest on few rows; the "
        "experiments of the AEMLO paper leave out labels with 30 or fewer."
    )
    less = answered(dataset, few, "Leave out 1 label")
    assert less.label_names == ("l0", "l1", "l3")
    assert less.Y.sum(axis=0).tolist() == [0, 40, 31]


def test_checks_and_advice_call_the_same_labels_few():
    Y = np.tri(60, 40, dtype=int)  # label j is in 60 - j rows
    dataset = made(np.arange(60.0)[:, None], Y)
    finding = found(dataset, "labels_under_threshold", few=checks.FEW_POSITIVES)
    assert finding.names == tuple(f"l{j}" for j in range(30, 40))
    texts = [sentence.text for sentence in advise(Y, dataset.label_names)]
    assert sum("30 rows or fewer in all (l30, l31, l32 and 7 more)" in t for t in texts)


def test_rows_without_labels_are_kept_unless_dropped():
    dataset = made([[1], [2], [3]], [[0, 0], [1, 0], [0, 0]])
    finding = found(dataset, "rows_without_labels")
    assert finding.count == 2
    assert not finding.answers[0].steps
    assert answered(dataset, finding, "Drop 2 rows").X.tolist() == [[2]]


def test_ids_are_one_value_per_row_in_words_or_consecutive_numbers():
    n = 12
    names = tuple(f"id{k}" for k in range(n))
    X = np.column_stack([np.arange(n), np.arange(n) * 1.5, np.arange(n)[::-1] + 100])
    features = (Feature("name", "nominal", names), Feature("size"), Feature("no"))
    dataset = made(X, np.ones((n, 1), dtype=int), features)
    assert found(dataset, "id_like").names == ("name", "no")


def test_short_texts_that_look_like_ids_are_read_as_text():
    titles = tuple(f"title {k}" for k in range(12))
    features = (Feature("title", "nominal", titles), Feature("size"))
    X = np.column_stack([np.arange(12), np.arange(12) * 1.5])
    dataset = made(X, np.ones((12, 1), dtype=int), features)
    finding = found(dataset, "id_like")
    changed = answered(dataset, finding, "Read 1 feature as text")
    assert changed.feature_names == ("size", "title")
    assert changed.text["title"].tolist() == list(titles)
    assert checks.describe(changed) == ["Read as text: 'title'"]


def test_constant_features_dense_and_sparse():
    X = np.array([[5, 0, 1], [5, 0, 2], [5, 0, NAN]])
    for values in (X, sparse.csr_matrix(X)):
        finding = found(made(values, [[1], [0], [1]]), "constant_features")
        assert finding.names == ("f0", "f1")


def test_a_split_that_shares_rows():
    X = [[1, 1], [2, 2], [1, 1], [3, 3]]
    split = np.array([True, True, False, False])
    dataset = made(X, [[1], [0], [1], [0]], split=split)
    finding = found(dataset, "split_shares_rows")
    assert finding.count == 1
    clean = answered(dataset, finding, "Drop 1 row from the test part")
    assert clean.X.tolist() == [[1, 1], [2, 2], [3, 3]]
    assert clean.split.tolist() == [True, True, False]


def test_clashing_names_are_numbered():
    dataset = made(
        [[1, 2]], [[1, 0]], (Feature("Size"), Feature(" size ")), ("SIZE", "other")
    )
    finding = found(dataset, "clashing_names")
    assert finding.names == (" size ", "SIZE")
    fresh = answered(dataset, finding, "Number them")
    assert fresh.feature_names == ("Size", "size (2)")
    assert fresh.label_names == ("SIZE (3)", "other")
    assert found(fresh, "clashing_names") is None


def test_a_clean_set_has_no_findings():
    rng = np.random.default_rng(0)
    dataset = made(rng.normal(size=(80, 3)), np.tile([[1, 0], [0, 1]], (40, 1)))
    assert checks.examine(dataset) == []


def test_steps_are_noted_in_order_and_taken_back_one_by_one():
    X = [[1, 5, NAN], [1, 5, 2], [3, 5, 2], [4, 5, 2]]
    original = made(X, [[1, 0], [0, 0], [1, 1], [1, 1]])
    steps = [
        {"step": "drop_rows", "rule": "missing"},
        {"step": "drop_features", "names": ["f1"]},
        {"step": "impute", "numeric": "mean"},
        {"step": "impute", "numeric": "zero"},
    ]
    changed = checks.apply(original, steps)
    assert checks.describe(changed) == [
        "Dropped rows with missing values",
        "Left out 1 feature: 'f1'",
        "Missing numbers filled in with: zero",
    ]
    assert changed.X.tolist() == [[1, 2], [3, 2], [4, 2]]
    back = checks.without(original, changed.recipe, 0)
    assert back.n == 4
    assert [step["step"] for step in back.recipe] == ["drop_features", "impute"]
    nothing = original
    for _ in range(3):
        nothing = checks.without(original, nothing.recipe, 0)
    assert nothing.content_hash == original.content_hash


def test_unknown_steps_are_refused():
    dataset = made([[1]], [[1]])
    with pytest.raises(ParameterError) as error:
        checks.apply(dataset, [{"step": "explode"}])
    assert str(error.value) == (
        "There is no step 'explode'. Steps: drop_features, as_text, drop_labels, "
        "drop_rows, rename, impute, text."
    )


def test_recipe_survives_saving(tmp_path):
    dataset = checks.apply(
        made([[1, 2], [3, 4]], [[1], [0]]),
        [{"step": "drop_features", "names": ["f0"]}],
    )
    dataset.save(tmp_path)
    assert Dataset.load(tmp_path).recipe == dataset.recipe


def test_what_is_known_of_real_files(shared):
    folder = shared / "data/mulan"
    genbase = read(folder / "genbase.arff", xml=folder / "genbase.xml")
    assert found(genbase, "id_like").names == ("protein",)
    assert found(genbase, "constant_features").count == 1073
    foodtruck = read(folder / "foodtruck.arff", xml=folder / "foodtruck.xml")
    assert found(foodtruck, "duplicate_rows").count == 7
    medical = read(folder / "medical-train.arff", xml=folder / "medical.xml")
    assert found(medical, "labels_without_positives").count == 7
    birds = read(folder / "birds-train.arff", xml=folder / "birds.xml")
    assert found(birds, "rows_without_labels").count == 143
