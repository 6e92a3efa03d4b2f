"""Work of some seconds in the app's own process, with a bar that moves."""

import threading

import streamlit as st

from aemlo.errors import Stopped

PATIENCE = 0.3  # seconds without a bar
TICK = 0.2


class _Work(threading.Thread):
    """Does `work(on_progress)`; keeps what it returned or raised, and how far it is."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work, self.result, self.error = work, None, None
        self.fraction, self.is_left = 0.0, False

    def run(self):
        try:
            self.result = self.work(self._told)
        except BaseException as error:  # raised again where the work was asked for
            self.error = error

    def _told(self, fraction, **values):
        if self.is_left:
            raise Stopped
        self.fraction = min(max(fraction, 0.0), 1.0)


def with_bar(work, words):
    """What `work(on_progress)` returns; a bar with `words` stands there meanwhile.

    What it raises is raised here. It runs in a thread, since the bar can be drawn by
    the page's own thread only, and ends when the visitor leaves the page.
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
