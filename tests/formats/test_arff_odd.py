"""ARFF as a hostile or careless hand writes it: never a wrong column, never a hang."""

import time
from contextlib import suppress

import numpy as np
import pytest
from reading import refused, text, zipped

from aemlo.errors import DataError
from aemlo.formats import open_files, open_table, read

ROWS = "@data\n1,0,0\n1,0,1\n0,1,1\n"


@pytest.mark.parametrize("first", ["@ATTRIBUTE", "@Attribute", "@attribute"])
@pytest.mark.parametrize("rest", ["@ATTRIBUTE", "@attribute"])
def test_columns_keep_their_order_however_attribute_is_spelled(first, rest):
    content = (
        f"@relation 'x: -C 1'\n{first} l1 {{0,1}}\n{rest} b {{0,1}}\n"
        f"{rest} c {{0,1}}\n{ROWS}"
    )
    dataset = read(text("x.arff", content))
    assert dataset.label_names == ("l1",)
    assert dataset.feature_names == ("b", "c")
    assert dataset.Y[:, 0].tolist() == [1, 1, 0]
    assert dataset.X.tolist() == [[0, 0], [0, 1], [1, 1]]


HEAD = "@relation r\n@attribute a {0,1}\n@attribute l {0,1}\n"


def test_a_row_on_the_line_of_data_is_not_lost_in_silence():
    said = refused(text("x.arff", HEAD + "@data 1,1\n0,0\n"), labels=["l"])
    assert "line 4" in said and "'1,1'" in said
    dataset = read(text("x.arff", HEAD + "@data % now\n0,1\n"), labels=["l"])
    assert dataset.n == 1


@pytest.mark.parametrize(
    "content, words",
    [
        (HEAD + "@data\n,{1}\n", "line 5"),
        (HEAD + "@data\n{" + "9" * 5_000 + " 1}\n", "line 5"),
        (HEAD + "@data\n{0 1," + "9" * 30 + " 1}\n", "line 5"),
        (HEAD + "@data\n{" + "0 1," * 60_000 + "1 1}\n", "column 0 occurs twice"),
    ],
)
def test_rows_that_are_none(content, words):
    started = time.perf_counter()
    assert words in refused(text("x.arff", content), labels=["l"])
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize(
    "relation",
    [
        "r: -C " + "9" * 5_000,
        "r: -C 1 -split-number " + "9" * 400,
        "r" + ":" * 300_000,
        "r: " + "weka.filters" * 50_000,
        "r: " + "-C " * 100_000,
    ],
)
def test_relations_that_promise_too_much_are_read_soon(relation):
    started = time.perf_counter()
    content = HEAD.replace("@relation r", f"@relation '{relation}'") + "@data\n0,1\n"
    table = open_table(text("x.arff", content))
    assert table.n == 1 and table.split is None
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize(
    "content",
    [
        HEAD.replace("{0,1}", "numeric") + "@data\n" + "1" * 200_000 + "x,1\n",
        "\n" * 65_000 + " " * 65_000 + HEAD + "@data\n0,1\n",
        " " * 30_000 + HEAD,
        HEAD + "@data\n'" + "\\" * 100_001 + "\n",
        HEAD + "@data\n" + " " * 100_000 + "'a'b,1\n",
        "".join(
            f"@attribute a numeric\n@attribute b{j} numeric\n" for j in range(20_000)
        )
        + "@data\n{0 1}\n",
    ],
)
def test_no_text_takes_long(content):
    started = time.perf_counter()
    with suppress(DataError):
        open_table(text("x.arff", content))
    assert time.perf_counter() - started < 3


def test_a_count_of_labels_that_the_columns_do_not_hold_is_said():
    content = HEAD.replace("@relation r", "@relation 'r: -C 10'") + "@data\n0,1\n"
    table = open_table(text("x.arff", content))
    assert any("-C 10" in warning for warning in table.warnings)


# Two files ----------------------------------------------------------------------------


def part(relation, rows="0,1\n1,0\n"):
    return HEAD.replace("@relation r", f"@relation '{relation}'") + "@data\n" + rows


def test_the_file_given_as_test_is_the_test_part_whatever_it_is_called(tmp_path):
    first, second = tmp_path / "hpo-test-a.arff", tmp_path / "b_train.arff"
    first.write_text(part("r", "0,1\n1,0\n"))
    second.write_text(part("r", "1,1\n"))
    dataset = read(first, test=second, labels=["l"])
    assert dataset.split.tolist() == [True, True, False]
    first, second = tmp_path / "one.arff", tmp_path / "two.arff"
    first.write_text(part("r", "0,1\n1,0\n"))
    second.write_text(part("r", "1,1\n"))
    assert read(first, test=second, labels=["l"]).split.tolist() == [True, True, False]
    with pytest.raises(DataError, match="which is the training"):
        open_files([first, second])


def test_headers_of_two_parts_that_name_different_labels_are_warned_of():
    files = [
        text("x-train.arff", part("r: -C 1")),
        text("x-test.arff", part("r: -C -1")),
    ]
    table = open_files(files)
    assert table.to_dataset().label_names == ("a",)
    said = [w for w in table.to_dataset().warnings if "x-test" in w]
    assert said and "'a'" in said[0] and "'l'" in said[0]
    same = open_files([files[0], text("x-test.arff", part("r: -C 1"))])
    assert not [w for w in same.to_dataset().warnings if "x-test" in w]


def test_of_several_xml_files_the_one_called_like_the_data_names_the_labels():
    files = {name: f'<labels><label name="{name[0]}"/></labels>' for name in ("e", "a")}
    names = {"e_xml": files["e"], "emotions_xml": files["a"]}
    table = open_files([("all.zip", zipped(**names, emotions_arff=part("r")))])
    assert table.to_dataset().label_names == ("a",)
    table = open_files([("all.zip", zipped(**names, **{"emotions-2_arff": part("r")}))])
    assert table.to_dataset().label_names == ("a",)
    said = refused(("all.zip", zipped(**names, emo_arff=part("r"))))
    assert "none called like 'emo.arff'" in said


def test_many_labels_of_one_name_are_found_soon():
    from aemlo.tables import labels
    from aemlo.tables.table import Column, Table

    names = [f"l{j}" for j in range(40_000)]
    table = Table("t", "f", [*map(Column, names)], np.zeros((1, 40_000)), {}, None)
    started = time.perf_counter()
    location = labels.Location([*names[1:], names[1]], "", certain=True)
    with pytest.raises(DataError, match="named twice"):
        labels.positions(table, location)
    assert time.perf_counter() - started < 3
