"""Live curves and figures of a training run."""

import pandas as pd
import streamlit as st

from aemlo.charts import theme, training
from aemlo.jobs.kinds.train import FEATURES
from aemlo.samplers import SAMPLERS
from aemlo.samplers.aemlo.settings import Settings
from aemlo.ui import figures as ui_figures
from aemlo.ui.train.form import _beside


def curve_options():
    """How curves are drawn; outside the fragment, so that they keep their place."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        weighted = st.segmented_control(
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
    return {"weighted": weighted == "weighted", "log": log, "smoothing": smoothing}


def live(workspace, options, beside=()):
    """A function that draws a run's curves, for `parts.run_panel`."""

    def draw(run):
        events = workspace.store.events(run.id)
        settings = run_settings(run)
        figures(run, events, settings)
        weights = term_weights(settings) if options["weighted"] else None
        terms = [t for t in training.TERMS if t in events or t != "calibration"]
        if "calibration" in events and not events["calibration"].any():
            terms.remove("calibration")
        rows = [
            training.curve_rows(
                events,
                terms,
                smoothing=options["smoothing"],
                weights=weights,
                run=run.title,
            )
        ]
        rows += [
            training.curve_rows(
                workspace.store.events(other.id),
                terms,
                smoothing=options["smoothing"],
                weights=term_weights(run_settings(other)) if weights else None,
                run=_beside(workspace, run, other),
            )
            for other in beside
        ]
        together = pd.concat([r for r in rows if len(r)] or rows[:1])
        most = max([settings.epochs, *(run_settings(o).epochs for o in beside)])
        best = best_epoch(events)
        columns = st.columns(2)
        for place, term in enumerate(terms):
            with columns[place % 2]:
                st.altair_chart(
                    training.live_curve(
                        together,
                        term,
                        epochs=most,
                        log=options["log"],
                        best=best if term == "total" else None,
                        dots=most <= 400,
                    ),
                    key=f"curve_{term}",
                    alt=f"{training.TERMS[term]} per epoch",
                )
        ui_figures.csv_button(
            lambda: workspace.store.events(run.id),
            name=f"losses-{run.id[:8]}",
            key="train.curves.csv",
            label="Download curves (CSV)",
        )
        decoder_checks(events, feature_errors(workspace.store, run.id))

    return draw


def feature_errors(store, run_id):
    """The frame `feature error epoch` of the latest check of a run, or None."""
    path = store.folder(run_id) / FEATURES
    return pd.read_parquet(path) if path.exists() else None


def run_settings(run):
    """Network and training Settings of a run; the class's own for what it left out."""
    sampler = SAMPLERS[run.spec["sampler"]]()
    known = {f: getattr(sampler, f) for f in vars(Settings())}
    given = {k: v for k, v in run.spec.get("settings", {}).items() if k in known}
    return Settings(**known | given)


def term_weights(settings):
    """What each term is multiplied by in the total."""
    return {
        "latent": settings.alignment_weight,
        "ranking": settings.ranking_weight,
        "reconstruction": settings.reconstruction_weight,
        "calibration": settings.calibration_weight,
    }


def best_epoch(events):
    """The epoch of the lowest held-out loss, else of the lowest training loss."""
    column = "held_out_total" if "held_out_total" in events else "total"
    if column not in events or events[column].dropna().empty:
        return None
    return float(events.loc[events[column].idxmin(), "step"])


def figures(run, events, settings):
    """Epoch, losses and speed as large figures, their places kept from the start."""
    last = events.iloc[-1] if len(events) else {}
    with st.container(horizontal=True):
        st.metric("Epoch", f"{last.get('step', 0):.0f} of {settings.epochs}")
        st.metric("Total loss", _shown(last.get("total")))
        best = best_epoch(events)
        st.metric("Best epoch", "none yet" if best is None else f"{best:.0f}")
        speed = last.get("rows_per_second")
        st.metric("Rows per second", _shown(speed, "{:,.0f}"))
        left = run.seconds_left
        st.metric(
            "Time left",
            theme.seconds(left)
            if left is not None
            else ("none" if not run.active else "not known yet"),
        )


def _shown(value, form="{:.4g}"):
    return "none yet" if value is None or pd.isna(value) else form.format(value)


def decoder_checks(events, features=None):
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
                f"{check['label_ranking_loss']:.3f}",
                help="Share of label pairs in the wrong order. Good: near 0.",
            )
            st.metric(
                "Feature error",
                f"{check['feature_error']:.3f}",
                help="Mean distance of a decoded feature from the real one, as a share "
                "of the feature's range. Good: below 0.05.",
            )
            st.metric("Worst feature", f"{check['feature_error_worst']:.3f}")
        st.caption(f"Looked at after epoch {check['step']:.0f}.")
        if features is not None and len(features):
            st.altair_chart(
                training.feature_errors(features),
                key="feature_errors",
                alt="Error of the features that are rebuilt worst, the worst on top.",
            )
            ui_figures.csv_button(
                features.sort_values("error", ascending=False),
                name="feature-errors",
                key="train.features.csv",
                label=f"Download all {len(features):,} features (CSV)",
            )
