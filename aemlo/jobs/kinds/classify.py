"""Classify: some arms in depth, on one split.

Fits every arm of `spec["arms"]` (see `aemlo.exports.model.Pipeline`) on the training
part of the split that `spec["split"]` names, and keeps what each predicts for the test
part.

Artefacts: `rows.npz` (positions of the training and test rows, nearest training rows),
`test.npz` (the test rows prepared), `arm_<i>.npz` (labels, scores, thresholds, and
coefficients where there are any).
"""

import time
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from aemlo import metrics
from aemlo.classifiers import explain
from aemlo.dataset import Dataset
from aemlo.errors import AemloError, ParameterError
from aemlo.experiment import folds
from aemlo.experiment.folds import Split
from aemlo.exports import model
from aemlo.jobs.base import Job
from aemlo.notes import as_note
from aemlo.preparation.preparation import Preparation
from aemlo.store import written_at_once

MOST_COEFFICIENTS = 20_000_000


def run(job: Job) -> None:
    """Fit and judge the arms of `job.spec`, one after another."""
    dataset, arms = job.dataset(), job.spec["arms"]
    if not arms:
        raise ParameterError("Classify: there is nothing to compare. Choose an arm.")
    for arm in arms:
        model.check_arm(arm)
    split = split_of(dataset, job.spec.get("split", {}))
    train, test = dataset.take(split.train), dataset.take(split.test)
    _write_rows(job, split, train, test)
    job.may_be_cut()
    fitted = []
    for i, arm in enumerate(arms):
        job.stage(i / len(arms), (i + 1) / len(arms))
        facts = {"name": arm["name"], "file": f"arm_{i}.npz", "error": ""}
        try:
            facts |= _fit_arm(job, arm, i, train, test)
        except AemloError as problem:
            facts["error"] = str(problem)
        fitted.append(facts)
        job.finish({"arms": fitted, "train": train.n, "test": test.n})


def split_of(dataset: Dataset, spec: dict[str, Any]) -> Split:
    """The Split that a spec asks for: `how`, `folds`, `fold`, `test_share`, `seed`.

    Raises ParameterError for a fold that the split does not have.
    """
    how, fold = spec.get("how", "hold-out"), int(spec.get("fold", 0))
    splits = folds.plan(
        dataset,
        how,
        folds=int(spec.get("folds", 5)),
        test_share=float(spec.get("test_share", 0.3)),
        seed=int(spec.get("seed", 0)),
    )
    if not 0 <= fold < len(splits):
        raise ParameterError(
            f"Classify: fold must be between 0 and {len(splits) - 1}, got {fold}."
        )
    return splits[fold]


def _fit_arm(
    job: Job, arm: dict[str, Any], i: int, train: Dataset, test: Dataset
) -> dict[str, Any]:
    def on_progress(fraction: float, **values: Any) -> None:
        # Each arm has curves of its own: two losses must not fall on one line.
        step = {k: values.pop(k) for k in ("epoch", "step") if k in values}
        message = values.pop("message", "") or arm["name"]
        curves = {f"{arm['name']}: {k.replace('_', ' ')}": v for k, v in values.items()}
        job.on_progress(fraction, message=message, **step, **curves)

    started = time.perf_counter()
    pipeline = model.Pipeline(arm, job.seed, job.spec["scale"]).fit(train, on_progress)
    seconds = time.perf_counter() - started
    labels, scores = pipeline.decide(test)
    kept = {"labels": labels, "scores": scores, "thresholds": pipeline.thresholds_}
    weights = explain.coefficients(pipeline.classifier_)
    if weights is not None and weights.size <= MOST_COEFFICIENTS:
        kept["coefficients"] = weights
    with written_at_once(job.folder / f"arm_{i}.npz") as path, path.open("wb") as out:
        np.savez_compressed(out, allow_pickle=False, **kept)
    rows = metrics.evaluate(test.Y, labels, scores, label_names=test.label_names)
    frame = pd.DataFrame(rows, columns=["metric", "label", "value"])
    sampler = arm.get("sampler") or "none"
    place = {
        "dataset": test.name,
        "sampler": sampler if isinstance(sampler, str) else sampler["name"],
        "classifier": arm["name"],
        "repeat": 0,
        "fold": int(job.spec.get("split", {}).get("fold", 0)),
    }
    job.add_scores(frame.assign(**place)[[*place, "metric", "label", "value"]])
    return {
        "seconds": seconds,
        "rows": pipeline.sampled_rows_,
        "notes": [as_note(note).stored() for note in pipeline.notes_[:20]],
        "features": len(pipeline.preparation_.feature_names_),
    }


def _write_rows(job: Job, split: Split, train: Dataset, test: Dataset) -> None:
    preparation = Preparation().fit(train)
    X, X_test = preparation.transform(train), preparation.transform(test)
    place, distance = explain.nearest(X, X_test)
    with written_at_once(job.folder / "rows.npz") as path, path.open("wb") as out:
        np.savez_compressed(
            out,
            train=split.train,
            test=split.test,
            near=split.train[place],
            distance=distance,
            feature_names=np.array(preparation.feature_names_, dtype=str),
        )
    with written_at_once(job.folder / "test.npz") as path, path.open("wb") as out:
        sparse.save_npz(out, sparse.csr_matrix(X_test))
