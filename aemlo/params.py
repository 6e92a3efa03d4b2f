"""Constructor annotations that check a value and draw its widget.

A rule is written once, in the signature:

    k_neighbors: Annotated[int, Between(1, 50, "Neighbours of the seed row")] = 5

`check` enforces it, the page's form draws it, the command line parses with it and the
methods page tabulates it. Ours.
"""

import inspect
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from aemlo.errors import ParameterError


@dataclass(frozen=True)
class Between:
    """A number from `low` to `high`, both allowed; `log` asks for a log scale."""

    low: float
    high: float
    help: str
    unit: str = ""
    log: bool = False
    more: bool = False

    def fault(self, value: Any, kind: type) -> str | None:
        number = Integral if kind is int else Real
        if isinstance(value, bool) or not isinstance(value, number):
            return f"must be {'a whole number' if kind is int else 'a number'}"
        if math.isnan(value) or not self.low <= value <= self.high:
            return f"must be between {self.low:g} and {self.high:g}"
        return None

    def parse(self, text: str, kind: type) -> Any:
        return kind(text)


@dataclass(frozen=True)
class OneOf:
    """One of some words."""

    choices: tuple[str, ...]
    help: str
    more: bool = False

    def fault(self, value: Any, kind: type) -> str | None:
        if value in self.choices:
            return None
        return f"must be one of {', '.join(map(repr, self.choices))}"

    def parse(self, text: str, kind: type) -> Any:
        match = [c for c in self.choices if c.casefold() == text.casefold()]
        return match[0] if match else text


@dataclass(frozen=True)
class Switch:
    """On or off."""

    help: str
    more: bool = False

    def fault(self, value: Any, kind: type) -> str | None:
        return None if isinstance(value, bool) else "must be True or False"

    def parse(self, text: str, kind: type) -> Any:
        words = {"true": True, "yes": True, "on": True, "1": True}
        words |= {"false": False, "no": False, "off": False, "0": False}
        return words.get(text.strip().casefold(), text)


@dataclass(frozen=True)
class Several:
    """A short row of numbers (`1, 3, 5`) or, with `choices`, of words."""

    help: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    whole: bool = True
    more: bool = False

    def fault(self, value: Any, kind: type) -> str | None:
        if isinstance(value, str) or not isinstance(value, Sequence) or not value:
            return "must be a list with at least one entry"
        if self.choices:
            if all(v in self.choices for v in value):
                return None
            return f"must hold only {', '.join(map(repr, self.choices))}"
        inner = Between(self.low, self.high, "")
        faults = [inner.fault(v, int if self.whole else float) for v in value]
        return next((f.replace("must", "each must") for f in faults if f), None)

    def parse(self, text: str, kind: type) -> Any:
        parts = [p.strip() for p in text.strip("()[] ").split(",") if p.strip()]
        if self.choices:
            return tuple(parts)
        return tuple((int if self.whole else float)(p) for p in parts)


@dataclass(frozen=True)
class Names:
    """Names or column numbers of labels, as a list; None means all that apply."""

    help: str
    more: bool = False

    def fault(self, value: Any, kind: type) -> str | None:
        if isinstance(value, str) or not isinstance(value, Sequence):
            return "must be a list of label columns"
        if all(isinstance(v, Integral | str) for v in value):
            return None
        return "must hold only column numbers or names"

    def parse(self, text: str, kind: type) -> Any:
        parts = [p.strip() for p in text.split(",") if p.strip()]
        return tuple(int(p) if p.lstrip("-").isdigit() else p for p in parts)


@dataclass(frozen=True)
class Text:
    """Free text."""

    help: str
    more: bool = False

    def fault(self, value: Any, kind: type) -> str | None:
        return None if isinstance(value, str) else "must be text"

    def parse(self, text: str, kind: type) -> Any:
        return text


@dataclass(frozen=True)
class Counts:
    """Wanted positives per label: `{column: count}`; written `3=120, 7=80`.

    One of `words` may stand in their place.
    """

    help: str
    more: bool = False
    words: tuple[str, ...] = ()

    def fault(self, value: Any, kind: type) -> str | None:
        if isinstance(value, str) and value in self.words:
            return None
        if isinstance(value, Mapping) and all(
            isinstance(count, Integral) and count >= 0 for count in value.values()
        ):
            return None
        words = "".join(f"be {word!r} or " for word in self.words)
        return f"must {words}map label columns to whole numbers of at least 0"

    def parse(self, text: str, kind: type) -> Any:
        for word in self.words:
            if text.strip().casefold() == word.casefold():
                return word
        pairs = [part.partition("=") for part in text.split(",") if part.strip()]
        return {
            (int(k) if k.strip().isdigit() else k.strip()): int(v) for k, _, v in pairs
        }


@dataclass(frozen=True)
class Registered:
    """Something of a `family` (aemlo.registry.Family) with settings of its own.

    A title, a spec (`{"name": title, "params": {...}}`) or an object; with `several`,
    a list of them, in order.
    """

    family: Any
    help: str
    several: bool = False
    more: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """The titles to choose from."""
        return tuple(self.family.table())

    def fault(self, value: Any, kind: type) -> str | None:
        if not self.several:
            value = [value]
        elif isinstance(value, str) or not isinstance(value, list | tuple) or not value:
            return f"must be a list with at least one {self.family.name}"
        for one in value:
            self.family.build(one)
        return None

    def parse(self, text: str, kind: type) -> Any:
        if text.lstrip().startswith("[" if self.several else "{"):
            return tuple(json.loads(text)) if self.several else json.loads(text)
        if not self.several:
            return text
        return tuple(part.strip() for part in text.split(",") if part.strip())


RULES = (Between, OneOf, Switch, Several, Names, Text, Counts, Registered)


@dataclass(frozen=True)
class Parameter:
    """One constructor argument: its name, type, default, rule and help."""

    name: str
    kind: type
    optional: bool
    default: Any
    rule: Any

    @property
    def help(self) -> str:
        return self.rule.help

    def check(self, owner: str, value: Any) -> None:
        """Raise ParameterError unless `value` obeys the rule."""
        if value is None and self.optional:
            return
        fault = self.rule.fault(value, self.kind)
        if fault:
            or_none = " (or None)" if self.optional else ""
            raise ParameterError(
                f"{owner}: {self.name} {fault}{or_none}, got {value!r}."
            )

    def parse(self, owner: str, text: str) -> Any:
        """The value written in `text`, checked; ParameterError if it has none."""
        if self.optional and text.strip().casefold() in {"none", ""}:
            return None
        try:
            value = self.rule.parse(text, self.kind)
        except ValueError:
            value = text
        self.check(owner, value)
        return value


@cache
def parameters(cls: type[Any]) -> dict[str, Parameter]:
    """Parameters of `cls` by name, in the order of its constructor."""
    hints = get_type_hints(cls.__init__, include_extras=True)
    by_name = {}
    for name, argument in inspect.signature(cls.__init__).parameters.items():
        rule, kind, optional = _read(hints.get(name))
        if rule is not None:
            by_name[name] = Parameter(name, kind, optional, argument.default, rule)
    return by_name


def _read(hint: Any) -> tuple[Any, Any, bool]:
    """(rule, type, whether None is allowed) of an annotation; None for no rule."""
    if get_origin(hint) is not Annotated:
        return None, None, False
    kind, *extras = get_args(hint)
    rule = next((extra for extra in extras if isinstance(extra, RULES)), None)
    members = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    kinds = [m for m in members if m is not NoneType]
    return rule, kinds[0], NoneType in members


def check(estimator: Any) -> None:
    """Raise ParameterError for the first argument that breaks its rule."""
    owner = getattr(estimator, "title", type(estimator).__name__)
    for name, parameter in parameters(type(estimator)).items():
        parameter.check(owner, getattr(estimator, name))


def build(cls: type[Any], settings: Mapping[str, Any], **more: Any) -> Any:
    """`cls(**settings)`; a name that `cls` lacks is a ParameterError with the names."""
    known = set(inspect.signature(cls.__init__).parameters) - {"self"}
    for name in settings:
        if name not in known:
            raise ParameterError(
                f"{cls.title}: there is no setting {name!r}. "
                f"Settings: {', '.join(sorted(known)) or 'none'}."
            )
    more = {name: value for name, value in more.items() if name in known}
    estimator = cls(**more, **settings)
    check(estimator)
    return estimator


def restored(cls: type[Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """`settings` of `cls` from JSON or TOML, as its constructor wants them.

    There is no tuple, no whole number as a key and, in TOML, no None ("none") there.
    """
    known = parameters(cls)
    return {
        name: _restored(known[name], value) if name in known else value
        for name, value in settings.items()
    }


def _restored(parameter: Parameter, value: Any) -> Any:
    rule = parameter.rule
    if value == "none" and parameter.optional:
        return None
    if isinstance(rule, Registered):
        if isinstance(value, list | tuple):
            return tuple(rule.family.restored(one) for one in value)
        return rule.family.restored(value)
    if isinstance(rule, Counts) and isinstance(value, dict):
        return {int(k) if str(k).isdigit() else k: v for k, v in value.items()}
    if isinstance(value, list):
        return tuple(value)
    if parameter.kind is float and type(value) is int:
        return float(value)
    return value


def parse(cls: type[Any], name: str, text: str) -> Any:
    """The value of `cls`'s setting `name` written as `text` (command line)."""
    known = parameters(cls)
    if name not in known:
        raise ParameterError(
            f"{cls.title}: there is no setting {name!r}. "
            f"Settings: {', '.join(known) or 'none'}."
        )
    return known[name].parse(cls.title, text)
