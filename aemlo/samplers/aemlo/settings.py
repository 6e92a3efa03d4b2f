"""What can be set about AEMLO, each setting declared once; no torch here.

A setting is a field of one of three dataclasses, `Amount`, `Settings` or `Decoding`.
The field says the type, the range, the help, the default of AEMLO and, by `Published`,
the value of the paper. All else is read from the fields: AEMLO's constructor, that of
AEMLO-paper, the preset "as published", and what a model or checkpoint file keeps. To
add a setting, add a field. The file is long because all settings are in it.
"""

from dataclasses import KW_ONLY, Field, dataclass, field, fields
from typing import Annotated, Any, TypeVar, cast, get_args

import numpy as np
import pandas as pd

from aemlo.params import Between, OneOf, Switch
from aemlo.samplers import size

FEATURE_ERRORS = ("absolute", "scaled squares")
SCHEDULES = ("constant", "one-cycle")
DEVICES = ("auto", "cpu", "cuda")
SEEDS = ("turns", "rows", "labels")
PARTNERS = ("latent space", "features")
STEPS = ("one a row", "one a feature")
LABEL_SCORES = ("as needed", "probability", "gain")
LABEL_RULES = ("threshold", "parents' count", "nearer parent")
ACTIVATIONS = ("none", "sigmoid")

PUBLISHED_BUDGET = 0.1  # p of the paper


@dataclass(frozen=True)
class Published:
    """The value with which AEMLO does what its paper describes.

    Where the paper has no such setting (it is ours), `fixed` is True: AEMLO-paper holds
    the value and does not take it as an argument.
    """

    value: Any
    fixed: bool = False


@dataclass(eq=False, repr=False)
class Amount:
    """How many rows are made, and for which labels; see aemlo.samplers.size."""

    budget: Annotated[
        float | None,
        Between(
            0.001,
            10.0,
            "More adds more rows; with seeds labels, at most this many",
            "share of n",
        ),
        Published(PUBLISHED_BUDGET),
    ] = 1.0
    target: Annotated[size.Target, Published(None)] = None
    labels: Annotated[size.Labels, Published(None)] = None


@dataclass(eq=False, repr=False)
class Settings:
    """Network and training of AEMLO."""

    epochs: Annotated[
        int,
        Between(1, 5000, "More fits closer and takes longer", log=True),
        Published(200),
    ] = 30
    learning_rate: Annotated[
        float,
        Between(1e-6, 0.1, "More learns faster; too much never settles", log=True),
        Published(1e-4),
    ] = 4e-3
    latent_size: Annotated[
        int,
        Between(2, 2048, "More keeps more detail of a row", log=True),
        Published(500),
    ] = 64
    width: Annotated[
        int,
        Between(4, 2048, "More lets the maps bend more, and slows", log=True),
        Published(200),
    ] = 200
    _: KW_ONLY
    batch_size: Annotated[
        int | None,
        Between(
            2,
            4096,
            "More makes fewer, smoother steps. None: an eighth of the rows, 32 to 256",
            "rows",
            log=True,
            more=True,
        ),
        Published(128),
    ] = None
    schedule: Annotated[
        str,
        OneOf(SCHEDULES, "One-cycle raises the rate, then lets it fall", more=True),
        Published("constant", fixed=True),
    ] = "one-cycle"
    label_width: Annotated[
        int,
        Between(4, 1024, "More lets the label decoder bend more", more=True),
        Published(100),
    ] = 100
    decoder_layers: Annotated[
        int,
        Between(1, 3, "More hidden layers decode finer detail", more=True),
        Published(1, fixed=True),
    ] = 2
    alignment_weight: Annotated[
        float,
        Between(0, 100, "More ties features' and labels' codes together", more=True),
        Published(1.0, fixed=True),
    ] = 0.1
    orthogonality: Annotated[
        float,
        Between(0, 10, "More spreads the codes over all axes", more=True),
        Published(0.1),
    ] = 0.1
    ranking_weight: Annotated[
        float,
        Between(0, 100, "More orders decoded labels better", more=True),
        Published(1.0, fixed=True),
    ] = 1.0
    reconstruction_weight: Annotated[
        float,
        Between(0, 100, "More decodes features closer", more=True),
        Published(1.0, fixed=True),
    ] = 1.0
    feature_error: Annotated[
        str,
        OneOf(
            FEATURE_ERRORS, "How decoded features are compared with the real", more=True
        ),
        Published("absolute", fixed=True),
    ] = "scaled squares"
    distance_weight: Annotated[
        float,
        Between(0, 100, "More keeps the distances between rows", more=True),
        Published(1.0, fixed=True),
    ] = 0.0
    calibration_weight: Annotated[
        float,
        Between(0, 100, "More makes label scores honest probabilities", more=True),
        Published(0.0, fixed=True),
    ] = 1.0
    held_out: Annotated[
        float,
        Between(0, 0.5, "More judges training on more rows it never saw", more=True),
        Published(0.0, fixed=True),
    ] = 0.1
    patience: Annotated[
        int | None,
        Between(1, 1000, "More waits longer for a better epoch", more=True),
        Published(None, fixed=True),
    ] = 10
    check_every: Annotated[
        int,
        Between(
            0,
            1000,
            "More looks at decoded rows less often; 0 never",
            "epochs",
            more=True,
        ),
    ] = 5
    device: Annotated[
        str, OneOf(DEVICES, "auto uses a CUDA device if there is one", more=True)
    ] = "auto"


@dataclass(eq=False, repr=False)
class Decoding:
    """How rows are decoded from the trained network."""

    seeds: Annotated[
        str,
        OneOf(
            SEEDS,
            "labels makes rows for rare labels, rows takes all rows that have labels "
            "in turn, turns those that have a minority label",
        ),
        Published("turns", fixed=True),
    ] = "labels"
    mean_ir_fall: Annotated[
        float,
        Between(0, 0.9, "More makes more rows for rare labels (seeds labels)", "share"),
        Published(0.0, fixed=True),
    ] = 0.25
    least_positives: Annotated[
        int,
        Between(
            1,
            1000,
            "More leaves out more labels that too few rows have to learn from, unless "
            "they are named",
            "rows",
        ),
        Published(1, fixed=True),
    ] = 3
    rare_share: Annotated[
        float,
        Between(0, 1, "More of the new rows are made for minority labels (seeds rows)"),
        Published(0.0, fixed=True),
    ] = 0.0
    neighbours: Annotated[
        int,
        Between(0, 50, "More mixes less alike rows; 0 decodes each row by itself"),
        Published(0, fixed=True),
    ] = 5
    partners: Annotated[
        str,
        OneOf(PARTNERS, "Where a row's partner is looked for", more=True),
        Published("latent space", fixed=True),
    ] = "features"
    pair_share: Annotated[
        float | None,
        Between(
            0,
            1,
            "More of the new rows lie between two rows; the others decode one row. "
            "None: half of them, more where most features are rare words",
        ),
        Published(1.0, fixed=True),
    ] = 1.0
    steps: Annotated[
        str,
        OneOf(
            STEPS,
            "Whether all features of a row go the same share of the way to its partner",
            more=True,
        ),
        Published("one a row", fixed=True),
    ] = "one a feature"
    residuals: Annotated[
        bool,
        Switch("Give decoded rows back the detail that the decoder blurred"),
        Published(False, fixed=True),
    ] = True
    label_rule: Annotated[
        str,
        OneOf(
            LABEL_RULES,
            "Decoded scores over a threshold, the best scores as many as the parents "
            "have, or the nearer parent's labels",
        ),
        Published("threshold", fixed=True),
    ] = "parents' count"
    labels_per_parent: Annotated[
        float,
        Between(0.5, 2.0, "More gives new rows more labels than their parents have"),
        Published(1.0, fixed=True),
    ] = 1.12
    label_scores: Annotated[
        str,
        OneOf(
            LABEL_SCORES,
            "Labels ranked by their decoded probability, or by how much its odds gain "
            "on the label's frequency; as needed: by probability, and by gain where "
            "MeanIR would not fall (label_rule parents' count)",
            more=True,
        ),
        Published("probability", fixed=True),
    ] = "as needed"
    parents_weight: Annotated[
        float,
        Between(
            0,
            2,
            "More holds to the labels the parents have; 0 goes by decoded scores alone "
            "(label_rule parents' count)",
        ),
        Published(0.0, fixed=True),
    ] = 1.0
    threshold: Annotated[
        float,
        Between(
            0.01, 0.99, "More gives fewer labels (label_rule threshold)", more=True
        ),
        Published(0.5),
    ] = 0.5
    copies: Annotated[
        float,
        Between(
            0,
            1,
            "More lets more new rows be equal to a real row, with its labels",
            "share of them",
        ),
        Published(1.0, fixed=True),
    ] = 0.0
    support: Annotated[
        float,
        Between(
            0,
            0.5,
            "More refuses more rows whose label few of the nearest real rows have: "
            "fewer than this share of the label's own rows see; 0 refuses none",
            "share",
        ),
        Published(0.0, fixed=True),
    ] = 0.05
    tries: Annotated[
        int,
        Between(1, 100, "More goes on longer to replace rows refused", more=True),
        Published(1, fixed=True),
    ] = 20
    rare_features: Annotated[
        float,
        Between(
            0,
            1,
            "Two-valued features whose rarer value has at most this share of the rows "
            "are interpolated; the others stay two-valued (1: none do)",
            more=True,
        ),
        Published(1.0, fixed=True),
    ] = 0.1
    clip: Annotated[
        bool,
        Switch("Keep features within the range seen", more=True),
        Published(False, fixed=True),
    ] = True
    output_activation: Annotated[
        str,
        OneOf(ACTIVATIONS, "What squeezes decoded features into range", more=True),
        Published("none"),
    ] = "none"


@dataclass(eq=False, repr=False)
class Arguments(Decoding, Settings, Amount):
    """The arguments of AEMLO's constructor: those of the bases, the last base first."""

    _: KW_ONLY
    random_state: Any = None


def published_mark(setting: Field) -> Published | None:
    """What the paper has for a field; None where the setting shapes no row."""
    marks = [mark for mark in get_args(setting.type) if isinstance(mark, Published)]
    return marks[0] if marks else None


def published(cls: Any) -> dict[str, Any]:
    """The published values of the settings of `cls`, by name."""
    marks = {setting.name: published_mark(setting) for setting in fields(cls)}
    return {name: mark.value for name, mark in marks.items() if mark is not None}


def published_settings() -> Settings:
    """Network and training of the paper."""
    return Settings(**published(Settings))


Class = TypeVar("Class", bound=type)


def as_published(cls: Class) -> Class:
    """A subclass of Arguments made to hold the published values.

    They are the defaults of its constructor, which leaves out those that are fixed.
    """
    for setting in fields(cast(Any, cls)):
        mark = published_mark(setting)
        if mark is not None:
            cls.__annotations__[setting.name] = setting.type
            default = field(
                default=mark.value, init=not mark.fixed, kw_only=setting.kw_only
            )
            setattr(cls, setting.name, default)
    return dataclass(eq=False, repr=False)(cls)


# Settings that specs and model files of the versions before do not name, with the
# values by which they mean what they meant. Never changed.
ADDED_LATER: dict[str, Any] = {
    "mean_ir_fall": 0.0,
    "least_positives": 1,
    "partners": "latent space",
    "steps": "one a row",
    "label_scores": "probability",
    "copies": 1.0,
    "support": 0.0,
    "tries": 1,
}

ALIKE: dict[str, Any] = ADDED_LATER | {
    "seeds": "rows",
    "pair_share": None,
    "epochs": 120,
    "learning_rate": 1e-3,
    "batch_size": 64,
    "held_out": 0.0,
    "patience": None,
}

# The goals, by the names they have on every page. With "as published", AEMLO is
# AEMLO-paper; "all labels alike" is the default of the versions before.
PRESETS: dict[str, dict[str, Any]] = {
    "rare labels first": {},
    "all labels alike": ALIKE,
    "as published": published(Arguments),
    "quick look": {"epochs": 10},
}


def rows_per_batch(n: int, settings: Settings) -> int:
    """The rows of a batch when `n` rows are trained on.

    With batch_size None a small data set still has several steps an epoch, and a large
    one the large batches that take least time a row.
    """
    return settings.batch_size or min(max(n // 8, 32), 256)


def weight_count(d: int, q: int, settings: Settings) -> int:
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


def memory_needed(
    n: int,
    d: int,
    q: int,
    settings: Settings,
    *,
    is_sparse: bool = False,
    stored: int | None = None,
) -> int:
    """Bytes that training on (n, d) features and (n, q) labels takes, about.

    The scaled copy of the data in single precision (of sparse data only the `stored`
    values and their places), the network five times (weights, gradients,
    two moments, the best so far) and one batch with its pair matrices.
    """
    scaling = 8 * min(n, 4096) * d
    data = n * q + (0 if is_sparse else 4 * n * d + scaling)
    batch = min(n, rows_per_batch(n, settings))
    hidden = 6 * settings.width + 4 * settings.latent_size + 2 * settings.label_width
    work = 4 * batch * (8 * d + 8 * q + 3 * hidden) + 4 * 6 * batch * batch
    work += 4 * 4 * min(settings.latent_size, batch) ** 2
    given = 16 * (stored or 0) if is_sparse else 0
    return data + given + 5 * 4 * weight_count(d, q, settings) + work


def in_columns(frame: pd.DataFrame) -> dict[str, list]:
    """A frame's columns as lists; JSON has no number for NaN and infinity: None."""
    known = np.isfinite(frame.to_numpy(dtype=float))
    return frame.astype(object).where(known, None).to_dict("list")


def from_columns(columns: dict[str, list]) -> pd.DataFrame:
    """The frame that `in_columns` was given, epochs as whole numbers again."""
    frame = pd.DataFrame(columns, dtype=float)
    return frame.astype({"epoch": int}) if "epoch" in frame else frame
