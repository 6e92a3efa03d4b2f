"""ARFF, as Weka, Mulan and MEKA write it."""

from aemlo.formats.kinds.arff.format import Arff, Meka

__all__ = ["Arff", "Meka"]
