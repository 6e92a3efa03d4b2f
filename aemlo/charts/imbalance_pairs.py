"""Pictures of pairs of labels: two heat maps and a ring of concurrence.

Streamlit gives no selection on a heat map. Over each lies a trace of empty texts, one a
cell, which answers the pointer in its place (the line's label is what a click means)
and costs a tenth of as many marks. `positions` are those of the labels in the whole
set, for `customdata`; without them they are counted from 0.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from aemlo.arrays import Matrix, Names
from aemlo.charts import theme
from aemlo.charts.imbalance import Overlay
from aemlo.charts.label_axes import axis_names
from aemlo.wording import count, decimals, percent, signed

Square = NDArray[Any]
"""One number for each pair of m labels, (m, m)."""

WIDTHS = (0.75, 1.75, 3.0, 5.0, 8.0)
CHANGE = 0.02


def cooccurrence(
    square: ArrayLike, names: Names, positions: ArrayLike | None = None
) -> go.Figure:
    """Share of the rows of one label (line) that also have another (column).

    `square` (m, m) counts the rows that have both, the label's own on the diagonal.
    """
    square = np.asarray(square)
    share = shares(square)
    np.fill_diagonal(share, np.nan)
    fig = _heat_map(
        share,
        names,
        positions,
        shown=[np.where(np.eye(len(share)), 1.0, share), square],
        hover="Of the rows with %{y}, %{customdata[1]:.1%} also have %{x} "
        "(%{customdata[2]:,} rows)",
        zmin=0,
        zmax=1,
        colorscale=theme.SEQUENTIAL,
        colorbar={"title": "share of<br>its rows", "tickformat": ".0%"},
    )
    title = "No two of these labels share a row"
    if np.nan_to_num(share).any():
        j, k = np.unravel_index(np.nanargmax(share), share.shape)
        title = (
            f"{percent(share[j, k])} of the {count(square[j, j])} rows with "
            f"{theme.short(names[j], 26)} also have {theme.short(names[k], 26)}"
        )
    return _square_layout(fig, title, len(names))


def phi(
    square: ArrayLike, names: Names, positions: ArrayLike | None = None
) -> go.Figure:
    """Phi of each pair, -1 to 1: together more (above 0) or less often than chance."""
    square = np.array(square, dtype=float)
    np.fill_diagonal(square, np.nan)
    fig = _heat_map(
        square,
        names,
        positions,
        shown=[np.where(np.eye(len(square)), 1.0, square)],
        hover="%{y} and %{x}: phi %{customdata[1]:.3f}",
        zmin=-1,
        zmax=1,
        colorscale=[list(stop) for stop in theme.DIVERGING],
        colorbar={"title": "phi"},
    )
    title = "These labels have no phi: each has all rows or none"
    if not np.isnan(square).all():
        j, k = np.unravel_index(np.nanargmax(np.abs(square)), square.shape)
        title = (
            f"The strongest tie: {theme.short(names[j], 26)} and "
            f"{theme.short(names[k], 26)}, phi {decimals(square[j, k])}"
        )
    return _square_layout(fig, title, len(names))


def ring(
    square: ArrayLike,
    table: pd.DataFrame,
    chosen: int | None = None,
    after: Overlay | None = None,
) -> go.Figure:
    """Labels on a ring, joined where they share rows; wider means more of the rarer.

    `square` (m, m) as for `cooccurrence`; `table` has one line for each of its labels:
    `position label positives minority SCUMBLE`. With `after` (an Overlay of the square
    afterwards) the ties are those afterwards, coloured by whether they loosened.
    """
    square = np.asarray(square)
    m = len(table)
    angle = np.pi / 2 - 2 * np.pi * np.arange(m) / max(m, 1)
    x, y = np.cos(angle), np.sin(angle)
    fig = go.Figure()
    _draw_ties(fig, x, y, square, after)
    _draw_labels(fig, x, y, square, table, chosen)
    most = _most_positives(table)
    for i in range(m):
        radius = 5 + 13 * np.sqrt(table["positives"].iloc[i] / most)
        _name_on_ring(fig, angle[i], radius, theme.short(table["label"].iloc[i], 22))
    fig.update_layout(
        title=_ring_title(square, table), height=720, clickmode="event+select"
    )
    longest = min(table["label"].map(len).max(), 22)
    edge = 1.15 + 0.022 * longest
    hidden = {"visible": False, "range": [-edge, edge]}
    fig.update_xaxes(**hidden)
    fig.update_yaxes(**hidden, scaleanchor="x")
    return fig


def _most_positives(table: pd.DataFrame) -> int:
    """The positives that the largest circle stands for."""
    return max(int(table["positives"].max()), 1)


def _draw_ties(
    fig: go.Figure, x: Matrix, y: Matrix, square: Square, after: Overlay | None
) -> None:
    """Curves between the labels at `x`, `y` (m,), as wide as they share rows."""
    for name, colour, width, pairs in _ties(square, after):
        path_x, path_y = _chords(x, y, pairs)
        fig.add_scatter(
            x=path_x,
            y=path_y,
            mode="lines",
            name=name,
            opacity=0.45,
            line={"width": width, "color": colour},
            hoverinfo="skip",
            showlegend=after is not None and width == WIDTHS[-1],
        )


def _draw_labels(
    fig: go.Figure,
    x: Matrix,
    y: Matrix,
    square: Square,
    table: pd.DataFrame,
    chosen: int | None,
) -> None:
    """A mark a label, its area by its positives; the `chosen` position is ringed."""
    most = _most_positives(table)
    for minority, name, colour in (
        (True, "minority", theme.MINORITY),
        (False, "others", theme.MAJORITY),
    ):
        part = np.flatnonzero(table["minority"].to_numpy() == minority)
        size = 10 + 26 * np.sqrt(table["positives"].to_numpy()[part] / most)
        fig.add_scatter(
            x=x[part],
            y=y[part],
            mode="markers",
            name=name,
            marker={
                "color": colour,
                "size": size,
                "symbol": "diamond" if minority else "circle",
                "line": {
                    "color": theme.NEUTRAL,
                    "width": np.where(
                        table["position"].to_numpy()[part] == chosen, 5, 0
                    ),
                },
            },
            customdata=[_node(square, table, i) for i in part],
            hovertemplate="%{customdata[1]}<extra></extra>",
        )


def difference(
    before: ArrayLike,
    after: ArrayLike,
    names: Names,
    what: str,
    positions: ArrayLike | None = None,
) -> go.Figure:
    """How `what` ("share of its rows" or "phi") of each pair changed: after - before.

    For shares, give the two squares of `shares`.
    """
    move = np.array(after, dtype=float) - np.asarray(before, dtype=float)
    np.fill_diagonal(move, np.nan)
    limit = float(np.nanmax(np.abs(move))) if not np.isnan(move).all() else 1.0
    fig = _heat_map(
        move,
        names,
        positions,
        shown=[np.where(np.eye(len(move)), 0.0, move)],
        hover="%{y} and %{x}: %{customdata[1]:+.3f}",
        zmin=-limit,
        zmax=limit or 1.0,
        colorscale=[list(stop) for stop in theme.DIVERGING],
        colorbar={"title": "after<br>- before"},
    )
    title = f"No {what} changed"
    if limit:
        j, k = np.unravel_index(np.nanargmax(np.abs(move)), move.shape)
        title = (
            f"Largest change in {what}: {theme.short(names[j], 24)} and "
            f"{theme.short(names[k], 24)}, {signed(move[j, k])}"
        )
    return _square_layout(fig, title, len(names))


def shares(square: ArrayLike) -> Matrix:
    """Share of the rows of one label (line) that also have another (column), (m, m)."""
    square = np.asarray(square)
    rows = np.diag(square).astype(float)[:, None]
    return np.divide(square, rows, out=np.full(square.shape, np.nan), where=rows > 0)


def _heat_map(
    values: Square,
    names: Names,
    positions: ArrayLike | None,
    *,
    shown: list[Square],
    hover: str,
    **look: Any,
) -> go.Figure:
    """A heat map of `values` with a cell for the pointer where `shown` has a number.

    `hover` reads the position of the line's label and the `shown` squares from
    `customdata`; `look` goes to Plotly's Heatmap.
    """
    axis = axis_names(names)
    fig = go.Figure(go.Heatmap(z=values, x=axis, y=axis, hoverinfo="skip", **look))
    places = np.arange(len(axis)) if positions is None else np.asarray(positions)
    # What answers the pointer: a point a cell that has a value, and nothing drawn.
    line, column = np.nonzero(~np.isnan(shown[0]))
    fig.add_scatter(
        x=[axis[k] for k in column],
        y=[axis[j] for j in line],
        mode="text",
        text="",
        customdata=np.column_stack(
            [places[line], *(square[line, column] for square in shown)]
        ),
        hovertemplate=hover + "<extra></extra>",
        showlegend=False,
    )
    return fig


def _square_layout(fig: go.Figure, title: str, m: int) -> go.Figure:
    fig.update_layout(
        title=title,
        height=max(420, min(180 + 15 * m, 1080)),
        clickmode="event+select",
        hovermode="closest",
        hoverdistance=-1,  # anywhere in a cell is near enough to its middle
    )
    ticks = {"showgrid": False, "dtick": 1 if m <= 60 else None}
    fig.update_xaxes(tickangle=-60, range=[-0.5, m - 0.5], **ticks)
    fig.update_yaxes(range=[m - 0.5, -0.5], **ticks)
    return fig


def _ties(
    square: Square, after: Overlay | None
) -> Iterator[tuple[str, str, float, list[tuple[int, int]]]]:
    """(name, colour, width, pairs) of the classes of ties, thin ones first.

    The class of the widest ties stands for its colour in the legend, even if empty.
    """
    tie = _strength(square)
    kinds = [("ties", theme.MAJORITY, np.ones_like(tie, dtype=bool))]
    if after is not None:
        later = _strength(after.values)
        move, tie = later - tie, later
        kinds = [
            ("about the same", theme.MAJORITY, np.abs(move) <= CHANGE),
            ("loosened", theme.BETTER, move < -CHANGE),
            ("tightened", theme.WORSE, move > CHANGE),
        ]
    place = np.minimum((tie * len(WIDTHS)).astype(int), len(WIDTHS) - 1)
    for name, colour, kind in kinds:
        for order, width in enumerate(WIDTHS):
            j, k = np.nonzero(np.triu((tie > 0) & kind & (place == order), 1))
            if len(j) or width == WIDTHS[-1]:
                yield name, colour, width, list(zip(j, k, strict=True))


def _strength(square: ArrayLike) -> Matrix:
    """Shared rows / rows of the rarer label of each pair, 0 to 1."""
    square = np.asarray(square)
    rows = np.diag(square).astype(float)
    return square / np.maximum(np.minimum.outer(rows, rows), 1)


def _chords(
    x: Matrix, y: Matrix, pairs: list[tuple[int, int]]
) -> tuple[list[float | None], list[float | None]]:
    """Curves through the middle, one after another, None between them."""
    step = np.linspace(0, 1, 15)
    path_x: list[float | None] = []
    path_y: list[float | None] = []
    for j, k in pairs:
        bend = 0.25
        for path, c in ((path_x, x), (path_y, y)):
            middle = bend * (c[j] + c[k]) / 2
            curve = (1 - step) ** 2 * c[j] + 2 * step * (1 - step) * middle
            path += [*(curve + step**2 * c[k]), None]
    return path_x, path_y


def _node(square: Square, table: pd.DataFrame, i: int) -> list[Any]:
    """Position of label number `i`, and what its hover says."""
    row = table.iloc[i]
    order = [k for k in np.argsort(-square[i], kind="stable") if k != i][:5]
    partners = [
        f"{count(square[i, k])} with {theme.short(table['label'].iloc[k], 40)}"
        for k in order
        if square[i, k]
    ]
    head = (
        f"<b>{theme.short(row['label'], 60)}</b><br>{count(row['positives'])} rows, "
        f"SCUMBLE {theme.number(row['SCUMBLE'])}"
    )
    return [row["position"], "<br>".join([head, *partners])]


def _name_on_ring(fig: go.Figure, angle: float, radius: float, name: str) -> None:
    x, y = np.cos(angle), np.sin(angle)
    left = x < -0.01
    turn = -np.degrees(angle)
    # The text is placed by its middle; a letter is about 7 pixels wide.
    distance = radius + 8 + 3.5 * len(name)
    fig.add_annotation(
        x=x,
        y=y,
        text=name,
        showarrow=False,
        textangle=turn + 180 if left else turn,
        xshift=distance * x,
        yshift=distance * y,
    )


def _ring_title(square: Square, table: pd.DataFrame) -> str:
    rare = table["minority"].to_numpy()
    if not rare.any() or rare.all():
        return f"{len(table)} labels and the rows they share"
    rows = np.diag(square).astype(float)
    shared = square[np.ix_(rare, ~rare)].max(axis=1) / np.maximum(rows[rare], 1)
    return (
        f"{int((shared > 0.5).sum())} of {int(rare.sum())} minority labels shown share "
        "most of their rows with one frequent label"
    )
