"""Metrics against scikit-learn, published answers and cases worked by hand."""

import csv
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import metrics as sk

from aemlo import metrics
from aemlo.errors import DataError, ParameterError

NAN = math.nan


@st.composite
def predictions(draw):
    """Y, labels and scores with ties, empty rows and one-class labels among them."""
    n, q = draw(st.integers(1, 30)), draw(st.integers(2, 6))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    density = draw(st.sampled_from([0.0, 0.1, 0.5, 0.9]))
    Y = (rng.random((n, q)) < density).astype(np.uint8)
    scores = rng.integers(0, draw(st.sampled_from([2, 5, 1000])), (n, q)) / 1000
    return Y, (rng.random((n, q)) < 0.3).astype(np.uint8), scores


@settings(max_examples=40, deadline=None)
@given(predictions())
def test_set_metrics_are_scikit_learns(given):
    Y, predicted, scores = given
    ours = {m: v for m, label, v in metrics.evaluate(Y, predicted, scores) if not label}
    f1 = {"y_true": Y, "y_pred": predicted}
    assert ours["macro-F1"] == pytest.approx(
        sk.f1_score(**f1, average="macro", zero_division=0)
    )
    assert ours["micro-F1"] == pytest.approx(
        sk.f1_score(**f1, average="micro", zero_division=0)
    )
    assert ours["example F1"] == pytest.approx(
        sk.f1_score(**f1, average="samples", zero_division=1)
    )
    assert ours["Hamming loss"] == pytest.approx(sk.hamming_loss(**f1))
    assert ours["subset accuracy"] == pytest.approx(sk.accuracy_score(**f1))
    # Rows with no label and with all of them, and ties, are among these.
    assert ours["ranking loss"] == pytest.approx(
        sk.label_ranking_loss(Y, scores), abs=1e-12
    )
    assert ours["label-ranking average precision"] == pytest.approx(
        sk.label_ranking_average_precision_score(Y, scores), abs=1e-12
    )
    if Y.any():
        assert ours["micro average precision"] == pytest.approx(
            sk.average_precision_score(Y, scores, average="micro")
        )
    if Y.any(axis=1).all():
        assert ours["coverage"] == pytest.approx(sk.coverage_error(Y, scores) - 1)


@settings(max_examples=40, deadline=None)
@given(predictions())
def test_label_metrics_are_scikit_learns_where_defined(given):
    Y, predicted, scores = given
    for j in range(Y.shape[1]):
        y, p, s = Y[:, j], predicted[:, j], scores[:, j]
        one_class = y.min() == y.max()
        auc, ap = metrics.auc(Y, scores)[j], metrics.average_precision(Y, scores)[j]
        if one_class:
            assert math.isnan(auc)
            assert math.isnan(metrics.g_mean(Y, predicted)[j])
        else:
            assert auc == pytest.approx(sk.roc_auc_score(y, s))
            assert metrics.balanced_accuracy(Y, predicted)[j] == pytest.approx(
                sk.balanced_accuracy_score(y, p)
            )
        if y.any():
            assert ap == pytest.approx(sk.average_precision_score(y, s))
            assert metrics.recall(Y, predicted)[j] == pytest.approx(
                sk.recall_score(y, p)
            )
        else:
            assert math.isnan(ap)
        if p.any():
            assert metrics.precision(Y, predicted)[j] == pytest.approx(
                sk.precision_score(y, p)
            )
        counts = metrics.right_and_wrong(Y, predicted)[:, j]
        tn, fp, fn, tp = sk.confusion_matrix(y, p, labels=[0, 1]).ravel()
        assert counts.tolist() == [tp, fp, fn, tn]


def test_macro_means_leave_out_labels_without_the_measure():
    Y = np.array([[1, 0, 1], [0, 0, 1], [0, 0, 1]])
    scores = np.array([[0.9, 0.5, 0.5], [0.1, 0.4, 0.5], [0.9, 0.3, 0.5]])
    rows = {(m, label): v for m, label, v in metrics.evaluate(Y, Y, scores)}
    assert rows["macro-AUC", ""] == pytest.approx(0.75)  # one pair right, one tied
    assert rows["labels with one class", ""] == 2
    assert math.isnan(rows["AUC", "1"]) and math.isnan(rows["AUC", "2"])
    assert rows["macro average precision", ""] == pytest.approx((0.5 + 1) / 2)
    assert rows["macro-F1", ""] == pytest.approx(2 / 3)  # the empty label counts 0
    assert math.isnan(rows["F1", "1"])


def test_nothing_defined_is_nan_not_a_warning():
    Y = np.zeros((4, 2), dtype=int)
    rows = {
        m: v for m, label, v in metrics.evaluate(Y, Y, np.zeros((4, 2))) if not label
    }
    assert math.isnan(rows["macro-AUC"]) and math.isnan(rows["macro G-mean"])
    assert rows["example F1"] == 1 and rows["macro-F1"] == 0 == rows["micro-F1"]


def test_g_mean_by_hand():
    Y = np.array([[1], [1], [1], [1], [0], [0]])
    predicted = np.array([[1], [0], [0], [0], [0], [1]])
    assert metrics.macro_g_mean(Y, predicted) == pytest.approx(math.sqrt(0.25 * 0.5))


def test_one_label_has_no_ranking_of_labels():
    Y = np.array([[1], [0]])
    rows = {m: v for m, _, v in metrics.evaluate(Y, Y, Y.astype(float)) if m in RANKING}
    assert set(rows) == RANKING and all(math.isnan(v) for v in rows.values())


RANKING = {
    "ranking loss",
    "label-ranking average precision",
    "one-error",
    "coverage",
}
NAMES = {
    "example average precision": metrics.label_ranking_average_precision,
    "average_precision": metrics.label_ranking_average_precision,
    "one_error": metrics.one_error,
    "ranking_loss": metrics.ranking_loss,
    "coverage": metrics.coverage,
}


def known_answers(folder):
    """(id, quantity, Y, scores, value) of the published ranking cases."""
    with open(folder / "oracles" / "known_answers.csv", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["id"].startswith("meka-ap"):
                y, scores = row["input"].removeprefix("y=").split(" score=")
                yield (
                    row["id"],
                    row["quantity"],
                    [eval(y)],
                    [eval(scores)],
                    row["value"],
                )
            elif row["id"] == "mldr-rk":
                scores, y = row["input"].removeprefix("probs=").split(" labels=")
                yield row["id"], row["quantity"], eval(y), eval(scores), row["value"]


def test_published_ranking_answers(shared):
    """All but the rows that break ties otherwise than scikit-learn."""
    checked = 0
    for name, quantity, Y, scores, value in known_answers(shared):
        Y, scores = np.array(Y), np.array(scores)
        tied = any(
            len(set(s)) < len(s) and 0 < sum(y) < len(y)
            for y, s in zip(Y.tolist(), scores.tolist(), strict=True)
        )
        other_ties = "ties=" in quantity or (quantity == "coverage" and tied)
        if other_ties:
            continue
        expected = float(eval(value))
        assert NAMES[quantity](Y, scores) == pytest.approx(expected, abs=1e-9), name
        checked += 1
    assert checked >= 23


@pytest.mark.parametrize(
    "column, problem",
    [
        ([0, 0, 0, 0], "never predicted"),
        ([1, 1, 1, 1], "always predicted"),
        ([0, 0, 1, 0], "never right"),
        ([1, 0, 1, 0], ""),
    ],
)
def test_labels_that_go_wrong_are_named(column, problem):
    Y = np.array([[1, 1], [1, 0], [0, 1], [0, 0]])
    predicted = np.column_stack([column, Y[:, 1]])
    frame = metrics.diagnosis(Y, predicted, ["a", "b"])
    assert frame["problem"].tolist() == [problem, ""]
    counts = {
        "never predicted": metrics.labels_never_predicted(Y, predicted),
        "always predicted": metrics.labels_always_predicted(Y, predicted),
        "never right": metrics.labels_never_right(Y, predicted),
    }
    assert counts == {name: float(name == problem) for name in counts}


def test_a_label_that_is_never_there_is_no_problem():
    frame = metrics.diagnosis(np.zeros((3, 1)), np.zeros((3, 1)), ["a"])
    assert frame["problem"].tolist() == [""]


def test_rows_have_names_and_chosen_metrics_only():
    Y = np.array([[1, 0], [0, 1]])
    rows = metrics.evaluate(Y, Y, None, ["F1", "Macro-F1"], label_names=["x", "y"])
    assert rows == [("F1", "x", 1.0), ("F1", "y", 1.0), ("macro-F1", "", 1.0)]


def test_without_scores_only_label_metrics_come():
    Y = np.array([[1, 0], [0, 1]])
    titles = {metric for metric, _, _ in metrics.evaluate(Y, Y)}
    assert "AUC" not in titles and "macro-F1" in titles


@pytest.mark.parametrize("metric", metrics.METRICS.values(), ids=list(metrics.METRICS))
def test_every_metric_prefers_the_truth(metric):
    """Directions: the truth scores at least as well as its opposite."""
    rng = np.random.default_rng(0)
    Y = (rng.random((60, 4)) < 0.4).astype(int)
    right, wrong = metric(Y, Y.astype(float)), metric(Y, 1.0 - Y)
    assert metric.help
    if metric.greater_is_better is None:
        return
    better, worse = (right, wrong) if metric.greater_is_better else (wrong, right)
    assert np.all(np.asarray(better) > np.asarray(worse))


TRUTH = np.array([[1, 0], [0, 1]])


@pytest.mark.parametrize(
    "Y, predicted, scores, names, message",
    [
        (
            TRUTH,
            np.array([[0.9, 0.2], [0.0, 1.0]]),
            None,
            None,
            "The predictions must hold only 0 and 1, got 0.9. Probabilities are given "
            "as scores; labels are scores cut at a threshold.",
        ),
        (
            TRUTH,
            TRUTH * 2,
            None,
            None,
            "The predictions must hold only 0 and 1, got 2.",
        ),
        (
            TRUTH * 2,
            TRUTH,
            None,
            None,
            "The true labels must hold only 0 and 1, got 2.",
        ),
        (
            np.array([[1, NAN], [0, 1]]),
            TRUTH,
            None,
            None,
            "The true labels must hold only 0 and 1, got nan.",
        ),
        (
            TRUTH[:, 0],
            TRUTH[:, 0],
            None,
            None,
            "The true labels must have two dimensions, rows and labels, got 1. One "
            "label is a column: Y[:, None].",
        ),
        (
            TRUTH,
            TRUTH.astype(str),
            None,
            None,
            "The predictions must be numbers, got <U21.",
        ),
        (TRUTH[:0], TRUTH[:0], None, None, "There are no rows to evaluate."),
        (TRUTH[:, :0], TRUTH[:, :0], None, None, "There are no labels to evaluate."),
        (
            TRUTH,
            TRUTH,
            TRUTH[:, :1],
            None,
            "The scores have shape (2, 1), the true labels (2, 2); they must be the "
            "same rows and labels.",
        ),
        (
            TRUTH,
            TRUTH,
            None,
            ["x"],
            "There are 2 labels and 1 names; each label needs one.",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused(Y, predicted, scores, names, message):
    with pytest.raises(DataError) as caught:
        metrics.evaluate(Y, predicted, scores, label_names=names)
    assert str(caught.value) == message
    assert isinstance(caught.value, ValueError)


def test_probabilities_are_no_diagnosis():
    with pytest.raises(DataError) as caught:
        metrics.diagnosis(TRUTH, TRUTH * 0.7, ["x", "y"])
    assert str(caught.value).startswith("The predictions must hold only 0 and 1, got")


@pytest.mark.parametrize(
    "kind", [np.asarray, sparse.csr_matrix, np.ndarray.tolist, pd.DataFrame]
)
def test_labels_of_every_kind_are_judged_alike(kind):
    predicted = np.array([[1, 1], [0, 1]])
    usual = metrics.evaluate(TRUTH, predicted, predicted / 2)
    given = metrics.evaluate(kind(TRUTH), kind(predicted.astype(bool)), predicted / 2)
    assert str(given) == str(usual)


def test_one_title_may_be_given_alone():
    assert metrics.evaluate(TRUTH, TRUTH, metrics="macro-F1") == [("macro-F1", "", 1.0)]


def test_bad_input_says_what_is_wrong():
    Y = np.array([[1, 0], [0, 1]])
    with pytest.raises(DataError) as caught:
        metrics.evaluate(Y, Y[:1])
    assert str(caught.value) == (
        "The predictions have shape (1, 2), the true labels (2, 2); they must be the "
        "same rows and labels."
    )
    with pytest.raises(DataError) as caught:
        metrics.evaluate(Y, Y, np.array([[0.1, NAN], [0.2, 0.3]]))
    assert str(caught.value) == "The scores hold missing or infinite values."
    with pytest.raises(ParameterError) as caught:
        metrics.evaluate(Y, Y, metrics=["accuracy"])
    assert str(caught.value).startswith(
        "There is no metric 'accuracy'. Names: macro-F1,"
    )
