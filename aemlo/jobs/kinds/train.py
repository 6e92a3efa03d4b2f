"""Train AEMLO and make rows with it; or make rows again with a trained model.

Artefacts: `model/` (weights.pt, spec.json), `checkpoint.pt`, `losses.csv`,
`resampled/`, `provenance.parquet`, `codes.npy` (n, l) of all rows, `reconstruction.npy`
(n,), the mean scaled error of each row decoded from its code, `card.csv` (see
`aemlo.quality.card`), and `features.parquet` (`feature`, `error`, `epoch`): how far
each decoded feature was from the real one at the latest check, as a share of its range.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aemlo import params, safe_tables
from aemlo.arrays import Features, LabelMatrix, PerFeature
from aemlo.errors import RunError, Stopped
from aemlo.jobs import resampling_results
from aemlo.jobs.base import Job
from aemlo.neighbours.stretch import distance_space, stretches
from aemlo.quality import card
from aemlo.samplers import AEMLO
from aemlo.store import written_at_once

CHUNK = 2048
FEATURES = "features.parquet"
SECONDS_BETWEEN_FILES = 1.0
TRAINED, GENERATED, CODED = 0.9, 0.95, 1.0  # shares of the whole


def run(job: Job) -> None:
    """Train as `job.spec` says (`sampler`, `settings`), or load `model_of` a run."""
    dataset = job.dataset()
    preparation, X = resampling_results.prepared(dataset)
    sampler = resampling_results.sampler_of(job.spec, job.seed)
    if not isinstance(sampler, AEMLO):
        raise RunError(
            f"{sampler.title} is not trained: choose AEMLO or AEMLO-paper, or resample."
        )
    if job.spec.get("model_of"):
        _use_trained(job, sampler)
    elif not _train(job, sampler, X, dataset.Y, preparation.feature_names_):
        return
    job.stage(TRAINED, GENERATED)
    X_all, Y_all = sampler.generate(
        X,
        dataset.Y,
        categorical_features=preparation.categorical_features_,
        on_progress=job.on_progress,
    )
    summary = resampling_results.save(job, dataset, preparation, sampler, X_all, Y_all)
    job.stage(GENERATED, CODED)
    _save_codes(job, sampler.model_, X_all)
    _save_card(job, X_all, Y_all, sampler)
    job.finish(
        summary
        | {
            "epochs": len(sampler.losses_),
            "best_epoch": int(sampler.best_epoch_),
            "features": X.shape[1],
            "labels": dataset.q,
        }
    )


def _train(
    job: Job, sampler: AEMLO, X: Features, Y: LabelMatrix, names: Sequence[str]
) -> bool:
    """Fit the sampler; False when it was paused and there is nothing more to do."""
    job.stage(0.0, TRAINED)
    checkpoint = job.folder / "checkpoint.pt"
    if checkpoint.exists():
        _report_again(job, checkpoint)
    features = FeatureErrors(job.folder, names)
    try:
        sampler.fit(
            X, Y, on_progress=_with_errors(job, features), checkpoint=checkpoint
        )
    except Stopped:
        job.keep_what_there_is()
        if job.ended_by == "pause":
            return False
        if not len(sampler.losses_):
            raise RunError(
                "Stopped before the first epoch ended, so nothing was learned. "
                "Resume, or start again."
            ) from None
    features.write()
    sampler.save(job.folder / "model")
    with written_at_once(job.folder / "losses.csv") as path:
        safe_tables.save_csv(sampler.losses_, path)
    return True


def _report_again(job: Job, checkpoint: Path) -> None:
    """Write the curves up to a checkpoint: a worker that died may not have."""
    from aemlo.samplers.aemlo.training import load_checkpoint

    state = load_checkpoint(checkpoint)
    for values in (*state["history"], *state["checks"]):
        job.on_progress(0.0, message="resuming", **values)
    job.flush()


class FeatureErrors:
    """The latest error of each feature, written at most once a second."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.path = folder / FEATURES
        self.names = names
        self.latest: tuple[int, PerFeature] | None = None
        self.written_at = 0.0

    def update(self, epoch: int, errors: PerFeature) -> None:
        """Take the errors (d,) of a check after `epoch`."""
        self.latest = (epoch, errors)
        if time.monotonic() - self.written_at > SECONDS_BETWEEN_FILES:
            self.write()

    def write(self) -> None:
        """Write what came since the last file."""
        if self.latest is None:
            return
        epoch, errors = self.latest
        frame = pd.DataFrame({"feature": self.names, "error": errors, "epoch": epoch})
        with written_at_once(self.path) as path:
            frame.to_parquet(path, index=False)
        self.latest, self.written_at = None, time.monotonic()


def _with_errors(job: Job, features: "FeatureErrors") -> Callable[..., None]:
    """The job's progress hook; errors of features, which are many, go to a file."""

    def on_progress(fraction: float, **values: Any) -> None:
        errors = values.pop("feature_errors", None)
        if errors is not None:
            features.update(values["epoch"], errors)
        if "epoch" in values:
            values["message"] = f"epoch {values['epoch']}"
        job.on_progress(fraction, **values)

    return on_progress


def _use_trained(job: Job, sampler: AEMLO) -> None:
    """Give the sampler the model of another run, and this run a copy of it."""
    source = job.store.folder(job.spec["model_of"]) / "model"
    if not (source / "weights.pt").exists():
        raise RunError("The model to make rows with is no longer kept. Train again.")
    trained = type(sampler).load(source)
    settings = {
        name: value
        for name, value in sampler.get_params().items()
        if name in job.spec.get("settings", {})
    }
    params.check(trained.set_params(**settings))
    sampler.set_params(**trained.get_params() | {"random_state": job.seed})
    for name in ("model_", "losses_", "best_epoch_"):
        setattr(sampler, name, getattr(trained, name))
    if source != job.folder / "model":
        shutil.copytree(source, job.folder / "model", dirs_exist_ok=True)
        if (source.parent / FEATURES).exists():
            shutil.copy(source.parent / FEATURES, job.folder / FEATURES)


def _save_card(job: Job, X: Features, Y: LabelMatrix, sampler: AEMLO) -> None:
    groups = sampler.categorical_features_
    space = distance_space(X, groups, stretches(X, groups))
    with written_at_once(job.folder / "card.csv") as path:
        safe_tables.save_csv(card.card(space, Y, sampler.provenance_), path)


def _save_codes(job: Job, model: Any, X: Features) -> None:
    codes, errors = [], []
    for start in range(0, X.shape[0], CHUNK):
        job.on_progress(start / X.shape[0], message="coding rows")
        rows = X[start : start + CHUNK]
        codes.append(model.encode(rows).astype(np.float32))
        dense = rows if isinstance(rows, np.ndarray) else rows.toarray()
        off = (model.decode_features(codes[-1]) - dense) / model.span_
        errors.append(np.abs(off).mean(axis=1))
    for name, values in (("codes", codes), ("reconstruction", errors)):
        with written_at_once(job.folder / f"{name}.npy") as path, path.open("wb") as f:
            np.save(f, np.concatenate(values), allow_pickle=False)
