"""AEMLO's constructor arguments, range and help, for AEMLO and AEMLO-paper."""

from typing import Annotated

from aemlo.params import Between, OneOf, Switch
from aemlo.samplers.aemlo.settings import DEVICES, FEATURE_ERRORS, SCHEDULES

SEEDS = ("turns", "rows")
LABEL_RULES = ("threshold", "parents' count", "nearer parent")
ACTIVATIONS = ("none", "sigmoid")

Epochs = Annotated[int, Between(1, 5000, "More fits closer and takes longer", log=True)]
LearningRate = Annotated[
    float, Between(1e-6, 0.1, "More learns faster; too much never settles", log=True)
]
LatentSize = Annotated[
    int, Between(2, 2048, "More keeps more detail of a row", log=True)
]
Width = Annotated[
    int, Between(4, 2048, "More lets the maps bend more, and slows", log=True)
]
Seeds = Annotated[
    str,
    OneOf(
        SEEDS,
        "turns decodes the rows with a minority label, rows all rows that have labels",
    ),
]
RareShare = Annotated[
    float,
    Between(0, 1, "More of the new rows are made for minority labels (seeds rows)"),
]
Neighbours = Annotated[
    int, Between(0, 50, "More mixes less alike rows; 0 decodes each row by itself")
]
PairShare = Annotated[
    float | None,
    Between(
        0,
        1,
        "More of the new rows lie between two rows; the others decode one row. None: "
        "half of them, more where most features are rare words",
    ),
]
Residuals = Annotated[
    bool, Switch("Give decoded rows back the detail that the decoder blurred")
]
LabelRule = Annotated[
    str,
    OneOf(
        LABEL_RULES,
        "Decoded scores over a threshold, the best scores as many as the parents have, "
        "or the nearer parent's labels",
    ),
]
LabelsPerParent = Annotated[
    float,
    Between(0.5, 2.0, "More gives new rows more labels than their parents have"),
]
Threshold = Annotated[
    float,
    Between(0.01, 0.99, "More gives fewer labels (label_rule threshold)", more=True),
]
ParentsWeight = Annotated[
    float,
    Between(
        0,
        2,
        "More holds to the labels the parents have; 0 goes by decoded scores alone "
        "(label_rule parents' count)",
    ),
]
RareFeatures = Annotated[
    float,
    Between(
        0,
        1,
        "Two-valued features whose rarer value has at most this share of the rows are "
        "interpolated; the others stay two-valued (1: none do)",
        more=True,
    ),
]
Clip = Annotated[bool, Switch("Keep features within the range seen", more=True)]
OutputActivation = Annotated[
    str, OneOf(ACTIVATIONS, "What squeezes decoded features into range", more=True)
]
BatchSize = Annotated[
    int,
    Between(2, 4096, "More makes fewer, smoother steps", "rows", log=True, more=True),
]
Schedule = Annotated[
    str, OneOf(SCHEDULES, "One-cycle raises the rate, then lets it fall", more=True)
]
LabelWidth = Annotated[
    int, Between(4, 1024, "More lets the label decoder bend more", more=True)
]
DecoderLayers = Annotated[
    int, Between(1, 3, "More hidden layers decode finer detail", more=True)
]
AlignmentWeight = Annotated[
    float, Between(0, 100, "More ties features' and labels' codes together", more=True)
]
Orthogonality = Annotated[
    float, Between(0, 10, "More spreads the codes over all axes", more=True)
]
RankingWeight = Annotated[
    float, Between(0, 100, "More orders decoded labels better", more=True)
]
ReconstructionWeight = Annotated[
    float, Between(0, 100, "More decodes features closer", more=True)
]
FeatureError = Annotated[
    str,
    OneOf(FEATURE_ERRORS, "How decoded features are compared with the real", more=True),
]
DistanceWeight = Annotated[
    float, Between(0, 100, "More keeps the distances between rows", more=True)
]
CalibrationWeight = Annotated[
    float, Between(0, 100, "More makes label scores honest probabilities", more=True)
]
HeldOut = Annotated[
    float, Between(0, 0.5, "More judges training on more rows it never saw", more=True)
]
Patience = Annotated[
    int | None, Between(1, 1000, "More waits longer for a better epoch", more=True)
]
CheckEvery = Annotated[
    int,
    Between(
        0, 1000, "More looks at decoded rows less often; 0 never", "epochs", more=True
    ),
]
Device = Annotated[
    str, OneOf(DEVICES, "auto uses a CUDA device if there is one", more=True)
]
