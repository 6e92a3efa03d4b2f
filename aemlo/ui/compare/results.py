"""What the Compare page shows of a run: its frames, what was checked, the verdict."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from aemlo import compare, specs
from aemlo.charts import compare as charts
from aemlo.compare.equivalence import ROPE
from aemlo.compare.predictions import Predictions
from aemlo.experiment.unit import groups_of
from aemlo.store import Run, Store
from aemlo.ui import figures, layout
from aemlo.ui.state import Workspace
from aemlo.wording import count, counted, seconds

FIRST_METRICS = (
    "macro-F1",
    "micro-F1",
    "macro-AUC",
    "macro average precision",
    "ranking loss",
    "Hamming loss",
)
ICONS = {"better": "▲ better", "worse": "▼ worse", "not shown": "no clear difference"}
SIGNS = {"better": "▲", "worse": "▼", "not shown": "·", "identical": "="}
TITLES = {
    "better": "Better",
    "worse": "Worse",
    "not shown": "No clear difference",
    "identical": "Identical scores",
    "no verdict": "No verdict",
}
VERDICT_ICONS = {
    "better": ":material/trending_up:",
    "worse": ":material/trending_down:",
}
MOST_NAMES = 10
MOST_SENTENCES = 6
"""Sentences shown at once; more are behind a click."""
CELL = ["dataset", "sampler", "classifier", "repeat", "fold"]


@dataclass
class Results:
    """The frames of one run; `leak` is None where no mistake was made on purpose,
    `control` where nothing was run on permuted labels.

    `cells` are the tidy rows as they were computed, samplers x classifiers; `scores`
    the same as equal arms (see `compare.as_arms`), which is what the views show.
    `learners` says what each classifier is, `store` has the run's data sets.
    """

    run: Run
    store: Store
    cells: pd.DataFrame
    learners: dict[str, compare.Learner]
    scores: pd.DataFrame
    labels: pd.DataFrame
    splits: pd.DataFrame
    leak: pd.DataFrame | None
    control: pd.DataFrame | None
    baseline: str

    @property
    def primary(self) -> str:
        """The metric chosen before the run; "" for an older run, which chose none."""
        return self.run.spec.get("primary", "")

    @property
    def dataset_keys(self) -> list[str]:
        """Content hashes of the data sets, in their order."""
        return [self.run.dataset, *self.run.spec.get("more_datasets", [])]

    def predictions(self) -> Predictions | None:
        """What the arms gave for every test row; None for a run that kept nothing."""
        data = [self.store.dataset(key) for key in self.dataset_keys]
        return Predictions.load(
            self.store.folder(self.run.id),
            [one.Y for one in data],
            [groups_of(one) for one in data],
            self.datasets,
        )

    @property
    def samplers(self) -> list[str]:
        """The arms, in the order of the scores."""
        return list(dict.fromkeys(self.scores["sampler"]))

    @property
    def classifiers(self) -> list[str]:
        """The learners, in the order of the scores."""
        return list(dict.fromkeys(self.scores["classifier"]))

    @property
    def datasets(self) -> list[str]:
        """The data sets, in the order of the scores."""
        return list(dict.fromkeys(self.scores["dataset"]))

    @property
    def metrics(self) -> list[str]:
        """Set-level metrics with a direction: the primary one, then the usual ones."""
        known = self.scores[self.scores["better"] != ""]
        names = list(dict.fromkeys(known.loc[known["label"] == "", "metric"]))
        usual = dict.fromkeys((self.primary, *FIRST_METRICS))
        first = [name for name in usual if name in names]
        return first + [name for name in names if name not in first]

    @property
    def label_metrics(self) -> list[str]:
        """Metrics that exist per label and have a direction."""
        known = self.scores[
            (self.scores["better"] != "") & (self.scores["label"] != "")
        ]
        names = list(dict.fromkeys(known["metric"]))
        first = [name for name in ("F1", "average precision", "AUC") if name in names]
        return first + [name for name in names if name not in first]


def of_run(workspace: Workspace, run: Run) -> Results | None:
    """The Results of `run`, or None while there are none."""
    folder = workspace.store.folder(run.id)
    path = folder / "scores.parquet"
    if not path.exists():
        return None
    cells, labels, splits, leak, control = _frames(
        run.id, path.stat().st_mtime_ns, folder
    )
    learners = specs.learners(specs.completed(run.spec))
    return Results(
        run,
        workspace.store,
        cells,
        learners,
        compare.as_arms(cells, learners),
        labels,
        splits,
        leak,
        None if control is None else compare.as_arms(control, learners),
        run.spec.get("baseline", "none"),
    )


@st.cache_data(max_entries=8, show_spinner=False)
def _frames(
    run_id: str, stamp: int, _folder: Path
) -> tuple[
    pd.DataFrame,
    pd.DataFrame,
    pd.DataFrame,
    pd.DataFrame | None,
    pd.DataFrame | None,
]:
    """Scores, labels, splits, and the leak and the control of a run if there are any.

    Runs of older versions have no column `split`: it is the spec's.
    """
    scores = pd.read_parquet(_folder / "scores.parquet")
    scores["label"] = scores["label"].fillna("")
    leak, control = _folder / "leak.parquet", _folder / "control.parquet"
    return (
        scores,
        pd.read_parquet(_folder / "labels.parquet"),
        pd.read_parquet(_folder / "splits.parquet"),
        pd.read_parquet(leak) if leak.exists() else None,
        pd.read_parquet(control) if control.exists() else None,
    )


def verdicts(result: Results, baseline: str) -> pd.DataFrame:
    """`specs.verdicts` of a run against an arm, once per run and baseline."""
    return _verdicts(result.run.id, result.run.finished, baseline, result)


@st.cache_data(max_entries=32, show_spinner="Comparing the arms")
def _verdicts(
    run_id: str, stamp: float | None, baseline: str, _result: Results
) -> pd.DataFrame:
    spec = specs.completed(_result.run.spec)
    # Evidence over rows is only asked for where there is one set of test rows.
    fixed = spec.get("split", "folds") != "folds"
    predictions = _result.predictions() if fixed else None
    return specs.verdicts(spec, _result.cells, predictions, baseline=baseline)


def live(workspace: Workspace) -> Callable[[Run], None]:
    """A function for the run panel: it draws the means of the scores so far."""

    def draw(run: Run) -> None:
        if not run.active:
            return
        scores = workspace.store.scores(run.id)
        if scores.empty:
            st.caption(
                "The first scores appear when the cells of the first sampler are done."
            )
            return
        metric = run.spec.get("primary") or "macro-F1"
        part = scores[scores["metric"] == metric]
        table = part.pivot_table(
            index="sampler", columns="classifier", values="value", sort=False
        )
        done = part.groupby("sampler", sort=False)["value"].count().rename("cells done")
        st.caption(f"{metric} so far, mean of the splits that are done:")
        st.dataframe(
            table.round(3).join(done),
            column_config={
                name: st.column_config.NumberColumn(format="%.3f")
                for name in table.columns
            },
        )

    return draw


def pilot_note(run: Run) -> None:
    """Where `run` did the first split only: a note with the time of the rest."""
    if run.spec.get("pilot"):
        st.info(
            "This is a pilot with one split, so no difference can be tested yet. "
            + estimate_in_words(run),
            icon=":material/timer:",
        )


def estimate_in_words(run: Run) -> str:
    """How long the splits that a pilot left out will take; "" where it is not known."""
    left = run.summary.get("seconds_left")
    if left is None or not left > 0:
        return ""
    return f"The remaining splits take about {seconds(left)}."


def facts(result: Results) -> None:
    """The line under the title of the results: what was checked, what failed."""
    summary = result.run.summary
    _failed_cells(result)
    used = summary.get("test_rows_used", 0)
    line = st.container(horizontal=True)
    if used:
        line.error(
            f"Test rows used in fitting: {count(used)}. Do not trust these scores.",
            icon=":material/warning:",
        )
    else:
        line.markdown(
            ":material/verified: **No exact copy of a test row reached a watched fit**",
            help="Watched: the fits of the scaler, the imputer, the text columns, the "
            "sampler, the classifier and its thresholds. Not watched: what was done to "
            "the data before it was loaded here.",
        )
    _suspicious(result)
    cells = result.cells.drop_duplicates(CELL)
    line.markdown(f":material/grid_on: {counted(len(cells), 'cell')}")
    if summary.get("near_duplicate_rows"):
        line.markdown(
            f":material/content_copy: up to {count(summary['near_duplicate_rows'])} "
            "test rows nearly equal a training row",
            help="Equal after scaling each feature to its range and rounding to 3 "
            "decimals. Such rows often come from oversampling before the data were "
            "loaded.",
        )
    if summary.get("duplicate_rows"):
        line.markdown(
            f":material/content_copy: up to {count(summary['duplicate_rows'])} test "
            "rows equal a training row (duplicates)"
        )


def _suspicious(result: Results) -> None:
    """Scores that look too good, and a control run that did not fall to chance."""
    if result.control is not None:
        control = compare.control(result.control)
        above = control[control["above_chance"]]
        if len(above):
            arms = ", ".join(
                f"{arm} with {learner}"
                for arm, learner in zip(
                    above["sampler"], above["classifier"], strict=True
                )
            )
            st.error(
                f"On permuted labels {layout.plain(arms)} scored above chance. "
                "Something has seen the test rows: do not trust these scores.",
                icon=":material/warning:",
            )
    flagged = compare.suspicious(result.scores, result.baseline)
    for _, row in flagged.head(3).iterrows():
        label = f" ({layout.plain(row['label'])})" if row["label"] else ""
        st.warning(
            f"{layout.plain(row['sampler'])} with {layout.plain(row['classifier'])}: "
            f"{compare.KINDS[row['kind']]}{label}, from {row['before']:.3f} to "
            f"{row['after']:.3f}. Look for a leak before you believe it."
        )


def _failed_cells(result: Results) -> None:
    """Cells that failed come first: their arms have no verdict."""
    cells = result.cells.drop_duplicates(CELL)
    failed = cells[cells["error"] != ""]
    if failed.empty:
        return
    st.warning(
        f"{counted(len(failed), 'cell')} failed. The arms with a failed cell have no "
        "verdict."
    )
    with st.expander("Failed cells"):
        figures.table(
            failed[[*CELL, "error"]], name="failed-cells", key="compare.failed"
        )


def verdict(result: Results, table: pd.DataFrame, metric: str, dataset: str) -> None:
    """The answer first: one sentence, each arm's, then intervals, then every fold.

    `table` is a `specs.verdicts`.
    """
    baseline = result.baseline
    st.markdown(
        "**"
        + layout.plain(compare.headline(table, dataset, result.primary, baseline))
        + "**"
    )
    _rare_labels(result, dataset)
    if metric != result.primary:
        st.caption(
            f"{metric} is exploratory: it was chosen after seeing the results."
            + (f" The verdict rests on {result.primary}." if result.primary else "")
        )
    part = table[(table["metric"] == metric) & (table["dataset"] == dataset)]
    for word, frame in compare.split_by_verdict(part).items():
        if not frame.empty:
            icon = VERDICT_ICONS.get(word, ":material/remove:")
            sentences = _sentences(frame, baseline)
            st.markdown(
                f"{icon} **{TITLES[word]}**\n\n" + "\n".join(sentences[:MOST_SENTENCES])
            )
            if len(sentences) > MOST_SENTENCES:
                with st.expander(f"{len(sentences) - MOST_SENTENCES} more"):
                    st.markdown("\n".join(sentences[MOST_SENTENCES:]))
    _compared_to_mlsmote(result, metric, dataset)
    if (part["verdict"] != "baseline").any():
        figures.figure(
            charts.differences(part, metric, baseline),
            data=part,
            name=f"{dataset}-{metric}-differences",
            alt=f"Paired differences in {metric} to {baseline} with their intervals.",
            key="compare.differences",
        )
    scores = result.scores[result.scores["dataset"] == dataset]
    figures.figure(
        charts.folds(scores, part, metric),
        data=scores[(scores["metric"] == metric) & (scores["label"] == "")],
        name=f"{dataset}-{metric}-folds",
        alt=f"{metric} of every fold as a dot, by classifier and sampler.",
        key="compare.folds_chart",
    )


def _rare_labels(result: Results, dataset: str) -> None:
    """F1 of the minority labels by name, and the labels that nothing predicts."""
    never = compare.never_predicted(result.scores, dataset)
    if never:
        names = ", ".join(never[:MOST_NAMES])
        rest = len(never) - MOST_NAMES
        more = f" and {count(rest)} more" if rest > 0 else ""
        st.markdown(f"Never predicted right by any arm: {layout.plain(names)}{more}.")
    labels = result.labels[result.labels["dataset"] == dataset]
    if "minority" not in labels.columns:
        return
    minority = labels.loc[labels["minority"], ["label", "positives"]]
    table = compare.rare_labels(result.scores, dataset, list(minority["label"]))
    if table.empty:
        return
    rows = dict(minority.itertuples(index=False))
    flat = table.copy()
    flat.columns = [
        arm if len(result.classifiers) == 1 else f"{arm}, {learner}"
        for learner, arm in table.columns
    ]
    flat.insert(0, "rows", [rows[label] for label in table.index])
    with st.expander(f"F1 of the {counted(len(table), 'minority label')}, by arm"):
        figures.table(
            flat.reset_index(),
            name=f"{dataset}-minority-labels",
            key="compare.minority",
            column_config={
                name: st.column_config.NumberColumn(format="%.3f")
                for name in flat.columns[1:]
            },
        )


def _sentences(part: pd.DataFrame, baseline: str) -> list[str]:
    """One item of a list for each row of a `compare.before_after`."""
    return [
        f"- {layout.plain(compare.in_words(row, baseline))}"
        for _, row in part.iterrows()
    ]


def _compared_to_mlsmote(result: Results, metric: str, dataset: str) -> None:
    """The usual second question, whatever the baseline: better than MLSMOTE?"""
    usual = "MLSMOTE"
    others = [name for name in result.samplers if name not in (usual, "none")]
    if usual not in result.samplers or result.baseline == usual or not others:
        return
    table = verdicts(result, usual)
    part = table[
        (table["metric"] == metric)
        & (table["dataset"] == dataset)
        & table["sampler"].isin(others)
    ]
    sentences = _sentences(part, usual)
    with st.expander(f"Compared to {usual}", expanded=len(sentences) <= 4):
        st.markdown("\n".join(sentences))


def every_metric(result: Results, table: pd.DataFrame, dataset: str) -> None:
    """All metrics: the signs at a glance, then the numbers with their evidence."""
    st.subheader("Every metric at a glance", anchor=False)
    overview(table, dataset, result.metrics)
    st.subheader("Before and after", anchor=False)
    before_after_table(table, dataset, f"{dataset}-before-after")
    st.caption(
        "Intervals and p over splits: corrected resampled t test (Nadeau and Bengio, "
        "2003), which accounts for overlapping training parts. Over the rows of one "
        "test part: sign-flip permutation and bootstrap. p (Holm): corrected for the "
        "number of comparisons of one metric on one data set. P(better), P(equal) and "
        "P(worse): Bayesian correlated t test, where differences up to "
        f"{result.run.spec.get('rope', ROPE):g} count as equal. Effect: mean "
        "difference divided by its standard deviation over the splits, which share "
        "training rows, so it is larger than it would be over independent data. "
        "All metrics but the primary one are exploratory."
    )


def before_after_table(table: pd.DataFrame, dataset: str, name: str) -> None:
    """All metrics and arms with their evidence; the file is called `name`."""
    part = table[table["dataset"] == dataset]
    compared = part[part["verdict"] != "baseline"]
    part = part if compared.empty else compared
    shown = pd.DataFrame(
        {
            "metric": part["metric"],
            "sampler": part["sampler"],
            "classifier": part["classifier"],
            "before": part["baseline_mean"],
            "sd before": part["baseline_sd"],
            "after": part["mean"],
            "sd after": part["sd"],
            "difference": part["difference"],
            "95 % from": part["low"],
            "to": part["high"],
            "p": part["p"],
            "p (Holm)": part["p_holm"],
            "P(better)": part["p_better"],
            "P(equal)": part["p_equivalent"],
            "P(worse)": part["p_worse"],
            "effect": part["effect"],
            "evidence": part["evidence"],
            "role": part["role"],
            "verdict": part["verdict"].map(lambda word: ICONS.get(word, word)),
            "better is": part["better"],
        }
    )
    number = st.column_config.NumberColumn
    plain = ("before", "sd before", "after", "sd after", "p", "p (Holm)")
    plain += ("P(better)", "P(equal)", "P(worse)")
    config = dict.fromkeys(plain, number(format="%.3f"))
    config |= dict.fromkeys(("difference", "95 % from", "to"), number(format="%+.3f"))
    config["effect"] = number(
        format="%+.2f", help="Mean difference divided by its standard deviation"
    )
    figures.table(shown, name=name, key="compare.table", column_config=config)


def overview(table: pd.DataFrame, dataset: str, metrics: list[str]) -> None:
    """Arms x metrics: arrows where a difference is shown, the difference itself."""
    part = table[
        (table["dataset"] == dataset)
        & (table["verdict"] != "baseline")
        & table["metric"].isin(metrics)
    ]
    cells = [
        f"{SIGNS.get(word, '')} {compare.signed(difference)}".strip()
        if pd.notna(difference)
        else "no scores"
        for word, difference in zip(part["verdict"], part["difference"], strict=True)
    ]
    wide = part.assign(cell=cells).pivot_table(
        index=["sampler", "classifier"],
        columns="metric",
        values="cell",
        aggfunc="first",
        sort=False,
    )
    wide = wide.reindex(columns=[name for name in metrics if name in wide.columns])
    figures.table(wide.reset_index(), name="overview", key="compare.overview")
    st.caption(
        "▲ better and ▼ worse than the baseline at 5 % after Holm's correction; a dot: "
        "no clear difference; =: identical scores; no sign: no verdict. For losses, "
        "lower is better."
    )
