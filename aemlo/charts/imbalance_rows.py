"""Pictures of rows and labelsets, and of the features that tell a label apart."""

import numpy as np
import plotly.graph_objects as go

from aemlo.charts import theme
from aemlo.charts.imbalance import axis_names, wrapped


def labels_per_row(sizes):
    """Bars: how many rows carry 0, 1, 2, ... labels."""
    sizes = np.asarray(sizes)
    rows = np.bincount(sizes)
    first = int(np.flatnonzero(rows)[0])
    fig = go.Figure(
        go.Bar(
            x=np.arange(first, len(rows)),
            y=rows[first:],
            marker_color=theme.REAL,
            hovertemplate="%{y:,} rows with %{x} labels<extra></extra>",
        )
    )
    mean = sizes.mean()
    fig.add_vline(x=mean, line={"color": theme.THRESHOLD, "dash": "dash"})
    fig.add_annotation(
        x=mean,
        y=1,
        yref="paper",
        text=f"cardinality {theme.number(mean)}",
        showarrow=False,
        xanchor="left",
        xshift=4,
    )
    fig.update_layout(
        title=f"A row carries {sizes.min()} to {sizes.max()} labels, "
        f"most often {int(rows.argmax())}",
        height=360,
    )
    fig.update_xaxes(title="Labels of the row", tickformat="d")
    fig.update_yaxes(title="Rows")
    return fig


def top_labelsets(table, most=15):
    """Horizontal bars of the most frequent labelsets (`labelset rows share IR`)."""
    top = table.head(most).iloc[::-1]
    axis = axis_names(top["labelset"], 46)
    fig = go.Figure(
        go.Bar(
            x=top["rows"],
            y=axis,
            orientation="h",
            marker_color=theme.REAL,
            customdata=np.column_stack(
                [[wrapped(name) for name in top["labelset"]], top["share"], top["IR"]]
            ),
            hovertemplate="%{customdata[0]}<br>%{x:,} rows "
            "(%{customdata[1]:.1%}), IR %{customdata[2]:.3g}<extra></extra>",
        )
    )
    fig.update_layout(
        title=f"The {min(most, len(table))} most frequent of {len(table):,} labelsets "
        f"cover {table['share'].head(most).sum():.0%} of the rows",
        height=90 + 26 * len(top),
    )
    fig.update_xaxes(title="Rows")
    return fig


def labelset_tail(table, points=400):
    """Rows of each labelset against its rank, both on log scales.

    Of more than `points` labelsets, ranks evenly spaced on the log scale are drawn.
    """
    single = int((table["rows"] == 1).sum())
    ranks = np.unique(np.geomspace(1, len(table), points).astype(int))
    drawn = table.iloc[ranks - 1]
    fig = go.Figure(
        go.Scatter(
            x=ranks,
            y=drawn["rows"],
            mode="lines+markers",
            marker={"size": 5, "color": theme.REAL},
            line={"width": 1, "color": theme.NEUTRAL},
            customdata=[[theme.short(name, 80)] for name in drawn["labelset"]],
            hovertemplate="%{customdata[0]}<br>rank %{x}, %{y:,} rows<extra></extra>",
        )
    )
    fig.update_layout(
        title=f"{single:,} of {len(table):,} labelsets have a single row", height=360
    )
    fig.update_xaxes(title="Rank of the labelset (log scale)", type="log")
    fig.update_yaxes(title="Rows (log scale)", type="log")
    return fig


def row_scumble(values):
    """How the rows' SCUMBLE is spread; rows at exactly 0 are told in the title."""
    values = np.asarray(values)
    above = values[values > 0]
    counts, edges = np.histogram(above, bins=30, range=(0, 1))
    fig = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges),
            marker_color=theme.REAL,
            hovertemplate="%{y:,} rows near SCUMBLE %{x:.2f}<extra></extra>",
        )
    )
    fig.add_vline(x=values.mean(), line={"color": theme.THRESHOLD, "dash": "dash"})
    fig.add_annotation(
        x=values.mean(),
        y=1,
        yref="paper",
        text=f"mean {theme.number(values.mean())}",
        showarrow=False,
        xanchor="left",
        xshift=4,
    )
    fig.update_layout(
        title=f"{(values > values.mean()).sum():,} of {len(values):,} rows are above "
        f"the mean SCUMBLE; {len(values) - len(above):,} have none",
        height=340,
        bargap=0,
    )
    fig.update_xaxes(title="SCUMBLE of the row", range=[0, 1])
    fig.update_yaxes(title="Rows with a SCUMBLE above 0")
    return fig


def feature_bars(table, name, most=12):
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
