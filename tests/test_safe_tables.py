"""The one writer of tables: what it writes, and that reading gives it back."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from hostile_names import NAMES, live, live_in_csv
from hypothesis import given
from hypothesis import strategies as st

from aemlo import safe_tables


@pytest.mark.parametrize(
    "word, safe",
    [
        ("=1+1", "'=1+1"),
        ("'=1+1", "''=1+1"),
        (" =1", "' =1"),
        ("\ufeff@x", "'\ufeff@x"),
        ("＝1", "'＝1"),
        ("\tx", "'\tx"),
        ("\nx", "'\nx"),
        ("\t=x", "'\t'=x"),
        ("a;=1;b", "a;'=1;b"),
        ("a\n'@x", "a\n''@x"),
        ("", ""),
        ("a=1, -b; c", "a=1, -b; c"),
        ("it's", "it's"),
        ("'quoted'", "'quoted'"),
    ],
)
def test_an_apostrophe_stands_where_a_formula_would_begin(word, safe):
    assert safe_tables.neutral(word) == safe
    assert safe_tables.plain(safe) == word


@given(st.text(st.sampled_from(list("=+-@＝'; \t\r\n\ufeffab,\"")), max_size=12))
def test_what_is_made_neutral_comes_back(word):
    safe = safe_tables.neutral(word)
    assert safe_tables.plain(safe) == word
    assert not any(live(part) for part in re.split(r"[;\t\r\n]", safe) if part)


def test_csv_keeps_numbers_and_makes_every_text_and_name_neutral():
    frame = pd.DataFrame(
        {
            "=n": [-1.5, np.nan],
            "mixed": pd.Series([-2, "-2"], dtype=object),
            "kind": pd.Categorical(["@a", "b"]),
            "words": pd.Series(["=x", None], dtype="string"),
            "list": [["=x"], ["y;=z"]],
            "whole": [-3, 4],
        }
    )
    assert safe_tables.csv_bytes(frame).decode() == (
        "'=n,mixed,kind,words,list,whole\n"
        "-1.5,-2,'@a,'=x,['=x'],-3\n"
        ",'-2,b,,['y;'=z'],4\n"
    )
    assert frame.columns[0] == "=n" and frame["kind"].iloc[0] == "@a"


def test_csv_of_one_name_twice_and_of_no_rows():
    twice = pd.DataFrame([["=a", 1]], columns=["=x", "=x"])
    assert safe_tables.csv_bytes(twice) == b"'=x,'=x\n'=a,1\n"
    assert safe_tables.csv_bytes(twice.iloc[:0]) == b"'=x,'=x\n"


def test_a_carriage_return_ends_no_row():
    frame = pd.DataFrame({"a": ["x\ry", "x\r\n=y"], "b": [1, 2]})
    assert safe_tables.csv_bytes(frame) == b'a,b\n"x\ny",1\n"x\n\'=y",2\n'


def test_a_saved_table_is_packed_as_its_name_says(tmp_path):
    frame = pd.DataFrame({"name": NAMES, "n": range(len(NAMES))})
    safe_tables.save_csv(frame, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == safe_tables.csv_bytes(frame)
    assert live_in_csv((tmp_path / "t.csv").read_bytes()) == []
    safe_tables.save_csv(frame, tmp_path / "t.csv.gz")
    packed = pd.read_csv(tmp_path / "t.csv.gz", compression="gzip")
    assert packed.equals(pd.read_csv(io.BytesIO(safe_tables.csv_bytes(frame))))


def test_markdown_and_html_by_hand():
    frame = pd.DataFrame({"=n": ["=1+1", "+0.120", "a_b <i>\n|"]})
    assert safe_tables.to_markdown(frame) == (
        "| '=n |\n| --- |\n| '=1+1 |\n| +0.120 |\n| a\\_b &lt;i&gt; \\| |\n"
    )
    cells = re.findall(r"<t[hd]>(.*?)</t[hd]>", safe_tables.to_html(frame), re.S)
    assert cells == ["'=n", "'=1+1", "+0.120", "a_b &lt;i&gt;\\n|"]
    assert safe_tables.html_text("=<b>") == "&#x27;=&lt;b&gt;"


def test_latex_by_hand():
    frame = pd.DataFrame({"n": ["[2cm]", "*"], "v": ["\\input{x}\n\ny", "-0.1"]})
    assert safe_tables.to_latex(frame, "a\n\nb", texts=1, booktabs=True) == (
        "\\begin{table}\n\\caption{a b}\n\\begin{tabular}{lr}\n\\toprule\nn & v \\\\\n"
        "\\midrule\n{[}2cm] & \\textbackslash{}input\\{x\\} y \\\\\n{*} & -0.1 \\\\\n"
        "\\bottomrule\n\\end{tabular}\n\\end{table}\n"
    )
