"""An experiment as TOML, there and back, and as a Python script."""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

import tomli_w

from aemlo.classifiers import CLASSIFIERS
from aemlo.errors import ParameterError
from aemlo.experiment.schedulers import is_name
from aemlo.registry import find
from aemlo.samplers import SAMPLERS
from aemlo.specs.checking import (
    ENGINE,
    OF_THE_APP,
    READ_OPTIONS,
    changed_settings,
    checked,
    settings_of,
)
from aemlo.specs.learning import learners
from aemlo.specs.using import options

TABLES = ("datasets", "samplers", "classifiers")


def from_toml(text: str) -> dict[str, Any]:
    """The checked spec written in TOML; ParameterError with the line that is wrong."""
    try:
        spec = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ParameterError(
            f"Experiment: the TOML cannot be read: {problem}."
        ) from None
    return checked(spec)


def to_toml(spec: Mapping[str, Any]) -> str:
    """A spec as TOML, without what only the app's own run needs.

    An address of a scheduler, which runs could hold once, is left out with its backend.
    """
    apart = (*ENGINE, *OF_THE_APP, *TABLES)
    whole = {k: v for k, v in spec.items() if k not in apart and v != []}
    engine = {name: spec[name] for name in ENGINE if spec.get(name) not in (None, "")}
    if "scheduler" in engine and not is_name(engine["scheduler"]):
        engine = {"jobs": engine["jobs"]} if "jobs" in engine else {}
    if engine:
        whole["engine"] = engine
    whole |= {table: spec[table] for table in TABLES if spec.get(table)}
    return tomli_w.dumps(_writable(whole))


def _writable(value: Any) -> Any:
    """`value` as TOML can hold it, which has no None and no number of NumPy."""
    if value is None:
        return "none"
    if isinstance(value, dict):
        return {str(name): _writable(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_writable(entry) for entry in value]
    return value.item() if hasattr(value, "item") else value


SCRIPT = '''\
"""Repeats a comparison; writes its tidy rows to scores.csv."""

from aemlo import {modules}
from aemlo.samplers import {sampler_classes}
from aemlo.classifiers import {classifier_classes}

if __name__ == "__main__":
    datasets = [
{datasets}
    ]
    samplers = {{
{samplers}
    }}
    classifiers = {{
{classifiers}
    }}
    chosen = {{
{options}
    }}
    plan = experiment.grid(datasets, samplers, classifiers, **chosen)
    predictions = experiment.predictions_of(plan)
    scores = experiment.run(
        datasets,
        samplers,
        classifiers,
        metrics={metrics!r},
        on_cell=predictions.add,
        **chosen,
    )
    safe_tables.save_csv(scores, "scores.csv")
    learners = {{
{learners}
    }}
    table = compare.before_after(
        compare.as_arms(scores, learners),
        {baseline!r},
        primary={primary!r},
        rope={rope!r},
        over_rows=predictions.over_rows(learners, seed={seed!r}),
    )
    safe_tables.save_csv(table, "before_after.csv")
'''


def script(spec: Mapping[str, Any]) -> str:
    """Python that repeats the experiment with the library alone."""
    plain = checked({k: v for k, v in spec.items() if k not in OF_THE_APP})
    entries = plain.get("datasets") or [{"path": "yeast"}]
    modules = ["compare", "experiment", "read", "safe_tables"]
    if any("recipe" in entry for entry in plain.get("datasets", [])):
        modules.insert(0, "checks")
    chosen = options(plain)
    titles = chosen.pop("metrics")
    samplers = _constructed(plain["samplers"], SAMPLERS)
    classifiers = _constructed(plain["classifiers"], CLASSIFIERS)
    return SCRIPT.format(
        modules=", ".join(modules),
        sampler_classes=_class_names(plain["samplers"], SAMPLERS),
        classifier_classes=_class_names(plain["classifiers"], CLASSIFIERS),
        datasets=_indented(_reading(entry) for entry in entries),
        samplers=_indented(samplers),
        classifiers=_indented(classifiers),
        options=_indented(f"{k!r}: {value!r}" for k, value in chosen.items()),
        learners=_indented(
            f"{name!r}: compare.Learner({learner!r}, {remedy!r})"
            for name, (learner, remedy) in learners(plain).items()
        ),
        **{name: plain[name] for name in ("baseline", "primary", "rope", "seed")},
        metrics=titles,
    )


def _indented(expressions: Iterable[str]) -> str:
    """Expressions as lines of a list, a dict or a call."""
    return "\n".join(f"        {expression}," for expression in expressions)


def _class_names(entries: list[dict[str, Any]], table: Mapping[str, Any]) -> str:
    names = {find(table, entry["use"], "arm").__name__ for entry in entries}
    return ", ".join(sorted(names))


def _constructed(entries: list[dict[str, Any]], table: Mapping[str, Any]) -> list[str]:
    """`name: Class(settings)` of each arm, with the settings that are not defaults."""
    lines = []
    for entry in entries:
        cls = find(table, entry["use"], "arm")
        given = settings_of(cls, {"settings": changed_settings(table, entry)})
        arguments = ", ".join(f"{name}={value!r}" for name, value in given.items())
        lines.append(f"{entry['name']!r}: {cls.__name__}({arguments})")
    return lines


def _reading(entry: Mapping[str, Any]) -> str:
    """The expression that reads a data set and does its recipe."""
    names = ("name", *READ_OPTIONS)
    rest = "".join(f", {k}={v!r}" for k, v in entry.items() if k in names)
    text = f"read({entry['path']!r}{rest})"
    if entry.get("recipe"):
        text = f"checks.apply({text}, {entry['recipe']!r})"
    return text
