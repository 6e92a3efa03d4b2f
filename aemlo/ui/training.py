"""What the train page draws while training: settings, network, live curves."""

import pandas as pd
import streamlit as st

from aemlo.autoencoder.settings import Settings, memory_needed, weight_count
from aemlo.charts import theme, training
from aemlo.jobs.train import FEATURES
from aemlo.samplers import SAMPLERS
from aemlo.samplers.aemlo import PRESETS
from aemlo.ui import forms, parts, state

PUBLISHED = "as published (AEMLO-paper)"
CHOICES = {
    "default": ("AEMLO", {}),
    "rare labels first": (
        "AEMLO",
        {"budget": 0.25, "rare_share": 1.0, "pair_share": 1.0},
    ),
    "quick look": ("AEMLO", PRESETS["quick look"]),
    PUBLISHED: ("AEMLO-paper", {}),
}
HELP = {
    "default": "Ours: the sampler that stood best in our benchmark.",
    "rare labels first": "Ours, all new rows for minority labels: IRLbl falls most.",
    "quick look": "The default with few epochs: to see what happens, not to judge.",
    PUBLISHED: "Network, objective and generation of the paper, its settings.",
}


def settings_form():
    """Preset and settings; returns (sampler title, settings, seed)."""
    preset = st.segmented_control(
        "Start from",
        list(CHOICES),
        default="default",
        required=True,
        key="train.preset",
        persist_state="session",
    )
    st.caption(HELP[preset])
    title, values = CHOICES[preset]
    settings = forms.param_form(
        SAMPLERS[title], key=f"train.{preset}", values=values, skip=("random_state",)
    )
    seed = st.number_input(
        "Seed",
        0,
        2**31 - 1,
        0,
        help="Same seed, same rows. Another seed shows how much is luck.",
        key="train.seed",
        persist_state="session",
    )
    return title, settings, int(seed)


def start(workspace, name, sampler, settings, seed):
    """Queue a training run called `name` on the data set in use, and show it."""
    spec = {"sampler": sampler, "settings": settings, "seed": seed}
    with parts.shown_errors():
        state.show(workspace.enqueue("train", name, spec))
        st.rerun()


def start_elsewhere(workspace):
    """Queue a run with the default settings, and go to the page that shows it learn."""
    title, settings = CHOICES["default"]
    spec = {"sampler": title, "settings": settings, "seed": 0}
    with parts.shown_errors():
        run_id = workspace.enqueue("train", title, spec)
        address = {"w": workspace.id, "run": run_id}
        st.switch_page("pages/train.py", query_params=address)


def network_settings(title, settings):
    """The Settings (network and training) that a form's settings mean."""
    sampler = SAMPLERS[title](**settings)
    return sampler.settings()


def memory_note(dataset, title, settings):
    """Warn when training would not fit the memory that is free."""
    chosen = network_settings(title, settings)
    width = dataset.X.shape[1]
    needed = memory_needed(
        dataset.n,
        width,
        dataset.q,
        chosen,
        is_sparse=dataset.is_sparse,
        stored=dataset.X.nnz if dataset.is_sparse else None,
    )
    free = free_bytes()
    text = f"{weight_count(width, dataset.q, chosen):,} weights, about {size(needed)}"
    if free and needed > 0.8 * free:
        st.warning(
            f"Training would take about {size(needed)} of memory, {size(free)} is "
            "free. Make the batch, the width or the latent size smaller.",
            icon=":material/memory:",
        )
    else:
        st.caption(f"Network: {text} of memory while training.")


def free_bytes():
    """Bytes of memory that are free, or None where that cannot be asked."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def size(number):
    """Bytes in words: `3.2 MB`."""
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} GB"


def draw_network(dataset, title, settings):
    """The network, with the sizes these settings give it."""
    chosen = network_settings(title, settings)
    fig = training.network(
        dataset.X.shape[1],
        dataset.q,
        chosen.latent_size,
        chosen.width,
        chosen.label_width,
        chosen.decoder_layers,
    )
    sizes = pd.DataFrame({k: [v] for k, v in vars(chosen).items()}).T.reset_index()
    sizes.columns = ["setting", "value"]
    parts.figure(
        fig,
        data=sizes.astype(str),
        name="aemlo-network",
        alt="Two encoders lead features and labels into one latent space, two decoders "
        "lead out of it.",
        key="train.network",
    )


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
        parts.csv_button(
            lambda: workspace.store.events(run.id),
            name=f"losses-{run.id[:8]}",
            key="train.curves.csv",
            label="Download curves (CSV)",
        )
        decoder_checks(events, feature_errors(workspace.store, run.id))

    return draw


def _beside(workspace, run, other):
    """What the curves of `other` are called beside those of `run`."""
    of = "" if other.dataset == run.dataset else f" on {other.dataset_name}"
    example = "Example: " if workspace.is_example(other) else ""
    return f"{example}{other.title}{of} ({other.id[:4]})"


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
            parts.csv_button(
                features.sort_values("error", ascending=False),
                name="feature-errors",
                key="train.features.csv",
                label=f"Download all {len(features):,} features (CSV)",
            )
