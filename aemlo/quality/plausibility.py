"""The measures of plausibility, each with its formula and what it tells."""

import numpy as np

from aemlo.quality import figures
from aemlo.quality.base import KYNKAANNIEMI, NAEEM, OURS, Figure, Group, measure


@measure(
    "distance",
    formula=r"\mathrm{median}_i \; \min_j \lVert s_i - x_j \rVert",
    meaning="Median distance of a synthetic row to the nearest real one.",
    good="near that of real rows with the same labels, in grey",
    source=OURS,
)
def distance(group: Group) -> Figure:
    """Median distance to the nearest real row, of any label."""
    own = group.whole.among[group.alike]
    usual = float(np.median(own)) if len(own) else np.nan
    to_real = group.whole.to_real[group.new]
    return Figure(float(np.median(to_real)), usual, len(to_real))


@measure(
    "copies",
    formula=r"\frac{1}{m} \left| \{ i : d_i < Q_{0.01} \text{ or } d_i = 0 \} \right|"
    r" \quad d_i = \min_j \lVert s_i - x_j \rVert",
    meaning="Share of synthetic rows nearer to a real row than 1 % of real rows are.",
    good="about 1 %: more means that rows are copied",
    source=OURS,
)
def copies(group: Group) -> Figure:
    """Share of rows that are nearer than real rows are to each other, or equal."""
    copied, _ = _copied_and_off(group)
    return Figure(copied, figures.CLOSE, len(group.new))


@measure(
    "off the data",
    formula=r"\frac{1}{m} \left| \{ i : d_i > Q_{0.99} \} \right|"
    r" \quad d_i = \min_j \lVert s_i - x_j \rVert",
    meaning="Share of synthetic rows farther from any real row than 99 % of real rows "
    "are.",
    good="about 1 %: more means rows where there are no data",
    source=OURS,
)
def off_the_data(group: Group) -> Figure:
    """Share of rows that are farther than real rows are from each other."""
    _, off = _copied_and_off(group)
    return Figure(off, 1 - figures.FAR, len(group.new))


def _copied_and_off(group: Group) -> tuple[float, float]:
    whole = group.whole
    return figures.copied_and_off(whole.to_real[group.new], whole.among[group.alike])


@measure(
    "precision",
    formula=r"\frac{1}{m} \left| \{ i : \exists j \; \lVert s_i - x_j \rVert \le"
    r" r_k(x_j) \} \right|",
    meaning="Share of synthetic rows inside the region of the real ones.",
    good="near that of real rows, in grey",
    source=f"{KYNKAANNIEMI}, eq. 1 and 2",
)
def precision(group: Group) -> Figure | None:
    """Share of synthetic rows in a ball around a real row; None for too few of them."""
    k = group.judging.precision
    if not figures.enough(group.real, k):
        return None
    inside = float(figures.inside_balls(group.real, group.synthetic, k).mean())
    return Figure(inside, figures.real_inside_balls(group.real, k), len(group.new))


@measure(
    "recall",
    formula=r"\frac{1}{n} \left| \{ j : \exists i \; \lVert s_i - x_j \rVert \le"
    r" r_k(s_i) \} \right|",
    meaning="Share of real rows inside the region of the synthetic ones. Rows made for "
    "a few labels cannot reach all others.",
    good="higher is more varied; compare samplers",
    source=f"{KYNKAANNIEMI}, eq. 1 and 2",
)
def recall(group: Group) -> Figure | None:
    """Share of real rows in a ball around a synthetic row; None for too few balls."""
    k = group.judging.precision
    if not figures.enough(group.synthetic, k):
        return None
    inside = float(figures.inside_balls(group.synthetic, group.real, k).mean())
    return Figure(inside, np.nan, len(group.new))


@measure(
    "coverage",
    formula=r"\frac{1}{n} \left| \{ j : \min_i \lVert s_i - x_j \rVert \le"
    r" r_k(x_j) \} \right|",
    meaning="Share of real rows with a synthetic row as near as their nearest "
    "{coverage} real ones are.",
    good="higher: the label's whole region is strengthened, not one corner",
    source=f"{NAEEM}, eq. 10",
)
def coverage(group: Group) -> Figure:
    """Share of real rows with a synthetic row near; NaN for too few real rows."""
    reached = figures.coverage(group.real, group.synthetic, group.judging.coverage)
    return Figure(reached, np.nan, len(group.new))


@measure(
    "label agreement",
    formula=r"\frac{1}{m k} \sum_{i=1}^{m} \sum_{j \in N_k(s_i)}"
    r" \frac{|Y_i \cap Y_j|}{|Y_i \cup Y_j|}",
    meaning="How alike a synthetic row's labels and those of its nearest {agreement} "
    "real rows are (Jaccard, 0 to 1).",
    good="near that of real rows, in grey",
    source=OURS,
)
def label_agreement(group: Group) -> Figure:
    """Mean Jaccard similarity with the labels of the nearest real rows."""
    own = group.whole.own_agreement[group.alike]
    usual = float(own.mean()) if len(own) else np.nan
    mean = float(group.whole.agreement[group.new].mean())
    return Figure(mean, usual, len(group.new))


@measure(
    "outside",
    formula=r"\frac{1}{m} \left| \{ i : \forall j \; \lVert s_i - x_j \rVert >"
    r" r_k(x_j) \} \right| \quad \text{over the } x_j \text{ with the label of } s_i",
    meaning="Share of synthetic rows outside the region of the label they were made "
    "for (or of their rarest label, where they were made for none).",
    good="no more than of real rows among themselves, in grey",
    source=OURS,
)
def outside(group: Group) -> Figure | None:
    """Share of rows in no ball around a real row with the label they stand for.

    The reference is the mean over those labels, weighted by the rows that stand for
    each. None for a label that no row stands for or that a single real row has.
    """
    whole = group.whole
    stands_for = whole.stands_for[group.meant]
    labels, counts = np.unique(stands_for[stands_for >= 0], return_counts=True)
    reach = group.judging.region
    own = np.array(
        [
            figures.real_outside(whole.real[whole.Y_real[:, j] > 0], reach)
            for j in labels
        ]
    )
    known = ~np.isnan(own)
    usual = (
        float(np.average(own[known], weights=counts[known])) if known.any() else np.nan
    )
    if group.label >= 0 and np.isnan(usual):
        return None
    strayed = float(whole.strayed[group.meant].mean())
    return Figure(strayed, usual, len(group.meant))
