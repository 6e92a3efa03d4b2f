"""Download buttons, and what the files are called."""

from collections.abc import Callable
from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from aemlo.wording import file_stem

EXAMPLE = "downloads.example"
ICON = ":material/download:"


def of_example(name: str | None) -> None:
    """Record that what the page shows from here on belongs to the finished example, on
    the data set called `name`; with None it belongs to the visitor.

    It is kept in the session, because fragments that are drawn again offer files too.
    """
    st.session_state[EXAMPLE] = name and file_stem(name)


def file_name(name: str) -> str:
    """What a file offered as `name` is called.

    The finished example's files begin with `example-` and the name of its data set.
    """
    stem = st.session_state.get(EXAMPLE)
    if stem is None:
        return name
    return f"example-{name}" if name.startswith(stem) else f"example-{stem}-{name}"


def download_button(
    label: str,
    data: bytes | Callable[[], bytes],
    name: str,
    *,
    key: str,
    mime: str | None = None,
    icon: str | None = ICON,
    type: Literal["primary", "secondary", "tertiary"] = "secondary",
) -> None:
    """A button that hands out `data` (or what a function returns) as the file `name`.

    The page is not drawn again. See `file_name` for the example's files.
    """
    st.download_button(
        label,
        data=data,
        file_name=file_name(name),
        mime=mime,
        key=key,
        icon=icon,
        type=type,
        on_click="ignore",
    )


def figure_html(figure: go.Figure) -> bytes:
    """`figure` as one HTML page that works without a network."""
    return figure.to_html(include_plotlyjs=True, full_html=True).encode("utf-8")
