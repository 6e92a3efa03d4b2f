"""Fill the form of the Compare page from an experiment file."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from aemlo import specs
from aemlo.dataset import Dataset
from aemlo.errors import AemloError, DataError, ParameterError
from aemlo.store import Store
from aemlo.ui import layout
from aemlo.ui.compare import form
from aemlo.ui.compare.form import Entry, Spec
from aemlo.ui.state import Workspace

FILE, OUTCOME = "compare.load.file", "compare.load.told"


def loader(workspace: Workspace, dataset: Dataset) -> None:
    """Take an experiment file; a file that does not fit leaves the form as it is."""
    with st.popover("Load an experiment file", icon=":material/upload_file:"):
        st.file_uploader(
            "An experiment file, downloaded from this page or written by hand (.toml)",
            type="toml",
            key=FILE,
            on_change=_load,
            args=(workspace, dataset),
        )
    worked, message = st.session_state.get(OUTCOME, (True, ""))
    if message:
        (st.success if worked else st.error)(layout.plain(message))


def _load(workspace: Workspace, dataset: Dataset) -> None:
    upload = st.session_state.get(FILE)
    if upload is None:
        st.session_state.pop(OUTCOME, None)
        return
    try:
        spec = specs.from_toml(_text(upload))
        _check_form(spec, dataset)
        others = _other_datasets(workspace, dataset, spec.get("datasets", []))
    except AemloError as problem:
        message = f"{upload.name}: {problem} The form below is as it was."
        st.session_state[OUTCOME] = (False, message)
        return
    fill(spec, others)
    message = f"The form below is filled in from {upload.name}: {_sizes(spec)}."
    st.session_state[OUTCOME] = (True, message)


def _check_form(spec: Spec, dataset: Dataset) -> None:
    """Raise ParameterError for what a spec may say and the form cannot."""
    engine = specs.engine(spec)
    for name, (low, high) in form.LIMITS.items():
        value = engine.get(name, spec.get(name))
        if value is not None and not low <= value <= high:
            raise ParameterError(
                f"Experiment: {name} = {value!r}, and this form takes {low} to {high}. "
                "The command line takes it as it is."
            )
    if spec["groups"] and spec["groups"] not in dataset.feature_names:
        raise ParameterError(
            f"Experiment: groups is {spec['groups']!r}, and {dataset.name!r} has no "
            "such column."
        )
    if spec["split"] == "declared" and dataset.split is None:
        raise ParameterError(
            f"Experiment: split is 'declared', but {dataset.name!r} has no split of "
            "its own. Use folds or hold-out."
        )


def _text(upload: UploadedFile) -> str:
    try:
        return upload.getvalue().decode("utf-8")
    except UnicodeDecodeError:
        raise ParameterError(
            "Experiment: the file is not text in UTF-8. Choose the .toml file."
        ) from None


def _sizes(spec: Spec) -> str:
    return (
        f"{len(spec['samplers'])} samplers, {len(spec['classifiers'])} classifiers, "
        f"divided by {spec['split']}, seed {spec['seed']}"
    )


def _other_datasets(
    workspace: Workspace, dataset: Dataset, entries: Sequence[Entry]
) -> list[str]:
    """Keys of the data sets of `entries` but the first, which must be the one in use.

    Raises DataError where one is not here. A file without data sets is about any.
    """
    if entries and not _is(dataset, entries[0]):
        raise DataError(
            f"The experiment is about {_name(entries[0])!r}, which is not the data set "
            f"in use ({dataset.name!r}): other values, names or recipe. Use it first, "
            "on the Data set page, then load the file again."
        )
    known = form.known_datasets(workspace, dataset)
    return [_key_of(workspace.store, known, entry) for entry in entries[1:]]


def _key_of(store: Store, known: dict[str, str], entry: Entry) -> str:
    """The content hash of the data set that `entry` describes."""
    for key, name in known.items():
        if name == _name(entry) or "sha256" in entry:
            try:
                if _is(store.dataset(key), entry):
                    return key
            except AemloError:
                continue  # the store no longer has it
    raise DataError(
        f"The experiment is also about {_name(entry)!r}, which this workspace has not "
        "used. Use it once on the Data set page, then load the file again."
    )


def _is(dataset: Dataset, entry: Entry) -> bool:
    if "sha256" in entry:
        return entry["sha256"] == dataset.values_hash
    return _name(entry).casefold() == dataset.name.casefold()


def _name(entry: Entry) -> str:
    path = entry["path"].replace("\\", "/").rpartition("/")[2]
    return entry.get("name") or path.partition(".")[0]


def fill(spec: Spec, others: Sequence[str] = ()) -> None:
    """Put a checked spec into the widgets of the form; they are drawn afterwards.

    `others` are the content hashes of the further data sets.
    """
    state = st.session_state
    variants = _variants(spec)
    state[form.VARIANTS] = variants
    for family in form.FAMILIES:
        number = sum(variant["family"] == family for variant in variants)
        state[f"compare.{family}.{number}"] = [entry["name"] for entry in spec[family]]
    state["compare.remedies"] = []
    for name in (*form.DIVISION, *form.OTHERS):
        state[f"compare.{name}"] = spec[name]
    names = form.arms_of(spec)
    state[form.arms_key(names)] = spec["only"] or names
    state["compare.more_datasets"] = list(others)
    engine = specs.engine(spec)
    state["compare.jobs"] = engine["jobs"] or form.all_cores()
    state["compare.scheduler"] = engine["scheduler"].name if engine["scheduler"] else ""
    state["compare.leak"] = ""


def _variants(spec: Spec) -> list[dict[str, Any]]:
    """The arms of a spec that have changed settings or a name of their own."""
    swept = spec.get("sweep", {}).get("values", {})
    variants = []
    for family, table in form.FAMILIES.items():
        for entry in spec[family]:
            name, settings = entry["name"], specs.changed_settings(table, entry)
            if not settings and name == entry["use"]:
                continue
            sweeps = family == "samplers" and name in swept
            variants.append(
                {
                    "family": family,
                    "use": entry["use"],
                    "name": name,
                    "settings": settings,
                    "sweep": [spec["sweep"]["setting"], swept[name]]
                    if sweeps
                    else None,
                }
            )
    return variants
