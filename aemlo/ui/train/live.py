"""Live curves and figures of a training run."""

from collections.abc import Callable, Sequence
from typing import TypedDict

import pandas as pd
import streamlit as st

from aemlo.charts import training
from aemlo.jobs.kinds.train import FEATURES
from aemlo.samplers import SAMPLERS
from aemlo.samplers.aemlo.settings import Settings
from aemlo.store import Run, Store
from aemlo.ui import figures, runs
from aemlo.ui.state import Workspace
from aemlo.wording import count, decimals, seconds


class CurveOptions(TypedDict):
    """How curves are drawn: terms weighted, a log axis, smoothing (0 to 0.95)."""

    weighted: bool
    log: bool
    smoothing: float


def choose_beside(workspace: Workspace, run: Run) -> list[Run]:
    """Choose training runs whose curves are drawn beside those of `run`."""
    listed = workspace.runs("train") + workspace.examples("train")
    others = {other.id: other for other in listed if other.id != run.id}
    lines = runs.run_labels(others.values())
    chosen = st.multiselect(
        "Compare with",
        list(others),
        format_func=lambda run_id: lines[run_id],
        placeholder="other runs' curves in the same charts",
        key="train.beside",
    )
    return [others[run_id] for run_id in chosen]


def curve_options() -> CurveOptions:
    """How curves are drawn; outside the fragment, so that they keep their place."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        terms = st.segmented_control(
            "Terms",
            ["as they are", "weighted"],
            default="as they are",
            required=True,
            key="train.weighted",
            help="Weighted: multiplied by its weight in the total.",
        )
        log = st.checkbox("Log axis", key="train.log")
        smoothing = st.slider(
            "Smoothing",
            0.0,
            0.95,
            0.0,
            0.05,
            key="train.smoothing",
            help="How much of the past each point keeps.",
        )
    return {"weighted": terms == "weighted", "log": log, "smoothing": smoothing}


def live(
    workspace: Workspace, options: CurveOptions, beside: Sequence[Run] = ()
) -> Callable[[Run], None]:
    """A function that draws a run's curves, for `runs.run_panel`.

    The curves of the runs `beside` are drawn in the same charts.
    """

    def draw(run: Run) -> None:
        events = workspace.store.events(run.id)
        settings = run_settings(run)
        key_numbers(run, events, settings)
        terms = _terms(events)
        curves = _curves(workspace, run, events, beside, terms, options)
        epochs = max([settings.epochs, *(run_settings(o).epochs for o in beside)])
        best = best_epoch(events)
        columns = st.columns(2)
        for place, term in enumerate(terms):
            with columns[place % 2]:
                st.altair_chart(
                    training.live_curve(
                        curves,
                        term,
                        epochs=epochs,
                        log=options["log"],
                        best=best if term == "total" else None,
                        dots=epochs <= 400,
                    ),
                    key=f"curve_{term}",
                    alt=f"{training.TERMS[term]} per epoch",
                )
        figures.csv_button(
            lambda: workspace.store.events(run.id),
            name=f"losses-{run.id[:8]}",
            key="train.curves.csv",
            label="Download curves (CSV)",
        )
        decoder_checks(events, feature_errors(workspace.store, run.id))

    return draw


def _terms(events: pd.DataFrame) -> list[str]:
    """The terms of the loss that have a curve; calibration only where it is used."""
    terms = [t for t in training.TERMS if t in events or t != "calibration"]
    if "calibration" in events and not events["calibration"].any():
        terms.remove("calibration")
    return terms


def _curves(
    workspace: Workspace,
    run: Run,
    events: pd.DataFrame,
    beside: Sequence[Run],
    terms: list[str],
    options: CurveOptions,
) -> pd.DataFrame:
    """The frame that `training.live_curve` draws, of a run and of those beside it."""
    drawn = [(run.title, run, events)]
    drawn += [
        (_name_beside(workspace, run, other), other, workspace.store.events(other.id))
        for other in beside
    ]
    frames = [
        training.curve_rows(
            values,
            terms,
            smoothing=options["smoothing"],
            weights=term_weights(run_settings(one)) if options["weighted"] else None,
            run=name,
        )
        for name, one, values in drawn
    ]
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1])


def _name_beside(workspace: Workspace, run: Run, other: Run) -> str:
    """What the curves of `other` are called beside those of `run`."""
    of = "" if other.dataset == run.dataset else f" on {other.dataset_name}"
    example = "Example: " if workspace.is_example(other) else ""
    return f"{example}{other.title}{of} ({other.id[:4]})"


def feature_errors(store: Store, run_id: str) -> pd.DataFrame | None:
    """The frame `feature error epoch` of the latest check of a run, or None."""
    path = store.folder(run_id) / FEATURES
    return pd.read_parquet(path) if path.exists() else None


def run_settings(run: Run) -> Settings:
    """Network and training Settings of a run; the class's own for what it left out."""
    sampler = SAMPLERS[run.spec["sampler"]]()
    known = {f: getattr(sampler, f) for f in vars(Settings())}
    given = {k: v for k, v in run.spec.get("settings", {}).items() if k in known}
    return Settings(**known | given)


def term_weights(settings: Settings) -> dict[str, float]:
    """What each term is multiplied by in the total."""
    return {
        "latent": settings.alignment_weight,
        "ranking": settings.ranking_weight,
        "reconstruction": settings.reconstruction_weight,
        "calibration": settings.calibration_weight,
    }


def best_epoch(events: pd.DataFrame) -> float | None:
    """The epoch of the lowest held-out loss, else of the lowest training loss."""
    column = "held_out_total" if "held_out_total" in events else "total"
    if column not in events or events[column].dropna().empty:
        return None
    return float(events["step"].loc[events[column].idxmin()])


def key_numbers(run: Run, events: pd.DataFrame, settings: Settings) -> None:
    """Epoch, losses and speed in large type, their places kept from the start."""
    last = events.iloc[-1] if len(events) else {}
    with st.container(horizontal=True):
        st.metric("Epoch", f"{last.get('step', 0):.0f} of {settings.epochs}")
        st.metric("Total loss", _if_any(last.get("total"), "{:.4g}"))
        best = best_epoch(events)
        st.metric("Best epoch", "none yet" if best is None else f"{best:.0f}")
        st.metric("Rows per second", _if_any(last.get("rows_per_second"), "{:,.0f}"))
        st.metric("Time left", _time_left(run))


def _if_any(value: float | None, form: str) -> str:
    return "none yet" if value is None or pd.isna(value) else form.format(value)


def _time_left(run: Run) -> str:
    if run.seconds_left is not None:
        return seconds(run.seconds_left)
    return "not known yet" if run.active else "none"


def decoder_checks(events: pd.DataFrame, features: pd.DataFrame | None = None) -> None:
    """How decoded rows look so far: a bad decoder is seen before it is used."""
    if "decoded_labels" not in events:
        return
    check = events.dropna(subset=["decoded_labels"]).iloc[-1]
    with st.expander("What the decoders make so far", expanded=True):
        with st.container(horizontal=True):
            st.metric(
                "Labels per decoded row",
                f"{check['decoded_labels']:.2f}",
                help="Labels scored over one half. Good: close to the parents' number.",
            )
            st.metric("Labels per parent", f"{check['parent_labels']:.2f}")
            st.metric(
                "Label ranking loss",
                decimals(check["label_ranking_loss"]),
                help="Share of label pairs in the wrong order. Good: near 0.",
            )
            st.metric(
                "Feature error",
                decimals(check["feature_error"]),
                help="Mean distance of a decoded feature from the real one, as a share "
                "of the feature's range. Good: below 0.05.",
            )
            st.metric("Worst feature", decimals(check["feature_error_worst"]))
        st.caption(f"Looked at after epoch {check['step']:.0f}.")
        if features is not None and len(features):
            _worst_features(features)


def _worst_features(features: pd.DataFrame) -> None:
    st.altair_chart(
        training.feature_errors(features),
        key="feature_errors",
        alt="Error of the features that are rebuilt worst, the worst on top.",
    )
    figures.csv_button(
        features.sort_values("error", ascending=False, kind="stable"),
        name="feature-errors",
        key="train.features.csv",
        label=f"Download all {count(len(features))} features (CSV)",
    )
