"""The result of a classification run, read once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from scipy import sparse

from aemlo.arrays import LabelMatrix, Matrix, PerLabel, Rows, Scores
from aemlo.store import Run
from aemlo.ui.state import Workspace


@dataclass(frozen=True, eq=False)
class Arm:
    """What one arm predicted for the test rows.

    `labels` and `scores` are (n, q), `thresholds` (q,), `coefficients` (q, d) or None
    where the classifier has none.
    """

    name: str
    labels: LabelMatrix
    scores: Scores
    thresholds: PerLabel
    coefficients: Matrix | None


@dataclass(frozen=True, eq=False)
class Result:
    """A finished classify run: the rows it was judged on and its arms by name.

    `train` and `test` are positions of rows; `near` and `distance` (n_test, k) the
    nearest training rows of each test row; `X_test` the features as the classifier
    got them, called `feature_names`.
    """

    train: Rows
    test: Rows
    near: NDArray[np.integer[Any]]
    distance: Matrix
    feature_names: NDArray[Any]
    X_test: sparse.csr_matrix
    arms: dict[str, Arm]


@st.cache_resource(max_entries=8, show_spinner=False)
def read(
    folder: Path, finished: float | None, files: tuple[tuple[str, str], ...]
) -> Result:
    """The Result kept in `folder`; `files` are pairs of arm name and file name."""
    with np.load(folder / "rows.npz", allow_pickle=False) as stored:
        rows = {name: stored[name] for name in stored.files}
    arms = {}
    for name, file in files:
        with np.load(folder / file, allow_pickle=False) as stored:
            arms[name] = Arm(
                name,
                stored["labels"],
                stored["scores"],
                stored["thresholds"],
                stored["coefficients"] if "coefficients" in stored.files else None,
            )
    X_test = sparse.csr_matrix(sparse.load_npz(folder / "test.npz"))
    return Result(**rows, X_test=X_test, arms=arms)


def of_run(workspace: Workspace, run: Run) -> Result | None:
    """The Result of a run, as far as its arms are done; None before the first."""
    done = [arm for arm in run.summary.get("arms", []) if not arm["error"]]
    if not done:
        return None
    files = tuple((arm["name"], arm["file"]) for arm in done)
    return read(workspace.store.folder(run.id), run.finished, files)
