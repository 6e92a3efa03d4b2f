"""How probable it is that an arm is better, practically equal or worse.

The Bayesian correlated t-test (Corani, Benavoli, Machine Learning 100, 2015; Benavoli
et al., JMLR 18, 2017): with differences of scores over resampled splits, whose training
parts overlap, the posterior of the mean difference is a Student t around their mean.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

ROPE = 0.01  # differences up to this make no difference in practice


class Probabilities(NamedTuple):
    """Posterior probabilities of a mean difference, which sum to 1.

    `higher`: above `rope`; `equivalent`: from -`rope` to `rope`; `lower`: below.
    """

    higher: float
    equivalent: float
    lower: float


def probabilities(
    differences: ArrayLike, ratio: float, rope: float = ROPE
) -> Probabilities | None:
    """Probabilities of `differences` (J,) over splits; None where they say nothing.

    `ratio` is n_test / n_train of the splits; the test's correlation of two differences
    is n_test / n = ratio / (1 + ratio). `rope` is half the width of the region of
    practical equivalence, in the metric's units, 0 or more. Missing differences (NaN)
    are left out. Two differences that are not the same are the least to say something.
    """
    known = np.asarray(differences, dtype=float)
    known = known[~np.isnan(known)]
    if len(known) < 2:
        return None
    spread = known.std(ddof=1)
    if spread <= 1e-12 * max(1.0, np.abs(known).max()):
        return None
    correlation = ratio / (1 + ratio)
    scale = spread * math.sqrt(1 / len(known) + correlation / (1 - correlation))
    posterior = stats.t(df=len(known) - 1, loc=known.mean(), scale=scale)
    higher, lower = float(posterior.sf(rope)), float(posterior.cdf(-rope))
    return Probabilities(higher, max(0.0, 1.0 - higher - lower), lower)
