"""A refusal that must come soon and take little memory."""

import time
import tracemalloc

import pytest

from aemlo.errors import AemloError
from aemlo.formats import open_files

SECONDS = 5


MEGABYTE = 1_000_000


def refused(*files, limits=None, **how):
    """The message of the refusal, which must come soon and take little memory."""
    start = time.process_time()
    with pytest.raises(AemloError):
        open_files(files, limits=limits).to_dataset(**how)
    seconds = time.process_time() - start
    # A second time for the memory: tracing it makes small allocations ten times slower.
    tracemalloc.start()
    with pytest.raises(AemloError) as error:
        open_files(files, limits=limits).to_dataset(**how)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = sum(len(data) for _, data in files)
    assert seconds < SECONDS
    assert peak < 200 * MEGABYTE + 10 * size
    return str(error.value)
