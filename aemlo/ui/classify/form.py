"""Pieces of the classify page: what a run left, and the controls of a new one."""

import streamlit as st

from aemlo.classifiers import CLASSIFIERS
from aemlo.samplers import SAMPLERS
from aemlo.ui import forms, layout, state

ALL = "All labels"
PLAIN, WEIGHTS, CUTS = "as it is", "class weights", "thresholds"
BOTH = "weights and thresholds"
NUMBER = st.column_config.NumberColumn
BAR = st.column_config.ProgressColumn
COLUMNS = {
    "IRLbl": NUMBER("IRLbl", format="%.3g"),
    **{
        name: BAR(name, min_value=0.0, max_value=1.0, format="%.3f")
        for name in ("precision", "recall", "F1", "AUC", "average precision")
    },
}


# Controls


def choose_arms(key):
    """Widgets for a classifier and its remedies; the arms as specs, plain first."""
    left, right = st.columns(2)
    with left:
        titles = list(CLASSIFIERS)
        title = st.selectbox(
            "Classifier",
            titles,
            index=titles.index("BR-logistic"),
            key=f"{key}.classifier",
            persist_state="session",
            help="Learned as it is first, then with each remedy.",
        )
    with right:
        samplers = [name for name in SAMPLERS if name != "none"]
        chosen = st.multiselect(
            "Oversampling to hold it against",
            samplers,
            default=["MLSMOTE"] if "MLSMOTE" in samplers else samplers[:1],
            key=f"{key}.samplers",
            persist_state="session",
            help="Each gives one more column of results: rows are added to the "
            "training part before the classifier learns.",
        )
    with st.expander(f"Settings of {layout.plain(title)}"):
        settings = forms.param_form(CLASSIFIERS[title], key=f"{key}.form")
    has_weights = "class_weights" in settings or isinstance(
        settings.get("weights"), str
    )
    options = [CUTS, WEIGHTS, BOTH] if has_weights else [CUTS]
    remedies = st.pills(
        "Remedies without new rows",
        options,
        selection_mode="multi",
        default=options,
        key=f"{key}.remedies.{has_weights}",
        help="Thresholds are tuned out of fold on the training part (best F1 of each "
        "label); class weights count a row n / (2 c), c the rows of its class.",
    )
    return arms(title, settings, chosen, remedies), title


def arms(title, settings, samplers, remedies):
    """The arms: the classifier as it is, each remedy, each sampler before it."""
    plain = {"name": title, "params": settings}
    weighted = {"name": WEIGHTS, "params": {"classifier": plain}}
    wrapped = {
        CUTS: {"name": CUTS, "params": {"classifier": plain}},
        WEIGHTS: weighted,
        BOTH: {"name": CUTS, "params": {"classifier": weighted}},
    }
    found = [{"name": PLAIN, "sampler": None, "classifier": plain}]
    found += [
        {"name": name, "sampler": None, "classifier": wrapped[name]}
        for name in (CUTS, WEIGHTS, BOTH)
        if name in remedies
    ]
    return found + [
        {"name": name, "sampler": {"name": name, "params": {}}, "classifier": plain}
        for name in samplers
    ]


def start(workspace, title, arms, split):
    """Queue a run of the classifier `title` on the data set in use, and show it."""
    names = ", ".join(arm["name"] for arm in arms[1:]) or "as it is"
    with layout.shown_errors():
        spec = {"arms": arms, "split": split}
        state.show(workspace.enqueue("classify", f"{title}: {names}", spec))
        st.rerun()


def in_words(arm):
    """An arm in a few words: its innermost classifier and what was done for it."""
    classifier = arm["classifier"]
    while isinstance(classifier, dict) and isinstance(
        inner := classifier.get("params", {}).get("classifier"), str | dict
    ):
        classifier = inner
    title = classifier if isinstance(classifier, str) else classifier["name"]
    return f"{title}, {arm['name']}"


def choose_split(dataset, key):
    """Widgets for the split; its spec."""
    ways = ["hold-out", "folds"] + (["declared"] if dataset.split is not None else [])
    left, middle, right = st.columns(3)
    how = left.segmented_control(
        "Test rows",
        ways,
        default=ways[-1] if dataset.split is not None else "hold-out",
        required=True,
        key=f"{key}.how",
        format_func={
            "hold-out": "A share",
            "folds": "One fold",
            "declared": "Declared by the files",
        }.get,
        help="Stratified by labels; rows with equal features stay on one side.",
    )
    spec = {"how": how}
    if how == "hold-out":
        spec["test_share"] = middle.slider(
            "Share of test rows", 0.1, 0.5, 0.3, 0.05, key=f"{key}.share"
        )
    elif how == "folds":
        spec["folds"] = middle.number_input("Folds", 2, 20, 5, key=f"{key}.folds")
        spec["fold"] = (
            right.number_input(
                "The fold to look at", 1, int(spec["folds"]), 1, key=f"{key}.fold"
            )
            - 1
        )
    if how != "declared":
        spec["seed"] = (
            right.number_input("Seed of the split", 0, 10_000, 0, key=f"{key}.seed")
            if how == "hold-out"
            else 0
        )
    return spec
