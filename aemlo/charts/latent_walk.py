"""What changes along a walk through the latent space."""

import plotly.graph_objects as go

from aemlo.charts import theme


def walk_lines(frame, by, value, title, x_title, y_title, emphasised=None, at=None):
    """What changes along a walk: one line for each `by` of a frame `position`, `by`,
    `value`; `at` draws the place of the slider."""
    figure = go.Figure()
    for place, (name, part) in enumerate(frame.groupby(by, sort=False)):
        strong = emphasised is None or name == emphasised
        figure.add_trace(
            go.Scatter(
                x=part["position"],
                y=part[value],
                mode="lines",
                name=theme.short(name, 28),
                line={
                    "width": 3 if strong else 1.6,
                    "color": theme.MINORITY
                    if name == emphasised
                    else theme.OTHERS[place % len(theme.OTHERS)],
                    "dash": ("solid", "dash", "dot")[place // 4 % 3],
                },
            )
        )
    if at is not None:
        figure.add_vline(x=at, line={"color": theme.THRESHOLD, "dash": "dash"})
    figure.update_layout(
        title={"text": title},
        xaxis_title=x_title,
        yaxis_title=y_title,
        height=380,
        legend={"orientation": "v", "y": 1, "yanchor": "top", "x": 1.02},
    )
    return figure
