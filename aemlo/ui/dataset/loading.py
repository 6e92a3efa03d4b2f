"""From an upload to a data set: read it, choose its labels, save it as a file."""

import hashlib
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from aemlo import formats, provenance
from aemlo.dataset import Dataset
from aemlo.errors import LabelQuestion
from aemlo.formats import uploads
from aemlo.tables import labels as label_columns
from aemlo.tables import lists
from aemlo.tables.labels import Location
from aemlo.tables.limits import MEGABYTE
from aemlo.tables.table import Table
from aemlo.ui import downloads, figures, layout, waiting
from aemlo.wording import count, file_stem

LabelChoice = tuple[Table, list[str] | None, str]
"""A table, the names of its label columns (None: those of its location) and who chose.

An empty list of names means that nothing is chosen yet.
"""

TABLES = "loading.tables"
MOST_TABLES = 3
MOST_COLUMNS = 12
MOST_SUMMARISED = 2_000
FIRST = "the first columns"
LAST = "the last columns"
NAMED = "columns chosen by name"
STATED = "as stated in the file"
LISTED = "lists in a column"
MISSING_NAMES = {
    "refuse": "Refuse the file until they are filled in",
    "absent": "Count them as absent (0)",
}
HEADER_NAMES = {None: "automatic", True: "names", False: "a row"}
DELIMITER_NAMES = {None: "automatic", "\t": "tab"}
SEPARATORS = {None: "automatic", ";": ";", ",": ",", "|": "|", "/": "/"}
SEPARATORS |= {"\t": "tab", " ": "blank", "json": "JSON lists"}


def opened(files: Sequence[UploadedFile], options: dict[str, Any]) -> tuple[str, Table]:
    """(key, Table) of uploaded files; AemloError when they cannot be read.

    The last few are kept for the session, by file and options.
    """
    identity = [sorted(options.items()), *((u.file_id, u.name) for u in files)]
    key = hashlib.sha256(repr(identity).encode()).hexdigest()
    tables = st.session_state.setdefault(TABLES, {})
    if key not in tables:
        pairs = [(file.name, file.getvalue()) for file in files]
        size = sum(file.size for file in files) / MEGABYTE
        tables[key] = waiting.with_bar(
            lambda on_progress: uploads.open_files(
                pairs, on_progress=on_progress, **options
            ),
            f"Reading {size:,.1f} MB",
        )
        for oldest in list(tables)[:-MOST_TABLES]:
            del tables[oldest]
    return key, tables[key]


def release(key: str) -> None:
    """Forget the files of the uploader `key`, and the tables that were read of files.

    Streamlit itself keeps the bytes of an uploader that is no longer drawn until the
    session ends.
    """
    st.session_state.pop(TABLES, None)
    context = get_script_run_ctx()
    if context is None:
        return
    remove = getattr(context.uploaded_file_mgr, "remove_file", None)
    for file in st.session_state.get(key) or []:
        if remove is not None:
            remove(context.session_id, file.file_id)


@st.cache_resource(max_entries=2, scope="session", show_spinner="Loading from OpenML")
def from_openml(name: str) -> tuple[str, Table]:
    """(key, Table) of a data set of OpenML; it goes online only here."""
    from aemlo.formats.kinds import openml

    return f"openml.{name}", openml.fetch(name)


@st.cache_resource(
    max_entries=3, scope="session", show_spinner="Separating labels and features"
)
def _dataset(
    key: str,
    _table: Table,
    names: tuple[str, ...] | None,
    missing: str,
    name: str,
    labels_from: str,
) -> Dataset:
    result = uploads.to_dataset(
        _table, names, missing_labels=missing, how_chosen=labels_from
    )
    return renamed(result, name)


def dataset(
    key: str,
    table: Table,
    names: Sequence[str] | None,
    missing: str,
    name: str,
    labels_from: str = "",
) -> Dataset:
    """The Dataset of `table` with those labels, computed once for the same answers."""
    names = None if names is None else tuple(names)
    key = f"{key}.{table.location.words}"
    return _dataset(key, table, names, missing, name, labels_from)


def choose(key: str, table: Table) -> Dataset | None:
    """Show a table and ask for its labels; the Dataset, None until they are chosen."""
    overview(table)
    table, names, labels_from = label_choice(table, key=f"labels.{key}")
    if names == []:
        st.info("Choose the label columns; then the data set can be used.")
        return None
    missing = missing_choice(table, names, key=f"gaps.{key}")
    name = st.text_input("Name", value=table.name, key=f"name.{key}")
    return dataset(key, table, names, missing, name, labels_from)


def read_options(key: str) -> dict[str, Any]:
    """How to read a file where the automatic choice is wrong; what was set only."""
    with st.expander("Is the file read incorrectly? Set its format"):
        cells = st.columns(4)
        form = cells[0].selectbox(
            "Format",
            [None, *formats.READERS],
            format_func=lambda title: title or "automatic",
            key=f"{key}.format",
        )
        encoding = cells[1].selectbox(
            "Encoding",
            [None, "utf-8", "cp1252", "latin-1", "utf-16", "mac-roman"],
            format_func=lambda name: name or "automatic",
            key=f"{key}.encoding",
        )
        delimiter = cells[2].selectbox(
            "Delimiter (CSV)",
            [None, ",", ";", "\t", "|"],
            format_func=lambda mark: DELIMITER_NAMES.get(mark, mark),
            key=f"{key}.delimiter",
        )
        decimal = cells[3].selectbox(
            "Decimal mark (CSV)",
            [None, ".", ","],
            format_func=lambda mark: mark or "automatic",
            key=f"{key}.decimal",
        )
        header = cells[0].selectbox(
            "First line (CSV)",
            [None, True, False],
            format_func=lambda header: HEADER_NAMES[header],
            key=f"{key}.header",
        )
        sheet = cells[1].text_input(
            "Sheet (Excel)", placeholder="the first", key=f"{key}.sheet"
        )
        member = cells[2].text_input(
            "File in the archive (zip)", placeholder="automatic", key=f"{key}.member"
        )
    chosen = {
        "format": form,
        "encoding": encoding,
        "delimiter": delimiter,
        "decimal": decimal,
        "header": header,
        "sheet": sheet.strip() or None,
        "member": member.strip() or None,
    }
    return {name: value for name, value in chosen.items() if value is not None}


def overview(table: Table) -> None:
    """What was read: format, size, kinds of columns, warnings, first rows."""
    numbers = pd.Series([column.kind for column in table.columns]).value_counts()
    kinds = ", ".join(f"{count(number)} {kind}" for kind, number in numbers.items())
    columns = len(table.columns)
    with st.container(horizontal=True):
        st.metric("Format", table.format, border=True, width="stretch")
        st.metric("Rows", count(table.n), border=True)
        st.metric("Columns", count(columns), border=True, help=kinds)
    st.caption(f"Columns by kind: {kinds}.")
    for warning in table.warnings:
        st.warning(layout.plain(warning), icon=":material/warning:")
    if columns <= MOST_SUMMARISED:
        box = st.expander("All columns: kind, values, gaps", on_change="rerun")
        if box.open:
            box.dataframe(table.summary(), hide_index=True, alt="All columns")
    shown = _some_columns(table)
    frame = table.first_rows(8, shown)
    st.dataframe(frame, hide_index=True, alt="First rows of the file", height="content")
    if len(shown) < columns:
        st.caption(
            f"{len(shown)} of {count(columns)} columns, the first and the last ones. "
            "The label columns are counted below."
        )


def limits() -> None:
    """What this server accepts, and how to raise it."""
    allowed = formats.from_environment()
    frame = pd.DataFrame(
        [(f.name, getattr(allowed, f.name)) for f in fields(allowed)],
        columns=["limit", "value"],
    )
    with st.expander("Limits of this server"):
        st.dataframe(frame, hide_index=True, alt="Limits", width="content")
        st.caption(
            "A larger file is refused before it is read. The administrator of the "
            "server raises a limit by its variable: AEMLO_LIMIT_UPLOAD_MB=500, and so "
            "on."
        )


def _some_columns(table: Table) -> list[int]:
    """Positions of the columns to show: the first and the last."""
    total = len(table.columns)
    if total <= MOST_COLUMNS:
        return list(range(total))
    half = MOST_COLUMNS // 2
    return [*range(half), *range(total - half, total)]


def label_choice(table: Table, key: str) -> LabelChoice:
    """Widgets that propose the label columns; returns what is chosen.

    The table comes back changed where a column of lists was chosen.
    """
    proposal = table.proposal()
    stated = table.location.certain
    listing = [] if stated else lists.candidates(table)
    worded = [] if stated else _columns_of_words(table, listing)
    ways = [LAST, FIRST, NAMED]
    if worded:
        ways = [LISTED, *ways]
    if stated:
        ways = [STATED, *ways]
    way = st.segmented_control(
        "Labels are",
        ways,
        default=_first_way(table, proposal, listing),
        required=True,
        key=f"{key}.way",
    )
    if way == STATED:
        st.caption(f"Labels from {layout.plain(proposal.words)}.")
        return table, None, ""
    if way == LISTED:
        return _labels_in_lists(table, worded, key)
    if proposal.words and not stated:
        st.caption(
            f"{layout.plain(proposal.words[:1].upper() + proposal.words[1:])}. "
            "Check that they are the labels before you continue."
        )
    if way == NAMED:
        names = st.multiselect(
            "Label columns",
            table.column_names,
            default=list(proposal.names or []),
            placeholder="choose columns",
            key=f"{key}.names",
        )
        return table, names, "columns named by the user"
    return _labels_at_one_side(table, proposal, way, key)


def _labels_in_lists(table: Table, worded: Sequence[str], key: str) -> LabelChoice:
    """Choose the column whose cells list the labels, and what separates them."""
    left, right = st.columns(2)
    column = left.selectbox("Column with the lists", worded, key=f"{key}.lists")
    separator = right.selectbox(
        "Separator between labels",
        SEPARATORS,
        format_func=lambda mark: SEPARATORS[mark],
        key=f"{key}.separator",
    )
    answered = _with_lists(table, column, separator, key)
    if answered is None:
        return table, [], ""
    st.caption(f"Labels from {layout.plain(answered.location.words)}.")
    return answered, None, ""


def _labels_at_one_side(
    table: Table, proposal: Location, way: str, key: str
) -> LabelChoice:
    """Choose how many columns, the first or the last ones, are labels."""
    number = st.number_input(
        "How many columns are labels",
        min_value=0,
        max_value=len(table.columns) - 1,
        value=_run_length(table, proposal, way),
        key=f"{key}.{way}",
    )
    names = table.column_names
    names = names[:number] if way == FIRST else names[len(names) - number :]
    columns = way.replace("columns", f"{number} columns")
    return table, names, f"{columns}, confirmed by the user"


def _with_lists(
    table: Table, column: str, separator: str | None, key: str
) -> Table | None:
    """`table` with the labels that `column` lists; None until a question is answered.

    Where the lists can be read in several ways, each is shown with three rows.
    """
    try:
        return lists.expanded(table, column, separator)
    except LabelQuestion as question:
        choices = {choice["separator"]: choice for choice in question.choices}
    words = {
        mark: layout.plain(f"{choice['words']}: {choice['labels']:,} labels")
        for mark, choice in choices.items()
    }
    answer = st.radio(
        f"{layout.plain(column)} can be read in {len(choices)} ways. Which is right?",
        choices,
        index=None,
        format_func=lambda mark: words[mark],
        key=f"{key}.reading.{column}",
    )
    for mark, choice in choices.items():
        st.caption(words[mark])
        rows = [(cell, ", ".join(map(repr, names))) for cell, names in choice["rows"]]
        st.dataframe(
            pd.DataFrame(rows, columns=["cell", "labels"]),
            hide_index=True,
            alt=f"Three rows, {words[mark]}",
        )
    return None if answer is None else lists.expanded(table, column, answer)


def _columns_of_words(table: Table, first: Sequence[str]) -> list[str]:
    """Names of columns of words: those of lists (`first`), then the others."""
    words = [c.name for c in table.columns if c.kind in ("nominal", "text")]
    return [*first, *(name for name in words if name not in first)]


def _first_way(table: Table, proposal: Location, listing: Sequence[str]) -> str:
    """The way that fits the proposal."""
    if table.location.certain:
        return STATED
    if listing and not proposal.names:
        return LISTED
    names = list(proposal.names or [])
    if names and names == table.column_names[: len(names)]:
        return FIRST
    if names and names != table.column_names[-len(names) :]:
        return NAMED
    return LAST


def _run_length(table: Table, proposal: Location, way: str) -> int:
    """How many columns to propose for `way`: the guess where it lies on that side."""
    names = list(proposal.names or [])
    columns = table.column_names
    side = columns[: len(names)] if way == FIRST else columns[-len(names) :]
    return len(names) if names and names == side else 0


def missing_choice(table: Table, names: Sequence[str] | None, key: str) -> str:
    """What an empty label cell means (see `MISSING_NAMES`), asked if there is one."""
    location = table.location if names is None else label_columns.chosen(table, names)
    positions = label_columns.positions(table, location)
    empty = sum(int(np.isnan(values).sum()) for values in map(table.column, positions))
    if not empty:
        return "refuse"
    return st.radio(
        f"Label cells that are empty or '?': {count(empty)}",
        list(MISSING_NAMES),
        format_func=lambda meaning: MISSING_NAMES[meaning],
        key=f"{key}.missing",
    )


def renamed(dataset: Dataset, name: str) -> Dataset:
    """`dataset` under `name`, unless that is empty."""
    return replace(dataset, name=name.strip()) if name.strip() else dataset


def save_as(dataset: Dataset, key: str) -> None:
    """Hand out the data set in any format that can be written, two files as a zip.

    A declared split that the format cannot hold makes two files. Where some rows are
    synthetic, their provenance can be had too.
    """
    with st.expander("Save as another format"):
        title = st.selectbox("Format", list(formats.WRITERS), key=f"{key}.format")
        if dataset.provenance is not None:
            _marks(dataset, dataset.provenance, title, key)
        with layout.shown_errors():
            if st.button("Create the file", key=f"{key}.make"):
                suffix, data = formats.one_file(dataset, title)
                downloads.download_button(
                    f"Download {suffix}",
                    data,
                    file_stem(dataset.name) + suffix,
                    key=f"{key}.get",
                )


def _marks(dataset: Dataset, table: pd.DataFrame, title: str, key: str) -> None:
    """How the format `title` marks synthetic rows, and their provenance as a file.

    `table` is the provenance of the data set.
    """
    synthetic = int(provenance.synthetic(dataset).sum())
    if not formats.WRITERS[title].marks:
        marks = (
            f"**{title} has no place to say which:** keep the provenance file with it."
        )
    elif title == "LIBSVM":
        marks = (
            "A comment at the top of the file lists their row numbers, counted from 0. "
            "Readers ignore it."
        )
    else:
        marks = (
            "The column is_synthetic marks them, and is recognised when the file is "
            "read here."
        )
    st.caption(f"{count(synthetic)} of {count(dataset.n)} rows are synthetic. {marks}")
    figures.csv_button(
        table,
        name=f"{file_stem(dataset.name)}-provenance",
        key=f"{key}.provenance",
        label="Download provenance (CSV)",
    )
    st.caption(
        "The provenance has one line for each row of the file, in the same order: its "
        "row number in the real data, or -1 for a synthetic row; the row numbers of "
        "its parents there; the label it was made for; and the method."
    )
