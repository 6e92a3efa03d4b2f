"""The last touch before a figure is drawn: everything about its look said outright.

Streamlit's own theme hands Plotly a new template at each of its two renderings, and
Plotly then draws all of it a second time. A figure without a template whose look is in
its layout, whose arrays are plain lists and whose data have a revision is drawn once:
the second rendering finds nothing changed. Room for the axes is set beforehand, for a
margin that Plotly finds too small costs one more drawing.
"""

import re

import numpy as np

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
ARRAYS = ("x", "y", "z", "customdata", "hovertext", "text")
OF_MARKERS = ("color", "size", "symbol", "opacity")


def dress(fig, dark, selecting=None):
    """Say the look of a flat figure in its own layout; returns it, changed in place.

    What the figure says itself stays. `dark` is the mode of the page; `selecting` names
    the kind of selection the chart is for ("points" or "lasso"), or None.
    """
    own = fig.layout.to_plotly_json()
    own.pop("template", None)
    look = _look(dark)
    axes = {_axis(trace, letter) for trace in fig.data for letter in "xy"}
    axes |= {name for name in own if AXIS.fullmatch(name)}
    for name in axes - {None}:
        look[name] = _axis_look(name)
    for name in own:
        if name.startswith("coloraxis"):
            look[name] = {"colorbar": COLORBAR}
    layout = _over(look, own)
    _in_bold(layout)
    layout["font"]["color"] = layout["title"]["font"]["color"] = TEXT[dark]
    layout["hoverlabel"]["bgcolor"] = GROUND[dark]
    layout["modebar"]["activecolor"] = TEXT[dark]
    if selecting:
        # Streamlit sets these itself, after the first drawing.
        layout.setdefault("dragmode", "pan")
        lasso = layout["dragmode"] in ("lasso", "select")
        layout["clickmode"] = "event" if lasso else "event+select"
        layout.setdefault("hovermode", "closest")
    fig.layout = layout
    fig.layout.template = None
    for trace in fig.data:
        _as_lists(trace)
    return fig


def is_flat(fig):
    """Whether all of a figure is drawn on x and y axes."""
    return all(_axis(trace, "x") is not None for trace in fig.data)


def _axis(trace, letter):
    if f"{letter}axis" not in trace:
        return None
    return f"{letter}axis" + (trace[f"{letter}axis"] or letter)[1:]


def _look(dark):
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
            "font": {"family": FONT, "size": SMALL},
        },
    }


def _axis_look(name):
    across = name.startswith("x")
    return {
        "gridcolor": LINE,
        "zerolinecolor": LINE,
        "tickcolor": LINE,
        "automargin": True,
        "title": {"standoff": 10, "font": {"size": MIDDLE}},
        "tickfont": {"size": SMALL},
    } | ({"showgrid": False, "zeroline": False} if across else {})


def _in_bold(layout):
    text = layout["title"].get("text")
    if text and not text.startswith("<b>"):
        layout["title"]["text"] = f"<b>{text}</b>"


def _over(below, above):
    """`below` with what `above` says laid over it, dictionary by dictionary."""
    both = dict(below)
    for name, value in above.items():
        under = both.get(name)
        if isinstance(under, dict):
            value = _over(under, {"text": value} if isinstance(value, str) else value)
        both[name] = value
    return both


def _as_lists(trace):
    _lists_in(trace, ARRAYS)
    if "marker" in trace:
        _lists_in(trace.marker, OF_MARKERS)


def _lists_in(part, names):
    for name in names:
        if name in part and isinstance(part[name], np.ndarray):
            value = part[name].tolist()
            part[name] = None  # or an equal value would be left as it is
            part[name] = value
