"""Judge a trained run's rows anew: with some left out, or by other settings.

`job.spec`: `run` (its id), `without` (ids of the rows left out, real or synthetic) and
`settings` (those of `aemlo.quality.Judging`). Writes `quality.parquet`
and `telling.parquet` as an embedding run does: of the rows that are left, and where
settings were changed of all rows and those of MLSMOTE too.
"""

import numpy as np

from aemlo.arrays import Mask, Rows
from aemlo.errors import DataError
from aemlo.jobs import quality_reports
from aemlo.jobs.base import Job
from aemlo.latent import trained
from aemlo.latent.trained import Trained
from aemlo.quality.settings import defaults
from aemlo.wording import counted


def run(job: Job) -> None:
    """Judge what is left of the run that `job.spec` names.

    Raises DataError for rows that the run does not have, and where no synthetic row is
    left.
    """
    source = job.store.run(job.spec["run"])
    known = trained.read(job.store.folder(source.id), job.store.dataset(source.dataset))
    job.on_progress(0.0, message="reading the run")
    without = np.asarray(job.spec["without"], dtype=int)
    kept = _kept(known, without)
    real, new = kept & ~known.synthetic, kept & known.synthetic
    if not new.any():
        raise DataError(
            "All synthetic rows are left out: nothing is left to judge. Bring some "
            "back."
        )
    scaled, Y = quality_reports.scaled(known), known.dataset.Y
    settings = job.spec["settings"]
    sampler = source.spec.get("sampler", "AEMLO")
    reports = quality_reports.Reports(job, known, settings)
    low = 0.0
    if settings != defaults():
        low = 0.7 if len(without) else 1.0
        reports.judge_all(scaled, sampler, 0.0, low)
    if len(without):
        synthetic = quality_reports.Synthetic(
            scaled[new],
            Y[new],
            known.provenance["label"].to_numpy()[new],
            _parents(known, real, new),
        )
        title = title_of(sampler, len(without))
        reports.judge(title, (scaled[real], Y[real]), synthetic, low, 1.0)
    reports.write()
    job.finish({"run": source.id, "real": int(real.sum()), "synthetic": int(new.sum())})


def _kept(known: Trained, without: Rows) -> Mask:
    """The rows of the run (n,) that are not left out."""
    n = known.dataset.n
    if len(without) and not 0 <= without.min() <= without.max() < n:
        raise DataError(f"without: rows run from 0 to {n - 1}, got {without.max()}.")
    kept = np.ones(n, dtype=bool)
    kept[without] = False
    return kept


def _parents(known: Trained, real: Mask, new: Mask) -> list[tuple[int, ...]]:
    """Parents of each new row as positions among the `real` rows that are left."""
    place = np.full(known.dataset.n, -1)
    place[real] = np.arange(real.sum())
    return [
        tuple(int(place[parent]) for parent in each if place[parent] >= 0)
        for each in known.provenance["parents"].to_numpy()[new]
    ]


def title_of(sampler: str, count: int) -> str:
    """What a sampler's rows are called once `count` of them were left out."""
    return f"{sampler}, {counted(count, 'row')} left out"
