"""Resample the data set with one sampler, and look at what came out.

`job.spec`: `sampler`, `settings`, `seed`. Artefacts beside those of
`aemlo.jobs.resampling_results`: `rows.parquet` and `card.csv` (see
`aemlo.quality.card`), `map.parquet` (x, y of every returned row, the first two
principal components of them all), and for AutoSMOTE `decisions.parquet`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from aemlo import safe_tables
from aemlo.arrays import Features, Matrix
from aemlo.jobs import resampling_results
from aemlo.jobs.base import Job
from aemlo.latent.pictures import pca
from aemlo.neighbours.stretch import distance_space, stretches
from aemlo.quality import card as quality_card
from aemlo.store import written_at_once

RESAMPLED = 0.8  # share of the whole


def run(job: Job) -> None:
    """Make the rows, then the quality card and the map."""
    dataset = job.dataset()
    preparation, X = resampling_results.prepared(dataset)
    sampler = resampling_results.sampler_of(job.spec, job.seed)
    job.stage(0.0, RESAMPLED)
    labels = pd.DataFrame(dataset.Y, columns=list(dataset.label_names))
    X_all, Y_all = sampler.fit_resample(
        X,
        labels,
        categorical_features=preparation.categorical_features_,
        on_progress=_naming_the_epoch(job),
    )
    Y_all = np.asarray(Y_all)
    summary = resampling_results.save(job, dataset, preparation, sampler, X_all, Y_all)
    decisions = getattr(sampler, "decisions_", None)
    if decisions is not None and len(decisions):
        _keep(job, "decisions", decisions)
    job.stage(RESAMPLED, 1.0)
    groups = preparation.categorical_features_
    space = distance_space(X_all, groups, stretches(X, groups))
    rows = quality_card.per_row(space, Y_all, sampler.provenance_, job.on_progress)
    _keep(job, "rows", rows)
    card = quality_card.card(space, Y_all, sampler.provenance_, rows)
    with written_at_once(job.folder / "card.csv") as path:
        safe_tables.save_csv(card, path)
    _keep(job, "map", pd.DataFrame(_picture(space), columns=["x", "y"]))
    job.finish(summary)


def _naming_the_epoch(job: Job) -> Callable[..., None]:
    def on_progress(fraction: float, **values: Any) -> None:
        if "epoch" in values:
            values["message"] = f"epoch {values['epoch']}"
        job.on_progress(fraction, **values)

    return on_progress


def _keep(job: Job, name: str, frame: pd.DataFrame) -> None:
    with written_at_once(job.folder / f"{name}.parquet") as path:
        frame.to_parquet(path)


def _picture(space: Features) -> Matrix:
    """Principal components of all rows, real ones and new ones in one picture."""
    return pca(sparse.csr_matrix(space) if sparse.issparse(space) else space)
