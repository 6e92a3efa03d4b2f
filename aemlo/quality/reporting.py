"""All measures of plausibility, overall and label by label."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pandas as pd

from aemlo.arrays import Features, LabelMatrix, PerFeature, Rows
from aemlo.errors import DataError
from aemlo.progress import no_progress
from aemlo.quality import figures, forest, plausibility
from aemlo.quality.base import Compared, Figure, Group, Measure, Parents, registered
from aemlo.quality.forest import FEWEST
from aemlo.quality.settings import Judging

MOST_ROWS = 10_000

Progress: TypeAlias = Callable[[float], object]


def measures(judging: Judging) -> tuple[Measure, ...]:
    """The Measures of a report in their order, in words that fit a Judging."""
    every = registered(plausibility.__name__, forest.__name__)
    return tuple(one.in_words_of(judging) for one in every)


MEASURES = measures(Judging())
OF_ROWS = tuple(one for one in MEASURES if not one.by_forest)
(BY_FOREST,) = (one for one in MEASURES if one.by_forest)


def report(
    real: Features,
    Y_real: LabelMatrix,
    synthetic: Features,
    Y_synthetic: LabelMatrix,
    made_for: Rows,
    rng: np.random.Generator,
    parents: Parents | None = None,
    on_progress: Progress | None = None,
    judging: Judging | None = None,
) -> tuple[pd.DataFrame, dict[int, PerFeature]]:
    """All figures as a tidy frame `measure label value reference rows`.

    `label` is a column of Y, or -1 for all rows; labels are those with a synthetic row.
    `reference` is the figure of real rows among themselves, `rows` the number of
    synthetic rows behind it. Of more than MOST_ROWS real rows a random part is used.
    The forests and the distances overall compare with real rows matched by the label
    the synthetic ones stand for (see `purpose`); `parents` (rows of `real`, a tuple for
    each synthetic one) keep families together in the forest's folds. Label by label a
    forest is asked for the rarest labels that have rows enough, as many as `judging` (a
    Judging, that by default) says. Also returns the forests' importances, a dict from
    label (-1 for all rows) to (d,).
    DataError for fewer than two real rows or no synthetic one.
    """
    on_progress = on_progress or no_progress
    if real.shape[0] < 2 or not synthetic.shape[0]:
        raise DataError(
            f"{real.shape[0]:,} real and {synthetic.shape[0]:,} synthetic rows: to "
            "judge takes two real rows and a synthetic one. Bring some rows back."
        )
    if real.shape[0] > MOST_ROWS:
        part = np.sort(rng.permutation(real.shape[0])[:MOST_ROWS])
        real, Y_real = real[part], Y_real[part]
        parents = _renumbered(parents, part)
    on_progress(0.0)
    judging = judging or Judging()
    whole = Compared(real, Y_real, synthetic, Y_synthetic, made_for, judging)
    on_progress(0.2)
    everything = whole.of_all(figures.matched(Y_real, whole.stands_for, rng))
    lines = _of_rows(everything, on_progress)
    by_forest, importances = _by_forest(everything, parents, rng, on_progress)
    on_progress(1.0)
    names = ["measure", "label", *Figure._fields]
    frame = pd.DataFrame(lines + by_forest, columns=names)
    return frame.sort_values("label", kind="stable", ignore_index=True), importances


Line: TypeAlias = tuple[str, int, float, float, int]
"""A line of the report: measure, label, value, reference, rows."""


def _line(one: Measure, group: Group, figure: Figure) -> Line:
    return one.title, group.label, figure.value, figure.reference, figure.rows


def _of_rows(everything: Group, on_progress: Progress) -> list[Line]:
    """The lines of the measures that need no forest, of all rows and label by label."""
    none = Figure(np.nan, np.nan, len(everything.new))
    lines = [
        _line(one, everything, one.function(everything) or none) for one in OF_ROWS
    ]
    on_progress(0.3)
    whole = everything.whole
    labels = whole.labels
    for number, label in enumerate(labels):
        group = whole.of_label(int(label))
        for one in OF_ROWS:
            figure = one.function(group)
            if figure is not None:
                lines.append(_line(one, group, figure))
        on_progress(0.3 + 0.3 * (number + 1) / len(labels))
    return lines


def _by_forest(
    everything: Group,
    parents: Parents | None,
    rng: np.random.Generator,
    on_progress: Progress,
) -> tuple[list[Line], dict[int, PerFeature]]:
    """The lines of the two-sample tests, and the forests' importances by label."""
    whole = everything.whole
    lines: list[Line] = []
    importances: dict[int, PerFeature] = {}

    def ask(group: Group) -> None:
        families = None if parents is None else [parents[i] for i in group.new]
        auc, importances[group.label] = BY_FOREST.function(
            whole.real[group.alike],
            group.synthetic,
            rng,
            _renumbered(families, group.alike),
        )
        lines.append(_line(BY_FOREST, group, Figure(auc, 0.5, _smaller(group))))

    ask(everything)
    on_progress(0.65)
    labels = whole.labels
    rarest = labels[np.argsort(whole.Y_real[:, labels].sum(axis=0), kind="stable")]
    groups = [_alike_with(whole, int(label), rng) for label in rarest]
    asked = [group for group in groups if _smaller(group) >= FEWEST]
    asked = asked[: whole.judging.forests]
    for number, group in enumerate(asked):
        ask(group)
        on_progress(0.65 + 0.35 * (number + 1) / len(asked))
    return lines, importances


def _smaller(group: Group) -> int:
    """How many rows of either kind a forest can compare."""
    return min(len(group.alike), len(group.new))


def _alike_with(whole: Compared, label: int, rng: np.random.Generator) -> Group:
    """The rows with a label; the real ones have the label that the synthetic ones stand
    for too, else a forest would tell only those apart."""
    group = whole.of_label(label)
    alike = figures.matched(whole.Y_real[group.have], whole.stands_for[group.new], rng)
    return replace(group, alike=group.have[alike])


def _renumbered(parents: Parents | None, rows: Rows) -> Parents | None:
    """The parents that are among `rows`, by their place there."""
    if parents is None:
        return None
    place = {int(row): position for position, row in enumerate(rows)}
    return [tuple(place[p] for p in each if p in place) for each in parents]
