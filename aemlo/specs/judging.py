"""The verdicts of a spec: its arms, its baseline, its primary metric. Ours."""

from typing import Any

import pandas as pd

from aemlo import compare
from aemlo.compare.equivalence import ROPE
from aemlo.compare.tested import Tested
from aemlo.specs.learning import learners


def verdicts(
    spec: dict[str, Any],
    scores: pd.DataFrame,
    tested: Tested | None = None,
    *,
    baseline: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """`compare.before_after` of the arms of a checked spec.

    `scores` are the tidy rows of its run, `tested` what the arms gave for every test
    row: without it, one set of test rows gives no verdict. `baseline` is an arm, the
    spec's own by default.
    """
    known = learners(spec)
    judge = None
    if tested is not None:
        judge = tested.over_rows(known, seed=spec.get("seed", 0))
    return compare.before_after(
        compare.as_arms(scores, known),
        baseline or spec.get("baseline", "none"),
        level,
        primary=spec.get("primary", ""),
        rope=spec.get("rope", ROPE),
        over_rows=judge,
    )
