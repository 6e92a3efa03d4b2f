"""Judge a trained run's rows anew: with some left out, or by other settings.

`job.spec`: `run` (its id), `without` (ids of the rows left out, real or synthetic) and
`settings` (those of `aemlo.quality.Judging` that are changed). Writes `quality.parquet`
and `telling.parquet` as an embedding run does: of the rows that are left, and where
settings were changed of all rows and those of MLSMOTE too.
"""

import numpy as np

from aemlo.errors import DataError
from aemlo.jobs import quality_reports
from aemlo.latent import trained
from aemlo.wording import counted


def run(job):
    """Judge what is left of the run that `job.spec` names."""
    source = job.store.run(job.spec["run"])
    known = trained.read(job.store.folder(source.id), job.store.dataset(source.dataset))
    job.on_progress(0.0, message="reading the run")
    n = known.dataset.n
    without = np.asarray(job.spec["without"], dtype=int)
    if len(without) and not 0 <= without.min() <= without.max() < n:
        raise DataError(f"without: rows run from 0 to {n - 1}, got {without.max()}.")
    kept = np.ones(n, dtype=bool)
    kept[without] = False
    real, new = kept & ~known.synthetic, kept & known.synthetic
    place = np.full(n, -1)
    place[real] = np.arange(real.sum())
    parents = [
        tuple(int(place[parent]) for parent in each if place[parent] >= 0)
        for each in known.provenance["parents"].to_numpy()[new]
    ]
    scaled, Y = quality_reports.scaled(known), known.dataset.Y
    made_for = known.provenance["label"].to_numpy()[new]
    if not new.any():
        raise DataError(
            "All synthetic rows are left out: nothing is left to judge. Bring some "
            "back."
        )
    settings = job.spec.get("settings", {})
    reports = quality_reports.Reports(job, known, settings)
    if settings:
        sampler = source.spec.get("sampler", "AEMLO")
        reports.judge_all(scaled, sampler, 0.0, 0.7 if len(without) else 1.0)
    title = title_of(source.spec.get("sampler", "AEMLO"), len(without))
    made = (scaled[new], Y[new], made_for, parents)
    if len(without):
        low = 0.7 if settings else 0.0
        reports.judge(title, (scaled[real], Y[real]), made, low, 1.0)
    reports.write()
    job.finish({"run": source.id, "real": int(real.sum()), "synthetic": int(new.sum())})


def title_of(sampler, count):
    """What a sampler's rows are called once `count` of them were left out."""
    return f"{sampler}, {counted(count, 'row')} left out"
