"""How many rows an over-sampler makes, and for which labels. Ours.

Every over-sampler is sized the same way, by three constructor arguments:

    budget   rows to add, as a share of the rows given
    target   "MeanIR", or wanted positives per label, as {label: count}
    labels   the labels to make rows for; None is the minority labels, IRLbl > MeanIR

`budget` alone is shared equally among the labels; `target` alone sets each label's
rows; both together make the target's rows, cut down in proportion to the budget. With
neither, the sampler's own published rule holds.

To use it, give the constructor the arguments annotated `Budget`, `Target` and `Labels`,
write `_paper_quotas(Y, labels)`, and in `_generate` call `self._quotas(Y)`: (q,) whole
numbers, rows to make for each label.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import pandas as pd
from scipy import sparse

from aemlo import imbalance
from aemlo.arrays import LabelMatrix, Rows
from aemlo.errors import ParameterError
from aemlo.imbalance import imr_per_label, ir_per_label, label_counts, mean_ir
from aemlo.imbalance.labels import HIGH_IMR
from aemlo.params import Between, Counts, Names

MOST_TIMES = 100  # rows a target may ask for, in multiples of the rows given

Budget = Annotated[
    float | None,
    Between(
        0.001, 10.0, "More adds more rows; empty is the paper's own rule", "share of n"
    ),
]
Target = Annotated[
    dict | None,
    Counts(
        "Rows until each label has IRLbl = MeanIR, or so many positives: 3=120, 7=80",
        more=True,
        words=("MeanIR",),
    ),
]
Labels = Annotated[
    Sequence | None,
    Names("Labels to make rows for; empty is all minority labels", more=True),
]


def minority(Y: LabelMatrix) -> Rows:
    """Positions of the labels with IRLbl above MeanIR, from Y (n, q) dense.

    As aemlo.imbalance.minority_labels; IRLbl compares as 1 / positives does.
    """
    counts = Y.sum(axis=0, dtype=np.int64)
    known = np.flatnonzero(counts)
    ir = counts.max(initial=0) / counts[known]
    return known[ir > ir.mean()] if len(known) else known


def share(total: float, weights: np.ndarray) -> np.ndarray:
    """`total` split into whole numbers (q,) in proportion to `weights`.

    Largest remainders; the earlier label first among equals. All 0 without weights.
    """
    weights = np.asarray(weights, dtype=float)
    if weights.sum() == 0 or total <= 0:
        return np.zeros(len(weights), dtype=int)
    exact = total * weights / weights.sum()
    parts = np.floor(exact + 1e-9).astype(int)
    last = np.argsort(-(exact - parts), kind="stable")[: int(total) - parts.sum()]
    parts[last] += 1
    return parts


def evenly(total: int, labels: Rows, q: int) -> np.ndarray:
    """`total` rows shared equally among `labels`, as quotas (q,)."""
    chosen = np.zeros(q)
    chosen[labels] = 1.0
    return share(total, chosen)


def rows_to_target(
    Y: LabelMatrix, target: str | Mapping[int, int], labels: Rows
) -> np.ndarray:
    """Rows (q,) that each label lacks of its target; only `labels` with "MeanIR".

    A label reaches MeanIR when it has max_k c_k / MeanIR positives, MeanIR and c those
    of Y. `target` may be {label column: count}, which says the labels itself.
    """
    counts = label_counts(Y)
    wanted = counts.copy()
    if isinstance(target, str):
        if counts.any():
            wanted[labels] = np.ceil(counts.max() / mean_ir(Y) - 1e-9)
    else:
        for label, count in target.items():
            wanted[label] = count
    return np.maximum(wanted - counts, 0)


def quotas(
    Y: LabelMatrix,
    labels: Rows,
    budget: float | None,
    target: str | Mapping[int, int] | None,
    paper: Callable[[], Any],
) -> np.ndarray:
    """Rows to make for each label (q,); `paper()` says them where nothing is set."""
    n, q = Y.shape
    if target is None:
        if budget is None:
            return np.asarray(paper(), dtype=int)
        return evenly(round(budget * n), labels, q)
    lacking = rows_to_target(Y, target, labels)
    if budget is not None and lacking.sum() > round(budget * n):
        return share(round(budget * n), lacking)
    return lacking


def expected_counts(Y: Any, rows: np.ndarray, value: Any = 1) -> np.ndarray:
    """Positives of each label (q,) after `rows` (q,) were made for the labels.

    `value` (q,) or one number: what a row made for a label has there (0: the label is
    rarely absent). A row made for label j is taken to have the other labels as often as
    the rows with that value of j have them: right on average for clones, an upper guess
    where labels are voted for.
    """
    labels = imbalance.Labels.of(Y)
    counts = labels.counts.astype(float)
    together = labels.together.toarray()  # (q, q)
    have = np.broadcast_to(np.asarray(value, dtype=bool), counts.shape)[:, None]
    seeds = np.where(have[:, 0], counts, labels.n - counts)[:, None]
    shared = np.where(have, together, counts - together)
    each = np.divide(shared, seeds, out=np.zeros_like(together), where=seeds > 0)
    return counts + np.asarray(rows) @ each


def known_and_dense(Y: Any) -> tuple[imbalance.Labels, LabelMatrix]:
    """Y (n, q) in the two forms a preview needs: its Labels, and a dense array.

    Y may be a Labels already; what it remembers is then not computed again.
    """
    known = imbalance.Labels.of(Y)
    if known is Y or sparse.issparse(Y):
        return known, known.matrix.toarray().astype(np.uint8)
    return known, np.asarray(Y)


def evenness(Y: LabelMatrix) -> str:
    """How a note begins where no label of Y (n, q) is rarer than the others.

    Labels that are all rare are not balanced, nor is a single rare one.
    """
    few = 2 * label_counts(Y) < len(Y)
    if not (few & (np.nan_to_num(imr_per_label(Y)) > HIGH_IMR)).any():
        return "The data are balanced already"
    if Y.shape[1] == 1:
        return "The label is rare, but has no other beside it to be rarer than"
    return "Some labels are rare, but none beside the others"


def preview_frame(
    names: Sequence[Any], Y: Any, after: np.ndarray, rows: np.ndarray | None = None
) -> pd.DataFrame:
    """The frame of a preview: a row per label, counts and IRLbl before and after.

    Y may be a `Labels`, here and in `expected_counts`.
    """
    with np.errstate(divide="ignore"):
        later = np.where(after > 0, after.max(initial=0) / after, np.nan)
    return pd.DataFrame(
        {
            "label": list(names),
            "positives": label_counts(Y),
            "IRLbl": ir_per_label(Y),
            "rows_for_label": np.zeros(len(after), int) if rows is None else rows,
            "positives_after": after,
            "IRLbl_after": later,
        }
    )


def column_of(label: Any, names: Sequence[Any], owner: str) -> int:
    """The position of a label given by name or number; ParameterError if unknown."""
    names = list(names)
    if label in names and not isinstance(label, int | np.integer):
        return names.index(label)
    if isinstance(label, str) and label.lstrip("-").isdigit():
        label = int(label)  # the keys of a JSON object are text
    if not isinstance(label, str) and 0 <= label < len(names):
        return int(label)
    raise ParameterError(
        f"{owner}: there is no label {label!r}. Labels are the columns 0 to "
        f"{len(names) - 1} of Y, or their names where Y has any."
    )
