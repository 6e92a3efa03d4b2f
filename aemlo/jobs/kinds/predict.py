"""Predict: one arm trained on all rows, kept as a model file, and used on new rows.

`spec["arm"]`, `spec["scale"]` and the run's seed make the model; `spec["rows"]`, if
given, is the key of a data set whose rows are predicted; `spec["check"]` are scores the
model should reproduce (of a loaded model file).

Artefacts: the model file, and `predictions.npz` (labels and scores).
"""

import numpy as np

from aemlo.exports import model, model_contents
from aemlo.jobs.base import Job
from aemlo.notes import as_note
from aemlo.store import written_at_once

MODEL = f"model{model_contents.SUFFIX}"


def run(job: Job) -> None:
    """Train, write the model file, and predict the rows that are named."""
    dataset, arm = job.dataset(), job.spec["arm"]
    model.check_arm(arm)
    job.may_be_cut()
    pipeline = model.Pipeline(arm, job.seed, job.spec.get("scale", "min-max"))
    pipeline.fit(dataset, job.on_progress)
    summary = {
        "name": arm["name"],
        "rows": dataset.n,
        "notes": [as_note(note).stored() for note in pipeline.notes_[:20]],
    }
    if "check" in job.spec:
        check = np.array(job.spec["check"], dtype=float)
        summary["same"] = bool(model.same_scores(pipeline, dataset, check))
    with written_at_once(job.folder / MODEL) as path:
        path.write_bytes(model.to_bytes(pipeline, dataset))
    if job.spec.get("rows"):
        rows = job.store.dataset(job.spec["rows"])
        labels, scores = pipeline.decide(rows)
        with (
            written_at_once(job.folder / "predictions.npz") as path,
            path.open("wb") as out,
        ):
            np.savez_compressed(out, labels=labels, scores=scores)
        summary["predicted"] = rows.n
    job.finish(summary)
