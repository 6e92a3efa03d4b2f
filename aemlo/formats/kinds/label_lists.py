"""CSV with one column that lists the labels of each row; lists.py reads it."""

import json

import numpy as np

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.errors import DataError
from aemlo.formats.kinds.delimited import Delimited
from aemlo.formats.kinds.delimited_write import csv_bytes
from aemlo.safe_tables import neutral
from aemlo.tables.source import Source
from aemlo.tables.table import Table

COLUMN = "labels"
ENDING = ".labels.csv"


class LabelLists(Delimited):
    """CSV whose last column, `labels`, holds a JSON list of each row's labels.

    JSON, since a label's name may hold any separator. A list knows no order of labels
    and none that is on no row: read again, labels are in alphabetical order.
    """

    title = "CSV, labels as lists"
    extensions = (ENDING,)
    names_labels = True
    keeps_every_label = False

    def recognises(self, head: bytes) -> int:
        return 0

    def write(self, dataset: Dataset, mark: Mask | None = None) -> dict[str, bytes]:
        if COLUMN in dataset.feature_names:
            raise DataError(
                f"{dataset.name}: has a feature '{COLUMN}', as the column of lists is "
                "called. Rename it, or write plain CSV."
            )
        lists = [[neutral(names)] for names in _listed(dataset)]
        return {ENDING: csv_bytes(dataset, mark, last=([COLUMN], lists))}


def _listed(dataset):
    """The labels of each row as a JSON list."""
    for row in dataset.Y:
        names = [dataset.label_names[j] for j in np.flatnonzero(row)]
        yield json.dumps(names, ensure_ascii=False)


def names_its_lists(source: Source, table: Table) -> bool:
    """Whether the file is called, and has the column, as this format writes it."""
    name = source.name.lower().removesuffix(".gz")
    return name.endswith(ENDING) and COLUMN in table.places
