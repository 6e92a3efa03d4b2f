"""What can be carried away from a comparison, in one click each."""

import importlib.util

import streamlit as st

from aemlo import safe_tables, specs
from aemlo.charts import compare as charts
from aemlo.exports import comparison
from aemlo.formats import builtin
from aemlo.latent import selection
from aemlo.ui import downloads, layout
from aemlo.wording import file_stem


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
    lost = without_a_file(workspace.store, found.run)
    if lost:
        st.warning(
            f"{layout.plain(', '.join(lost))}: not as read from a file, so the "
            "experiment file cannot find these rows. Save the data set on the Data "
            "set page as CSV, under the name the experiment file gives it."
        )
    labels = found.labels
    stem = found.run.title.replace(" ", "-").lower()[:40]

    def pieces():
        return (table, found.scores, labels, spec, metrics, facts)

    with st.container(horizontal=True):
        _button(
            "Everything in one zip",
            lambda: comparison.to_zip(
                *pieces(), figures=_figures(found, table, metrics), pictures=pictures
            ),
            f"{stem}.zip",
            "application/zip",
            primary=True,
        )
        _button(
            "Report (HTML)",
            lambda: comparison.to_html(*pieces()).encode(),
            f"{stem}.html",
            "text/html",
        )
        _button(
            "Scores (tidy CSV)",
            lambda: safe_tables.csv_bytes(found.scores),
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
    file = downloads.file_name("experiment.toml")
    st.code(f"python -m aemlo compare --spec {file} --out scores.csv", None)
    with st.expander("The experiment"):
        st.code(specs.to_toml(spec), "toml")


def _button(label, data, name, mime, primary=False):
    st.download_button(
        label,
        data=data,
        file_name=downloads.file_name(name),
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
            shown = comparison.presented(table, metric, dataset)
            if form == "md":
                heading = safe_tables.markdown_text(f"{metric} on {dataset}")
                blocks.append(f"## {heading}\n\n{safe_tables.to_markdown(shown)}")
            else:
                blocks.append(safe_tables.to_latex(shown, f"{metric} on {dataset}"))
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
    entries = [
        entry_of(store.dataset(key), names[place])
        for place, key in enumerate([run.dataset, *spec.get("more_datasets", [])])
    ]
    return spec | {"name": run.title, "datasets": entries}


def entry_of(dataset, name):
    """What an experiment file says of a data set: its file, how it is read, recipe."""
    source, held = dataset.source, is_held(dataset)
    entry = {"path": f"{file_stem(dataset.name)}.csv", "name": name}
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


def is_held(dataset):
    """Whether a file, or the library, holds the rows as they were before the recipe."""
    source = dataset.source
    if "builtin" in source:
        known = builtin.yeast() if source["builtin"] == "yeast" else builtin.synthetic()
        return all(source.get(k) == v for k, v in known.source.items()) and (
            selection.CHANGED not in source
        )
    return "file" in source and selection.CHANGED not in source


def without_a_file(store, run):
    """Names of the data sets of a run that no file holds as they are."""
    keys = [run.dataset, *run.spec.get("more_datasets", [])]
    found = [store.dataset(key) for key in keys]
    return [d.name for d in found if not is_held(d)]


def _facts(workspace, found):
    facts = {}
    if workspace.is_example(found.run):
        facts["example"] = f"{found.run.dataset_name}, trained earlier"
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
