"""Specs that name every setting, and older ones read with the defaults of their time.

A stored spec has `spec_version` and all settings of its samplers and classifiers, of
nested ones too, so that a changed default changes no stored spec. One without
`spec_version` is of version 1: what it leaves out has the value that
`aemlo.specs.defaults_1` wrote down. Version 2 had the same defaults; settings of AEMLO
that came with version 3 have, in both, the values by which they change nothing. Ours.
"""

from typing import Any

from aemlo import params
from aemlo.classifiers.nested import CLASSIFIER
from aemlo.errors import ParameterError
from aemlo.latent.trained import PICTURE
from aemlo.params import Registered
from aemlo.quality.settings import defaults as judging_defaults
from aemlo.registry import Family
from aemlo.samplers.aemlo.settings import ADDED_LATER
from aemlo.samplers.chain import SAMPLER
from aemlo.specs import defaults_1

VERSION = 3
KEY = "spec_version"
OLD = {SAMPLER.name: defaults_1.SAMPLERS, CLASSIFIER.name: defaults_1.CLASSIFIERS}
# {title: settings that came with version 3}, for specs from before.
CAME_LATER = {"AEMLO": ADDED_LATER}
FAMILIES = {"samplers": SAMPLER, "classifiers": CLASSIFIER}


def version_of(spec: dict[str, Any]) -> int:
    """The version a spec was written in; ParameterError for one that is not known."""
    version = spec.get(KEY, 1)
    if type(version) is not int or not 1 <= version <= VERSION:
        raise ParameterError(
            f"{KEY} must be between 1 and {VERSION}, got {version!r}. It was written "
            "by a newer version of AEMLO Studio: install that one."
        )
    return version


def written(spec: dict[str, Any]) -> dict[str, Any]:
    """A new spec with every setting named, by the defaults of now, and its version."""
    return completed(spec | {KEY: VERSION})


def completed(spec: dict[str, Any]) -> dict[str, Any]:
    """A stored spec with every setting named, by the defaults of its version.

    Specs of runs that make rows (`sampler`, `settings`), classify (`arms`), predict
    (`arm`), compare (`samplers`, `classifiers`), judge (`run`, `without`) and draw
    (`run` and settings of a picture); any other comes back as it is, and so does a
    setting that is wrong: what uses it says what is wrong.
    """
    version = version_of(spec)
    if "arms" in spec:
        split = defaults_1.CLASSIFY["split"] | spec.get("split", {})
        arms = [completed_arm(arm, version) for arm in spec["arms"]]
        more: dict[str, Any] = {"arms": arms, "split": split}
        whole = defaults_1.CLASSIFY | spec | more
    elif "arm" in spec:
        arm = completed_arm(spec["arm"], version)
        whole = defaults_1.PREDICT | spec | {"arm": arm}
    elif "samplers" in spec and "classifiers" in spec:
        arms_by_family = {
            key: [_compared_arm(family, entry, version) for entry in spec[key]]
            for key, family in FAMILIES.items()
            if isinstance(spec[key], list)
        }
        whole = (defaults_1.EXPERIMENT if version == 1 else {}) | spec | arms_by_family
    elif isinstance(spec.get("sampler"), str) and "run" not in spec:
        settings = spec.get("settings", {})
        whole = spec | {
            "settings": _all_settings(SAMPLER, spec["sampler"], settings, version)
        }
    elif "run" in spec:
        whole = _of_a_run(spec, version)
    else:
        return spec
    return whole | {KEY: VERSION}


def _of_a_run(spec: dict[str, Any], version: int) -> dict[str, Any]:
    """A spec that looks at a trained run: judged anew, or drawn."""
    if "without" in spec:
        judging = defaults_1.JUDGING if version == 1 else judging_defaults()
        return spec | {"settings": judging | spec.get("settings", {})}
    if set(spec) <= {"run", KEY, *PICTURE}:
        return (defaults_1.PICTURE if version == 1 else PICTURE) | spec
    return spec


def completed_arm(arm: Any, version: int = VERSION) -> Any:
    """An arm of `aemlo.exports.model.Pipeline` with every setting named."""
    if not isinstance(arm, dict):
        return arm
    whole = dict(arm)
    for key, family in (("sampler", SAMPLER), ("classifier", CLASSIFIER)):
        if whole.get(key) is not None:
            whole[key] = completed_one(family, whole[key], version)
    return whole


def completed_one(family: Family, what: Any, version: int = VERSION) -> Any:
    """A title or spec of `family` as a spec with every setting named."""
    try:
        cls, settings = family.read(what)
    except ParameterError:
        return what
    settings = _all_settings(family, cls.title, settings, version)
    return {"name": cls.title, "params": settings}


def _all_settings(
    family: Family, title: str, settings: dict[str, Any], version: int
) -> dict[str, Any]:
    try:
        cls, _ = family.read(title)
        filled = params.restored(cls, _filled(family, title, settings, version))
        known = set(params.parameters(cls))
        whole = family.spec_of(
            params.build(cls, {k: v for k, v in filled.items() if k in known})
        )
    except (ParameterError, TypeError, AttributeError):
        return settings
    return {k: v for k, v in settings.items() if k not in known} | whole["params"]


def _filled(
    family: Family, title: str, settings: dict[str, Any], version: int
) -> dict[str, Any]:
    """`settings` with what an older spec left out, inside other specs too."""
    if version == VERSION:
        return settings
    cls, _ = family.read(title)
    known = params.parameters(cls)
    old = OLD[family.name].get(cls.title, {}) | CAME_LATER.get(cls.title, {})
    whole = {k: v for k, v in old.items() if k in known} | settings
    for name, parameter in known.items():
        if isinstance(parameter.rule, Registered) and whole.get(name) is not None:
            inner, value = parameter.rule.family, whole[name]
            if parameter.rule.several:
                whole[name] = [completed_one(inner, one, version) for one in value]
            else:
                whole[name] = completed_one(inner, value, version)
    return whole


def _compared_arm(family: Family, entry: Any, version: int) -> Any:
    """An arm of a comparison: `{"name": ..., "use": title, "settings": {...}}`."""
    whole = {"use": entry} if isinstance(entry, str) else entry
    if not isinstance(whole, dict):
        return entry
    title = whole.get("use") or whole.get("name")
    settings = whole.get("settings") or {}
    if not isinstance(title, str) or not isinstance(settings, dict):
        return entry
    return {**whole, "settings": _all_settings(family, title, settings, version)}
