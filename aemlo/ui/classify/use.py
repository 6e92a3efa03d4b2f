"""Use a classifier: train it on all rows, keep it as a file, predict new rows."""

import hashlib

import numpy as np
import streamlit as st

from aemlo.exports import model, model_contents
from aemlo.formats import uploads
from aemlo.jobs.kinds.predict import MODEL
from aemlo.notes import read as read_note
from aemlo.ui import figures, layout
from aemlo.ui import runs as ui_runs
from aemlo.ui.classify import form as pieces
from aemlo.ui.classify import frames


def use(workspace, dataset, arm):
    """The view "Use it" for one arm of a run."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(
            f"**Train {layout.plain(pieces.in_words(arm))} on all {dataset.n:,} rows** "
            "and keep it, or let it predict the rows of a file without labels."
        )
        upload = st.file_uploader(
            "Rows to predict (optional), any format of the Data set page",
            key="classify.use.rows",
            help="Columns are found by name; columns that are no feature are left out.",
        )
        if st.button("Train on all rows", type="primary", key="classify.use.go"):
            with layout.shown_errors():
                _enqueue(workspace, dataset, arm, upload)
                st.rerun()
    with right:
        _load(workspace)
    runs = workspace.runs("predict")
    if runs:
        _finished(workspace, runs)


def _enqueue(workspace, dataset, arm, upload, **more):
    spec = {"arm": arm, **more}
    title = f"Model: {pieces.in_words(arm)}"
    if upload is not None:
        rows = model.rows_like(
            dataset, uploads.open_files([(upload.name, upload.getvalue())])
        )
        spec["rows"] = workspace.store.add_dataset(rows)
        spec["warnings"] = list(rows.warnings)
        title += f", {rows.n:,} rows of {upload.name}"
    workspace.enqueue("predict", title, spec, dataset=dataset)


def _load(workspace):
    st.markdown(
        "**Load a model** that was saved here. The file holds settings, seed and "
        "training rows, no program: loading it trains again."
    )
    file = st.file_uploader("Model file", type=["zip"], key="classify.use.model")
    rows = st.file_uploader("Rows to predict", key="classify.use.model.rows")
    if st.button("Load", key="classify.use.load", disabled=file is None):
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


def _finished(workspace, runs):
    st.divider()
    by_id = {run.id: run for run in runs}
    picked = st.selectbox(
        "Models",
        list(by_id),
        format_func=ui_runs.run_labels(runs).get,
        key=f"classify.use.run.{runs[0].id}",
    )
    run = by_id[picked]
    ui_runs.run_panel(workspace, run.id)
    if run.state != "done":
        return
    names = workspace.store.dataset(run.dataset).label_names
    notes = [read_note(note).named(names) for note in run.summary.get("notes", [])]
    for sentence in [*run.spec.get("warnings", []), *notes]:
        st.caption(layout.plain(sentence))
    if "same" in run.summary:
        if run.summary["same"]:
            st.success("Its scores are those it had when it was saved.")
        else:
            st.warning(
                "Its scores differ from those it had when it was saved: another "
                "version of a library, or another processor."
            )
    folder = workspace.store.folder(run.id)
    data = (folder / MODEL).read_bytes()
    st.download_button(
        f"Download model ({len(data) / 1e6:.1f} MB)",
        data,
        file_name=f"{run.dataset_name}-{hashlib.sha256(data).hexdigest()[:6]}"
        f"{model_contents.SUFFIX}",
        key="classify.use.model.download",
        icon=":material/download:",
        on_click="ignore",
    )
    if run.summary.get("predicted"):
        rows = workspace.store.dataset(run.spec["rows"])
        with np.load(folder / "predictions.npz", allow_pickle=False) as kept:
            frame = frames.predictions_frame(rows, kept["labels"], kept["scores"])
        st.markdown(f"**{rows.n:,} rows predicted**")
        figures.table(
            frame, name=f"{rows.name}-predicted", key="classify.use.predicted"
        )
