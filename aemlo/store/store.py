"""Store: data sets and workspaces beside the runs, and room on disk."""

import secrets
import shutil
import time

from aemlo.dataset import Dataset
from aemlo.errors import RunError
from aemlo.store.files import folder_bytes
from aemlo.store.results import Results
from aemlo.store.runs import ID
from aemlo.store.work import Work


class Store(Work, Results):
    """All that is kept; safe to use from several processes and threads at once."""

    # Data sets, stored once by content.

    def add_dataset(self, dataset):
        """Keep `dataset`; returns its content hash, the name it is asked for by."""
        key = dataset.content_hash
        folder = self.home / "datasets" / key
        if not folder.exists():
            half_made = folder.with_name(f"{key}.{secrets.token_hex(4)}.tmp")
            dataset.save(half_made)
            try:
                half_made.rename(folder)
            except OSError:
                shutil.rmtree(half_made)
        return key

    def dataset(self, key):
        """The Dataset kept under `key`; RunError if there is none."""
        folder = self.home / "datasets" / str(key)
        if not ID.fullmatch(str(key)) or not folder.exists():
            raise RunError("This data set is no longer kept. Load it again.")
        return Dataset.load(folder)

    # Workspaces: a random id in the address, and the data set in use.

    def workspace_dataset(self, workspace):
        """Key of the data set a workspace uses, or None."""
        with self.open() as db:
            row = db.execute(
                "SELECT dataset FROM workspaces WHERE id = ?", (workspace,)
            ).fetchone()
        return row["dataset"] if row else None

    def use_dataset(self, workspace, key):
        """Make the data set `key` the one in use."""
        with self.open(write=True) as db:
            db.execute(
                "INSERT INTO workspaces (id, dataset, seen) VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET dataset = excluded.dataset, "
                "seen = excluded.seen",
                (workspace, key, time.time()),
            )

    # Room on disk.

    def clean_up(self, max_bytes=2 * 1024**3, max_days=30):
        """Delete the oldest ended, unpinned runs over the quota or older than the age.

        Returns the ids deleted. Data sets no run or workspace names go too.
        """
        with self.open() as db:
            rows = db.execute(
                "SELECT id, created FROM runs WHERE pinned = 0 AND state IN "
                "('done', 'stopped', 'paused', 'failed') ORDER BY created"
            ).fetchall()
        used = folder_bytes(self.home)
        oldest, deleted = time.time() - max_days * 86400, []
        for row in rows:
            if used <= max_bytes and row["created"] > oldest:
                break
            used -= folder_bytes(self.home / "runs" / row["id"])
            self.delete(row["id"])
            deleted.append(row["id"])
        self._drop_unused_datasets()
        return deleted

    def _drop_unused_datasets(self):
        with self.open() as db:
            rows = db.execute(
                "SELECT dataset FROM runs UNION SELECT dataset FROM workspaces"
            )
            used = {row["dataset"] for row in rows}
        yesterday = time.time() - 86400
        for folder in (self.home / "datasets").glob("*"):
            if folder.name not in used and folder.stat().st_mtime < yesterday:
                shutil.rmtree(folder, ignore_errors=True)
