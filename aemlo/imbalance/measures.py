"""All measures of a set, and the frames made from them."""

import math
from typing import Any

import pandas as pd

from aemlo.arrays import Names
from aemlo.imbalance import between, combinations, concurrence, pairs, rows, within
from aemlo.imbalance import labels as by_label
from aemlo.imbalance.base import measures_of
from aemlo.imbalance.labels import Labelled, Labels

MEASURES = measures_of(rows, between, within, combinations, concurrence, pairs)
"""All measures by key, in the order in which they are read."""


def measure_set(
    Y: Labelled, names: Names, features: int | None = None, empty: str = "left out"
) -> pd.DataFrame:
    """All measures of a set: `key measure group value formula meaning source form`."""
    labels = Labels.of(Y)
    return pd.DataFrame(
        [
            {
                "key": key,
                "measure": measure.title,
                "group": measure.group,
                "value": float(measure.value(labels, empty, features)),
                "formula": measure.in_numbers(labels, empty, features, names),
                "meaning": measure.meaning,
                "source": measure.source,
                "form": measure.form,
            }
            for key, measure in MEASURES.items()
        ]
    )


def summary(
    Y: Labelled, features: int | None = None, empty: str = "left out"
) -> dict[str, Any]:
    """The measures a command line prints, as plain numbers; None for none."""
    labels = Labels.of(Y)
    keys = ("cardinality", "density", "labelsets", "mean_ir", "max_ir", "cv_ir")
    numbers: dict[str, Any] = {
        "instances": labels.n,
        "features": features,
        "labels": labels.q,
    }
    for key in (*keys, "scumble"):
        value = MEASURES[key].value(labels, empty, features)
        numbers[key] = None if math.isnan(value) else value
    numbers["label_counts"] = labels.counts.tolist()
    return numbers


def per_label(Y: Labelled, names: Names, empty: str = "left out") -> pd.DataFrame:
    """Every label: `label positives share IRLbl ImR minority SCUMBLE SCUMBLE.CV`."""
    labels = Labels.of(Y)
    return pd.DataFrame(
        {
            "label": list(names),
            "positives": labels.counts,
            "share": labels.counts / labels.n,
            "IRLbl": by_label.ir_per_label(labels, empty),
            "ImR": by_label.imr_per_label(labels),
            "minority": between.minority_labels(labels, empty),
            "SCUMBLE": by_label.scumble_per_label(labels),
            "SCUMBLE.CV": by_label.scumble_cv_per_label(labels),
        }
    )
