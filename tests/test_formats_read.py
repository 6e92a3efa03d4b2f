"""Files as people have them: read right, or refused in words."""

import gzip
import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from aemlo.errors import DataError
from aemlo.formats import lists, open_files, open_table, read


def text(name, content, encoding="utf-8"):
    return name, content.encode(encoding)


def refused(*files, **how):
    with pytest.raises(DataError) as error:
        if len(files) == 1:
            read(files[0], **how)
        else:
            open_files(files).to_dataset(**how)
    return str(error.value)


ARFF = """% made by hand
@RELATION 'a set'
@attribute\tsize  REAL
@Attribute 'it\\'s a name' {red, "light blue", 'x,y' }
@attribute free string
@attribute when date "yyyy-MM-dd"
@attribute L1 {0,1}
@attribute "L 2" {no,yes}

@DATA
1.5, red, 'some words, here', "2020-01-01", 1, no
% a comment
-2e3,"light blue", ?, ?,0,yes, {2.5}
?,'x,y','it\\'s \\u00e9', '2020-01-02', 1 ,  yes
"""


def test_arff_as_the_manual_has_it():
    dataset = read(text("set.arff", ARFF), labels=["L1", "L 2"])
    assert dataset.feature_names == ("size", "it's a name", "free")
    assert dataset.features[1].categories == ("red", "light blue", "x,y")
    assert np.array_equal(
        dataset.X, [[1.5, 0], [-2000, 1], [float("nan"), 2]], equal_nan=True
    )
    assert dataset.text["free"].tolist() == ["some words, here", None, "it's é"]
    assert dataset.Y.tolist() == [[1, 0], [0, 1], [1, 1]]
    assert dataset.warnings == (
        "1 rows carry a weight: read without it.",
        "Column 'when' holds dates: left out.",
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding, ends):
    content = ARFF.replace("a set", "à set").replace("\n", ends)
    dataset = read(text("set.arff", content, encoding), labels=["L1", "L 2"])
    assert dataset.Y.tolist() == [[1, 0], [0, 1], [1, 1]]
    assert dataset.source["relation"] == "à set"


HEADER = "@relation r\n@attribute a numeric\n@attribute k {low,mid,high}\n"
LABELS = "@attribute p {0,1}\n@attribute m {1,0}\n@data\n"


def test_an_omitted_cell_of_a_sparse_row_is_the_first_declared_value():
    table = open_table(
        text("s.arff", HEADER + LABELS + "{0 2.5, 1 high}\n{}\n{2 1, 3 0}\n{0 ?}\n")
    )
    dataset = table.to_dataset(["p", "m"])
    assert np.array_equal(
        dataset.X.toarray(), [[2.5, 2], [0, 0], [0, 0], [np.nan, 0]], equal_nan=True
    )
    assert dataset.Y.tolist() == [[0, 1], [0, 1], [1, 0], [0, 1]]


def test_fast_and_careful_reading_agree():
    rows = ["{0 2.5,1 high}", "{}", "{2 1,3 0}", "{0 -1e-3,1 mid,2 1,3 0}"]
    plain = HEADER + LABELS + "\n".join(rows) + "\n"
    odd = HEADER + LABELS + "\n".join(r.replace("high", "'high'") for r in rows) + "\n"
    dense = "1.25,low,1,0\n?,?,0,1\n-3,high,1,1\n"
    for a, b in (
        (plain, odd),
        (HEADER + LABELS + dense, HEADER + LABELS + dense.replace("low", "'low'")),
        (HEADER + LABELS + dense, HEADER + LABELS + dense + "% end\n"),
        (HEADER + LABELS + dense, HEADER + LABELS + dense.replace(",", " ,  ")),
        (HEADER + LABELS + dense, HEADER + LABELS + dense.replace(",", "\t")),
        (HEADER + LABELS + dense, HEADER + LABELS + dense.replace("\n", "\n\n")),
    ):
        one, two = (read(text("a.arff", t), label_count=2) for t in (a, b))
        assert one.content_hash == two.content_hash


def test_mixed_rows():
    table = open_table(text("m.arff", HEADER + LABELS + "1,mid,1,0\n{1 high}\n"))
    assert table.format == "ARFF, mixed"
    dataset = table.to_dataset(["p", "m"])
    assert dataset.X.tolist() == [[1, 1], [0, 2]]
    assert dataset.Y.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    "rows, message",
    [
        ("1,low,1,0\n2,low,1\n", "line 8: 3 values for 4 columns."),
        ("1,low,1,0\nx,low,1,0\n", "line 8: 'a' is numeric, but 'x' is not a number."),
        ("1e999,low,1,0\n", "line 7: 'a' is numeric, but '1e999' is too large."),
        ("1_0,low,1,0\n", "line 7: 'a' is numeric, but '1_0' is not a number."),
        ("inf,low,1,0\n", "line 7: 'a' is numeric, but 'inf' is not a number."),
        ("nan,low,1,0\n", "line 7: 'a' is numeric, but 'nan' is not a number."),
        (
            "1,tall,1,0\n",
            "line 7: 'k' has the value 'tall', which is not declared "
            "('low', 'mid', 'high').",
        ),
        (
            "1,'low,1,0\n",
            "line 7: a quote is not closed or stands inside a value.",
        ),
        (
            "{0 1,9 1}\n",
            "line 7: column 9 does not exist; the file declares 4 (0 to 3).",
        ),
        ("{0 1,0 2}\n", "line 7: column 0 occurs twice in the row."),
        ("{0 1,2 1\n", "line 7: a sparse row must end with '}'."),
        (
            "{0 1 2}\n",
            "line 7: 'a' is numeric, but '1 2' is not a number.",
        ),
        ("{a 1}\n", "line 7: a sparse row is a list of 'column value', got 'a 1'."),
    ],
)
def test_a_bad_row_is_named(rows, message):
    assert refused(text("b.arff", HEADER + LABELS + rows), label_count=2) == (
        f"b.arff, {message}"
    )


@pytest.mark.parametrize(
    "content, message",
    [
        (
            "@relation r\n@attribute a numeric\n",
            "has no @data line: the file is cut off",
        ),
        ("@relation r\n@data\n1\n", "has no @attribute line before @data."),
        ("@relation r\n@attribute a numeric\n@data\n", "has no rows after @data."),
        (
            "@relation r\n@attribute a relational\n@data\n1\n",
            "line 2: attribute 'a' is relational (multi-instance data), which this",
        ),
        (
            "@relation r\n@attribute a odd\n@data\n1\n",
            "line 2: attribute 'a' has the unknown type 'odd'. Types: numeric,",
        ),
        ("@relation r\n@attribute\n@data\n1\n", "an attribute needs a name and type."),
        (
            "@relation r\n@attribute a {x,y\n@data\n1\n",
            "line 2: the values of 'a' have no closing brace.",
        ),
        (
            "@relation r\n@attribute a {x,x}\n@data\n1\n",
            "line 2: 'a' declares the value 'x' twice.",
        ),
        ("@relation r\nhello\n@data\n1\n", "line 2: expected @attribute or @data, got"),
    ],
)
def test_a_bad_header_is_named(content, message):
    assert message in refused(text("b.arff", content), label_count=1)


@pytest.mark.parametrize(
    "declared, cells",
    [
        ("{0,1}", "0 1 0"),
        ("{1,0}", "0 1 0"),
        ("{'0','1'}", "'0' '1' '0'"),
        ("{TRUE,FALSE}", "FALSE TRUE FALSE"),
        ("{no,yes}", "no yes no"),
        ("{-1,1}", "-1 1 -1"),
        ("{1,-1}", "-1 1 -1"),
        ("{0.0,1.0}", "0.0 1.0 0.0"),
        ("numeric", "0.0 1.0 0"),
        ("numeric", "-1 1.0 -1"),
    ],
)
def test_the_yes_of_a_label_is_told_by_value(declared, cells):
    rows = "\n".join(f"{k},{cell}" for k, cell in enumerate(cells.split()))
    content = f"@relation r\n@attribute a numeric\n@attribute L {declared}\n@data\n"
    dataset = read(text("l.arff", content + rows), labels=["L"])
    assert dataset.Y.ravel().tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "declared, cells, message",
    [
        ("{a,b,c}", "a b c", "has 3 values ('a', 'b', 'c')"),
        ("{red,blue}", "red blue red", "has 2 values ('red', 'blue')"),
        ("numeric", "0 1 2", "has 3 values ('0', '1', '2')"),
        ("numeric", "-1 0 1", "has 3 values ('-1', '0', '1')"),
        ("string", "x y z", "has 3 values ('x', 'y', 'z')"),
    ],
)
def test_a_label_with_other_values_is_refused(declared, cells, message):
    rows = "\n".join(f"{k},{cell}" for k, cell in enumerate(cells.split()))
    content = f"@relation r\n@attribute a numeric\n@attribute L {declared}\n@data\n"
    assert refused(text("l.arff", content + rows), labels=["L"]) == (
        f"l: label 'L' {message}. A label has two: 0 and 1, no and yes, false and "
        "true, or -1 and 1."
    )


def test_empty_label_cells_are_refused_or_counted_as_absent():
    content = HEADER + LABELS + "1,low,1,?\n2,low,?,?\n3,low,0,1\n"
    assert refused(text("g.arff", content), label_count=2) == (
        "g: 3 label cells are empty or '?' (labels 'p', 'm'). Fill them in, or have "
        "them count as absent (missing_labels='absent')."
    )
    dataset = read(text("g.arff", content), label_count=2, missing_labels="absent")
    assert dataset.Y.tolist() == [[1, 0], [0, 0], [0, 1]]
    assert dataset.warnings == (
        "3 empty label cells count as absent (labels 'p', 'm').",
    )


def xml(*names, inner=""):
    body = "".join(f"<label name={name}></label>" for name in names)
    return "l.xml", (
        f'<?xml version="1.0"?><labels xmlns="http://x">{body}{inner}</labels>'
    ).encode()


def test_xml_names_labels_in_any_order_nested_and_with_entities():
    content = (
        "@relation r\n@attribute a numeric\n@attribute 'R&D' {0,1}\n"
        "@attribute 'it\\'s' {0,1}\n@attribute sub {0,1}\n@data\n1,1,0,0\n2,0,1,1\n"
    )
    nested = "<label name='R&amp;D'><label name='sub'/></label>"
    dataset = read(text("x.arff", content), xml=xml('"it\\\'s"', inner=nested))
    assert dataset.label_names == ("R&D", "it's", "sub")
    assert dataset.Y.tolist() == [[1, 0, 0], [0, 1, 1]]


def test_a_label_of_the_xml_that_the_file_lacks_is_named():
    content = HEADER + LABELS + "1,low,1,1\n"
    assert refused(text("x.arff", content), xml=xml('"p"', '"gone"')) == (
        "x: the file has no column for 1 of 2 labels (l.xml (2 names)): 'gone'. "
        "Its columns: 'a', 'k', 'p', 'm'."
    )


def test_a_header_that_weka_filters_made_stale_is_not_relied_on():
    content = HEADER.replace(
        "@relation r",
        "@relation 'r: -C 2-weka.filters.unsupervised.attribute.Reorder-R3,4,1'",
    )
    file = text("w.arff", content + LABELS + "1,low,1,1\n2,mid,0,1\n")
    assert "nothing says which columns are labels" in refused(file)
    table = open_table(file)
    assert table.warnings == [
        "The header's -C 2 is older than the Weka filters named after it (Reorder), "
        "which move columns: not relied on."
    ]
    assert table.proposal().names == ["p", "m"]


def test_mekas_header_counts_from_the_start_or_the_end():
    header = "@relation 'r: -C {}'\n@attribute x {{0,1}}\n@attribute y {{0,1}}\n"
    rows = "@attribute z {0,1}\n@data\n1,0,0\n0,1,0\n"
    assert read(text("m.arff", header.format(1) + rows)).label_names == ("x",)
    assert read(text("m.arff", header.format(-2) + rows)).label_names == ("y", "z")
    split = header.format("-1 -split-number 1") + rows
    assert read(text("m.arff", split)).split.tolist() == [True, False]


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
    message = refused(text("d.json", '{"a": [1, 2], "b": [3, 4]}\n'))
    assert message.startswith("Can't read 'd.json'. Formats: .arff, .csv, ")
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


def test_a_label_name_that_two_columns_have_is_refused():
    content = "@relation r\n@attribute x numeric\n@attribute x {0,1}\n@data\n0,1\n1,0\n"
    message = "label 'x' fits more than one column. Give the columns different names."
    assert refused(text("x.arff", content), xml=xml('"x"')) == f"x: {message}"
    assert refused(text("x.arff", content), labels=["x"]) == f"x: {message}"
    assert read(text("x.arff", content), label_count=1).label_names == ("x (2)",)


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


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name.replace("__", "/").replace("_", "."), content)
    return out.getvalue()


def test_a_zip_of_data_and_xml():
    content = HEADER + LABELS + "1,low,1,1\n2,mid,0,1\n"
    packed = zipped(d__s_arff=content, d__s_xml=xml('"m"')[1], README_txt="words")
    dataset = read(("s.zip", packed))
    assert dataset.label_names == ("m",)
    whole = zipped(s_arff=content, **{"s-train_arff": content, "s-test_arff": content})
    dataset = read(("s.zip", whole), label_count=2)
    assert dataset.n == 2
    assert dataset.warnings == (
        "The archive also holds s-train.arff, s-test.arff: not read.",
    )
    parts = zipped(**{"s-train_arff": content, "s-test_arff": content})
    assert (
        read(("s.zip", parts), label_count=2).split.tolist() == [True] * 2 + [False] * 2
    )
    several = zipped(a_arff=content, b_arff=content)
    assert refused(("s.zip", several)) == (
        "s.zip: holds several data files: a.arff, b.arff. Say which one "
        "(member='...'), or unpack it and choose."
    )
    assert read(("s.zip", several), member="b.arff", label_count=2).name == "b"


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
