"""Synthetic rows in the data set in use: what they change, and the way back."""

import streamlit as st

from aemlo import provenance
from aemlo.errors import RunError
from aemlo.ui import layout


def warned(workspace, key):
    """Where rows are divided into training and test: say how many are synthetic, what
    that changes, and offer the real ones alone. Nothing where all rows are real."""
    dataset = workspace.dataset
    made = int(provenance.synthetic(dataset).sum())
    if not made:
        return
    st.warning(
        f"{_how_many(dataset, made)} Scores would be measured partly on made rows, and "
        "rows made from test rows would be trained on: the scores would look better "
        "than they are. Test on real rows; samplers chosen here make their rows inside "
        f"each training part.{_own_split(dataset)}",
        icon=":material/warning:",
    )
    _way_back(workspace, dataset, made, key)


LEARNED = (
    "Where something is learned they are taken for real ones, and new rows may be made "
    "from them."
)


def noted(workspace, key, what=LEARNED):
    """Say how many rows are synthetic and `what` that changes here, and offer the real
    ones alone. Nothing where all rows are real."""
    dataset = workspace.dataset
    made = int(provenance.synthetic(dataset).sum())
    if not made:
        return
    st.info(f"{_how_many(dataset, made)} {what}", icon=":material/info:")
    _way_back(workspace, dataset, made, key)


def _how_many(dataset, made):
    name = layout.plain(dataset.name)
    return f"**{made:,} of the {dataset.n:,} rows of {name} are synthetic.**"


def _way_back(workspace, dataset, made, key):
    if dataset.n > made:
        st.button(
            f"Use the {dataset.n - made:,} real rows only",
            key=f"{key}.real_rows",
            icon=":material/undo:",
            on_click=_use_real,
            args=(workspace, dataset),
            help="Makes them the data set that all pages speak of.",
        )


def _own_split(dataset):
    """A sentence where the declared split has no synthetic row in its test part."""
    made, split = provenance.synthetic(dataset), dataset.split
    if split is None or split.all() or made[~split].any():
        return ""
    return " The files' own split tests real rows only: dividing by it is fine."


def _use_real(workspace, dataset):
    real = real_rows(workspace, dataset)
    workspace.use(real)
    st.toast(f"In use now: {layout.plain(real.name)}", icon=":material/check:")


def real_rows(workspace, dataset):
    """The real rows of `dataset`: the data set it came from, if that is kept and has
    them all (then the runs on it are found again), else these rows alone."""
    key = dataset.source.get(provenance.REAL)
    if key:
        try:
            original = workspace.store.dataset(key)
        except RunError:
            original = None  # cleaned up since
        if original is not None and provenance.is_the_real_part(original, dataset):
            return original
    return provenance.real_only(dataset)
