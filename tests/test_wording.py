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
    "value, expected",
    [
        (0.0124, "+0.012"),
        (-0.0126, "-0.013"),
        (0.0006, "+0.001"),
        (0.0004, "0.000"),
        (-0.0004, "0.000"),
        (0, "0.000"),
        (1, "+1.000"),
        (math.nan, "none"),
    ],
)
def test_a_difference_has_its_sign(value, expected):
    assert wording.signed(value) == expected


@given(st.floats(-1, 1))
def test_a_difference_has_a_sign_where_a_digit_shows_it(value):
    text = wording.signed(value)
    assert abs(float(text) - value) <= 0.000501
    assert text[0] == ("0" if float(text) == 0 else "+" if value > 0 else "-")


@pytest.mark.parametrize(
    "share, expected",
    [
        (0, "0%"),
        (0.0004, "0.0%"),
        (0.0044, "0.4%"),
        (0.0096, "1.0%"),
        (0.01, "1%"),
        (0.126, "13%"),
        (1, "100%"),
    ],
)
def test_a_share_in_percent(share, expected):
    assert wording.percent(share) == expected


@pytest.mark.parametrize(
    "p, expected",
    [
        (0, "p < 0.001"),
        (0.00099, "p < 0.001"),
        (0.001, "p = 0.001"),
        (0.0124, "p = 0.012"),
        (1, "p = 1.000"),
        (math.nan, "p not defined"),
    ],
)
def test_a_small_p_value_is_not_written_as_nought(p, expected):
    assert wording.p_value(p) == expected


@given(st.floats(0, 1))
def test_no_p_value_is_written_as_0(p):
    assert "0.000" not in wording.p_value(p)


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
