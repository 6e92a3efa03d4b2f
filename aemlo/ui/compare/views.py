"""The further views of the Compare page: labels, data sets, trade-offs, checks."""

import json

import numpy as np
import pandas as pd
import streamlit as st

from aemlo import compare
from aemlo.charts import compare as charts
from aemlo.charts import tradeoffs
from aemlo.ui import figures, layout


def label_view(found, workspace, dataset):
    """Per label: change sorted by IRLbl, thirds, and a label's rows won and lost."""
    columns = st.columns(3)
    metric = columns[0].selectbox(
        "Metric", found.label_metrics, key="compare.label.metric"
    )
    others = [name for name in found.samplers if name != found.baseline]
    if not others:
        st.info("Only the baseline was run: add a sampler to see changes per label.")
        return
    first = others.index("AEMLO") if "AEMLO" in others else len(others) - 1
    sampler = columns[1].selectbox(
        "Sampler", others, first, key="compare.label.sampler"
    )
    classifier = columns[2].selectbox(
        "Classifier", found.classifiers, key="compare.label.classifier"
    )
    scores = found.scores[found.scores["dataset"] == dataset]
    labels = found.labels[found.labels["dataset"] == dataset]
    table = compare.per_label(
        scores,
        labels,
        metric=metric,
        classifier=classifier,
        sampler=sampler,
        baseline=found.baseline,
    )
    if table["change"].notna().sum() == 0:
        st.info(f"No label has {metric} in both arms.")
        return
    most = None
    if len(table) > 40 and not st.toggle(f"All {len(table)} labels", key="compare.all"):
        most = 40
    event = figures.figure(
        charts.labels(table, metric, sampler, found.baseline, most),
        data=table,
        name=f"{dataset}-{metric}-per-label",
        alt=f"Change of {metric} per label, rarest first.",
        key="compare.labels_chart",
        on_select="rerun",
        selection_mode="points",
    )
    st.markdown("**Rare, middle and common labels**")
    thirds = compare.by_part(table)
    figures.table(
        thirds,
        name="thirds",
        key="compare.thirds",
        column_config={
            "change": st.column_config.NumberColumn(format="%+.3f"),
            "before": st.column_config.NumberColumn(format="%.3f"),
            "after": st.column_config.NumberColumn(format="%.3f"),
        },
    )
    with st.expander("Every label as a table"):
        figures.table(table, name=f"{dataset}-per-label", key="compare.label_table")
    names = list(table["label"])
    points = event.selection.points if event and event.selection else []
    picked = points[0]["customdata"][0] if points else None
    most_changed = int(table["change"].abs().fillna(-1.0).to_numpy().argmax())
    place = names.index(picked) if picked in names else most_changed
    label = st.selectbox(
        "Rows won and lost for the label (click a bar, or choose)",
        names,
        place,
        key=f"compare.won.{place}",
    )
    _rows_won_and_lost(found, workspace, dataset, sampler, classifier, label)


def _rows_won_and_lost(found, workspace, dataset, sampler, classifier, label):
    folder = workspace.store.folder(found.run.id)
    if not (folder / "predictions.json").exists():
        return
    number = found.datasets.index(dataset)
    key = (
        found.run.dataset
        if number == 0
        else found.run.spec.get("more_datasets", [])[number - 1]
    )
    data = workspace.store.dataset(key)
    column = list(data.label_names).index(label)
    predicted = _predictions(folder, number, classifier, column)
    repeats = sorted({repeat for name, repeat in predicted if name == sampler})
    frames = [
        compare.won_and_lost(
            data.Y[:, column], predicted[found.baseline, r], predicted[sampler, r]
        ).assign(repeat=r + 1)
        for r in repeats
        if (found.baseline, r) in predicted
    ]
    if not frames:
        return
    rows = pd.concat(frames, ignore_index=True)
    counts = rows["outcome"].value_counts()
    st.markdown(
        f"With {layout.plain(sampler)} instead of {layout.plain(found.baseline)}: "
        f"**{counts.get('found', 0):,}** rows of {layout.plain(label)} found that were "
        f"missed, **{counts.get('missed', 0):,}** missed that were found, "
        f"**{counts.get('false alarm', 0):,}** new false alarms, "
        f"**{counts.get('cleared', 0):,}** false alarms gone."
    )
    if len(rows):
        few = rows["row"].to_numpy()[:200]
        shown = rows.head(200).assign(
            labels=[", ".join(np.array(data.label_names)[data.Y[i] == 1]) for i in few]
        )
        figures.table(shown, name=f"{label}-rows-won-and-lost", key="compare.won_table")


def _predictions(folder, dataset, classifier, column):
    """Predictions of one label: (sampler, repeat) -> (n,) of 0, 1, -1 for untested."""
    index = json.loads((folder / "predictions.json").read_text(encoding="utf-8"))
    with np.load(folder / "predictions.npz", allow_pickle=False) as arrays:
        return {
            (sampler, repeat): arrays[str(i)][:, column]
            for i, (number, sampler, name, repeat) in enumerate(index)
            if number == dataset and name == classifier
        }


def ranks_view(found, metric):
    """Several data sets: mean ranks, Friedman, Nemenyi; wins, ties and losses."""
    which = st.selectbox(
        "Classifier", ["mean of all", *found.classifiers], key="compare.rank.classifier"
    )
    table = compare.means(
        found.scores, metric, None if which == "mean of all" else which
    )
    if len(table) < 2 or table.shape[1] < 2:
        st.info(
            "Ranks need at least two data sets and two samplers with scores: choose "
            "more data sets under More settings. Folds of one data set are not "
            "independent, so they are not ranked."
        )
        return
    better = compare.directions(found.scores)[metric]
    ranking = compare.rank(table, better)
    figures.figure(
        tradeoffs.critical_difference(ranking, metric),
        data=ranking.ranks.rename("mean rank").rename_axis("sampler").reset_index(),
        name=f"ranks-{metric}",
        alt="Mean ranks of the samplers with Nemenyi's critical difference.",
        key="compare.cd",
    )
    st.markdown(
        f"Friedman: chi-squared {ranking.statistic:.3f}, p = {ranking.p:.3f}, "
        f"{ranking.datasets} data sets. "
        + (
            "That the samplers differ at all is not shown."
            if ranking.p > 0.05
            else f"Mean ranks more than {ranking.critical:.2f} apart differ (Nemenyi)."
        )
    )
    figures.table(table.reset_index(), name=f"means-{metric}", key="compare.means")
    figures.table(ranking.table, name=f"wins-{metric}", key="compare.wins")


def trade_view(found, dataset):
    """Metric against metric or against seconds; a sweep where there is one."""
    table = compare.arms(found.scores)
    table = table[table["dataset"] == dataset]
    names = [n for n in (*found.metrics, "seconds") if n in table.columns]
    columns = st.columns(2)
    x = columns[0].selectbox("Across", names, len(names) - 1, key="compare.trade.x")
    y = columns[1].selectbox("Up", names, 0, key="compare.trade.y")
    better = compare.directions(found.scores)
    front = compare.pareto(table, x, y, better)
    figures.figure(
        tradeoffs.trade_off(table, x, y, front, better),
        data=table.assign(front=front),
        name=f"{dataset}-trade-off",
        alt=f"Arms by {x} and {y}; those no other beats in both are joined.",
        key="compare.trade",
    )
    sweep = found.run.spec.get("sweep")
    if not sweep:
        st.caption(
            "For a sweep or an ablation, add variants of one sampler over one setting."
        )
        return
    metric = st.selectbox("Metric of the sweep", found.metrics, key="compare.sweep")
    scores = found.scores[found.scores["dataset"] == dataset]
    points = compare.sweep(scores, sweep["values"], metric)
    figures.figure(
        tradeoffs.sweep(points, metric, sweep["setting"]),
        data=points,
        name=f"{dataset}-sweep-{sweep['setting']}",
        alt=f"{metric} over {sweep['setting']}, with intervals.",
        key="compare.sweep_chart",
    )


def checks_view(found, metric, dataset):
    """Folds x labels, what each fold cannot measure, seconds, and the leak lesson."""
    for sentence in found.run.summary.get("warnings", []):
        st.warning(layout.plain(sentence))
    splits = found.splits[found.splits["dataset"] == dataset]
    figures.figure(
        charts.folds_and_labels(splits),
        data=splits,
        name=f"{dataset}-folds-and-labels",
        alt="Positive rows of each label in the test part of each fold.",
        key="compare.fold_labels",
    )
    cells = found.scores[found.scores["dataset"] == dataset].drop_duplicates(
        ["sampler", "classifier", "repeat", "fold"]
    )
    named = {
        "sample_seconds": "sampling (s)",
        "fit_seconds": "fitting (s)",
        "predict_seconds": "predicting (s)",
        "peak_mb": "memory (MB)",
        "train_rows": "training rows",
        "sampled_rows": "rows after sampling",
    }
    costs = cells.groupby(["sampler", "classifier"], sort=False)[list(named)].mean()
    st.markdown(
        "**What a cell costs** (mean of the folds; memory is the process's peak)"
    )
    number = st.column_config.NumberColumn
    config = {name: number(format="%.3f") for name in list(named.values())[:3]}
    config |= {name: number(format="%.0f") for name in list(named.values())[3:]}
    figures.table(
        costs.rename(columns=named).reset_index(),
        name=f"{dataset}-costs",
        key="compare.costs",
        column_config=config,
    )
    st.markdown("**The leak lesson**")
    if found.leak is None:
        st.caption(
            "Choose under More settings to fit the sampler or the scaler before the "
            "split as well: the difference is what that common mistake pretends."
        )
        return
    table = compare.mistake(
        found.scores[found.scores["dataset"] == dataset],
        found.leak[found.leak["dataset"] == dataset],
    )
    used = int(found.leak["test_rows_used"].max())
    what = found.run.spec["leak"]
    st.markdown(
        f"Here the {what} was fitted before the split on purpose; the check found "
        f"{used:,} test rows among those it received."
    )
    figures.figure(
        tradeoffs.mistake(table, metric),
        data=table,
        name=f"{dataset}-leak",
        alt=f"{metric} with and without the leak.",
        key="compare.leak_chart",
    )
    change = table[table["metric"] == metric]["gain"]
    st.markdown(
        f"The mistake changes {metric} by {change.min():+.3f} to {change.max():+.3f} "
        "(positive: it flatters)."
    )
