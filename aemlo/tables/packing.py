"""Zip archives written: the files of a format, or both parts of a declared split."""

import io
import zipfile
from dataclasses import replace
from typing import Protocol

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.tables.pair import TEST, TRAIN
from aemlo.wording import file_stem


class Writer(Protocol):
    """A file format, as far as an archive needs it."""

    def keeps_split(self, dataset: Dataset) -> bool:
        """Whether a file says which rows of `dataset` are for training."""
        ...

    def write(self, dataset: Dataset, mark: Mask | None = None) -> dict[str, bytes]:
        """{suffix: bytes} of `dataset`; `mark` (n,) is True for synthetic rows."""
        ...


def zipped(
    dataset: Dataset, form: Writer, mark: Mask | None = None, stem: str | None = None
) -> bytes:
    """`dataset` in the format `form` as the bytes of one zip archive.

    A declared split that the format cannot say becomes two data files, training rows
    and test rows, each in the order they had; reading gives the training rows first.
    `stem` begins the names of the files.
    """
    stem = _innocent(stem or file_stem(dataset.name))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        written = set()
        for part, rows, its_mark in _parts(dataset, form, mark):
            files = form.write(rows, its_mark)
            for place, (ending, data) in enumerate(files.items()):
                # What lies beside the data (Mulan's XML) belongs to both parts.
                name = f"{stem}{part if place == 0 else ''}{ending}"
                if name not in written:
                    archive.writestr(name, data)
                    written.add(name)
    return out.getvalue()


def _innocent(stem):
    """A stem that does not itself say "train" or "test", and hides no file."""
    misread = TEST.search(stem) or TRAIN.search(stem)
    hidden = stem.lower().startswith(("readme", "license", "__macosx", "."))
    return "data" if misread or hidden else stem


def _parts(dataset, form, mark):
    """(ending of the stem, Dataset, mark) of each data file."""
    if form.keeps_split(dataset):
        return [("", dataset, mark)]
    whole, train = replace(dataset, split=None), dataset.split
    return [
        (part, whole.take(rows), None if mark is None else mark[rows])
        for part, rows in (("-train", train), ("-test", ~train))
    ]
