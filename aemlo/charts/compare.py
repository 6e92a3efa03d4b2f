"""Charts of one comparison: folds, differences, labels, what the folds hold.

Frames of `aemlo.compare` in, Plotly figures out. One dot is one fold; colours are the
samplers' own; teal and red-brown say better and worse, arrows say it again.
"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from aemlo.charts import theme
from aemlo.wording import count, decimals, signed

ROW_PIXELS = 26
UP, DOWN = "▲", "▼"
NAMES = {"not shown": "no clear difference"}


def folds(scores: pd.DataFrame, table: pd.DataFrame, metric: str) -> go.Figure:
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
        rows = part[part["sampler"] == sampler]
        label = theme.short(sampler, 24)
        figure.add_scatter(
            x=rows["value"],
            y=[_cut(rows["classifier"]), [label] * len(rows)],
            mode="markers",
            name=label,
            marker={
                "color": colour,
                "size": 9,
                "opacity": 0.75,
                "symbol": theme.sampler_symbol(sampler),
            },
            customdata=np.stack([rows["repeat"] + 1, rows["fold"] + 1], axis=-1),
            hovertemplate="%{y}: %{x:.3f}<br>repeat %{customdata[0]}, fold "
            "%{customdata[1]}<extra></extra>",
            showlegend=False,
        )
        mean_rows = means[means["sampler"] == sampler]
        figure.add_scatter(
            x=mean_rows["mean"],
            y=[_cut(mean_rows["classifier"]), [label] * len(mean_rows)],
            mode="markers",
            marker={
                "symbol": "line-ns-open",
                "size": 20,
                "color": colour,
                "line": {"width": 3},
            },
            error_x={"array": mean_rows["sd"], "color": colour, "thickness": 1.2},
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


def _cut(names: pd.Series) -> list[str]:
    """Names short enough for the two columns of the axis."""
    return [theme.short(name, 24) for name in names]


def _direction(means: pd.DataFrame) -> str:
    return means["better"].iloc[0] if len(means) else "higher"


def _folds_title(means: pd.DataFrame, metric: str, better: str) -> str:
    known = means.dropna(subset=["mean"])
    if known.empty:
        return f"{theme.safe(metric)}: no scores"
    best = known.loc[
        known["mean"].idxmax() if better == "higher" else known["mean"].idxmin()
    ]
    return (
        f"{theme.safe(metric)}: best mean {decimals(best['mean'])}, "
        f"{theme.short(best['sampler'], 24)} with {theme.short(best['classifier'], 24)}"
    )


def differences(table: pd.DataFrame, metric: str, baseline: str) -> go.Figure:
    """Paired differences to the baseline with their intervals, one row an arm."""
    part = table[(table["metric"] == metric) & (table["verdict"] != "baseline")]
    part = part.dropna(subset=["difference"])
    figure = go.Figure()
    colours = {
        "better": theme.BETTER,
        "worse": theme.WORSE,
        "not shown": theme.NEUTRAL,
        "identical": theme.NEUTRAL,
        "no verdict": theme.NEUTRAL,
    }
    for verdict, colour in colours.items():
        some = part[part["verdict"] == verdict]
        if some.empty:
            continue
        figure.add_scatter(
            x=some["difference"],
            y=[_cut(some["classifier"]), _cut(some["sampler"])],
            mode="markers",
            name=NAMES.get(verdict, verdict),
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
        title=f"{theme.safe(metric)}: {shown} of {len(part)} arms differ clearly from "
        f"{theme.short(baseline, 24)}",
        xaxis_title=f"Difference in {theme.safe(metric)} to "
        f"{theme.short(baseline, 24)} ({better} is better)",
        yaxis={"autorange": "reversed", "title": ""},
        height=150 + ROW_PIXELS * max(4, len(part)),
    )
    return figure


def _arrow(difference: float, verdict: str) -> str:
    if verdict == "no verdict":
        return "x-thin-open"
    if verdict not in ("better", "worse") or difference == 0:
        return "circle-open"
    return "triangle-up" if difference > 0 else "triangle-down"


def labels(
    table: pd.DataFrame, metric: str, sampler: str, baseline: str, most: int | None = 40
) -> go.Figure:
    """Change of each label, rarest first, with its interval and its positive rows.

    `table` is a `compare.per_label`; beyond `most` labels (None: no limit) the largest
    changes are kept in the same order, of equal ones those of the rarer labels.
    """
    known = table.dropna(subset=["change"])
    largest = _largest_changes(known, most)
    figure = go.Figure(_bars_of_changes(largest))
    reach = np.nanmax(
        np.abs(largest[["low", "high", "change"]].to_numpy()), initial=0.01
    )
    reach = 1.05 * min(float(reach), 1.0)  # no metric of a label moves by more than 1
    better, worse = (known["change"] > 1e-12).sum(), (known["change"] < -1e-12).sum()
    clear = ""
    if "p_holm" in table.columns:
        up, down = ((known["verdict"] == word).sum() for word in ("better", "worse"))
        clear = f" (clearly: {up} and {down})"
    note = f", the {most} largest shown" if len(largest) < len(known) else ""
    figure.add_vline(x=0, line={"color": theme.THRESHOLD})
    figure.update_layout(
        title=f"{theme.short(sampler, 24)}: {theme.safe(metric)} up for {better} and "
        f"down for {worse} of {len(known)} labels{clear}{note}",
        xaxis={
            "title": f"Change of {theme.safe(metric)} against "
            f"{theme.short(baseline, 24)} (interval label by label)",
            "range": [-reach, reach],
        },
        yaxis={
            "autorange": "reversed",
            "title": "Label · IRLbl · rows that have it (hatched: rarest third)",
        },
        height=170 + 22 * max(5, len(largest)),
    )
    return figure


def _largest_changes(known: pd.DataFrame, most: int | None) -> pd.DataFrame:
    """The `most` lines that change most, in the order of `known`; None for all."""
    if not most or len(known) <= most:
        return known
    order = np.argsort(-known["change"].abs().to_numpy(), kind="stable")
    return known.iloc[np.sort(order[:most], kind="stable")]


def _bars_of_changes(largest: pd.DataFrame) -> go.Bar:
    """A bar a label, coloured by its direction, hatched in the rarest third."""
    names = [
        f"{theme.short(label, 28)} · {theme.ratio(irlbl)} · {count(positives)}"
        for label, irlbl, positives in zip(
            largest["label"], largest["irlbl"], largest["positives"], strict=True
        )
    ]
    arrows = [
        f"{UP if c > 0 else DOWN if c < 0 else '='} {signed(c)}"
        for c in largest["change"]
    ]
    return go.Bar(
        x=largest["change"],
        y=names,
        orientation="h",
        marker={
            "color": np.where(largest["change"] >= 0, theme.BETTER, theme.WORSE),
            "pattern": {
                "shape": [
                    theme.HATCH if part == "tail" else "" for part in largest["part"]
                ]
            },
        },
        error_x={
            "array": largest["high"] - largest["change"],
            "arrayminus": largest["change"] - largest["low"],
            "color": theme.THRESHOLD,
            "thickness": 1,
        },
        text=arrows,
        textposition="none",
        customdata=pd.DataFrame(
            {
                "label": [theme.safe(n) for n in largest["label"]],
                "positives": largest["positives"],
                "before": largest["before"],
                "after": largest["after"],
                "pairs": largest["pairs"],
                "text": arrows,
            }
        ),
        hovertemplate="%{customdata[0]}: %{customdata[5]}<br>"
        "%{customdata[2]:.3f} before, %{customdata[3]:.3f} after<br>"
        "%{customdata[1]:,} positive rows, %{customdata[4]} folds<extra></extra>",
    )


def folds_and_labels(table: pd.DataFrame, most: int = 60) -> go.Figure:
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
    lacking = int((values == 0).any(axis=1).sum())
    figure.update_layout(
        title=f"{lacking} of {table['label'].nunique()} labels have a fold without a "
        "positive test row"
        if lacking
        else "Every label has a positive row in every test part",
        xaxis_title="Test part",
        yaxis={"autorange": "reversed", "title": "Label, rarest first"},
        height=150 + 22 * max(4, len(counts)),
    )
    return figure
