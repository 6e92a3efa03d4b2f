"""Imbalance: which labels are rare, with whom they occur, and what to do about it."""

from functools import partial

import streamlit as st

from aemlo import imbalance
from aemlo.charts import imbalance as charts
from aemlo.charts import imbalance_change as change_charts
from aemlo.charts import imbalance_pairs as pair_charts
from aemlo.charts import imbalance_rows as row_charts
from aemlo.imbalance import change, detail
from aemlo.ui import cached_imbalance as cached
from aemlo.ui import imbalance_parts, imbalance_sets, parts, state

workspace = state.workspace()
dataset = workspace.dataset
key, names = dataset.content_hash, list(dataset.label_names)
labels = cached.labels(key, dataset.Y)
imbalance_sets.remember(dataset)

parts.page("Imbalance", "Which labels are rare, how rare, and with whom do they occur?")

if not labels.counts.any():
    st.info(
        "No row of this data set has a label, so there is nothing to measure. Choose "
        "its label columns again."
    )
    parts.next_step("pages/dataset.py", "Data set", "Say which columns are labels.")
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    chosen = cached.choose_label(names, first=int(imbalance.rarest(labels, 1)[0]))
    after = None
    with parts.shown_errors():
        after = imbalance_sets.choose_overlay(workspace, dataset)
    empty = st.segmented_control(
        "Labels without positives",
        imbalance.EMPTY,
        default=imbalance.EMPTY[0],
        required=True,
        key="imbalance.empty",
        help="Left out of MeanIR and CVIR, as MULAN and MLDA do; or counted with an "
        "IRLbl of 0, as the R package mldr and tables made with it do. Holds for the "
        "whole page.",
    )
    log = st.toggle(
        "Log scale",
        value=bool(imbalance.max_ir(labels) > 20),
        key=f"imbalance.log.{key[:12]}",
        help="Equal steps are equal ratios: shows rare and frequent labels together.",
    )

table = cached.per_label(key, labels, names, empty)
measures = cached.measure_set(key, labels, names, len(dataset.feature_names), empty)
mean = imbalance.mean_ir(labels, empty)
clicked = partial(cached.clicked_in_chart, names=names)

picture, numbers = st.columns([5, 2], gap="medium")
with picture:
    measure = st.segmented_control(
        "Measure",
        ["IRLbl", "ImR", "positives"],
        default="IRLbl",
        required=True,
        key="imbalance.measure",
        label_visibility="collapsed",
        format_func={
            "IRLbl": "Between labels (IRLbl)",
            "ImR": "Within each label (ImR)",
            "positives": "Positive rows",
        }.get,
    )
    if after is None:
        parts.figure(
            charts.by_label(
                table,
                measure,
                mean=mean if measure == "IRLbl" else None,
                log=log,
                chosen=chosen,
            ),
            data=table,
            name=f"{dataset.name}-{measure}-per-label",
            alt=f"Bars of {measure} for each label, sorted; minority labels hatched.",
            key="imbalance.bars",
            on_select=clicked("imbalance.bars"),
            selection_mode="points",
        )
    else:
        moved = change.before_after(labels, after.labels, names, empty)
        parts.figure(
            change_charts.before_after(
                moved,
                measure,
                after=after.name,
                colour=after.colour,
                log=log,
                mean=mean if measure == "IRLbl" else None,
                chosen=chosen,
            ),
            data=moved,
            name=f"{dataset.name}-{measure}-before-after",
            alt=f"Bars of {measure} for each label before and after {after.name}.",
            key="imbalance.paired",
            on_select=clicked("imbalance.paired"),
            selection_mode="points",
        )
        words = change.change_in_words(labels, after.labels, names, empty)
        st.markdown("\n".join(f"- {parts.plain(sentence)}" for sentence in words))
with numbers:
    imbalance_parts.headline(
        measures,
        empty,
        after
        and cached.measure_set(
            after.key, after.labels, names, len(dataset.feature_names), empty
        ),
    )

st.subheader("In words", anchor=False)
folds = st.number_input(
    "Folds of the comparison to come", 2, 20, 5, key="imbalance.folds", width=240
)
imbalance_parts.sentences(cached.advice(key, labels, names, folds, empty))

st.subheader("Every label", anchor=False)
imbalance_parts.label_table(
    table if after is None else table.join(moved.iloc[:, 2:]), dataset.name
)

st.subheader(f"Chosen label: {parts.plain(names[chosen])}", anchor=False)
imbalance_parts.label_close_up(dataset, labels, chosen, empty)

st.subheader("More pictures and numbers", anchor=False)
view = st.segmented_control(
    "View",
    [
        "Long tail",
        "Concurrence",
        "Ring",
        "Co-occurrence",
        "Phi",
        "Rows",
        "Labelsets",
        "All measures",
        "What if",
        "Side by side",
    ],
    default="Long tail",
    required=True,
    key="imbalance.view",
    label_visibility="collapsed",
)


def overlay(values):
    """What lies over a picture: `values(labels)` of the sampled set, or None."""
    return after and charts.Overlay(after.name, after.colour, values(after.labels))


if view == "Long tail":
    parts.figure(
        charts.long_tail(
            table, log=log, chosen=chosen, after=overlay(imbalance.label_counts)
        ),
        data=table,
        name=f"{dataset.name}-long-tail",
        alt="Positive rows of each label against its rank.",
        key="imbalance.tail",
        on_select=clicked("imbalance.tail"),
        selection_mode="points",
    )

elif view == "Concurrence":
    st.markdown(
        "SCUMBLE is high where a rare label shares its rows with frequent ones: then "
        "cloning those rows lifts both, and the imbalance stays."
    )
    parts.figure(
        charts.scumble_by_ir(
            table,
            mean=mean,
            chosen=chosen,
            after=overlay(partial(imbalance.per_label, names=names, empty=empty)),
        ),
        data=table,
        name=f"{dataset.name}-scumble",
        alt="SCUMBLE of each label against its IRLbl.",
        key="imbalance.scumble",
        on_select=clicked("imbalance.scumble"),
        selection_mode="points",
    )

elif view in ("Ring", "Co-occurrence", "Phi"):
    shown = imbalance_parts.choose_labels(labels, names, view, chosen)
    some = [names[j] for j in shown]
    square = imbalance.cooccurrence(labels, shown)
    if view == "Ring":
        fig = pair_charts.ring(
            square,
            table.reset_index(names="position").iloc[shown],
            chosen,
            overlay(partial(imbalance.cooccurrence, labels=shown)),
        )
    elif view == "Co-occurrence" and after is None:
        fig = pair_charts.cooccurrence(square, some)
    elif view == "Co-occurrence":
        later = imbalance.cooccurrence(after.labels, shown)
        fig = pair_charts.difference(
            pair_charts.shares(square), pair_charts.shares(later), some, "share"
        )
    elif after is None:
        fig = pair_charts.phi(imbalance.phi(labels, shown), some)
    else:
        fig = pair_charts.difference(
            imbalance.phi(labels, shown),
            imbalance.phi(after.labels, shown),
            some,
            "phi",
        )
    parts.figure(
        fig,
        data=partial(imbalance.pair_table, labels, names, shown),
        name=f"{dataset.name}-pairs",
        alt=f"{view} of {len(shown)} chosen labels.",
        key=f"imbalance.{view}",
        **(
            {"on_select": clicked("imbalance.Ring"), "selection_mode": "points"}
            if view == "Ring"
            else {}
        ),
    )
    st.caption(imbalance_parts.PAIR_NOTES[view])

elif view == "Rows":
    left, right = st.columns(2)
    with left:
        parts.figure(
            row_charts.labels_per_row(labels.sizes, overlay(lambda later: later.sizes)),
            data=partial(detail.per_row, labels, names),
            name=f"{dataset.name}-labels-per-row",
            alt="How many rows carry 0, 1, 2, ... labels.",
            key="imbalance.sizes",
        )
    with right:
        parts.figure(
            row_charts.row_scumble(
                labels.scumble_rows, overlay(imbalance.scumble_per_row)
            ),
            data=partial(detail.per_row, labels, names),
            name=f"{dataset.name}-row-scumble",
            alt="How the rows' SCUMBLE is spread.",
            key="imbalance.row_scumble",
        )

elif view == "Labelsets":
    sets = cached.per_labelset(key, labels, names)
    later = overlay(partial(imbalance.per_labelset, names=names))
    left, right = st.columns(2)
    with left:
        parts.figure(
            row_charts.top_labelsets(sets, after=later),
            data=sets,
            name=f"{dataset.name}-labelsets",
            alt="Rows of the most frequent labelsets.",
            key="imbalance.sets",
        )
    with right:
        parts.figure(
            row_charts.labelset_tail(sets, after=later),
            data=sets,
            name=f"{dataset.name}-labelset-tail",
            alt="Rows of each labelset against its rank.",
            key="imbalance.settail",
        )
    st.dataframe(
        sets.head(300),
        hide_index=True,
        height=320,
        column_config=imbalance_parts.COLUMNS,
    )

elif view == "All measures":
    imbalance_parts.all_measures(measures, dataset.name)

elif view == "What if":
    imbalance_parts.what_if(key, labels, names, log, empty)

else:
    imbalance_sets.side_by_side(workspace, dataset, chosen, empty)

minority = int(table["minority"].sum())
parts.next_step(
    "pages/train.py",
    "Train",
    f"{minority:,} minority label{'' if minority == 1 else 's'}: train AEMLO, or "
    "compare samplers.",
)
