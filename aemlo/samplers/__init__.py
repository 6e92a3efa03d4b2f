"""Samplers: one class a file, found by scan; `SAMPLERS` has them by title.

The imports by name are for editors and type checkers; a test compares them with the
scan.
"""

from aemlo.registry import scan
from aemlo.samplers.aemlo import AEMLO, AEMLOPaper
from aemlo.samplers.autosmote import AutoSMOTECohort, AutoSMOTESelf
from aemlo.samplers.base import OverSampler, Sampler
from aemlo.samplers.chain import Chain
from aemlo.samplers.lp_ros import LPROS
from aemlo.samplers.lp_rus import LPRUS
from aemlo.samplers.ml_ros import MLROS
from aemlo.samplers.ml_rus import MLRUS
from aemlo.samplers.mlenn import MLeNN
from aemlo.samplers.mlsmote import MLSMOTE
from aemlo.samplers.mlsol import MLSOL
from aemlo.samplers.mltl import MLTL
from aemlo.samplers.none import NoSampling
from aemlo.samplers.remedial import REMEDIAL

SAMPLERS: dict[str, type[Sampler]] = scan(__name__, __path__, Sampler)

__all__ = [
    "AEMLO",
    "AEMLOPaper",
    "AutoSMOTECohort",
    "AutoSMOTESelf",
    "Chain",
    "LPROS",
    "LPRUS",
    "MLROS",
    "MLRUS",
    "MLSMOTE",
    "MLSOL",
    "MLTL",
    "MLeNN",
    "NoSampling",
    "OverSampler",
    "REMEDIAL",
    "SAMPLERS",
    "Sampler",
]
