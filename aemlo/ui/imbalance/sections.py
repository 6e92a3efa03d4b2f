"""Pieces of the imbalance page: measures, advice, label tables, the forecast."""

import pandas as pd
import streamlit as st

from aemlo import imbalance
from aemlo.charts import imbalance_change as change_charts
from aemlo.charts import imbalance_rows as row_charts
from aemlo.charts import theme
from aemlo.errors import AemloError
from aemlo.imbalance import detail
from aemlo.ui import figures, layout
from aemlo.ui.imbalance import cached
from aemlo.wording import rows_in_words, written

HEADLINE = (
    ("mean_ir", "max_ir", "cv_ir", "scumble", "minority")
    + ("cardinality", "density", "labelsets")
)  # fmt: skip
TONES = {
    "problem": ":orange[:material/warning:]",
    "note": ":blue[:material/info:]",
    "fine": ":green[:material/check_circle:]",
}
MANY_ROWS = 200
PAIR_LIMIT = 60
RING_LIMIT = 40
PAIR_NOTES = {
    "Ring": "Diamonds are minority labels, larger marks have more rows; a wider tie "
    "means a larger share of the rarer label's rows. After mldr's concurrence view.",
    "Co-occurrence": "Read along a line: of the rows with this label, the share that "
    "also has the label of the column. A click on a cell chooses its line's label.",
    "Phi": "Phi is the correlation of two 0/1 columns: above 0 together more often "
    "than chance has it, below 0 less often. Rows x phi squared is Pearson's "
    "chi-squared. A click on a cell chooses its line's label.",
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
    "lift": NUMBER("lift", format="%.2f", help="Times as often as chance has it"),
    "phi": NUMBER("phi", format="%.3f"),
    "chi-squared": NUMBER("chi-squared", format="%.1f"),
}
for _name in ("positives", "IRLbl", "ImR", "SCUMBLE"):
    for _when in ("before", "after", "difference"):
        _format = {"positives": "localized", "SCUMBLE": "%.3f"}.get(_name, SIGNIFICANT)
        COLUMNS[f"{_name} {_when}"] = NUMBER(f"{_name} {_when}", format=_format)


def headline(measures, convention, later=None):
    """The measures looked at first, with their meaning; `later` after sampling."""
    known = measures.set_index("key")
    later = None if later is None else later.set_index("key")["value"]
    lines = []
    for key in HEADLINE:
        row = known.loc[key]
        moved = "" if later is None else f" → {written(later[key], row['form'])}"
        lines.append(
            f"**{row['measure']} {written(row['value'], row['form'])}{moved}**  \n"
            f":small[:gray[{layout.plain(row['meaning'])}]]"
        )
    with st.container(border=True):
        st.markdown("\n\n".join(lines))
        st.caption(f"Labels without positives: {convention}.")


def sentences(advice):
    """What the data set's measures say, each sentence with its rule and source."""
    st.markdown(
        "\n\n".join(
            f"{TONES[sentence.tone]} {layout.plain(sentence.text)}  \n"
            f":small[:gray[{layout.plain(sentence.rule)} "
            f"Source: {layout.plain(sentence.source)}.]]"
            for sentence in advice
        )
    )


def label_table(table, stem):
    """All labels in a table to search and sort; a click on a row chooses its label."""
    few = len(table) <= 14
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
        height="content" if few else 420,
        alt="Every label with its positives, IRLbl, ImR and SCUMBLE.",
    )


def label_close_up(dataset, labels, label, empty):
    """One label: measures worked out, whom it meets, its rows, its features."""
    names = list(dataset.label_names)
    name, key = names[label], dataset.content_hash
    st.markdown(
        "\n\n".join(
            f"**{row.measure} {written(row.value, row.form)}** "
            f"= {layout.plain(row.formula)}. {layout.plain(row.meaning)} "
            f":small[:gray[{layout.plain(row.source)}]]"
            for row in detail.measure_label(labels, label, names, empty).itertuples()
        )
    )
    rows = detail.rows_of(labels, label)
    meets, features = st.columns(2, gap="medium")
    with meets:
        st.markdown("**Whom it meets**")
        met = imbalance.neighbours(labels, label, names)
        figures.table(
            met,
            name=f"{dataset.name}-{label}-neighbours",
            key="imbalance.neighbours",
            column_config=COLUMNS,
            height=300 if len(met) > 7 else "content",
            alt=f"Labels that share rows with {name}.",
        )
    with features:
        _feature_panel(dataset, labels, label, key, name)
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
        alt=f"Rows with {name}.",
    )
    figures.csv_button(
        lambda: detail.per_row(labels, names, rows),
        name=f"{dataset.name}-{label}-rows",
        key="imbalance.rows.csv",
        label="Download its rows (CSV)",
    )


def _feature_panel(dataset, labels, label, key, name):
    try:
        table = cached.feature_differences(key, dataset, labels, label)
    except AemloError as problem:
        st.info(f"Features are not compared: {layout.plain(problem)}")
        return
    if table["difference"].notna().sum() == 0:
        st.info(
            "Features are not compared: it takes two rows with the label and two "
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


def choose_labels(labels, names, view, chosen):
    """The labels a picture of pairs shows: positions, rare ones first."""
    if view == "Ring":
        first, limit = imbalance.concurrent_labels(labels), RING_LIMIT
        note = "minority labels of highest SCUMBLE and whom they meet"
    else:
        first, limit = imbalance.rare_and_met(labels), PAIR_LIMIT
        note = "the rarest labels and whom they meet"
    first = list(dict.fromkeys([*map(int, first), chosen]))[:limit]
    picked = st.multiselect(
        f"Labels shown (at most {limit}; none: {note})",
        names,
        key=f"imbalance.shown.{view}",
        placeholder=f"{note}, {len(first)} labels",
        max_selections=limit,
        persist_state="session",
    )
    return [names.index(name) for name in picked] or first


def all_measures(measures, stem):
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
                "Formula with this set's numbers": rows["formula"],
                "What it tells": rows["meaning"],
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


def what_if(dataset, labels, log, empty):
    """A forecast of label counts and IRLbl for a sampler and a share of rows."""
    # Imported here: samplers bring scikit-learn, which the page does not wait for.
    from aemlo import params
    from aemlo.samplers import SAMPLERS, expectation

    names = list(dataset.label_names)
    methods = [title for title in SAMPLERS if title not in ("none", "chain")]
    controls, shown = st.columns([1, 3], gap="medium")
    with controls:
        method = st.selectbox(
            "Sampler",
            methods,
            index=methods.index("ML-ROS") if "ML-ROS" in methods else 0,
            key="imbalance.method",
        )
        budget = params.parameters(SAMPLERS[method]).get("budget")
        own = budget is None or (
            budget.optional
            and st.checkbox("The sampler's published size", key="imbalance.published")
        )
        percent = st.slider(
            "Size (% of the rows)",
            *(1, 200 if budget is None else min(200, int(100 * budget.rule.high)), 25),
            key=f"imbalance.percent.{method}",
            disabled=own,
        )
        measure = st.radio(
            "Show", ["positives", "IRLbl"], horizontal=True, key="imbalance.forecast"
        )
    key = dataset.content_hash
    with layout.shown_errors():
        share = None if own else percent / 100
        forecast = cached.expected(key, dataset, labels, method, share)
        table = expectation.expected_table(labels, forecast, names, empty)
        _, later = expectation.expected_ir(forecast, empty)
        now = imbalance.mean_ir(labels, empty)
        with controls:
            fewer = forecast.rows < 0
            st.metric(
                "Rows removed" if fewer else "Rows added",
                theme.count(abs(forecast.rows)),
            )
            st.metric(
                "Expected MeanIR",
                theme.number(later),
                delta=f"{later - now:+.3f}",
                delta_color="inverse",
            )
            st.caption(layout.plain(forecast.certainty))
        with shown:
            figures.figure(
                change_charts.before_after(
                    table,
                    measure,
                    after=f"{method}, expected",
                    colour=theme.sampler_colour(method),
                    log=log,
                    mean=now if measure == "IRLbl" else None,
                ),
                data=table,
                name=f"{dataset.name}-expected-{method}",
                alt=f"{measure} per label now and as expected after {method}.",
                key="imbalance.whatif",
            )
