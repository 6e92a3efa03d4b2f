"""Measures of imbalance: hand cases, published values, an independent plain version."""

import csv
import json
import math
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse, stats

from aemlo import imbalance
from aemlo.errors import DataError, ParameterError
from aemlo.formats import read
from aemlo.imbalance import Labels

# The hand case of the oracle file: A in four rows, B in two of them, C in one.
TINY = np.array(
    [[1, 1, 0], [1, 1, 0], [1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 0, 0]], dtype=np.uint8
)
TINY_EMPTY = np.column_stack([TINY, np.zeros(6, dtype=np.uint8)])
AS_ZERO = "counts as 0"

label_matrices = arrays(
    np.uint8,
    st.tuples(st.integers(1, 25), st.integers(1, 8)),
    elements=st.integers(0, 1),
)


def plain_scumble(Y):
    """SCUMBLE of each row, written as the formula reads."""
    counts = Y.sum(axis=0)
    result = []
    for row in Y:
        ir = [counts.max() / counts[j] for j in np.flatnonzero(row)]
        if ir:
            result.append(1 - math.prod(ir) ** (1 / len(ir)) / (sum(ir) / len(ir)))
        else:
            result.append(0.0)
    return np.array(result)


@pytest.mark.parametrize(
    "Y, expected",
    [
        ([[1, 1], [1, 0], [1, 0], [1, 0]], [1, 4]),
        ([[1, 1], [1, 1]], [1, 1]),
        ([[1, 0], [1, 0]], [1, math.nan]),  # no positive row: no IRLbl, never inf
        ([[0, 0], [0, 0]], [math.nan, math.nan]),
    ],
)
def test_ir_per_label(Y, expected):
    assert imbalance.ir_per_label(Y) == pytest.approx(expected, nan_ok=True)


def test_a_label_without_positives_counts_as_0_when_asked():
    assert imbalance.ir_per_label(TINY_EMPTY, AS_ZERO).tolist() == [1, 2, 4, 0]
    assert imbalance.mean_ir(TINY_EMPTY) == pytest.approx(7 / 3)
    assert imbalance.mean_ir(TINY_EMPTY, AS_ZERO) == 1.75
    assert imbalance.minority_labels(TINY_EMPTY).tolist() == [False, False, True, False]
    assert imbalance.minority_labels(TINY_EMPTY, AS_ZERO).tolist() == [
        *(False, True, True),
        False,
    ]
    assert imbalance.cv_ir(TINY_EMPTY, AS_ZERO) == pytest.approx(
        stats.tstd([1, 2, 4, 0]) / 1.75
    )


def test_an_unknown_convention_is_named():
    with pytest.raises(ParameterError) as problem:
        imbalance.mean_ir(TINY, "ignored")
    assert (
        str(problem.value)
        == "empty must be 'left out' or 'counts as 0', got 'ignored'."
    )


@pytest.mark.parametrize(
    "Y, message",
    [
        ([[0, 2]], "Y: labels must be 0 or 1, got 2."),
        ([[0.5, 1]], "Y: labels must be 0 or 1, got 0.5."),
        ([1, 0], "Y must have one row per example and one column per label, "
         "got 1 dimensions."),
        (np.zeros((0, 3)), "Y has shape (0, 3): give at least one row and one label."),
    ],
)  # fmt: skip
def test_what_is_no_label_matrix_is_said(Y, message):
    with pytest.raises(DataError) as problem:
        imbalance.label_counts(Y)
    assert str(problem.value) == message


def known_answers(shared, case):
    """The published answers of a hand-made case: quantity -> text."""
    with (shared / "oracles/known_answers.csv").open() as lines:
        return {
            row["quantity"]: row["value"]
            for row in csv.DictReader(lines)
            if row["id"] == case
        }


def test_the_hand_case(shared):
    oracle = known_answers(shared, "mldr-tiny")

    def value(name):
        return [float(v) if v != "NA" else math.nan for v in oracle[name].split(";")]

    def same(found, name):
        assert found == pytest.approx(value(name), abs=1e-6, nan_ok=True)

    same(imbalance.ir_per_label(TINY), "IRLbl A,B,C")
    same([imbalance.mean_ir(TINY)], "meanIR")
    same([imbalance.scumble(TINY)], "scumble")
    same([imbalance.scumble_cv(TINY)], "scumble.cv")
    same(imbalance.scumble_per_row(TINY), "SCUMBLE per row")
    same(imbalance.scumble_per_label(TINY), "SCUMBLE per label A,B,C")
    same(imbalance.scumble_cv_per_label(TINY), "SCUMBLE.CV per label A,B,C")
    same([imbalance.cardinality(TINY)], "cardinality")
    same([imbalance.density(TINY)], "density")
    same([imbalance.labelsets(TINY)], "num.labelsets")
    same([imbalance.single_labelsets(TINY)], "num.single.labelsets")
    same([imbalance.largest_labelset(TINY)], "max.frequency")
    same([imbalance.tcs(TINY, 1)], "tcs (1 input)")


def test_the_hand_case_with_an_empty_label(shared):
    oracle = known_answers(shared, "mldr-tiny-empty-label")
    oracle = {quantity: float(value) for quantity, value in oracle.items()}
    found = {
        "IRLbl of empty label Z": imbalance.ir_per_label(TINY_EMPTY, AS_ZERO)[3],
        "meanIR (mldr counts Z as 0)": imbalance.mean_ir(TINY_EMPTY, AS_ZERO),
        "meanIR over non-empty labels (MULAN ImbalancedStatistics / MLDA rule)": (
            imbalance.mean_ir(TINY_EMPTY)
        ),
        "scumble": imbalance.scumble(TINY_EMPTY),
        "density": imbalance.density(TINY_EMPTY),
        "tcs (1 input)": imbalance.tcs(TINY_EMPTY, 1),
    }
    assert found == pytest.approx(oracle, abs=1e-6)


def names_in(folder, xml):
    """Label names in the order of a Mulan XML file."""
    tree = ElementTree.parse(folder / f"{xml}.xml")
    return [e.get("name").replace("\\'", "'") for e in tree.getroot()]


def _read(shared, stem, xml=None):
    folder = shared / "data/mulan"
    return read(folder / f"{stem}.arff", xml=folder / f"{xml or stem}.xml")


@pytest.fixture(scope="module")
def sets(shared):
    """The sets whose characteristics were published, those in two parts joined."""
    found = {}
    for name in ("emotions", "yeast", "flags", "genbase", "cal500", "foodtruck"):
        found[name] = _read(shared, name)
    for name in ("medical", "enron"):
        found[name] = _read(shared, name)
    whole = {}
    for name, dataset in found.items():
        whole[name] = (Labels(dataset.Y), dataset.label_names, dataset.X.shape[1])
    for name in ("birds", "scene"):
        parts = [_read(shared, f"{name}-{part}", name) for part in ("train", "test")]
        Y = np.vstack([part.Y for part in parts])
        whole[name] = (Labels(Y), parts[0].label_names, parts[0].X.shape[1])
    return whole


def test_published_characteristics(shared, sets):
    seen = 0
    with (shared / "oracles/mld_characteristics.csv").open() as lines:
        for row in csv.DictReader(lines):
            if not row["labelsets"]:
                continue
            labels, _, features = sets[row["dataset"]]
            seen += 1
            found = {
                "instances": labels.n,
                "labels": labels.q,
                "labelsets": imbalance.labelsets(labels),
                "single_labelsets": imbalance.single_labelsets(labels),
                "max_labelset_freq": imbalance.largest_labelset(labels),
                "cardinality": imbalance.cardinality(labels),
                "density": imbalance.density(labels),
                "mean_ir": imbalance.mean_ir(labels, AS_ZERO),
                "mean_ir_nonempty_labels": imbalance.mean_ir(labels),
                "max_ir_from_stored_IRLbl": imbalance.max_ir(labels),
                "cv_ir_from_stored_IRLbl": imbalance.cv_ir(labels, AS_ZERO),
                "cv_ir_nonempty_labels": imbalance.cv_ir(labels),
                "empty_labels": imbalance.empty_labels(labels) * labels.q,
                "scumble": imbalance.scumble(labels),
                "scumble_cv": imbalance.scumble_cv(labels),
                "tcs": imbalance.tcs(labels, int(row["inputs"])),
            }
            if row["unlabeled_rows"]:
                found["unlabeled_rows"] = imbalance.unlabelled_rows(labels) * labels.n
            expected = {key: float(row[key]) for key in found}
            assert found == pytest.approx(expected, rel=1e-9), row["dataset"]
    assert seen == 10


def test_published_values_of_each_label(shared, sets):
    tables = {
        name: imbalance.per_label(labels, names).set_index("label")
        for name, (labels, names, _) in sets.items()
    }
    seen = 0
    with (shared / "oracles/mld_labels.csv").open() as lines:
        for row in csv.DictReader(lines):
            label = tables[row["dataset"]].loc[row["label"]]
            assert label["positives"] == int(row["count"])
            assert label["IRLbl"] == pytest.approx(float(row["IRLbl"]), rel=1e-9)
            assert label["SCUMBLE"] == pytest.approx(float(row["SCUMBLE"]), rel=1e-8)
            seen += 1
    assert seen == 278


def test_every_mulan_file_has_its_expected_summary(shared):
    folder = shared / "data/mulan"
    entries = json.loads((shared / "data/expected.json").read_text())
    mulan = [e for e in entries if e["file"].startswith("mulan/")]
    for entry in mulan:
        stem = entry["file"].removeprefix("mulan/").removesuffix(".arff")
        xml = entry["label_location"].split("/")[1].split(".xml")[0]
        dataset = _read(shared, stem, xml)
        found = imbalance.summary(dataset.Y, dataset.X.shape[1])
        # The expected counts follow the XML file, the data set its own columns.
        places = [dataset.label_names.index(name) for name in names_in(folder, xml)]
        in_order = [found["label_counts"][j] for j in places]
        assert in_order == entry["label_counts"], stem
        assert found["instances"] == entry["n"] and found["labels"] == entry["q"]
        assert found["features"] == entry["features"]
        assert found["labelsets"] == entry["labelsets"]
        for key, name in (
            *(("cardinality", "card"), ("density", "dens"), ("mean_ir", "meanIR")),
            *(("cv_ir", "cvir"), ("scumble", "scumble")),
        ):
            assert found[key] == pytest.approx(entry[name], abs=5.1e-5), (stem, key)
        assert found["max_ir"] == pytest.approx(entry["maxIR"], abs=5.1e-4)
        zero = imbalance.mean_ir(dataset.Y, AS_ZERO)
        assert zero == pytest.approx(entry["meanIR_zero_as_0"], abs=5.1e-5)
    assert len(mulan) == 20


@given(label_matrices)
@settings(deadline=None)
def test_sparse_and_dense_agree_with_the_plain_formulas(Y):
    labels = Labels(sparse.csc_matrix(Y))
    assert labels.counts.tolist() == Y.sum(axis=0).tolist()
    assert labels.scumble_rows == pytest.approx(plain_scumble(Y), abs=1e-12)
    distinct = np.unique(Y, axis=0, return_counts=True)[1]
    assert imbalance.labelset_counts(labels).tolist() == sorted(distinct)[::-1]
    assert (imbalance.cooccurrence(labels).toarray() == Y.T.astype(int) @ Y).all()
    dense, thin = imbalance.summary(Y), imbalance.summary(labels)
    assert dense == thin
    json.dumps(dense, allow_nan=False)


@given(label_matrices, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_row_order_and_duplication_change_no_ratio(Y, random):
    order = random.sample(range(len(Y)), len(Y))
    for other in (Y[order], np.vstack([Y, Y])):
        for function in (imbalance.ir_per_label, imbalance.imr_per_label):
            assert function(other) == pytest.approx(function(Y), nan_ok=True)
        assert imbalance.scumble(other) == pytest.approx(imbalance.scumble(Y))


@given(label_matrices)
@settings(deadline=None)
def test_bounds(Y):
    labels = Labels(Y)
    if labels.counts.any():
        assert imbalance.mean_ir(labels) >= 1
        assert imbalance.max_ir(labels) >= imbalance.mean_ir(labels) - 1e-12
    else:
        assert math.isnan(imbalance.mean_ir(labels))
    assert (labels.scumble_rows >= 0).all() and (labels.scumble_rows <= 1).all()
    tie = imbalance.phi(labels)
    known = tie[~np.isnan(tie)]
    assert (np.abs(known) <= 1 + 1e-9).all()
    assert 0 <= imbalance.diversity(labels) <= 1


def test_cardinality_moments_are_scipys(sets):
    sizes = sets["enron"][0].sizes
    assert imbalance.cardinality_skew(sets["enron"][0]) == pytest.approx(
        stats.skew(sizes)
    )
    assert imbalance.cardinality_kurtosis(sets["enron"][0]) == pytest.approx(
        stats.kurtosis(sizes)
    )
    assert math.isnan(imbalance.cardinality_skew([[1, 0], [0, 1]]))


def test_labelset_measures_by_hand():
    # AB twice, A once, AC once, none twice.
    assert sorted(imbalance.ir_per_labelset(TINY)) == [1, 1, 2, 2]
    assert imbalance.mean_ir_labelset(TINY) == 1.5
    assert imbalance.labelset_share(TINY) == pytest.approx(4 / 6)
    assert imbalance.diversity(TINY) == pytest.approx(4 / 6)
    table = imbalance.per_labelset(TINY, "ABC")
    assert table["rows"].tolist() == [2, 2, 1, 1]
    assert set(table["labelset"][:2]) == {"A + B", "no label"}
    assert imbalance.label_entropy([[1], [0], [0], [0]]) == pytest.approx(
        stats.entropy([0.25, 0.75], base=2)
    )


def test_within_label_ratio_has_no_value_where_a_side_is_empty():
    Y = [[1, 1, 0], [1, 0, 0], [1, 0, 0]]
    assert imbalance.imr_per_label(Y) == pytest.approx(
        [math.nan, 2, math.nan], nan_ok=True
    )
    assert imbalance.mean_imr(Y) == 2


def test_all_measures_come_with_words_and_numbers(sets):
    labels, names, features = sets["yeast"]
    table = imbalance.measure_set(labels, names, features).set_index("key")
    assert set(table.index) == set(imbalance.MEASURES)
    assert (table[["measure", "formula", "meaning", "source"]] != "").all(axis=None)
    assert table.loc["max_ir", "formula"] == "1,816 rows with Class12 / 34 with Class14"
    assert table.loc["cardinality", "formula"] == "10,241 labels given / 2,417 rows"
    assert table.loc["minority", "value"] == 2
    without = imbalance.measure_set(labels, names).set_index("key")
    assert without.loc["tcs", "formula"] == "needs the number of features"


@pytest.mark.parametrize(
    "Y", [[[0, 0], [0, 0]], [[1, 1], [1, 1]], [[1]], [[0]], [[1, 0]]]
)
def test_degenerate_sets_are_measured_without_fault(Y):
    for empty in imbalance.EMPTY:
        table = imbalance.measure_set(Y, ["a", "b"], 3, empty)
        assert len(table) == len(imbalance.MEASURES)
        imbalance.per_label(Y, ["a", "b"][: len(Y[0])], empty)
    json.dumps(imbalance.summary(Y), allow_nan=False)
