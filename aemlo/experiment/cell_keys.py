"""The key of a cell: SHA-256 of all that its scores depend on, the code included. Ours.

Two cells with one key have the same scores, so a kept cell serves whoever asks for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from aemlo.dataset import Dataset
from aemlo.experiment import scoring_code
from aemlo.experiment.folds import Split
from aemlo.experiment.recipe import array_digest, json_digest, versions

EVERY_CELL = ("aemlo.experiment.unit",)
ALL_OF = "aemlo.metrics"  # a kept cell holds every metric


@dataclass(frozen=True)
class Arm:
    """A sampler or classifier as the keys of its cells know it.

    `recipe` is plain JSON (see `described`), `code` the modules its classes are from.
    """

    name: str
    recipe: Any
    code: frozenset[str]

    @classmethod
    def of(cls, name: str, estimator: Any) -> "Arm":
        """The Arm of an estimator that a comparison calls `name`."""
        classes = scoring_code.classes_of(estimator)
        return cls(name, described(estimator), scoring_code.modules_of(classes))


def cell_key(
    dataset: Dataset,
    split: Split,
    sampler: Arm,
    classifier: Arm,
    *,
    seed: int,
    scale: str,
    keep_features: int = 0,
    leak: str = "",
) -> str:
    """The key of one classifier after one sampler on one split."""
    return json_digest(
        {
            "data": dataset.content_hash,
            "train": array_digest(split.train),
            "test": array_digest(split.test),
            "place": [split.repeat, split.fold],
            "sampler": [sampler.name, sampler.recipe],
            "classifier": [classifier.name, classifier.recipe],
            "seed": seed,
            "scale": scale,
            "keep_features": keep_features,
            "tag": leak,
            "code": code_digest(sampler.code | classifier.code),
            "versions": versions(),
        }
    )


def code_digest(modules: Iterable[str]) -> str:
    """Digest of `modules`, of the work of a cell and of all that these import."""
    sources = scoring_code.installed()
    return sources.digest({*modules, *_of_every_cell()})


@cache
def _of_every_cell() -> frozenset[str]:
    return frozenset({*EVERY_CELL, *scoring_code.installed().below(ALL_OF)})


def described(value: Any) -> Any:
    """An estimator or setting as plain JSON; equal recipes give equal text.

    A title or spec inside another is described as the object that it stands for.
    """
    if hasattr(value, "get_params") and not isinstance(value, type):
        return {
            "class": f"{type(value).__module__}.{type(value).__qualname__}",
            "settings": {
                name: described(setting)
                for name, setting in sorted(scoring_code.settings_of(value).items())
                if name != "random_state"
            },
        }
    if isinstance(value, dict):
        return {"pairs": sorted([str(k), described(v)] for k, v in value.items())}
    if isinstance(value, list | tuple):
        return [described(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return {"array": array_digest(value)}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return repr(value)
