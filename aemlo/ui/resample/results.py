"""What the resample page is made of: settings, preview, results, one row closely."""

import numpy as np
import pandas as pd
import streamlit as st

from aemlo import imbalance
from aemlo.charts import resample as charts
from aemlo.charts import theme
from aemlo.charts.imbalance_change import before_after
from aemlo.errors import RunError
from aemlo.imbalance import change
from aemlo.jobs import resampling_results
from aemlo.ui import figures as ui_figures
from aemlo.ui import layout, state
from aemlo.ui.resampled_rows import quality_card


def start(workspace, title, settings, seed):
    """Queue a run of the sampler on the data set in use, and show it."""
    spec = {"sampler": title, "settings": settings, "seed": seed}
    state.show(workspace.enqueue("resample", title, spec))
    st.rerun()


class Result:
    """A finished run's rows: before, after, where from, the card, the map."""

    def __init__(self, workspace, run):
        self.run, self.sampler = run, run.spec["sampler"]
        self.folder = workspace.store.folder(run.id)
        self.before = workspace.store.dataset(run.dataset)
        self.made, self.provenance = _rows(run.id, run.finished, self.folder)
        self.rows, self.map, self.card = _looks(run.id, run.finished, self.folder)
        self.synthetic = (self.provenance["origin"] < 0).to_numpy()
        self.events = workspace.store.events(run.id)

    @property
    def decisions(self):
        """AutoSMOTE's decisions, or None."""
        path = self.folder / "decisions.parquet"
        return pd.read_parquet(path) if path.exists() else None

    def label(self, j):
        """A label's name, "no one label" for -1."""
        return "no one label" if j < 0 else self.made.label_names[int(j)]

    def labels_of(self, row):
        """Names of the labels that a returned row has."""
        return [self.made.label_names[j] for j in np.flatnonzero(self.made.Y[row])]

    def position(self, original):
        """Where an original row is among the returned rows."""
        found = np.flatnonzero(self.provenance["origin"].to_numpy() == original)
        return int(found[0]) if len(found) else None


@st.cache_data(max_entries=8, show_spinner=False)
def _rows(run_id, finished, _folder):
    return resampling_results.load(_folder)


@st.cache_data(max_entries=8, show_spinner=False)
def _looks(run_id, finished, _folder):
    if not (_folder / "map.parquet").exists():
        raise RunError("This run ended before its rows were looked at. Repeat it.")
    return (
        pd.read_parquet(_folder / "rows.parquet"),
        pd.read_parquet(_folder / "map.parquet"),
        pd.read_csv(_folder / "card.csv"),
    )


def live(workspace):
    """A function that draws the curves of a sampler that learns."""

    def draw(run):
        events = workspace.store.events(run.id)
        if not len(events):
            return
        curves = events.set_index("step")
        shares = [c for c in curves.columns if c not in ("loss", "mean k")]
        loss, decided = st.columns(2)
        loss.line_chart(curves[["loss"]], x_label="epoch", y_label="loss", height=240)
        decided.line_chart(
            curves[shares], x_label="epoch", y_label="share of decisions", height=240
        )

    return draw


def figures(result):
    """Rows and MeanIR before and after, as large figures, and the notes."""
    summary = result.run.summary
    with st.container(horizontal=True):
        st.metric("Rows made", theme.count(summary["rows_made"]))
        rows = summary["rows_after"] - summary["rows_before"]
        st.metric("Rows in all", theme.count(summary["rows_after"]), f"{rows:+,}")
        st.metric(
            "MeanIR",
            theme.number(summary["mean_ir_after"]),
            f"{summary['mean_ir_after'] - summary['mean_ir_before']:+.3f}",
            delta_color="inverse",
            help="Lower is more balanced.",
        )
        sets = [len(np.unique(d.Y, axis=0)) for d in (result.before, result.made)]
        st.metric("Labelsets", theme.count(sets[1]), f"{sets[1] - sets[0]:+,}")
    for note in summary.get("notes", [])[:8]:
        st.caption(layout.plain(note))


def labels(result):
    """IRLbl or positives of each label, before and after."""
    measure = st.segmented_control(
        "Measure",
        ["IRLbl", "positives"],
        default="IRLbl",
        required=True,
        key="resample.measure",
    )
    table = change.before_after(
        result.before.Y, result.made.Y, result.before.label_names
    )
    fig = before_after(
        table,
        measure,
        after=result.sampler,
        colour=theme.sampler_colour(result.sampler),
        mean=imbalance.mean_ir(result.before.Y) if measure == "IRLbl" else None,
    )
    ui_figures.figure(
        fig,
        data=table,
        name=f"{measure}-before-after",
        alt=f"{measure} of each label before and after, as paired bars.",
        key="resample.before_after",
    )


def points(result):
    """The frame that `charts.where` draws."""
    origin = result.provenance["origin"].to_numpy()
    place = {o: i for i, o in enumerate(origin) if o >= 0}
    made_for = result.provenance["label"].to_numpy()
    names = [
        f"row {i:,}, made for {result.label(made_for[i])}"
        if new
        else f"row {i:,} (original {origin[i]:,})"
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


def where(result):
    """The map of all rows; a click on a new row chooses it."""
    frame = points(result)
    chosen = st.session_state.get(f"resample.row.{result.run.id}")
    only = st.checkbox(
        "Lines of all new rows", value=chosen is None, key="resample.all"
    )
    fig = charts.where(frame, result.sampler, chosen=None if only else chosen)
    event = ui_figures.figure(
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
            st.session_state[f"resample.row.{result.run.id}"] = int(row)


def card(result):
    """The quality card of a result."""
    quality_card(result.card, key="resample.card")


def side_by_side(workspace, results):
    """Quality cards and balance of several runs on the same data."""
    shares = list(results[0].card["measure"])
    measure = st.selectbox(
        "Measure", shares, index=shares.index("label agreement"), key="resample.side"
    )
    rows = [
        (
            f"{k}. {r.run.title}",
            r.sampler,
            *r.card.set_index("measure").loc[measure].iloc[:2],
        )
        for k, r in enumerate(results, 1)
    ]
    table = pd.DataFrame(rows, columns=["run", "sampler", "value", "real"])
    ui_figures.figure(
        charts.side_by_side(table, measure),
        data=table,
        name="side-by-side",
        alt=f"{measure} of the synthetic rows of each run.",
        key="resample.side.figure",
    )
    summary = pd.DataFrame(
        {
            "run": [f"{k}. {r.run.title}" for k, r in enumerate(results, 1)],
            "rows": [r.made.n for r in results],
            "rows made": [r.run.summary["rows_made"] for r in results],
            "MeanIR": [r.run.summary["mean_ir_after"] for r in results],
            "labelsets": [len(np.unique(r.made.Y, axis=0)) for r in results],
            "cardinality": [float(r.made.Y.sum(axis=1).mean()) for r in results],
        }
    )
    cards = pd.DataFrame(
        {f"{k}. {r.run.title}": r.card["synthetic"] for k, r in enumerate(results, 1)}
    )
    cards.insert(0, "measure", results[0].card["measure"])
    cards["real rows"] = results[0].card["real"]
    three = st.column_config.NumberColumn(format="%.3f")
    ui_figures.table(
        summary,
        name="runs",
        key="resample.side.runs",
        column_config={"MeanIR": three, "cardinality": three},
    )
    ui_figures.table(
        cards,
        name="cards",
        key="resample.side.cards",
        column_config=dict.fromkeys(cards.columns[1:], three),
    )


def decisions(result):
    """AutoSMOTE's decisions, row by row or cohort by cohort."""
    table = result.decisions.assign(
        label=lambda t: [result.label(j) for j in t["label"]]
    )
    if (table["cohort"] >= 0).any():
        each = st.segmented_control(
            "Show", ["cohorts", "rows"], default="cohorts", required=True
        )
        if each == "cohorts":
            table = table.groupby(["label", "cohort"], as_index=False).agg(
                rows=("row", "size"),
                participation=("participation", "first"),
                k=("k", "first"),
                k_probability=("k_probability", "first"),
                aggregation=("aggregation", "first"),
                aggregation_probability=("aggregation_probability", "first"),
                rows_made=("rows_made", "sum"),
            )
    st.caption(
        "Who takes part, with how many neighbours, and how they are joined: what the "
        "networks decided, with their probabilities. A reading of the paper."
    )
    two = {"format": "%.2f"}
    ui_figures.table(
        table,
        name="decisions",
        key="resample.decisions",
        column_config={
            "participation": st.column_config.NumberColumn("takes part", **two),
            "k_probability": st.column_config.NumberColumn("k, how surely", **two),
            "aggregation_probability": st.column_config.NumberColumn(
                "aggregation, how surely", **two
            ),
            "rows_made": "rows made",
        },
    )
    if len(result.events):
        ui_figures.figure(
            charts.learning(result.events),
            data=result.events,
            name="learning",
            alt="Loss and shares of the decisions by epoch.",
            key="resample.learning",
        )
