"""What a verdict may rest on, arm by arm, and what it says."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from aemlo import compare, metrics
from aemlo.compare import over_labels, over_rows
from aemlo.compare.over_rows import Given
from aemlo.compare.predictions import Place, Predictions
from aemlo.metrics import ALL_METRICS, RARE_METRICS


def tidy(values, metric="minority F1", classifier="tree", **more):
    """Scores of arms: {sampler: one value per fold}; `repeats=True`: per repeat."""
    by_repeat = more.pop("repeats", False)
    rows = [
        ("toy", sampler, classifier, *((i, 0) if by_repeat else (0, i)), metric, "", v)
        for sampler, values_of_arm in values.items()
        for i, v in enumerate(values_of_arm)
    ]
    columns = ["dataset", "sampler", "classifier", "repeat", "fold"]
    frame = pd.DataFrame(rows, columns=[*columns, "metric", "label", "value"])
    return frame.assign(**{"split": "folds", "test_rows": 100, "error": ""} | more)


def row_of(scores, sampler="A", **options):
    table = compare.before_after(scores, **options)
    return table.set_index("sampler", drop=False).loc[sampler]


NONE = [0.50, 0.52, 0.54, 0.50, 0.52]


@pytest.mark.parametrize(
    "scores, reason, words",
    [
        (
            tidy({"none": [0.5] * 5, "A": [0.501] * 5}),
            "constant",
            "A with tree: no verdict on minority F1: the difference is the same in "
            "every split, so it has no spread (+0.001, 5 folds).",
        ),
        (
            tidy({"none": NONE[:4], "A": [0.7, 0.72, 0.74, 0.7]}),
            "few splits",
            "A with tree: no verdict on minority F1: fewer than 5 splits (+0.200, 4 "
            "folds).",
        ),
        (
            tidy({"none": NONE, "A": [0.7, 0.72, 0.75, 0.7, 0.71]}, split="declared"),
            "one test set",
            "A with tree: no verdict on minority F1: there is one set of test rows, "
            "and what the arms gave for each row was not kept (+0.200, 100 rows of "
            "the declared test part).",
        ),
        (
            tidy({"none": NONE[:1], "A": [0.7]}, split="hold-out"),
            "one test set",
            "A with tree: no verdict on minority F1: there is one set of test rows, "
            "and what the arms gave for each row was not kept (+0.200, 100 rows of "
            "one hold-out).",
        ),
    ],
)
def test_degenerate_evidence_gives_no_verdict(scores, reason, words):
    row = row_of(scores)
    assert (row["verdict"], row["reason"]) == ("no verdict", reason)
    assert all(math.isnan(row[name]) for name in ("p", "p_holm", "p_better"))
    assert compare.in_words(row) == words


def test_a_failed_cell_of_either_arm_gives_no_verdict():
    values = {"none": NONE, "A": [0.7, 0.72, math.nan, 0.7, 0.71], "B": NONE}
    scores = tidy(values)
    scores.loc[scores["value"].isna(), "error"] = "out of memory"
    row = row_of(scores)
    assert (row["verdict"], row["reason"]) == ("no verdict", "failed")
    assert "no verdict on minority F1: cells failed" in compare.in_words(row)
    assert row_of(scores, "B")["verdict"] == "identical"
    # A failed baseline leaves nobody a verdict.
    assert row_of(scores, "B", baseline="A")["reason"] == "failed"


def test_repeated_hold_outs_are_resampled_splits_and_are_called_so():
    values = {"none": NONE, "A": [0.7, 0.72, 0.75, 0.7, 0.71]}
    row = row_of(tidy(values, split="hold-out", repeats=True))
    assert row["verdict"] == "better" and row["evidence"] == "5 hold-outs"


def test_the_primary_metric_alone_is_not_exploratory():
    scores = pd.concat(
        [tidy({"none": NONE, "A": NONE}, metric=m) for m in ("macro-F1", "minority F1")]
    )
    table = compare.before_after(scores, primary="minority F1")
    roles = dict(zip(table["metric"], table["role"], strict=True))
    assert roles == {"macro-F1": "exploratory", "minority F1": "primary"}


def test_the_headline_says_no_more_than_the_table():
    values = {"none": NONE, "A": [0.7, 0.72, 0.75, 0.7, 0.71], "B": NONE[::-1]}
    table = compare.before_after(tidy(values), primary="minority F1")
    assert compare.headline(table, "toy", "minority F1", "none").startswith(
        "A with tree raises minority F1 from 0.516 to 0.716 against no sampling (p < "
    )
    assert compare.headline(table, "toy", "minority F1", "none").endswith(
        "after Holm over 2 comparisons); 1 of 2 arms better."
    )
    worse = compare.before_after(tidy(values), "A", primary="minority F1")
    assert compare.headline(worse, "toy", "minority F1", "A") == (
        "No arm improves minority F1 clearly over A (2 arms judged, 2 worse)."
    )
    assert compare.headline(table, "toy", "", "none") == (
        "No primary metric was chosen before this run, so there is no verdict: all "
        "differences below are exploratory."
    )
    few = compare.before_after(tidy({"none": [0.5], "A": [0.6]}), primary="minority F1")
    assert compare.headline(few, "toy", "minority F1", "none") == (
        "No verdict on minority F1 against no sampling: fewer than 5 splits."
    )


def test_probabilities_follow_the_direction_of_the_metric():
    values = {"none": [0.3, 0.31, 0.32, 0.3, 0.31], "A": [0.2, 0.22, 0.2, 0.19, 0.2]}
    row = row_of(tidy(values, metric="ranking loss"))
    assert row["p_better"] > 0.99 and row["p_worse"] < 0.001
    total = row["p_better"] + row["p_equivalent"] + row["p_worse"]
    assert total == pytest.approx(1.0)


# Equal arms

LEARNERS = {
    "BR": compare.Learner("BR"),
    "BR + thresholds": compare.Learner("BR", "thresholds"),
    "kNN": compare.Learner("kNN"),
}


def test_remedies_stand_beside_samplers_with_one_learner():
    parts = [
        tidy({"none": [0.1], "MLSMOTE": [0.2]}, classifier="BR"),
        tidy({"none": [0.3], "MLSMOTE": [0.4]}, classifier="BR + thresholds"),
        tidy({"none": [0.5], "MLSMOTE": [0.6]}, classifier="kNN"),
    ]
    arms = compare.as_arms(pd.concat(parts), LEARNERS)
    assert arms[["sampler", "classifier", "value"]].apply(tuple, axis=1).tolist() == [
        ("none", "BR", 0.1),
        ("MLSMOTE", "BR", 0.2),
        ("thresholds", "BR", 0.3),
        ("MLSMOTE + thresholds", "BR", 0.4),
        ("none", "kNN", 0.5),
        ("MLSMOTE", "kNN", 0.6),
    ]
    for arm, learner in zip(arms["sampler"], arms["classifier"], strict=True):
        cell = compare.cell_of(arm, learner, ["none", "MLSMOTE"], LEARNERS)
        value = arms["value"][
            (arms["sampler"] == arm) & (arms["classifier"] == learner)
        ]
        original = pd.concat(parts).set_index(["sampler", "classifier"])["value"]
        assert original[cell] == value.iloc[0]
    assert compare.cell_of("thresholds", "kNN", ["none"], LEARNERS) is None


def test_without_remedies_arms_are_the_samplers():
    scores = tidy({"none": [0.1], "A": [0.2]}, classifier="kNN")
    assert compare.as_arms(scores, LEARNERS | {}).equals(scores)


# Rare labels


def test_rare_labels_are_told_from_the_whole_data_set():
    """9 labels of which one never occurs: the tail is 3 of 8, ties by column."""
    counts = [5, 1, 9, 0, 2, 2, 2, 7, 8]
    Y = (np.arange(10)[:, None] < counts).astype(np.uint8)
    groups = metrics.rare_labels(Y, np.array([False] * 8 + [True]))
    assert np.flatnonzero(groups["tail"]).tolist() == [1, 4, 5]
    assert np.flatnonzero(groups["minority"]).tolist() == [8]


def test_metrics_of_rare_labels_are_means_of_scikit_learn_s():
    rng = np.random.default_rng(0)
    Y = (rng.random((60, 6)) < 0.3).astype(np.uint8)
    Y[:, 2] = 0  # does not occur in the test part
    scores = rng.random((60, 6))
    predicted = (scores > 0.6).astype(np.uint8)
    groups = {
        "minority": np.array([1, 0, 1, 0, 0, 1], dtype=bool),
        "tail": np.array([0, 1, 1, 0, 1, 0], dtype=bool),
    }
    values = {
        title: value
        for title, label, value in metrics.evaluate_rare(Y, predicted, scores, groups)
    }
    minority, tail = [0, 5], [1, 4]
    assert values["minority F1"] == pytest.approx(
        f1_score(Y[:, minority], predicted[:, minority], average="macro")
    )
    assert values["tail F1"] == pytest.approx(
        f1_score(Y[:, tail], predicted[:, tail], average="macro")
    )
    assert values["tail average precision"] == pytest.approx(
        average_precision_score(Y[:, tail], scores[:, tail], average="macro")
    )
    assert values["tail AUC"] == pytest.approx(
        roc_auc_score(Y[:, tail], scores[:, tail], average="macro")
    )


def test_a_group_without_a_test_row_has_no_value():
    Y = np.zeros((4, 2), dtype=np.uint8)
    every = {"minority": np.ones(2, bool), "tail": np.ones(2, bool)}
    rows = metrics.evaluate_rare(Y, Y, np.zeros((4, 2)), every)
    assert [math.isnan(value) for *_, value in rows] == [True] * len(RARE_METRICS)


def test_rare_labels_by_name_and_those_that_nothing_predicts():
    rows = [
        ("toy", arm, "tree", 0, fold, "F1", label, value)
        for arm, by_label in {
            "none": {"rare": [0.0, math.nan], "never": [0.0, 0.0], "often": [0.9, 0.8]},
            "A": {"rare": [0.5, 0.3], "never": [math.nan, 0.0], "often": [0.7, 0.8]},
        }.items()
        for label, values in by_label.items()
        for fold, value in enumerate(values)
    ]
    columns = ["dataset", "sampler", "classifier", "repeat", "fold"]
    scores = pd.DataFrame(rows, columns=[*columns, "metric", "label", "value"])
    table = compare.rare_labels(scores, "toy", ["never", "rare"])
    assert table.index.tolist() == ["never", "rare"]
    assert table["tree"]["none"].tolist() == [0.0, 0.0]
    assert table["tree"]["A"].tolist() == pytest.approx([0.0, 0.4])
    assert compare.never_predicted(scores, "toy") == ["never"]


# Evidence over rows


def test_every_metric_has_a_test_over_rows_or_is_named_as_one_without():
    whole = {m.title for m in ALL_METRICS.values() if m.better and not m.per_label}
    named = [over_rows.COUNTED, over_rows.ROW_MEANS, over_rows.RANKED]
    named += [over_rows.WITHOUT_A_TEST]
    titles = [title for group in named for title in group]
    assert sorted(titles) == sorted(whole)


def some_arms(n=160, q=5, repeats=2, seed=0):
    """Truth, two arms that differ, and groups of rare labels."""
    rng = np.random.default_rng(seed)
    Y = (rng.random((n, q)) < [0.5, 0.4, 0.3, 0.2, 0.1]).astype(np.uint8)
    arms = []
    for skill in (0.6, 0.9):
        scores = [rng.random((n, q)) + skill * Y for _ in range(repeats)]
        arms.append(Given([(s > 0.8).astype(np.uint8) for s in scores], scores))
    groups = {"minority": np.arange(q) >= 3, "tail": np.arange(q) >= 2}
    return Y, arms[1], arms[0], groups


@pytest.mark.parametrize(
    "title", [*over_rows.COUNTED, *over_rows.ROW_MEANS, *over_rows.RANKED]
)
def test_the_difference_over_rows_is_the_metric_s_own(title):
    Y, arm, baseline, groups = some_arms()
    metric = ALL_METRICS[title]
    among = np.ones(Y.shape[1], dtype=bool)
    if title in RARE_METRICS:
        among = groups[metric.group]
    field = "scores" if metric.needs == "scores" else "predicted"
    values = [
        np.mean([metric(Y[:, among], one[:, among]) for one in getattr(given, field)])
        for given in (arm, baseline)
    ]
    rng = np.random.default_rng(0)
    seen = over_rows.of_metric(title, Y, arm, baseline, groups, rng)
    assert seen.reason == ""
    assert seen.difference == pytest.approx(values[0] - values[1])
    assert seen.low <= seen.difference <= seen.high
    good = (seen.difference > 0) == (metric.better == "higher")
    once = [Given(g.predicted[:1], g.scores[:1]) for g in (arm, baseline)]
    alone = over_rows.of_metric(title, Y, *once, groups, rng)
    assert good and alone.p < 0.05
    # Two trainings say that seeds matter too: never more than the rows alone say.
    assert seen.high - seen.low > 0 and "seeds" in seen.method


def test_too_few_rows_or_positives_say_nothing():
    Y, arm, baseline, groups = some_arms(n=99)
    rng = np.random.default_rng(0)
    seen = over_rows.of_metric("macro-F1", Y, arm, baseline, groups, rng)
    assert seen.reason == "few rows" and math.isnan(seen.p)
    Y, arm, baseline, groups = some_arms()
    Y[:, 3:] = 0
    Y[:4, 3:] = 1
    seen = over_rows.of_metric("minority F1", Y, arm, baseline, groups, rng)
    assert seen.reason == "few rows"


def test_without_scores_a_ranking_gets_no_verdict_and_f1_does():
    Y, arm, baseline, groups = some_arms()
    bare = [Given(given.predicted) for given in (arm, baseline)]
    rng = np.random.default_rng(0)
    assert over_rows.of_metric("tail AUC", Y, *bare, groups, rng).reason
    assert not over_rows.of_metric("macro-F1", Y, *bare, groups, rng).reason


def predictions_of(Y, arm, baseline, groups):
    """A Predictions of two samplers before the classifier "tree"."""
    predictions = Predictions([Y], [groups], ["toy"])
    for name, given in (("none", baseline), ("A", arm)):
        for repeat, predicted in enumerate(given.predicted):
            place = Place(0, name, "tree", repeat)
            predictions.predicted[place] = predicted.astype(np.int8)
            predictions.scores[place] = given.scores[repeat].astype(np.float32)
    return predictions


def test_a_declared_split_is_judged_over_its_rows():
    Y, arm, baseline, groups = some_arms()
    predictions = predictions_of(Y, arm, baseline, groups)
    values = {
        name: [f1_score(Y, one, average="macro") for one in given.predicted]
        for name, given in (("none", baseline), ("A", arm))
    }
    scores = tidy(
        values, metric="macro-F1", split="declared", repeats=True, test_rows=160
    )
    row = row_of(scores, over_rows=predictions.over_rows({}))
    assert row["verdict"] == "better"
    assert row["method"] == (
        "sign-flip permutation over rows, with the spread over seeds"
    )
    assert row["evidence"] == "160 rows of the declared test part"
    assert row["low"] < row["difference"] < row["high"]
    assert compare.in_words(row).startswith(
        "A with tree raises macro-F1 by 0.1"
    ) and "fold" not in compare.in_words(row)


def test_a_difference_that_only_its_seeds_make_is_not_clear():
    """Each repeat is clear over its rows, and their signs differ: no verdict."""
    rng = np.random.default_rng(2)
    Y = (rng.random((300, 3)) < 0.4).astype(np.uint8)
    worse = Y ^ (rng.random(Y.shape) < 0.25)
    best = Y ^ (rng.random(Y.shape) < 0.05)
    groups = {"minority": np.ones(3, bool), "tail": np.ones(3, bool)}
    judged = [
        over_rows.of_metric(
            "macro-F1",
            Y,
            Given([one.astype(np.uint8) for one in arm]),
            Given([worse.astype(np.uint8)] * 2),
            groups,
            np.random.default_rng(0),
        )
        for arm in ([best, best], [best, worse])
    ]
    assert judged[0].p < 0.01
    assert judged[1].p > 0.2 and judged[1].low < 0 < judged[1].high
    assert judged[1].difference > 0.05


def test_what_was_tested_comes_back_from_its_folder(tmp_path):
    Y, arm, baseline, groups = some_arms()
    predictions = predictions_of(Y, arm, baseline, groups)
    predictions.predicted[Place(0, "A", "tree", 0)][:10] = -1  # never tested
    predictions.save(tmp_path)
    again = Predictions.load(tmp_path, [Y], [groups], ["toy"])
    assert list(again.predicted) == list(predictions.predicted)
    for place, predicted in predictions.predicted.items():
        assert np.array_equal(again.predicted[place], predicted)
        assert np.array_equal(again.scores[place], predictions.scores[place])
    assert again.tested_rows(0).tolist() == list(range(10, 160))
    assert Predictions.load(tmp_path / "elsewhere", [Y], [groups], ["toy"]) is None


def test_each_label_is_judged_over_its_rows_with_holm_over_the_labels():
    rng = np.random.default_rng(1)
    n = 400
    Y = (rng.random((n, 4)) < [0.4, 0.2, 0.1, 0.005]).astype(np.uint8)
    Y[:3, 3], Y[3:, 3] = 1, 0
    before = Y.copy()
    before[rng.random(Y.shape) < 0.3] ^= 1
    after = before.copy()
    after[:, 0] = Y[:, 0]  # one label is mended, the others are as they were
    after[:, 3] = Y[:, 3]
    table = over_labels.of_labels(
        Y, Given([after]), Given([before]), np.random.default_rng(0)
    )
    assert table["verdict"].tolist() == [
        "better",
        "not shown",
        "not shown",
        "no verdict",
    ]
    assert table["after"].tolist() == pytest.approx(
        f1_score(Y, after, average=None).tolist()
    )
    assert table["p"].isna().tolist() == [False, False, False, True]
    assert table["p_holm"][0] == pytest.approx(min(1, 3 * table["p"][0]))
    assert table["change"][3] > 0
