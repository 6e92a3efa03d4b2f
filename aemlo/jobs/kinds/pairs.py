"""Train/test pairs per fold in one zip: only the training parts are resampled.

This is what to cross-validate with elsewhere; a data set resampled as a whole has rows
made from the rows it would be tested on. Artefact: `pairs.zip`.
"""

import zipfile
from collections.abc import Iterator

from aemlo import provenance
from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.experiment import folds
from aemlo.experiment.folds import Split
from aemlo.formats import to_bytes
from aemlo.jobs import resampling_results
from aemlo.jobs.base import Job
from aemlo.preparation.preparation import Preparation
from aemlo.store import written_at_once
from aemlo.wording import file_stem

READ_ME = """Train/test pairs, fold by fold.

Data set: {name}. Sampler: {sampler}, settings {settings}, seed {seed}.
Folds: {folds}, multi-label stratified, duplicates of a row kept on one side.
Only the training parts hold synthetic rows; the column is_synthetic marks them.
Missing values were filled with what the training part of each fold shows.
{left_out}"""


def run(job: Job) -> None:
    """Divide, resample each training part as `job.spec` says, and pack the files."""
    given = job.dataset()
    # Rows made from a row that is tested on would be trained on.
    made_before = provenance.synthetic(given)
    dataset = given.take(~made_before)
    splits = folds.plan(dataset, folds=job.spec["folds"], seed=job.seed)
    with (
        written_at_once(job.folder / "pairs.zip") as path,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr("README.txt", _read_me(job, dataset, int(made_before.sum())))
        for place, split in enumerate(splits):
            job.stage(place / len(splits), (place + 1) / len(splits))
            for part, rows, mark in _pair(job, dataset, split):
                stem = f"{file_stem(dataset.name)}-fold{split.fold + 1}-{part}"
                for suffix, data in to_bytes(rows, job.spec["format"], mark).items():
                    archive.writestr(stem + suffix, data)
    job.finish({"folds": len(splits)})


def _read_me(job: Job, dataset: Dataset, made_before: int) -> str:
    left_out = f"{made_before:,} synthetic rows that the data had were left out.\n"
    return READ_ME.format(
        name=dataset.name,
        sampler=job.spec["sampler"],
        settings=job.spec.get("settings", {}),
        seed=job.seed,
        folds=job.spec["folds"],
        left_out=left_out if made_before else "",
    )


def _pair(
    job: Job, dataset: Dataset, split: Split
) -> Iterator[tuple[str, Dataset, Mask | None]]:
    """("train" or "test", its Dataset, its synthetic rows marked), one by one."""
    train, test = dataset.take(split.train), dataset.take(split.test)
    preparation = Preparation(scale="none").fit(train)
    sampler = resampling_results.sampler_of(job.spec, job.seed)

    def on_progress(fraction: float, **values: object) -> None:
        job.on_progress(fraction, message=f"fold {split.fold + 1}")

    X, Y = sampler.fit_resample(
        preparation.transform(train),
        train.Y,
        categorical_features=preparation.categorical_features_,
        on_progress=on_progress,
    )
    resampled = preparation.restore(X, Y, train)
    yield "train", resampled, (sampler.provenance_["origin"] < 0).to_numpy()
    yield "test", preparation.restore(preparation.transform(test), test.Y, test), None
