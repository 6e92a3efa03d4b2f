"""The finished example run on yeast that ships in assets/, put into a store once."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aemlo.dataset import Dataset
from aemlo.store import Store

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "example"


def install_example(store: Store, workspace: str) -> None:
    """Copy the example's runs into `store` under `workspace`, unless they are there.

    The library can be installed without assets/; then there is no example.
    """
    listing = FOLDER / "runs.json"
    if not listing.exists():
        return
    wanted = json.loads(listing.read_text(encoding="utf-8"))
    present = {run.id for run in store.runs(workspace)}
    if {run["id"] for run in wanted} == present:
        return
    for run_id in present - {run["id"] for run in wanted}:
        store.delete(run_id)
    from aemlo.formats import read

    key = store.add_dataset(read("yeast"))
    for run in wanted:
        if run["id"] in present:
            continue
        _install(store, workspace, key, run)


def _unpack(dataset: Dataset, folder: Path) -> None:
    """Write the resampled data set and the codes as a training run leaves them."""
    with np.load(folder / "made.npz", allow_pickle=False) as synthetic:
        replace(
            dataset,
            X=np.vstack([np.asarray(dataset.X), synthetic["X"]]),
            Y=np.vstack([dataset.Y, synthetic["Y"]]),
        ).save(folder / "resampled")
        for name in ("codes", "reconstruction"):
            np.save(folder / f"{name}.npy", synthetic[name].astype(np.float32))


def _install(store: Store, workspace: str, key: str, run: dict[str, Any]) -> None:
    """Put one run of the listing into `store`, with its files, curves and scores."""
    store.keep_finished(workspace, run, key)
    source = FOLDER / run["id"]
    if not source.exists():
        return
    folder = store.folder(run["id"])
    for path in source.rglob("*"):
        if path.is_file() and path.name not in ("events.csv", "scores.csv"):
            target = folder / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    if (source / "made.npz").exists():
        _unpack(store.dataset(key), folder)
    if (source / "events.csv").exists():
        events = pd.read_csv(source / "events.csv").melt("step", var_name="name")
        rows = events.dropna()[["step", "name", "value"]]
        store.add_events(run["id"], rows.itertuples(index=False, name=None))
    if (source / "scores.csv").exists():
        scores = pd.read_csv(source / "scores.csv", keep_default_na=False)
        scores["value"] = pd.to_numeric(scores["value"], errors="coerce")
        store.add_scores(run["id"], scores)
