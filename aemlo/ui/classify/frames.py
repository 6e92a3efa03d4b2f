"""The tables and sentences of a finished classify run; no widgets.

Arrays are those of `aemlo.ui.classify.result`: n test rows, q labels.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.io.formats.style import Styler

from aemlo import imbalance, metrics
from aemlo.arrays import LabelMatrix, Mask, PerLabel, Scores
from aemlo.classifiers import tuning
from aemlo.classifiers.explain import contributions
from aemlo.dataset import Dataset
from aemlo.ui import layout
from aemlo.ui.classify.result import Arm, Result
from aemlo.wording import decimals

HEADLINE = (
    "macro-F1",
    "micro-F1",
    "macro-AUC",
    "macro average precision",
    "ranking loss",
    "Hamming loss",
    "subset accuracy",
    "labels never predicted",
)


def rarity(dataset: Dataset) -> tuple[PerLabel, Mask]:
    """IRLbl (q,) and whether each label is a minority label (IRLbl above MeanIR)."""
    frame = imbalance.per_label(dataset.Y, dataset.label_names)
    return frame["IRLbl"].to_numpy(dtype=float), frame["minority"].to_numpy(dtype=bool)


def labels_with_one_class(dataset: Dataset, result: Result) -> int:
    """How many labels all test rows have, or none has."""
    Y = dataset.Y[result.test]
    return int(metrics.labels_with_one_class(Y, Y))


def best_arm(dataset: Dataset, result: Result) -> str:
    """The name of the arm with the best macro-F1, the first of equal ones."""
    macro_f1 = _macro_f1(dataset, result)
    return max(macro_f1, key=macro_f1.__getitem__)


def _macro_f1(dataset: Dataset, result: Result) -> dict[str, float]:
    Y = dataset.Y[result.test]
    return {name: metrics.macro_f1(Y, arm.labels) for name, arm in result.arms.items()}


def table_of(dataset: Dataset, result: Result, arm: Arm) -> pd.DataFrame:
    """Every label of one arm: its rows, its scores, and a remark; rarest first."""
    Y, names = dataset.Y[result.test], dataset.label_names
    ratio, minority = rarity(dataset)
    diagnosis = metrics.diagnosis(Y, arm.labels, names)
    return (
        pd.DataFrame(
            {
                "label": names,
                "IRLbl": ratio,
                "minority": minority,
                "training rows": dataset.Y[result.train].sum(axis=0, dtype=int),
                "test rows": Y.sum(axis=0, dtype=int),
                "times predicted": arm.labels.sum(axis=0, dtype=int),
                "precision": metrics.precision(Y, arm.labels),
                "recall": metrics.recall(Y, arm.labels),
                "F1": metrics.f1(Y, arm.labels),
                "AUC": metrics.auc(Y, arm.scores),
                "average precision": metrics.average_precision(Y, arm.scores),
                "threshold": arm.thresholds,
                **{
                    column: diagnosis[column]
                    for column in diagnosis.columns
                    if column not in ("label", "problem")
                },
                "remark": diagnosis["problem"],
            }
        )
        .sort_values("IRLbl", ascending=False, na_position="first", kind="stable")
        .reset_index(drop=True)
    )


def by_label(dataset: Dataset, result: Result, measure: str) -> pd.DataFrame:
    """`measure` of each label and arm, long: label IRLbl minority arm value."""
    Y = dataset.Y[result.test]
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
            for arm in result.arms.values()
        ],
        ignore_index=True,
    )


def side_by_side(dataset: Dataset, result: Result) -> pd.DataFrame:
    """The headline metrics: one row an arm, one column a metric."""
    Y = dataset.Y[result.test]
    rows = []
    for arm in result.arms.values():
        values = metrics.evaluate(Y, arm.labels, arm.scores, HEADLINE)
        rows.append({"with": arm.name} | {metric: v for metric, _, v in values})
    return pd.DataFrame(rows)


def marked(frame: pd.DataFrame) -> Styler:
    """A Styler of `side_by_side` with the best values bold."""

    def best(column: pd.Series) -> list[str]:
        higher = metrics.METRICS[str(column.name)].greater_is_better
        top = column.max() if higher else column.min()
        return ["font-weight: 700" if value == top else "" for value in column]

    digits = dict.fromkeys(HEADLINE, "{:.3f}") | {"labels never predicted": "{:.0f}"}
    style = frame.style
    style.apply(best, subset=list(HEADLINE)).format(digits, na_rep="none")
    return style


def sentences(dataset: Dataset, result: Result) -> list[str]:
    """What each remedy changed, a sentence with the numbers for each."""
    frame = by_label(dataset, result, "F1")
    wide = frame.pivot(index="label", columns="arm", values="value").fillna(0.0)
    macro_f1 = _macro_f1(dataset, result)
    plain, *remedies = result.arms
    return [
        _change(name, macro_f1, plain, wide[name] - wide[plain]) for name in remedies
    ]


def _change(
    name: str, macro_f1: dict[str, float], plain: str, change: pd.Series
) -> str:
    up, down = int((change > 1e-9).sum()), int((change < -1e-9).sum())
    return (
        f"With **{layout.plain(name)}**, macro-F1 goes from "
        f"{decimals(macro_f1[plain])} to {decimals(macro_f1[name])}: F1 is higher for "
        f"{up} labels and lower for {down}."
    )


def moved(value: float, old: float, form: str) -> str | None:
    """The signed change of a number in the format `form`; None where there is none."""
    return format(value - old, form) if abs(value - old) > 1e-9 else None


def pooled(
    Y: LabelMatrix, scores: Scores, label: int | None
) -> tuple[LabelMatrix, Scores]:
    """(y, scores) of one label by position, or of all cells."""
    if label is None:
        return Y.ravel(), scores.ravel()
    return Y[:, label], scores[:, label]


def curve_frame(
    Y: LabelMatrix, scores: Scores, names: Sequence[str], chosen: Sequence[str]
) -> pd.DataFrame:
    """`tuning.trade_off` of the `chosen` labels, one below the other."""
    parts = []
    for name in chosen:
        j = names.index(name)
        parts.append(tuning.trade_off(Y[:, j], scores[:, j]).assign(label=name))
    return pd.concat(parts, ignore_index=True)


def bins(y: LabelMatrix, scores: Scores, most: int = 10) -> pd.DataFrame:
    """Mean score, share of positives and rows of the `most` equal steps of the score.

    Steps that no score falls into are left out.
    """
    step = np.minimum((scores * most).astype(int), most - 1)
    rows = np.bincount(step, minlength=most)
    filled = rows > 0
    return pd.DataFrame(
        {
            "score": np.bincount(step, scores, most)[filled] / rows[filled],
            "share": np.bincount(step, y, most)[filled] / rows[filled],
            "rows": rows[filled],
        }
    )


def wrong_rows(dataset: Dataset, result: Result, arm: Arm) -> pd.DataFrame:
    """One row per test row, the most wrong first, with its labels in words."""
    Y = dataset.Y[result.test].astype(bool)
    predicted = arm.labels.astype(bool)
    names = np.array(dataset.label_names, dtype=object)

    def words(mask: Mask) -> list[str]:
        return [", ".join(names[row]) for row in mask]

    frame = pd.DataFrame(
        {
            "place": np.arange(len(Y)),
            "row": result.test,
            "wrong": (predicted != Y).sum(axis=1),
            "true positives": words(Y & predicted),
            "false negatives": words(Y & ~predicted),
            "false positives": words(predicted & ~Y),
        }
    )
    return frame.sort_values("wrong", ascending=False, kind="stable")


def row_scores(dataset: Dataset, result: Result, arm: Arm, place: int) -> pd.DataFrame:
    """All labels of one test row, the highest score first."""
    return pd.DataFrame(
        {
            "label": dataset.label_names,
            "score": arm.scores[place],
            "threshold": np.minimum(arm.thresholds, 1.0),
            "predicted": arm.labels[place].astype(bool),
            "has it": dataset.Y[result.test[place]].astype(bool),
        }
    ).sort_values("score", ascending=False, kind="stable")


def neighbours_of(dataset: Dataset, result: Result, place: int) -> pd.DataFrame:
    """The nearest training rows of a test row, with their labels."""
    names = np.array(dataset.label_names, dtype=object)
    near = result.near[place]
    return pd.DataFrame(
        {
            "training row": near,
            "distance": result.distance[place],
            "labels": [", ".join(names[dataset.Y[i].astype(bool)]) for i in near],
        }
    )


def reasons(
    result: Result, arm: Arm, place: int, label: int, most: int = 12
) -> pd.DataFrame:
    """The features that add most to one label's score in one row, for or against.

    Empty where the classifier has no coefficients.
    """
    if arm.coefficients is None:
        return pd.DataFrame(columns=["feature", "value", "contribution"])
    row = result.X_test[place]
    added = contributions(arm.coefficients[label], row)
    top = np.argsort(-np.abs(added), kind="stable")[:most]
    top = top[added[top] != 0]
    return pd.DataFrame(
        {
            "feature": result.feature_names[top],
            "value": row.toarray().ravel()[top],
            "contribution": added[top],
        }
    ).sort_values("contribution", ascending=False, kind="stable")


def with_thresholds(arm: Arm, thresholds: PerLabel) -> LabelMatrix:
    """Labels of an arm under other thresholds (q,)."""
    return tuning.apply(arm.scores, thresholds)


def predictions_frame(
    rows: Dataset, labels: LabelMatrix, scores: Scores
) -> pd.DataFrame:
    """Predicted rows as a table: labels in words, then 0/1 and a score per label."""
    names = np.array(rows.label_names, dtype=object)
    frame = pd.DataFrame(
        {
            "row": np.arange(rows.n),
            "labels": [", ".join(names[mask]) for mask in labels.astype(bool)],
        }
    )
    for j, name in enumerate(rows.label_names):
        frame[name] = labels[:, j]
    for j, name in enumerate(rows.label_names):
        frame[f"score of {name}"] = scores[:, j].round(6)
    return frame
