"""All figures of plausibility, overall and label by label."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from aemlo.errors import DataError
from aemlo.progress import no_progress
from aemlo.quality import figures
from aemlo.quality.forest import FEWEST, two_sample_test
from aemlo.quality.settings import Judging

MOST_ROWS = 10_000


@dataclass(frozen=True)
class Measure:
    """A figure of the report: what it says and what good looks like."""

    title: str
    meaning: str
    good: str


def report(
    real,
    Y_real,
    synthetic,
    Y_synthetic,
    made_for,
    rng,
    parents=None,
    on_progress=None,
    judging=None,
):
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
    on_progress, judging = on_progress or no_progress, judging or Judging()
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
    judged = _Judged(real, Y_real, synthetic, Y_synthetic, made_for, judging)
    on_progress(0.2)
    alike = figures.matched(Y_real, judged.stands_for, rng)
    judged.overall(alike)
    on_progress(0.3)
    labels = np.flatnonzero(Y_synthetic.any(axis=0) & Y_real.any(axis=0))
    for done, label in enumerate(labels):
        judged.label(label)
        on_progress(0.3 + 0.3 * (done + 1) / len(labels))
    auc, importance = two_sample_test(
        real[alike], synthetic, rng, _renumbered(parents, alike)
    )
    m = synthetic.shape[0]
    judged.add("told apart (AUC)", -1, auc, 0.5, min(m, len(alike)))
    importances = {-1: importance}
    on_progress(0.65)
    rarest = labels[np.argsort(Y_real[:, labels].sum(axis=0), kind="stable")]
    pairs = [(j, *judged.alike_with(j, rng)) for j in rarest]
    asked = [pair for pair in pairs if min(map(len, pair[1:])) >= FEWEST]
    asked = asked[: judging.forests]
    for done, (label, have, made) in enumerate(asked):
        families = None if parents is None else [parents[i] for i in made]
        auc, importances[int(label)] = two_sample_test(
            real[have], synthetic[made], rng, _renumbered(families, have)
        )
        size = min(len(have), len(made))
        judged.add("told apart (AUC)", label, auc, 0.5, size)
        on_progress(0.65 + 0.35 * (done + 1) / len(asked))
    on_progress(1.0)
    return judged.frame(), importances


class _Judged:
    """Synthetic rows beside real ones, and the figures said of them so far."""

    def __init__(self, real, Y_real, synthetic, Y_synthetic, made_for, judging):
        self.judging, k = judging, judging.agreement
        self.real, self.Y_real = real, np.asarray(Y_real)
        self.synthetic, self.Y_synthetic = synthetic, np.asarray(Y_synthetic)
        self.stands_for = figures.purpose(Y_real, Y_synthetic, made_for)
        self.agreement = figures.label_agreement(
            real, Y_real, synthetic, Y_synthetic, k
        )
        self.own_agreement = figures.label_agreement(real, Y_real, k=k)
        self.to_real, self.among = figures.nearest_real(real, synthetic)
        self.strayed = figures.outside(
            real, Y_real, synthetic, self.stands_for, judging.region
        )
        self._rows = []

    def add(self, measure, label, value, reference, size):
        """One line of the report."""
        self._rows.append((measure, int(label), value, reference, size))

    def frame(self):
        """All lines, those of all rows first, then label by label."""
        names = ["measure", "label", "value", "reference", "rows"]
        found = pd.DataFrame(self._rows, columns=names)
        return found.sort_values("label", kind="stable", ignore_index=True)

    def alike_with(self, label, rng):
        """(real, synthetic) rows with a label; the real ones have the label that the
        synthetic ones stand for too, else a forest would tell only those apart."""
        have = np.flatnonzero(self.Y_real[:, label])
        made = np.flatnonzero(self.Y_synthetic[:, label])
        alike = figures.matched(self.Y_real[have], self.stands_for[made], rng)
        return have[alike], made

    def overall(self, alike):
        """Figures of all rows; `alike` are real rows with the labels they stand for."""
        m = self.synthetic.shape[0]
        self._distances(-1, self.to_real, self.among[alike])
        k = self.judging.precision
        precision, recall = figures.precision_recall(self.real, self.synthetic, k)
        own = (
            figures.real_inside_balls(self.real, k)
            if precision == precision
            else np.nan
        )
        self.add("precision", -1, precision, own, m)
        self.add("recall", -1, recall, np.nan, m)
        reached = figures.coverage(self.real, self.synthetic, self.judging.coverage)
        self.add("coverage", -1, reached, np.nan, m)
        own = self.own_agreement[alike].mean() if len(alike) else np.nan
        self.add("label agreement", -1, float(self.agreement.mean()), own, m)
        labels, counts = np.unique(
            self.stands_for[self.stands_for >= 0], return_counts=True
        )
        reach = self.judging.region
        own = np.array([figures.real_outside(self._with(j), reach) for j in labels])
        known = own == own
        usual = np.average(own[known], weights=counts[known]) if known.any() else np.nan
        self.add("outside", -1, float(self.strayed.mean()), usual, m)

    def label(self, label):
        """Figures of the rows with one label."""
        made, have = self.Y_synthetic[:, label] > 0, self.Y_real[:, label] > 0
        real, synthetic, size = self.real[have], self.synthetic[made], int(made.sum())
        self._distances(label, self.to_real[made], self.among[have])
        reached = figures.coverage(real, synthetic, self.judging.coverage)
        self.add("coverage", label, reached, np.nan, size)
        k = self.judging.precision
        if figures.enough(real, k):
            inside = float(figures.inside_balls(real, synthetic, k).mean())
            own = figures.real_inside_balls(real, k)
            self.add("precision", label, inside, own, size)
        if figures.enough(synthetic, k):
            reached = float(figures.inside_balls(synthetic, real, k).mean())
            self.add("recall", label, reached, np.nan, size)
        mean = float(self.agreement[made].mean())
        own = self.own_agreement[have].mean()
        self.add("label agreement", label, mean, own, size)
        meant = self.stands_for == label
        own = figures.real_outside(real, self.judging.region)
        if meant.any() and own == own:
            strayed = float(self.strayed[meant].mean())
            self.add("outside", label, strayed, own, int(meant.sum()))

    def _with(self, label):
        return self.real[self.Y_real[:, label] > 0]

    def _distances(self, label, far, own):
        copied, off = figures.copied_and_off(far, own)
        usual = float(np.median(own)) if len(own) else np.nan
        self.add("distance", label, float(np.median(far)), usual, len(far))
        self.add("copies", label, copied, figures.CLOSE, len(far))
        self.add("off the data", label, off, 1 - figures.FAR, len(far))


def _renumbered(parents, rows):
    """The parents that are among `rows`, by their place there."""
    if parents is None:
        return None
    place = {int(row): position for position, row in enumerate(rows)}
    return [tuple(place[p] for p in each if p in place) for each in parents]


def measures(judging):
    """The Measures of a report in their order, in words that fit a Judging."""
    return (
        Measure(
            "distance",
            "Median distance of a synthetic row to the nearest real one.",
            "near that of real rows with the same labels, in grey",
        ),
        Measure(
            "copies",
            "Share of synthetic rows nearer to a real row than 1 % of real rows are.",
            "about 1 %: more means that rows are copied",
        ),
        Measure(
            "off the data",
            "Share of synthetic rows farther from any real row than 99 % of real rows "
            "are.",
            "about 1 %: more means rows where there are no data",
        ),
        Measure(
            "precision",
            "Share of synthetic rows inside the region of the real ones.",
            "near that of real rows, in grey",
        ),
        Measure(
            "recall",
            "Share of real rows inside the region of the synthetic ones. Rows made for "
            "a few labels cannot reach all others.",
            "higher is more varied; compare samplers",
        ),
        Measure(
            "coverage",
            "Share of real rows with a synthetic row as near as their nearest "
            f"{judging.coverage} real ones are.",
            "higher: the label's whole region is strengthened, not one corner",
        ),
        Measure(
            "label agreement",
            "How alike a synthetic row's labels and those of its nearest "
            f"{judging.agreement} real rows are (Jaccard, 0 to 1).",
            "near that of real rows, in grey",
        ),
        Measure(
            "outside",
            "Share of synthetic rows outside the region of the label they were made "
            "for (or of their rarest label, where they were made for none).",
            "no more than of real rows among themselves, in grey",
        ),
        Measure(
            "told apart (AUC)",
            "How well a forest tells synthetic rows from real ones with the same "
            f"labels. Label by label: the {judging.forests} rarest with {FEWEST} of "
            "each kind.",
            "0.5: it cannot; 1: always; far below 0.5: rows are near-copies",
        ),
    )


MEASURES = measures(Judging())
