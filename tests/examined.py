"""Small data sets, what the checks find in them, and answers taken."""

import numpy as np
from scipy import sparse

from aemlo import checks
from aemlo.dataset import Dataset, Feature


def made(X, Y, features=None, labels=None, **more):
    X = X if sparse.issparse(X) else np.array(X, dtype=float)
    Y = np.array(Y)
    features = features or tuple(Feature(f"f{j}") for j in range(X.shape[1]))
    labels = labels or tuple(f"l{j}" for j in range(Y.shape[1]))
    return Dataset("made", X, Y, features, labels, **more)


def found(dataset, check, few=0):
    return {f.check: f for f in checks.examine(dataset, few)}.get(check)


def answered(dataset, finding, words):
    answer = next(a for a in finding.answers if a.words == words)
    return checks.apply(dataset, answer.steps)
