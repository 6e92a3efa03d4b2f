"""The comparison itself: data sets x samplers x classifiers on the same folds.

Everything that learns (fills, scales, text, sampler, thresholds, classifier) is fitted
on the training part of a fold and nothing else; each cell counts the test rows its fits
received, which is to be none.
"""

from aemlo.experiment.comparison import COLUMNS, FACTS, grid, run
from aemlo.experiment.control import permuted
from aemlo.experiment.engine import Engine, cores
from aemlo.experiment.estimation import estimate, splits_of, total_seconds
from aemlo.experiment.folds import Splits
from aemlo.experiment.predictions import predictions_of
from aemlo.experiment.unit import Cell

__all__ = [
    "COLUMNS",
    "FACTS",
    "Cell",
    "Engine",
    "Splits",
    "cores",
    "estimate",
    "grid",
    "permuted",
    "run",
    "splits_of",
    "predictions_of",
    "total_seconds",
]
