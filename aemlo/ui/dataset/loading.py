"""The data set page's pieces: read an upload, say which columns are labels, show it."""

import hashlib
from dataclasses import fields, replace

import pandas as pd
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from aemlo import formats, provenance
from aemlo.errors import LabelQuestion
from aemlo.formats import uploads
from aemlo.tables import labels as label_columns
from aemlo.tables import lists
from aemlo.tables.limits import MEGABYTE
from aemlo.ui import figures, layout, waiting
from aemlo.wording import file_stem

TABLES = "loading.tables"
MOST_KEPT = 3
MOST_COLUMNS = 12
MOST_SUMMARISED = 2_000
FIRST, LAST, NAMED, SAID, LISTED = (
    "the first columns",
    "the last columns",
    "columns I name",
    "as the file says",
    "lists in a column",
)
SEPARATORS = {None: "automatic", ";": ";", ",": ",", "|": "|", "/": "/"}
SEPARATORS |= {"\t": "tab", " ": "blank", "json": "JSON lists"}


def opened(files, options):
    """(key, Table) of uploaded files; AemloError when they cannot be read.

    The last few are kept for the session, by file and options.
    """
    said = [sorted(options.items()), *((u.file_id, u.name) for u in files)]
    key = hashlib.sha256(repr(said).encode()).hexdigest()
    kept = st.session_state.setdefault(TABLES, {})
    if key not in kept:
        given = [(file.name, file.getvalue()) for file in files]
        size = sum(file.size for file in files) / MEGABYTE
        kept[key] = waiting.with_bar(
            lambda told: uploads.open_files(given, on_progress=told, **options),
            f"Reading {size:,.1f} MB",
        )
        for oldest in list(kept)[:-MOST_KEPT]:
            del kept[oldest]
    return key, kept[key]


def release(key):
    """Forget the files of the uploader `key`, and the tables that were read of files.

    Streamlit itself keeps the bytes of an uploader that is gone until the visitor goes.
    """
    st.session_state.pop(TABLES, None)
    context = get_script_run_ctx()
    remove = getattr(context and context.uploaded_file_mgr, "remove_file", None)
    for file in st.session_state.get(key) or []:
        if remove is not None:
            remove(context.session_id, file.file_id)


@st.cache_resource(max_entries=2, scope="session", show_spinner="Asking OpenML")
def from_openml(name):
    """(key, Table) of a data set of OpenML; it goes online only here."""
    from aemlo.formats.kinds import openml

    return f"openml.{name}", openml.fetch(name)


@st.cache_resource(
    max_entries=3, scope="session", show_spinner="Telling labels from features"
)
def _dataset(key, _table, names, missing, name, said):
    found = uploads.to_dataset(_table, names, missing_labels=missing, said=said)
    return renamed(found, name)


def dataset(key, table, names, missing, name, said=""):
    """The Dataset of `table` with those labels, made once for the same answers."""
    names = None if names is None else tuple(names)
    key = f"{key}.{table.location.words}"
    return _dataset(key, table, names, missing, name, said)


def chosen(key, table):
    """Show a table and ask for its labels; the Dataset, or None until it is said."""
    understood(table)
    table, names, said = label_choice(table, key=f"labels.{key}")
    if names == []:
        st.info("Say which columns are labels, then the data set can be used.")
        return None
    missing = missing_choice(table, names, key=f"gaps.{key}")
    name = st.text_input("Name", value=table.name, key=f"name.{key}")
    return dataset(key, table, names, missing, name, said)


def read_options(key):
    """Settings for files that do not tell: encoding, delimiter, decimal, header."""
    with st.expander("The file is read wrong? Say how it is written"):
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
            format_func=lambda mark: {None: "automatic", "\t": "tab"}.get(mark, mark),
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
            format_func={None: "automatic", True: "names", False: "a row"}.get,
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


def understood(table):
    """Show what was read: format, size, kinds of columns, warnings, first rows."""
    kinds = pd.Series([column.kind for column in table.columns]).value_counts()
    said = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    with st.container(horizontal=True):
        st.metric("Format", table.format, border=True, width="stretch")
        st.metric("Rows", f"{table.n:,}", border=True)
        st.metric("Columns", f"{len(table.columns):,}", border=True, help=said)
    st.caption(f"Columns by kind: {said}.")
    for warning in table.warnings:
        st.warning(layout.plain(warning), icon=":material/warning:")
    if len(table.columns) <= MOST_SUMMARISED:
        box = st.expander("All columns: kind, values, gaps", on_change="rerun")
        if box.open:
            box.dataframe(table.summary(), hide_index=True, alt="All columns")
    shown = _some_columns(table)
    frame = table.first_rows(8, shown)
    st.dataframe(frame, hide_index=True, alt="First rows of the file", height="content")
    if len(shown) < len(table.columns):
        st.caption(
            f"{len(shown)} of {len(table.columns):,} columns, the first and the last "
            "ones. The label columns are counted below."
        )


def limits():
    """What this server accepts, and how to raise it."""
    allowed = formats.from_environment()
    frame = pd.DataFrame(
        [(f.name, getattr(allowed, f.name)) for f in fields(allowed)],
        columns=["limit", "value"],
    )
    with st.expander("Limits of this server"):
        st.dataframe(frame, hide_index=True, alt="Limits", width="content")
        st.caption(
            "A larger file is refused before it is read. Whoever runs the server "
            "raises a limit by its variable: AEMLO_LIMIT_UPLOAD_MB=500, and so on."
        )


def _some_columns(table):
    total = len(table.columns)
    if total <= MOST_COLUMNS:
        return list(range(total))
    half = MOST_COLUMNS // 2
    return [*range(half), *range(total - half, total)]


def label_choice(table, key):
    """Widgets that propose the label columns: table, names (None: the file's), words.

    The table comes back changed where a column of lists was chosen. An empty list of
    names means that nothing is chosen yet.
    """
    proposal = table.proposal()
    listing = [] if table.location.certain else lists.candidates(table)
    worded = [] if table.location.certain else _columns_of_words(table, listing)
    ways = [SAID] * table.location.certain + [LISTED] * bool(worded)
    way = st.segmented_control(
        "Labels are",
        [*ways, LAST, FIRST, NAMED],
        default=_first_way(table, proposal, listing),
        required=True,
        key=f"{key}.way",
    )
    if way == SAID:
        st.caption(f"Labels from {layout.plain(proposal.words)}.")
        return table, None, ""
    if way == LISTED:
        left, right = st.columns(2)
        column = left.selectbox("Column with the lists", worded, key=f"{key}.lists")
        separator = right.selectbox(
            "Between two labels",
            SEPARATORS,
            format_func=lambda mark: SEPARATORS[mark],
            key=f"{key}.separator",
        )
        answered = _with_lists(table, column, separator, key)
        if answered is None:
            return table, [], ""
        table = answered
        st.caption(f"Labels from {layout.plain(table.location.words)}.")
        return table, None, ""
    if proposal.words and not table.location.certain:
        st.caption(
            f"{layout.plain(proposal.words[:1].upper() + proposal.words[1:])}. "
            "Check that they are the labels before you go on."
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
    count = st.number_input(
        "How many columns are labels",
        min_value=0,
        max_value=len(table.columns) - 1,
        value=_run_length(table, proposal, way),
        key=f"{key}.{way}",
    )
    names = table.column_names
    names = names[:count] if way == FIRST else names[len(names) - count :]
    said = f"{way.replace('columns', f'{count} columns')}, confirmed by the user"
    return table, names, said


def _with_lists(table, column, separator, key):
    """`table` with the labels that `column` lists; asks where these can be read in
    several ways, and gives None until that is answered."""
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
        format_func=words.get,
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


def _columns_of_words(table, first):
    """Names of columns of words, those that look like lists (`first`) before others."""
    words = [c.name for c in table.columns if c.kind in ("nominal", "text")]
    return [*first, *(name for name in words if name not in first)]


def _first_way(table, proposal, listing):
    if table.location.certain:
        return SAID
    if listing and not proposal.names:
        return LISTED
    names = list(proposal.names or [])
    if names and names == table.column_names[: len(names)]:
        return FIRST
    if names and names != table.column_names[-len(names) :]:
        return NAMED
    return LAST


def _run_length(table, proposal, way):
    """How many columns to propose for `way`: the guess where it lies on that side."""
    names = list(proposal.names or [])
    columns = table.column_names
    side = columns[: len(names)] if way == FIRST else columns[-len(names) :]
    return len(names) if names and names == side else 0


def missing_choice(table, names, key):
    """What an empty label cell means, asked where there are some."""
    location = table.location if names is None else label_columns.chosen(table, names)
    positions = label_columns.positions(table, location)
    empty = sum(
        int((values != values).sum()) for values in map(table.column, positions)
    )
    if not empty:
        return "refuse"
    answer = st.radio(
        f"{empty:,} label cells are empty or '?'",
        ["refuse", "absent"],
        format_func={
            "refuse": "Refuse the file until they are filled in",
            "absent": "Count them as absent (0)",
        }.get,
        key=f"{key}.missing",
    )
    return answer


def renamed(dataset, name):
    """`dataset` under `name`, unless that is empty."""
    return replace(dataset, name=name.strip()) if name.strip() else dataset


def save_as(dataset, key):
    """Hand out the data set in any format that can be written, two files as a zip.

    A declared split that the format cannot say makes two files. Where rows were made,
    a table of which, and of which rows, can be had too.
    """
    with st.expander("Save as another format"):
        title = st.selectbox("Format", list(formats.WRITERS), key=f"{key}.format")
        if dataset.provenance is not None:
            _say_how_rows_are_marked(dataset, title, key)
        with layout.shown_errors():
            if st.button("Make the file", key=f"{key}.make"):
                suffix, data = formats.one_file(dataset, title)
                st.download_button(
                    f"Download {suffix}",
                    data=data,
                    file_name=file_stem(dataset.name) + suffix,
                    icon=":material/download:",
                    on_click="ignore",
                    key=f"{key}.get",
                )


def _say_how_rows_are_marked(dataset, title, key):
    made = int(provenance.synthetic(dataset).sum())
    says = "The column is_synthetic marks them, and is known again when read here."
    if title == "LIBSVM":
        says = "A comment at the top of the file names them, counted from 0; no reader "
        says += "looks at it."
    if not formats.WRITERS[title].marks:
        says = f"**{title} has no place to say which:** keep the provenance beside it."
    st.caption(f"{made:,} of {dataset.n:,} rows are synthetic. {says}")
    figures.csv_button(
        dataset.provenance,
        name=f"{file_stem(dataset.name)}-provenance",
        key=f"{key}.provenance",
        label="Download provenance (CSV)",
    )
    st.caption(
        "The provenance has a line for each row of the file, in its order: its number "
        "in the data before any row was made, or -1; the numbers of its parents there; "
        "the label it was made for; and how."
    )
