"""Pictures of a change: labels before and after sampling, or as expected in advance."""

import numpy as np
import plotly.graph_objects as go

from aemlo.charts import theme
from aemlo.charts.imbalance import IN_VIEW, axis_names


def before_after(table, measure, *, after, colour, log=False, mean=None, unit=""):
    """Paired bars of `measure` per label, rarest first before.

    `table` has `label`, `{measure} before` and `{measure} after`; `after` names the
    sampler, `colour` is its own; `mean` draws the MeanIR from before.
    """
    old, new = f"{measure} before", f"{measure} after"
    falling = measure in ("IRLbl", "ImR", "SCUMBLE")
    table = table.sort_values(
        old, ascending=not falling, kind="stable", na_position="last"
    )
    axis = axis_names(table["label"])
    fig = go.Figure()
    for column, name, fill in ((old, "before", theme.BEFORE), (new, after, colour)):
        fig.add_bar(
            x=axis,
            y=table[column],
            name=theme.safe(name),
            marker_color=fill,
            customdata=[[theme.short(label, 80)] for label in table["label"]],
            hovertemplate="%{customdata[0]}<br>%{y:,.4g} "
            + theme.safe(name)
            + "<extra></extra>",
        )
    if mean is not None and not np.isnan(mean):
        fig.add_hline(y=mean, line={"color": theme.THRESHOLD, "dash": "dash"})
        fig.add_annotation(
            x=1,
            xref="paper",
            y=np.log10(mean) if log else mean,
            text=f"MeanIR before {theme.number(mean)}",
            showarrow=False,
            xanchor="right",
            yanchor="bottom",
        )
    move = table[new] - table[old]
    fell, rose = int((move < -1e-9).sum()), int((move > 1e-9).sum())
    fig.update_layout(
        title=f"{measure}: {fell} of {len(table):,} labels fall, {rose} rise",
        barmode="group",
        bargap=0.2,
        bargroupgap=0.05,
        height=440,
        xaxis_tickangle=-50 if len(table) > 8 else 0,
    )
    fig.update_xaxes(type="category", categoryorder="array", categoryarray=axis)
    if len(table) > IN_VIEW:
        fig.update_xaxes(
            range=[-0.5, IN_VIEW - 0.5],
            rangeslider={"visible": True, "thickness": 0.09},
        )
    fig.update_yaxes(
        title=unit or measure,
        type="log" if log else "linear",
        rangemode="normal" if log else "tozero",
    )
    return fig
