"""Dataset: parts that must fit, equality by content, saving without pickles."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError, ParameterError
from aemlo.formats.builtin import Generator, synthetic

TEXT = pd.DataFrame({"story": ["a", None, "ç"]}, dtype=object)
MADE = pd.DataFrame(
    {
        "synthetic": [False, False, True],
        "row": [4, 0, -1],
        "parents": ["", "", "4 0"],
        "made for": ["", "", "l1"],
        "how": ["", "", "by hand"],
    }
)


def made(X=None, Y=None, text=None, **more):
    X = np.array([[1.0, float("nan")], [0, 2], [3, 4]]) if X is None else X
    Y = np.array([[1, 0], [0, 0], [1, 1]]) if Y is None else Y
    features = tuple(Feature(f"f{j}") for j in range(X.shape[1]))
    labels = tuple(f"l{j}" for j in range(Y.shape[1]))
    more = {"features": features, "label_names": labels} | more
    return Dataset("made", X, Y, text=text, **more)


@pytest.mark.parametrize(
    "parts, message",
    [
        ({"X": np.zeros((2, 2))}, "made: X has shape (2, 2), but there are 3 rows of"),
        ({"X": np.zeros((0, 1)), "Y": np.zeros((0, 1))}, "made: has no rows."),
        ({"Y": np.zeros((3, 0))}, "made: has no labels. Say which columns are labels."),
        ({"X": np.zeros((3, 0))}, "made: has no features. Leave some columns that are"),
        ({"label_names": ("one",)}, "made: 2 columns of labels, 1 names."),
        ({"Y": np.full((3, 1), 2)}, "made: labels must be 0 or 1."),
        ({"text": TEXT.iloc[:2]}, "made: 3 rows, but 2 texts."),
        ({"provenance": MADE.iloc[:2]}, "made: 3 rows, but a provenance of 2."),
        (
            {"provenance": MADE.drop(columns=["row", "how"])},
            "made: the provenance lacks 'row', 'how'. It has the columns synthetic, ",
        ),
    ],
)
def test_parts_that_do_not_fit(parts, message):
    with pytest.raises(DataError) as error:
        made(**parts)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("text", [None, TEXT])
def test_saved_and_loaded_it_is_the_same(tmp_path, is_sparse, text):
    X = sparse.csr_matrix(np.array([[0, 1.0], [0, 0], [float("nan"), 2]]))
    dataset = made(
        X if is_sparse else None,
        text=text,
        split=np.array([True, False, True]),
        recipe=({"step": "drop_rows", "rule": "missing"},),
        warnings=("careful",),
        source={"file": "x"},
    )
    dataset.save(tmp_path / "kept")
    again = Dataset.load(tmp_path / "kept")
    assert again.content_hash == dataset.content_hash
    assert (again.recipe, again.warnings, again.source) == (
        *(dataset.recipe, dataset.warnings, dataset.source),
    )
    assert again.is_sparse == is_sparse
    names = sorted(path.suffix for path in (tmp_path / "kept").iterdir())
    assert ".pkl" not in names
    assert json.loads((tmp_path / "kept/names.json").read_text())["name"] == "made"


def test_the_hash_is_of_all_that_a_page_shows():
    assert made().content_hash == made().content_hash
    changed = [
        made(Y=np.array([[1, 0], [0, 0], [1, 0]])),
        made(X=np.array([[1.0, 1], [0, 2], [3, 4]])),
        made(label_names=("l0", "other")),
        made(features=(Feature("f0"), Feature("f1", "nominal", ("a", "b") * 3))),
        made(text=TEXT),
        made(warnings=("careful",)),
        made(labels_from="elsewhere"),
        made(recipe=({"step": "impute", "numeric": "mean"},)),
        made(split=np.array([True, True, False])),
        made(provenance=MADE),
        made(provenance=MADE.assign(how="by a sampler")),
    ]
    hashes = {d.content_hash for d in changed}
    assert len(hashes) == len(changed)
    assert made().content_hash not in hashes


def test_the_hash_of_data_without_synthetic_rows_is_what_it_was():
    # The keys that stores have had since before there was a provenance.
    first, second = (
        "e6b432068ab9b5d8d7745c236c88b532",
        "3b6eac2664bc640d4dc2d348f3b18d5e",
    )
    assert made().content_hash == first + second
    assert made().values_hash == made(provenance=MADE).values_hash


def test_provenance_comes_back_from_a_folder_whatever_kinds_it_was_given_in(tmp_path):
    given = MADE.astype({"synthetic": int, "row": float, "how": "category"})
    dataset = made(provenance=given.set_axis([5, 5, 7]))
    dataset.save(tmp_path)
    again = Dataset.load(tmp_path)
    assert again.content_hash == dataset.content_hash
    pd.testing.assert_frame_equal(again.provenance, made(provenance=MADE).provenance)
    assert again.provenance["row"].tolist() == [4, 0, -1]


def test_taking_rows_takes_them_everywhere():
    dataset = made(text=TEXT, split=np.array([True, False, True]), provenance=MADE)
    dataset = dataset.take([2, 0])
    assert dataset.provenance["row"].tolist() == [-1, 4]
    assert dataset.provenance.index.tolist() == [0, 1]
    assert dataset.provenance["parents"].tolist() == ["4 0", ""]
    assert dataset.X[:, 0].tolist() == [3, 1]
    assert dataset.Y.tolist() == [[1, 1], [1, 0]]
    assert dataset.text["story"].tolist() == ["ç", "a"]
    assert dataset.split.tolist() == [True, True]


def test_labels_by_name_or_position():
    assert made().label_columns(None).tolist() == [0, 1]
    assert made().label_columns(["l1", 0]).tolist() == [1, 0]
    for unknown in ("l9", 7):
        with pytest.raises(DataError) as error:
            made().label_columns([unknown])
        assert str(error.value) == (
            f"made: there is no label {unknown!r}. Labels: l0, l1."
        )


def test_the_generator_makes_what_it_is_asked_for():
    dataset = synthetic(n=500, d=7, q=6, imbalance=40, seed=3)
    counts = dataset.Y.sum(axis=0, dtype=int)
    assert (dataset.n, len(dataset.features), dataset.q) == (500, 7, 6)
    assert counts[0] == 200
    assert counts.max() / counts.min() == 40
    assert (np.diff(counts) < 0).all()
    assert "synthetic" in dataset.name
    same = synthetic(n=500, d=7, q=6, imbalance=40, seed=3)
    other = synthetic(n=500, d=7, q=6, imbalance=40, seed=4)
    assert same.content_hash == dataset.content_hash != other.content_hash


def test_dependence_makes_labels_meet():
    def together(dependence):
        Y = synthetic(n=3_000, q=4, imbalance=1, dependence=dependence).Y.astype(float)
        return np.corrcoef(Y[:, 0], Y[:, 2])[0, 1]

    assert abs(together(0.0)) < 0.1
    assert together(0.5) > 0.2
    assert together(1.0) == pytest.approx(1.0)


def test_features_tell_the_labels():
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    dataset = synthetic(n=1_000, d=30, q=5)
    X, y = dataset.X, dataset.Y[:, 0]
    model = LogisticRegression(max_iter=500).fit(X[:700], y[:700])
    assert roc_auc_score(y[700:], model.decision_function(X[700:])) > 0.85


def test_nominal_features_and_settings_out_of_range():
    dataset = Generator(features=20, nominal=True).make()
    assert [f.kind for f in dataset.features].count("nominal") == 2
    with pytest.raises(ParameterError, match="imbalance must be between 1 and 500"):
        Generator(imbalance=0.5).make()
