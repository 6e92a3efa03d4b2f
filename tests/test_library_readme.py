"""The steps of aemlo/README.md, followed on a scratch copy of the project.

A comment before a block says what to do with it: `file: PATH` writes it, `append: PATH`
adds it to the end, `replace: PATH` and then `with` put one text in place of another.
"""

import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "aemlo" / "README.md"
STEP = re.compile(
    r"^ *<!-- (?P<what>file|append|replace|with)(?:: (?P<path>\S+))? -->\n"
    r" *```(?:python|text)\n(?P<code>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
TITLES_OF_PAGES = """
import streamlit as st
from streamlit.testing.v1 import AppTest

navigation = st.navigation

def noted(pages, **how):
    titles = [page.title for group in pages.values() for page in group]
    print("TITLES", *titles, sep="|")
    return navigation(pages, **how)

st.navigation = noted
app = AppTest.from_file("app.py", default_timeout=120).run()
assert not app.exception, app.exception
app.switch_page("pages/rows.py").run()
assert not app.exception, app.exception
print("TITLE", app.title[0].value, app.metric[0].value, sep="|")
"""


def steps():
    """(what, path, code) of each step, in order."""
    text = README.read_text(encoding="utf-8")
    for match in STEP.finditer(text):
        # Blocks stand below numbered steps, by three spaces.
        code = re.sub(r"^   ", "", match["code"], flags=re.MULTILINE)
        yield match["what"], match["path"], code


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The project with all that the README adds."""
    root = tmp_path_factory.mktemp("copy")
    for name in ("aemlo", "pages", "assets"):
        shutil.copytree(
            ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "app.py", root / "app.py")
    old = None
    for what, name, code in steps():
        if what == "with":
            path, before = old
            text = path.read_text(encoding="utf-8")
            assert text.count(before) == 1, f"{path.name}: {before!r}"
            path.write_text(text.replace(before, code), encoding="utf-8")
            continue
        path = root / name
        if what == "replace":
            old = path, code
        elif what == "append":
            text = path.read_text(encoding="utf-8")
            path.write_text(f"{text}\n\n{code}", encoding="utf-8")
        else:
            assert not path.exists(), name
            path.write_text(code, encoding="utf-8")
    return root


def output(root, *arguments):
    """What a Python process prints that sees the copy only."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_kind_of_thing_has_its_steps():
    titles = re.findall(r"^## Add a (\w+)", README.read_text("utf-8"), re.MULTILINE)
    assert titles == ["sampler", "classifier", "metric", "measure", "format", "page"]
    assert len(list(steps())) == README.read_text("utf-8").count("<!-- ")


def test_what_the_steps_add_is_listed(copy):
    names = json.loads(output(copy, "-m", "aemlo", "list", "--json"))
    assert "Halved" in names["samplers"]
    assert "Shares" in names["classifiers"]
    assert "share of right cells" in names["metrics"]
    assert "Labels as text" in names["formats"]


def test_what_the_steps_add_does_its_work(copy):
    code = """
        import numpy as np
        from aemlo import classifiers, samplers
        from aemlo.classifiers import Shares
        from aemlo.formats import read, to_bytes
        from aemlo.imbalance import MEASURES, Labels
        from aemlo.metrics import METRICS
        from aemlo.samplers import Halved

        X, Y = np.arange(8.0).reshape(4, 2), np.array([[1, 1], [1, 1], [1, 0], [0, 0]])
        print(Halved().fit_resample(X, Y)[0].tolist())
        print(Shares().fit(X, Y).predict_proba(X[:1]).tolist())
        print(METRICS["share of right cells"](Y, np.ones_like(Y)))
        print(MEASURES["largest_row"].value(Labels.of(Y), "left out", 2))
        yeast = read("yeast").take(np.arange(2))
        print("Halved" in samplers.__all__, "Shares" in classifiers.__all__)
        print(len(to_bytes(yeast, "Labels as text")[".01.txt"]))
    """
    printed = output(copy, "-c", textwrap.dedent(code)).splitlines()
    assert printed == [
        "[[0.0, 1.0], [4.0, 5.0]]",
        "[[0.75, 0.5]]",
        "0.625",
        "2.0",
        "True True",
        "30",
    ]


def test_the_page_of_the_steps_stands_in_the_menu(copy, tmp_path, monkeypatch):
    monkeypatch.setenv("AEMLO_HOME", str(tmp_path))
    monkeypatch.setenv("AEMLO_WORKERS", "0")
    printed = output(copy, "-c", TITLES_OF_PAGES)
    assert "|Imbalance|Rows|Train|" in printed
    assert "TITLE|Rows|2,417" in printed or "TITLE|Rows|2417" in printed
