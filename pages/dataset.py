"""Choose the data set: built in, generated, or from a file; see how it was read."""

import streamlit as st

from aemlo import formats, params
from aemlo.formats.builtin import Generator
from aemlo.ui import cached, forms, layout, state, synthetic_rows
from aemlo.ui.dataset import card, checks, loading
from aemlo.wording import count, counted, decimals

workspace = state.workspace()

layout.page("Data set", "Which data do all pages use? Load your data, or use a sample.")

with layout.shown_errors():
    card.in_use(workspace)
    synthetic_rows.noted(workspace, key="dataset")

st.subheader("Use another data set", anchor=False)
door = st.segmented_control(
    "Source",
    ["Upload a file", "Built in", "Generate", "OpenML"],
    default="Upload a file",
    required=True,
    label_visibility="collapsed",
    key="door",
)
dataset = None

if door == "Built in":
    st.markdown(
        "**Yeast** (Elisseeff and Weston, 2001): 2,417 genes, 103 numeric features "
        "from micro-arrays and phylogenetic profiles, 14 functional classes. Real "
        "data; no network is needed."
    )
    if st.button("Use yeast", type="primary", icon=":material/check:"):
        card.use(workspace, formats.read("yeast"))

elif door == "Generate":
    st.markdown(
        "Synthetic data with the size, imbalance and label dependence that you set, "
        "useful to see what a measure or a sampler does. The name of the data set says "
        "that it is synthetic."
    )
    with layout.shown_errors():
        settings = forms.param_form(Generator, key="generator")
        generator = params.build(Generator, settings)
        counts = generator.counts()
        st.caption(
            f"The most frequent label will have exactly {counted(counts[0], 'row')}, "
            f"the rarest {count(counts[-1])}."
        )
        if st.button("Generate and use", type="primary", icon=":material/check:"):
            card.use(workspace, generator.make())

elif door == "OpenML":
    st.markdown(
        "A data set by its name or number on openml.org, such as `emotions` or "
        "`yeast`. The button **goes online**; nothing else on this page does."
    )
    with st.form("openml", border=False):
        name = st.text_input("Name or number", key="openml.name")
        pressed = st.form_submit_button(
            "Get it from openml.org", icon=":material/cloud:"
        )
    if pressed:
        st.session_state["openml.asked"] = name.strip()
    requested = st.session_state.get("openml.asked")
    if requested:
        with layout.shown_errors():
            dataset = loading.choose(*loading.from_openml(requested))

else:
    uploads = st.file_uploader(
        "A data file; with its Mulan XML file if there is one; or a training and a "
        "test file; or a zip archive of these",
        accept_multiple_files=True,
        max_upload_size=formats.from_environment().upload_mb,
        key=f"upload.{st.session_state.get('uploads_used', 0)}",
        help="Read: " + ", ".join(card.endings()),
    )
    loading.limits()
    if uploads:
        with layout.shown_errors():
            options = loading.read_options(key="read")
            dataset = loading.choose(*loading.opened(uploads, options))

if dataset is not None:
    with layout.shown_errors():
        card.labels_preview(dataset, cached.per_label(dataset.content_hash, dataset))
        if st.button("Use this data set", type="primary", icon=":material/check:"):
            card.use(workspace, dataset)
else:
    checks.panel(workspace)
    measures = cached.summary(workspace.dataset.content_hash, workspace.dataset)
    layout.next_step(
        "pages/imbalance.py",
        "Imbalance",
        f"{counted(workspace.dataset.q, 'label')}, MeanIR "
        f"{decimals(measures['mean_ir'])}: which are rare?",
    )
