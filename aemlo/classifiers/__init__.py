"""Classifiers: found by scan like the samplers; `CLASSIFIERS` has them by title."""

from aemlo.classifiers.base import Classifier
from aemlo.registry import scan

CLASSIFIERS = scan(__name__, __path__, Classifier)
globals().update({cls.__name__: cls for cls in CLASSIFIERS.values()})

__all__ = ["CLASSIFIERS", "Classifier"]
