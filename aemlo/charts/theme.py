"""The look of every figure: colours that mean one thing, names made safe, numbers.

Okabe-Ito colours, chosen to stay apart in light and dark and for colour-blind eyes.
Importing this module registers the Plotly template "aemlo" and makes it the default.
"""

import html
import math

import plotly.graph_objects as go
import plotly.io as pio

from aemlo import wording
from aemlo.sampler_styles import style_of
from aemlo.wording import count as count
from aemlo.wording import seconds as seconds

REAL = "#0072B2"
SYNTHETIC = "#E69F00"
MINORITY = "#B5446E"
MAJORITY = "#8DA3B8"
BEFORE = "#7F7F7F"
BETTER = "#009E73"
WORSE = "#A6522B"
THRESHOLD = "#6B6B6B"
NEUTRAL = "#9AA0A6"

# Colours for what has none of its own, in their order.
OTHERS = (
    "#0072B2",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#6A4C93",
    "#8C6D31",
    "#1B7F79",
    "#A0522D",
    "#4C72B0",
    "#937860",
)
SYMBOLS = (
    "circle",
    "diamond",
    "square",
    "cross",
    "triangle-up",
    "x",
    "star",
    "hexagon",
    "pentagon",
    "triangle-down",
    "bowtie",
    "hourglass",
    "star-square",
)

# Perceptually even from light to dark, and two-sided around a light middle.
SEQUENTIAL = "cividis"
DIVERGING = ((0.0, WORSE), (0.5, "#F2F2F2"), (1.0, BETTER))
HATCH = "/"


def sampler_colour(name: object) -> str:
    """The colour a sampler has everywhere; variants such as `MLSMOTE 25 %` share it."""
    return style_of(str(name)).colour


def sampler_symbol(name: object) -> str:
    """The marker shape of a sampler, its own as its colour is: open for no sampling."""
    return style_of(str(name)).marker


def safe(name: object) -> str:
    """`name` with the characters Plotly reads as markup written out."""
    return html.escape(str(name), quote=False)


def short(name: object, length: int = 40) -> str:
    """`name` cut to `length` characters with an ellipsis, made safe."""
    text = " ".join(str(name).split())
    return safe(text if len(text) <= length else text[: length - 1] + "…")


def number(value: float | None, digits: int = 3) -> str:
    """A measure as the product writes it: 3 decimals, or "not defined" for NaN."""
    if value is None or math.isnan(value):
        return "not defined"
    return wording.decimals(value, digits)


def ratio(value: float | None) -> str:
    """An IRLbl: three significant digits."""
    if value is None or math.isnan(value):
        return "no positive rows"
    return wording.ratio(value)


def _template() -> go.layout.Template:
    # Transparent paper and mid-grey lines, so that one figure serves light and dark;
    # Streamlit's own theme then sets the text colour of the mode in use.
    grid = "rgba(128,128,128,0.25)"
    axis = {
        "gridcolor": grid,
        "zerolinecolor": "rgba(128,128,128,0.5)",
        "automargin": True,
        "title": {"standoff": 8},
    }
    return go.layout.Template(
        layout={
            "font": {"family": "sans-serif", "size": 13},
            "title": {"x": 0, "xanchor": "left", "font": {"size": 16}},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [REAL, SYNTHETIC, BETTER, *OTHERS[1:]],
            "colorscale": {"sequential": SEQUENTIAL},
            "xaxis": axis,
            "yaxis": axis,
            "margin": {"l": 60, "r": 20, "t": 60, "b": 50},
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
            "hoverlabel": {"align": "left"},
        }
    )


pio.templates["aemlo"] = _template()
pio.templates.default = "aemlo"
