"""Zip archives: looked into within limits, never unpacked to disk."""

import io
import re
import struct
import zipfile
import zlib
from pathlib import PurePosixPath

from aemlo.errors import DataError
from aemlo.formats.limits import MEGABYTE, PREFIX
from aemlo.formats.source import Source

DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.I)
ZIP = b"PK\x03\x04"
# What zipfile and zlib raise on archives that are damaged, or of an unknown kind.
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError),
    *(RuntimeError, ValueError, struct.error, KeyError),
)
README = (".txt", ".data", ".dat")


def is_zip(data):
    """Whether `data` starts as a zip archive does."""
    return data[:4] == ZIP


def member_names(data):
    """Names of the files in a zip archive; none where it is broken or no archive."""
    if not is_zip(data):
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return [i.filename for i in packed.infolist() if not i.is_dir()]
    except BROKEN:
        return []


class Watched(io.BytesIO):
    """The bytes of a zip archive, which know how far its member in use was read."""

    def __init__(self, data):
        super().__init__(data)
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            self._members = [
                (info.header_offset, info.compress_size) for info in packed.infolist()
            ]

    def share(self):
        """The part, 0 to 1, of the member that was last read from."""
        at = self.tell()
        start, size = max(
            ((start, size) for start, size in self._members if start < at),
            default=(0, 1),
        )
        return min((at - start) / max(size, 1), 1.0)


def check_members(name, data, limits, text=()):
    """The members of a zip archive, refused where they would unpack past the limits.

    Members whose name ends with one of `text` may hold no XML entity declarations.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = [i for i in packed.infolist() if not i.is_dir()]
            _check_sizes(name, members, len(data), limits)
            for info in members:
                if info.filename.endswith(text or ("\0",)):
                    with packed.open(info) as part:
                        start = part.read(4_096)
                    if DECLARATION.search(start):
                        raise DataError(
                            f"{name}: '{info.filename}' declares XML entities, which "
                            "such files do not need: refused."
                        )
    except DataError:
        raise
    except BROKEN as error:
        raise DataError(f"{name}: broken archive ({error}).") from None
    return members


def _check_sizes(name, members, packed, limits):
    limits.check(name, "files in the archive", len(members), "members")
    if any(info.flag_bits & 1 for info in members):
        raise DataError(f"{name}: the archive is encrypted. Unpack it first.")
    unpacked = sum(info.file_size for info in members)
    allowed = min(limits.unpacked_mb * MEGABYTE, packed * limits.expansion + MEGABYTE)
    if unpacked > allowed:
        raise DataError(
            f"{name}: unpacks to {unpacked / MEGABYTE:,.0f} MB, more than the limit of "
            f"{allowed / MEGABYTE:,.0f} MB for {packed:,} packed bytes. Unpack it "
            f"first, or set {PREFIX}UNPACKED_MB or {PREFIX}EXPANSION higher."
        )


def data_files(source, limits, suffixes, member=None):
    """Sources of the data and XML files in a zip archive, by their `suffixes`.

    `member` names the data file where there are several. Where a whole set lies beside
    its training and test parts, the whole is taken and the rest named in a warning.
    """
    infos = check_members(source.name, source.data, limits)
    wanted = [info for info in infos if _is_data(info.filename, suffixes)]
    naming = [info for info in wanted if info.filename.lower().endswith(".xml")]
    holding = [info for info in wanted if info not in naming]
    if any(not info.filename.lower().endswith(README) for info in holding):
        holding = [i for i in holding if not i.filename.lower().endswith(README)]
    holding, note = _chosen(source.name, holding, member)
    naming = _one_naming(naming, holding)
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as packed:
            found = [
                Source(
                    PurePosixPath(info.filename).name,
                    packed.read(info),
                    limits,
                    source.encoding,
                )
                for info in (*holding, *naming)
            ]
    except BROKEN as error:
        raise DataError(f"{source.name}: broken archive ({error}).") from None
    found[0].warnings += note
    return found


def _is_data(path, suffixes):
    name = PurePosixPath(path).name.lower()
    hidden = path.startswith("__MACOSX") or name.startswith((".", "readme", "license"))
    return not hidden and name.removesuffix(".gz").endswith((*suffixes, ".xml"))


def _chosen(name, holding, member):
    from aemlo.formats.pair import TEST, TRAIN

    names = [info.filename for info in holding]
    if member is not None:
        holding = [info for info in holding if info.filename == member]
        if not holding:
            raise DataError(
                f"{name}: has no data file '{member}'. Files: {', '.join(names)}."
            )
        return holding, []
    if not holding:
        raise DataError(f"{name}: holds no file of a format this program reads.")
    if len(holding) <= 1:
        return holding, []
    whole = [i for i in holding if not (_is_part(TEST, i) or _is_part(TRAIN, i))]
    if len(whole) == 1:
        rest = ", ".join(n for n in names if n != whole[0].filename)
        return whole, [f"The archive also holds {rest}: not read."]
    if len(holding) == 2 and not whole:
        return holding, []
    raise DataError(
        f"{name}: holds several data files: {', '.join(names[:10])}. Say which one "
        "(member='...'), or unpack it and choose."
    )


def _stem(info):
    return PurePosixPath(info.filename).stem


def _is_part(pattern, info):
    return bool(pattern.search(_stem(info)))


def _one_naming(naming, holding):
    """The XML file that belongs to the data: the only one, or the one named alike."""
    if len(naming) <= 1:
        return naming
    stem = _stem(holding[0])
    return [info for info in naming if stem.startswith(_stem(info))][:1]
