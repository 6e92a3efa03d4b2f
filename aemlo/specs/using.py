"""From a checked experiment to objects, data sets and arguments."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aemlo import checks
from aemlo.classifiers import CLASSIFIERS
from aemlo.compare.equal_arms import arm_name
from aemlo.dataset import Dataset
from aemlo.errors import DataError, ParameterError
from aemlo.experiment import schedulers
from aemlo.formats import read
from aemlo.samplers import SAMPLERS
from aemlo.specs.checking import ENGINE, READ_OPTIONS, built
from aemlo.specs.learning import learners

# What `experiment.run` takes by the same name.
RUN_OPTIONS = (
    "seed",
    "split",
    "folds",
    "repeats",
    "test_share",
    "duplicates",
    "groups",
    "scale",
    "keep_features",
    "leak",
)


def arms(spec: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(samplers, classifiers) of a checked spec: dicts of name -> object."""
    return (
        {
            entry["name"]: built(SAMPLERS, entry, "sampler")
            for entry in spec["samplers"]
        },
        {
            entry["name"]: built(CLASSIFIERS, entry, "classifier")
            for entry in spec["classifiers"]
        },
    )


def options(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments of `experiment.run` that a checked spec says."""
    chosen = {name: spec[name] for name in RUN_OPTIONS if name in spec}
    return chosen | {"metrics": spec["metrics"] or None, "only": only(spec)}


def only(spec: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    """(sampler, classifier) of the arms a checked spec is limited to; None for all."""
    if not spec["only"]:
        return None
    known = learners(spec)
    return [
        (sampler["name"], name)
        for sampler in spec["samplers"]
        for name, learner in known.items()
        if arm_name(sampler["name"], learner.remedy) in spec["only"]
    ]


def engine(
    spec: Mapping[str, Any],
    jobs: int | None = None,
    backend: str | None = None,
    scheduler: Any = None,
) -> dict[str, Any]:
    """Where a checked spec computes: jobs, backend, scheduler of `experiment.run`.

    Where nobody says how many, `jobs` is None: all cores, from 10 units of work on.
    A `jobs`, `backend` or `scheduler` that is given (the command line's) stands before
    what the spec says.
    The name of a scheduler in a spec becomes the allowed Scheduler of that name; raises
    ParameterError for any other, and for an address always.
    """
    chosen: dict[str, Any] = {"jobs": None, "backend": "loky", "scheduler": None}
    chosen |= {name: spec[name] for name in ENGINE if spec.get(name) not in (None, "")}
    given = {"jobs": jobs, "backend": backend, "scheduler": scheduler}
    chosen |= {name: value for name, value in given.items() if value is not None}
    if scheduler is not None:
        return chosen
    name = chosen["scheduler"]
    if name is not None and not schedulers.is_name(name):
        raise ParameterError(
            "Experiment: scheduler must be a name that the administrator of this "
            f"machine allowed, never an address, got {name!r}. Name one, remove the "
            "entry, or give the address on your own command line: --scheduler ADDRESS."
        )
    in_use = chosen["backend"] == "dask"
    return chosen | {"scheduler": schedulers.chosen(name) if in_use else None}


def datasets(spec: Mapping[str, Any], folder: str | Path = ".") -> list[Dataset]:
    """The Datasets a spec names, paths relative to `folder`; built-in ones by name.

    Each after the steps of its recipe. Raises DataError where the rows are others than
    those the experiment was written for (`sha256`).
    """
    entries = spec.get("datasets", [])
    if not entries:
        raise ParameterError(
            "Experiment: it names no data set. Add [[datasets]] with a path."
        )
    return [_read(entry, Path(folder)) for entry in entries]


def _read(entry: Mapping[str, Any], folder: Path) -> Dataset:
    given = {k: v for k, v in entry.items() if k in ("name", *READ_OPTIONS)}
    for name in ("xml", "test"):
        if name in given:
            given[name] = _beside(given[name], folder)
    dataset = read(_beside(entry["path"], folder), **given)
    dataset = checks.apply(dataset, entry.get("recipe", []))
    wanted = entry.get("sha256")
    if wanted and wanted != dataset.values_hash:
        raise DataError(
            f"{entry['path']}: holds other values or names than the data set this "
            "experiment was written for. Name the same file, or remove the line sha256 "
            "to run it on these."
        )
    return dataset


def _beside(path: str, folder: Path) -> str:
    """The path in `folder` where there is such a file, else as it is."""
    file = folder / path
    return str(file) if file.exists() else path
