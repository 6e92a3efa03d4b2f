"""Choose the data set: built in, generated, or from a file; and see how it was read."""

import streamlit as st

from aemlo import formats, params
from aemlo.builtin import Generator
from aemlo.ui import cached, datacard, forms, loading, parts, state

workspace = state.workspace()

parts.page("Data set", "Which rows, features and labels is everything else about?")

with parts.shown_errors():
    datacard.in_use(workspace)

st.subheader("Use another data set", anchor=False)
door = st.segmented_control(
    "Where from",
    ["Upload a file", "Built in", "Generate"],
    default="Upload a file",
    required=True,
    label_visibility="collapsed",
    key="door",
)

if door == "Built in":
    st.markdown(
        "**Yeast** (Elisseeff and Weston, 2001): 2,417 genes, 103 numeric features "
        "from micro-arrays and phylogenetic profiles, 14 functional classes. Real, "
        "and no network is needed."
    )
    if st.button("Use yeast", type="primary", icon=":material/check:"):
        workspace.use(formats.read("yeast"))
        st.rerun()

elif door == "Generate":
    st.markdown(
        "Synthetic data whose size, imbalance and label dependence you set: good for "
        "seeing what a measure or a sampler does. The name says that it is synthetic."
    )
    with parts.shown_errors():
        settings = forms.param_form(Generator, key="generator")
        generator = params.build(Generator, settings)
        if st.button("Generate and use", type="primary", icon=":material/check:"):
            workspace.use(generator.make())
            st.rerun()

else:
    st.markdown(
        "One data file; with a Mulan XML file beside it if there is one; or a training "
        "and a test file."
    )
    uploads = st.file_uploader(
        "Data file",
        accept_multiple_files=True,
        max_upload_size=formats.from_environment().upload_mb,
        key="upload",
        help=", ".join(
            sorted({e for f in formats.READERS.values() for e in f.extensions})
        ),
    )
    if uploads:
        with parts.shown_errors():
            options = loading.read_options(key="read")
            key, table = loading.opened(uploads, options)
            loading.understood(table)
            names = loading.label_choice(table, key=f"labels.{table.name}")
            if names == []:
                st.info("Say which columns are labels, then the data set can be used.")
                st.stop()
            missing = loading.missing_choice(table, names, key=f"gaps.{table.name}")
            name = st.text_input("Name", value=table.name, key=f"name.{table.name}")
            dataset = loading.dataset(key, table, names, missing, name)
            datacard.labels_preview(
                dataset, cached.per_label(dataset.content_hash, dataset)
            )
            if st.button("Use this data set", type="primary", icon=":material/check:"):
                workspace.use(dataset)
                st.rerun()

measures = cached.summary(workspace.dataset.content_hash, workspace.dataset)
parts.next_step(
    "pages/imbalance.py",
    "Imbalance",
    f"{workspace.dataset.q} labels, MeanIR {measures['mean_ir']:.3f}: which are rare?",
)
