"""LIBSVM line by line and written back, and columns of label lists cell by cell."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from reading import refused, text
from scipy import sparse
from sklearn.datasets import load_svmlight_file

from aemlo.dataset import Dataset, Feature
from aemlo.formats import Limits, open_files, open_table, read, to_bytes, write
from aemlo.formats.kinds.libsvm import Extreme, Libsvm
from aemlo.tables import lists

SECONDS = 2


@pytest.mark.parametrize(
    "word", ["1.7", "1_0", "1e1", "3.0e0", "0x1", ",1", "1,,2", "nan", "1.0.0"]
)
@pytest.mark.parametrize("after", [1, 30])
def test_a_label_is_a_whole_number(word, after):
    file = text("b.svm", "1 1:1\n" * after + f"{word} 2:1\n")
    assert refused(file, format="LIBSVM") == (
        f"b.svm, line {after + 1}: labels are different whole numbers from 0, parted "
        f"by commas; got '{word}'."
    )


def test_whole_numbers_may_be_spelled_with_a_point_a_sign_or_blanks():
    dataset = read(text("l.svm", "0,1 1:1\n1.0,+2. 1:1\n0 ,  1\t, 2.00 2:1\n"))
    assert dataset.Y.tolist() == [[1, 1, 0], [0, 1, 1], [1, 1, 1]]
    assert dataset.X.toarray().tolist() == [[1, 0], [1, 0], [0, 1]]


@pytest.mark.parametrize("digits", [19, 23, 5_000, 100_000])
def test_numbers_of_many_digits_are_refused(digits):
    number = "9" * digits
    assert refused(text("o.svm", f"1 1:1\n{number} 1:1\n"), format="LIBSVM") == (
        f"o.svm, line 2: a label has {digits:,} digits ('{number[:40]}'). Number the "
        "labels from 0 or 1."
    )
    rows = text("o.xc.txt", f"1 2 3\n{number} 1:1\n")
    assert "line 2: a label has" in refused(rows, format="Extreme classification")
    for header in (f"{number} 2 3", f"1 {number} 3", f"1 2 {number}"):
        assert refused(
            text("o.xc.txt", f"{header}\n1 1:1\n"), format="Extreme classification"
        ).startswith(
            f"o.xc.txt, line 1: a number has {digits:,} digits ('{number[:40]}'). "
        )
    assert "line 2: a cell is 'column:number', got '" in refused(
        text("o.svm", f"1 1:1\n1 {number}:1\n"), format="LIBSVM"
    )


def test_leading_zeros_count_for_nothing():
    dataset = read(text("z.svm", f"{'0' * 30}1 1:1\n0 1:1\n"))
    assert dataset.Y.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    "line, got",
    [
        ("0 1,5 2:3", "1,5"),
        ("10 20 2:3", "20"),
        ("0 1:2:3", "1:2:3"),
        ("0 1: 2:3", "1:"),
        ("1, 2:3", "1,2:3"),
        ("0 1_0:3", "1_0:3"),
        ("10 -3:1", "-3:1"),
    ],
)
def test_a_broken_cell_is_named_with_its_line(line, got):
    assert refused(text("b.svm", f"10 1:1\n{line}\n"), format="LIBSVM") == (
        f"b.svm, line 2: a cell is 'column:number', got '{got}'."
    )


NASTY = [
    "1:" + "100:" * 28 + " x",
    "1:" + "100:" * 12_500 + " x",
    "1:1" * 17_000 + " x",
    "1" * 50_000 + " x",
    "1," * 25_000 + "x",
    "1 ," * 17_000 + "x",
    "1 " * 25_000 + "x",
    "1" + ".0" * 25_000,
    "1" + " " * 50_000 + "x",
    "1:1" + " \t" * 25_000 + ":",
    "1 1:" + "9" * 50_000 + " x",
    "1:1 " * 12_500 + "x",
    "\t" * 50_000 + ",",
    "1 2 " + "3" * 50_000 + "x\n1 1:1",
]


@pytest.mark.parametrize("line", NASTY, ids=lambda line: line[:12].replace("\t", " "))
def test_recognising_takes_time_in_proportion(line):
    start = time.process_time()
    assert Libsvm().recognises(line.encode() + b"\n") == 0
    assert Extreme().recognises(line.encode() + b"\n") == 0
    assert Extreme().recognises(b"1 2 3\n" + line.encode() + b"\n") == 0
    refused(text("n.svm", line + "\n"))
    assert time.process_time() - start < SECONDS


def test_lines_after_comments_tell_the_format():
    notes = "# made by: a tool, on a day\n" * 25
    assert read(text("c.txt", notes + "0,1 1:0.5\n1 2:2\n")).Y.tolist() == [
        [1, 1],
        [0, 1],
    ]
    assert Libsvm().recognises(notes.encode()) == 0


def test_a_feature_number_over_the_limit_is_refused_at_once():
    start = time.process_time()
    assert refused(text("w.svm", "0,1 2000001:1\n")) == (
        "w.svm: 2,000,001 features, more than the limit of 2,000,000. Use a smaller "
        "file, or set AEMLO_LIMIT_SPARSE_COLUMNS higher."
    )
    limits = Limits(sparse_columns=50)
    assert "51 features" in refused(text("w.svm", "0,1 51:1\n"), limits=limits)
    assert time.process_time() - start < SECONDS


def sample(names=True):
    """Rows without labels, without cells and without both; columns never used."""
    X = np.zeros((5, 4))
    X[0, 1], X[1, 2], X[4, 1] = 0.5, -3, 1e-300
    Y = np.zeros((5, 5), dtype=int)
    Y[0, 1] = Y[0, 3] = Y[2, 1] = 1
    features = (
        ("a b", "#c", "é:名", "d\n") if names else [f"feature {j}" for j in "1234"]
    )
    labels = ("x", 'y"', "z, z", "w", "v") if names else [f"label {j}" for j in "01234"]
    return Dataset(
        "s", sparse.csr_matrix(X), Y, tuple(map(Feature, features)), tuple(labels)
    )


def same(a, b):
    assert a.feature_names == b.feature_names
    assert a.label_names == b.label_names
    assert np.array_equal(a.Y, b.Y)
    A, B = (d.X.toarray() if d.is_sparse else d.X for d in (a, b))
    assert np.array_equal(A, B)


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("rows", [range(5), [0, 1], [3], [1, 3]])
def test_libsvm_comes_back_whole(tmp_path, names, rows):
    dataset = sample(names).take(rows)
    (path,) = write(dataset, tmp_path / "s.svm", format="LIBSVM")
    again = read(path)
    assert again.warnings == ()
    same(dataset, again)
    same(again, read(write(again, tmp_path / "again.libsvm")[0]))
    X, y = load_svmlight_file(path, multilabel=True, n_features=4, zero_based=False)
    assert np.array_equal(X.toarray(), dataset.X.toarray())
    assert y == [tuple(map(float, np.flatnonzero(row))) for row in dataset.Y]


@pytest.mark.parametrize("names", [True, False])
def test_both_parts_of_a_split_come_back_whole(tmp_path, names):
    whole = sample(names)
    given = Dataset(
        *("s", whole.X, whole.Y, whole.features, whole.label_names),
        split=np.array([True, True, True, False, False]),
    )
    for name in ("s.libsvm.zip", "s.xc.txt.zip"):
        again = read(write(given, tmp_path / name)[0])
        assert again.split.tolist() == given.split.tolist()
        if "libsvm" in name:
            same(whole, again)
        else:
            assert np.array_equal(whole.Y, again.Y)


def test_no_comment_is_written_where_the_rows_tell_all():
    rows = "0,2 1:0.5 3:2.0\n1 2:1.0\n 1:0\n"
    dataset = read(text("p.libsvm", rows))
    assert dataset.n == 3
    assert to_bytes(dataset, "LIBSVM") == {".libsvm": rows.encode()}


def test_names_lead_the_file():
    lines = to_bytes(sample(), "LIBSVM")[".libsvm"].decode().split("\n")
    assert lines[0] == '# aemlo features: ["a b", "#c", "é:名", "d\\n"]'
    assert lines[1] == '# aemlo labels: ["x", "y\\"", "z, z", "w", "v"]'
    assert lines[2:] == ["1,3 2:0.5", " 3:-3.0", "1", " 1:0", " 2:1e-300", ""]
    lines = to_bytes(sample(names=False), "LIBSVM")[".libsvm"].decode().split("\n")
    assert lines[:2] == ["# aemlo features: 4", "# aemlo labels: 5"]


def test_many_names_take_several_lines(tmp_path):
    d = 2_500
    dataset = Dataset(
        "m",
        sparse.csr_matrix(np.eye(3, d)),
        np.eye(3, 2),
        tuple(Feature(f"a word of {j}") for j in range(d)),
        ("x", "y"),
    )
    (path,) = write(dataset, tmp_path / "m.svm", format="LIBSVM")
    lines = path.read_text().split("\n")
    assert [line.startswith("# aemlo features: [") for line in lines[:4]] == [
        *[True] * 3,
        False,
    ]
    same(dataset, read(path))
    path.rename(tmp_path / "m.txt")
    same(dataset, read(tmp_path / "m.txt"))


def test_a_name_of_a_feature_and_a_label_gets_a_number():
    dataset = Dataset("t", np.ones((2, 1)), np.eye(2), (Feature("a"),), ("a", "b"))
    again = read(("t.libsvm", to_bytes(dataset, "LIBSVM")[".libsvm"]))
    assert again.feature_names == ("a",)
    assert again.label_names == ("a (2)", "b")
    assert again.warnings[0].startswith("1 column names occur more than once ('a')")


@pytest.mark.parametrize(
    "line",
    ["labels: [1]", "labels: [", "labels: -1", "labels: true", "features: {}"]
    + ["features: " + "9" * 5_000, "labels: " + "[" * 50_000, 'labels: "a"'],
)
def test_broken_lines_of_names_are_refused(line):
    got = line.partition(": ")[2][:40]
    what = line.partition(":")[0]
    assert refused(text("n.svm", f"# aemlo {line}\n0 1:1\n")) == (
        f"n.svm, line 1: the {what} are a JSON list of names or a count, got '{got}'. "
        "Put that right, or take the line out."
    )


def test_names_that_do_not_fit_the_rows_are_refused():
    both = '# aemlo features: ["a", "b"]\n# aemlo labels: 2\n'
    assert refused(text("n.svm", f"{both}0 1:1\n1 3:1\n")) == (
        "n.svm: feature number 3, but the lines '# aemlo features' at the top tell of "
        "2 (numbered from 1). Put them right, or take them out."
    )
    assert "feature number 0, but" in refused(text("n.svm", f"{both}0 0:1\n1 2:1\n"))
    assert refused(text("n.svm", f"{both}0 1:1\n2 2:1\n")) == (
        "n.svm: label number 2, but the lines '# aemlo labels' at the top tell of 2 "
        "(numbered from 0). Put them right, or take them out."
    )
    assert "10,001 labels, more than the limit" in refused(
        text("n.svm", "# aemlo labels: 10001\n0 1:1\n")
    )
    assert "features, more than the limit" in refused(
        text("n.svm", "# aemlo features: 900000000000\n0 1:1\n")
    )


def test_comments_of_others_are_no_names():
    for note in ("# labels: a, b", '# labels: ["a", "b", "c"]', "# aemlo"):
        dataset = read(text("c.svm", f"{note}\n0 1:1\n1 2:1\n"))
        assert dataset.label_names == ("label 0", "label 1")


def column(cells, name="t"):
    frame = pd.DataFrame({"no": range(len(cells)), name: cells})
    return "t.csv", frame.to_csv(index=False).encode()


def listing(cells, **how):
    return read(column(cells), label_list="t", **how)


def test_numbers_as_labels_are_spelled_in_full():
    assert listing([1234567, 1234568, 1234569]).label_names == (
        *("1234567", "1234568", "1234569"),
    )
    assert listing([1234567.25, 1234567.5, 3, -2]).label_names == (
        *("-2", "1234567.25", "1234567.5", "3"),
    )
    assert listing([0.1, 1e-7, 0.1]).label_names == ("0.1", "1e-07")
    assert listing([4503599627370497, 4503599627370498]).label_names == (
        *("4503599627370497", "4503599627370498"),
    )


def test_numbers_too_large_to_tell_apart_are_refused():
    cells = [1, 9007199254740992, 9007199254740993]
    assert refused(column(cells), label_list="t") == (
        "t: row 2: column 't' holds 9007199254740992. Numbers that large can't be told "
        "apart: write these labels as words, such as 'id 9007199254740992'."
    )


GOOD = ['["a", "b"]', '["b"]', "[]", '["a"]']


@pytest.mark.parametrize(
    "cell",
    ["nothing", "a", '["a","b]', '[a","b"]', '[{"id": "a"}]', '[["a"]]', '{"a": 1}']
    + ["['a', b]", "['a' + 'b']", '["a"', "[" * 3_000 + "]", '["a"] and ["b"]'],
)
def test_a_cell_that_is_no_list_is_refused_by_row(cell):
    message = refused(column([*GOOD, cell]), label_list="t")
    assert message == (
        f"t: row 5: column 't' holds {cell[:60]!r}, which is not a list of labels like "
        'the others. Write it as ["a", "b"], and [] where there is none.'
    )
    assert lists.candidates(open_table(column([*GOOD, cell]))) == ["t"]


@pytest.mark.parametrize("cell", ["", "?", None, "   "])
@pytest.mark.parametrize("good", [GOOD, ["a;b", "b", "b;a", "a"]])
def test_missing_lists_are_counted(cell, good):
    dataset = listing([*good, cell, cell])
    assert dataset.label_names == ("a", "b")
    assert dataset.Y[-2:].tolist() == [[0, 0], [0, 0]]
    assert dataset.warnings == (
        "2 cells of column 't' are empty or '?': these rows have no label.",
    )


def test_missing_numbers_are_counted_too():
    dataset = listing([1, None, 2, None])
    assert dataset.label_names == ("1", "2")
    assert dataset.warnings[0].startswith("2 cells of column 't' are empty or '?'")


@pytest.mark.parametrize(
    "cell, none",
    [
        ('["caf\\u00e9", null]', 1),
        ('["caf\\u00e9", null, null]', 2),
        ("['caf\\u00e9', None]", 1),
        ("['café', nan]", 1),
        ('["café"]', 0),
        ('["caf\\u00e9"]', 0),
        ("['caf\\u00e9']", 0),
        ("[café, null]", 1),
        ("[café]", 0),
    ],
)
def test_null_in_a_list_is_no_label_and_escapes_are_undone(cell, none):
    dataset = listing(['["café"]', '["x", "café"]', cell])
    assert dataset.label_names == ("café", "x")
    assert dataset.Y.tolist() == [[1, 0], [1, 1], [1, 0]]
    assert dataset.warnings == (
        (f"{none} null in the lists of column 't': no label each.",) if none else ()
    )


@pytest.mark.parametrize(
    "cell, items",
    [
        ("['a' 'b']", ["a", "b"]),
        ("['it\\'s', \"say 'b'\"]", ["it's", "say 'b'"]),
        ("['a\"b']", ['a"b']),
        ("['back\\\\slash']", ["back\\slash"]),
        ("['a\\d']", ["a\\d"]),
        ("[a b, it's]", ["a b", "it's"]),
        ('["a", 1, 2.5, "None"]', ["1", "2.5", "None", "a"]),
    ],
)
def test_lists_as_other_tools_print_them(cell, items):
    assert sorted(listing([cell, "[]"]).label_names) == sorted(items)


def test_most_cells_decide():
    dataset = listing(["[a]", "b;c", "d;b", "c"])
    assert dataset.label_names == ("[a]", "b", "c", "d")
    message = refused(column(["[a]", "[b]", "", None, "c;d"]), label_list="t")
    assert message.startswith("t: row 5: column 't' holds 'c;d', which is not a list")


@pytest.mark.parametrize("mark", ["'", '"'])
def test_nasty_lists_take_time_in_proportion(mark):
    start = time.process_time()
    for cell in (
        *("[" + mark + ("\\" + mark) * 25_000 + "]", "[" + ", " * 25_000 + "a" + mark),
        *("[" + f"{mark}a{mark}, " * 10_000 + "x]", "[" + mark * 49_999 + "]"),
    ):
        refused(column([*GOOD, *GOOD, cell]), label_list="t")
    assert time.process_time() - start < SECONDS


def test_words_parted_by_blanks_need_to_be_told():
    cells = ["sport news", "news", "sport", "sport news art", "art news"]
    dataset = listing(cells)
    assert dataset.q == 5
    assert dataset.warnings == (
        "Column 't' has none of ; | , / in it: every different cell is one label. If "
        "blanks part its labels, give label_separator=' '.",
    )
    told = listing(cells, label_separator=" ")
    assert told.label_names == ("art", "news", "sport")
    assert told.warnings == ()
    assert listing(["rock music", "new york", "rock music"]).warnings == ()


def test_our_own_lists_are_read_as_json_whatever_the_names():
    cells = [json.dumps(["a;b", "[c]", "?", "null", ""]), "[]"]
    table = open_files([("o.labels.csv", column(cells, "labels")[1])])
    assert table.location.names == ["", "?", "[c]", "a;b", "null"]
