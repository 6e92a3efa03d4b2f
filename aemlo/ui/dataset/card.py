"""What the data set in use is: its size, its labels, what was assumed."""

import math

import numpy as np
import pandas as pd
import streamlit as st

from aemlo import formats
from aemlo.charts import theme
from aemlo.dataset import Dataset, Feature
from aemlo.ui import cached, figures, layout
from aemlo.ui.dataset import loading
from aemlo.ui.state import Workspace
from aemlo.wording import count, counted, decimals

SHOWN_ROWS = 8
SHOWN_COLUMNS = 12
SHORT_TABLE = 10
"""Labels of a table that needs no scroll bar."""


def in_use(workspace: Workspace) -> None:
    """The card of the data set in use, with its first rows and notes."""
    dataset = workspace.dataset
    measures = cached.summary(dataset.content_hash, dataset)
    with st.container(border=True):
        st.markdown(f"In use: **{layout.plain(dataset.name)}**")
        with st.container(horizontal=True):
            st.metric("Rows", count(dataset.n))
            st.metric(
                "Features", count(len(dataset.feature_names)), help=kinds(dataset)
            )
            st.metric("Labels", count(dataset.q))
            st.metric(
                "Cardinality",
                theme.number(measures["cardinality"]),
                help="Labels per row, on average.",
            )
            st.metric(
                "MeanIR",
                theme.number(measures["mean_ir"]),
                help="Mean of IRLbl over the labels. IRLbl: positives of the most "
                "frequent label, divided by those of the label.",
            )
        st.caption(
            f"Labels from: {layout.plain(dataset.labels_from or 'not stated')}. "
            f"Features: {kinds(dataset)}."
        )
        if dataset.split is not None:
            train = int(dataset.split.sum())
            st.caption(
                f"Declared split: {counted(train, 'training row')} and "
                f"{counted(dataset.n - train, 'test row')}."
            )
        for warning in dataset.warnings:
            st.warning(layout.plain(warning), icon=":material/warning:")
        with st.expander("First rows"):
            st.dataframe(first_rows(dataset), hide_index=True, alt="First rows")
            width = len(dataset.feature_names)
            if width > SHOWN_COLUMNS:
                st.caption(
                    f"{SHOWN_COLUMNS} of {count(width)} features, then the labels."
                )
        loading.save_as(dataset, key="save")


def kinds(dataset: Dataset) -> str:
    """How many features are of which kind, and whether they are sparse, in words."""
    numbers = pd.Series([f.kind for f in dataset.features]).value_counts()
    words = [f"{count(number)} {kind}" for kind, number in numbers.items()]
    if dataset.text_names:
        words.append(f"{count(len(dataset.text_names))} text")
    return ", ".join(words) + (", sparse" if dataset.is_sparse else "")


def first_rows(dataset: Dataset) -> pd.DataFrame:
    """The first rows as a frame of words: some features, some labels."""
    part = dataset.take(range(min(SHOWN_ROWS, dataset.n)))
    X = part.X if isinstance(part.X, np.ndarray) else part.X.toarray()
    columns = {}
    for j, feature in enumerate(part.features[:SHOWN_COLUMNS]):
        columns[feature.name] = [_word(feature, value) for value in X[:, j]]
    if part.text is not None:
        for name in part.text_names[: max(0, SHOWN_COLUMNS - len(columns))]:
            columns[name] = [str(text or "")[:80] for text in part.text[name]]
    for j, name in enumerate(part.label_names[:SHOWN_COLUMNS]):
        columns[f"label: {name}"] = part.Y[:, j].astype(str)
    return pd.DataFrame(columns)


def _word(feature: Feature, value: float) -> str:
    if math.isnan(value):
        return "?"
    if feature.kind == "nominal":
        return feature.categories[int(value)]
    return f"{value:.6g}"


def labels_preview(dataset: Dataset, per_label: pd.DataFrame) -> None:
    """Cardinality and a table of label counts, before the data set is used."""
    per_row = dataset.Y.sum(axis=1)
    empty = int((per_row == 0).sum())
    st.markdown(
        f"**{counted(dataset.q, 'label')}**, {decimals(per_row.mean())} per row on "
        f"average; {counted(empty, 'row')} without a label."
    )
    columns = ["label", "positives", "share", "IRLbl", "minority"]
    shown = per_label[[name for name in columns if name in per_label]]
    figures.table(
        shown,
        name="labels",
        key="labels_preview",
        height="content" if len(shown) <= SHORT_TABLE else 320,
    )


def use(workspace: Workspace, dataset: Dataset) -> None:
    """Make `dataset` the one in use, show a note, and draw the page again."""
    with st.spinner("Saving the data set"):
        workspace.use(dataset)
    used = st.session_state.get("uploads_used", 0)
    loading.release(f"upload.{used}")
    st.session_state["uploads_used"] = used + 1
    st.session_state.pop("openml.asked", None)
    st.toast(f"In use now: {layout.plain(dataset.name)}", icon=":material/check:")
    st.rerun()


def endings() -> list[str]:
    """File name endings that can be read."""
    known = {e for form in formats.READERS.values() for e in form.extensions}
    return sorted({*known, ".gz", ".xml", ".zip"})
