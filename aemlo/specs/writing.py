"""An experiment as TOML, there and back, and as a Python script."""

import tomllib
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


def from_toml(text):
    """The checked spec written in TOML; ParameterError with the line that is wrong."""
    try:
        spec = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ParameterError(
            f"Experiment: the TOML cannot be read: {problem}."
        ) from None
    return checked(spec)


def to_toml(spec):
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


def script(spec):
    """Python that repeats the experiment with the library alone."""
    plain = checked({k: v for k, v in spec.items() if k not in OF_THE_APP})
    uses_checks = any("recipe" in entry for entry in plain.get("datasets", []))
    entries = plain.get("datasets") or [{"path": "yeast"}]
    uses = {
        "samplers": [find(SAMPLERS, e["use"], "sampler") for e in plain["samplers"]],
        "classifiers": [
            find(CLASSIFIERS, e["use"], "classifier") for e in plain["classifiers"]
        ],
    }
    lines = ['"""Repeats a comparison; writes its tidy rows to scores.csv."""', ""]
    modules = [
        *["checks"] * uses_checks,
        "compare",
        "experiment",
        "read",
        "safe_tables",
    ]
    lines += [f"from aemlo import {', '.join(modules)}"]
    for family, classes in uses.items():
        names = ", ".join(sorted({cls.__name__ for cls in classes}))
        lines += [f"from aemlo.{family} import {names}"]
    lines += ["", 'if __name__ == "__main__":', "    datasets = ["]
    for entry in entries:
        lines += [f"        {_reading(entry)},"]
    lines += ["    ]"]
    for family, classes in uses.items():
        lines += [f"    {family} = {{"]
        for entry, cls in zip(plain[family], classes, strict=True):
            table = SAMPLERS if family == "samplers" else CLASSIFIERS
            given = settings_of(cls, {"settings": changed_settings(table, entry)})
            arguments = ", ".join(f"{k}={v!r}" for k, v in given.items())
            lines += [f"        {entry['name']!r}: {cls.__name__}({arguments}),"]
        lines += ["    }"]
    chosen = options(plain)
    titles = chosen.pop("metrics")
    given = ", ".join(f"{name}={value!r}" for name, value in chosen.items())
    lines += [f"    chosen = dict({given})"]
    lines += ["    plan = experiment.grid(datasets, samplers, classifiers, **chosen)"]
    lines += ["    predictions = experiment.predictions_of(plan)"]
    lines += ["    scores = experiment.run(", "        datasets,", "        samplers,"]
    lines += ["        classifiers,", "        on_cell=predictions.add,"]
    lines += [f"        metrics={titles!r},", "        **chosen,"]
    lines += ["    )", '    safe_tables.save_csv(scores, "scores.csv")']
    lines += _judging(plain)
    lines += ['    safe_tables.save_csv(table, "before_after.csv")']
    return "\n".join(lines) + "\n"


def _judging(plain: dict[str, Any]) -> list[str]:
    """The lines that turn scores into arms and verdicts."""
    lines = ["    learners = {"]
    for name, (learner, remedy) in learners(plain).items():
        lines += [f"        {name!r}: compare.Learner({learner!r}, {remedy!r}),"]
    return [
        *lines,
        "    }",
        "    table = compare.before_after(",
        "        compare.as_arms(scores, learners),",
        f"        {plain['baseline']!r},",
        f"        primary={plain['primary']!r},",
        f"        rope={plain['rope']!r},",
        f"        over_rows=predictions.over_rows(learners, seed={plain['seed']!r}),",
        "    )",
    ]


def _reading(entry):
    """The expression that reads a data set and does its recipe."""
    names = ("name", *READ_OPTIONS)
    rest = "".join(f", {k}={v!r}" for k, v in entry.items() if k in names)
    text = f"read({entry['path']!r}{rest})"
    if entry.get("recipe"):
        text = f"checks.apply({text}, {entry['recipe']!r})"
    return text
