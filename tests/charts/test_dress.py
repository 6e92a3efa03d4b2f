"""The look said outright: nothing left to a template, nothing of a chart's own lost."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.subplots import make_subplots

from aemlo.charts import imbalance_rows, theme
from aemlo.charts.dress import MARGIN, TEXT, dress, is_flat


def spec(fig):
    return json.loads(fig.to_json())


def simple(**layout):
    marker = {"color": np.arange(3.0)}
    x = np.array([1.5, np.nan, 2.5], dtype=np.float32)
    trace = go.Scatter(x=x, y=np.arange(3), mode="markers", marker=marker)
    return go.Figure(trace, {"title": "A title", **layout})


@pytest.mark.parametrize("dark", [False, True])
def test_no_template_is_left_and_text_has_the_colour_of_the_mode(dark):
    drawn = spec(dress(simple(), dark))
    assert "template" not in drawn["layout"]
    assert drawn["layout"]["font"]["color"] == TEXT[dark]
    assert drawn["layout"]["title"]["text"] == "<b>A title</b>"
    # Data that are plain lists and have a revision are known to be the same again.
    assert drawn["data"][0]["x"] == [1.5, None, 2.5]
    assert drawn["data"][0]["y"] == [0, 1, 2]
    assert drawn["data"][0]["marker"]["color"] == [0, 1, 2]
    assert drawn["layout"]["datarevision"] == 1


def test_what_the_chart_says_itself_stays():
    fig = simple(margin={"b": 300}, xaxis={"title": "Rows", "showgrid": True})
    layout = spec(dress(fig, False))["layout"]
    assert layout["margin"] == MARGIN | {"b": 300}
    assert layout["xaxis"]["title"]["text"] == "Rows" and layout["xaxis"]["showgrid"]
    assert layout["yaxis"]["automargin"]


def test_a_figure_is_left_as_it_was_for_the_other_mode():
    fig = simple()
    before, dark = fig.to_json(), spec(dress(fig, True))
    assert fig.to_json() == before
    assert spec(dress(fig, False)) == spec(dress(simple(), False)) != dark


def test_every_axis_of_subplots_is_dressed():
    fig = make_subplots(cols=2)
    fig.add_bar(x=[1], y=[2], row=1, col=1)
    fig.add_bar(x=[1], y=[2], row=1, col=2)
    layout = spec(dress(fig, False))["layout"]
    assert {layout[f"{a}axis{n}"]["gridcolor"] for a in "xy" for n in ("", "2")} == {
        layout["xaxis"]["gridcolor"]
    }


def test_a_chart_to_select_on_says_what_a_click_and_a_drag_do():
    points = spec(dress(simple(), False, "points"))["layout"]
    assert (points["clickmode"], points["dragmode"]) == ("event+select", "pan")
    lasso = spec(dress(simple(dragmode="lasso"), False, ("lasso",)))["layout"]
    assert (lasso["clickmode"], lasso["hovermode"]) == ("event", "closest")


def test_pictures_in_space_and_without_axes_are_left_to_the_theme():
    assert is_flat(imbalance_rows.labels_per_row([1, 2, 2]))
    assert is_flat(go.Figure(go.Heatmap(z=[[1]])))
    assert not is_flat(go.Figure(go.Scatter3d(x=[1], y=[1], z=[1])))
    assert not is_flat(go.Figure(go.Parcoords(dimensions=[{"values": [1]}])))
    assert theme.REAL  # the template stays the default of figures nobody dressed


def test_what_is_hovered_over_is_in_the_colour_of_the_text():
    for dark in (False, True):
        layout = dress(go.Figure(go.Scatter(x=[1], y=[1])), dark).to_dict()["layout"]
        assert layout["hoverlabel"]["font"]["color"] == layout["font"]["color"]
        assert layout["hoverlabel"]["font"]["color"] != layout["hoverlabel"]["bgcolor"]
