"""What the Compare page shows of a run: read once, drawn by view."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from aemlo import compare
from aemlo.charts import compare as charts
from aemlo.charts import theme
from aemlo.ui import figures, layout

FIRST_METRICS = (
    *("macro-F1", "micro-F1", "macro-AUC", "macro average precision"),
    *("ranking loss", "Hamming loss"),
)
ICONS = {"better": "▲ better", "worse": "▼ worse", "not shown": "not shown"}


@dataclass
class Results:
    """The frames of one run; `leak` is None where no mistake was made on purpose."""

    run: object
    scores: pd.DataFrame
    labels: pd.DataFrame
    splits: pd.DataFrame
    leak: pd.DataFrame | None
    baseline: str

    @property
    def samplers(self):
        return list(dict.fromkeys(self.scores["sampler"]))

    @property
    def classifiers(self):
        return list(dict.fromkeys(self.scores["classifier"]))

    @property
    def datasets(self):
        return list(dict.fromkeys(self.scores["dataset"]))

    @property
    def metrics(self):
        """Set-level metrics with a direction, the usual ones first."""
        known = self.scores[self.scores["better"] != ""]
        names = list(dict.fromkeys(known.loc[known["label"] == "", "metric"]))
        first = [name for name in FIRST_METRICS if name in names]
        return first + [name for name in names if name not in first]

    @property
    def label_metrics(self):
        """Metrics that exist per label and have a direction."""
        known = self.scores[
            (self.scores["better"] != "") & (self.scores["label"] != "")
        ]
        names = list(dict.fromkeys(known["metric"]))
        first = [name for name in ("F1", "average precision", "AUC") if name in names]
        return first + [name for name in names if name not in first]


def results(workspace, run):
    """The Results of `run`, or None while there are none."""
    folder = workspace.store.folder(run.id)
    path = folder / "scores.parquet"
    if not path.exists():
        return None
    frames = _frames(run.id, path.stat().st_mtime_ns, folder)
    return Results(run, *frames, baseline=run.spec.get("baseline", "none"))


@st.cache_data(max_entries=8, show_spinner=False)
def _frames(run_id, stamp, _folder):
    def read(name):
        path = _folder / f"{name}.parquet"
        return pd.read_parquet(path) if path.exists() else None

    scores = read("scores")
    scores["label"] = scores["label"].fillna("")
    return scores, read("labels"), read("splits"), read("leak")


@st.cache_data(max_entries=32, show_spinner=False)
def verdicts(run_id, stamp, baseline, level, _scores):
    """`compare.before_after`, once per run, baseline and level."""
    return compare.before_after(_scores, baseline, level)


def live(workspace):
    """A drawer for the run panel: means of what has come so far."""

    def draw(run):
        if not run.active:
            return
        scores = workspace.store.scores(run.id)
        if scores.empty:
            st.caption("The first scores show when the first sampler's cells are done.")
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


ONE_SPLIT = (
    "One declared split: repeats differ in their seeds alone, so intervals speak of "
    "seeds, not of other rows. For those, use folds."
)


def facts(found, run):
    """The line under the title of the results: what was checked, what failed."""
    summary = run.summary
    if run.spec.get("split") == "declared":
        st.info(ONE_SPLIT)
    used = summary.get("test_rows_used", 0)
    line = st.container(horizontal=True)
    if used:
        line.error(
            f"Test rows used in fitting: {used:,}. These scores are not to be trusted.",
            icon=":material/warning:",
        )
    else:
        line.markdown(
            ":material/verified: **Test rows used in fitting: 0** (every fit's rows "
            "were checked)"
        )
    cells = found.scores.drop_duplicates(
        ["dataset", "sampler", "classifier", "repeat", "fold"]
    )
    line.markdown(f":material/grid_on: {len(cells):,} cells")
    if summary.get("duplicate_rows"):
        line.markdown(
            f":material/content_copy: up to {summary['duplicate_rows']:,} test rows "
            "equal a training row (duplicates)"
        )
    failed = cells[cells["error"] != ""]
    if len(failed):
        with st.expander(f"{len(failed)} cells failed; the others stand"):
            columns = ["dataset", "sampler", "classifier", "repeat", "fold", "error"]
            figures.table(failed[columns], name="failed-cells", key="compare.failed")


def verdict(found, table, metric, dataset):
    """The answer first: sentences, then intervals, then every fold."""
    baseline = found.baseline
    mine = table[(table["metric"] == metric) & (table["dataset"] == dataset)]
    for word, frame in compare.split_by_verdict(mine).items():
        if frame.empty:
            continue
        icon = {"better": ":material/trending_up:", "worse": ":material/trending_down:"}
        show = [
            f"- {layout.plain(compare.in_words(row, baseline))}"
            for _, row in frame.iterrows()
        ]
        text = f"{icon.get(word, ':material/remove:')} **{word.capitalize()}**\n\n"
        st.markdown(text + "\n".join(show[:6]))
        if len(show) > 6:
            with st.expander(f"{len(show) - 6} more"):
                st.markdown("\n".join(show[6:]))
    _against_mlsmote(found, metric, dataset)
    if (mine["verdict"] != "baseline").any():
        figures.figure(
            charts.differences(mine, metric, baseline),
            data=mine,
            name=f"{dataset}-{metric}-differences",
            alt=f"Paired differences in {metric} to {baseline} with their intervals.",
            key="compare.differences",
        )
    scores = found.scores[found.scores["dataset"] == dataset]
    figures.figure(
        charts.folds(scores, mine, metric),
        data=scores[(scores["metric"] == metric) & (scores["label"] == "")],
        name=f"{dataset}-{metric}-folds",
        alt=f"{metric} of every fold as a dot, by classifier and sampler.",
        key="compare.folds_chart",
    )


def _against_mlsmote(found, metric, dataset):
    """The usual second question, whatever the baseline: better than MLSMOTE?"""
    usual = "MLSMOTE"
    others = [s for s in found.samplers if s not in (usual, "none")]
    if usual not in found.samplers or found.baseline == usual or not others:
        return
    table = verdicts(found.run.id, found.run.finished, usual, 0.95, found.scores)
    mine = table[
        (table["metric"] == metric)
        & (table["dataset"] == dataset)
        & table["sampler"].isin(others)
    ]
    lines = [
        f"- {layout.plain(compare.in_words(row, usual))}" for _, row in mine.iterrows()
    ]
    with st.expander(f"Against {usual}", expanded=len(lines) <= 4):
        st.markdown("\n".join(lines))


def before_after_table(table, dataset, name):
    """All metrics and arms with their evidence."""
    mine = table[table["dataset"] == dataset]
    compared = mine[mine["verdict"] != "baseline"]
    mine = mine if compared.empty else compared
    shown = pd.DataFrame(
        {
            "metric": mine["metric"],
            "sampler": mine["sampler"],
            "classifier": mine["classifier"],
            "before": mine["baseline_mean"],
            "sd before": mine["baseline_sd"],
            "after": mine["mean"],
            "sd after": mine["sd"],
            "difference": mine["difference"],
            "95 % from": mine["low"],
            "to": mine["high"],
            "p": mine["p"],
            "p (Holm)": mine["p_holm"],
            "effect": mine["effect"],
            "pairs": mine["pairs"],
            "verdict": mine["verdict"].map(lambda v: ICONS.get(v, v)),
            "better is": mine["better"],
        }
    )
    number = st.column_config.NumberColumn
    plain = ("before", "sd before", "after", "sd after", "p", "p (Holm)")
    config = dict.fromkeys(plain, number(format="%.3f"))
    config |= dict.fromkeys(("difference", "95 % from", "to"), number(format="%+.3f"))
    config["effect"] = number(
        format="%+.2f", help="Mean difference over its standard deviation"
    )
    figures.table(shown, name=name, key="compare.table", column_config=config)


def overview(table, dataset, metrics):
    """Arms x metrics: arrows where a difference is shown, the difference itself."""
    mine = table[
        (table["dataset"] == dataset)
        & (table["verdict"] != "baseline")
        & table["metric"].isin(metrics)
    ]
    signs = {"better": "▲", "worse": "▼", "not shown": "·", "no scores": ""}
    cells = [
        f"{signs[v]} {compare.signed(d)}" if pd.notna(d) else "no scores"
        for v, d in zip(mine["verdict"], mine["difference"], strict=True)
    ]
    wide = mine.assign(cell=cells).pivot_table(
        index=["sampler", "classifier"],
        columns="metric",
        values="cell",
        aggfunc="first",
        sort=False,
    )
    wide = wide.reindex(columns=[m for m in metrics if m in wide.columns])
    figures.table(wide.reset_index(), name="overview", key="compare.overview")
    st.caption(
        "▲ better and ▼ worse than the baseline, shown at 5 % after Holm's correction; "
        "a dot is a difference that is not shown. For losses, lower is better."
    )


def estimate_in_words(run):
    """What a pilot found out about the time of the whole."""
    seconds = run.summary.get("seconds_left")
    if seconds is None or not seconds > 0:
        return None
    return f"About {theme.seconds(seconds)} for the splits that are left."
