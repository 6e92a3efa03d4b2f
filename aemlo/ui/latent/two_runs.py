"""Two runs of one data set side by side."""

import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from aemlo.arrays import Rows
from aemlo.charts import latent, theme
from aemlo.latent import neighbours, selection, trained
from aemlo.store import Run
from aemlo.ui import figures, layout, runs
from aemlo.ui.latent import selection as latent_selection
from aemlo.ui.latent.embedding import compute, is_flat, renew
from aemlo.ui.latent.map import Colour, colour_controls
from aemlo.ui.latent.view import SPACE_NAMES, View, embedding_runs
from aemlo.ui.state import Workspace
from aemlo.wording import count, counted

MOST_POINTS = 8_000
"""Points of each of the two maps, at most."""
NEAREST = 10
"""Codes that count as near to a selected row."""


class Pair(NamedTuple):
    """Two runs on the same data: the one of the page, another one, and their names."""

    first: View
    second: View
    names: list[str]

    @property
    def views(self) -> tuple[View, View]:
        """Both runs."""
        return self.first, self.second

    @property
    def shared(self) -> int:
        """How many rows both runs have: the original ones, which come first."""
        return int((~self.first.known.synthetic).sum())


def two_runs(workspace: Workspace, view: View, space: str, method: str) -> None:
    """This run's map beside another's on the same data, with the selection shared."""
    others = _other_runs(workspace, view.run)
    if not others:
        st.info(
            "There is no second run on this data set to compare with. Train one with "
            "other settings, or with the published ones, AEMLO-paper."
        )
        return
    lines = runs.run_labels(others.values())
    other_id = st.selectbox(
        "The other run",
        list(others),
        format_func=lambda run_id: lines[run_id],
        key=f"latent.other.{view.run.id}",
        persist_state="session",
    )
    other_run = others[other_id]
    ready = [
        embed
        for embed in embedding_runs(workspace, other_run)
        if embed.progress and is_flat(embed)
    ]
    other = View(other_run, ready[0] if ready else None)
    if method == "UMAP" and (other.embed is None or other.frame(space) is None):
        _without_umap(workspace, other_run)
    with layout.shown_errors():
        _beside(Pair(view, other, _titles([view.run, other_run])), space, method)


def _other_runs(workspace: Workspace, run: Run) -> dict[str, Run]:
    """{id: run} of the finished training runs on the same data, of the owner, the
    visitor and the example."""
    same_data = workspace.store.runs(run.workspace, "train", run.dataset)
    of_the_visitor = workspace.runs("train") + workspace.examples("train")
    same_data += [other for other in of_the_visitor if other.dataset == run.dataset]
    return {
        other.id: other
        for other in same_data
        if other.id != run.id and other.state in ("done", "stopped")
    }


def _without_umap(workspace: Workspace, other_run: Run) -> None:
    """A note that the other run has no UMAP, and the button that computes it."""
    waiting = [embed for embed in embedding_runs(workspace, other_run) if embed.active]
    if waiting:
        st.caption(
            "The other run's UMAP is being computed; both are shown by PCA until then."
        )
        view = View(other_run, waiting[0])
        runs.run_panel(workspace, waiting[0].id, live=renew(view))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The other run has no UMAP yet: both are shown by PCA.")
        st.button(
            "Compute its picture",
            key="latent.other.compute",
            icon=":material/scatter_plot:",
            on_click=compute,
            args=(workspace, other_run, dict(trained.PICTURE)),
            help="In the background, with the settings of this run's default picture.",
        )


def _titles(pair: list[Run]) -> list[str]:
    """What two runs are called beside each other: with the time where titles agree."""
    titles = [run.title for run in pair]
    if len(set(titles)) < len(titles):
        times = [datetime.datetime.fromtimestamp(run.created) for run in pair]
        titles = [
            f"{run.title}, {at:%H:%M:%S}" for run, at in zip(pair, times, strict=True)
        ]
    return runs.distinct(titles)


def _beside(pair: Pair, space: str, method: str) -> None:
    """Both maps with one colouring and one selection, in a fragment of their own."""

    @st.fragment
    def maps() -> None:
        rows = latent_selection.chosen(pair.first)
        colour = colour_controls(pair.first, "latent.two")
        if colour.by not in pair.second.colours():
            st.caption("The other run has no values for this colour yet.")
            return
        ways = {view.flat_picture(space, method)[1] for view in pair.views}
        way = "PCA" if "PCA" in ways else method
        points = [_points(view, space, way, colour) for view in pair.views]
        sentences = [_counts(pair, place, frame) for place, frame in enumerate(points)]
        st.caption(layout.plain(f"{SPACE_NAMES[space]}, {way}. {' '.join(sentences)}"))
        _maps(pair, points, colour.name, rows[rows < pair.shared])
        _about_the_selection(pair, rows)
        if len(rows):
            _buttons(pair.first, rows)

    maps()


def _points(view: View, space: str, method: str, colour: Colour) -> pd.DataFrame:
    """The points of one of the maps."""
    picture, _ = view.flat_picture(space, method)
    left_out = latent_selection.hidden(view)
    return view.points(picture, *colour, hidden=left_out, most=MOST_POINTS)[0]


def _counts(pair: Pair, place: int, points: pd.DataFrame) -> str:
    """ "1. AEMLO: 60 real, 8 synthetic rows, 2 rows left out." """
    new = int(points["synthetic"].sum())
    left_out = len(latent_selection.hidden(pair.views[place]))
    less = f", {counted(left_out, 'row')} left out" if left_out else ""
    return (
        f"{_title(pair, place)}: {count(len(points) - new)} real, "
        f"{counted(new, 'synthetic row')}{less}."
    )


def _title(pair: Pair, place: int) -> str:
    return f"{place + 1}. {pair.names[place]}"


def _maps(pair: Pair, points: list[pd.DataFrame], colour: str, marked: Rows) -> None:
    """Both maps in one figure; a lasso on either selects real rows in both."""
    titles = [theme.short(_title(pair, place), 34) for place in (0, 1)]
    figure = latent.linked_views(
        dict(zip(titles, points, strict=True)),
        colour,
        marked=marked,
        height=540,
        counted=False,
    )
    figure.update_layout(dragmode="lasso")
    key = f"latent.two.map.{latent_selection.version(pair.first)}"
    figures.figure(
        figure,
        data=latent.joined(*points),
        name="two-runs",
        alt="The maps of two runs side by side",
        key=key,
        on_select=lambda: _select_by_lasso(pair, key),
        selection_mode=("lasso", "box"),
    )


def _select_by_lasso(pair: Pair, key: str) -> None:
    """Select the real rows that the lasso on the figure holds."""
    rows = selection.chosen_rows(st.session_state.get(key))
    latent_selection.choose(pair.first, rows[rows < pair.shared], True)


def _about_the_selection(pair: Pair, rows: Rows) -> None:
    """How many real rows are selected, and how close they are in either run."""
    if not len(rows):
        st.caption("Draw a loop on either map: the same real rows are marked in both.")
        return
    real = rows[rows < pair.shared]
    st.markdown(
        f"**{counted(len(real), 'real row')} selected**, marked in both. Synthetic "
        "rows belong to one run each and have no counterpart in the other."
    )
    if len(real) > 1:
        first, second = (_together(view, real) for view in pair.views)
        st.markdown(
            f"Among the {NEAREST} nearest codes of a selected row, selected ones are "
            f"{first:.0%} in {layout.plain(_title(pair, 0))} and {second:.0%} in "
            f"{layout.plain(_title(pair, 1))}: the higher, the closer they are."
        )


def _buttons(view: View, rows: Rows) -> None:
    with st.container(horizontal=True):
        figures.csv_button(
            lambda: latent_selection.full_table(view, rows),
            name="selection",
            key="latent.two.export",
            label="Download these rows (CSV)",
        )
        st.button(
            "Clear the selection",
            key="latent.two.clear",
            on_click=latent_selection.choose,
            args=(view, [], True),
        )


def _together(view: View, rows: Rows) -> float:
    """The share of selected rows among the nearest codes of the selected rows."""
    codes = view.known.codes[~view.known.synthetic]
    near, _ = neighbours(codes, min(NEAREST + 1, len(codes)), others=codes[rows])
    others = near != rows[:, None]
    return float(np.isin(near, rows)[others].mean())
