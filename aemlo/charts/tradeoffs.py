"""Charts over several data sets and arms: ranks, trade-offs, sweeps, a leak's gain.

Frames of `aemlo.compare` in, Plotly figures out.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from aemlo.arrays import Mask
from aemlo.charts import theme
from aemlo.compare.sets import Ranking
from aemlo.wording import decimals, p_value

ROW_PIXELS = 26


def critical_difference(ranking: Ranking, metric: str) -> go.Figure:
    """Mean ranks on one axis; a bar joins samplers not shown to differ (Nemenyi)."""
    ranks = ranking.ranks
    figure = go.Figure()
    _ranked_samplers(figure, ranks)
    _joined_groups(figure, ranking)
    top = 0.8 + 0.35 * len(ranking.groups)
    figure.add_scatter(
        x=[1, 1 + ranking.critical],
        y=[top, top],
        mode="lines+text",
        line={"color": theme.THRESHOLD, "width": 2},
        text=[f"critical difference {decimals(ranking.critical, 2)}", ""],
        textposition="top right",
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_layout(
        title=f"{theme.safe(metric)} over {ranking.datasets} data sets: "
        f"{theme.short(ranks.index[0], 24)} ranks first "
        f"(Friedman {p_value(ranking.p)})",
        xaxis={
            "title": "Mean rank (1 is best)",
            "range": [0.8, len(ranks) + max(0.6, 0.25 * len(ranks))],
            "dtick": 1,
        },
        yaxis={"visible": False, "range": [-len(ranks) - 0.8, top + 0.8]},
        height=220 + 30 * len(ranks),
    )
    return figure


def _ranked_samplers(figure: go.Figure, ranks: pd.Series) -> None:
    """A line down from each sampler's mean rank, with its marker and name."""
    for height, (name, value) in enumerate(ranks.items()):
        level = -(height + 1)
        figure.add_scatter(
            x=[value, value],
            y=[0, level],
            mode="lines",
            line={"color": theme.sampler_colour(name), "width": 2},
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=[value],
            y=[level],
            mode="markers+text",
            marker={
                "color": theme.sampler_colour(name),
                "size": 11,
                "symbol": theme.sampler_symbol(name),
            },
            text=[f" {theme.short(name, 24)} {decimals(value, 2)}"],
            textposition="middle right",
            hovertemplate=f"{theme.safe(name)}: mean rank %{{x:.2f}}<extra></extra>",
            showlegend=False,
        )


def _joined_groups(figure: go.Figure, ranking: Ranking) -> None:
    """A bar over each group of samplers not shown to differ."""
    for place, group in enumerate(ranking.groups):
        values = ranking.ranks[list(group)]
        figure.add_scatter(
            x=[values.min() - 0.03, values.max() + 0.03],
            y=[0.4 + 0.35 * place] * 2,
            mode="lines",
            line={"color": theme.THRESHOLD, "width": 6},
            hovertemplate="Not shown to differ: "
            + ", ".join(theme.short(name, 24) for name in group)
            + "<extra></extra>",
            showlegend=False,
        )


def trade_off(
    table: pd.DataFrame, x: str, y: str, front: Mask, better: Mapping[str, str]
) -> go.Figure:
    """Arms by two measures; those nothing beats in both are joined and named.

    `table` is a `compare.arms`, `front` the boolean array of `compare.pareto`.
    """
    figure = go.Figure()
    best = table[front].sort_values(x, kind="stable")
    figure.add_scatter(
        x=best[x],
        y=best[y],
        mode="lines",
        line={"color": theme.THRESHOLD, "dash": "dash"},
        name="beaten by none",
        hoverinfo="skip",
    )
    for sampler, part in table.assign(front=front).groupby("sampler", sort=False):
        figure.add_scatter(
            x=part[x],
            y=part[y],
            mode="markers+text",
            name=theme.short(sampler, 24),
            marker={
                "color": theme.sampler_colour(sampler),
                "symbol": theme.sampler_symbol(sampler),
                "size": np.where(part["front"], 14, 9),
            },
            text=[
                theme.short(classifier, 20) if unbeaten else ""
                for classifier, unbeaten in zip(
                    part["classifier"], part["front"], strict=True
                )
            ],
            textposition="top center",
            customdata=[theme.safe(name) for name in part["classifier"]],
            hovertemplate=f"{theme.safe(sampler)} with %{{customdata}}<br>"
            f"{theme.safe(x)} %{{x:.3f}}, {theme.safe(y)} %{{y:.3f}}<extra></extra>",
        )
    figure.update_layout(
        title=f"{int(front.sum())} of {len(table)} arms are beaten by no other in both "
        f"{theme.safe(x)} and {theme.safe(y)}",
        xaxis={"title": _axis(x, better), "type": "log" if x == "seconds" else None},
        yaxis={"title": _axis(y, better), "type": "log" if y == "seconds" else None},
        height=520,
    )
    return figure


def _axis(name: str, better: Mapping[str, str]) -> str:
    if name == "seconds":
        return (
            "Seconds a fold: sampling, fitting, predicting (log scale, less is better)"
        )
    return f"{theme.safe(name)} ({better[name]} is better)"


def sweep(table: pd.DataFrame, metric: str, setting: str) -> go.Figure:
    """Mean of a metric with its interval over one setting, one line a classifier."""
    figure = go.Figure()
    numeric = all(isinstance(v, int | float) for v in table["setting"])
    palette = [theme.REAL, theme.SYNTHETIC, theme.BETTER, theme.MINORITY, theme.BEFORE]
    for place, (classifier, part) in enumerate(table.groupby("classifier", sort=False)):
        part = part.sort_values("setting", kind="stable") if numeric else part
        colour = palette[place % len(palette)]
        figure.add_scatter(
            x=part["setting"] if numeric else part["setting"].astype(str),
            y=part["mean"],
            mode="lines+markers" if numeric else "markers",
            name=theme.short(classifier, 24),
            line={"color": colour},
            marker={"symbol": theme.SYMBOLS[place % len(theme.SYMBOLS)], "size": 9},
            error_y={
                "array": part["high"] - part["mean"],
                "arrayminus": part["mean"] - part["low"],
                "thickness": 1,
            },
            hovertemplate=f"{theme.safe(setting)} %{{x}}: %{{y:.3f}}<extra>"
            f"{theme.short(classifier, 24)}</extra>",
        )
    span = table.groupby("setting")["mean"].mean()
    figure.update_layout(
        title=f"{theme.safe(metric)} moves by {decimals(span.max() - span.min())} over "
        f"{len(span)} values of {theme.safe(setting)}",
        xaxis_title=theme.safe(setting),
        yaxis_title=f"{theme.safe(metric)}, mean and interval",
        height=460,
    )
    return figure


def mistake(table: pd.DataFrame, metric: str) -> go.Figure:
    """What a leak pretends: right and wrong side by side, one row an arm.

    `table` is a `compare.mistake`.
    """
    part = table[table["metric"] == metric]
    names = [
        f"{theme.short(sampler, 20)} + {theme.short(classifier, 20)}"
        for sampler, classifier in zip(part["sampler"], part["classifier"], strict=True)
    ]
    figure = go.Figure()
    for right, wrong, name in zip(part["right"], part["wrong"], names, strict=True):
        figure.add_scatter(
            x=[right, wrong],
            y=[name, name],
            mode="lines",
            line={"color": theme.NEUTRAL, "width": 3},
            hoverinfo="skip",
            showlegend=False,
        )
    for column, word, colour, symbol in (
        ("right", "fitted on the training part", theme.BETTER, "circle"),
        ("wrong", "fitted before the split", theme.WORSE, "x"),
    ):
        figure.add_scatter(
            x=part[column],
            y=names,
            mode="markers",
            name=word,
            marker={"color": colour, "symbol": symbol, "size": 11},
            hovertemplate="%{y}: %{x:.3f}<extra>" + word + "</extra>",
        )
    largest = part["gain"].max() if len(part) else math.nan
    figure.update_layout(
        title=f"The mistake flatters {theme.safe(metric)} by up to "
        f"{theme.number(max(largest, 0.0))}",
        xaxis_title=theme.safe(metric),
        yaxis={"autorange": "reversed", "title": ""},
        height=170 + ROW_PIXELS * max(4, len(part)),
    )
    return figure
