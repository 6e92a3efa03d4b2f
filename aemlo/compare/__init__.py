"""From tidy scores to tables, intervals, tests and verdicts. Knows only frames."""

from aemlo.compare.labels import by_part, in_thirds, per_label, won_and_lost
from aemlo.compare.paired import (
    VERDICTS,
    before_after,
    corrected_t,
    holm,
    in_words,
    split_by_verdict,
    summary_counts,
)
from aemlo.compare.sets import Ranking, critical_difference, means, rank
from aemlo.compare.tradeoffs import arms, directions, mistake, pareto, sweep
from aemlo.wording import signed

__all__ = [
    "VERDICTS",
    "Ranking",
    "arms",
    "before_after",
    "by_part",
    "corrected_t",
    "critical_difference",
    "directions",
    "holm",
    "in_thirds",
    "in_words",
    "means",
    "mistake",
    "pareto",
    "per_label",
    "rank",
    "signed",
    "split_by_verdict",
    "summary_counts",
    "sweep",
    "won_and_lost",
]
