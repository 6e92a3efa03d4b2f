"""What if: walks between rows, nudges towards a label, new rows made on the way."""

import numpy as np
import pandas as pd
import streamlit as st

from aemlo import embedding, walk
from aemlo.charts import latent, latent_walk, theme
from aemlo.ui import latent_making, latent_selection, parts, state
from aemlo.ui.latent_view import known_of

STEPS = 41


@st.cache_resource(max_entries=3, show_spinner="Loading the trained network")
def model_of(run_id, finished):
    """The trained network of a run: encodes and decodes rows."""
    from aemlo.autoencoder.model import TrainedModel

    return TrainedModel.load(state.store().folder(run_id) / "model")[0]


@st.cache_data(max_entries=6, show_spinner=False)
def step_of(run_id, finished):
    """The usual distance between neighbouring codes of a run."""
    known = known_of(run_id, finished)
    codes = known.codes[~known.synthetic]
    some = np.random.default_rng(0).permutation(len(codes))[:2000]
    return walk.usual_step(codes[some])


def what_if(workspace, view, method):
    """Walk from one place of the latent space to another and see what is decoded."""
    decoder = model_of(view.run.id, view.run.finished)

    @st.fragment
    def walking():
        with parts.shown_errors():
            gone, said, label = _way(view, decoder)
            _along(workspace, view, decoder, gone, said, label, method)

    walking()


def _way(view, decoder):
    known = view.known
    names = known.dataset.label_names
    left, middle, right = st.columns(3)
    with left:
        start, where = _place(view, "From", "latent.from", first=True)
    kind = middle.radio(
        "Way",
        ["towards a label", "to another place"],
        key="latent.way",
        help="A straight line to the other place, or step by step where the label's "
        "score rises fastest.",
    )
    label = middle.selectbox(
        "Label to watch",
        range(len(names)),
        index=view.rarest_label(),
        format_func=lambda j: names[j],
        key=f"latent.watch.{view.run.id}",
    )
    if kind == "to another place":
        with right:
            end, goal = _place(view, "To", "latent.to", first=False)
        gone = walk.segment(decoder, start, end, STEPS)
        return gone, f"From {where} to {goal}", label
    usual = step_of(view.run.id, view.run.finished)
    times = right.slider(
        "How far",
        0.5,
        20.0,
        4.0,
        step=0.5,
        key="latent.far",
        help="In usual distances between neighbouring rows: 1 is a neighbour's place, "
        "20 is far outside what the network was trained on.",
    )
    gone = walk.nudge(decoder, start, label, times * usual, STEPS)
    return gone, f"From {where} towards {names[label]}", label


def _place(view, title, key, first):
    """A code chosen by row or by a label's centre, and its name in words."""
    known = view.known
    names = known.dataset.label_names
    real = ~known.synthetic
    kind = st.radio(
        title, ["a row", "a label's centre"], int(not first), key=f"{key}.k"
    )
    if kind == "a label's centre":
        label = st.selectbox(
            "Its label",
            range(len(names)),
            index=view.rarest_label(),
            format_func=lambda j: names[j],
            key=f"{key}.label.{view.run.id}",
        )
        Y = known.dataset.Y[real]
        centre = walk.label_centre(known.codes[real], Y, label, names[label])
        return centre, f"the centre of {names[label]}"
    rows = latent_selection.chosen(view)
    row = st.number_input(
        f"Row (0 to {known.dataset.n - 1})",
        0,
        known.dataset.n - 1,
        int(rows[0]) if len(rows) else 0,
        key=f"{key}.row.{view.run.id}.{rows[0] if len(rows) else 0}",
        help="The first row selected on the map, unless you choose another.",
    )
    st.caption(parts.plain(view.properties["labels"][row]))
    return known.codes[row], f"row {row}"


def _along(workspace, view, decoder, gone, said, label, method):
    known = view.known
    names = known.dataset.label_names
    share = st.slider(
        "Place on the way",
        0,
        100,
        50,
        format="%d %%",
        key="latent.at",
        help="0 % is the start, 100 % the end.",
    )
    at = int(round(share / 100 * (len(gone.positions) - 1)))
    here = gone.positions[at]
    left, right = st.columns(2)
    shown = sorted({label, *_changing(gone.scores, 6)}, key=lambda j: j != label)
    scores = gone.score_frame(names, shown)
    scores["score"] = 1.0 / (1.0 + np.exp(-scores["score"]))
    start, end = scores[scores["label"] == names[label]]["score"].iloc[[0, -1]]
    with left:
        parts.figure(
            latent_walk.walk_lines(
                scores,
                *("label", "score"),
                f"{theme.short(names[label], 30)}: score {start:.2f} at the start, "
                f"{end:.2f} at the end",
                "Place on the way",
                "Label score (0 to 1)",
                emphasised=names[label],
                at=here,
            ),
            data=scores,
            name="walk-scores",
            alt=f"Label scores along the way. {said}",
            key="latent.walk.scores",
        )
    spread = _spread(decoder, known)
    features = gone.feature_frame(_columns(known), spread, most=8)
    with right:
        parts.figure(
            latent_walk.walk_lines(
                features,
                *("feature", "value"),
                "The decoded features that change most",
                "Place on the way",
                "Value / range of the feature",
                at=here,
            ),
            data=features,
            name="walk-features",
            alt=f"Decoded features along the way. {said}",
            key="latent.walk.features",
        )
    _here(view, gone, at, spread)
    _on_the_map(view, gone, at, said, method)
    latent_making.make(
        workspace, view, decoder, gone.codes[at], label, f"{said}, {share} % of the way"
    )


def _changing(scores, most):
    return np.argsort(-np.ptp(scores, axis=0), kind="stable")[:most].tolist()


def _columns(known):
    return known.preparation.feature_names_


def _spread(decoder, known):
    return np.asarray(decoder.span_)


def _here(view, gone, at, spread):
    """What is decoded at the slider's place, and the real rows nearest to it."""
    known = view.known
    names = known.dataset.label_names
    left, right = st.columns(2)
    score = 1.0 / (1.0 + np.exp(-gone.scores[at]))
    order = np.argsort(-score, kind="stable")
    with left:
        st.markdown("Labels decoded here")
        st.dataframe(
            pd.DataFrame({"label": [names[j] for j in order], "score": score[order]}),
            hide_index=True,
            height=240,
            key="latent.here.labels",
            column_config={
                "score": st.column_config.ProgressColumn(
                    format="%.2f", min_value=0.0, max_value=1.0
                )
            },
        )
    real = np.flatnonzero(~known.synthetic)
    near, far = embedding.neighbours(
        known.codes[real], min(6, len(real)), others=gone.codes[[at]]
    )
    usual = step_of(view.run.id, view.run.finished)
    with right:
        st.markdown("Real rows nearest to here")
        st.dataframe(
            pd.DataFrame(
                {
                    "row": real[near[0]],
                    "distance": far[0],
                    "labels": view.properties["labels"].to_numpy()[real[near[0]]],
                }
            ),
            hide_index=True,
            height=240,
            key="latent.here.rows",
            column_config={"distance": st.column_config.NumberColumn(format="%.3f")},
        )
    if usual > 0 and far[0, 0] > 3 * usual:
        st.warning(
            f"The nearest real row is {far[0, 0] / usual:.1f} times as far as "
            "neighbours usually are: what is decoded here is a guess."
        )


def _on_the_map(view, gone, at, said, method):
    """The way drawn on the picture, each place at the mean of its nearest rows."""
    with st.expander("The way on the map"):
        if not st.toggle("Draw it", key="latent.walk.drawn"):
            return
        picture = view.picture("latent", method, 2)
        if picture is None or "z" in picture:
            picture = view.picture("latent", "PCA", 2)
        known = view.known
        points, _ = view.points(picture, latent.KIND, most=5_000)
        codes = np.vstack([known.codes, gone.codes])
        placed = embedding.place(
            codes, picture["row"], picture[["x", "y"]].to_numpy(), k=5
        )
        figure = latent.latent_map(points, method=method, note=said + ".", height=480)
        latent.add_way(figure, placed[len(known.codes) :], at)
        parts.figure(
            figure,
            data=points,
            name="way",
            alt=f"The way on the map. {said}",
            key="latent.walk.map",
        )
