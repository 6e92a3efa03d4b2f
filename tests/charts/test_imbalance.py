"""Pictures of imbalance: titles computed from data, every label drawn, safe names."""

import numpy as np
import pytest

from aemlo import imbalance
from aemlo.charts import imbalance as charts
from aemlo.charts import (
    imbalance_change,
    imbalance_pairs,
    imbalance_rows,
    label_axes,
    theme,
)
from aemlo.imbalance import Labels, change

NAMES = ["A", "B", "C"]
TINY = np.array(
    [[1, 1, 0], [1, 1, 0], [1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 0, 0]], dtype=np.uint8
)


def many(q=983, n=600, seed=0):
    """A long tail of q labels, the last without a positive row."""
    rng = np.random.default_rng(seed)
    Y = (rng.random((n, q)) < 0.5 / np.arange(1, q + 1)).astype(np.uint8)
    Y[:, -1] = 0
    return Y, [f"label {j}" for j in range(q)]


def title(fig):
    return fig.layout.title.text


def drawn(fig, of="bar"):
    """{label's name: height} of all bars."""
    return {
        custom[1]: value
        for trace in fig.data
        if trace.type == of and trace.customdata is not None
        for custom, value in zip(trace.customdata, trace.y, strict=True)
    }


def test_bars_tell_minority_labels_by_more_than_colour():
    table = imbalance.per_label(TINY, NAMES)
    fig = charts.by_label(table, "IRLbl", mean=imbalance.mean_ir(TINY))
    assert title(fig) == "1 of 3 labels are rarer than MeanIR 2.333"
    assert drawn(fig) == {"A": 1, "B": 2, "C": 4}
    minority, others = fig.data
    assert minority.marker.pattern.shape == theme.HATCH
    assert others.marker.pattern.shape == ""
    assert minority.marker.color != others.marker.color
    assert list(fig.layout.xaxis.categoryarray) == ["C", "B", "A"]
    assert "MeanIR 2.333" in [note.text for note in fig.layout.annotations]


def test_mean_line_sits_right_on_a_log_axis():
    table = imbalance.per_label(TINY, NAMES)
    fig = charts.by_label(table, "IRLbl", mean=10.0, log=True)
    assert fig.layout.yaxis.type == "log"
    assert fig.layout.shapes[0].y0 == 10
    assert fig.layout.annotations[0].y == pytest.approx(1)


@pytest.mark.parametrize(
    "measure, expected",
    [
        ("ImR", "C is the most uneven label: ImR 5.00"),
        ("positives", "C has 1 positive row, the most frequent label 4"),
    ],
)
def test_titles_of_other_measures(measure, expected):
    assert title(charts.by_label(imbalance.per_label(TINY, NAMES), measure)) == expected


def test_many_labels_open_on_a_window_around_the_chosen_one():
    Y, names = many()
    table = imbalance.per_label(Y, names)
    rare_first = charts.by_label(table, "IRLbl", mean=imbalance.mean_ir(Y))
    assert list(rare_first.layout.xaxis.range) == [-0.5, label_axes.IN_VIEW - 0.5]
    assert "60 of 983 labels in view" in rare_first.layout.xaxis.title.text
    strip = charts.by_label(table.head(100), "IRLbl").layout.xaxis.rangeslider
    assert strip.visible and not rare_first.layout.xaxis.rangeslider.visible
    # Told apart by an outline where the hatch is too costly.
    assert [trace.marker.line.width for trace in rare_first.data] == [2, 0]
    around = charts.by_label(table, "IRLbl", chosen=0)
    low, high = around.layout.xaxis.range
    order = list(around.layout.xaxis.categoryarray)
    assert low < order.index("label 0") < high and high - low == label_axes.IN_VIEW
    assert around.layout.annotations[-1].text == "<b>label 0</b>"
    # As many bars as answer a click quickly, the chosen label among them.
    assert len(drawn(around)) == label_axes.LIGHT and "label 0" in drawn(around)
    ordered = table.sort_values("IRLbl", ascending=False, kind="stable")
    middle = list(ordered["label"])[500]
    centred = charts.by_label(table, "IRLbl", chosen=names.index(middle))
    bars = list(centred.layout.xaxis.categoryarray)
    third = label_axes.LIGHT // 3
    assert len(bars) == label_axes.LIGHT and third < bars.index(middle) < 2 * third
    low, high = centred.layout.xaxis.range
    assert low < bars.index(middle) < high
    assert title(centred) == title(around)


def test_a_label_without_positives_stands_last_without_a_bar():
    Y, names = many(20)
    fig = charts.by_label(imbalance.per_label(Y, names), "IRLbl", chosen=19, log=True)
    assert fig.layout.xaxis.categoryarray[-1] == "label 19"
    assert np.isnan(drawn(fig)["label 19"])


def test_names_are_safe_short_and_different():
    long = "x" * 60
    names = label_axes.axis_names(["<b>a</b>", long + "1", long + "2"], 10)
    assert "&lt;" in names[0] and "<" not in names[0]
    assert len(set(names)) == 3 and names[2].endswith("(2)")
    table = imbalance.per_label(TINY, ["<i>", "B", "C"])
    for fig in (
        charts.by_label(table, "ImR"),
        charts.long_tail(table),
        charts.scumble_by_ir(table, mean=2.0),
        imbalance_pairs.phi(imbalance.phi(TINY), ["<i>", "B", "C"]),
        imbalance_rows.top_labelsets(imbalance.per_labelset(TINY, ["<i>", "B", "C"])),
    ):
        assert "<i>" not in fig.to_json().replace("\\u003c", "<")


def test_a_click_can_be_told_which_label_it_meant():
    Y, names = many(70)
    table = imbalance.per_label(Y, names)
    moved = change.before_after(Y, Y[:300], names)
    for fig in (
        charts.by_label(table, "IRLbl"),
        charts.long_tail(table),
        imbalance_change.before_after(moved, "IRLbl", after="x", colour="red"),
    ):
        for trace in fig.data:
            for custom in trace.customdata if trace.customdata is not None else ():
                name = custom[1]
                assert names[int(custom[0])] == name


def test_long_tail_title_counts_the_rarer_half():
    fig = charts.long_tail(imbalance.per_label(TINY, NAMES))
    # Of 7 positives, the rarer half (C; the middle label counts as frequent) has 1.
    assert title(fig) == "The rarer half of the labels holds 14% of all 7 positives"


def test_concurrence_title_counts_minority_labels():
    table = imbalance.per_label(TINY, NAMES)
    fig = charts.scumble_by_ir(table, mean=imbalance.mean_ir(TINY), chosen=2)
    assert title(fig) == "1 of 1 minority labels have a SCUMBLE above 0.1"
    overlay = charts.Overlay("ML-ROS", "red", imbalance.per_label(TINY[:4], NAMES))
    over = charts.scumble_by_ir(table, mean=2.0, after=overlay)
    assert "ML-ROS" in [trace.name for trace in over.data]


def test_rows_and_labelsets():
    labels = Labels(TINY)
    fig = imbalance_rows.labels_per_row(labels.sizes)
    assert title(fig) == "A row carries 0 to 2 labels, most often 2"
    assert list(fig.data[0].y) == [2, 1, 3]
    sets = imbalance.per_labelset(labels, NAMES)
    top = imbalance_rows.top_labelsets(sets, most=2)
    assert title(top) == "The 2 most frequent of 4 labelsets cover 67% of the rows"
    tail = imbalance_rows.labelset_tail(sets)
    assert title(tail) == "2 of 4 labelsets have a single row"
    assert list(tail.data[0].y) == [2, 2, 1, 1]
    spread = imbalance_rows.row_scumble(labels.scumble_rows)
    assert title(spread) == ("3 of 6 rows are above the mean SCUMBLE; 3 have none")
    assert sum(spread.data[0].y) == 3


def test_overlays_show_both_sets():
    before, after = Labels(TINY), Labels(TINY[[0, 0, 3, 3]])
    over = charts.Overlay("MLSMOTE", "green", after.sizes)
    fig = imbalance_rows.labels_per_row(before.sizes, over)
    assert [trace.name for trace in fig.data] == ["before", "MLSMOTE"]
    sets = imbalance.per_labelset(before, NAMES)
    later = charts.Overlay("MLSMOTE", "green", imbalance.per_labelset(after, NAMES))
    bars = imbalance_rows.top_labelsets(sets, after=later)
    now = dict(zip(bars.data[0].y, bars.data[0].x, strict=True))
    assert now == {"A + B": 2, "A + C": 2, "A": 0, "no label": 0}


def test_pairs():
    square = imbalance.cooccurrence(TINY, [0, 1, 2])
    fig = imbalance_pairs.cooccurrence(square, NAMES)
    assert title(fig) == "100% of the 2 rows with B also have A"
    assert fig.data[0].z[0][1] == 0.5 and np.isnan(fig.data[0].z[0][0])
    tie = imbalance_pairs.phi(imbalance.phi(TINY), NAMES)
    assert title(tie) == "The strongest tie: A and B, phi 0.500"
    apart = imbalance_pairs.cooccurrence(np.diag([3, 2]), ["A", "B"])
    assert title(apart) == "No two of these labels share a row"
    flat = imbalance_pairs.phi(np.full((2, 2), np.nan), ["A", "B"])
    assert title(flat) == "These labels have no phi: each has all rows or none"
    same = imbalance_pairs.difference(square, square, NAMES, "share")
    assert title(same) == "No share changed"
    moved = imbalance_pairs.difference(np.zeros((2, 2)), np.eye(2)[::-1], "AB", "phi")
    assert title(moved) == "Largest change in phi: A and B, +1.000"


def test_ring_joins_labels_that_meet():
    table = imbalance.per_label(TINY, NAMES).reset_index(names="position")
    fig = imbalance_pairs.ring(imbalance.cooccurrence(TINY, [0, 1, 2]), table, chosen=2)
    assert title(fig) == (
        "1 of 1 minority labels shown share most of their rows with one frequent label"
    )
    nodes = [trace for trace in fig.data if trace.mode == "markers"]
    assert sum(len(trace.x) for trace in nodes) == 3
    lines = [trace for trace in fig.data if trace.mode == "lines"]
    assert sum(list(trace.x).count(None) for trace in lines) == 2  # A-B and A-C
    assert "1 with A" in nodes[0].customdata[0][1]
    later = imbalance.cooccurrence(np.vstack([TINY, [[0, 0, 1]]]), [0, 1, 2])
    over = charts.Overlay("ML-ROS", "red", later)
    fig = imbalance_pairs.ring(
        imbalance.cooccurrence(TINY, [0, 1, 2]), table, after=over
    )
    tied = {trace.name for trace in fig.data if trace.mode == "lines" and trace.x}
    # C now has a row without A, so that tie loosened; A and B are as they were.
    assert tied == {"loosened", "about the same"}


def test_paired_bars():
    moved = change.before_after(TINY, TINY[[0, 3, 3]], NAMES)
    fig = imbalance_change.before_after(
        moved, "IRLbl", after="LP-ROS", colour="red", mean=2.0, chosen=1
    )
    assert title(fig) == "IRLbl falls for 1 of 3 labels and rises for 1"
    assert [trace.name for trace in fig.data] == ["before", "LP-ROS"]
    assert fig.data[0].marker.color == theme.BEFORE
    assert list(fig.data[0].x) == ["C", "B", "A"]
    assert list(fig.data[1].y) == [1.5, 3, 1]
