"""The form of the Classify page: a classifier, its remedies, and the split."""

from collections.abc import Collection, Sequence
from typing import Any

import streamlit as st

from aemlo.classifiers import CLASSIFIERS
from aemlo.dataset import Dataset
from aemlo.samplers import SAMPLERS
from aemlo.ui import forms, layout, state
from aemlo.ui.state import Workspace

Arms = list[dict[str, Any]]
"""Arms of a spec: `name`, `sampler` (or None) and `classifier` each."""

PLAIN, WEIGHTS, THRESHOLDS = "as it is", "class weights", "thresholds"
WEIGHTS_AND_THRESHOLDS = "weights and thresholds"
SPLIT_NAMES = {
    "hold-out": "A share",
    "folds": "One fold",
    "declared": "The split given in the files",
}


def choose_arms(key: str) -> tuple[Arms, str]:
    """Choose a classifier and its remedies.

    Returns the arms of a spec, the plain one first, and the classifier's title.
    """
    left, right = st.columns(2)
    with left:
        titles = list(CLASSIFIERS)
        title = st.selectbox(
            "Classifier",
            titles,
            index=titles.index("BR-logistic"),
            key=f"{key}.classifier",
            persist_state="session",
            help="Trained as it is first, then with each remedy.",
        )
    with right:
        samplers = [name for name in SAMPLERS if name != "none"]
        chosen = st.multiselect(
            "Compare with oversampling",
            samplers,
            default=["MLSMOTE"] if "MLSMOTE" in samplers else samplers[:1],
            key=f"{key}.samplers",
            persist_state="session",
            help="Each sampler is one more arm: its synthetic rows are added to the "
            "training part before the classifier is trained.",
        )
    with st.expander(f"Settings of {layout.plain(title)}"):
        settings = forms.param_form(CLASSIFIERS[title], key=f"{key}.form")
    has_weights = "class_weights" in settings or isinstance(
        settings.get("weights"), str
    )
    options = [THRESHOLDS]
    if has_weights:
        options += [WEIGHTS, WEIGHTS_AND_THRESHOLDS]
    remedies = st.pills(
        "Remedies without synthetic rows",
        options,
        selection_mode="multi",
        default=options,
        key=f"{key}.remedies.{has_weights}",
        help="Thresholds are tuned out of fold on the training part (best F1 of each "
        "label). Class weights give a row the weight n / (2 c), where c is the number "
        "of rows of its class.",
    )
    return arms(title, settings, chosen, remedies), title


def arms(
    title: str,
    settings: dict[str, Any],
    samplers: Sequence[str],
    remedies: Collection[str],
) -> Arms:
    """The arms: the classifier as it is, each remedy, each sampler before it."""
    plain = {"name": title, "params": settings}
    weighted = {"name": WEIGHTS, "params": {"classifier": plain}}
    wrapped = {
        THRESHOLDS: {"name": THRESHOLDS, "params": {"classifier": plain}},
        WEIGHTS: weighted,
        WEIGHTS_AND_THRESHOLDS: {
            "name": THRESHOLDS,
            "params": {"classifier": weighted},
        },
    }
    without_rows = [{"name": PLAIN, "sampler": None, "classifier": plain}]
    without_rows += [
        {"name": name, "sampler": None, "classifier": wrapped[name]}
        for name in (THRESHOLDS, WEIGHTS, WEIGHTS_AND_THRESHOLDS)
        if name in remedies
    ]
    return without_rows + [
        {"name": name, "sampler": {"name": name, "params": {}}, "classifier": plain}
        for name in samplers
    ]


def start(workspace: Workspace, title: str, arms: Arms, split: dict[str, Any]) -> None:
    """Queue a run of the classifier `title` on the data set in use, and show it."""
    names = ", ".join(arm["name"] for arm in arms[1:]) or "as it is"
    with layout.shown_errors():
        spec = {"arms": arms, "split": split}
        state.show(workspace.enqueue("classify", f"{title}: {names}", spec))
        st.rerun()


def in_words(arm: dict[str, Any]) -> str:
    """An arm in a few words: its innermost classifier and what was done for it."""
    classifier = arm["classifier"]
    while isinstance(classifier, dict) and isinstance(
        inner := classifier.get("params", {}).get("classifier"), str | dict
    ):
        classifier = inner
    title = classifier if isinstance(classifier, str) else classifier["name"]
    return f"{title}, {arm['name']}"


def choose_split(dataset: Dataset, key: str) -> dict[str, Any]:
    """Choose how the test rows are drawn; returns the split of a spec."""
    ways = ["hold-out", "folds"] + (["declared"] if dataset.split is not None else [])
    left, middle, right = st.columns(3)
    how = left.segmented_control(
        "Test rows",
        ways,
        default=ways[-1] if dataset.split is not None else "hold-out",
        required=True,
        key=f"{key}.how",
        format_func=lambda way: SPLIT_NAMES[way],
        help="Stratified by labels; rows with equal features stay on one side.",
    )
    spec: dict[str, Any] = {"how": how}
    if how == "hold-out":
        spec["test_share"] = middle.slider(
            "Share of test rows", 0.1, 0.5, 0.3, 0.05, key=f"{key}.share"
        )
    elif how == "folds":
        spec["folds"] = middle.number_input("Folds", 2, 20, 5, key=f"{key}.folds")
        spec["fold"] = (
            right.number_input("Test fold", 1, int(spec["folds"]), 1, key=f"{key}.fold")
            - 1
        )
    if how != "declared":
        spec["seed"] = (
            right.number_input("Seed of the split", 0, 10_000, 0, key=f"{key}.seed")
            if how == "hold-out"
            else 0
        )
    return spec
