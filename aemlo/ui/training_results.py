"""What came of a training run: rows, IRLbl before and after, files, the model."""

import json
from dataclasses import replace

import pandas as pd
import streamlit as st

from aemlo import imbalance
from aemlo.autoencoder.settings import Settings
from aemlo.charts import theme
from aemlo.charts.imbalance_change import before_after
from aemlo.errors import AemloError
from aemlo.file_names import file_stem
from aemlo.formats import WRITERS, archive, from_environment, to_bytes, zipped
from aemlo.formats.limits import ARRAYS
from aemlo.imbalance import change
from aemlo.jobs import resampled
from aemlo.samplers import SAMPLERS
from aemlo.ui import downloads, forms, parts
from aemlo.ui.resample_parts import quality_card

MOST_SPEC = 4_000_000  # bytes of the description of a model
MOST_MEMBERS = 1_000  # arrays in its weights


@st.cache_data(max_entries=8, show_spinner=False)
def _loaded(run_id, finished, _folder):
    return resampled.load(_folder)


def results(workspace, run):
    """Rows added, IRLbl before and after, downloads; nothing where none were made."""
    folder = workspace.store.folder(run.id)
    try:
        made, provenance = _loaded(run.id, run.finished, folder)
    except AemloError as problem:
        if run.state != "paused":
            st.info(parts.plain(str(problem)))
        return
    before = workspace.store.dataset(run.dataset)
    st.subheader("What it made")
    summary = run.summary
    with st.container(horizontal=True):
        st.metric("Rows added", theme.count(summary["rows_made"]))
        st.metric("Rows in all", theme.count(summary["rows_after"]))
        st.metric(
            "MeanIR",
            theme.number(summary["mean_ir_after"]),
            delta=f"{summary['mean_ir_after'] - summary['mean_ir_before']:+.3f}",
            delta_color="inverse",
            help="Lower is more balanced.",
        )
        st.metric("Kept epoch", f"{summary['best_epoch']} of {summary['epochs']}")
    if summary["mean_ir_after"] > summary["mean_ir_before"]:
        st.info(
            "MeanIR rose: these settings make rows of all kinds, with labels as the "
            "decoder ranks them, which served classifiers best in our benchmark but "
            "does not even out the labels. To lower IRLbl, start from "
            "'rare labels first'."
        )
    for note in summary.get("notes", []):
        st.caption(parts.plain(note))
    _before_and_after(run, before, made)
    card = folder / "card.csv"
    if card.exists():
        st.subheader("How good are the new rows")
        quality_card(pd.read_csv(card), key="train.card")
    offered(workspace, run, made, provenance)


def _before_and_after(run, before, made):
    table = change.before_after(before.Y, made.Y, before.label_names)
    fig = before_after(
        table,
        "IRLbl",
        after=run.spec["sampler"],
        colour=theme.sampler_colour(run.spec["sampler"]),
        mean=imbalance.mean_ir(before.Y),
    )
    parts.figure(
        fig,
        data=table,
        name=f"irlbl-before-after-{run.id[:8]}",
        alt="IRLbl of each label before and after oversampling, as paired bars.",
        key="train.before_after",
    )


def offered(workspace, run, made, provenance):
    """The oversampled set, fold pairs, and the model."""
    st.subheader("Take it with you")
    mark = resampled.marks(made, provenance)
    left, right = st.columns(2)
    with left, st.container(border=True):
        st.markdown("**The oversampled data set**")
        formats = sorted(WRITERS, key=lambda name: name != "CSV")
        form = st.selectbox("Format", formats, key="train.format")
        suffixes = to_suffixes(form, made, mark, run.id)
        stem = f"{file_stem(run.dataset_name)}-oversampled"
        file_buttons(form, made, mark, suffixes, stem, key="train.download")
        st.caption(
            "The column is_synthetic marks synthetic rows. **Do not cross-validate "
            "this file:** its synthetic rows were made from rows that would be tested "
            "on. Take the pairs per fold instead."
        )
    with right, st.container(border=True):
        pairs(workspace, run, form)
    with st.container(border=True):
        st.markdown("**The trained model**")
        model = workspace.store.folder(run.id) / "model"
        if (model / "weights.pt").exists():
            with st.container(horizontal=True):
                for name in ("weights.pt", "spec.json"):
                    st.download_button(
                        f"Download {name}",
                        data=lambda n=name: (model / n).read_bytes(),
                        file_name=downloads.file_name(name),
                        key=f"train.model.{name}",
                        on_click="ignore",
                        icon=":material/download:",
                    )
        st.caption("Both files together can be loaded again below.")


def file_buttons(form, made, mark, suffixes, stem, key):
    """A button for each file that the format `form` writes of `made`, and for a zip."""
    files = {
        suffix: lambda s=suffix: to_bytes(made, form, mark)[s] for suffix in suffixes
    }
    stem = downloads.file_name(stem)
    files[".zip"] = lambda: zipped(made, form, mark, stem)
    for suffix, data in files.items():
        st.download_button(
            f"Download {suffix}",
            data=data,
            file_name=f"{stem}{suffix}",
            key=f"{key}{suffix}",
            on_click="ignore",
            icon=":material/download:",
        )


@st.cache_data(max_entries=32, show_spinner=False)
def to_suffixes(form, _made, _mark, run_id):
    """Endings of the files a format writes, tried on the first rows."""
    return tuple(to_bytes(_made.take(range(min(3, _made.n))), form, _mark[:3]))


def pairs(workspace, run, form):
    """Train/test pairs per fold: the button that makes them, the file once made."""
    st.markdown("**Train/test pairs per fold**")
    st.caption(
        "For cross-validation elsewhere: in each fold only the training part is "
        "oversampled, by a model that never saw the test part."
    )
    folds = st.number_input("Folds", 2, 20, 5, key="train.folds")
    made = [
        other
        for other in workspace.runs("pairs", this_dataset=False)
        if other.spec.get("of") == run.id
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
    for other in made[:3]:
        if other.state == "done":
            st.download_button(
                f"Download {other.spec['folds']} pairs, {other.spec['format']} (zip)",
                data=lambda o=other: (
                    workspace.store.folder(o.id) / "pairs.zip"
                ).read_bytes(),
                file_name=downloads.file_name(
                    f"{file_stem(run.dataset_name)}-pairs.zip"
                ),
                key=f"train.pairs.{other.id}",
                on_click="ignore",
                icon=":material/download:",
            )
        else:
            parts.run_panel(workspace, other.id)


def again(workspace, run):
    """Make rows again with a trained model, under other settings of generation."""
    model = workspace.store.folder(run.id) / "model"
    if not (model / "weights.pt").exists():
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
            new = workspace.enqueue("train", f"{run.title}, again", spec, dataset)
            st.query_params["run"] = new
            st.rerun()


def load_model(workspace):
    """Load a model saved before: two files in, a run that makes rows with it out."""
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
        with parts.shown_errors():
            run_id = enqueue_model(workspace, files)
            st.query_params["run"] = run_id
            st.rerun()


def enqueue_model(workspace, files):
    """Check an uploaded model against the data set and queue a run that uses it."""
    dataset = workspace.dataset
    written = {f.name.rsplit(".", 1)[-1]: f.getvalue() for f in files}
    try:
        if len(written["json"]) > MOST_SPEC:
            raise ValueError
        spec = json.loads(written["json"])
        known = {k: spec[k] for k in ("sampler", "parameters", "features", "labels")}
        fits = known["sampler"] in ("AEMLO", "AEMLO-paper")
        settings = dict(known["parameters"])
    except (ValueError, KeyError, TypeError, RecursionError):
        fits = False
    if not fits:
        raise AemloError(
            "spec.json: not the description of an AEMLO model. Take the two files that "
            "this page hands out."
        )
    # It is unpacked by the worker; here only its directory is looked at.
    archive.check_members(
        "weights.pt",
        written["pt"],
        replace(from_environment(), members=MOST_MEMBERS),
        harmless=ARRAYS,
        way_out="Save the model again",
    )
    preparation, X = resampled.prepared(dataset)
    if (known["features"], known["labels"]) != (X.shape[1], dataset.q):
        raise AemloError(
            f"This model was trained on {known['features']} features and "
            f"{known['labels']} labels; {dataset.name} has {X.shape[1]} and "
            f"{dataset.q}. Load the data set it was trained on."
        )
    spec = {"sampler": known["sampler"], "settings": settings, "seed": 0}
    key = workspace.store.add_dataset(dataset)
    run_id = workspace.store.enqueue(
        workspace.id, "train", "A loaded model", spec, key, dataset.name, held=True
    )
    folder = workspace.store.folder(run_id) / "model"
    folder.mkdir(exist_ok=True)
    (folder / "weights.pt").write_bytes(written["pt"])
    (folder / "spec.json").write_bytes(written["json"])
    workspace.store.release(run_id, spec | {"model_of": run_id})
    return run_id
