"""Classes found by scanning a folder, and looked up by name in any case."""

from importlib import import_module
from inspect import getmembers, isabstract, isclass
from pkgutil import iter_modules

from aemlo.errors import ParameterError


def scan(package, path, base):
    """Concrete subclasses of `base` in the modules of `package`, by title.

    Modules named `*_network` are left alone: they import torch.
    """
    return {
        cls.title: cls
        for module in sorted(m.name for m in iter_modules(path))
        if not module.endswith("_network")
        for _, cls in getmembers(import_module(f"{package}.{module}"), isclass)
        if issubclass(cls, base) and not isabstract(cls) and "title" in vars(cls)
    }


def find(table, name, what):
    """The entry of `table` called `name`, any case; ParameterError with all names."""
    for title, entry in table.items():
        if title.casefold() == name.strip().casefold():
            return entry
    raise ParameterError(f"There is no {what} {name!r}. Names: {', '.join(table)}.")
