"""Pictures of a change: labels before and after sampling, or as expected in advance."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from aemlo.charts import theme
from aemlo.charts.imbalance import UNITS
from aemlo.charts.label_axes import (
    LIGHT,
    around,
    axis_names,
    mean_line,
    point_at,
    scale,
    window,
)
from aemlo.wording import count

TITLES = {"positives": "The number of positive rows"}


def before_after(
    table: pd.DataFrame,
    measure: str,
    *,
    after: str,
    colour: str,
    log: bool = False,
    mean: float | None = None,
    chosen: int | None = None,
) -> go.Figure:
    """Paired bars of `measure` per label, rarest first as it was before.

    `table` has `label`, `{measure} before` and `{measure} after`; `after` names the
    sampler, `colour` is its own; `mean` draws the MeanIR from before; `chosen` is the
    position of a label to point at.
    """
    old, new = f"{measure} before", f"{measure} after"
    falling = measure in ("IRLbl", "ImR", "SCUMBLE")
    table = table.reset_index(names="position").sort_values(
        old, ascending=not falling, kind="stable", na_position="last"
    )
    table["axis"] = axis_names(table["label"])
    table["top"] = table[[old, new]].max(axis=1)
    near = around(table, chosen, LIGHT // 2)  # each has two bars
    fig = go.Figure(
        [_bars(near, old, "before", theme.BEFORE), _bars(near, new, after, colour)]
    )
    if mean is not None and not np.isnan(mean):
        mean_line(fig, mean, f"MeanIR before {theme.number(mean)}", log)
    move = table[new] - table[old]
    fell, rose = int((move < -1e-9).sum()), int((move > 1e-9).sum())
    fig.update_layout(
        title=f"{TITLES.get(measure, measure)} falls for {count(fell)} of "
        f"{count(len(table))} labels and rises for {count(rose)}",
        barmode="group",
        bargap=0.2,
        bargroupgap=0.05,
        height=560,
        xaxis_tickangle=-50 if len(table) > 8 else 0,
        clickmode="event+select",
    )
    window(fig, near, chosen, len(table))
    point_at(fig, near, "top", chosen, log)
    fig.update_yaxes(title=UNITS[measure], **scale(log))
    return fig


def _bars(table: pd.DataFrame, column: str, name: str, colour: str) -> go.Bar:
    """One bar a label; the position of the label comes first in its custom data."""
    return go.Bar(
        x=table["axis"],
        y=table[column],
        name=theme.safe(name),
        marker_color=colour,
        customdata=[
            [position, theme.short(label, 80)]
            for position, label in zip(table["position"], table["label"], strict=True)
        ],
        hovertemplate="%{customdata[1]}<br>%{y:,.4g} "
        + theme.safe(name)
        + "<extra></extra>",
    )
