"""AEMLO as published, for checking the paper."""

from aemlo.samplers.aemlo.sampler import AEMLO
from aemlo.samplers.aemlo.settings import as_published


@as_published
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
    colour = "#B07D00"
    marker = "star"
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
