"""What the data set in use is: its size, its labels, what was assumed."""

import pandas as pd
import streamlit as st

from aemlo import formats
from aemlo.charts import theme
from aemlo.ui import cached, loading, parts

SHOWN_ROWS = 8
SHOWN_COLUMNS = 12
FEW_LABELS = 10


def in_use(workspace):
    """The card of the data set in use, with its first rows and notes."""
    dataset = workspace.dataset
    measures = cached.summary(dataset.content_hash, dataset)
    with st.container(border=True):
        st.markdown(f"In use: **{parts.plain(dataset.name)}**")
        with st.container(horizontal=True):
            st.metric("Rows", f"{dataset.n:,}")
            st.metric(
                "Features", f"{len(dataset.feature_names):,}", help=kinds(dataset)
            )
            st.metric("Labels", f"{dataset.q:,}")
            st.metric(
                "Cardinality",
                theme.number(measures["cardinality"]),
                help="Labels per row, on average.",
            )
            st.metric(
                "MeanIR",
                theme.number(measures["mean_ir"]),
                help="Mean over the labels of IRLbl: positives of the commonest label "
                "over positives of the label.",
            )
        st.caption(
            f"Labels from: {parts.plain(dataset.labels_from or 'not said')}. "
            f"Features: {kinds(dataset)}."
        )
        if dataset.split is not None:
            train = int(dataset.split.sum())
            st.caption(
                f"Declared split: {train:,} training rows and "
                f"{dataset.n - train:,} test rows."
            )
        for warning in dataset.warnings:
            st.warning(parts.plain(warning), icon=":material/warning:")
        with st.expander("First rows"):
            st.dataframe(first_rows(dataset), hide_index=True, alt="First rows")
            width = len(dataset.feature_names)
            if width > SHOWN_COLUMNS:
                st.caption(f"{SHOWN_COLUMNS} of {width:,} features, then the labels.")
        loading.save_as(dataset, key="save")


def kinds(dataset):
    """How many features are of which kind, and how they are kept, in words."""
    counts = pd.Series([f.kind for f in dataset.features]).value_counts()
    words = [f"{count:,} {kind}" for kind, count in counts.items()]
    if dataset.text_names:
        words.append(f"{len(dataset.text_names):,} text")
    return ", ".join(words) + (", sparse" if dataset.is_sparse else "")


def first_rows(dataset):
    """The first rows as a frame of words: some features, some labels."""
    part = dataset.take(range(min(SHOWN_ROWS, dataset.n)))
    X = part.X.toarray() if part.is_sparse else part.X
    columns = {}
    for j, feature in enumerate(part.features[:SHOWN_COLUMNS]):
        columns[feature.name] = [_word(feature, value) for value in X[:, j]]
    for name in part.text_names[: max(0, SHOWN_COLUMNS - len(columns))]:
        columns[name] = [str(text or "")[:80] for text in part.text[name]]
    for j, name in enumerate(part.label_names[:SHOWN_COLUMNS]):
        columns[f"label: {name}"] = part.Y[:, j].astype(str)
    return pd.DataFrame(columns)


def _word(feature, value):
    if value != value:
        return "?"
    if feature.kind == "nominal":
        return feature.categories[int(value)]
    return f"{value:.6g}"


def labels_preview(dataset, per_label):
    """Cardinality and a table of label counts, before the data set is used."""
    per_row = dataset.Y.sum(axis=1)
    empty = int((per_row == 0).sum())
    st.markdown(
        f"**{dataset.q:,} labels**, {per_row.mean():.3f} per row on average; "
        f"{empty:,} rows have none."
    )
    columns = ["label", "positives", "share", "IRLbl", "minority"]
    shown = per_label[[name for name in columns if name in per_label]]
    parts.table(
        shown,
        name="labels",
        key="labels_preview",
        height="content" if len(shown) <= FEW_LABELS else 320,
    )


def use(workspace, dataset):
    """Make `dataset` the one in use, say so, and draw the page afresh."""
    with st.spinner("Keeping the data set"):
        workspace.use(dataset)
    used = st.session_state.get("uploads_used", 0)
    loading.release(f"upload.{used}")
    st.session_state["uploads_used"] = used + 1
    st.session_state.pop("openml.asked", None)
    st.toast(f"In use now: {parts.plain(dataset.name)}", icon=":material/check:")
    st.rerun()


def endings():
    """File name endings that can be read."""
    known = {e for form in formats.READERS.values() for e in form.extensions}
    return sorted({*known, ".gz", ".xml", ".zip"})
