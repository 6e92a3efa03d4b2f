"""The last step before a figure is drawn: all of its look is set in its own layout.

Streamlit's own theme hands Plotly a new template at each of its two renderings, and
Plotly then draws all of it a second time. A figure without a template whose look is in
its layout, whose arrays are plain lists and whose data have a revision is drawn once:
the second rendering finds nothing changed. Room for the axes is set beforehand, for a
margin that Plotly finds too small costs one more drawing.
"""

import re
from typing import Any

import numpy as np
import plotly.graph_objects as go

FONT = '"Source Sans", sans-serif'
TEXT = {False: "#31333F", True: "#FAFAFA"}
GROUND = {False: "#FFFFFF", True: "#0E1117"}
LINE = "rgba(128,128,128,0.25)"
FAINT = "rgba(128,128,128,0.7)"
CLEAR = "rgba(0,0,0,0)"
SMALL, MIDDLE, LARGE = 12, 14, 16
MARGIN = {"l": 92, "r": 20, "t": 64, "b": 72, "pad": 4}
COLORBAR = {"thickness": 16, "outlinewidth": 0, "len": 0.75}
AXIS = re.compile(r"[xy]axis\d*")


class Dressed(go.Figure):
    """A figure ready for the browser: its values are not checked again.

    Plotly checks what a figure is of_figure value by value, copies it before it is sent
    and packs its arrays. For 20,000 points all this takes longer than the rest.
    """

    def __init__(self, ready: dict[str, Any]) -> None:
        super().__init__()
        self._ready = ready

    def to_dict(self) -> dict[str, Any]:
        """The figure as the dictionary Plotly draws; not to be changed."""
        return self._ready


def dress(fig: go.Figure, dark: bool, selecting: Any = None) -> Dressed:
    """A flat figure with all of its look in its own layout, as a Dressed.

    What the figure sets itself stays. `dark` is the mode of the page; `selecting` names
    the kind of selection the chart is for ("points" or "lasso"), or None.
    """
    of_figure = fig.layout.to_plotly_json()
    of_figure.pop("template", None)
    look = _look(dark)
    axes = {name for name in of_figure if AXIS.fullmatch(name)}
    for trace in fig.data:
        axes |= {name for letter in "xy" if (name := _axis(trace, letter)) is not None}
    for name in axes:
        look[name] = _axis_look(name)
    for name in of_figure:
        if name.startswith("coloraxis"):
            look[name] = {"colorbar": COLORBAR}
    layout = _over(look, of_figure)
    _in_bold(layout)
    layout["font"]["color"] = layout["title"]["font"]["color"] = TEXT[dark]
    layout["hoverlabel"]["bgcolor"] = GROUND[dark]
    layout["hoverlabel"]["font"]["color"] = TEXT[dark]
    layout["modebar"]["activecolor"] = TEXT[dark]
    if selecting:
        # Streamlit sets these itself, after the first drawing.
        layout.setdefault("dragmode", "pan")
        lasso = layout["dragmode"] in ("lasso", "select")
        layout["clickmode"] = "event" if lasso else "event+select"
        layout.setdefault("hovermode", "closest")
    data = [trace.to_plotly_json() for trace in fig.data]
    return Dressed(_with_lists({"data": data, "layout": layout}))


def is_flat(fig: go.Figure) -> bool:
    """Whether all of a figure is drawn on x and y axes."""
    return all(_axis(trace, "x") is not None for trace in fig.data)


def _axis(trace: Any, letter: str) -> str | None:
    """The name in the layout of the axis that a trace is drawn on; None without one."""
    if f"{letter}axis" not in trace:
        return None
    return f"{letter}axis" + (trace[f"{letter}axis"] or letter)[1:]


def _look(dark: bool) -> dict[str, Any]:
    return {
        "datarevision": 1,
        "font": {"family": FONT, "size": SMALL, "color": TEXT[dark]},
        "title": {
            "x": 0,
            "xanchor": "left",
            "pad": {"l": 4},
            "font": {"family": FONT, "size": LARGE, "color": TEXT[dark]},
        },
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "margin": MARGIN,
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        "modebar": {"bgcolor": CLEAR, "color": FAINT, "activecolor": TEXT[dark]},
        "hoverlabel": {
            "align": "left",
            "bgcolor": GROUND[dark],
            "bordercolor": LINE,
            "font": {"family": FONT, "size": SMALL, "color": TEXT[dark]},
        },
    }


def _axis_look(name: str) -> dict[str, Any]:
    across = name.startswith("x")
    return {
        "gridcolor": LINE,
        "zerolinecolor": LINE,
        "tickcolor": LINE,
        "automargin": True,
        "title": {"standoff": 10, "font": {"size": MIDDLE}},
        "tickfont": {"size": SMALL},
    } | ({"showgrid": False, "zeroline": False} if across else {})


def _in_bold(layout: dict[str, Any]) -> None:
    text = layout["title"].get("text")
    if text and not text.startswith("<b>"):
        layout["title"]["text"] = f"<b>{text}</b>"


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """`below` updated by `above`, dictionary by dictionary."""
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        if isinstance(under, dict):
            value = _over(under, {"text": value} if isinstance(value, str) else value)
        merged[name] = value
    return merged


def _with_lists(part: Any) -> Any:
    """`part`, its arrays plain lists and their gaps None, as JSON has them."""
    if isinstance(part, dict):
        return {name: _with_lists(value) for name, value in part.items()}
    if isinstance(part, np.ndarray):
        gaps = np.isnan(part) if part.dtype.kind == "f" else np.zeros(0, dtype=bool)
        filled = np.asarray(np.where(gaps, None, part)) if gaps.any() else part
        return filled.tolist()
    if isinstance(part, (list, tuple)) and any(
        isinstance(one, (dict, list, tuple, np.ndarray)) for one in part
    ):
        return [_with_lists(one) for one in part]
    return part
