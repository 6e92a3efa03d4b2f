"""Every family of the library read out from its classes and functions.

Samplers, classifiers, metrics, measures and formats: what one does, its formula, its
settings with type, range and default, where it is from and where it departs.
"""

import inspect
import math
import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from aemlo import params
from aemlo.classifiers import CLASSIFIERS
from aemlo.formats import FORMATS
from aemlo.imbalance import MEASURES
from aemlo.metrics import ALL_METRICS
from aemlo.samplers import SAMPLERS
from aemlo.ui import figures, layout

NOTES = (
    ("Helps", "helps"),
    ("Harms", "harms"),
    ("Keeps", "keeps"),
    ("Differs from well-known codes", "differs"),
    ("Source", "source"),
)
SYMBOLS = (
    "Symbols: n rows, d features, q labels; $Y_i$ the labels of row i and $\\hat Y_i$ "
    "those predicted; $c_j$ the rows that have label j, $\\hat c_j$ those predicted to "
    "have it; TP, FP, FN, TN the cells right and wrong; $s$ and $f$ scores, $P$ and "
    "$R$ precision and recall; [ ] is 1 where what it holds is true, else 0."
)
KINDS = {bool: "on or off", int: "whole number", float: "number", str: "text"}


def sampler(title: str) -> None:
    """One sampler: its idea, its notes, its method and its settings."""
    cls = SAMPLERS[title]
    st.subheader(layout.plain(cls.title))
    st.markdown(layout.plain(cls.idea))
    for name, attribute in NOTES:
        if getattr(cls, attribute):
            st.markdown(f"**{name}:** {layout.plain(getattr(cls, attribute))}")
    _method(cls)
    st.caption(
        "Nothing is drawn: the same rows always give the same result."
        if cls.deterministic
        else "The same random_state always gives the same rows."
    )


def classifier(title: str) -> None:
    """One classifier: its method with source and departures, and its settings."""
    cls = CLASSIFIERS[title]
    st.subheader(layout.plain(cls.title))
    _method(cls)


def file_format(title: str) -> None:
    """One file format: its endings, what it can hold, and its description."""
    entry = FORMATS[title]
    st.subheader(layout.plain(entry.title))
    st.markdown(
        f"**Files:** {layout.plain(', '.join(entry.extensions))}  \n"
        f"**Read and written:** {'both' if entry.writable else 'read only'}  \n"
        f"**Marks synthetic rows:** {'yes' if entry.marks else 'no'}"
    )
    with st.container(border=True):
        st.markdown(as_markdown(inspect.getdoc(type(entry)) or ""))
    _options(type(entry).read)


def metric(title: str) -> None:
    """One metric: its formula, direction, range, conventions and source."""
    entry = ALL_METRICS[title]
    st.subheader(layout.plain(entry.title))
    st.markdown(layout.plain(entry.help))
    st.latex(entry.formula)
    better = {"higher": "higher is better", "lower": "lower is better", "": "a count"}
    given = "scores" if entry.needs == "scores" else "predictions of 0 and 1"
    st.markdown(
        f"**Direction:** {better[entry.better]}  \n"
        f"**Values:** {layout.plain(in_range(*entry.bounds))}, "
        f"{'one a label' if entry.per_label else 'one for all labels'}  \n"
        f"**Reads:** {given}  \n"
        f"**Source:** {layout.plain(entry.source)}"
    )
    _rest_of_the_description(entry.function)
    st.caption(SYMBOLS)


def measure(title: str) -> None:
    """One measure of imbalance: its formula, meaning, range and source."""
    entry = next(known for known in MEASURES.values() if known.title == title)
    st.subheader(layout.plain(entry.title))
    st.markdown(layout.plain(entry.meaning))
    st.latex(entry.formula)
    st.markdown(
        f"**Group:** {layout.plain(entry.group)}  \n"
        f"**Values:** {layout.plain(in_range(*entry.bounds))}  \n"
        f"**Source:** {layout.plain(entry.source)}"
    )
    with st.container(border=True):
        st.markdown(as_markdown(inspect.getdoc(entry.function) or ""))
    st.caption(SYMBOLS)
    st.page_link(
        "pages/imbalance.py",
        label="See it with this data set's numbers",
        icon=":material/arrow_forward:",
    )


FAMILIES: dict[str, tuple[list[str], Callable[[str], None]]] = {
    "Samplers": (list(SAMPLERS), sampler),
    "Classifiers": (list(CLASSIFIERS), classifier),
    "Metrics": (list(ALL_METRICS), metric),
    "Measures": ([entry.title for entry in MEASURES.values()], measure),
    "Formats": (list(FORMATS), file_format),
}
"""Of each family: the titles to choose from, and what shows one of them."""


def overview(family: str) -> pd.DataFrame:
    """All of a family in a table, one row each."""
    return OVERVIEWS[family]()


def samplers_table() -> pd.DataFrame:
    """All samplers: what they do to the rows, and the idea."""
    return pd.DataFrame(
        [(title, cls.kind, cls.idea, cls.source) for title, cls in SAMPLERS.items()],
        columns=["sampler", "kind", "idea", "source"],
    )


def classifiers_table() -> pd.DataFrame:
    """All classifiers, with the first sentence of their descriptions."""
    return pd.DataFrame(
        [(title, first_line(cls)) for title, cls in CLASSIFIERS.items()],
        columns=["classifier", "what it is"],
    )


def metrics_table() -> pd.DataFrame:
    """All metrics: what they are, which way is better, and their range."""
    return pd.DataFrame(
        [
            (
                entry.title,
                entry.help,
                entry.better or "neither",
                in_range(*entry.bounds),
                entry.needs,
                entry.source,
            )
            for entry in ALL_METRICS.values()
        ],
        columns=["metric", "what it is", "better", "values", "reads", "source"],
    )


def measures_table() -> pd.DataFrame:
    """All measures: what they tell, and their range."""
    return pd.DataFrame(
        [
            (
                entry.title,
                entry.group,
                entry.meaning,
                in_range(*entry.bounds),
                entry.source,
            )
            for entry in MEASURES.values()
        ],
        columns=["measure", "group", "meaning", "values", "source"],
    )


def formats_table() -> pd.DataFrame:
    """All formats: endings, whether they can be written, what they are."""
    return pd.DataFrame(
        [
            (
                title,
                ", ".join(entry.extensions),
                "yes" if entry.writable else "no",
                "yes" if entry.marks else "no",
                first_line(type(entry)),
            )
            for title, entry in FORMATS.items()
        ],
        columns=["format", "files", "written", "marks synthetic rows", "what it is"],
    )


ONE = {
    "Samplers": "Sampler",
    "Classifiers": "Classifier",
    "Metrics": "Metric",
    "Measures": "Measure",
    "Formats": "Format",
}
OVERVIEWS: dict[str, Callable[[], pd.DataFrame]] = {
    "Samplers": samplers_table,
    "Classifiers": classifiers_table,
    "Metrics": metrics_table,
    "Measures": measures_table,
    "Formats": formats_table,
}


def settings(cls: type) -> pd.DataFrame:
    """The constructor's arguments: name, type, default, allowed values, help."""
    return pd.DataFrame(
        [
            (
                name,
                KINDS.get(parameter.kind, "list or text"),
                "automatic" if parameter.default is None else _written(parameter),
                _allowed(parameter),
                parameter.help,
            )
            for name, parameter in params.parameters(cls).items()
        ],
        columns=["setting", "type", "default", "allowed", "what it does"],
    )


def first_line(thing: Any) -> str:
    """The first sentence of a description, without Markdown's marks of code."""
    return (inspect.getdoc(thing) or "").split("\n")[0].replace("`", "")


def in_range(low: float, high: float) -> str:
    """The values between two bounds in words."""
    if math.isinf(low):
        return "any number" if math.isinf(high) else f"{high:g} or less"
    return f"{low:g} or more" if math.isinf(high) else f"{low:g} to {high:g}"


def as_markdown(text: str) -> str:
    """A docstring as Markdown: its own marks stand, formulas do not turn into any."""
    pieces = text.split("`")
    for place in range(0, len(pieces), 2):  # the odd ones are code
        pieces[place] = re.sub(r"([_~$<|])", r"\\\1", pieces[place])
    return "`".join(pieces)


def _method(cls: type) -> None:
    """The formulas, description and settings that a class carries."""
    for words, formula in getattr(cls, "formulas", ()):
        st.markdown(layout.plain(words))
        st.latex(formula)
    with st.container(border=True):
        st.markdown(as_markdown(inspect.getdoc(cls) or ""))
    table = settings(cls)
    if len(table):
        st.markdown("**Settings**")
        title = getattr(cls, "title", cls.__name__)
        figures.table(table, name=f"{title}-settings", key=f"methods.{title}")


def _options(function: Callable[..., Any]) -> None:
    """The options of a format's `read`, from its signature."""
    options = [
        argument
        for argument in inspect.signature(function).parameters.values()
        if argument.default is not inspect.Parameter.empty
    ]
    if options:
        shown = ", ".join(
            f"`{option.name}`"
            + ("" if option.default is None else f" (default {option.default!r})")
            for option in options
        )
        st.markdown(f"**Options when reading:** {shown}")


def _rest_of_the_description(function: Callable[..., Any]) -> None:
    rest = (inspect.getdoc(function) or "").partition("\n")[2].strip()
    if rest:
        with st.container(border=True):
            st.markdown(as_markdown(rest))


def _allowed(parameter: params.Parameter) -> str:
    rule = parameter.rule
    if isinstance(rule, params.Between):
        return in_range(rule.low, rule.high)
    if getattr(rule, "choices", ()):
        return ", ".join(map(str, rule.choices))
    if isinstance(rule, params.Switch):
        return "on or off"
    if isinstance(rule, params.Several):
        return f"numbers, each {in_range(rule.low, rule.high)}"
    words = "".join(f"{word}, or " for word in getattr(rule, "words", ()))
    if isinstance(rule, params.Counts):
        return f"{words}label=count pairs"
    return "labels" if isinstance(rule, params.Names) else "text"


def _written(parameter: params.Parameter) -> str:
    value = parameter.default
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
