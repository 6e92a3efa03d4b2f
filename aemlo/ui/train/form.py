"""The form of the Train page: settings, the network they give, the memory it takes."""

from typing import Any, cast

import numpy as np
import pandas as pd
import streamlit as st

from aemlo import imbalance
from aemlo.charts import training
from aemlo.dataset import Dataset
from aemlo.samplers import AEMLO, SAMPLERS
from aemlo.samplers.aemlo.sampler import PRESETS
from aemlo.samplers.aemlo.settings import Settings, memory_needed, weight_count
from aemlo.ui import figures, forms, layout, state
from aemlo.ui.state import Workspace
from aemlo.wording import count

PUBLISHED = "as published (AEMLO-paper)"
CHOICES: dict[str, tuple[str, dict[str, Any]]] = {
    "rare labels first": ("AEMLO", {}),
    "all labels alike": ("AEMLO", PRESETS["all labels alike"]),
    PUBLISHED: ("AEMLO-paper", {}),
    "quick look": ("AEMLO", PRESETS["quick look"]),
}
"""{preset: (title of the sampler, settings that differ from its own)}"""
DEFAULT = "rare labels first"
HELP = {
    DEFAULT: "Rows for rare labels, until MeanIR has fallen by a quarter.",
    "all labels alike": "As many new rows as real ones, of all kinds: labels are "
    "smoothed, MeanIR hardly moves.",
    PUBLISHED: "Network, objective and generation of the paper, its settings.",
    "quick look": "The first with few epochs: to see what happens, not to judge.",
}


def settings_form() -> tuple[str, dict[str, Any], int]:
    """Preset and settings; returns (sampler title, settings, seed)."""
    preset = st.segmented_control(
        "Start from",
        list(CHOICES),
        default=DEFAULT,
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


def start(
    workspace: Workspace, name: str, sampler: str, settings: dict[str, Any], seed: int
) -> None:
    """Queue a training run called `name` on the data set in use, and show it."""
    spec = {"sampler": sampler, "settings": settings, "seed": seed}
    with layout.shown_errors():
        state.show(workspace.enqueue("train", name, spec))
        st.rerun()


def start_elsewhere(workspace: Workspace) -> None:
    """Queue a run with the default settings, and go to the page that shows it learn."""
    title, settings = CHOICES[DEFAULT]
    spec = {"sampler": title, "settings": settings, "seed": 0}
    with layout.shown_errors():
        run_id = workspace.enqueue("train", title, spec)
        address = {"w": workspace.id, "run": run_id}
        st.switch_page("pages/train.py", query_params=address)


def network_settings(title: str, settings: dict[str, Any]) -> Settings:
    """The Settings (network and training) that a form's settings mean."""
    cls = cast(type[AEMLO], SAMPLERS[title])
    return cls(**settings).settings()


def memory_note(dataset: Dataset, title: str, settings: dict[str, Any]) -> None:
    """The size of the network; a warning where training would not fit in memory."""
    chosen = network_settings(title, settings)
    X = dataset.X
    needed = memory_needed(
        dataset.n,
        X.shape[1],
        dataset.q,
        chosen,
        is_sparse=dataset.is_sparse,
        stored=None if isinstance(X, np.ndarray) else X.nnz,
    )
    free = free_bytes()
    if free and needed > 0.8 * free:
        st.warning(
            f"Training would take about {size(needed)} of memory, {size(free)} is "
            "free. Make the batch, the width or the latent size smaller.",
            icon=":material/memory:",
        )
        return
    weights = count(weight_count(X.shape[1], dataset.q, chosen))
    st.caption(
        f"Network: {weights} weights, about {size(needed)} of memory while training."
    )


def free_bytes() -> int | None:
    """Bytes of memory that are free, or None where that cannot be asked."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable"):
                    return int(line.split()[1]) * 1024
    except OSError:
        return None
    return None


def size(number: float) -> str:
    """Bytes in words: `3.2 MB`."""
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} GB"


def draw_network(dataset: Dataset, title: str, settings: dict[str, Any]) -> None:
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
    sizes = pd.DataFrame(
        {"setting": list(vars(chosen)), "value": list(map(str, vars(chosen).values()))}
    )
    figures.figure(
        fig,
        data=sizes,
        name="aemlo-network",
        alt="Two encoders lead features and labels into one latent space, two decoders "
        "lead out of it.",
        key="train.network",
    )


def about(dataset: Dataset) -> None:
    """How many labels are minority labels, and what the network does."""
    minority = int(imbalance.minority_labels(dataset.Y).sum())
    are = "is a minority label" if minority == 1 else "are minority labels"
    st.markdown(
        f"{count(minority)} of {count(dataset.q)} labels {are} (IRLbl > MeanIR). "
        "Two encoders bring features and labels to the same codes; two decoders turn "
        "codes into new rows. The three terms of the loss say how well each part works."
    )
