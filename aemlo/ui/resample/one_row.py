"""One new row closely: its parents, its nearest real row, what changed and why."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from aemlo.arrays import Features
from aemlo.charts import resample as charts
from aemlo.samplers.base import dense
from aemlo.ui import figures, layout
from aemlo.ui.resample.results import Result
from aemlo.wording import count, counted, decimals

MOST_FEATURES = 25
ORDERS: dict[str, tuple[str, bool] | None] = {
    "were made first": None,
    "agree least with their neighbours": ("agreement", True),
    "lie farthest out": ("distance", False),
}
"""{words: (column of the rows, whether it rises), or None for the order of the rows}"""


def one_row(result: Result) -> None:
    """A new row beside its parents and its nearest real row."""
    if not len(result.rows):
        st.info("This run made no new rows.")
        return
    order = st.segmented_control(
        "Begin with the rows that",
        list(ORDERS),
        default="agree least with their neighbours",
        required=True,
        key="resample.order",
    )
    ranked = result.rows
    by = ORDERS[order]
    if by is not None:
        column, rising = by
        ranked = ranked.sort_values(column, ascending=rising, kind="stable")
    table = ranked.assign(label=[result.label(j) for j in ranked["label"]])
    picked = figures.table(
        table.reset_index(names="row").drop(columns="nearest"),
        name="new-rows",
        key="resample.rows",
        height=240,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "label": "made for",
            "is_copy": "copy of a real row",
            "repeated": "made before",
            "distance": st.column_config.NumberColumn(
                "to nearest real row", format="%.3f"
            ),
            "outside": "features out of range",
            "agreement": st.column_config.NumberColumn(
                "label agreement", format="%.2f"
            ),
        },
    )
    if picked.selection.rows:
        result.choose(int(ranked.index[picked.selection.rows[0]]))
    row = result.chosen()
    _beside(result, int(ranked.index[0]) if row is None else row)


def _beside(result: Result, row: int) -> None:
    """The new row `row`: what is known of it, its labels and its features."""
    parents = result.parents(row)[:3]
    nearest = int(result.rows.at[row, "nearest"])
    columns = {f"new row {count(row)}": row}
    columns |= {f"parent {k + 1} (row {count(p)})": p for k, p in enumerate(parents)}
    columns[f"nearest real (row {count(nearest)})"] = nearest
    label = layout.plain(result.label(result.rows.at[row, "label"]))
    st.markdown(f"#### Row {count(row)}, made for {label}")
    st.markdown(why(result, row, parents))
    left, right = st.columns([2, 3], gap="large")
    with left:
        figures.table(
            _labels_beside(result, columns), name="labels", key="resample.lab"
        )
    table, differing = _features_beside(result, columns)
    with right:
        width = result.resampled.X.shape[1]
        differ = "differs" if differing == 1 else "differ"
        fig = charts.beside(
            table,
            list(columns),
            f"{count(differing)} of {count(width)} features {differ} between the "
            f"new row and its parents; {count(len(table))} that differ most",
        )
        figures.figure(
            fig,
            data=table,
            name=f"row-{row}",
            alt="Features of the new row, its parents and its nearest real row.",
            key="resample.beside",
        )


def why(result: Result, row: int, parents: Sequence[int]) -> str:
    """In words: how the new row `row` came about, and how likely it looks."""
    facts = result.rows.loc[row]
    sentences = []
    if facts["is_copy"]:
        whose = "its parent" if len(parents) == 1 else "a real row"
        sentences.append(f"Its features are a copy of {whose}'s.")
    if len(parents) > 1:
        step = result.provenance.at[row, "weight"]
        how = (
            "a step drawn for each feature"
            if np.isnan(step)
            else f"a step of {step:.2f}"
        )
        sentences.append(f"It lies between its {len(parents)} parents, by {how}.")
    real = result.card.set_index("measure").at[
        "distance to the nearest real row", "real"
    ]
    sentences.append(
        f"Its nearest real row is {decimals(facts['distance'])} away (real rows: "
        f"median {decimals(real)}); its labels agree {100 * facts['agreement']:.0f} % "
        "with those of the 5 nearest real rows."
    )
    if facts["labels"] == 0:
        sentences.append("It has no label.")
    if facts["outside"]:
        are = "is" if facts["outside"] == 1 else "are"
        features = counted(facts["outside"], "feature")
        sentences.append(f"{features} {are} out of the real rows' range.")
    return " ".join(sentences)


def _labels_beside(result: Result, columns: dict[str, int]) -> pd.DataFrame:
    """Which labels the rows in `columns` ({name: row}) have: "yes" or ""."""
    Y = result.resampled.Y[list(columns.values())]
    labels = np.flatnonzero(Y.any(axis=0))
    frame = pd.DataFrame(
        {name: np.where(Y[k, labels] > 0, "yes", "") for k, name in enumerate(columns)}
    )
    frame.insert(0, "label", [result.resampled.label_names[j] for j in labels])
    return frame


def _features_beside(
    result: Result, columns: dict[str, int]
) -> tuple[pd.DataFrame, int]:
    """(features that differ most, how many differ from the parents').

    The frame has the features' values in the rows of `columns` ({name: row}), each as a
    share of the feature's range over all rows.
    """
    all_X = result.resampled.X
    low, high = _ranges(all_X)
    span = np.where(high > low, high - low, 1.0)
    X = (dense(all_X[list(columns.values())]) - low) / span
    spread = np.abs(X[1:] - X[0]).max(axis=0)
    far = np.argsort(-spread, kind="stable")[:MOST_FEATURES]
    far = far[spread[far] > 0] if (spread > 0).any() else far[:5]
    frame = pd.DataFrame({name: X[k, far] for k, name in enumerate(columns)})
    frame.insert(0, "feature", [result.resampled.feature_names[j] for j in far])
    parents = X[1:-1] if len(X) > 2 else X[1:]
    return frame, int((np.abs(parents - X[0]) > 1e-12).any(axis=0).sum())


def _ranges(X: Features) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest value (d,) of each feature."""
    return dense(X.min(axis=0)).ravel(), dense(X.max(axis=0)).ravel()
