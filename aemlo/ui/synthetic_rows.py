"""Synthetic rows in the data set in use: what they change, and the way back."""

import streamlit as st

from aemlo import provenance
from aemlo.dataset import Dataset
from aemlo.errors import RunError
from aemlo.ui import layout
from aemlo.ui.state import Workspace
from aemlo.wording import count, counted

LEARNED = (
    "Where something is learned they are taken for real ones, and new rows may be made "
    "from them."
)


def warned(workspace: Workspace, key: str) -> None:
    """For a page that divides rows into training and test: say how many are synthetic,
    what that changes, and offer the real ones alone.

    Draws nothing where all rows are real.
    """
    dataset = workspace.dataset
    synthetic = int(provenance.synthetic(dataset).sum())
    if not synthetic:
        return
    st.warning(
        f"{_how_many(dataset, synthetic)} Scores would be measured partly on made "
        "rows, and rows made from test rows would be trained on: the scores would look "
        "better than they are. Test on real rows; samplers chosen here make their "
        f"rows inside each training part.{_own_split(dataset)}",
        icon=":material/warning:",
    )
    _way_back(workspace, dataset, synthetic, key)


def noted(workspace: Workspace, key: str, what: str = LEARNED) -> None:
    """Say how many rows are synthetic and `what` that changes on the page, and offer
    the real ones alone.

    Draws nothing where all rows are real.
    """
    dataset = workspace.dataset
    synthetic = int(provenance.synthetic(dataset).sum())
    if not synthetic:
        return
    st.info(f"{_how_many(dataset, synthetic)} {what}", icon=":material/info:")
    _way_back(workspace, dataset, synthetic, key)


def _how_many(dataset: Dataset, synthetic: int) -> str:
    """ "**7 of the 67 rows of small are synthetic.**" """
    name = layout.plain(dataset.name)
    are = "is" if synthetic == 1 else "are"
    return (
        f"**{count(synthetic)} of the {counted(dataset.n, 'row')} of {name} {are} "
        "synthetic.**"
    )


def _way_back(workspace: Workspace, dataset: Dataset, synthetic: int, key: str) -> None:
    """A button that makes the real rows the data set in use, where there are any."""
    if dataset.n > synthetic:
        st.button(
            f"Use the {counted(dataset.n - synthetic, 'real row')} only",
            key=f"{key}.real_rows",
            icon=":material/undo:",
            on_click=_use_real,
            args=(workspace, dataset),
            help="Makes them the data set that all pages speak of.",
        )


def _own_split(dataset: Dataset) -> str:
    """A sentence where the declared split has no synthetic row in its test part."""
    synthetic, split = provenance.synthetic(dataset), dataset.split
    if split is None or split.all() or synthetic[~split].any():
        return ""
    return " The files' own split tests real rows only: dividing by it is fine."


def _use_real(workspace: Workspace, dataset: Dataset) -> None:
    real = real_rows(workspace, dataset)
    workspace.use(real)
    st.toast(f"In use now: {layout.plain(real.name)}", icon=":material/check:")


def real_rows(workspace: Workspace, dataset: Dataset) -> Dataset:
    """The real rows of `dataset`.

    That is the data set it came from, if the store has it and it has them all: then the
    runs on it are found again. Else it is `dataset` without its synthetic rows.
    """
    key = dataset.source.get(provenance.REAL)
    if key:
        try:
            original = workspace.store.dataset(key)
        except RunError:
            original = None  # deleted since
        if original is not None and provenance.is_the_real_part(original, dataset):
            return original
    return provenance.real_only(dataset)
