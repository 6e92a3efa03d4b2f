"""Measures before and after, and of several sets side by side."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from aemlo import safe_tables
from aemlo.arrays import Names
from aemlo.imbalance.between import mean_ir, minority_labels
from aemlo.imbalance.labels import Labelled, Labels
from aemlo.imbalance.measures import MEASURES, measure_set, per_label
from aemlo.wording import count, counted, decimals, ratio, written

SAME = 1e-9


def before_after(
    before: Labelled, after: Labelled, names: Names, empty: str = "left out"
) -> pd.DataFrame:
    """Every label before and after a change of the rows.

    Columns: `label minority`, then `X before`, `X after` and `X difference` for X in
    positives, IRLbl, ImR, SCUMBLE. `minority` is that of the set before.
    """
    tables = [per_label(Y, names, empty) for Y in (before, after)]
    result = tables[0][["label", "minority"]].copy()
    for column in ("positives", "IRLbl", "ImR", "SCUMBLE"):
        old, new = (table[column] for table in tables)
        result[f"{column} before"] = old
        result[f"{column} after"] = new
        result[f"{column} difference"] = new - old
    return result


def change_in_words(
    before: Labelled, after: Labelled, names: Names, empty: str = "left out"
) -> list[str]:
    """Sentences: which labels got better (IRLbl fell), which worse, by how much."""
    old, new = Labels.of(before), Labels.of(after)
    table = before_after(old, new, names, empty)
    move = table["IRLbl difference"]
    better, worse = table[move < -SAME], table[move > SAME]
    same = len(table) - len(better) - len(worse)
    sentences = [
        f"Rows went from {count(old.n)} to {count(new.n)}, MeanIR from "
        f"{decimals(mean_ir(old, empty))} to {decimals(mean_ir(new, empty))}.",
        f"{counted(len(better), 'label')} came closer to the commonest label, "
        f"{counted(len(worse), 'label')} moved away from it, "
        f"{counted(same, 'label')} stayed.",
    ]
    for part, word in ((better, "Most improved"), (worse, "Most worsened")):
        if len(part):
            sentences.append(f"{word}, by IRLbl: {_strongest(part)}.")
    minority = minority_labels(old, empty)
    still = minority & (np.nan_to_num(new.ir) > mean_ir(old, empty))
    if minority.any():
        sentences.append(
            f"{count(still.sum())} of {count(minority.sum())} minority labels are "
            "still rarer than the MeanIR from before."
        )
    return sentences


def _strongest(part: pd.DataFrame, most: int = 3) -> str:
    """The labels whose IRLbl changed by the largest factor, before and after."""
    factor = np.abs(np.log(part["IRLbl after"] / part["IRLbl before"]))
    order = factor.sort_values(ascending=False, kind="stable").index
    return "; ".join(
        f"{row['label']} {ratio(row['IRLbl before'])} to {ratio(row['IRLbl after'])}"
        for _, row in part.loc[order[:most]].iterrows()
    )


def side_by_side(
    sets: Mapping[str, tuple[Labelled, Names, int | None]], empty: str = "left out"
) -> pd.DataFrame:
    """Measures of several sets: one row a measure, one column a set.

    `sets` maps a name to (Y, label names, number of features). The first two columns
    are `measure` and `group`.
    """
    table = pd.DataFrame(
        {
            "measure": ["Rows", "Features", "Labels"],
            "group": "Size",
            "form": "count",
        }
    )
    measures = pd.DataFrame(
        {
            "measure": [m.title for m in MEASURES.values()],
            "group": [m.group for m in MEASURES.values()],
            "form": [m.form for m in MEASURES.values()],
        }
    )
    table = pd.concat([table, measures], ignore_index=True)
    for name, (Y, names, features) in sets.items():
        labels = Labels.of(Y)
        values = measure_set(labels, names, features, empty)["value"]
        table[name] = [labels.n, features, labels.q, *values]
    return table


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """`side_by_side`'s table with its numbers written out, measures to 3 decimals."""
    texts = table.copy()
    for name in table.columns[3:]:
        texts[name] = [
            _written(value, form)
            for value, form in zip(table[name], table["form"], strict=True)
        ]
    return texts.drop(columns="form")


def as_latex(table: pd.DataFrame, caption: str) -> str:
    """`side_by_side`'s table as LaTeX (package booktabs), ready to paste."""
    texts = as_text(table).drop(columns="group").rename(columns={"measure": "Measure"})
    return safe_tables.to_latex(texts, caption, texts=1, booktabs=True)


def _written(value: float | None, form: str) -> str:
    return "none" if value is None else written(value, form)
