"""Pictures of rows and labelsets, and of the features that tell a label apart."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from aemlo.charts import theme
from aemlo.charts.imbalance import Overlay
from aemlo.charts.label_axes import axis_names, scale, upright_mean_line, wrapped
from aemlo.wording import count, percent


def labels_per_row(sizes: ArrayLike, after: Overlay | None = None) -> go.Figure:
    """Bars: how many rows carry 0, 1, 2, ... labels; `after.values` are sizes too."""
    sizes = np.asarray(sizes)
    rows = np.bincount(sizes)
    fig = go.Figure()
    for name, colour, values in _before_and_after(sizes, after):
        frequencies = np.bincount(values)
        first = int(np.flatnonzero(frequencies)[0])
        fig.add_bar(
            x=np.arange(first, len(frequencies)),
            y=frequencies[first:],
            name=name,
            marker_color=colour,
            hovertemplate="%{y:,} rows with %{x} labels<extra></extra>",
        )
    upright_mean_line(fig, sizes.mean(), f"cardinality {theme.number(sizes.mean())}")
    fig.update_layout(
        title=f"A row carries {sizes.min()} to {sizes.max()} labels, "
        f"most often {int(rows.argmax())}",
        height=360,
    )
    fig.update_xaxes(title="Labels of the row", tickformat="d")
    fig.update_yaxes(title="Rows")
    return fig


def top_labelsets(
    table: pd.DataFrame, most: int = 15, after: Overlay | None = None
) -> go.Figure:
    """Horizontal bars of the most frequent labelsets (`labelset rows share IR`).

    `after.values` is the same frame afterwards.
    """
    top = table.head(most).iloc[::-1]
    axis = axis_names(top["labelset"], 46)
    fig = go.Figure()
    if after is not None:
        now = after.values.set_index("labelset")["rows"]
        fig.add_bar(
            x=now.reindex(top["labelset"]).fillna(0),
            y=axis,
            orientation="h",
            name=theme.safe(after.name),
            marker_color=after.colour,
            hovertemplate="%{x:,} rows after<extra></extra>",
        )
    fig.add_bar(
        x=top["rows"],
        y=axis,
        orientation="h",
        name="before" if after is not None else "rows",
        showlegend=after is not None,
        marker_color=theme.BEFORE if after is not None else theme.REAL,
        customdata=np.column_stack(
            [[wrapped(name) for name in top["labelset"]], top["share"], top["IR"]]
        ),
        hovertemplate="%{customdata[0]}<br>%{x:,} rows "
        "(%{customdata[1]:.1%}), IR %{customdata[2]:.3g}<extra></extra>",
    )
    fig.update_layout(
        title=f"The {min(most, len(table))} most frequent of {count(len(table))} "
        f"labelsets cover {percent(table['share'].head(most).sum())} of the rows",
        height=100 + (26 if after is None else 36) * len(top),
        legend_traceorder="reversed",
    )
    fig.update_xaxes(title="Rows")
    return fig


def labelset_tail(
    table: pd.DataFrame, points: int = 400, after: Overlay | None = None
) -> go.Figure:
    """Rows of each labelset against its rank, both on log scales.

    Of more than `points` labelsets, ranks evenly spaced on the log scale are drawn.
    """
    single = int((table["rows"] == 1).sum())
    fig = go.Figure()
    for name, colour, values in _before_and_after(table, after):
        ranks = np.unique(np.geomspace(1, len(values), points).astype(int))
        values = values.iloc[ranks - 1]
        fig.add_scatter(
            x=ranks,
            y=values["rows"],
            mode="lines+markers",
            name=name,
            marker={"size": 5, "color": colour},
            line={"width": 1, "color": colour},
            customdata=[[theme.short(text, 80)] for text in values["labelset"]],
            hovertemplate="%{customdata[0]}<br>rank %{x}, %{y:,} rows<extra></extra>",
        )
    fig.update_layout(
        title=f"{count(single)} of {count(len(table))} labelsets have a single row",
        height=360,
        showlegend=after is not None,
    )
    most = max(
        int(values["rows"].max()) for _, _, values in _before_and_after(table, after)
    )
    fig.update_xaxes(title="Rank of the labelset (log scale)", **scale(True))
    fig.update_yaxes(
        title="Rows (log scale)",
        range=[np.log10(0.8), np.log10(max(most, 2) * 1.3)],
        **scale(True),
    )
    return fig


def row_scumble(values: ArrayLike, after: Overlay | None = None) -> go.Figure:
    """How the rows' SCUMBLE is spread; the title counts the rows at exactly 0."""
    values = np.asarray(values)
    fig = go.Figure()
    for name, colour, scumble in _before_and_after(values, after):
        counts, edges = np.histogram(scumble[scumble > 0], bins=30, range=(0, 1))
        fig.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            name=name,
            marker_color=colour,
            hovertemplate="%{y:,} rows near SCUMBLE %{x:.2f}<extra></extra>",
        )
    upright_mean_line(fig, values.mean(), f"mean {theme.number(values.mean())}")
    fig.update_layout(
        title=f"{count((values > values.mean()).sum())} of {count(len(values))} rows "
        f"are above the mean SCUMBLE; {count((values == 0).sum())} have none",
        height=340,
        bargap=0,
    )
    fig.update_xaxes(title="SCUMBLE of the row", range=[0, 1])
    fig.update_yaxes(title="Rows with a SCUMBLE above 0")
    return fig


def _before_and_after(before: Any, after: Overlay | None) -> list[tuple[str, str, Any]]:
    """(name, colour, values) of what to draw: the set, and what lies over it."""
    if after is None:
        return [("rows", theme.REAL, before)]
    return [
        ("before", theme.BEFORE, before),
        (theme.safe(after.name), after.colour, after.values),
    ]


def feature_bars(table: pd.DataFrame, name: str, most: int = 12) -> go.Figure:
    """The features that tell a label's rows apart, by difference in pooled sd."""
    top = table.dropna(subset=["difference"]).head(most).iloc[::-1]
    up = top["difference"] > 0
    fig = go.Figure(
        go.Bar(
            x=top["difference"],
            y=axis_names(top["feature"], 30),
            orientation="h",
            marker_color=np.where(up, theme.REAL, theme.NEUTRAL),
            customdata=top[["with", "without"]],
            hovertemplate="%{y}<br>mean %{customdata[0]:.4g} with the label, "
            "%{customdata[1]:.4g} without<extra></extra>",
        )
    )
    strongest = theme.short(top["feature"].iloc[-1], 30) if len(top) else "no feature"
    fig.update_layout(
        title=f"{strongest} differs most with {theme.short(name, 30)}",
        height=100 + 24 * len(top),
    )
    fig.update_xaxes(title="Mean with the label minus without (pooled sd)")
    return fig
