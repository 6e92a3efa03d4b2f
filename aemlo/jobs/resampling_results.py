"""What every run that makes rows leaves behind, and how it is read again.

`resampled/` (a Dataset, original rows first where the sampler keeps them) and
`provenance.parquet` (one row for each of its rows; see `aemlo.samplers.base`).
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from aemlo import imbalance, params, provenance
from aemlo.arrays import Features, LabelMatrix, Mask
from aemlo.dataset import Dataset
from aemlo.errors import RunError
from aemlo.jobs.base import Job
from aemlo.preparation.preparation import Preparation
from aemlo.registry import find
from aemlo.samplers import SAMPLERS, Sampler
from aemlo.store import written_at_once


def sampler_of(spec: dict[str, Any], seed: int) -> Sampler:
    """The sampler that `spec` names (`sampler`, `settings`), seeded."""
    cls = find(SAMPLERS, spec["sampler"], "sampler")
    settings = params.restored(cls, spec.get("settings", {}))
    return params.build(cls, settings, random_state=seed)


def prepared(dataset: Dataset) -> tuple[Preparation, Features]:
    """(Preparation, X) of all rows, in the data's own units: imputed and one-hot."""
    preparation = Preparation(scale="none").fit(dataset)
    return preparation, preparation.transform(dataset)


def save(
    job: Job,
    dataset: Dataset,
    preparation: Preparation,
    sampler: Sampler,
    X: Features,
    Y: LabelMatrix,
) -> dict[str, Any]:
    """Write resampled X, Y of `dataset` and where its rows came from; the summary."""
    resampled = preparation.restore(X, Y, dataset)
    if dataset.provenance is not None:
        # Rows that were made before this run stay known as such.
        known = provenance.after(
            dataset.provenance,
            sampler.provenance_,
            dataset.label_names,
            f"{sampler.title}, in a run on {dataset.name}",
        )
        resampled = replace(resampled, provenance=known)
    resampled.save(job.folder / "resampled")
    with written_at_once(job.folder / "provenance.parquet") as path:
        sampler.provenance_.to_parquet(path)
    return {
        "rows_before": dataset.n,
        "rows_after": resampled.n,
        "rows_made": int((sampler.provenance_["origin"] < 0).sum()),
        "mean_ir_before": float(imbalance.mean_ir(dataset.Y)),
        "mean_ir_after": float(imbalance.mean_ir(resampled.Y)),
        "notes": list(getattr(sampler, "notes_", [])),
    }


def load(folder: Path) -> tuple[Dataset, pd.DataFrame]:
    """(resampled Dataset, provenance frame) kept in a run's folder."""
    if not (folder / "provenance.parquet").exists():
        raise RunError("This run ended before it had made rows. Resume or repeat it.")
    returned = pd.read_parquet(folder / "provenance.parquet")
    return Dataset.load(folder / "resampled"), returned


def marks(resampled: Dataset, returned: pd.DataFrame) -> Mask:
    """Which rows (n,) of a run's `resampled` data are synthetic: made by the run
    (`returned` is its provenance frame), or known as such before it.
    """
    return (returned["origin"] < 0).to_numpy() | provenance.synthetic(resampled)
