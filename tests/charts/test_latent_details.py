"""Charts beside the map: the right numbers at the right places, said in the title."""

import numpy as np
import pandas as pd
import pytest

from aemlo.charts import latent_details as details
from aemlo.charts import theme


def test_label_shares_say_what_is_over_represented():
    counts = pd.DataFrame(
        {
            "label": ["<rare>", "common", "never"],
            "in the selection": [5, 10, 0],
            "share": [0.5, 1.0, 0.0],
            "in all": [10, 90, 0],
            "share of all": [0.1, 0.9, 0.0],
            "times as common": [5.0, 1.11, np.nan],
        }
    )
    figure = details.label_shares(counts)
    assert figure.layout.title.text == (
        "&lt;rare&gt; is 5.00 times as common here (5 rows)"
    )
    everywhere, chosen = [t for t in figure.data if t.mode == "markers"]
    assert dict(zip(chosen.y, chosen.x, strict=True)) == {
        "&lt;rare&gt;": 0.5,
        "common": 1,
    }
    assert list(everywhere.x) == [0.9, 0.1]
    nothing = counts.assign(**{"in the selection": 0})
    assert details.label_shares(nothing).layout.title.text == (
        "No row of the selection has a label"
    )


def test_feature_gaps_point_the_way_the_difference_goes():
    features = pd.DataFrame(
        {
            "feature": ["a", "b"],
            "selection": [1.0, 5.0],
            "rest": [4.0, 4.0],
            "difference": [-2.5, 0.5],
        }
    )
    figure = details.feature_gaps(features)
    assert figure.layout.title.text == "a is 2.5 standard deviations lower"
    assert list(figure.data[0].x) == [0.5, -2.5]
    empty = details.feature_gaps(features.iloc[:0])
    assert empty.layout.title.text == "Nothing sets the selection apart"


def test_a_row_and_its_parents_share_a_line_for_each_feature():
    frame = pd.DataFrame(
        {
            "feature": ["b", "b", "a", "a"],
            "role": ["synthetic", "parent, row 3"] * 2,
            "value": [20.0, 10.0, 1.0, 2.0],
            "scaled": [0.9, 0.1, 0.4, 0.6],
        }
    )
    child, parent = details.beside_parents(frame).data
    assert (child.marker.color, child.marker.symbol) == (theme.SYNTHETIC, "diamond")
    assert list(child.x) == [0.9, 0.4]
    assert list(parent.customdata[:, 0]) == [10.0, 2.0]
    assert list(child.y) == list(parent.y) == ["b", "a"]


def test_probes_are_sorted_and_those_without_a_figure_left_out():
    probes = pd.DataFrame(
        {
            "label": ["a", "b", "c"],
            "positives": [10, 20, 1],
            "auc": [0.9, 0.6, np.nan],
            "unit": [4, 5, 6],
            "unit_auc": [0.2, 0.55, np.nan],
        }
    )
    direction, single = details.probe_bars(probes).data
    assert list(direction.y) == ["b", "a"]
    assert list(single.x) == pytest.approx([0.55, 0.8])
    assert details.probe_bars(probes).layout.title.text == (
        "1 of 3 labels lie along a direction (AUC 0.75 or more)"
    )


@pytest.fixture
def quality():
    rows = [
        ("precision", "", 0.9, 0.8, 50, "AEMLO"),
        ("precision", "", 0.7, 0.6, 40, "MLSMOTE"),
        ("outside", "", 0.02, np.nan, 50, "AEMLO"),
        ("precision", "rare", 0.5, 0.6, 9, "AEMLO"),
        ("precision", "rare", 0.4, 0.6, 3, "MLSMOTE"),
        ("precision", "often", 1.0, 0.9, 30, "AEMLO"),
    ]
    names = ["measure", "label", "value", "reference", "rows", "sampler"]
    return pd.DataFrame(rows, columns=names)


def test_each_figure_of_plausibility_has_a_panel_and_a_sampler_its_colour(quality):
    figure = details.quality_dots(quality, ["precision", "recall", "outside"])
    assert [note.text for note in figure.layout.annotations] == ["precision", "outside"]
    assert [(t.name, t.x[0], t.marker.color) for t in figure.data] == [
        ("AEMLO", 0.9, theme.sampler_colour("AEMLO")),
        ("MLSMOTE", 0.7, theme.sampler_colour("MLSMOTE")),
        ("AEMLO", 0.02, theme.sampler_colour("AEMLO")),
    ]
    assert [t.showlegend for t in figure.data] == [True, True, False]
    # Samplers on lines of their own, so that equal ones do not hide each other.
    assert figure.data[0].y[0] == figure.data[2].y[0] != figure.data[1].y[0]
    strokes = [(s.x0, (s.y0 + s.y1) / 2) for s in figure.layout.shapes]
    assert strokes == [(0.8, figure.data[0].y[0]), (0.6, figure.data[1].y[0])]


def test_plausibility_label_by_label_leaves_a_gap_where_a_sampler_made_nothing(quality):
    figure = details.quality_per_label(quality, "precision", "what it says")
    real, aemlo, mlsmote = figure.data
    assert list(real.y) == ["rare", "often"]
    assert list(real.x) == [0.6, 0.9]
    assert list(aemlo.x) == [0.5, 1.0]
    assert mlsmote.x[0] == 0.4 and np.isnan(mlsmote.x[1])
    assert list(figure.data[1].customdata[:, 0]) == [9, 30]


def test_telling_features_are_ordered_for_each_sampler():
    telling = pd.DataFrame(
        {
            "sampler": ["AEMLO", "AEMLO", "MLSMOTE"],
            "feature": ["x", "y", "x"],
            "importance": [0.3, 0.1, 0.2],
        }
    )
    figure = details.telling_features(telling, {"AEMLO": 0.812})
    assert [note.text for note in figure.layout.annotations] == [
        "AEMLO<br>AUC 0.812",
        "MLSMOTE<br>AUC not defined",
    ]
    assert list(figure.data[0].y) == ["y", "x"]


def test_a_label_by_label_title_says_who_does_better_and_where(quality):
    def title(measure, frame):
        return details.quality_per_label(frame, measure, "").layout.title.text

    assert title("precision", quality) == (
        "Precision: AEMLO is nearer to real rows' than MLSMOTE on 1 of 1 labels"
    )
    recall = quality.assign(measure="recall", reference=np.nan)
    recall["value"] = 1 - recall["value"]
    assert title("recall", recall) == (
        "Recall: AEMLO is higher than MLSMOTE on 0 of 1 labels"
    )
    alone = quality[quality["sampler"] == "AEMLO"]
    assert title("precision", alone) == "Precision, label by label"


def test_many_labels_are_cut_and_rows_left_out_make_a_shape_open(quality):
    less = quality[quality["sampler"] == "AEMLO"]
    less = less.assign(sampler="AEMLO, 3 rows left out")
    both = pd.concat([quality, less], ignore_index=True)
    figure = details.quality_per_label(both, "precision", "", most=1)
    assert {name for trace in figure.data for name in trace.y} == {"often"}
    marks = {t.name: t.marker for t in figure.data}
    whole, left = marks["AEMLO"], marks["AEMLO, 3 rows left out"]
    assert left.symbol == f"{whole.symbol}-open"
    assert left.color == whole.color


def test_every_sampler_has_a_shape_of_its_own():
    from aemlo.samplers import SAMPLERS

    shapes = {name: theme.sampler_symbol(name) for name in [*SAMPLERS, "none"]}
    named = {
        name: shapes[name] for name in ("MLSMOTE", "AEMLO", "AEMLO-paper", "MLSOL")
    }
    assert len(set(named.values())) == len(named)
    assert theme.sampler_symbol("MLSMOTE 25 %") == shapes["MLSMOTE"]
    assert shapes["none"] not in set(named.values())
    twins = pd.Series(shapes).value_counts()
    assert (twins[twins > 1].index == "circle").all(), shapes
