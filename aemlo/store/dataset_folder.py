"""Data sets as folders beside the database, stored once by content."""

import secrets
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from aemlo.dataset import Dataset
from aemlo.errors import RunError
from aemlo.store.run import ID

DAY = 86400.0


class DatasetFolder:
    """The folder `path`; every data set in it is a folder named by its content hash."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, dataset: Dataset) -> str:
        """Keep `dataset`; returns its content hash."""
        key = dataset.content_hash
        folder = self.path / key
        if not folder.exists():
            half_made = folder.with_name(f"{key}.{secrets.token_hex(4)}.tmp")
            dataset.save(half_made)
            try:
                half_made.rename(folder)
            except OSError:
                # Another process was faster.
                shutil.rmtree(half_made)
        return key

    def load(self, key: str | None) -> Dataset:
        """The Dataset kept under `key`; RunError if there is none."""
        folder = self.path / str(key)
        if not ID.fullmatch(str(key)) or not folder.exists():
            raise RunError("This data set is no longer kept. Load it again.")
        return Dataset.load(folder)

    def drop_all_but(self, used: Collection[str]) -> None:
        """Delete data sets that are not in `used` and a day old."""
        yesterday = time.time() - DAY
        for folder in self.path.glob("*"):
            if folder.name not in used and folder.stat().st_mtime < yesterday:
                shutil.rmtree(folder, ignore_errors=True)
