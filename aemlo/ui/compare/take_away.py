"""The downloads of a comparison: rows, tables, report, experiment, everything."""

import importlib.util
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from aemlo import safe_tables, specs
from aemlo.charts import compare as charts
from aemlo.dataset import Dataset
from aemlo.exports import comparison
from aemlo.formats import builtin
from aemlo.latent import selection
from aemlo.store import Run, Store
from aemlo.ui import downloads, layout
from aemlo.ui.compare.results import Results
from aemlo.ui.state import Workspace
from aemlo.wording import count, file_stem


def files(workspace: Workspace, result: Results, table: pd.DataFrame) -> None:
    """Download buttons of a comparison: rows, tables, report, experiment, zip.

    `table` is a `compare.before_after`.
    """
    spec = experiment_of(workspace.store, result.run, result.datasets)
    spec["baseline"] = result.baseline
    metrics = st.multiselect(
        "Metrics in the tables and the report",
        result.metrics,
        default=result.metrics[:6],
        key="compare.take.metrics",
    )
    pictures = importlib.util.find_spec("kaleido") is not None and st.checkbox(
        "Also put the figures as PNG and SVG into the zip (some seconds each)",
        key="compare.take.pictures",
    )
    changed = without_a_file(workspace.store, result.run)
    if changed:
        st.warning(
            f"{layout.plain(', '.join(changed))}: no file holds exactly these rows, so "
            "the experiment file cannot name one. Save the data set on the Data set "
            "page as CSV, under the name that the experiment file gives it."
        )
    stem = result.run.title.replace(" ", "-").lower()[:40]
    _report_buttons(workspace, result, table, spec, metrics, pictures, stem)
    _table_buttons(table, spec, metrics, stem)
    st.caption(
        "Pictures of a chart: the camera over it saves PNG or SVG. The experiment file "
        "gives the same scores on the command line, to the last digit:"
    )
    file = downloads.file_name("experiment.toml")
    st.code(f"python -m aemlo compare --spec {file} --out scores.csv", None)
    with st.expander("The experiment"):
        st.code(specs.to_toml(spec), "toml")


def _report_buttons(
    workspace: Workspace,
    result: Results,
    table: pd.DataFrame,
    spec: dict[str, Any],
    metrics: list[str],
    pictures: bool,
    stem: str,
) -> None:
    """Buttons for the zip, the report and the scores."""
    facts = _facts(workspace, result)
    pieces = (table, result.cells, result.labels, spec, metrics, facts)
    with st.container(horizontal=True):
        downloads.download_button(
            "Everything in one zip",
            lambda: comparison.to_zip(
                *pieces,
                figures=list(_figures(result, table, metrics)),
                pictures=pictures,
            ),
            f"{stem}.zip",
            key="compare.take.zip",
            mime="application/zip",
            type="primary",
        )
        downloads.download_button(
            "Report (HTML)",
            lambda: comparison.to_html(*pieces).encode(),
            f"{stem}.html",
            key="compare.take.html",
            mime="text/html",
        )
        downloads.download_button(
            "Scores (tidy CSV)",
            lambda: safe_tables.csv_bytes(result.cells),
            f"{stem}-scores.csv",
            key="compare.take.scores",
            mime="text/csv",
        )


def _table_buttons(
    table: pd.DataFrame, spec: dict[str, Any], metrics: list[str], stem: str
) -> None:
    """Buttons for the tables as markup, and for what repeats the comparison."""
    with st.container(horizontal=True):
        downloads.download_button(
            "Tables (Markdown)",
            lambda: _tables(table, metrics, "md").encode(),
            f"{stem}.md",
            key="compare.take.md",
            mime="text/markdown",
        )
        downloads.download_button(
            "Tables (LaTeX)",
            lambda: _tables(table, metrics, "tex").encode(),
            f"{stem}.tex",
            key="compare.take.tex",
            mime="text/x-tex",
        )
        downloads.download_button(
            "Experiment (TOML)",
            lambda: specs.to_toml(spec).encode(),
            "experiment.toml",
            key="compare.take.toml",
            mime="application/toml",
        )
        downloads.download_button(
            "Python script",
            lambda: specs.script(spec).encode(),
            "repeat.py",
            key="compare.take.script",
            mime="text/plain",
        )


def _tables(table: pd.DataFrame, metrics: Sequence[str], markup: str) -> str:
    """A table for each data set and metric, in Markdown ("md") or LaTeX ("tex")."""
    blocks = []
    for dataset in dict.fromkeys(table["dataset"]):
        for metric in metrics:
            shown = comparison.presented(table, metric, dataset)
            if markup == "md":
                heading = safe_tables.markdown_text(f"{metric} on {dataset}")
                blocks.append(f"## {heading}\n\n{safe_tables.to_markdown(shown)}")
            else:
                blocks.append(safe_tables.to_latex(shown, f"{metric} on {dataset}"))
    return "\n".join(blocks)


def _figures(
    result: Results, table: pd.DataFrame, metrics: Sequence[str]
) -> Iterator[tuple[str, go.Figure]]:
    """(name, figure) of the folds of each data set and metric."""
    for dataset in result.datasets:
        scores = result.scores[result.scores["dataset"] == dataset]
        for metric in metrics:
            part = table[(table["metric"] == metric) & (table["dataset"] == dataset)]
            if len(part):
                yield f"{dataset}-{metric}", charts.folds(scores, part, metric)


def _dataset_keys(run: Run) -> list[str]:
    """Content hashes of the data sets of a run, in their order."""
    return [run.dataset, *run.spec.get("more_datasets", [])]


def experiment_of(store: Store, run: Run, names: Sequence[str]) -> dict[str, Any]:
    """A run's spec with its data sets by the files they were read from.

    `names` are the data sets' names in the scores, in their order.
    """
    # An older run chose no primary metric, and none is made up for it now.
    spec = specs.checked({"primary": ""} | run.spec)
    entries = [
        entry_of(store.dataset(key), names[place])
        for place, key in enumerate(_dataset_keys(run))
    ]
    return spec | {"name": run.title, "datasets": entries}


def entry_of(dataset: Dataset, name: str) -> dict[str, Any]:
    """What an experiment file says of a data set: its file, how it is read, recipe."""
    source, held = dataset.source, is_held(dataset)
    entry: dict[str, Any] = {"path": f"{file_stem(dataset.name)}.csv", "name": name}
    if held:
        entry["path"] = source.get("builtin") or source["file"]
        entry |= {"test": source["test_file"]} if "test_file" in source else {}
        entry |= source.get("how", {})
    if not held or "builtin" not in source:
        entry["labels"] = list(dataset.label_names)
    if held and dataset.recipe:
        if "labels" in entry:
            entry["labels"] = list(source.get("labels", dataset.label_names))
        entry["recipe"] = [dict(step) for step in dataset.recipe]
    return entry | {"sha256": dataset.values_hash}


def is_held(dataset: Dataset) -> bool:
    """Whether a file, or the library, holds the rows as they were before the recipe."""
    source = dataset.source
    if "builtin" in source:
        known = builtin.yeast() if source["builtin"] == "yeast" else builtin.synthetic()
        return all(source.get(k) == v for k, v in known.source.items()) and (
            selection.CHANGED not in source
        )
    return "file" in source and selection.CHANGED not in source


def without_a_file(store: Store, run: Run) -> list[str]:
    """Names of the data sets of a run that no file holds as they are."""
    datasets = [store.dataset(key) for key in _dataset_keys(run)]
    return [dataset.name for dataset in datasets if not is_held(dataset)]


def _facts(workspace: Workspace, result: Results) -> dict[str, Any]:
    """What the report states beside the scores: sizes, recipes, checks."""
    facts: dict[str, Any] = {}
    if workspace.is_example(result.run):
        facts["example"] = f"{result.run.dataset_name}, trained earlier"
    for place, key in enumerate(_dataset_keys(result.run), start=1):
        dataset = workspace.store.dataset(key)
        facts[f"data set {place}"] = (
            f"{dataset.name}: {count(dataset.n)} rows, "
            f"{count(len(dataset.feature_names))} features, {count(dataset.q)} labels"
        )
        if dataset.recipe:
            facts[f"recipe of data set {place}"] = str(list(dataset.recipe))
        facts[f"content of data set {place} (SHA-256)"] = key
    facts["test rows used in fitting"] = result.run.summary.get("test_rows_used", 0)
    facts["cells that failed"] = result.run.summary.get("failed", 0)
    return facts
