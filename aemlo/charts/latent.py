"""The map of the latent space: rows as points of different colours and shapes.

Every figure takes a frame `points`, one row a point, in the order to draw them (rare
rows last), with columns `row` (the row's id in the resampled data set), `synthetic`
(True or False), `x`, `y` and, for a picture in space, `z`; optional `labels` and
`parents` (texts for the hover) and any columns to colour by. Selections come back as
the ids in `customdata`, never as positions in a trace.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aemlo.charts import theme

Marker = dict[str, Any]
"""Plotly's settings of a marker."""
Group = tuple[str, pd.DataFrame, Marker]
"""Points drawn alike: their name in the legend, the points, the marker."""

KIND = "real or synthetic"
# Colours of the most frequent categories, distinct in light, dark and to colour-blind
# eyes; the other categories are grey.
CATEGORY_COLOURS = (
    "#D55E00",
    "#0072B2",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#B8A000",
    "#6A4C93",
)
OTHERS = "others"
HAS = ("has it", "has not")
# A flag that only synthetic rows can have.
OUTSIDE = "outside its label's region"
MANY = 50  # rows selected: more are not ringed, the others fade instead
# The selection: a colour that nothing else on the map has.
RING = "#D6189A"


def latent_map(
    points: pd.DataFrame,
    colour: str = KIND,
    *,
    method: str = "UMAP",
    note: str = "",
    marked: Iterable[int] = (),
    lines: pd.DataFrame | None = None,
    height: int = 620,
) -> go.Figure:
    """The map in the plane, or in space where there is a column `z`.

    `colour` is a column of `points` (numbers: an even scale; True and False: has or
    has not; texts: the seven most frequent, the rest grey), or KIND. `marked` are ids
    of rows to ring; `lines` a frame `child parent` of ids to join; `note` is a sentence
    under the title, such as how many rows are not drawn.
    """
    figure = go.Figure()
    _add_points(figure, points, colour, {})
    _add_lines(figure, points, lines)
    _mark(figure, points, marked)
    figure.update_layout(
        title={
            "text": map_title(points, colour),
            "subtitle": {"text": theme.safe(_subtitle(points, colour, note))},
        },
        height=height,
        dragmode="lasso" if "z" not in points else "orbit",
        hovermode="closest",
        margin={"t": 125, "l": 20, "r": 20, "b": 40},
        legend=_legend(points, colour),
    )
    _bare_axes(figure, method, "z" in points)
    return figure


def linked_views(
    views: Mapping[str, pd.DataFrame],
    colour: str = KIND,
    *,
    marked: Iterable[int] = (),
    height: int = 360,
    counted: bool = True,
) -> go.Figure:
    """Several maps of the same rows side by side, with the same rows marked.

    `views` maps a title ("Features, UMAP") to its `points`. The legend counts the rows
    of the first, unless they are not `counted`: then each may show others.
    """
    figure = make_subplots(
        cols=len(views), subplot_titles=[theme.safe(name) for name in views]
    )
    for column, points in enumerate(views.values(), start=1):
        place = {"row": 1, "col": column}
        first = len(figure.data)
        _add_points(figure, points, colour, place, legend=column == 1)
        if not counted:
            for trace in figure.data[first:]:
                trace.name = trace.name.rsplit(" (", 1)[0]
        _mark(figure, points, marked, place, legend=column == 1, first=first)
    figure.update_layout(
        height=height,
        hovermode="closest",
        dragmode="zoom",
        # The toolbar, the legend and the titles each have a line of their own.
        margin={"t": 110, "l": 20, "r": 20, "b": 20},
        legend={
            "itemsizing": "constant",
            "yref": "container",
            "y": 1 - 34 / height,
            "yanchor": "top",
        },
    )
    figure.update_coloraxes(showscale=False)
    plain_axis = {"showticklabels": False, "zeroline": False, "showgrid": False}
    figure.update_xaxes(title=None, **plain_axis)
    figure.update_yaxes(title=None, **plain_axis)
    return figure


def joined(points: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """The frame of `points` with `more` of the same kind drawn after them."""
    return pd.concat([points, more], ignore_index=True)


def map_title(points: pd.DataFrame, colour: str) -> str:
    """What the map shows, in one line with its counts."""
    synthetic = points["synthetic"].to_numpy(dtype=bool)
    real_rows = f"{theme.count((~synthetic).sum())} real rows"
    synthetic_rows = f"{theme.count(synthetic.sum())} synthetic"
    if colour != KIND and _kind_of(points[colour]) == "flag":
        has = points[colour].to_numpy(dtype=bool)
        if colour == OUTSIDE:
            return (
                f"{theme.count(has.sum())} of {synthetic_rows} rows lie outside the "
                "region of their label"
            )
        return (
            f"{theme.short(colour)}: {theme.count((has & ~synthetic).sum())} of "
            f"{real_rows} have it, and {theme.count((has & synthetic).sum())} of "
            f"{synthetic_rows}"
        )
    by = "" if colour == KIND else f", by {theme.short(colour)}"
    return f"{real_rows} and {synthetic_rows}{by}"


def _legend(points: pd.DataFrame, colour: str) -> dict[str, Any]:
    """Above the map for the few kinds, beside it for the many categories."""
    if colour != KIND and _kind_of(points[colour]) == "category":
        beside = {"orientation": "v", "x": 1.01, "y": 1, "yanchor": "top"}
        return {"itemsizing": "constant", **beside}
    return {"itemsizing": "constant", "y": 1.01}


def _subtitle(points: pd.DataFrame, colour: str, note: str) -> str:
    in_legend = colour == KIND or _kind_of(points[colour]) == "flag"
    shapes = "" if in_legend else "Circles are real rows, diamonds synthetic ones."
    return " ".join(part for part in (shapes, note) if part)


def _kind_of(column: pd.Series) -> Literal["flag", "number", "category"]:
    if pd.api.types.is_bool_dtype(column):
        return "flag"
    return "number" if pd.api.types.is_numeric_dtype(column) else "category"


def _add_points(
    figure: go.Figure,
    points: pd.DataFrame,
    colour: str,
    place: dict[str, int],
    legend: bool = True,
) -> None:
    if colour == KIND:
        groups = _by_kind(points)
    else:
        kind = _kind_of(points[colour])
        split = {"flag": _by_flag, "number": _by_number, "category": _by_category}
        groups = split[kind](points, colour)
        if kind == "number":
            figure.update_layout(coloraxis=_colour_axis(points[colour], colour))
    for name, part, marker in groups:
        if len(part):
            trace = _trace(part, name, marker, legend, colour)
            figure.add_trace(trace, **place)


def _by_kind(points: pd.DataFrame) -> Iterator[Group]:
    synthetic = points["synthetic"].to_numpy(dtype=bool)
    real = {"color": theme.REAL, "symbol": "circle", "size": 5, "opacity": 0.55}
    yield "real", points[~synthetic], real
    yield "synthetic", points[synthetic], _diamond(theme.SYNTHETIC)


def _by_flag(points: pd.DataFrame, colour: str) -> Iterator[Group]:
    synthetic = points["synthetic"].to_numpy(dtype=bool)
    has = points[colour].to_numpy(dtype=bool)
    faint = {"color": theme.NEUTRAL, "symbol": "circle", "size": 4, "opacity": 0.35}
    strong = {
        "color": theme.REAL,
        "symbol": "circle",
        "size": 7,
        "opacity": 0.9,
        "line": {"width": 1, "color": "#FFFFFF"},
    }
    hollow = _diamond(theme.SYNTHETIC) | {
        "symbol": "diamond-open",
        "opacity": 0.35,
        "size": 6,
        "line": {"width": 0.8, "color": theme.SYNTHETIC},
    }
    if colour == OUTSIDE:
        yield "real", points[~synthetic], faint
        yield "synthetic, inside its region", points[~has & synthetic], hollow
        strayed = _diamond(theme.WORSE)
        yield "synthetic, outside its region", points[has & synthetic], strayed
        return
    yield f"real, {HAS[1]}", points[~has & ~synthetic], faint
    yield f"synthetic, {HAS[1]}", points[~has & synthetic], hollow
    yield f"synthetic, {HAS[0]}", points[has & synthetic], _diamond(theme.SYNTHETIC)
    # The few real ones last: the new rows lie around them, and would cover them.
    yield f"real, {HAS[0]}", points[has & ~synthetic], strong


def _by_number(points: pd.DataFrame, colour: str) -> Iterator[Group]:
    synthetic = points["synthetic"].to_numpy(dtype=bool)
    known = points[colour].notna().to_numpy()
    unknown = {"color": theme.NEUTRAL, "symbol": "circle", "size": 4, "opacity": 0.35}
    yield "not defined", points[~known], unknown
    shapes = (("real", ~synthetic, "circle", 6), ("synthetic", synthetic, "diamond", 8))
    for name, rows, symbol, size in shapes:
        part = points[rows & known]
        yield (
            name,
            part,
            {
                "color": part[colour].to_numpy(dtype=np.float32),
                "coloraxis": "coloraxis",
                "symbol": symbol,
                "size": size,
                "opacity": 0.85,
            },
        )


def _by_category(points: pd.DataFrame, colour: str) -> Iterator[Group]:
    synthetic = points["synthetic"].to_numpy(dtype=bool)
    values = points[colour].astype(str).to_numpy()
    blank = values == ""
    named = [("none", blank, theme.NEUTRAL, 0.4)] if blank.any() else []
    values = np.where(blank, None, values)
    counts = pd.Series(values).value_counts(sort=False)
    common = counts.sort_values(ascending=False, kind="stable").index
    common = common[: len(CATEGORY_COLOURS)]
    rest = ~pd.Series(values).isin(common).to_numpy() & ~blank
    named += [(OTHERS, rest, theme.NEUTRAL, 0.4)] if rest.any() else []
    colours = zip(common, CATEGORY_COLOURS, strict=False)
    named += [(name, values == name, shade, 0.85) for name, shade in colours]
    for name, rows, shade, opacity in named:
        circle = {"color": shade, "symbol": "circle", "size": 6, "opacity": opacity}
        yield name, points[rows & ~synthetic], circle
        yield f"{name}, synthetic", points[rows & synthetic], _diamond(shade)


def _diamond(colour: str) -> Marker:
    return {
        "color": colour,
        "symbol": "diamond",
        "size": 8,
        "opacity": 0.95,
        "line": {"width": 0.7, "color": "#3A2C00"},
    }


def _colour_axis(values: pd.Series, name: str) -> dict[str, Any]:
    known = values[np.isfinite(values.to_numpy(dtype=float))]
    low, high = known.quantile([0.01, 0.99]) if len(known) else (0.0, 1.0)
    return {
        "colorscale": theme.SEQUENTIAL,
        "cmin": float(low),
        "cmax": float(high) if high > low else float(low) + 1.0,
        "colorbar": {"title": {"text": theme.short(name, 24)}, "thickness": 12},
    }


def _trace(
    part: pd.DataFrame, name: str, marker: Marker, legend: bool, colour: str
) -> go.Scattergl | go.Scatter3d:
    shared = {
        "mode": "markers",
        "name": f"{theme.short(name, 32)} ({theme.count(len(part))})",
        "marker": marker,
        "showlegend": legend,
        "customdata": part["row"].to_numpy(dtype=np.int32)[:, None],
        "hovertext": _hover(part, colour),
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    if "z" in part:
        # In space a rim keeps the few strong points visible on every ground.
        strong = marker.get("line", {}).get("color") == "#FFFFFF"
        marker["size"] = 5 if strong else max(2, marker["size"] // 2)
        if not strong:
            marker.pop("line", None)
        return go.Scatter3d(**_places(part, "xyz"), **shared)
    shared["unselected"] = {"marker": {"opacity": 0.12}}
    return go.Scattergl(**_places(part, "xy"), **shared)


def _places(part: pd.DataFrame, axes: str) -> dict[str, Any]:
    return {axis: part[axis].to_numpy(dtype=np.float32) for axis in axes}


def _hover(part: pd.DataFrame, colour: str) -> np.ndarray:
    kinds = np.where(part["synthetic"], "synthetic row ", "row ").astype(object)
    texts = kinds + np.array(list(map(str, part["row"].tolist())), dtype=object)
    for column in ("labels", "parents"):
        if column in part:
            # Many rows have the same text: each is cut and made safe once.
            which, words = pd.factorize(part[column].fillna("").to_numpy(dtype=object))
            more = [f"<br>{theme.short(text, 90)}" if text else "" for text in words]
            texts = texts + np.array([*more, ""], dtype=object)[which]
    if colour != KIND and _kind_of(part[colour]) == "number":
        values = part[colour].to_numpy(dtype=float)
        numbers = np.array([theme.number(v) for v in values.tolist()], dtype=object)
        texts = texts + f"<br>{theme.short(colour)}: " + numbers
    return texts


def _mark(
    figure: go.Figure,
    points: pd.DataFrame,
    marked: Iterable[int],
    place: dict[str, int] | None = None,
    legend: bool = True,
    first: int = 0,
) -> None:
    """Ring a few rows; of many, fade the others as a lasso does.

    Many rings would hide the rows themselves. `first` is the first trace of `points`.
    """
    ringed = points[points["row"].isin(list(marked))]
    if not len(ringed):
        return
    if len(ringed) > MANY and "z" not in points:
        rows = ringed["row"].to_numpy()
        for trace in figure.data[first:]:
            if trace.customdata is not None:
                inside = np.isin(np.ravel(trace.customdata), rows)
                trace.selectedpoints = np.flatnonzero(inside).tolist()
        return
    shared = {
        "mode": "markers",
        "name": f"selected ({theme.count(len(ringed))})",
        "showlegend": legend,
        "hoverinfo": "skip",
        "customdata": ringed["row"].to_numpy(dtype=np.int32)[:, None],
    }
    ring = {
        "symbol": "circle-open",
        "color": RING,
        "size": 15,
        "line": {"width": 2.5, "color": RING},
    }
    if "z" in points:
        trace = go.Scatter3d(**_places(ringed, "xyz"), marker=ring, **shared)
    else:
        trace = go.Scattergl(**_places(ringed, "xy"), marker=ring, **shared)
    figure.add_trace(trace, **(place or {}))


def _add_lines(
    figure: go.Figure, points: pd.DataFrame, lines: pd.DataFrame | None
) -> None:
    if lines is None or not len(lines):
        return
    axes = "xyz" if "z" in points else "xy"
    place = points.set_index("row")[list(axes)]
    shown = lines[lines["child"].isin(place.index) & lines["parent"].isin(place.index)]
    if not len(shown):
        return
    ends = np.full((len(shown), 3, len(axes)), np.nan)
    ends[:, 0] = place.loc[shown["child"]].to_numpy()
    ends[:, 1] = place.loc[shown["parent"]].to_numpy()
    flat = ends.reshape(-1, len(axes)).T
    kind = go.Scatter3d if "z" in points else go.Scattergl
    figure.add_trace(
        kind(
            **dict(zip(axes, flat, strict=True)),
            mode="lines",
            name="to its parents",
            line={"color": RING, "width": 2},
            hoverinfo="skip",
        )
    )


def _bare_axes(figure: go.Figure, method: str, in_space: bool) -> None:
    # The axes of such a picture have no unit; distances mean something, places do not.
    plain_axis = {"showticklabels": False, "zeroline": False, "showgrid": in_space}
    if in_space:
        figure.update_scenes(
            aspectmode="cube", camera_eye={"x": 1.3, "y": 1.3, "z": 0.8}
        )
        figure.update_scenes(
            {
                f"{axis}axis": {**plain_axis, "title": {"text": f"{method} {order}"}}
                for order, axis in enumerate("xyz", start=1)
            }
        )
        return
    figure.update_xaxes(title={"text": f"{method} 1 (no unit)"}, **plain_axis)
    figure.update_yaxes(title={"text": f"{method} 2 (no unit)"}, **plain_axis)
