"""Visits to the latent page in tests: a small finished run, its maps, what is shown."""

import base64
import shutil

import numpy as np
import pandas as pd
import pytest
from visits import WORKSPACE

from aemlo.dataset import Dataset, Feature
from aemlo.latent import trained

ARRAY_TYPES = {"i1": "int8", "u1": "uint8", "i2": "int16", "i4": "int32"}
"""Plotly's names for the types of encoded arrays, and NumPy's."""


@pytest.fixture
def source(store):
    """A finished training run on 60 rows, 12 with a rare label, and 10 synthetic."""
    rng = np.random.default_rng(0)
    rare = np.arange(60) < 12
    X = rng.normal(size=(60, 5)) + 4.0 * rare[:, None]
    Y = np.column_stack([np.ones(60), rare]).astype(np.uint8)
    features = tuple(Feature(f"f{j}") for j in range(5))
    original = Dataset("small", X, Y, features, ("all", "rare"))
    resampled = Dataset(
        "small",
        np.vstack([X, X[:10] + 0.1]),
        np.vstack([Y, Y[:10]]),
        features,
        original.label_names,
    )
    provenance = pd.DataFrame(
        {
            "origin": [*range(60), *([-1] * 10)],
            "parents": [()] * 60 + [(j, j + 1) for j in range(10)],
            "label": [-1] * 60 + [1] * 10,
            "weight": [np.nan] * 60 + [0.3] * 10,
        }
    )
    key = store.add_dataset(original)
    store.use_dataset(WORKSPACE, key)
    run_id = store.enqueue(
        WORKSPACE, "train", "AEMLO", {"sampler": "AEMLO", "seed": 0}, key, "small"
    )
    folder = store.folder(run_id)
    resampled.save(folder / "resampled")
    provenance.to_parquet(folder / "provenance.parquet")
    np.save(folder / "codes.npy", resampled.X @ rng.normal(size=(5, 4)))
    store.claim("nobody")
    summary = {"rows_before": 60, "rows_after": 70, "rows_made": 10, "notes": []}
    summary |= {"mean_ir_before": 3.0, "mean_ir_after": 70 / 22}
    summary |= {"best_epoch": 1, "epochs": 2}
    store.finish(run_id, "done", summary=summary, error=None)
    return store.run(run_id)


def copy_of(store, source, title):
    """A finished run with the rows of `source`, called `title`; its id."""
    run_id = store.enqueue(
        WORKSPACE, "train", title, {"seed": 0}, source.dataset, "small"
    )
    shutil.copytree(store.folder(source.id), store.folder(run_id), dirs_exist_ok=True)
    store.claim("nobody")
    store.finish(run_id, "done", summary={}, error=None)
    return run_id


def trained_network(store, source):
    """Give `source` a trained network, and the codes it gives the rows."""
    from aemlo.samplers import AEMLO

    folder = store.folder(source.id)
    known = trained.read(folder, store.dataset(source.dataset))
    sampler = AEMLO(epochs=2, latent_size=4, width=8, random_state=0)
    sampler.fit(known.dataset.X[:60], known.dataset.Y[:60]).save(folder / "model")
    np.save(folder / "codes.npy", sampler.model_.encode(known.dataset.X))


def drawn(store, source, **spec):
    """A finished embedding run of `source`, its pictures made up."""
    rng = np.random.default_rng(1)
    spec = {"run": source.id, **trained.PICTURE, **spec}
    run_id = store.enqueue(WORKSPACE, "embed", "Map", spec, source.dataset, "small")
    folder = store.folder(run_id)
    n = 70
    for space in trained.SPACES:
        frame = pd.DataFrame(rng.normal(size=(n, spec["dimensions"])))
        frame.columns = list("xyz")[: spec["dimensions"]]
        frame.insert(0, "row", np.arange(n))
        frame["placed"] = False
        frame["trustworthiness"], frame["preservation"] = 0.9, 0.5
        frame.to_parquet(folder / f"{space}.parquet")
    rows = pd.DataFrame({"row": np.arange(n), "outside": np.arange(n) >= 67})
    rows.to_parquet(folder / "rows.parquet")
    store.claim("nobody")
    store.finish(run_id, "done", summary={}, error=None)
    return store.run(run_id)


def ids(chart, name):
    """Row ids of the trace whose name starts with `name`, as the browser gets them."""
    row_ids = []
    for trace in chart["data"]:
        if trace.get("name", "").startswith(name):
            carried = trace["customdata"]
            if isinstance(carried, dict):
                data = base64.b64decode(carried["bdata"])
                carried = np.frombuffer(data, ARRAY_TYPES[carried["dtype"]]).tolist()
            row_ids += np.ravel(carried).tolist()
    return row_ids
