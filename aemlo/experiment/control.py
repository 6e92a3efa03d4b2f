"""A data set that nothing can be learned from, for a control run. Ours."""

from dataclasses import replace

import numpy as np

from aemlo.dataset import Dataset


def permuted(dataset: Dataset, seed: int = 0) -> Dataset:
    """`dataset` with its rows of labels in another order, by `seed`.

    Labelsets and counts stay, so imbalance is as it was; what features say of labels is
    gone. A comparison on it must score like chance: what scores better has seen test
    rows.
    """
    order = np.random.default_rng([seed, 7]).permutation(dataset.n)
    return replace(dataset, Y=dataset.Y[order])
