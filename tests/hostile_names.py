"""Names that try things, and what a program that opens a table would run of them."""

import ast
import csv
import io
import re
from html.parser import HTMLParser

import openpyxl

BLANK = r"[^\S\t\r\n]|[\ufeff\u200b\u2060\x00]"
LIVE = re.compile(rf"(?:{BLANK}|[\t\r\n])*[=+\-@＝＋－＠]")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|[+-]inf", re.I)
FORMULAS = (
    "=1+1",
    "@SUM(1)",
    '=HYPERLINK("http://x.example/?";"y")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    " =1+1",
    "\ufeff=1+1",
    "\u3000@SUM(1)",
    "＝1+1",
    "＠SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "'=1+1",
    "' =1+1",
    "a;=1+1;b",
    "a\t=1+1\tb",
    "a\n=1+1;b",
    "a\r=1+1;b",
    "a\r\n@SUM(1)",
    "a; '@SUM(1);b",
)
MARKUP = (
    r"\input{/etc/passwd}\write18{ls}",
    "[2cm] & 50% $x$ #1 {_} ~ ^",
    "*\n\n\\end{table}",
    "<img src=x onerror=alert(1)><script>alert(1)</script>",
    "[x](javascript:alert(1)) | `b` **c**",
    "'''\"\"\"\nimport os; os.system('ls') #",
)
NAMES = FORMULAS + MARKUP


def live(text):
    """Whether a spreadsheet would compute a cell that holds `text`."""
    return bool(LIVE.match(text)) and not NUMBER.fullmatch(text)


def live_in_csv(data, delimiter=","):
    """Cells of CSV that a spreadsheet computes, however it parts the lines.

    First as the file means it; then as a spreadsheet of a country that parts by
    semicolons, and one that parts by tabs, reads it: quotes inside a cell mean nothing.
    A line that begins with a negative number then stays one cell; it is no formula.
    """
    text = data.decode("utf-8")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    cells = [cell for row in rows for cell in row]
    for mark in ";\t":
        pieces = re.split(rf"[{mark}\r\n]", text)
        cells += [p for p in pieces if not NUMBER.match(p.partition(delimiter)[0])]
    return [cell for cell in cells if live(cell)]


def live_in_workbook(data):
    """Cells of an Excel workbook that are formulas or would become ones when edited."""
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    return [
        cell.value
        for cell in cells
        if cell.data_type == "f" or (isinstance(cell.value, str) and live(cell.value))
    ]


COMMANDS = {
    *("begin", "end", "caption", "centering", "hline", "toprule", "midrule"),
    *("bottomrule", "textbackslash", "textasciitilde", "textless", "textgreater"),
}


def wrong_in_latex(text):
    """What of a LaTeX table is no part of the table: commands, braces, comments."""
    commands = set(re.findall(r"\\([A-Za-z]+)", text)) - COMMANDS
    bare = re.sub(r"\\(?:[A-Za-z]+|[^A-Za-z])", "", text)
    faults = [f"\\{name}" for name in sorted(commands)]
    faults += re.findall(r"[%$#_~^]", bare)
    faults += re.findall(r"\\\\\s*[\[*]", text)  # taken for the length of the gap
    faults += re.findall(r"\n\s*\n(?!\\begin\{table\}|\Z)", text)
    depth = 0
    for brace in re.findall(r"[{}]", bare):
        depth += 1 if brace == "{" else -1
        faults += ["}"] * (depth < 0)
    return faults + ["{"] * (depth > 0)


class Page(HTMLParser):
    """Collects the tags of a page, what tags would run, and the text of table cells."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.handlers, self.cells, self._open = set(), [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.handlers += [name for name, _ in attributes if name.startswith("on")]
        self.handlers += [v for _, v in attributes if "javascript:" in (v or "")]
        if tag in ("td", "th"):
            self._open = True
            self.cells.append("")

    def handle_endtag(self, tag):
        self._open = self._open and tag not in ("td", "th")

    def handle_data(self, data):
        if self._open:
            self.cells[-1] += data

    def faults(self):
        """Tags and handlers that no page of ours has, and cells that are formulas."""
        cells = [c for c in self.cells if live(c) and not NUMBER.fullmatch(c.strip())]
        return sorted(self.tags & {"img", "iframe", "a"}) + self.handlers + cells


def faults_in_markdown(text):
    """Rows whose cells are not as many as the header's; cells that are not text."""
    faults, width = [], None
    for line in text.split("\n"):
        if not line.startswith("| "):
            width = None
            if line and not re.match(r"## ", line):
                faults.append(line)
            continue
        cells = re.split(r"(?<!\\)\|", line)[1:-1]
        width = width or len(cells)
        faults += [line] * (len(cells) != width)
        faults += [c for c in cells if set(c.strip()) != {"-"} and live(c.strip())]
    faults += re.findall(r"<\w+", text) + re.findall(r"(?<!\\)\]\(", text)
    return faults


def names_run_by(tree):
    """Names that a parsed script imports or uses; what strings hold is not of them."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Name):
            found.add(node.id)
    return found
