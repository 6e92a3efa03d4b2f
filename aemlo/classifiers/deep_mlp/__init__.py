"""The deep network; torch is imported when it is fitted."""

from aemlo.classifiers.deep_mlp.classifier import DeepMLP

__all__ = ["DeepMLP"]
