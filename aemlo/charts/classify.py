"""Charts of one classifier in depth: remedies, curves, thresholds, calibration."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aemlo.charts import theme
from aemlo.wording import counted

ARM_COLOURS = {
    "as it is": theme.BEFORE,
    "class weights": "#0072B2",
    "thresholds": "#CC79A7",
    "weights and thresholds": "#6A4C93",
}
LABEL_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")
ROW = 22  # pixels of a line of a long list
MOST = 40


def arm_colour(name: str) -> str:
    """The colour an arm has in every chart; samplers keep theirs."""
    return ARM_COLOURS.get(name) or theme.sampler_colour(name)


def by_label(frame: pd.DataFrame, measure: str = "F1", most: int = MOST) -> go.Figure:
    """The measure of each label with each arm, the rarest label on top.

    Columns `label`, `IRLbl`, `minority`, `arm`, `value` (NaN where there is none). The
    first arm is the one that the others are compared with.
    """
    arms = list(dict.fromkeys(frame["arm"]))
    labels = (
        frame.drop_duplicates("label")
        .sort_values("IRLbl", ascending=False, na_position="first", kind="stable")
        .head(most)
    )
    names = labels["label"].tolist()[::-1]
    wide = frame.pivot(index="label", columns="arm", values="value").loc[names]
    ticks = [
        f"{'◆ ' if minority else ''}{theme.short(name, 28)}"
        for name, minority in zip(names, labels["minority"].tolist()[::-1], strict=True)
    ]
    y = list(range(len(names)))
    fig = go.Figure()
    spans = []
    for place, low, high in zip(y, wide.min(axis=1), wide.max(axis=1), strict=True):
        spans += [(low, place), (high, place), (None, None)]
    fig.add_scatter(
        x=[s[0] for s in spans],
        y=[s[1] for s in spans],
        mode="lines",
        line={"color": "rgba(128,128,128,0.45)", "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )
    for order, arm in enumerate(arms):
        fig.add_scatter(
            x=wide[arm],
            y=y,
            mode="markers",
            name=theme.short(arm),
            marker={
                "color": arm_colour(arm),
                "size": 10,
                "symbol": "circle-open" if order == 0 else theme.SYMBOLS[order - 1],
                "line": {"width": 2 if order == 0 else 0},
            },
            customdata=[theme.short(name, 80) for name in names],
            hovertemplate=f"%{{customdata}}<br>{theme.safe(arm)}: {measure} %{{x:.3f}}"
            "<extra></extra>",
        )
    fig.update_yaxes(tickvals=y, ticktext=ticks, range=[-0.8, len(y) - 0.2])
    fig.update_xaxes(title=f"{measure} on the test rows", range=[-0.03, 1.03])
    fig.update_layout(
        title=_verdict(frame, arms, measure),
        height=150 + ROW * max(len(names), 6),
        margin={"t": 80},
    )
    return fig


def _verdict(frame: pd.DataFrame, arms: list[str], measure: str) -> str:
    wide = frame.pivot(index="label", columns="arm", values="value").fillna(0.0)
    if len(arms) == 1:
        return f"{measure} of {len(wide)} labels, the rarest on top"
    up = {arm: int((wide[arm] > wide[arms[0]] + 1e-9).sum()) for arm in arms[1:]}
    most = max(up, key=up.__getitem__)
    return (
        f"{measure} is higher with {theme.short(most, 30)} than "
        f"{theme.short(arms[0], 30)} for {up[most]} of {len(wide)} labels"
    )


def curves(frame: pd.DataFrame, base_rates: Mapping[Any, float]) -> go.Figure:
    """Precision-recall and ROC curves, one line a label.

    `frame`: `label`, `threshold`, `precision`, `recall`, `false positive rate`;
    `base_rates`: share of positives by label, the precision of guessing.
    """
    fig = make_subplots(1, 2, subplot_titles=("Precision and recall", "ROC"))
    for order, (label, part) in enumerate(frame.groupby("label", sort=False)):
        colour = LABEL_COLOURS[order % len(LABEL_COLOURS)]
        _curves_of_a_label(fig, label, part, base_rates[label], colour)
    fig.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": theme.THRESHOLD, "dash": "dash"},
        showlegend=False,
        hoverinfo="skip",
        row=1,
        col=2,
    )
    for col, (x, y) in enumerate(
        (("recall", "precision"), ("false positive rate", "recall")), 1
    ):
        fig.update_xaxes(title=x, range=[-0.02, 1.02], row=1, col=col)
        fig.update_yaxes(title=y, range=[-0.02, 1.05], row=1, col=col)
    fig.update_layout(
        height=430,
        title="A dotted line is the precision of guessing",
        margin={"t": 110},
        title_y=0.97,
        legend={"y": 1.09},
    )
    return fig


def _curves_of_a_label(
    fig: go.Figure, label: Any, part: pd.DataFrame, base_rate: float, colour: str
) -> None:
    """Both curves of one label, and the precision of guessing as a dotted line."""
    common = {
        "mode": "lines",
        "name": theme.short(label, 30),
        "legendgroup": label,
        "line": {"color": colour, "shape": "hv"},
        "customdata": part["threshold"],
    }
    fig.add_scatter(
        x=part["recall"],
        y=part["precision"],
        hovertemplate="recall %{x:.3f}, precision %{y:.3f}, score from "
        "%{customdata:.3f}<extra></extra>",
        row=1,
        col=1,
        **common,
    )
    fig.add_hline(base_rate, line={"color": colour, "dash": "dot"}, row=1, col=1)
    fig.add_scatter(
        x=[0, *part["false positive rate"]],
        y=[0, *part["recall"]],
        hovertemplate="false positives %{x:.3f}, recall %{y:.3f}<extra></extra>",
        showlegend=False,
        row=1,
        col=2,
        **common,
    )


def threshold_curves(
    frame: pd.DataFrame, chosen: float, tuned: float | None, label: str
) -> go.Figure:
    """Precision, recall and F1 of one label (or all) by threshold."""
    fig = go.Figure()
    for measure, colour in (
        ("precision", "#0072B2"),
        ("recall", "#E69F00"),
        ("F1", "#009E73"),
    ):
        fig.add_scatter(
            x=frame["threshold"],
            y=frame[measure],
            mode="lines",
            line={"color": colour, "shape": "vh"},
            name=measure,
            hovertemplate=f"score from %{{x:.3f}}: {measure} %{{y:.3f}}<extra></extra>",
        )
    fig.add_vline(
        chosen,
        line={"color": theme.SYNTHETIC, "width": 3},
        annotation_text="yours",
        annotation_position="top right",
    )
    if tuned is not None and abs(tuned - chosen) > 1e-9:
        fig.add_vline(
            min(tuned, 1.0),
            line={"color": theme.THRESHOLD, "dash": "dash"},
            annotation_text="trained",
            annotation_position="top left",
        )
    best = frame.loc[frame["F1"].idxmax()]
    fig.update_xaxes(
        title="threshold: the label is predicted from this score", range=[0, 1]
    )
    fig.update_yaxes(title="on the test rows", range=[0, 1.05])
    fig.update_layout(
        title=f"{theme.short(label)}: best F1 {theme.number(best['F1'])} at "
        f"{theme.number(best['threshold'])}",
        height=380,
        title_y=0.97,
        margin_t=85,
    )
    return fig


def right_and_wrong(frame: pd.DataFrame, most: int = MOST) -> go.Figure:
    """True positives, false negatives and false positives of each label, rarest on top.

    Columns `label`, `IRLbl`, `true positives`, `false positives`, `false negatives`.
    """
    shown = frame.sort_values(
        "IRLbl", ascending=False, na_position="first", kind="stable"
    )
    shown = shown.head(most).iloc[::-1]
    y = list(range(len(shown)))
    fig = go.Figure()
    for column, colour in (
        ("true positives", theme.BETTER),
        ("false negatives", theme.NEUTRAL),
        ("false positives", theme.WORSE),
    ):
        fig.add_bar(
            x=shown[column],
            y=y,
            orientation="h",
            name=column,
            marker={
                "color": colour,
                "pattern": {
                    "shape": theme.HATCH if column == "false negatives" else ""
                },
            },
            customdata=[theme.short(n, 80) for n in shown["label"]],
            hovertemplate=f"%{{customdata}}: %{{x:,}} {column}<extra></extra>",
        )
    without = int((shown["true positives"] == 0).sum())
    fig.update_yaxes(tickvals=y, ticktext=[theme.short(n, 30) for n in shown["label"]])
    fig.update_xaxes(title="test rows")
    fig.update_layout(
        barmode="stack",
        legend_traceorder="normal",
        title_y=0.97,
        margin_t=85,
        title=f"{without} of {counted(len(shown), 'label')} have no true positive"
        if without
        else f"All {counted(len(shown), 'label')} have a true positive",
        height=130 + ROW * max(len(shown), 6),
    )
    return fig


def calibration(frame: pd.DataFrame, name: str) -> go.Figure:
    """Observed share against score, one mark a bin; `frame`: score, share, rows."""
    fig = go.Figure()
    fig.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": theme.THRESHOLD, "dash": "dash"},
        hoverinfo="skip",
        showlegend=False,
    )
    fig.add_scatter(
        x=frame["score"],
        y=frame["share"],
        mode="lines+markers",
        line={"color": theme.REAL},
        marker={"size": 6 + 14 * (frame["rows"] / frame["rows"].max()) ** 0.5},
        customdata=frame["rows"],
        hovertemplate="score %{x:.3f}: %{y:.3f} have the label, of %{customdata:,}"
        "<extra></extra>",
        showlegend=False,
    )
    gap = (frame["rows"] * (frame["share"] - frame["score"]).abs()).sum()
    gap /= frame["rows"].sum()
    lean = (frame["rows"] * (frame["score"] - frame["share"])).sum()
    word = "too high" if lean > 0 else "too low"
    fig.update_xaxes(title="score, mean of a bin", range=[-0.02, 1.02])
    fig.update_yaxes(title="share that has the label", range=[-0.02, 1.02])
    fig.update_layout(
        title=f"{theme.short(name)}: scores differ from the shares by "
        f"{theme.number(gap)} on average, mostly {word}",
        height=420,
    )
    return fig


def contributions(frame: pd.DataFrame, label: str) -> go.Figure:
    """Features that raise and lower a label's score in one row.

    Columns `feature`, `value`, `contribution`.
    """
    shown = frame.iloc[::-1]
    y = list(range(len(shown)))
    fig = go.Figure(
        go.Bar(
            x=shown["contribution"],
            y=y,
            orientation="h",
            marker={
                "color": [
                    theme.BETTER if v > 0 else theme.WORSE
                    for v in shown["contribution"]
                ]
            },
            customdata=[
                (theme.short(f, 80), v)
                for f, v in zip(shown["feature"], shown["value"], strict=True)
            ],
            hovertemplate="%{customdata[0]}: value %{customdata[1]:.3f}, adds %{x:.3f}"
            "<extra></extra>",
        )
    )
    fig.update_yaxes(
        tickvals=y, ticktext=[theme.short(f, 34) for f in shown["feature"]]
    )
    fig.update_xaxes(title="coefficient × value (log-odds)")
    fig.update_layout(
        title="Features that raise (right) and lower (left) the score of "
        f"{theme.short(label, 30)}",
        height=120 + ROW * max(len(shown), 5),
    )
    return fig
