"""Measures before and after, and of several sets side by side."""

import numpy as np
import pandas as pd

from aemlo import safe_tables as tables
from aemlo.imbalance.labels import Labels, mean_ir, minority_labels
from aemlo.imbalance.measures import MEASURES, measure_set, per_label
from aemlo.wording import count, decimals, ratio, written

SAME = 1e-9


def before_after(before, after, names, empty="left out"):
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


def change_in_words(before, after, names, empty="left out"):
    """Sentences: which labels got better (IRLbl fell), which worse, by how much."""
    old, new = Labels.of(before), Labels.of(after)
    table = before_after(old, new, names, empty)
    move = table["IRLbl difference"]
    better, worse = table[move < -SAME], table[move > SAME]
    same = len(table) - len(better) - len(worse)
    sentences = [
        f"Rows went from {count(old.n)} to {count(new.n)}, MeanIR from "
        f"{decimals(mean_ir(old, empty))} to {decimals(mean_ir(new, empty))}.",
        f"{_labels(len(better))} came closer to the commonest label, "
        f"{_labels(len(worse))} moved away from it, {_labels(same)} stayed.",
    ]
    for part, word in ((better, "Most improved"), (worse, "Most worsened")):
        if len(part):
            strongest = (part["IRLbl after"] / part["IRLbl before"]).map(np.log).abs()
            top = part.loc[strongest.sort_values(ascending=False).index[:3]]
            shown = "; ".join(
                f"{row['label']} {ratio(row['IRLbl before'])} to "
                f"{ratio(row['IRLbl after'])}"
                for _, row in top.iterrows()
            )
            sentences.append(f"{word}, by IRLbl: {shown}.")
    still = minority_labels(old, empty) & (np.nan_to_num(new.ir) > mean_ir(old, empty))
    if minority_labels(old, empty).any():
        sentences.append(
            f"{int(still.sum())} of {int(minority_labels(old, empty).sum())} minority "
            f"labels are still rarer than the MeanIR from before."
        )
    return sentences


def _labels(number):
    return f"{count(number)} label" + ("" if number == 1 else "s")


def side_by_side(sets, empty="left out"):
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


def as_text(table):
    """`side_by_side`'s table with its numbers written out, measures to 3 decimals."""
    texts = table.copy()
    for name in table.columns[3:]:
        texts[name] = [
            _written(value, form)
            for value, form in zip(table[name], table["form"], strict=True)
        ]
    return texts.drop(columns="form")


def as_latex(table, caption):
    """`side_by_side`'s table as LaTeX (package booktabs), ready to paste."""
    texts = as_text(table).drop(columns="group").rename(columns={"measure": "Measure"})
    return tables.to_latex(texts, caption, texts=1, booktabs=True)


def _written(value, form):
    return "none" if value is None else written(value, form)
