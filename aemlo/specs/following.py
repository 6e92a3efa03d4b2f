"""From the arms of a Classify run to a comparison of just those arms. Ours."""

from typing import Any

from aemlo.compare.equal_arms import NOTHING, arm_name
from aemlo.specs.checking import arm, checked
from aemlo.specs.learning import learners


def comparison_of(arms: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    """The checked spec that compares `arms` over folds, and no others.

    Each of `arms` has a `name`, a `sampler` (None, a title or a spec with `name` and
    `params`) and a `classifier` (a title or such a spec), as a Classify run stores
    them. `options` are further entries, such as `folds`.
    """
    samplers = {NOTHING: arm(NOTHING)}
    classifiers: dict[str, dict[str, Any]] = {}
    pairs = []
    for entry in arms:
        sampler = _named(entry["sampler"] or NOTHING)
        samplers.setdefault(sampler["name"], arm(sampler["name"], sampler["params"]))
        what = _named(entry["classifier"])
        key = repr(what)
        if key not in classifiers:
            classifiers[key] = arm(what["name"], what["params"], _name_of(what))
        pairs.append((sampler["name"], classifiers[key]["name"]))
    spec: dict[str, Any] = {
        "samplers": list(samplers.values()),
        "classifiers": list(classifiers.values()),
    }
    known = learners(spec)
    names = [arm_name(sampler, known[name].remedy) for sampler, name in pairs]
    chosen = list(dict.fromkeys([NOTHING, *names]))
    return checked(spec | {"only": chosen} | options)


def _named(what: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(what, str):
        return {"name": what, "params": {}}
    return {"name": what["name"], "params": what.get("params") or {}}


def _name_of(what: dict[str, Any]) -> str:
    """ "BR-logistic + class weights + thresholds", from the inside out."""
    layers = [what["name"]]
    inner = what["params"].get("classifier")
    while inner is not None:
        named = _named(inner)
        layers.append(named["name"])
        inner = named["params"].get("classifier")
    return " + ".join(reversed(layers))
