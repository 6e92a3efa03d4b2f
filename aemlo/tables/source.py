"""Source: the bytes of one file, unpacked within limits and decoded to UTF-8."""

import bz2
import codecs
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any, TypeAlias

from aemlo.errors import DataError
from aemlo.progress import no_progress
from aemlo.tables.limits import MEGABYTE, PREFIX, Limits, check_megabytes

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
HEAD = 65_536
GZIP = b"\x1f\x8b"
GZIP_MEMBERS = 100_000
XZ_MEMORY = 100 * MEGABYTE  # that a stream may want; the strongest usual level takes 65
PACKED: tuple[tuple[bytes, str, Callable[[], Any]], ...] = (
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\0", "xz", lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY)),
)
ENDINGS = (".gz", ".bz2", ".xz")
# Codecs of Python that are for names in the net, or for nothing.
NOT_OF_FILES = ("punycode", "idna", "undefined")


File: TypeAlias = str | Path | tuple[str, bytes]
"""A file to read: its path, or its name and bytes."""


@dataclass
class Source:
    """One file: its name, its bytes (unpacked), and what was assumed of it.

    A reader calls `on_progress(fraction)` as it goes; what that raises passes through.
    """

    name: str
    data: bytes
    limits: Limits
    encoding: str | None = None
    warnings: list[str] = field(default_factory=list)
    on_progress: Callable[..., None] = no_progress

    @property
    def suffix(self) -> str:
        """The last suffix, small letters, a final .gz, .bz2 or .xz aside."""
        return PurePath(without_packing(self.name.lower())).suffix

    @property
    def stem(self) -> str:
        """The name without folder and suffixes."""
        name = without_packing(PurePath(self.name).name)
        return PurePath(name).stem or "data"

    @cached_property
    def head(self) -> bytes:
        """The first part of `text`, to recognise the format by."""
        return self.text[:HEAD]

    @cached_property
    def text(self) -> bytes:
        """The bytes of the file as UTF-8 with lines that end in a line feed.

        Raises DataError for a file that is not text and for lines over the limit.
        """
        data = _decoded(self)
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not data.strip():
            raise DataError(f"{self.name}: the file is empty.")
        _check_lines(self.name, data, self.limits)
        return data


def without_packing(name: str) -> str:
    """A file name without an ending such as .gz, which says how the file is packed."""
    for ending in ENDINGS:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name


def open_source(file: File, limits: Limits, encoding: str | None = None) -> Source:
    """The Source of a path, or of a pair (name, bytes); DataError if too large."""
    if isinstance(file, (str, Path)):
        path = Path(file)
        if not path.is_file():
            raise DataError(f"{file}: there is no such file.")
        check_megabytes(limits, path.name, path.stat().st_size, "upload_mb")
        name, data = path.name, path.read_bytes()
    else:
        name, data = file
        name = PurePath(name).name or "data"
        check_megabytes(limits, name, len(data), "upload_mb")
    data = unpacked(name, data, limits)
    return Source(name, data, limits, encoding)


def unpacked(name: str, data: bytes, limits: Limits) -> bytes:
    """The bytes of a file packed by gzip, bzip2 or xz; DataError past the limits."""
    if data[: len(GZIP)] == GZIP:
        return gunzipped(name, data, limits)
    for mark, kind, unpack in PACKED:
        if data[: len(mark)] == mark:
            return _decompressed(name, data, limits, kind, unpack)
    return data


def _decompressed(
    name: str, data: bytes, limits: Limits, kind: str, start: Callable[[], Any]
) -> bytes:
    """What the streams in `data` hold together, unpacked a little at a time."""
    allowed = left = limits.unpacked(len(data))
    parts, rest, streams = [], data, 0
    while rest.strip(b"\0"):
        streams += 1
        if streams > GZIP_MEMBERS:
            raise DataError(
                f"{name}: more than {GZIP_MEMBERS:,} {kind} files in a row. Unpack it "
                "first."
            )
        unpack = start()
        try:
            piece = unpack.decompress(rest, min(left + 1, MEGABYTE))
            while True:
                parts.append(piece)
                left -= len(piece)
                _check_left(name, left, allowed, len(data))
                if unpack.eof:
                    break
                if unpack.needs_input:
                    raise DataError(
                        f"{name}: the {kind} data end too early: the file is cut off."
                    )
                piece = unpack.decompress(b"", min(left + 1, MEGABYTE))
        except (OSError, EOFError, ValueError, lzma.LZMAError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{name}: the {kind} data are damaged ({error}).") from None
        rest = unpack.unused_data
    return b"".join(parts)


def _check_left(name: str, left: int, allowed: int, packed: int) -> None:
    if left < 0:
        raise DataError(
            f"{name}: unpacks to more than {allowed / MEGABYTE:,.0f} MB, the "
            f"limit for {packed:,} packed bytes. Unpack it first, or set "
            f"{PREFIX}UNPACKED_MB or {PREFIX}EXPANSION higher."
        )


def gunzipped(
    name: str, data: bytes, limits: Limits, packed: int | None = None
) -> bytes:
    """What the gzip members in `data` hold together; DataError past the limits.

    `packed` is the size of the archive that `data` came in, if it came in one.
    """
    packed = packed or len(data)
    allowed = left = limits.unpacked(packed)
    view, parts, at, members = memoryview(data), [], 0, 0
    while at < len(data):
        if not data[at] and not data[at:].strip(b"\0"):
            break  # padding, as after a file from a tape
        members += 1
        _check_member(name, data, at, members)
        unpack, step = zlib.decompressobj(zlib.MAX_WBITS | 16), 1_024
        while not unpack.eof:
            if at == len(data):
                raise DataError(
                    f"{name}: the gzip data end too early: the file is cut off."
                )
            piece = view[at : at + step]
            try:
                parts.append(unpack.decompress(piece, left + 1))
            except zlib.error as error:
                raise DataError(
                    f"{name}: the gzip data are damaged ({error})."
                ) from None
            left -= len(parts[-1])
            _check_left(name, left, allowed, packed)
            at, step = at + len(piece), min(2 * step, MEGABYTE)
        at -= len(unpack.unused_data)
    return b"".join(parts)


def _check_member(name, data, at, members):
    if data[at : at + 2] != GZIP:
        raise DataError(
            f"{name}: after {at:,} bytes of gzip data comes something else "
            f"({bytes(data[at : at + 8])!r}). Unpack the file, or cut it there."
        )
    if members > GZIP_MEMBERS:
        raise DataError(
            f"{name}: more than {GZIP_MEMBERS:,} gzip files in a row. Unpack it first."
        )


def _decoded(source):
    data, name, encoding = source.data, source.name, source.encoding
    if encoding:
        data = _recoded(data, encoding, name)
    else:
        mark, encoding = next(
            (bom for bom in BOMS if data.startswith(bom[0])), (b"", "")
        )
        if encoding == "utf-8":
            data = data[len(mark) :]
        elif encoding:
            data = _recoded(data, encoding, name)
    nul = data.find(b"\x00")
    if nul >= 0:
        way = (
            f"If it is text, {source.encoding} is not its encoding."
            if source.encoding
            else "If it is text in UTF-16, save it as UTF-8."
        )
        raise DataError(
            f"{name}: not a text file (a NUL byte at position {nul:,}). {way}"
        )
    if data.isascii() or source.encoding:
        return data
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        source.warnings.append(
            f"Not UTF-8 (line {line}): read as Windows-1252. Accents may be wrong if "
            "the file is in another encoding."
        )
        return data.decode("cp1252", errors="replace").encode("utf-8")
    return data


def _recoded(data, encoding, name):
    try:
        codec = codecs.lookup(encoding).name
    except (LookupError, ValueError, TypeError):
        raise DataError(f"{name}: there is no encoding {encoding!r}.") from None
    if codec in NOT_OF_FILES:
        raise DataError(
            f"{name}: {encoding!r} is no encoding of text files. Leave it out, or say "
            "one such as 'utf-8', 'cp1252' or 'utf-16'."
        )
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode("utf-8")
    except LookupError:
        raise DataError(f"{name}: there is no encoding {encoding!r}.") from None
    except UnicodeError as error:
        reason = getattr(error, "reason", error)
        raise DataError(f"{name}: is not {encoding}: {reason}.") from None


def _check_lines(name, data, limits):
    """Refuse a line over the limit: look for one line end in every such stretch."""
    step, start = limits.line_mb * MEGABYTE, 0
    while len(data) - start > step:
        end = data.rfind(b"\n", start, start + step)
        if end < 0:
            line = data.count(b"\n", 0, start) + 1
            raise DataError(
                f"{name}: line {line:,} is longer than the limit of {limits.line_mb} "
                f"MB. If it is right, set {PREFIX}LINE_MB higher."
            )
        start = end + 1
