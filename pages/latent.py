import streamlit as st

from aemlo.embedding import trained
from aemlo.ui import latent_pictures, latent_quality, latent_walks, parts, state
from aemlo.ui.latent_parts import READING, explore, trust_line
from aemlo.ui.latent_view import SPACE_NAMES, View

workspace = state.workspace()
parts.page(
    "Latent space",
    "Where do the rare labels live, where were the synthetic rows put, and are they "
    "any good?",
)

run = parts.choose_run(workspace, "train", key="latent", states=("done", "stopped"))
if run is None:
    st.info("No run has been trained on this data set yet.")
    parts.next_step("pages/train.py", "Train AEMLO", "The map shows a trained run.")
    st.stop()

with parts.shown_errors():
    View(run, None).known.codes.shape
    st.session_state["latent.readable"] = run.id
if st.session_state.get("latent.readable") != run.id:
    parts.next_step("pages/train.py", "Train AEMLO", "Another run may have codes.")
    st.stop()

section = st.segmented_control(
    "Look at",
    ["Map", "What if", "Directions", "Is it any good", "Two runs"],
    default="Map",
    required=True,
    key="latent.section",
    label_visibility="collapsed",
)
with st.container(horizontal=True, vertical_alignment="bottom"):
    space = st.segmented_control(
        "Space",
        trained.SPACES,
        default="latent",
        required=True,
        format_func=SPACE_NAMES.get,
        key="latent.space",
    )
    method = st.segmented_control(
        "Picture",
        ["UMAP", "PCA"],
        default="UMAP",
        required=True,
        key="latent.method",
        help="UMAP keeps neighbours together; PCA is the flattest straight view.",
    )
    dimensions = st.segmented_control(
        "Dimensions",
        [2, 3],
        default=2,
        required=True,
        format_func=lambda d: f"{d}-D",
        key="latent.dimensions",
    )
settings = latent_pictures.settings(dimensions, key="latent.settings")
embed = latent_pictures.embedding_run(workspace, run, settings)
view = View(run, embed)
if embed is not None and embed.state != "done":
    parts.run_panel(workspace, embed.id)
shown = latent_pictures.method_to_show(view, space, method, dimensions)

if section == "Map":
    explore(workspace, view, space, shown, dimensions)
    if shown == "UMAP":
        trust_line(view, space)
    with st.expander("How to read this picture"):
        st.markdown(READING)
elif section == "What if":
    with parts.shown_errors():
        latent_walks.what_if(workspace, view, space, shown)
elif section == "Directions":
    latent_walks.directions(view)
elif section == "Is it any good":
    latent_quality.plausibility(view)
else:
    latent_pictures.two_runs(workspace, view, space, method)

parts.next_step(
    "pages/compare.py",
    "Compare samplers",
    "A good-looking map is no proof: see whether classifiers do better with them.",
)
