"""Finished cells of comparisons, kept by the address of their content.

A cell's key says all that its scores depend on (data, rows, recipe, seed, code), so the
same cell is never computed twice, whoever asks; one SQLite file beside the store's.
Ours.
"""

import json
import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from aemlo.experiment import Cell

TABLE = """
CREATE TABLE IF NOT EXISTS cells (
    key TEXT PRIMARY KEY, sampler TEXT, classifier TEXT, repeat INTEGER, fold INTEGER,
    scores TEXT NOT NULL, facts TEXT NOT NULL, shape TEXT NOT NULL,
    predicted BLOB NOT NULL, used REAL NOT NULL
) WITHOUT ROWID
"""
MOST_BYTES = 512 * 1024**2


class Cells:
    """`get(key)` and `put(cell)` over one file, for several processes at once."""

    def __init__(self, path):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(TABLE)

    @contextmanager
    def _open(self):
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            yield connection
        finally:
            connection.close()

    def get(self, key):
        """The Cell kept under `key`, or None."""
        with self._open() as db:
            row = db.execute(
                "SELECT sampler, classifier, repeat, fold, scores, facts, shape, "
                "predicted FROM cells WHERE key = ?",
                (key,),
            ).fetchone()
        if row is None:
            return None
        sampler, classifier, repeat, fold, scores, facts, shape, predicted = row
        return Cell(
            key,
            0,
            sampler,
            classifier,
            repeat,
            fold,
            scores=[tuple(score) for score in json.loads(scores)],
            facts=json.loads(facts),
            predicted=_unpacked(predicted, json.loads(shape)),
        )

    def put(self, cell):
        """Keep a Cell that came out well; its scores to the last bit."""
        predicted = np.asarray(cell.predicted, dtype=bool)
        with self._open() as db:
            db.execute(
                "INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(cell.key, cell.sampler, cell.classifier, cell.repeat, cell.fold),
                    json.dumps(cell.scores),
                    json.dumps(cell.facts),
                    json.dumps(predicted.shape),
                    np.packbits(predicted).tobytes(),
                    time.time(),
                ),
            )

    def __len__(self):
        with self._open() as db:
            return db.execute("SELECT count(*) FROM cells").fetchone()[0]

    def clean_up(self, most_bytes=MOST_BYTES):
        """Forget the oldest cells until the file's content is below `most_bytes`."""
        with self._open() as db:
            size = "length(scores) + length(facts) + length(predicted)"
            total = db.execute(f"SELECT coalesce(sum({size}), 0) FROM cells").fetchone()
            over = total[0] - most_bytes
            if over <= 0:
                return
            rows = db.execute(f"SELECT key, {size} FROM cells ORDER BY used").fetchall()
            for key, bytes_of_it in rows:
                if over <= 0:
                    break
                db.execute("DELETE FROM cells WHERE key = ?", (key,))
                over -= bytes_of_it
            db.execute("VACUUM")


def _unpacked(blob, shape):
    bits = np.unpackbits(np.frombuffer(blob, dtype=np.uint8), count=shape[0] * shape[1])
    return bits.reshape(shape).astype(bool)
