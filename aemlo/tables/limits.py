"""Limits: how large a file may be before it is refused; one place, one object."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

from aemlo.errors import DataError, ParameterError

PREFIX = "AEMLO_LIMIT_"
MEGABYTE = 1_000_000
# Parts of `unpacked_mb` below which no packed file is taken for a bomb: what is read as
# text takes many times its bytes, arrays take about what they say.
TEXT, ARRAYS = 1 / 40, 1 / 10


@dataclass(frozen=True)
class Limits:
    """What a reader accepts. Each is raised by an environment variable. Ours.

    `upload_mb` bytes of a file as it arrives and `unpacked_mb` after gzip or zip, in
    millions; `expansion` how many times larger a packed file may become, counted where
    that is more than a small part of `unpacked_mb`; `line_mb` length of one line;
    `rows`; `columns` of a dense table and `sparse_columns` of a sparse one; `labels`;
    `cells` of a dense table and stored values of a sparse one; `members` files in a zip
    archive; `categories` different values of a nominal column.
    """

    upload_mb: int = 200
    unpacked_mb: int = 1_000
    expansion: int = 200
    line_mb: int = 16
    rows: int = 5_000_000
    columns: int = 50_000
    sparse_columns: int = 2_000_000
    labels: int = 10_000
    cells: int = 100_000_000
    members: int = 50
    categories: int = 200_000

    def check(self, name: str, what: str, value: int, limit: str) -> None:
        """Raise DataError when `value` of `what` in file `name` passes `limit`."""
        allowed = getattr(self, limit)
        if value > allowed:
            raise DataError(
                f"{name}: {value:,} {what}, more than the limit of {allowed:,}. "
                f"Use a smaller file, or set {PREFIX}{limit.upper()} higher."
            )

    def unpacked(self, packed: int, harmless: float = TEXT) -> int:
        """Bytes that `packed` bytes may become; `harmless` is TEXT or ARRAYS."""
        most = self.unpacked_mb * MEGABYTE
        return min(most, max(packed * self.expansion + MEGABYTE, int(most * harmless)))


def from_environment(environment: Mapping[str, str] | None = None) -> Limits:
    """The Limits, with those that AEMLO_LIMIT_<NAME> sets."""
    environment = os.environ if environment is None else environment
    settings = {}
    for field in fields(Limits):
        text = environment.get(PREFIX + field.name.upper())
        if text is None:
            continue
        if not text.strip().isdigit() or int(text) == 0:
            raise ParameterError(
                f"{PREFIX}{field.name.upper()} must be a whole number of at least 1, "
                f"got {text!r}."
            )
        settings[field.name] = int(text)
    return Limits(**settings)


def check_megabytes(limits: Limits, name: str, size: int, limit: str) -> None:
    """Raise DataError when `size` bytes of file `name` pass the limit in megabytes."""
    allowed = getattr(limits, limit) * MEGABYTE
    if size > allowed:
        shown, most = megabytes(size, allowed)
        raise DataError(
            f"{name}: {shown} MB, more than the limit of {most} MB. Use a smaller "
            f"file, or set {PREFIX}{limit.upper()} higher."
        )


def megabytes(size: int, allowed: int) -> list[str]:
    """Two numbers of bytes in megabytes, with the digits that tell them apart."""
    for digits in range(7):
        shown = [f"{number / MEGABYTE:,.{digits}f}" for number in (size, allowed)]
        if shown[0] != shown[1]:
            break
    return shown
