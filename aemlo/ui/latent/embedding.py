"""Which picture is shown: its settings, the run that computes it, and two at once."""

from collections.abc import Callable

import streamlit as st

from aemlo.latent import trained
from aemlo.store import Run
from aemlo.ui import layout
from aemlo.ui.latent.view import SPACE_NAMES, View, embedding_runs, settings_of
from aemlo.ui.state import Workspace

HELP = {
    "n_neighbors": "How many neighbours each row keeps near. Fewer show small groups, "
    "more show the overall arrangement.",
    "min_dist": "How close points may be. A smaller distance gives denser groups.",
    "epochs": "How many rounds the points are moved. 200 is enough in most cases.",
    "seed": "Another seed gives another arrangement: what changes with it is not a "
    "property of the data.",
    "fit_rows": "Of larger data sets, only this many rows are fitted, all rows with a "
    "minority label among them. Each other row is placed at the mean of its nearest "
    "fitted rows.",
}

PICTURED = ("Map", "Two runs")
"""Sections of the page that show a picture."""


def controls(section: str) -> tuple[str, str, int]:
    """Choose the picture, where one is shown: (space, method, dimensions)."""
    if section not in PICTURED:
        return "latent", "UMAP", 2
    with st.container(horizontal=True, vertical_alignment="bottom"):
        space = st.segmented_control(
            "Space",
            trained.SPACES,
            default="latent",
            required=True,
            format_func=lambda space: SPACE_NAMES[space],
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
            help="UMAP keeps neighbours together; PCA shows the directions of largest "
            "variance.",
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


def renew(view: View) -> Callable[[Run], None]:
    """A function for `runs.run_panel` that draws the page again when the run has drawn
    one more space, so that each picture appears when it is ready."""

    def ready() -> set[str]:
        return {space for space in trained.SPACES if view.frame(space) is not None}

    on_the_page = ready()

    def look(run: Run) -> None:
        if ready() != on_the_page:
            st.rerun()

    return look


def settings(
    section: str, dimensions: int, key: str = "latent.settings"
) -> dict[str, int | float]:
    """The UMAP settings chosen, as an embedding run's spec has them."""
    if section != "Map":
        return dict(trained.PICTURE)
    with st.expander("More settings of UMAP"):
        left, right = st.columns(2)
        with left:
            chosen = _shape_settings(key)
        with right:
            chosen |= _effort_settings(key)
    return chosen | {"dimensions": int(dimensions)}


def _shape_settings(key: str) -> dict[str, int | float]:
    """What shapes the picture: neighbours, least distance, seed."""
    default = trained.PICTURE
    neighbours = st.slider(
        "Neighbours",
        3,
        100,
        default["n_neighbors"],
        key=f"{key}.k",
        persist_state="session",
        help=HELP["n_neighbors"],
    )
    least = st.slider(
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
    return {"n_neighbors": int(neighbours), "min_dist": float(least), "seed": int(seed)}


def _effort_settings(key: str) -> dict[str, int | float]:
    """What the picture costs: epochs, and how many rows are fitted."""
    default = trained.PICTURE
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
    return {"epochs": int(epochs), "fit_rows": int(rows)}


def embedding_run(
    workspace: Workspace, run: Run, chosen: dict[str, int | float], method: str
) -> Run | None:
    """The embedding run with these settings; the default one is queued at once.

    Other settings wait for a press of the button; until then None.
    """
    known = embedding_runs(workspace, run)
    fitting = [embed for embed in known if settings_of(embed) == chosen]
    usable = [embed for embed in fitting if embed.state != "failed"]
    if usable:
        return usable[0]
    plain, failed = chosen == trained.PICTURE, fitting
    if workspace.owns(run) and plain and not failed:
        return workspace.store.run(_enqueue(workspace, run, chosen))
    if not workspace.owns(run) and plain:
        other = [embed for embed in known if not embed.active and is_flat(embed)]
        if other:
            return other[0]
    if method == "PCA":
        return None
    st.button(
        "Compute this picture",
        key="latent.compute",
        icon=":material/scatter_plot:",
        type="primary",
        on_click=compute,
        args=(workspace, run, chosen),
        help="In the background; PCA is shown until it is ready.",
    )
    if failed:
        st.error(layout.plain(failed[0].error or "The last attempt failed."))
    return None


def is_flat(embed: Run) -> bool:
    """Whether an embedding run draws in the plane."""
    return settings_of(embed)["dimensions"] == 2


def compute(workspace: Workspace, run: Run, chosen: dict[str, int | float]) -> None:
    """Queue the embedding run of a training run with these settings."""
    _enqueue(workspace, run, chosen)


def _enqueue(workspace: Workspace, run: Run, chosen: dict[str, int | float]) -> str:
    dataset = workspace.store.dataset(run.dataset)
    title = f"Map of {run.title}"
    return workspace.enqueue("embed", title, {"run": run.id, **chosen}, dataset)


def method_to_show(view: View, space: str, method: str, dimensions: int) -> str:
    """UMAP where it is ready, else PCA, with a sentence on the reason."""
    if method != "UMAP" or view.picture(space, method, dimensions) is not None:
        return method
    if view.embed is not None and view.embed.active:
        st.caption("PCA is shown until UMAP is ready.")
    else:
        st.caption("PCA is shown: UMAP has not been computed with these settings.")
    return "PCA"
