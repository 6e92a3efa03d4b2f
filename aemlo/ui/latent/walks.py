"""What if: walks between rows, nudges towards a label, new rows made on the way."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from scipy.special import expit

from aemlo.arrays import Names, Rows, Scores
from aemlo.charts import latent, latent_walk, theme
from aemlo.latent import neighbours, place, walk
from aemlo.latent.walk import Walk
from aemlo.ui import figures, layout, runs, state
from aemlo.ui.latent import making, selection
from aemlo.ui.latent.view import View, known_of
from aemlo.ui.state import Workspace
from aemlo.wording import count, decimals

STEPS = 51
"""Places of a walk: a step is as wide as one of the slider, two percent of the way."""
MOST_POINTS = 5_000
"""Rows drawn on the map of a walk, at most."""


@st.cache_resource(max_entries=3, show_spinner="Loading the trained network")
def model_of(run_id: str, finished: float | None) -> Any:
    """The trained network of a run: encodes and decodes rows."""
    from aemlo.samplers.aemlo.model import TrainedModel

    return TrainedModel.load(state.store().folder(run_id) / "model")[0]


@st.cache_data(max_entries=6, show_spinner=False)
def step_of(run_id: str, finished: float | None) -> float:
    """The usual distance between neighbouring codes of a run."""
    known = known_of(run_id, finished)
    codes = known.codes[~known.synthetic]
    some = np.random.default_rng(0).permutation(len(codes))[:2000]
    return walk.usual_step(codes[some])


@st.cache_data(max_entries=200, show_spinner=False)
def usual_scores_of(
    run_id: str, finished: float | None, label: int
) -> tuple[float, float]:
    """The median scores of a run's real rows with and without a label."""
    known, decoder = known_of(run_id, finished), model_of(run_id, finished)
    real = ~known.synthetic
    return walk.usual_scores(decoder, known.codes[real], known.dataset.Y[real], label)


def what_if(workspace: Workspace, view: View, method: str) -> None:
    """Walk from one place of the latent space to another and see what is decoded."""
    decoder = model_of(view.run.id, view.run.finished)

    @st.fragment
    def walking() -> None:
        with layout.shown_errors():
            path, title, label = _way(view, decoder)
            _along(workspace, view, decoder, path, title, label, method)

    walking()


def _way(view: View, decoder: Any) -> tuple[Walk, str, int]:
    """Choose the way: (its Walk, its name in words, the label to watch)."""
    known = view.known
    names = runs.distinct(known.dataset.label_names)
    left, middle, right = st.columns(3)
    with left:
        start, start_name = _place(view, "From", "latent.from", first=True)
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
            end, end_name = _place(view, "To", "latent.to", first=False)
        if np.array_equal(start, end):
            st.info("Both ends are the same place: choose another for one of them.")
        path = walk.segment(decoder, start, end, STEPS)
        return path, f"From {start_name} to {end_name}", label
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
    path = walk.nudge(decoder, start, label, times * usual, STEPS)
    return path, f"From {start_name} towards {names[label]}", label


def _place(view: View, title: str, key: str, first: bool) -> tuple[np.ndarray, str]:
    """A code (l,) chosen by row or by a label's centre, and its name in words."""
    known = view.known
    names = runs.distinct(known.dataset.label_names)
    real = ~known.synthetic
    kind = st.radio(
        title, ["a row", "a label's centre"], int(not first), key=f"{key}.k"
    )
    if kind == "a label's centre":
        label = st.selectbox(
            "Its label",
            range(len(names)),
            index=view.rarest_label(1 if first else 0),
            format_func=lambda j: names[j],
            key=f"{key}.label.{view.run.id}",
        )
        Y = known.dataset.Y[real]
        centre = walk.label_centre(known.codes[real], Y, label, names[label])
        return centre, f"the centre of {names[label]}"
    rows = selection.chosen(view)
    row = st.number_input(
        f"Row (0 to {known.dataset.n - 1})",
        0,
        known.dataset.n - 1,
        int(rows[0]) if len(rows) else 0,
        key=f"{key}.row.{view.run.id}.{rows[0] if len(rows) else 0}",
        help="The first row selected on the map, unless you choose another.",
    )
    st.caption(layout.plain(view.properties["labels"][row]))
    return known.codes[row], f"row {row}"


def _along(
    workspace: Workspace,
    view: View,
    decoder: Any,
    path: Walk,
    title: str,
    label: int,
    method: str,
) -> None:
    """What is decoded along the way and at one place of it, which a slider chooses."""
    share = st.slider(
        "Place on the way",
        0,
        100,
        50,
        step=100 // (STEPS - 1),
        format="%d %%",
        key="latent.at",
        help="0 % is the start, 100 % the end: the dashed lines below.",
    )
    at = round(share / 100 * (STEPS - 1))
    near, far = _near(view, path.codes[at])
    _charts(view, decoder, path, title, label, share)
    map_box = st.container()
    _decoded_at(view, path.scores[at], near, far)
    with layout.shown_errors():
        making.make(
            workspace,
            view,
            decoder,
            making.Place(path, at, f"{title}, {share} % of the way"),
            label,
            lambda j: usual_scores_of(view.run.id, view.run.finished, j),
            step_of(view.run.id, view.run.finished),
        )
    # Drawn last, though above: rows that were made just now are on it.
    with map_box:
        _on_the_map(view, path, at, title, method)


def _near(view: View, code: np.ndarray) -> tuple[Rows, np.ndarray]:
    """The real rows nearest to a code, and their distances; a warning for far ones."""
    known = view.known
    real = np.flatnonzero(~known.synthetic)
    near, far = neighbours(known.codes[real], min(6, len(real)), others=code[None, :])
    usual = step_of(view.run.id, view.run.finished)
    if usual > 0 and far[0, 0] > 3 * usual:
        st.warning(
            f"The nearest real row is {far[0, 0] / usual:.1f} times as far as "
            "neighbours usually are: what is decoded here is uncertain."
        )
    return real[near[0]], far[0]


def _charts(
    view: View, decoder: Any, path: Walk, title: str, label: int, share: int
) -> None:
    """How label scores and features change along the way."""
    # Steps are equally long: the share of the way is the scale of the slider.
    path = replace(path, positions=np.linspace(0.0, 100.0, len(path.positions)))
    left, right = st.columns(2)
    with left:
        _score_chart(view.known.dataset.label_names, path, title, label, share)
    names, spread = view.known.preparation.feature_names_, np.asarray(decoder.span_)
    features = path.feature_frame(names, spread, most=8)
    with right:
        figures.figure(
            latent_walk.walk_lines(
                features,
                "feature",
                "value",
                "Features that change most",
                "Value / range of the feature",
                at=share,
            ),
            data=features,
            name="walk-features",
            alt=f"Decoded features along the way. {title}",
            key="latent.walk.features",
        )


def _score_chart(names: Names, path: Walk, title: str, label: int, share: int) -> None:
    """Scores (0 to 1) of the label to watch and of those that change most."""
    shown = sorted({label, *_changing(path.scores, 6)}, key=lambda j: j != label)
    scores = path.score_frame(names, shown)
    scores["score"] = expit(scores["score"])
    start, end = scores[scores["label"] == names[label]]["score"].iloc[[0, -1]]
    figures.figure(
        latent_walk.walk_lines(
            scores,
            "label",
            "score",
            f"{theme.short(names[label], 24)}: score {decimals(start)} at the start, "
            f"{decimals(end)} at the end",
            "Label score (0 to 1)",
            emphasised=names[label],
            at=share,
        ),
        data=scores,
        name="walk-scores",
        alt=f"Label scores along the way. {title}",
        key="latent.walk.scores",
    )


def _changing(scores: Scores, most: int) -> list[int]:
    """The labels whose score changes most, widest change first."""
    return np.argsort(-np.ptp(scores, axis=0), kind="stable")[:most].tolist()


def _decoded_at(view: View, scores: np.ndarray, near: Rows, far: np.ndarray) -> None:
    """What is decoded at the slider's place, and the real rows nearest to it."""
    names = view.known.dataset.label_names
    left, right = st.columns(2)
    score = expit(scores)
    order = np.argsort(-score, kind="stable")
    with left:
        st.markdown("Labels decoded here")
        figures.table(
            pd.DataFrame({"label": [names[j] for j in order], "score": score[order]}),
            name="labels-here",
            height=240,
            key="latent.here.labels",
            column_config={
                "score": st.column_config.ProgressColumn(
                    format="%.3f", min_value=0.0, max_value=1.0
                )
            },
        )
    with right:
        st.markdown("Real rows nearest to here")
        figures.table(
            pd.DataFrame(
                {
                    "row": near,
                    "distance": far,
                    "labels": view.properties["labels"].to_numpy()[near],
                }
            ),
            name="rows-near-here",
            height=240,
            key="latent.here.rows",
            column_config={"distance": st.column_config.NumberColumn(format="%.3f")},
        )


def _on_the_map(view: View, path: Walk, at: int, title: str, method: str) -> None:
    """The way drawn on the picture, each place at the mean of its nearest rows."""
    if not st.toggle("The way on the map", True, key="latent.walk.drawn"):
        return
    picture, method = view.flat_picture("latent", method)
    codes = view.known.codes
    points, not_drawn = view.points(picture, latent.KIND, most=MOST_POINTS)
    new = making.new_rows(view)
    added = [] if new is None else [new.codes]
    placed = place(
        np.vstack([codes, path.codes, *added]),
        picture["row"],
        picture[["x", "y"]].to_numpy(),
        k=5,
    )[len(codes) :]
    way, new_places = placed[: len(path.codes)], placed[len(path.codes) :]
    figure = latent_walk.way_map(
        points, way, at, method=method, title=theme.short(title, 60), newest=new_places
    )
    figures.figure(
        figure,
        data=pd.DataFrame(
            {"place": np.arange(len(way)), "x": way[:, 0], "y": way[:, 1]}
        ),
        name="way",
        alt=f"The way on the map. {title}",
        key="latent.walk.map",
    )
    are = "is" if not_drawn == 1 else "are"
    cut = (
        f" {count(not_drawn)} of the common rows {are} not drawn." if not_drawn else ""
    )
    st.caption(
        "The way is straight in the latent space, not here: each of its places is "
        "drawn among the 5 rows nearest to it, so the line may bend and jump."
        + (cut if not_drawn else "")
    )
