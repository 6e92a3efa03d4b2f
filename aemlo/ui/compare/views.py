"""The further views of the Compare page: labels, data sets, trade-offs, checks."""

import numpy as np
import pandas as pd
import streamlit as st

from aemlo import compare
from aemlo.charts import compare as charts
from aemlo.charts import tradeoffs
from aemlo.dataset import Dataset
from aemlo.ui import figures, layout
from aemlo.ui.compare.results import Results
from aemlo.ui.state import Workspace
from aemlo.wording import count, counted, decimals, p_value, signed

VIEWS = (
    "Verdict",
    "Labels",
    "Data sets",
    "Trade-offs",
    "Folds and leaks",
    "Download",
)
MOST_LABELS = 40
"""Labels of the chart until all are asked for."""
MOST_ROWS = 200
"""Rows of the table of changed predictions."""
COSTS = {
    "sample_seconds": "sampling (s)",
    "fit_seconds": "fitting (s)",
    "predict_seconds": "predicting (s)",
    "peak_mb": "memory (MB)",
    "train_rows": "training rows",
    "sampled_rows": "rows after sampling",
}


def choose(result: Results) -> tuple[str, str, str]:
    """Choose what to look at; returns view, metric and the name of the data set.

    Where a view has a baseline to choose, it is set on `result`.
    """
    view = st.segmented_control(
        "View",
        VIEWS,
        default="Verdict",
        required=True,
        label_visibility="collapsed",
        key="compare.view",
    )
    metric, name = result.metrics[0], result.datasets[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if view in ("Verdict", "Data sets", "Folds and leaks"):
            metric = st.selectbox(
                "Metric", result.metrics, key="compare.metric", width=260
            )
        if view in ("Verdict", "Labels", "Download"):
            result.baseline = _choose_baseline(result)
        if len(result.datasets) > 1 and view not in ("Data sets", "Download"):
            name = st.selectbox(
                "Data set", result.datasets, key="compare.set", width=260
            )
    return view, metric, name


def _choose_baseline(result: Results) -> str:
    samplers = result.samplers
    known = result.baseline in samplers
    return st.selectbox(
        "Compared to",
        samplers,
        index=samplers.index(result.baseline) if known else 0,
        key=f"compare.against.{result.run.id}",
        width=260,
    )


def labels(result: Results, workspace: Workspace, dataset: str) -> None:
    """Per label: change sorted by IRLbl, thirds, and rows that changed."""
    others = [name for name in result.samplers if name != result.baseline]
    metric_side, sampler_side, classifier_side = st.columns(3)
    metric = metric_side.selectbox(
        "Metric", result.label_metrics, key="compare.label.metric"
    )
    if not others:
        st.info("Only the baseline was run: add a sampler to see changes per label.")
        return
    first = others.index("AEMLO") if "AEMLO" in others else len(others) - 1
    sampler = sampler_side.selectbox("Arm", others, first, key="compare.label.sampler")
    classifier = classifier_side.selectbox(
        "Classifier", result.classifiers, key="compare.label.classifier"
    )
    table = _label_table(result, dataset, metric, classifier, sampler)
    if table["change"].notna().sum() == 0:
        st.info(f"No label has {metric} in both arms.")
        return
    clicked = _changes_chart(table, metric, sampler, result.baseline, dataset)
    _thirds(table)
    with st.expander("Every label as a table"):
        figures.table(table, name=f"{dataset}-per-label", key="compare.label_table")
    label = _choose_label(table, clicked)
    _changed_rows(result, workspace, dataset, sampler, classifier, label)


LABEL_EVIDENCE = {
    "rows and folds": "Verdict: sign-flip permutation over rows, and the spread "
    "between folds, each trained anew; the larger p counts.",
    "rows and seeds": "Verdict: sign-flip permutation over rows, and the spread "
    "between repeats, each trained under another seed; the larger p counts.",
    "rows": "Verdict: sign-flip permutation over rows. It speaks of these models as "
    "they were trained: another seed may give another result.",
}


def _label_table(
    result: Results, dataset: str, metric: str, classifier: str, sampler: str
) -> pd.DataFrame:
    """`compare.per_label`; F1 over all test rows, with a verdict for each label."""
    table = compare.per_label(
        result.scores[result.scores["dataset"] == dataset],
        result.labels[result.labels["dataset"] == dataset],
        metric=metric,
        classifier=classifier,
        sampler=sampler,
        baseline=result.baseline,
    )
    if metric != "F1":
        st.caption(
            "Changes are means of the splits. A label has a verdict for F1 only, which "
            "is judged over all test rows."
        )
        return table.assign(verdict="no verdict")
    judged = _judged_labels(
        result.run.id,
        result.run.finished,
        (dataset, classifier, sampler, result.baseline),
        result,
    )
    if judged is None:
        return table.assign(verdict="no verdict")
    st.caption(
        "F1 over all test rows, each predicted by an arm that had not been fitted on "
        f"it. {LABEL_EVIDENCE[judged['evidence'].iloc[0]]} Corrected for the number of "
        "labels (Holm). A label with fewer than 5 positive rows has a change and no "
        "verdict."
    )
    return compare.with_judged_labels(table, judged)


@st.cache_data(max_entries=32, show_spinner="Comparing over the test rows")
def _judged_labels(
    run_id: str,
    stamp: float | None,
    which: tuple[str, str, str, str],
    _result: Results,
) -> pd.DataFrame | None:
    """What the rows say of each label; `which`: data set, learner, arm, baseline."""
    predictions = _result.predictions()
    if predictions is None:
        return None
    judged = predictions.per_label(*which, _result.learners)
    place = _result.datasets.index(which[0])
    names = _result.store.dataset(_result.dataset_keys[place]).label_names
    return None if judged is None else judged.assign(label=list(names))


def _changes_chart(
    table: pd.DataFrame, metric: str, sampler: str, baseline: str, dataset: str
) -> str | None:
    """The change of each label as a bar; returns the label that was clicked."""
    most = MOST_LABELS
    if len(table) > MOST_LABELS and st.toggle(
        f"All {count(len(table))} labels", key="compare.all"
    ):
        most = None
    event = figures.figure(
        charts.labels(table, metric, sampler, baseline, most),
        data=table,
        name=f"{dataset}-{metric}-per-label",
        alt=f"Change of {metric} per label, rarest first.",
        key="compare.labels_chart",
        on_select="rerun",
        selection_mode="points",
    )
    points = event.selection.points if event and event.selection else []
    return points[0]["customdata"][0] if points else None


def _thirds(table: pd.DataFrame) -> None:
    """Means over the rare, the middle and the common labels."""
    st.markdown("**Rare, middle and common labels**")
    figures.table(
        compare.by_part(table),
        name="thirds",
        key="compare.thirds",
        column_config={
            "change": st.column_config.NumberColumn(format="%+.3f"),
            "before": st.column_config.NumberColumn(format="%.3f"),
            "after": st.column_config.NumberColumn(format="%.3f"),
        },
    )


def _choose_label(table: pd.DataFrame, clicked: str | None) -> str:
    """The label whose rows are listed: the clicked one, else the most changed one."""
    names = list(table["label"])
    most_changed = int(table["change"].abs().fillna(-1.0).to_numpy().argmax())
    place = names.index(clicked) if clicked in names else most_changed
    return st.selectbox(
        "Rows whose prediction changed, for the label (click a bar, or choose)",
        names,
        place,
        key=f"compare.won.{place}",
    )


def _changed_rows(
    result: Results,
    workspace: Workspace,
    dataset: str,
    sampler: str,
    classifier: str,
    label: str,
) -> None:
    """Rows of `label` that are predicted otherwise than without the sampler."""
    predictions = result.predictions()
    if predictions is None:
        return
    place = result.datasets.index(dataset)
    data = workspace.store.dataset(result.dataset_keys[place])
    column = list(data.label_names).index(label)
    before, after = (
        predictions.of_label(place, name, classifier, result.learners, column)
        for name in (result.baseline, sampler)
    )
    frames = [
        compare.won_and_lost(data.Y[:, column], before[repeat], after[repeat]).assign(
            repeat=repeat + 1
        )
        for repeat in sorted(before.keys() & after.keys())
    ]
    if not frames:
        return
    rows = pd.concat(frames, ignore_index=True)
    outcomes = rows["outcome"].value_counts()
    st.markdown(
        f"{layout.plain(label)} with {layout.plain(sampler)} instead of "
        f"{layout.plain(result.baseline)}: "
        f"**{count(outcomes.get('found', 0))}** true positives gained, "
        f"**{count(outcomes.get('missed', 0))}** lost; "
        f"**{count(outcomes.get('false alarm', 0))}** false positives added, "
        f"**{count(outcomes.get('cleared', 0))}** removed."
    )
    if len(rows):
        shown = _with_labels(rows.head(MOST_ROWS), data)
        figures.table(shown, name=f"{label}-rows-won-and-lost", key="compare.won_table")


def _with_labels(rows: pd.DataFrame, data: Dataset) -> pd.DataFrame:
    """`rows` with a column `labels`: all labels of each row."""
    names = np.array(data.label_names)
    return rows.assign(
        labels=[", ".join(names[data.Y[row] == 1]) for row in rows["row"]]
    )


def ranks(result: Results, metric: str) -> None:
    """Several data sets: mean ranks, Friedman, Nemenyi; wins, ties and losses."""
    every = "mean of all"
    classifier = st.selectbox(
        "Classifier", [every, *result.classifiers], key="compare.rank.classifier"
    )
    table = compare.means(
        result.scores, metric, None if classifier == every else classifier
    )
    if len(table) < 2 or table.shape[1] < 2:
        st.info(
            "Ranks need at least two data sets and two samplers with scores: choose "
            "more data sets under More settings. Folds of one data set are not "
            "independent, so they are not ranked."
        )
        return
    better = compare.directions(result.scores)[metric]
    ranking = compare.rank(table, better)
    figures.figure(
        tradeoffs.critical_difference(ranking, metric),
        data=ranking.ranks.rename("mean rank").rename_axis("sampler").reset_index(),
        name=f"ranks-{metric}",
        alt="Mean ranks of the samplers with Nemenyi's critical difference.",
        key="compare.cd",
    )
    st.markdown(
        f"Friedman: chi-squared {decimals(ranking.statistic)}, {p_value(ranking.p)}, "
        f"{counted(ranking.datasets, 'data set')}. "
        + (
            "That the samplers differ at all is not shown."
            if ranking.p > 0.05
            else f"Mean ranks more than {decimals(ranking.critical, 2)} apart differ "
            "(Nemenyi)."
        )
    )
    figures.table(table.reset_index(), name=f"means-{metric}", key="compare.means")
    figures.table(ranking.table, name=f"wins-{metric}", key="compare.wins")


def trade_offs(result: Results, dataset: str) -> None:
    """Metric against metric or against seconds; a sweep where there is one."""
    table = compare.arms(result.scores)
    table = table[table["dataset"] == dataset]
    names = [n for n in (*result.metrics, "seconds") if n in table.columns]
    left, right = st.columns(2)
    x = left.selectbox("Horizontal axis", names, len(names) - 1, key="compare.trade.x")
    y = right.selectbox("Vertical axis", names, 0, key="compare.trade.y")
    better = compare.directions(result.scores)
    front = compare.pareto(table, x, y, better)
    figures.figure(
        tradeoffs.trade_off(table, x, y, front, better),
        data=table.assign(front=front),
        name=f"{dataset}-trade-off",
        alt=f"Arms by {x} and {y}; those that no other arm beats in both are joined.",
        key="compare.trade",
    )
    sweep = result.run.spec.get("sweep")
    if not sweep:
        st.caption(
            "For a sweep or an ablation, add variants of one sampler over one setting."
        )
        return
    metric = st.selectbox("Metric of the sweep", result.metrics, key="compare.sweep")
    scores = result.scores[result.scores["dataset"] == dataset]
    points = compare.sweep(scores, sweep["values"], metric)
    figures.figure(
        tradeoffs.sweep(points, metric, sweep["setting"]),
        data=points,
        name=f"{dataset}-sweep-{sweep['setting']}",
        alt=f"{metric} over {sweep['setting']}, with intervals.",
        key="compare.sweep_chart",
    )


def folds_and_leaks(result: Results, metric: str, dataset: str) -> None:
    """Folds x labels, what each fold cannot measure, costs, and the leak."""
    for sentence in result.run.summary.get("warnings", []):
        st.warning(layout.plain(sentence))
    splits = result.splits[result.splits["dataset"] == dataset]
    figures.figure(
        charts.folds_and_labels(splits),
        data=splits,
        name=f"{dataset}-folds-and-labels",
        alt="Positive rows of each label in the test part of each fold.",
        key="compare.fold_labels",
    )
    _costs(result, dataset)
    _control(result, dataset)
    _leak(result, metric, dataset)


def _costs(result: Results, dataset: str) -> None:
    """Seconds, memory and rows of a cell, mean of the folds."""
    cells = result.scores[result.scores["dataset"] == dataset].drop_duplicates(
        ["sampler", "classifier", "repeat", "fold"]
    )
    costs = cells.groupby(["sampler", "classifier"], sort=False)[list(COSTS)].mean()
    st.markdown("**Cost of a cell** (mean of the folds; memory: peak of the process)")
    number = st.column_config.NumberColumn
    config = {name: number(format="%.3f") for name in list(COSTS.values())[:3]}
    config |= {name: number(format="%.0f") for name in list(COSTS.values())[3:]}
    figures.table(
        costs.rename(columns=COSTS).reset_index(),
        name=f"{dataset}-costs",
        key="compare.costs",
        column_config=config,
    )


def _control(result: Results, dataset: str) -> None:
    """Macro-AUC of each arm on permuted labels, against chance."""
    st.markdown("**Control run with permuted labels**")
    if result.control is None:
        st.caption(
            "Under More settings you can also run everything on labels in another "
            "order. Scores that stay above chance there come from a leak."
        )
        return
    table = compare.control(result.control)
    table = table[table["dataset"] == dataset].drop(columns="dataset")
    above = int(table["above_chance"].sum())
    st.markdown(
        f"{counted(above, 'arm')} of {count(len(table))} scored above chance "
        "(macro-AUC 0.5)." + ("" if above else " This is as it must be.")
    )
    number = st.column_config.NumberColumn(format="%.3f")
    figures.table(
        table,
        name=f"{dataset}-control",
        key="compare.control_table",
        column_config=dict.fromkeys(("mean", "low", "high"), number),
    )


def _leak(result: Results, metric: str, dataset: str) -> None:
    """Scores with and without a leak, where one was made on purpose."""
    st.markdown("**The effect of a leak**")
    if result.leak is None:
        st.caption(
            "Under More settings you can also fit the sampler or the scaler before the "
            "split. The gap shows how much this leak inflates the scores."
        )
        return
    table = compare.mistake(
        result.scores[result.scores["dataset"] == dataset],
        result.leak[result.leak["dataset"] == dataset],
    )
    used = int(result.leak["test_rows_used"].max())
    st.markdown(
        f"Here the {result.run.spec['leak']} was fitted before the split on purpose; "
        f"it received {counted(used, 'test row')}."
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
        f"The leak changes {metric} by {signed(change.min())} to "
        f"{signed(change.max())} (positive: the scores look better than they are)."
    )
