"""The statistics of a comparison against worked cases, SciPy and scikit-posthocs."""

import math

import numpy as np
import pandas as pd
import pytest
import scikit_posthocs
from scipy import stats

from aemlo import compare
from aemlo.compare import paired, sets


def tidy(values, metric="macro-F1", classifier="tree", dataset="toy", **more):
    """Scores of arms: {sampler: one value per fold}."""
    rows = [
        (dataset, sampler, classifier, 0, fold, metric, "", value)
        for sampler, folds in values.items()
        for fold, value in enumerate(folds)
    ]
    frame = pd.DataFrame(
        rows,
        columns=[
            *("dataset", "sampler", "classifier", "repeat", "fold"),
            *("metric", "label", "value"),
        ],
    )
    return frame.assign(**more)


def test_corrected_t_worked_by_hand():
    """d = .01 .02 .03 .04 .05: mean .03, s^2 = .00025, five folds: 1/5 + 1/4 = .45."""
    mean, low, high, t, p = compare.corrected_t([0.01, 0.02, 0.03, 0.04, 0.05], 0.25)
    error = math.sqrt(0.45 * 0.00025)
    assert mean == pytest.approx(0.03)
    assert t == pytest.approx(0.03 / error)
    assert (low, high) == pytest.approx(
        (0.03 - 2.7764451 * error, 0.03 + 2.7764451 * error), rel=1e-7
    )  # 2.7764: t of 4 degrees of freedom, 97.5 %, from a printed table
    assert p == pytest.approx(2 * stats.t.sf(t, 4))


def test_corrected_t_without_overlap_is_the_paired_t_test():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=12), rng.normal(0.3, size=12)
    _, low, high, t, p = compare.corrected_t(a - b, 0.0)
    expected = stats.ttest_rel(a, b)
    assert (t, p) == pytest.approx((expected.statistic, expected.pvalue))
    assert (low, high) == pytest.approx(tuple(expected.confidence_interval()))


def test_overlap_only_widens_the_interval():
    d = [0.01, -0.02, 0.03, 0.01, 0.0]
    _, low, high, _, p = compare.corrected_t(d, 0.0)
    _, wide_low, wide_high, _, wide_p = compare.corrected_t(d, 0.25)
    assert wide_low < low and wide_high > high and wide_p > p


@pytest.mark.parametrize("values", [[0.0] * 5, [0.1 + 0.2 - 0.3] * 5])
def test_identical_scores_give_p_of_one(values):
    mean, low, high, t, p = compare.corrected_t(values, 0.25)
    assert p == 1.0 and t == 0.0 and low == high == mean


def test_one_difference_judges_nothing():
    mean, *rest = compare.corrected_t([0.3, math.nan], 0.25)
    assert mean == 0.3 and all(math.isnan(value) for value in rest)


def test_holm_worked_by_hand():
    """Sorted .01 .02 .03 .04 times 4 3 2 1, never falling: .04 .06 .06 .06."""
    assert compare.holm([0.03, 0.01, math.nan, 0.04, 0.02]).tolist() == pytest.approx(
        [0.06, 0.04, math.nan, 0.06, 0.06], nan_ok=True
    )
    assert compare.holm([0.6, 0.9]).tolist() == [1.0, 1.0]


def test_before_after_pairs_the_same_folds():
    scores = tidy(
        {"none": [0.50, 0.52, 0.54, 0.50, 0.52], "A": [0.53, 0.55, 0.57, 0.54, 0.55]}
    )
    table = compare.before_after(scores).set_index("sampler")
    row = table.loc["A"]
    d = np.array([0.03, 0.03, 0.03, 0.04, 0.03])
    assert row["mean"] == pytest.approx(0.548)
    assert row["baseline_mean"] == pytest.approx(0.516)
    assert row["difference"] == pytest.approx(d.mean())
    assert row["effect"] == pytest.approx(d.mean() / d.std(ddof=1))
    assert row["pairs"] == 5 and row["verdict"] == "better"
    t = d.mean() / math.sqrt((1 / 5 + 1 / 4) * d.var(ddof=1))
    assert row["t"] == pytest.approx(t)
    assert table.loc["none", "verdict"] == "baseline"


def test_the_ratio_of_test_to_training_rows_is_the_splits_own():
    values = {"none": [0.5, 0.6, 0.5, 0.5, 0.5], "A": [0.6, 0.8, 0.5, 0.4, 0.6]}
    stated = tidy(values, train_rows=90, test_rows=10)
    guessed = tidy(values)
    d = np.array([0.1, 0.2, 0.0, -0.1, 0.1])
    for scores, ratio in ((stated, 1 / 9), (guessed, 1 / 4)):
        row = compare.before_after(scores).set_index("sampler").loc["A"]
        assert row["t"] == pytest.approx(
            d.mean() / math.sqrt((1 / 5 + ratio) * d.var(ddof=1))
        )


def test_a_lower_loss_is_better_and_a_higher_one_worse():
    scores = tidy(
        {
            "none": [0.30, 0.31, 0.32, 0.30, 0.30],
            "low": [0.20, 0.21, 0.22, 0.201, 0.20],
            "high": [0.40, 0.41, 0.42, 0.401, 0.40],
        },
        metric="ranking loss",
    )
    table = compare.before_after(scores).set_index("sampler")
    assert table.loc["low", "verdict"] == "better"
    assert table.loc["high", "verdict"] == "worse"
    words = compare.in_words(
        compare.before_after(scores).query("sampler == 'high'").iloc[0]
    )
    assert words.startswith(
        "high with tree raises ranking loss by 0.100 against no sampling: worse "
        "(+0.100, 95 % CI +0.099 to +0.101, 5 folds, p < 0.001 after Holm over 2 "
        "comparisons; probability of better 0.00, practically equivalent 0.00, worse "
    )


def test_a_split_without_a_score_leaves_its_pair_out():
    values = {"none": [0.5, 0.6, 0.7, 0.8], "A": [0.6, math.nan, 0.7, 0.9]}
    row = compare.before_after(tidy(values)).set_index("sampler").loc["A"]
    assert (row["pairs"], row["failed"], row["splits"]) == (3, 1, 3)
    assert row["difference"] == pytest.approx((0.1 + 0.0 + 0.1) / 3)


def test_a_difference_that_is_not_clear_and_identical_scores_are_told_apart():
    none = [0.5, 0.6, 0.7, 0.5, 0.6]
    scores = tidy({"none": none, "A": [0.6, 0.5, 0.71, 0.5, 0.6], "B": none})
    table = compare.before_after(scores).set_index("sampler", drop=False)
    assert table.loc["A", "verdict"] == "not shown"
    assert compare.in_words(table.loc["A"]).startswith(
        "A with tree: no clear difference from no sampling in macro-F1 (+0.002, 95 % CI"
    )
    assert (table.loc["B", "p"], table.loc["B", "verdict"]) == (1.0, "identical")
    assert compare.in_words(table.loc["B"]) == (
        "B with tree: macro-F1 is identical to that of no sampling (0.000, 5 folds)."
    )


def test_holm_counts_all_arms_of_one_metric():
    """Two classifiers x two samplers are a family of four."""
    rng = np.random.default_rng(3)
    base = rng.uniform(0.4, 0.6, 6)
    frames = [
        tidy(
            {
                "none": base,
                "A": base + rng.normal(0.02, 0.01, 6),
                "B": base + rng.normal(0.0, 0.01, 6),
            },
            classifier=name,
        )
        for name in ("tree", "kNN")
    ]
    table = compare.before_after(pd.concat(frames))
    known = table.dropna(subset=["p"])
    assert len(known) == 4
    assert known["p_holm"].to_numpy() == pytest.approx(paired.holm(known["p"]))


def test_per_label_by_hand_and_sorted_by_rarity():
    rows = []
    for sampler, values in {
        "none": {"rare": [0.0, 0.2], "common": [0.8, 0.8], "empty": [math.nan] * 2},
        "A": {"rare": [0.2, 0.3], "common": [0.7, 0.8], "empty": [math.nan] * 2},
    }.items():
        for label, folds in values.items():
            for fold, value in enumerate(folds):
                rows.append(("toy", sampler, "tree", 0, fold, "F1", label, value))
    scores = pd.DataFrame(
        rows,
        columns=[
            *("dataset", "sampler", "classifier", "repeat", "fold"),
            *("metric", "label", "value"),
        ],
    )
    labels = pd.DataFrame(
        {
            "label": ["common", "empty", "rare"],
            "positives": [50, 0, 5],
            "irlbl": [1.0, math.nan, 10.0],
        }
    )
    table = compare.per_label(
        scores, labels, metric="F1", classifier="tree", sampler="A"
    )
    assert table["label"].tolist() == ["rare", "common", "empty"]
    assert table["change"].tolist() == pytest.approx(
        [0.15, -0.05, math.nan], nan_ok=True
    )
    assert table["before"].tolist()[:2] == pytest.approx([0.1, 0.8])
    assert table["pairs"].tolist() == [2, 2, 0]
    assert table["part"].tolist() == ["tail", "middle", ""]
    thirds = compare.by_part(table).set_index("part")
    assert thirds.loc["tail", "change"] == pytest.approx(0.15)
    assert thirds.loc["middle", "worse"] == 1


def test_thirds_hold_a_third_each():
    labels = pd.DataFrame(
        {"label": list("abcdef"), "positives": 1, "irlbl": [1, 2, 3, 4, 5, 6.0]}
    )
    parts = compare.in_thirds(labels)
    assert parts["label"].tolist() == list("fedcba")
    assert parts["part"].tolist() == ["tail"] * 2 + ["middle"] * 2 + ["head"] * 2


def test_rows_won_and_lost():
    truth = [1, 1, 0, 0, 1, 1]
    before = [0, 1, 1, 0, 1, -1]
    after = [1, 0, 0, 1, 1, 1]
    rows = compare.won_and_lost(truth, before, after)
    assert rows["row"].tolist() == [0, 1, 2, 3]
    assert rows["outcome"].tolist() == ["found", "missed", "cleared", "false alarm"]


@pytest.fixture
def table():
    rng = np.random.default_rng(1)
    values = rng.normal(0.5, 0.1, (12, 4)) + [0.0, 0.05, 0.1, 0.02]
    values[0] = [0.5, 0.5, 0.6, 0.4]  # a tie
    names = ["none", "A", "B", "C"]
    return pd.DataFrame(values, columns=names, index=[f"set {i}" for i in range(12)])


def test_friedman_is_scipys(table):
    ranking = compare.rank(table)
    expected = stats.friedmanchisquare(*table.to_numpy().T)
    assert (ranking.statistic, ranking.p) == pytest.approx(
        (expected.statistic, expected.pvalue)
    )


def test_nemenyi_is_scikit_posthocs(table):
    ranking = compare.rank(table)
    expected = scikit_posthocs.posthoc_nemenyi_friedman(table.to_numpy())
    order = [table.columns.get_loc(name) for name in ranking.p_pairs.columns]
    assert ranking.p_pairs.to_numpy() == pytest.approx(
        expected.to_numpy()[np.ix_(order, order)], abs=2e-3
    )


def test_critical_difference_is_demsars():
    """Demsar 2006, table 5a: q(.05) is 2.569 for 4 and 2.728 for 5 classifiers.

    His example: 4 classifiers, 14 data sets, CD = 2.569 sqrt(4 5 / (6 14)) = 1.25.
    """
    assert compare.critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)
    for k, q in ((2, 1.960), (5, 2.728), (10, 3.164)):
        expected = q * math.sqrt(k * (k + 1) / (6 * 30))
        assert compare.critical_difference(k, 30) == pytest.approx(expected, abs=5e-4)


def test_ranks_follow_the_direction(table):
    up, down = compare.rank(table, "higher"), compare.rank(table, "lower")
    assert up.ranks["B"] == pytest.approx(5 - down.ranks["B"])
    pair = up.table.query("sampler == 'A' and against == 'none'").iloc[0]
    gain = table["A"] - table["none"]
    assert (pair["wins"], pair["ties"], pair["losses"]) == (
        (gain > 0).sum(),
        1,
        (gain < 0).sum(),
    )


def test_groups_join_what_is_within_the_critical_difference():
    ranks = pd.Series({"a": 1.0, "b": 1.8, "c": 2.5, "d": 4.7})
    assert sets._groups(ranks, 1.0) == (("a", "b"), ("b", "c"))
    assert sets._groups(ranks, 5.0) == (("a", "b", "c", "d"),)
    assert sets._groups(ranks, 0.1) == ()


def test_samplers_that_always_tie_do_not_differ():
    table = pd.DataFrame(np.ones((5, 3)), columns=list("abc"))
    ranking = compare.rank(table)
    assert ranking.p == 1.0 and (ranking.ranks == 2.0).all()


def test_ranks_need_two_data_sets(table):
    with pytest.raises(ValueError, match="at least two data sets and two samplers"):
        compare.rank(table.head(1))


def test_means_leave_out_a_data_set_that_lacks_a_score():
    whole = pd.concat(
        [
            tidy({"none": [0.5, 0.7], "A": [0.6, 0.8]}, dataset="one"),
            tidy({"none": [0.5, 0.7], "A": [math.nan, math.nan]}, dataset="two"),
        ]
    )
    table = compare.means(whole, "macro-F1")
    assert table.index.tolist() == ["one"]
    assert table.loc["one"].tolist() == pytest.approx([0.6, 0.7])


def test_pareto_front_by_hand():
    table = pd.DataFrame(
        {
            "macro-F1": [0.5, 0.6, 0.6, 0.4, math.nan],
            "seconds": [1.0, 2.0, 3.0, 1.0, 0.1],
        }
    )
    front = compare.pareto(
        table, "seconds", "macro-F1", {"macro-F1": "higher", "seconds": "lower"}
    )
    assert front.tolist() == [True, True, False, False, False]


def test_a_sweep_has_the_corrected_interval_of_each_point():
    scores = tidy({"b=1": [0.5, 0.6, 0.7], "b=2": [0.6, 0.6, 0.9], "none": [0.1] * 3})
    table = compare.sweep(scores, {"b=1": 1, "b=2": 2}, "macro-F1")
    assert table["setting"].tolist() == [1, 2]
    _, low, high, _, _ = compare.corrected_t([0.5, 0.6, 0.7], 0.5)
    assert table.loc[0, ["mean", "low", "high"]].tolist() == pytest.approx(
        [0.6, low, high]
    )


def test_what_a_mistake_pretends():
    right = tidy({"A": [0.3, 0.4]}, metric="ranking loss")
    wrong = tidy({"A": [0.2, 0.3]}, metric="ranking loss")
    row = compare.mistake(right, wrong).iloc[0]
    assert row["gain"] == pytest.approx(0.1)  # a lower loss flatters


def test_counts_are_not_judged():
    scores = tidy({"none": [1, 1, 1], "A": [2, 3, 4]}, metric="labels with one class")
    assert compare.before_after(scores).empty


def test_directions_are_those_of_the_registered_metrics():
    """Frames without a `better` column: what a metric says of itself, else higher."""
    titles = ["macro-F1", "ranking loss", "coverage", "labels never right", "mine"]
    frame = pd.DataFrame({"metric": titles, "value": 0.5})
    known = compare.directions(frame)
    assert known == {
        "macro-F1": "higher",
        "ranking loss": "lower",
        "coverage": "lower",
        "mine": "higher",
        "seconds": "lower",
    }


def test_friedman_of_two_samplers_by_hand():
    """Six data sets: 4 won, 1 lost, 1 tied, so (4 - 1)^2 / 5 with one degree."""
    ranks = np.array([[1, 2]] * 4 + [[2, 1]] + [[1.5, 1.5]])
    statistic, p = sets.friedman(ranks)
    assert statistic == pytest.approx(9 / 5)
    assert p == pytest.approx(stats.chi2.sf(9 / 5, 1))
    assert sets.friedman(np.full((4, 3), 2.0)) == (0.0, 1.0)
