"""From a checked experiment to objects, data sets and arguments."""

from pathlib import Path

from aemlo import checks
from aemlo.classifiers import CLASSIFIERS
from aemlo.compare.equal_arms import arm_name
from aemlo.errors import DataError, ParameterError
from aemlo.experiment import schedulers
from aemlo.formats import read
from aemlo.samplers import SAMPLERS
from aemlo.specs.checking import ENGINE, READ_OPTIONS, built
from aemlo.specs.learning import learners

# What `experiment.run` takes by the same name.
RUN_OPTIONS = ("seed", "split", "folds", "repeats", "test_share", "duplicates")
RUN_OPTIONS += ("groups", "scale", "keep_features", "leak")


def arms(spec):
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


def options(spec):
    """Keyword arguments of `experiment.run` that a checked spec says."""
    chosen = {name: spec[name] for name in RUN_OPTIONS if name in spec}
    return chosen | {"metrics": spec["metrics"] or None, "only": only(spec)}


def only(spec):
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


def engine(spec, **instead):
    """Where a checked spec computes: jobs, backend, scheduler of `experiment.run`.

    Where nobody says how many, `jobs` is None: all cores, from 10 units of work on.

    What is not None in `instead` (the command line's) stands before what the spec says.
    The name of a scheduler in a spec becomes the allowed Scheduler of that name; raises
    ParameterError for any other, and for an address always.
    """
    chosen = {"jobs": None, "backend": "loky", "scheduler": None}
    chosen |= {name: spec[name] for name in ENGINE if spec.get(name) not in (None, "")}
    given = {k: value for k, value in instead.items() if value is not None}
    chosen |= given
    if "scheduler" in given:
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


def datasets(spec, folder="."):
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


def _read(entry, folder):
    given = {k: v for k, v in entry.items() if k in ("name", *READ_OPTIONS)}
    for name in ("xml", "test"):
        if name in given:
            given[name] = _found(given[name], folder)
    dataset = read(_found(entry["path"], folder), **given)
    dataset = checks.apply(dataset, entry.get("recipe", []))
    wanted = entry.get("sha256")
    if wanted and wanted != dataset.values_hash:
        raise DataError(
            f"{entry['path']}: holds other values or names than the data set this "
            "experiment was written for. Name the same file, or remove the line sha256 "
            "to run it on these."
        )
    return dataset


def _found(path, folder):
    beside = folder / path
    return str(beside) if beside.exists() else path
