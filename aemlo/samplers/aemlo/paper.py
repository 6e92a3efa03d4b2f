"""AEMLO as published, for checking the paper."""

from aemlo.samplers import size
from aemlo.samplers.aemlo import arguments as a
from aemlo.samplers.aemlo.sampler import AEMLO
from aemlo.samplers.aemlo.settings import PUBLISHED_BUDGET


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
    idea = (
        "One latent space for features and labels is learned; each row with a minority "
        "label is coded and decoded again, features and labels, as one new row."
    )
    helps = "To check the paper, and to see what the changes in AEMLO do."
    harms = (
        "Label counts: the ranking term leaves the level of the scores open, so that a "
        "threshold of one half can give far too many labels or too few. Decoded rows "
        "are blurred towards the mean."
    )
    source = (
        "Zhou, Liu, Wang, Sun, Liu: AEMLO: AutoEncoder-Guided Multi-Label "
        "Oversampling. ECML PKDD 2024, arXiv 2408.13078."
    )
    keeps = "All original rows."
    differs = (
        "The published script scales on all rows before it makes folds; here scales "
        "are learned from the rows given."
    )

    schedule = "constant"
    decoder_layers = 1
    alignment_weight = ranking_weight = reconstruction_weight = distance_weight = 1.0
    feature_error = "absolute"
    calibration_weight = 0.0
    held_out = 0.0
    patience = None
    seeds = "turns"
    rare_share = 0.0
    neighbours = 0
    pair_share = 1.0
    residuals = clip = False
    rare_features = 1.0
    label_rule = "threshold"
    labels_per_parent = 1.0
    parents_weight = 0.0

    def __init__(
        self,
        budget: size.Budget = PUBLISHED_BUDGET,
        target: size.Target = None,
        labels: size.Labels = None,
        epochs: a.Epochs = 200,
        learning_rate: a.LearningRate = 1e-4,
        latent_size: a.LatentSize = 500,
        width: a.Width = 200,
        threshold: a.Threshold = 0.5,
        output_activation: a.OutputActivation = "none",
        batch_size: a.BatchSize = 128,
        label_width: a.LabelWidth = 100,
        orthogonality: a.Orthogonality = 0.1,
        check_every: a.CheckEvery = 5,
        device: a.Device = "auto",
        random_state=None,
    ):
        self.budget = budget
        self.target = target
        self.labels = labels
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
