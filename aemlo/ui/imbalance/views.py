"""The charts below the choice of views on the Imbalance page, one function a view.

They are drawn in a fragment: choosing a view or moving a slider redraws them alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from aemlo import imbalance
from aemlo.charts import imbalance as charts
from aemlo.charts import imbalance_pairs as pair_charts
from aemlo.charts import imbalance_rows as row_charts
from aemlo.dataset import Dataset
from aemlo.imbalance import Labels, detail
from aemlo.ui import figures
from aemlo.ui.imbalance import cached, other_sets, sections
from aemlo.ui.state import Workspace


@dataclass(frozen=True)
class Shown:
    """What the page shows: the set and its measures, and the choices made above.

    `after` is the Sampled to compare with, or None; `chosen` the position of a label.
    """

    workspace: Workspace
    dataset: Dataset
    labels: Labels
    table: pd.DataFrame
    measures: pd.DataFrame
    after: other_sets.Sampled | None
    chosen: int
    empty: str
    log: bool

    @property
    def key(self) -> str:
        """The content hash of the set."""
        return self.dataset.content_hash

    @property
    def names(self) -> list[str]:
        """Names of the labels in the order of the columns."""
        return list(self.dataset.label_names)

    def over(self, values: Callable[[Labels], Any]) -> charts.Overlay | None:
        """An Overlay with `values(labels)` of the sampled set, or None."""
        if self.after is None:
            return None
        after = self.after
        return charts.Overlay(after.name, after.colour, values(after.labels))

    def stem(self, what: str) -> str:
        """Name of a download."""
        return f"{self.dataset.name}-{what}"


@st.fragment
def more(shown: Shown) -> None:
    """The choice of views, and the one chosen."""
    cached.leave_if_another_label(shown.names, shown.chosen)
    view = st.segmented_control(
        "View",
        list(VIEWS),
        default=next(iter(VIEWS)),
        required=True,
        key="imbalance.view",
        label_visibility="collapsed",
    )
    VIEWS[view](shown)


def _clickable(key: str, shown: Shown) -> dict[str, Any]:
    """Arguments of a chart in which a click chooses a label."""
    return {
        "key": key,
        "on_select": cached.clicked_in_chart(key, shown.names),
        "selection_mode": "points",
    }


def long_tail(shown: Shown) -> None:
    """Positive rows of each label against its rank."""
    figures.figure(
        charts.long_tail(
            shown.table,
            log=shown.log,
            chosen=shown.chosen,
            after=shown.over(imbalance.label_counts),
        ),
        data=shown.table,
        name=shown.stem("long-tail"),
        alt="Positive rows of each label against its rank.",
        **_clickable("imbalance.tail", shown),
    )


def concurrence(shown: Shown) -> None:
    """SCUMBLE of each label against its IRLbl."""
    st.markdown(
        "SCUMBLE is high where a rare label shares its rows with frequent ones: "
        "cloning those rows adds positives to both, and the imbalance stays."
    )
    per_label = partial(imbalance.per_label, names=shown.names, empty=shown.empty)
    figures.figure(
        charts.scumble_by_ir(
            shown.table,
            mean=imbalance.mean_ir(shown.labels, shown.empty),
            chosen=shown.chosen,
            after=shown.over(per_label),
        ),
        data=shown.table,
        name=shown.stem("scumble"),
        alt="SCUMBLE of each label against its IRLbl.",
        **_clickable("imbalance.scumble", shown),
    )


def _shared_rows(labels: Labels, columns: Sequence[int]) -> NDArray[np.integer[Any]]:
    """Rows shared by each pair of the labels at `columns`, a dense square."""
    return cast(
        "NDArray[np.integer[Any]]", imbalance.cooccurrence(labels, list(columns))
    )


def ring(shown: Shown) -> None:
    """Labels in a ring, those that share rows joined."""
    columns = sections.choose_labels(shown.labels, shown.names, "Ring", shown.chosen)
    together = partial(_shared_rows, columns=columns)
    fig = pair_charts.ring(
        together(shown.labels),
        shown.table.reset_index(names="position").iloc[columns],
        shown.chosen,
        shown.over(together),
    )
    _pair_figure(shown, fig, "Ring", columns, **_clickable("imbalance.ring", shown))


def cooccurrence(shown: Shown) -> None:
    """Share of the rows of each label that also have another."""
    columns = sections.choose_labels(
        shown.labels, shown.names, "Co-occurrence", shown.chosen
    )
    names = [shown.names[j] for j in columns]
    square = _shared_rows(shown.labels, columns)
    if shown.after is None:
        fig = pair_charts.cooccurrence(square, names, columns)
    else:
        later = _shared_rows(shown.after.labels, columns)
        fig = pair_charts.difference(
            pair_charts.shares(square),
            pair_charts.shares(later),
            names,
            "share",
            columns,
        )
    click = _clickable("imbalance.square", shown)
    _pair_figure(shown, fig, "Co-occurrence", columns, **click)


def phi(shown: Shown) -> None:
    """Correlation of each pair of labels."""
    columns = sections.choose_labels(shown.labels, shown.names, "Phi", shown.chosen)
    names = [shown.names[j] for j in columns]
    correlation = imbalance.phi(shown.labels, columns)
    if shown.after is None:
        fig = pair_charts.phi(correlation, names, columns)
    else:
        later = imbalance.phi(shown.after.labels, columns)
        fig = pair_charts.difference(correlation, later, names, "phi", columns)
    _pair_figure(shown, fig, "Phi", columns, **_clickable("imbalance.phi", shown))


def _pair_figure(
    shown: Shown, fig: go.Figure, view: str, columns: Sequence[int], **more: Any
) -> None:
    """A chart of pairs with its table as a file, and how to read it."""
    figures.figure(
        fig,
        data=partial(imbalance.pair_table, shown.labels, shown.names, columns),
        name=shown.stem("pairs"),
        alt=f"{view} of {len(columns)} labels.",
        **more,
    )
    st.caption(sections.PAIR_NOTES[view])


def rows(shown: Shown) -> None:
    """Labels per row, and SCUMBLE of the rows."""
    left, right = st.columns(2)
    table = partial(detail.per_row, shown.labels, shown.names)
    with left:
        figures.figure(
            row_charts.labels_per_row(
                shown.labels.sizes, shown.over(lambda later: later.sizes)
            ),
            data=table,
            name=shown.stem("labels-per-row"),
            alt="How many rows carry 0, 1, 2, ... labels.",
            key="imbalance.sizes",
        )
    with right:
        figures.figure(
            row_charts.row_scumble(
                shown.labels.scumble_rows, shown.over(imbalance.scumble_per_row)
            ),
            data=table,
            name=shown.stem("row-scumble"),
            alt="How the rows' SCUMBLE is spread.",
            key="imbalance.row_scumble",
        )


def labelsets(shown: Shown) -> None:
    """The most frequent labelsets, and all of them by rank."""
    table = cached.per_labelset(shown.key, shown.labels, shown.names)
    later = shown.over(partial(imbalance.per_labelset, names=shown.names))
    left, right = st.columns(2)
    with left:
        figures.figure(
            row_charts.top_labelsets(table, after=later),
            data=table,
            name=shown.stem("labelsets"),
            alt="Rows of the most frequent labelsets.",
            key="imbalance.labelsets",
        )
    with right:
        figures.figure(
            row_charts.labelset_tail(table, after=later),
            data=table,
            name=shown.stem("labelset-tail"),
            alt="Rows of each labelset against its rank.",
            key="imbalance.labelset_tail",
        )
    st.dataframe(
        table.head(sections.MANY_ROWS),
        hide_index=True,
        height=320,
        column_config=sections.COLUMNS,
        alt="The most frequent labelsets.",
    )


def all_measures(shown: Shown) -> None:
    """Every measure with its value, formula, meaning and source."""
    sections.all_measures(shown.measures, shown.dataset.name)


def what_if(shown: Shown) -> None:
    """A forecast of what a sampler would change."""
    sections.what_if(shown.dataset, shown.labels, shown.log, shown.empty)


def side_by_side(shown: Shown) -> None:
    """Measures of several sets in one table."""
    other_sets.side_by_side(
        shown.workspace, shown.dataset, shown.chosen, shown.empty, shown.after
    )


VIEWS = {
    "Long tail": long_tail,
    "Concurrence": concurrence,
    "Ring": ring,
    "Co-occurrence": cooccurrence,
    "Phi": phi,
    "Rows": rows,
    "Labelsets": labelsets,
    "All measures": all_measures,
    "What if": what_if,
    "Side by side": side_by_side,
}
