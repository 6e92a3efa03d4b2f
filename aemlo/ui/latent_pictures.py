"""Which picture is shown: its settings, the run that computes it, and two at once."""

import datetime

import numpy as np
import streamlit as st

from aemlo import selection
from aemlo.charts import latent, theme
from aemlo.checks.looks import counted
from aemlo.embedding import trained
from aemlo.ui import latent_parts, latent_selection, parts
from aemlo.ui.latent_view import SPACE_NAMES, View, embedding_runs, settings_of

HELP = {
    "n_neighbors": "How many neighbours each row holds on to. Fewer show small "
    "islands, more the lie of the land.",
    "min_dist": "How tightly points may be packed. Less makes denser clumps.",
    "epochs": "How long the points are moved. More settles them; 200 is plenty.",
    "seed": "Another seed arranges anew: what changes with it is no finding.",
    "fit_rows": "Of larger sets so many rows are fitted, all minority rows among "
    "them; the others go to the mean of their nearest fitted rows.",
}


PICTURED = ("Map", "Two runs")


def controls(section):
    """The picture wanted: (space, method, dimensions), asked where one is shown."""
    if section not in PICTURED:
        return "latent", "UMAP", 2
    with st.container(horizontal=True, vertical_alignment="bottom"):
        space = st.segmented_control(
            "Space",
            trained.SPACES,
            default="latent",
            required=True,
            format_func=SPACE_NAMES.get,
            key="latent.space",
            bind="query-params",
        )
        method = st.segmented_control(
            "Picture",
            ["UMAP", "PCA"],
            default="UMAP",
            required=True,
            key="latent.method",
            bind="query-params",
            help="UMAP keeps neighbours together; PCA is the flattest straight view.",
        )
        if section != "Map":
            return space, method, 2
        dimensions = st.segmented_control(
            "Dimensions",
            [2, 3],
            default=2,
            required=True,
            format_func=lambda d: f"{d}-D",
            key="latent.dimensions",
            bind="query-params",
        )
    return space, method, dimensions


def renew(view):
    """Draw the page again when the space being computed changes, so that each picture
    appears when it is ready."""
    there = {space for space in trained.SPACES if view.frame(space) is not None}

    def look(run):
        now = {space for space in trained.SPACES if view.frame(space) is not None}
        if now != there:
            st.rerun()

    return look


def settings(section, dimensions, key="latent.settings"):
    """The UMAP settings chosen, as an embedding run's spec has them."""
    default = trained.PICTURE
    if section != "Map":
        return dict(default)
    with st.expander("More settings of UMAP"):
        first, second = st.columns(2)
        with first:
            neighbours = st.slider(
                "Neighbours",
                3,
                100,
                default["n_neighbors"],
                key=f"{key}.k",
                persist_state="session",
                help=HELP["n_neighbors"],
            )
            spread = st.slider(
                "Least distance",
                0.0,
                0.99,
                default["min_dist"],
                key=f"{key}.d",
                persist_state="session",
                help=HELP["min_dist"],
            )
            seed = st.number_input(
                "Seed",
                0,
                2**31 - 1,
                default["seed"],
                key=f"{key}.s",
                persist_state="session",
                help=HELP["seed"],
            )
        with second:
            epochs = st.slider(
                "Epochs",
                50,
                1000,
                default["epochs"],
                step=50,
                key=f"{key}.e",
                persist_state="session",
                help=HELP["epochs"],
            )
            rows = st.select_slider(
                "Rows fitted at most",
                [1_000, 2_000, 5_000, 10_000, 20_000],
                default["fit_rows"],
                key=f"{key}.r",
                persist_state="session",
                help=HELP["fit_rows"],
            )
    return {
        "n_neighbors": int(neighbours),
        "min_dist": float(spread),
        "dimensions": int(dimensions),
        "epochs": int(epochs),
        "seed": int(seed),
        "fit_rows": int(rows),
    }


def embedding_run(workspace, run, wanted, method):
    """The embedding run with these settings; the default one is queued unasked.

    Other settings wait for a press of the button; until then None.
    """
    known = embedding_runs(workspace, run)
    fitting = [one for one in known if settings_of(one) == wanted]
    found = [one for one in fitting if one.state != "failed"]
    if found:
        return found[0]
    plain, failed = wanted == trained.PICTURE, fitting
    if workspace.owns(run) and plain and not failed:
        return workspace.store.run(_enqueue(workspace, run, wanted))
    if not workspace.owns(run) and plain:
        other = [one for one in known if not one.active and _is_flat(one)]
        if other:
            return other[0]
    if method == "PCA":
        return None
    st.button(
        "Compute this picture",
        key="latent.compute",
        icon=":material/scatter_plot:",
        type="primary",
        on_click=_enqueue,
        args=(workspace, run, wanted),
        help="In the background; PCA is shown until it is there.",
    )
    if failed:
        st.error(parts.plain(failed[0].error or "The last attempt failed."))
    return None


def _is_flat(embed):
    return settings_of(embed)["dimensions"] == 2


def _enqueue(workspace, run, wanted):
    dataset = workspace.store.dataset(run.dataset)
    title = f"Map of {run.title}"
    return workspace.enqueue("embed", title, {"run": run.id, **wanted}, dataset)


def method_to_show(view, space, method, dimensions):
    """UMAP where it is ready, else PCA, with a word why."""
    picture = None if method == "PCA" else view.picture(space, "UMAP", dimensions)
    if method == "UMAP" and picture is None:
        if view.embed is not None and view.embed.active:
            st.caption("PCA is shown until UMAP is ready.")
        else:
            st.caption("PCA is shown: UMAP has not been computed with these settings.")
        return "PCA"
    return method


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
        format_func=parts.run_labels(list(others.values())).get,
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
    with parts.shown_errors():
        _beside(view, other, space, method, known)


def _without_umap(workspace, other_run, view):
    """Say that the other run has no UMAP, and offer to compute it."""
    waiting = [one for one in embedding_runs(workspace, other_run) if one.active]
    if waiting:
        st.caption("The other run's UMAP is being computed; till then both are by PCA.")
        parts.run_panel(workspace, waiting[0].id, live=renew(View(other_run, *waiting)))
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
    return parts.distinct(titles)


def _beside(view, other, space, method, known):
    original = int((~known.synthetic).sum())
    names = _titles([view.run, other.run])

    @st.fragment
    def both():
        rows = latent_selection.chosen(view)
        shared = rows[rows < original]
        colour, of, name = latent_parts.colour_controls(view, "latent.two")
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
        st.caption(parts.plain(f"{SPACE_NAMES[space]}, {way}. {' '.join(said)}"))
        figure.update_layout(dragmode="lasso")
        parts.figure(
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
                parts.csv_button(
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
            f"{near[0]:.0%} in 1. {parts.plain(names[0])} and {near[1]:.0%} in "
            f"2. {parts.plain(names[1])}: the higher, the closer they are."
        )


def _together(view, rows):
    from aemlo.embedding import neighbours

    codes = view.known.codes[~view.known.synthetic]
    k = min(11, len(codes))
    found, _ = neighbours(codes, k, others=codes[rows])
    real = found != rows[:, None]
    return float(np.isin(found, rows)[real].mean())
