"""What each classifier of a spec is: a learner, with a remedy or without. Ours.

A remedy (class weights, tuned thresholds) is a classifier around another. Its learner
is the entry of the spec that has the same classifier with the same settings and no
remedy. An entry may also say so itself, with `learner` and `remedy`, such as focal loss
beside another loss.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aemlo import params
from aemlo.classifiers.nested import CLASSIFIER
from aemlo.compare.equal_arms import Learner
from aemlo.errors import ParameterError
from aemlo.specs import versions


def learners(spec: Mapping[str, Any]) -> dict[str, Learner]:
    """The Learner of each classifier of `spec`, by its name in the tables.

    Entries may be titles, or leave out their name, as specs do before they are checked.
    """
    entries = [_whole(entry) for entry in spec["classifiers"]]
    unwrapped = {entry["name"]: _unwrapped(entry) for entry in entries}
    plain: dict[str, str] = {}
    for name, (inner, remedy) in unwrapped.items():
        if not remedy:
            plain.setdefault(repr(inner), name)
    result = {}
    for entry in entries:
        inner, remedy = unwrapped[entry["name"]]
        if entry.get("learner"):
            result[entry["name"]] = Learner(entry["learner"], entry.get("remedy", ""))
        elif not remedy:
            result[entry["name"]] = Learner(entry["name"])
        elif repr(inner) in plain:
            result[entry["name"]] = Learner(plain[repr(inner)], remedy)
        else:
            # Nothing in the spec learns so without the remedy: it stands for itself.
            result[entry["name"]] = Learner(entry["name"])
    return result


def _whole(entry: str | dict[str, Any]) -> dict[str, Any]:
    whole = {"use": entry} if isinstance(entry, str) else dict(entry)
    use = whole.get("use") or whole["name"]
    return whole | {"use": use, "name": whole.get("name") or use}


def _unwrapped(entry: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The innermost classifier of an entry, every setting named, and its remedies."""
    what: Any = {"name": entry["use"], "params": entry.get("settings") or {}}
    remedies = []
    while True:
        what = versions.completed_one(CLASSIFIER, what)
        try:
            cls, settings = CLASSIFIER.read(what)
        except ParameterError:
            return {"name": entry["use"]}, ""
        if not cls.is_remedy:
            return what, " + ".join(reversed(remedies))
        remedies.append(cls.title)
        what = settings["classifier"]


REMEDIES = {
    "class weights": ("class weights",),
    "thresholds": ("thresholds",),
    "class weights + thresholds": ("class weights", "thresholds"),
}
"""Remedies of a classifier by name: the classifiers around it, the innermost first."""


def with_remedies(
    entries: list[dict[str, Any]], remedies: Sequence[str]
) -> list[dict[str, Any]]:
    """The classifiers of a spec, then each with each of `remedies` that it can have.

    Raises ParameterError for a remedy that REMEDIES lacks.
    """
    for remedy in remedies:
        if remedy not in REMEDIES:
            raise ParameterError(
                f"Experiment: there is no remedy {remedy!r}. Remedies: "
                f"{', '.join(REMEDIES)}."
            )
    more = [
        remedied(entry, remedy)
        for remedy in remedies
        for entry in entries
        if can_have(entry, remedy)
    ]
    return [*entries, *more]


def can_have(entry: dict[str, Any], remedy: str) -> bool:
    """Whether the classifier of an entry can have a remedy, and has none yet."""
    cls, _ = CLASSIFIER.read(entry["use"])
    if cls.is_remedy:
        return False
    needs_weights = "class weights" in REMEDIES[remedy]
    return not needs_weights or "class_weights" in params.parameters(cls)


def remedied(entry: dict[str, Any], remedy: str) -> dict[str, Any]:
    """The entry of a classifier with a remedy around it."""
    inner: Any = entry["use"]
    if entry.get("settings"):
        inner = {"name": entry["use"], "params": entry["settings"]}
    *before, last = REMEDIES[remedy]
    for title in before:
        inner = {"name": title, "params": {"classifier": inner}}
    name = f"{entry['name']} + {remedy}"
    return {"name": name, "use": last, "settings": {"classifier": inner}}
