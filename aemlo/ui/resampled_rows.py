"""What Train and Resample show of a finished run alike."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from aemlo import imbalance
from aemlo.arrays import Mask
from aemlo.charts import theme
from aemlo.charts.imbalance_change import before_after
from aemlo.dataset import Dataset
from aemlo.formats import to_bytes, zipped
from aemlo.imbalance import change
from aemlo.jobs import resampling_results
from aemlo.ui import downloads, figures


def quality_card(frame: pd.DataFrame, key: str) -> None:
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


def file_buttons(
    form: str,
    resampled: Dataset,
    mark: Mask,
    suffixes: tuple[str, ...],
    stem: str,
    key: str,
) -> None:
    """A button for each file that the format `form` writes of `resampled`, and a zip.

    `mark` (n,) is True for synthetic rows, `suffixes` the endings of the files and
    `stem` what they are called.
    """
    files: dict[str, Callable[[], bytes]] = {
        suffix: lambda s=suffix: to_bytes(resampled, form, mark)[s]
        for suffix in suffixes
    }
    files[".zip"] = lambda: zipped(resampled, form, mark, downloads.file_name(stem))
    for suffix, data in files.items():
        downloads.download_button(
            f"Download {suffix}", data, f"{stem}{suffix}", key=f"{key}{suffix}"
        )


@st.cache_data(max_entries=32, show_spinner=False)
def to_suffixes(
    form: str, _resampled: Dataset, _mark: Mask, run_id: str
) -> tuple[str, ...]:
    """Endings of the files a format writes, tried on the first rows of a run."""
    first = _resampled.take(range(min(3, _resampled.n)))
    return tuple(to_bytes(first, form, _mark[:3]))


@st.cache_data(max_entries=8, show_spinner=False)
def load(
    run_id: str, finished: float | None, _folder: Path
) -> tuple[Dataset, pd.DataFrame]:
    """(resampled Dataset, provenance frame) of a run, see `resampling_results.load`."""
    return resampling_results.load(_folder)


def mean_ir(summary: dict[str, Any]) -> None:
    """MeanIR after resampling, and its difference, in large type."""
    before, after = summary["mean_ir_before"], summary["mean_ir_after"]
    st.metric(
        "MeanIR",
        theme.number(after),
        f"{after - before:+.3f}",
        delta_color="inverse",
        help="Lower is more balanced.",
    )


def before_and_after(
    before: Dataset,
    resampled: Dataset,
    sampler: str,
    measure: str,
    *,
    name: str,
    alt: str,
    key: str,
) -> None:
    """IRLbl or positives of each label, before and after the `sampler`."""
    table = change.before_after(before.Y, resampled.Y, before.label_names)
    fig = before_after(
        table,
        measure,
        after=sampler,
        colour=theme.sampler_colour(sampler),
        mean=imbalance.mean_ir(before.Y) if measure == "IRLbl" else None,
    )
    figures.figure(fig, data=table, name=name, alt=alt, key=key)
