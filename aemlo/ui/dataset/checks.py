"""Data checks on the page: findings, answers to press, the recipe and its undo."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from aemlo import checks
from aemlo.dataset import Dataset
from aemlo.ui import layout
from aemlo.ui.state import Workspace

MOST_BUTTONS = 3
"""Answers shown as buttons; more are in a list."""


@st.cache_data(max_entries=32, show_spinner="Checking the data")
def _findings(key: str, most: int, _dataset: Dataset) -> list[checks.Finding]:
    """`checks.examine`; labels with at most `most` positives are listed."""
    return checks.examine(_dataset, most)


def panel(workspace: Workspace) -> None:
    """Findings about the data set in use with their answers, then the recipe."""
    dataset = workspace.dataset
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader(f"Checks of {layout.plain(dataset.name)}", anchor=False)
        most = st.number_input(
            "List labels with at most this many positives",
            min_value=1,
            max_value=1_000,
            value=checks.FEW_POSITIVES,
            width=280,
            help="The experiments of the AEMLO paper leave out labels with "
            f"{checks.FEW_POSITIVES} positives or fewer.",
            key="few_positives",
        )
    findings = _findings(dataset.content_hash, most, dataset)
    if not findings:
        st.success(
            "No problems found: no missing values, no duplicate rows, no constant or "
            "id-like features, no labels with too few rows.",
            icon=":material/check:",
        )
    for finding in findings:
        _finding(workspace, dataset, finding)
    if dataset.recipe:
        _recipe(workspace, dataset)


def _finding(workspace: Workspace, dataset: Dataset, finding: checks.Finding) -> None:
    """One finding with its answers."""
    icon = ":material/warning:" if finding.serious else ":material/info:"
    with st.container(border=True):
        st.markdown(
            f"{icon} **{layout.plain(finding.title)}** · "
            f"{checks.counted(finding.count, finding.unit.removesuffix('s'))}"
        )
        st.markdown(layout.plain(finding.words))
        key = f"{finding.check}.{dataset.content_hash[:12]}"
        first, others = finding.answers[0], finding.answers[1:]
        if len(others) <= MOST_BUTTONS:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(
                    f"Now: {layout.plain(first.words[:1].lower())}"
                    f"{layout.plain(first.words[1:])}."
                )
                for k, answer in enumerate(others):
                    st.button(
                        layout.plain(answer.words),
                        key=f"{key}.{k}",
                        on_click=carry_out,
                        args=(workspace, dataset, answer.steps),
                    )
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.selectbox(
                "What to do",
                range(len(finding.answers)),
                format_func=lambda k: finding.answers[k].words,
                key=f"{key}.choice",
                width=480,
            )
            st.button(
                "Apply",
                key=f"{key}.do",
                disabled=chosen == 0,
                on_click=carry_out,
                args=(workspace, dataset, finding.answers[chosen].steps),
            )


def carry_out(
    workspace: Workspace, dataset: Dataset, steps: Sequence[dict[str, Any]]
) -> None:
    """Use the data set after `steps`; the one before stays in the store."""
    original = dataset.source.get("original") or dataset.content_hash
    workspace.store.add_dataset(dataset)
    changed = checks.apply(dataset, steps)
    # An experiment file names the labels as the file has them, before the recipe.
    labels = dataset.source.get("labels") or list(dataset.label_names)
    source = {**changed.source, "original": original, "labels": labels}
    workspace.use(replace(changed, source=source))


def _recipe(workspace: Workspace, dataset: Dataset) -> None:
    with st.container(border=True):
        st.markdown("**Recipe**: what was changed since the data were read, in order.")
        original = dataset.source.get("original")
        for k, words in enumerate(checks.describe(dataset)):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{k + 1}. {layout.plain(words)}")
                if original:
                    st.button(
                        "Undo",
                        key=f"back.{k}.{dataset.content_hash[:12]}",
                        icon=":material/undo:",
                        type="tertiary",
                        on_click=_undo,
                        args=(workspace, dataset, original, k),
                    )
        st.caption("The recipe is kept with the data set and with every run on it.")


def _undo(workspace: Workspace, dataset: Dataset, original: str, position: int) -> None:
    """Use the data set without one step of its recipe."""
    first = workspace.store.dataset(original)
    changed = checks.without(first, dataset.recipe, position)
    if changed.recipe:
        source = {**changed.source, "original": original}
        source["labels"] = list(first.label_names)
        changed = replace(changed, source=source)
    workspace.use(changed)
