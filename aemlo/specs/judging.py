"""The verdicts of a spec: its arms, its baseline, its primary metric. Ours."""

from typing import Any

import pandas as pd

from aemlo import compare
from aemlo.compare.equivalence import ROPE
from aemlo.compare.predictions import Predictions
from aemlo.specs.learning import learners


def verdicts(
    spec: dict[str, Any],
    scores: pd.DataFrame,
    predictions: Predictions | None = None,
    *,
    baseline: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """`compare.before_after` of the arms of a checked spec.

    `scores` are the tidy rows of its run, `predictions` what the arms gave for every
    test row: without it, one set of test rows gives no verdict. `baseline` is an arm,
    the spec's own by default.
    """
    known = learners(spec)
    if "split" not in scores.columns:  # rows of an older run
        scores = scores.assign(split=spec["split"])
    judge = None
    if predictions is not None:
        judge = predictions.over_rows(known, seed=spec.get("seed", 0))
    return compare.before_after(
        compare.as_arms(scores, known),
        baseline or spec.get("baseline", "none"),
        level,
        primary=spec.get("primary", ""),
        rope=spec.get("rope", ROPE),
        over_rows=judge,
    )
