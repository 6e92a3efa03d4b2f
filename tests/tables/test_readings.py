"""Label columns in any spelling: read right or asked about, never wrong in silence."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from aemlo.errors import LabelQuestion
from aemlo.tables import readings

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
PLAIN = LETTERS + "0123456789 -_éß名前ярж"
ANY = PLAIN + ";|,/\"'[](){}"


def names_of(alphabet: str) -> st.SearchStrategy[list[str]]:
    name = st.text(alphabet, min_size=1, max_size=9)
    name = name.map(lambda word: " ".join(word.split())).filter(
        lambda word: word and not readings.is_nothing(word) and word != "?"
    )
    return st.lists(name, min_size=3, max_size=8, unique=True)


@st.composite
def labelled(draw: st.DrawFn, alphabet: str) -> tuple[list[str], np.ndarray]:
    """Names and a matrix in which each has a row, and some row has two."""
    names = draw(names_of(alphabet))
    n = draw(st.integers(10, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rates = rng.uniform(0.1, 0.5, len(names))
    Y = rng.random((n, len(names))) < rates
    Y[rng.integers(n, size=len(names)), np.arange(len(names))] = True
    Y[0, :2] = True
    return names, Y


def rows_of(names: list[str], Y: np.ndarray) -> list[list[str]]:
    return [[names[j] for j in np.flatnonzero(row)] for row in Y]


def separated(mark: str):
    return lambda names, Y: [mark.join(row) for row in rows_of(names, Y)]


def printed(spell):
    return lambda names, Y: [spell(row) for row in rows_of(names, Y)]


def numpy_print(row: list[str]) -> str:
    return np.array2string(np.array(row, dtype=object), threshold=1_000)


SEPARATED = {
    repr(mark): separated(mark)
    for mark in (";", "|", ",", "/", "; ", ", ", " | ", " / ", "\n", "\t")
}
PRINTED = {
    "JSON": printed(json.dumps),
    "JSON, letters as they are": printed(
        lambda row: json.dumps(row, ensure_ascii=False)
    ),
    "list": printed(repr),
    "tuple": printed(lambda row: repr(tuple(row))),
    "set": printed(lambda row: repr(set(row))),
    "NumPy": printed(numpy_print),
    "array": printed(lambda row: repr(np.array(row, dtype=object))),
    "quoted": printed(lambda row: ", ".join(map(json.dumps, row))),
    "records": printed(
        lambda row: json.dumps([{"id": len(n), "name": n} for n in row])
    ),
    "keys": lambda names, Y: [
        json.dumps(dict(zip(names, row, strict=True))) for row in Y.tolist()
    ],
    "keys of 0 and 1": lambda names, Y: [
        repr(dict(zip(names, row, strict=True))) for row in Y.astype(int).tolist()
    ],
}
VECTORS = {
    "list": lambda row: repr(row.astype(int).tolist()),
    "floats": lambda row: repr(row.astype(float).tolist()),
    "bools": lambda row: repr(row.tolist()),
    "NumPy": lambda row: str(row.astype(int)),
    "NumPy floats": lambda row: str(row.astype(float)),
    "tuple": lambda row: repr(tuple(row.astype(int).tolist())),
    "blanks": lambda row: " ".join(map(str, row.astype(int))),
    "commas": lambda row: ",".join(map(str, row.astype(int))),
}


def outcome(words: list[str], names: list[str], Y: np.ndarray) -> str:
    """ "right", "asked", "refused", or "wrong"."""
    try:
        reading = readings.best(words, "t", "labels")
    except LabelQuestion as question:
        assert len(question.choices) > 1
        return "asked"
    except ValueError:
        return "refused"
    got = [set(row) for row in reading.rows]
    return "right" if got == [set(row) for row in rows_of(names, Y)] else "wrong"


@pytest.mark.parametrize("spelling", [*SEPARATED, *PRINTED])
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_plain_names_are_read_right(spelling, data):
    names, Y = data.draw(labelled(PLAIN))
    words = (SEPARATED | PRINTED)[spelling](names, Y)
    result = outcome(words, names, Y)
    event(result)
    assert result in ("right", "asked")


def plain_names(rng: np.random.Generator) -> list[str]:
    """Different names of 2 to 9 letters, without marks and without blanks outside."""
    letters = np.array(list(PLAIN.replace(" ", "")))
    count = int(rng.integers(3, 9))
    return [
        f"{''.join(rng.choice(letters, rng.integers(1, 8)))}{letters[k]}"
        for k in range(count)
    ]


def test_few_questions_are_asked_about_plain_names():
    rng = np.random.default_rng(3)
    results: Counter[str] = Counter()
    for spell in [*SEPARATED.values(), *PRINTED.values()] * 20:
        names = plain_names(rng)
        Y = rng.random((int(rng.integers(10, 60)), len(names))) < 0.3
        Y[0, :2] = True
        results[outcome(spell(names, Y), names, Y)] += 1
    assert set(results) <= {"right", "asked"}
    assert results["asked"] < 0.1 * results.total()


@pytest.mark.parametrize("spelling", [*SEPARATED, *PRINTED])
@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_names_that_hold_anything_are_read_right_or_asked_about(spelling, data):
    names, Y = data.draw(labelled(ANY))
    mark = spelling[1:-1].replace("\\n", "\n").replace("\\t", "\t")
    if spelling in SEPARATED:
        assume(not any(mark in name or mark.strip(" ") == name[-1:] for name in names))
    words = (SEPARATED | PRINTED)[spelling](names, Y)
    result = outcome(words, names, Y)
    event(result)
    assert result != "wrong"


@pytest.mark.parametrize("spelling", VECTORS)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=st.data())
def test_vectors_are_one_label_a_position(spelling, data):
    names, Y = data.draw(labelled(PLAIN))
    reading = readings.best([VECTORS[spelling](row) for row in Y], "t", "labels")
    assert reading.every == tuple(f"label {j}" for j in range(1, Y.shape[1] + 1))
    assert [set(row) for row in reading.rows] == [
        {f"label {j + 1}" for j in np.flatnonzero(row)} for row in Y
    ]
    assert len(reading.notes) == 1
