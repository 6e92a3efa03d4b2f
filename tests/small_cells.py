"""A small data set and a sampler that clones, for the tests of experiments."""

import sys

import cloudpickle
import numpy as np

from aemlo.dataset import Dataset, Feature
from aemlo.samplers.base import OverSampler, Synthetic

# Other processes cannot import a module of tests: its classes travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


def toy(n=80, q=3, seed=0, name="toy"):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    Y = (X[:, :q] + rng.normal(size=(n, q)) > 0.3).astype(np.uint8)
    features = tuple(Feature(f"x{i}") for i in range(4))
    return Dataset(name, X, Y, features, tuple("abcdefg"[:q]))


class Cloner(OverSampler):
    """Clones random rows of the training part."""

    title = "cloner"

    def __init__(self, rows=20, random_state=None):
        self.rows = rows
        self.random_state = random_state

    def _generate(self, X, Y, rng, on_progress):
        on_progress(0.5)
        rows = rng.integers(0, len(Y), self.rows)
        return Synthetic(X[rows], Y[rows], rows[:, None], np.zeros(self.rows))
