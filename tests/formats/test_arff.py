"""ARFF as people have it, with XML and MEKA's headers: read right, or refused."""

import numpy as np
import pytest
from reading import refused, text, zipped

from aemlo.formats import open_files, open_table, read

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


def test_what_minus_one_means_beside_0_and_1_is_asked():
    content = "@relation r\n@attribute a numeric\n@attribute L numeric\n@data\n"
    rows = "0,-1\n1,0\n2,1"
    assert refused(text("l.arff", content + rows), labels=["L"]) == (
        "l: label 'L' has 1, 0 and -1 (in 1 row). Say what -1 means: minus_one='yes', "
        "'no', or 'left out' for these rows (--minus-one)."
    )
    given = text("l.arff", content + rows)
    dataset = open_files([given]).to_dataset(labels=["L"], minus_one="no")
    assert dataset.Y[:, 0].tolist() == [0, 0, 1]


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


def test_a_label_name_that_two_columns_have_is_refused():
    content = "@relation r\n@attribute x numeric\n@attribute x {0,1}\n@data\n0,1\n1,0\n"
    message = "label 'x' fits more than one column. Give the columns different names."
    assert refused(text("x.arff", content), xml=xml('"x"')) == f"x: {message}"
    assert refused(text("x.arff", content), labels=["x"]) == f"x: {message}"
    assert read(text("x.arff", content), label_count=1).label_names == ("x (2)",)


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
