"""Classes found by scanning a folder, looked up by name, built from plain specs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import getmembers, isabstract, isclass
from pkgutil import iter_modules
from typing import Any

from aemlo import params
from aemlo.errors import ParameterError


def scan(package: str, path: Iterable[str], base: type) -> dict[str, Any]:
    """Concrete subclasses of `base` in the modules of `package`, by title.

    `path` is the `__path__` of the package. Only classes with a `title` of their own
    are taken. Subfolders are read through their `__init__`, which imports no network.
    """
    return {
        vars(cls)["title"]: cls
        for module in sorted(m.name for m in iter_modules(path))
        for _, cls in getmembers(import_module(f"{package}.{module}"), isclass)
        if issubclass(cls, base) and not isabstract(cls) and "title" in vars(cls)
    }


def find(table: Mapping[str, Any], name: str, what: str) -> Any:
    """The entry of `table` called `name`, any case; ParameterError with all names."""
    for title, entry in table.items():
        if title.casefold() == name.strip().casefold():
            return entry
    raise ParameterError(f"There is no {what} {name!r}. Names: {', '.join(table)}.")


@dataclass(frozen=True)
class Family:
    """Registered classes of one kind, for settings that hold others (Registered).

    `name` is the kind in a word, `base` its class; `table()` gives the registry and is
    asked late: the scan that fills it imports the modules that name the family. A spec
    is plain JSON, `{"name": title, "params": {...}}`, and may hold further specs, so
    that pages, stored runs and the command line can write down any combination.
    """

    name: str
    base: type
    table: Callable[[], Mapping[str, Any]]

    def build(self, what: Any, **more: Any) -> Any:
        """An object from its title, its spec, or itself (a clone).

        `more` are further settings, given where the class has them. Raises
        ParameterError for a title or a setting that does not exist.
        """
        if isinstance(what, self.base):
            from sklearn.base import clone  # half of the time that formats take to load

            copy = clone(what)
            known = copy.get_params(deep=False)
            return copy.set_params(**{k: v for k, v in more.items() if k in known})
        cls, settings = self.read(what)
        missing = {k: v for k, v in more.items() if k not in settings}
        return params.build(cls, settings, **missing)

    def read(self, what: Any) -> tuple[Any, dict[str, Any]]:
        """(class, settings) of a title or a spec; ParameterError if it is neither."""
        if isinstance(what, str):
            what = {"name": what}
        if not isinstance(what, dict) or not isinstance(what.get("name"), str):
            raise ParameterError(
                f"A {self.name} is a title or a spec with 'name' and 'params', "
                f"got {what!r}."
            )
        unknown = sorted(set(what) - {"name", "params"})
        if unknown:
            raise ParameterError(
                f"A {self.name}'s spec has 'name' and 'params' only, got "
                f"{unknown[0]!r} too."
            )
        return find(self.table(), what["name"], self.name), what.get("params") or {}

    def restored(self, what: Any) -> Any:
        """A title as it is, a spec with the settings that its class wants."""
        if not isinstance(what, dict):
            return what
        cls, settings = self.read(what)
        return {"name": cls.title, "params": params.restored(cls, settings)}

    def spec_of(self, thing: Any) -> dict[str, Any]:
        """The spec of an object with every setting named, nested ones too; plain JSON.

        Defaults are written down as well, so that a default which changes later does
        not change what a stored spec means.
        """
        known = params.parameters(type(thing))
        settings = {name: _plain(p, getattr(thing, name)) for name, p in known.items()}
        return {"name": thing.title, "params": settings}


def _plain(parameter: params.Parameter, value: Any) -> Any:
    """A setting as JSON can hold it."""
    rule = parameter.rule
    if isinstance(rule, params.Registered) and value is not None:
        several = value if rule.several else [value]
        specs = [rule.family.spec_of(rule.family.build(one)) for one in several]
        return specs if rule.several else specs[0]
    if isinstance(value, tuple | list):
        return [_plain_number(entry) for entry in value]
    if isinstance(value, dict):
        return {str(name): _plain_number(entry) for name, entry in value.items()}
    return _plain_number(value)


def _plain_number(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
