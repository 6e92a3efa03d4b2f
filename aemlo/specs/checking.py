"""What an experiment may say: entries, names and values, each mistake in words."""

from typing import Any

from aemlo import params
from aemlo.checks import STEPS
from aemlo.classifiers import CLASSIFIERS
from aemlo.errors import ParameterError
from aemlo.experiment.folds import DUPLICATES, WAYS
from aemlo.experiment.schedulers import BACKENDS
from aemlo.metrics import METRICS
from aemlo.preparation.preparation import SCALES
from aemlo.registry import find
from aemlo.samplers import SAMPLERS
from aemlo.specs import defaults_1, versions

DEFAULTS: dict[str, Any] = {
    "name": "comparison",
    "baseline": "none",
    "seed": 0,
    "split": "folds",
    "folds": 5,
    "repeats": 1,
    "test_share": 0.2,
    "duplicates": "together",
    "scale": "min-max",
    "metrics": [],
}
# Where it computes: the table [engine] of a file.
ENGINE = ("jobs", "backend", "scheduler")
# Known to a run in the app alone: data sets by content, and what is only looked at.
OF_THE_APP = ("more_datasets", "leak", "pilot")
READ_OPTIONS = ("xml", "test", "labels", "label_count", "label_location")
READ_OPTIONS += ("missing_labels", "label_list", "label_separator", "format")
READ_OPTIONS += ("label_names", "minus_one")
READ_OPTIONS += ("encoding", "delimiter", "decimal", "header", "sheet", "member")
OF_A_DATASET = ("path", "name", *READ_OPTIONS, "recipe", "sha256")


def arm(use, settings=None, name=None):
    """One arm of a spec: a registry title, its settings, and the name in the tables."""
    entry = {"name": name or use, "use": use}
    return entry | ({"settings": dict(settings)} if settings else {})


def checked(spec: dict[str, Any]) -> dict[str, Any]:
    """`spec` with every setting named and titles as the registries write them.

    A spec without `spec_version` is an older one: see `aemlo.specs.versions`.
    Raises ParameterError for a key, name or value that does not exist, with the way
    out.
    """
    version = versions.version_of(spec)
    spec = {key: value for key, value in spec.items() if key != versions.KEY}
    _check_entries(spec)
    whole: dict[str, Any] = (defaults_1.EXPERIMENT if version == 1 else DEFAULTS) | spec
    whole |= _checked_engine(whole.pop("engine", {}))
    _check_numbers(whole)
    _check_choices(whole)
    whole["metrics"] = [find(METRICS, m, "metric").title for m in whole["metrics"]]
    for key, table, what in (
        ("samplers", SAMPLERS, "sampler"),
        ("classifiers", CLASSIFIERS, "classifier"),
    ):
        whole[key] = _checked_arms(whole.get(key), key, table, what)
    names = [entry["name"] for entry in whole["samplers"]]
    if whole["baseline"] not in names:
        raise ParameterError(
            f"Experiment: the baseline {whole['baseline']!r} is not among the "
            f"samplers. Samplers: {', '.join(names)}."
        )
    for entry in whole.get("datasets", []):
        _check_dataset(entry)
    _check_sweep(whole.get("sweep", {}), names)
    if version == 1:
        return versions.completed(whole)
    return versions.written(whole)


def _check_entries(spec):
    known = {*DEFAULTS, "datasets", "samplers", "classifiers", "engine", "sweep"}
    for key in spec:
        if key not in known and key not in (*ENGINE, *OF_THE_APP):
            raise ParameterError(
                f"Experiment: there is no entry {key!r}. "
                f"Entries: {', '.join(sorted(known))}."
            )


def _check_numbers(whole):
    for key, low in (("folds", 2), ("repeats", 1), ("seed", 0)):
        value = whole[key]
        if not isinstance(value, int) or isinstance(value, bool) or value < low:
            raise ParameterError(
                f"Experiment: {key} must be a whole number of at least {low}, "
                f"got {value!r}."
            )


def _check_choices(whole):
    words = {"split": WAYS, "duplicates": DUPLICATES, "scale": SCALES}
    for key, choices in words.items():
        if whole[key] not in choices:
            raise ParameterError(
                f"Experiment: {key} must be one of {', '.join(choices)}, "
                f"got {whole[key]!r}."
            )


def _checked_engine(table):
    """The entries of [engine], once they are sound."""
    if not isinstance(table, dict):
        raise ParameterError(f"Experiment: engine must be a table, got {table!r}.")
    for key, value in table.items():
        if key not in ENGINE:
            raise ParameterError(
                f"Experiment: engine has no entry {key!r}. "
                f"Entries: {', '.join(ENGINE)}."
            )
        if key == "jobs" and (type(value) is not int or value < 1):
            raise ParameterError(
                "Experiment: engine.jobs must be a whole number of at least 1, "
                f"got {value!r}."
            )
        if key == "backend" and value not in BACKENDS:
            raise ParameterError(
                f"Experiment: engine.backend must be one of {', '.join(BACKENDS)}, "
                f"got {value!r}."
            )
        if key == "scheduler" and not isinstance(value, str):
            raise ParameterError(
                "Experiment: engine.scheduler must be the name of a scheduler, got "
                f"{value!r}."
            )
    return table


def _check_sweep(sweep, samplers):
    if not sweep:
        return
    values = sweep.get("values") if isinstance(sweep, dict) else None
    if not isinstance(values, dict) or not isinstance(sweep.get("setting"), str):
        raise ParameterError(
            "Experiment: sweep needs a setting and values, sampler name = value, "
            f"got {sweep!r}."
        )
    strange = [name for name in values if name not in samplers]
    if strange:
        raise ParameterError(
            f"Experiment: sweep speaks of {strange[0]!r}, which is not among the "
            f"samplers. Samplers: {', '.join(samplers)}."
        )


def _checked_arms(entries, key, table, what):
    if not isinstance(entries, list) or not entries:
        raise ParameterError(f"Experiment: {key} must list at least one {what}.")
    found, names = [], set()
    for entry in entries:
        entry = {"use": entry} if isinstance(entry, str) else dict(entry)
        use = entry.get("use") or entry.get("name")
        if not isinstance(use, str):
            raise ParameterError(
                f"Experiment: every entry of {key} needs use = a {what}'s name, "
                f"got {entry!r}."
            )
        title = find(table, use, what).title
        one = arm(title, entry.get("settings"), entry.get("name"))
        one["name"] = title if one["name"] == use else one["name"]
        if one["name"] in names:
            raise ParameterError(
                f"Experiment: two {key} are called {one['name']!r}. Give one another "
                "name."
            )
        names.add(one["name"])
        built(table, one, what)
        found.append(one)
    return found


def built(table, entry, what):
    cls = find(table, entry["use"], what)
    return params.build(cls, settings_of(cls, entry))


def changed_settings(table, entry):
    """The settings of an arm that differ from its class's defaults of now."""
    cls = find(table, entry["use"], "arm")
    settings = entry.get("settings") or {}
    plain = settings_of(cls, {"settings": settings})
    family = versions.FAMILIES["samplers" if table is SAMPLERS else "classifiers"]
    defaults = family.spec_of(cls())["params"]
    whole = family.spec_of(params.build(cls, plain))["params"]
    return {n: v for n, v in settings.items() if n in plain and whole[n] != defaults[n]}


def settings_of(cls, entry):
    return params.restored(cls, entry.get("settings", {}))


def _check_dataset(entry):
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
        raise ParameterError(
            f"Experiment: every entry of datasets needs a path, got {entry!r}."
        )
    for name in entry:
        if name not in OF_A_DATASET:
            raise ParameterError(
                f"Experiment: a data set has no entry {name!r}. "
                f"Entries: {', '.join(OF_A_DATASET)}."
            )
    steps = entry.get("recipe", [])
    if not isinstance(steps, list) or not all(
        isinstance(step, dict) and step.get("step") in STEPS for step in steps
    ):
        raise ParameterError(
            "Experiment: recipe must list steps, each with step = one of "
            f"{', '.join(STEPS)}; got {steps!r}."
        )
