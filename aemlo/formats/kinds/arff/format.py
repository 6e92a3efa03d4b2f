"""ARFF, dense and sparse: Weka's format, with Mulan's XML or MEKA's header.

Files that mix dense and sparse rows are read. Written, all rows of a file are of the
one kind that the data set is: nothing is to be had from mixing them.
"""

import re
from typing import Any

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.formats.base import Format
from aemlo.formats.kinds.arff import rows as arff_rows
from aemlo.formats.kinds.arff.header import declared_split, header_location, read_header
from aemlo.formats.kinds.arff.write import arff_bytes, is_training_first
from aemlo.tables.limits import Limits
from aemlo.tables.mulan_xml import write_names
from aemlo.tables.source import Source
from aemlo.tables.table import Table

FIRST = re.compile(rb"^[ \t]*@(relation|attribute)\b", re.I | re.M)


class Arff(Format):
    """Attribute-Relation File Format (Weka manual), dense, sparse and mixed rows.

    Departs from Weka where files in use do: a tab may part name and type, `%` starts a
    comment at the start of a line only, numbers may stand for the values of a nominal
    attribute that spell the same number. Relational attributes are refused. In a
    sparse row an omitted nominal cell is the first declared value.
    """

    title = "ARFF"
    extensions = (".arff",)
    holds_sparse = True

    def recognises(self, head: bytes) -> int:
        return 2 if FIRST.search(head) else 0

    def read(self, source: Source, limits: Limits, **options: Any) -> Table:
        header = read_header(source, limits)
        rows = arff_rows.read(source, header, limits)
        location = header_location(header, source.name)
        return Table(
            name=source.stem,
            format=f"ARFF, {rows.kind}",
            columns=header.columns,
            X=rows.X,
            texts=rows.texts,
            location=location,
            warnings=[*source.warnings, *header.warnings, *rows.warnings],
            split=declared_split(header.relation, rows.X.shape[0]),
            limits=limits,
            repeated=header.repeated,
            source={"file": source.name, "relation": header.relation},
        )

    def write(self, dataset: Dataset, mark: Mask | None = None) -> dict[str, bytes]:
        return {
            ".arff": arff_bytes(dataset, mark),
            ".xml": write_names(dataset.label_names),
        }


class Meka(Arff):
    """ARFF with MEKA's header: `-C -n` in the relation says the last n are labels."""

    title = "MEKA ARFF"
    extensions = (".meka.arff",)

    def keeps_split(self, dataset: Dataset) -> bool:
        return super().keeps_split(dataset) or is_training_first(dataset.split)

    def recognises(self, head: bytes) -> int:
        return 0

    def write(self, dataset: Dataset, mark: Mask | None = None) -> dict[str, bytes]:
        return {".arff": arff_bytes(dataset, mark, meka=True)}
