"""Charts beside the latent map: selections, probes, plausibility."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aemlo.charts import theme
from aemlo.wording import counted

ROW = 26  # pixels of a label's or feature's line


def label_shares(counts: pd.DataFrame, most: int = 14) -> go.Figure:
    """Each label's share in a selection and in all rows; `counts` has `label`, `share`,
    `share of all`, `in the selection`, `times as common`."""
    shown = counts.dropna(subset="times as common").head(most).iloc[::-1]
    names = [theme.short(name, 32) for name in shown["label"]]
    figure = _lines_between(shown["share of all"], shown["share"], names)
    figure.add_trace(
        _dots(shown["share of all"], names, "all rows", theme.BEFORE, "circle-open")
    )
    figure.add_trace(
        _dots(shown["share"], names, "the selection", theme.WORSE, "circle")
    )
    return _finish(
        figure,
        _over_represented(counts),
        "Share of rows with the label",
        len(names),
        tickformat=".0%",
    )


def _over_represented(counts: pd.DataFrame) -> str:
    known = counts.dropna(subset="times as common")
    if not len(known) or known["in the selection"].sum() == 0:
        return "No row of the selection has a label"
    first = known.iloc[0]
    rows = counted(int(first["in the selection"]), "row")
    return (
        f"{theme.short(first['label'], 28)} is {theme.ratio(first['times as common'])} "
        f"times as common here ({rows})"
    )


def feature_gaps(features: pd.DataFrame) -> go.Figure:
    """The features that set a selection apart; `features` has `feature`, `selection`,
    `rest`, `difference` (in standard deviations)."""
    shown = features.iloc[::-1]
    figure = go.Figure(
        go.Bar(
            x=shown["difference"],
            y=[theme.short(name, 32) for name in shown["feature"]],
            orientation="h",
            marker_color=theme.REAL,
            customdata=shown[["selection", "rest"]].to_numpy(),
            hovertemplate="mean here %{customdata[0]:.4g}, elsewhere "
            "%{customdata[1]:.4g}<extra>%{y}</extra>",
        )
    )
    title = "Nothing sets the selection apart"
    if len(features):
        widest = features.iloc[0]
        way = "higher" if widest["difference"] > 0 else "lower"
        title = (
            f"{theme.short(widest['feature'], 32)} is "
            f"{theme.number(abs(widest['difference']), 1)} standard deviations {way}"
        )
    return _finish(
        figure, title, "Mean here minus elsewhere (standard deviations)", len(shown)
    )


def beside_parents(frame: pd.DataFrame) -> go.Figure:
    """A synthetic row's features beside its parents'; `frame` has `feature`, `role`,
    `value`, `scaled` (0 to 1 over the data)."""
    order = list(dict.fromkeys(frame["feature"]))[::-1]
    figure = go.Figure()
    styles = [(theme.SYNTHETIC, "diamond"), (theme.REAL, "circle")]
    styles.append((theme.REAL, "circle-open"))
    for place, role in enumerate(dict.fromkeys(frame["role"])):
        part = frame[frame["role"] == role]
        colour, symbol = styles[min(place, 2)]
        names = [theme.short(name, 32) for name in part["feature"]]
        dots = _dots(part["scaled"], names, role, colour, symbol)
        dots.update(
            customdata=part["value"].to_numpy()[:, None],
            hovertemplate="%{customdata[0]:.4g}<extra>%{y}</extra>",
        )
        figure.add_trace(dots)
    figure.update_yaxes(
        categoryorder="array",
        categoryarray=[theme.short(name, 32) for name in order],
    )
    return _finish(
        figure,
        "Where the synthetic row and its parents differ most",
        "Value, from the smallest (0) to the largest (1) in the data",
        len(order),
    )


def probe_bars(probes: pd.DataFrame, most: int = 30) -> go.Figure:
    """How well a latent direction separates each label.

    `probes` has `label`, `positives`, `auc`, `unit`, `unit_auc`. A dashed line is at
    0.5: no better than chance.
    """
    known = probes.dropna(subset="auc").sort_values("auc", kind="stable")
    shown = known.tail(most)
    names = [theme.short(name, 32) for name in shown["label"]]
    figure = go.Figure(
        go.Scatter(
            x=shown["auc"],
            y=names,
            mode="markers",
            name="best direction",
            marker={"color": theme.REAL, "size": 10},
            customdata=shown[["positives"]].to_numpy(),
            hovertemplate="AUC %{x:.3f}, %{customdata[0]:,} rows have it"
            "<extra>%{y}</extra>",
        )
    )
    alone = np.maximum(shown["unit_auc"], 1 - shown["unit_auc"])
    figure.add_trace(
        go.Scatter(
            x=alone,
            y=names,
            mode="markers",
            name="best single coordinate",
            marker={"color": theme.BEFORE, "size": 8, "symbol": "circle-open"},
            customdata=shown[["unit"]].to_numpy(),
            hovertemplate="AUC %{x:.3f}, coordinate %{customdata[0]}"
            "<extra>%{y}</extra>",
        )
    )
    figure.add_vline(x=0.5, line={"color": theme.THRESHOLD, "dash": "dash"})
    good = int((known["auc"] >= 0.75).sum())
    return _finish(
        figure,
        f"{good} of {len(probes)} labels lie along a direction (AUC 0.75 or more)",
        "AUC of a straight direction (rows that the network was trained on)",
        len(shown),
    )


def quality_dots(quality: pd.DataFrame, measures: Iterable[str]) -> go.Figure:
    """Each overall figure of plausibility, one panel each: a sampler a dot on a line of
    its own, real rows beside it a grey stroke.

    `quality` has `sampler`, `measure`, `label`, `value`, `reference`.
    """
    overall = quality[quality["label"] == ""]
    present = [name for name in measures if (overall["measure"] == name).any()]
    samplers = list(dict.fromkeys(overall["sampler"]))
    line_of = dict(zip(samplers, np.linspace(0.5, -0.5, len(samplers)), strict=True))
    columns = 3
    rows = -(-len(present) // columns)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=present,
        vertical_spacing=0.6 / rows if rows > 1 else 0.2,
        horizontal_spacing=0.09,
    )
    for place, measure in enumerate(present):
        part = overall[overall["measure"] == measure]
        where = {"row": place // columns + 1, "col": place % columns + 1}
        for _, entry in part.iterrows():
            y = line_of[entry["sampler"]]
            figure.add_trace(_sampler_dot(entry, y, legend=place == 0), **where)
            # The reference of a sampler may be its own: it made rows for other labels.
            if not np.isnan(entry["reference"]):
                figure.add_shape(**_stroke(entry["reference"], y), **where)
        figure.update_xaxes(range=[0, _upper_end(part, measure)], **where)
    figure.update_yaxes(
        showticklabels=False, range=[-1, 1], zeroline=False, showgrid=False
    )
    figure.update_layout(
        title={
            "text": "Synthetic rows against real ones",
            "subtitle": {"text": "Grey stroke: real rows among themselves."},
        },
        height=150 + 145 * rows,
        margin={"t": 110, "b": 90},
        legend={"y": -0.12, "yanchor": "top"},
    )
    return figure


def _stroke(x: float, y: float) -> dict[str, Any]:
    """A grey stroke at the value of real rows, beside a sampler's dot."""
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": y - 0.4,
        "y1": y + 0.4,
        "line": {"color": theme.BEFORE, "width": 3},
        "layer": "below",
    }


def _upper_end(part: pd.DataFrame, measure: str) -> float:
    """Where the axis of a figure ends: at 1 for shares that are not small."""
    most = float(np.nanmax([*part["value"], *part["reference"].dropna(), 1e-9]))
    if measure in ("copies", "off the data", "outside"):
        return max(0.05, most * 1.25)
    return 1.05 if measure != "distance" and most <= 1.0 else most * 1.25


def _sampler_dot(entry: pd.Series, y: float, legend: bool) -> go.Scatter:
    return go.Scatter(
        x=[entry["value"]],
        y=[y],
        cliponaxis=False,
        mode="markers",
        name=theme.short(entry["sampler"]),
        legendgroup=entry["sampler"],
        showlegend=legend,
        marker={
            "color": theme.sampler_colour(entry["sampler"]),
            "symbol": _symbol(entry["sampler"]),
            "size": 14,
            "line": {"width": 2, "color": theme.sampler_colour(entry["sampler"])},
        },
        hovertemplate=f"%{{x:.3f}}<extra>{theme.short(entry['sampler'])}</extra>",
    )


def quality_per_label(
    quality: pd.DataFrame, measure: str, meaning: str, most: int | None = None
) -> go.Figure:
    """One figure of plausibility label by label, rows with most synthetic ones on top,
    the first `most` of them.

    `quality` as for `quality_dots`, with `rows` (synthetic ones behind a figure).
    """
    part = quality[(quality["measure"] == measure) & (quality["label"] != "")]
    order = part.groupby("label")["rows"].max().sort_values(kind="stable").index
    order = order[-most:] if most else order
    names = [theme.short(name, 32) for name in order]
    figure = go.Figure()
    reference = part.groupby("label")["reference"].first().reindex(order)
    if reference.notna().any():
        figure.add_trace(
            _dots(reference, names, "real rows", theme.BEFORE, "line-ns-open")
        )
    for sampler, rows in part.groupby("sampler", sort=False):
        rows = rows.set_index("label").reindex(order)
        dots = _dots(
            rows["value"],
            names,
            theme.short(sampler),
            theme.sampler_colour(sampler),
            _symbol(sampler),
        )
        dots.update(
            customdata=rows[["rows"]].to_numpy(),
            hovertemplate="%{x:.3f}, %{customdata[0]:,} synthetic rows"
            "<extra>%{y}</extra>",
        )
        figure.add_trace(dots)
    return _finish(figure, _standing(part, measure), meaning, len(names))


def _standing(part: pd.DataFrame, measure: str) -> str:
    """A title that says on how many labels the first sampler does better than the
    second: nearer to real rows, or higher where there is no such value."""
    title = f"{measure[0].upper()}{measure[1:]}"
    samplers = list(dict.fromkeys(part["sampler"]))
    if len(samplers) < 2:
        return f"{title}, label by label"
    first, second = (
        part[part["sampler"] == name].set_index("label") for name in samplers[:2]
    )
    shared = first.index.intersection(second.index)
    first, second = first.loc[shared], second.loc[shared]
    if first["reference"].notna().any():
        off = [(each["value"] - each["reference"]).abs() for each in (first, second)]
        better, words = int((off[0] < off[1]).sum()), "nearer to real rows' than"
    else:
        better = int((first["value"] > second["value"]).sum())
        words = "higher than"
    names = [theme.short(name) for name in samplers]
    return (
        f"{title}: {names[0]} is {words} {names[1]} on {better} of {len(shared)} labels"
    )


def _symbol(sampler: str) -> str:
    """The shape of a sampler; open for its rows after some were left out."""
    first = sampler.split(",")[0]
    return theme.sampler_symbol(first) + ("-open" if first != sampler else "")


def telling_features(telling: pd.DataFrame, auc: Mapping[str, float]) -> go.Figure:
    """The features by which a forest separates synthetic rows from real; `telling` has
    `sampler`, `feature`, `importance`, `auc` maps a sampler to its AUC."""
    samplers = list(dict.fromkeys(telling["sampler"]))
    figure = make_subplots(
        cols=len(samplers),
        subplot_titles=[
            f"{theme.short(name, 34)}<br>AUC {theme.number(auc.get(name, np.nan))}"
            for name in samplers
        ],
        horizontal_spacing=0.25,
    )
    for column, sampler in enumerate(samplers, start=1):
        part = telling[telling["sampler"] == sampler].head(10).iloc[::-1]
        figure.add_trace(
            go.Bar(
                x=part["importance"],
                y=[theme.short(name, 28) for name in part["feature"]],
                orientation="h",
                marker_color=theme.sampler_colour(sampler),
                showlegend=False,
                hovertemplate="%{x:.3f}<extra>%{y}</extra>",
            ),
            row=1,
            col=column,
        )
    figure.update_xaxes(title="Share of the forest's decisions", rangemode="tozero")
    figure.update_layout(
        title={"text": "Features that separate synthetic from real rows"},
        height=400,
        margin={"t": 90},
    )
    return figure


def _dots(
    x: pd.Series, names: Sequence[str], name: str, colour: str, symbol: str
) -> go.Scatter:
    return go.Scatter(
        x=x,
        y=names,
        mode="markers",
        name=name,
        marker={
            "color": colour,
            "symbol": symbol,
            "size": 10,
            "line": {"width": 2, "color": colour} if "open" in symbol else None,
        },
        hovertemplate="%{x:.3f}<extra>%{y}</extra>",
    )


def _lines_between(low: pd.Series, high: pd.Series, names: Sequence[str]) -> go.Figure:
    figure = go.Figure()
    for start, end, name in zip(low, high, names, strict=True):
        figure.add_trace(
            go.Scatter(
                x=[start, end],
                y=[name, name],
                mode="lines",
                line={"color": theme.NEUTRAL, "width": 1.5},
                showlegend=False,
                hoverinfo="skip",
            )
        )
    return figure


def _finish(
    figure: go.Figure, title: str, x_title: str, lines: int, **axis: Any
) -> go.Figure:
    figure.update_layout(
        title={"text": title}, height=150 + ROW * max(lines, 3), margin={"t": 80}
    )
    figure.update_xaxes(title=x_title, **axis)
    return figure
