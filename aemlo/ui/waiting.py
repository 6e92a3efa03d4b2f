"""Work of some seconds in the app's own process, with a bar that moves."""

import threading
from collections.abc import Callable
from typing import Any

import streamlit as st

from aemlo.errors import Stopped

PATIENCE = 0.3  # seconds without a bar
TICK = 0.2  # seconds between two movements of the bar

Work = Callable[[Callable[..., None]], Any]
"""A function that takes `on_progress(fraction, **values)` and returns its result."""


class _Work(threading.Thread):
    """Does `work(on_progress)`; keeps what it returned or raised, and how far it is."""

    def __init__(self, work: Work) -> None:
        super().__init__(daemon=True)
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.fraction = 0.0
        self.is_left = False

    def run(self) -> None:
        try:
            self.result = self.work(self._on_progress)
        except BaseException as error:  # raised again where the work was asked for
            self.error = error

    def _on_progress(self, fraction: float, **values: object) -> None:
        if self.is_left:
            raise Stopped
        self.fraction = min(max(fraction, 0.0), 1.0)


def with_bar(work: Work, words: str) -> Any:
    """What `work(on_progress)` returns; a bar with `words` is shown until then.

    What it raises is raised here. It runs in a thread, because only the page's own
    thread can draw the bar, and it ends when the visitor leaves the page.
    """
    thread = _Work(work)
    thread.start()
    try:
        thread.join(PATIENCE)
        if thread.is_alive():
            place = st.empty()
            while thread.is_alive():
                percent = f"{100 * thread.fraction:.0f} %"
                place.progress(thread.fraction, f"{words}: {percent}")
                thread.join(TICK)
            place.empty()
    finally:
        thread.is_left = True
    if thread.error is not None:
        raise thread.error
    return thread.result
