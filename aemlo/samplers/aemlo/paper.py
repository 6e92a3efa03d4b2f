"""AEMLO as published, for checking the paper."""

from aemlo.samplers.aemlo.sampler import AEMLO
from aemlo.samplers.aemlo.settings import as_published


@as_published
class AEMLOPaper(AEMLO):
    """AEMLO with the architecture, objective, training and generation of its paper.

    Zhou, Liu, Wang, Sun, Liu: AEMLO, ECML PKDD 2024 (arXiv 2408.13078). The network
    is in the description of `AEMLO`; only what the paper sets can be set here, and the
    defaults are its own: 200 epochs of Adam at 1e-4 in batches of 128, latent size 500,
    widths 200 and 100, lambda 0.1, rows for 10 % of the data. Two things the paper
    leaves open: seeds are taken in turn again when there are fewer than rows wanted,
    and groups of one-hot columns come out one-hot.
    """

    title = "AEMLO-paper"
    colour = "#B07D00"
    marker = "star"
    formulas = (
        (
            "Codes and decoded values of a batch of B rows:",
            r"E_x = F_{ex}(X), \quad E_y = F_{ey}(Y), \quad "
            r"S = F_{dy}(E_y), \quad \hat X = F_{dx}(E_x)",
        ),
        (
            "The latent term:",
            r"\mathcal{L}_1 = \lVert E_x - E_y \rVert_F^2 + \lambda \left( "
            r"\lVert E_x^\top E_x - I \rVert_F^2 + \lVert E_y^\top E_y - I \rVert_F^2 "
            r"\right)",
        ),
        (
            "The ranking term, with P the labels that a row has and N those that it "
            "lacks:",
            r"\mathcal{L}_2 = \sum_i \frac{1}{|P_i| |N_i| + 10^{-4}} "
            r"\sum_{p \in P_i} \sum_{r \in N_i} e^{-(s_{ip} - s_{ir})}",
        ),
        (
            "The reconstruction term:",
            r"\mathcal{L}_3 = \mathrm{mean}\, |\hat X - X| + \frac{1}{B (B - 1)} "
            r"\sum_{i, m} \left( "
            r"\lVert x_i - x_m \rVert^2 - \lVert \hat x_i - \hat x_m \rVert^2 "
            r"\right)^2",
        ),
        (
            "The objective:",
            r"\frac{1}{B} \left( \mathcal{L}_1 + \mathcal{L}_2 + \mathcal{L}_3 \right)",
        ),
        (
            "A new row, from a seed with a minority label; one without labels is "
            "dropped:",
            r"x = F_{dx}(F_{ex}(x_s)), \quad y = \left[\, \sigma(F_{dy}(F_{ex}(x_s))) "
            r"> \tfrac{1}{2} \,\right]",
        ),
    )
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
