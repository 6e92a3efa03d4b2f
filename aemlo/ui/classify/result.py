"""The result of a classification run, read once."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from scipy import sparse


@dataclass(frozen=True, eq=False)
class Arm:
    """What one arm says of the test rows: labels and scores (n, q), thresholds (q,)."""

    name: str
    labels: np.ndarray
    scores: np.ndarray
    thresholds: np.ndarray
    coefficients: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Result:
    """A finished classify run: the rows it was judged on and its arms by name."""

    train: np.ndarray
    test: np.ndarray
    near: np.ndarray
    distance: np.ndarray
    feature_names: np.ndarray
    X_test: sparse.csr_matrix
    arms: dict


@st.cache_resource(max_entries=8, show_spinner=False)
def result(folder, finished, files):
    """The Result kept in `folder`; `files` are pairs of arm name and file name."""
    with np.load(folder / "rows.npz", allow_pickle=False) as kept:
        rows = {name: kept[name] for name in kept.files}
    arms = {}
    for name, file in files:
        with np.load(folder / file, allow_pickle=False) as kept:
            arms[name] = Arm(
                name,
                kept["labels"],
                kept["scores"],
                kept["thresholds"],
                kept["coefficients"] if "coefficients" in kept.files else None,
            )
    X_test = sparse.csr_matrix(sparse.load_npz(folder / "test.npz"))
    return Result(**rows, X_test=X_test, arms=arms)


def result_of(workspace, run):
    """The Result of a run, as far as its arms are done; None before the first."""
    done = [a for a in run.summary.get("arms", []) if not a["error"]]
    if not done:
        return None
    files = tuple((a["name"], a["file"]) for a in done)
    return result(workspace.store.folder(run.id), run.finished, files)
