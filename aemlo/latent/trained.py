"""What a finished training run left behind, as the pictures need it."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from aemlo import provenance
from aemlo.arrays import Mask, Matrix
from aemlo.dataset import Dataset
from aemlo.errors import RunError
from aemlo.preparation.preparation import Preparation

# What a picture may be asked for, with what is used where nothing is said.
PICTURE = {
    "n_neighbors": 15,
    "min_dist": 0.1,
    "dimensions": 2,
    "epochs": 200,
    "seed": 0,
    "fit_rows": 10_000,
}
TRUST = ("trustworthiness", "preservation")
SPACES = ("latent", "features", "labels")


@dataclass(frozen=True)
class Trained:
    """The resampled Dataset (original rows first), its provenance (a frame, a row for
    each), the codes (n, l) of all rows, the provenance that the data had before the run
    (see `Dataset`) and, where known, how far each row decodes from itself (n,)."""

    dataset: Dataset
    provenance: pd.DataFrame
    codes: Matrix
    before: pd.DataFrame
    reconstruction: Matrix | None = None

    @cached_property
    def synthetic(self) -> Mask:
        """Which rows (n,) are synthetic."""
        return self.provenance["origin"].to_numpy() < 0

    @cached_property
    def preparation(self) -> Preparation:
        """The Preparation that made the network's input of the original rows."""
        return Preparation(scale="none").fit(self.dataset.take(~self.synthetic))

    @property
    def original(self) -> Dataset:
        """The rows that the run was given, with the provenance they had before it."""
        return provenance.where_some(self.noted("").take(~self.synthetic))

    def noted(self, how: str) -> Dataset:
        """The resampled Dataset with its provenance in it; `how` the run made rows."""
        names = self.dataset.label_names
        known = provenance.after(self.before, self.provenance, names, how)
        return replace(self.dataset, provenance=known)


def read(folder: str | Path, dataset: Dataset) -> Trained:
    """The Trained that a training run on `dataset` left in `folder`.

    RunError where the run ended before it had decoded anything.
    """
    folder = Path(folder)
    needed = (folder / "resampled", folder / "provenance.parquet", folder / "codes.npy")
    if not all(path.exists() for path in needed):
        raise RunError(
            "This run has no codes to look at: it ended before it had decoded rows. "
            "Resume it, or train again."
        )
    resampled = Dataset.load(needed[0])
    error = folder / "reconstruction.npy"
    return Trained(
        replace(resampled, name=dataset.name),
        pd.read_parquet(needed[1]),
        np.load(needed[2], allow_pickle=False).astype(float),
        provenance.of(dataset),
        np.load(error, allow_pickle=False) if error.exists() else None,
    )


def frame(folder: str | Path, name: str) -> pd.DataFrame | None:
    """A frame an embedding run wrote (`latent`, `rows`, `quality`), or None so far."""
    path = Path(folder) / f"{name}.parquet"
    return pd.read_parquet(path) if path.exists() else None
