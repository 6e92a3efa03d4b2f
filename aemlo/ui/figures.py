"""Figures and tables with their downloads."""

import streamlit as st

from aemlo.charts.dress import dress, is_flat
from aemlo.safe_tables import csv_bytes
from aemlo.ui import downloads


def figure(fig, *, data, name, alt, key, height="content", **more):
    """Draw a Plotly figure with its downloads: picture, page and the data behind it.

    `data` is a frame or a function giving one. Keyword arguments go to
    `st.plotly_chart`; returns what it returns (a selection).
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
    shown = st.plotly_chart(
        fig,
        key=key,
        alt=alt,
        height=height,
        config=config,
        theme=None if flat else "streamlit",
        **more,
    )
    _menu(fig, data, name, key)
    return shown


def _menu(fig, data, name, key):
    with st.popover("Download", icon=":material/download:", type="tertiary"):
        st.download_button(
            "Data (CSV)",
            data=lambda: csv_bytes(data() if callable(data) else data),
            file_name=downloads.file_name(f"{name}.csv"),
            mime="text/csv",
            key=f"{key}.csv",
            on_click="ignore",
        )
        st.download_button(
            "Interactive figure (HTML)",
            data=lambda: downloads.figure_html(fig),
            file_name=downloads.file_name(f"{name}.html"),
            mime="text/html",
            key=f"{key}.html",
            on_click="ignore",
        )
        st.segmented_control(
            "The camera over the chart saves",
            ["PNG", "SVG"],
            default="PNG",
            required=True,
            key=f"{key}.picture",
        )


def table(frame, *, name, key, **more):
    """Draw a table with a CSV download; returns what `st.dataframe` returns."""
    shown = st.dataframe(frame, key=key, hide_index=True, **more)
    csv_button(frame, name=name, key=f"{key}.csv", label="Download table (CSV)")
    return shown


def csv_button(frame, *, name, key, label):
    """A quiet button that hands out `frame` (or what a function gives) as CSV."""
    st.download_button(
        label,
        data=lambda: csv_bytes(frame() if callable(frame) else frame),
        file_name=downloads.file_name(f"{name}.csv"),
        mime="text/csv",
        key=key,
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )
