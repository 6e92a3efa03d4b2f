"""Numbers as they are written: rounding first, then the number of decimals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aemlo import wording
from aemlo.charts import theme


@pytest.mark.parametrize(
    "value, expected",
    [
        (0, "0.00"),
        (1, "1.00"),
        (9.994, "9.99"),
        (9.996, "10.0"),
        (99.94, "99.9"),
        (99.96, "100"),
        (100.4, "100"),
        (999.6, "1,000"),
        (12345.6, "12,346"),
        (math.nan, "none"),
    ],
)
def test_a_ratio_has_three_significant_digits(value, expected):
    assert wording.ratio(value) == expected


@given(st.floats(1, 999.4))
def test_a_ratio_shows_three_digits_and_is_near_its_value(value):
    text = wording.ratio(value)
    assert sum(character.isdigit() for character in text) == 3
    assert abs(float(text) - value) <= 0.5001 * 10 ** (len(str(int(value))) - 3)


def test_charts_write_a_ratio_as_everything_else_does():
    assert theme.ratio(99.96) == wording.ratio(99.96) == "100"
    assert theme.ratio(None) == theme.ratio(math.nan) == "no positive rows"


@pytest.mark.parametrize(
    "number, expected",
    [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1234, "1,234 rows")],
)
def test_a_count_has_the_right_noun(number, expected):
    assert wording.counted(number, "row") == expected
    assert wording.rows_in_words(number) == expected


@pytest.mark.parametrize(
    "value, expected",
    [
        (0.44, "0.4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (80, "1 min 20 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_a_duration(value, expected):
    assert wording.seconds(value) == expected
