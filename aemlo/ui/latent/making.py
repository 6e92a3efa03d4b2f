"""Synthetic rows of a place of the latent space: made, shown, added to the data."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from scipy import sparse

from aemlo import provenance
from aemlo.arrays import Features
from aemlo.charts import theme
from aemlo.dataset import Dataset
from aemlo.latent import selection, walk
from aemlo.latent.walk import Walk
from aemlo.preparation.preparation import Preparation
from aemlo.provenance import TEST_NOTHING
from aemlo.samplers import base
from aemlo.samplers.base import Synthetic
from aemlo.ui import figures, layout, runs
from aemlo.ui.latent import selection as latent_selection
from aemlo.ui.latent.view import View
from aemlo.ui.state import Workspace
from aemlo.wording import counted, decimals


@dataclass(frozen=True)
class NewRows:
    """Rows decoded at a place of the latent space and not yet added to the data.

    `original` is the Dataset the run was given, `where` says in words where the rows
    were decoded, `table` shows them.
    """

    run_id: str
    original: Dataset
    table: pd.DataFrame
    rows: Synthetic
    codes: np.ndarray
    where: str
    seed: int


@dataclass(frozen=True)
class Place:
    """A place of a walk: step number `at` of `path`, called `where` in words."""

    path: Walk
    at: int
    where: str

    @property
    def code(self) -> np.ndarray:
        """The latent code (l,) of the place."""
        return self.path.codes[self.at]


def new_rows(view: View) -> NewRows | None:
    """The rows made last on this run and not yet added, or None."""
    rows = st.session_state.get("latent.made")
    return rows if rows is not None and rows.run_id == view.run.id else None


def make(
    workspace: Workspace,
    view: View,
    decoder: Any,
    place: Place,
    label: int,
    usual_scores: Callable[[int], tuple[float, float]],
    usual_step: float,
) -> None:
    """Make rows at `place`, show them, and add them to the data set.

    `label` is the one to watch; `usual_scores(label)` gives the median scores of real
    rows with and without it; `usual_step` is the distance between neighbouring codes.
    """
    names = runs.distinct(view.known.dataset.label_names)
    st.subheader("Make rows here")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input("Rows", 1, 500, 20, key="latent.make.count", width=120)
        required = st.selectbox(
            "Each must have",
            [None, *range(len(names))],
            index=1 + label,
            format_func=lambda j: "no label in particular" if j is None else names[j],
            key=f"latent.make.label.{label}",
            width=320,
        )
        spread = st.slider(
            "Spread",
            0.0,
            5.0,
            0.5,
            key="latent.make.spread",
            help="The largest distance of a row from here, towards one of the nearest "
            "real rows that have the label, as a multiple of the usual distance "
            "between neighbouring rows.",
            width=240,
        )
    if required is not None:
        _score_at(view, decoder, place, required, usual_scores(required))
    if st.button(
        f"Make {counted(number, 'row')} here", key="latent.make", type="primary"
    ):
        st.session_state["latent.made"] = _decode(
            view, decoder, place, int(number), required, spread * usual_step
        )
    latent_selection.now_in_use(workspace)
    rows = new_rows(view)
    if rows is not None:
        _show(workspace, view, rows)


def _score_at(
    view: View, decoder: Any, place: Place, label: int, usual: tuple[float, float]
) -> None:
    """The score of a label at the place and in real rows.

    A warning where rows made there would not have the label by themselves.
    """
    known = view.known
    real = ~known.synthetic
    Y, name = known.dataset.Y[real], layout.plain(known.dataset.label_names[label])
    standing = walk.standing(decoder, place.code, label, Y, known.codes[real], usual)
    usually = (
        f"Real rows with {name} score {theme.number(standing.with_it)} (median), "
        f"those without it {theme.number(standing.without_it)}."
    )
    score = decimals(standing.score)
    rank = f"number {standing.rank} of {counted(Y.shape[1], 'label')}"
    get = f"rows made here get the best {standing.wanted}"
    if standing.decoded:
        st.caption(f"{name} scores {score} here, {rank}; {get}. {usually}")
        return
    first = place.path.first_decoded(label, standing.wanted)
    if first is not None:
        share = 100 * first // (len(place.path.positions) - 1)
        way_out = f"On this way it is decoded at {share} %: move the slider there."
    else:
        way_out = (
            "Nowhere on this way is it decoded. The way “towards a label”, with "
            f"{name} to watch, raises its score: take it, or go farther on it."
        )
    st.warning(
        f"**{name} is not decoded here.** It scores {score}, {rank}, and {get}: they "
        f"would have it only because you ask for it. {usually} {way_out}",
        icon=":material/warning:",
    )


def _show(workspace: Workspace, view: View, new: NewRows) -> None:
    """The rows just made, and the button that adds them."""
    st.markdown(
        f"**{counted(len(new.table), 'row')} made.** {layout.plain(new.where)}."
    )
    figures.table(new.table, name="made-rows", key="latent.made.table", height=240)
    in_use = workspace.dataset
    goes_on = selection.goes_on_from(in_use, new.original)
    before = in_use if goes_on else new.original
    if st.button(
        f"Add them to {before.name}",
        key="latent.made.add",
        icon=":material/add:",
        help="Makes the run's original rows, those added before and these the data set "
        "of all pages.",
    ):
        st.session_state.pop("latent.made")
        dataset = with_rows(
            before,
            view.known.preparation,
            new.rows,
            new.where,
            new.seed,
            view.run.dataset,
        )
        latent_selection.use(workspace, view, dataset)
    st.caption(
        "They are decoded, not measured: keep them out of any test part. The data set "
        "and every file of it record which rows they are."
    )


def _decode(
    view: View,
    decoder: Any,
    place: Place,
    number: int,
    label: int | None,
    within: float,
) -> NewRows:
    """`number` rows decoded around the place, no farther than `within` from it."""
    known, original = view.known, view.known.original
    X = known.preparation.transform(original)
    seed = st.session_state.get("latent.made.seed", 0)
    st.session_state["latent.made.seed"] = seed + 1
    rows, codes = walk.make_rows(
        decoder,
        place.code,
        number,
        X,
        original.Y,
        known.codes[~known.synthetic],
        np.random.default_rng(seed),
        label=label,
        reach=1.0,
        within=within,
        groups=known.preparation.categorical_features_,
    )
    dataset = with_rows(original, known.preparation, rows, place.where, seed)
    table = _table(dataset, original, rows)
    return NewRows(view.run.id, original, table, rows, codes, place.where, seed)


def _table(dataset: Dataset, original: Dataset, rows: Synthetic) -> pd.DataFrame:
    """The `rows` that `dataset` has after those of `original`, as a table."""
    ids = np.arange(original.n, dataset.n)
    properties = selection.properties(dataset, base.provenance(original.n, rows))
    table = selection.table(dataset, properties, ids)
    # Synthetic rows of the run have these numbers on the map.
    table = table.rename(columns={"row": "row once added"})
    if "how" not in table:
        table.insert(4, "how", provenance.of(dataset)["how"].to_numpy()[ids])
    return table


def with_rows(
    original: Dataset,
    preparation: Preparation,
    new: Synthetic,
    where: str,
    seed: int,
    key: str | None = None,
) -> Dataset:
    """The Dataset with new rows after its own, and how they and those before were made.

    `original` are a run's rows, or those with rows that were added before; `where` says
    in words where the rows were decoded; `key` is that of the run's data, for the way
    back.
    """
    rows = preparation.restore(new.X, new.Y, original)
    first, last = original.n, original.n + len(new.Y) - 1
    warning = (
        f"Rows {first:,} to {last:,} (from 0) are synthetic, decoded in the latent "
        f"space ({where}). {TEST_NOTHING}"
    )
    table = provenance.after(
        provenance.of(original),
        base.provenance(original.n, new),
        original.label_names,
        f"decoded in the latent space: {where}, seed {seed}",
    )
    in_name = f" with {int(table['synthetic'].sum())} rows made"
    grown = replace(
        original,
        name=f"{provenance.unstated(original).name}{in_name}",
        X=_stacked(original.X, rows.X),
        Y=np.vstack([original.Y, new.Y]),
        split=None,
        warnings=(*original.warnings, warning),
        source={
            **selection.origin(original),
            "made": [*selection.rows_made(original), _addition(new, where, seed)],
            **provenance.stated(
                in_name, [*provenance.stated_warnings(original), warning]
            ),
        },
        provenance=table,
    )
    return provenance.way_back(grown, key) if key else grown


def _stacked(above: Features, below: Features) -> Features:
    """The rows of two matrices, sparse where the first is."""
    if isinstance(above, np.ndarray):
        return np.vstack([above, np.asarray(below)])
    return sparse.csr_matrix(sparse.vstack([above, below]))


def _addition(new: Synthetic, where: str, seed: int) -> dict[str, Any]:
    """What the source of a data set says of rows that were added."""
    parents = [int(parent) for parent in new.parents[:, 0]]
    return {"rows": len(new.Y), "where": where, "seed": seed, "parents": parents}
