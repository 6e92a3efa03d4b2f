"""The map of the latent space: who is drawn where, in what order, with which id."""

import numpy as np
import pandas as pd
import pytest

from aemlo.charts import latent, theme


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "row": np.arange(100, 140),
            "synthetic": np.arange(40) >= 30,
            "x": rng.normal(size=40),
            "y": rng.normal(size=40),
            "labels": ["<b>bold</b>, two"] * 40,
            "parents": [""] * 30 + ["from row 7"] * 10,
            "Class <14>": np.arange(40) % 4 == 0,
            "number of labels": np.arange(40.0),
            "labelset": [f"set {i % 9}" for i in range(40)],
        }
    )


def drawn(figure):
    return {
        int(row): (trace.name, float(x), float(y))
        for trace in figure.data
        if trace.customdata is not None and "selected" not in trace.name
        for row, x, y in zip(trace.customdata[:, 0], trace.x, trace.y, strict=True)
    }


@pytest.mark.parametrize(
    "colour", [latent.KIND, "Class <14>", "number of labels", "labelset"]
)
def test_each_row_is_drawn_once_with_its_own_id_whatever_the_trace(points, colour):
    figure = latent.latent_map(points, colour)
    found = drawn(figure)
    assert len(figure.data) > 1
    assert sum(len(trace.x) for trace in figure.data) == 40
    for _, point in points.iterrows():
        _, x, y = found[point["row"]]
        assert (x, y) == pytest.approx((point["x"], point["y"]), abs=1e-6)


def test_real_are_blue_circles_and_synthetic_orange_diamonds_on_top(points):
    real, synthetic = latent.latent_map(points).data
    assert (real.name, synthetic.name) == ("real (30)", "synthetic (10)")
    assert (real.marker.color, real.marker.symbol) == (theme.REAL, "circle")
    assert (synthetic.marker.color, synthetic.marker.symbol) == (
        theme.SYNTHETIC,
        "diamond",
    )
    assert real.type == "scattergl"


def test_who_has_a_label_is_drawn_after_who_has_not_and_counted_in_the_title(points):
    figure = latent.latent_map(points, "Class <14>")
    assert [trace.name for trace in figure.data] == [
        "real, has not (22)",
        "synthetic, has not (8)",
        "synthetic, has it (2)",
        "real, has it (8)",
    ]
    assert figure.layout.title.text == (
        "Class &lt;14&gt;: 8 of 30 real rows have it, and 2 of 10 synthetic"
    )


def test_names_cannot_smuggle_markup_into_the_hover(points):
    texts = latent.latent_map(points).data[1].hovertext
    assert texts[0] == (
        "synthetic row 130<br>&lt;b&gt;bold&lt;/b&gt;, two<br>from row 7"
    )


def test_numbers_are_coloured_without_letting_one_outlier_flatten_the_scale(points):
    points.loc[39, "number of labels"] = 1e9
    points.loc[3, "number of labels"] = np.nan
    figure = latent.latent_map(points, "number of labels")
    assert figure.data[0].name == "not defined (1)"
    assert figure.layout.coloraxis.cmax < 1e9
    assert figure.layout.coloraxis.cmin < 2


def test_of_many_categories_the_commonest_keep_a_colour(points):
    points["labelset"] = [f"set {min(i, 20)}" for i in range(40)]
    figure = latent.latent_map(points, "labelset")
    names = [trace.name for trace in figure.data]
    assert names[0].startswith("others (")
    assert "set 20 (10)" in names and "set 20, synthetic (10)" in names
    colours = {trace.marker.color for trace in figure.data}
    assert len(colours) == len(latent.CATEGORY_COLOURS) + 1


def test_marked_rows_are_ringed_and_joined_to_their_parents(points):
    lines = pd.DataFrame({"child": [131, 131, 132], "parent": [101, 102, 999]})
    figure = latent.latent_map(points, marked=[131, 101, 5], lines=lines)
    joined, rings = figure.data[2], figure.data[3]
    assert rings.name == "selected (2)"
    assert rings.customdata[:, 0].tolist() == [101, 131]
    place = points.set_index("row")["x"]
    assert np.allclose(
        joined.x,
        [place[131], place[101], np.nan] + [place[131], place[102], np.nan],
        equal_nan=True,
    )


def test_a_picture_in_space_uses_all_three_numbers(points):
    points["z"] = np.arange(40.0)
    figure = latent.latent_map(points, marked=[101])
    assert {trace.type for trace in figure.data} == {"scatter3d"}
    assert figure.data[0].z.tolist() == list(range(30))


def test_linked_views_ring_the_same_rows_in_each(points):
    other = points.assign(x=-points["x"])
    figure = latent.linked_views(
        {"Latent": points, "Features": other}, marked=[101, 135]
    )
    rings = [trace for trace in figure.data if trace.name == "selected (2)"]
    assert [trace.customdata[:, 0].tolist() for trace in rings] == [[101, 135]] * 2
    assert np.allclose(rings[0].x, -rings[1].x)
    assert [note.text for note in figure.layout.annotations] == ["Latent", "Features"]
    assert sum(bool(trace.showlegend) for trace in figure.data) == 3


def test_rows_made_for_no_label_are_called_so_and_stay_in_the_background():
    points = pd.DataFrame(
        {
            **{"row": [0, 1, 2, 3], "x": [0.0] * 4, "y": [0.0] * 4},
            "synthetic": [False, True, True, True],
            "made for": ["", "rare", "rare", ""],
        }
    )
    figure = latent.latent_map(points, "made for", method="PCA")
    names = [trace.name for trace in figure.data]
    assert names == ["none (1)", "none, synthetic (1)", "rare, synthetic (2)"]
    assert figure.data[0].marker.color == theme.NEUTRAL


def test_many_selected_rows_stand_out_as_they_are_and_few_are_ringed(points):
    many = pd.concat([points] * 3, ignore_index=True)
    many["row"] = np.arange(120)
    rows = [*range(10, 90), 999]
    figure = latent.latent_map(many, marked=rows)
    assert not [t for t in figure.data if "selected" in t.name]
    strong = {
        int(trace.customdata[place, 0])
        for trace in figure.data
        for place in trace.selectedpoints
    }
    assert strong == set(range(10, 90))
    assert all(t.unselected.marker.opacity < 0.3 for t in figure.data)
    # A trace without a selected row has an empty list: all of it fades.
    views = latent.linked_views({"a": many, "b": many}, marked=range(60))
    assert [len(t.selectedpoints) for t in views.data] == [50, 10, 50, 10]


def test_what_only_synthetic_rows_can_be_is_told_of_them_alone(points):
    points[latent.OUTSIDE] = points["row"] >= 137
    figure = latent.latent_map(points, latent.OUTSIDE)
    assert figure.layout.title.text == (
        "3 of 10 synthetic rows lie outside the region of their label"
    )
    assert [trace.name for trace in figure.data] == [
        "real (30)",
        "synthetic, inside its region (7)",
        "synthetic, outside its region (3)",
    ]


def test_views_of_different_rows_do_not_count_in_their_shared_legend(points):
    figure = latent.linked_views({"a": points, "b": points[:35]}, counted=False)
    assert [t.name for t in figure.data] == ["real", "synthetic"] * 2


def test_the_value_coloured_by_is_in_the_hover_where_it_is_a_number(points):
    points["distance"] = np.where(points["row"] == 100, np.nan, 0.25)
    figure = latent.latent_map(points, "distance")
    texts = [text for trace in figure.data for text in trace.hovertext]
    assert sum(text.endswith("<br>distance: 0.250") for text in texts) == 39
    assert sum(text.endswith("<br>distance: not defined") for text in texts) == 1
    plain = latent.latent_map(points, latent.KIND).data[0].hovertext
    assert not any("distance" in text for text in plain)
