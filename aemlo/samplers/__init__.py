"""Samplers: one class a file, found by scan; `SAMPLERS` has them by title."""

from aemlo.registry import scan
from aemlo.samplers.base import OverSampler, Sampler

SAMPLERS = scan(__name__, __path__, Sampler)
globals().update({cls.__name__: cls for cls in SAMPLERS.values()})

__all__ = ["SAMPLERS", "OverSampler", "Sampler"]
