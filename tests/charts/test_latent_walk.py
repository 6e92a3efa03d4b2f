"""Charts of a walk: one line a label or feature, and the way on the map."""

import numpy as np
import pandas as pd

from aemlo.charts import latent_walk, theme


def test_a_walk_is_one_line_a_label_with_the_watched_one_strong():
    frame = pd.DataFrame(
        {
            "position": np.repeat([0.0, 50.0, 100.0], 2),
            "label": ["one", "two"] * 3,
            "score": [0.1, 0.9, 0.2, 0.8, 0.3, 0.7],
        }
    )
    figure = latent_walk.walk_lines(
        *(frame, "label", "score", "title", "y"), emphasised="two", at=50.0
    )
    lines = {trace.name: trace for trace in figure.data}
    assert list(lines["two"].y) == [0.9, 0.8, 0.7]
    assert lines["two"].line.width > lines["one"].line.width
    assert figure.layout.shapes[0].x0 == 50.0
    # The slider above runs over the same hundred.
    assert figure.layout.xaxis.title.text == "Place on the way (%)"
    assert figure.layout.xaxis.range == (0, 100)


def test_a_way_on_the_map_has_its_ends_its_place_and_the_rows_just_made():
    points = pd.DataFrame(
        {
            "row": [0, 1, 2],
            "synthetic": [False, False, True],
            "x": [0.0, 1, 2],
            "y": [0.0, 1, 2],
        }
    )
    way = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 3.0]])
    made = np.array([[1.0, 0.6], [1.1, 0.4]])
    figure = latent_walk.way_map(
        points, way, 1, method="PCA", title="From row 0", newest=made
    )
    marks = {trace.name: trace for trace in figure.data}
    places = {name: (list(t.x), list(t.y)) for name, t in marks.items()}
    assert places["the way"] == ([0, 1, 2], [0, 0.5, 3])
    assert places["start"] == ([0], [0])
    assert places["end"] == ([2], [3])
    assert places["here"] == ([1], [0.5])
    assert places["just made (2)"] == ([1, 1.1], [0.6, 0.4])
    new = marks["just made (2)"].marker
    assert (new.color, new.symbol) == (theme.SYNTHETIC, "diamond")
    # What the way is drawn with comes after all rows, so that none covers it.
    order = [trace.name for trace in figure.data]
    assert order.index("the way") > order.index("synthetic (1)")
    bare = latent_walk.way_map(points, way, 1, method="PCA", title="From row 0")
    assert not any("made" in trace.name for trace in bare.data)
