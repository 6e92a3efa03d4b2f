"""The map with its selection, as the latent page puts it together."""

import numpy as np
import streamlit as st

from aemlo import selection
from aemlo.charts import latent, latent_details, theme
from aemlo.embedding import trained
from aemlo.ui import parts, state
from aemlo.ui.latent_view import (
    FEATURE,
    LABEL,
    MOST_LINKED,
    OWN_COLOURS,
    SPACE_NAMES,
    TITLES,
)

TABLE_ROWS = 2_000
READING = """\
**Near means alike; far means little.** UMAP keeps each row's nearest neighbours and \
gives up the rest: the gap between two islands, an island's size and its density are \
not measurements, and the axes have no unit. A row that sits between two islands may \
belong to either. Check what you see with another space, with PCA (where far does mean \
different, along two directions only), and with the colours “trustworthiness” and \
“preservation”."""


def slot(view, what):
    """The session's name for something remembered of this run."""
    return f"latent.{what}.{view.run.id}"


def chosen(view):
    """Ids of the rows selected on this run's pictures."""
    return st.session_state.get(slot(view, "rows"), np.empty(0, dtype=int))


def hidden(view):
    """Ids of the rows left out of this run's data."""
    return st.session_state.get(slot(view, "hidden"), np.empty(0, dtype=int))


def choose(view, rows, marked):
    """Select rows; `marked` says whether the map must ring them (it does not show what
    was chosen by lasso twice)."""
    st.session_state[slot(view, "rows")] = np.asarray(rows, dtype=int)
    st.session_state[slot(view, "marked")] = (
        np.asarray(rows, dtype=int) if marked else np.empty(0, dtype=int)
    )


def colour_controls(view, key):
    """Choose what to colour by: (colour, column of label or feature, name)."""
    known = view.known
    first, second = st.columns(2)
    colour = first.selectbox(
        "Colour by",
        view.colours(),
        index=view.colours().index(LABEL),
        format_func=lambda name: TITLES.get(name, name),
        key=f"{key}.colour",
        persist_state="session",
        help="Shapes stay: circles are real rows, diamonds synthetic ones.",
    )
    if colour == LABEL:
        names = known.dataset.label_names
        of = second.selectbox(
            "Label",
            range(len(names)),
            index=view.rarest_label(),
            format_func=lambda j: names[j],
            key=f"{key}.label.{view.run.id}",
        )
        return colour, of, names[of]
    if colour == FEATURE:
        features = [feature.name for feature in known.dataset.features]
        of = second.selectbox(
            "Feature",
            range(len(features)),
            format_func=lambda j: features[j],
            key=f"{key}.feature.{view.run.id}",
        )
        return colour, of, features[of]
    second.caption(OWN_COLOURS[colour])
    return colour, None, TITLES.get(colour, colour)


def trust_line(view, space):
    """How far the UMAP picture of a space can be trusted, in words."""
    picture = view.frame(space)
    if picture is None:
        return
    known, kept = (picture[name].mean() for name in trained.TRUST)
    placed = int(picture["placed"].sum())
    some = (
        f" {placed:,} of {len(picture):,} rows were too many to fit and were placed "
        "between their nearest fitted rows."
        if placed
        else ""
    )
    st.caption(
        f"Trustworthiness {theme.number(known)}: neighbours here are neighbours in "
        f"truth (1 is perfect). Neighbourhood preservation {theme.number(kept)}: the "
        f"share of true neighbours still near.{some}"
    )


def explore(workspace, view, space, method, dimensions, key="latent"):
    """The map, what is selected on it, and the same rows in the other spaces."""
    map_name = f"{key}.map"

    @st.fragment
    def explorer():
        colour, of, name = colour_controls(view, key)
        draw_map(view, space, method, dimensions, colour, of, name, map_name)
        if method == "UMAP":
            trust_line(view, space)
        search(view, key)
        rows = chosen(view)
        linked = st.container()
        if len(rows):
            selected(view, rows, key)
        what_is_left(view, workspace, key)
        with linked:
            other_spaces(view, space, method, colour, of, name, key)

    explorer()


def draw_map(view, space, method, dimensions, colour, of, name, key):
    """One selectable map."""
    picture = view.picture(space, method, dimensions)
    away = hidden(view)
    points, left_out = view.points(picture, colour, of, name, away)
    marked = st.session_state.get(slot(view, "marked"), ())
    lines = None
    if len(marked) and len(marked) <= 50:
        lines = selection.family(view.known.provenance, marked)
    notes = []
    if left_out:
        notes.append(f"{left_out:,} rows of frequent labels are not drawn.")
    if len(away):
        notes.append(f"{len(away):,} rows left out.")
    figure = latent.latent_map(
        points,
        name,
        method=method,
        note=" ".join(notes),
        marked=marked,
        lines=lines,
    )
    chart = f"{key}.{view.run.id}.{space}.{method}.{dimensions}.{colour}.{of}"
    flat = dimensions == 2
    selecting = {
        "on_select": lambda: take_selection(view, chart),
        "selection_mode": ("lasso", "box"),
    }
    parts.figure(
        figure,
        data=points,
        name=f"{space}-{method.lower()}",
        alt=f"{SPACE_NAMES[space]}: {latent.map_title(points, name)}",
        key=chart,
        **(selecting if flat else {}),
    )
    if not flat:
        st.caption("Turn it with the mouse. Select on the flat map, or by row number.")


def take_selection(view, chart):
    """Remember what the lasso holds."""
    rows = selection.chosen_rows(st.session_state.get(chart))
    choose(view, rows, marked=False)


def search(view, key):
    """Select rows by their numbers, or those that landed outside; clear."""
    n = view.known.dataset.n

    def find():
        st.session_state[f"{key}.problem"] = None
        try:
            rows = selection.searched_rows(st.session_state[f"{key}.search"], n)
        except selection.DataError as problem:
            st.session_state[f"{key}.problem"] = str(problem)
            return
        choose(view, rows, marked=True)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            f"Find rows (0 to {n - 1})",
            key=f"{key}.search",
            placeholder="17, 20-25",
            on_change=find,
            help="Synthetic rows follow the real ones.",
            width=260,
        )
        strayed = view.frame("rows")
        if strayed is not None and strayed["outside"].any():
            rows = np.setdiff1d(strayed.loc[strayed["outside"], "row"], hidden(view))
            st.button(
                f"Select the {len(rows):,} synthetic rows outside their label's region",
                key=f"{key}.outside",
                on_click=choose,
                args=(view, rows, True),
                disabled=not len(rows),
                help="In features: in no ball around a real row with the label they "
                "were made for that reaches to its fifth nearest such row.",
            )
        if len(chosen(view)):
            st.button(
                "Clear the selection",
                key=f"{key}.clear",
                on_click=choose,
                args=(view, [], True),
            )
        if len(hidden(view)):
            st.button(
                "Bring back the rows left out",
                key=f"{key}.back",
                on_click=st.session_state.pop,
                args=(slot(view, "hidden"), None),
            )
    if st.session_state.get(f"{key}.problem"):
        st.error(parts.plain(st.session_state[f"{key}.problem"]))
    elif not len(chosen(view)):
        st.caption("Draw a loop or a box on the map to see which rows are in it.")


def selected(view, rows, key):
    """All there is to say about the selected rows."""
    known = view.known
    new = known.synthetic[rows]
    st.subheader(
        f"{len(rows):,} rows selected: {int((~new).sum()):,} real, {int(new.sum()):,} "
        "synthetic"
    )
    shown = rows[:TABLE_ROWS]
    table = selection.table(known.dataset, view.properties, shown)
    parts.table(
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
        parts.figure(
            latent_details.label_shares(counts),
            data=counts,
            name="labels-of-the-selection",
            alt="Share of each label in the selection and in all rows",
            key=f"{key}.labels",
        )
    features = selection.different_features(
        known.dataset.X, rows, [f.name for f in known.dataset.features]
    )
    with right:
        parts.figure(
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
        parts.csv_button(
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
            args=(view, np.setdiff1d(np.arange(known.dataset.n), rows), "selection"),
            help="Makes them the data set that all pages speak of.",
        )


def leave_out(view, rows):
    """Take rows off the map and out of what is downloaded."""
    st.session_state[slot(view, "hidden")] = rows
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
    known = view.known
    dataset, _ = selection.without(known.dataset, known.provenance, without)
    name = f"{known.dataset.name}, {what}"
    st.session_state["latent.dataset_to_use"] = dataset.take(
        np.arange(dataset.n), name=name
    )


def what_is_left(view, workspace, key):
    """After rows were left out: download the rest, or go on with it."""
    waiting = st.session_state.pop("latent.dataset_to_use", None)
    if waiting is not None:
        workspace.use(waiting)
        # The run belongs to the data set before: keep it on the page by its address.
        state.show(view.run.id)
        st.session_state["latent.used"] = waiting.name
        st.rerun()
    used = st.session_state.get("latent.used")
    if used == workspace.dataset.name:
        st.success(f"{parts.plain(used)} is now the data set in use on all pages.")
        st.page_link("pages/imbalance.py", label="See its imbalance")
    away = hidden(view)
    if not len(away):
        return
    known = view.known
    rest = np.setdiff1d(np.arange(known.dataset.n), away)
    new = int(known.synthetic[rest].sum())
    st.markdown(
        f"**{len(away):,} rows left out.** What stays: {len(rest) - new:,} real and "
        f"{new:,} synthetic rows."
    )
    with st.container(horizontal=True):
        parts.csv_button(
            lambda: whole_table(view, rest),
            name="kept-rows",
            key=f"{key}.rest",
            label="Download the rest (CSV)",
        )
        st.button(
            "Go on with the rest",
            key=f"{key}.use_rest",
            on_click=use_rows,
            args=(view, away, f"{len(away)} rows left out"),
            help="Makes it the data set that all pages speak of.",
        )
    st.caption(
        "Synthetic rows were made from all the rows of the run: do not cross-validate "
        "this table as it is. The Compare page resamples inside each fold."
    )


def one_row(view, rows, key):
    """A closer look at one of the selected rows: its neighbours and its parents."""
    known = view.known
    st.subheader("One row closely")
    row = st.selectbox(
        "Row",
        rows[:TABLE_ROWS],
        format_func=lambda r: (
            f"{'synthetic ' if known.synthetic[r] else ''}row {r}: "
            f"{theme.short(view.properties['labels'][r], 60)}"
        ),
        key=f"{key}.one",
    )
    row = int(row if row is not None else rows[0])
    spaces = {"latent": known.codes, "features": view.scaled}
    near = selection.nearest_rows(row, spaces, k=min(8, known.dataset.n - 1))
    near["kind"] = np.where(known.synthetic[near["row"]], "synthetic", "real")
    near["labels"] = view.properties["labels"].to_numpy()[near["row"]]
    left, right = st.columns(2)
    for column, space in ((left, "latent"), (right, "features")):
        with column:
            st.markdown(f"Nearest in {SPACE_NAMES[space].lower()}")
            st.dataframe(
                near[near["space"] == space].drop(columns="space"),
                hide_index=True,
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
        parts.figure(
            latent_details.beside_parents(frame),
            data=frame,
            name=f"row-{row}-and-its-parents",
            alt=f"Features of synthetic row {row} and of its parents",
            key=f"{key}.parents",
        )


def other_spaces(view, space, method, colour, of, name, key):
    """The other spaces side by side, with the selection ringed."""
    others = [other for other in SPACE_NAMES if other != space]
    rows = chosen(view)
    views, left_out = {}, 0
    for other in others:
        picture = view.picture(other, method, 2)
        way = method
        if picture is None or "z" in picture:
            picture, way = view.picture(other, "PCA", 2), "PCA"
        away = hidden(view)
        points, left_out = view.points(
            picture, colour, of, name, away, most=MOST_LINKED
        )
        if left_out:
            extra = np.setdiff1d(rows, points["row"])[:MOST_LINKED]
            whole, _ = view.points(
                picture[picture["row"].isin(extra)], colour, of, name, away
            )
            points = latent.joined(points, whole)
        views[f"{SPACE_NAMES[other]}, {way}"] = points
    parts.figure(
        latent.linked_views(views, name, marked=rows),
        data=next(iter(views.values())),
        name="linked-views",
        alt="The same rows in the other spaces, the selection ringed",
        key=f"{key}.linked.{view.run.id}",
    )
    note = "The selection is ringed." if len(rows) else ""
    if left_out:
        note += f" {left_out:,} rows of frequent labels are not drawn in these two."
    if note:
        st.caption(note)
