"""What a model file holds: read within limits, checked part by part, nothing unpickled.

By itself, without samplers and classifiers, so that a process started for one file
(`aemlo.limited_process`) is soon at work. `aemlo.exports.model` says what a model is.
Ours.
"""

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from aemlo.arrays import Scores
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
    "model.json",
    "check.npy",
    "data/names.json",
    "data/X.npy",
    "data/X.npz",
    "data/Y.npy",
    "data/split.npy",
}


def contents_into(
    files: Sequence[tuple[str, bytes]],
    folder: Path,
    on_progress: Callable[..., object],
    limits: dict[str, Any] | None,
) -> dict[str, Any]:
    """Put the `contents` of a model file into `folder`; what its description names."""
    kept_to = None if limits is None else Limits(**limits)
    model, dataset, check = contents(files[0][1], kept_to)
    dataset.save(folder / "data")
    np.save(folder / "check.npy", check, allow_pickle=False)
    return model


def contents(
    data: bytes, limits: Limits | None = None
) -> tuple[dict[str, Any], Dataset, Scores]:
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
            model = json.loads((Path(folder) / "model.json").read_text("utf-8"))
            _check_model(model)
            check = np.load(Path(folder) / "check.npy", allow_pickle=False)
            dataset = _checked(Dataset.load(Path(folder) / "data"), check)
            known = ("arm", "seed", "scale", "spec_version")
            return {key: model[key] for key in known if key in model}, dataset, check
    except AemloError:
        raise
    except Exception as problem:
        raise _no_model(type(problem).__name__) from problem


def _no_model(why: str) -> DataError:
    return DataError(
        f"This is not a model file of this program, or it was changed: {why}. Model "
        f"files end in {SUFFIX}."
    )


def _check_members(packed: zipfile.ZipFile, data: bytes, limits: Limits) -> None:
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
    check_inside = partial(
        archive.check_members,
        limits=limits,
        harmless=ARRAYS,
        packed=len(data),
        way_out="Save the model again",
    )
    check_inside(CALLED, data)
    for info in packed.infolist():
        what = f"{CALLED}: {info.filename!r}"
        if info.filename.endswith(".npy"):
            check_array(CALLED, packed, info, limits)
        elif info.filename.endswith(".npz"):
            inner = packed.read(info)
            check_inside(what, inner)
            with zipfile.ZipFile(io.BytesIO(inner)) as parts:
                for part in parts.infolist():
                    check_array(what, parts, part, limits)


def _check_model(model: Any) -> None:
    if not isinstance(model, dict):
        raise _no_model("model.json is no object")
    if model.get("format") != FORMAT:
        raise DataError(
            f"The model file has format {model.get('format')!r:.50}; this version "
            f"reads {FORMAT!r}. Save the model again with this version."
        )
    if type(model["seed"]) is not int or not isinstance(model["scale"], str):
        raise _no_model("model.json has a seed or a scale that is none")


def _checked(dataset: Dataset, check: Scores) -> Dataset:
    """`dataset`, if every part of it is of the kind that `to_bytes` writes."""
    X, split = dataset.X, dataset.split
    numbers = [X, dataset.Y, check]
    if split is not None:
        numbers.append(split)
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
    if not isinstance(X, np.ndarray):
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


def _are_names(dataset: Dataset) -> bool:
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
