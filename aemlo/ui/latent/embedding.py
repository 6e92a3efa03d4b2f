"""Which picture is shown: its settings, the run that computes it, and two at once."""

import streamlit as st

from aemlo.latent import trained
from aemlo.ui import layout
from aemlo.ui.latent.view import SPACE_NAMES, embedding_runs, settings_of

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
        st.error(layout.plain(failed[0].error or "The last attempt failed."))
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
