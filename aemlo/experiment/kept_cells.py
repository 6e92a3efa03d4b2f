"""Finished cells of comparisons, kept by the address of their content.

A cell's key says all that its scores depend on (data, rows, recipe, seed, code), so the
same cell is never computed twice, whoever asks; one SQLite file beside the store's.
What a classifier gave for the test rows is kept too: a bit a prediction, and a float32
a score, compressed. With 983 labels and 3,221 test rows that is 0.4 MB and at most
12.7 MB a cell. Ours.
"""

import json
import sqlite3
import time
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aemlo.experiment.unit import Cell

# Cells of older versions held no test scores. Their table is dropped, so they are
# computed again when they are asked for.
TABLE = """
DROP TABLE IF EXISTS cells;
CREATE TABLE IF NOT EXISTS cells_2 (
    key TEXT PRIMARY KEY, sampler TEXT, classifier TEXT, repeat INTEGER, fold INTEGER,
    scores TEXT NOT NULL, facts TEXT NOT NULL, shape TEXT NOT NULL,
    predicted BLOB NOT NULL, test_scores BLOB NOT NULL, used REAL NOT NULL
) WITHOUT ROWID
"""
MOST_BYTES = 1024**3


class Cells:
    """`get(key)` and `put(cell)` over one file, for several processes at once."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(TABLE)

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            yield connection
        finally:
            connection.close()

    def get(self, key: str) -> Cell | None:
        """The Cell kept under `key`, or None."""
        with self._open() as db:
            row = db.execute(
                "SELECT sampler, classifier, repeat, fold, scores, facts, shape, "
                "predicted, test_scores FROM cells_2 WHERE key = ?",
                (key,),
            ).fetchone()
        if row is None:
            return None
        sampler, classifier, repeat, fold, scores, facts, shape, predicted, test = row
        shape = tuple(json.loads(shape))
        return Cell(
            key,
            0,
            sampler,
            classifier,
            repeat,
            fold,
            scores=[tuple(score) for score in json.loads(scores)],
            facts=json.loads(facts),
            predicted=_bits(predicted, shape),
            test_scores=_numbers(test, shape),
        )

    def put(self, cell: Cell) -> None:
        """Keep a Cell that came out well; its scores to the last bit."""
        predicted = np.asarray(cell.predicted, dtype=bool)
        with self._open() as db:
            db.execute(
                "INSERT OR REPLACE INTO cells_2 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                "?)",
                (
                    cell.key,
                    cell.sampler,
                    cell.classifier,
                    cell.repeat,
                    cell.fold,
                    json.dumps(cell.scores),
                    json.dumps(cell.facts),
                    json.dumps(predicted.shape),
                    np.packbits(predicted).tobytes(),
                    _packed(cell.test_scores),
                    time.time(),
                ),
            )

    def __len__(self) -> int:
        with self._open() as db:
            return db.execute("SELECT count(*) FROM cells_2").fetchone()[0]

    def clean_up(self, most_bytes: int = MOST_BYTES) -> None:
        """Forget the oldest cells until the file's content is below `most_bytes`."""
        parts = ("scores", "facts", "predicted", "test_scores")
        size = " + ".join(f"length({part})" for part in parts)
        with self._open() as db:
            (total,) = db.execute(
                f"SELECT coalesce(sum({size}), 0) FROM cells_2"
            ).fetchone()
            over = total - most_bytes
            if over <= 0:
                return
            rows = db.execute(
                f"SELECT key, {size} FROM cells_2 ORDER BY used"
            ).fetchall()
            for key, bytes_of_it in rows:
                if over <= 0:
                    break
                db.execute("DELETE FROM cells_2 WHERE key = ?", (key,))
                over -= bytes_of_it
            db.execute("VACUUM")


def _bits(blob: bytes, shape: tuple[int, int]) -> NDArray[np.bool_]:
    bits = np.unpackbits(np.frombuffer(blob, dtype=np.uint8), count=shape[0] * shape[1])
    return bits.reshape(shape).astype(bool)


def _packed(test_scores: NDArray[np.float32] | None) -> bytes:
    """Scores as bytes; bytes of equal weight lie together, which compresses better."""
    if test_scores is None:
        return b""
    numbers = np.ascontiguousarray(test_scores, dtype=np.float32)
    planes = numbers.view(np.uint8).reshape(-1, 4).T
    return zlib.compress(np.ascontiguousarray(planes).tobytes(), 1)


def _numbers(blob: bytes, shape: tuple[int, int]) -> NDArray[Any] | None:
    if not blob:
        return None
    planes = np.frombuffer(zlib.decompress(blob), dtype=np.uint8).reshape(4, -1)
    return np.ascontiguousarray(planes.T).view(np.float32).reshape(shape)
