"""What is carried away: tables, one page, one zip, all saying the same."""

import io
import re
import zipfile
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from aemlo import compare, experiment, imbalance, safe_tables, specs
from aemlo.classifiers import CLASSIFIERS
from aemlo.dataset import Dataset, Feature
from aemlo.exports import comparison
from aemlo.samplers import SAMPLERS
from aemlo.samplers.base import OverSampler, Synthetic

NASTY = "a|b <script>alert(1)</script> & 50% _x"


class Cloner(OverSampler):
    """Clones random rows."""

    title = "cloner"

    def __init__(self, random_state=None):
        self.random_state = random_state

    def _generate(self, X, Y, rng, on_progress):
        rows = rng.integers(0, len(Y), 20)
        return Synthetic(X[rows], Y[rows], rows[:, None], np.zeros(20))


@pytest.fixture(scope="module")
def pieces():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 3))
    Y = (X + rng.normal(size=(90, 3)) > [0, 0.5, 1.0]).astype(np.uint8)
    names = ("plain", NASTY, "rare")
    data = Dataset(NASTY, X, Y, tuple(Feature(f"x{i}") for i in range(3)), names)
    scores = experiment.run(
        data,
        {"none": SAMPLERS["none"](), NASTY: Cloner()},
        {"BR-tree": CLASSIFIERS["BR-tree"]()},
        folds=3,
    )
    table = compare.before_after(scores)
    labels = imbalance.per_label(Y, names).rename(columns={"IRLbl": "irlbl"})
    spec = specs.checked(
        {
            "name": NASTY,
            "folds": 3,
            "samplers": ["none"],
            "classifiers": ["BR-tree"],
            "datasets": [{"path": "yeast"}],
        }
    )
    metrics = ["macro-F1", "ranking loss"]
    return table, scores, labels.assign(dataset=NASTY), spec, metrics, {"rows": 90}


def test_markdown_by_hand():
    frame = pd.DataFrame({"a|b": ["x", "y|z"], "c": ["1", "2"]})
    assert safe_tables.to_markdown(frame) == (
        "| a\\|b | c |\n| --- | --- |\n| x | 1 |\n| y\\|z | 2 |\n"
    )


def test_latex_by_hand():
    frame = pd.DataFrame({"a_b": ["50%"], "c": ["x & y"], "d": ["{~^\\<"]})
    assert safe_tables.to_latex(frame, "F1 & more") == (
        "\\begin{table}\n\\centering\n\\caption{F1 \\& more}\n"
        "\\begin{tabular}{llr}\n\\hline\na\\_b & c & d \\\\\n\\hline\n"
        "50\\% & x \\& y & "
        "\\{\\textasciitilde{}\\^{}\\textbackslash{}\\textless{} \\\\\n"
        "\\hline\n\\end{tabular}\n\\end{table}\n"
    )


def test_a_table_shows_three_decimals_and_signs(pieces):
    table = pieces[0]
    shown = comparison.presented(table, "macro-F1", NASTY).set_index("sampler")
    row = table[(table["metric"] == "macro-F1") & (table["sampler"] == NASTY)].iloc[0]
    assert shown.loc[NASTY, "mean"] == f"{row['mean']:.3f}"
    assert shown.loc[NASTY, "difference"] == f"{row['difference']:+.3f}"
    assert shown.loc["none", "difference"] == ""


class Page(HTMLParser):
    """Collects what a browser would load, and the text outside scripts."""

    def __init__(self):
        super().__init__()
        self.loads, self.tags, self.text, self._script = [], [], [], False

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self._script = tag in ("script", "style")
        given = dict(attributes)
        if tag in ("script", "link", "img", "iframe"):
            self.loads += [given[k] for k in ("src", "href") if k in given]

    def handle_endtag(self, tag):
        self._script = False

    def handle_data(self, data):
        if not self._script:
            self.text.append(data)


def test_the_page_needs_no_network_and_runs_no_name(pieces):
    page = Page()
    text = comparison.to_html(*pieces)
    page.feed(text)
    assert page.loads == []
    assert "<script>alert(1)" not in text
    words = " ".join(page.text)
    assert "alert(1)" in words  # shown as text
    for needed in ("macro-F1", "seed", "versions", "scikit-learn", "rows", "90"):
        assert needed in words
    assert words.count("Nadeau and Bengio") == 1


def test_a_declared_split_says_what_its_intervals_mean(pieces):
    table, scores, labels, spec, metrics, facts = pieces
    sentence = "repeats differ in their seeds alone"
    assert sentence not in comparison.to_html(*pieces)
    declared = spec | {"split": "declared"}
    assert sentence in comparison.to_html(
        table, scores, labels, declared, metrics, facts
    )


def test_the_page_says_what_the_table_says(pieces):
    table = pieces[0]
    page = Page()
    page.feed(comparison.to_html(*pieces))
    words = " ".join(page.text)
    for _, row in table[table["metric"] == "macro-F1"].iterrows():
        if row["verdict"] != "baseline":
            assert compare.in_words(row, "none") in words


def test_a_zip_with_all_of_it(pieces):
    figures = [("a/b: <x>", go.Figure())]
    archive = zipfile.ZipFile(io.BytesIO(comparison.to_zip(*pieces, figures=figures)))
    names = archive.namelist()
    assert {
        *("scores.csv", "before_after.csv", "labels.csv", "experiment.toml"),
        *("repeat.py", "facts.json", "report.html", "README.txt"),
    } <= set(names)
    assert "figures/a-b---x.html" in names
    drawn = Page()
    drawn.feed(archive.read("figures/a-b---x.html").decode())
    assert drawn.loads == ["plotly.min.js"] and "figures/plotly.min.js" in names
    assert not any(re.search(r"[<>|:]|\.\.", name) for name in names)
    back = pd.read_csv(archive.open("scores.csv"), keep_default_na=False)
    assert len(back) == len(pieces[1])
    assert specs.from_toml(archive.read("experiment.toml").decode()) == pieces[3]
    assert len([n for n in names if n.endswith(".tex")]) == 2


def zipped(pieces):
    figures = [(name, go.Figure(layout_title_text=name)) for name in ("f", "g h")]
    whole = comparison.to_zip(*pieces, figures=figures, pictures=True)
    return zipfile.ZipFile(io.BytesIO(whole))


def test_pictures_that_cannot_be_drawn_are_said_not_lost(pieces, monkeypatch):
    def no_browser(figures, files, **named):
        files[0].write_bytes(b"half")
        raise RuntimeError("no browser")

    monkeypatch.setattr(comparison, "write_images", no_browser)
    archive = zipped(pieces)
    assert "figures/f.html" in archive.namelist()
    assert not [n for n in archive.namelist() if n.endswith((".png", ".svg"))]
    assert "PNG and SVG need kaleido (aemlo[figures])" in (
        archive.read("README.txt").decode()
    )


def test_all_pictures_are_drawn_by_one_start_of_the_browser(pieces, monkeypatch):
    starts = []

    def writer(figures, files, **named):
        starts.append(named)
        for figure, path in zip(figures, files, strict=True):
            path.write_text(f"{figure.layout.title.text} as {path.suffix}")

    monkeypatch.setattr(comparison, "write_images", writer)
    archive = zipped(pieces)
    assert starts == [{"scale": 2}]
    for stem, name in (("f", "f"), ("g-h", "g h")):
        for form in ("png", "svg"):
            text = archive.read(f"figures/{stem}.{form}").decode()
            assert text == f"{name} as .{form}"
    assert "aemlo[figures]" not in archive.read("README.txt").decode()
