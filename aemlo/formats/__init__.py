"""Files in and out: `read` gives a Dataset, `write` takes one.

A format is one file in `kinds/`, found by scan. `open_table` is the first half of
`read`, for callers who want to see a file before they say which columns are labels.
"""

from aemlo.formats.reading import open_files, open_table, read
from aemlo.formats.registry import FORMATS, READERS, WRITERS
from aemlo.formats.writing import (
    convert,
    one_file,
    says_split,
    to_bytes,
    write,
    zipped,
)
from aemlo.tables.limits import Limits, from_environment
from aemlo.tables.table import Table

__all__ = [
    "FORMATS",
    "READERS",
    "WRITERS",
    "Limits",
    "Table",
    "convert",
    "from_environment",
    "one_file",
    "open_files",
    "open_table",
    "read",
    "says_split",
    "to_bytes",
    "write",
    "zipped",
]
