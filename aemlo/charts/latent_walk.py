"""What changes along a walk through the latent space, and where it leads on the map."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from aemlo.arrays import Matrix
from aemlo.charts import latent, theme

# Strong on a light rim: seen on every ground and over points of every colour.
CORE, RIM = theme.MINORITY, "#FFFFFF"


def walk_lines(
    frame: pd.DataFrame,
    by: str,
    value: str,
    title: str,
    y_title: str,
    emphasised: str | None = None,
    at: float | None = None,
) -> go.Figure:
    """What changes along a walk: one line for each name in the column `by`.

    `frame` has `position` (percent of the way) and the columns named by `by` and
    `value`; `at` draws the place of the slider.
    """
    figure = go.Figure()
    for place, (name, part) in enumerate(frame.groupby(by, sort=False)):
        strong = emphasised is None or name == emphasised
        figure.add_trace(
            go.Scatter(
                x=part["position"],
                y=part[value],
                mode="lines",
                name=theme.short(name, 28),
                hovertemplate="%{y:.3f} at %{x:.0f} %",
                line={
                    "width": 3 if strong else 1.6,
                    "color": theme.MINORITY
                    if name == emphasised
                    else theme.OTHERS[place % len(theme.OTHERS)],
                    "dash": ("solid", "dash", "dot")[place // 4 % 3],
                },
            )
        )
    if at is not None:
        figure.add_vline(x=at, line={"color": theme.THRESHOLD, "dash": "dash"})
    figure.update_layout(
        # Below the buttons, which lie over the first line of a narrow chart.
        title={"text": title, "y": 1, "yanchor": "top", "pad": {"t": 36, "l": 4}},
        margin={"t": 76},
        yaxis_title=y_title,
        height=392,
        legend={"orientation": "v", "y": 1, "yanchor": "top", "x": 1.02},
    )
    figure.update_xaxes(title="Place on the way (%)", range=[0, 100], dtick=25)
    return figure


def way_map(
    points: pd.DataFrame,
    way: Matrix,
    at: int,
    *,
    method: str,
    title: str,
    newest: Matrix | None = None,
) -> go.Figure:
    """A map in the plane with a way over it.

    `way` (s, 2) are its places, `at` the number of the place of the slider, `newest`
    (m, 2) the places of the newest synthetic rows, or None.
    """
    figure = latent.latent_map(points, method=method, height=520)
    figure.update_layout(title={"text": title, "subtitle": None}, margin={"t": 100})
    # The rows are the ground here.
    figure.update_traces(opacity=0.45)
    for colour, width in ((RIM, 7), (CORE, 3)):
        figure.add_trace(
            go.Scatter(
                x=way[:, 0],
                y=way[:, 1],
                mode="lines",
                name="the way",
                showlegend=colour == CORE,
                line={"color": colour, "width": width},
                hoverinfo="skip",
            )
        )
    if newest is not None and len(newest):
        diamond = {"color": theme.SYNTHETIC, "symbol": "diamond", "size": 13}
        name = f"just made ({theme.count(len(newest))})"
        figure.add_trace(_marks(newest, name, diamond, rim="#3A2C00"))
    ends = (("start", way[:1], "circle"), ("end", way[-1:], "square"))
    for name, place, symbol in ends:
        mark = {"color": RIM, "symbol": symbol, "size": 13}
        figure.add_trace(_marks(place, name, mark, rim=CORE, width=3))
    star = {"color": CORE, "symbol": "star", "size": 20}
    figure.add_trace(_marks(way[[at]], "here", star))
    return figure


def _marks(
    places: Matrix,
    name: str,
    marker: dict[str, Any],
    rim: str = RIM,
    width: float = 1.5,
) -> go.Scatter:
    return go.Scatter(
        x=places[:, 0],
        y=places[:, 1],
        mode="markers",
        name=name,
        marker={**marker, "line": {"color": rim, "width": width}},
        hovertemplate=f"{name}<extra></extra>",
    )
