"""Every method in words and formulas, written from the classes and functions."""

import streamlit as st

from aemlo.ui import figures, layout, methods, state

workspace = state.workspace()

layout.page("Methods", "What exactly does each method do, and where is it from?")

family = st.segmented_control(
    "Family",
    list(methods.FAMILIES),
    default="Samplers",
    required=True,
    key="methods.family",
)
titles, describe = methods.FAMILIES[family]
title = st.selectbox(
    methods.ONE[family],
    titles,
    key="methods.sampler" if family == "Samplers" else f"methods.{family}",
)
describe(title)

st.subheader(f"All {family.lower()}")
figures.table(
    methods.overview(family),
    name=family.lower(),
    key="methods.overview" if family == "Samplers" else f"methods.overview.{family}",
)
layout.next_step("pages/resample.py", "Resample", "Try one on the data set in use.")
