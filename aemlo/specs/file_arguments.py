"""Arguments of the command line that say how a data file is read."""

import csv
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from aemlo.dataset import Dataset
from aemlo.errors import ParameterError
from aemlo.formats import read
from aemlo.progress import Bar

HOW = (
    "xml",
    "test",
    "label_list",
    "label_count",
    "label_location",
    "format",
    "label_separator",
    "label_names",
    "minus_one",
    "encoding",
    "delimiter",
    "decimal",
    "sheet",
    "member",
)
SPELLINGS = ("json", "vector", "quoted", "keys", "none")


NAMING = ("xml", "label_list", "label_count", "label_location")
"""Those that say which columns are labels."""


def file_arguments(parser: ArgumentParser) -> None:
    """Add a data file and all that says how to read it."""
    parser.add_argument("file", help="a data file, or yeast, or synthetic")
    label_arguments(parser)


def label_arguments(parser: ArgumentParser) -> None:
    """Add what says where the labels are, and how the file is written."""
    parser.add_argument("--xml", help="Mulan XML file that names the labels")
    parser.add_argument("--test", help="file with the test rows of a declared split")
    parser.add_argument("--labels", help='label columns, "a, b",c')
    parser.add_argument("--label-list", help="column that lists each row's labels")
    parser.add_argument(
        "--label-separator",
        help="what stands between them, or how they are spelled: "
        f"{', '.join(SPELLINGS)}, field:NAME",
    )
    parser.add_argument(
        "--label-names",
        help="file of names for labels that are numbers: one a line, or id,name",
    )
    parser.add_argument("--label-count", type=int, help="number of label columns")
    parser.add_argument(
        "--label-location", choices=["start", "end"], help="where they are"
    )
    parser.add_argument(
        "--missing-labels",
        choices=["refuse", "absent"],
        default="refuse",
        help="what an empty label cell means",
    )
    parser.add_argument(
        "--minus-one",
        choices=["yes", "no", "left out"],
        help="what -1 means where labels are 1, 0 and -1",
    )
    how = parser.add_argument_group("where the file does not tell")
    how.add_argument("--format", help="the format it is in, as `aemlo list` names it")
    how.add_argument("--encoding", help="such as cp1252")
    how.add_argument("--delimiter", help=r"of a CSV file; \t for a tab")
    how.add_argument("--decimal", choices=[".", ","], help="of a CSV file")
    how.add_argument("--sheet", help="of an Excel workbook")
    how.add_argument("--member", help="the data file in a zip archive")


def read_dataset(options: Namespace) -> Dataset:
    """The Dataset of the options; what reading it warns of is said on stderr.

    An ARFF file whose labels nothing names has them from the Mulan XML file beside it,
    where there is one.
    """
    given = {name: getattr(options, name) for name in HOW}
    if not options.labels and not any(given[name] is not None for name in NAMING):
        given["xml"] = _xml_beside(options.file)
    given["delimiter"] = _separator("delimiter", given["delimiter"])
    given["label_separator"] = _spelling(given["label_separator"])
    with Bar("reading") as bar:
        dataset = read(
            options.file,
            labels=_label_names(options.labels) if options.labels else None,
            missing_labels=options.missing_labels,
            on_progress=bar,
            **{name: value for name, value in given.items() if value is not None},
        )
    for warning in dataset.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    return dataset


def _xml_beside(file: str) -> str | None:
    """The XML file of an ARFF file's name in its folder, if there is one."""
    path = Path(file)
    xml = path.with_suffix(".xml")
    return str(xml) if path.suffix.lower() == ".arff" and xml.is_file() else None


def _label_names(text: str) -> list[str]:
    """Names with commas between them; one that holds a comma stands in quotes."""
    (names,) = csv.reader([text], skipinitialspace=True)
    return [name.strip() for name in names]


def _spelling(text: str | None) -> str | None:
    """What --label-separator says: a word for a spelling, or what parts the labels."""
    if text is None or text in SPELLINGS or text.startswith("field:"):
        return text
    if text == r"\n":
        return "\n"
    mark = text.strip(" ")
    if len(mark) == 1 and len(text) <= 3:  # with blanks around it
        return text if _separator("label_separator", mark) else None
    return _separator("label_separator", text)


def _separator(name: str, text: str | None) -> str | None:
    """The sign that an option names; ParameterError where it is not one sign."""
    if text is None:
        return None
    letter = {r"\t": "\t", "tab": "\t"}.get(text, text)
    if len(letter) != 1 or letter.isalnum() or letter in '"\n\r' or ord(letter) > 126:
        raise ParameterError(
            f"--{name.replace('_', '-')} {text!r}: must be one sign such as , ; | or "
            r"\t for a tab."
        )
    return letter
