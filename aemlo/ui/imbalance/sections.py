"""Sections of the Imbalance page: measures, advice, label tables, the forecast."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from aemlo import imbalance
from aemlo.charts import imbalance_change as change_charts
from aemlo.charts import imbalance_rows as row_charts
from aemlo.charts import theme
from aemlo.dataset import Dataset
from aemlo.errors import AemloError
from aemlo.imbalance import Labels, detail
from aemlo.imbalance.advice import Sentence
from aemlo.ui import figures, layout
from aemlo.ui.imbalance import cached
from aemlo.wording import count, rows_in_words, signed, written

if TYPE_CHECKING:  # samplers bring scikit-learn, which the page does not wait for
    from aemlo.samplers.expectation import Expectation

HEADLINE = (
    "mean_ir",
    "max_ir",
    "cv_ir",
    "scumble",
    "minority",
    "cardinality",
    "density",
    "labelsets",
)
TONES = {
    "problem": ":orange[:material/warning:]",
    "note": ":blue[:material/info:]",
    "fine": ":green[:material/check_circle:]",
}
MANY_ROWS = 200
PAIR_LIMIT = 60
RING_LIMIT = 40
PAIR_NOTES = {
    "Ring": "Diamonds are minority labels, larger marks have more rows; a wider line "
    "means a larger share of the rarer label's rows. After mldr's concurrence view.",
    "Co-occurrence": "Each line of the chart is a label: of its rows, the share that "
    "also has the label of the column. A click on a cell chooses the label of its "
    "line.",
    "Phi": "Phi is the correlation of two 0/1 columns: above 0, together more often "
    "than by chance; below 0, less often. Rows x phi squared is Pearson's chi-squared. "
    "A click on a cell chooses the label of its line.",
}
NUMBER = st.column_config.NumberColumn
SIGNIFICANT = "%.3g"
COLUMNS = {
    "share": NUMBER("share", format="percent"),
    "IRLbl": NUMBER("IRLbl", format=SIGNIFICANT),
    "ImR": NUMBER("ImR", format=SIGNIFICANT),
    "IR": NUMBER("IR", format=SIGNIFICANT),
    "SCUMBLE": NUMBER("SCUMBLE", format="%.3f"),
    "SCUMBLE.CV": NUMBER("SCUMBLE.CV", format="%.3f"),
    "positives": NUMBER("positives", format="localized"),
    "rows": NUMBER("rows", format="localized"),
    "share of its rows": NUMBER("share of its rows", format="percent"),
    "share of theirs": NUMBER("share of theirs", format="percent"),
    "lift": NUMBER("lift", format="%.2f", help="How many times as often as by chance"),
    "phi": NUMBER("phi", format="%.3f"),
    "chi-squared": NUMBER("chi-squared", format="%.1f"),
}
for _name in ("positives", "IRLbl", "ImR", "SCUMBLE"):
    for _when in ("before", "after", "difference"):
        _format = {"positives": "localized", "SCUMBLE": "%.3f"}.get(_name, SIGNIFICANT)
        COLUMNS[f"{_name} {_when}"] = NUMBER(f"{_name} {_when}", format=_format)


def headline(
    measures: pd.DataFrame, convention: str, after: pd.DataFrame | None = None
) -> None:
    """The most important measures with their meaning; `after` are those after sampling.

    Both are tables of `imbalance.measure_set`.
    """
    known = measures.set_index("key")
    later = None if after is None else after.set_index("key")["value"]
    lines = []
    for key in HEADLINE:
        row = known.loc[key]
        change = "" if later is None else f" → {written(later[key], row['form'])}"
        lines.append(
            f"**{row['measure']} {written(row['value'], row['form'])}{change}**  \n"
            f":small[:gray[{layout.plain(row['meaning'])}]]"
        )
    with st.container(border=True):
        st.markdown("\n\n".join(lines))
        st.caption(f"Labels without positives: {convention}.")


def sentences(advice: Sequence[Sentence]) -> None:
    """What the measures of the data set mean, each with its rule and source."""
    st.markdown(
        "\n\n".join(
            f"{TONES[sentence.tone]} {layout.plain(sentence.text)}  \n"
            f":small[:gray[{layout.plain(sentence.rule)} "
            f"Source: {layout.plain(sentence.source)}.]]"
            for sentence in advice
        )
    )


def label_table(table: pd.DataFrame, changed: pd.DataFrame | None, stem: str) -> None:
    """All labels in a table to search and sort; a click on a row chooses its label.

    `changed` is the frame of `change.before_after` where a run is compared.
    """
    if changed is not None:
        table = table.join(changed.iloc[:, 2:])
    is_short = len(table) <= 14
    table = table.sort_values(
        "IRLbl", ascending=False, kind="stable", na_position="last"
    )
    words = table["minority"].map({True: "minority", False: ""})
    figures.table(
        table.assign(minority=words),
        name=f"{stem}-labels",
        key="imbalance.table",
        on_select=cached.clicked_in_table("imbalance.table", list(table["label"])),
        selection_mode="single-row",
        column_config=COLUMNS,
        height="content" if is_short else 420,
        alt="Every label with its positives, IRLbl, ImR and SCUMBLE.",
    )


def label_close_up(dataset: Dataset, labels: Labels, label: int, empty: str) -> None:
    """One label: its measures in numbers, its neighbours, its features, its rows."""
    names = list(dataset.label_names)
    name, key = names[label], dataset.content_hash
    st.markdown(
        "\n\n".join(
            f"**{row['measure']} {written(row['value'], row['form'])}** "
            f"= {layout.plain(row['formula'])}. {layout.plain(row['meaning'])} "
            f":small[:gray[{layout.plain(row['source'])}]]"
            for _, row in detail.measure_label(labels, label, names, empty).iterrows()
        )
    )
    neighbours, features = st.columns(2, gap="medium")
    with neighbours:
        st.markdown("**Labels that it occurs with**")
        table = imbalance.neighbours(labels, label, names)
        figures.table(
            table,
            name=f"{dataset.name}-{label}-neighbours",
            key="imbalance.neighbours",
            column_config=COLUMNS,
            height=300 if len(table) > 7 else "content",
            alt=f"Labels that share rows with {name}.",
        )
    with features:
        _feature_panel(dataset, labels, label, key, name)
    _rows_of_label(dataset, labels, label)


def _rows_of_label(dataset: Dataset, labels: Labels, label: int) -> None:
    """The rows that have a label, the first of them as a table, all as a file."""
    names = list(dataset.label_names)
    rows = detail.rows_of(labels, label)
    shown = detail.per_row(labels, names, rows[:MANY_ROWS])
    more = f", the first {MANY_ROWS} shown" if len(rows) > MANY_ROWS else ""
    st.markdown(f"**Its {rows_in_words(len(rows))}**{more}")
    st.dataframe(
        shown,
        key="imbalance.rows",
        hide_index=True,
        height=260 if len(shown) > 6 else "content",
        column_config=COLUMNS
        | {"row": NUMBER("row", help="Counted from 0"), "labels": NUMBER("labels")},
        alt=f"Rows with {names[label]}.",
    )
    figures.csv_button(
        lambda: detail.per_row(labels, names, rows),
        name=f"{dataset.name}-{label}-rows",
        key="imbalance.rows.csv",
        label="Download its rows (CSV)",
    )


def _feature_panel(
    dataset: Dataset, labels: Labels, label: int, key: str, name: str
) -> None:
    """The features whose mean differs most between rows with and without a label."""
    try:
        table = cached.feature_differences(key, dataset, labels, label)
    except AemloError as problem:
        st.info(f"Features are not compared: {layout.plain(problem)}")
        return
    if table["difference"].notna().sum() == 0:
        st.info(
            "Features are not compared: this needs two rows with the label, two "
            "without, and a feature that varies."
        )
        return
    figures.figure(
        row_charts.feature_bars(table, name),
        data=table,
        name=f"{dataset.name}-{label}-features",
        alt=f"Features whose mean differs most between rows with and without {name}.",
        key="imbalance.features",
    )


def choose_labels(
    labels: Labels, names: list[str], view: str, chosen: int
) -> list[int]:
    """Choose the labels that a chart of pairs shows: positions, rare ones first."""
    if view == "Ring":
        first, limit = imbalance.concurrent_labels(labels), RING_LIMIT
        note = "minority labels of highest SCUMBLE and labels they occur with"
    else:
        first, limit = imbalance.rare_and_met(labels), PAIR_LIMIT
        note = "the rarest labels and labels they occur with"
    first = list(dict.fromkeys([*map(int, first), chosen]))[:limit]
    shown = st.multiselect(
        f"Labels shown (at most {limit}; none: {note})",
        names,
        key=f"imbalance.shown.{view}",
        placeholder=f"{note}, {len(first)} labels",
        max_selections=limit,
        persist_state="session",
    )
    return [names.index(name) for name in shown] or first


def all_measures(measures: pd.DataFrame, stem: str) -> None:
    """Every measure with its value, formula, meaning and source."""
    for group, rows in measures.groupby("group", sort=False):
        st.markdown(f"**{group}**")
        shown = pd.DataFrame(
            {
                "Measure": rows["measure"],
                "Value": [
                    written(v, form)
                    for v, form in zip(rows["value"], rows["form"], strict=True)
                ],
                "Formula with the numbers of this data set": rows["formula"],
                "Meaning": rows["meaning"],
                "Source": rows["source"],
            }
        )
        st.table(shown.map(layout.plain).set_index("Measure"))
    figures.csv_button(
        measures.drop(columns=["form"]),
        name=f"{stem}-measures",
        key="imbalance.measures.csv",
        label="Download all measures (CSV)",
    )


def what_if(dataset: Dataset, labels: Labels, log: bool, empty: str) -> None:
    """A forecast of label counts and IRLbl for a sampler and a share of rows."""
    controls, chart = st.columns([1, 3], gap="medium")
    with controls:
        method, share = _choose_sampling()
        measure = st.radio(
            "Show", ["positives", "IRLbl"], horizontal=True, key="imbalance.forecast"
        )
    with layout.shown_errors():
        forecast = cached.expected(dataset.content_hash, dataset, labels, method, share)
        now = imbalance.mean_ir(labels, empty)
        with controls:
            _expected_numbers(forecast, now, empty)
        with chart:
            _expected_chart(
                dataset,
                labels,
                forecast,
                empty,
                method=method,
                measure=measure,
                log=log,
                mean=now if measure == "IRLbl" else None,
            )


def _choose_sampling() -> tuple[str, float | None]:
    """Choose a sampler and the share of rows; None leaves the size to the sampler."""
    # Imported here: samplers bring scikit-learn, which the page does not wait for.
    from aemlo import params
    from aemlo.samplers import SAMPLERS

    methods = [title for title in SAMPLERS if title not in ("none", "chain")]
    method = st.selectbox(
        "Sampler",
        methods,
        index=methods.index("ML-ROS") if "ML-ROS" in methods else 0,
        key="imbalance.method",
    )
    budget = params.parameters(SAMPLERS[method]).get("budget")
    published_size = budget is None or (
        budget.optional
        and st.checkbox("The sampler's published size", key="imbalance.published")
    )
    percent = st.slider(
        "Size (% of the rows)",
        1,
        200 if budget is None else min(200, int(100 * budget.rule.high)),
        25,
        key=f"imbalance.percent.{method}",
        disabled=published_size,
    )
    return method, None if published_size else percent / 100


def _expected_numbers(forecast: "Expectation", now: float, empty: str) -> None:
    """Rows and MeanIR after the sampler, and how sure the forecast is."""
    from aemlo.samplers import expectation

    _, later = expectation.expected_ir(forecast, empty)
    st.metric(
        "Rows removed" if forecast.rows < 0 else "Rows added",
        count(abs(forecast.rows)),
    )
    st.metric(
        "Expected MeanIR",
        theme.number(later),
        delta=signed(later - now),
        delta_color="inverse",
    )
    st.caption(layout.plain(forecast.certainty))


def _expected_chart(
    dataset: Dataset,
    labels: Labels,
    forecast: "Expectation",
    empty: str,
    *,
    method: str,
    measure: str,
    log: bool,
    mean: float | None,
) -> None:
    """Bars of `measure` per label, now and as expected."""
    from aemlo.samplers import expectation

    table = expectation.expected_table(
        labels, forecast, list(dataset.label_names), empty
    )
    figures.figure(
        change_charts.before_after(
            table,
            measure,
            after=f"{method}, expected",
            colour=theme.sampler_colour(method),
            log=log,
            mean=mean,
        ),
        data=table,
        name=f"{dataset.name}-expected-{method}",
        alt=f"{measure} per label now and as expected after {method}.",
        key="imbalance.whatif",
    )
