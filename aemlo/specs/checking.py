"""What an experiment may say: entries, names and values, each mistake in words."""

from collections.abc import Mapping
from typing import Any

from aemlo import params
from aemlo.checks import STEPS
from aemlo.classifiers import CLASSIFIERS
from aemlo.compare.equal_arms import arm_name
from aemlo.errors import ParameterError
from aemlo.experiment.folds import DUPLICATES, WAYS
from aemlo.experiment.schedulers import BACKENDS
from aemlo.metrics import ALL_METRICS
from aemlo.preparation.preparation import SCALES
from aemlo.registry import find
from aemlo.samplers import SAMPLERS
from aemlo.specs import defaults_1, versions
from aemlo.specs.learning import learners

DEFAULTS: dict[str, Any] = {
    "name": "comparison",
    "baseline": "none",
    "seed": 0,
    "split": "folds",
    "folds": 5,
    "repeats": 1,
    "test_share": 0.2,
    "duplicates": "together",
    "groups": "",
    "scale": "min-max",
    "keep_features": 0,
    "control": False,
    "only": [],
    "metrics": [],
    "primary": "minority F1",
    "rope": 0.01,
}
# Where it computes: the table [engine] of a file.
ENGINE = ("jobs", "backend", "scheduler")
# Known to a run in the app alone: data sets by content, and what is only looked at.
OF_THE_APP = ("more_datasets", "leak", "pilot")
READ_OPTIONS = (
    "xml",
    "test",
    "labels",
    "label_count",
    "label_location",
    "missing_labels",
    "label_list",
    "label_separator",
    "label_names",
    "minus_one",
    "format",
    "encoding",
    "delimiter",
    "decimal",
    "header",
    "sheet",
    "member",
)
OF_A_DATASET = ("path", "name", *READ_OPTIONS, "recipe", "sha256")


def arm(
    use: str,
    settings: Mapping[str, Any] | None = None,
    name: str | None = None,
    **learner: str,
) -> dict[str, Any]:
    """One arm of a spec: a registry title, its settings, and the name in the tables.

    A classifier may say whose `remedy` it is and of which `learner`; see
    `aemlo.specs.learners`.
    """
    entry: dict[str, Any] = {"name": name or use, "use": use, **learner}
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
    old = defaults_1.EXPERIMENT if version == 1 else {}
    whole: dict[str, Any] = DEFAULTS | old | spec
    whole |= _checked_engine(whole.pop("engine", {}))
    _check_numbers(whole)
    _check_choices(whole)
    whole["metrics"] = [find(ALL_METRICS, m, "metric").title for m in whole["metrics"]]
    _check_primary(whole)
    for key, table, what in (
        ("samplers", SAMPLERS, "sampler"),
        ("classifiers", CLASSIFIERS, "classifier"),
    ):
        whole[key] = _checked_arms(whole.get(key), key, table, what)
    names = [entry["name"] for entry in whole["samplers"]]
    _check_baseline(whole)
    for entry in whole.get("datasets", []):
        _check_dataset(entry)
    _check_sweep(whole.get("sweep", {}), names)
    if version == 1:
        return versions.completed(whole)
    return versions.written(whole)


def _check_baseline(whole: dict[str, Any]) -> None:
    """The baseline is an arm, and no two arms of one learner have one name."""
    arms: dict[str, list[str]] = {}
    for learner, remedy in learners(whole).values():
        names = [arm_name(entry["name"], remedy) for entry in whole["samplers"]]
        arms.setdefault(learner, []).extend(names)
    for learner, names in arms.items():
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ParameterError(
                f"Experiment: two arms with {learner} are called {twice!r}. Give a "
                "sampler or a classifier another name."
            )
    every = list(dict.fromkeys(name for names in arms.values() for name in names))
    chosen = whole["only"]
    if not isinstance(chosen, list) or not all(isinstance(a, str) for a in chosen):
        raise ParameterError(
            f"Experiment: only must list names of arms, got {chosen!r}."
        )
    strange = [name for name in chosen if name not in every]
    if strange:
        raise ParameterError(
            f"Experiment: there is no arm {strange[0]!r}. Arms: {', '.join(every)}."
        )
    if chosen and whole["baseline"] not in chosen:
        raise ParameterError(
            f"Experiment: the baseline {whole['baseline']!r} is not among the arms to "
            f"run: {', '.join(chosen)}. Add it, or choose another baseline."
        )
    if whole["baseline"] not in every:
        raise ParameterError(
            f"Experiment: the baseline {whole['baseline']!r} is not among the arms. "
            f"Arms: {', '.join(every)}."
        )


def _check_primary(whole: dict[str, Any]) -> None:
    """The metric that carries the verdict has one value, and a good direction.

    "" stands for none, as in runs from before there was one.
    """
    _check_rope(whole["rope"])
    if whole["primary"] == "":
        return
    if not isinstance(whole["primary"], str):
        raise ParameterError(
            f"Experiment: primary must be a metric, got {whole['primary']!r}."
        )
    metric = find(ALL_METRICS, whole["primary"], "metric")
    if metric.per_label or not metric.better:
        usable = [m.title for m in ALL_METRICS.values() if m.better and not m.per_label]
        raise ParameterError(
            f"Experiment: primary must be one of {', '.join(usable)}, got "
            f"{metric.title!r}."
        )
    whole["primary"] = metric.title
    if whole["metrics"] and metric.title not in whole["metrics"]:
        whole["metrics"] = [*whole["metrics"], metric.title]


def _check_rope(rope: Any) -> None:
    if not isinstance(rope, int | float) or isinstance(rope, bool) or not 0 <= rope < 1:
        raise ParameterError(
            "Experiment: rope, half the width of the region of practical equivalence, "
            f"must be between 0 and 1, got {rope!r}."
        )


def _check_entries(spec: Mapping[str, Any]) -> None:
    known = {*DEFAULTS, "datasets", "samplers", "classifiers", "engine", "sweep"}
    for key in spec:
        if key not in known and key not in (*ENGINE, *OF_THE_APP):
            raise ParameterError(
                f"Experiment: there is no entry {key!r}. "
                f"Entries: {', '.join(sorted(known))}."
            )


def _check_numbers(whole: Mapping[str, Any]) -> None:
    for key, low in (("folds", 2), ("repeats", 1), ("seed", 0), ("keep_features", 0)):
        value = whole[key]
        if not isinstance(value, int) or isinstance(value, bool) or value < low:
            raise ParameterError(
                f"Experiment: {key} must be a whole number of at least {low}, "
                f"got {value!r}."
            )


def _check_choices(whole: Mapping[str, Any]) -> None:
    if not isinstance(whole["groups"], str):
        raise ParameterError(
            f"Experiment: groups must be the name of a column, got {whole['groups']!r}."
        )
    if not isinstance(whole["control"], bool):
        raise ParameterError(
            "Experiment: control, a run on permuted labels, must be true or false, got "
            f"{whole['control']!r}."
        )
    words = {"split": WAYS, "duplicates": DUPLICATES, "scale": SCALES}
    for key, choices in words.items():
        if whole[key] not in choices:
            raise ParameterError(
                f"Experiment: {key} must be one of {', '.join(choices)}, "
                f"got {whole[key]!r}."
            )


def _checked_engine(table: Any) -> dict[str, Any]:
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


def _check_sweep(sweep: Any, samplers: list[str]) -> None:
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


def _checked_arms(
    entries: Any, key: str, table: Mapping[str, Any], what: str
) -> list[dict[str, Any]]:
    """Arms with titles as `table` has them, each built once to see that it can be."""
    if not isinstance(entries, list) or not entries:
        raise ParameterError(f"Experiment: {key} must list at least one {what}.")
    arms: list[dict[str, Any]] = []
    names: set[str] = set()
    for entry in entries:
        entry = {"use": entry} if isinstance(entry, str) else dict(entry)
        use = entry.get("use") or entry.get("name")
        if not isinstance(use, str):
            raise ParameterError(
                f"Experiment: every entry of {key} needs use = a {what}'s name, "
                f"got {entry!r}."
            )
        title = find(table, use, what).title
        named = {k: entry[k] for k in ("learner", "remedy") if entry.get(k)}
        if not all(isinstance(value, str) for value in named.values()):
            raise ParameterError(
                f"Experiment: learner and remedy must be names, got {named!r}."
            )
        one = arm(title, entry.get("settings"), entry.get("name"), **named)
        one["name"] = title if one["name"] == use else one["name"]
        if one["name"] in names:
            raise ParameterError(
                f"Experiment: two {key} are called {one['name']!r}. Give one another "
                "name."
            )
        names.add(one["name"])
        built(table, one, what)
        arms.append(one)
    return arms


def built(table: Mapping[str, Any], entry: Mapping[str, Any], what: str) -> Any:
    """The object of an arm: its class in `table`, with its settings."""
    cls = find(table, entry["use"], what)
    return params.build(cls, settings_of(cls, entry))


def changed_settings(
    table: Mapping[str, Any], entry: Mapping[str, Any]
) -> dict[str, Any]:
    """The settings of an arm that differ from its class's defaults of now."""
    cls = find(table, entry["use"], "arm")
    settings = entry.get("settings") or {}
    plain = settings_of(cls, {"settings": settings})
    family = versions.FAMILIES["samplers" if table is SAMPLERS else "classifiers"]
    defaults = family.spec_of(cls())["params"]
    whole = family.spec_of(params.build(cls, plain))["params"]
    return {n: v for n, v in settings.items() if n in plain and whole[n] != defaults[n]}


def settings_of(cls: type[Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an arm as the constructor of `cls` wants them."""
    return params.restored(cls, entry.get("settings", {}))


def _check_dataset(entry: Any) -> None:
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
