"""Large blocks of the server's memory go back to the system when they are free."""

import ctypes
import sys

M_MMAP_THRESHOLD = -3  # as malloc.h of glibc has it
LARGE = 1_000_000  # bytes


def give_back_large_blocks():
    """Have each block past LARGE bytes taken from the system, and given back; if it is.

    glibc begins so, but with every such block that is freed it raises the size, up to
    32 MB: what visitors had loaded then stays with the process, in heaps with holes. To
    name a size ends that. Other C libraries have no such call, or need none.
    """
    if sys.platform != "linux":
        return False
    call = getattr(ctypes.CDLL(None), "mallopt", None)
    return call is not None and call(M_MMAP_THRESHOLD, LARGE) == 1
