"""What Train and Resample show of a finished run alike."""

import streamlit as st

from aemlo.formats import to_bytes, zipped
from aemlo.ui import downloads, figures


def quality_card(frame, key):
    """A quality card (see aemlo.quality.card) as a table."""
    figures.table(
        frame,
        name="quality-card",
        key=key,
        column_config={
            "synthetic": st.column_config.NumberColumn("new rows", format="%.3f"),
            "real": st.column_config.NumberColumn("real rows", format="%.3f"),
            "meaning": st.column_config.TextColumn(width="large"),
        },
    )


def file_buttons(form, made, mark, suffixes, stem, key):
    """A button for each file that the format `form` writes of `made`, and for a zip."""
    files = {
        suffix: lambda s=suffix: to_bytes(made, form, mark)[s] for suffix in suffixes
    }
    stem = downloads.file_name(stem)
    files[".zip"] = lambda: zipped(made, form, mark, stem)
    for suffix, data in files.items():
        st.download_button(
            f"Download {suffix}",
            data=data,
            file_name=f"{stem}{suffix}",
            key=f"{key}{suffix}",
            on_click="ignore",
            icon=":material/download:",
        )


@st.cache_data(max_entries=32, show_spinner=False)
def to_suffixes(form, _made, _mark, run_id):
    """Endings of the files a format writes, tried on the first rows."""
    return tuple(to_bytes(_made.take(range(min(3, _made.n))), form, _mark[:3]))
