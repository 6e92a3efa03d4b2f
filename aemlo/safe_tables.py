"""Tables as files to hand out, with no name in them that runs where it is opened. Ours.

The one writer of tables. A name of a label, a sampler or a data set comes from a file
that anyone may have written; `=HYPERLINK(...)` in a cell of CSV is a formula to a
spreadsheet, `\\input` a command to LaTeX, `<script>` a program to a browser.

In CSV, Markdown and HTML (which spreadsheets open too, or get pasted) an apostrophe
goes in front of a formula. `plain` takes it away again; our readers of data sets do so.
"""

import html
import io
import re
from numbers import Number
from pathlib import Path

import pandas as pd

# What spreadsheets take for the start of a formula: four signs, in full width too where
# the language is Japanese or Chinese (OWASP, CSV Injection), after blanks and signs
# that cannot be seen.
_SIGN = r"[=+\-@＝＋－＠]"
_SIGNS = frozenset("=+-@＝＋－＠\t\r\n")
_UNSEEN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xad\u200b-\u200f\u2060-\u2064\ufeff]"
_FORMULA = rf"(?:[^\S\t\r\n]|{_UNSEEN})*+{_SIGN}"
# A semicolon, a tab or a line end in a cell begins another cell where a spreadsheet
# parts lines by them, which depends on its country and its settings, quoted or not.
_PLACES = rf"(?:\A{{0}}(?=[\t\r\n])|(?:\A|[;\t\r\n]){{0}}(?={_FORMULA}))"
_BARE = re.compile(_PLACES.format("'*+"))
_NEUTRALISED = re.compile(_PLACES.format("'++"))
_NUMBER = re.compile(r"[+-](?:\d[\d,]*+(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?(?: ?%)?")

_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\^{}"}
_LATEX |= {character: f"\\{character}" for character in "&%$#_{}"}
_LATEX |= {"<": r"\textless{}", ">": r"\textgreater{}"}
# After the end of a row these would say how far off the next is, or forbid a new page.
_LATEX |= {"[": "{[}", "*": "{*}"}
_MARKDOWN = {character: f"\\{character}" for character in "\\|`*_[]~$"}
_MARKDOWN |= {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def neutral(word: str) -> str:
    """A text that no spreadsheet takes for a formula; `plain` undoes it."""
    if _SIGNS.isdisjoint(word):  # most words; the search below takes far longer
        return word
    return _BARE.sub(lambda place: place[0] + "'", word)


def plain(word: str) -> str:
    """A text without the apostrophes that `neutral` put in."""
    if "'" not in word:
        return word
    return _NEUTRALISED.sub(lambda place: place[0][:-1], word)


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """`frame` as UTF-8 CSV without its index; texts and names are `neutral`.

    Numbers stay as they are, the negative ones too. A carriage return becomes a line
    feed, since the former alone is not quoted and would end the row.
    """
    out = io.StringIO()
    _written(frame, _csv_text).to_csv(out, index=False)
    return out.getvalue().encode("utf-8")


def save_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write `frame` as `csv_bytes` does; packed where the path ends so (`.gz`)."""
    _written(frame, _csv_text).to_csv(path, index=False)


def to_markdown(frame: pd.DataFrame) -> str:
    """A frame of text as a Markdown table, without its index."""

    def line(cells):
        return "| " + " | ".join(cells) + " |"

    rows = [line(map(markdown_text, frame.columns)), line("---" for _ in frame.columns)]
    rows += [line(map(markdown_text, row)) for row in frame.itertuples(index=False)]
    return "\n".join(rows) + "\n"


def markdown_text(value: object) -> str:
    """A value as Markdown that shows it on one line, and nothing else."""
    return _escaped(_unless_number(" ".join(str(value).splitlines())), _MARKDOWN)


def to_latex(
    frame: pd.DataFrame, caption: str, *, texts: int = 2, booktabs: bool = False
) -> str:
    """A frame of text as a LaTeX table, without its index.

    The first `texts` columns are set to the left, the others to the right. Needs no
    package, or `booktabs` for its rules.
    """
    top, middle, bottom = ("hline",) * 3
    if booktabs:
        top, middle, bottom = "toprule", "midrule", "bottomrule"
    columns = "l" * texts + "r" * (frame.shape[1] - texts)
    rows = [" & ".join(map(latex_text, row)) for row in frame.itertuples(index=False)]
    lines = ["\\begin{table}", *([] if booktabs else ["\\centering"])]
    lines += [f"\\caption{{{latex_text(caption)}}}", f"\\begin{{tabular}}{{{columns}}}"]
    lines += [f"\\{top}", " & ".join(map(latex_text, frame.columns)) + r" \\"]
    lines += [f"\\{middle}", *(row + r" \\" for row in rows), f"\\{bottom}"]
    return "\n".join([*lines, "\\end{tabular}", "\\end{table}"]) + "\n"


def latex_text(value: object) -> str:
    """A value as LaTeX that prints it on one line, and does nothing else."""
    return _escaped(re.sub(r"[\s\x00-\x1f\x7f]+", " ", str(value)), _LATEX)


def to_html(frame: pd.DataFrame) -> str:
    """`frame` as an HTML table without its index; pandas escapes what it holds."""
    return _written(frame, _unless_number).to_html(index=False, border=0)


def html_text(value: object) -> str:
    """A value as the text of a cell of an HTML table."""
    return html.escape(_unless_number(str(value)))


def _unless_number(text):
    """`neutral`, but for numbers written out with their sign."""
    return text if _NUMBER.fullmatch(text) else neutral(text)


def _csv_text(text):
    return neutral(text.replace("\r\n", "\n").replace("\r", "\n"))


def _escaped(text, table):
    return "".join(table.get(character, character) for character in text)


def _written(frame, text_of):
    """`frame` with `text_of` applied to its names and to all cells but numbers."""
    safe = pd.DataFrame(frame).copy()
    safe.columns = [text_of(str(name)) for name in safe.columns]
    for place, kind in enumerate(safe.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            cells = safe.iloc[:, place].astype(object)
            safe.isetitem(place, cells.map(_cell_writer(text_of)))
    return safe


def _cell_writer(text_of):
    known = {}  # a column of names holds few different ones

    def written(value):
        if isinstance(value, str):
            if value not in known:
                known[value] = text_of(value)
            return known[value]
        if value is None or isinstance(value, Number):
            return value
        text = str(value)  # a list, a date: what the file would hold
        safe = text_of(text)
        return value if safe == text else safe

    return written
