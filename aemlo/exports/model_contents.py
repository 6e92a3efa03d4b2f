"""What a model file holds: read within limits, checked part by part, nothing unpickled.

By itself, without samplers and classifiers, so that a process started for one file
(`aemlo.limited_process`) is soon at work. `aemlo.exports.model` says what a model is.
Ours.
"""

import io
import json
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from aemlo.dataset import Dataset
from aemlo.errors import AemloError, DataError
from aemlo.formats.kinds.npz import check_array
from aemlo.tables import archive
from aemlo.tables.limits import ARRAYS, Limits, check_megabytes, from_environment

FORMAT = "aemlo model 1"
SUFFIX = ".aemlo-model.zip"
CALLED = "The model file"
CHECKED_ROWS = 50
KNOWN = {
    *("model.json", "check.npy", "data/names.json", "data/X.npy", "data/X.npz"),
    *("data/Y.npy", "data/split.npy"),
}


def contents_into(files, folder, on_progress, limits):
    """Put the `contents` of a model file into `folder`; what its description names."""
    limits = None if limits is None else Limits(**limits)
    model, dataset, check = contents(files[0][1], limits)
    dataset.save(folder / "data")
    np.save(folder / "check.npy", check, allow_pickle=False)
    return model


def contents(data, limits=None):
    """(description, Dataset, check) in a model file; its arm may not exist here.

    The description has `arm`, `seed`, `scale` and, but in files of version 1 of the
    specs, `spec_version`.

    Only known names are read, arrays without pickle. What is in the file keeps to the
    limits of data files, which its directory and the headers of its arrays must show
    before anything is unpacked. Raises DataError.
    """
    limits = limits or from_environment()
    check_megabytes(limits, CALLED, len(data), "upload_mb")
    try:
        with (
            zipfile.ZipFile(io.BytesIO(data)) as packed,
            tempfile.TemporaryDirectory() as folder,
        ):
            _check_members(packed, data, limits)
            packed.extractall(folder)
            made = json.loads((Path(folder) / "model.json").read_text("utf-8"))
            _check_made(made)
            check = np.load(Path(folder) / "check.npy", allow_pickle=False)
            dataset = _checked(Dataset.load(Path(folder) / "data"), check)
            known = ("arm", "seed", "scale", "spec_version")
            return {key: made[key] for key in known if key in made}, dataset, check
    except AemloError:
        raise
    except Exception as problem:
        raise _no_model(type(problem).__name__) from problem


def _no_model(why):
    return DataError(
        f"This is not a model file of this program, or it was changed: {why}. Model "
        f"files end in {SUFFIX}."
    )


def _check_members(packed, data, limits):
    """Refuse members that no model file has, or that are too large, unopened."""
    names = packed.namelist()
    for name in names:
        if name not in KNOWN:
            raise DataError(
                f"The model file holds {name!r}, which no model file has. It was not "
                "opened further."
            )
        if names.count(name) > 1:
            raise _no_model(f"{name!r} is in it twice")
    how = {"harmless": ARRAYS, "packed": len(data), "way_out": "Save the model again"}
    archive.check_members(CALLED, data, limits, **how)
    for info in packed.infolist():
        what = f"{CALLED}: {info.filename!r}"
        if info.filename.endswith(".npy"):
            check_array(CALLED, packed, info, limits)
        elif info.filename.endswith(".npz"):
            inner = packed.read(info)
            archive.check_members(what, inner, limits, **how)
            with zipfile.ZipFile(io.BytesIO(inner)) as parts:
                for part in parts.infolist():
                    check_array(what, parts, part, limits)


def _check_made(made):
    if not isinstance(made, dict):
        raise _no_model("model.json is no object")
    if made.get("format") != FORMAT:
        raise DataError(
            f"The model file has format {made.get('format')!r:.50}; this version reads "
            f"{FORMAT!r}. Save the model again with this version."
        )
    if type(made["seed"]) is not int or not isinstance(made["scale"], str):
        raise _no_model("model.json has a seed or a scale that is none")


def _checked(dataset, check):
    """`dataset`, if every part of it is of the kind that `to_bytes` writes."""
    X, split = dataset.X, dataset.split
    numbers = [X, dataset.Y, check, *([] if split is None else [split])]
    fits = (
        all(values.dtype.kind in "fiub" for values in numbers)
        and X.ndim == dataset.Y.ndim == check.ndim == 2
        and check.shape == (min(CHECKED_ROWS, dataset.n), dataset.q)
        and (split is None or split.shape == (dataset.n,))
    )
    if not fits:
        raise _no_model("X, Y, check or split are no tables of numbers that fit")
    if not _are_names(dataset):
        raise _no_model("names.json holds something else than names")
    X = X.astype(float)
    if dataset.is_sparse:
        X.check_format(full_check=True)
    if np.isinf(X.data if dataset.is_sparse else X).any():
        raise _no_model("X has infinite numbers")
    for j, feature in enumerate(dataset.features):
        if feature.kind == "nominal":
            part = X[:, [j]].data if dataset.is_sparse else X[:, j]
            known = part[~np.isnan(part)]
            if not np.isin(known, np.arange(len(feature.categories))).all():
                raise _no_model(
                    f"feature {feature.name!r:.50} has values that are none of its "
                    "categories"
                )
    return replace(dataset, X=X, split=None if split is None else split.astype(bool))


def _are_names(dataset):
    words = [dataset.name, dataset.labels_from, *dataset.label_names]
    words += dataset.warnings
    for feature in dataset.features:
        words += [feature.name, *feature.categories]
    return (
        all(isinstance(word, str) for word in words)
        and all(f.kind in ("numeric", "nominal") for f in dataset.features)
        and all(isinstance(step, dict) for step in dataset.recipe)
        and isinstance(dataset.source, dict)
    )
