"""Reading tells how far it is, and large text files are read in blocks."""

import io

import numpy as np
import openpyxl
import pytest

from aemlo.errors import Stopped
from aemlo.formats import open_files, open_table
from aemlo.formats.kinds import delimited

HEAD = "@relation r\n@attribute a {}\n@attribute l {{0,1}}\n@data\n"
LARGE = {
    "dense.arff": (HEAD.format("numeric"), "1.25,1\n"),
    "quoted.arff": (HEAD.format("string"), "'it is',1\n"),
    "sparse.arff": (HEAD.format("numeric"), "{0 1.25,1 1}\n"),
    "rows.csv": ("a,l\n", "1.25,1\n"),
    "rows.libsvm": ("", "0,1 1:0.25\n"),
}


@pytest.mark.parametrize("name", LARGE)
def test_progress_rises_with_the_bytes_read(name):
    head, row = LARGE[name]
    slow = name in ("quoted.arff", "rows.libsvm")  # line by line
    size = 500_000 if slow else 9_000_000
    data = (head + row * (size // len(row))).encode()
    told = []
    open_files([(name, data)], on_progress=told.append)
    assert len(told) >= 3
    assert told == sorted(told)
    assert told[0] < 0.5 and 0.9 <= told[-1] <= 1
    assert max(np.diff([0, *told, 1])) < 0.6


@pytest.mark.parametrize("says_its_size", [True, False])
def test_progress_of_a_workbook_and_stopping_it(says_its_size):
    book, out, told = openpyxl.Workbook(write_only=not says_its_size), io.BytesIO(), []
    sheet = book.create_sheet("rows", 0)
    sheet.append(["a", "b", "l"])
    for row in np.random.default_rng(0).random((4_000, 2)).tolist():
        sheet.append([*row, 1])
    book.create_sheet("another").append(["nothing"])
    book.save(out)
    data = out.getvalue()
    open_files([("x.xlsx", data)], on_progress=told.append)
    assert told == sorted(told) and len(told) >= 12
    assert told[0] < 0.2 and 0.7 < told[-1] < 1
    assert max(np.diff(told)) < 0.2

    def stop(fraction):
        raise Stopped

    with pytest.raises(Stopped):
        open_files([("x.xlsx", data)], on_progress=stop)


def test_progress_of_two_files_is_one():
    row = "1.25,1\n"
    train, test = (("a,l\n" + row * n).encode() for n in (900_000, 300_000))
    told = []
    files = [("s-train.csv", train), ("s-test.csv", test)]
    open_files(files, on_progress=told.append)
    assert told == sorted(told) and told[-1] <= 1
    parts = np.array(told)
    assert ((parts > 0.5) & (parts < 0.75)).any()  # the first file is 3/4 of the bytes
    assert (parts > 0.75).any()


def test_what_the_hook_raises_ends_the_reading():
    def stop(fraction):
        raise Stopped

    data = b"a,l\n" + b"1.25,1\n" * 10
    for name, text in (("a.csv", data), ("a.libsvm", b"0 1:2\n")):
        with pytest.raises(Stopped):
            open_files([(name, text)], on_progress=stop)


def test_a_row_longer_than_a_block_is_read(monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK", 64)
    cell = "words " * 40 + "\nand more"
    data = "text,n,l\n" + "".join(f'"{cell} {k}",{k},1\n' for k in range(9))
    table = open_table(("long.csv", data.encode()))
    assert table.texts[0].tolist() == [f"{cell} {k}" for k in range(9)]
    assert table.column(1).tolist() == list(range(9))


def test_a_column_that_turns_into_words_late_is_words(monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK", 64)
    rows = [f"{k},{k}.5,1" for k in range(100)] + ["x,0,1", "x,,0"]
    table = open_table(("late.csv", ("a,b,l\n" + "\n".join(rows)).encode()))
    assert [c.kind for c in table.columns] == ["nominal", "numeric", "numeric"]
    assert table.words(0)[[0, 99, 100]].tolist() == ["0", "99", "x"]
    assert np.isnan(table.column(1)[-1]) and table.column(1)[99] == 99.5
