"""Runs, their events and scores in one SQLite file; artefacts in folders beside it.

Everything a page shows of long work is read from here, so a refresh, another tab or a
restart of the server loses nothing. Home is `$AEMLO_HOME`, else `.aemlo/` in the
working directory. Ours.
"""

from aemlo.store.files import written_at_once
from aemlo.store.run import Run
from aemlo.store.store import Store

__all__ = ["Run", "Store", "written_at_once"]
