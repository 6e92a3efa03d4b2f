"""A data set's label imbalance in words: every sentence with its evidence and source.

Each rule is one function of a `Reading`; it returns a `Sentence`, or None where it has
nothing to say. `RULES` below is the order in which they are read.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aemlo import imbalance
from aemlo.arrays import Names, Rows
from aemlo.imbalance.labels import FEW_POSITIVES, HIGH_IMR, Labelled, Labels
from aemlo.wording import count, counted, decimals, percent, ratio

MEAN_IR_LIMIT, CV_IR_LIMIT = 1.5, 0.2
SCUMBLE_LIMIT = 0.1
HALF = 0.5
EMPTY_ROWS_LIMIT = 0.05


@dataclass(frozen=True)
class Sentence:
    """`text` in plain words; `tone` is "fine", "note" or "problem".

    `rule` is the condition under which the sentence holds, `source` where the rule is
    from.
    """

    text: str
    tone: str
    rule: str
    source: str


@dataclass(frozen=True)
class Reading:
    """The data that the rules read; each measure is computed once.

    `folds` is the number of folds of the comparison to come, `empty` the convention for
    labels without positives.
    """

    labels: Labels
    names: tuple[str, ...]
    folds: int
    empty: str

    @cached_property
    def mean_ir(self) -> float:
        """MeanIR of the set."""
        return imbalance.mean_ir(self.labels, self.empty)

    @cached_property
    def cv_ir(self) -> float:
        """CVIR of the set."""
        return imbalance.cv_ir(self.labels, self.empty)

    @cached_property
    def scumble(self) -> float:
        """SCUMBLE of the set."""
        return imbalance.scumble(self.labels)

    @cached_property
    def minority(self) -> Rows:
        """Positions of the minority labels."""
        return np.flatnonzero(imbalance.minority_labels(self.labels, self.empty))

    @cached_property
    def one_sided(self) -> Rows:
        """Positions of the labels whose two sides differ in number by HIGH_IMR."""
        imr = imbalance.imr_per_label(self.labels)
        return np.flatnonzero(np.nan_to_num(imr) > HIGH_IMR)

    @cached_property
    def rare_alone(self) -> Rows:
        """Those of them that few rows have: rare even without a label beside them."""
        counts = self.labels.counts[self.one_sided]
        return self.one_sided[2 * counts < self.labels.n]

    def named(self, columns: Rows, most: int = 3) -> str:
        """Names of label columns, at most `most`, with how many more there are."""
        shown = ", ".join(self.names[j] for j in columns[:most])
        more = len(columns) - most
        return f"{shown} and {count(more)} more" if more > 0 else shown


def between_labels(reading: Reading) -> Sentence | None:
    """Whether the labels differ in frequency, by MeanIR and CVIR."""
    mean, spread = reading.mean_ir, reading.cv_ir
    if np.isnan(mean) or reading.labels.q < 2:  # one label has no other beside it
        return None
    counts = reading.labels.counts
    often = int(counts.argmax())
    rare = int(np.argmin(np.where(counts > 0, counts, counts.max() + 1)))
    evidence = f"MeanIR {decimals(mean)}, CVIR {decimals(spread)}"
    if mean > MEAN_IR_LIMIT and spread > CV_IR_LIMIT:
        text = (
            f"The labels are imbalanced against each other ({evidence}): "
            f"{reading.names[often]} has {count(counts[often])} rows, "
            f"{reading.names[rare]} has {count(counts[rare])}."
        )
        tone = "problem"
    else:
        text = f"The labels are about equally frequent ({evidence})."
        tone = "note" if len(reading.rare_alone) else "fine"
    return Sentence(
        text,
        tone,
        f"Imbalanced if MeanIR > {MEAN_IR_LIMIT} and CVIR > {CV_IR_LIMIT}.",
        "Charte et al., Neurocomputing 163, 2015",
    )


def within_labels(reading: Reading) -> Sentence | None:
    """Labels whose positives and negatives are far from equal in number."""
    imr, high = imbalance.imr_per_label(reading.labels), reading.one_sided
    if not len(high):
        return None
    worst = high[np.argmax(imr[high])]
    return Sentence(
        f"Within {counted(len(high), 'label')} of {count(reading.labels.q)} one side "
        f"outnumbers the other by more than {HIGH_IMR} to 1 (most in "
        f"{reading.names[worst]}, ImR {ratio(imr[worst])}): a classifier of "
        "one label gains by always saying no; use F1 or AUC, not accuracy.",
        "problem",
        f"Highly imbalanced if ImR > {HIGH_IMR}.",
        "Fernandez et al., Fuzzy Sets and Systems 159, 2008",
    )


def not_learnable(reading: Reading) -> Sentence | None:
    """Labels that no row has, or every row."""
    counts = reading.labels.counts
    none, all_rows = np.flatnonzero(counts == 0), counts == reading.labels.n
    if not len(none) and not all_rows.any():
        return None
    parts = []
    if len(none):
        parts.append(f"no row has {reading.named(none)}")
    if all_rows.any():
        parts.append(f"every row has {reading.named(np.flatnonzero(all_rows))}")
    return Sentence(
        f"Nothing can be learned of some labels: {'; '.join(parts)}. Leave them out on "
        "the Data set page.",
        "problem",
        "A label needs rows with it and rows without it.",
        "By definition; MULAN and MLDA leave such labels out of MeanIR",
    )


def not_evaluable(reading: Reading) -> Sentence | None:
    """Labels with fewer positives than there are folds."""
    counts = reading.labels.counts
    few = np.flatnonzero((counts > 0) & (counts < reading.folds))
    if not len(few):
        return None
    few = few[np.argsort(counts[few], kind="stable")]
    return Sentence(
        f"{counted(len(few), 'label')} cannot be judged with {reading.folds} folds "
        f"({reading.named(few)}; fewest rows: {count(counts[few[0]])}): some test part "
        "has no row of it and its scores there do not exist. Use fewer folds, or leave "
        "out such labels.",
        "problem",
        f"A label needs at least one positive row per fold ({reading.folds}).",
        "Sechidis et al., ECML PKDD 2011 (LNCS 6913)",
    )


def too_few_for_protocol(reading: Reading) -> Sentence | None:
    """Labels that can be tested, but on FEW_POSITIVES rows or fewer."""
    counts = reading.labels.counts
    few = np.flatnonzero((counts >= reading.folds) & (counts <= FEW_POSITIVES))
    if not len(few):
        return None
    return Sentence(
        f"{counted(len(few), 'label')} can be judged, but on {FEW_POSITIVES} rows or "
        f"fewer in all ({reading.named(few)}): expect scores that swing from fold "
        "to fold. Published comparisons of AEMLO leave such labels out.",
        "note",
        f"Few positives if between the number of folds and {FEW_POSITIVES}.",
        "Zhou et al., ECML PKDD 2024 (experimental setting)",
    )


def single_positives(reading: Reading) -> Sentence | None:
    """Labels with one positive row, which cannot be interpolated."""
    one = np.flatnonzero(reading.labels.counts == 1)
    if not len(one):
        return None
    return Sentence(
        f"{counted(len(one), 'label')} with a single row ({reading.named(one)}) cannot "
        "be helped by interpolation: there is no second row to go towards.",
        "problem",
        "MLSMOTE draws seed and neighbour from the rows of one label.",
        "Charte et al., Knowledge-Based Systems 89, 2015",
    )


def concurrence(reading: Reading) -> Sentence | None:
    """Whether rare and frequent labels share rows, by SCUMBLE."""
    value = reading.scumble
    if not len(reading.minority):
        return None
    if value <= SCUMBLE_LIMIT:
        return Sentence(
            f"Rare labels mostly do not ride with frequent ones (SCUMBLE "
            f"{decimals(value)}): "
            "adding rows of rare labels raises those labels and little else.",
            "fine",
            f"Concurrence is low if SCUMBLE <= {SCUMBLE_LIMIT}.",
            "Charte et al., HAIS 2014 (LNCS 8480)",
        )
    split = (reading.labels.scumble_rows > value).sum()
    return Sentence(
        f"Rare labels ride with frequent ones (SCUMBLE {decimals(value)}): cloning "
        "rows lifts both. Consider decoupling first: REMEDIAL would split "
        f"{count(split)} rows.",
        "problem",
        f"Concurrence is high if SCUMBLE > {SCUMBLE_LIMIT}.",
        "Charte et al., HAIS 2014 (LNCS 8480); REMEDIAL: HAIS 2015 (LNCS 9121)",
    )


def who_meets_whom(reading: Reading) -> Sentence | None:
    """The minority label with the highest SCUMBLE, and its commonest companion."""
    if reading.scumble <= SCUMBLE_LIMIT or not len(reading.minority):
        return None
    labels = reading.labels
    per_label = np.nan_to_num(imbalance.scumble_per_label(labels))
    rare = reading.minority[labels.counts[reading.minority] > 1]
    if not len(rare):
        return None
    j = rare[np.argmax(per_label[rare])]
    met = imbalance.neighbours(labels, j, reading.names)
    if met.empty:
        return None
    top = met.iloc[0]
    return Sentence(
        f"The strongest case is {reading.names[j]} (SCUMBLE "
        f"{decimals(per_label[j])}): {count(top['rows'])} of its "
        f"{count(labels.counts[j])} rows also have {top['label']}.",
        "note",
        "The minority label of several rows with the highest SCUMBLE.",
        "Charte et al., Neurocomputing 326, 2019",
    )


def many_labelsets(reading: Reading) -> Sentence | None:
    """Whether most labelsets occur once."""
    sets = imbalance.labelsets(reading.labels)
    single = imbalance.single_labelsets(reading.labels)
    if single <= HALF * sets:
        return None
    return Sentence(
        f"{count(single)} of {count(sets)} labelsets occur once: methods that treat a "
        "labelset as a class (label powerset, LP-ROS, LP-RUS) have little to learn "
        "from.",
        "note",
        "Said if more than half of the labelsets have one row.",
        "Read, Pfahringer, Holmes, ICDM 2008 (pruned sets)",
    )


def dependent_labels(reading: Reading) -> Sentence | None:
    """Whether most pairs of labels depend on each other."""
    dependent, pairs = imbalance.dependent_pairs(reading.labels)
    if not pairs or dependent <= HALF * pairs:
        return None
    return Sentence(
        f"{percent(dependent / pairs)} of the label pairs depend on each other "
        "(chi-squared, 99 %): classifiers that use other labels, such as chains, "
        "are worth a try.",
        "note",
        "Said if more than half of the pairs are dependent.",
        "Tenenboim-Chaimovich et al., MLD 2010; Read et al., Machine Learning 85, 2011",
    )


def rows_without_labels(reading: Reading) -> Sentence | None:
    """Whether many rows have no label."""
    share = imbalance.unlabelled_rows(reading.labels)
    if share <= EMPTY_ROWS_LIMIT:
        return None
    return Sentence(
        f"{count((reading.labels.sizes == 0).sum())} rows ({percent(share)}) have no "
        "label: "
        "they count as negatives of every label, and metrics by row are not defined on "
        "them.",
        "note",
        f"Said if more than {EMPTY_ROWS_LIMIT:.0%} of the rows have no label.",
        "Zhang, Zhou, IEEE TKDE 26(8), 2014 (metrics by example)",
    )


def what_next(reading: Reading) -> Sentence | None:
    """Which samplers are worth a comparison."""
    rule = (
        f"MeanIR up to {MEAN_IR_LIMIT}: none; else by SCUMBLE, limit {SCUMBLE_LIMIT}."
    )
    source = "Charte et al., Neurocomputing 163, 2015; Neurocomputing 326, 2019"
    if np.isnan(reading.mean_ir):
        return None
    alike = reading.mean_ir <= MEAN_IR_LIMIT or not len(reading.minority)
    if alike and len(reading.rare_alone):
        text = (
            f"Next: for {counted(len(reading.rare_alone), 'label')} that fewer than 1 "
            f"row in {HIGH_IMR + 1} has, compare the classifier as it is with class "
            "weights, with thresholds, and with an oversampler whose setting `labels` "
            "names them: no label is rarer than the others, so by itself it adds "
            "nothing."
        )
        rule, source = (
            f"MeanIR up to {MEAN_IR_LIMIT} and ImR > {HIGH_IMR}.",
            "Fernandez et al., Fuzzy Sets and Systems 159, 2008",
        )
    elif alike:
        text = (
            "Next: compare classifiers without sampling; there is little for a sampler "
            "to repair."
        )
    elif reading.scumble > SCUMBLE_LIMIT:
        text = (
            f"Next: for {counted(len(reading.minority), 'label')} rarer than MeanIR, "
            "compare no sampling with REMEDIAL followed by an oversampler, and with "
            "AEMLO and MLSMOTE, which make new rows instead of cloning."
        )
    else:
        text = (
            f"Next: for {counted(len(reading.minority), 'label')} rarer than MeanIR, "
            "compare no sampling with ML-ROS, MLSMOTE and AEMLO."
        )
    return Sentence(text, "note", rule, source)


RULES = (
    between_labels,
    within_labels,
    not_learnable,
    not_evaluable,
    too_few_for_protocol,
    single_positives,
    concurrence,
    who_meets_whom,
    many_labelsets,
    dependent_labels,
    rows_without_labels,
    what_next,
)


def advise(
    Y: Labelled, names: Names, folds: int = 5, empty: str = "left out"
) -> list[Sentence]:
    """The Sentences that hold for Y (n, q) with these label names, in reading order.

    `folds` is the number of folds of the comparison to come.
    """
    reading = Reading(Labels.of(Y), tuple(names), folds, empty)
    return [sentence for rule in RULES if (sentence := rule(reading)) is not None]
