"""Pictures of label imbalance, label by label.

Frames come from `aemlo.imbalance`: one row a label with `label positives share IRLbl
ImR minority SCUMBLE`. Points carry the label's position in `customdata`, so that a
click names the label that it means. `chosen` is the position of a label to point at;
`after` is an Overlay: the same set after sampling, drawn over.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from aemlo.charts import theme
from aemlo.charts.label_axes import (
    IN_VIEW,
    LIGHT,
    around,
    axis_names,
    hatch,
    mean_line,
    point_at,
    scale,
    upright_mean_line,
    window,
    wrapped,
)
from aemlo.wording import count, counted, percent

MARKS = 240  # marks on the long tail; more would lie on one another
UNITS = {
    "IRLbl": "IRLbl (times rarer than the most frequent label)",
    "ImR": "ImR (larger side / smaller side)",
    "positives": "Positive rows",
    "SCUMBLE": "SCUMBLE (0 to 1)",
}
# Minority or not, its name, its colour, the hatch of its bars, its marker.
KINDS = (
    (True, "minority", theme.MINORITY, theme.HATCH, "diamond"),
    (False, "others", theme.MAJORITY, "", "circle"),
)


class Overlay(NamedTuple):
    """A set after sampling: the sampler's name and colour, and what to draw of it."""

    name: str
    colour: str
    values: Any


def by_label(
    table: pd.DataFrame,
    measure: str,
    *,
    mean: float | None = None,
    log: bool = False,
    chosen: int | None = None,
) -> go.Figure:
    """Bars of "IRLbl", "ImR" or "positives" per label, rarest first, minority hatched.

    `mean` draws MeanIR; labels without the measure stand at the end without a bar.
    """
    table = table.reset_index(names="position")
    table = table.sort_values(
        measure, ascending=measure == "positives", kind="stable", na_position="last"
    )
    table["axis"] = axis_names(table["label"])
    fig = go.Figure()
    near = around(table, chosen)
    for minority, name, colour, shape, _ in KINDS:
        part = near[near["minority"] == minority]
        fig.add_bar(
            x=part["axis"],
            y=part[measure],
            name=name,
            marker_color=colour,
            marker_pattern=hatch(shape) if len(table) <= LIGHT else None,
            marker_line={
                "color": theme.THRESHOLD,
                "width": 2 if minority and len(table) > LIGHT else 0,
            },
            customdata=_custom(part),
            hovertemplate=_hover("IRLbl" if measure == "positives" else measure),
        )
    if mean is not None and not np.isnan(mean):
        mean_line(fig, mean, f"MeanIR {theme.number(mean)}", log)
    window(fig, near, chosen, len(table))
    point_at(fig, near, measure, chosen, log)
    fig.update_layout(
        title=_title(table, measure, mean),
        barmode="stack",
        legend_traceorder="normal",
        bargap=0.15,
        height=560,
        xaxis_tickangle=-50 if len(table) > 8 else 0,
        clickmode="event+select",
    )
    fig.update_yaxes(title=UNITS[measure], **scale(log))
    return fig


def long_tail(
    table: pd.DataFrame,
    *,
    log: bool = True,
    chosen: int | None = None,
    after: Overlay | None = None,
) -> go.Figure:
    """Positives of each label against its rank: the long tail.

    The line goes through all labels; of more than MARKS, marks are drawn for so many.
    `after.values` are the positives (q,) afterwards, drawn by their own rank.
    """
    table = table.reset_index(names="position")
    table = table.sort_values("positives", ascending=False, kind="stable")
    table["rank"] = np.arange(1, len(table) + 1)
    rare = table.iloc[(len(table) + 1) // 2 :]
    total = max(int(table["positives"].sum()), 1)
    fig = go.Figure()
    fig.add_scatter(
        x=table["rank"],
        y=table["positives"],
        mode="lines",
        line={"color": theme.NEUTRAL, "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )
    _marks(
        fig,
        _apart(table, chosen),
        x="rank",
        y="positives",
        size=9 if len(table) <= IN_VIEW else 6,
        first="IRLbl",
    )
    if after is not None:
        fig.add_scatter(
            x=table["rank"],
            y=np.sort(after.values, kind="stable")[::-1],
            mode="lines",
            line={"color": after.colour, "width": 3},
            name=theme.safe(after.name),
            hovertemplate="rank %{x}: %{y:,} rows after<extra></extra>",
        )
    point_at(fig, table, "positives", chosen, log, x="rank")
    fig.update_layout(
        title=f"The rarer half of the labels holds "
        f"{percent(rare['positives'].sum() / total)} of all {count(total)} positives",
        height=400,
        clickmode="event+select",
    )
    fig.update_xaxes(title="Rank of the label, most frequent first")
    fig.update_yaxes(title="Positive rows", **scale(log))
    return fig


def _marks(
    fig: go.Figure,
    table: pd.DataFrame,
    *,
    x: str,
    y: str,
    size: int,
    first: str,
    opacity: float | None = None,
) -> None:
    """A mark a label at two columns of `table`; its hover begins with `first`."""
    for minority, name, colour, _, symbol in KINDS:
        part = table[table["minority"] == minority]
        fig.add_scatter(
            x=part[x],
            y=part[y],
            mode="markers",
            name=name,
            marker={
                "color": colour,
                "symbol": symbol,
                "size": size,
                "opacity": opacity,
            },
            customdata=_custom(part),
            hovertemplate=_hover(first),
        )


def _apart(table: pd.DataFrame, chosen: int | None) -> pd.DataFrame:
    """Of many labels by rank, every so many; the ends and the chosen one always."""
    if len(table) <= MARKS:
        return table
    places = np.linspace(0, len(table) - 1, MARKS).astype(int)
    marked = np.isin(np.arange(len(table)), places)
    return table[marked | (table["position"] == chosen).to_numpy()]


def scumble_by_ir(
    table: pd.DataFrame,
    *,
    mean: float,
    chosen: int | None = None,
    after: Overlay | None = None,
) -> go.Figure:
    """SCUMBLE of each label against its IRLbl: which rare labels ride with frequent.

    `after.values` is the frame of the labels afterwards; a line joins the two places.
    """
    table = table.reset_index(names="position").dropna(subset=["IRLbl"])
    table = table.sort_values("IRLbl", kind="stable")
    fig = go.Figure()
    _marks(
        fig,
        table,
        x="IRLbl",
        y="SCUMBLE",
        size=10 if len(table) <= IN_VIEW else 7,
        first="SCUMBLE",
        opacity=0.85,
    )
    if after is not None:
        _moved(fig, table, after)
    high = int((table.loc[table["minority"], "SCUMBLE"] > 0.1).sum())
    rare = int(table["minority"].sum())
    if not np.isnan(mean):
        upright_mean_line(fig, mean, f"MeanIR {theme.number(mean)}", log=True)
    fig.add_hline(y=0.1, line={"color": theme.THRESHOLD, "dash": "dot"})
    fig.add_annotation(
        x=0,
        xref="paper",
        y=0.1,
        text="0.1",
        showarrow=False,
        xanchor="left",
        yanchor="bottom",
    )
    point_at(fig, table, "SCUMBLE", chosen, False, x="IRLbl", x_log=True)
    fig.update_layout(
        title=f"{high} of {rare} minority labels have a SCUMBLE above 0.1",
        height=420,
        clickmode="event+select",
    )
    fig.update_xaxes(title="IRLbl (log scale)", **scale(True))
    fig.update_yaxes(title="SCUMBLE of the label, 0 to 1", rangemode="tozero")
    return fig


def _moved(fig: go.Figure, table: pd.DataFrame, after: Overlay) -> None:
    """Where the labels are afterwards, each joined to where it was."""
    new = after.values.iloc[table["position"]]
    gap = np.full(len(table), np.nan)
    for x_old, x_new, y_old, y_new, mode in (
        (table["IRLbl"], new["IRLbl"], table["SCUMBLE"], new["SCUMBLE"], "lines"),
        (gap, new["IRLbl"], gap, new["SCUMBLE"], "markers"),
    ):
        fig.add_scatter(
            x=np.column_stack([x_old, x_new, gap]).ravel(),
            y=np.column_stack([y_old, y_new, gap]).ravel(),
            mode=mode,
            line={"color": after.colour, "width": 1},
            marker={"color": after.colour, "size": 8},
            name=theme.safe(after.name),
            showlegend=mode == "markers",
            hoverinfo="skip",
        )


def _title(table: pd.DataFrame, measure: str, mean: float | None) -> str:
    known = table[measure].dropna()
    if known.empty:
        return f"No label has an {measure}"
    if measure == "IRLbl" and mean is not None and not np.isnan(mean):
        rare = int(table["minority"].sum())
        is_are = "label is" if len(table) == 1 else "labels are"
        return (
            f"{rare} of {count(len(table))} {is_are} rarer than MeanIR "
            f"{theme.number(mean)}"
        )
    if measure == "positives":
        rarest = table.loc[known.idxmin()]
        return (
            f"{theme.short(rarest['label'], 40)} has "
            f"{counted(known.min(), 'positive row')}, the most frequent label "
            f"{count(known.max())}"
        )
    worst = table.loc[known.idxmax()]
    return (
        f"{theme.short(worst['label'], 40)} is the most uneven label: "
        f"{measure} {theme.ratio(worst[measure])}"
    )


def _custom(part: pd.DataFrame) -> np.ndarray:
    return np.column_stack(
        [
            part["position"],
            [wrapped(name) for name in part["label"]],
            [count(v) for v in part["positives"]],
            [f"{v:.1%}" for v in part["share"]],
            [theme.ratio(v) for v in part["IRLbl"]],
            [theme.ratio(v) for v in part["ImR"]],
            [theme.number(v) for v in part["SCUMBLE"]],
        ]
    )


def _hover(first: str) -> str:
    lines = {
        "IRLbl": "IRLbl %{customdata[4]}",
        "ImR": "ImR %{customdata[5]}",
        "SCUMBLE": "SCUMBLE %{customdata[6]}",
    }
    order = [first, *(name for name in lines if name != first)]
    return (
        "<b>%{customdata[1]}</b><br>%{customdata[2]} rows (%{customdata[3]})<br>"
        + "<br>".join(lines[name] for name in order)
        + "<extra></extra>"
    )
