"""Other sets beside the one in use: finished sampling runs, parts, earlier sets."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from aemlo import imbalance
from aemlo.arrays import Mask, Names
from aemlo.charts import theme
from aemlo.dataset import Dataset
from aemlo.errors import RunError
from aemlo.imbalance import Labels, change
from aemlo.imbalance.labels import Labelled
from aemlo.store import Run
from aemlo.ui import downloads, figures, layout
from aemlo.ui.imbalance import cached
from aemlo.ui.state import Workspace

LabelSet = tuple[Labelled, Names, int]
"""The labels of a set, their names, and the number of features."""

ENDED = ("done", "stopped")
VISITED = "imbalance.seen"
MOST = 8


@dataclass(frozen=True)
class Sampled:
    """A data set after a finished run.

    The run and its id, its name, the colour of its sampler, and the Labels.
    """

    run: Run
    key: str
    name: str
    colour: str
    labels: Labels


def sampling_runs(workspace: Workspace, key: str) -> dict[str, Run]:
    """Finished runs that resampled the data set with this content hash, by title."""
    runs = [
        run
        for kind in ("train", "resample")
        for run in workspace.runs(kind) + workspace.examples(kind)
        if run.dataset == key and run.state in ENDED
    ]
    titles = [
        f"Example: {run.title}" if workspace.is_example(run) else run.title
        for run in runs
    ]
    return {
        title if titles.count(title) == 1 else f"{title} ({run.id[:4]})": run
        for title, run in zip(titles, runs, strict=True)
        if _folder(workspace, run).exists()
    }


def _folder(workspace: Workspace, run: Run) -> Path:
    return workspace.store.folder(run.id) / "resampled"


@st.cache_resource(max_entries=16)
def _resampled(
    run_id: str, finished: float | None, _folder: Path
) -> tuple[Labels, list[str]]:
    names = json.loads((_folder / "names.json").read_text(encoding="utf-8"))
    return Labels(np.load(_folder / "Y.npy", allow_pickle=False)), names["label_names"]


def sampled(workspace: Workspace, title: str, run: Run, names: Names) -> Sampled:
    """The Sampled of a finished run; RunError without its rows or for other labels."""
    folder = _folder(workspace, run)
    if not (folder / "Y.npy").exists():
        raise RunError(f"The rows of {title!r} are no longer kept. Run it again.")
    labels, after_names = _resampled(run.id, run.finished, folder)
    if list(after_names) != list(names):
        raise RunError(
            f"{title!r} has other labels than this data set, so the two cannot be "
            "compared. Open the data set that the run used."
        )
    name = run.spec.get("sampler", "AEMLO")
    return Sampled(run, run.id, title, theme.sampler_colour(name), labels)


def choose_overlay(workspace: Workspace, dataset: Dataset) -> Sampled | None:
    """Choose the finished run to draw in the charts too: a Sampled, or None."""
    runs = sampling_runs(workspace, dataset.content_hash)
    title = st.selectbox(
        "Compare with a run",
        [None, *runs],
        format_func=lambda option: option or "nothing",
        key=f"imbalance.over.{dataset.content_hash[:12]}",
        disabled=not runs,
        help="A finished training or resampling run of this data set, drawn beside it "
        "in every chart."
        if runs
        else "Once a training or resampling run of this data set has ended, it can be "
        "drawn beside it in every chart.",
    )
    if title is None:
        return None
    return sampled(workspace, title, runs[title], dataset.label_names)


def changes(
    labels: Labels, after: Sampled, names: Names, empty: str
) -> tuple[pd.DataFrame, list[str]]:
    """What the run `after` changed: `change.before_after`, and sentences on it."""
    return (
        change.before_after(labels, after.labels, names, empty),
        change.change_in_words(labels, after.labels, names, empty),
    )


def side_by_side(
    workspace: Workspace,
    dataset: Dataset,
    chosen: int,
    empty: str,
    over: Sampled | None = None,
) -> None:
    """A table of all measures of several sets, to download as CSV or LaTeX.

    `over` is the Sampled that the page compares with, offered first.
    """
    choices = _choices(workspace, dataset, chosen)
    first, second = list(choices)[:2]
    if over is not None and f"after {over.name}" in choices:
        second = f"after {over.name}"
    names = st.multiselect(
        f"Sets (at most {MOST})",
        list(choices),
        default=[first, second],
        max_selections=MOST,
        key=f"imbalance.sets.{dataset.content_hash[:12]}.{chosen}.{second}",
        help="This data set, parts of it, the results of finished runs, and the data "
        "sets of this visit and of your other runs.",
    )
    with layout.shown_errors():
        sets = {name: choices[name]() for name in names}
        table = change.side_by_side(sets, empty)
        st.dataframe(
            change.as_text(table),
            hide_index=True,
            height="content",
            alt="Measures of the chosen sets side by side.",
        )
        with st.container(horizontal=True):
            figures.csv_button(
                table.drop(columns="form"),
                name="measures-side-by-side",
                key="imbalance.sets.csv",
                label="Download table (CSV)",
            )
            downloads.download_button(
                "Download table (LaTeX)",
                lambda: change.as_latex(
                    table, f"Label measures; labels without positives {empty}."
                ).encode(),
                "measures-side-by-side.tex",
                key="imbalance.sets.tex",
                mime="application/x-tex",
                type="tertiary",
            )


def remember(dataset: Dataset) -> None:
    """Keep the data set's hash and name, so that it can be compared with later ones."""
    st.session_state.setdefault(VISITED, {})[dataset.content_hash] = dataset.name


def _choices(
    workspace: Workspace, dataset: Dataset, chosen: int
) -> dict[str, Callable[[], LabelSet]]:
    """What can be put side by side: a name, and a function giving its set."""
    names, features = dataset.label_names, len(dataset.feature_names)
    split = dataset.split

    def part(rows: Callable[[], Mask]) -> Callable[[], LabelSet]:
        return lambda: (dataset.Y[rows()], names, features)

    labels = cached.labels(dataset.content_hash, dataset.Y)
    choices = {dataset.name: lambda: (labels, names, features)}
    if split is not None:
        choices["its training part"] = part(lambda: split)
        choices["its test part"] = part(lambda: np.asarray(~split))
    choices["its rows with a minority label"] = part(
        lambda: np.any(dataset.Y[:, imbalance.minority_labels(labels)], axis=1)
    )
    choices[f"its rows with {names[chosen]}"] = part(lambda: dataset.Y[:, chosen] == 1)
    for title, run in sampling_runs(workspace, dataset.content_hash).items():
        choices[f"after {title}"] = lambda title=title, run=run: (
            sampled(workspace, title, run, names).labels,
            names,
            features,
        )
    others = dict(st.session_state.get(VISITED, {}))
    others |= {run.dataset: run.dataset_name for run in workspace.runs()}
    for key, name in others.items():
        if key and key != dataset.content_hash:
            shown = name if name not in choices else f"{name} ({key[:4]})"
            choices[shown] = lambda key=key: _other(workspace, key)
    return choices


def _other(workspace: Workspace, key: str) -> LabelSet:
    other: Dataset = workspace.store.dataset(key)
    labels = cached.labels(key, other.Y)
    return labels, other.label_names, len(other.feature_names)
