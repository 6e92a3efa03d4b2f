"""The fast and the careful way through ARFF rows read the same, or refuse the same."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading import text
from scipy import sparse

from aemlo.errors import DataError
from aemlo.formats import open_table

COLUMNS = 120
KINDS = ("{0,1}", "{1,0}", "numeric", "{no,1}")
COMMENT = "\n% with a comment, rows are read the careful way\n"


def header(kind):
    lines = [f"@attribute c{j} {kind}" for j in range(COLUMNS)]
    return "\n".join(["@relation r", *lines, "@data", ""])


def outcome(content):
    """The cells that `content` holds, or the words it is refused with."""
    try:
        X = open_table(text("rows.arff", content)).X
    except DataError as error:
        return str(error)
    return X.toarray() if sparse.issparse(X) else X


def same_both_ways(content):
    fast, careful = outcome(content), outcome(content + COMMENT)
    if isinstance(fast, str) or isinstance(careful, str):
        return isinstance(fast, str) and isinstance(careful, str) and fast == careful
    return np.array_equal(fast, careful, equal_nan=True)


places = st.lists(st.integers(0, COLUMNS - 1), max_size=6, unique=True).map(sorted)


@given(st.lists(places, min_size=1, max_size=6), st.sampled_from(KINDS))
@settings(max_examples=150, deadline=None)
def test_rows_that_list_their_ones(rows, kind):
    lines = ["{" + ",".join(f"{j} 1" for j in row) + "}" for row in rows]
    content = header(kind) + "\n".join(lines) + "\n"
    assert same_both_ways(content)
    said = outcome(content)
    for row, cells in zip(rows, said, strict=True):
        one = 0 if kind == "{1,0}" else 1
        assert np.array_equal(np.flatnonzero(cells), row if one else [])


@given(
    st.lists(places.filter(bool), min_size=1, max_size=5),
    st.sampled_from(KINDS),
    st.integers(0),
    st.sampled_from([*" ,{}\n\t0127-x?", "", "  ", "11111111", "\n{}"]),
)
@example([[10]], "{0,1}", 1, "-")
@settings(max_examples=400, deadline=None)
def test_one_letter_that_does_not_belong(rows, kind, at, letter):
    lines = ["{" + ",".join(f"{j} 1" for j in row) + "}" for row in rows]
    body = "\n".join(lines) + "\n"
    at %= len(body)
    assert same_both_ways(header(kind) + body[:at] + letter + body[at + 1 :])


words = st.sampled_from(["1", "0", "-1", "+1", "2.5", ".5", "1.", "-1e-3", "1e999"]) | (
    st.sampled_from(
        ["nan", "NaN", "inf", "-0", "0x1", "1_0", "1e", "", " 7", "?", "no"]
    )
)


@given(
    st.lists(st.lists(words, min_size=3, max_size=3), min_size=1, max_size=4),
    st.lists(
        st.sampled_from([*KINDS, "{0,1,2.5}", "{low,-1}"]), min_size=3, max_size=3
    ),
    st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_words_of_every_kind(rows, kinds, is_sparse):
    lines = [f"@attribute c{j} {kind}" for j, kind in enumerate(kinds)]
    for row in rows:
        cells = [f"{j} {word}" for j, word in enumerate(row)] if is_sparse else row
        lines.append("{" + ",".join(cells) + "}" if is_sparse else ",".join(cells))
    assert same_both_ways(
        "\n".join(["@relation r", *lines[:3], "@data", *lines[3:], ""])
    )
