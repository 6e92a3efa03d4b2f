"""Work with a bar: what it returns, raises and shows."""

import threading

import pytest

from aemlo.errors import DataError, Stopped
from aemlo.ui import waiting


class Place:
    """Stands where the bar stands; notes what is drawn, and says when."""

    def __init__(self):
        self.drawn, self.seen = [], threading.Event()

    def progress(self, fraction, words):
        self.drawn.append((fraction, words))
        self.seen.set()

    def empty(self):
        self.drawn.append("empty")


@pytest.fixture
def place(monkeypatch):
    place = Place()
    monkeypatch.setattr(waiting.st, "empty", lambda: place)
    monkeypatch.setattr(waiting, "PATIENCE", 0.01)
    monkeypatch.setattr(waiting, "TICK", 0.01)
    return place


def test_the_bar_shows_how_far_the_work_is_and_goes(place):
    def work(on_progress):
        on_progress(0.25)
        assert place.seen.wait(20)
        return "done"

    assert waiting.with_bar(work, "Reading 3 MB") == "done"
    assert place.drawn[0] == (0.25, "Reading 3 MB: 25 %")
    assert place.drawn[-1] == "empty"


def test_what_the_work_raises_is_raised(place):
    def work(on_progress):
        raise DataError("no such file")

    with pytest.raises(DataError, match="no such file"):
        waiting.with_bar(work, "")


def test_work_ends_when_the_visitor_leaves(place, monkeypatch):
    ended = threading.Event()

    def work(on_progress):
        try:
            while True:
                on_progress(0.5)
        except Stopped:
            ended.set()

    class Left(Exception):  # noqa: N818  (as Streamlit leaves a page: by raising)
        pass

    def leave(*_):
        raise Left

    monkeypatch.setattr(place, "progress", leave)
    with pytest.raises(Left):
        waiting.with_bar(work, "")
    assert ended.wait(20)
