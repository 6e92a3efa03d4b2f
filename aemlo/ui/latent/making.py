"""Rows made at a place of the latent space: asked for, shown, added to the data."""

from dataclasses import replace

import numpy as np
import streamlit as st
from scipy import sparse

from aemlo import provenance
from aemlo.charts import theme
from aemlo.latent import selection, walk
from aemlo.provenance import TEST_NOTHING
from aemlo.samplers import base
from aemlo.ui import figures, layout, runs
from aemlo.ui.latent import selection as latent_selection
from aemlo.wording import counted


def just_made(view):
    """The rows made last on this run and not yet added, or None: a dict with `codes`,
    `table`, `original`, `new`, `said` and `seed`."""
    made = st.session_state.get("latent.made")
    return made if made is not None and made["run"] == view.run.id else None


def make(workspace, view, decoder, gone, at, label, said, usual_scores, usual_step):
    """Make rows at place number `at` of the Walk `gone`, show them, and add them to the
    data set; `usual_scores(label)` gives the scores of real rows with and without it,
    `usual_step` is the distance between neighbouring codes.
    """
    names = runs.distinct(view.known.dataset.label_names)
    st.subheader("Make rows here")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.number_input("Rows", 1, 500, 20, key="latent.make.count", width=120)
        wanted = st.selectbox(
            "Each must have",
            [None, *range(len(names))],
            index=1 + label,
            format_func=lambda j: "no label in particular" if j is None else names[j],
            key=f"latent.make.label.{label}",
            width=320,
        )
        spread = st.slider(
            "How spread",
            0.0,
            5.0,
            0.5,
            key="latent.make.spread",
            help="How far from here each may go towards one of the nearest real rows "
            "that have the label, in usual distances between neighbouring rows.",
            width=240,
        )
    if wanted is not None:
        _say_how_it_stands(view, decoder, gone, at, wanted, usual_scores(wanted))
    if st.button(f"Make {count} rows here", key="latent.make", type="primary"):
        st.session_state["latent.made"] = _made(
            view, decoder, gone.codes[at], count, wanted, spread * usual_step, said
        )
    latent_selection.now_in_use(workspace)
    made = just_made(view)
    if made is not None:
        _show(workspace, view, made)


def _say_how_it_stands(view, decoder, gone, at, label, usual):
    """The score of the label that rows shall be made for, at the place and in real
    rows; a warning where rows made there would not have it by themselves."""
    known = view.known
    real = ~known.synthetic
    Y, name = known.dataset.Y[real], layout.plain(known.dataset.label_names[label])
    stands = walk.standing(decoder, gone.codes[at], label, Y, known.codes[real], usual)
    usually = (
        f"Real rows with {name} score {theme.number(stands.with_it)} (median), "
        f"those without it {theme.number(stands.without_it)}."
    )
    place = f"number {stands.rank} of {Y.shape[1]} labels"
    get = f"rows made here get the best {stands.wanted}"
    if stands.decoded:
        st.caption(f"{name} scores {stands.score:.3f} here, {place}; {get}. {usually}")
        return
    first = gone.first_decoded(label, stands.wanted)
    if first is not None:
        share = 100 * first // (len(gone.positions) - 1)
        way_out = f"On this way it is decoded at {share} %: move the slider there."
    else:
        way_out = (
            "Nowhere on this way is it decoded. The way “towards a label”, with "
            f"{name} to watch, raises its score: take it, or go farther on it."
        )
    st.warning(
        f"**{name} is not decoded here.** It scores {stands.score:.3f}, {place}, and "
        f"{get}: they would have it only because you ask for it. {usually} {way_out}",
        icon=":material/warning:",
    )


def _show(workspace, view, made):
    """The rows just made, and the button that adds them."""
    table, original = made["table"], made["original"]
    st.markdown(f"**{counted(len(table), 'row')} made.** {layout.plain(made['said'])}.")
    figures.table(table, name="made-rows", key="latent.made.table", height=240)
    in_use = workspace.dataset
    before = in_use if selection.goes_on_from(in_use, original) else original
    if st.button(
        f"Add them to {before.name}",
        key="latent.made.add",
        icon=":material/add:",
        help="Makes the run's original rows, those added before and these the data set "
        "of all pages.",
    ):
        st.session_state.pop("latent.made")
        how = (made["new"], made["said"], made["seed"], view.run.dataset)
        dataset = with_rows(before, view.known.preparation, *how)
        latent_selection.use(workspace, view, dataset)
    st.caption(
        "They are decoded, not measured: keep them out of any test part. The data set "
        "keeps note of which they are, and so does every file of it."
    )


def _made(view, decoder, code, count, label, within, said):
    known, original = view.known, view.known.original
    X = known.preparation.transform(original)
    seed = st.session_state.get("latent.made.seed", 0)
    st.session_state["latent.made.seed"] = seed + 1
    new, codes = walk.make_rows(
        *(decoder, code, int(count), X, original.Y, known.codes[~known.synthetic]),
        np.random.default_rng(seed),
        label=label,
        reach=1.0,
        within=within,
        groups=known.preparation.categorical_features_,
    )
    dataset = with_rows(original, known.preparation, new, said, seed)
    rows = np.arange(original.n, dataset.n)
    table = selection.table(
        dataset, selection.properties(dataset, base.provenance(original.n, new)), rows
    )
    # Not the numbers that synthetic rows of the run have on the map.
    table = table.rename(columns={"row": "row once added"})
    if "how" not in table:
        table.insert(4, "how", dataset.provenance["how"].to_numpy()[rows])
    return {
        **{"run": view.run.id, "original": original, "table": table},
        **{"new": new, "codes": codes, "said": said, "seed": seed},
    }


def with_rows(original, preparation, new, said, seed, key=None):
    """The Dataset with new rows after its own, and how they and those before were made.

    `original` are a run's rows, or those with rows that were added before; `key` is
    that of the run's data, for the way back.
    """
    rows = preparation.restore(new.X, new.Y, original)
    stack = sparse.vstack if original.is_sparse else np.vstack
    X = stack([original.X, rows.X])
    parents = [int(parent) for parent in new.parents[:, 0]]
    made = {"rows": len(new.Y), "where": said, "seed": seed, "parents": parents}
    first, last = original.n, original.n + len(new.Y) - 1
    words = (
        f"Rows {first:,} to {last:,} (from 0) are synthetic, decoded in the latent "
        f"space ({said}). {TEST_NOTHING}"
    )
    earlier = selection.rows_made(original)
    known = provenance.after(
        provenance.of(original),
        base.provenance(original.n, new),
        original.label_names,
        f"decoded in the latent space: {said}, seed {seed}",
    )
    in_name = f" with {int(known['synthetic'].sum())} rows made"
    grown = replace(
        original,
        name=f"{provenance.unstated(original).name}{in_name}",
        X=sparse.csr_matrix(X) if original.is_sparse else X,
        Y=np.vstack([original.Y, new.Y]),
        split=None,
        warnings=(*original.warnings, words),
        source={
            **selection.origin(original),
            "made": [*earlier, made],
            **provenance.stated(
                in_name, [*provenance.stated_warnings(original), words]
            ),
        },
        provenance=known,
    )
    return provenance.way_back(grown, key) if key else grown
