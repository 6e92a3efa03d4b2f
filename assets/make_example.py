"""Make the finished example on yeast that every page can show: assets/example/.

Run by hand after a change of what runs leave behind (a few minutes on two cores):

    python assets/make_example.py

It does the runs with the app's own jobs in a store of its own, and packs them into
less than 2 MB: single precision, synthetic rows only, no checkpoint.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from aemlo.dataset import Dataset
from aemlo.formats import read
from aemlo.jobs import resampling_results
from aemlo.store import Run, Store
from aemlo.store.files import folder_bytes
from aemlo.worker import Worker

FOLDER = Path(__file__).resolve().parent / "example"
IDS = {
    "train": "0a0a0a0a0a0a0a0a0a0a0a01",
    "embed": "0a0a0a0a0a0a0a0a0a0a0a02",
    "compare": "0a0a0a0a0a0a0a0a0a0a0a03",
}
SETTINGS = {
    "budget": 0.25,
    "rare_share": 1.0,
    "pair_share": 1.0,
    "epochs": 60,
    "latent_size": 32,
    "width": 100,
}
COMPARISON = {
    "samplers": [{"name": n, "use": n} for n in ("none", "MLSMOTE", "AEMLO")],
    "classifiers": [
        {"name": n, "use": n} for n in ("BR-logistic", "BR-tree", "ML-kNN")
    ],
    "baseline": "none",
    "folds": 5,
}
RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    "train": (
        "AEMLO, rare labels first",
        {"sampler": "AEMLO", "settings": SETTINGS, "seed": 0},
    ),
    "embed": ("Pictures of the example", {"run": IDS["train"]}),
    "compare": ("none, MLSMOTE, AEMLO on three classifiers", COMPARISON),
}
"""{kind: (title, spec)}, in the order in which they are done"""
LEFT_OUT = ("checkpoint.pt", "resampled", "codes.npy", "reconstruction.npy")
MOST_BYTES = 2_000_000


def main() -> int:
    """Do the three runs and write the folder; returns its size in bytes."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    with tempfile.TemporaryDirectory() as home:
        store = Store(home)
        dataset = read("yeast")
        listing = []
        for kind in RUNS:
            run = do(store, dataset, kind)
            pack(store, run, dataset)
            listing.append(entry_of(run))
    (FOLDER / "runs.json").write_text(json.dumps(listing, indent=1), "utf-8")
    size = folder_bytes(FOLDER)
    if size >= MOST_BYTES:
        raise RuntimeError(f"The example takes {size:,} bytes, over {MOST_BYTES:,}.")
    return size


def do(store: Store, dataset: Dataset, kind: str) -> Run:
    """Do the run of a kind as a worker does it; RuntimeError where it fails."""
    title, spec = RUNS[kind]
    key = store.add_dataset(dataset)
    run_id = store.enqueue("example", kind, title, spec, key, dataset.name)
    with store.open(write=True) as db:
        db.execute("UPDATE runs SET id = ? WHERE id = ?", (IDS[kind], run_id))
    worker = Worker(store)
    worker.do(store.claim(worker.name))
    run = store.run(IDS[kind])
    if run.state != "done":
        raise RuntimeError(f"{kind}: {run.error}")
    return run


def entry_of(run: Run) -> dict[str, Any]:
    """What `runs.json` has of a run; see `Store.keep_finished`."""
    return {
        "id": run.id,
        "kind": run.kind,
        "title": run.title,
        "spec": run.spec,
        "dataset_name": run.dataset_name,
        "seconds": round(run.seconds, 1),
        "summary": run.summary,
    }


def pack(store: Store, run: Run, dataset: Dataset) -> None:
    """Copy what a run left behind into the example's folder, without what is large."""
    source, target = store.folder(run.id), FOLDER / run.id
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
    events, scores = store.events(run.id), store.scores(run.id)
    if len(events):
        events.to_csv(target / "events.csv", index=False, float_format="%.5g")
    if len(scores):
        scores.to_csv(target / "scores.csv", index=False, float_format="%.6g")
    if run.kind == "train":
        resampled, provenance = resampling_results.load(source)
        new = (provenance["origin"] < 0).to_numpy()
        if new[: dataset.n].any():
            raise RuntimeError("The example's original rows must come first.")
        np.savez_compressed(
            target / "made.npz",
            X=np.asarray(resampled.X)[new].astype(np.float32),
            Y=resampled.Y[new],
            codes=np.load(source / "codes.npy").astype(np.float16),
            reconstruction=np.load(source / "reconstruction.npy").astype(np.float16),
        )


if __name__ == "__main__":
    description = (__doc__ or "").splitlines()[0]
    argparse.ArgumentParser(description=description).parse_args()
    print(f"{main():,} bytes in {FOLDER}")  # noqa: T201
