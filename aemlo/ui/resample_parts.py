"""What the resample page is made of: settings, preview, results, one row closely."""

import numpy as np
import pandas as pd
import streamlit as st

from aemlo import imbalance, params, quality
from aemlo.charts import resample as charts
from aemlo.charts import theme
from aemlo.charts.imbalance_change import before_after
from aemlo.errors import RunError
from aemlo.formats import WRITERS, to_bytes
from aemlo.imbalance import change
from aemlo.jobs import resampled
from aemlo.samplers import SAMPLERS
from aemlo.ui import forms, parts, training_results

ELSEWHERE = ("none", "AEMLO", "AEMLO-paper")
MOST_FEATURES = 25
TITLES = tuple(title for title in SAMPLERS if title not in ELSEWHERE)


def settings_form(dataset):
    """Sampler, its settings and a seed; returns (title, settings, seed)."""
    title = st.selectbox(
        "Sampler",
        TITLES,
        index=TITLES.index("MLSMOTE"),
        key="resample.sampler",
        help="AEMLO has a page of its own: Train.",
    )
    settings = forms.param_form(
        SAMPLERS[title], key="resample", labels=dataset.label_names
    )
    seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="resample.seed")
    return title, settings, int(seed)


def about(title):
    """One paragraph on a sampler: idea, when it helps, when it harms, source."""
    cls = SAMPLERS[title]
    st.markdown(
        f"**{parts.plain(title)}.** {parts.plain(cls.idea)}\n\n"
        f"**Helps:** {parts.plain(cls.helps)}\n\n"
        f"**Harms:** {parts.plain(cls.harms)}"
    )
    st.caption(parts.plain(cls.source))


def preview(dataset, title, settings, seed):
    """Expected counts per label before running; a sentence where none can be said."""
    sampler = params.build(SAMPLERS[title], settings, random_state=seed)
    table = _preview(
        dataset.content_hash, title, repr(settings), seed, dataset, sampler
    )
    if table is None:
        st.caption("What this sampler does hangs on the features: run it to see.")
        return
    changed = table[table["positives_after"] != table["positives"]]
    rows = int(table["rows_for_label"].sum())
    made = f"; {rows:,} rows are made for a label" if rows else ""
    st.caption(f"Expected: {len(changed):,} of {len(table):,} labels change{made}.")
    with st.expander("Expected counts per label"):
        parts.table(
            table.rename(
                columns={
                    "rows_for_label": "rows made for it",
                    "positives_after": "positives after",
                    "IRLbl_after": "IRLbl after",
                }
            ),
            name="preview",
            key="resample.preview",
            column_config={
                "IRLbl": st.column_config.NumberColumn(format="%.3g"),
                "IRLbl after": st.column_config.NumberColumn(format="%.3g"),
                "positives after": st.column_config.NumberColumn(format="%.0f"),
            },
        )


@st.cache_data(max_entries=32, show_spinner="Counting")
def _preview(_key, title, settings, seed, _dataset, _sampler):
    labels = pd.DataFrame(_dataset.Y, columns=list(_dataset.label_names))
    return _sampler.preview(labels)


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
    return resampled.load(_folder)


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
        st.caption(parts.plain(note))


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
    parts.figure(
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
    event = parts.figure(
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


def one_row(result):
    """A new row beside its parents and its nearest real row."""
    if not len(result.rows):
        st.info("This run made no new rows.")
        return
    order = st.segmented_control(
        "Begin with the rows that",
        ["were made first", "agree least with their neighbours", "lie farthest out"],
        default="agree least with their neighbours",
        required=True,
        key="resample.order",
    )
    by = {"agree": ("agreement", True), "lie": ("distance", False)}
    ranked = result.rows
    if order.split()[0] in by:
        column, rising = by[order.split()[0]]
        ranked = ranked.sort_values(column, ascending=rising, kind="stable")
    table = ranked.assign(label=[result.label(j) for j in ranked["label"]])
    key = f"resample.row.{result.run.id}"
    picked = parts.table(
        table.reset_index(names="row").drop(columns="nearest"),
        name="new-rows",
        key="resample.rows",
        height=240,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "label": "made for",
            "is_copy": "copy of a real row",
            "repeated": "made before",
            "distance": st.column_config.NumberColumn(
                "to nearest real row", format="%.3f"
            ),
            "outside": "features out of range",
            "agreement": st.column_config.NumberColumn(
                "label agreement", format="%.2f"
            ),
        },
    )
    if picked.selection.rows:
        st.session_state[key] = int(ranked.index[picked.selection.rows[0]])
    row = st.session_state.get(key, int(ranked.index[0]))
    if row not in result.rows.index:
        row = int(ranked.index[0])
    _beside(result, row)


def _beside(result, row):
    told, source = result.rows.loc[row], result.provenance.loc[row]
    parents = [result.position(p) for p in source["parents"]][:3]
    parents = [p for p in parents if p is not None]
    nearest = int(told["nearest"])
    columns = {f"new row {row:,}": row}
    columns |= {f"parent {k + 1} (row {p:,})": p for k, p in enumerate(parents)}
    columns[f"nearest real (row {nearest:,})"] = nearest
    st.markdown(
        f"#### Row {row:,}, made for {parts.plain(result.label(told['label']))}"
    )
    st.markdown(why(result, told, source, parents))
    left, right = st.columns([2, 3], gap="large")
    with left:
        parts.table(_labels_beside(result, columns), name="labels", key="resample.lab")
    table, differing = _features_beside(result, columns)
    with right:
        fig = charts.beside(
            table,
            list(columns),
            f"{differing:,} of {result.made.X.shape[1]:,} features differ between the "
            f"new row and its parents; {len(table):,} that differ most",
        )
        parts.figure(
            fig,
            data=table,
            name=f"row-{row}",
            alt="Features of the new row, its parents and its nearest real row.",
            key="resample.beside",
        )


def why(result, told, source, parents):
    """In words: how a new row came about, and how likely it looks."""
    words = []
    if told["is_copy"]:
        whose = "its parent" if len(parents) == 1 else "a real row"
        words.append(f"Its features are a copy of {whose}'s.")
    if len(parents) > 1:
        step = source["weight"]
        how = (
            "a step drawn for each feature"
            if np.isnan(step)
            else f"a step of {step:.2f}"
        )
        words.append(f"It lies between its {len(parents)} parents, by {how}.")
    real = result.card.set_index("measure").at[
        "distance to the nearest real row", "real"
    ]
    words.append(
        f"Its nearest real row is {told['distance']:.3f} away (real rows: median "
        f"{real:.3f}); its labels agree {100 * told['agreement']:.0f} % with those of "
        "the 5 nearest real rows."
    )
    if told["labels"] == 0:
        words.append("It has no label.")
    if told["outside"]:
        words.append(f"{told['outside']:,} features are out of the real rows' range.")
    return " ".join(words)


def _labels_beside(result, columns):
    Y = result.made.Y[list(columns.values())]
    any_has = np.flatnonzero(Y.any(axis=0))
    frame = pd.DataFrame(
        {name: np.where(Y[k, any_has] > 0, "yes", "") for k, name in enumerate(columns)}
    )
    frame.insert(0, "label", [result.made.label_names[j] for j in any_has])
    return frame


def _features_beside(result, columns):
    X = result.made.X[list(columns.values())]
    X = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    all_X = result.made.X
    low, high = all_X.min(axis=0), all_X.max(axis=0)
    low, high = (
        (np.asarray(v.todense()).ravel() if hasattr(v, "todense") else np.asarray(v))
        for v in (low, high)
    )
    span = np.where(high > low, high - low, 1.0)
    X = (X - low) / span
    spread = np.abs(X[1:] - X[0]).max(axis=0)
    far = np.argsort(-spread, kind="stable")[:MOST_FEATURES]
    far = far[spread[far] > 0] if (spread > 0).any() else far[:5]
    frame = pd.DataFrame({name: X[k, far] for k, name in enumerate(columns)})
    frame.insert(0, "feature", [result.made.feature_names[j] for j in far])
    parents = X[1:-1] if len(X) > 2 else X[1:]
    return frame, int((np.abs(parents - X[0]) > 1e-12).any(axis=0).sum())


def card(result):
    """The quality card as a table."""
    parts.table(
        result.card,
        name="quality-card",
        key="resample.card",
        column_config={
            "synthetic": st.column_config.NumberColumn("new rows", format="%.3f"),
            "real": st.column_config.NumberColumn("real rows", format="%.3f"),
            "meaning": st.column_config.TextColumn(width="large"),
        },
    )


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
    parts.figure(
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
    parts.table(
        summary,
        name="runs",
        key="resample.side.runs",
        column_config={"MeanIR": three, "cardinality": three},
    )
    parts.table(
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
    parts.table(
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
        parts.figure(
            charts.learning(result.events),
            data=result.events,
            name="learning",
            alt="Loss and shares of the decisions by epoch.",
            key="resample.learning",
        )


def keep_and_take(result):
    """Rules that turn new rows away, and the rows that are left as files."""
    rows = result.rows
    st.markdown("**Reject new rows by rule**")
    with st.container(horizontal=True):
        rules = {
            name: st.checkbox(text, key=f"resample.rule.{name}")
            for name, text in (
                ("copies", "copies of a real row"),
                ("repeated", "repeated new rows"),
                ("unlabelled", "rows without a label"),
                ("outside", "features out of range"),
            )
        }
    left, right = st.columns(2)
    most = float(rows["distance"].max()) if len(rows) else 0.0
    if most > 0:
        farthest = left.slider(
            "Farthest from a real row", 0.0, most, most, key="resample.rule.farthest"
        )
        rules["farthest"] = farthest if farthest < most else None
    least = right.slider(
        "Least agreement of labels", 0.0, 1.0, 0.0, key="resample.rule.agreement"
    )
    rules["agreement"] = least or None
    made_for = [j for j in np.unique(rows["label"]) if j >= 0]
    rules["labels"] = st.multiselect(
        "Leave out rows made for",
        made_for,
        format_func=result.label,
        key="resample.rule.labels",
    )
    out = quality.rejected(rows, **rules)
    keep = np.ones(result.made.n, dtype=bool)
    keep[rows.index[out]] = False
    st.markdown(
        f"{int(out.sum()):,} of {len(rows):,} new rows are rejected; "
        f"{int(keep.sum()):,} rows are left."
    )
    _downloads(result, keep)


def _downloads(result, keep):
    form = st.selectbox("Format", list(WRITERS), key="resample.format")
    kept = result.made.take(np.flatnonzero(keep))
    mark = result.synthetic[keep]
    stem = training_results._stem(result.run.dataset_name)
    with st.container(horizontal=True):
        for suffix in training_results.to_suffixes(
            form, result.made, result.synthetic, result.run.id
        ):
            st.download_button(
                f"Download {suffix}",
                data=lambda s=suffix: to_bytes(kept, form, mark)[s],
                file_name=f"{stem}-resampled{suffix}",
                key=f"resample.download{suffix}",
                on_click="ignore",
                icon=":material/download:",
            )
        parts.csv_button(
            lambda: _written(result.provenance[keep], result),
            name=f"{stem}-provenance",
            key="resample.provenance",
            label="Download provenance (CSV)",
        )
    st.caption(
        "The column is_synthetic marks new rows; the provenance has a line for each "
        "row of the file: its origin, or its parents and the label it was made for. "
        "**Do not cross-validate this file:** rows made from a test row would be "
        "trained on. Resample inside each fold instead, as Compare does."
    )


def _written(provenance, result):
    return provenance.assign(
        parents=[" ".join(map(str, p)) for p in provenance["parents"]],
        label=[result.label(j) if j >= 0 else "" for j in provenance["label"]],
    )
