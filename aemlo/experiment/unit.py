"""One unit of work: fit a sampler on one training part, then the classifiers on it.

Runs in this process, a loky process or a Dask worker (`transport.in_pool`).
"""

import contextlib
import functools
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from aemlo import imbalance, metrics, provenance
from aemlo.arrays import Features, LabelMatrix, Mask, Rows
from aemlo.dataset import Dataset
from aemlo.errors import AemloError, Stopped
from aemlo.experiment.feature_choice import FeatureChoice
from aemlo.experiment.folds import Split
from aemlo.experiment.leaks import Witness, watch_fits, watching
from aemlo.experiment.recipe import derived_seed, with_seed
from aemlo.metrics import METRICS
from aemlo.preparation.preparation import Preparation


@dataclass
class Unit:
    """What to do: one split of one data set, one sampler, its missing classifiers.

    `classifiers` maps names to (object, key of the cell). `leak` plants the mistake
    the leak lesson shows: "", or "scaler", "features" or "sampler" fitted before the
    split.
    """

    dataset: int
    split: Split
    sampler_name: str
    sampler: Any
    classifiers: dict[str, tuple[Any, str]]
    seed: int
    scale: str = "min-max"
    keep_features: int = 0
    """The best features to keep, chosen on the training part; 0 for all."""
    leak: str = ""
    metrics: tuple[str, ...] | None = None
    """Titles; None for all, as cells to be kept need."""

    def cells(self) -> "dict[str, Cell]":
        """A Cell without results for each classifier, by its name."""
        return {
            name: Cell(
                key,
                self.dataset,
                self.sampler_name,
                name,
                self.split.repeat,
                self.split.fold,
            )
            for name, (_, key) in self.classifiers.items()
        }


@dataclass
class Cell:
    """One classifier after one sampler on one split, as it came out.

    `scores` is a list of (metric, label, value); `facts` the seconds, rows, memory and
    leak count; `predicted` (n_test, q) bool and `test_scores` (n_test, q) float32 what
    the classifier gave for the test rows, which verdicts over rows need; `error` says
    why there are no scores.
    """

    key: str
    dataset: int
    sampler: str
    classifier: str
    repeat: int
    fold: int
    scores: list[tuple[str, str, float]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    predicted: Mask | None = None
    test_scores: NDArray[np.float32] | None = None
    error: str = ""
    trace: str = ""

    def fail(self, problem: Exception) -> None:
        """Note the exception that is being handled: why there are no scores."""
        self.error, self.trace = in_one_line(problem), traceback.format_exc()


def do_unit(
    unit: Unit,
    source: Dataset | str | Path,
    on_progress: Callable[..., None] | None = None,
    on_cell: Callable[[Cell], None] | None = None,
) -> list[Cell]:
    """The Cells of `unit`; a failing fit is a Cell with its error, never an exception.

    `source` is the Dataset or the folder it was saved to. `on_cell` gets each Cell when
    it is done. Only Stopped, raised by `on_progress(fraction, message)`, passes
    through.
    """
    report = on_progress or (lambda fraction, message="": None)
    dataset = loaded(source)
    cells = unit.cells()
    forget_peak()
    try:
        ready = sampled(unit, dataset, _step(unit, 0, unit.sampler_name, report))
    except Stopped:
        raise
    except Exception as problem:
        for cell in cells.values():
            cell.fail(problem)
        return list(cells.values())
    sampler_peak = peak_megabytes()
    for part, (name, (classifier, _)) in enumerate(unit.classifiers.items(), 1):
        forget_peak()
        cell = cells[name]
        try:
            step = _step(unit, part, f"{unit.sampler_name} + {name}", report)
            _classify(cell, unit, classifier, dataset, ready, step)
        except Stopped:
            raise
        except Exception as problem:
            cell.fail(problem)
        cell.facts |= ready.facts
        cell.facts["peak_mb"] = max(sampler_peak, peak_megabytes())
        if on_cell is not None:
            on_cell(cell)
    return list(cells.values())


def _step(
    unit: Unit, part: int, doing: str, report: Callable[..., None]
) -> Callable[..., None]:
    """The progress hook of the sampler (part 0) or of a classifier (1, 2, ...)."""
    parts = 1 + len(unit.classifiers)
    place = f"repeat {unit.split.repeat + 1}, fold {unit.split.fold + 1}"

    def on_progress(fraction: float, **values: Any) -> None:
        report((part + fraction) / parts, f"{doing}, {place}")

    on_progress(0.0)
    return on_progress


@dataclass
class Ready:
    """A fold after preparation and sampling, shared by its classifiers."""

    X: Features
    Y: LabelMatrix
    provenance: pd.DataFrame
    X_test: Features
    Y_test: LabelMatrix
    witness: Witness
    facts: dict[str, Any]


def sampled(unit: Unit, dataset: Dataset, on_progress: Callable[..., None]) -> Ready:
    """Prepare and resample the training part of `unit`; the test part waits outside."""
    train, test = dataset.take(unit.split.train), dataset.take(unit.split.test)
    witness = Witness(train, test)
    started = time.perf_counter()
    preparation = Preparation(scale=unit.scale)
    watch_fits(preparation=preparation)
    with watching(witness):
        preparation.fit(dataset if unit.leak == "scaler" else train)
    X, X_test = preparation.transform(train), preparation.transform(test)
    witness.prepared(X, X_test)
    groups = preparation.categorical_features_
    if unit.keep_features:
        choice = _chosen_features(unit, preparation, dataset, (X, train.Y), witness)
        X, X_test = choice.transform(X), choice.transform(X_test)
        groups = choice.groups_
        witness.prepared(X, X_test)
    prepared = time.perf_counter()
    place = (unit.split.repeat, unit.split.fold)
    seed = derived_seed(unit.seed, "sampler", unit.sampler_name, *place)
    sampler = with_seed(clone(unit.sampler), seed)
    watch_fits(sampler=sampler)
    with watching(witness):
        X, Y = _resampled(
            unit, sampler, preparation, dataset, (X, train.Y), groups, on_progress
        )
    # A data set may hold synthetic rows itself: all are traced to the first real ones.
    before = provenance.of(dataset if unit.leak == "sampler" else train)
    returned = provenance.after(before, sampler.provenance_, dataset.label_names, "")
    facts = {
        "train_rows": len(train.Y),
        "test_rows": len(test.Y),
        "sampled_rows": len(Y),
        "prepare_seconds": prepared - started,
        "sample_seconds": time.perf_counter() - prepared,
        "duplicate_rows": witness.duplicates,
        "near_duplicate_rows": witness.near_duplicates,
    }
    return Ready(X, Y, returned, X_test, test.Y, witness, facts)


def _chosen_features(
    unit: Unit,
    preparation: Preparation,
    dataset: Dataset,
    training: tuple[Features, LabelMatrix],
    witness: Witness,
) -> FeatureChoice:
    """The choice of features, on the training part or, for the lesson, on all rows."""
    choice = FeatureChoice(unit.keep_features)
    watch_fits(feature_choice=choice)
    rows = training
    if unit.leak == "features":
        rows = (preparation.transform(dataset), dataset.Y)
    with watching(witness):
        return choice.fit(*rows, preparation.categorical_features_)


def _resampled(
    unit: Unit,
    sampler: Any,
    preparation: Preparation,
    dataset: Dataset,
    training: tuple[Features, LabelMatrix],
    groups: Sequence[Rows],
    on_progress: Callable[..., None],
) -> tuple[Features, LabelMatrix]:
    options = {
        "categorical_features": groups,
        "on_progress": on_progress,
    }
    if unit.leak != "sampler":
        return sampler.fit_resample(*training, **options)
    # The mistake on purpose: resample everything, then take the test rows out again.
    X, Y = sampler.fit_resample(preparation.transform(dataset), dataset.Y, **options)
    keep = ~sampler.provenance_["origin"].isin(unit.split.test).to_numpy()
    sampler.provenance_ = sampler.provenance_[keep]
    return X[keep], Y[keep]


def _classify(
    cell: Cell,
    unit: Unit,
    classifier: Any,
    dataset: Dataset,
    ready: Ready,
    on_progress: Callable[..., None],
) -> None:
    # The sampler's name is not in this seed: arms differ in their rows alone.
    place = (unit.split.repeat, unit.split.fold)
    seed = derived_seed(unit.seed, "classifier", cell.classifier, *place)
    classifier = with_seed(clone(classifier), seed)
    watch_fits(classifier=classifier)
    started = time.perf_counter()
    witness = ready.witness.fork()
    with watching(witness):
        classifier.fit(
            ready.X, ready.Y, provenance=ready.provenance, on_progress=on_progress
        )
    fitted = time.perf_counter()
    predicted, scores = classifier.decide(ready.X_test)
    done = time.perf_counter()
    leaks = {stage: n for stage, n in witness.leaks().items() if n}
    cell.facts = {
        "fit_seconds": fitted - started,
        "predict_seconds": done - fitted,
        "test_rows_used": max(leaks.values(), default=0),
        "leaks": ", ".join(f"{stage}: {n}" for stage, n in leaks.items()),
    }
    cell.predicted = np.asarray(predicted, dtype=bool)
    cell.test_scores = np.asarray(scores, dtype=np.float32)
    usual = unit.metrics and [title for title in unit.metrics if title in METRICS]
    cell.scores = metrics.evaluate(
        ready.Y_test, predicted, scores, usual, dataset.label_names
    )
    cell.scores += metrics.evaluate_rare(
        ready.Y_test, predicted, scores, groups_of(dataset)
    )


def groups_of(dataset: Dataset) -> dict[metrics.Group, Mask]:
    """The rare labels of a whole data set: what metrics are about, nothing is fitted.

    A data set whose labels are all equally frequent has no minority label.
    """
    return metrics.rare_labels(dataset.Y, imbalance.minority_labels(dataset.Y))


def in_one_line(problem: Exception) -> str:
    """An exception as one line for a table."""
    if isinstance(problem, AemloError):
        return str(problem)
    if isinstance(problem, MemoryError):
        return "There was not enough memory for this cell."
    return f"{type(problem).__name__}: {problem}"


@functools.lru_cache(maxsize=2)
def _load(folder: str) -> Dataset:
    return Dataset.load(folder)


def loaded(source: Dataset | str | Path) -> Dataset:
    """The Dataset itself, or the one saved in a folder, read once a process."""
    return source if isinstance(source, Dataset) else _load(str(source))


def forget_peak() -> None:
    """Start the highest resident size afresh, where the system can (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_megabytes() -> float:
    """Highest resident size in MB since `forget_peak`; elsewhere since the start."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (1024 * 1024 if sys.platform == "darwin" else 1024)
