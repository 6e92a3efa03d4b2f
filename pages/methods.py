"""Every sampler in words, written from the classes themselves."""

import streamlit as st

from aemlo.samplers import SAMPLERS
from aemlo.ui import figures, layout, methods, state

workspace = state.workspace()

layout.page("Methods", "What exactly does each sampler do, and where is it from?")

title = st.selectbox("Sampler", list(SAMPLERS), key="methods.sampler")
methods.describe(SAMPLERS[title])

st.subheader("All samplers")
figures.table(methods.overview(), name="samplers", key="methods.overview")
layout.next_step("pages/resample.py", "Resample", "Try one on the data set in use.")
