"""Files out: a Dataset as the bytes of a format, as files, as a zip archive."""

import gzip
from pathlib import Path
from typing import Any

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.errors import DataError
from aemlo.formats.reading import read
from aemlo.formats.registry import WRITERS
from aemlo.registry import find
from aemlo.tables import packing
from aemlo.tables.source import File


def to_bytes(
    dataset: Dataset, format: str = "CSV", mark: Mask | None = None
) -> dict[str, bytes]:
    """{suffix: bytes} of `dataset` in a format of WRITERS.

    `mark` (n,) of bool adds the column `is_synthetic` (no, yes), which is no feature
    when it is read again. Without it, the data set's own provenance is the mark.
    """
    form = find(WRITERS, format, "file format to write")
    return form.write(dataset, _own_mark(dataset, mark))


def _own_mark(dataset, mark):
    """`mark`, or what the provenance of `dataset` says; None where it has none."""
    if mark is not None or dataset.provenance is None:
        return mark
    return dataset.provenance["synthetic"].to_numpy()


def zipped(
    dataset: Dataset,
    format: str = "CSV",
    mark: Mask | None = None,
    stem: str | None = None,
) -> bytes:
    """The bytes of a zip archive of what `to_bytes` gives; see aemlo.tables.packing.

    A declared split that the format cannot say is kept as two data files.
    """
    form = find(WRITERS, format, "file format to write")
    return packing.zipped(dataset, form, _own_mark(dataset, mark), stem)


def one_file(
    dataset: Dataset,
    format: str = "CSV",
    mark: Mask | None = None,
    stem: str | None = None,
) -> tuple[str, bytes]:
    """(suffix, bytes) of `dataset`: the format's one file, or all it needs as a zip."""
    if find(WRITERS, format, "file format to write").keeps_split(dataset):
        files = to_bytes(dataset, format, mark)
        if len(files) == 1:
            return next(iter(files.items()))
    return ".zip", zipped(dataset, format, mark, stem)


def write(
    dataset: Dataset,
    path: str | Path,
    *,
    format: str | None = None,
    mark: Mask | None = None,
) -> list[Path]:
    """Write `dataset` to `path` in the format its suffix names; the files written.

    A format that needs two files (ARFF and its XML) puts the second beside the first;
    a name that ends in .gz is compressed, and one such as `x.csv.zip` becomes an
    archive of all files, a declared split included. `format` is a title of WRITERS;
    `mark` as for `to_bytes`.
    """
    path = Path(path)
    packed = path.suffix.lower() == ".zip"
    name = path.name[: -len(".zip")] if packed else path.name.removesuffix(".gz")
    form = find(WRITERS, format, "file format to write") if format else _by_suffix(name)
    mark = _own_mark(dataset, mark)
    if packed:
        path.write_bytes(packing.zipped(dataset, form, mark, _stem(name, form)))
        return [path]
    written = []
    for ending, data in form.write(dataset, mark).items():
        target = path.with_name(_stem(name, form) + ending) if written else path
        is_packed = target.name.endswith(".gz")
        target.write_bytes(gzip.compress(data) if is_packed else data)
        written.append(target)
    return written


def says_split(dataset: Dataset, path: str | Path, format: str | None = None) -> bool:
    """Whether `write` to `path` keeps what `dataset` says of training rows."""
    path = Path(path)
    if path.suffix.lower() == ".zip":
        return True
    name = path.name.removesuffix(".gz")
    form = find(WRITERS, format, "file format to write") if format else _by_suffix(name)
    return form.keeps_split(dataset)


def _stem(name, form):
    fitting = [e for e in form.extensions if name.lower().endswith(e)]
    ending = max(fitting, key=len, default=Path(name).suffix)
    return name[: len(name) - len(ending)]


def _by_suffix(name):
    fitting = [
        (len(ending), title)
        for title, form in WRITERS.items()
        for ending in form.extensions
        if name.lower().endswith(ending)
    ]
    best = [title for size, title in fitting if size == max(fitting)[0]]
    if len(best) == 1:
        return WRITERS[best[0]]
    if best:
        raise DataError(
            f"Can't tell from '{name}' how to write it: {', '.join(sorted(best))}. "
            "Say which format."
        )
    endings = sorted({e for form in WRITERS.values() for e in form.extensions})
    if "." not in name:
        raise DataError(
            f"Can't tell what the archive '{name}.zip' shall hold. Call it "
            f"{name}.arff.zip, {name}.csv.zip and so on, or say which format."
        )
    raise DataError(f"Can't write '{name}'. Formats: {', '.join(endings)}.")


def convert(
    source: File, target: str | Path, *, to: str | None = None, **how: Any
) -> list[Path]:
    """Read `source` (with `how`, as `read`) and write it to `target`; the files."""
    return write(read(source, **how), target, format=to)
