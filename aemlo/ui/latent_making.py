"""Rows made at a place of the latent space: asked for, shown, added to the data."""

from dataclasses import replace

import numpy as np
import streamlit as st
from scipy import sparse

from aemlo import provenance, selection, walk
from aemlo.provenance import TEST_NOTHING
from aemlo.samplers import base
from aemlo.ui import latent_selection, parts


def make(workspace, view, decoder, code, label, said):
    """Make rows around `code`, show them, and add them to the data set."""
    known = view.known
    names = known.dataset.label_names
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
        reach = st.slider(
            "How spread",
            0.0,
            1.0,
            0.5,
            key="latent.make.reach",
            help="How far towards one of the nearest real rows each may go.",
            width=240,
        )
        pressed = st.button(
            f"Make {count} rows here", key="latent.make", type="primary"
        )
    if pressed:
        st.session_state["latent.made"] = _made(
            view, decoder, code, count, wanted, reach, said
        )
    latent_selection.now_in_use(workspace)
    made = st.session_state.get("latent.made")
    if made is None or made["run"] != view.run.id:
        return
    table, original = made["table"], made["original"]
    st.markdown(f"**{len(table)} rows made.** {parts.plain(made['said'])}.")
    parts.table(table, name="made-rows", key="latent.made.table", height=240)
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
        "They are decoded, not measured: keep them out of any test part. The data "
        "set's warnings say which they are."
    )


def _made(view, decoder, code, count, label, reach, said):
    known, original = view.known, view.known.original
    X = known.preparation.transform(original)
    seed = st.session_state.get("latent.made.seed", 0)
    st.session_state["latent.made.seed"] = seed + 1
    new, _ = walk.make_rows(
        *(decoder, code, int(count), X, original.Y, known.codes[~known.synthetic]),
        np.random.default_rng(seed),
        label=label,
        reach=reach,
        groups=known.preparation.categorical_features_,
    )
    dataset = with_rows(original, known.preparation, new, said, seed)
    rows = np.arange(original.n, dataset.n)
    table = selection.table(
        dataset, selection.properties(dataset, base.provenance(original.n, new)), rows
    )
    if "how" not in table:
        table.insert(4, "how", dataset.provenance["how"].to_numpy()[rows])
    return {
        **{"run": view.run.id, "original": original, "table": table},
        **{"new": new, "said": said, "seed": seed},
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
    count = sum(one["rows"] for one in earlier)
    name = original.name.removesuffix(f" with {count} rows made")
    known = provenance.after(
        provenance.of(original),
        base.provenance(original.n, new),
        original.label_names,
        f"decoded in the latent space: {said}, seed {seed}",
    )
    grown = replace(
        original,
        name=f"{name} with {count + len(new.Y)} rows made",
        X=sparse.csr_matrix(X) if original.is_sparse else X,
        Y=np.vstack([original.Y, new.Y]),
        split=None,
        warnings=(*original.warnings, words),
        source={**selection.origin(original), "made": [*earlier, made]},
        provenance=known,
    )
    return provenance.way_back(grown, key) if key else grown
