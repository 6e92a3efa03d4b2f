"""One arm of a classify run: which one, its notes, and the view that is chosen."""

import streamlit as st

from aemlo.dataset import Dataset
from aemlo.notes import read as read_note
from aemlo.store import Run
from aemlo.ui import layout
from aemlo.ui.classify import frames, use, views
from aemlo.ui.classify.result import Result
from aemlo.ui.state import Workspace
from aemlo.wording import counted

USE = "Use it"


def depth(
    workspace: Workspace, dataset: Dataset, run: Run, result: Result, most: int
) -> None:
    """Choose an arm and a view of it, and draw the view.

    Charts show `most` labels at most, the rarest.
    """
    name = st.segmented_control(
        "With",
        list(result.arms),
        default=next(iter(result.arms)),
        required=True,
        key=f"classify.arm.{run.id}",
    )
    _notes(dataset, run, name)
    view = st.segmented_control(
        "View",
        [*views.VIEWS, USE],
        default="Labels",
        required=True,
        key="classify.view",
        label_visibility="collapsed",
    )
    if view == USE:
        spec = next(arm for arm in run.spec["arms"] if arm["name"] == name)
        use.use(workspace, dataset, spec)
    else:
        table = frames.table_of(dataset, result, result.arms[name])
        views.VIEWS[view](views.Shown(dataset, result, run.id, name, table, most))


def _notes(dataset: Dataset, run: Run, name: str) -> None:
    """What the training of an arm reported, behind a click."""
    notes = next(arm["notes"] for arm in run.summary["arms"] if arm["name"] == name)
    if notes:
        with st.expander(f"{counted(len(notes), 'note')} from training"):
            named = [read_note(note).named(dataset.label_names) for note in notes]
            st.markdown("\n".join(f"- {layout.plain(note)}" for note in named))
