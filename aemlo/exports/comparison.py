"""A comparison as something to hand on: tables, one HTML page, one zip. Ours."""

import html
import io
import json
import math
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
from plotly.graph_objects import Figure
from plotly.io import write_images
from plotly.offline import get_plotlyjs

from aemlo import compare, safe_tables, specs
from aemlo.charts import compare as charts
from aemlo.experiment.recipe import versions
from aemlo.wording import file_stem

Figures: TypeAlias = Sequence[tuple[str, Figure]]
"""Plotly figures with a name each."""
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
       padding: 0 1rem; color: #1f2933; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; font-size: .9rem; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #d9e0e6; text-align: right; }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
caption { text-align: left; font-weight: 600; }
pre { background: #f4f6f8; padding: 1rem; overflow-x: auto; font-size: .85rem; }
td.text { text-align: left; }
.wide { overflow-x: auto; }
"""
SHOWN = {
    "classifier": "classifier",
    "sampler": "sampler",
    "mean": "mean",
    "sd": "sd",
    "difference": "difference",
    "low": "low",
    "high": "high",
    "p_holm": "p (Holm)",
    "p_better": "P(better)",
    "effect": "effect",
    "evidence": "evidence",
    "role": "role",
    "verdict": "verdict",
}
PICTURES = ("png", "svg")
SIGNED = {"difference", "low", "high", "effect"}


def presented(table: pd.DataFrame, metric: str, dataset: str) -> pd.DataFrame:
    """One metric of a `compare.before_after` as text cells, ready for any markup."""
    part = table[(table["metric"] == metric) & (table["dataset"] == dataset)]
    shown = part[list(SHOWN)].rename(columns=SHOWN)
    for column in shown.columns:
        plus = "+" if column in SIGNED else ""
        if pd.api.types.is_float_dtype(shown[column]):
            shown[column] = [_number(value, plus) for value in shown[column]]
    return shown.astype(str)


def _number(value: float, plus: str = "") -> str:
    return "" if math.isnan(value) else f"{value:{plus}.3f}"


def to_html(
    table: pd.DataFrame,
    scores: pd.DataFrame,
    labels: pd.DataFrame,
    spec: dict[str, Any],
    metrics: Sequence[str],
    facts: dict[str, Any],
) -> str:
    """The whole comparison as one HTML page that needs no network.

    `table` is a `compare.before_after`, `scores` the tidy rows, `labels` the labels of
    each data set (`dataset label positives irlbl`), `spec` the experiment, `facts` a
    dict of what else to state (rows, features, checks).
    """
    baseline = spec.get("baseline", "none")
    scores = compare.as_arms(scores, specs.learners(spec))
    title = _safe(spec.get("name") or "Comparison")
    body = [f"<h1>{title}</h1>", "<h2>What was compared</h2>", _facts(spec, facts)]
    library = True
    for dataset in dict.fromkeys(table["dataset"]):
        primary = spec.get("primary", "")
        verdict = compare.headline(table, dataset, primary, baseline)
        body += [f"<h2>{_safe(dataset)}</h2>", f"<p><b>{_safe(verdict)}</b></p>"]
        never = compare.never_predicted(scores, dataset)
        if never:
            names = ", ".join(never[:20]) + (" and more" if len(never) > 20 else "")
            body.append(f"<p>Never predicted right by any arm: {_safe(names)}.</p>")
        for metric in metrics:
            part = table[(table["metric"] == metric) & (table["dataset"] == dataset)]
            if part.empty:
                continue
            figure = charts.folds(scores[scores["dataset"] == dataset], part, metric)
            body += [
                f"<h3>{_safe(metric)}</h3>",
                _sentences(part, baseline),
                _figure(figure, library),
                _wide(presented(table, metric, dataset)),
            ]
            library = False
        body.append(_labels(scores, labels, dataset, baseline))
    body += [
        "<h2>To repeat it</h2>",
        "<p>As an experiment file:</p>",
        f"<pre>{_safe(specs.to_toml(spec))}</pre>",
        "<p>In Python:</p>",
        f"<pre>{_safe(specs.script(spec))}</pre>",
        "<h2>How it was judged</h2>",
        f"<p>{_safe(METHOD)}</p>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title>"
        f"<style>{STYLE}</style></head><body>" + "\n".join(body) + "</body></html>"
    )


METHOD = (
    "Every arm met the same splits; everything that learns was fitted on the training "
    "part of each split alone. The verdict rests on the primary metric, which was "
    "chosen before the run; all other metrics are exploratory. Over resampled splits, "
    "at least 5 of them, intervals and p values are those of the corrected resampled t "
    "test (Nadeau and Bengio, 2003) on paired differences to the baseline. One set of "
    "test rows is judged over its rows, by sign-flip permutation and bootstrap. p "
    "values are adjusted by Holm over the arms and classifiers of one metric on one "
    "data set. A difference is clear when the adjusted p is at most 0.05. The effect "
    "is inflated by training rows that splits share."
)


def _safe(text: object) -> str:
    return html.escape(str(text))


def _facts(spec: Mapping[str, Any], facts: dict[str, Any]) -> str:
    known = {
        "baseline": spec.get("baseline"),
        "split": spec.get("split"),
        "folds": spec.get("folds"),
        "repeats": spec.get("repeats"),
        "seed": spec.get("seed"),
        "scaling": spec.get("scale"),
        "rows with equal features": spec.get("duplicates"),
    }
    known |= facts | {"versions": ", ".join(f"{k} {v}" for k, v in versions().items())}
    rows = "".join(
        f"<tr><th>{safe_tables.html_text(name)}</th>"
        f"<td class='text'>{safe_tables.html_text(value)}</td></tr>"
        for name, value in known.items()
        if value is not None
    )
    return f"<table>{rows}</table>"


def _sentences(part: pd.DataFrame, baseline: str) -> str:
    groups = compare.split_by_verdict(part)
    lines = [
        compare.in_words(row, baseline)
        for frame in groups.values()
        for _, row in frame.iterrows()
    ]
    return "<ul>" + "".join(f"<li>{_safe(line)}</li>" for line in lines) + "</ul>"


def _figure(figure: Figure, library: bool) -> str:
    return figure.to_html(full_html=False, include_plotlyjs=library)


def _labels(
    scores: pd.DataFrame, labels: pd.DataFrame, dataset: str, baseline: str
) -> str:
    """F1 of rare, middle and common labels, a line for each sampler and classifier."""
    of_set = scores[scores["dataset"] == dataset]
    names = labels[labels["dataset"] == dataset]
    others = [name for name in dict.fromkeys(of_set["sampler"]) if name != baseline]
    parts = [
        _thirds(of_set, names, classifier, sampler, baseline)
        for classifier in dict.fromkeys(of_set["classifier"])
        for sampler in others
    ]
    frames = [part for part in parts if len(part)]
    if not frames:
        return ""
    frame = pd.concat(frames, ignore_index=True)
    return "<h3>Rare, middle and common labels</h3>" + _wide(frame)


def _thirds(
    scores: pd.DataFrame,
    labels: pd.DataFrame,
    classifier: str,
    sampler: str,
    baseline: str,
) -> pd.DataFrame:
    """How a sampler changes F1 of rare, middle and common labels, as text cells."""
    table = compare.per_label(
        scores,
        labels,
        metric="F1",
        classifier=classifier,
        sampler=sampler,
        baseline=baseline,
    )
    parts = compare.by_part(table)
    named = zip(parts["part"], parts["labels"], strict=True)
    return pd.DataFrame(
        {
            "sampler": sampler,
            "classifier": classifier,
            "labels": [f"{part} ({count})" for part, count in named],
            "F1 before": [_number(value) for value in parts["before"]],
            "F1 after": [_number(value) for value in parts["after"]],
            "change": [_number(value, "+") for value in parts["change"]],
            "labels up": parts["better"],
            "labels down": parts["worse"],
        }
    )


def _wide(frame: pd.DataFrame) -> str:
    return f'<div class="wide">{safe_tables.to_html(frame)}</div>'


def to_zip(
    table: pd.DataFrame,
    scores: pd.DataFrame,
    labels: pd.DataFrame,
    spec: dict[str, Any],
    metrics: Sequence[str],
    facts: dict[str, Any],
    figures: Figures = (),
    pictures: bool = False,
) -> bytes:
    """All of it in one zip: rows, tables, figures, report, experiment, script.

    `figures` are (name, Plotly figure) pairs. With `pictures`, each is also drawn as
    PNG and SVG where kaleido finds a browser; the README in the zip says if it did.
    """
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("scores.csv", safe_tables.csv_bytes(scores))
        archive.writestr("before_after.csv", safe_tables.csv_bytes(table))
        archive.writestr("labels.csv", safe_tables.csv_bytes(labels))
        archive.writestr("experiment.toml", specs.to_toml(spec))
        archive.writestr("repeat.py", specs.script(spec))
        archive.writestr("facts.json", json.dumps(facts | versions(), indent=2))
        archive.writestr(
            "report.html", to_html(table, scores, labels, spec, metrics, facts)
        )
        for metric in metrics:
            for dataset in dict.fromkeys(table["dataset"]):
                shown = presented(table, metric, dataset)
                stem = file_stem(f"{dataset}-{metric}", 80)
                archive.writestr(f"tables/{stem}.md", safe_tables.to_markdown(shown))
                latex = safe_tables.to_latex(shown, f"{metric} on {dataset}")
                archive.writestr(f"tables/{stem}.tex", latex)
        drawn = _add_figures(archive, figures, pictures)
        archive.writestr("README.txt", _readme(pictures, drawn))
    return memory.getvalue()


def _add_figures(archive: zipfile.ZipFile, figures: Figures, pictures: bool) -> bool:
    """Add each figure as a page; whether pictures were wanted and drawn too."""
    figures = [(f"figures/{file_stem(name, 80)}", figure) for name, figure in figures]
    # The library once beside the figures, which look for it in their own folder.
    archive.writestr("figures/plotly.min.js", get_plotlyjs())
    for stem, figure in figures:
        archive.writestr(f"{stem}.html", figure.to_html(include_plotlyjs="directory"))
    return bool(pictures and figures) and _add_pictures(archive, figures)


def _add_pictures(archive: zipfile.ZipFile, figures: Figures) -> bool:
    """Add each figure as PNG and SVG; False where that cannot be done here."""
    wanted = [(f"{stem}.{form}", fig) for stem, fig in figures for form in PICTURES]
    with tempfile.TemporaryDirectory(prefix="aemlo-") as folder:
        files: list[str | Path] = [
            Path(folder, name.replace("/", "_")) for name, _ in wanted
        ]
        try:
            # All at once: the browser, some seconds, is then started once.
            write_images([figure for _, figure in wanted], files, scale=2)
            drawn = [Path(path).read_bytes() for path in files]
        except Exception:  # no kaleido, no browser, or one that does not start
            return False
    for (name, _), data in zip(wanted, drawn, strict=True):
        archive.writestr(name, data)
    return True


def _readme(pictures: bool, drawn: bool) -> str:
    lines = [
        "scores.csv        every score, one row each",
        "before_after.csv  means, paired differences, intervals, p values, verdicts",
        "labels.csv        labels with their positive rows and IRLbl",
        "tables/           each metric as Markdown and LaTeX",
        "figures/          the charts as pages that work without a network",
        "report.html       all of it to read",
        "experiment.toml   repeat it: python -m aemlo compare --spec experiment.toml",
        "repeat.py         repeat it with the library alone",
        "",
        METHOD,
    ]
    if pictures and not drawn:
        lines += [
            "",
            "PNG and SVG need kaleido (aemlo[figures]) and Chrome or Chromium; one was",
            "not found here. The camera over a chart in the app saves both.",
        ]
    return "\n".join(lines) + "\n"
