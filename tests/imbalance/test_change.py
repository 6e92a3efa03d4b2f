"""Close-ups, before and after, side by side, and forecasts held to real draws."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from aemlo import imbalance, params
from aemlo.errors import ParameterError
from aemlo.formats import read
from aemlo.imbalance import change, detail
from aemlo.samplers import MLSMOTE, SAMPLERS, expectation

NAMES = ("A", "B", "C")
TINY = np.array(
    [[1, 1, 0], [1, 1, 0], [1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 0, 0]], dtype=np.uint8
)
label_matrices = arrays(
    np.uint8,
    st.tuples(st.integers(3, 30), st.integers(2, 6)),
    elements=st.integers(0, 1),
)


def imbalanced(n=400, seed=0):
    """Labels from common to rare, some of which ride together."""
    rng = np.random.default_rng(seed)
    Y = (rng.random((n, 6)) < [0.6, 0.4, 0.3, 0.1, 0.05, 0.03]).astype(np.uint8)
    Y[:, 1] |= Y[:, 5]
    return Y


def test_one_label_worked_out():
    table = detail.measure_label(TINY, 2, NAMES).set_index("measure")
    assert table.loc["IRLbl", "value"] == 4
    assert table.loc["IRLbl", "formula"] == "4 / 1"
    assert table.loc["IRLbl", "meaning"] == (
        "For each row with C there are 4.00 with A."
    )
    assert table.loc["ImR", "meaning"] == (
        "A classifier of C alone sees 5.00 negatives for each positive."
    )
    assert table.loc["SCUMBLE", "value"] == pytest.approx(0.2)
    gone = np.column_stack([TINY, np.zeros(6)])
    empty = detail.measure_label(gone, 3, "ABCZ").set_index("measure")
    assert math.isnan(empty.loc["IRLbl", "value"])
    assert empty.loc["IRLbl", "meaning"] == (
        "No row has the label, so it has no IRLbl."
    )


@given(label_matrices)
@settings(deadline=None)
def test_rows_of_a_label(Y):
    for label in range(Y.shape[1]):
        expected = np.flatnonzero(Y[:, label]).tolist()
        assert detail.rows_of(Y, label).tolist() == expected


def test_rows_in_words():
    table = detail.per_row(TINY, NAMES, rows=[3, 5])
    assert table["labelset"].tolist() == ["A + C", "no label"]
    assert table["labels"].tolist() == [2, 0]
    assert table["SCUMBLE"].tolist() == pytest.approx([0.2, 0])


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_feature_differences_are_cohens_d(kind):
    rng = np.random.default_rng(3)
    Y = imbalanced()
    X = rng.normal(50, 2, (400, 5))
    X[:, 2] += 3 * Y[:, 4]
    X[:, 4] = 7.0
    sums = detail.FeatureSums(kind(X))
    table = detail.feature_differences(sums, Y, 4, list("abcde"))
    have, lack = X[Y[:, 4] == 1], X[Y[:, 4] == 0]
    assert table["feature"][0] == "c" and table["feature"][4] == "e"
    for row in table.head(4).itertuples(index=False):
        j = "abcde".index(row[0])
        a, b = have[:, j], lack[:, j]
        pooled = ((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / (
            len(a) + len(b) - 2
        )
        assert row[1] == pytest.approx(a.mean()) and row[2] == pytest.approx(b.mean())
        assert row[3] == pytest.approx((a.mean() - b.mean()) / math.sqrt(pooled))
    assert math.isnan(table["difference"][4])


def test_features_of_a_label_with_one_row_are_not_compared():
    sums = detail.FeatureSums(np.arange(12.0).reshape(6, 2))
    assert detail.feature_differences(sums, TINY, 2, ["a", "b"]).empty


def test_before_after_in_words():
    after = np.vstack([TINY, TINY[[3, 3, 3]]])
    table = change.before_after(TINY, after, NAMES)
    assert table["positives difference"].tolist() == [3, 0, 3]
    assert table["IRLbl before"].tolist() == [1, 2, 4]
    assert table["IRLbl after"].tolist() == [1, 3.5, 1.75]
    assert change.change_in_words(TINY, after, NAMES) == [
        "Rows went from 6 to 9, MeanIR from 2.333 to 2.083.",
        "1 label came closer to the commonest label, 1 label moved away from it, "
        "1 label stayed.",
        "Most improved, by IRLbl: C 4.00 to 1.75.",
        "Most worsened, by IRLbl: B 2.00 to 3.50.",
        "0 of 1 minority labels are still rarer than the MeanIR from before.",
    ]


@given(label_matrices, st.integers(0, 2**31))
@settings(deadline=None, max_examples=40)
def test_the_report_of_a_change_is_the_measure_of_its_output(Y, seed):
    rows = np.random.default_rng(seed).integers(0, len(Y), 2 * len(Y))
    names = [f"label {j}" for j in range(Y.shape[1])]
    table = change.before_after(Y, Y[rows], names)
    for column in ("positives", "IRLbl", "ImR", "SCUMBLE"):
        again = imbalance.per_label(Y[rows], names)[column]
        assert table[f"{column} after"].to_numpy() == pytest.approx(
            again.to_numpy(), nan_ok=True
        )
    change.change_in_words(Y, Y[rows], names)


def test_sets_side_by_side_as_text_and_latex():
    table = change.side_by_side(
        {"whole": (TINY, NAMES, 5), "first & 50%": (TINY[:3], NAMES, None)}
    )
    measures = dict(zip(table["measure"], table["whole"], strict=True))
    assert measures["Rows"] == 6 and measures["MeanIR"] == pytest.approx(7 / 3)
    texts = change.as_text(table).set_index("measure")
    assert texts.loc["MeanIR"].tolist() == ["Between labels", "2.333", "1.250"]
    assert texts.loc["Features", "first & 50%"] == "none"
    latex = change.as_latex(table, "Measures_1")
    assert r"Measure & whole & first \& 50\% \\" in latex
    assert r"\caption{Measures\_1}" in latex
    assert r"Dependent pairs (99 \%) & 0.000 & none \\" in latex
    assert latex.count(r"\\") == len(table) + 1


LABELS_ONLY = [title for title, cls in SAMPLERS.items() if not cls.reads_features]


@pytest.mark.parametrize("title", LABELS_ONLY)
@given(Y=label_matrices, seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_forecasts_from_labels_alone_are_what_the_run_gives(title, Y, seed):
    sampler = params.build(SAMPLERS[title], {}, random_state=seed)
    forecast = expectation.expected(Y, sampler)
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(len(Y), 3))
    _, after = sampler.fit_resample(X, Y)
    assert forecast.exact
    assert forecast.counts.tolist() == after.sum(axis=0).tolist()
    assert forecast.rows == len(after) - len(Y)


@pytest.mark.parametrize("strategy", ["ranking", "union", "intersection"])
def test_mlsmote_at_its_published_size_is_told_exactly(strategy):
    Y = imbalanced()
    X = np.random.default_rng(2).normal(size=(len(Y), 4)) + Y[:, 3:4]
    for seed in (0, 1):
        sampler = MLSMOTE(labelset_strategy=strategy, random_state=seed)
        votes = expectation.bag_votes(Y, sampler, X)
        forecast = expectation.expected(Y, sampler, votes)
        _, after = sampler.fit_resample(X, Y)
        assert forecast.exact and forecast.rows == len(after) - len(Y)
        assert forecast.counts.tolist() == after.sum(axis=0).tolist()


def test_mlsmote_with_a_budget_is_told_on_average():
    Y = imbalanced()
    X = np.random.default_rng(2).normal(size=(len(Y), 4)) + Y[:, 3:4]
    sampler = MLSMOTE(budget=0.04)
    votes = expectation.bag_votes(Y, sampler, X)
    forecast = expectation.expected(Y, sampler, votes)
    assert not forecast.exact and forecast.rows == 16
    draws = [
        MLSMOTE(budget=0.04, random_state=seed).fit_resample(X, Y)[1].sum(axis=0)
        for seed in range(200)
    ]
    spread = np.std(draws, axis=0) / math.sqrt(len(draws))
    error = np.abs(np.mean(draws, axis=0) - forecast.counts)
    assert (error <= 4 * spread + 1e-9).all()


def test_a_forecast_without_features_says_that_it_is_an_estimate():
    forecast = expectation.expected(imbalanced(), MLSMOTE(budget=0.04))
    assert not forecast.exact
    assert forecast.certainty == (
        "16 rows at most. The counts are an estimate: new rows are taken to be "
        "labelled like the rows they are made from."
    )


def test_a_sampler_that_cannot_be_told_in_advance_says_so():
    with pytest.raises(ParameterError) as problem:
        expectation.expected(TINY, SAMPLERS["MLeNN"]())
    assert str(problem.value) == (
        "MLeNN: chooses rows by their features, so its counts cannot be told in "
        "advance. Run it on the Resample page."
    )


def test_the_remedial_forecast_equals_the_published_counts(shared):
    for name, split in (("emotions", 222), ("yeast", 817), ("flags", 68)):
        folder = shared / "data/mulan"
        dataset = read(folder / f"{name}.arff", xml=folder / f"{name}.xml")
        forecast = expectation.expected(dataset.Y, SAMPLERS["REMEDIAL"]())
        assert forecast.rows == split and forecast.exact
        assert forecast.counts.tolist() == dataset.Y.sum(axis=0).tolist()


def test_expected_ir_follows_the_convention():
    forecast = expectation.Expectation(np.array([4.0, 2.0, 0.0]), 0, True, "")
    ir, mean = expectation.expected_ir(forecast)
    assert ir == pytest.approx([1, 2, math.nan], nan_ok=True) and mean == 1.5
    ir, mean = expectation.expected_ir(forecast, "counts as 0")
    assert ir.tolist() == [1, 2, 0] and mean == 1
