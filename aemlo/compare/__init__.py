"""From tidy scores to tables, intervals, tests and verdicts. Knows only frames."""

from aemlo.compare.audit import KINDS, control, suspicious
from aemlo.compare.design import Design
from aemlo.compare.equal_arms import Learner, as_arms, cell_of
from aemlo.compare.labels import (
    by_part,
    in_thirds,
    per_label,
    with_judged_labels,
    won_and_lost,
)
from aemlo.compare.paired import (
    REASONS,
    VERDICTS,
    RowEvidence,
    before_after,
    corrected_t,
    holm,
    split_by_verdict,
    summary_counts,
)
from aemlo.compare.rare import never_predicted, rare_labels
from aemlo.compare.sentences import headline, in_words
from aemlo.compare.sets import Ranking, critical_difference, means, rank
from aemlo.compare.tradeoffs import arms, directions, mistake, pareto, sweep
from aemlo.wording import signed

__all__ = [
    "KINDS",
    "REASONS",
    "VERDICTS",
    "Design",
    "Learner",
    "Ranking",
    "RowEvidence",
    "arms",
    "as_arms",
    "cell_of",
    "before_after",
    "by_part",
    "control",
    "corrected_t",
    "critical_difference",
    "directions",
    "headline",
    "holm",
    "in_thirds",
    "in_words",
    "means",
    "mistake",
    "never_predicted",
    "pareto",
    "per_label",
    "rank",
    "signed",
    "rare_labels",
    "split_by_verdict",
    "summary_counts",
    "suspicious",
    "sweep",
    "with_judged_labels",
    "won_and_lost",
]
