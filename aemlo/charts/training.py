"""Pictures of training: live curves (Altair, which moves in place) and the network."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as go

from aemlo.charts import theme

TERMS = {
    "total": "Total loss",
    "latent": "Latent alignment",
    "ranking": "Label ranking",
    "reconstruction": "Reconstruction",
    "calibration": "Label calibration",
}
MOST_POINTS = 400
MOST_FEATURES = 30


def curve_rows(
    events: pd.DataFrame,
    terms: Iterable[str],
    *,
    smoothing: float = 0.0,
    weights: Mapping[str, float] | None = None,
    run: str = "this run",
) -> pd.DataFrame:
    """Long frame `epoch part term value run` of the curves in `events`.

    `events` has `step` and a column per term (and `held_out_<term>`); `weights` maps a
    term to what it is multiplied by; `smoothing` in [0, 1) is the weight of the past.
    Long runs are thinned to MOST_POINTS, the last epoch kept.
    """
    parts = []
    for term in terms:
        for prefix, part in (("", "training rows"), ("held_out_", "held-out rows")):
            if prefix + term not in events:
                continue
            values = events[["step", prefix + term]].dropna()
            series = values[prefix + term] * (weights or {}).get(term, 1.0)
            if smoothing:
                series = series.ewm(alpha=1 - smoothing).mean()
            parts.append(
                pd.DataFrame(
                    {
                        "epoch": values["step"],
                        "part": part,
                        "term": term,
                        "value": series,
                        "run": run,
                    }
                ).iloc[_thinned(len(values))]
            )
    if not parts:
        columns = {"epoch": float, "part": str, "term": str, "value": float, "run": str}
        return pd.DataFrame({n: pd.Series(dtype=t) for n, t in columns.items()})
    return pd.concat(parts, ignore_index=True)


def _thinned(n: int) -> np.ndarray:
    if n <= MOST_POINTS:
        return np.arange(n)
    return np.unique(np.linspace(0, n - 1, MOST_POINTS).round().astype(int))


def live_curve(
    rows: pd.DataFrame,
    term: str,
    *,
    epochs: int,
    log: bool = False,
    best: float | None = None,
    dots: bool = True,
) -> alt.LayerChart | alt.FacetChart:
    """One term against epochs; its place and axes hold still as points arrive.

    `rows` as `curve_rows` gives; `epochs` fixes the end of the axis; `best` marks the
    epoch whose weights are kept.
    """
    chosen = rows[rows["term"] == term]
    several = chosen["run"].nunique() > 1
    held = (chosen["part"] == "held-out rows").any()
    scale = alt.Scale(type="log") if log else alt.Scale(zero=False)
    encoding: dict[str, Any] = {
        "x": alt.X(
            "epoch:Q",
            title="Epoch",
            scale=alt.Scale(domain=[1, max(epochs, 2)]),
            axis=alt.Axis(tickMinStep=1, format="d"),
        ),
        "y": alt.Y("value:Q", title="Loss per row", scale=scale),
        "tooltip": [
            alt.Tooltip("run:N", title="Run"),
            alt.Tooltip("part:N", title="On"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip("value:Q", title="Loss", format=".4g"),
        ],
    }
    if held:
        encoding["strokeDash"] = alt.StrokeDash("part:N", title=None)
    colour = alt.value(theme.REAL if term != "total" else theme.SYNTHETIC)
    encoding["color"] = alt.Color("run:N", title=None) if several else colour
    line = alt.Chart(chosen).encode(**encoding)
    point = {"size": 18, "filled": True} if dots else False
    layers = [line.mark_line(point=point, interpolate="linear")]
    if best:
        at = pd.DataFrame({"epoch": [float(best)]})
        rule: Any = alt.Chart(at).mark_rule(strokeDash=[4, 3], color=theme.THRESHOLD)
        layers.append(rule.encode(x="epoch:Q"))
    title = {
        "text": TERMS.get(term, term),
        "subtitle": f"best epoch so far: {best:.0f}" if best else " ",
        "subtitleColor": theme.NEUTRAL,
    }
    # Drawn as SVG: it stays sharp, and its points can be counted.
    return alt.layer(*layers).properties(
        title=title, height=210, usermeta={"embedOptions": {"renderer": "svg"}}
    )


def feature_errors(frame: pd.DataFrame) -> alt.Chart:
    """The MOST_FEATURES worst rebuilt features of `frame` (`feature error epoch`)."""
    worst = frame.sort_values("error", ascending=False, kind="stable")
    worst = worst.head(MOST_FEATURES)
    worst = worst.assign(place=[f"{i:,}" for i in range(1, len(worst) + 1)])
    worst["shown"] = [theme.short(name, 34) for name in worst["feature"]]
    # Bars stand by place, so that two names cut to the same text stay two bars.
    names = json.dumps(dict(zip(worst["place"], worst["shown"], strict=True)))
    bars: Any = alt.Chart(worst).mark_bar(color=theme.REAL)
    first = worst.iloc[0]
    title = {
        "text": f"Rebuilt worst: {theme.short(first['feature'], 34)}",
        "subtitle": f"{len(worst)} of {len(frame):,} features, "
        f"after epoch {first['epoch']:.0f}",
        "subtitleColor": theme.NEUTRAL,
    }
    return bars.encode(
        x=alt.X("error:Q", title="Mean distance to the real value, share of range"),
        y=alt.Y(
            "place:N",
            sort=None,
            title=None,
            axis=alt.Axis(
                labelExpr=f"({names})[datum.label]",
                labelLimit=220,
                labelOverlap=False,
                labelFlush=False,
                labelBound=False,
            ),
        ),
        tooltip=[
            alt.Tooltip("feature:N", title="Feature"),
            alt.Tooltip("error:Q", title="Distance", format=".4f"),
        ],
    ).properties(title=title, height=18 * len(worst) + 20)


ARROWS = (
    ("features", "encode features"),
    ("labels", "encode labels"),
    ("encode features", "latent"),
    ("encode labels", "latent"),
    ("latent", "decode features"),
    ("latent", "decode labels"),
    ("decode features", "new features"),
    ("decode labels", "new labels"),
)
"""The maps of the network, from box to box."""


def network(
    features: int,
    labels: int,
    latent: int,
    width: int,
    label_width: int,
    decoder_layers: int = 1,
) -> go.Figure:
    """The network with its actual sizes: four maps around one latent space."""
    nodes = _nodes(features, labels, latent, width, label_width, decoder_layers)
    # From top to bottom, so that the words fit their boxes on a narrow page too.
    fig = go.Figure()
    for start, end in ARROWS:
        (y0, x0, *_), (y1, x1, *_) = nodes[start], nodes[end]
        fig.add_annotation(
            x=x1,
            y=y1 - 0.3,
            ax=x0,
            ay=y0 + 0.3,
            xref="x",
            yref="y",
            axref="x",
            ayref="y",
            arrowhead=2,
            arrowwidth=1.5,
            arrowcolor=theme.NEUTRAL,
        )
    for y, x, text, colour in nodes.values():
        fig.add_shape(
            type="rect",
            x0=x - 0.38,
            x1=x + 0.38,
            y0=y - 0.3,
            y1=y + 0.3,
            line={"color": colour, "width": 2},
        )
        fig.add_annotation(x=x, y=y, text=text, showarrow=False, font_size=12)
    hidden = {"visible": False, "fixedrange": True}
    return fig.update_layout(
        title=f"{features:,} features and {labels:,} labels<br>"
        f"meet in {latent:,} numbers",
        height=440,
        xaxis=hidden | {"range": [1.4, -0.4]},
        yaxis=hidden | {"range": [4.4, -0.4]},
        margin={"l": 10, "r": 10, "t": 70, "b": 10},
    )


def _nodes(
    features: int,
    labels: int,
    latent: int,
    width: int,
    label_width: int,
    decoder_layers: int,
) -> dict[str, tuple[float, float, str, str]]:
    """The boxes of the network: row from the top, column, text, colour."""
    return {
        "features": (0, 1, f"features<br>{features:,}", theme.REAL),
        "labels": (0, 0, f"labels<br>{labels:,}", theme.MINORITY),
        "encode features": (1, 1, f"encoder<br>{width:,} → {width:,}", theme.MAJORITY),
        "encode labels": (1, 0, f"encoder<br>{width:,}, gated", theme.MAJORITY),
        "latent": (2, 0.5, f"latent<br>{latent:,}", theme.SYNTHETIC),
        "decode features": (
            3,
            1,
            "decoder<br>" + " → ".join([f"{width:,}"] * decoder_layers),
            theme.MAJORITY,
        ),
        "decode labels": (
            3,
            0,
            "decoder<br>" + " → ".join([f"{label_width:,}"] * decoder_layers),
            theme.MAJORITY,
        ),
        "new features": (4, 1, f"new rows<br>{features:,}", theme.REAL),
        "new labels": (4, 0, f"scores<br>{labels:,}", theme.MINORITY),
    }
