"""Cached twins of the measures of imbalance, and the label chosen on its page.

Keys are content hashes; what starts with an underscore is not part of the key.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from aemlo import imbalance, params
from aemlo.arrays import Features, LabelMatrix, Names
from aemlo.dataset import Dataset
from aemlo.imbalance import Labels, detail
from aemlo.imbalance.advice import Sentence, advise
from aemlo.preparation.preparation import Preparation

LABEL = "imbalance.label"


@st.cache_resource(max_entries=16)
def labels(key: str, _Y: LabelMatrix) -> Labels:
    """The Labels of Y; shared between visitors and never changed."""
    return imbalance.Labels(_Y)


@st.cache_data(max_entries=64, show_spinner=False)
def per_label(key: str, _labels: Labels, _names: Names, empty: str) -> pd.DataFrame:
    """`aemlo.imbalance.per_label`."""
    return imbalance.per_label(_labels, _names, empty)


@st.cache_data(max_entries=64, show_spinner=False)
def measure_set(
    key: str, _labels: Labels, _names: Names, features: int, empty: str
) -> pd.DataFrame:
    """`aemlo.imbalance.measure_set`, its table of all measures."""
    return imbalance.measure_set(_labels, _names, features, empty)


@st.cache_resource(max_entries=16, show_spinner=False)
def per_labelset(key: str, _labels: Labels, _names: Names) -> pd.DataFrame:
    """`aemlo.imbalance.per_labelset`; shared between visitors and never changed."""
    return imbalance.per_labelset(_labels, _names)


@st.cache_data(max_entries=64, show_spinner=False)
def advice(
    key: str, _labels: Labels, _names: Names, folds: int, empty: str
) -> list[Sentence]:
    """`aemlo.imbalance.advice.advise`."""
    return advise(_labels, _names, folds, empty)


@st.cache_resource(max_entries=4, show_spinner="Preparing features")
def _prepared(key: str, _dataset: Dataset) -> tuple[Preparation, Features]:
    preparation = Preparation(scale="none")
    return preparation, preparation.fit_transform(_dataset)


@st.cache_data(max_entries=16, show_spinner="Counting the neighbours' votes")
def _votes(
    key: str, _dataset: Dataset, _labels: Labels, _sampler: Any
) -> dict[int, tuple[np.ndarray, int]] | None:
    from aemlo.samplers import expectation

    if _dataset.text is not None:
        return None
    preparation, X = _prepared(key, _dataset)
    groups = preparation.categorical_features_
    return expectation.bag_votes(_labels, _sampler, X, groups)


@st.cache_data(max_entries=256, show_spinner="Computing the forecast")
def expected(
    key: str, _dataset: Dataset, _labels: Labels, method: str, share: float | None
) -> Any:
    """The `Expectation` of a sampler with default settings, `share` of rows, seed 0.

    `share` None leaves the size to the sampler. AemloError where there is no forecast.
    """
    from aemlo.samplers import SAMPLERS, expectation

    settings = {} if share is None else {"budget": share}
    sampler = params.build(SAMPLERS[method], settings, random_state=0)
    votes = None
    if method == "MLSMOTE":
        votes = _votes(key, _dataset, _labels, sampler)
    return expectation.expected(_labels, sampler, votes)


@st.cache_resource(max_entries=4, show_spinner="Comparing features")
def _feature_sums(key: str, _dataset: Dataset) -> tuple[detail.FeatureSums, Names]:
    preparation, X = _prepared(key, _dataset)
    return detail.FeatureSums(X), preparation.feature_names_


@st.cache_data(max_entries=256, show_spinner=False)
def feature_differences(
    key: str, _dataset: Dataset, _labels: Labels, label: int
) -> pd.DataFrame:
    """`feature_differences` of one label, gaps filled and categories one by one."""
    sums, names = _feature_sums(key, _dataset)
    return detail.feature_differences(sums, _labels, label, names)


def choose_label(names: list[str], first: int) -> int:
    """The box in which a label is searched for and chosen; returns its position.

    `first` is the position chosen until the visitor chooses.
    """
    if st.session_state.get(LABEL) not in names:
        st.session_state[LABEL] = names[first]
    name = st.selectbox(
        "Label",
        names,
        key=LABEL,
        persist_state="session",
        help="Type to search. A click on a label in a chart or table chooses it too.",
    )
    return names.index(name)


def leave_if_another_label(names: Sequence[str], chosen: int) -> None:
    """In a fragment: draw the whole page again if a click in it chose another label."""
    if st.session_state.get(LABEL, names[chosen]) != names[chosen]:
        st.rerun()


def clicked_in_chart(key: str, names: Sequence[str]) -> Callable[[], None]:
    """A callback for a chart whose points carry a label's position first."""

    def choose() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points:
            custom = points[0].get("customdata")
            custom = list(custom.values()) if isinstance(custom, dict) else custom
            if custom:
                st.session_state[LABEL] = names[int(custom[0])]

    return choose


def clicked_in_table(key: str, shown: Sequence[str]) -> Callable[[], None]:
    """A callback for a table whose rows are the labels named in `shown`."""

    def choose() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows:
            st.session_state[LABEL] = shown[rows[0]]

    return choose
