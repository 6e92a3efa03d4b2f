"""The first chart of the Imbalance page: bars of one measure, before and after.

Drawn in a fragment: another measure redraws the bars alone.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from aemlo.charts import imbalance as charts
from aemlo.charts import imbalance_change as change_charts
from aemlo.ui import figures
from aemlo.ui.imbalance import cached, other_sets

MEASURES = {
    "IRLbl": "Between labels (IRLbl)",
    "ImR": "Within each label (ImR)",
    "positives": "Positive rows",
}


@dataclass(frozen=True)
class Bars:
    """What the bars show: a line a label, and the choices made above.

    `changed` is the frame of `change.before_after` for the Sampled `after`, or None.
    """

    stem: str
    names: list[str]
    table: pd.DataFrame
    after: other_sets.Sampled | None
    changed: pd.DataFrame | None
    mean: float
    chosen: int
    log: bool


@st.fragment
def draw(bars: Bars) -> None:
    """The choice of a measure, and its bars."""
    cached.leave_if_another_label(bars.names, bars.chosen)
    measure = st.segmented_control(
        "Measure",
        list(MEASURES),
        default="IRLbl",
        required=True,
        key="imbalance.measure",
        label_visibility="collapsed",
        format_func=lambda measure: MEASURES[measure],
    )
    shown = {
        "log": bars.log,
        "chosen": bars.chosen,
        "mean": bars.mean if measure == "IRLbl" else None,
    }
    if bars.after is None or bars.changed is None:
        figures.figure(
            charts.by_label(bars.table, measure, **shown),
            data=bars.table,
            name=f"{bars.stem}-{measure}-per-label",
            alt=f"Bars of {measure} for each label, sorted; minority labels hatched.",
            **_clickable("imbalance.bars", bars.names),
        )
        return
    figures.figure(
        change_charts.before_after(
            bars.changed,
            measure,
            after=bars.after.name,
            colour=bars.after.colour,
            **shown,
        ),
        data=bars.changed,
        name=f"{bars.stem}-{measure}-before-after",
        alt=f"Bars of {measure} for each label before and after {bars.after.name}.",
        **_clickable("imbalance.paired", bars.names),
    )


def _clickable(key: str, names: list[str]) -> dict[str, Any]:
    """Arguments of a chart in which a click chooses a label."""
    return {
        "key": key,
        "on_select": cached.clicked_in_chart(key, names),
        "selection_mode": "points",
    }
