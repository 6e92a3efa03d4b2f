"""Compare samplers and classifiers: an experiment run for the app.

Cells land in the store's cell file as they come, so that stopping, resuming or adding
an arm costs only what is missing. Artefacts: `scores.parquet` (tidy rows),
`leak.parquet` (the same with the mistake of the leak lesson), `labels.parquet`,
`splits.parquet` (positives per fold and label), `predictions.npz`, `experiment.toml`.
"""

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aemlo import compare, experiment, imbalance, specs
from aemlo.arrays import LabelMatrix, Rows
from aemlo.dataset import Dataset
from aemlo.errors import Stopped
from aemlo.experiment import folds, schedulers
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
    samplers, classifiers = specs.arms(spec)
    options: dict[str, Any] = specs.options(spec) | {
        **where,
        "cells": Cells(job.store.home / "cells.sqlite"),
        "most_splits": 1 if spec.get("pilot") else None,
        "metrics": None,
    }
    mistake = options.pop("leak", "")
    kept = _Results(job, datasets)
    job.store.clear_scores(job.run.id)
    kept.write_labels(spec)
    job.may_be_cut(lambda: job.finish(kept.close(spec)))
    if mistake:
        job.stage(0.0, 0.5)
    try:
        kept.whole = experiment.run(
            datasets,
            samplers,
            classifiers,
            on_progress=job.on_progress,
            on_scores=kept.scores,
            on_cell=kept.cell,
            **options,
        )
        if mistake:
            job.stage(0.5, 1.0)
            wrong = experiment.run(
                datasets,
                samplers,
                classifiers,
                on_progress=job.on_progress,
                leak=mistake,
                **options,
            )
            _write(wrong, job.folder / "leak.parquet")
    except Stopped:
        job.keep_what_there_is()
    job.finish(kept.close(spec))
    options["cells"].clean_up()


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

    def __init__(self, job: Job, datasets: list[Dataset]) -> None:
        self.job = job
        self.datasets = datasets
        self.frames: list[pd.DataFrame] = []
        self.predictions: dict[tuple[int, str, str, int], LabelMatrix] = {}
        self.tests: dict[tuple[int, int, int], Rows] = {}
        self.warnings: list[str] = []
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
        if cell.predicted is None:
            return
        dataset = self.datasets[cell.dataset]
        place = (cell.dataset, cell.sampler, cell.classifier, cell.repeat)
        if place not in self.predictions:
            self.predictions[place] = np.full(dataset.Y.shape, -1, dtype=np.int8)
        rows = self.tests[cell.dataset, cell.repeat, cell.fold]
        self.predictions[place][rows] = cell.predicted

    def write_labels(self, spec: dict[str, Any]) -> None:
        """The labels of each data set, and what its splits hold of them."""
        tables, divisions = [], []
        chosen = specs.options(spec)
        for number, dataset in enumerate(self.datasets):
            labels = imbalance.per_label(dataset.Y, dataset.label_names)
            labels = labels.rename(columns={"IRLbl": "irlbl"})
            tables.append(labels.assign(dataset=dataset.name))
            splits = folds.plan(
                dataset,
                chosen["split"],
                folds=chosen["folds"],
                repeats=chosen["repeats"],
                test_share=chosen["test_share"],
                seed=chosen["seed"],
                duplicates=chosen["duplicates"],
            )
            for split in splits:
                self.tests[number, split.repeat, split.fold] = split.test
            divisions.append(folds.table(dataset, splits).assign(dataset=dataset.name))
            self.warnings += [
                f"{dataset.name}: {sentence}"
                for sentence in folds.warnings(dataset, splits)
            ]
        _write(pd.concat(tables), self.job.folder / "labels.parquet")
        _write(pd.concat(divisions), self.job.folder / "splits.parquet")

    def close(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Write the scores and predictions; the run's summary."""
        if not self.frames:
            return {"cells": 0}
        scores = self.whole
        if scores is None:  # ended early: what came, in the order of the arms
            order = {e["name"]: i for i, e in enumerate(spec["samplers"])}
            scores = pd.concat(self.frames).sort_values(
                "sampler", key=lambda names: names.map(order), kind="stable"
            )
        _write(scores, self.job.folder / "scores.parquet")
        self._write_predictions()
        toml = self.job.folder / "experiment.toml"
        with written_at_once(toml) as path:
            path.write_text(specs.to_toml(spec), encoding="utf-8")
        cells = scores.drop_duplicates(
            ["dataset", "sampler", "classifier", "repeat", "fold"]
        )
        table = compare.before_after(scores, spec["baseline"])
        left = experiment.estimate(
            scores, experiment.splits_of(spec), int(spec.get("jobs", 1))
        )
        return {
            "cells": len(cells),
            "failed": int((cells["error"] != "").sum()),
            "test_rows_used": int(cells["test_rows_used"].fillna(0).sum()),
            "duplicate_rows": int(cells["duplicate_rows"].fillna(0).max() or 0),
            "warnings": self.warnings,
            "verdicts": table["verdict"].value_counts().to_dict(),
            "seconds_left": experiment.total_seconds(left),
            "datasets": [dataset.name for dataset in self.datasets],
            "versions": versions(),
        }

    def _write_predictions(self) -> None:
        index = [list(place) for place in self.predictions]
        arrays = {str(i): array for i, array in enumerate(self.predictions.values())}
        target = self.job.folder / "predictions.npz"
        with written_at_once(target) as path, path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        with written_at_once(self.job.folder / "predictions.json") as path:
            path.write_text(json.dumps(index), encoding="utf-8")


def _write(frame: pd.DataFrame, path: Path) -> None:
    with written_at_once(path) as half_made:
        frame.reset_index(drop=True).to_parquet(half_made)
