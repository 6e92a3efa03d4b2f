"""AEMLO: network, losses, training, generation. torch is imported by a fit."""

from aemlo.samplers.aemlo.paper import AEMLOPaper
from aemlo.samplers.aemlo.sampler import AEMLO

__all__ = ["AEMLO", "AEMLOPaper"]
