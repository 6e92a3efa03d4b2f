"""Charts of resampled rows: where they lie, and how one compares with its parents."""

import textwrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from aemlo.charts import theme
from aemlo.wording import counted, decimals

MOST_LINES = 400
MARGINS = {"t": 70, "b": 125}
"""Room above and below the features of a row, in pixels."""
PARENTS = (theme.REAL, "#56B4E9", "#CC79A7")


def where(
    points: pd.DataFrame,
    sampler: str,
    *,
    chosen: int | None = None,
    lines: bool = True,
) -> go.Figure:
    """Real and synthetic rows in the plane, with lines to the parents.

    `points` has `x y is_synthetic position name` and `parents` (tuples of `position`);
    `name` is what a hover says. `chosen` is the position of a row to point at: then
    only its own lines are drawn.
    """
    place = points.set_index("position")
    synthetic = points[points["is_synthetic"]]
    fig = go.Figure()
    for kind, rows, colour, symbol, size in (
        ("real rows", points[~points["is_synthetic"]], theme.REAL, "circle", 5),
        ("synthetic rows", synthetic, theme.SYNTHETIC, "diamond", 7),
    ):
        fig.add_scattergl(
            x=rows["x"],
            y=rows["y"],
            mode="markers",
            name=kind,
            marker={"color": colour, "symbol": symbol, "size": size, "opacity": 0.6},
            customdata=rows["position"],
            text=[theme.short(name, 80) for name in rows["name"]],
            hovertemplate="%{text}<extra></extra>",
        )
    shown = synthetic
    if chosen is not None:
        shown = synthetic[synthetic["position"] == chosen]
    if lines and len(shown):
        _lines(fig, shown, place)
    if chosen is not None and chosen in place.index:
        fig.add_scatter(
            x=[place.at[chosen, "x"]],
            y=[place.at[chosen, "y"]],
            mode="markers",
            name="chosen row",
            marker={"size": 16, "symbol": "circle-open", "line_width": 3},
            marker_color=theme.THRESHOLD,
            hoverinfo="skip",
        )
    fig.update_layout(
        title=f"{counted(len(synthetic), 'synthetic row')} of {theme.safe(sampler)} "
        f"among {counted(len(points) - len(synthetic), 'real row')}",
        height=560,
        xaxis_title="first principal component",
        yaxis_title="second principal component",
        clickmode="event+select",
    )
    return fig


def _lines(fig: go.Figure, shown: pd.DataFrame, place: pd.DataFrame) -> None:
    if len(shown) > MOST_LINES:
        shown = shown.iloc[:: -(-len(shown) // MOST_LINES)]
    x, y = [], []
    for child_x, child_y, parents in zip(
        shown["x"], shown["y"], shown["parents"], strict=True
    ):
        for parent in parents:
            x += [child_x, place.at[parent, "x"], None]
            y += [child_y, place.at[parent, "y"], None]
    fig.add_scattergl(
        x=x,
        y=y,
        mode="lines",
        name="to the parents",
        line={"color": theme.NEUTRAL, "width": 1},
        opacity=0.6,
        hoverinfo="skip",
    )


def beside(table: pd.DataFrame, values: list[str], title: str) -> go.Figure:
    """Features of a row, its parents and its nearest real row, as dots per feature.

    `table` has `feature` and a column for each of `values`, all on one scale.
    """
    fig = go.Figure()
    parents = len(values) - 2
    colours = [theme.SYNTHETIC, *PARENTS[:parents], theme.THRESHOLD]
    symbols = ["diamond", "circle", "square", "triangle-up"][: 1 + parents] + ["x"]
    names = [theme.short(name) for name in table["feature"]]
    for place, value in enumerate(values):
        fig.add_scatter(
            x=table[value],
            y=names,
            mode="markers",
            name=theme.safe(value),
            marker={
                "color": colours[place],
                "symbol": symbols[place],
                "size": 10,
            },
        )
    fig.update_layout(
        title="<br>".join(theme.safe(line) for line in textwrap.wrap(title, 72)),
        height=MARGINS["t"] + MARGINS["b"] + 24 * len(names),
        margin=MARGINS,
        xaxis_title="value, as a share of the feature's range",
        yaxis={"autorange": "reversed"},
        # Names of rows are long: below the axis they have room for two lines.
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
    )
    return fig


def learning(history: pd.DataFrame) -> go.Figure:
    """The loss and the share of each decision, epoch by epoch; frame of events."""
    fig = go.Figure()
    for name in [c for c in history.columns if c not in ("step", "mean k")]:
        known = history[history[name].notna()]
        dash = "solid" if name == "loss" else "dot"
        fig.add_scatter(
            x=known["step"], y=known[name], name=theme.safe(name), line_dash=dash
        )
    title = "Learning"
    if "loss" in history and history["loss"].notna().any():
        title = f"Loss {decimals(history['loss'].dropna().iloc[-1])} at the end"
    fig.update_layout(
        title=title,
        height=380,
        xaxis_title="epoch",
        yaxis_title="loss, and shares of decisions",
    )
    return fig


def side_by_side(table: pd.DataFrame, measure: str) -> go.Figure:
    """One bar per run for a measure of the quality card; `table` has `run value`."""
    values = table["value"].to_numpy(dtype=float)
    fig = go.Figure()
    fig.add_bar(
        x=[theme.short(run) for run in table["run"]],
        y=np.nan_to_num(values),
        marker_color=[theme.sampler_colour(run) for run in table["sampler"]],
        text=[theme.number(v) for v in values],
        showlegend=False,
    )
    if table["real"].notna().any():
        fig.add_hline(
            y=float(table["real"].dropna().iloc[0]),
            line_dash="dash",
            line_color=theme.THRESHOLD,
            annotation_text="real rows",
        )
    fig.update_layout(
        title=f"{measure[:1].upper() + measure[1:]}, synthetic rows of each run",
        height=420,
        yaxis_title=measure,
    )
    return fig
