"""Whatever leaves the product holds no name that runs where it is opened.

One walk over every kind of file that is handed out, with names of samplers,
classifiers, labels, features, data sets and runs that try things; and a look at the
syntax trees, so that no other way out is added unseen.
"""

import ast
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hostile_names import (
    FORMULAS,
    MARKUP,
    NAMES,
    Page,
    faults_in_markdown,
    live,
    live_in_csv,
    live_in_workbook,
    names_run_by,
    wrong_in_latex,
)

from aemlo import compare, experiment, formats, imbalance, safe_tables, specs
from aemlo.__main__ import main
from aemlo.classifiers import CLASSIFIERS
from aemlo.dataset import Dataset, Feature
from aemlo.exports import comparison
from aemlo.imbalance import change
from aemlo.samplers import SAMPLERS
from aemlo.ui import downloads
from aemlo.ui.compare import take_away

ROOT = Path(__file__).resolve().parents[2]
RUN = "=HYPERLINK(1)\\input{x}<img src=x onerror=alert(1)>"
METRICS = ["macro-F1", "ranking loss"]
# Of each kind one: a report draws every arm.
ARMS = (*FORMULAS[:2], FORMULAS[5], FORMULAS[8], FORMULAS[14], *MARKUP)


def dataset(names=NAMES, name="@SUM(1)"):
    """Labels and features with the names that try things; words and texts too."""
    rng = np.random.default_rng(0)
    rows = 3 * len(names)
    Y = (rng.random((rows, len(names))) < 0.4).astype(np.uint8)
    X = rng.normal(size=(rows, len(names) + 1))
    X[:, -1] = np.arange(rows) % len(names)
    features = [Feature(f"{n} f") for n in names]
    features.append(Feature("=word", "nominal", tuple(names)))
    text = pd.DataFrame({"=text": [names[i % len(names)] for i in range(rows)]})
    return Dataset(name, X, Y, tuple(features), tuple(names), text=text)


@pytest.fixture(scope="module")
def pieces():
    """What a comparison hands to the report, every name in it a hostile one."""
    data = dataset()
    plain = Dataset(data.name, data.X[:, :3], data.Y, data.features[:3], NAMES)
    # One arm is computed; the others are the same rows under their own names.
    once = experiment.run(
        plain,
        {"none": SAMPLERS["none"]()},
        {"BR-tree": CLASSIFIERS["BR-tree"]()},
        folds=2,
    )
    frames = [
        once.assign(sampler=sampler, classifier=classifier, dataset=name)
        for name in (data.name, MARKUP[0])
        for sampler in ("none", *ARMS)
        for classifier in (ARMS[0], MARKUP[1])
    ]
    scores = pd.concat(frames, ignore_index=True)
    table = compare.before_after(scores)
    labels = imbalance.per_label(plain.Y, NAMES).rename(columns={"IRLbl": "irlbl"})
    labels = pd.concat([labels.assign(dataset=n) for n in (data.name, MARKUP[0])])
    spec = specs.checked(
        {
            "name": RUN,
            "folds": 2,
            "samplers": ["none", *({"use": "none", "name": n} for n in NAMES)],
            "classifiers": [{"use": "BR-tree", "name": n} for n in NAMES],
            "datasets": [{"path": "=1+1.csv", "name": n, "labels": [n]} for n in NAMES],
        }
    )
    facts = {"data set": f"{data.name}: 90 rows", "=fact": "@x"}
    return table, scores, labels, spec, METRICS, facts


@pytest.fixture(scope="module")
def packed(pieces):
    figures = [
        (f"{i} {name}", go.Figure(layout_title_text=name))
        for i, name in enumerate(NAMES)
    ]
    return zipfile.ZipFile(io.BytesIO(comparison.to_zip(*pieces, figures=figures)))


def test_the_names_are_live_before_anything_is_done():
    assert [name for name in FORMULAS[:12] if not live(name)] == []
    assert live_in_csv(b"a;=1+1;b,2\n") == ["=1+1"]
    assert "=1+1" in live_in_csv(b'x,"a\n=1+1;b",2\n')
    assert wrong_in_latex("a_b \\input{x} \\\\\n[2cm]") != []
    assert Page("<td>=1+1</td><img onerror=x>").faults() == ["img", "onerror", "=1+1"]
    assert faults_in_markdown("| a | b |\n| --- | --- |\n| x | y | z |\n") != []


def test_every_member_of_the_zip_is_looked_at(packed):
    kinds = {Path(name).suffix for name in packed.namelist()}
    assert kinds == {".csv", ".md", ".tex", ".html", ".py", ".toml", ".json", *LEFT}


# Text for people; the library of the figures, which holds no name.
LEFT = {".txt", ".js"}


@pytest.mark.parametrize("member", ["scores.csv", "before_after.csv", "labels.csv"])
def test_tables_in_the_zip_hold_no_formula(packed, pieces, member):
    data = packed.read(member)
    assert live_in_csv(data) == []
    rows = {"scores.csv": pieces[1], "before_after.csv": pieces[0]}
    back = pd.read_csv(io.BytesIO(data), keep_default_na=False)
    assert len(back) == len(rows.get(member, pieces[2]))
    values = {"scores.csv": "value", "before_after.csv": "difference"}
    numbers = pd.to_numeric(back[values.get(member, "positives")], errors="coerce")
    frame = rows.get(member, pieces[2])[values.get(member, "positives")]
    assert np.allclose(numbers, frame.to_numpy(float), equal_nan=True, rtol=0, atol=0)


def test_latex_in_the_zip_and_by_the_button_is_text_alone(packed, pieces):
    texts = [packed.read(n).decode() for n in packed.namelist() if n.endswith(".tex")]
    assert len(texts) == 4
    texts += [take_away._tables(pieces[0], METRICS, "tex")]
    assert [fault for text in texts for fault in wrong_in_latex(text)] == []


def test_markdown_in_the_zip_and_by_the_button_is_text_alone(packed, pieces):
    texts = [packed.read(n).decode() for n in packed.namelist() if n.endswith(".md")]
    assert len(texts) == 4
    texts += [take_away._tables(pieces[0], METRICS, "md")]
    assert [fault for text in texts for fault in faults_in_markdown(text)] == []


def test_the_report_runs_no_name(packed):
    page = Page(packed.read("report.html").decode())
    assert page.faults() == []
    assert any("@SUM(1)" in cell for cell in page.cells)


def test_a_figure_of_its_own_runs_no_name(packed):
    names = [n for n in packed.namelist() if re.match(r"figures/.*\.html$", n)]
    for name in names:
        text = packed.read(name).decode()
        assert Page(text).faults() == []
        assert "<script>alert" not in text
    text = downloads.figure_html(go.Figure(layout_title_text=MARKUP[3])).decode()
    assert "<script>alert" not in text


def test_the_script_holds_names_as_strings_alone(packed, pieces):
    tree = ast.parse(packed.read("repeat.py").decode())
    used = names_run_by(tree) - {"BinaryRelevanceTree", "BRTree", "NoSampling"}
    assert used == {
        *("compare", "experiment", "read", "safe_tables", "__name__", "datasets"),
        *("samplers", "classifiers", "scores", "table"),
        *("chosen", "plan", "predictions", "learners"),
    }
    strings = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    assert set(NAMES) <= strings


def test_the_experiment_comes_back_with_its_names(packed, pieces):
    assert specs.from_toml(packed.read("experiment.toml").decode()) == pieces[3]


def test_the_command_line_writes_no_formula(tmp_path, capsys):
    plain = dataset(("=1+1", "b", "@SUM(1)"))
    formats.write(plain, tmp_path / "small.csv")
    spec = specs.checked(
        {
            "folds": 2,
            "samplers": ["none", {"use": "none", "name": "=1+1"}],
            "classifiers": [{"use": "BR-tree", "name": "@SUM(1)"}],
            "datasets": [
                {
                    "path": "small.csv",
                    "name": "=HYPERLINK(1)",
                    "labels": list(plain.label_names),
                }
            ],
        }
    )
    (tmp_path / "spec.toml").write_text(specs.to_toml(spec), encoding="utf-8")
    out = tmp_path / "scores.csv"
    asked = ["compare", "--spec", f"{tmp_path / 'spec.toml'}", "--out"]
    assert main([*asked, f"{out}"]) == 0
    assert live_in_csv(out.read_bytes()) == []
    back = pd.read_csv(out)
    assert set(back["sampler"]) == {"none", "'=1+1"}
    assert set(back["classifier"]) == {"'@SUM(1)"}
    assert set(back["dataset"]) == {"'=HYPERLINK(1)"}
    assert {"'=1+1", "b", "'@SUM(1)"} <= set(back["label"].dropna())
    assert main([*asked, f"{out}.gz"]) == 0  # packed, as its name says
    assert pd.read_csv(f"{out}.gz")["label"].equals(back["label"])


def test_a_side_by_side_of_sets_is_latex_alone():
    table = change.side_by_side(
        {name: (dataset().Y, NAMES, 3) for name in NAMES}, "left out"
    )
    assert wrong_in_latex(change.as_latex(table, MARKUP[0])) == []
    assert live_in_csv(safe_tables.csv_bytes(table)) == []


@pytest.mark.parametrize("title", list(formats.WRITERS))
def test_a_data_set_in_any_format_holds_no_formula(title):
    data = dataset()
    if title == "NumPy":  # holds no text
        data = replace(data, text=None)
    if title in ("LIBSVM", "Extreme classification"):  # hold numbers alone
        numbers = data.features[:-1]
        data = replace(data, X=data.X[:, :-1], features=numbers, text=None)
    for ending, content in formats.to_bytes(data, title).items():
        if ending == ".xlsx":
            assert live_in_workbook(content) == []
        elif ending in (".csv", ".labels.csv"):
            assert live_in_csv(content) == []
        elif ending == ".tsv":
            assert live_in_csv(content, "\t") == []


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx"])
def test_a_data_set_comes_back_with_the_names_it_had(tmp_path, suffix):
    # Reading takes any line end for a line feed, and a sheet's names lose outer blanks.
    names = [
        n for n in NAMES if "\r" not in n and (n == n.strip() or suffix != ".xlsx")
    ]
    data = dataset(tuple(names))
    files = formats.write(data, tmp_path / f"set{suffix}")
    again = formats.read(files[0], labels=list(names))
    assert again.label_names == data.label_names
    assert again.feature_names == data.feature_names
    assert (again.Y == data.Y).all()
    words = data.features[-1].categories
    assert [again.features[-1].categories[int(c)] for c in again.X[:, -1]] == [
        words[int(c)] for c in data.X[:, -1]
    ]


def test_lists_of_labels_come_back_with_the_names_they_had(tmp_path):
    data = dataset(tuple(n for n in NAMES if "\r" not in n))
    files = formats.write(data, tmp_path / "set.labels.csv")
    again = formats.read(files[0])
    assert again.label_names == tuple(sorted(data.label_names))


# What is handed out by which call, read from the syntax trees ----------------------

FILES = [
    *(ROOT / "aemlo").rglob("*.py"),
    *(ROOT / "pages").glob("*.py"),
    ROOT / "app.py",
]
THE_WRITER = "aemlo/safe_tables.py"
WRITING = {
    *("to_csv", "to_excel", "to_latex", "to_markdown", "to_html", "to_clipboard"),
    *("to_xml", "savetxt", "writer", "DictWriter", "Workbook", "ExcelWriter"),
    *("write_csv", "writelines"),
}
ALLOWED = {
    (
        "aemlo/formats/kinds/delimited_write.py",
        "csv.writer",
    ): "data sets; every cell and name "
    "goes through the writer's `neutral`, and reading undoes it",
    ("aemlo/formats/kinds/excel.py", "Workbook"): "data sets; every word and name goes "
    "through the writer's `neutral`, and reading undoes it",
    (
        "aemlo/exports/comparison.py",
        "figure.to_html",
    ): "Plotly's pages, which escape what they hold",
    ("aemlo/ui/downloads.py", "figure.to_html"): "the same",
    ("aemlo/exports/comparison.py", "safe_tables.to_html"): "the writer",
    ("aemlo/exports/comparison.py", "safe_tables.to_latex"): "the writer",
    ("aemlo/exports/comparison.py", "safe_tables.to_markdown"): "the writer",
    ("aemlo/exports/comparison.py", "to_html"): "the report's own function",
    ("aemlo/imbalance/change.py", "safe_tables.to_latex"): "the writer",
    ("aemlo/ui/compare/take_away.py", "comparison.to_html"): "the report",
    ("aemlo/ui/compare/take_away.py", "safe_tables.to_latex"): "the writer",
    ("aemlo/ui/compare/take_away.py", "safe_tables.to_markdown"): "the writer",
}


def writing_calls(text):
    """Dotted names of the calls in `text` that write tables."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.rpartition(".")[2] in WRITING:
                yield name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # Scripts that are handed out, too, go through the writer.
            for found in re.findall(r"\w+\.(?:to_csv|to_excel|to_latex)\(", node.value):
                yield f"{found}) in a text"


def test_nothing_writes_tables_but_the_one_writer():
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in FILES
        for name in writing_calls(path.read_text(encoding="utf-8"))
    }
    others = {(file, name) for file, name in found if file != THE_WRITER}
    assert others - set(ALLOWED) == set()
    assert set(ALLOWED) - others == set(), "allowed, and not there any more"


def test_the_look_at_the_trees_sees_a_table_written_past_the_writer():
    assert list(writing_calls("frame.to_csv(path)\ncsv.writer(f)")) == [
        "frame.to_csv",
        "csv.writer",
    ]
    assert list(writing_calls("line = 'scores.to_csv(1)'")) == [
        "scores.to_csv() in a text"
    ]


# What the functions behind a download button give: each is walked above, or holds no
# table of names.
HANDED_OUT = {
    "csv_bytes": "the writer",
    "safe_tables.csv_bytes": "the writer",
    "downloads.figure_html": "a figure",
    "comparison.to_zip": "walked above",
    "comparison.to_html": "walked above",
    "_tables": "walked above",
    "specs.to_toml": "walked above",
    "specs.script": "walked above",
    "change.as_latex": "walked above",
    "to_bytes": "a data set, walked above",
    "zipped": "data sets in a zip",
    "formats.one_file": "a data set, walked above",
    "read_bytes": "a model, or pairs of data sets",
}
HELPERS = {"callable", "data", "frame", "encode", "pieces", "_figures", "folder"}


def handed_out(text):
    """The functions that give what each download button in `text` hands out."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if not name.endswith("download_button") and name != "_button":
            continue
        given = [k.value for k in node.keywords if k.arg == "data"] or node.args[1:2]
        calls = {
            ast.unparse(inner.func)
            for inner in ast.walk(given[0])
            if isinstance(inner, ast.Call)
        }
        yield ast.unparse(given[0]), calls


def test_every_download_button_hands_out_something_that_is_walked():
    bare = set()
    for path in FILES:
        for written, calls in handed_out(path.read_text(encoding="utf-8")):
            last = {c if c in HANDED_OUT else c.rpartition(".")[2] for c in calls}
            if not last & set(HANDED_OUT):
                bare.add((str(path.relative_to(ROOT)), written))
    assert (
        bare
        == {
            # Named where the button is drawn; what they hold is said here.
            ("aemlo/ui/downloads.py", "data"): "its callers, walked each",
            (
                "aemlo/ui/resampled_rows.py",
                "data",
            ): "to_bytes and zipped, a line above",
            ("aemlo/ui/dataset/loading.py", "data"): "formats.one_file, a line above",
            ("aemlo/ui/classify/use.py", "model_file"): "a model file",
        }.keys()
    )


def test_tables_on_pages_hand_out_nothing_past_the_writer():
    """The browser itself would write what `st.dataframe` shows, formulas and all."""
    import tomllib

    from streamlit import config

    settings = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))
    assert settings["client"]["disableDataExport"] is True
    assert "client.disableDataExport" in config._config_options_template
