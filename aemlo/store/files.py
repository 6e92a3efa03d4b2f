"""Files beside the database: written at once, and counted."""

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def folder_bytes(folder: str | Path) -> int:
    """Bytes of all files below `folder`; files that vanish meanwhile count nothing."""
    total = 0
    for path in Path(folder).rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total


@contextmanager
def written_at_once(path: str | Path) -> Generator[Path, None, None]:
    """A temporary path to write to, renamed to `path` when the block ends well."""
    path = Path(path)
    half_made = path.with_name(f".{secrets.token_hex(4)}.{path.name}")
    try:
        yield half_made
        os.replace(half_made, path)
    finally:
        half_made.unlink(missing_ok=True)
