"""Plausibility of synthetic rows: hand-worked cases and formulas written out again."""

import sys

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist

from aemlo import quality
from aemlo.errors import DataError, ParameterError
from aemlo.quality import base

# The function of the package has the name of its module.
report = sys.modules["aemlo.quality.reporting"]


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def written_out(real, synthetic, k):
    """Precision and recall of Kynkäänniemi et al., eq. 1 and 2, as plain loops."""

    def share(centres, rows):
        inside = 0
        for row in rows:
            for i, centre in enumerate(centres):
                others = np.delete(centres, i, axis=0)
                radius = np.sort(np.linalg.norm(others - centre, axis=1))[k - 1]
                if np.linalg.norm(row - centre) <= radius:
                    inside += 1
                    break
        return inside / len(rows)

    return share(real, synthetic), share(synthetic, real)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_precision_and_recall_are_the_formulas_written_out(rng, kind):
    real = rng.normal(size=(40, 3))
    synthetic = 1.5 * rng.normal(size=(25, 3)) + 0.8
    found = quality.precision_recall(kind(real), kind(synthetic), k=3)
    assert found == pytest.approx(written_out(real, synthetic, 3))
    assert 0 < found[0] < 1 and 0 < found[1] < 1


def test_precision_sees_rows_off_the_data_and_recall_a_missing_half(rng):
    real = np.vstack([rng.normal(size=(60, 2)), rng.normal(size=(60, 2)) + 30])
    near = real[:60] + 0.01
    precision, recall = quality.precision_recall(real, near)
    assert precision == 1.0
    assert recall == pytest.approx(0.5, abs=0.05)
    assert quality.precision_recall(real, near + 500.0)[0] == 0.0


def test_too_few_rows_for_balls_give_no_figure(rng):
    real = rng.normal(size=(20, 2))
    precision, recall = quality.precision_recall(real, real[:3] + 0.01, k=3)
    assert precision == 1.0
    assert np.isnan(recall)
    assert np.isnan(quality.coverage(real[:5], real, k=5))


def test_nearest_real_leaves_a_real_row_itself_out():
    real = np.array([[0.0], [1.0], [5.0]])
    to_real, among = quality.nearest_real(real, np.array([[0.25], [9.0]]))
    assert to_real.tolist() == [0.25, 4.0]
    assert among.tolist() == [1.0, 1.0, 4.0]


def test_copies_and_rows_off_the_data_are_told_from_ordinary_ones(rng):
    among = rng.uniform(1.0, 2.0, size=1000)
    to_real = np.array([0.0, 0.5, 1.5, 1.6, 1.7, 3.0, 4.0, 1.2, 1.3, 1.4])
    assert quality.copied_and_off(to_real, among) == (0.2, 0.2)


def test_an_exact_copy_counts_even_where_real_rows_repeat():
    among = np.zeros(100)
    assert quality.copied_and_off(np.array([0.0, 0.0, 1.0]), among) == (
        pytest.approx(2 / 3),
        pytest.approx(1 / 3),
    )


def test_coverage_is_the_share_of_real_rows_reached(rng):
    real = np.arange(10.0)[:, None]
    # With k = 2 each row reaches 2 (the ends) or 1; 0.5 is near 0 and 1 and 2.
    synthetic = np.array([[0.5]])
    radius = np.array([2, 1, 1, 1, 1, 1, 1, 1, 1, 2])
    expected = (np.abs(real[:, 0] - 0.5) <= radius).mean()
    assert quality.coverage(real, synthetic, k=2) == expected == 0.2
    assert quality.coverage(real, real, k=2) == 1.0
    assert quality.coverage(real, real[:0], k=2) == 0.0


def test_label_agreement_is_jaccard_with_the_nearest_real_rows():
    real = np.array([[0.0], [1.0], [10.0], [11.0]])
    Y = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]])
    rows = np.array([[0.4], [10.4]])
    Y_rows = np.array([[1, 1, 0], [0, 0, 0]])
    found = quality.label_agreement(real, Y, rows, Y_rows, k=2)
    assert found.tolist() == [(0.5 + 1.0) / 2, (0.0 + 1.0) / 2]
    own = quality.label_agreement(real, Y, k=1)
    assert own.tolist() == [0.5, 0.5, 0.0, 0.0]


def test_matched_real_rows_have_the_labels_asked_for_and_are_distinct(rng):
    Y = np.zeros((50, 3), dtype=int)
    Y[:, 0] = 1
    Y[:6, 1] = 1
    Y[:4, 2] = 1
    made_for = np.array([2] * 3 + [1] * 10 + [0] * 20 + [-1] * 5)
    rows = quality.matched(Y, made_for, rng)
    assert len(set(rows)) == len(rows) == 3 + 3 + 20 + 5
    assert Y[rows[:3], 2].all()
    assert Y[rows[3:6], 1].all()


def test_a_forest_cannot_tell_rows_of_one_kind_and_can_tell_a_shifted_feature(rng):
    real, same = rng.normal(size=(300, 6)), rng.normal(size=(300, 6))
    auc, _ = quality.two_sample_test(real, same, rng)
    assert auc == pytest.approx(0.5, abs=0.1)
    same[:, 4] += 4.0
    auc, importance = quality.two_sample_test(real, same, rng)
    assert auc > 0.95
    assert importance.argmax() == 4
    assert importance.sum() == pytest.approx(1.0)


def test_children_near_their_parents_do_not_pull_the_auc_below_one_half(rng):
    real = rng.normal(size=(300, 8))
    parents = [(i,) for i in rng.integers(0, 300, size=300)]
    children = real[[p[0] for p in parents]] + 0.05 * rng.normal(size=(300, 8))
    naive, _ = quality.two_sample_test(real, children, rng)
    fair, _ = quality.two_sample_test(real, children, rng, parents)
    assert naive < 0.35
    assert fair == pytest.approx(0.5, abs=0.12)
    children[:, 2] += 5.0
    assert quality.two_sample_test(real, children, rng, parents)[0] > 0.95


def test_a_forest_is_not_asked_about_a_handful_of_rows(rng):
    auc, importance = quality.two_sample_test(np.eye(30), np.eye(9, 30), rng)
    assert np.isnan(auc)
    assert not importance.any()


def test_a_row_made_for_a_label_but_placed_in_anothers_region_is_outside(rng):
    real = np.vstack([rng.normal(size=(50, 2)), rng.normal(size=(30, 2)) + 40])
    Y = np.repeat([[1, 0, 0], [0, 1, 0]], [50, 30], axis=0)
    Y[0, 2] = 1
    synthetic = np.vstack([real[55] + 0.01, real[3] + 0.01, real[3], real[3], real[60]])
    made_for = np.array([1, 1, -1, 0, 2])
    found = quality.outside(real, Y, synthetic, made_for)
    assert found.tolist() == [False, True, False, False, False]


def test_a_row_made_for_no_label_stands_for_its_rarest():
    Y = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [1, 0, 0]])
    new = np.array([[1, 1, 1], [1, 1, 0], [0, 0, 0], [1, 1, 1]])
    found = quality.purpose(Y, new, np.array([-1, -1, -1, 0]))
    assert found.tolist() == [2, 1, -1, 0]


@pytest.fixture
def rare_rows():
    """200 real rows, 40 of them with label 1 and apart, and 40 made near those."""
    rng = np.random.default_rng(0)
    real = rng.normal(size=(200, 4))
    Y = np.column_stack([np.ones(200), np.arange(200) < 40, np.zeros(200)]).astype(int)
    real[:40] += 3.0
    synthetic = real[:40] + 0.3 * rng.normal(size=(40, 4))
    return real, Y, synthetic, Y[:40].copy(), np.ones(40, dtype=int)


def test_the_report_puts_real_rows_beside_and_repeats_itself(rare_rows):
    real, Y, synthetic, Y_new, made_for = rare_rows
    heard = []

    def run():
        return quality.report(
            *(real, Y, synthetic, Y_new, made_for),
            np.random.default_rng(5),
            on_progress=heard.append,
        )

    frame, importances = run()
    half = len(heard)
    assert frame.equals(run()[0])
    assert heard[0] == 0.0 and heard[-1] == 1.0
    assert heard[:half] == sorted(heard[:half])
    titles = {m.title for m in quality.MEASURES}
    for label in (-1, 0, 1):
        assert set(frame.loc[frame["label"] == label, "measure"]) >= titles - {
            "outside" if label == 0 else ""
        }
    assert set(frame["label"]) == {-1, 0, 1}
    assert {label: len(each) for label, each in importances.items()} == {
        -1: 4,
        0: 4,
        1: 4,
    }
    values = frame.set_index(["measure", "label"])
    by_hand = cdist(synthetic, real).min(axis=1)
    assert values.loc[("distance", 1), "value"] == pytest.approx(np.median(by_hand))
    own = cdist(real, real)
    np.fill_diagonal(own, np.inf)
    assert values.loc[("distance", 1), "reference"] == pytest.approx(
        np.median(own.min(axis=1)[:40])
    )
    assert values.loc[("told apart (AUC)", -1), "reference"] == 0.5
    assert values.loc[("outside", -1), "value"] < 0.2
    # Coverage overall is of all real rows, whichever labels rows were made for.
    fifth = np.sort(own, axis=1)[:, 4]
    near = cdist(real, synthetic).min(axis=1) <= fifth
    assert values.loc[("coverage", -1), "value"] == pytest.approx(near.mean())
    assert near.mean() < near[:40].mean()


def test_every_figure_of_a_label_is_that_of_its_rows_alone(rare_rows, rng):
    real, Y, synthetic, Y_new, made_for = rare_rows
    synthetic[:6] -= 30.0
    Y_new[30:, 1] = 0
    made_for[30:] = -1
    frame, _ = quality.report(*(real, Y, synthetic, Y_new, made_for), rng)
    values = frame.set_index(["measure", "label"])
    rare, made = real[:40], synthetic[:30]
    precision, recall = written_out(rare, made, 3)
    assert values.loc[("precision", 1), "value"] == pytest.approx(precision)
    assert values.loc[("recall", 1), "value"] == pytest.approx(recall)
    assert 0 < recall < 1
    # Of the thirty made for it, the six far away and those the balls do not reach.
    reach, _ = written_out(rare, made, 5)
    assert values.loc[("outside", 1), "value"] == pytest.approx(1 - reach) and reach < 1
    assert values.loc[("outside", 1), "rows"] == 30
    own = cdist(rare, rare)
    radius = np.sort(own, axis=0)[5]
    np.fill_diagonal(own, np.inf)
    stray = ~(own <= radius).any(axis=1)
    assert values.loc[("outside", 1), "reference"] == pytest.approx(stray.mean())


def test_a_labels_forest_sees_its_rows_and_says_by_which_feature(rng):
    real = rng.normal(size=(120, 4))
    Y = np.column_stack([np.arange(120) < 60, np.arange(120) >= 60]).astype(int)
    drawn = rng.normal(size=(80, 4))
    drawn[:40, 2] += 9.0
    Y_new = np.column_stack([np.arange(80) < 40, np.arange(80) >= 40]).astype(int)
    made_for = np.repeat([0, 1], 40)
    frame, importances = quality.report(real, Y, drawn, Y_new, made_for, rng)
    told = frame[frame["measure"] == "told apart (AUC)"].set_index("label")
    assert told.loc[0, "value"] > 0.99 and importances[0].argmax() == 2
    assert told.loc[1, "value"] == pytest.approx(0.5, abs=0.15)
    assert told["rows"].tolist() == [80, 40, 40]


def test_a_labels_forest_does_not_tell_which_rows_were_made_for(rng):
    # Label 0 is everywhere, its rows with label 1 are apart; all rows made have both.
    real = rng.normal(size=(200, 3))
    Y = np.column_stack([np.ones(200), np.arange(200) < 60]).astype(int)
    real[:60] += 5.0
    drawn, Y_new = rng.normal(size=(40, 3)) + 5.0, np.ones((40, 2), dtype=int)
    frame, _ = quality.report(real, Y, drawn, Y_new, np.ones(40, dtype=int), rng)
    told = frame[frame["measure"] == "told apart (AUC)"].set_index("label")
    assert told["value"].to_dict() == {
        label: pytest.approx(0.5, abs=0.15) for label in (-1, 0, 1)
    }


def test_a_label_with_few_rows_has_the_figures_that_can_be_had(rare_rows, rng):
    real, Y, synthetic, Y_new, made_for = rare_rows
    Y[3:40, 1] = 0
    Y_new[9:, 1] = 0
    Y[0, 2] = Y_new[0, 2] = 1
    frame, importances = quality.report(*(real, Y, synthetic, Y_new, made_for), rng)
    there = frame.groupby("label")["measure"].agg(set)
    assert "told apart (AUC)" not in there[1] and 1 not in importances
    assert "recall" in there[1] and "precision" not in there[1]
    # One real row has no region that anything could be outside of.
    assert "outside" not in there[2]
    with pytest.raises(DataError, match="1 real and 40 synthetic rows: to judge takes"):
        quality.report(real[:1], Y[:1], synthetic, Y_new, made_for, rng)


def test_forests_are_asked_for_the_rarest_labels(rare_rows, rng):
    one = quality.Judging(forests=1)
    frame, importances = quality.report(*rare_rows, rng, judging=one)
    assert set(importances) == {-1, 1}
    told = frame[frame["measure"] == "told apart (AUC)"]
    assert told["label"].tolist() == [-1, 1]


def test_what_is_judged_with_other_settings_is_told_in_words_that_fit(rare_rows, rng):
    real, Y, synthetic, Y_new, made_for = rare_rows
    wide = quality.Judging(precision=6, coverage=2, agreement=1, region=9, forests=0)
    frame, _ = quality.report(*rare_rows, rng, judging=wide)
    values = frame.set_index(["measure", "label"])["value"]
    precision, recall = written_out(real[:40], synthetic, 6)
    assert values[("precision", 1)] == pytest.approx(precision)
    assert values[("recall", 1)] == pytest.approx(recall)
    near = cdist(real[:40], synthetic).min(axis=1)
    own = np.sort(cdist(real[:40], real[:40]), axis=1)[:, 2]
    assert values[("coverage", 1)] == pytest.approx((near <= own).mean())
    reach, _ = written_out(real[:40], synthetic, 9)
    assert values[("outside", 1)] == pytest.approx(1 - reach)
    nearest = cdist(synthetic, real).argmin(axis=1)
    both, either = Y_new & Y[nearest], Y_new | Y[nearest]
    jaccard = both.sum(axis=1) / either.sum(axis=1)
    assert values[("label agreement", -1)] == pytest.approx(jaccard.mean())
    assert ("told apart (AUC)", 1) not in values
    said = {m.title: m.meaning for m in quality.measures(wide)}
    assert "nearest 2 real ones" in said["coverage"]
    assert "the 0 rarest" in said["told apart (AUC)"]
    with pytest.raises(ParameterError, match="region"):
        quality.Judging(region=0)


def test_large_sets_are_judged_on_a_part(rng, monkeypatch):
    monkeypatch.setattr(report, "MOST_ROWS", 60)
    sizes = []
    plain = quality.nearest_real

    def counted(real, synthetic):
        sizes.append(real.shape[0])
        return plain(real, synthetic)

    monkeypatch.setattr(report.figures, "nearest_real", counted)
    real = rng.normal(size=(300, 2))
    Y = np.ones((300, 1), dtype=int)
    quality.report(*(real, Y, real[:20] + 0.1, Y[:20], np.zeros(20, dtype=int)), rng)
    assert sizes == [60]


@pytest.mark.parametrize("measure", quality.MEASURES, ids=lambda one: one.title)
def test_a_measure_stands_beside_its_function_with_formula_and_meaning(measure):
    for words in (measure.meaning, measure.good, measure.source):
        assert words.strip() and "{" not in words
    plain = measure.formula.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}") and "$" not in plain
    assert measure.formula.count(r"\left") == measure.formula.count(r"\right")
    assert measure.function.__doc__


def test_two_measures_of_one_title_are_refused():
    words = {"formula": "1", "meaning": "It.", "good": "high", "source": "ours"}
    with pytest.raises(ValueError, match="There is a measure 'recall' already."):
        base.measure("recall", **words)(len)
