"""Other sets beside the one in use: finished sampling runs, parts, earlier sets."""

import json
from dataclasses import dataclass

import numpy as np
import streamlit as st

from aemlo import imbalance
from aemlo.charts import theme
from aemlo.dataset import Dataset
from aemlo.errors import RunError
from aemlo.imbalance import Labels, change
from aemlo.store import Run
from aemlo.ui import downloads, figures, layout
from aemlo.ui.imbalance import cached

ENDED = ("done", "stopped")
SEEN = "imbalance.seen"
MOST = 8


@dataclass(frozen=True)
class Sampled:
    """A data set after a finished run: the run and its id, what it is called and the
    colour of its sampler, the Labels."""

    run: Run
    key: str
    name: str
    colour: str
    labels: Labels


def sampling_runs(workspace, key):
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


def _folder(workspace, run):
    return workspace.store.folder(run.id) / "resampled"


@st.cache_resource(max_entries=16)
def _resampled(run_id, finished, _folder):
    names = json.loads((_folder / "names.json").read_text(encoding="utf-8"))
    return Labels(np.load(_folder / "Y.npy", allow_pickle=False)), names["label_names"]


def sampled(workspace, title, run, names):
    """The Sampled of a finished run; RunError if it is gone or has other labels."""
    folder = _folder(workspace, run)
    if not (folder / "Y.npy").exists():
        raise RunError(f"The rows of {title!r} are no longer kept. Run it again.")
    labels, after_names = _resampled(run.id, run.finished, folder)
    if list(after_names) != list(names):
        raise RunError(
            f"{title!r} has other labels than this data set, so it cannot be laid over "
            "it. Open the data set it was made from."
        )
    name = run.spec.get("sampler", "AEMLO")
    return Sampled(run, run.id, title, theme.sampler_colour(name), labels)


def choose_overlay(workspace, dataset):
    """The finished run to lay over the pictures: a Sampled, or None."""
    runs = sampling_runs(workspace, dataset.content_hash)
    title = st.selectbox(
        "Lay over",
        [None, *runs],
        format_func=lambda option: option or "nothing",
        key=f"imbalance.over.{dataset.content_hash[:12]}",
        disabled=not runs,
        help="A finished training or resampling run of this data set, drawn beside it "
        "in every picture."
        if runs
        else "Once a training or resampling run of this data set has ended, it can be "
        "drawn beside it in every picture.",
    )
    if title is None:
        return None
    return sampled(workspace, title, runs[title], dataset.label_names)


def side_by_side(workspace, dataset, chosen, empty, over=None):
    """A table of all measures of several sets, with CSV and LaTeX to take away.

    `over` is the Sampled laid over the page, offered first.
    """
    choices = _choices(workspace, dataset, chosen)
    first, second = list(choices)[:2]
    if over is not None and f"after {over.name}" in choices:
        second = f"after {over.name}"
    picked = st.multiselect(
        f"Sets (at most {MOST})",
        list(choices),
        default=[first, second],
        max_selections=MOST,
        key=f"imbalance.sets.{dataset.content_hash[:12]}.{chosen}.{second}",
        help="This data set, parts of it, what finished runs made of it, and the data "
        "sets of this visit and of your other runs.",
    )
    with layout.shown_errors():
        sets = {name: choices[name]() for name in picked}
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
            st.download_button(
                "Download table (LaTeX)",
                data=lambda: change.as_latex(
                    table, f"Label measures; labels without positives {empty}."
                ),
                file_name=downloads.file_name("measures-side-by-side.tex"),
                mime="application/x-tex",
                key="imbalance.sets.tex",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
            )


def remember(dataset):
    """Keep the data set's hash and name, so that later ones can be set beside it."""
    st.session_state.setdefault(SEEN, {})[dataset.content_hash] = dataset.name


def _choices(workspace, dataset, chosen):
    """What can be put side by side: a name, and a function giving its set."""
    names, features = dataset.label_names, len(dataset.feature_names)

    def part(rows):
        return lambda: (dataset.Y[rows()], names, features)

    whole = cached.labels(dataset.content_hash, dataset.Y)
    choices = {dataset.name: lambda: (whole, names, features)}
    if dataset.split is not None:
        choices["its training part"] = part(lambda: dataset.split)
        choices["its test part"] = part(lambda: ~dataset.split)
    choices["its rows with a minority label"] = part(
        lambda: dataset.Y[:, imbalance.minority_labels(whole)].any(axis=1)
    )
    choices[f"its rows with {names[chosen]}"] = part(lambda: dataset.Y[:, chosen] == 1)
    for title, run in sampling_runs(workspace, dataset.content_hash).items():
        choices[f"after {title}"] = lambda title=title, run=run: (
            sampled(workspace, title, run, names).labels,
            names,
            features,
        )
    others = dict(st.session_state.get(SEEN, {}))
    others |= {run.dataset: run.dataset_name for run in workspace.runs()}
    for key, name in others.items():
        if key and key != dataset.content_hash:
            shown = name if name not in choices else f"{name} ({key[:4]})"
            choices[shown] = lambda key=key: _other(workspace, key)
    return choices


def _other(workspace, key):
    other: Dataset = workspace.store.dataset(key)
    labels = cached.labels(key, other.Y)
    return labels, other.label_names, len(other.feature_names)
