"""The methods page shows every entry of every family, formulas typeset."""

import math
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from aemlo.classifiers import CLASSIFIERS
from aemlo.imbalance import MEASURES
from aemlo.metrics import METRICS
from aemlo.ui import methods

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def page(tmp_path, monkeypatch):
    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setenv("AEMLO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AEMLO_WORKERS", "0")
    monkeypatch.setenv("AEMLO_WORKSPACE", "methods-test")
    monkeypatch.chdir(ROOT)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    yield app.switch_page("pages/methods.py").run()
    st.cache_resource.clear()
    st.cache_data.clear()


def test_ranges_are_written_in_words():
    assert methods.in_range(0, 1) == "0 to 1"
    assert methods.in_range(0, math.inf) == "0 or more"
    assert methods.in_range(-math.inf, 2) == "2 or less"
    assert methods.in_range(-math.inf, math.inf) == "any number"
    table = methods.settings(CLASSIFIERS["average"]).set_index("setting")
    assert table.loc["weights", "allowed"] == "numbers, each 0 or more"


def test_tables_show_no_marks_of_markdown():
    for family in methods.FAMILIES:
        table = methods.overview(family).astype(str)
        assert not table.map(lambda text: "`" in text).any(axis=None), family


@pytest.mark.parametrize("family", ["Classifiers", "Metrics", "Measures", "Formats"])
def test_every_entry_of_a_family_is_shown(page, family):
    page.session_state["methods.family"] = family
    page.run()
    for title in methods.FAMILIES[family][0]:
        page.selectbox(key=f"methods.{family}").select(title).run()
        assert not page.exception, title
        if family in ("Metrics", "Measures"):
            entries = {entry.title: entry for entry in MEASURES.values()}
            formula = (METRICS if family == "Metrics" else entries)[title].formula
            assert [latex.value for latex in page.latex] == [f"$$\n{formula}\n$$"]
    assert page.subheader[-1].value == f"All {family.lower()}"
