"""The map with its selection, as the Latent space page puts it together."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from aemlo.arrays import Rows
from aemlo.charts import latent, theme
from aemlo.errors import DataError
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
    COLOURS,
    FEATURE,
    LABEL,
    MOST_LINKED,
    SPACE_NAMES,
    TITLES,
    View,
    embedding_runs,
    settings_of,
    variance_of,
)
from aemlo.ui.state import Workspace
from aemlo.wording import count, counted

# Texts that never change: Streamlit identifies options by them.
GROUPS = {
    "outside": "synthetic, outside its region",
    "synthetic": "synthetic, made for it",
    "real": "real, with it",
}
READING = """\
**Near means alike; far means little.** UMAP keeps each row's nearest neighbours, \
but no other distances: the gap between two islands, an island's size and its density \
are not measurements, and the axes have no unit. A row between two islands may \
belong to either. Check what you see with another space, with PCA (where far means \
different, along two directions only), and with the colours “trustworthiness” and \
“preservation”."""


class Colour(NamedTuple):
    """What a map is coloured by: a way, the label or feature chosen, and its name."""

    by: str
    of: int | None
    name: str


def colour_controls(view: View, key: str) -> Colour:
    """Choose what to colour by."""
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
        return Colour(colour, of, names[of])
    if colour == FEATURE:
        features = runs.distinct(f.name for f in known.dataset.features)
        of = second.selectbox(
            "Feature",
            range(len(features)),
            format_func=lambda j: features[j],
            key=f"{key}.feature.{view.run.id}",
        )
        return Colour(colour, of, features[of])
    second.caption(COLOURS[colour])
    return Colour(colour, None, TITLES.get(colour, colour))


def trust_line(view: View, space: str) -> None:
    """How far the UMAP picture of a space can be trusted, in words."""
    picture = view.frame(space)
    if picture is None:
        return
    trust, preserved = (picture[name].mean() for name in trained.TRUST)
    placed = int(picture["placed"].sum())
    fitted = (
        f" {count(placed)} of {count(len(picture))} rows were too many to fit and were "
        "placed between their nearest fitted rows."
        if placed
        else ""
    )
    st.caption(
        "**Near means alike; far means little:** gaps between islands, their size and "
        f"density are not measurements. Trustworthiness {theme.number(trust)}: "
        "neighbours here are true neighbours (1 is perfect). Neighbourhood "
        f"preservation {theme.number(preserved)}: the share of true neighbours still "
        f"near.{fitted}"
    )


def variance_line(view: View, space: str, dimensions: int) -> None:
    """How much of what there is PCA can show, in words."""
    share = variance_of(view.run.id, view.run.finished, space, dimensions)
    st.caption(
        f"**Far means different here; near may mean little:** these {dimensions} "
        f"directions hold {100 * share:.0f} % of the variance. Rows that differ only "
        "in other directions lie together."
    )


def flat_view(workspace: Workspace, view: View) -> View:
    """The View of the same run with a picture in the plane, if one was computed.

    A picture in space has none beside it.
    """
    for embed in embedding_runs(workspace, view.run):
        if embed.progress and settings_of(embed)["dimensions"] == 2:
            return View(view.run, embed)
    return view


def explore(
    workspace: Workspace,
    view: View,
    space: str,
    method: str,
    dimensions: int,
    key: str = "latent",
) -> None:
    """The map, what is selected on it, and the same rows in the other spaces."""

    @st.fragment
    def explorer() -> None:
        colour = colour_controls(view, key)
        draw_map(view, space, method, dimensions, colour, f"{key}.map")
        if method == "UMAP":
            trust_line(view, space)
        else:
            variance_line(view, space, dimensions)
        search(view, key, colour.of if colour.by == LABEL else None)
        if dimensions == 2 and not len(chosen(view)):
            st.caption("Draw a loop or a box on the map to see which rows are in it.")
        rows = chosen(view)
        linked = st.container()
        if len(rows):
            selected(view, rows, key)
        what_is_left(view, workspace, key)
        with linked:
            flat = flat_view(workspace, view) if dimensions == 3 else view
            other_spaces(flat, space, method, colour, key)

    explorer()


def draw_map(
    view: View, space: str, method: str, dimensions: int, colour: Colour, key: str
) -> None:
    """One selectable map; nothing where there is no picture by this method."""
    picture = view.picture(space, method, dimensions)
    if picture is None:
        return
    left_out = hidden(view)
    points, not_drawn = view.points(picture, *colour, hidden=left_out)
    chart = f"{key}.{view.run.id}.{space}.{method}.{dimensions}.{colour.by}.{colour.of}"
    chart += f".{version(view)}"
    # A lasso shows what it holds; rows chosen elsewhere, or before, are ringed.
    by_lasso = len(selection.chosen_rows(st.session_state.get(chart)))
    marked = np.empty(0, dtype=int) if by_lasso else chosen(view)
    lines = None
    if 0 < len(marked) <= latent.MANY:
        lines = selection.family(view.known.provenance, marked)
    figure = latent.latent_map(
        points,
        colour.name,
        method=method,
        note=_notes(picture, not_drawn, left_out, marked),
        marked=marked,
        lines=lines,
    )
    flat = dimensions == 2
    selecting: dict[str, Any] = {
        "on_select": lambda: _select_by_lasso(view, chart),
        "selection_mode": ("lasso", "box"),
    }
    figures.figure(
        figure,
        data=points,
        name=f"{space}-{method.lower()}",
        alt=f"{SPACE_NAMES[space]}: {latent.map_title(points, colour.name)}",
        key=chart,
        **(selecting if flat else {}),
    )
    if not flat:
        st.caption("Turn it with the mouse. Select on the flat map, or by row number.")


def _notes(picture: pd.DataFrame, not_drawn: int, left_out: Rows, marked: Rows) -> str:
    """The subtitle of the map: which rows are not drawn, or not as usual."""
    notes = []
    if not_drawn:
        are = "is" if not_drawn == 1 else "are"
        notes.append(f"{counted(not_drawn, 'row')} of frequent labels {are} not drawn.")
    placed = int(picture["placed"].sum()) if "placed" in picture else 0
    if placed:
        notes.append(f"{counted(placed, 'row')} placed among the nearest fitted ones.")
    if len(left_out):
        notes.append(f"{counted(len(left_out), 'row')} left out.")
    if len(marked) > latent.MANY:
        notes.append(f"{counted(len(marked), 'row')} selected: the others are faint.")
    return " ".join(notes)


def _select_by_lasso(view: View, chart: str) -> None:
    """Remember the rows that the lasso on the chart holds."""
    rows = selection.chosen_rows(st.session_state.get(chart))
    choose(view, rows, marked=False)


def search(view: View, key: str, of: int | None = None) -> None:
    """Select rows by their numbers, or by label and kind; clear the selection.

    `of` is the label the map is coloured by, if any.
    """
    n = view.known.dataset.n

    def select() -> None:
        st.session_state[f"{key}.problem"] = None
        try:
            rows = selection.searched_rows(st.session_state[f"{key}.search"], n)
            left_out = np.intersect1d(rows, hidden(view))
            if len(left_out):
                raise DataError(
                    f"{count(len(left_out))} of these rows "
                    f"{'is' if len(left_out) == 1 else 'are'} left out, row "
                    f"{left_out[0]} the first. Bring them back, or name others."
                )
        except DataError as problem:
            st.session_state[f"{key}.problem"] = str(problem)
            return
        choose(view, rows, marked=True)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            f"Find rows (0 to {n - 1})",
            key=f"{key}.search",
            placeholder="17, 20-25",
            on_change=select,
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


def by_label(view: View, key: str, of: int | None) -> None:
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
        format_func=lambda kind: GROUPS[kind],
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


def other_spaces(view: View, space: str, method: str, colour: Colour, key: str) -> None:
    """The other spaces side by side, with the selection ringed."""
    rows, left_out = chosen(view), hidden(view)
    views, not_drawn = {}, 0
    for other in SPACE_NAMES:
        if other == space:
            continue
        picture, way = view.flat_picture(other, method)
        points, not_drawn = view.points(
            picture, *colour, hidden=left_out, most=MOST_LINKED
        )
        if not_drawn:
            # Selected rows are drawn though they are not among the rarest.
            extra = np.setdiff1d(rows, points["row"])[:MOST_LINKED]
            selected_points, _ = view.points(
                picture[picture["row"].isin(extra)], *colour, hidden=left_out
            )
            points = latent.joined(points, selected_points)
        views[f"{SPACE_NAMES[other]}, {way}"] = points
    figures.figure(
        latent.linked_views(views, colour.name, marked=rows),
        data=next(iter(views.values())),
        name="linked-views",
        alt="The same rows in the other spaces, the selection marked",
        key=f"{key}.linked.{view.run.id}",
    )
    many = len(rows) > latent.MANY
    stands_out = "The selection stands out." if many else "The selection is ringed."
    note = stands_out if len(rows) else ""
    if not_drawn:
        are = "is" if not_drawn == 1 else "are"
        note += (
            f" {counted(not_drawn, 'row')} of frequent labels {are} not drawn in these "
            "two."
        )
    if note:
        st.caption(note)
