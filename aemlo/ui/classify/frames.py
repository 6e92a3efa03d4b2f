"""What a finished classify run says, as frames and sentences; no widgets."""

import numpy as np
import pandas as pd

from aemlo import imbalance, metrics
from aemlo.classifiers import tuning
from aemlo.classifiers.explain import contributions
from aemlo.ui import layout

HEADLINE = (
    *("macro-F1", "micro-F1", "macro-AUC", "macro average precision"),
    *("ranking loss", "Hamming loss", "subset accuracy", "labels never predicted"),
)


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
            f"With **{layout.plain(name)}**, macro-F1 goes from {scores[arms[0]]:.3f} "
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
            tuning.trade_off(Y[:, j], scores[:, j]).assign(label=name)
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
    return tuning.apply(arm.scores, cuts)


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
