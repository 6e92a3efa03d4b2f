"""What can be set about AEMLO's network and training; no torch here."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

FEATURE_ERRORS = ("absolute", "scaled squares")
SCHEDULES = ("constant", "one-cycle")
DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Settings:
    """Network and training of AEMLO; the defaults are the published ones."""

    epochs: int = 200
    batch_size: int = 128
    learning_rate: float = 1e-4
    schedule: str = "constant"
    latent_size: int = 500
    width: int = 200
    label_width: int = 100
    decoder_layers: int = 1
    alignment_weight: float = 1.0
    orthogonality: float = 0.1
    ranking_weight: float = 1.0
    reconstruction_weight: float = 1.0
    feature_error: str = "absolute"
    distance_weight: float = 1.0
    calibration_weight: float = 0.0
    held_out: float = 0.0
    patience: int | None = None
    check_every: int = 5
    device: str = "auto"


def weight_count(d, q, settings):
    """Numbers in the network for `d` features and `q` labels."""
    h, latent, narrow = settings.width, settings.latent_size, settings.label_width
    depth = settings.decoder_layers
    maps = (
        (d, h, h, latent),
        (q, h, h, latent),  # the gate is one more (h, h) layer
        (latent, *[h] * depth, d),
        (latent, *[narrow] * depth, q),
    )
    return sum(
        (a + 1) * b for sizes in maps for a, b in zip(sizes, sizes[1:], strict=False)
    )


def memory_needed(n, d, q, settings, *, is_sparse=False, stored=None):
    """Bytes that training on (n, d) features and (n, q) labels takes, about.

    The scaled copy of the data in single precision (none of sparse data, of which
    `stored` values are there already), the network five times (weights, gradients,
    two moments, the best so far) and one batch with its pair matrices.
    """
    scaling = 8 * min(n, 4096) * d
    data = n * q + (0 if is_sparse else 4 * n * d + scaling)
    batch = min(n, settings.batch_size)
    hidden = 6 * settings.width + 4 * settings.latent_size + 2 * settings.label_width
    work = 4 * batch * (8 * d + 8 * q + 3 * hidden) + 4 * 6 * batch * batch
    work += 4 * 4 * min(settings.latent_size, batch) ** 2
    given = 12 * (stored or 0) if is_sparse else 0
    return data + given + 5 * 4 * weight_count(d, q, settings) + work


def in_columns(frame):
    """A frame's columns as lists; JSON has no number for NaN and infinity: None."""
    known = np.isfinite(frame.to_numpy(dtype=float))
    return frame.astype(object).where(known, None).to_dict("list")


def from_columns(columns):
    """The frame that `in_columns` was given, epochs as whole numbers again."""
    frame = pd.DataFrame(columns, dtype=float)
    return frame.astype({"epoch": int}) if "epoch" in frame else frame


PUBLISHED_BUDGET = 0.1  # p of the paper


# With "as published", AEMLO is AEMLO-paper.
PRESETS = {
    "default": {},
    "quick look": {"epochs": 20},
    "as published": {
        "budget": PUBLISHED_BUDGET,
        "target": None,
        "labels": None,
        "epochs": 200,
        "learning_rate": 1e-4,
        "latent_size": 500,
        "width": 200,
        "seeds": "turns",
        "rare_share": 0.0,
        "neighbours": 0,
        "pair_share": 1.0,
        "residuals": False,
        "label_rule": "threshold",
        "labels_per_parent": 1.0,
        "parents_weight": 0.0,
        "threshold": 0.5,
        "rare_features": 1.0,
        "clip": False,
        "output_activation": "none",
        "batch_size": 128,
        "schedule": "constant",
        "label_width": 100,
        "decoder_layers": 1,
        "alignment_weight": 1.0,
        "orthogonality": 0.1,
        "ranking_weight": 1.0,
        "reconstruction_weight": 1.0,
        "feature_error": "absolute",
        "distance_weight": 1.0,
        "calibration_weight": 0.0,
        "held_out": 0.0,
        "patience": None,
    },
}
