"""Trained pipelines: an arm from rows to labels, kept in a file that runs no code.

A file holds what made the model (its spec and seed, and the rows it learned from),
not the model: loading it reads JSON and plain arrays and trains again. Scores of some
rows are kept beside it, to tell whether the new model is the old one. Nothing is
unpickled, so a file from a stranger can hold wrong data but no program. Ours.
"""

import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy import sparse

from aemlo import __version__, limited_process, provenance
from aemlo.arrays import LabelMatrix, Matrix, PerLabel, Scores
from aemlo.classifiers.base import no_progress, part_of
from aemlo.classifiers.nested import build
from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError, ParameterError
from aemlo.exports.model_contents import CALLED, CHECKED_ROWS, FORMAT
from aemlo.preparation.preparation import Preparation
from aemlo.samplers.chain import SAMPLER
from aemlo.specs import versions
from aemlo.tables.limits import Limits
from aemlo.tables.table import Table


class Pipeline:
    """Preparation, sampler (or none) and classifier, fitted on Datasets.

    `arm` is plain JSON: `{"name": ..., "sampler": spec or None, "classifier": spec}`.
    Scale, sampler, thresholds: all is learned from the rows given to `fit`.
    """

    def __init__(
        self, arm: dict[str, Any], seed: int = 0, scale: str = "min-max"
    ) -> None:
        self.arm = arm
        self.seed = seed
        self.scale = scale

    def fit(
        self, dataset: Dataset, on_progress: Callable[..., object] = no_progress
    ) -> Self:
        """Learn from the rows of `dataset`."""
        seeds = np.random.SeedSequence(self.seed).generate_state(2)
        sampler_seed, classifier_seed = (int(seed % 2**31) for seed in seeds)
        self.preparation_ = Preparation(self.scale)
        X, Y = self.preparation_.fit_transform(dataset), dataset.Y
        self.sampled_rows_ = len(Y)
        notes, returned = [], provenance.of(dataset)
        if self.arm.get("sampler"):
            sampler = SAMPLER.build(self.arm["sampler"], random_state=sampler_seed)
            X, Y = sampler.fit_resample(
                X,
                Y,
                categorical_features=self.preparation_.categorical_features_,
                on_progress=part_of(on_progress, 0.0, 0.5),
            )
            self.sampled_rows_ = len(Y)
            notes += sampler.notes_
            names = dataset.label_names
            returned = provenance.after(returned, sampler.provenance_, names, "")
            on_progress = part_of(on_progress, 0.5, 1.0)
        self.classifier_ = build(self.arm["classifier"], random_state=classifier_seed)
        self.classifier_.fit(X, Y, provenance=returned, on_progress=on_progress)
        self.notes_ = notes + self.classifier_.notes_
        self.label_names_ = dataset.label_names
        return self

    def decide(self, dataset: Dataset) -> tuple[LabelMatrix, Scores]:
        """Labels (n, q) and scores (n, q) of the rows of `dataset`."""
        return self.classifier_.decide(self.preparation_.transform(dataset))

    @property
    def thresholds_(self) -> PerLabel:
        """The score from which each label is given, (q,)."""
        plain = np.full(len(self.label_names_), 0.5)
        return getattr(self.classifier_, "thresholds_", plain)


def check_arm(arm: Any) -> None:
    """Raise ParameterError unless `arm` names things that exist, with settings."""
    if not isinstance(arm, dict) or not isinstance(arm.get("name"), str):
        raise ParameterError(f"An arm has a name and a classifier, got {arm!r}.")
    build(arm.get("classifier"))
    if arm.get("sampler") is not None:
        SAMPLER.build(arm["sampler"])


def to_bytes(pipeline: Pipeline, dataset: Dataset) -> bytes:
    """The file of a `pipeline` that was fitted on exactly the rows of `dataset`."""
    rows = dataset.take(np.arange(min(CHECKED_ROWS, dataset.n)))
    _, scores = pipeline.decide(rows)
    model = {
        "format": FORMAT,
        "version": __version__,
        versions.KEY: versions.VERSION,
        "arm": versions.completed_arm(pipeline.arm),
        "seed": pipeline.seed,
        "scale": pipeline.scale,
    }
    buffer = io.BytesIO()
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr("model.json", json.dumps(model, indent=1))
        np.save(Path(folder) / "check.npy", scores, allow_pickle=False)
        archive.write(Path(folder) / "check.npy", "check.npy")
        # A model is fitted again on the rows; of whom they were made plays no part.
        replace(dataset, provenance=None).save(Path(folder) / "data")
        for path in sorted((Path(folder) / "data").iterdir()):
            archive.write(path, f"data/{path.name}")
    return buffer.getvalue()


def from_bytes(
    data: bytes, limits: Limits | None = None
) -> tuple[dict[str, Any], int, str, Dataset, Scores]:
    """(arm, seed, scale, Dataset, check) in a file of `to_bytes`.

    `check` are the scores of the first rows when it was written. Read in a process of
    its own (`aemlo.limited_process`) by `model_contents`. Raises DataError for any
    other file, ParameterError for an arm that does not exist here.
    """
    process = limited_process.work(
        "aemlo.exports.model_contents:contents_into",
        [(CALLED, bytes(data))],
        limits=None if limits is None else asdict(limits),
    )
    with process as (folder, model):
        dataset = Dataset.load(folder / "data")
        check = np.load(folder / "check.npy", allow_pickle=False)
    arm = versions.completed_arm(model["arm"], versions.version_of(model))
    check_arm(arm)
    return arm, model["seed"], model["scale"], dataset, check


def same_scores(pipeline: Pipeline, dataset: Dataset, check: Scores) -> bool:
    """Whether a pipeline fitted again scores the checked rows as the first one did."""
    _, scores = pipeline.decide(dataset.take(np.arange(len(check))))
    return scores.shape == check.shape and np.allclose(scores, check, atol=1e-6)


def rows_like(dataset: Dataset, table: Table) -> Dataset:
    """The rows of an unlabelled `table` as a Dataset with the features of `dataset`.

    Columns are found by name; columns that are no feature (old labels among them) are
    left out, with a warning. Missing cells and categories never seen become missing.
    The labels are all 0. Raises DataError when a feature has no column.
    """
    places = table.places
    absent = [f.name for f in dataset.features if f.name not in places]
    if absent and not table.may_lack_columns:
        some = ", ".join(map(repr, absent[:5]))
        more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
        raise DataError(
            f"{table.name}: there is no column {some}{more}. The file needs all "
            f"{len(dataset.features):,} features of {dataset.name}, by their names."
        )
    columns, unknown = [], 0
    for feature in dataset.features:
        if feature.name not in places:
            columns.append(np.zeros(table.n))
            continue
        values, strange = _column_like(feature, table, places[feature.name])
        unknown += strange
        columns.append(values)
    extra = len(table.columns) - (len(dataset.features) - len(absent))
    warnings = []
    if extra:
        warnings.append(f"{extra} columns are no feature and were left out.")
    if unknown:
        warnings.append(
            f"{unknown} cells hold a category that training never saw; they count as "
            "missing."
        )
    X = np.column_stack(columns)
    return Dataset(
        name=table.name,
        X=sparse.csr_matrix(X) if dataset.is_sparse else X,
        Y=np.zeros((table.n, dataset.q), dtype=np.uint8),
        features=dataset.features,
        label_names=dataset.label_names,
        labels_from="no labels: rows to predict",
        warnings=tuple(warnings),
    )


def _column_like(feature: Feature, table: Table, j: int) -> tuple[Matrix, int]:
    """Values (n,) of a column as `feature` codes them; how many were strange."""
    column = table.columns[j]
    if feature.kind == "numeric" and column.kind == "numeric":
        return table.column(j), 0
    words = table.words(j)
    if feature.kind == "numeric":
        values = np.array([_number(word) for word in words])
        given = np.array([word is not None for word in words])
        return values, int((np.isnan(values) & given).sum())
    code = {category: i for i, category in enumerate(feature.categories)}
    by_number = {_number(category): i for category, i in code.items()}
    by_number.pop(np.nan, None)

    values, strange = np.full(len(words), np.nan), 0
    for i, word in enumerate(words):
        if word is None or word != word:
            continue
        category = code.get(str(word), by_number.get(_number(word)))
        if category is None:
            strange += 1
        else:
            values[i] = category
    return values, strange


def _number(word: Any) -> float:
    try:
        return float(word)
    except (TypeError, ValueError):
        return np.nan
