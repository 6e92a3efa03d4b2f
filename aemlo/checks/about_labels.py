"""Checks of labels: those that cannot be learned, and rows that have none."""

import numpy as np

from aemlo.checks.finding import KEEP, Answer, Finding
from aemlo.dataset import Dataset
from aemlo.imbalance import FEW_POSITIVES
from aemlo.wording import counted, listed


def labels_without_positives(dataset: Dataset, few: int) -> Finding | None:
    """Labels that no row has."""
    names = _labels(dataset, dataset.Y.sum(axis=0, dtype=int) == 0)
    if not names:
        return None
    return Finding(
        "labels_without_positives",
        "Labels nobody has",
        len(names),
        "labels",
        f"{counted(len(names), 'label')} without a positive row: {listed(names)}. They "
        "have no IRLbl, cannot be learned and cannot be oversampled.",
        (KEEP, *_drop_labels(dataset, names)),
        names,
        serious=True,
    )


def labels_under_threshold(dataset: Dataset, few: int) -> Finding | None:
    """Labels with `few` positives or fewer, but some."""
    counts = dataset.Y.sum(axis=0, dtype=int)
    names = _labels(dataset, (counts > 0) & (counts <= few))
    if not names:
        return None
    least = int(counts[counts > 0].min())
    return Finding(
        "labels_under_threshold",
        f"Labels with {counted(few, 'positive')} or fewer",
        len(names),
        "labels",
        f"{counted(len(names), 'label')}, the rarest with {counted(least, 'row')}: "
        f"{listed(names)}. Their scores rest on few rows; the experiments of the "
        f"AEMLO paper leave out labels with {FEW_POSITIVES} or fewer.",
        (KEEP, *_drop_labels(dataset, names)),
        names,
    )


def labels_on_every_row(dataset: Dataset, few: int) -> Finding | None:
    """Labels that every row has."""
    names = _labels(dataset, dataset.Y.all(axis=0))
    if not names:
        return None
    return Finding(
        "labels_on_every_row",
        "Labels on every row",
        len(names),
        "labels",
        f"{listed(names)}: every row has it, so there is nothing to learn, and IRLbl "
        "of all others is measured against it.",
        (KEEP, *_drop_labels(dataset, names)),
        names,
        serious=True,
    )


def rows_without_labels(dataset: Dataset, few: int) -> Finding | None:
    """Rows that have no label."""
    rows = int((dataset.Y.sum(axis=1) == 0).sum())
    if not rows or rows == dataset.n:
        return None
    return Finding(
        "rows_without_labels",
        "Rows without labels",
        rows,
        "rows",
        f"{counted(rows, 'row')} of {dataset.n:,} have no label. They are kept: they "
        "are negatives of every label.",
        (
            KEEP,
            Answer(
                f"Drop {counted(rows, 'row')}",
                ({"step": "drop_rows", "rule": "unlabelled"},),
            ),
        ),
    )


def _labels(dataset, mask):
    return tuple(dataset.label_names[j] for j in np.flatnonzero(mask))


def _drop_labels(dataset, names):
    if len(names) >= dataset.q:
        return []
    step = {"step": "drop_labels", "names": list(names)}
    return [Answer(f"Leave out {counted(len(names), 'label')}", (step,))]
