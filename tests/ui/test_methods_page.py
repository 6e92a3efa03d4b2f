"""The methods page shows every entry of every family, formulas typeset."""

import math
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect
from visits import store, visit

from aemlo.classifiers import CLASSIFIERS
from aemlo.imbalance import MEASURES
from aemlo.metrics import ALL_METRICS
from aemlo.samplers import SAMPLERS
from aemlo.ui import methods

__all__ = ["store"]  # a fixture

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def methods_page(store):
    return visit("methods")


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
def test_every_entry_of_a_family_is_shown(methods_page, family):
    page = methods_page
    page.session_state["methods.family"] = family
    page.run()
    for title in methods.FAMILIES[family][0]:
        page.selectbox(key=f"methods.{family}").select(title).run()
        assert not page.exception, title
        if family in ("Metrics", "Measures"):
            entries = {entry.title: entry for entry in MEASURES.values()}
            formula = (ALL_METRICS if family == "Metrics" else entries)[title].formula
            assert [latex.value for latex in page.latex] == [f"$$\n{formula}\n$$"]
    assert page.subheader[-1].value == f"All {family.lower()}"


ALL_FORMULAS = """
import streamlit as st
for number, formula in enumerate({formulas!r}):
    st.latex(formula)
st.markdown("All of them.")
"""


@pytest.fixture
def app_of(tmp_path):
    """A function that serves a text of a Streamlit app and returns its address."""
    running = []

    def serve(text):
        script = tmp_path / "formulas.py"
        script.write_text(text, encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        running.append(
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "streamlit", "run", str(script)),
                    *(f"--server.port={port}", "--server.headless=true"),
                    "--server.fileWatcherType=none",
                    "--browser.gatherUsageStats=false",
                ],
                cwd=tmp_path,
                env=os.environ,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        # The line with the address is written once the server listens.
        for line in running[-1].stdout:
            if str(port) in line:
                break
        return f"http://127.0.0.1:{port}"

    yield serve
    for process in running:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


@pytest.mark.browser
def test_every_formula_is_typeset(app_of, page):
    formulas = [entry.formula for entry in (*ALL_METRICS.values(), *MEASURES.values())]
    for cls in (*SAMPLERS.values(), *CLASSIFIERS.values()):
        formulas += [formula for _, formula in getattr(cls, "formulas", ())]
    wrong = r"\frac{1}{n"
    page.goto(app_of(ALL_FORMULAS.format(formulas=[*formulas, wrong])))
    expect(page.get_by_text("All of them.")).to_be_visible(timeout=60_000)
    errors = page.locator(".katex-error")
    expect(errors).to_have_count(1)  # the wrong one, and no other
    assert wrong in errors.inner_text()
    assert page.locator(".katex-display").count() == len(formulas)
