"""Cells cross between processes as plain bytes; nothing in them can run code."""

import io
import math
import pickle
import sqlite3

import numpy as np
import pytest

from aemlo.errors import DataError
from aemlo.experiment import Cell
from aemlo.experiment.kept_cells import Cells
from aemlo.experiment.transport import packed, unpacked

UNREADABLE = (
    "What came back for this cell cannot be read. Install the same version of AEMLO "
    "Studio where the cells are computed."
)


def cell(**changes):
    place = {"dataset": 0, "sampler": "none", "classifier": "ML-kNN"}
    place |= {"key": "key", "repeat": 1, "fold": 2}
    return Cell(**place | changes)


def test_cells_come_back_to_the_last_bit():
    predicted = np.random.default_rng(0).random((7, 3)) > 0.5
    scores = [("macro-F1", "", np.float64(0.1) + 0.2), ("F1", "\udc80ü", math.inf)]
    facts = {"rows": np.int64(3), "leaks": "", "fit_seconds": 1 / 3}
    first = cell(scores=scores, facts=facts, predicted=predicted)
    second = cell(error="failed", trace="line\nline")
    there = unpacked(packed([first, second]))
    assert [vars(c) | {"predicted": None} for c in there] == [
        vars(c) | {"predicted": None} for c in (first, second)
    ]
    assert type(there[0].facts["rows"]) is int
    assert np.array_equal(there[0].predicted, predicted)
    assert there[0].predicted.dtype == bool and there[1].predicted is None


def test_a_value_that_is_not_a_number_stays_so():
    (there,) = unpacked(packed([cell(scores=[("F1", "a", math.nan)])]))
    assert math.isnan(there.scores[0][2])


def archive(**arrays):
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def words(text):
    return np.frombuffer(text.encode(), np.uint8)


def array(value):
    content = io.BytesIO()
    np.save(content, value)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        b"",
        b"PK\x03\x04 cut",
        packed([cell()])[:-40],
        pickle.dumps([cell()]),
        array(np.zeros(3)),
        archive(other=words("[]")),
        archive(cells=words("[{}]")),
        archive(cells=words('[{"strange": 1}]')),
        archive(cells=words("not JSON")),
        archive(cells=np.array([cell()], dtype=object)),
        packed([cell(key=None)]),
        packed([cell(predicted=np.zeros((2, 2)))]),
        packed([cell(predicted=np.array([[cell()]], dtype=object))]),
    ],
    ids=range(15),
)
def test_anything_else_is_refused(content):
    with pytest.raises(DataError) as caught:
        unpacked(content)
    assert str(caught.value) == UNREADABLE


def test_scores_of_test_rows_cross_and_are_kept_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(7, 3)).astype(np.float32)
    scores[0, 0], scores[1, 1] = np.float32(1e-40), -0.0
    one = cell(predicted=scores > 0, test_scores=scores)
    (crossed,) = unpacked(packed([one]))
    kept = Cells(tmp_path / "cells.sqlite")
    kept.put(one)
    for other in (crossed, kept.get("key")):
        assert other.test_scores.tobytes() == scores.tobytes()
        assert np.array_equal(other.predicted, one.predicted)


def test_a_cell_without_scores_is_kept_without(tmp_path):
    kept = Cells(tmp_path / "cells.sqlite")
    kept.put(cell(predicted=np.ones((2, 2), bool)))
    assert kept.get("key").test_scores is None


def test_cells_of_an_older_version_are_dropped(tmp_path):
    path = tmp_path / "cells.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE cells (key TEXT PRIMARY KEY, scores TEXT)")
        db.execute("INSERT INTO cells VALUES ('old', '[]')")
    kept = Cells(path)
    assert kept.get("old") is None and len(kept) == 0
    with sqlite3.connect(path) as db:
        names = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    assert "cells" not in names


def test_scores_of_the_wrong_kind_are_refused():
    with pytest.raises(DataError) as caught:
        unpacked(packed([cell(test_scores=np.ones((2, 2)))]))
    assert str(caught.value) == UNREADABLE
