"""Every real file reads as its published characteristics say."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

import aemlo
from aemlo.formats import read
from aemlo.imbalance import summary

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("AEMLO_TEST_DATA", ROOT.parent / "shared")) / "data"
EXPECTED = DATA / "expected.json"
ENTRIES = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else []


def how(entry):
    """What a user would say besides the file: its XML, or where the labels are."""
    file, where = entry["file"], entry["label_location"]
    if file.startswith("mulan/"):
        return {"xml": DATA / where.split(";")[0]}
    if file.startswith("csv/"):
        return {"label_count": entry["q"], "label_location": "end"}
    if file.startswith("arff-no-label-info/"):
        return {"label_count": entry["q"], "label_location": "start"}
    return {}


def in_file_order(entry, dataset):
    """`label_counts` of the entry, which follow the XML where there is one, by name."""
    counts = entry["label_counts"]
    if "xml" not in how(entry):
        return counts
    from xml.etree import ElementTree

    names = [e.get("name") for e in ElementTree.parse(how(entry)["xml"]).getroot()]
    by_name = dict(zip(names, counts, strict=True))
    return [by_name[name] for name in dataset.label_names]


@pytest.mark.parametrize("entry", ENTRIES, ids=[e["file"] for e in ENTRIES])
def test_real_file_has_its_published_counts(shared, entry):
    dataset = read(DATA / entry["file"], **how(entry))
    labelsets = np.unique(dataset.Y, axis=0)
    per_row = dataset.Y.sum(axis=1)
    counts = dataset.Y.sum(axis=0)
    measured = summary(dataset.Y, len(dataset.features))
    missing = dataset.X.data if dataset.is_sparse else dataset.X
    assert {
        "n": dataset.n,
        "q": dataset.q,
        "features": len(dataset.features),
        "numeric": sum(f.kind == "numeric" for f in dataset.features),
        "nominal": sum(f.kind == "nominal" for f in dataset.features),
        "labelsets": len(labelsets),
        "card": round(per_row.mean(), 4),
        "nolabelrows": int((per_row == 0).sum()),
        "minpos": int(counts.min()),
        "dens": round(measured["density"], 4),
        "meanIR": round(measured["mean_ir"], 4),
        "maxIR": round(measured["max_ir"], 3),
        "cvir": round(measured["cv_ir"], 4),
        "scumble": round(measured["scumble"], 4),
        "label_counts": counts.tolist(),
        "missing_feature_cells": int(np.isnan(missing).sum()),
    } == {
        "n": entry["n"],
        "q": entry["q"],
        "features": entry["features"],
        "numeric": entry["numeric"],
        "nominal": entry["nominal"],
        "labelsets": entry["labelsets"],
        "card": entry["card"],
        "nolabelrows": entry["nolabelrows"],
        "minpos": entry["minpos"],
        "dens": entry["dens"],
        "meanIR": entry["meanIR"],
        "maxIR": entry["maxIR"],
        "cvir": entry["cvir"],
        "scumble": entry["scumble"],
        "label_counts": in_file_order(entry, dataset),
        "missing_feature_cells": entry.get("missing_feature_cells", 0),
    }


def test_yeast_of_river_is_yeast_of_mulan(shared):
    built_in = read("yeast")
    mulan = read(DATA / "mulan/yeast.arff", xml=DATA / "mulan/yeast.xml")
    assert built_in.feature_names == mulan.feature_names
    assert built_in.label_names == mulan.label_names
    assert np.array_equal(built_in.X, mulan.X)
    assert np.array_equal(built_in.Y, mulan.Y)
    assert aemlo.read("yeast").content_hash == built_in.content_hash


def test_emotions_is_the_same_in_mulan_and_csv(shared):
    mulan = read(DATA / "mulan/emotions.arff", xml=DATA / "mulan/emotions.xml")
    csv = read(DATA / "csv/emotions.csv", label_count=6)
    # The CSV spells ten cells with 17 digits, one place beside the ARFF's.
    np.testing.assert_array_max_ulp(mulan.X, csv.X, maxulp=1)
    assert np.array_equal(mulan.Y, csv.Y)


@pytest.mark.parametrize("part", ["train", "test"])
def test_emotions_is_the_same_in_mulan_and_meka(shared, part):
    mulan = read(DATA / f"mulan/emotions-{part}.arff", xml=DATA / "mulan/emotions.xml")
    meka = read(DATA / f"meka/emotions-{part}.arff")
    assert np.array_equal(mulan.X, meka.X)
    assert np.array_equal(mulan.Y, meka.Y)
    assert mulan.label_names == meka.label_names


def test_xml_beats_the_header_and_says_so(shared):
    medical = read(DATA / "mulan/medical.arff", xml=DATA / "mulan/medical.xml")
    assert medical.labels_from == "medical.xml (45 names)"
    assert medical.warnings == (
        "medical.xml and the header (-C 45) name different label columns: "
        "'Class-0-593_70', 'Class-1-079_99', 'Class-2-786_09' and 42 more and '-', "
        "'/', '0' and 42 more. The XML file was used.",
    )


def test_yeast_of_libsvm_is_yeast_of_mulan_as_a_set_of_rows(shared):
    libsvm = read(DATA / "libsvm/yeast_train.txt", test=DATA / "libsvm/yeast_test.txt")
    mulan = read("yeast")
    assert libsvm.split.sum() == 1500
    assert libsvm.name == "yeast"

    def rows(dataset):
        whole = np.hstack([np.round(dataset.X, 6), dataset.Y])
        return whole[np.lexsort(whole.T)]

    assert np.array_equal(rows(libsvm), rows(mulan))


def test_a_train_and_a_test_file_become_one_set_with_a_split(shared):
    flags = read(
        DATA / "mulan/flags-train.arff",
        test=DATA / "mulan/flags-test.arff",
        xml=DATA / "mulan/flags.xml",
    )
    train = read(DATA / "mulan/flags-train.arff", xml=DATA / "mulan/flags.xml")
    test = read(DATA / "mulan/flags-test.arff", xml=DATA / "mulan/flags.xml")
    assert flags.name == "flags"
    assert np.array_equal(flags.X[flags.split], train.X)
    assert np.array_equal(flags.X[~flags.split], test.X)
    assert np.array_equal(flags.Y, np.vstack([train.Y, test.Y]))
    assert flags.features == train.features
