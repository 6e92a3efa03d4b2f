"""Widgets drawn from constructor annotations: type, range, default and help."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aemlo import params
from aemlo.errors import ParameterError
from aemlo.params import Parameter


def param_form(
    cls: type[Any],
    key: str,
    *,
    values: Mapping[str, Any] | None = None,
    skip: Collection[str] = (),
    labels: Sequence[str] = (),
    container: DeltaGenerator | None = None,
) -> dict[str, Any]:
    """Draw the settings of `cls`; returns them as a dict, ready for `params.build`.

    `values` replaces defaults (a preset), `skip` leaves settings out, `labels` are the
    names offered where a setting chooses labels. Settings marked `more` are behind
    "More settings"; a setting that is itself a sampler or classifier has the settings
    of that below it, and so on down. A setting that is left out keeps its default.
    """
    values = values or {}
    known = {n: p for n, p in params.parameters(cls).items() if n not in skip}
    first = {name: p for name, p in known.items() if not p.rule.more}
    more = {name: p for name, p in known.items() if p.rule.more}
    box = container or st.container()
    chosen = _widgets(box, cls, first, values, key, labels)
    if more:
        with box.expander("More settings"):
            chosen |= _widgets(st.container(), cls, more, values, key, labels)
    return {name: chosen[name] for name in known if name in chosen}


def _widgets(
    box: DeltaGenerator,
    cls: type[Any],
    known: dict[str, Parameter],
    values: Mapping[str, Any],
    key: str,
    labels: Sequence[str],
) -> dict[str, Any]:
    chosen = {}
    nested = [n for n, p in known.items() if isinstance(p.rule, params.Registered)]
    plain = [name for name in known if name not in nested]
    columns = box.columns(2) if plain else ()
    for place, name in enumerate(plain):
        value = values.get(name, known[name].default)
        with columns[place % 2]:
            chosen[name] = _widget(
                known[name], value, f"{key}.{cls.title}.{name}", labels
            )
    for name in nested:
        value = values.get(name, known[name].default)
        with box:
            chosen[name] = _registered(
                known[name], value, f"{key}.{cls.title}.{name}", labels
            )
    return chosen


def _registered(
    parameter: Parameter, value: Any, key: str, labels: Sequence[str]
) -> Any:
    """One or several of a family, and below them the settings of each."""
    rule = parameter.rule
    read = [rule.family.read(v) for v in (value if rule.several else [value])]
    first = {cls.title: settings for cls, settings in read}
    text = caption(parameter.name, rule)
    common: dict[str, Any] = {"key": key, "help": rule.help, "persist_state": "session"}
    options = list(rule.choices)
    if not rule.several:
        (title,) = first
        titles = [st.selectbox(text, options, options.index(title), **common)]
    else:
        titles = st.multiselect(text, options, default=list(first), **common)
    chosen = [_one_of(rule, title, first.get(title), key, labels) for title in titles]
    if not chosen:
        st.error(f"{text}: choose at least one {rule.family.name}.")
        st.stop()
    return tuple(chosen) if rule.several else chosen[0]


def _one_of(
    rule: params.Registered,
    title: str,
    values: Mapping[str, Any] | None,
    key: str,
    labels: Sequence[str],
) -> str | dict[str, Any]:
    """The settings of one of a family: a spec, or its title where all are default."""
    cls, _ = rule.family.read(title)
    known = params.parameters(cls)
    if not known:
        return title
    with st.expander(f"Settings of {title}"):
        settings = param_form(cls, f"{key}.in", values=values, labels=labels)
    changed = {n: v for n, v in settings.items() if v != known[n].default}
    return {"name": title, "params": changed} if changed else title


def caption(name: str, rule: Any) -> str:
    """A setting's name in words, with its unit: `latent_size` -> "Latent size"."""
    words = name.replace("_", " ").strip()
    unit = f" ({rule.unit})" if getattr(rule, "unit", "") else ""
    return words[:1].upper() + words[1:] + unit


def _widget(parameter: Parameter, value: Any, key: str, labels: Sequence[str]) -> Any:
    rule, text = parameter.rule, caption(parameter.name, parameter.rule)
    common: dict[str, Any] = {"key": key, "help": rule.help, "persist_state": "session"}
    if isinstance(rule, params.Between):
        return _number(parameter, value, text, common)
    if isinstance(rule, params.OneOf):
        return _option(parameter, value, text, common)
    if isinstance(rule, params.Switch):
        return st.checkbox(text, value=bool(value), **common)
    if isinstance(rule, params.Names) and labels:
        return _several(parameter, labels, value, text, common, placeholder="all")
    if isinstance(rule, params.Several) and rule.choices:
        return _several(parameter, rule.choices, value, text, common)
    return _written(parameter, value, text, common)


def _option(
    parameter: Parameter, value: Any, text: str, common: dict[str, Any]
) -> str | None:
    options = list(parameter.rule.choices)
    if parameter.optional:
        options = [None, *options]
    return st.selectbox(
        text,
        options,
        index=options.index(value) if value in options else 0,
        format_func=lambda option: "automatic" if option is None else str(option),
        **common,
    )


def _several(
    parameter: Parameter,
    options: Sequence[str],
    value: Any,
    text: str,
    common: dict[str, Any],
    **more: Any,
) -> tuple[str, ...] | None:
    chosen = st.multiselect(
        text, list(options), default=list(value or []), **common, **more
    )
    return tuple(chosen) or (None if parameter.optional else ())


def _number(
    parameter: Parameter, value: Any, text: str, common: dict[str, Any]
) -> float | None:
    rule, whole = parameter.rule, parameter.kind is int
    kind = int if whole else float
    step = 1 if whole else None
    shown = None if value is None else kind(value)
    return st.number_input(
        text,
        min_value=None if math.isinf(rule.low) else kind(rule.low),
        max_value=None if math.isinf(rule.high) else kind(rule.high),
        value=shown,
        step=step if whole else _step(shown, rule),
        format=None if whole else _format(shown, rule),
        placeholder="automatic" if parameter.optional else None,
        **common,
    )


def _step(value: float | None, rule: params.Between) -> float:
    size = abs(value) if value else (rule.high - rule.low) / 20
    return float(10.0 ** math.floor(math.log10(size))) if size else 0.1


def _format(value: float | None, rule: params.Between) -> str:
    smallest = abs(value) if value else 0.1
    return "%.6g" if smallest < 0.01 or rule.log else "%.4g"


def _written(
    parameter: Parameter, value: Any, text: str, common: dict[str, Any]
) -> Any:
    """A setting written as text: lists and counts."""
    if isinstance(value, dict):
        value = ", ".join(f"{name}={count}" for name, count in value.items())
    elif isinstance(value, tuple | list):
        value = ", ".join(map(str, value))
    written = st.text_input(
        text,
        value="" if value is None else str(value),
        placeholder="automatic" if parameter.optional else None,
        **common,
    )
    try:
        return parameter.parse(text, written)
    except ParameterError as problem:
        st.error(str(problem))
        st.stop()
