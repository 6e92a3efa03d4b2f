"""How long a comparison will take, from the cells that have been timed. Ours."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

ARM = ["dataset", "sampler", "classifier"]


def estimate(scores: pd.DataFrame, splits: int, jobs: int = 1) -> pd.DataFrame:
    """Seconds each arm still needs, from the splits in `scores` that are done.

    `splits` is how many splits each data set will have in all. Returns a frame `dataset
    sampler classifier cell_seconds cells_left seconds_left`; a sampler's fit is counted
    once per split, spread over its classifiers. The whole takes the sum of
    `seconds_left`, divided by `jobs` processes, which the column already is.
    """
    cells = scores.drop_duplicates([*ARM, "repeat", "fold"])
    together = cells.groupby(["dataset", "sampler", "repeat", "fold"], sort=False)
    shared = cells["prepare_seconds"].fillna(0) + cells["sample_seconds"].fillna(0)
    shared = shared / together["classifier"].transform("count")
    own = cells["fit_seconds"].fillna(0) + cells["predict_seconds"].fillna(0)
    timed = cells.assign(cell_seconds=shared + own)
    table = timed.groupby(ARM, sort=False, as_index=False).agg(
        cell_seconds=("cell_seconds", "mean"), done=("cell_seconds", "size")
    )
    table["cells_left"] = (splits - table.pop("done")).clip(lower=0)
    table["seconds_left"] = table["cell_seconds"] * table["cells_left"] / jobs
    return table


def total_seconds(table: pd.DataFrame) -> float:
    """Seconds of a whole `estimate`; NaN where nothing was timed."""
    return float(table["seconds_left"].sum()) if len(table) else math.nan


def splits_of(spec: Mapping[str, Any]) -> int:
    """How many splits a data set has under `split`, `folds` and `repeats` of a spec."""
    each = spec["folds"] if spec["split"] == "folds" else 1
    return each * spec["repeats"]
