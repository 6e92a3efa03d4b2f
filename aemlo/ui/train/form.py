"""What the train page draws while training: settings, network, live curves."""

import pandas as pd
import streamlit as st

from aemlo.charts import training
from aemlo.samplers import SAMPLERS
from aemlo.samplers.aemlo.sampler import PRESETS
from aemlo.samplers.aemlo.settings import memory_needed, weight_count
from aemlo.ui import figures, forms, layout, state

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
    with layout.shown_errors():
        state.show(workspace.enqueue("train", name, spec))
        st.rerun()


def start_elsewhere(workspace):
    """Queue a run with the default settings, and go to the page that shows it learn."""
    title, settings = CHOICES["default"]
    spec = {"sampler": title, "settings": settings, "seed": 0}
    with layout.shown_errors():
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
    figures.figure(
        fig,
        data=sizes.astype(str),
        name="aemlo-network",
        alt="Two encoders lead features and labels into one latent space, two decoders "
        "lead out of it.",
        key="train.network",
    )


def _beside(workspace, run, other):
    """What the curves of `other` are called beside those of `run`."""
    of = "" if other.dataset == run.dataset else f" on {other.dataset_name}"
    example = "Example: " if workspace.is_example(other) else ""
    return f"{example}{other.title}{of} ({other.id[:4]})"
