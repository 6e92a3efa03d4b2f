"""One new row closely: its parents, its nearest real row, what changed and why."""

import numpy as np
import pandas as pd
import streamlit as st

from aemlo.charts import resample as charts
from aemlo.ui import figures, layout

MOST_FEATURES = 25


def one_row(result):
    """A new row beside its parents and its nearest real row."""
    if not len(result.rows):
        st.info("This run made no new rows.")
        return
    order = st.segmented_control(
        "Begin with the rows that",
        ["were made first", "agree least with their neighbours", "lie farthest out"],
        default="agree least with their neighbours",
        required=True,
        key="resample.order",
    )
    by = {"agree": ("agreement", True), "lie": ("distance", False)}
    ranked = result.rows
    if order.split()[0] in by:
        column, rising = by[order.split()[0]]
        ranked = ranked.sort_values(column, ascending=rising, kind="stable")
    table = ranked.assign(label=[result.label(j) for j in ranked["label"]])
    key = f"resample.row.{result.run.id}"
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
        st.session_state[key] = int(ranked.index[picked.selection.rows[0]])
    row = st.session_state.get(key, int(ranked.index[0]))
    if row not in result.rows.index:
        row = int(ranked.index[0])
    _beside(result, row)


def _beside(result, row):
    told, source = result.rows.loc[row], result.provenance.loc[row]
    parents = [result.position(p) for p in source["parents"]][:3]
    parents = [p for p in parents if p is not None]
    nearest = int(told["nearest"])
    columns = {f"new row {row:,}": row}
    columns |= {f"parent {k + 1} (row {p:,})": p for k, p in enumerate(parents)}
    columns[f"nearest real (row {nearest:,})"] = nearest
    st.markdown(
        f"#### Row {row:,}, made for {layout.plain(result.label(told['label']))}"
    )
    st.markdown(why(result, told, source, parents))
    left, right = st.columns([2, 3], gap="large")
    with left:
        figures.table(
            _labels_beside(result, columns), name="labels", key="resample.lab"
        )
    table, differing = _features_beside(result, columns)
    with right:
        fig = charts.beside(
            table,
            list(columns),
            f"{differing:,} of {result.made.X.shape[1]:,} features differ between the "
            f"new row and its parents; {len(table):,} that differ most",
        )
        figures.figure(
            fig,
            data=table,
            name=f"row-{row}",
            alt="Features of the new row, its parents and its nearest real row.",
            key="resample.beside",
        )


def why(result, told, source, parents):
    """In words: how a new row came about, and how likely it looks."""
    words = []
    if told["is_copy"]:
        whose = "its parent" if len(parents) == 1 else "a real row"
        words.append(f"Its features are a copy of {whose}'s.")
    if len(parents) > 1:
        step = source["weight"]
        how = (
            "a step drawn for each feature"
            if np.isnan(step)
            else f"a step of {step:.2f}"
        )
        words.append(f"It lies between its {len(parents)} parents, by {how}.")
    real = result.card.set_index("measure").at[
        "distance to the nearest real row", "real"
    ]
    words.append(
        f"Its nearest real row is {told['distance']:.3f} away (real rows: median "
        f"{real:.3f}); its labels agree {100 * told['agreement']:.0f} % with those of "
        "the 5 nearest real rows."
    )
    if told["labels"] == 0:
        words.append("It has no label.")
    if told["outside"]:
        words.append(f"{told['outside']:,} features are out of the real rows' range.")
    return " ".join(words)


def _labels_beside(result, columns):
    Y = result.made.Y[list(columns.values())]
    any_has = np.flatnonzero(Y.any(axis=0))
    frame = pd.DataFrame(
        {name: np.where(Y[k, any_has] > 0, "yes", "") for k, name in enumerate(columns)}
    )
    frame.insert(0, "label", [result.made.label_names[j] for j in any_has])
    return frame


def _features_beside(result, columns):
    X = result.made.X[list(columns.values())]
    X = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    all_X = result.made.X
    low, high = all_X.min(axis=0), all_X.max(axis=0)
    low, high = (
        (np.asarray(v.todense()).ravel() if hasattr(v, "todense") else np.asarray(v))
        for v in (low, high)
    )
    span = np.where(high > low, high - low, 1.0)
    X = (X - low) / span
    spread = np.abs(X[1:] - X[0]).max(axis=0)
    far = np.argsort(-spread, kind="stable")[:MOST_FEATURES]
    far = far[spread[far] > 0] if (spread > 0).any() else far[:5]
    frame = pd.DataFrame({name: X[k, far] for k, name in enumerate(columns)})
    frame.insert(0, "feature", [result.made.feature_names[j] for j in far])
    parents = X[1:-1] if len(X) > 2 else X[1:]
    return frame, int((np.abs(parents - X[0]) > 1e-12).any(axis=0).sum())
