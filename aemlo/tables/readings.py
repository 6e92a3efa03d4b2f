"""Every way to read the labels in a column of words, judged by evidence. Ours.

A reading turns each cell into the labels of its row. Printed lists are taken by their
brackets and quotes. What separators part is judged by how long the column would be if
it were written down as a list of names and, for each different cell, which of them it
has (minimum description length, Rissanen, 1978): names that are cut in two, or run
together, make that longer. A reading is taken only with a margin over all others; else
the reader asks (`LabelQuestion`), showing what each reading gives.

Longer than most files: a reading and what is held against it belong together.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from aemlo.errors import LabelQuestion
from aemlo.tables.labels import listed
from aemlo.tables.literals import (
    Number,
    Value,
    bare,
    is_bracketed,
    parsed,
    unescaped,
)

# From the one that names hold least often to the one that they hold most often.
SEPARATORS = ("\n", "\t", ";", "|", ",", "/")
STRONG = frozenset("\n\t;|")
ODD = re.compile(r"[\[\](){}\"']")
MISSING = ("", "?")
NOTHING = frozenset(
    ["-", "--", "none", "[none]", "(none)", "null", "nan", "[]", "{}", "()", "n/a"]
)
NAME_FIELDS = ("name", "label", "title", "text", "value", "tag", "category", "class")
LETTER, MARGIN = 5.0, 16.0  # bits
LIST, WHOLE, VECTOR, KEYS, QUOTED = "json", "none", "vector", "keys", "quoted"
FIELD = "field:"
SHOWN = 3
BITS = re.compile(r"[01](?:\.0*)?(?![\d.])")
MOST_JUDGED = 20_000  # different cells


@dataclass(frozen=True)
class Reading:
    """One way to read a column: `spelling` is its name among the options.

    `rows` are the labels of each cell, None where a list holds a null. `words` say how
    the labels were found. `exact` where names are quoted, so that what they hold leaves
    no doubt. `notes` are warnings. `lost` counts separators with nothing between them.
    Of vectors, `size` is how long they are, and `every` the names of their positions.
    `doubt` are spellings that fit as well.
    """

    spelling: str
    words: str
    rows: list[list[str | None]]
    exact: bool = False
    notes: tuple[str, ...] = ()
    lost: int = 0
    size: int = 0
    every: tuple[str, ...] = ()
    doubt: tuple[str, ...] = ()

    @cached_property
    def names(self) -> list[str]:
        """The labels in alphabetical order."""
        return sorted({name for row in self.rows for name in row if name is not None})

    @cached_property
    def different(self) -> Counter[tuple[str | None, ...]]:
        """How many cells hold each list of labels."""
        return Counter(map(tuple, self.rows))

    @cached_property
    def cost(self) -> float:
        """Bits that the names take, and which of them each different cell has."""
        each = math.log2(max(len(self.names), 2))
        spelled = sum(len(name) + 1 for name in self.names)
        return LETTER * (spelled + self.lost) + each * sum(map(len, self.different))


def is_missing(word: str | None) -> bool:
    """Whether a cell is empty or a question mark."""
    return word is None or word.strip() in MISSING


def is_nothing(word: str) -> bool:
    """Whether a cell says in a word that the row has no label."""
    return word.strip().casefold() in NOTHING


def read_as(words: Sequence[str | None], spelling: str) -> Reading:
    """The Reading of `words` that the option `spelling` names.

    ValueError, with the number of the cell as its argument, for a cell that is not
    spelled so.
    """
    if spelling == WHOLE:
        return _parted(words, None)
    if spelling == QUOTED:
        return _quoted(words)
    if spelling == VECTOR and not looks_printed([w for w in words if w]):
        return _vectors([_bits(word) for word in words])
    if spelling in (LIST, VECTOR, KEYS) or spelling.startswith(FIELD):
        return _printed(words, spelling)
    return _parted(words, spelling)


# Printed lists -----------------------------------------------------------------------


def looks_printed(words: Sequence[str]) -> bool:
    """Whether at least half of the cells `words` begin as a printed list does, or are
    lists as a whole."""
    begun = sum(word.lstrip().startswith("[") for word in words)
    whole = sum(_is_printed(word) for word in words)
    return bool(words) and 2 * max(begun, whole) >= len(words)


def _is_printed(word: str) -> bool:
    return is_bracketed(word) and _value_of(word) is not None


def _printed(words: Sequence[str | None], spelling: str) -> Reading:
    """The Reading of cells that are all lists, or dicts, or lists of dicts."""
    values, is_bare, notes = _values_of(words)
    forms = Counter(form for form in map(_form, values) if form != "empty")
    form = forms.most_common(1)[0][0] if forms else "list"
    for i, value in enumerate(values):
        if _form(value) not in (form, "empty") or form == "nested":
            raise ValueError(i)
    if form == "keys" or spelling == KEYS:
        reading = _keyed(values)
    elif form == "records" or spelling.startswith(FIELD):
        reading = _of_field(values, spelling.removeprefix(FIELD))
    elif spelling == VECTOR or _are_vectors(values, words):
        reading = _vectors(values)
    else:
        doubt = (VECTOR, LIST) if _are_bits(values, words) else ()
        reading = Reading(LIST, "JSON lists", values, exact=not is_bare, doubt=doubt)
    return replace(reading, notes=(*notes, *reading.notes))


def _values_of(
    words: Sequence[str | None],
) -> tuple[list[Value], bool, tuple[str, ...]]:
    """What each cell prints, whether some print words without quotes, and a warning of
    words that stand for an empty list."""
    values: list[Value] = []
    is_bare = False
    markers: Counter[str] = Counter()
    for i, word in enumerate(words):
        if word is None or is_missing(word):
            values.append([])
        elif is_nothing(word):
            values.append([])
            markers[word.strip()] += not _is_printed(word)
        else:
            value = _value_of(word)
            if value is None:
                value, is_bare = _bare_of(word), True
            if value is None:
                raise ValueError(i)
            values.append(value)
    used = [word for word, count in markers.items() if count]
    if not used:
        return values, is_bare, ()
    note = f"{sum(markers.values()):,} cells hold {listed(used)}: no label."
    return values, is_bare, (note,)


def _value_of(word: str) -> Value:
    try:
        return parsed(word)
    except ValueError:
        return None


def _bare_of(word: str) -> list[str | None] | None:
    try:
        return bare(word)
    except ValueError:
        return None


def _form(value: Value) -> str:
    """What a cell holds: nothing, a list, a dict by name, records or lists in lists."""
    if not value:
        return "empty"
    if isinstance(value, dict):
        return "keys"
    kinds = {type(entry) for entry in value}
    if dict in kinds:
        return "records" if kinds == {dict} else "nested"
    return "nested" if list in kinds else "list"


def _keyed(values: list[Value]) -> Reading:
    """Labels by their truth: {"red": true, "blue": 0}."""
    rows: list[list[str | None]] = []
    for i, value in enumerate(values):
        row: list[str | None] = []
        for name, entry in value.items() if isinstance(value, dict) else ():
            if isinstance(entry, list | dict) or not _is_truth(entry):
                raise ValueError(i)
            if _truth(entry):
                row.append(str(name))
        rows.append(row)
    return Reading(KEYS, "dicts of names and yes or no", rows, exact=True)


def _is_truth(entry: Value) -> bool:
    if entry is None or isinstance(entry, bool):
        return True
    words = ("0", "1", "yes", "no", "true", "false", "0.0", "1.0")
    return str(entry).strip().casefold() in words


def _truth(entry: Value) -> bool:
    return entry is True or str(entry).strip().casefold() in ("1", "1.0", "yes", "true")


def name_fields(values: list[Value]) -> list[str]:
    """The fields of records that could hold names, the likeliest first."""
    fields: dict[str, set[bool]] = {}
    for value in values:
        for record in value:
            for field_name, entry in record.items():
                is_text = isinstance(entry, str) and not isinstance(entry, Number)
                fields.setdefault(str(field_name), set()).add(is_text)
    texts = [name for name, kinds in fields.items() if kinds == {True}]
    known = [name for name in NAME_FIELDS for text in texts if text.casefold() == name]
    return known or texts or list(fields)


def _of_field(values: list[Value], field_name: str) -> Reading:
    """Labels named by one field of each record."""
    fields = name_fields(values)
    chosen = field_name if field_name not in ("", LIST) else fields[0]
    rows: list[list[str | None]] = []
    for i, value in enumerate(values):
        row: list[str | None] = []
        for record in value:
            entry = record.get(chosen)
            if isinstance(entry, list | dict):
                raise ValueError(i)
            row.append(None if entry is None else str(entry))
        rows.append(row)
    is_open = field_name in ("", LIST) and len(fields) > 1
    doubt = tuple(f"{FIELD}{one}" for one in fields) if is_open else ()
    words = f"the field '{chosen}' of each record"
    return Reading(f"{FIELD}{chosen}", words, rows, exact=True, doubt=doubt)


def _bits(word: str | None) -> list[Value]:
    """The numbers in a cell, whatever stands between them."""
    return [] if word is None else [Number(one) for one in BITS.findall(word)]


def _are_bits(values: list[Value], words: Sequence[str | None]) -> bool:
    """Whether all lists are equally long, two or more, and hold only 0 and 1."""
    known = [
        value for value, word in zip(values, words, strict=True) if not is_missing(word)
    ]
    sizes = {len(value) for value in known}
    if len(sizes) != 1 or not sizes <= set(range(2, 100_000)):
        return False
    return all(_is_bit(entry) for value in known for entry in value)


def _are_vectors(values: list[Value], words: Sequence[str | None]) -> bool:
    """Whether lists are surely vectors: one label a position."""
    if not _are_bits(values, words):
        return False
    # A list of the labels 0 and 1 would not have one of them twice.
    return any(len(set(map(_truth, value))) < len(value) for value in values)


def _is_bit(entry: Value) -> bool:
    return isinstance(entry, bool) or entry in ("0", "1", "0.0", "1.0", "0.", "1.")


def _vectors(values: list[Value]) -> Reading:
    width = max(map(len, values), default=0)
    names = position_names(width)
    rows: list[list[str | None]] = []
    for i, value in enumerate(values):
        if len(value) not in (0, width) or not all(map(_is_bit, value)):
            raise ValueError(i)
        rows.append([names[j] for j, entry in enumerate(value) if _truth(entry)])
    note = (
        f"Each cell holds {width:,} numbers 0 or 1: one label for each position, named "
        "by its number. Give their names with a file (label_names, --label-names)."
    )
    words = f"vectors of {width:,} zeros and ones"
    return Reading(
        VECTOR, words, rows, exact=True, notes=(note,), size=width, every=tuple(names)
    )


def position_names(width: int) -> list[str]:
    """Names for the positions of vectors: label 1, label 2, ..."""
    return [f"label {j}" for j in range(1, width + 1)]


# Words and separators ----------------------------------------------------------------


def _parted(words: Sequence[str | None], separator: str | None) -> Reading:
    rows: list[list[str | None]] = []
    lost = 0
    for word in words:
        if word is None or is_missing(word):
            rows.append([])
            continue
        parts = word.split(separator) if separator else [word]
        rows.append([part.strip() for part in parts if part.strip()])
        lost += len(parts) - len(rows[-1])
    rows, notes = _without_markers(rows)
    if separator is None:
        return Reading(WHOLE, "one label a row", rows, notes=notes)
    shown = {"\n": "line end", "\t": "tab"}.get(separator, f"'{separator}'")
    return Reading(separator, f"parted by {shown}", rows, notes=notes, lost=lost)


def _without_markers(
    rows: list[list[str | None]],
) -> tuple[list[list[str | None]], tuple[str, ...]]:
    """Rows without words such as `none` that only ever stand alone, and a warning."""
    alone = Counter(row[0] for row in rows if len(row) == 1)
    beside = {name for row in rows if len(row) > 1 for name in row}
    markers = [name for name in alone if name and is_nothing(name)]
    markers = [name for name in markers if name not in beside]
    if not markers or len(markers) == len(alone) + len(beside):
        return rows, ()
    count = sum(alone[name] for name in markers)
    note = f"{count:,} cells hold {listed(markers)} alone: these rows have no label."
    kept = [[] if len(row) == 1 and row[0] in markers else row for row in rows]
    return kept, (note,)


QUOTED_ITEM = re.compile(
    r"\s*+(?:'((?:[^'\\]|\\.)*+)'|\"((?:[^\"\\]|\\.|\"\")*+)\")\s*+([;|,/\n\t]|$)"
)


def _quoted(words: Sequence[str | None]) -> Reading:
    """Items that all stand in quotes: 'a', "b"."""
    rows: list[list[str | None]] = []
    for i, word in enumerate(words):
        row: list[str | None] = []
        at = 0
        while word is not None and not is_missing(word):
            match = QUOTED_ITEM.match(word, at)
            if not match:
                raise ValueError(i)
            row.append(unescaped((match[1] or match[2] or "").replace('""', '"')))
            if not match[3]:
                break
            at = match.end()
        rows.append(row)
    return Reading(QUOTED, "words in quotes", rows, exact=True)


def separators_in(words: Sequence[str]) -> list[str]:
    """The separators that occur in `words`, those that names hold least often first.

    One that stands with a blank after it in some places and without in others is given
    twice, with the blank and without.
    """
    present = []
    for mark in SEPARATORS:
        total = sum(word.count(mark) for word in words)
        if not total:
            continue
        for variant in (f" {mark} ", f"{mark} "):
            if mark not in "\n\t" and 0 < sum(w.count(variant) for w in words) < total:
                present.append(variant)
        present.append(mark)
    return present


def best(words: Sequence[str | None], where: str, column: str) -> Reading:
    """The Reading of the cells `words` that the evidence speaks for.

    Raises LabelQuestion, about the column `column` of the file `where`, where none is
    better than all others by a margin; ValueError as `read_as` does.
    """
    known = [word for word in words if word is not None and not is_missing(word)]
    known = list(dict.fromkeys(known))[:MOST_JUDGED]
    telling = [word for word in known if not is_nothing(word)]
    if looks_printed(known):
        reading = _printed(words, LIST)
        if reading.doubt:
            both = [read_as(words, spelling) for spelling in reading.doubt]
            raise question(where, column, words, both)
        return reading
    if telling and all(map(QUOTED_ITEM.match, telling)):
        try:
            return _quoted(words)
        except ValueError:
            pass  # quotes around some words only: part of names
    present = separators_in(telling)
    whole = _parted(words, None)
    for mark in (" ", *present):
        vectors = _parted(words, mark)
        if _are_parted_vectors(vectors):
            if any(len(set(row)) < len(row) for row in vectors.rows):
                return read_as(words, VECTOR)
            raise question(where, column, words, [read_as(words, VECTOR), vectors])
    if not present:
        return whole
    readings = [_parted(words, mark) for mark in present]
    judged = {one.spelling: _parted(telling, one.spelling) for one in readings}
    choice = _choice(judged, _parted(telling, None))
    if choice is not None:
        return next(one for one in readings if one.spelling == choice)
    raise question(where, column, words, [*readings, whole])


def _are_parted_vectors(reading: Reading) -> bool:
    rows = [row for row in reading.rows if row]
    if len({len(row) for row in rows}) != 1 or len(rows[0]) < 2:
        return False
    return all(entry in ("0", "1") for row in rows for entry in row)


def _choice(judged: dict[str, Reading], whole: Reading) -> str | None:
    """The separator that the evidence speaks for; None where it is in doubt."""
    strongest = min(SEPARATORS.index(_mark(spelling)) for spelling in judged)
    is_strong = SEPARATORS[strongest] in STRONG
    marks = STRONG if is_strong else (SEPARATORS[strongest],)
    allowed = [spelling for spelling in judged if _mark(spelling) in marks]
    first = min(allowed, key=lambda spelling: judged[spelling].cost)
    reading = judged[first]
    others = [one for spelling, one in judged.items() if spelling != first]
    if any(one.cost < reading.cost + MARGIN for one in others):
        return None
    if whole.cost < reading.cost:
        return None
    if is_strong or _are_ids(reading):
        return first if _is_supported(reading) else None
    return first if _stand_first(reading) else None


def _are_ids(reading: Reading) -> bool:
    """Whether all labels are whole numbers, and none looks like a part of `1,000`."""
    if not all(name.isdigit() for name in reading.names):
        return False
    later = [name for row in reading.different for name in row[1:]]
    return not all(len(name or "") == 3 for name in later)


def _mark(spelling: str) -> str:
    return spelling.strip(" ") or " "


def _is_supported(reading: Reading) -> bool:
    """Whether a label of a cell with several is in another, different cell too."""
    cells = [set(row) for row in reading.different]
    times = Counter(name for cell in cells for name in cell)
    return any(
        len(cell) > 1 and any(times[name] > 1 for name in cell) for cell in cells
    )


def _stand_first(reading: Reading) -> bool:
    """Whether most labels stand first or alone in some cell.

    The second half of a name that was cut in two never does.
    """
    first = {row[0] for row in reading.different if row}
    return _is_supported(reading) and 3 * len(first) >= 2 * len(reading.names)


# Questions and warnings --------------------------------------------------------------


def question(
    where: str, column: str, words: Sequence[str | None], readings: Sequence[Reading]
) -> LabelQuestion:
    """The question which of `readings` is meant, with three rows of each."""
    choices: list[dict[str, Any]] = []
    seen: list[list[list[str | None]]] = []
    for reading in readings:
        if reading.rows in seen:
            continue
        seen.append(reading.rows)
        longest = sorted(
            dict(zip(words, reading.rows, strict=True)).items(),
            key=lambda pair: -len(str(pair[0] or "")),
        )
        choices.append(
            {
                "separator": reading.spelling,
                "words": reading.words,
                "labels": len(reading.names),
                "rows": [[str(word), list(row)] for word, row in longest[:SHOWN]],
            }
        )
    options = "; ".join(
        f"{choice['words']}, {choice['labels']:,} labels such as "
        f"{listed([n for n in choice['rows'][0][1] if n is not None][:3])} "
        f"(label_separator={choice['separator']!r})"
        for choice in choices
    )
    return LabelQuestion(
        f"{where}: column '{column}' can be read in {len(choices)} ways: {options}. "
        "Say which (on the command line --label-separator).",
        column=column,
        choices=choices,
    )


def warnings_of(reading: Reading, column: str, is_given: bool = False) -> list[str]:
    """What a reading leaves in doubt: names that hold a bracket, a quote or a mark.

    `is_given` where the user gave the spelling of the column.
    """
    if reading.exact:
        return list(reading.notes)
    own = {_mark(reading.spelling)}
    marks = [mark for mark in SEPARATORS if mark not in own]
    odd = [
        name
        for name in reading.names
        if ODD.search(name) or any(mark in name for mark in marks)
    ]
    if not odd:
        return list(reading.notes)
    cure = "If they are not names, say how the column is spelled (label_separator)."
    message = (
        f"{len(odd):,} labels of column '{column}' hold a bracket, a quote or another "
        f"separator: {listed(odd, 3)}."
    )
    return [*reading.notes, message if is_given else f"{message} {cure}"]
