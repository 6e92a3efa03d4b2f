"""Measures of rare and frequent labels on the same rows."""

import numpy as np

from aemlo.imbalance.base import CONCURRENCE, measure
from aemlo.imbalance.labels import Labelled, Labels, scumble_per_row
from aemlo.wording import count, decimals, ratio


def _scumble_in_numbers(labels: Labels) -> str:
    i = int(labels.scumble_rows.argmax())
    top = decimals(labels.scumble_rows[i])
    have = labels.matrix.indices[labels.matrix.indptr[i] : labels.matrix.indptr[i + 1]]
    if len(have) < 2:
        return "no row joins labels of different frequency"
    ir = labels.ir[have]
    geometric = np.exp(np.log(ir).mean())
    return (
        f"mean over {count(labels.n)} rows of 1 - geometric / arithmetic mean of their "
        f"IRLbl; largest {top} = 1 - {ratio(geometric)} / {ratio(ir.mean())}"
    )


@measure(
    "SCUMBLE",
    "Concurrence",
    worked=_scumble_in_numbers,
    formula=r"\frac{1}{n} \sum_{i=1}^{n} \mathrm{SCUMBLE}_i \quad "
    r"\mathrm{SCUMBLE}_i = 1 - \frac{\left( \prod_{j \in Y_i} \mathrm{IRLbl}_j "
    r"\right)^{1 / |Y_i|}}{\frac{1}{|Y_i|} \sum_{j \in Y_i} \mathrm{IRLbl}_j}",
    meaning="0 when rare and frequent labels never share a row; above 0.1 cloning rows "
    "lifts both.",
    source=CONCURRENCE,
    bounds=(0.0, 1.0),
)
def scumble(Y: Labelled) -> float:
    """SCUMBLE of the set: the mean over all rows, those without labels included."""
    return float(scumble_per_row(Y).mean())


def _scumble_cv_in_numbers(labels: Labels) -> str:
    rows = labels.scumble_rows
    spread = rows.std(ddof=1) if len(rows) > 1 else float("nan")
    mean = decimals(rows.mean())
    return f"standard deviation over rows {decimals(spread)} / mean {mean}"


@measure(
    "SCUMBLE.CV",
    "Concurrence",
    worked=_scumble_cv_in_numbers,
    formula=r"\frac{1}{\mathrm{SCUMBLE}} \sqrt{\frac{1}{n - 1} "
    r"\sum_{i=1}^{n} (\mathrm{SCUMBLE}_i - \mathrm{SCUMBLE})^2}",
    meaning="Large when few rows carry most of the concurrence: decouple those.",
    source=CONCURRENCE,
    doubled="falls",
)
def scumble_cv(Y: Labelled) -> float:
    """SCUMBLE.CV: standard deviation (n - 1) of the rows' SCUMBLE / its mean."""
    rows = scumble_per_row(Y)
    if len(rows) < 2 or not rows.mean():
        return float("nan")
    return float(rows.std(ddof=1) / rows.mean())
