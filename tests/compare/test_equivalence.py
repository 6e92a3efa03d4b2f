"""The Bayesian correlated t-test against integration and draws of its posterior."""

import math

import numpy as np
import pytest
from scipy import integrate, special

from aemlo.compare.equivalence import Probabilities, probabilities


def density(x, known, ratio):
    """Student's t written out: mean, scale and J - 1 degrees of freedom."""
    n = len(known)
    scale = math.sqrt(np.var(known, ddof=1) * (1 / n + ratio))
    df = n - 1
    constant = math.exp(special.gammaln((df + 1) / 2) - special.gammaln(df / 2))
    constant /= math.sqrt(df * math.pi) * scale
    return constant * (1 + ((x - np.mean(known)) / scale) ** 2 / df) ** (-(df + 1) / 2)


@pytest.mark.parametrize("ratio", [0.25, 1.0, 1 / 9])
@pytest.mark.parametrize("rope", [0.0, 0.01, 0.05])
def test_the_probabilities_are_areas_under_the_posterior(ratio, rope):
    known = np.array([0.02, 0.035, -0.004, 0.012, 0.05])
    result = probabilities(known, ratio, rope)
    higher, _ = integrate.quad(density, rope, np.inf, args=(known, ratio))
    lower, _ = integrate.quad(density, -np.inf, -rope, args=(known, ratio))
    assert result.higher == pytest.approx(higher, abs=1e-7)
    assert result.lower == pytest.approx(lower, abs=1e-7)
    assert sum(result) == pytest.approx(1)


def test_signs_turn_the_answer_round_and_missing_splits_are_left_out():
    known = [0.02, 0.03, 0.01, 0.05, math.nan]
    one = probabilities(known, 0.25)
    other = probabilities([-d for d in known], 0.25)
    assert one == pytest.approx(
        Probabilities(other.lower, other.equivalent, other.higher)
    )
    assert one == probabilities(known[:4], 0.25)


def test_a_wide_region_holds_everything_and_a_large_gap_is_sure():
    known = [0.2, 0.21, 0.19, 0.2, 0.22]
    assert probabilities(known, 0.25, rope=1.0).equivalent == pytest.approx(1, abs=1e-6)
    assert probabilities(known, 0.25).higher > 0.999


@pytest.mark.parametrize("known", [[], [0.1], [0.1, 0.1, 0.1], [math.nan, 0.1]])
def test_without_spread_there_is_no_answer(known):
    assert probabilities(known, 0.25) is None
