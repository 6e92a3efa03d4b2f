"""Words of an ARFF file: quotes, escapes and lists of values."""

import re

QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
VALUE = re.compile(rf"\s*({QUOTED}|[^,'\"][^,]*|)\s*(,|$)", re.S)
PAIR = re.compile(rf"\s*(\d+)\s+({QUOTED}|[^,'\"\s][^,]*)\s*(,|$)", re.S)
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.S)
CONTROL = {"n": "\n", "t": "\t", "r": "\r"}
NEEDS_QUOTES = re.compile(r"[\s,{}%'\"\\?@]|^$|[^\x21-\x7e]")


def split_values(text: str) -> list[str]:
    """The comma-separated words of `text`, quotes kept; all of it if broken."""
    words, at = [], 0
    while True:
        match = VALUE.match(text, at)
        if not match:
            return [text]
        words.append(match[1].strip())
        if not match[2]:
            return words
        at = match.end()


def unquoted(word: str) -> str:
    """A word of an ARFF file without its quotes and escapes."""
    word = word.strip()
    if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"":
        word = word[1:-1]
        if "\\" in word:
            word = ESCAPE.sub(_unescaped, word)
    return word


def _unescaped(match):
    what = match[1]
    if len(what) == 5:
        return chr(int(what[1:], 16))
    return CONTROL.get(what, what)


def quoted(word: str) -> str:
    """A word as ARFF writes it: quoted and escaped where it must be."""
    if not NEEDS_QUOTES.search(word):
        return word
    if "'" in word and not re.search(r'["\\\s]', word.replace(" ", "")):
        # No escapes needed, which not every reader undoes in names.
        return f'"{word}"'
    for plain, escaped in (
        ("\\", "\\\\"),
        ("'", "\\'"),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\t", "\\t"),
    ):
        word = word.replace(plain, escaped)
    return f"'{word}'"


def cells(row: str) -> list[str] | None:
    """The words of a dense row, quotes kept; None where a quote is out of place."""
    if "'" not in row and '"' not in row:
        return [word.strip() for word in row.split(",")]
    return _side_by_side(row, VALUE)


def pairs(body: str) -> list[tuple[str, str]] | None:
    """The (place, word) pairs inside a sparse row; None where it is no such list."""
    return _side_by_side(body, PAIR)


def _side_by_side(text, pattern):
    results, at = [], 0
    while True:
        match = pattern.match(text, at)
        if not match:
            return None
        *words, comma = match.groups()
        results.append(
            words[0].strip() if len(words) == 1 else (words[0], words[1].strip())
        )
        if not comma:
            return results
        at = match.end()
