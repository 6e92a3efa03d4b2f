"""Parquet and Excel files as others make them, and as ours come back."""

import io
import json
import time
import tracemalloc
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from reading import refused
from refused_soon import refused as soon_refused

from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError
from aemlo.formats import Limits, open_table, read, to_bytes

CSV = b"a,L\n" + b"1,0\n2,1\n" * 20
MEGABYTE = 1_000_000
DAMAGED = "the program's own notes in the file are damaged"


def parquet_file(table, notes=None, **how):
    out = io.BytesIO()
    if notes is not None:
        said = notes if isinstance(notes, str) else json.dumps(notes)
        table = table.replace_schema_metadata({b"aemlo": said.encode()})
    parquet.write_table(table, out, **how)
    return "d.parquet", out.getvalue()


def workbook(rows, odd=()):
    """A workbook of `rows`; `odd` are (old, new) bytes in its sheet's XML."""
    book, out = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("data")
    for row in rows:
        sheet.append(row)
    book.save(out)
    return "d.xlsx", repacked(out.getvalue(), "xl/worksheets/sheet1.xml", odd)


def repacked(data, name, odd):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for info in old.infolist():
            content = old.read(info)
            for before, after in odd if info.filename == name else ():
                assert before in content
                content = content.replace(before, after, 1)
            new.writestr(info.filename, content)
    return out.getvalue()


# Parquet --------------------------------------------------------------------------


@pytest.mark.parametrize("nested", [False, True])
def test_one_long_text_for_many_rows(nested):
    word = "x" * MEGABYTE
    kind = pa.string()
    schema = pa.schema([("s", pa.list_(kind) if nested else kind), ("L", pa.int8())])
    out = io.BytesIO()
    with parquet.ParquetWriter(out, schema, dictionary_pagesize_limit=10**8) as writer:
        for _ in range(8):
            values = pa.array([word] * 100)
            if nested:
                values = pa.ListArray.from_arrays(np.arange(101), values)
            writer.write_table(
                pa.table([values, np.zeros(100, np.int8)], schema=schema)
            )
    limits = Limits(unpacked_mb=100)
    before = pa.default_memory_pool().max_memory()
    message = soon_refused(("d.parquet", out.getvalue()), limits=limits, labels=["L"])
    assert message.startswith("d.parquet: ")
    assert " MB, more than the limit of 100 MB. Use a smaller file, or set " in message
    assert pa.default_memory_pool().max_memory() < before + 200 * MEGABYTE


def test_wide_bytes_of_a_fixed_size():
    values = pa.array([b"x" * MEGABYTE] * 20, pa.binary(MEGABYTE))
    table = pa.table({"s": values, "L": [0, 1] * 10})
    limits = Limits(unpacked_mb=10)
    assert "20 MB, more than the limit of 10 MB" in soon_refused(
        parquet_file(table), limits=limits, labels=["L"]
    )


def test_texts_of_all_types_read_as_before():
    words = ["b", None, "a", "b"]
    columns = {
        "plain": pa.array(words),
        "large": pa.array(words, pa.large_string()),
        "bytes": pa.array([w and w.encode() for w in words]),
        "coded": pa.array(words).dictionary_encode(),
        "lists": pa.array([["b", "a"], None, [], ["b", "a"]]),
        "records": pa.array([{"k": "b"}] * 4),
        "number": pa.array([1, None, 2, 3]),
    }
    for groups in (1, 4):
        table = open_table(parquet_file(pa.table(columns), row_group_size=groups))
        assert table.column_names == list(columns)
        for j in range(3):
            assert table.columns[j].values == ("a", "b")
            assert table.words(j).tolist() == words
        assert table.words(3).tolist() == words
        assert table.columns[4].values == ('["b", "a"]', "[]")
        assert table.columns[5].values == ("{'k': 'b'}",)
        assert table.column(6)[[0, 2, 3]].tolist() == [1, 2, 3]


TABLE = pa.table({"a": [1.0, 2.0], "t": ["x", "y"], "l": [0, 1]})
SAID = {"labels": ["l"], "kinds": {"a": "numeric", "t": "text"}, "name": "n"}


CHANGES = [{"name": ["n"]}, {"labels": [["l"]]}, {"labels": "l"}, {"split": 5}]
CHANGES += [{"kinds": kinds} for kinds in (["text"], {"a": ["text"]}, {"a": "wild"})]
CHANGES += [{"split": s} for s in ([[1, "2"]], [[1, -2], [1, 4]], [["x", 2]])]


@pytest.mark.parametrize("notes", ["[" * 100_000, "5", *(SAID | c for c in CHANGES)])
def test_spoilt_notes_of_a_parquet_file(notes):
    assert DAMAGED in soon_refused(parquet_file(TABLE, notes))


def test_notes_on_columns_and_rows_that_are_gone_do_not_count():
    assert read(parquet_file(TABLE, SAID | {"split": [[1, 9]]})).split is None
    table = open_table(parquet_file(TABLE.drop_columns("l"), SAID))
    assert not table.location.certain
    lists = pa.table({"t": [["x"], ["y", "z"]], "l": [0, 1]})
    assert read(parquet_file(lists, SAID)).features[0].kind == "nominal"


# Excel ----------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["1e999", "9" * 400])
@pytest.mark.parametrize("beside", [5, "word"])
def test_a_number_too_large_is_named_by_its_column(number, beside):
    file = workbook(
        [["a", "L"], [beside, 1], [77, 0]], [(b">77<", f">{number}<".encode())]
    )
    message = refused(file, labels=["L"])
    assert message.startswith("d.xlsx: column 'a' has infinite numbers")


def one_column(words, nominal=True, name="k", label="L"):
    if nominal:
        different = tuple(sorted(set(words)))
        X = np.array([[float(different.index(word))] for word in words])
        features, text = (Feature(name, "nominal", different),), None
    else:
        X, features = np.zeros((len(words), 1)), (Feature("f"),)
        text = pd.DataFrame({name: words}, dtype=object)
    Y = np.arange(len(words))[:, None] % 2
    return Dataset("w", X, Y, features, (label,), text=text)


UNFIT = [
    (one_column(["bell\x07", "b"]), r"column 'k' holds 'bell\x07', with a control"),
    (one_column(["\ud800 is", "b"], False), "column 'k' holds '\\ud800 is', with"),
    (one_column(["a", "b"], name="k\x01"), r"column 'k\x01' holds 'k\x01', with"),
    (one_column(["a", "b"], label="\x01"), r"column '\x01' holds '\x01', with a"),
    (one_column(["x" * 32_768, "b"], False), "32,768 characters long, and a cell"),
    (one_column(["😀" * 16_384, "b"], False), "16,384 characters long, and a"),
    (one_column(["?", "b"]), "holds '?', which would be read as an empty cell."),
    (one_column(["", "b"]), "holds '', which would be read as an empty cell."),
    (one_column(["?", "b"], False), "holds '?', which would be read as an empty"),
]


@pytest.mark.parametrize("dataset, says", UNFIT)
def test_a_workbook_refuses_what_it_would_change(dataset, says):
    with pytest.raises(DataError) as error:
        to_bytes(dataset, "Excel")
    assert says in str(error.value)
    assert str(error.value).endswith("Change it, or write Parquet or ARFF.")


LIKE_MISSING = [
    "None",
    "NA",
    "nan",
    "NaN",
    "null",
    "N/A",
    "#N/A",
    "<NA>",
    "-",
    "_x0007_",
]


@pytest.mark.parametrize("title", ["Excel", "Parquet"])
@pytest.mark.parametrize("nominal", [True, False])
def test_words_that_mean_missing_elsewhere_come_back(title, nominal):
    words = LIKE_MISSING + ["", "?", " ? "] * (title == "Parquet")
    longest = 32_767 if title == "Excel" else 40_000
    if not nominal:
        words = [f"{'two words ' * 9} {k}" for k in range(9)] + words + ["x" * longest]
    dataset = one_column(words, nominal)
    suffix, data = next(iter(to_bytes(dataset, title).items()))
    again = read((f"w{suffix}", data), labels=["L"])
    if nominal:
        assert again.features == dataset.features
        assert np.array_equal(again.X, dataset.X)
    else:
        assert again.text["k"].tolist() == words


def test_texts_of_parquet_stay_texts():
    for words in (["1", "2", "3"], ["2020-01-01"] * 3, ["a", "a", "b"], [None] * 3):
        dataset = one_column(words, nominal=False)
        again = read(("w.parquet", to_bytes(dataset, "Parquet")[".parquet"]))
        assert again.text["k"].tolist() == words


def far_cells(rows, letters):
    """A sheet whose row k has one cell, in the column that letters(k) says."""
    row = '<row r="{0}"><c r="{1}{0}"><v>{0}</v></c></row>'
    cells = "".join(row.format(k, letters(k)) for k in range(1, rows + 1))
    first = b'<row r="1"><c r="A1" t="n"><v>7</v></c></row>'
    return workbook([[7]], [(first, cells.encode())])


def test_rows_with_one_cell_far_to_the_right_are_small():
    start = time.process_time()
    tracemalloc.start()
    table = open_table(far_cells(5_000, lambda k: "XFD"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.process_time() - start < 5 and peak < 100 * MEGABYTE
    assert table.column_names == ["1"] and table.column(0).sum() == 12_502_499


def test_cells_strewn_over_a_sheet_are_refused():
    letter = openpyxl.utils.get_column_letter
    message = soon_refused(far_cells(3_000, letter), labels=["1"])
    assert message == (
        "d.xlsx: 8,997,000 of 9,000,000 cells are empty, more than 200 to each that is "
        "not. Remove what lies far from the table, or set AEMLO_LIMIT_EXPANSION higher."
    )


def test_gaps_in_a_sheet_stay_gaps():
    wide = [None] * 30 + [1]
    rows = [["a", "b", *[None] * 28, "L"], [1, "x", *wide[2:]], wide, [None], [2]]
    table = open_table(workbook(rows))
    assert table.column_names == ["a", "b", "L"]
    assert np.array_equal(
        table.X,
        [[1, 0, 1], [np.nan, np.nan, 1], [np.nan] * 3, [2, np.nan, np.nan]],
        True,
    )


DOCTYPE = b'<!DOCTYPE x [<!ENTITY a "lol">]>'


@pytest.mark.parametrize(
    "before", [b"", b"<!-- " + b"x" * 9_000 + b" -->", b" " * 9_000]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_anywhere_before_the_first_element(before, encoding):
    name, data = workbook([["a", "L"], [1, 1], [2, 0]])
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml")
    odd = (before + DOCTYPE + sheet[sheet.index(b"<worksheet") :]).decode()
    said = f'<?xml version="1.0" encoding="{encoding}"?>'
    odd = (said + odd).encode(encoding)
    data = repacked(data, "xl/worksheets/sheet1.xml", [(sheet, odd)])
    assert refused((name, data), labels=["L"]) == (
        "d.xlsx: 'xl/worksheets/sheet1.xml' declares XML entities, which such files do "
        "not need: refused."
    )


def test_a_megabyte_before_the_first_element():
    name, data = workbook([["a", "L"], [1, 1], [2, 0]])
    odd = [(b"<worksheet", b" " * 9_000_000 + DOCTYPE + b"<worksheet")]
    data = repacked(data, "xl/worksheets/sheet1.xml", odd)
    assert "has no element in its first 1,000,000 bytes" in soon_refused((name, data))


# Encodings ------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["punycode", "idna", "undefined"])
def test_an_encoding_that_is_none_of_files(encoding):
    assert refused(("e.csv", CSV), encoding=encoding) == (
        f"e.csv: '{encoding}' is no encoding of text files. Leave it out, or say one "
        "such as 'utf-8', 'cp1252' or 'utf-16'."
    )


@pytest.mark.parametrize("encoding", ["no-such", "a\0b", "rot13", "base64"])
def test_an_encoding_that_does_not_exist(encoding):
    message = refused(("e.csv", CSV), encoding=encoding)
    assert message == f"e.csv: there is no encoding {encoding!r}."


def test_a_nul_byte_under_a_given_encoding():
    data = "a,L\n1,1\n2,0\n".encode("utf-16-le")
    assert refused(("e.csv", data), encoding="utf-8") == (
        "e.csv: not a text file (a NUL byte at position 1). If it is text, utf-8 is "
        "not its encoding."
    )
    assert read(("e.csv", data), encoding="utf-16-le", labels=["L"]).n == 2
