"""Lists as programs print them: JSON, Python, NumPy, `array(...)`, and bare words.

One grammar for all of them: brackets of any kind, quoted texts, numbers, a few words;
commas between items may be missing, as NumPy prints. Nothing is evaluated, and reading
takes time in proportion to the length of a cell. Ours.
"""

import json
import re
from typing import Any, TypeAlias

Value: TypeAlias = Any
"""A list of values, a dict of them by text, a text, a Number, a bool or None."""

MOST_NESTED = 20
CLOSING = {"[": "]", "(": ")", "{": "}"}
WORDS: dict[str, bool | None] = {
    "null": None,
    "None": None,
    "nan": None,
    "NaN": None,
    "<NA>": None,
    "True": True,
    "true": True,
    "False": False,
    "false": False,
}
TOKEN = re.compile(
    r"""\s*+(?:
    [bu]?'(?P<single>(?:[^'\\]|\\.)*+)'
    | [bu]?"(?P<double>(?:[^"\\]|\\.)*+)"
    | (?P<number>[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?)(?![\w.])
    | (?P<word>null|None|nan|NaN|<NA>|[Tt]rue|[Ff]alse)(?!\w)
    | (?P<call>(?:np\.|numpy\.)?(?P<called>
        array|set|frozenset|list|tuple|Index|str_|u?int\d++|float\d++|bool_?)\()
    | (?P<type>dtype=(?:[\w.]++|'[^']*+'|"[^"]*+"))
    | (?P<mark>[\[\](){},:])
    )""",
    re.VERBOSE | re.DOTALL,
)
ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|U[0-9a-fA-F]{8}|.)", re.S)
CONTROL = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class Number(str):
    """A number as it is spelled; its value is `float(number)`."""

    __slots__ = ()


def is_bracketed(cell: str) -> bool:
    """Whether `cell` begins and ends as a printed list does."""
    cell = cell.strip()
    if cell.endswith(")") and TOKEN.match(cell) and cell[:1].isalpha():
        return True
    return len(cell) > 1 and CLOSING.get(cell[0]) == cell[-1]


def parsed(cell: str) -> Value:
    """The list or dict that `cell` prints; ValueError where it is none.

    Sets and tuples are lists. Raises ValueError for what is cut off or nested deeply.
    """
    cell = cell.strip()
    if not is_bracketed(cell):
        raise ValueError("no list")
    if cell[0] in "[{":
        try:
            value = json.loads(
                cell,
                parse_int=Number,
                parse_float=Number,
                parse_constant=lambda _: None,
            )
            _check(value)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        except ValueError:
            pass
        else:
            return value
    value = _Parser(cell).whole()
    _check(value)
    return value


def bare(cell: str) -> list[str | None]:
    """The items of [a, b], words without quotes; ValueError where it is none."""
    cell = cell.strip()
    if not (cell.startswith("[") and cell.endswith("]")):
        raise ValueError("no list")
    items = [item.strip() for item in cell[1:-1].split(",") if item.strip()]
    if any(item.startswith(("'", '"', "[", "{", "(")) for item in items):
        raise ValueError("not words")
    return [None if WORDS.get(item, item) is None else item for item in items]


def _check(value: Value) -> None:
    """ValueError for half of a surrogate pair, which no file can hold."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for key, entry in value.items():
            _check(key)
            _check(entry)
    elif isinstance(value, list):
        for entry in value:
            _check(entry)


class _Parser:
    """Reads one cell from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def whole(self) -> Value:
        """The one value that is all of the text."""
        value = self._value(self._next(), 0)
        if self.text[self.at :].strip():
            raise ValueError("something follows the list")
        return value

    def _next(self) -> re.Match[str]:
        match = TOKEN.match(self.text, self.at)
        if not match:
            raise ValueError("neither a text in quotes nor a number")
        self.at = match.end()
        return match

    def _value(self, token: re.Match[str], depth: int) -> Value:
        if depth > MOST_NESTED:
            raise ValueError("nested too deeply")
        for kind in ("single", "double"):
            if token[kind] is not None:
                return unescaped(token[kind])
        if token["number"] is not None:
            return Number(token["number"].removesuffix("."))
        if token["word"] is not None:
            return WORDS[token["word"]]
        if token["call"] is not None:
            return self._called(token["called"], depth)
        if token["mark"] in CLOSING:
            return self._items(CLOSING[token["mark"]], depth)
        raise ValueError("a bracket or comma out of place")

    def _called(self, name: str, depth: int) -> Value:
        """What array([...], dtype=...) or np.str_('a') holds."""
        items = self._items(")", depth)
        if len(items) > 1:
            raise ValueError("more than one value")
        value = items[0] if items else []
        is_scalar = name not in ("array", "set", "frozenset", "list", "tuple", "Index")
        if isinstance(value, list) == is_scalar:
            raise ValueError("a list where a value should be, or none where it should")
        return value

    def _items(self, closing: str, depth: int) -> Value:
        """The values up to the bracket `closing`: a list, or a dict with colons."""
        items: list[Value] = []
        keys: list[str] = []
        after_comma = True
        while True:
            token = self._next()
            mark = token["mark"]
            if mark == closing:
                return dict(zip(keys, items, strict=True)) if keys else items
            if mark == ",":
                if after_comma:
                    raise ValueError("a comma without an item")
                after_comma = True
                continue
            if token["type"] is not None:
                continue
            value = self._value(token, depth + 1)
            after_comma = False
            if closing == "}" and (keys or not items) and self._colon():
                keys.append(str(value))
                value = self._value(self._next(), depth + 1)
            elif keys:
                raise ValueError("a key without a value")
            items.append(value)

    def _colon(self) -> bool:
        match = TOKEN.match(self.text, self.at)
        if match and match["mark"] == ":":
            self.at = match.end()
            return True
        return False


def unescaped(text: str) -> str:
    """A text without its backslashes, where they are those of JSON or Python."""
    if "\\" not in text:
        return text
    plain = ESCAPE.sub(_unescaped, text)
    try:
        # Two halves of a surrogate pair, as JSON writes them, are one sign.
        return plain.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return text


def _unescaped(match: re.Match[str]) -> str:
    what = match[0][1:]
    if len(what) > 1:
        number = int(what[1:], 16)
        return chr(number) if number < 0x110000 else match[0]
    if what in "'\"\\/":
        return what
    return CONTROL.get(what, match[0])
