"""Small files of kinds that people have: read right, or asked about in whole words."""

import bz2
import json
import lzma

import numpy as np
import pytest
from reading import refused, text

from aemlo.__main__ import main
from aemlo.errors import DataError, LabelQuestion
from aemlo.formats import Limits, open_table, read

COUNTS = [37, 28, 16, 8, 5]
LISTED = {"label_list": "labels"}
LAST = {"label_count": 5}
COLOURS = ["amber", "blue", "green", "red", "teal"]
POSITIONS = [f"label {j}" for j in range(1, 6)]

# File, how it is read, names in alphabetical order, words of a warning or None.
READ = [
    (
        "separator_comma_in_names.csv",
        LISTED,
        ["Arts, crafts", "Food, drink", "Health", "Law", "Travel, hotels"],
        "3 labels of column 'labels' hold a bracket, a quote or another separator",
    ),
    (
        "separator_slash_in_names.csv",
        LISTED,
        ["Hip-Hop/Rap", "Jazz", "Pop", "R&B/Soul", "Singer/Songwriter"],
        "3 labels of column 'labels' hold a bracket, a quote or another separator",
    ),
    ("multihot_string.csv", LISTED, POSITIONS, "Each cell holds 5 numbers 0 or 1"),
    ("multihot_list.parquet", LISTED, POSITIONS, "Each cell holds 5 numbers 0 or 1"),
    ("numpy_ids.csv", LISTED, ["10", "117", "27", "3", "98"], None),
    ("tuples.csv", LISTED, COLOURS, None),
    ("dict_list.csv", LISTED, COLOURS, None),
    ("embedding_list.parquet", LAST, COLOURS, "Column 'emb' holds lists of 3 numbers"),
    (
        "libsvm_sparse_ids.svm",
        {},
        [f"label {number}" for number in (10, 20, 30, 40, 50)],
        None,
    ),
    (
        "row_index.csv",
        LAST,
        COLOURS,
        "The first column has no name and counts the rows",
    ),
    ("arff_comment_with_brace.arff", {}, COLOURS, None),
    (
        "label_columns_with_names.csv",
        {"label_list": "label *"},
        COLOURS,
        "6 rows have no label in the columns 'label *'.",
    ),
    (
        "checkbox_name_or_blank.csv",
        LAST,
        [f"Which tools? {name}" for name in COLOURS],
        "5 labels hold one text or nothing",
    ),
    ("excel_title_rows.xlsx", LAST, COLOURS, "row 3 was taken for the header"),
    ("records.jsonl", LISTED, COLOURS, None),
    ("per_label_target.arff", {}, None, None),
]


@pytest.mark.parametrize(
    "file, how, names, warning", READ, ids=[row[0] for row in READ]
)
def test_an_odd_file_is_read_right(shared, file, how, names, warning):
    dataset = read(shared / "data" / "odd" / file, **how)
    assert sorted(dataset.Y.sum(axis=0).tolist(), reverse=True) == COUNTS
    assert len(np.unique(dataset.Y, axis=0)) == 17
    if names is not None:
        assert sorted(dataset.label_names) == names
    if warning is not None:
        assert any(warning in message for message in dataset.warnings)


FEATURES = {
    "embedding_list.parquet": ("emb_0", "emb_1", "emb_2"),
    "row_index.csv": ("a", "b"),
    "excel_title_rows.xlsx": ("score",),
}


@pytest.mark.parametrize("file", FEATURES)
def test_features_of_an_odd_file(shared, file):
    dataset = read(shared / "data" / "odd" / file, **LAST)
    assert dataset.feature_names == FEATURES[file]


def test_blanks_between_labels_are_warned_of(shared):
    dataset = read(shared / "data" / "odd" / "s16_blank_separated.csv", **LISTED)
    assert dataset.warnings[-1].endswith("part its labels, give label_separator=' '.")


def test_values_without_braces_are_refused(shared):
    with pytest.raises(DataError) as error:
        read(shared / "data" / "odd" / "s04a_nobraces.arff")
    assert str(error.value) == (
        "s04a_nobraces.arff, line 2: attribute 'mood' has the unknown type '0,1,2,3'. "
        "Types: numeric, integer, real, string, date, {...}."
    )


def test_what_minus_one_means_is_asked(shared):
    file = shared / "data" / "odd" / "chexpert.csv"
    how = {**LAST, "missing_labels": "absent"}
    with pytest.raises(DataError) as error:
        read(file, **how)
    assert str(error.value) == (
        "chexpert: label 'red' has 1, 0 and -1 (in 8 rows). Say what -1 means: "
        "minus_one='yes', 'no', or 'left out' for these rows (--minus-one)."
    )
    yes = read(file, minus_one="yes", **how)
    no = read(file, minus_one="no", **how)
    table = open_table(file)
    marks = np.column_stack([table.column(j) for j in range(2, 7)])
    assert np.array_equal(no.Y, marks == 1)
    assert np.array_equal(yes.Y, (marks == 1) | (marks == -1))
    certain = ~(marks == -1).any(axis=1)
    kept = read(file, minus_one="left out", **how)
    assert np.array_equal(kept.Y, (marks == 1)[certain])
    assert kept.warnings[-1] == (
        f"{(~certain).sum()} rows in which a label is -1 are left out."
    )


def test_numbers_of_labels_get_names_from_a_file(shared, tmp_path):
    folder = shared / "data" / "text"
    names = (folder / "goemotions_labels.txt").read_text().split()
    dataset = read(
        folder / "goemotions_dev.tsv",
        label_list="column 2",
        label_names=folder / "goemotions_labels.txt",
    )
    plain = read(folder / "goemotions_dev.tsv", label_list="column 2")
    of_number = dict(zip(plain.label_names, plain.Y.sum(axis=0).tolist(), strict=True))
    of_name = dict(
        zip(dataset.label_names, dataset.Y.sum(axis=0).tolist(), strict=True)
    )
    assert of_name == {name: of_number[str(j)] for j, name in enumerate(names)}
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("id,name\n" + "".join(f"{j},{n}\n" for j, n in enumerate(names)))
    again = read(
        folder / "goemotions_dev.tsv", label_list="column 2", label_names=pairs
    )
    assert again.label_names == dataset.label_names
    assert np.array_equal(again.Y, dataset.Y)


def test_genres_are_read_and_the_way_to_say_so_is_named(shared):
    file = shared / "data" / "text" / "movielens_movies.csv"
    dataset = read(file, label_list="genres")
    assert dataset.q == 20
    assert dataset.labels_from == "the lists in column 'genres' (parted by '|')"
    assert " Column 'genres' looks like a list: --label-list 'genres'. " in refused(
        file
    )


def column(cells):
    lines = "".join(f"{k},{json.dumps(cell)}\n" for k, cell in enumerate(cells))
    return text("t.csv", "no,t\n" + lines.replace('\\"', '""'))


def test_a_question_shows_rows_and_the_labels_of_each_reading():
    with pytest.raises(LabelQuestion) as error:
        read(column(["Arts, crafts", "Food, drink", "Arts, crafts"]), label_list="t")
    assert error.value.column == "t"
    assert error.value.choices == [
        {
            "separator": ",",
            "words": "parted by ','",
            "labels": 4,
            "rows": [
                ["Arts, crafts", ["Arts", "crafts"]],
                ["Food, drink", ["Food", "drink"]],
            ],
        },
        {
            "separator": "none",
            "words": "one label a row",
            "labels": 2,
            "rows": [
                ["Arts, crafts", ["Arts, crafts"]],
                ["Food, drink", ["Food, drink"]],
            ],
        },
    ]
    assert str(error.value) == (
        "t: column 't' can be read in 2 ways: parted by ',', 4 labels such as 'Arts', "
        "'crafts' (label_separator=','); one label a row, 2 labels such as 'Arts, "
        "crafts' (label_separator='none'). Say which (on the command line "
        "--label-separator)."
    )
    for choice in error.value.choices:
        cells = ["Arts, crafts", "Food, drink", "Arts, crafts"]
        answered = read(
            column(cells), label_list="t", label_separator=choice["separator"]
        )
        assert answered.q == choice["labels"]


@pytest.mark.parametrize(
    "marker", ["none", "[none]", "None", "-", "n/a", "(none)", "[]", "{}"]
)
@pytest.mark.parametrize("good", [["a;b", "b;c", "a"], ["['a', 'b']", "['b', 'c']"]])
def test_a_word_for_no_label_is_no_label(marker, good):
    dataset = read(column([*good, *good, marker]), label_list="t")
    assert dataset.label_names == ("a", "b", "c")
    assert not dataset.Y[-1].any()
    if marker not in ("[]", "{}") or "'" not in good[0]:
        assert len(dataset.warnings) == 1


def test_names_of_vectors(tmp_path):
    cells = ["[1, 0, 0]", "[0, 0, 1]", "[1, 1, 0]"]
    dataset = read(column(cells), label_list="t", label_names=["z", "y", "x"])
    assert dataset.label_names == ("z", "y", "x")
    assert dataset.Y.tolist() == [[1, 0, 0], [0, 0, 1], [1, 1, 0]]
    assert dataset.warnings == ()
    with pytest.raises(DataError) as error:
        read(column(cells), label_list="t", label_names=["z", "y"])
    assert str(error.value) == (
        "t: column 't' has 3 labels in each cell, but 2 names were given."
    )


@pytest.mark.parametrize("pack, ending", [(bz2.compress, "bz2"), (lzma.compress, "xz")])
def test_packed_files_are_read_within_the_limits(pack, ending):
    data = pack(b"a,L\n1,1\n2,0\n")
    assert read((f"t.csv.{ending}", data), labels=["L"]).Y.tolist() == [[1], [0]]
    two = data + pack(b"3,1\n")
    assert read((f"t.csv.{ending}", two), labels=["L"]).n == 3
    kind = {"bz2": "bzip2", "xz": "xz"}[ending]
    assert refused((f"t.csv.{ending}", data[:-9])) == (
        f"t.csv.{ending}: the {kind} data end too early: the file is cut off."
    )
    bomb = pack(bytes(60_000_000))
    assert len(bomb) < 10_000
    assert f"t.csv.{ending}: unpacks to more than 25 MB" in refused(
        (f"t.csv.{ending}", bomb)
    )


def test_broken_records_are_refused_by_line():
    good = '{"a": 1, "L": 0}\n'
    assert refused(text("r.jsonl", good + '{"a": 2\n')) == (
        "r.jsonl, line 2: is no JSON object. Every line of JSON lines is one, such as "
        '{"a": 1}.'
    )
    assert refused(text("r.json", '[{"a": 1}, 2]')) == (
        "r.json: entry 2 of the list is no JSON object."
    )
    assert "columns, more than the limit of 1" in refused(
        text("r.jsonl", good), limits=Limits(columns=1)
    )


@pytest.mark.parametrize(
    "cells, spellings",
    [
        (["[0, 1]", "[1, 0]", "[0, 1]"], ["vector", "json"]),
        (["0;1", "1;0", "0;1"], ["vector", ";"]),
        (
            ['[{"de": "rot", "en": "red"}]', '[{"de": "blau", "en": "blue"}]', "[]"],
            ["field:de", "field:en"],
        ),
        (["a,b/c", "d/e,f", "a,b"], [",", "/", "none"]),
    ],
)
def test_what_can_be_read_in_several_ways_is_asked(cells, spellings):
    with pytest.raises(LabelQuestion) as error:
        read(column(cells), label_list="t")
    assert [choice["separator"] for choice in error.value.choices] == spellings
    for choice in error.value.choices:
        answer = choice["separator"]
        dataset = read(column(cells), label_list="t", label_separator=answer)
        assert dataset.q == choice["labels"]


@pytest.mark.parametrize(
    "content",
    [
        '[{"a": 1.5, "L": 0}, {"a": 2.5, "L": 1}]',
        '{"a": [1.5, 2.5], "L": [0, 1]}',
        '{"a": {"0": 1.5, "1": 2.5}, "L": {"0": 0, "1": 1}}',
        '{"a": 1.5, "L": 0}\n\n{"a": 2.5, "L": 1}\n',
    ],
)
def test_json_by_rows_and_by_columns(content):
    dataset = read(text("d.json", content), labels=["L"])
    assert dataset.X.tolist() == [[1.5], [2.5]]
    assert dataset.Y.tolist() == [[0], [1]]


def test_the_command_line_ends_with_the_options_that_answer(tmp_path, capsys):
    file = tmp_path / "q.csv"
    file.write_bytes(column(["Arts, crafts", "Food, drink", "Arts, crafts"])[1])
    asked = ["info", str(file), "--label-list", "t"]
    assert main(asked) == 2
    assert capsys.readouterr().err.endswith(
        "(label_separator=','); one label a row, 2 labels such as 'Arts, crafts' "
        "(label_separator='none'). Say which (on the command line "
        "--label-separator).\n"
    )
    assert main([*asked, "--label-separator", "none", "--json"]) == 0
    answered = json.loads(capsys.readouterr().out)
    assert answered["label_names"] == ["Arts, crafts", "Food, drink"]


@pytest.mark.parametrize("separator", [", ", " / ", "json", "vector", "field:name"])
def test_spellings_are_said_on_the_command_line(separator, tmp_path, capsys):
    cells = {
        ", ": ["a,b, c", "c", "a,b"],
        " / ": ["a/b / c", "c", "a/b"],
        "json": ["['a/b', 'c']", "['c']", "['a/b']"],
        "vector": ["[1, 1]", "[0, 1]", "[1, 0]"],
        "field:name": ['[{"name": "x"}, {"name": "y"}]', "[]", '[{"name": "x"}]'],
    }[separator]
    file = tmp_path / "q.csv"
    file.write_bytes(column(cells)[1])
    how = ["--label-list", "t", "--label-separator", separator, "--json"]
    assert main(["info", str(file), *how]) == 0
    assert len(json.loads(capsys.readouterr().out)["label_names"]) == 2
