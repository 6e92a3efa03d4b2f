"""What every registered measure keeps: order, bounds, words, an oracle of its own.

A measure is found through `MEASURES`. `ORACLES` has, for each, an independent way to
the same number; a measure that nobody added one for fails `check_an_oracle_agrees`.
"""

import math
from collections import Counter
from itertools import combinations
from statistics import fmean, stdev

import numpy as np
import pytest
from scipy import stats

from aemlo.imbalance import (
    EMPTY,
    MEASURES,
    Labels,
    imr_per_label,
    ir_per_label,
    label_counts,
    measure,
    minority_labels,
    scumble_cv_per_label,
    scumble_per_label,
)
from aemlo.imbalance.base import Measure

rng = np.random.default_rng(12)
FEATURES = 7
# Sets that differ in every respect: density, number of labels and rows, labels and rows
# without positives, rows that repeat, labels that depend on each other.
SETS = [
    (rng.random((40, 5)) < [0.6, 0.4, 0.2, 0.1, 0.05]).astype(int),
    (rng.random((25, 8)) < 0.15).astype(int),
    (rng.random((30, 3)) < 0.7).astype(int),
    np.repeat(np.eye(4, dtype=int), [12, 6, 2, 1], axis=0),
    np.column_stack(
        [np.arange(24) % 2, np.arange(24) % 2, np.arange(24) < 3, [0] * 24]
    ),
    np.zeros((6, 3), dtype=int),
]
PER_LABEL = [
    label_counts,
    ir_per_label,
    imr_per_label,
    minority_labels,
    scumble_per_label,
    scumble_cv_per_label,
]


def value(entry, Y):
    return entry.value(Labels.of(Y), "left out", FEATURES)


def same(one, other):
    return one == pytest.approx(other, nan_ok=True, rel=1e-9, abs=1e-12)


def positives(Y):
    """Rows of each label."""
    return [sum(column) for column in zip(*Y.tolist(), strict=True)]


def labels_of_rows(Y):
    return [sum(row) for row in Y.tolist()]


def rows_of_labelsets(Y):
    return list(Counter(map(tuple, Y.tolist())).values())


def ir(Y, empty):
    """IRLbl of the labels that enter the means: all with a positive row, and the others
    as 0 where they count."""
    counts = positives(Y)
    most = max(counts)
    counted = [c for c in counts if c or (most and empty == "counts as 0")]
    return [most / c if c else 0.0 for c in counted]


def mean(values):
    return fmean(values) if values else math.nan


def variation(values):
    """Standard deviation (n - 1) / mean; NaN where there is none."""
    if len(values) < 2 or not fmean(values):
        return math.nan
    return stdev(values) / fmean(values)


def cv_ir(Y, empty):
    values = ir(Y, empty)
    return 0.0 if len(values) == 1 else variation(values)


def minority(Y, empty):
    values = ir(Y, empty)
    return sum(value > mean(values) for value in values)


def imr(Y):
    sides = [(c, len(Y) - c) for c in positives(Y) if 0 < c < len(Y)]
    return [max(pair) / min(pair) for pair in sides]


def entropy(Y):
    return [stats.entropy([c, len(Y) - c], base=2) for c in positives(Y)]


def moment(function):
    """The oracle of a standardised moment of the labels per row, from SciPy's."""

    def oracle(Y, empty):
        sizes = labels_of_rows(Y)
        return float(function(sizes)) if len(set(sizes)) > 1 else math.nan

    return oracle


def scumble_of_rows(Y):
    """1 - geometric / arithmetic mean of the IRLbl of each row's labels."""
    counts = positives(Y)
    values = []
    for row in Y.tolist():
        own = [max(counts) / c for c, has in zip(counts, row, strict=True) if has]
        values.append(1 - stats.gmean(own) / fmean(own) if len(set(own)) > 1 else 0.0)
    return values


def dependent_pairs(Y, empty):
    """Share of pairs of labels, both of two values, that SciPy's test finds tied."""
    varying = [column for column in Y.T if len(set(column)) == 2]
    tied = []
    for one, other in combinations(varying, 2):
        cells = stats.contingency.crosstab(one, other).count
        tied.append(stats.chi2_contingency(cells, correction=False).pvalue < 0.01)
    return mean(tied)


ORACLES = {
    "cardinality": lambda Y, empty: fmean(labels_of_rows(Y)),
    "density": lambda Y, empty: Y.mean(),
    "cardinality_skew": moment(stats.skew),
    "cardinality_kurtosis": moment(stats.kurtosis),
    "unlabelled_rows": lambda Y, empty: labels_of_rows(Y).count(0) / len(Y),
    "mean_ir": lambda Y, empty: mean(ir(Y, empty)),
    "max_ir": lambda Y, empty: max(ir(Y, "left out"), default=math.nan),
    "cv_ir": cv_ir,
    "minority": minority,
    "empty_labels": lambda Y, empty: positives(Y).count(0) / Y.shape[1],
    "mean_imr": lambda Y, empty: mean(imr(Y)),
    "label_entropy": lambda Y, empty: mean(entropy(Y)),
    "labelsets": lambda Y, empty: len(rows_of_labelsets(Y)),
    "single_labelsets": lambda Y, empty: rows_of_labelsets(Y).count(1),
    "largest_labelset": lambda Y, empty: max(rows_of_labelsets(Y)),
    "labelset_share": lambda Y, empty: len(rows_of_labelsets(Y)) / len(Y),
    "diversity": lambda Y, empty: (
        len(rows_of_labelsets(Y)) / min(len(Y), 2 ** Y.shape[1])
    ),
    "mean_ir_labelset": lambda Y, empty: mean(
        [max(rows_of_labelsets(Y)) / rows for rows in rows_of_labelsets(Y)]
    ),
    "tcs": lambda Y, empty: math.log(FEATURES * Y.shape[1] * len(rows_of_labelsets(Y))),
    "scumble": lambda Y, empty: fmean(scumble_of_rows(Y)),
    "scumble_cv": lambda Y, empty: variation(scumble_of_rows(Y)),
    "dependence": dependent_pairs,
}


def check_an_oracle_agrees(entry):
    assert entry.key in ORACLES, f"{entry.key} has no oracle: add one to ORACLES"
    for Y in SETS:
        for empty in EMPTY:
            number = entry.value(Labels(Y), empty, FEATURES)
            assert same(number, ORACLES[entry.key](Y, empty))


def check_it_says_what_it_is(entry):
    assert entry.title and entry.group and entry.meaning and entry.source
    assert entry.formula
    assert entry.form in ("count", "ratio", "decimals")


def check_the_formula_is_worked_with_the_numbers_of_the_set(entry):
    texts = set()
    for Y in SETS:
        names = [f"L{j}" for j in range(Y.shape[1])]
        texts.add(entry.in_numbers(Labels(Y), "left out", FEATURES, names))
    assert all(texts) and len(texts) > 1


def check_the_order_of_rows_changes_nothing(entry):
    for Y in SETS:
        assert same(value(entry, Y[rng.permutation(len(Y))]), value(entry, Y))


def check_the_order_of_labels_changes_nothing(entry):
    for Y in SETS:
        order = rng.permutation(Y.shape[1])
        assert same(value(entry, Y[:, order]), value(entry, Y))


def check_rows_written_twice_do_what_it_says(entry):
    factors = {"same": 1, "double": 2, "half": 0.5, "zero": 0}
    for Y in SETS:
        once, twice = value(entry, Y), value(entry, np.vstack([Y, Y]))
        if entry.doubled in factors:
            assert same(twice, factors[entry.doubled] * once)
        elif not math.isnan(once):
            change = twice - once
            assert change <= 1e-12 if entry.doubled == "falls" else change >= -1e-12


def check_values_lie_within_the_bounds(entry):
    low, high = entry.bounds
    for Y in SETS:
        number = value(entry, Y)
        assert math.isnan(number) or low - 1e-12 <= number <= high + 1e-12


def check_it_tells_sets_apart(entry):
    known = {
        round(number, 9) for Y in SETS if not math.isnan(number := value(entry, Y))
    }
    assert len(known) > 1


CHECKS = [check for name, check in sorted(globals().items()) if name[:6] == "check_"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("entry", MEASURES.values(), ids=list(MEASURES))
def test_measure(entry, check):
    check(entry)


@pytest.mark.parametrize("function", PER_LABEL, ids=lambda f: f.__name__)
def test_values_of_labels_move_with_the_labels(function):
    for Y in SETS:
        order = rng.permutation(Y.shape[1])
        assert same(function(Y[:, order]), function(Y)[order])


def failed(**more):
    """Names of the checks that a measure with these entries does not pass."""
    whole = {
        "key": "wrong",
        "title": "Wrong",
        "group": "Between labels",
        "function": lambda Y: float(Labels.of(Y).counts.max()),
        "worked": lambda labels: f"{labels.counts.max()} rows",
        "formula": r"\max_j c_j",
        "meaning": "Rows of the commonest label.",
        "source": "Ours",
        "doubled": "double",
    } | more
    names = set()
    for check in CHECKS:
        try:
            check(Measure(**whole))
        except AssertionError:
            names.add(check.__name__)
    return names


def test_the_pattern_of_the_wrong_ones_lacks_an_oracle_only():
    assert failed() == {"check_an_oracle_agrees"}


def test_a_measure_that_differs_from_its_oracle_fails():
    assert failed(key="mean_ir") == {"check_an_oracle_agrees"}


def test_there_is_no_oracle_without_a_measure():
    assert set(ORACLES) == set(MEASURES)


@pytest.mark.parametrize(
    "more, check",
    [
        (
            {"function": lambda Y: 0.5, "doubled": "same"},
            "check_it_tells_sets_apart",
        ),
        ({"formula": ""}, "check_it_says_what_it_is"),
        ({"source": ""}, "check_it_says_what_it_is"),
        (
            {"worked": lambda labels: "the largest"},
            "check_the_formula_is_worked_with_the_numbers_of_the_set",
        ),
        ({"bounds": (0.0, 1.0)}, "check_values_lie_within_the_bounds"),
        ({"doubled": "same"}, "check_rows_written_twice_do_what_it_says"),
        (
            {"function": lambda Y: float(Labels.of(Y).counts[0]), "doubled": "double"},
            "check_the_order_of_labels_changes_nothing",
        ),
        (
            {"function": lambda Y: float(Labels.of(Y).sizes[0]), "doubled": "same"},
            "check_the_order_of_rows_changes_nothing",
        ),
    ],
    ids=[
        "constant",
        "no formula",
        "no source",
        "no numbers",
        "bounds",
        "doubled",
        "first label",
        "first row",
    ],
)
def test_the_contract_sees_a_wrong_measure(more, check):
    assert check in failed(**more)


def test_a_key_is_registered_once():
    again = measure(
        "MeanIR",
        "Between labels",
        key="mean_ir",
        worked=lambda labels: "",
        formula="x",
        meaning="",
        source="",
    )
    with pytest.raises(ValueError, match=r"^There is a measure 'mean_ir' already\.$"):
        again(lambda Y: 0.0)
