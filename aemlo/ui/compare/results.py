"""What the Compare page shows of a run: its frames, what was checked, the verdict."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from aemlo import compare
from aemlo.charts import compare as charts
from aemlo.store import Run
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
ICONS = {"better": "▲ better", "worse": "▼ worse", "not shown": "not shown"}
SIGNS = {"better": "▲", "worse": "▼", "not shown": "·", "no scores": ""}
VERDICT_ICONS = {
    "better": ":material/trending_up:",
    "worse": ":material/trending_down:",
}
MOST_SENTENCES = 6
"""Sentences shown at once; more are behind a click."""
ONE_SPLIT = (
    "There is one declared split. Repeats differ only in their seeds, so intervals "
    "describe the variation between seeds, not between rows. For intervals over rows, "
    "use folds."
)


@dataclass
class Results:
    """The frames of one run; `leak` is None where no mistake was made on purpose."""

    run: Run
    scores: pd.DataFrame
    labels: pd.DataFrame
    splits: pd.DataFrame
    leak: pd.DataFrame | None
    baseline: str

    @property
    def samplers(self) -> list[str]:
        """The samplers, in the order of the scores."""
        return list(dict.fromkeys(self.scores["sampler"]))

    @property
    def classifiers(self) -> list[str]:
        """The classifiers, in the order of the scores."""
        return list(dict.fromkeys(self.scores["classifier"]))

    @property
    def datasets(self) -> list[str]:
        """The data sets, in the order of the scores."""
        return list(dict.fromkeys(self.scores["dataset"]))

    @property
    def metrics(self) -> list[str]:
        """Set-level metrics with a direction, the usual ones first."""
        known = self.scores[self.scores["better"] != ""]
        names = list(dict.fromkeys(known.loc[known["label"] == "", "metric"]))
        first = [name for name in FIRST_METRICS if name in names]
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
    scores, labels, splits, leak = _frames(run.id, path.stat().st_mtime_ns, folder)
    baseline = run.spec.get("baseline", "none")
    return Results(run, scores, labels, splits, leak, baseline)


@st.cache_data(max_entries=8, show_spinner=False)
def _frames(
    run_id: str, stamp: int, _folder: Path
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame | None]:
    """Scores, labels, splits and, where there is one, the leak of a run."""
    scores = pd.read_parquet(_folder / "scores.parquet")
    scores["label"] = scores["label"].fillna("")
    leak = _folder / "leak.parquet"
    return (
        scores,
        pd.read_parquet(_folder / "labels.parquet"),
        pd.read_parquet(_folder / "splits.parquet"),
        pd.read_parquet(leak) if leak.exists() else None,
    )


@st.cache_data(max_entries=32, show_spinner=False)
def verdicts(
    run_id: str,
    stamp: float | None,
    baseline: str,
    level: float,
    _scores: pd.DataFrame,
) -> pd.DataFrame:
    """`compare.before_after`, once per run, baseline and level."""
    return compare.before_after(_scores, baseline, level)


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
        part = scores[scores["metric"] == "macro-F1"]
        table = part.pivot_table(
            index="sampler", columns="classifier", values="value", sort=False
        )
        done = part.groupby("sampler", sort=False)["value"].count().rename("cells done")
        st.caption("macro-F1 so far, mean of the folds that are done:")
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
    if result.run.spec.get("split") == "declared":
        st.info(ONE_SPLIT)
    used = summary.get("test_rows_used", 0)
    line = st.container(horizontal=True)
    if used:
        line.error(
            f"Test rows used in fitting: {count(used)}. Do not trust these scores.",
            icon=":material/warning:",
        )
    else:
        line.markdown(
            ":material/verified: **Test rows used in fitting: 0** (the rows of every "
            "fit were checked)"
        )
    cells = result.scores.drop_duplicates(
        ["dataset", "sampler", "classifier", "repeat", "fold"]
    )
    line.markdown(f":material/grid_on: {counted(len(cells), 'cell')}")
    if summary.get("duplicate_rows"):
        line.markdown(
            f":material/content_copy: up to {count(summary['duplicate_rows'])} test "
            "rows equal a training row (duplicates)"
        )
    failed = cells[cells["error"] != ""]
    if len(failed):
        with st.expander(
            f"{counted(len(failed), 'cell')} failed; the others are valid"
        ):
            columns = ["dataset", "sampler", "classifier", "repeat", "fold", "error"]
            figures.table(failed[columns], name="failed-cells", key="compare.failed")


def verdict(result: Results, table: pd.DataFrame, metric: str, dataset: str) -> None:
    """The answer first: sentences, then intervals, then every fold.

    `table` is a `compare.before_after`.
    """
    baseline = result.baseline
    part = table[(table["metric"] == metric) & (table["dataset"] == dataset)]
    for word, frame in compare.split_by_verdict(part).items():
        if not frame.empty:
            icon = VERDICT_ICONS.get(word, ":material/remove:")
            sentences = _sentences(frame, baseline)
            st.markdown(
                f"{icon} **{word.capitalize()}**\n\n"
                + "\n".join(sentences[:MOST_SENTENCES])
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
    table = verdicts(result.run.id, result.run.finished, usual, 0.95, result.scores)
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
        "Intervals and p: corrected resampled t test (Nadeau and Bengio, 2003), which "
        "accounts for overlapping training parts. p (Holm): corrected for the number "
        "of comparisons of one metric. Effect: mean difference divided by its standard "
        "deviation."
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
            "effect": part["effect"],
            "pairs": part["pairs"],
            "verdict": part["verdict"].map(lambda word: ICONS.get(word, word)),
            "better is": part["better"],
        }
    )
    number = st.column_config.NumberColumn
    plain = ("before", "sd before", "after", "sd after", "p", "p (Holm)")
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
        f"{SIGNS[word]} {compare.signed(difference)}"
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
        "▲ better and ▼ worse than the baseline, shown at 5 % after Holm's correction; "
        "a dot is a difference that is not shown. For losses, lower is better."
    )
