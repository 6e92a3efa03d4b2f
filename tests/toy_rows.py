"""A small data set with every kind of feature, and AEMLO in a hurry."""

import numpy as np

from aemlo.samplers import AEMLO, SAMPLERS
from aemlo.samplers.aemlo.settings import PRESETS

Paper = SAMPLERS["AEMLO-paper"]


def toy(n=120, seed=0):
    """Two numbers in odd units, two binary columns, a one-hot group of three."""
    rng = np.random.default_rng(seed)
    group = np.eye(3)[rng.integers(3, size=n)]
    binary = np.where(rng.random((n, 2)) < 0.4, 7.0, 2.0)
    X = np.hstack([rng.normal(50, 20, (n, 2)), binary, group])
    chance = np.array([0.6, 0.5, 0.15, 0.08])
    Y = (rng.random((n, 4)) < chance).astype(np.uint8)
    Y[:2] = [[1, 0, 1, 0], [0, 1, 0, 1]]
    return X, Y


def own_way(**more):
    """AEMLO with every mechanism of ours on, whatever the defaults are."""
    return AEMLO(
        **AEMLO.cheap_settings,
        seeds="rows",
        rare_share=1.0,
        neighbours=3,
        pair_share=1.0,
        residuals=True,
        label_rule="parents' count",
        labels_per_parent=1.0,
        parents_weight=0.0,
        rare_features=0.0,
        clip=True,
        **more,
        random_state=0,
    )


def alike(**more):
    """AEMLO that takes all labelled rows in turn, in a hurry."""
    settings = PRESETS["all labels alike"] | AEMLO.cheap_settings | {"random_state": 0}
    return AEMLO(**(settings | more))
