"""Measures of pairs of labels: co-occurrence, phi, chi-squared.

All start from the sparse product Y'Y. There is never an array of size q x q x n, and a
dense square only for the labels asked for.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.special import chdtri

from aemlo.arrays import Matrix, Names, PerLabel, Rows
from aemlo.imbalance.base import DEPENDENCE, measure
from aemlo.imbalance.between import minority_labels
from aemlo.imbalance.labels import Labelled, Labels, scumble_per_label
from aemlo.wording import count


def cooccurrence(
    Y: Labelled, labels: ArrayLike | None = None
) -> sparse.csr_matrix | NDArray[np.integer[Any]]:
    """Rows shared by each pair: CSR (q, q), or a dense square of the chosen `labels`.

    The diagonal holds the positives of each label.
    """
    together = Labels.of(Y).together
    if labels is None:
        return together
    return together[labels][:, labels].toarray().astype(int)


def phi(Y: Labelled, labels: ArrayLike | None = None) -> Matrix:
    """Phi of each pair: correlation of two 0/1 columns, dense (m, m), in [-1, 1].

    phi = (n a - c_j c_k) / sqrt(c_j (n - c_j) c_k (n - c_k)), a = rows with both; NaN
    where a label has all rows or none. n phi^2 is Pearson's chi-squared.
    """
    known = Labels.of(Y)
    chosen = np.arange(known.q) if labels is None else np.asarray(labels, dtype=int)
    shared = known.together[chosen][:, chosen].toarray()
    have = known.counts[chosen].astype(float)
    spread = np.sqrt(have * (known.n - have))
    upper = known.n * shared - np.outer(have, have)
    lower = np.outer(spread, spread)
    return np.divide(upper, lower, out=np.full(lower.shape, np.nan), where=lower > 0)


def chi_squared(Y: Labelled, labels: ArrayLike | None = None) -> Matrix:
    """Pearson's chi-squared of each pair (one degree of freedom): n phi^2, (m, m)."""
    return Labels.of(Y).n * phi(Y, labels) ** 2


def dependent_pairs(Y: Labelled, confidence: float = 0.99) -> tuple[int, int]:
    """(pairs whose chi-squared passes `confidence`, pairs that have a chi-squared).

    Pairs with a label of all rows or of none have none. Counted without a q x q array:
    of pairs that never meet, chi-squared depends on the two counts alone.
    Unconditional dependence as in Tenenboim-Chaimovich et al., MLD 2010.
    """
    labels = Labels.of(Y)
    n, have = labels.n, labels.counts.astype(float)
    usable = (have > 0) & (have < n)
    limit = chdtri(1, 1 - confidence)
    j, k, both = _upper(labels)
    kept = usable[j] & usable[k]
    j, k, both = j[kept], k[kept], both[kept]
    odds = np.divide(have, n - have, out=np.zeros(labels.q), where=usable)
    product = have * (n - have)
    met = n * (n * both - have[j] * have[k]) ** 2 / (product[j] * product[k])
    # As if none ever met, then corrected for those that do.
    apart = _products_above(np.sort(odds[usable], kind="stable"), limit / n)
    apart -= int((n * odds[j] * odds[k] > limit).sum())
    m = int(usable.sum())
    return int((met > limit).sum()) + apart, m * (m - 1) // 2


def _dependence_in_numbers(labels: Labels) -> str:
    dependent, pairs = dependent_pairs(labels)
    return f"{count(dependent)} of {count(pairs)} pairs have chi-squared above 6.635"


@measure(
    "Dependent pairs (99 %)",
    "Dependence",
    worked=_dependence_in_numbers,
    formula=r"\frac{\left|\{ j < k : \chi^2_{jk} > 6.635 \}\right|}"
    r"{\left|\{ j < k : 0 < c_j, c_k < n \}\right|} \quad "
    r"\chi^2_{jk} = n\,\phi_{jk}^2",
    meaning="Share of label pairs whose chi-squared rules out independence at 99 %; "
    "high favours chains and labelset methods over one classifier per label.",
    source=DEPENDENCE,
    bounds=(0.0, 1.0),
    doubled="grows",
)
def dependence(Y: Labelled, confidence: float = 0.99) -> float:
    """Share of dependent pairs among those that have a chi-squared; NaN if none has."""
    dependent, pairs = dependent_pairs(Y, confidence)
    return dependent / pairs if pairs else float("nan")


def neighbours(Y: Labelled, label: int, names: Names) -> pd.DataFrame:
    """Labels that meet label number `label`, most shared rows first.

    A frame: `label rows` (with both), `share of its rows` (of the chosen label's rows),
    `share of theirs`, `lift` (rows with both / rows expected if independent), `phi`.
    """
    labels = Labels.of(Y)
    row = labels.together[[label]]
    keep = row.indices != label
    others, both = row.indices[keep], row.data[keep]
    n, mine, theirs = labels.n, labels.counts[label], labels.counts[others]
    spread = np.sqrt(float(mine) * (n - mine) * theirs * (n - theirs))
    table = pd.DataFrame(
        {
            "label": [names[j] for j in others],
            "rows": both.astype(int),
            "share of its rows": both / mine if mine else both,
            "share of theirs": both / theirs,
            "lift": n * both / (mine * theirs) if mine else both,
            "phi": np.divide(
                n * both - mine * theirs,
                spread,
                out=np.full(len(both), np.nan),
                where=spread > 0,
            ),
        }
    )
    return table.sort_values("rows", ascending=False, kind="stable", ignore_index=True)


def pair_table(Y: Labelled, names: Names, chosen: Sequence[int]) -> pd.DataFrame:
    """All pairs of the `chosen` labels: `label other rows phi chi-squared`.

    `rows` have both; most rows first.
    """
    labels = Labels.of(Y)
    square, tie = cooccurrence(labels, chosen), phi(labels, chosen)
    j, k = np.triu_indices(len(chosen), 1)
    table = pd.DataFrame(
        {
            "label": [names[chosen[i]] for i in j],
            "other": [names[chosen[i]] for i in k],
            "rows": square[j, k],
            "phi": tie[j, k],
            "chi-squared": labels.n * tie[j, k] ** 2,
        }
    )
    return table.sort_values("rows", ascending=False, kind="stable", ignore_index=True)


def rarest(Y: Labelled, most: int = 60) -> Rows:
    """Positions of the `most` rarest labels that have positives, rarest first."""
    counts = Labels.of(Y).counts
    order = np.argsort(counts, kind="stable")
    return order[counts[order] > 0][:most]


def rare_and_met(Y: Labelled, rare: int = 25, met: int = 15) -> Rows:
    """Positions of the `rare` rarest labels, then of `met` others they meet most.

    Each rare label has one vote, shared out over the labels of its rows.
    """
    labels = Labels.of(Y)
    first = rarest(labels, rare)
    votes = np.asarray(
        labels.together[first].multiply(1 / labels.counts[first][:, None]).sum(axis=0)
    ).ravel()
    votes[first] = 0
    order = np.argsort(-votes, kind="stable")[:met]
    return np.concatenate([first, order[votes[order] > 0]])


def concurrent_labels(Y: Labelled, most: int = 8) -> Rows:
    """Minority labels with the highest SCUMBLE, and the majority labels they meet most.

    At most `most` minority labels, and for each up to three others; positions, minority
    labels first. Without minority labels: the labels with the highest SCUMBLE.
    """
    labels = Labels.of(Y)
    scumble = np.nan_to_num(scumble_per_label(labels))
    minority = minority_labels(labels)
    rare = np.flatnonzero(minority if minority.any() else labels.counts > 0)
    rare = rare[np.argsort(-scumble[rare], kind="stable")][:most]
    met = []
    for j in rare:
        row = labels.together[[j]]
        order = np.argsort(-row.data, kind="stable")
        met += [k for k in row.indices[order] if k != j and not minority[k]][:3]
    return np.array(list(dict.fromkeys([*rare, *met])), dtype=int)


def _upper(labels: Labels) -> tuple[Rows, Rows, Rows]:
    """(j, k, rows with both) of each pair j < k that meets."""
    pairs = labels.together.tocoo()
    above = pairs.row < pairs.col
    return pairs.row[above], pairs.col[above], pairs.data[above]


def _products_above(values: PerLabel, limit: float) -> int:
    """Pairs i < k of sorted `values` whose product is above `limit`."""
    with np.errstate(divide="ignore"):
        partner = limit / values
    above = len(values) - np.searchsorted(values, partner, side="right")
    itself = values * values > limit
    return int(above.sum() - itself.sum()) // 2
