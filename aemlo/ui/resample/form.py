"""The form of the Resample page: sampler, settings, preview."""

from typing import Any

import pandas as pd
import streamlit as st

from aemlo import params
from aemlo.dataset import Dataset
from aemlo.samplers import AEMLO, SAMPLERS, NoSampling
from aemlo.samplers.base import Sampler
from aemlo.ui import figures, forms, layout, state
from aemlo.ui.state import Workspace
from aemlo.wording import count

FIRST = "MLSMOTE"
"""The sampler that is chosen until a visitor chooses another."""
# Without a sampler nothing happens, and AEMLO has a page of its own.
TITLES = tuple(
    title for title, cls in SAMPLERS.items() if not issubclass(cls, (NoSampling, AEMLO))
)


def settings_form(dataset: Dataset) -> tuple[str, dict[str, Any], int]:
    """Sampler, its settings and a seed; returns (title, settings, seed)."""
    title = st.selectbox(
        "Sampler",
        TITLES,
        index=TITLES.index(FIRST),
        key="resample.sampler",
        help="AEMLO has a page of its own: Train.",
    )
    settings = forms.param_form(
        SAMPLERS[title], key="resample", labels=dataset.label_names
    )
    seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="resample.seed")
    return title, settings, int(seed)


def start(
    workspace: Workspace, title: str, settings: dict[str, Any], seed: int
) -> None:
    """Queue a run of the sampler on the data set in use, and show it."""
    spec = {"sampler": title, "settings": settings, "seed": seed}
    state.show(workspace.enqueue("resample", title, spec))
    st.rerun()


def about() -> None:
    """One paragraph on the sampler chosen: idea, when it helps, when it harms, source.

    It can be drawn where the form could not.
    """
    title = st.session_state.get("resample.sampler", FIRST)
    cls = SAMPLERS[title]
    st.markdown(
        f"**{layout.plain(title)}.** {layout.plain(cls.idea)}\n\n"
        f"**Helps:** {layout.plain(cls.helps)}\n\n"
        f"**Harms:** {layout.plain(cls.harms)}"
    )
    st.caption(layout.plain(cls.source))


def preview(dataset: Dataset, title: str, settings: dict[str, Any], seed: int) -> None:
    """Counts per label to expect from a run; a sentence where there are none.

    A sampler whose rows depend on the features has none.
    """
    sampler = params.build(SAMPLERS[title], settings, random_state=seed)
    table = _preview(
        dataset.content_hash, title, repr(settings), seed, dataset, sampler
    )
    if table is None:
        st.caption("What this sampler does depends on the features: run it to see.")
        return
    changed = table[table["positives_after"] != table["positives"]]
    rows = int(table["rows_for_label"].sum())
    are = "row is" if rows == 1 else "rows are"
    for_labels = f"; {count(rows)} {are} made for a label" if rows else ""
    change = "changes" if len(changed) == 1 else "change"
    st.caption(
        f"Expected: {count(len(changed))} of {count(len(table))} labels {change}"
        f"{for_labels}."
    )
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
def _preview(
    key: str, title: str, settings: str, seed: int, _dataset: Dataset, _sampler: Sampler
) -> pd.DataFrame | None:
    """`Sampler.preview` of the data set whose content hash is `key`."""
    labels = pd.DataFrame(_dataset.Y, columns=list(_dataset.label_names))
    return _sampler.preview(labels)
