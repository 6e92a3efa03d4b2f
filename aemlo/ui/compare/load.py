"""Fill the form of the Compare page from an experiment file."""

import streamlit as st

from aemlo import specs
from aemlo.errors import AemloError, DataError, ParameterError
from aemlo.ui import layout
from aemlo.ui.compare import form

FILE, TOLD = "compare.load.file", "compare.load.told"


def loader(workspace, dataset):
    """Take an experiment file; a file that does not fit leaves the form as it is."""
    with st.popover("Load an experiment file", icon=":material/upload_file:"):
        st.file_uploader(
            "An experiment this page, or a text editor, wrote (.toml)",
            type="toml",
            key=FILE,
            on_change=_load,
            args=(workspace, dataset),
        )
    worked, sentence = st.session_state.get(TOLD, (True, ""))
    if sentence:
        (st.success if worked else st.error)(layout.plain(sentence))


def _load(workspace, dataset):
    upload = st.session_state.get(FILE)
    if upload is None:
        st.session_state.pop(TOLD, None)
        return
    try:
        spec = specs.from_toml(_text(upload))
        _check_form(spec, dataset)
        others = _other_datasets(workspace, dataset, spec.get("datasets", []))
    except AemloError as problem:
        told = f"{upload.name}: {problem} The form below is as it was."
        st.session_state[TOLD] = (False, told)
        return
    fill(spec, others)
    told = f"The form below is filled in from {upload.name}: {_sizes(spec)}."
    st.session_state[TOLD] = (True, told)


def _check_form(spec, dataset):
    """Raise ParameterError for what a spec may say and the form cannot."""
    engine = specs.engine(spec)
    for name, (low, high) in form.LIMITS.items():
        value = engine.get(name, spec.get(name))
        if not low <= value <= high:
            raise ParameterError(
                f"Experiment: {name} = {value!r}, and this form takes {low} to {high}. "
                "The command line takes it as it is."
            )
    if spec["split"] == "declared" and dataset.split is None:
        raise ParameterError(
            f"Experiment: split is 'declared', but {dataset.name!r} has no split of "
            "its own. Use folds or hold-out."
        )


def _text(upload):
    try:
        return upload.getvalue().decode("utf-8")
    except UnicodeDecodeError:
        raise ParameterError(
            "Experiment: the file is not text in UTF-8. Choose the .toml file."
        ) from None


def _sizes(spec):
    return (
        f"{len(spec['samplers'])} samplers, {len(spec['classifiers'])} classifiers, "
        f"divided by {spec['split']}, seed {spec['seed']}"
    )


def _other_datasets(workspace, dataset, entries):
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


def _key_of(store, known, entry):
    for key, name in known.items():
        if name == _name(entry) or "sha256" in entry:
            try:
                if _is(store.dataset(key), entry):
                    return key
            except AemloError:
                continue  # no longer kept
    raise DataError(
        f"The experiment is also about {_name(entry)!r}, which this workspace has not "
        "used. Use it once on the Data set page, then load the file again."
    )


def _is(dataset, entry):
    if "sha256" in entry:
        return entry["sha256"] == dataset.values_hash
    return _name(entry).casefold() == dataset.name.casefold()


def _name(entry):
    path = entry["path"].replace("\\", "/").rpartition("/")[2]
    return entry.get("name") or path.partition(".")[0]


def fill(spec, others=()):
    """Put a checked spec into the widgets of the form; they are drawn afterwards."""
    state = st.session_state
    swept = spec.get("sweep", {}).get("values", {})
    variants = [
        {
            "family": family,
            "use": entry["use"],
            "name": entry["name"],
            "settings": changed,
            "sweep": [spec["sweep"]["setting"], swept[entry["name"]]]
            if family == "samplers" and entry["name"] in swept
            else None,
        }
        for family in form.FAMILIES
        for entry in spec[family]
        for changed in [specs.changed_settings(form.FAMILIES[family], entry)]
        if changed or entry["name"] != entry["use"]
    ]
    state[form.VARIANTS] = variants
    for family in form.FAMILIES:
        count = sum(variant["family"] == family for variant in variants)
        state[f"compare.{family}.{count}"] = [entry["name"] for entry in spec[family]]
    state["compare.remedies"] = []
    for name in ("split", "folds", "test_share", "repeats", "seed", "duplicates"):
        state[f"compare.{name}"] = spec[name]
    state["compare.scale"] = spec["scale"]
    state["compare.baseline"] = spec["baseline"]
    state["compare.more_datasets"] = list(others)
    engine = specs.engine(spec)
    state["compare.jobs"] = engine["jobs"]
    state["compare.scheduler"] = engine["scheduler"].name if engine["scheduler"] else ""
    state["compare.leak"] = ""
