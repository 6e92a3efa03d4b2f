"""Files in: from one or two files to a Table or a Dataset."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from aemlo.dataset import Dataset
from aemlo.errors import DataError, ParameterError
from aemlo.formats import builtin
from aemlo.formats.kinds import label_lists
from aemlo.formats.registry import READERS
from aemlo.progress import no_progress, part
from aemlo.registry import find
from aemlo.tables import archive, lists, mulan_xml, pair
from aemlo.tables import labels as label_columns
from aemlo.tables.label_names import LabelNames
from aemlo.tables.labels import Location
from aemlo.tables.limits import Limits, from_environment
from aemlo.tables.source import File, Source, open_source
from aemlo.tables.table import Table

SURE, SURE_AND_NAMED = 2, 3


def read(
    path: File,
    *,
    xml: File | None = None,
    test: File | None = None,
    labels: Sequence[str] | None = None,
    label_count: int | None = None,
    label_location: str | None = None,
    name: str | None = None,
    missing_labels: str = "refuse",
    minus_one: str | None = None,
    limits: Limits | None = None,
    on_progress: Callable[..., None] | None = None,
    **options: Any,
) -> Dataset:
    """The Dataset in the file at `path`, or the built-in "yeast" or "synthetic".

    `xml` is a Mulan file that names the labels; `labels` their names; or `label_count`
    columns at `label_location` "start" or "end". Without any of these, the file itself
    must say. `test` is a second file with the test rows of a declared split.
    `missing_labels="absent"` counts empty label cells as 0; `minus_one` ("yes", "no" or
    "left out") says what -1 means beside 1 and 0. More `options` go to the format
    (`delimiter`, `decimal`, `header`, `encoding`, `format`). `on_progress` is called
    with the share of the bytes read. Raises DataError with the way out.
    """
    if isinstance(path, str) and path.casefold() in builtin.NAMES:
        return _built_in(path.casefold(), name)
    files = [path, *_several(test), *_several(xml)]
    table = open_files(
        files, limits, on_progress=on_progress, train_first=test is not None, **options
    )
    if labels is not None and label_count is not None:
        raise ParameterError("Give labels or label_count, not both.")
    if label_count is not None:
        location = label_columns.from_count(table, label_count, label_location or "end")
        table = replace(table, location=location)
    return table.to_dataset(
        labels, name=name, missing_labels=missing_labels, minus_one=minus_one
    )


def _built_in(which, name):
    dataset = builtin.yeast() if which == "yeast" else builtin.synthetic()
    return replace(dataset, name=name) if name else dataset


def open_files(
    files: Sequence[File],
    limits: Limits | None = None,
    label_list: str | None = None,
    label_separator: str | None = None,
    label_names: LabelNames | None = None,
    on_progress: Callable[..., None] | None = None,
    train_first: bool = False,
    **options: Any,
) -> Table:
    """The Table in one or two data files and at most one XML file that names labels.

    A file is a path or a pair (name, bytes), or a zip archive of such (`member` says
    which). Two data files are the training and the test part of a split, told apart by
    their names, or in this order where `train_first` says so. `label_list`
    names a column that holds lists of labels; `label_separator` says how they are
    spelled and `label_names` what numbers in them mean (see `lists.expanded`).
    `format` (a title of READERS), `encoding` and more `options` help where a file does
    not tell. `on_progress(fraction)` is called with the share of the bytes read, from
    whatever thread reads them. Raises DataError; LabelQuestion where a column of lists
    can be read in several ways.
    """
    limits = limits or from_environment()
    how = {name: value for name, value in options.items() if value is not None}
    encoding = options.pop("encoding", None)
    member = options.pop("member", None)
    holding, naming = _data_and_names(files, limits, encoding, member)
    _share_progress(holding, on_progress or no_progress)
    if label_list is not None:
        options["as_words"] = (label_list,)
    tables = [_table(source, limits, **options) for source in holding]
    if len(tables) == 2:
        names = [source.name for source in holding]
        train, test = (0, 1) if train_first else pair.in_order(names)
        table = pair.joined(tables[train], tables[test])
    else:
        table = tables[0]
    if how:
        table.source = {**table.source, "how": how}
    if label_list is None and label_lists.names_its_lists(holding[0], table):
        label_list = label_lists.COLUMN
    if naming is not None:
        table.location = _named_by_xml(table, naming)
    elif label_list is not None:
        return lists.expanded(table, label_list, label_separator, label_names)
    elif not table.location.certain:
        table.warnings += table.location.warnings
    return table


def _data_and_names(
    files: Sequence[File], limits: Limits, encoding: str | None, member: str | None
) -> tuple[list[Source], Source | None]:
    """One or two sources of data, and that of the XML file that names the labels."""
    sources = []
    for file in files:
        source = open_source(file, limits, encoding)
        sources += _unpacked(source, limits, member)
    naming = [s for s in sources if s.suffix == ".xml"]
    holding = [s for s in sources if s.suffix != ".xml"]
    if len(naming) > 1 or not 1 <= len(holding) <= 2:
        raise DataError(
            f"{len(holding)} data files and {len(naming)} XML files: give one data "
            "file, or a training and a test file, and at most one XML file."
        )
    return holding, naming[0] if naming else None


def _share_progress(sources, on_progress):
    """Each source tells the part of the progress that its bytes are of all."""
    total, before = sum(len(source.data) for source in sources) or 1, 0
    for source in sources:
        share = len(source.data) / total
        source.on_progress = part(on_progress, before, share)
        before += share


def _unpacked(source, limits, member):
    """The Sources in a zip archive of data files; else `source` alone."""
    if not archive.is_zip(source.data) or any(
        form.recognises(source.data) for form in READERS.values() if form.binary
    ):
        return [source]
    return archive.data_files(source, limits, tuple(known_suffixes()), member)


def open_table(
    file: File, *, xml: File | None = None, limits: Limits | None = None, **options: Any
) -> Table:
    """The Table in one `file` (a path, or a pair of name and bytes), `xml` alike."""
    return open_files([file, *_several(xml)], limits, **options)


def _several(file):
    return [] if file is None else [file]


def _table(source, limits, format=None, **options):
    form = find(READERS, format, "file format") if format else _recognised(source)
    return form.read(source, limits, **options)


def _recognised(source):
    is_binary = _is_binary(source)
    head = source.data if is_binary else source.head
    scores = {}
    for form in sorted(
        READERS.values(), key=lambda form: source.suffix not in form.extensions
    ):
        if form.binary == is_binary:
            scores[form] = form.recognises(head) + (source.suffix in form.extensions)
            if scores[form] == SURE_AND_NAMED:
                return form
    best = max(scores, key=lambda form: scores[form], default=None)
    strange = source.suffix and source.suffix not in known_suffixes()
    if best is None or scores[best] < (SURE if strange else 1):
        endings = ", ".join(sorted(known_suffixes()))
        raise DataError(
            f"Can't read '{source.name}'. Formats: {endings} (and these with .gz, "
            ".bz2, .xz). "
            "If it is one of these, say which format."
        )
    return best


def known_suffixes() -> set[str]:
    """All suffixes of files that are read, without .gz, .zip and .xml."""
    return {ending for form in READERS.values() for ending in form.extensions}


def _is_binary(source):
    return any(
        form.binary and form.recognises(source.data) for form in READERS.values()
    )


def _named_by_xml(table, source):
    """The Location an XML file gives; a header that says otherwise is warned of."""
    names = mulan_xml.read_names(source)
    words = f"{source.name} ({len(names)} names)"
    location = Location(names, words, certain=True, from_outside=True)
    columns = label_columns.positions(table, location)
    declared = table.location
    if declared.names:
        header = label_columns.positions(table, declared)
        if header != columns:
            location.warnings.append(
                f"{source.name} and {declared.words} name different label columns: "
                f"{label_columns.listed(names, 3)} and "
                f"{label_columns.listed(declared.names, 3)}. The XML file was used."
            )
    return location
