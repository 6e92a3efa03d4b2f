"""Charts of one comparison: folds, differences, labels, what the folds hold.

Frames of `aemlo.compare` in, Plotly figures out. One dot is one fold; colours are the
samplers' own; teal and red-brown say better and worse, arrows say it again.
"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from aemlo.charts import theme

ROW_PIXELS = 26
UP, DOWN = "▲", "▼"


def folds(scores, table, metric):
    """Every fold as a dot, one row a sampler, grouped by classifier; the mean a bar.

    `scores` are tidy rows of one data set, `table` its `compare.before_after`.
    """
    part = scores[(scores["metric"] == metric) & (scores["label"].fillna("") == "")]
    means = table[table["metric"] == metric]
    classifiers = list(dict.fromkeys(part["classifier"]))
    samplers = list(dict.fromkeys(part["sampler"]))
    figure = go.Figure()
    for sampler in samplers:
        colour = theme.sampler_colour(sampler)
        mine = part[part["sampler"] == sampler]
        named = [theme.short(name, 24) for name in mine["classifier"]]
        label = theme.short(sampler, 24)
        figure.add_scatter(
            x=mine["value"],
            y=[named, [label] * len(mine)],
            mode="markers",
            name=label,
            marker={
                "color": colour,
                "size": 9,
                "opacity": 0.75,
                "symbol": theme.sampler_symbol(sampler),
            },
            customdata=np.stack([mine["repeat"] + 1, mine["fold"] + 1], axis=-1),
            hovertemplate="%{y}: %{x:.3f}<br>repeat %{customdata[0]}, fold "
            "%{customdata[1]}<extra></extra>",
            showlegend=False,
        )
        own = means[means["sampler"] == sampler]
        figure.add_scatter(
            x=own["mean"],
            y=[[theme.short(n, 24) for n in own["classifier"]], [label] * len(own)],
            mode="markers",
            marker={
                "symbol": "line-ns-open",
                "size": 20,
                "color": colour,
                "line": {"width": 3},
            },
            error_x={"array": own["sd"], "color": colour, "thickness": 1.2},
            hovertemplate="%{y}: mean %{x:.3f}<extra></extra>",
            showlegend=False,
        )
    better = _direction(means)
    figure.update_layout(
        title=_folds_title(means, metric, better),
        xaxis_title=f"{theme.safe(metric)} ({better} is better)",
        yaxis={"autorange": "reversed", "title": ""},
        height=150 + ROW_PIXELS * max(4, len(classifiers) * (len(samplers) + 0.6)),
    )
    return figure


def _direction(means):
    return means["better"].iloc[0] if len(means) else "higher"


def _folds_title(means, metric, better):
    known = means.dropna(subset=["mean"])
    if known.empty:
        return f"{theme.safe(metric)}: no scores"
    best = known.loc[
        known["mean"].idxmax() if better == "higher" else known["mean"].idxmin()
    ]
    return (
        f"{theme.safe(metric)}: best mean {best['mean']:.3f}, "
        f"{theme.short(best['sampler'], 24)} with {theme.short(best['classifier'], 24)}"
    )


def differences(table, metric, baseline):
    """Paired differences to the baseline with their intervals, one row an arm."""
    part = table[(table["metric"] == metric) & (table["verdict"] != "baseline")]
    part = part.dropna(subset=["difference"])
    figure = go.Figure()
    looks = {
        "better": (theme.BETTER, "better"),
        "worse": (theme.WORSE, "worse"),
        "not shown": (theme.NEUTRAL, "not shown"),
    }
    for verdict, (colour, word) in looks.items():
        some = part[part["verdict"] == verdict]
        if some.empty:
            continue
        figure.add_scatter(
            x=some["difference"],
            y=[
                [theme.short(n, 24) for n in some["classifier"]],
                [theme.short(n, 24) for n in some["sampler"]],
            ],
            mode="markers",
            name=word,
            marker={
                "color": colour,
                "size": 11,
                "symbol": [_arrow(d, verdict) for d in some["difference"]],
            },
            error_x={
                "array": some["high"] - some["difference"],
                "arrayminus": some["difference"] - some["low"],
                "color": colour,
                "thickness": 2,
            },
            customdata=np.stack([some["low"], some["high"], some["pairs"]], axis=-1),
            hovertemplate="%{y}: %{x:+.3f}<br>interval %{customdata[0]:+.3f} to "
            "%{customdata[1]:+.3f}, %{customdata[2]:.0f} pairs<extra></extra>",
        )
    better = _direction(part)
    figure.add_vline(x=0, line={"color": theme.THRESHOLD, "dash": "dash"})
    shown = int(part["verdict"].isin(["better", "worse"]).sum())
    figure.update_layout(
        title=f"{theme.safe(metric)}: a difference to {theme.short(baseline, 24)} is "
        f"shown for {shown} of {len(part)} arms",
        xaxis_title=f"Difference in {theme.safe(metric)} to "
        f"{theme.short(baseline, 24)} ({better} is better)",
        yaxis={"autorange": "reversed", "title": ""},
        height=150 + ROW_PIXELS * max(4, len(part)),
    )
    return figure


def _arrow(difference, verdict):
    if verdict == "not shown" or difference == 0:
        return "circle-open"
    return "triangle-up" if difference > 0 else "triangle-down"


def labels(table, metric, sampler, baseline, most=40):
    """Change of each label, rarest first, with its interval and its positive rows.

    `table` is a `compare.per_label`; beyond `most` labels the largest changes are kept
    in the same order.
    """
    known = table.dropna(subset=["change"])
    kept = known
    if most and len(known) > most:
        largest = known["change"].abs().nlargest(most).index
        kept = known.loc[sorted(largest)]
    colours = np.where(kept["change"] >= 0, theme.BETTER, theme.WORSE)
    names = [
        f"{theme.short(row.label, 28)} · {theme.ratio(row.irlbl)} · {row.positives:,}"
        for row in kept.itertuples()
    ]
    arrows = [
        f"{UP if c > 0 else DOWN if c < 0 else '='} {c:+.3f}" for c in kept["change"]
    ]
    figure = go.Figure(
        go.Bar(
            x=kept["change"],
            y=names,
            orientation="h",
            marker={
                "color": colours,
                "pattern": {
                    "shape": [theme.HATCH if p == "tail" else "" for p in kept["part"]]
                },
            },
            error_x={
                "array": kept["high"] - kept["change"],
                "arrayminus": kept["change"] - kept["low"],
                "color": theme.THRESHOLD,
                "thickness": 1,
            },
            text=arrows,
            textposition="none",
            customdata=pd.DataFrame(
                {
                    "label": [theme.safe(n) for n in kept["label"]],
                    "positives": kept["positives"],
                    "before": kept["before"],
                    "after": kept["after"],
                    "pairs": kept["pairs"],
                    "text": arrows,
                }
            ),
            hovertemplate="%{customdata[0]}: %{customdata[5]}<br>"
            "%{customdata[2]:.3f} before, %{customdata[3]:.3f} after<br>"
            "%{customdata[1]:,} positive rows, %{customdata[4]} folds<extra></extra>",
        )
    )
    reach = np.nanmax(np.abs(kept[["low", "high", "change"]].to_numpy()), initial=0.01)
    reach = 1.05 * min(float(reach), 1.0)  # no metric of a label moves by more than 1
    better, worse = (known["change"] > 1e-12).sum(), (known["change"] < -1e-12).sum()
    note = f", the {most} largest shown" if len(kept) < len(known) else ""
    figure.add_vline(x=0, line={"color": theme.THRESHOLD})
    figure.update_layout(
        title=f"{theme.short(sampler, 24)}: {theme.safe(metric)} up for {better} and "
        f"down for {worse} of {len(known)} labels{note}",
        xaxis={
            "title": f"Change of {theme.safe(metric)} against "
            f"{theme.short(baseline, 24)} (mean of folds, interval label by label)",
            "range": [-reach, reach],
        },
        yaxis={
            "autorange": "reversed",
            "title": "Label · IRLbl · rows that have it (hatched: rarest third)",
        },
        height=170 + 22 * max(5, len(kept)),
    )
    return figure


def folds_and_labels(table, most=60):
    """Positive rows of each label in the test part of each fold; zeros stand out.

    `table` is `folds.table`'s frame; beyond `most` labels the rarest are kept.
    """
    counts = table.pivot_table(
        index="label",
        columns=["repeat", "fold"],
        values="test_positives",
        sort=False,
        aggfunc="sum",
    )
    order = counts.sum(axis=1).sort_values(kind="stable").index[:most]
    counts = counts.loc[order]
    columns = [
        f"fold {fold + 1}" if table["repeat"].max() == 0 else f"{repeat + 1}.{fold + 1}"
        for repeat, fold in counts.columns
    ]
    values = counts.to_numpy()
    figure = go.Figure(
        go.Heatmap(
            z=np.log10(values + 1),
            x=columns,
            y=[theme.short(name, 28) for name in counts.index],
            text=values,
            texttemplate="%{text:,}" if values.shape[1] <= 12 else None,
            colorscale=theme.SEQUENTIAL,
            showscale=False,
            hovertemplate="%{y}, %{x}: %{text:,} positive rows<extra></extra>",
        )
    )
    bare = int((values == 0).any(axis=1).sum())
    figure.update_layout(
        title=f"{bare} of {table['label'].nunique()} labels have a fold without a "
        "positive test row"
        if bare
        else "Every label has a positive row in every test part",
        xaxis_title="Test part",
        yaxis={"autorange": "reversed", "title": "Label, rarest first"},
        height=150 + 22 * max(4, len(counts)),
    )
    return figure
