"""What the tests of the samplers' contract share: quick samplers, and data."""

import numpy as np

from aemlo import params
from aemlo.samplers import SAMPLERS, OverSampler

GROUPS = [np.array([6, 7, 8])]
TITLES = list(SAMPLERS)
STEADY = [t for t in TITLES if SAMPLERS[t].leaves_balanced]
ADDING = [t for t in TITLES if issubclass(SAMPLERS[t], OverSampler)]
SIZED = [t for t in ADDING if "target" in params.parameters(SAMPLERS[t])]
TRAINED = [t for t in TITLES if "epochs" in params.parameters(SAMPLERS[t])]
FIELD = [t for t in SIZED if t not in TRAINED]


def make(title, **settings):
    """A sampler by title, seeded, quick where it trains."""
    cls = SAMPLERS[title]
    known = cls().get_params(deep=False)
    seed = {"random_state": 0} if "random_state" in known else {}
    return cls(**(seed | cls.cheap_settings | settings))


def data(n=90, seed=0):
    """X (n, 9): four odd numbers, two columns of two values, a one-hot group; Y (n, 5).

    The commonest label is on about two thirds of the rows, the rarest on three or more.
    """
    rng = np.random.default_rng(seed)
    numbers = rng.normal([50, -3, 0, 1e3], [20, 1, 0.01, 300], (n, 4))
    binary = np.where(rng.random((n, 2)) < 0.4, [7.0, 1.0], [2.0, 0.0])
    X = np.hstack([numbers, binary, np.eye(3)[rng.integers(3, size=n)]])
    Y = (rng.random((n, 5)) < [0.65, 0.5, 0.3, 0.1, 0.05]).astype(np.uint8)
    Y[:4] = [[1, 0, 0, 1, 1], [1, 1, 0, 0, 1], [0, 0, 1, 1, 1], [1, 0, 0, 1, 0]]
    return X, Y


def resample(sampler, X, Y, **more):
    return sampler.fit_resample(X, Y, categorical_features=GROUPS, **more)
