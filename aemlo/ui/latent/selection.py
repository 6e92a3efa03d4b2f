"""What is selected on the latent map: remembered, shown, exported, left out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from aemlo import provenance
from aemlo.arrays import Rows
from aemlo.charts import latent_details, theme
from aemlo.dataset import Dataset
from aemlo.latent import selection
from aemlo.latent.trained import Trained
from aemlo.ui import figures, layout, state
from aemlo.ui.latent.view import SPACE_NAMES, View
from aemlo.ui.state import Workspace
from aemlo.wording import count, counted

TABLE_ROWS = 2_000
"""Selected rows in the table, at most."""
TABLE_FEATURES = 40
"""Features in the table, at most."""


def slot(view: View, what: str) -> str:
    """The session's name for something remembered of this run."""
    return f"latent.{what}.{view.run.id}"


def chosen(view: View) -> Rows:
    """Ids of the rows selected on this run's pictures."""
    return _remembered(view, "rows")


def hidden(view: View) -> Rows:
    """Ids of the rows that the visitor left out of this run's data."""
    return _remembered(view, "hidden")


def _remembered(view: View, what: str) -> Rows:
    """Ids stored under a name, read from the store once a session: a reload, another
    tab or a restart loses no selection."""
    name = slot(view, what)
    if name not in st.session_state:
        stored = state.store().marked(state.identity(), view.run.id, what)
        rows = np.asarray(stored or [], dtype=int)
        # A run resumed since may have made other rows.
        st.session_state[name] = rows[rows < view.known.dataset.n]
    return st.session_state[name]


def _remember(view: View, what: str, rows: Rows | Sequence[int]) -> None:
    ids = np.asarray(rows, dtype=int)
    st.session_state[slot(view, what)] = ids
    state.store().mark(state.identity(), view.run.id, what, ids.tolist() or None)


def version(view: View) -> int:
    """How often the map was drawn again so that a lasso disappears."""
    return st.session_state.get(slot(view, "version"), 0)


def choose(view: View, rows: Rows | Sequence[int], marked: bool) -> None:
    """Select rows.

    `marked` means that this was not done by a lasso on the map; the map is then drawn
    again without its last lasso.
    """
    _remember(view, "rows", rows)
    if marked:
        st.session_state[slot(view, "version")] = version(view) + 1


def selected(view: View, rows: Rows, key: str) -> None:
    """Everything about the selected rows: table, labels, features, one row."""
    known = view.known
    new = known.synthetic[rows]
    st.subheader(
        f"{counted(len(rows), 'row')} selected: {count((~new).sum())} real, "
        f"{count(new.sum())} synthetic"
    )
    shown = rows[:TABLE_ROWS]
    table = selection.table(known.dataset, view.properties, shown, TABLE_FEATURES)
    figures.table(
        table,
        name="selected-rows",
        key=f"{key}.table",
        height=min(380, 40 + 35 * len(shown)),
    )
    more = []
    if len(rows) > TABLE_ROWS:
        more.append(f"the first {count(TABLE_ROWS)} of {count(len(rows))} rows")
    features = len(known.dataset.features)
    if features > TABLE_FEATURES:
        more.append(f"the first {TABLE_FEATURES} of {count(features)} features")
    if more:
        st.caption(f"Shown: {' and '.join(more)}. The downloads below have them all.")
    actions(view, rows, key)
    _what_sets_them_apart(view, rows, key)
    one_row(view, rows, key)


def _what_sets_them_apart(view: View, rows: Rows, key: str) -> None:
    """Labels and features of the selected rows beside those of the others."""
    dataset = view.known.dataset
    left, right = st.columns(2)
    counts = selection.label_counts(dataset.Y, rows, dataset.label_names)
    with left:
        figures.figure(
            latent_details.label_shares(counts),
            data=counts,
            name="labels-of-the-selection",
            alt="Share of each label in the selection and in all rows",
            key=f"{key}.labels",
        )
    features = selection.different_features(dataset, rows)
    with right:
        figures.figure(
            latent_details.feature_gaps(features),
            data=features,
            name="features-of-the-selection",
            alt="Features whose mean differs most between the selection and the rest",
            key=f"{key}.features",
        )


def actions(view: View, rows: Rows, key: str) -> None:
    """Download the selection, leave it out, or make it the data set in use."""
    known = view.known
    leave = np.union1d(hidden(view), rows)
    with st.container(horizontal=True):
        figures.csv_button(
            lambda: full_table(view, rows),
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
            help="Takes them off the map; then download the rest, or use it.",
        )
        st.button(
            "Use only these rows",
            key=f"{key}.use",
            icon=":material/filter_alt:",
            on_click=use_rows,
            args=(view, np.setdiff1d(np.arange(known.dataset.n), rows), "selected"),
            help="Makes them the data set in use on all pages.",
        )


def leave_out(view: View, rows: Rows | Sequence[int]) -> None:
    """Take rows off the map and out of what is downloaded; none brings them back."""
    _remember(view, "hidden", rows)
    choose(view, [], True)


def full_table(view: View, rows: Rows) -> pd.DataFrame:
    """All columns of some rows: id, labels as 0 and 1, provenance, features."""
    known = view.known
    table = selection.table(known.dataset, view.properties, rows, features=None)
    for j, name in enumerate(known.dataset.label_names):
        table[f"label {name}" if name in table else name] = known.dataset.Y[rows, j]
    return table


def use_rows(view: View, without: Rows, what: str) -> None:
    """Make the run's rows, without some, the data set in use.

    `what` is how the remaining rows are called: "selected" or "kept".
    """
    known, run = view.known, view.run
    how = f"{run.spec.get('sampler', 'AEMLO')}, run {run.id}"
    left, _ = selection.without(known.noted(how), known.provenance, without)
    named = selection.renamed(left, *_named(known, left, what))
    st.session_state["latent.dataset_to_use"] = provenance.way_back(named, run.dataset)


def _named(known: Trained, left: Dataset, what: str) -> tuple[str, str]:
    """(name of the rows that are left, the part of it about synthetic rows)."""
    name = provenance.unstated(known.dataset).name
    synthetic = int(provenance.synthetic(left).sum())
    if what == "selected":
        of_them = f", {count(synthetic)} of them synthetic" if synthetic else ""
        return f"{name}, {counted(left.n, 'row')} selected{of_them}", of_them
    missing = int((~known.synthetic).sum()) - (left.n - synthetic)
    more = f" with {counted(synthetic, 'synthetic row')}" if synthetic else ""
    less = f", {counted(missing, 'real row')} left out" if missing > 0 else ""
    return f"{name}{more}{less}", more


def use(workspace: Workspace, view: View, dataset: Dataset) -> None:
    """Make `dataset` the one in use, and draw the page again with the same run."""
    workspace.use_made_from(view.run, dataset)
    # The run belongs to the earlier data set: its address keeps it on the page.
    state.show(view.run.id)
    st.session_state["latent.used"] = workspace.dataset.content_hash
    st.toast(f"In use now: {layout.plain(dataset.name)}", icon=":material/check:")
    st.rerun()


def now_in_use(workspace: Workspace) -> None:
    """A note where a data set made on this page is the one in use."""
    dataset = workspace.dataset
    if st.session_state.get("latent.used") == dataset.content_hash:
        name = layout.plain(dataset.name)
        st.success(f"{name} is now the data set in use on all pages.")
        st.page_link("pages/imbalance.py", label="See its imbalance")


def what_is_left(view: View, workspace: Workspace, key: str) -> None:
    """After rows were left out: download the rest, or make it the data set in use."""
    waiting = st.session_state.pop("latent.dataset_to_use", None)
    if waiting is not None:
        use(workspace, view, waiting)
    now_in_use(workspace)
    left_out = hidden(view)
    if not len(left_out):
        return
    known = view.known
    rest = np.setdiff1d(np.arange(known.dataset.n), left_out)
    new = int(known.synthetic[rest].sum())
    st.markdown(
        f"**{counted(len(left_out), 'row')} left out.** Remaining: "
        f"{count(len(rest) - new)} real and {counted(new, 'synthetic row')}."
    )
    with st.container(horizontal=True):
        figures.csv_button(
            lambda: full_table(view, rest),
            name="kept-rows",
            key=f"{key}.rest",
            label="Download the rest (CSV)",
        )
        st.button(
            "Use the rest",
            key=f"{key}.use_rest",
            on_click=use_rows,
            args=(view, left_out, "kept"),
            help="Makes it the data set in use on all pages.",
        )
    st.caption(
        "Synthetic rows were made from all the rows of the run: do not cross-validate "
        "this table as it is. The Compare page resamples inside each fold."
    )


def one_row(view: View, rows: Rows, key: str) -> None:
    """One of the selected rows in detail: its neighbours and its parents."""
    known, labels = view.known, view.properties["labels"].to_numpy()
    st.subheader("One row in detail")
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
    by_space = {space: near[near["space"] == space] for space in spaces}
    for column, (space, rows_near) in zip(st.columns(2), by_space.items(), strict=True):
        with column:
            st.markdown(f"Nearest in {SPACE_NAMES[space].lower()}")
            figures.table(
                rows_near.drop(columns="space"),
                name=f"nearest-{space}",
                key=f"{key}.near.{space}",
                column_config={
                    "distance": st.column_config.NumberColumn(format="%.3f")
                },
            )
    parents = known.provenance["parents"][row] if known.synthetic[row] else ()
    with st.container(horizontal=True):
        for space, rows_near in by_space.items():
            st.button(
                f"Select it and its neighbours in {SPACE_NAMES[space].lower()}",
                key=f"{key}.take.{space}",
                on_click=choose,
                args=(view, np.union1d([row], rows_near["row"]), True),
            )
        if known.synthetic[row]:
            st.button(
                "Show it with its parents on the map",
                key=f"{key}.family",
                on_click=choose,
                args=(view, np.array([row, *parents]), True),
            )
    if len(parents):
        _with_its_parents(known, row, key)


def _with_its_parents(known: Trained, row: int, key: str) -> None:
    """Features of a synthetic row and of its parents."""
    names = [feature.name for feature in known.dataset.features]
    frame = selection.beside_parents(known.dataset.X, names, known.provenance, row)
    figures.figure(
        latent_details.beside_parents(frame),
        data=frame,
        name=f"row-{row}-and-its-parents",
        alt=f"Features of synthetic row {row} and of its parents",
        key=f"{key}.parents",
    )
