"""What a finished resampling run left: labels, the map of rows, quality, decisions."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from aemlo.charts import resample as charts
from aemlo.errors import RunError
from aemlo.store import Run
from aemlo.ui import figures, layout, resampled_rows, runs
from aemlo.ui.state import Workspace
from aemlo.wording import count

MOST_NOTES = 8
THREE_DECIMALS = st.column_config.NumberColumn(format="%.3f")


class Result:
    """A finished run's rows: before and after, where they came from, card and map.

    `before` and `resampled` are Datasets, `synthetic` (n,) says which rows of
    `resampled` are new, `provenance` has a row for each of them and `rows` one for each
    new row; `card`, `map` and `events` are frames.
    """

    def __init__(self, workspace: Workspace, run: Run) -> None:
        self.workspace, self.run = workspace, run
        self.sampler: str = run.spec["sampler"]
        self.folder = workspace.store.folder(run.id)
        self.before = workspace.store.dataset(run.dataset)
        self.resampled, self.provenance = resampled_rows.load(
            run.id, run.finished, self.folder
        )
        self.rows, self.map, self.card = _report(run.id, run.finished, self.folder)
        self.synthetic = (self.provenance["origin"] < 0).to_numpy()
        self.events = workspace.store.events(run.id)

    @property
    def decisions(self) -> pd.DataFrame | None:
        """AutoSMOTE's decisions, or None."""
        path = self.folder / "decisions.parquet"
        return pd.read_parquet(path) if path.exists() else None

    def label(self, j: int) -> str:
        """A label's name, "no one label" for -1."""
        return "no one label" if j < 0 else self.resampled.label_names[int(j)]

    def parents(self, row: int) -> list[int]:
        """Where the parents of a new row are among the returned rows."""
        origin = self.provenance["origin"].to_numpy()
        places = [np.flatnonzero(origin == p) for p in self.provenance["parents"][row]]
        return [int(place[0]) for place in places if len(place)]

    def chosen(self) -> int | None:
        """The new row that was chosen to be looked at, or None."""
        row = st.session_state.get(self._key)
        return row if row in self.rows.index else None

    def choose(self, row: int) -> None:
        """Choose a new row to be looked at."""
        st.session_state[self._key] = row

    @property
    def _key(self) -> str:
        return f"resample.row.{self.run.id}"


@st.cache_data(max_entries=8, show_spinner=False)
def _report(
    run_id: str, finished: float | None, _folder: Path
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """(rows, map, card) that the run wrote after it had made its rows."""
    if not (_folder / "map.parquet").exists():
        raise RunError("This run ended before its rows were looked at. Repeat it.")
    return (
        pd.read_parquet(_folder / "rows.parquet"),
        pd.read_parquet(_folder / "map.parquet"),
        pd.read_csv(_folder / "card.csv"),
    )


def live(workspace: Workspace) -> Callable[[Run], None]:
    """A function that draws the curves of a sampler that learns."""

    def draw(run: Run) -> None:
        events = workspace.store.events(run.id)
        if not len(events):
            return
        curves = events.set_index("step")
        shares = [c for c in curves.columns if c not in ("loss", "mean k")]
        left, right = st.columns(2)
        left.line_chart(curves[["loss"]], x_label="epoch", y_label="loss", height=240)
        right.line_chart(
            curves[shares], x_label="epoch", y_label="share of decisions", height=240
        )

    return draw


def key_numbers(result: Result) -> None:
    """Rows, MeanIR and labelsets before and after in large type, and the notes."""
    summary = result.run.summary
    with st.container(horizontal=True):
        st.metric("Rows made", count(summary["rows_made"]))
        rows = summary["rows_after"] - summary["rows_before"]
        st.metric("Rows in all", count(summary["rows_after"]), f"{rows:+,}")
        resampled_rows.mean_ir(summary)
        sets = [len(np.unique(d.Y, axis=0)) for d in (result.before, result.resampled)]
        st.metric("Labelsets", count(sets[1]), f"{sets[1] - sets[0]:+,}")
    for note in summary.get("notes", [])[:MOST_NOTES]:
        st.caption(layout.plain(note))


def labels(result: Result) -> None:
    """IRLbl or positives of each label, before and after."""
    measure = st.segmented_control(
        "Measure",
        ["IRLbl", "positives"],
        default="IRLbl",
        required=True,
        key="resample.measure",
    )
    resampled_rows.before_and_after(
        result.before,
        result.resampled,
        result.sampler,
        measure,
        name=f"{measure}-before-after",
        alt=f"{measure} of each label before and after, as paired bars.",
        key="resample.before_after",
    )


def points(result: Result) -> pd.DataFrame:
    """The frame that `charts.where` draws."""
    origin = result.provenance["origin"].to_numpy()
    place = {o: i for i, o in enumerate(origin) if o >= 0}
    made_for = result.provenance["label"].to_numpy()
    names = [
        f"row {count(i)}, made for {result.label(made_for[i])}"
        if new
        else f"row {count(i)} (original {count(origin[i])})"
        for i, new in enumerate(result.synthetic)
    ]
    return result.map.assign(
        is_synthetic=result.synthetic,
        position=np.arange(len(origin)),
        name=names,
        parents=[
            tuple(place[p] for p in group if p in place)
            for group in result.provenance["parents"]
        ],
    )


def where(result: Result) -> None:
    """The map of all rows; a click on a new row chooses it."""
    frame = points(result)
    chosen = result.chosen()
    only = st.checkbox(
        "Lines of all new rows", value=chosen is None, key="resample.all"
    )
    fig = charts.where(frame, result.sampler, chosen=None if only else chosen)
    event = figures.figure(
        fig,
        data=frame.drop(columns="parents"),
        name="rows-map",
        alt="Real and synthetic rows on two principal components, with parents.",
        key="resample.map",
        on_select="rerun",
        selection_mode="points",
    )
    st.caption(
        "The plane keeps only two directions of many: rows that look alike here may "
        "differ in others. Click a new row, then look at it under A row."
    )
    for point in event.selection.points if event else []:
        data = point.get("customdata")
        row = data[0] if isinstance(data, list | tuple) else data
        if row is not None and result.synthetic[int(row)]:
            result.choose(int(row))


def card(result: Result) -> None:
    """The quality card of a result."""
    resampled_rows.quality_card(result.card, key="resample.card")


def side_by_side(result: Result) -> None:
    """Choose runs on the same data, and compare their rows with those of `result`."""
    workspace, run = result.workspace, result.run
    done = [
        other
        for other in workspace.runs("resample")
        if other.state == "done" and other.dataset == run.dataset
    ]
    by_id = {other.id: other for other in [run, *done]}
    lines = runs.run_labels(by_id.values())
    picked = st.multiselect(
        "Runs",
        list(by_id),
        default=list(by_id)[:4],
        format_func=lambda run_id: lines[run_id],
        key="resample.beside",
    )
    if picked:
        results = [Result(workspace, by_id[i]) for i in picked]
        names = [f"{k}. {result.run.title}" for k, result in enumerate(results, 1)]
        _measure_side_by_side(results, names)
        _tables_side_by_side(results, names)


def _measure_side_by_side(results: Sequence[Result], names: Sequence[str]) -> None:
    """One measure of the quality cards of several runs, as a chart."""
    shares = list(results[0].card["measure"])
    measure = st.selectbox(
        "Measure", shares, index=shares.index("label agreement"), key="resample.side"
    )
    figures_of_runs = [
        result.card.set_index("measure").loc[measure].iloc[:2] for result in results
    ]
    table = pd.DataFrame(
        {
            "run": names,
            "sampler": [result.sampler for result in results],
            "value": [synthetic for synthetic, _ in figures_of_runs],
            "real": [real for _, real in figures_of_runs],
        }
    )
    figures.figure(
        charts.side_by_side(table, measure),
        data=table,
        name="side-by-side",
        alt=f"{measure} of the synthetic rows of each run.",
        key="resample.side.figure",
    )


def _tables_side_by_side(results: Sequence[Result], names: Sequence[str]) -> None:
    """Size and balance of several runs, and their whole quality cards."""
    summary = pd.DataFrame(
        {
            "run": names,
            "rows": [r.resampled.n for r in results],
            "rows made": [r.run.summary["rows_made"] for r in results],
            "MeanIR": [r.run.summary["mean_ir_after"] for r in results],
            "labelsets": [len(np.unique(r.resampled.Y, axis=0)) for r in results],
            "cardinality": [float(r.resampled.Y.sum(axis=1).mean()) for r in results],
        }
    )
    figures.table(
        summary,
        name="runs",
        key="resample.side.runs",
        column_config={"MeanIR": THREE_DECIMALS, "cardinality": THREE_DECIMALS},
    )
    cards = pd.DataFrame(
        {name: r.card["synthetic"] for name, r in zip(names, results, strict=True)}
    )
    cards.insert(0, "measure", results[0].card["measure"])
    cards["real rows"] = results[0].card["real"]
    figures.table(
        cards,
        name="cards",
        key="resample.side.cards",
        column_config=dict.fromkeys(cards.columns[1:], THREE_DECIMALS),
    )


def decisions(result: Result) -> None:
    """AutoSMOTE's decisions, row by row or cohort by cohort; nothing where none."""
    table = result.decisions
    if table is None:
        return
    table = table.assign(label=[result.label(j) for j in table["label"]])
    if (table["cohort"] >= 0).any():
        each = st.segmented_control(
            "Show", ["cohorts", "rows"], default="cohorts", required=True
        )
        if each == "cohorts":
            table = _by_cohort(table)
    st.caption(
        "Who takes part, with how many neighbours, and how they are joined: what the "
        "networks decided, with their probabilities. A reading of the paper."
    )
    figures.table(
        table,
        name="decisions",
        key="resample.decisions",
        column_config={
            "participation": _two_decimals("takes part"),
            "k_probability": _two_decimals("k, how surely"),
            "aggregation_probability": _two_decimals("aggregation, how surely"),
            "rows_made": "rows made",
        },
    )
    if len(result.events):
        figures.figure(
            charts.learning(result.events),
            data=result.events,
            name="learning",
            alt="Loss and shares of the decisions by epoch.",
            key="resample.learning",
        )


def _by_cohort(table: pd.DataFrame) -> pd.DataFrame:
    """The decisions of each cohort, which all its rows share."""
    return table.groupby(["label", "cohort"], as_index=False).agg(
        rows=("row", "size"),
        participation=("participation", "first"),
        k=("k", "first"),
        k_probability=("k_probability", "first"),
        aggregation=("aggregation", "first"),
        aggregation_probability=("aggregation_probability", "first"),
        rows_made=("rows_made", "sum"),
    )


def _two_decimals(title: str) -> Any:
    return st.column_config.NumberColumn(title, format="%.2f")
