"""What to look at in a data set before it is used, each with its number and answers.

`examine` finds; an answer is a list of steps; `apply` does them and notes them in the
data set's recipe, from which `in_words` tells them and `without` takes one back. Ours.
"""

from aemlo.checks.finding import Answer, Finding
from aemlo.checks.findings import CHECKS, examine
from aemlo.checks.steps import STEPS, apply, describe, in_words, without
from aemlo.imbalance import FEW_POSITIVES
from aemlo.wording import counted

__all__ = [
    "CHECKS",
    "FEW_POSITIVES",
    "STEPS",
    "Answer",
    "Finding",
    "apply",
    "counted",
    "describe",
    "examine",
    "in_words",
    "without",
]
