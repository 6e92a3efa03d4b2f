"""Figures and tables with their downloads."""

from collections.abc import Callable
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from aemlo.charts.dress import dress, is_flat
from aemlo.safe_tables import csv_bytes
from aemlo.ui import downloads

Data = pd.DataFrame | Callable[[], pd.DataFrame]
"""A frame, or a function that returns one when it is asked for."""


def figure(
    fig: go.Figure,
    *,
    data: Data,
    name: str,
    alt: str,
    key: str,
    height: int | Literal["stretch", "content"] = "content",
    **more: Any,
) -> Any:
    """Draw a Plotly figure with its downloads: picture, page and the data behind it.

    The files are called `name`; `alt` describes the figure in words. Further arguments
    go to `st.plotly_chart`; returns what it returns (a selection).
    """
    kind = st.session_state.get(f"{key}.picture") or "PNG"
    config = {
        "displaylogo": False,
        "toImageButtonOptions": {
            "format": kind.lower(),
            "filename": downloads.file_name(name),
            "scale": 2 if kind == "PNG" else 1,
        },
    } | more.pop("config", {})
    flat = is_flat(fig)
    if flat:
        dark = st.context.theme.type == "dark"
        fig = dress(fig, dark, more.get("selection_mode"))
    selection = st.plotly_chart(
        fig,
        key=key,
        alt=alt,
        height=height,
        config=config,
        theme=None if flat else "streamlit",
        **more,
    )
    _menu(fig, data, name, key)
    return selection


def _frame_of(data: Data) -> pd.DataFrame:
    """A frame that is there, or that is made when it is asked for."""
    return data if isinstance(data, pd.DataFrame) else data()


def _menu(fig: go.Figure, data: Data, name: str, key: str) -> None:
    with st.popover("Download", icon=downloads.ICON, type="tertiary"):
        downloads.download_button(
            "Data (CSV)",
            lambda: csv_bytes(_frame_of(data)),
            f"{name}.csv",
            key=f"{key}.csv",
            mime="text/csv",
            icon=None,
        )
        downloads.download_button(
            "Interactive figure (HTML)",
            lambda: downloads.figure_html(fig),
            f"{name}.html",
            key=f"{key}.html",
            mime="text/html",
            icon=None,
        )
        st.segmented_control(
            "The camera over the chart saves",
            ["PNG", "SVG"],
            default="PNG",
            required=True,
            key=f"{key}.picture",
        )


def table(frame: pd.DataFrame, *, name: str, key: str, **more: Any) -> Any:
    """Draw a table with a CSV download called `name`.

    Further arguments go to `st.dataframe`; returns what it returns (a selection).
    """
    selection = st.dataframe(frame, key=key, hide_index=True, **more)
    csv_button(frame, name=name, key=f"{key}.csv", label="Download table (CSV)")
    return selection


def csv_button(frame: Data, *, name: str, key: str, label: str) -> None:
    """A quiet button that hands out `frame` as CSV, in a file called `name`."""
    downloads.download_button(
        label,
        lambda: csv_bytes(_frame_of(frame)),
        f"{name}.csv",
        key=key,
        mime="text/csv",
        type="tertiary",
    )
