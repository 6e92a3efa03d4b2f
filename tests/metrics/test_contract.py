"""What every registered metric keeps: order, bounds, direction, an oracle of its own.

A metric is found through `ALL_METRICS`. `ORACLES` has, for each, an independent way to
the same number; one that nobody added a way for fails `check_an_oracle_agrees`.
"""

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from aemlo.metrics import ALL_METRICS, metric, right_and_wrong
from aemlo.metrics.base import Metric

rng = np.random.default_rng(20)
# Rows and labels in which each metric is defined: every row has a label and lacks one,
# every label has a row and lacks one.
Y = np.vstack(
    [np.eye(5, dtype=int), 1 - np.eye(5, dtype=int), rng.integers(0, 2, (30, 5))]
)
Y = Y[Y.any(axis=1) & ~Y.all(axis=1)]
PREDICTIONS = [
    (rng.random(Y.shape) < share).astype(int)
    for share in (0.0, 0.1, 0.3, 0.5, 0.8, 1.0)
]
SCORES = [
    rng.random(Y.shape),
    rng.integers(0, 4, Y.shape) / 4,  # ties
    0.3 * Y + rng.random(Y.shape),
    np.full(Y.shape, 0.5),
]


def given_to(metric):
    return SCORES if metric.needs == "scores" else PREDICTIONS


def perfect_for(metric):
    return Y.astype(float) if metric.needs == "scores" else Y


def same(one, other):
    return np.asarray(one) == pytest.approx(np.asarray(other), nan_ok=True)


def label_by_label(score):
    """The oracle of a metric with one value a label, from a function of one column."""
    return lambda Y, given: [score(Y[:, j], given[:, j]) for j in range(Y.shape[1])]


def mean_over_labels(score):
    return lambda Y, given: np.mean(label_by_label(score)(Y, given))


def g_mean(y, predicted):
    return math.sqrt(
        sk.recall_score(y, predicted) * sk.recall_score(y, predicted, pos_label=0)
    )


def precision_where_given(y, predicted):
    return sk.precision_score(y, predicted) if predicted.any() else math.nan


def top_is_wrong(Y, scores):
    """Share of rows with a label that they lack among those scored highest."""
    wrong = 0
    for row, score in zip(Y.tolist(), scores.tolist(), strict=True):
        wrong += any(s == max(score) and not y for y, s in zip(row, score, strict=True))
    return wrong / len(Y)


def labels_where(problem):
    """The oracle of a count of labels, from a question about one column."""

    def oracle(Y, given):
        columns = zip(Y.T.tolist(), given.T.tolist(), strict=True)
        return sum(problem(y, p) for y, p in columns)

    return oracle


def averaged(score, average, zero=0):
    return lambda Y, given: score(Y, given, average=average, zero_division=zero)


ORACLES = {
    "macro-F1": averaged(sk.f1_score, "macro"),
    # Of the columns of their group, which are all here; every label occurs.
    "minority F1": averaged(sk.f1_score, "macro"),
    "tail F1": averaged(sk.f1_score, "macro"),
    "tail average precision": lambda Y, s: sk.average_precision_score(Y, s),
    "tail AUC": lambda Y, s: sk.roc_auc_score(Y, s, average="macro"),
    "micro-F1": averaged(sk.f1_score, "micro"),
    "macro-AUC": lambda Y, s: sk.roc_auc_score(Y, s, average="macro"),
    "macro average precision": lambda Y, s: sk.average_precision_score(Y, s),
    "micro average precision": lambda Y, s: sk.average_precision_score(
        Y, s, average="micro"
    ),
    "macro G-mean": mean_over_labels(g_mean),
    "macro balanced accuracy": mean_over_labels(sk.balanced_accuracy_score),
    "example F1": averaged(sk.f1_score, "samples", zero=1),
    "subset accuracy": sk.accuracy_score,
    "Hamming loss": sk.hamming_loss,
    "ranking loss": sk.label_ranking_loss,
    "label-ranking average precision": sk.label_ranking_average_precision_score,
    "one-error": top_is_wrong,
    "coverage": lambda Y, s: sk.coverage_error(Y, s) - 1,
    "precision": label_by_label(precision_where_given),
    "recall": label_by_label(sk.recall_score),
    "F1": label_by_label(sk.f1_score),
    "AUC": label_by_label(sk.roc_auc_score),
    "average precision": label_by_label(sk.average_precision_score),
    "G-mean": label_by_label(g_mean),
    "balanced accuracy": label_by_label(sk.balanced_accuracy_score),
    "support": label_by_label(lambda y, p: list(y).count(1)),
    "times predicted": label_by_label(lambda y, p: list(p).count(1)),
    "labels with one class": labels_where(lambda y, p: len(set(y)) == 1),
    "labels never predicted": labels_where(lambda y, p: 1 in y and 1 not in p),
    "labels always predicted": labels_where(lambda y, p: 0 in y and 0 not in p),
    "labels never right": labels_where(
        lambda y, p: 1 in p and (1, 1) not in zip(y, p, strict=True)
    ),
}


def check_it_says_what_it_is(metric):
    assert metric.title and metric.help and metric.formula and metric.source
    assert metric.needs in ("labels", "scores")
    assert metric.better in ("higher", "lower", "")


def check_the_order_of_rows_changes_nothing(metric):
    order = rng.permutation(len(Y))
    for given in given_to(metric):
        assert same(metric(Y[order], given[order]), metric(Y, given))


def check_labels_in_another_order_carry_their_values_along(metric):
    order = rng.permutation(Y.shape[1])
    for given in given_to(metric):
        before = metric(Y, given)
        after = metric(Y[:, order], given[:, order])
        assert same(after, before[order] if metric.per_label else before)


def check_it_has_one_value_or_one_a_label(metric):
    for given in given_to(metric):
        shape = (Y.shape[1],) if metric.per_label else ()
        assert np.shape(metric(Y, given)) == shape


def check_values_lie_within_the_bounds(metric):
    low, high = metric.bounds
    for given in [*given_to(metric), perfect_for(metric)]:
        values = np.atleast_1d(metric(Y, given))
        known = values[~np.isnan(values)]
        assert ((low - 1e-12 <= known) & (known <= high + 1e-12)).all()


def check_the_truth_scores_best(metric):
    """Nothing beats the truth, and its opposite is strictly worse."""
    if metric.greater_is_better is None:
        return
    sign = 1 if metric.greater_is_better else -1
    best = sign * np.asarray(metric(Y, perfect_for(metric)))
    for given in given_to(metric):
        values = np.nan_to_num(sign * np.asarray(metric(Y, given)), nan=-math.inf)
        assert (values <= best + 1e-12).all()
    assert (sign * np.asarray(metric(Y, 1 - perfect_for(metric))) < best).all()


def check_an_oracle_agrees(metric):
    assert metric.title in ORACLES, f"{metric.title} has no oracle: add one to ORACLES"
    for given in given_to(metric):
        assert same(metric(Y, given), ORACLES[metric.title](Y, given))


CHECKS = [check for name, check in sorted(globals().items()) if name[:6] == "check_"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("entry", ALL_METRICS.values(), ids=list(ALL_METRICS))
def test_metric(entry, check):
    check(entry)


def failed(metric):
    """Names of the checks that `metric` does not pass."""
    names = set()
    for check in CHECKS:
        try:
            check(metric)
        except AssertionError:
            names.add(check.__name__)
    return names


def jaccard(Y, predicted):
    """Rows with the label and given it, among those with either."""
    right, wrong, missed, _ = right_and_wrong(Y, predicted)
    return float(np.mean(right / np.maximum(right + wrong + missed, 1)))


def a_metric(function, title, **more):
    return Metric(
        title, function, formula=r"\frac{TP}{TP + FP + FN}", source="Jaccard", **more
    )


def test_a_metric_without_an_oracle_fails():
    assert failed(a_metric(jaccard, "macro Jaccard")) == {"check_an_oracle_agrees"}


@pytest.mark.parametrize(
    "function, more, check",
    [
        (jaccard, {"greater_is_better": False}, "check_the_truth_scores_best"),
        (lambda Y, p: 0.5, {}, "check_the_truth_scores_best"),
        (
            lambda Y, p: float((Y[0] == p[0]).mean()),
            {},
            "check_the_order_of_rows_changes_nothing",
        ),
        (
            lambda Y, p: 2 * jaccard(Y, p),
            {},
            "check_values_lie_within_the_bounds",
        ),
        (
            lambda Y, p: right_and_wrong(Y, p)[0][::-1] / len(Y),
            {"per_label": True},
            "check_labels_in_another_order_carry_their_values_along",
        ),
    ],
    ids=["wrong way", "constant", "first row", "too large", "labels turned round"],
)
def test_the_contract_sees_a_wrong_metric(function, more, check):
    assert check in failed(a_metric(function, "wrong", **more))


def test_a_title_is_registered_once():
    with pytest.raises(ValueError, match=r"^There is a metric 'macro-F1' already\.$"):
        metric("macro-F1", formula="x", source="ours")(jaccard)
