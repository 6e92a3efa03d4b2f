"""What a file format is: how to recognise, read and write it."""

from abc import ABC, abstractmethod
from typing import Any

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.errors import DataError
from aemlo.tables.limits import Limits
from aemlo.tables.source import Source
from aemlo.tables.table import Table


class Format(ABC):
    """One file format. Subclasses are found by scan; see `READERS` and `WRITERS`.

    `title` is its name, `extensions` the suffixes of its files (small letters, the
    first one for writing). `binary` formats see the bytes as they are, others UTF-8
    text. `marks` says that a file can tell which rows are synthetic,
    `reads_marks` that reading takes this up.

    What else a file keeps: `kinds` of features it can hold; `holds_gaps`, missing
    values; `holds_sparse`, features that are read as a sparse matrix again;
    `keeps_names` of features and labels; `names_labels`, which of its columns are
    labels; `keeps_every_label`, in their order and those that no row has.
    """

    title: str
    extensions: tuple[str, ...]
    binary = False
    writable = True
    marks = True
    reads_marks = True
    kinds: tuple[str, ...] = ("numeric", "nominal", "text")
    holds_gaps = True
    holds_sparse = False
    keeps_names = True
    names_labels = True
    keeps_every_label = True

    def keeps_split(self, dataset: Dataset) -> bool:
        """Whether a file of this format says which rows of `dataset` are for training.

        True where there is no split, or one side of it has no rows.
        """
        split = dataset.split
        return split is None or bool(split.all()) or not split.any()

    @abstractmethod
    def recognises(self, head: bytes) -> int:
        """How sure the first bytes `head` are this format: 0 no, 1 maybe, 2 surely."""

    @abstractmethod
    def read(self, source: Source, limits: Limits, **options: Any) -> Table:
        """The Table in `source`; DataError when it cannot be read."""

    def write(self, dataset: Dataset, mark: Mask | None = None) -> dict[str, bytes]:
        """{suffix: bytes} of `dataset`; `mark` (n,) bool is True for synthetic rows."""
        raise DataError(f"{self.title} files are read only.")
