"""Classifiers inside classifiers: by title, by spec, or as objects.

A spec is plain JSON, `{"name": title, "params": {...}}`, and may hold further specs, so
that pages, stored runs and the command line can write down any combination.
"""

import json

from sklearn.base import clone

from aemlo import params
from aemlo.classifiers.base import Classifier, new_seed
from aemlo.errors import ParameterError
from aemlo.params import OneOf, Several
from aemlo.registry import find


def registry():
    """CLASSIFIERS; asked for late, since the scan that fills it imports this module."""
    from aemlo.classifiers import CLASSIFIERS

    return CLASSIFIERS


def build(what, **more):
    """A Classifier from its title, its spec, or itself (a clone).

    `more` are further settings, given where the class has them. Raises ParameterError
    for a title or a setting that does not exist.
    """
    if isinstance(what, Classifier):
        made = clone(what)
        known = made.get_params(deep=False)
        return made.set_params(**{k: v for k, v in more.items() if k in known})
    if isinstance(what, str):
        what = {"name": what}
    if not isinstance(what, dict) or not isinstance(what.get("name"), str):
        raise ParameterError(
            f"A classifier is a title or a spec with 'name' and 'params', got {what!r}."
        )
    unknown = sorted(set(what) - {"name", "params"})
    if unknown:
        raise ParameterError(
            f"A classifier's spec has 'name' and 'params' only, got {unknown[0]!r} too."
        )
    cls = find(registry(), what["name"], "classifier")
    settings = what.get("params") or {}
    return params.build(
        cls, settings, **{k: v for k, v in more.items() if k not in settings}
    )


def spec_of(classifier):
    """The spec of `classifier`, settings at their default left out; plain JSON."""
    defaults = {n: p.default for n, p in params.parameters(type(classifier)).items()}
    settings = {
        name: _plain(getattr(classifier, name))
        for name, default in defaults.items()
        if _plain(getattr(classifier, name)) != _plain(default)
    }
    return {"name": classifier.title, "params": settings}


def _plain(value):
    if isinstance(value, Classifier):
        return spec_of(value)
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return value


def seeded(what, rng):
    """A fresh Classifier of `what`, seeded from `rng`."""
    return build(what, random_state=new_seed(rng))


class OneClassifier(OneOf):
    """One classifier: a title, a spec or an object."""

    def __init__(self, help, more=False):
        object.__setattr__(self, "help", help)
        object.__setattr__(self, "more", more)

    __hash__, __eq__ = object.__hash__, object.__eq__  # by the titles: too early

    @property
    def choices(self):
        """The titles to choose from."""
        return tuple(registry())

    def fault(self, value, kind):
        build(value)

    def parse(self, text, kind):
        return json.loads(text) if text.lstrip().startswith("{") else text


class SeveralClassifiers(Several):
    """A list of classifiers: titles, specs or objects."""

    def __init__(self, help, more=False):
        object.__setattr__(self, "help", help)
        object.__setattr__(self, "more", more)

    __hash__, __eq__ = object.__hash__, object.__eq__  # by the titles: too early

    @property
    def choices(self):
        """The titles to choose from."""
        return tuple(registry())

    def fault(self, value, kind):
        if isinstance(value, str) or not isinstance(value, list | tuple) or not value:
            return "must be a list with at least one classifier"
        for one in value:
            build(one)
        return None

    def parse(self, text, kind):
        if text.lstrip().startswith("["):
            return tuple(json.loads(text))
        return tuple(part.strip() for part in text.split(",") if part.strip())
