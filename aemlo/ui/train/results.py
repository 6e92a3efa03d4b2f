"""What a training run left: rows, IRLbl before and after, files, the model."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import streamlit as st

from aemlo.dataset import Dataset
from aemlo.errors import AemloError
from aemlo.formats import WRITERS, from_environment
from aemlo.jobs import resampling_results
from aemlo.samplers import AEMLO, SAMPLERS
from aemlo.samplers.aemlo.settings import Settings
from aemlo.store import Run
from aemlo.tables import archive
from aemlo.tables.limits import ARRAYS
from aemlo.ui import downloads, forms, layout, resampled_rows, runs, state
from aemlo.ui.state import Workspace
from aemlo.wording import count, file_stem

MOST_SPEC = 4_000_000
"""Bytes of the description of a model, at most."""
MOST_MEMBERS = 1_000
"""Arrays in the weights of a model, at most."""


class File(Protocol):
    """A file that was uploaded: its name and its bytes."""

    name: str

    def getvalue(self) -> bytes:
        """All bytes of the file."""
        ...


def results(workspace: Workspace, run: Run) -> None:
    """Rows added, IRLbl before and after, downloads; a note where no row was made."""
    folder = workspace.store.folder(run.id)
    try:
        resampled, provenance = resampled_rows.load(run.id, run.finished, folder)
    except AemloError as problem:
        if run.state != "paused":
            st.info(layout.plain(str(problem)))
        return
    st.subheader("What it made")
    _key_numbers(run.summary)
    resampled_rows.before_and_after(
        workspace.store.dataset(run.dataset),
        resampled,
        run.spec["sampler"],
        "IRLbl",
        name=f"irlbl-before-after-{run.id[:8]}",
        alt="IRLbl of each label before and after oversampling, as paired bars.",
        key="train.before_after",
    )
    card = folder / "card.csv"
    if card.exists():
        st.subheader("How good are the new rows")
        resampled_rows.quality_card(pd.read_csv(card), key="train.card")
    take_away(workspace, run, resampled, provenance)


def _key_numbers(summary: dict[str, Any]) -> None:
    """Rows added, MeanIR and the epoch kept in large type, and the sampler's notes."""
    with st.container(horizontal=True):
        st.metric("Rows added", count(summary["rows_made"]))
        st.metric("Rows in all", count(summary["rows_after"]))
        resampled_rows.mean_ir(summary)
        st.metric("Kept epoch", f"{summary['best_epoch']} of {summary['epochs']}")
    if summary["mean_ir_after"] > summary["mean_ir_before"]:
        st.info(
            "MeanIR rose: these settings make rows of all kinds, with labels as the "
            "decoder ranks them, which served classifiers best in our benchmark but "
            "does not even out the labels. To lower IRLbl, start from "
            "'rare labels first'."
        )
    for note in summary.get("notes", []):
        st.caption(layout.plain(note))


def take_away(
    workspace: Workspace, run: Run, resampled: Dataset, provenance: pd.DataFrame
) -> None:
    """The oversampled set, pairs per fold, and the model, as files."""
    st.subheader("Download")
    mark = resampling_results.marks(resampled, provenance)
    left, right = st.columns(2)
    with left, st.container(border=True):
        st.markdown("**The oversampled data set**")
        formats = sorted(WRITERS, key=lambda name: name != "CSV")
        form = st.selectbox("Format", formats, key="train.format")
        suffixes = resampled_rows.to_suffixes(form, resampled, mark, run.id)
        stem = f"{file_stem(run.dataset_name)}-oversampled"
        resampled_rows.file_buttons(
            form, resampled, mark, suffixes, stem, key="train.download"
        )
        st.caption(
            "The column is_synthetic marks synthetic rows. **Do not cross-validate "
            "this file:** its synthetic rows were made from rows that would be tested "
            "on. Take the pairs per fold instead."
        )
    with right, st.container(border=True):
        pairs(workspace, run, form)
    with st.container(border=True):
        st.markdown("**The trained model**")
        _model_buttons(model_folder(workspace, run))
        st.caption("Both files together can be loaded again below.")


def model_folder(workspace: Workspace, run: Run) -> Path | None:
    """The folder of a run's trained model; None where there is none."""
    folder = workspace.store.folder(run.id) / "model"
    return folder if (folder / "weights.pt").exists() else None


def _model_buttons(folder: Path | None) -> None:
    if folder is None:
        return
    with st.container(horizontal=True):
        for name in ("weights.pt", "spec.json"):
            downloads.download_button(
                f"Download {name}",
                lambda file=folder / name: file.read_bytes(),
                name,
                key=f"train.model.{name}",
            )


def pairs(workspace: Workspace, run: Run, form: str) -> None:
    """Train/test pairs per fold: the button that makes them, then their file."""
    st.markdown("**Train/test pairs per fold**")
    st.caption(
        "For cross-validation elsewhere: in each fold only the training part is "
        "oversampled, by a model that never saw the test part."
    )
    folds = st.number_input("Folds", 2, 20, 5, key="train.folds")
    of_this_run = [
        other for other in workspace.runs("pairs") if other.spec.get("of") == run.id
    ]
    if workspace.owns(run) and st.button(
        f"Make the pairs ({form})", key="train.pairs", icon=":material/splitscreen:"
    ):
        spec = {
            "of": run.id,
            "sampler": run.spec["sampler"],
            "settings": run.spec.get("settings", {}),
            "seed": run.spec.get("seed", 0),
            "folds": int(folds),
            "format": form,
        }
        dataset = workspace.store.dataset(run.dataset)
        workspace.enqueue("pairs", f"Fold pairs, {run.title}", spec, dataset)
        st.rerun()
    for other in of_this_run[:3]:
        if other.state == "done":
            file = workspace.store.folder(other.id) / "pairs.zip"
            downloads.download_button(
                f"Download {other.spec['folds']} pairs, {other.spec['format']} (zip)",
                lambda file=file: file.read_bytes(),
                f"{file_stem(run.dataset_name)}-pairs.zip",
                key=f"train.pairs.{other.id}",
            )
        else:
            runs.run_panel(workspace, other.id)


def make_rows_again(workspace: Workspace, run: Run) -> None:
    """Make rows again with a trained model, under other settings of generation."""
    if model_folder(workspace, run) is None:
        return
    with st.expander("Make rows again from this model, without training"):
        cls = SAMPLERS[run.spec["sampler"]]
        trained = set(vars(Settings())) | {"random_state"}
        settings = forms.param_form(
            cls,
            key=f"again.{run.id}",
            values=run.spec.get("settings", {}),
            skip=trained,
        )
        seed = st.number_input("Seed", 0, 2**31 - 1, 1, key=f"again.seed.{run.id}")
        if st.button("Make rows", key="again.go"):
            spec = {
                "sampler": run.spec["sampler"],
                "settings": run.spec.get("settings", {}) | settings,
                "seed": int(seed),
                "model_of": run.id,
            }
            dataset = workspace.store.dataset(run.dataset)
            state.show(workspace.enqueue("train", f"{run.title}, again", spec, dataset))
            st.rerun()


def load_model(workspace: Workspace) -> None:
    """Upload the two files of a model; a run then makes rows with it."""
    with st.expander("Load a trained model"):
        files = st.file_uploader(
            "weights.pt and spec.json of one model",
            type=["pt", "json"],
            accept_multiple_files=True,
            key="train.upload",
        )
        ready = {f.name.rsplit(".", 1)[-1] for f in files or []} == {"pt", "json"}
        if not st.button("Make rows with it", disabled=not ready, key="train.load"):
            return
        with layout.shown_errors():
            state.show(enqueue_model(workspace, files))
            st.rerun()


def enqueue_model(workspace: Workspace, files: Sequence[File]) -> str:
    """Check an uploaded model against the data set and queue a run that uses it.

    `files` are a model's weights (`.pt`) and its description (`.json`). Returns the id
    of the run; AemloError where they are no model, or one of other data.
    """
    dataset = workspace.dataset
    uploaded = {f.name.rsplit(".", 1)[-1]: f.getvalue() for f in files}
    known = _model_description(uploaded["json"])
    # It is unpacked by the worker; here only its directory is looked at.
    archive.check_members(
        "weights.pt",
        uploaded["pt"],
        replace(from_environment(), members=MOST_MEMBERS),
        harmless=ARRAYS,
        way_out="Save the model again",
    )
    _, X = resampling_results.prepared(dataset)
    if (known["features"], known["labels"]) != (X.shape[1], dataset.q):
        raise AemloError(
            f"This model was trained on {known['features']} features and "
            f"{known['labels']} labels; {dataset.name} has {X.shape[1]} and "
            f"{dataset.q}. Load the data set it was trained on."
        )
    spec = {
        "sampler": known["sampler"],
        "settings": known["parameters"],
        "seed": 0,
    }
    key = workspace.store.add_dataset(dataset)
    run_id = workspace.store.enqueue(
        workspace.id, "train", "A loaded model", spec, key, dataset.name, held=True
    )
    folder = workspace.store.folder(run_id) / "model"
    folder.mkdir(exist_ok=True)
    (folder / "weights.pt").write_bytes(uploaded["pt"])
    (folder / "spec.json").write_bytes(uploaded["json"])
    workspace.store.release(run_id, spec | {"model_of": run_id})
    return run_id


def _model_description(content: bytes) -> dict[str, Any]:
    """`sampler`, `parameters`, `features` and `labels` of a model's spec.json.

    AemloError where it is not the description of an AEMLO model.
    """
    try:
        if len(content) > MOST_SPEC:
            raise ValueError
        spec = json.loads(content)
        known = {k: spec[k] for k in ("sampler", "parameters", "features", "labels")}
        known["parameters"] = dict(known["parameters"])
        fits = issubclass(SAMPLERS[known["sampler"]], AEMLO)
    except (ValueError, KeyError, TypeError, RecursionError):
        fits = False
    if not fits:
        raise AemloError(
            "spec.json: not the description of an AEMLO model. Take the two files that "
            "this page hands out."
        )
    return known
