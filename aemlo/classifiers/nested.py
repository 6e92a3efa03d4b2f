"""Classifiers inside classifiers: by title, by spec, or as objects."""

from typing import Any

import numpy as np

from aemlo.classifiers.base import Classifier, new_seed
from aemlo.registry import Family


def registry() -> dict[str, type[Classifier]]:
    """CLASSIFIERS; asked for late, since the scan that fills it imports this module."""
    from aemlo.classifiers import CLASSIFIERS

    return CLASSIFIERS


CLASSIFIER = Family("classifier", Classifier, registry)
build, spec_of = CLASSIFIER.build, CLASSIFIER.spec_of


def seeded(what: Any, rng: np.random.Generator) -> Classifier:
    """A fresh Classifier of `what`, seeded from `rng`."""
    return build(what, random_state=new_seed(rng))
