"""CSV and frames at their edges: what was once read wrong and said nothing."""

import io
import time
import zipfile
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from reading import refused, text

from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError
from aemlo.formats import open_table, read, to_bytes
from aemlo.tables.columns import is_number
from aemlo.tables.frames import table_of
from aemlo.tables.limits import Limits


def table(content, **how):
    return open_table(text("t.csv", content), **how)


def said(content, **how):
    return " ".join(table(content, **how).warnings)


# Decimal commas -------------------------------------------------------------------

LISTS = [
    'f,labels\n1,"12,34"\n2,"12"\n3,"34,56"\n',
    'f,labels\n1.5,"12,34"\n2.5,12\n3,"34,56"\n',
    'f,labels\n1,"12,34"\n2,12\n3,"34,56,78"\n',
    '"f","labels"\n"1.5","12,34"\n"2.5","12"\n"3","34,56"\n',
]


@pytest.mark.parametrize("content", LISTS)
def test_lists_of_ids_are_no_decimal_commas(content):
    dataset = read(text("t.csv", content), label_list="labels")
    assert {"12", "34", "56"} <= set(dataset.label_names)
    assert dataset.features == (Feature("f"),)


def test_what_could_be_numbers_with_a_comma_is_said():
    assert said(LISTS[1]) == (
        "Column 'labels' has cells such as '12,34', which were read as words, not as "
        "numbers with a decimal comma. If they are numbers, choose the decimal comma "
        "(decimal=',')."
    )


def test_thousands_are_no_decimals():
    found = table('a,L\n"1,500",1\n"22,750",0\n"3,125",1\n')
    assert found.columns[0].kind == "nominal"
    assert "'1,500'" in found.warnings[0]


def test_an_assumed_decimal_comma_is_said():
    found = table('a,L\n"1,5",1\n3,0\n"2,25",1\n')
    assert found.X[:, 0].tolist() == [1.5, 3, 2.25]
    assert found.warnings == [
        "Numbers such as '1,5' in column 'a' were taken to have a decimal comma. If "
        "they are lists, choose the decimal point (decimal='.')."
    ]
    assert table('a,L\n"1,5",1\n"2,25",1\n', decimal=".").columns[0].kind == "nominal"
    assert table('a,L\n"1,5",1\n"2,25",1\n', decimal=",").warnings == []


@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_decimal_comma_needs_no_comma_as_delimiter(mark):
    found = table("a;b;L\n1,5;x;1\n2,25;y;0\n".replace(";", mark))
    assert found.X[:, 0].tolist() == [1.5, 2.25]
    assert found.warnings == []


@pytest.mark.parametrize("mark", [";", "\t"])
def test_points_elsewhere_are_believed(mark):
    content = "a;ids;L\n1.5;12,34;1\n2;12;0\n3;34,56;1\n4;5,6;1\n".replace(";", mark)
    found = table(content)
    assert [c.kind for c in found.columns] == ["numeric", "nominal", "numeric"]
    assert "Column 'ids' has cells such as '12,34'" in found.warnings[0]
    longer = "a;ids;L\n1;12,34;1\n2;12;0\n3;34,56,78;1\n".replace(";", mark)
    assert table(longer).columns[1].kind == "nominal"


# Quotes ---------------------------------------------------------------------------

SWALLOWED = (
    "Line 2: a quoted cell goes on for 2 lines and may have "
    "swallowed rows. If a quote was left open there, close it or take it away."
)


@pytest.mark.parametrize(
    "content",
    [
        'f,t,l1,l2\n1,"abc,0,1\n2,"def,1,0\n3,ghi,0,0',
        'f,t,l1,l2\n1,"abc,0,1\n2,5",1,0\n3,ghi,0,0\n',
        'f,t,l1,l2\n1,"abc\n2,def,0,1",1,0\n3,ghi,0,0\n',
    ],
)
def test_swallowed_rows_are_said(content):
    assert table(content).warnings == [SWALLOWED]


def test_one_column_of_texts_has_no_rows_to_swallow():
    found = table('"a text,\nsaid she"\n"another,\none"\n', header=False)
    assert found.n == 2
    assert not any("swallowed" in warning for warning in found.warnings)


def test_a_quote_left_open_is_refused():
    assert refused(text("t.csv", 'f,t,L\n1,a,1\n2,"b,0\n3,c,1\n')) == (
        "t.csv, line 3: a quote is opened and never closed. Close it, or take it away."
    )
    assert "line 1: a quote" in refused(text("t.csv", '"f,t,L\n1,a,1\n'))


@pytest.mark.parametrize(
    "cell",
    [
        '"one\ntwo"',
        '"he said ""no, never""\nand left, quietly"',
        '"a, b, c\nd, e"',
        '"\n\n"',
        'a "quoted" word',
        '5" pipe',
        '""',
    ],
)
def test_honest_quotes_are_read_without_a_word(cell):
    found = table(f"f,t,l1,l2\n1,{cell},0,1\n2,x,1,0\n3,y,0,0\n")
    assert found.n == 3
    assert found.warnings == []


def test_long_texts_over_lines_are_read_and_their_first_is_named():
    cell = '"dear all,\n1,2,3,4\nbye"'
    found = table(f"f,t,l1,l2\n1,{cell},0,1\n2,{cell},1,0\n")
    assert found.n == 2
    assert len(found.warnings) == 1
    assert "Line 2:" in found.warnings[0]
    assert "1 more" in found.warnings[0]


# Time -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n" + "1" * 50_000 + "x,2\n3,4\n",
        "a;b\n" + "1" * 50_000 + ",x;2\n3;4\n",
        "a,b\n" + " " * 50_000 + "x,2\n3,4\n",
        "a,b\n1" + " " * 50_000 + "x,2\n3,4\n",
        'a,b\n"' + '""' * 50_000 + '",2\n3,4\n',
        'a,b\n1,5\n"' + 'x" "' * 50_000 + '",2\n3,4\n',
        "a,b\n" + "'" * 50_000 + "x,2\n3,4\n",
        "a b\n" + "1" * 50_000 + "x 2\n3 4\n",
        "a,b\n" + "1." + "1" * 50_000 + "e,2\n3,4\n",
        '"' * 50_001 + "\na,b\n1,2\n",
    ],
)
def test_no_cell_takes_long(content):
    start = time.process_time()
    try:
        open_table(text("t.csv", content), format="CSV")
    except DataError as error:
        assert str(error)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("cell", ["1", " -1.5 ", ".5", "5.", "1e5", "+1.E-3"])
def test_numbers(cell):
    assert is_number(cell, ".")


@pytest.mark.parametrize("cell", ["", ".", "1x", "e5", "1 2", "--1", "1,5", "nan"])
def test_no_numbers(cell):
    assert not is_number(cell, ".")
    assert is_number("1,5", ",")


# Written and read back ------------------------------------------------------------

GAPS = ("NA", "None", "nan", "null", "?", "-", "N/A", "#N/A", "'NA", "(empty)", "")


def again(dataset, form="CSV"):
    ((suffix, data),) = to_bytes(dataset, form).items()
    return read((f"t{suffix}", data), labels=dataset.label_names)


def words_of(dataset):
    known = dataset.features[0].categories
    return [None if v != v else known[int(v)] for v in dataset.X[:, 0]]


@pytest.mark.parametrize("form", ["CSV", "TSV"])
def test_words_that_mean_missing_come_back(form):
    values = (*GAPS, "'(empty)", "''NA", "'", "''", "word")
    X = np.append(np.arange(len(values)), np.nan)[:, None]
    Y = (np.arange(len(X)) % 2)[:, None]
    dataset = Dataset("t", X, Y, (Feature("k", "nominal", values),), ("L",))
    assert words_of(again(dataset, form)) == [*values, None]
    story = [f"a text of some words {k}" for k in range(20)]
    story[:4] = ["None", None, "NA", "?"]
    Y = (np.arange(20) % 2)[:, None]
    frame = pd.DataFrame({"story": story}, dtype=object)
    dataset = Dataset("t", np.empty((20, 0)), Y, (), ("L",), text=frame)
    assert again(dataset, form).text["story"].tolist() == story


def test_gaps_of_others_stay_gaps():
    found = table('a,k,L\n1,"NA",1\nNA,x,0\n"",None,1\n2,\'x,0\n3,\',0\n')
    assert np.isnan(found.X[[1, 2], 0]).all()
    assert found.words(1).tolist() == [None, "x", None, "'x", "'"]


def test_a_carriage_return_makes_no_row():
    values = ("one\rtwo", "three")
    dataset = Dataset(
        "t",
        np.array([[0.0], [1]]),
        np.array([[1], [0]]),
        (Feature("a\rb", "nominal", values),),
        ("L\rM",),
    )
    data = to_bytes(dataset)[".csv"]
    found = open_table(("t.csv", data))
    assert found.column_names == ["a\nb", "L\nM"]
    assert found.words(0).tolist() == ["one\ntwo", "three"]
    assert found.warnings == []


@pytest.mark.parametrize("form", ["CSV", "TSV", "Excel", "Parquet"])
def test_names_with_outer_spaces(form):
    features = (Feature(" a_1"), Feature("b"))
    dataset = Dataset("t", np.eye(2) / 2, np.eye(2), features, ("L ", " M"))
    found = again(dataset, form)
    assert np.array_equal(found.X, dataset.X)
    assert np.array_equal(found.Y, dataset.Y)
    if form != "Excel":
        assert found.feature_names == dataset.feature_names
        assert found.label_names == dataset.label_names
    if form == "Parquet":
        told = read(("t.parquet", to_bytes(dataset, form)[".parquet"]))
        assert told.label_names == dataset.label_names


def test_names_of_others_lose_outer_spaces():
    assert table("a , b,L \n1,2,1\n").column_names == ["a", "b", "L"]
    assert table('"a "," b","L"\n1,2,1\n').column_names == ["a", "b", "L"]


# The first line -------------------------------------------------------------------


def test_words_over_the_same_words_are_no_header():
    rows = ["red,round,yes", "blue,long,no", "red,long,yes", "blue,round,no"]
    found = table("\n".join([*rows, rows[0], ""]))
    assert found.n == 5
    assert found.column_names == ["column 1", "column 2", "column 3"]
    assert table("\n".join([*rows, rows[0], ""]), header=True).n == 4


def test_a_header_of_words_that_may_be_a_row_is_said():
    content = "red,oval,yes\nblue,long,no\nred,long,yes\nblue,round,no\n"
    found = table(content)
    assert found.column_names == ["red", "oval", "yes"]
    assert found.warnings == [
        "The first line was taken for a header, but 'red' is a value of its column "
        "too. If the line is a row, say that there is no header (header=False)."
    ]
    assert table(content, header=True).warnings == []
    assert table("kind,form,L\nblue,long,no\nred,long,yes\n").warnings == []


@pytest.mark.parametrize("mark", [";", ",", "|", "\t"])
def test_excels_first_line_names_the_delimiter(mark):
    for content in ("sep=;\na;b;L\n1;2;1\n3;4;0\n", '"sep=;"\r\na;b;L\n1;2;1\n3;4;0\n'):
        found = table(content.replace(";", mark))
        assert found.column_names == ["a", "b", "L"]
        assert found.X.tolist() == [[1, 2, 1], [3, 4, 0]]
    short = "sep=;\na;b\n1;2\n3\n".replace(";", mark)
    assert refused(text("t.csv", short)).startswith("t.csv, line 4: 1 cells")


def test_comments_are_named():
    assert refused(text("t.csv", "# made, by me\n# today\na,b,L\n1,2,1\n")) == (
        "t.csv, line 1: starts with '#' and is no header ('# made, by me'). Take "
        "comments out of the file."
    )
    assert table("# a,b,L\n1,2,1\n").column_names == ["# a", "b", "L"]


# Frames ---------------------------------------------------------------------------


def framed(frame):
    return table_of(frame, "t.parquet", "t", "Parquet", Limits())


def test_decimals_are_numbers():
    values = [Decimal("1.25"), None, Decimal("-3"), Decimal("NaN")]
    out = io.BytesIO()
    pd.DataFrame({"a": values, "L": [0, 1, 0, 1]}).iloc[:3].to_parquet(out)
    dataset = read(("t.parquet", out.getvalue()), labels=["L"])
    assert dataset.features == (Feature("a"),)
    assert np.array_equal(
        dataset.X[:, 0], [1.25, np.nan, -3], equal_nan=True
    ) and np.isnan(framed(pd.DataFrame({"a": values})).X[3, 0])


@pytest.mark.parametrize("value", [10**400, float("inf"), Decimal("1e999")])
def test_too_large_numbers_name_the_column(value):
    with pytest.raises(DataError) as error:
        framed(pd.DataFrame({"b": [1, 2], "a": [value, 1]}, dtype=object))
    assert str(error.value) == (
        "t.parquet: column 'a' has infinite or too large numbers. Leave the cells "
        "empty instead."
    )
    mixed = framed(pd.DataFrame({"a": [value, "word"]}, dtype=object))
    assert mixed.columns[0].kind == "nominal"


@pytest.mark.parametrize("digits", ["1e999", "9" * 400, "9" * 5_000])
def test_too_large_numbers_of_a_workbook(digits):
    import openpyxl

    book, out, changed = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    for row in (["a", "b", "L"], [1, 2, 1], [54321, 3, 0]):
        book.active.append(row)
    book.save(out)
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name).replace(b">54321<", f">{digits}<".encode())
            new.writestr(name, content)
    with pytest.raises(DataError, match=r"t\.xlsx: ") as error:
        open_table(("t.xlsx", changed.getvalue()))
    if len(digits) < 5_000:
        assert "column 'a' has infinite" in str(error.value)


@pytest.mark.parametrize("name", [None, float("nan"), "", " "])
def test_a_column_without_a_name_gets_its_place(name):
    frame = pd.DataFrame([[1, 2], [3, 4]]).set_axis(["a", name], axis=1)
    assert framed(frame).column_names == ["a", "column 2"]


def test_a_workbook_column_without_a_name_gets_its_place():
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["a", None, "L"], [1, 2, 1], [4, 3, 0]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    found = open_table(("t.xlsx", out.getvalue()))
    assert found.column_names == ["a", "column 2", "L"]
    assert table("a,,L\n1,2,1\n").column_names == ["a", "column 2", "L"]
