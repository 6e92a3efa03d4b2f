"""Zip archives: looked into within limits, never unpacked to disk."""

import io
import re
import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from xml.parsers import expat

from aemlo.errors import DataError
from aemlo.tables.limits import MEGABYTE, PREFIX, TEXT, Limits, megabytes
from aemlo.tables.source import GZIP, Source, gunzipped

DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.I)
PROLOG = MEGABYTE  # bytes before the first element of an XML file
ZIP = b"PK\x03\x04"
# What zipfile and zlib raise on archives that are damaged, or of an unknown kind.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
    KeyError,
)
# Packings that zipfile unpacks a little at a time, and no further than a member says:
# some KB of BZIP2 can become gigabytes in one step.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
README = (".txt", ".data", ".dat")


def is_zip(data: bytes) -> bool:
    """Whether `data` starts as a zip archive does."""
    return data[:4] == ZIP


def member_names(data: bytes) -> list[str]:
    """Names of the files in a zip archive; none where it is broken or no archive."""
    if not is_zip(data):
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return [info.filename for info in _files(packed)]
    except BROKEN:
        return []


class Watched(io.BytesIO):
    """The bytes of a zip archive, which know how far its member in use was read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            self._members = [
                (info.header_offset, info.compress_size) for info in packed.infolist()
            ]

    def share(self) -> float:
        """The part, 0 to 1, of the member that was last read from."""
        at = self.tell()
        start, size = max(
            ((start, size) for start, size in self._members if start < at),
            default=(0, 1),
        )
        return min((at - start) / max(size, 1), 1.0)


def _files(packed):
    members = packed.infolist()
    if not all(info.filename for info in members):
        raise zipfile.BadZipFile("a file in it has no name")
    return [info for info in members if not info.is_dir()]


def check_members(
    name: str,
    data: bytes,
    limits: Limits,
    text: tuple[str, ...] = (),
    harmless: float = TEXT,
    packed: int | None = None,
    way_out: str = "Unpack it first",
) -> list[zipfile.ZipInfo]:
    """The members of a zip archive, refused where they would unpack past the limits.

    Members whose name ends with one of `text` may hold no XML entity declarations.
    `harmless` as for `Limits.unpacked`; `packed` is the size of the file that `data`
    came in, if it came in one.
    """
    size = packed or len(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            members = _files(opened)
            _check_methods(name, members)
            _check_sizes(name, members, size, limits, harmless, way_out)
            for info in members:
                if info.filename.lower().endswith(text or ("\0",)):
                    with opened.open(info) as part:
                        _check_prolog(f"{name}: '{info.filename}'", part)
    except DataError:
        raise
    except BROKEN as error:
        raise DataError(f"{name}: broken archive ({error}).") from None
    return members


def _check_prolog(what, part):
    """Refuse declarations before the first element of the XML in the file `part`."""
    events = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: events.append("declares")
    parser.StartElementHandler = lambda *_: events.append("element")
    read = b""
    while not events and len(read) < PROLOG and (block := part.read(4_096)):
        read += block
        try:
            parser.Parse(block)
        except expat.ExpatError:  # no XML: for its reader to say
            events.append("declares" if DECLARATION.search(read) else "broken")
    if "declares" in events:
        raise DataError(
            f"{what} declares XML entities, which such files do not need: refused."
        )
    if not events and len(read) >= PROLOG:
        raise DataError(
            f"{what} has no element in its first {PROLOG:,} bytes. Save the workbook "
            "anew."
        )


def _check_methods(name, members):
    for info in members:
        if info.compress_type not in METHODS:
            known = getattr(zipfile, "compressor_names", {})  # its stubs lack it
            method = known.get(info.compress_type, "unknown").upper()
            raise DataError(
                f"{name}: '{info.filename}' is packed as {method}, which cannot be "
                "unpacked within limits. Pack it anew as an ordinary zip archive."
            )


def _check_sizes(name, members, packed, limits, harmless, way_out):
    limits.check(name, "files in the archive", len(members), "members")
    if any(info.flag_bits & 1 for info in members):
        raise DataError(f"{name}: the archive is encrypted. Unpack it first.")
    unpacked = sum(info.file_size for info in members)
    allowed = limits.unpacked(packed, harmless)
    if unpacked > allowed:
        size, most = megabytes(unpacked, allowed)
        raise DataError(
            f"{name}: unpacks to {size} MB, more than the limit of {most} MB for "
            f"{packed:,} packed bytes. {way_out}, or set {PREFIX}UNPACKED_MB or "
            f"{PREFIX}EXPANSION higher."
        )


def data_files(
    source: Source, limits: Limits, suffixes: tuple[str, ...], member: str | None = None
) -> list[Source]:
    """Sources of the data and XML files in a zip archive, by their `suffixes`.

    `member` names the data file where there are several. Where a whole set lies beside
    its training and test parts, the whole is taken and the rest named in a warning.
    """
    infos = check_members(source.name, source.data, limits)
    wanted = [info for info in infos if _is_data(info, suffixes)]
    naming = [info for info in wanted if _plain_name(info).endswith(".xml")]
    holding = [info for info in wanted if info not in naming]
    if any(not _plain_name(info).endswith(README) for info in holding):
        holding = [info for info in holding if not _plain_name(info).endswith(README)]
    holding, note = _chosen(source.name, holding, member)
    naming = _one_naming(source.name, naming, holding)
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as packed:
            sources = [
                Source(
                    PurePosixPath(info.filename).name,
                    _bytes_of(packed, info, source, limits),
                    limits,
                    source.encoding,
                )
                for info in (*holding, *naming)
            ]
    except BROKEN as error:
        raise DataError(f"{source.name}: broken archive ({error}).") from None
    sources[0].warnings += note
    return sources


def _bytes_of(packed, info, source, limits):
    """The bytes of a member, gunzipped: both packings together keep to the limits."""
    data = packed.read(info)
    if data[: len(GZIP)] != GZIP:
        return data
    name = f"{source.name}: {info.filename}"
    return gunzipped(name, data, limits, len(source.data))


def _plain_name(info):
    return info.filename.lower().removesuffix(".gz")


def _is_data(info, suffixes):
    name = PurePosixPath(_plain_name(info)).name
    hidden = info.filename.startswith("__MACOSX") or name.startswith(
        (".", "readme", "license")
    )
    return not hidden and name.endswith((*suffixes, ".xml"))


def _chosen(name, holding, member):
    from aemlo.tables.pair import TEST, TRAIN

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
    name = PurePosixPath(info.filename).name
    return PurePosixPath(name[:-3] if name.lower().endswith(".gz") else name).stem


def _is_part(pattern, info):
    return bool(pattern.search(_stem(info)))


def _one_naming(name, naming, holding):
    """The XML file that belongs to the data: the only one, or the one named alike."""
    if len(naming) <= 1:
        return naming
    stem = _stem(holding[0])
    # `flags.xml` names the labels of `flags-train.arff` too; the longest fits best.
    fitting = [info for info in naming if _begins(stem, _stem(info))]
    if not fitting:
        names = ", ".join(f"'{info.filename}'" for info in naming[:5])
        raise DataError(
            f"{name}: {len(naming)} XML files ({names}), none called like "
            f"'{holding[0].filename}'. Keep the one that names its labels."
        )
    return [max(fitting, key=lambda info: len(_stem(info)))]


def _begins(stem, other):
    """Whether `other` is `stem`, or what it has before another part of a name."""
    rest = stem[len(other) :]
    return stem.startswith(other) and not rest[:1].isalnum()
