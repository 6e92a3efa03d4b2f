"""Cached twins of slow pure functions, keyed by the data set's content."""

import pandas as pd
import streamlit as st

from aemlo.dataset import Dataset


@st.cache_data(max_entries=64, show_spinner=False)
def summary(key: str, _dataset: Dataset) -> dict[str, float]:
    """`aemlo.imbalance.summary` of the data set whose content hash is `key`."""
    from aemlo import imbalance

    return imbalance.summary(_dataset.Y, len(_dataset.feature_names))


@st.cache_data(max_entries=64, show_spinner=False)
def per_label(key: str, _dataset: Dataset) -> pd.DataFrame:
    """`aemlo.imbalance.per_label` of the data set whose content hash is `key`."""
    from aemlo import imbalance

    return imbalance.per_label(_dataset.Y, _dataset.label_names)
