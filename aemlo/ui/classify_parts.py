"""Pieces of the classify page: a run's results as frames, controls, single rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from scipy import sparse

from aemlo import imbalance, metrics, thresholds
from aemlo.classifiers import CLASSIFIERS
from aemlo.classifiers.explain import contributions
from aemlo.samplers import SAMPLERS
from aemlo.ui import forms, parts

ALL = "All labels"
PLAIN, WEIGHTS, CUTS = "as it is", "class weights", "thresholds"
BOTH = "weights and thresholds"
HEADLINE = (
    *("macro-F1", "micro-F1", "macro-AUC", "macro average precision"),
    *("ranking loss", "Hamming loss", "subset accuracy", "labels never predicted"),
)
NUMBER = st.column_config.NumberColumn
BAR = st.column_config.ProgressColumn
COLUMNS = {
    "IRLbl": NUMBER("IRLbl", format="%.3g"),
    **{
        name: BAR(name, min_value=0.0, max_value=1.0, format="%.3f")
        for name in ("precision", "recall", "F1", "AUC", "average precision")
    },
}


@dataclass(frozen=True, eq=False)
class Arm:
    """What one arm says of the test rows: labels and scores (n, q), thresholds (q,)."""

    name: str
    labels: np.ndarray
    scores: np.ndarray
    thresholds: np.ndarray
    coefficients: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Result:
    """A finished classify run: the rows it was judged on and its arms by name."""

    train: np.ndarray
    test: np.ndarray
    near: np.ndarray
    distance: np.ndarray
    feature_names: np.ndarray
    X_test: sparse.csr_matrix
    arms: dict


@st.cache_resource(max_entries=8, show_spinner=False)
def result(folder, finished, files):
    """The Result kept in `folder`; `files` are pairs of arm name and file name."""
    with np.load(folder / "rows.npz", allow_pickle=False) as kept:
        rows = {name: kept[name] for name in kept.files}
    arms = {}
    for name, file in files:
        with np.load(folder / file, allow_pickle=False) as kept:
            arms[name] = Arm(
                name,
                kept["labels"],
                kept["scores"],
                kept["thresholds"],
                kept["coefficients"] if "coefficients" in kept.files else None,
            )
    X_test = sparse.csr_matrix(sparse.load_npz(folder / "test.npz"))
    return Result(**rows, X_test=X_test, arms=arms)


def result_of(workspace, run):
    """The Result of a run, as far as its arms are done; None before the first."""
    done = [a for a in run.summary.get("arms", []) if not a["error"]]
    if not done:
        return None
    files = tuple((a["name"], a["file"]) for a in done)
    return result(workspace.store.folder(run.id), run.finished, files)


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
    with st.expander(f"Settings of {parts.plain(title)}"):
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


# Frames


def rarity(dataset):
    """IRLbl (q,) and whether each label is a minority label (IRLbl above MeanIR)."""
    frame = imbalance.per_label(dataset.Y, dataset.label_names)
    return frame["IRLbl"].to_numpy(dtype=float), frame["minority"].to_numpy(dtype=bool)


def table_of(dataset, found, arm):
    """Every label of one arm: support, what it reached, and what is odd about it."""
    Y, names = dataset.Y[found.test], dataset.label_names
    ratio, minority = rarity(dataset)
    odd = metrics.diagnosis(Y, arm.labels, names)
    return (
        pd.DataFrame(
            {
                "label": names,
                "IRLbl": ratio,
                "minority": minority,
                "training rows": dataset.Y[found.train].sum(axis=0, dtype=int),
                "test rows": Y.sum(axis=0, dtype=int),
                "times given": arm.labels.sum(axis=0, dtype=int),
                "precision": metrics.precision(Y, arm.labels),
                "recall": metrics.recall(Y, arm.labels),
                "F1": metrics.f1(Y, arm.labels),
                "AUC": metrics.auc(Y, arm.scores),
                "average precision": metrics.average_precision(Y, arm.scores),
                "threshold": arm.thresholds,
                **{c: odd[c] for c in odd.columns if c not in ("label", "problem")},
                "remark": odd["problem"],
            }
        )
        .sort_values("IRLbl", ascending=False, na_position="first", kind="stable")
        .reset_index(drop=True)
    )


def by_label(dataset, found, measure):
    """`measure` of each label and arm, long: label IRLbl minority arm value."""
    Y = dataset.Y[found.test]
    ratio, minority = rarity(dataset)
    metric = metrics.METRICS[measure]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "label": dataset.label_names,
                    "IRLbl": ratio,
                    "minority": minority,
                    "arm": arm.name,
                    "value": metric(
                        Y, arm.scores if metric.needs == "scores" else arm.labels
                    ),
                }
            )
            for arm in found.arms.values()
        ],
        ignore_index=True,
    )


def side_by_side(dataset, found):
    """The headline metrics: one row an arm, one column a metric."""
    Y = dataset.Y[found.test]
    rows = []
    for arm in found.arms.values():
        values = metrics.evaluate(Y, arm.labels, arm.scores, HEADLINE)
        rows.append({"with": arm.name} | {metric: v for metric, _, v in values})
    return pd.DataFrame(rows)


def marked(frame):
    """A Styler of `side_by_side`: arrows say which way is better, best values bold."""

    def best(column):
        top = (
            column.max()
            if metrics.METRICS[column.name].greater_is_better
            else (column.min())
        )
        return ["font-weight: 700" if value == top else "" for value in column]

    digits = dict.fromkeys(HEADLINE, "{:.3f}") | {"labels never predicted": "{:.0f}"}
    return frame.style.apply(best, subset=list(HEADLINE)).format(digits, na_rep="none")


def sentences(dataset, found):
    """What the remedies did, in words, with the numbers."""
    frames = by_label(dataset, found, "F1")
    wide = frames.pivot(index="label", columns="arm", values="value").fillna(0.0)
    arms = list(found.arms)
    told = []
    scores = {
        name: metrics.macro_f1(dataset.Y[found.test], found.arms[name].labels)
        for name in arms
    }
    for name in arms[1:]:
        change = wide[name] - wide[arms[0]]
        up, down = int((change > 1e-9).sum()), int((change < -1e-9).sum())
        told.append(
            f"With **{parts.plain(name)}**, macro-F1 goes from {scores[arms[0]]:.3f} "
            f"to {scores[name]:.3f}: F1 is higher for {up} labels and lower for {down}."
        )
    return told


def moved(value, old, form):
    """The signed change of a number in words, or None where there is none."""
    return format(value - old, form) if abs(value - old) > 1e-9 else None


def pooled(Y, scores, label):
    """(y, scores) of one label by position, or of all cells."""
    if label is None:
        return Y.ravel(), scores.ravel()
    return Y[:, label], scores[:, label]


def curve_frame(Y, scores, names, some):
    """The trade-offs of some labels, one below the other."""
    return pd.concat(
        [
            thresholds.trade_off(Y[:, j], scores[:, j]).assign(label=name)
            for name in some
            for j in [names.index(name)]
        ],
        ignore_index=True,
    )


def bins(y, scores, most=10):
    """Mean score, share of positives and rows of the `most` equal steps of the score.

    Steps that no score falls into are left out.
    """
    step = np.minimum((scores * most).astype(int), most - 1)
    rows = np.bincount(step, minlength=most)
    there = rows > 0
    return pd.DataFrame(
        {
            "score": np.bincount(step, scores, most)[there] / rows[there],
            "share": np.bincount(step, y, most)[there] / rows[there],
            "rows": rows[there],
        }
    )


def wrong_rows(dataset, found, arm):
    """One row per test row, the most wrong first, with its labels in words."""
    Y = dataset.Y[found.test].astype(bool)
    given = arm.labels.astype(bool)
    names = np.array(dataset.label_names, dtype=object)

    def words(mask):
        return [", ".join(names[row]) for row in mask]

    frame = pd.DataFrame(
        {
            "place": np.arange(len(Y)),
            "row": found.test,
            "wrong": (given != Y).sum(axis=1),
            "right": words(Y & given),
            "missed": words(Y & ~given),
            "wrongly given": words(given & ~Y),
        }
    )
    return frame.sort_values("wrong", ascending=False, kind="stable")


def row_scores(dataset, found, arm, place):
    """All labels of one test row, the highest score first."""
    return pd.DataFrame(
        {
            "label": dataset.label_names,
            "score": arm.scores[place],
            "threshold": np.minimum(arm.thresholds, 1.0),
            "given": arm.labels[place].astype(bool),
            "has it": dataset.Y[found.test[place]].astype(bool),
        }
    ).sort_values("score", ascending=False, kind="stable")


def neighbours_of(dataset, found, place):
    """The nearest training rows of a test row, with their labels."""
    names = np.array(dataset.label_names, dtype=object)
    near = found.near[place]
    return pd.DataFrame(
        {
            "training row": near,
            "distance": found.distance[place],
            "labels": [", ".join(names[dataset.Y[i].astype(bool)]) for i in near],
        }
    )


def reasons(found, arm, place, label, most=12):
    """The features that add most to one label's score in one row, for or against."""
    row = found.X_test[place]
    added = contributions(arm.coefficients[label], row)
    top = np.argsort(-np.abs(added), kind="stable")[:most]
    top = top[added[top] != 0]
    return pd.DataFrame(
        {
            "feature": found.feature_names[top],
            "value": row.toarray().ravel()[top],
            "contribution": added[top],
        }
    ).sort_values("contribution", ascending=False)


def with_cuts(arm, cuts):
    """Labels of an arm under other thresholds (q,)."""
    return thresholds.apply(arm.scores, cuts)


def predictions_frame(rows, labels, scores):
    """Predicted rows as a table: labels in words, then 0/1 and a score per label."""
    names = np.array(rows.label_names, dtype=object)
    frame = pd.DataFrame(
        {
            "row": np.arange(rows.n),
            "labels": [", ".join(names[given]) for given in labels.astype(bool)],
        }
    )
    for j, name in enumerate(rows.label_names):
        frame[name] = labels[:, j]
    for j, name in enumerate(rows.label_names):
        frame[f"score of {name}"] = scores[:, j].round(6)
    return frame
