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
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from scipy import sparse

from aemlo import __version__, limited_process, params, provenance
from aemlo.classifiers.base import no_progress, part_of
from aemlo.classifiers.nested import build
from aemlo.dataset import Dataset
from aemlo.errors import DataError, ParameterError
from aemlo.exports.model_contents import CALLED, CHECKED_ROWS, FORMAT
from aemlo.preparation.preparation import Preparation
from aemlo.registry import find
from aemlo.samplers import SAMPLERS
from aemlo.specs import versions


class Pipeline:
    """Preparation, sampler (or none) and classifier, fitted on Datasets.

    `arm` is plain JSON: `{"name": ..., "sampler": spec or None, "classifier": spec}`.
    Scale, sampler, thresholds: all is learned from the rows given to `fit`.
    """

    def __init__(self, arm, seed=0, scale="min-max"):
        self.arm = arm
        self.seed = seed
        self.scale = scale

    def fit(self, dataset, on_progress=no_progress):
        """Learn from the rows of `dataset`."""
        sampler_seed, classifier_seed = np.random.SeedSequence(
            self.seed
        ).generate_state(2)
        self.preparation_ = Preparation(self.scale)
        X, Y = self.preparation_.fit_transform(dataset), dataset.Y
        self.sampled_rows_ = len(Y)
        notes, returned = [], provenance.of(dataset)
        if self.arm.get("sampler"):
            sampler = build_sampler(self.arm["sampler"], int(sampler_seed % 2**31))
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
        self.classifier_ = build(
            self.arm["classifier"], random_state=int(classifier_seed % 2**31)
        )
        self.classifier_.fit(X, Y, provenance=returned, on_progress=on_progress)
        self.notes_ = notes + self.classifier_.notes_
        self.label_names_ = dataset.label_names
        return self

    def decide(self, dataset):
        """Labels (n, q) and scores (n, q) of the rows of `dataset`."""
        return self.classifier_.decide(self.preparation_.transform(dataset))

    @property
    def thresholds_(self):
        """The score from which each label is given, (q,)."""
        plain = np.full(len(self.label_names_), 0.5)
        return getattr(self.classifier_, "thresholds_", plain)


def build_sampler(spec, seed):
    """The sampler of a title or spec `{"name": ..., "params": {...}}`."""
    spec = {"name": spec} if isinstance(spec, str) else spec
    cls = find(SAMPLERS, spec["name"], "sampler")
    return params.build(cls, spec.get("params") or {}, random_state=seed)


def check_arm(arm):
    """Raise ParameterError unless `arm` names things that exist, with settings."""
    if not isinstance(arm, dict) or not isinstance(arm.get("name"), str):
        raise ParameterError(f"An arm has a name and a classifier, got {arm!r}.")
    build(arm.get("classifier"))
    sampler = arm.get("sampler")
    if sampler is not None:
        if not isinstance(sampler, str | dict) or (
            isinstance(sampler, dict) and not isinstance(sampler.get("name"), str)
        ):
            raise ParameterError(
                f"A sampler is a title or a spec with 'name' and 'params', "
                f"got {sampler!r}."
            )
        build_sampler(sampler, 0)


def to_bytes(pipeline, dataset):
    """The file of a `pipeline` that was fitted on exactly the rows of `dataset`."""
    rows = dataset.take(np.arange(min(CHECKED_ROWS, dataset.n)))
    _, scores = pipeline.decide(rows)
    made = {
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
        archive.writestr("model.json", json.dumps(made, indent=1))
        np.save(Path(folder) / "check.npy", scores, allow_pickle=False)
        archive.write(Path(folder) / "check.npy", "check.npy")
        # A model is fitted again on the rows; of whom they were made plays no part.
        replace(dataset, provenance=None).save(Path(folder) / "data")
        for path in sorted((Path(folder) / "data").iterdir()):
            archive.write(path, f"data/{path.name}")
    return buffer.getvalue()


def from_bytes(data, limits=None):
    """(arm, seed, scale, Dataset, check) in a file of `to_bytes`.

    `check` are the scores of the first rows when it was written. Read in a process of
    its own (`aemlo.limited_process`) by `model_contents`. Raises DataError for any
    other file, ParameterError for an arm that does not exist here.
    """
    limits = None if limits is None else asdict(limits)
    files = [(CALLED, bytes(data))]
    with limited_process.work(
        "aemlo.exports.model_contents:contents_into", files, limits=limits
    ) as (
        folder,
        made,
    ):
        dataset = Dataset.load(folder / "data")
        check = np.load(folder / "check.npy", allow_pickle=False)
    arm = versions.completed_arm(made["arm"], versions.version_of(made))
    check_arm(arm)
    return arm, made["seed"], made["scale"], dataset, check


def same_scores(pipeline, dataset, check):
    """Whether a pipeline fitted again scores the checked rows as the first one did."""
    _, scores = pipeline.decide(dataset.take(np.arange(len(check))))
    return scores.shape == check.shape and np.allclose(scores, check, atol=1e-6)


def rows_like(dataset, table):
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


def _column_like(feature, table, j):
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

    def coded(word):
        if word is None or word != word:
            return np.nan, False
        found = code.get(str(word), by_number.get(_number(word)))
        return (np.nan, True) if found is None else (float(found), False)

    pairs = [coded(word) for word in words]
    return np.array([value for value, _ in pairs]), sum(odd for _, odd in pairs)


def _number(word):
    try:
        return float(word)
    except (TypeError, ValueError):
        return np.nan
