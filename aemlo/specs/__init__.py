"""An experiment as a small file: TOML <-> plain dict <-> objects and options.

The page writes it, the command line runs it, a run keeps it: the same words give the
same scores to the last digit. Ours.
"""

from aemlo.specs.checking import (
    DEFAULTS,
    READ_OPTIONS,
    arm,
    changed_settings,
    checked,
)
from aemlo.specs.following import comparison_of
from aemlo.specs.judging import verdicts
from aemlo.specs.learning import REMEDIES, learners, with_remedies
from aemlo.specs.using import arms, datasets, engine, options
from aemlo.specs.versions import completed, written
from aemlo.specs.writing import from_toml, script, to_toml

__all__ = [
    "DEFAULTS",
    "READ_OPTIONS",
    "REMEDIES",
    "arm",
    "arms",
    "changed_settings",
    "checked",
    "comparison_of",
    "completed",
    "datasets",
    "engine",
    "from_toml",
    "learners",
    "options",
    "script",
    "to_toml",
    "verdicts",
    "with_remedies",
    "written",
]
