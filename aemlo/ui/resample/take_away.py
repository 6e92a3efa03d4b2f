"""Reject new rows by rule, and download the rows that are left."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from aemlo.arrays import Mask
from aemlo.formats import WRITERS
from aemlo.jobs import resampling_results
from aemlo.quality import card
from aemlo.ui import figures, resampled_rows
from aemlo.ui.resample.results import Result
from aemlo.wording import count, file_stem


def keep_and_take(result: Result) -> None:
    """Rules that reject new rows, and the rows that are left as files."""
    rows = result.rows
    st.markdown("**Reject new rows by rule**")
    out = card.rejected(rows, **_rules(result))
    keep = np.ones(result.resampled.n, dtype=bool)
    keep[rows.index[out]] = False
    are = "row is" if keep.sum() == 1 else "rows are"
    st.markdown(
        f"{count(out.sum())} of {count(len(rows))} new rows "
        f"{'is' if out.sum() == 1 else 'are'} rejected; {count(keep.sum())} {are} left."
    )
    _downloads(result, keep)


def _rules(result: Result) -> dict[str, Any]:
    """The rules that are set, as arguments of `aemlo.quality.card.rejected`."""
    rows = result.rows
    with st.container(horizontal=True):
        rules: dict[str, Any] = {
            name: st.checkbox(text, key=f"resample.rule.{name}")
            for name, text in (
                ("copies", "copies of a real row"),
                ("repeated", "repeated new rows"),
                ("unlabelled", "rows without a label"),
                ("outside", "features out of range"),
            )
        }
    left, right = st.columns(2)
    most = float(rows["distance"].max()) if len(rows) else 0.0
    if most > 0:
        farthest = left.slider(
            "Farthest from a real row", 0.0, most, most, key="resample.rule.farthest"
        )
        rules["farthest"] = farthest if farthest < most else None
    least = right.slider(
        "Least agreement of labels", 0.0, 1.0, 0.0, key="resample.rule.agreement"
    )
    rules["agreement"] = least or None
    made_for = [j for j in np.unique(rows["label"]) if j >= 0]
    rules["labels"] = st.multiselect(
        "Leave out rows made for",
        made_for,
        format_func=result.label,
        key="resample.rule.labels",
    )
    return rules


def _downloads(result: Result, keep: Mask) -> None:
    """The rows that `keep` (n,) is True for, and their provenance, as files."""
    form = st.selectbox("Format", list(WRITERS), key="resample.format")
    kept = result.resampled.take(np.flatnonzero(keep))
    marks = resampling_results.marks(result.resampled, result.provenance)
    mark = marks[keep]
    stem = file_stem(result.run.dataset_name)
    with st.container(horizontal=True):
        suffixes = resampled_rows.to_suffixes(
            form, result.resampled, marks, result.run.id
        )
        resampled_rows.file_buttons(
            form, kept, mark, suffixes, f"{stem}-resampled", key="resample.download"
        )
        figures.csv_button(
            lambda: _written(result.provenance[keep], result),
            name=f"{stem}-provenance",
            key="resample.provenance",
            label="Download provenance (CSV)",
        )
    st.caption(
        "The column is_synthetic marks synthetic rows; the provenance has a line for "
        "each row of the file: its origin, or its parents and the label it was made "
        "for. **Do not cross-validate this file:** rows made from a test row would be "
        "trained on. Resample inside each fold instead, as Compare does."
    )


def _written(provenance: pd.DataFrame, result: Result) -> pd.DataFrame:
    """The provenance with parents and labels in words."""
    return provenance.assign(
        parents=[" ".join(map(str, p)) for p in provenance["parents"]],
        label=[result.label(j) if j >= 0 else "" for j in provenance["label"]],
    )
