"""A sampler's class read out: idea, parameters, source, departures."""

import inspect
import math

import pandas as pd
import streamlit as st

from aemlo import params
from aemlo.samplers import SAMPLERS
from aemlo.ui import figures, layout

SAID = (
    ("Helps", "helps"),
    ("Harms", "harms"),
    ("Keeps", "keeps"),
    ("Differs from well-known codes", "differs"),
    ("Source", "source"),
)


def describe(cls):
    """One sampler: its idea, what it says of itself, its method, its settings."""
    st.subheader(layout.plain(cls.title))
    st.markdown(layout.plain(cls.idea))
    for name, attribute in SAID:
        if getattr(cls, attribute):
            st.markdown(f"**{name}:** {layout.plain(getattr(cls, attribute))}")
    with st.container(border=True):
        st.markdown(_markdown(inspect.getdoc(cls)))
    table = settings(cls)
    if len(table):
        st.markdown("**Settings**")
        figures.table(table, name=f"{cls.title}-settings", key=f"methods.{cls.title}")
    st.caption(
        "Nothing is drawn: the same rows always give the same result."
        if cls.deterministic
        else "The same random_state always gives the same rows."
    )


def settings(cls):
    """The constructor's arguments: name, default, allowed values, help."""
    return pd.DataFrame(
        [
            (
                name,
                "automatic" if p.default is None else _written(p.default),
                _allowed(p),
                p.help,
            )
            for name, p in params.parameters(cls).items()
        ],
        columns=["setting", "default", "allowed", "what it does"],
    )


def overview():
    """All samplers in a table: what they do to the rows, and the idea."""
    return pd.DataFrame(
        [(title, cls.kind, cls.idea, cls.source) for title, cls in SAMPLERS.items()],
        columns=["sampler", "kind", "idea", "source"],
    )


def _allowed(parameter):
    rule = parameter.rule
    if isinstance(rule, params.Between):
        if math.isinf(rule.low) or math.isinf(rule.high):
            return "any number"
        return f"{rule.low:g} to {rule.high:g}"
    if getattr(rule, "choices", ()):
        return ", ".join(map(str, rule.choices))
    if isinstance(rule, params.Switch):
        return "on or off"
    if isinstance(rule, params.Several):
        return f"numbers from {rule.low:g} to {rule.high:g}"
    words = "".join(f"{word}, or " for word in getattr(rule, "words", ()))
    if isinstance(rule, params.Counts):
        return f"{words}label=count pairs"
    return "labels" if isinstance(rule, params.Names) else "text"


def _written(value):
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _markdown(text):
    """A docstring as Markdown: its own marks stand, formulas do not turn into any."""
    pieces = text.split("`")
    for place in range(0, len(pieces), 2):  # the odd ones are code
        for sign in "_~$<|":
            pieces[place] = pieces[place].replace(sign, f"\\{sign}")
    return "`".join(pieces)
