"""Use a classifier: train it on all rows, keep it as a file, predict new rows."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from aemlo.dataset import Dataset
from aemlo.exports import model, model_contents
from aemlo.formats import uploads
from aemlo.jobs.kinds.predict import MODEL
from aemlo.notes import read as read_note
from aemlo.store import Run
from aemlo.ui import downloads, figures, layout, runs
from aemlo.ui.classify import form, frames
from aemlo.ui.state import Workspace
from aemlo.wording import count


def use(workspace: Workspace, dataset: Dataset, arm: dict[str, Any]) -> None:
    """The view "Use it" for one arm of a run."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(
            f"**Train {layout.plain(form.in_words(arm))} on all {count(dataset.n)} "
            "rows** and save it as a file, or predict the rows of a file without "
            "labels."
        )
        upload = st.file_uploader(
            "Rows to predict (optional), any format of the Data set page",
            key="classify.use.rows",
            help="Columns are matched by name; columns that are not features are "
            "ignored.",
        )
        if st.button("Train on all rows", type="primary", key="classify.use.go"):
            with layout.shown_errors():
                _enqueue(workspace, dataset, arm, upload)
                st.rerun()
    with right:
        _load(workspace)
    models = workspace.runs("predict")
    if models:
        _models(workspace, models)


def _enqueue(
    workspace: Workspace,
    dataset: Dataset,
    arm: dict[str, Any],
    upload: UploadedFile | None,
    **more: Any,
) -> None:
    """Queue the training on all rows, and the prediction of the uploaded rows."""
    spec = {"arm": arm, **more}
    title = f"Model: {form.in_words(arm)}"
    if upload is not None:
        rows = model.rows_like(
            dataset, uploads.open_files([(upload.name, upload.getvalue())])
        )
        spec["rows"] = workspace.store.add_dataset(rows)
        spec["warnings"] = list(rows.warnings)
        title += f", {count(rows.n)} rows of {upload.name}"
    workspace.enqueue("predict", title, spec, dataset=dataset)


def _load(workspace: Workspace) -> None:
    st.markdown(
        "**Load a model** that was saved on this page. The file holds settings, seed "
        "and training rows, but no code: the model is trained again."
    )
    file = st.file_uploader("Model file", type=["zip"], key="classify.use.model")
    rows = st.file_uploader("Rows to predict", key="classify.use.model.rows")
    pressed = st.button("Load", key="classify.use.load", disabled=file is None)
    if pressed and file is not None:
        with layout.shown_errors():
            arm, seed, scale, data, check = model.from_bytes(file.getvalue())
            _enqueue(
                workspace,
                data,
                arm,
                rows,
                seed=seed,
                scale=scale,
                check=check.tolist(),
            )
            st.rerun()


def _models(workspace: Workspace, models: Sequence[Run]) -> None:
    """Choose one of the trained models; its notes, its file and its predictions."""
    st.divider()
    by_id = {run.id: run for run in models}
    names = runs.run_labels(models)
    chosen = st.selectbox(
        "Models",
        list(by_id),
        format_func=lambda run_id: names[run_id],
        key=f"classify.use.run.{models[0].id}",
    )
    run = by_id[chosen]
    runs.run_panel(workspace, run.id)
    if run.state != "done":
        return
    _notes(workspace, run)
    _model_button(workspace, run)
    if run.summary.get("predicted"):
        _predicted(workspace, run)


def _notes(workspace: Workspace, run: Run) -> None:
    """What training reported, and whether a loaded model gives its old scores."""
    names = workspace.store.dataset(run.dataset).label_names
    notes = [read_note(note).named(names) for note in run.summary.get("notes", [])]
    for sentence in [*run.spec.get("warnings", []), *notes]:
        st.caption(layout.plain(sentence))
    if "same" in run.summary:
        if run.summary["same"]:
            st.success("Its scores are the same as when it was saved.")
        else:
            st.warning(
                "Its scores differ from those it had when it was saved: another "
                "version of a library, or another processor."
            )


def _model_button(workspace: Workspace, run: Run) -> None:
    model_file = (workspace.store.folder(run.id) / MODEL).read_bytes()
    digest = hashlib.sha256(model_file).hexdigest()[:6]
    downloads.download_button(
        f"Download model ({len(model_file) / 1e6:.1f} MB)",
        model_file,
        f"{run.dataset_name}-{digest}{model_contents.SUFFIX}",
        key="classify.use.model.download",
    )


def _predicted(workspace: Workspace, run: Run) -> None:
    """The predicted rows as a table."""
    rows = workspace.store.dataset(run.spec["rows"])
    file = workspace.store.folder(run.id) / "predictions.npz"
    with np.load(file, allow_pickle=False) as stored:
        frame = frames.predictions_frame(rows, stored["labels"], stored["scores"])
    st.markdown(f"**{count(rows.n)} rows predicted**")
    figures.table(frame, name=f"{rows.name}-predicted", key="classify.use.predicted")
