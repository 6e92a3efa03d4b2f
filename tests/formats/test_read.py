"""Files as people have them: read right, or refused in words."""

import gzip
import io
import json

import numpy as np
import pandas as pd
import pytest
from reading import refused, text

from aemlo.errors import DataError
from aemlo.formats import open_files, open_table, read
from aemlo.tables import lists


def test_no_hint_is_never_taken_silently():
    content = "a,b,l1,l2\n0.5,1,1,0\n0.25,0,0,1\n0.75,1,0,0\n"
    assert refused(text("n.csv", content)) == (
        "n: nothing says which columns are labels. Candidates (guess: the last 3 "
        "columns hold only 0 and 1): 'b', 'l1', 'l2'. Name them, say how many there "
        "are at the start or the end, or add a Mulan XML file."
    )


@pytest.mark.parametrize(
    "content",
    [
        "a;b;L\n1,5;-2,25;1\n3;4e2;0\n",
        "a\tb\tL\n1.5\t-2.25\t1\n3\t4e2\t0\n",
        "a|b|L\r\n1.5|-2.25|1\r\n3|400|0\r\n",
        'a,b,L\n"1,5","-2,25",1\n3,400,0\n',
        '"a","b","L"\n"1.5","-2.25","1"\n"3","400","0"\n',
        "a, b, L\n1.5, -2.25, 1\n3, 400, 0\n",
        "a b L\n 1.5  -2.25   1 \n 3    400   0\n",
    ],
)
def test_csv_in_all_its_dialects(content):
    for data in (content.encode(), gzip.compress(content.encode())):
        name = "d.csv.gz" if data[:2] == b"\x1f\x8b" else "d.csv"
        dataset = read((name, data), labels=["L"])
        assert dataset.feature_names == ("a", "b")
        assert dataset.X.tolist() == [[1.5, -2.25], [3, 400]]
        assert dataset.Y.ravel().tolist() == [1, 0]


def test_csv_without_a_header():
    dataset = read(text("d.csv", "1.5,2,1\n3,4,0\n5,6,1\n"), label_count=1)
    assert dataset.label_names == ("column 3",)
    assert dataset.n == 3
    assert dataset.warnings == (
        "The file has no header line: columns got numbers as names.",
    )


def test_a_header_that_numbers_the_columns():
    dataset = read(text("d.csv", "0,1,2\n1.5,2,1\n3,4,0\n"), label_count=1)
    assert dataset.label_names == ("2",)
    assert dataset.n == 2


def test_a_file_of_another_kind_is_not_taken_for_csv():
    message = refused(text("d.yaml", "a: [1, 2]\nb: [3, 4]\n"))
    assert message.startswith("Can't read 'd.yaml'. Formats: .arff, .csv, ")
    assert message.endswith("If it is one of these, say which format.")
    dataset = read(text("d.log", "a,L\n1,1\n2,0\n"), labels=["L"], format="CSV")
    assert dataset.n == 2


def test_csv_kinds_of_columns():
    rows = [
        f'{k},{"xyz"[k % 3]},2020-01-{k + 1:02d},"text number {k}, with\nmore lines",'
        f"{k % 2}"
        for k in range(12)
    ]
    content = "no,kind,day,story,L\n" + "\n".join(rows) + "\n"
    dataset = read(text("k.csv", content), labels=["L"])
    assert [(f.name, f.kind) for f in dataset.features] == [
        ("no", "numeric"),
        ("kind", "nominal"),
    ]
    assert dataset.text_names == ("story",)
    assert dataset.text["story"][3] == "text number 3, with\nmore lines"
    assert dataset.warnings == ("Column 'day' holds dates: left out.",)


def test_csv_with_a_short_row_names_the_line():
    assert refused(text("s.csv", "a,b,L\n1,2,1\n1,2\n3,4,0\n"), labels=["L"]) == (
        "s.csv, line 3: 2 cells, but 3 columns. Is a comma missing or one too many, or "
        "a quote not closed?"
    )


def test_csv_with_numbers_too_large():
    assert refused(text("s.csv", "a,L\n1,1\n1e999,0\n"), labels=["L"]) == (
        "s.csv: column 'a' has 1 infinite or too large numbers, the first in row 2. "
        "Mark them as missing with '?'."
    )


def test_names_that_repeat_get_a_number():
    dataset = read(text("r.csv", "a,a,L,a\n1,2,1,3\n4,5,0,6\n"), labels=["L"])
    assert dataset.feature_names == ("a", "a (2)", "a (3)")
    assert dataset.warnings == (
        "2 column names occur more than once ('a'): the later ones got a number.",
    )


@pytest.mark.parametrize(
    "cells, separator",
    [
        (["x;y", "y", "", "x; z", "y;z"], ";"),
        (["x|y", "y", "", "x|z", "y|z"], "|"),
        (['["x", "y"]', '["y"]', "[]", '["x","z"]', '["y", "z"]'], "json"),
        (["['x', 'y']", "['y']", "[]", "['x','z']", "['y', 'z']"], "json"),
    ],
)
def test_a_column_of_lists(cells, separator):
    frame = pd.DataFrame({"a": range(5), "topics": cells})
    file = "t.csv", frame.to_csv(index=False).encode()
    table = open_table(file)
    assert lists.candidates(table) == ["topics"]
    dataset = read(file, label_list="topics")
    assert dataset.label_names == ("x", "y", "z")
    assert dataset.Y.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 1], [0, 1, 1]]
    assert dataset.feature_names == ("a",)
    said = "JSON lists" if separator == "json" else f"parted by '{separator}'"
    assert dataset.labels_from == f"the lists in column 'topics' ({said})"


def test_libsvm_rows_without_labels_or_cells():
    dataset = read(text("l.svm", "1,3 2:0.5 4:-1\n 1:2\n2\n3 4:1e-3 # why\n"))
    assert dataset.label_names == ("label 1", "label 2", "label 3")
    assert dataset.Y.tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert dataset.X.toarray().tolist() == [
        [0, 0.5, 0, -1],
        [2, 0, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0.001],
    ]


def test_extreme_classification_keeps_what_the_header_promises():
    dataset = read(text("x.txt", "3 5 4\n0,2 0:1 4:2.5\n\n1 3:1\n"))
    assert dataset.X.shape == (3, 5)
    assert dataset.Y.tolist() == [[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]]
    assert refused(text("x.txt", "2 5 4\n0 0:1\n1 7:1\n")) == (
        "x.txt: feature number 7, but line 1 promises 5 (numbered from 0)."
    )
    assert refused(text("x.txt", "9 5 4\n0 0:1\n1 2:1\n")) == (
        "x.txt: line 1 promises 9 rows, the file has 2."
    )


@pytest.mark.parametrize(
    "line, message",
    [
        ("1 2:x", "line 2: a cell is 'column:number', got '2:x'."),
        ("1 2:1e999", "line 2: a cell is 'column:number', got '2:1e999'."),
        ("1,1 2:1", "line 2: labels are different whole numbers from 0, parted by"),
        ("-1 2:1", "line 2: labels are different whole numbers from 0, parted by"),
    ],
)
def test_bad_libsvm_lines_are_named(line, message):
    assert message in refused(text("b.svm", f"1 1:1\n{line}\n"), format="LIBSVM")


def test_a_pair_of_files_in_any_order_with_other_columns():
    train = text("s_train.csv", "a,k,L\n1,x,1\n2,y,0\n")
    test = text("s_test.csv", "k,L,a\nz,1,3\n")
    table = open_files([test, train])
    dataset = table.to_dataset(["L"])
    assert dataset.split.tolist() == [True, True, False]
    assert dataset.X.tolist() == [[1, 0], [2, 1], [3, 2]]
    assert dataset.features[1].categories == ("x", "y", "z")
    other = text("s_test.csv", "k,L,b\nz,1,3\n")
    assert refused(train, other, labels=["L"]) == (
        "s_test: lacks 1 columns that s_train has: 'a'. Two files of a split need the "
        "same ones."
    )
    assert refused(text("a.csv", "a,L\n1,1\n"), text("b.csv", "a,L\n1,1\n")) == (
        "Two data files, 'a.csv', 'b.csv', but their names do not tell which is the "
        "training and which the test part. Put 'train' and 'test' into the names."
    )


def test_npz_and_parquet_of_others():
    out = io.BytesIO()
    np.savez(out, data=np.arange(6).reshape(3, 2), target=np.eye(3, dtype=bool))
    dataset = read(("o.npz", out.getvalue()))
    assert dataset.feature_names == ("feature 1", "feature 2")
    assert dataset.Y.tolist() == np.eye(3).tolist()
    frame = pd.DataFrame({"a": [1, 2], "t": [["x", "y"], ["y"]], "b": [True, False]})
    out = io.BytesIO()
    frame.to_parquet(out)
    dataset = read(("o.parquet", out.getvalue()), label_list="t")
    assert dataset.Y.tolist() == [[1, 1], [0, 1]]
    assert dataset.X.tolist() == [[1, 1], [2, 0]]


def test_excel_of_others():
    out = io.BytesIO()
    frame = pd.DataFrame({"a": [1, 2.5], "k": ["x", None], "L": [True, False]})
    with pd.ExcelWriter(out) as book:
        frame.to_excel(book, sheet_name="one", index=False)
        frame.head(1).to_excel(book, sheet_name="two", index=False)
    dataset = read(("o.xlsx", out.getvalue()), labels=["L"])
    assert np.array_equal(dataset.X, [[1, 0], [2.5, np.nan]], equal_nan=True)
    assert dataset.Y.ravel().tolist() == [1, 0]
    assert dataset.warnings == ("The workbook has 2 sheets; 'one' was read.",)
    assert read(("o.xlsx", out.getvalue()), labels=["L"], sheet="two").n == 1
    assert refused(("o.xlsx", out.getvalue()), sheet="three") == (
        "o.xlsx: there is no sheet 'three'. Sheets: one, two."
    )


def test_json_names_of_a_list_column_are_not_evaluated():
    cell = json.dumps(["__import__('os').system('false')"])
    file = text(
        "t.csv", "a,t\n1,{0}\n2,{0}\n".format('"' + cell.replace('"', '""') + '"')
    )
    assert read(file, label_list="t").label_names == (
        "__import__('os').system('false')",
    )


def test_formats_that_are_not_read_are_named():
    assert refused(text("a.sav", "one\ntwo\n")).startswith(
        "Can't read 'a.sav'. Formats: "
    )
    with pytest.raises(DataError) as error:
        read("no/such/file.csv")
    assert str(error.value) == "no/such/file.csv: there is no such file."
