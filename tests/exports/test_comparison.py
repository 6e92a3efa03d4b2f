"""What is carried away: tables, one page, one zip, all saying the same."""

import html
from html.parser import HTMLParser

import numpy as np
import pandas as pd
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


def test_the_report_says_how_one_set_of_test_rows_is_judged(pieces):
    words = comparison.to_html(*pieces)
    assert "One set of test rows is judged over its rows, by sign-flip" in words


def test_the_report_begins_with_the_verdict_of_each_data_set(pieces):
    table, scores, labels, spec, metrics, facts = pieces
    older = spec | {"primary": ""}
    page = comparison.to_html(table, scores, labels, older, metrics, facts)
    assert "No primary metric was chosen before this run" in page
    chosen = spec | {"primary": "macro-F1"}
    verdict = compare.headline(table, table["dataset"].iloc[0], "macro-F1", "none")
    page = comparison.to_html(table, scores, labels, chosen, metrics, facts)
    assert f"<p><b>{html.escape(verdict)}</b></p>" in page
