"""The map with its selection, as the latent page puts it together."""

import numpy as np
import streamlit as st

from aemlo.charts import latent, theme
from aemlo.latent import selection, trained
from aemlo.ui import figures, layout, runs
from aemlo.ui.latent.selection import (
    choose,
    chosen,
    hidden,
    leave_out,
    selected,
    version,
    what_is_left,
)
from aemlo.ui.latent.view import (
    FEATURE,
    LABEL,
    MOST_LINKED,
    OWN_COLOURS,
    SPACE_NAMES,
    TITLES,
    View,
    embedding_runs,
    settings_of,
    variance_of,
)
from aemlo.wording import counted

# Texts that never change: Streamlit tells options by them.
GROUPS = {
    "outside": "synthetic, outside its region",
    "synthetic": "synthetic, made for it",
    "real": "real, with it",
}
READING = """\
**Near means alike; far means little.** UMAP keeps each row's nearest neighbours and \
gives up the rest: the gap between two islands, an island's size and its density are \
not measurements, and the axes have no unit. A row that sits between two islands may \
belong to either. Check what you see with another space, with PCA (where far does mean \
different, along two directions only), and with the colours “trustworthiness” and \
“preservation”."""


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
        bind="query-params",
        help="Shapes stay: circles are real rows, diamonds synthetic ones.",
    )
    if colour == LABEL:
        names = runs.distinct(known.dataset.label_names)
        of = second.selectbox(
            "Label",
            range(len(names)),
            index=view.rarest_label(),
            format_func=lambda j: names[j],
            key=f"{key}.label.{view.run.id}",
        )
        return colour, of, names[of]
    if colour == FEATURE:
        features = runs.distinct(f.name for f in known.dataset.features)
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
        "**Near means alike; far means little:** gaps between islands, their size and "
        f"density are not measurements. Trustworthiness {theme.number(known)}: "
        "neighbours here are neighbours in truth (1 is perfect). Neighbourhood "
        f"preservation {theme.number(kept)}: the share of true neighbours still "
        f"near.{some}"
    )


def variance_line(view, space, dimensions):
    """How much of what there is PCA can show, in words."""
    share = variance_of(view.run.id, view.run.finished, space, dimensions)
    st.caption(
        f"**Far means different here; near may mean little:** these {dimensions} "
        f"directions hold {100 * share:.0f} % of the variance. Rows that differ in "
        "others only lie together."
    )


def flat_view(workspace, view):
    """The View of the same run with a picture in the plane, if one was computed: a
    picture in space has none to lay beside it."""
    for one in embedding_runs(workspace, view.run):
        if one.progress and settings_of(one)["dimensions"] == 2:
            return View(view.run, one)
    return view


def explore(workspace, view, space, method, dimensions, key="latent"):
    """The map, what is selected on it, and the same rows in the other spaces."""
    map_name = f"{key}.map"

    @st.fragment
    def explorer():
        colour, of, name = colour_controls(view, key)
        draw_map(view, space, method, dimensions, colour, of, name, map_name)
        if method == "UMAP":
            trust_line(view, space)
        else:
            variance_line(view, space, dimensions)
        search(view, key, of if colour == LABEL else None)
        if dimensions == 2 and not len(chosen(view)):
            st.caption("Draw a loop or a box on the map to see which rows are in it.")
        rows = chosen(view)
        linked = st.container()
        if len(rows):
            selected(view, rows, key)
        what_is_left(view, workspace, key)
        with linked:
            flat = flat_view(workspace, view) if dimensions == 3 else view
            other_spaces(flat, space, method, colour, of, name, key)

    explorer()


def draw_map(view, space, method, dimensions, colour, of, name, key):
    """One selectable map."""
    picture = view.picture(space, method, dimensions)
    away = hidden(view)
    points, left_out = view.points(picture, colour, of, name, away)
    chart = f"{key}.{view.run.id}.{space}.{method}.{dimensions}.{colour}.{of}"
    chart += f".{version(view)}"
    # A lasso shows what it holds; rows chosen elsewhere, or before, are ringed.
    by_lasso = len(selection.chosen_rows(st.session_state.get(chart)))
    marked = np.empty(0, dtype=int) if by_lasso else chosen(view)
    lines = None
    if 0 < len(marked) <= latent.MANY:
        lines = selection.family(view.known.provenance, marked)
    notes = []
    if left_out:
        notes.append(f"{left_out:,} rows of frequent labels are not drawn.")
    placed = int(picture["placed"].sum()) if "placed" in picture else 0
    if placed:
        notes.append(f"{counted(placed, 'row')} placed among the nearest fitted ones.")
    if len(away):
        notes.append(f"{counted(len(away), 'row')} left out.")
    if len(marked) > latent.MANY:
        notes.append(f"{len(marked):,} rows selected: the others are faint.")
    figure = latent.latent_map(
        points,
        name,
        method=method,
        note=" ".join(notes),
        marked=marked,
        lines=lines,
    )
    flat = dimensions == 2
    selecting = {
        "on_select": lambda: take_selection(view, chart),
        "selection_mode": ("lasso", "box"),
    }
    figures.figure(
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


def search(view, key, of=None):
    """Select rows by their numbers, or by label and kind; clear. `of` is the label the
    map is coloured by, if any."""
    n = view.known.dataset.n

    def find():
        st.session_state[f"{key}.problem"] = None
        try:
            rows = selection.searched_rows(st.session_state[f"{key}.search"], n)
            away = np.intersect1d(rows, hidden(view))
            if len(away):
                raise selection.DataError(
                    f"{len(away):,} of these rows are left out, row {away[0]} the "
                    "first. Bring them back, or name others."
                )
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
            width=180,
        )
        by_label(view, key, of)
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
                on_click=leave_out,
                args=(view, []),
            )
    if st.session_state.get(f"{key}.problem"):
        st.error(layout.plain(st.session_state[f"{key}.problem"]))


def by_label(view, key, of):
    """Select the rows of a label: real ones, those made for it, those outside."""
    names = runs.distinct(view.known.dataset.label_names)
    label = st.selectbox(
        "or rows of",
        range(-1, len(names)),
        index=0 if of is None else of + 1,
        format_func=lambda j: "any label" if j < 0 else names[j],
        key=f"{key}.whose.{view.run.id}.{of}",
        width=180,
    )

    groups = {
        kind: np.setdiff1d(rows, hidden(view))
        for kind, rows in view.groups(None if label < 0 else label).items()
    }
    which = st.selectbox(
        "that are",
        list(groups),
        format_func=GROUPS.get,
        key=f"{key}.which",
        width=300,
        help="Synthetic rows count with the label they were made for (made for none: "
        "their rarest), real ones with each they have. Outside, in features: in no "
        "ball around a real row with that label that reaches to its fifth nearest one.",
    )
    rows = groups[which]
    st.button(
        f"Select {counted(len(rows), 'row')}" if len(rows) else "There are none",
        key=f"{key}.take",
        on_click=choose,
        args=(view, rows, True),
        disabled=not len(rows),
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
    figures.figure(
        latent.linked_views(views, name, marked=rows),
        data=next(iter(views.values())),
        name="linked-views",
        alt="The same rows in the other spaces, the selection marked",
        key=f"{key}.linked.{view.run.id}",
    )
    many = len(rows) > latent.MANY
    stands_out = "The selection stands out." if many else "The selection is ringed."
    note = stands_out if len(rows) else ""
    if left_out:
        note += f" {left_out:,} rows of frequent labels are not drawn in these two."
    if note:
        st.caption(note)
