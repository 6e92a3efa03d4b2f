"""Chosen rows: ids from events, what they have, what sets them apart, without them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aemlo import imbalance, provenance
from aemlo.charts import latent
from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError
from aemlo.latent import selection


@pytest.fixture
def resampled():
    """Six original rows and two synthetic ones, with their provenance."""
    X = np.array(
        [[0.0, 5, 1], [1, 5, 0], [2, 5, 2], [3, 5, 1], [4, 5, 0], [5, 5, 2]]
        + [[0.5, 5, 1], [9, 5, 0]]
    )
    Y = np.array(
        [[1, 0, 0], [1, 1, 0], [1, 0, 0], [1, 0, 1], [1, 0, 0], [0, 0, 0]]
        + [[1, 1, 0], [0, 1, 0]]
    )
    features = (
        Feature("a"),
        Feature("b"),
        Feature("colour", "nominal", ("red", "green", "blue")),
    )
    dataset = Dataset("toy", X, Y, features, ("common", "rare", "single"))
    provenance = pd.DataFrame(
        {
            "origin": [0, 1, 2, 3, 4, 5, -1, -1],
            "parents": [()] * 6 + [(0, 1), (1,)],
            "label": [-1] * 6 + [1, 1],
            "weight": [np.nan] * 6 + [0.5, 0.0],
        }
    )
    return dataset, provenance


def test_a_selection_over_several_traces_gives_ids_not_positions_in_a_trace():
    points = pd.DataFrame(
        {
            "row": [50, 51, 52, 53],
            "synthetic": [False, True, False, True],
            "x": [0.0, 1, 2, 3],
            "y": [0.0, 1, 2, 3],
        }
    )
    figure = latent.latent_map(points, marked=[52])
    event = {
        "selection": {
            "points": [
                {
                    "curve_number": curve,
                    "point_number": position,
                    "customdata": [int(trace.customdata[position, 0])],
                }
                for curve, trace in enumerate(figure.data)
                for position in range(len(trace.x))
                if trace.x[position] >= 1.0
            ]
        }
    }
    assert selection.chosen_rows(event).tolist() == [51, 52, 53]


@pytest.mark.parametrize("carried", [[7], {"0": 7}, {0: 7}, 7])
def test_ids_are_read_however_they_are_carried(carried):
    event = {"selection": {"points": [{"customdata": carried}, {"x": 1.0}]}}
    assert selection.chosen_rows(event).tolist() == [7]
    assert selection.chosen_rows(None).tolist() == []


def test_rows_are_searched_by_number_and_range():
    assert selection.searched_rows(" 3, 5-7,3 ", 10).tolist() == [3, 5, 6, 7]
    assert selection.searched_rows("", 10).tolist() == []


@pytest.mark.parametrize(
    "text, message",
    [
        ("x", "Row 'x': rows are whole numbers. Write them as 17, 20-25."),
        ("10", "Row '10': rows run from 0 to 9."),
        ("7-5", "Rows '7-5': write the lower number first."),
        ("²", "Row '²': rows are whole numbers. Write them as 17, 20-25."),
        (
            "9" * 5_000,
            f"Row '{'9' * 5_000}': rows are whole numbers. Write them as 17, 20-25.",
        ),
    ],
)
def test_a_row_that_is_none_is_said(text, message):
    with pytest.raises(DataError) as caught:
        selection.searched_rows(text, 10)
    assert str(caught.value) == message


def test_properties_of_rows_by_the_counts_of_the_original_ones(resampled):
    dataset, provenance = resampled
    known = selection.properties(dataset, provenance)
    # Originals: common 5, rare 1, single 1: IRLbl 1, 5, 5.
    assert known["IRLbl of the rarest label"].tolist()[:4] == [1.0, 5.0, 1.0, 5.0]
    assert np.isnan(known["IRLbl of the rarest label"][5])
    assert known["rarest label"].tolist() == [
        *("common", "rare", "common", "single", "common", "no label", "rare", "rare")
    ]
    assert known["labels"][1] == "common, rare"
    assert known["parents"].tolist()[6:] == ["from rows 0 and 1", "from row 1"]
    assert known["number of labels"].tolist() == [1, 2, 1, 2, 1, 0, 2, 1]
    assert known["made for"].tolist() == [""] * 6 + ["rare", "rare"]
    own = imbalance.scumble_per_row(dataset.Y[:6])
    assert np.allclose(known["SCUMBLE of the row"][:6], own)
    assert known["SCUMBLE of the row"][6] == pytest.approx(own[1])


def test_label_counts_of_a_selection_against_all(resampled):
    dataset, _ = resampled
    counts = selection.label_counts(dataset.Y, [1, 6], dataset.label_names)
    assert counts["label"].tolist() == ["rare", "common", "single"]
    assert counts["in the selection"].tolist() == [2, 2, 0]
    assert counts["in all"].tolist() == [3, 6, 1]
    assert counts["times as common"].tolist() == pytest.approx([8 / 3, 4 / 3, 0.0])


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_the_feature_that_differs_most_comes_first_in_standard_deviations(kind):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(100, 4)) * [1, 10, 1, 0] + [0, 0, 0, 3]
    X[:20, 2] += 5
    features = tuple(Feature(name) for name in "pqrs")
    dataset = Dataset("d", kind(X), np.ones((100, 1)), features, ("l",))
    frame = selection.different_features(dataset, np.arange(20))
    assert frame["feature"].iloc[0] == "r"
    expected = (X[:20, 2].mean() - X[20:, 2].mean()) / X[:, 2].std()
    assert frame["difference"].iloc[0] == pytest.approx(expected)
    assert frame.set_index("feature").loc["s", "difference"] == 0.0


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_nominal_features_are_compared_category_by_category(kind):
    # Mean positions of the categories are equal, 1 and 1; the categories are not.
    colour = np.array([1, 1, 1, 1, 0, 0, 2, 2], dtype=float)
    other = np.array([0, 1, np.nan, 1, 0, 0, 1, 0])
    X = np.column_stack([other, np.arange(8), colour])
    features = (
        Feature("grown", "nominal", ("no", "yes")),
        Feature("number"),
        Feature("colour", "nominal", ("red", "green", "blue")),
    )
    dataset = Dataset("d", kind(X), np.ones((8, 1)), features, ("l",))
    frame = selection.different_features(dataset, np.arange(4)).set_index("feature")
    assert frame.index[0] == "colour = green"
    assert set(frame.index) == {
        *("number", "grown = yes"),
        *("colour = red", "colour = green", "colour = blue"),
    }
    green = frame.loc["colour = green"]
    assert green.tolist() == [1.0, 0.0, pytest.approx(1.0 / 0.5)]
    assert frame.loc["colour = red"].tolist() == [
        *(0.0, 0.5, pytest.approx(-0.5 / np.sqrt(0.25 * 0.75)))
    ]
    assert frame.loc["grown = yes"].tolist()[:2] == [0.5, 0.25]
    assert frame.loc["number", "selection"] == 1.5


def test_a_selection_of_all_rows_differs_from_nothing(resampled):
    frame = selection.different_features(resampled[0], np.arange(8))
    assert not np.abs(frame["difference"].fillna(0)).any()


def test_the_table_names_categories_and_keeps_the_ids(resampled):
    dataset, provenance = resampled
    known = selection.properties(dataset, provenance)
    table = selection.table(dataset, known, [6, 2])
    assert table["row"].tolist() == [6, 2]
    assert table["colour"].tolist() == ["green", "blue"]
    assert table["provenance"].tolist() == ["synthetic", "real"]


def test_nearest_rows_in_two_spaces_without_the_row_itself():
    codes = np.array([[0.0], [1.0], [3.0], [0.0]])
    found = selection.nearest_rows(0, {"latent": codes, "features": -(codes**2)}, k=2)
    assert found["row"].tolist() == [3, 1, 3, 1]
    assert found["distance"].tolist() == [0.0, 1.0, 0.0, 1.0]
    assert found["space"].tolist() == ["latent", "latent", "features", "features"]


def test_lines_lead_from_children_to_all_their_parents(resampled):
    _, provenance = resampled
    lines = selection.family(provenance, [2, 6, 7])
    assert lines.values.tolist() == [[6, 0], [6, 1], [7, 1]]
    assert selection.family(provenance, [2]).empty


def test_a_synthetic_row_is_laid_beside_its_parents(resampled):
    dataset, provenance = resampled
    frame = selection.beside_parents(
        dataset.X, dataset.feature_names, provenance, 6, most=2
    )
    assert frame["feature"].tolist() == ["colour"] * 3 + ["a"] * 3
    assert frame["role"].tolist()[:3] == ["synthetic", "parent, row 0", "parent, row 1"]
    assert frame["value"].tolist() == [1, 1, 0, 0.5, 0.0, 1.0]
    assert frame["scaled"].tolist()[3:] == pytest.approx([0.5 / 9, 0, 1 / 9])


def test_leaving_rows_out_renumbers_parents_and_origins(resampled):
    dataset, provenance = resampled
    left, known = selection.without(dataset, provenance, [0, 7])
    assert left.n == 6
    assert known["origin"].tolist() == [0, 1, 2, 3, 4, -1]
    assert known["parents"].iloc[5] == (-1, 0)
    assert left.X[0].tolist() == dataset.X[1].tolist()
    with pytest.raises(DataError) as caught:
        selection.without(dataset, provenance, range(8))
    assert str(caught.value) == "Every row is selected: nothing would be left."


def test_a_data_set_that_goes_on_says_how_many_rows_are_synthetic(resampled):
    dataset, frame = resampled
    dataset.source.update(original="0" * 16, file="toy.csv")
    names, before = dataset.label_names, provenance.of(dataset.take(range(6)))
    known = provenance.after(before, frame, names, "by a sampler")
    old = "Rows 6 to 7 are synthetic. Test nothing on them."
    dataset.source.update(provenance.stated("", [old]))
    noted = replace(dataset, provenance=known, warnings=("careful", old))
    left, _ = selection.without(noted, frame, [0, 7])
    named = selection.renamed(left, "toy, 2 rows left out")
    assert named.name == "toy, 2 rows left out"
    assert named.warnings == (
        "careful",
        "1 of 6 rows are synthetic. Test nothing on them.",
    )
    assert named.source == {
        **{"file": "toy.csv", selection.CHANGED: True},
        **provenance.stated("", ["1 of 6 rows are synthetic. Test nothing on them."]),
    }
    # Its parents keep the numbers they had in the data that it was made from.
    assert named.provenance["row"].tolist() == [1, 2, 3, 4, 5, -1]
    assert named.provenance["parents"].iloc[5] == "0 1"
    real, _ = selection.without(noted, frame, [6, 7])
    real = selection.renamed(real, "toy")
    assert (real.warnings, real.provenance) == (("careful",), None)
    assert real.source == {"file": "toy.csv", selection.CHANGED: True}


def test_rows_made_are_told_whether_noted_once_or_several_times():
    X, Y = np.arange(6.0).reshape(3, 2), np.ones((3, 1), dtype=np.uint8)
    features = (Feature("a"), Feature("b"))
    original = Dataset("d", X[:2], Y[:2], features, ("l",))
    assert selection.rows_made(original) == []
    assert not selection.goes_on_from(original, original)
    once = {"rows": 1, "where": "here"}
    for made in (once, [once]):
        grown = Dataset("d", X, Y, features, ("l",), source={"made": made})
        assert selection.rows_made(grown) == [once]
        assert selection.goes_on_from(grown, original)
    other = Dataset("d", X + 1, Y, features, ("l",), source={"made": [once]})
    assert not selection.goes_on_from(other, original)


def test_a_single_row_has_no_nearest_rows():
    found = selection.nearest_rows(0, {"latent": np.zeros((1, 2))}, k=0)
    assert found.columns.tolist() == ["space", "rank", "row", "distance"]
    assert found.empty
