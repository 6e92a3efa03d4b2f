"""What is selected on the latent map: remembered, shown, exported, left out."""

import numpy as np
import streamlit as st

from aemlo import provenance
from aemlo.charts import latent_details, theme
from aemlo.latent import selection
from aemlo.ui import figures, layout, state
from aemlo.ui.latent.view import SPACE_NAMES
from aemlo.wording import counted

TABLE_ROWS = 2_000


def slot(view, what):
    """The session's name for something remembered of this run."""
    return f"latent.{what}.{view.run.id}"


def chosen(view):
    """Ids of the rows selected on this run's pictures."""
    return _remembered(view, "rows")


def hidden(view):
    """Ids of the rows left out of this run's data."""
    return _remembered(view, "hidden")


def _remembered(view, what):
    """Ids kept under a name, read from the store once a session: a reload, another tab
    or a restart loses no selection."""
    name = slot(view, what)
    if name not in st.session_state:
        kept = state.store().marked(state.identity(), view.run.id, what)
        rows = np.asarray(kept or [], dtype=int)
        # A run resumed since may have made other rows.
        st.session_state[name] = rows[rows < view.known.dataset.n]
    return st.session_state[name]


def _remember(view, what, rows):
    rows = np.asarray(rows, dtype=int)
    st.session_state[slot(view, what)] = rows
    kept = rows.tolist() or None
    state.store().mark(state.identity(), view.run.id, what, kept)


def version(view):
    """How often the map was drawn anew to be rid of a lasso."""
    return st.session_state.get(slot(view, "version"), 0)


def choose(view, rows, marked):
    """Select rows; `marked` says that it was not by a lasso on the map, which then is
    drawn anew without its last one."""
    _remember(view, "rows", rows)
    if marked:
        st.session_state[slot(view, "version")] = version(view) + 1


def selected(view, rows, key):
    """All there is to say about the selected rows."""
    known = view.known
    new = known.synthetic[rows]
    st.subheader(
        f"{counted(len(rows), 'row')} selected: {int((~new).sum()):,} real, "
        f"{int(new.sum()):,} synthetic"
    )
    shown = rows[:TABLE_ROWS]
    table = selection.table(known.dataset, view.properties, shown)
    figures.table(
        table,
        name="selected-rows",
        key=f"{key}.table",
        height=min(380, 40 + 35 * len(shown)),
    )
    more = []
    if len(rows) > TABLE_ROWS:
        more.append(f"the first {TABLE_ROWS:,} of {len(rows):,} rows")
    if len(known.dataset.features) > 40:
        more.append(f"the first 40 of {len(known.dataset.features):,} features")
    if more:
        st.caption(f"Shown: {' and '.join(more)}. The downloads below have them all.")
    actions(view, rows, key)
    left, right = st.columns(2)
    names = known.dataset.label_names
    counts = selection.label_counts(known.dataset.Y, rows, names)
    with left:
        figures.figure(
            latent_details.label_shares(counts),
            data=counts,
            name="labels-of-the-selection",
            alt="Share of each label in the selection and in all rows",
            key=f"{key}.labels",
        )
    features = selection.different_features(known.dataset, rows)
    with right:
        figures.figure(
            latent_details.feature_gaps(features),
            data=features,
            name="features-of-the-selection",
            alt="Features whose mean differs most between the selection and the rest",
            key=f"{key}.features",
        )
    one_row(view, rows, key)


def actions(view, rows, key):
    """Export the selection, leave it out, or go on with it."""
    known = view.known
    leave = np.union1d(hidden(view), rows)
    with st.container(horizontal=True):
        figures.csv_button(
            lambda: whole_table(view, rows),
            name="selection",
            key=f"{key}.export",
            label="Download these rows (CSV)",
        )
        st.button(
            "Leave these rows out",
            key=f"{key}.leave",
            icon=":material/visibility_off:",
            on_click=leave_out,
            args=(view, leave),
            disabled=len(leave) >= known.dataset.n,
            help="Takes them off the map; then download the rest or go on with it.",
        )
        st.button(
            "Go on with these rows alone",
            key=f"{key}.use",
            icon=":material/filter_alt:",
            on_click=use_rows,
            args=(view, np.setdiff1d(np.arange(known.dataset.n), rows), "selected"),
            help="Makes them the data set that all pages speak of.",
        )


def leave_out(view, rows):
    """Take rows off the map and out of what is downloaded; none brings them back."""
    _remember(view, "hidden", rows)
    choose(view, [], True)


def whole_table(view, rows):
    """All columns of some rows: id, labels as 0 and 1, provenance, features."""
    known = view.known
    table = selection.table(known.dataset, view.properties, rows, features=None)
    for j, name in enumerate(known.dataset.label_names):
        table[f"label {name}" if name in table else name] = known.dataset.Y[rows, j]
    return table


def use_rows(view, without, what):
    """Make the run's rows, without some, the data set in use."""
    known, run = view.known, view.run
    how = f"{run.spec.get('sampler', 'AEMLO')}, run {run.id}"
    left, _ = selection.without(known.noted(how), known.provenance, without)
    named = selection.renamed(left, *_named(known, left, what))
    st.session_state["latent.dataset_to_use"] = provenance.way_back(named, run.dataset)


def _named(known, left, what):
    """(name of the rows that are left, the part of it about synthetic rows)."""
    name = provenance.unstated(known.dataset).name
    count = int(provenance.synthetic(left).sum())
    if what == "selected":
        of_them = f", {count:,} of them synthetic" if count else ""
        return f"{name}, {counted(left.n, 'row')} selected{of_them}", of_them
    missing = int((~known.synthetic).sum()) - (left.n - count)
    more = f" with {counted(count, 'synthetic row')}" if count else ""
    less = f", {counted(missing, 'real row')} left out" if missing > 0 else ""
    return f"{name}{more}{less}", more


def use(workspace, view, dataset):
    """Make `dataset` the one in use, and draw the page again with the same run."""
    workspace.use_made_from(view.run, dataset)
    # The run belongs to the data set before: its address keeps it on the page.
    state.show(view.run.id)
    st.session_state["latent.used"] = dataset.name
    st.toast(f"In use now: {layout.plain(dataset.name)}", icon=":material/check:")
    st.rerun()


def now_in_use(workspace):
    """Say that a data set made on this page is the one in use."""
    used = st.session_state.get("latent.used")
    if used == workspace.dataset.name:
        st.success(f"{layout.plain(used)} is now the data set in use on all pages.")
        st.page_link("pages/imbalance.py", label="See its imbalance")


def what_is_left(view, workspace, key):
    """After rows were left out: download the rest, or go on with it."""
    waiting = st.session_state.pop("latent.dataset_to_use", None)
    if waiting is not None:
        use(workspace, view, waiting)
    now_in_use(workspace)
    away = hidden(view)
    if not len(away):
        return
    known = view.known
    rest = np.setdiff1d(np.arange(known.dataset.n), away)
    new = int(known.synthetic[rest].sum())
    st.markdown(
        f"**{counted(len(away), 'row')} left out.** What stays: "
        f"{len(rest) - new:,} real and {new:,} synthetic rows."
    )
    with st.container(horizontal=True):
        figures.csv_button(
            lambda: whole_table(view, rest),
            name="kept-rows",
            key=f"{key}.rest",
            label="Download the rest (CSV)",
        )
        st.button(
            "Go on with the rest",
            key=f"{key}.use_rest",
            on_click=use_rows,
            args=(view, away, "kept"),
            help="Makes it the data set that all pages speak of.",
        )
    st.caption(
        "Synthetic rows were made from all the rows of the run: do not cross-validate "
        "this table as it is. The Compare page resamples inside each fold."
    )


def one_row(view, rows, key):
    """A closer look at one of the selected rows: its neighbours and its parents."""
    known, labels = view.known, view.properties["labels"].to_numpy()
    st.subheader("One row closely")
    row = st.selectbox(
        "Row",
        rows[:TABLE_ROWS],
        format_func=lambda r: (
            f"{'synthetic ' if known.synthetic[r] else ''}row {r}: "
            f"{theme.short(labels[r], 60)}"
        ),
        key=f"{key}.one",
    )
    row = int(row if row is not None else rows[0])
    spaces = {"latent": known.codes, "features": view.scaled}
    near = selection.nearest_rows(row, spaces, k=min(8, known.dataset.n - 1))
    near["kind"] = np.where(known.synthetic[near["row"]], "synthetic", "real")
    near["labels"] = labels[near["row"]]
    left, right = st.columns(2)
    for column, space in ((left, "latent"), (right, "features")):
        with column:
            st.markdown(f"Nearest in {SPACE_NAMES[space].lower()}")
            figures.table(
                near[near["space"] == space].drop(columns="space"),
                name=f"nearest-{space}",
                key=f"{key}.near.{space}",
                column_config={
                    "distance": st.column_config.NumberColumn(format="%.3f")
                },
            )
    with st.container(horizontal=True):
        for space in spaces:
            near_here = near.loc[near["space"] == space, "row"].to_numpy()
            st.button(
                f"Select it and its neighbours in {SPACE_NAMES[space].lower()}",
                key=f"{key}.take.{space}",
                on_click=choose,
                args=(view, np.union1d([row], near_here), True),
            )
        if known.synthetic[row]:
            st.button(
                "Show it with its parents on the map",
                key=f"{key}.family",
                on_click=choose,
                args=(view, np.array([row, *known.provenance["parents"][row]]), True),
            )
    if known.synthetic[row] and len(known.provenance["parents"][row]):
        names = [feature.name for feature in known.dataset.features]
        frame = selection.beside_parents(known.dataset.X, names, known.provenance, row)
        figures.figure(
            latent_details.beside_parents(frame),
            data=frame,
            name=f"row-{row}-and-its-parents",
            alt=f"Features of synthetic row {row} and of its parents",
            key=f"{key}.parents",
        )
