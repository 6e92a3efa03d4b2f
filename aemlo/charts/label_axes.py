"""Axes that hold many labels: which are in view, how their names are written."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from aemlo.charts import theme
from aemlo.wording import count

IN_VIEW = 60
# More bars answer a click too slowly, with a hatch and a strip of all the more so.
LIGHT = 120
TICKS = [step * 10.0**power for power in range(-4, 8) for step in (1, 2, 5)]


def axis_names(names: Iterable[object], length: int = 22) -> list[str]:
    """Names short enough for an axis, still all different."""
    shown: list[str] = []
    times: Counter[str] = Counter()
    for name in names:
        short = theme.short(name, length)
        times[short] += 1
        shown.append(short if times[short] == 1 else f"{short} ({times[short]})")
    return shown


def wrapped(name: object, width: int = 60) -> str:
    """A full name for a hover box, broken into lines."""
    text = str(name)
    pieces = [text[i : i + width] for i in range(0, min(len(text), 6 * width), width)]
    return "<br>".join(theme.safe(piece) for piece in pieces)


def scale(log: bool) -> dict[str, Any]:
    """Settings of an axis of counts or ratios: log with ticks at 1, 2, 5; or from 0."""
    if log:
        # Ticks written out: with a step such as "D2" Plotly draws all of it twice.
        return {"type": "log", "tickvals": TICKS, "tickformat": ",~g"}
    return {"type": "linear", "rangemode": "tozero", "tickformat": ",~g"}


def mean_line(fig: go.Figure, mean: float, text: str, log: bool) -> None:
    """A dashed line across at `mean`, with its name on a ground that bars leave."""
    fig.add_hline(y=mean, line={"color": theme.THRESHOLD, "dash": "dash", "width": 2})
    fig.add_annotation(
        x=1,
        xref="paper",
        y=np.log10(mean) if log else mean,
        text=text,
        font={"color": "#333333"},
        bgcolor="rgba(255,255,255,0.85)",
        borderpad=2,
        showarrow=False,
        xanchor="right",
        yanchor="bottom",
        yshift=2,
    )


def upright_mean_line(
    fig: go.Figure, mean: float, text: str, log: bool = False
) -> None:
    """A dashed line upwards at `mean`, with its name at the top."""
    fig.add_vline(x=mean, line={"color": theme.THRESHOLD, "dash": "dash"})
    fig.add_annotation(
        x=np.log10(mean) if log else mean,
        y=1,
        yref="paper",
        text=text,
        showarrow=False,
        xanchor="left",
        xshift=4,
    )


def hatch(shape: str) -> dict[str, Any]:
    """The pattern of hatched bars; `shape` "" for plain ones."""
    return {
        "shape": shape,
        "fillmode": "overlay",
        "fgcolor": "white",
        "fgopacity": 0.55,
        "size": 7,
        "solidity": 0.25,
    }


def around(table: pd.DataFrame, chosen: int | None, size: int = LIGHT) -> pd.DataFrame:
    """The `size` lines of a sorted table nearest to the label at position `chosen`."""
    first = _first(table, chosen, size)
    return table.iloc[first : first + size]


def _first(table: pd.DataFrame, chosen: int | None, size: int) -> int:
    """Where a window of `size` lines begins that has the chosen label in its middle."""
    place = _place_of(table, chosen) or 0
    return max(min(place - size // 2, len(table) - size), 0)


def _place_of(table: pd.DataFrame, chosen: int | None) -> int | None:
    """The line of the label at position `chosen`; None if it has none."""
    if chosen is None:
        return None
    places = np.flatnonzero(table["position"].to_numpy() == chosen)
    return int(places[0]) if len(places) else None


def window(fig: go.Figure, table: pd.DataFrame, chosen: int | None, total: int) -> None:
    """Categories in the table's order; of many, a window to drag over them.

    The window is around the label at position `chosen`; `table` has `axis position`
    and is part of `total` labels.
    """
    fig.update_xaxes(
        type="category", categoryorder="array", categoryarray=table["axis"]
    )
    if len(table) > 8:
        # Room for names at a slant, so that the picture need not be drawn again.
        room = 40 if len(table) <= IN_VIEW else 75  # with a title under the names
        longest = int(table["axis"].str.len().max())
        fig.update_layout(margin_b=room + 5 * longest)
    if len(table) <= IN_VIEW:
        return
    first = _first(table, chosen, IN_VIEW)
    more = "the others"
    if total > len(table):
        more = f"{len(table)} of them, choose a label to go to it"
    fig.update_xaxes(
        range=[first - 0.5, first + IN_VIEW - 0.5],
        title=f"{IN_VIEW} of {count(total)} labels in view: drag to see {more}",
        rangeslider={
            "visible": total <= LIGHT,
            "thickness": 0.09,
            "range": [-0.5, len(table) - 0.5],
        },
    )
    fig.update_layout(dragmode="pan", height=640)


def point_at(
    fig: go.Figure,
    table: pd.DataFrame,
    measure: str,
    chosen: int | None,
    log: bool,
    x: str = "axis",
    x_log: bool = False,
) -> None:
    """An arrow with its name at the label at position `chosen`; `table` is in order."""
    line = _place_of(table, chosen)
    if line is None:
        return
    row, place = table.iloc[line], line / max(len(table) - 1, 1)
    value = row[measure]
    if np.isnan(value) or (log and value <= 0):
        value = 1 if log else 0
    fig.add_annotation(
        x=np.log10(row[x]) if x_log else row[x],
        y=np.log10(value) if log else value,
        text=f"<b>{theme.short(row['label'], 24)}</b>",
        arrowhead=2,
        arrowcolor=theme.NEUTRAL,
        ay=-32,
        ax=0,
        # At the edges the name would run into the axis, or out of the picture.
        xanchor="left" if place < 0.04 else "right" if place > 0.96 else "center",
    )
