"""The header of an ARFF file: attributes, and what the relation says of labels."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from aemlo.arrays import Mask
from aemlo.errors import DataError
from aemlo.formats.kinds.arff.words import QUOTED, split_values, unquoted
from aemlo.tables.labels import Location
from aemlo.tables.limits import Limits
from aemlo.tables.source import Source
from aemlo.tables.table import Column, unique_names

DATA = re.compile(rb"^[ \t]*@data\b", re.I | re.M)
NUMBERS = ("numeric", "real", "integer")
NUMERIC, TEXT, DATE = ("numeric", ()), ("text", ()), ("date", ())
ATTRIBUTE = re.compile(rf"@attribute\s+({QUOTED}|[^\s{{]+)\s*(.*)$", re.I | re.S)
DECLARED = re.compile(rf"(\{{(?:{QUOTED}|[^}}'\"])*\}})\s*%", re.S)
MEKA = re.compile(r"-C\s+(-?\d{1,9})(?!\d)")
SPLIT = re.compile(r"-split-(number|percentage)\s+(\d{1,9}(?:\.\d{1,9})?)(?!\d)")
FILTER = re.compile(r"\.attribute\.(\w+)")


@dataclass
class Header:
    """The part of an ARFF file above its rows; `start` is where the rows begin.

    `declared` are the different declarations, (kind, values), and `which` (columns,)
    says which of them a column has.
    """

    relation: str
    columns: list[Column]
    declared: list[tuple]
    which: np.ndarray
    start: int
    line: int
    warnings: list[str]
    repeated: tuple[str, ...] = ()


def read_header(source: Source, limits: Limits) -> Header:
    """The Header of the ARFF text in `source`; DataError names the line at fault."""
    data, name = source.text, source.name
    end = _data_line(data)
    if not end:
        raise DataError(f"{name}: has no @data line: the file is cut off or no ARFF.")
    text = data[: end.start()].decode("utf-8", errors="replace")
    relation, known = "", {}
    names, which, places, text = _plain_attributes(text)
    _check_data_line(name, data, end)
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if not line or line[0] == "%":
            continue
        word = line[:10].lower()
        if word == "@attribute":
            title, declared = _attribute(line, name, number, known)
            names.append(title)
            which.append(places.setdefault(declared, len(places)))
        elif word.startswith("@relation"):
            relation = line[9:].strip()
        else:
            raise DataError(
                f"{name}, line {number:,}: expected @attribute or @data, got "
                f"{line[:40]!r}."
            )
    limits.check(name, "columns", len(names), "sparse_columns")
    if not names:
        raise DataError(f"{name}: has no @attribute line before @data.")
    names, warnings, repeated = unique_names(names)
    declared = list(places)
    columns = _columns(names, which, declared)
    start = data.find(b"\n", end.end()) + 1 or len(data)
    line = data.count(b"\n", 0, start) + 1
    relation = unquoted(relation)
    which = np.array(which)
    return Header(relation, columns, declared, which, start, line, warnings, repeated)


def _check_data_line(name, data, end):
    """DataError where a row stands on the line of @data: it would be lost."""
    rest = data[end.end() : data.find(b"\n", end.end()) + 1 or len(data)].strip()
    if rest and not rest.startswith(b"%"):
        line = data.count(b"\n", 0, end.end()) + 1
        shown = rest[:40].decode("utf-8", errors="replace")
        raise DataError(
            f"{name}, line {line:,}: rows begin on the line after @data, got {shown!r} "
            "on its line. Break the line there."
        )


def _columns(names, which, declared):
    """Columns called `names`; `which` of the declarations (kind, values) each has."""
    # `Column(...)` a thousand times costs more than reading the thousand lines.
    make = tuple.__new__
    cells = zip(names, which, strict=True)
    return [make(Column, (name, *declared[place])) for name, place in cells]


def _data_line(data):
    """The match of the first line that says @data, any case; None if there is none."""
    # Most files spell it small: what stands before is then searched without a pattern.
    at = data.find(b"\n@data") + 1
    if at and data[:at].lower().count(b"@data") == 0:
        return DATA.match(data, at) or DATA.search(data)
    return DATA.search(data)


def _plain_attributes(text):
    """What attributes say that are three bare words a line, and the rest of the text.

    Names, which declaration each has, and the places of these: {(kind, values): place}.
    Nothing and all of the text where one line of them is anything else.
    """
    start = text.find("@attribute")
    block = text[start:].rstrip()
    lines = block.count("\n") + 1
    words = block.split()
    first, names, kinds = words[::3], words[1::3], words[2::3]
    # Every line begins with @attribute, and so does every third word: three a line.
    if (
        start < 0
        or "@attribute" in text[:start].lower()  # spelled otherwise: comes before
        or text[max(start - 1, 0)] not in "@\n"
        or len(words) != 3 * lines
        or block.count("\n@attribute") != lines - 1
        or first.count("@attribute") != lines
        or "@attribute" in names
        or _has_marks("".join(names), "'\"{},%")
    ):
        return [], [], {}, text
    known = {kind: _plain_kind(kind) for kind in dict.fromkeys(kinds)}
    if None in known.values():
        return [], [], {}, text
    places = {}
    place = {k: places.setdefault(kind, len(places)) for k, kind in known.items()}
    return names, list(map(place.__getitem__, kinds)), places, text[:start]


def _plain_kind(kind):
    """(kind, values) of a declaration without quotes and blanks, None for any other."""
    if kind.lower() in NUMBERS:
        return NUMERIC
    body = kind[1:-1]
    braced = kind[0] == "{" and kind[-1] == "}" and body
    if not braced or _has_marks(body, "'\"\\{}"):
        return None
    values = tuple(body.split(","))
    return ("nominal", values) if len(set(values)) == len(values) else None


def _has_marks(text, marks):
    return any(mark in text for mark in marks)


def _attribute(line, name, number, known):
    """Name and (kind, values) of a line; `known` keeps declarations seen before."""
    match = ATTRIBUTE.match(line)
    if not match:
        raise DataError(f"{name}, line {number:,}: an attribute needs a name and type.")
    title, kind = unquoted(match[1]), _without_comment(match[2].strip())
    if kind[:1] == "{":
        if kind not in known:
            known[kind] = ("nominal", _values(kind, title, name, number))
        return title, known[kind]
    word = kind.split(None, 1)[0].lower() if kind else ""
    if word in NUMBERS:
        return title, NUMERIC
    if word in ("string", "date"):
        return title, TEXT if word == "string" else DATE
    if word == "relational":
        raise DataError(
            f"{name}, line {number:,}: attribute '{title}' is relational "
            "(multi-instance data), which this program does not read."
        )
    raise DataError(
        f"{name}, line {number:,}: attribute '{title}' has the unknown type "
        f"{kind[:40]!r}. Types: numeric, integer, real, string, date, {{...}}."
    )


def _without_comment(kind: str) -> str:
    """A declaration without the comment that `%` begins after it."""
    if kind[:1] == "{":
        match = DECLARED.match(kind)
        return match[1] if match else kind
    return kind.partition("%")[0].strip()


def _values(kind, title, name, number):
    end = kind.rfind("}")
    if end < 0:
        raise DataError(
            f"{name}, line {number:,}: the values of '{title}' have no closing brace."
        )
    body = kind[1:end]
    if "'" in body or '"' in body or "\\" in body:
        values = tuple(unquoted(value) for value in split_values(body))
    else:
        values = tuple(value.strip() for value in body.split(","))
    if values == ("",) and not body.strip():
        return ()
    if len(set(values)) < len(values):
        twice = next(value for value, times in Counter(values).items() if times > 1)
        raise DataError(
            f"{name}, line {number:,}: '{title}' declares the value {twice!r} twice."
        )
    return values


def header_location(header: Header, name: str) -> Location:
    """Where MEKA's `-C n` says the labels are.

    A header that Weka filters changed afterwards (their names follow the count) does
    not count: the columns may have moved since.
    """
    _, _, options = header.relation.partition(":")
    match = MEKA.search(options)
    count = int(match[1]) if match else 0
    if not count:
        return Location()
    if abs(count) >= len(header.columns):
        warning = (
            f"The header's -C {count} is no number of labels of a file with "
            f"{len(header.columns):,} columns: not relied on."
        )
        return Location(warnings=[warning])
    moved = _filters(header.relation)
    names = [column.name for column in header.columns]
    chosen = names[:count] if count > 0 else names[count:]
    if moved:
        warning = (
            f"The header's -C {count} is older than the Weka filters named after it "
            f"({', '.join(sorted(set(moved)))}), which move columns: not relied on."
        )
        words = f"the header (-C {count})"
        return Location(chosen, words, certain=False, warnings=[warning])
    place = "first" if count > 0 else "last"
    words = f"the header (-C {count}: the {place} {abs(count)} columns)"
    return Location(chosen, words, certain=True)


def _filters(relation):
    """Names of Weka's attribute filters that `relation` says were used."""
    names = []
    for word in relation.split():
        at = word.find("weka.filters")
        match = FILTER.search(word, at) if at >= 0 else None
        names += [match[1]] if match else []
    return names


def declared_split(relation: str, n: int) -> Mask | None:
    """(n,) bool, True for training rows, where MEKA's options declare a split."""
    match = SPLIT.search(relation)
    if not match:
        return None
    amount = float(match[2])
    train = int(amount) if match[1] == "number" else round(n * amount / 100)
    return np.arange(n) < train if 0 < train < n else None
