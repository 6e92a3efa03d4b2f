"""The form of the Resample page: sampler, settings, preview."""

import pandas as pd
import streamlit as st

from aemlo import params
from aemlo.samplers import SAMPLERS
from aemlo.ui import figures, forms, layout

ELSEWHERE = ("none", "AEMLO", "AEMLO-paper")


TITLES = tuple(title for title in SAMPLERS if title not in ELSEWHERE)


def settings_form(dataset):
    """Sampler, its settings and a seed; returns (title, settings, seed)."""
    title = st.selectbox(
        "Sampler",
        TITLES,
        index=TITLES.index("MLSMOTE"),
        key="resample.sampler",
        help="AEMLO has a page of its own: Train.",
    )
    settings = forms.param_form(
        SAMPLERS[title], key="resample", labels=dataset.label_names
    )
    seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="resample.seed")
    return title, settings, int(seed)


def about(title):
    """One paragraph on a sampler: idea, when it helps, when it harms, source."""
    cls = SAMPLERS[title]
    st.markdown(
        f"**{layout.plain(title)}.** {layout.plain(cls.idea)}\n\n"
        f"**Helps:** {layout.plain(cls.helps)}\n\n"
        f"**Harms:** {layout.plain(cls.harms)}"
    )
    st.caption(layout.plain(cls.source))


def preview(dataset, title, settings, seed):
    """Expected counts per label before running; a sentence where none can be said."""
    sampler = params.build(SAMPLERS[title], settings, random_state=seed)
    table = _preview(
        dataset.content_hash, title, repr(settings), seed, dataset, sampler
    )
    if table is None:
        st.caption("What this sampler does hangs on the features: run it to see.")
        return
    changed = table[table["positives_after"] != table["positives"]]
    rows = int(table["rows_for_label"].sum())
    made = f"; {rows:,} rows are made for a label" if rows else ""
    st.caption(f"Expected: {len(changed):,} of {len(table):,} labels change{made}.")
    with st.expander("Expected counts per label"):
        figures.table(
            table.rename(
                columns={
                    "rows_for_label": "rows made for it",
                    "positives_after": "positives after",
                    "IRLbl_after": "IRLbl after",
                }
            ),
            name="preview",
            key="resample.preview",
            column_config={
                "IRLbl": st.column_config.NumberColumn(format="%.3g"),
                "IRLbl after": st.column_config.NumberColumn(format="%.3g"),
                "positives after": st.column_config.NumberColumn(format="%.0f"),
            },
        )


@st.cache_data(max_entries=32, show_spinner="Counting")
def _preview(key, title, settings, seed, _dataset, _sampler):
    labels = pd.DataFrame(_dataset.Y, columns=list(_dataset.label_names))
    return _sampler.preview(labels)
