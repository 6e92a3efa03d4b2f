"""Charts of a comparison: what they say is what the frames say."""

import numpy as np
import pandas as pd
import pytest

from aemlo import compare
from aemlo.charts import compare as charts
from aemlo.charts import theme, tradeoffs

BOLD = "<b>x</b> & " + "long name " * 8


def tidy(seed=0, samplers=("none", "MLSMOTE", BOLD), classifiers=("tree", "k-NN")):
    rng = np.random.default_rng(seed)
    rows = []
    for place, sampler in enumerate(samplers):
        for classifier in classifiers:
            for fold in range(5):
                base = rng.normal(0.5 + 0.05 * place, 0.005)
                rows.append(("toy", sampler, classifier, 0, fold, "macro-F1", "", base))
                for j in range(60):
                    value = rng.uniform()
                    rows.append(
                        *[("toy", sampler, classifier, 0, fold, "F1", f"l{j}", value)]
                    )
    columns = ["dataset", "sampler", "classifier", "repeat", "fold"]
    return pd.DataFrame(rows, columns=[*columns, "metric", "label", "value"])


@pytest.fixture(scope="module")
def scores():
    return tidy()


@pytest.fixture(scope="module")
def table(scores):
    return compare.before_after(scores)


def words(figure):
    return figure.to_json()


def points(figure, mode="markers"):
    return [t for t in figure.data if t.type == "scatter" and t.mode == mode]


def test_every_fold_is_a_dot(scores, table):
    figure = charts.folds(scores, table, "macro-F1")
    dots = [t for t in points(figure) if t.customdata is not None]
    assert sum(len(t.x) for t in dots) == 3 * 2 * 5
    assert sorted(np.concatenate([t.x for t in dots])) == pytest.approx(
        sorted(scores.loc[scores["metric"] == "macro-F1", "value"])
    )
    none = next(t for t in dots if t.name == "none")
    assert none.marker.color == theme.sampler_colour("none")
    best = table.loc[table["mean"].idxmax()]
    assert f"best mean {best['mean']:.3f}" in figure.layout.title.text


def test_names_are_cut_and_their_markup_is_text(scores, table):
    for figure in (
        charts.folds(scores, table, "macro-F1"),
        charts.differences(table, "macro-F1", "none"),
    ):
        assert "<b>x" not in words(figure).replace("\\u003c", "<")
        assert "&lt;b&gt;x" in words(figure).replace("\\u0026", "&")


def test_differences_point_up_or_down_and_count_what_is_shown(table):
    figure = charts.differences(table, "macro-F1", "none")
    shown = table[table["verdict"].isin(["better", "worse"])]
    assert (
        f"{len(shown)} of 4 arms differ clearly from none" in figure.layout.title.text
    )
    better = next(t for t in figure.data if t.name == "better")
    assert set(better.marker.symbol) == {"triangle-up"}
    low = better.x - better.error_x.arrayminus
    expected = table.loc[table["verdict"] == "better", "low"]
    assert sorted(low) == pytest.approx(sorted(expected))


def test_labels_are_rarest_first_and_cut_to_the_largest_changes(scores):
    labels = pd.DataFrame(
        {
            "label": [f"l{j}" for j in range(60)],
            "positives": np.arange(1, 61),
            "irlbl": 60 / np.arange(1, 61),
        }
    )
    table = compare.per_label(
        scores, labels, metric="F1", classifier="tree", sampler="MLSMOTE"
    )
    figure = charts.labels(table, "F1", "MLSMOTE", "none", most=40)
    (bars,) = figure.data
    assert len(bars.x) == 40
    assert "the 40 largest shown" in figure.layout.title.text
    positives = [int(name.rsplit(" · ", 1)[1]) for name in bars.y]
    assert positives == sorted(positives)
    everything = charts.labels(table, "F1", "MLSMOTE", "none", most=None)
    assert len(everything.data[0].x) == 60
    down = bars.x < 0
    assert set(np.array(bars.marker.color)[down]) == {theme.WORSE}


def test_an_empty_fold_is_the_title_of_its_heat_map():
    frame = pd.DataFrame(
        [
            {"repeat": 0, "fold": f, "label": name, "test_positives": n}
            for name, counts in {"a": [3, 4], "b": [0, 1]}.items()
            for f, n in enumerate(counts)
        ]
    )
    figure = charts.folds_and_labels(frame)
    assert figure.layout.title.text.startswith("1 of 2 labels have a fold without")
    assert list(figure.data[0].y) == ["b", "a"]
    assert figure.data[0].text.tolist() == [[0, 1], [3, 4]]


def test_ranks_and_their_groups():
    rng = np.random.default_rng(2)
    values = rng.normal(0.5, 0.02, (10, 3)) + [0.0, 0.001, 0.2]
    means = pd.DataFrame(values, columns=["none", "MLSMOTE", "AEMLO"])
    ranking = compare.rank(means)
    figure = tradeoffs.critical_difference(ranking, "macro-F1")
    assert "AEMLO ranks first" in figure.layout.title.text
    marks = [t for t in figure.data if t.mode == "markers+text"]
    assert [t.x[0] for t in marks] == pytest.approx(ranking.ranks.tolist())
    bars = [t for t in figure.data if "Not shown to differ" in (t.hovertemplate or "")]
    assert len(bars) == len(ranking.groups) == 1


def test_the_front_is_joined(scores):
    table = pd.DataFrame(
        {
            "sampler": ["none", "A", "A"],
            "classifier": ["t", "t", "k"],
            "macro-F1": [0.4, 0.6, 0.5],
            "seconds": [1.0, 2.0, 3.0],
        }
    )
    better = {"macro-F1": "higher", "seconds": "lower"}
    front = compare.pareto(table, "seconds", "macro-F1", better)
    figure = tradeoffs.trade_off(table, "seconds", "macro-F1", front, better)
    assert figure.layout.title.text.startswith("2 of 3 arms")
    assert figure.data[0].x.tolist() == [1.0, 2.0]
    assert figure.layout.xaxis.type == "log" and figure.layout.yaxis.type is None


def test_a_sweep_says_how_far_it_moves():
    frame = pd.DataFrame(
        {
            "classifier": "tree",
            "setting": [0.5, 0.1, 0.25],
            "mean": [0.6, 0.4, 0.5],
            "low": [0.5, 0.3, 0.4],
            "high": [0.7, 0.5, 0.6],
        }
    )
    figure = tradeoffs.sweep(frame, "macro-F1", "budget")
    assert "moves by 0.200 over 3 values of budget" in figure.layout.title.text
    assert figure.data[0].x.tolist() == [0.1, 0.25, 0.5]


def test_the_mistake_is_drawn_beside_the_right_way():
    frame = pd.DataFrame(
        {
            "sampler": ["A", "B"],
            "classifier": ["t", "t"],
            "metric": "macro-F1",
            "right": [0.4, 0.5],
            "wrong": [0.6, 0.45],
            "gain": [0.2, -0.05],
        }
    )
    figure = tradeoffs.mistake(frame, "macro-F1")
    assert "flatters macro-F1 by up to 0.200" in figure.layout.title.text
    named = {t.name: t.x.tolist() for t in figure.data if t.name}
    assert named["fitted before the split"] == [0.6, 0.45]
