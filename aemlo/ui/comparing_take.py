"""What can be carried away from a comparison, in one click each."""

import importlib.util

import streamlit as st

from aemlo import report, specs
from aemlo.charts import compare as charts
from aemlo.ui import downloads


def away(workspace, found, table):
    """Download buttons of a comparison: rows, tables, report, experiment, zip."""
    spec = experiment_of(workspace.store, found.run, found.datasets)
    spec["baseline"] = found.baseline
    metrics = st.multiselect(
        "Metrics in the tables and the report",
        found.metrics,
        default=found.metrics[:6],
        key="compare.take.metrics",
    )
    pictures = importlib.util.find_spec("kaleido") is not None and st.checkbox(
        "Figures as PNG and SVG in the zip too (some seconds each)",
        key="compare.take.pictures",
    )
    facts = _facts(workspace, found)
    if any("recipe" in name for name in facts):
        st.warning(
            "The data were changed after reading (the recipe of the data set). The "
            "experiment file names the file they were read from: to repeat this "
            "comparison, save the data set as it is now and name that file."
        )
    labels = found.labels
    stem = found.run.title.replace(" ", "-").lower()[:40]

    def pieces():
        return (table, found.scores, labels, spec, metrics, facts)

    with st.container(horizontal=True):
        _button(
            "Everything in one zip",
            lambda: report.to_zip(
                *pieces(), figures=_figures(found, table, metrics), pictures=pictures
            ),
            f"{stem}.zip",
            "application/zip",
            primary=True,
        )
        _button(
            "Report (HTML)",
            lambda: report.to_html(*pieces()).encode(),
            f"{stem}.html",
            "text/html",
        )
        _button(
            "Scores (tidy CSV)",
            lambda: downloads.csv_bytes(found.scores),
            f"{stem}-scores.csv",
            "text/csv",
        )
    with st.container(horizontal=True):
        _button(
            "Tables (Markdown)",
            lambda: _tables(table, metrics, "md").encode(),
            f"{stem}.md",
            "text/markdown",
        )
        _button(
            "Tables (LaTeX)",
            lambda: _tables(table, metrics, "tex").encode(),
            f"{stem}.tex",
            "text/x-tex",
        )
        _button(
            "Experiment (TOML)",
            lambda: specs.to_toml(spec).encode(),
            "experiment.toml",
            "application/toml",
        )
        _button(
            "Python script",
            lambda: specs.script(spec).encode(),
            "repeat.py",
            "text/plain",
        )
    st.caption(
        "Pictures of a chart: the camera over it saves PNG or SVG. The experiment file "
        "gives the same scores on the command line, to the last digit:"
    )
    st.code("python -m aemlo compare --spec experiment.toml --out scores.csv", None)
    with st.expander("The experiment"):
        st.code(specs.to_toml(spec), "toml")


def _button(label, data, name, mime, primary=False):
    st.download_button(
        label,
        data=data,
        file_name=name,
        mime=mime,
        key=f"take.{name}.{label}",
        icon=":material/download:",
        type="primary" if primary else "secondary",
        on_click="ignore",
    )


def _tables(table, metrics, form):
    blocks = []
    for dataset in dict.fromkeys(table["dataset"]):
        for metric in metrics:
            shown = report.presented(table, metric, dataset)
            if form == "md":
                blocks.append(
                    f"## {metric} on {dataset}\n\n{report.to_markdown(shown)}"
                )
            else:
                blocks.append(report.to_latex(shown, f"{metric} on {dataset}"))
    return "\n".join(blocks)


def _figures(found, table, metrics):
    for dataset in found.datasets:
        scores = found.scores[found.scores["dataset"] == dataset]
        for metric in metrics:
            mine = table[(table["metric"] == metric) & (table["dataset"] == dataset)]
            if len(mine):
                yield f"{dataset}-{metric}", charts.folds(scores, mine, metric)


def experiment_of(store, run, names):
    """A run's spec with its data sets by the files they were read from.

    `names` are the data sets' names in the scores, in their order.
    """
    spec = specs.checked(run.spec)
    entries = []
    for place, key in enumerate([run.dataset, *spec.get("more_datasets", [])]):
        dataset = store.dataset(key)
        source = dataset.source
        entry = {"path": source.get("builtin") or source.get("file") or dataset.name}
        entry["name"] = names[place]
        if "test_file" in source:
            entry["test"] = source["test_file"]
        if "builtin" not in source:
            entry["labels"] = list(dataset.label_names)
        entries.append(entry)
    return spec | {"name": run.title, "datasets": entries}


def _facts(workspace, found):
    facts = {}
    for place, key in enumerate(
        [found.run.dataset, *found.run.spec.get("more_datasets", [])]
    ):
        dataset = workspace.store.dataset(key)
        facts[f"data set {place + 1}"] = (
            f"{dataset.name}: {dataset.n:,} rows, {len(dataset.feature_names):,} "
            f"features, {dataset.q:,} labels"
        )
        if dataset.recipe:
            facts[f"recipe of data set {place + 1}"] = str(list(dataset.recipe))
        facts[f"content of data set {place + 1} (SHA-256)"] = key
    facts["test rows used in fitting"] = found.run.summary.get("test_rows_used", 0)
    facts["cells that failed"] = found.run.summary.get("failed", 0)
    return facts
