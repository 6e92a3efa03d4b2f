"""AEMLO as published, for checking the paper."""

from typing import Annotated

from aemlo.autoencoder.settings import DEVICES
from aemlo.params import Between, OneOf
from aemlo.samplers.aemlo import ACTIVATIONS, AEMLO


class AEMLOPaper(AEMLO):
    """AEMLO with the architecture, objective, training and generation of its paper.

    Zhou, Liu, Wang, Sun, Liu: AEMLO, ECML PKDD 2024 (arXiv 2408.13078). The formulas
    are in the description of `AEMLO`; only what the paper sets can be set here, and the
    defaults are its own: 200 epochs of Adam at 1e-4 in batches of 128, latent size 500,
    widths 200 and 100, lambda 0.1, rows for 10 % of the data. Two things the paper
    leaves open: seeds are taken in turn again when there are fewer than rows wanted,
    and groups of one-hot columns come out one-hot.
    """

    title = "AEMLO-paper"

    schedule = "constant"
    decoder_layers = 1
    alignment_weight = ranking_weight = reconstruction_weight = distance_weight = 1.0
    feature_error = "absolute"
    calibration_weight = 0.0
    held_out = 0.0
    patience = None
    seeds = "turns"
    neighbours = 0
    residuals = keep_binary = clip = False
    label_rule = "threshold"

    def __init__(
        self,
        budget: Annotated[
            float, Between(0.01, 10.0, "More adds more rows: share of the rows given")
        ] = 0.1,
        epochs: Annotated[
            int, Between(1, 5000, "More fits closer and takes longer", log=True)
        ] = 200,
        learning_rate: Annotated[
            float,
            Between(1e-6, 0.1, "More learns faster; too much never settles", log=True),
        ] = 1e-4,
        latent_size: Annotated[
            int, Between(2, 2048, "More keeps more detail of a row", log=True)
        ] = 500,
        width: Annotated[
            int, Between(4, 2048, "More lets the maps bend more, and slows", log=True)
        ] = 200,
        threshold: Annotated[
            float, Between(0.01, 0.99, "More gives decoded rows fewer labels")
        ] = 0.5,
        output_activation: Annotated[
            str,
            OneOf(ACTIVATIONS, "What squeezes decoded features into range", more=True),
        ] = "none",
        batch_size: Annotated[
            int,
            Between(
                2, 4096, "More makes fewer, smoother steps", "rows", log=True, more=True
            ),
        ] = 128,
        label_width: Annotated[
            int,
            Between(4, 1024, "More lets the label decoder bend more", more=True),
        ] = 100,
        orthogonality: Annotated[
            float, Between(0, 10, "More spreads the codes over all axes", more=True)
        ] = 0.1,
        check_every: Annotated[
            int,
            Between(0, 1000, "More looks at decoded rows less often", more=True),
        ] = 5,
        device: Annotated[
            str, OneOf(DEVICES, "auto uses a CUDA device if there is one", more=True)
        ] = "auto",
        random_state=None,
    ):
        self.budget = budget
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.latent_size = latent_size
        self.width = width
        self.threshold = threshold
        self.output_activation = output_activation
        self.batch_size = batch_size
        self.label_width = label_width
        self.orthogonality = orthogonality
        self.check_every = check_every
        self.device = device
        self.random_state = random_state
