"""What a sampler would do to the label counts, said before it runs.

From the labels alone: no features are looked at, so nothing here depends on distances.
Each answer says how far it can be trusted.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from aemlo.errors import ParameterError
from aemlo.imbalance.labels import (
    Labels,
    ir_per_label,
    mean_ir,
    minority_labels,
    scumble_per_row,
)


@dataclass(frozen=True)
class Expectation:
    """Expected `counts` (q,) after adding `rows`; `certainty` says how exact they are.

    `exact` is True only where every single run gives these very counts.
    """

    counts: np.ndarray
    rows: int
    exact: bool
    certainty: str


def ml_ros(Y, share):
    """ML-ROS: clones drawn from the bags of the minority labels in turn.

    The mean over all draws, followed clone by clone; a label leaves the round when its
    expected IRLbl has come down to MeanIR. Charte et al., Neurocomputing 163, 2015.
    """
    labels = Labels.of(Y)
    counts = labels.counts.astype(float)
    limit, wanted, made = mean_ir(labels), int(labels.n * share), 0
    bags = {j: _profile(labels, j) for j in np.flatnonzero(minority_labels(labels))}
    while bags and made < wanted:
        for j in list(bags)[: wanted - made]:
            counts += bags[j]
            made += 1
            if counts.max() / counts[j] <= limit:
                del bags[j]
    if made < wanted:
        note = f"{made:,} rows are enough: every minority label is down to MeanIR then."
    else:
        note = "The number of rows is exact."
    return Expectation(
        counts,
        made,
        False,
        f"{note} The counts are the average over all draws, which one draw misses by a "
        "few rows.",
    )


def lp_ros(Y, share):
    """LP-ROS: clones of the rows of small labelsets, an equal quota for each.

    A clone carries its whole labelset, so the counts follow from the quotas alone.
    Charte et al., HAIS 2013: labelsets below the mean count are brought up to it.
    """
    labels = Labels.of(Y)
    of_row, sizes, first = labels.labelsets
    mean, wanted = sizes.mean(), int(labels.n * share)
    small = np.flatnonzero(sizes < mean)
    small = small[np.argsort(sizes[small], kind="stable")[::-1]]
    room = np.floor(mean - sizes[small]).astype(int)
    clones, left = np.zeros(len(small), dtype=int), wanted
    while left and (open_ := np.flatnonzero(clones < room)).size:
        quota = max(left // len(open_), 1)
        for place in open_[:left] if quota == 1 else open_:
            take = min(quota, room[place] - clones[place], left)
            clones[place] += take
            left -= take
    added = labels.matrix[first[small]].T @ clones
    return Expectation(
        labels.counts + added,
        int(clones.sum()),
        False,
        f"{int(clones.sum()):,} rows: small labelsets are cloned up to the mean of "
        f"{mean:.1f} rows. The quotas are exact up to the order in which remainders "
        "are given out.",
    )


def mlsmote(Y, share=None, neighbours=5):
    """MLSMOTE, ranking rule: one row per seed; `share` None gives the published size.

    The number of rows is exact, and at the published size what each bag adds to its own
    label. Another label needs more than half of seed and neighbours; who those are
    depends on the features, so here they are drawn from the bag (hypergeometric): an
    estimate. Charte et al., Knowledge-Based Systems 89, 2015.
    """
    labels = Labels.of(Y)
    counts, added = labels.counts.astype(float), np.zeros(labels.q)
    seeds = 0
    for j in np.flatnonzero(minority_labels(labels)):
        bag = int(labels.counts[j])
        if bag < 2:
            continue
        voters = min(neighbours, bag - 1) + 1
        together = np.rint(_profile(labels, j) * bag).astype(int)
        wins = hypergeom.sf(voters // 2, bag, together, voters)
        wins[j] = 1.0
        added += bag * wins
        seeds += bag
    rows = seeds if share is None else int(labels.n * share)
    if seeds:
        counts += added * rows / seeds
    if share is None:
        own = "exact for what each minority label's bag adds to itself"
    else:
        own = "an average over the bags, seeds shared out by their size"
    return Expectation(
        counts,
        rows if seeds else 0,
        False,
        f"The number of rows is exact. The counts are {own}; an estimate for the "
        "labels that come along, which depend on the neighbours.",
    )


def uniform_minority(Y, share):
    """AEMLO: minority labels drawn uniformly, parents among the rows that have them.

    Labels per new row follow the parents'; which ones follows the decoder: an estimate.
    """
    labels = Labels.of(Y)
    minority = np.flatnonzero(minority_labels(labels))
    rows = int(labels.n * share) if len(minority) else 0
    counts = labels.counts.astype(float)
    for j in minority:
        counts += rows / len(minority) * _profile(labels, j)
    return Expectation(
        counts,
        rows,
        False,
        "The number of rows is exact. The counts suppose that new rows are labelled "
        "like their parents on average: an estimate, the decoder decides.",
    )


def remedial(Y, share=None):
    """REMEDIAL: rows above the mean SCUMBLE are split; no label count changes."""
    labels = Labels.of(Y)
    rows = scumble_per_row(labels)
    split = int((rows > rows.mean()).sum())
    return Expectation(
        labels.counts.astype(float),
        split,
        True,
        f"Exact: {split:,} rows are split in two, so IRLbl stays and SCUMBLE falls.",
    )


METHODS = {
    "ML-ROS": ml_ros,
    "LP-ROS": lp_ros,
    "MLSMOTE": mlsmote,
    "AEMLO": uniform_minority,
    "REMEDIAL": remedial,
}


def expected(Y, method, share):
    """The Expectation of adding `share` (0.1 is 10 %) of the rows by `method`."""
    if method not in METHODS:
        raise ParameterError(
            f"There is no forecast for {method!r}. Forecasts: {', '.join(METHODS)}."
        )
    return METHODS[method](Y, share)


def expected_ir(expectation, empty="left out"):
    """IRLbl of the expected counts (q,), as `ir_per_label` has it, and their mean."""
    counts = np.asarray(expectation.counts, dtype=float)
    blank = np.nan if empty == "left out" else 0.0
    ir = np.divide(
        counts.max(initial=0),
        counts,
        out=np.full(counts.shape, blank),
        where=counts > 0,
    )
    known = ir[~np.isnan(ir)]
    return ir, float(known.mean()) if len(known) else float("nan")


def expected_table(Y, expectation, names, empty="left out"):
    """Every label now and as expected, in the columns of `change.before_after`.

    `label minority`, then `positives` and `IRLbl`, each before, after, difference.
    """
    labels = Labels.of(Y)
    table = pd.DataFrame(
        {"label": list(names), "minority": minority_labels(labels, empty)}
    )
    later, _ = expected_ir(expectation, empty)
    for name, old, new in (
        ("positives", labels.counts, expectation.counts),
        ("IRLbl", ir_per_label(labels, empty), later),
    ):
        table[f"{name} before"] = old
        table[f"{name} after"] = new
        table[f"{name} difference"] = new - old
    return table


def _profile(labels, label):
    """Share of the rows of a label that have each label, (q,)."""
    row = labels.together[[label]].toarray().ravel()
    return row / row[label]
