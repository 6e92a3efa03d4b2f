"""Data checks on the page: what was found, answers to press, the recipe taken back."""

from dataclasses import replace

import streamlit as st

from aemlo import checks
from aemlo.ui import layout

FEW_BUTTONS = 3


@st.cache_data(max_entries=32, show_spinner="Checking the data")
def _findings(key, few, _dataset):
    return checks.examine(_dataset, few)


def panel(workspace):
    """Findings about the data set in use with their answers, then the recipe."""
    dataset = workspace.dataset
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader(f"Checks of {layout.plain(dataset.name)}", anchor=False)
        few = st.number_input(
            "Positives that are too few for a label",
            min_value=1,
            max_value=1_000,
            value=checks.FEW_POSITIVES,
            width=280,
            help="Labels with so many or fewer are listed; the experiments of the "
            f"AEMLO paper leave out labels with {checks.FEW_POSITIVES} or fewer.",
            key="few_positives",
        )
    findings = _findings(dataset.content_hash, few, dataset)
    if not findings:
        st.success(
            "Nothing found: no gaps, no copies, no constant or id-like features, no "
            "label without enough rows.",
            icon=":material/check:",
        )
    for finding in findings:
        _finding(workspace, dataset, finding)
    if dataset.recipe:
        _recipe(workspace, dataset)


def _finding(workspace, dataset, finding):
    icon = ":material/warning:" if finding.serious else ":material/info:"
    with st.container(border=True):
        st.markdown(
            f"{icon} **{layout.plain(finding.title)}** · "
            f"{checks.counted(finding.count, finding.unit.removesuffix('s'))}"
        )
        st.markdown(layout.plain(finding.words))
        key = f"{finding.check}.{dataset.content_hash[:12]}"
        first, others = finding.answers[0], finding.answers[1:]
        if len(others) <= FEW_BUTTONS:
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
                "Do it",
                key=f"{key}.do",
                disabled=chosen == 0,
                on_click=carry_out,
                args=(workspace, dataset, finding.answers[chosen].steps),
            )


def carry_out(workspace, dataset, steps):
    """Use the data set after `steps`; the one before stays findable under its key."""
    original = dataset.source.get("original") or dataset.content_hash
    workspace.store.add_dataset(dataset)
    changed = checks.apply(dataset, steps)
    # An experiment file names the labels as the file has them, before the recipe.
    labels = dataset.source.get("labels") or list(dataset.label_names)
    source = {**changed.source, "original": original, "labels": labels}
    workspace.use(replace(changed, source=source))


def _recipe(workspace, dataset):
    with st.container(border=True):
        st.markdown("**Recipe**: what was changed since the data were read, in order.")
        original = dataset.source.get("original")
        for k, words in enumerate(checks.describe(dataset)):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{k + 1}. {layout.plain(words)}")
                if original:
                    st.button(
                        "Take back",
                        key=f"back.{k}.{dataset.content_hash[:12]}",
                        icon=":material/undo:",
                        type="tertiary",
                        on_click=_take_back,
                        args=(workspace, dataset, original, k),
                    )
        st.caption("The recipe is kept with the data set and with every run on it.")


def _take_back(workspace, dataset, original, position):
    first = workspace.store.dataset(original)
    changed = checks.without(first, dataset.recipe, position)
    if changed.recipe:
        source = {**changed.source, "original": original}
        source["labels"] = list(first.label_names)
        changed = replace(changed, source=source)
    workspace.use(changed)
