"""Compare samplers and classifiers: an experiment run for the app.

Cells land in the store's cell file as they come, so that stopping, resuming or adding
an arm costs only what is missing. Artefacts: `scores.parquet` (tidy rows),
`leak.parquet` (the same with the mistake of the leak lesson), `control.parquet` (the
same on permuted labels), `labels.parquet`,
`splits.parquet` (positives per fold and label), `verdicts.parquet` (the table of
`specs.verdicts` against the spec's baseline), what `compare.predictions` saves, and
`experiment.toml`.
"""

import logging
import math
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd

from aemlo import experiment, imbalance, specs
from aemlo.dataset import Dataset
from aemlo.errors import Stopped
from aemlo.experiment import folds, schedulers
from aemlo.experiment.comparison import Grid
from aemlo.experiment.kept_cells import Cells
from aemlo.experiment.recipe import versions
from aemlo.experiment.unit import Cell
from aemlo.jobs.base import Job
from aemlo.store import written_at_once

log = logging.getLogger(__name__)


def run(job: Job) -> None:
    """Do the experiment of `job.spec`; what is done when it ends early is kept."""
    spec = specs.checked(job.spec)
    where = specs.engine(spec, backend=spec.get("backend") or schedulers.backend())
    datasets = _datasets(job, spec)
    arms = specs.arms(spec)
    once = {"most_splits": 1 if spec.get("pilot") else None}
    options: dict[str, Any] = specs.options(spec) | once
    del options["metrics"]
    mistake = options.pop("leak", "")
    plan = experiment.grid(datasets, *arms, **options)
    options |= where | {"cells": Cells(job.store.home / "cells.sqlite")}
    options["spare"] = Courtesy(job)
    kept = _Results(job, spec, datasets, plan)
    job.store.clear_scores(job.run.id)
    kept.write_labels()
    job.may_be_cut(lambda: job.finish(kept.close()))
    parts = 1 + bool(mistake) + spec["control"]
    job.stage(0.0, 1 / parts)
    try:
        kept.whole = experiment.run(
            datasets,
            *arms,
            on_progress=job.on_progress,
            on_scores=kept.scores,
            on_cell=kept.cell,
            **options,
        )
        if mistake:
            job.stage(1 / parts, 2 / parts)
            wrong = experiment.run(
                datasets, *arms, on_progress=job.on_progress, leak=mistake, **options
            )
            _write(wrong, job.folder / "leak.parquet")
        if spec["control"]:
            job.stage(1 - 1 / parts, 1.0)
            permuted = [experiment.permuted(one, spec["seed"]) for one in datasets]
            shuffled = experiment.run(
                permuted, *arms, on_progress=job.on_progress, **options
            )
            _write(shuffled, job.folder / "control.parquet")
    except Stopped:
        job.keep_what_there_is()
    job.finish(kept.close())
    options["cells"].clean_up()


class Courtesy:
    """How many cores to leave free: one while somebody else waits or uses a page.

    A page counts for a minute, and not the visit that started the run.
    """

    SECONDS = 60.0
    LOOK = 2.0

    def __init__(self, job: Job) -> None:
        self.job = job
        self.began = time.time()
        self.looked, self.answer = -math.inf, 0

    def __call__(self) -> int:
        now = time.time()
        if now - self.looked >= self.LOOK:
            self.looked = now
            store = self.job.store
            visited = store.last_visit() > max(self.began + 5, now - self.SECONDS)
            waits = store.others_wait(self.job.run.workspace)
            self.answer = int((visited or waits) and experiment.cores() > 1)
        return self.answer


def _datasets(job: Job, spec: dict[str, Any]) -> list[Dataset]:
    """The data sets of the comparison; equal names are numbered."""
    datasets = [job.dataset()]
    datasets += [job.store.dataset(key) for key in spec.get("more_datasets", [])]
    taken = set()
    for place, dataset in enumerate(datasets):
        name, number = dataset.name, 2
        while name in taken:
            name, number = f"{dataset.name} ({number})", number + 1
        taken.add(name)
        if name != dataset.name:
            datasets[place] = replace(dataset, name=name)
    return datasets


class _Results:
    """Collects what comes and writes it to the job's folder at the end."""

    def __init__(
        self, job: Job, spec: dict[str, Any], datasets: list[Dataset], plan: Grid
    ) -> None:
        self.job = job
        self.spec = spec
        self.datasets = datasets
        self.plan = plan
        self.predictions = experiment.predictions_of(plan)
        self.frames: list[pd.DataFrame] = []
        self.warnings: list[str] = []
        self.evenness: dict[str, dict[str, Any]] = {}
        self.whole: pd.DataFrame | None = None

    def scores(self, frame: pd.DataFrame) -> None:
        """Take tidy rows as they come."""
        self.frames.append(frame)
        # The store shows how it goes; all rows of all labels go to one file at the end.
        self.job.add_scores(frame[frame["label"] == ""])

    def cell(self, cell: Cell) -> None:
        """Take the predictions of a cell."""
        if cell.error:
            log.warning("%s + %s: %s", cell.sampler, cell.classifier, cell.trace)
        self.predictions.add(cell)

    def write_labels(self) -> None:
        """The labels of each data set, and what its splits hold of them."""
        tables, divisions = [], []
        for dataset, splits in zip(self.datasets, self.plan.splits, strict=True):
            labels = imbalance.per_label(dataset.Y, dataset.label_names)
            labels = labels.rename(columns={"IRLbl": "irlbl"})
            minority = imbalance.minority_labels(dataset.Y)
            tables.append(labels.assign(dataset=dataset.name, minority=minority))
            divisions.append(folds.table(dataset, splits).assign(dataset=dataset.name))
            self.evenness[dataset.name] = asdict(folds.evenness(dataset, splits))
            self.warnings += [
                f"{dataset.name}: {sentence}"
                for sentence in folds.warnings(dataset, splits, self.spec["groups"])
            ]
        _write(pd.concat(tables), self.job.folder / "labels.parquet")
        _write(pd.concat(divisions), self.job.folder / "splits.parquet")

    def close(self) -> dict[str, Any]:
        """Write the scores and predictions; the run's summary."""
        spec = self.spec
        if not self.frames:
            return {"cells": 0}
        scores = self.whole
        if scores is None:  # ended early: what came, in the order of the arms
            order = {e["name"]: i for i, e in enumerate(spec["samplers"])}
            scores = pd.concat(self.frames).sort_values(
                "sampler", key=lambda names: names.map(order), kind="stable"
            )
        _write(scores, self.job.folder / "scores.parquet")
        self.predictions.save(self.job.folder, written_at_once)
        toml = self.job.folder / "experiment.toml"
        with written_at_once(toml) as path:
            path.write_text(specs.to_toml(spec), encoding="utf-8")
        cells = scores.drop_duplicates(
            ["dataset", "sampler", "classifier", "repeat", "fold"]
        )
        table = specs.verdicts(spec, scores, self.predictions)
        _write(table, self.job.folder / "verdicts.parquet")
        splits = experiment.splits_of(spec)
        units = splits * len(spec["samplers"]) * len(self.datasets)
        jobs = experiment.Engine(jobs=spec.get("jobs")).processes(units)
        left = experiment.estimate(scores, splits, jobs)
        return {
            "cells": len(cells),
            "failed": int((cells["error"] != "").sum()),
            "test_rows_used": int(cells["test_rows_used"].fillna(0).sum()),
            "duplicate_rows": int(cells["duplicate_rows"].fillna(0).max() or 0),
            "near_duplicate_rows": int(
                cells["near_duplicate_rows"].fillna(0).max() or 0
            ),
            "warnings": self.warnings,
            "evenness": self.evenness,
            "verdicts": table["verdict"].value_counts().to_dict(),
            "seconds_left": experiment.total_seconds(left),
            "datasets": [dataset.name for dataset in self.datasets],
            "versions": versions(),
        }


def _write(frame: pd.DataFrame, path: Path) -> None:
    with written_at_once(path) as half_made:
        frame.reset_index(drop=True).to_parquet(half_made)
