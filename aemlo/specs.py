"""An experiment as a small file: TOML <-> plain dict <-> objects and options.

The page writes it, the command line runs it, a run keeps it: the same words give the
same scores to the last digit. Ours.
"""

import json
import re
import tomllib
from pathlib import Path

from aemlo import params
from aemlo.classifiers import CLASSIFIERS
from aemlo.errors import ParameterError
from aemlo.folds import DUPLICATES, WAYS
from aemlo.formats import read
from aemlo.metrics import METRICS
from aemlo.prepare import SCALES
from aemlo.registry import find
from aemlo.samplers import SAMPLERS

DEFAULTS = {
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
# What `experiment.run` takes by the same name.
RUN_OPTIONS = ("seed", "split", "folds", "repeats", "test_share", "duplicates")
RUN_OPTIONS += ("scale", "leak")
# Known to a run in the app alone: where it computes, and data sets by content.
OF_THE_APP = ("jobs", "backend", "scheduler", "more_datasets", "leak", "pilot", "sweep")
READ_OPTIONS = ("path", "name", "xml", "test", "labels", "label_count")
READ_OPTIONS += ("label_location", "missing_labels")
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def arm(use, settings=None, name=None):
    """One arm of a spec: a registry title, its settings, and the name in the tables."""
    entry = {"name": name or use, "use": use}
    return entry | ({"settings": dict(settings)} if settings else {})


def checked(spec):
    """`spec` with defaults and titles as the registries write them.

    Raises ParameterError for a key, name or value that does not exist, with the way
    out.
    """
    known = {*DEFAULTS, *OF_THE_APP, "datasets", "samplers", "classifiers"}
    for key in spec:
        if key not in known:
            raise ParameterError(
                f"Experiment: there is no entry {key!r}. "
                f"Entries: {', '.join(sorted(known - set(OF_THE_APP)))}."
            )
    whole = DEFAULTS | spec
    for key, kind, low in (("folds", int, 2), ("repeats", int, 1), ("seed", int, 0)):
        value = whole[key]
        if not isinstance(value, kind) or isinstance(value, bool) or value < low:
            raise ParameterError(
                f"Experiment: {key} must be a whole number of at least {low}, "
                f"got {value!r}."
            )
    words = {"split": WAYS, "duplicates": DUPLICATES, "scale": SCALES}
    for key, choices in words.items():
        if whole[key] not in choices:
            raise ParameterError(
                f"Experiment: {key} must be one of {', '.join(choices)}, "
                f"got {whole[key]!r}."
            )
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
    return whole


def arms(spec):
    """(samplers, classifiers) of a checked spec: dicts of name -> object."""
    return (
        {
            entry["name"]: _built(SAMPLERS, entry, "sampler")
            for entry in spec["samplers"]
        },
        {
            entry["name"]: _built(CLASSIFIERS, entry, "classifier")
            for entry in spec["classifiers"]
        },
    )


def options(spec):
    """Keyword arguments of `experiment.run` that a checked spec says."""
    chosen = {name: spec[name] for name in RUN_OPTIONS if name in spec}
    return chosen | {"metrics": spec["metrics"] or None}


def datasets(spec, folder="."):
    """The Datasets a spec names, paths relative to `folder`; built-in ones by name."""
    entries = spec.get("datasets", [])
    if not entries:
        raise ParameterError(
            "Experiment: it names no data set. Add [[datasets]] with a path."
        )
    return [_read(entry, Path(folder)) for entry in entries]


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
    """A spec as TOML, without what only the app's own run needs."""
    plain = {k: v for k, v in spec.items() if k not in OF_THE_APP}
    tables = ("datasets", "samplers", "classifiers")
    lines = [_line(k, v) for k, v in plain.items() if k not in tables and v != []]
    for table in tables:
        for entry in plain.get(table, []):
            lines += ["", f"[[{table}]]"]
            settings = entry.get("settings", {})
            lines += [_line(k, v) for k, v in entry.items() if k != "settings"]
            if settings:
                lines += [f"[{table}.settings]"]
                lines += [_line(k, v) for k, v in settings.items()]
    return "\n".join(lines) + "\n"


def script(spec):
    """Python that repeats the experiment with the library alone."""
    plain = checked({k: v for k, v in spec.items() if k not in OF_THE_APP})
    entries = plain.get("datasets") or [{"path": "yeast"}]
    uses = {
        "samplers": [find(SAMPLERS, e["use"], "sampler") for e in plain["samplers"]],
        "classifiers": [
            find(CLASSIFIERS, e["use"], "classifier") for e in plain["classifiers"]
        ],
    }
    lines = ['"""Repeats a comparison; writes its tidy rows to scores.csv."""', ""]
    lines += ["from aemlo import compare, experiment, read"]
    for family, classes in uses.items():
        names = ", ".join(sorted({cls.__name__ for cls in classes}))
        lines += [f"from aemlo.{family} import {names}"]
    lines += ["", 'if __name__ == "__main__":', "    datasets = ["]
    for entry in entries:
        rest = "".join(f", {k}={v!r}" for k, v in entry.items() if k != "path")
        lines += [f"        read({entry['path']!r}{rest}),"]
    lines += ["    ]"]
    for family, classes in uses.items():
        lines += [f"    {family} = {{"]
        for entry, cls in zip(plain[family], classes, strict=True):
            given = _settings(cls, entry)
            arguments = ", ".join(f"{k}={v!r}" for k, v in given.items())
            lines += [f"        {entry['name']!r}: {cls.__name__}({arguments}),"]
        lines += ["    }"]
    lines += ["    scores = experiment.run(", "        datasets,", "        samplers,"]
    lines += ["        classifiers,"]
    lines += [f"        {name}={value!r}," for name, value in options(plain).items()]
    lines += ["    )", '    scores.to_csv("scores.csv", index=False)']
    lines += [f"    table = compare.before_after(scores, {plain['baseline']!r})"]
    lines += ['    table.to_csv("before_after.csv", index=False)']
    return "\n".join(lines) + "\n"


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
        _built(table, one, what)
        found.append(one)
    return found


def _built(table, entry, what):
    cls = find(table, entry["use"], what)
    return params.build(cls, _settings(cls, entry))


def _settings(cls, entry):
    """Settings as a constructor wants them: TOML knows no None and no int keys."""
    known, given = params.parameters(cls), {}
    for name, value in entry.get("settings", {}).items():
        parameter = known.get(name)
        if parameter is None:
            given[name] = value
        elif value == "none" and parameter.optional:
            given[name] = None
        elif isinstance(parameter.rule, params.Counts) and isinstance(value, dict):
            given[name] = {
                int(k) if str(k).isdigit() else k: v for k, v in value.items()
            }
        elif isinstance(value, list):
            given[name] = tuple(value)
        elif parameter.kind is float and type(value) is int:
            given[name] = float(value)
        else:
            given[name] = value
    return given


def _check_dataset(entry):
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
        raise ParameterError(
            f"Experiment: every entry of datasets needs a path, got {entry!r}."
        )
    for name in entry:
        if name not in READ_OPTIONS:
            raise ParameterError(
                f"Experiment: a data set has no entry {name!r}. "
                f"Entries: {', '.join(READ_OPTIONS)}."
            )


def _read(entry, folder):
    given = {k: v for k, v in entry.items() if k != "path"}
    for name in ("xml", "test"):
        if name in given:
            given[name] = _found(given[name], folder)
    return read(_found(entry["path"], folder), **given)


def _found(path, folder):
    beside = folder / path
    return str(beside) if beside.exists() else path


def _line(key, value):
    return f"{_key(key)} = {_written(value)}"


def _key(key):
    key = str(key)
    return key if BARE_KEY.fullmatch(key) else _text(key)


def _written(value):
    if value is None:
        return '"none"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_written(entry) for entry in value) + "]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key(k)} = {_written(v)}" for k, v in value.items())
        return "{ " + pairs + " }" if pairs else "{}"
    return _written(value.item())  # a NumPy scalar


def _text(text):
    # JSON's escapes are TOML's, but for DEL, which JSON leaves as it is, and for pairs
    # of surrogates, which `ensure_ascii=False` avoids.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
