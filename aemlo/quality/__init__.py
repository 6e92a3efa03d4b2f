"""Are synthetic rows any good: near the data, no copies, all over it, rightly labelled.

Everything here compares features on one scale (each column in [0, 1], say): rows
`real` (n, d) and `synthetic` (m, d), NumPy or CSR. Each figure comes with the same
figure for real rows among themselves, which is what good looks like.
"""

from aemlo.quality.base import Measure
from aemlo.quality.figures import (
    CLOSE,
    FAR,
    copied_and_off,
    coverage,
    inside_balls,
    label_agreement,
    matched,
    nearest_real,
    outside,
    precision_recall,
    purpose,
    real_inside_balls,
)
from aemlo.quality.forest import two_sample_test
from aemlo.quality.reporting import MEASURES, measures, report
from aemlo.quality.settings import Judging

__all__ = [
    "CLOSE",
    "FAR",
    "MEASURES",
    "Judging",
    "Measure",
    "copied_and_off",
    "coverage",
    "inside_balls",
    "label_agreement",
    "matched",
    "measures",
    "nearest_real",
    "outside",
    "precision_recall",
    "purpose",
    "real_inside_balls",
    "report",
    "two_sample_test",
]
