"""Two runs of one data set side by side."""

import datetime

import numpy as np
import streamlit as st

from aemlo.charts import latent, theme
from aemlo.latent import selection, trained
from aemlo.ui import figures, layout
from aemlo.ui import runs as ui_runs
from aemlo.ui.latent import map as latent_map
from aemlo.ui.latent import selection as latent_selection
from aemlo.ui.latent.embedding import _enqueue, _is_flat, renew
from aemlo.ui.latent.view import SPACE_NAMES, View, embedding_runs
from aemlo.wording import counted


def two_runs(workspace, view, space, method):
    """This run's map beside another's on the same data, with the selection shared."""
    known = view.known
    runs = workspace.store.runs(view.run.workspace, "train", view.run.dataset)
    mine = workspace.runs("train") + workspace.examples("train")
    runs = runs + [one for one in mine if one.dataset == view.run.dataset]
    others = {
        one.id: one
        for one in runs
        if one.id != view.run.id and one.state in ("done", "stopped")
    }
    if not others:
        st.info(
            "There is no second run on this data set to lay beside. Train one with "
            "other settings, or AEMLO-paper, the published ones."
        )
        return
    picked = st.selectbox(
        "The other run",
        list(others),
        format_func=ui_runs.run_labels(list(others.values())).get,
        key=f"latent.other.{view.run.id}",
        persist_state="session",
    )
    other_run = others[picked]
    ready = [
        one
        for one in embedding_runs(workspace, other_run)
        if one.progress and _is_flat(one)
    ]
    other = View(other_run, ready[0] if ready else None)
    if method == "UMAP" and (other.embed is None or other.frame(space) is None):
        _without_umap(workspace, other_run, view)
    with layout.shown_errors():
        _beside(view, other, space, method, known)


def _without_umap(workspace, other_run, view):
    """Say that the other run has no UMAP, and offer to compute it."""
    waiting = [one for one in embedding_runs(workspace, other_run) if one.active]
    if waiting:
        st.caption("The other run's UMAP is being computed; till then both are by PCA.")
        ui_runs.run_panel(
            workspace, waiting[0].id, live=renew(View(other_run, *waiting))
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The other run has no UMAP yet: both are shown by PCA.")
        st.button(
            "Compute its picture",
            key="latent.other.compute",
            icon=":material/scatter_plot:",
            on_click=_enqueue,
            args=(workspace, other_run, dict(trained.PICTURE)),
            help="In the background, with the settings of this run's default picture.",
        )


def _titles(runs):
    """What two runs are called beside each other: with the time where titles agree."""
    titles = [run.title for run in runs]
    if len(set(titles)) < len(titles):
        times = [datetime.datetime.fromtimestamp(run.created) for run in runs]
        titles = [
            f"{run.title}, {at:%H:%M:%S}" for run, at in zip(runs, times, strict=True)
        ]
    return ui_runs.distinct(titles)


def _beside(view, other, space, method, known):
    original = int((~known.synthetic).sum())
    names = _titles([view.run, other.run])

    @st.fragment
    def both():
        rows = latent_selection.chosen(view)
        shared = rows[rows < original]
        colour, of, name = latent_map.colour_controls(view, "latent.two")
        if colour not in other.colours():
            st.caption("The other run has no values for this colour yet.")
            return
        way = method
        if any(v.picture(space, method, 2) is None for v in (view, other)):
            way = "PCA"
        views, said = {}, []
        for place, one in enumerate((view, other)):
            points, _ = one.points(
                *(one.picture(space, way, 2), colour, of, name),
                hidden=latent_selection.hidden(one),
                most=8_000,
            )
            new = int(points["synthetic"].sum())
            title = f"{place + 1}. {names[place]}"
            views[theme.short(title, 34)] = points
            away = len(latent_selection.hidden(one))
            gone = f", {counted(away, 'row')} left out" if away else ""
            said.append(
                f"{title}: {len(points) - new:,} real, {new:,} synthetic rows{gone}."
            )
        figure = latent.linked_views(
            views, name, marked=shared, height=540, counted=False
        )
        st.caption(layout.plain(f"{SPACE_NAMES[space]}, {way}. {' '.join(said)}"))
        figure.update_layout(dragmode="lasso")
        figures.figure(
            figure,
            data=latent.joined(*views.values()),
            name="two-runs",
            alt="The maps of two runs side by side",
            key=f"latent.two.map.{latent_selection.version(view)}",
            on_select=lambda: _take(view, original),
            selection_mode=("lasso", "box"),
        )
        _said(view, other, shared, rows, names)
        if len(rows):
            with st.container(horizontal=True):
                figures.csv_button(
                    lambda: latent_selection.whole_table(view, rows),
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

    both()


def _take(view, original):
    chart = f"latent.two.map.{latent_selection.version(view)}"
    rows = selection.chosen_rows(st.session_state.get(chart))
    latent_selection.choose(view, rows[rows < original], True)


def _said(view, other, shared, rows, names):
    if not len(rows):
        st.caption("Draw a loop on either map: the same real rows light up in both.")
        return
    st.markdown(
        f"**{counted(len(shared), 'real row')} selected**, marked in both. "
        "Synthetic rows "
        "belong to one run each and have no twin in the other."
    )
    near = [_together(one, shared) for one in (view, other)]
    if len(shared) > 1:
        st.markdown(
            f"Among the 10 nearest codes of a selected row, selected ones are "
            f"{near[0]:.0%} in 1. {layout.plain(names[0])} and {near[1]:.0%} in "
            f"2. {layout.plain(names[1])}: the higher, the closer they are."
        )


def _together(view, rows):
    from aemlo.latent import neighbours

    codes = view.known.codes[~view.known.synthetic]
    k = min(11, len(codes))
    found, _ = neighbours(codes, k, others=codes[rows])
    real = found != rows[:, None]
    return float(np.isin(found, rows)[real].mean())
