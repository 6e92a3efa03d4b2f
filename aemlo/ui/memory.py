"""Large blocks of the server's memory go back to the system when they are free."""

import ctypes
import sys

M_MMAP_THRESHOLD = -3  # as malloc.h of glibc has it
LARGE = 1_000_000  # bytes


def give_back_large_blocks() -> bool:
    """Make the process return each free block past LARGE bytes to the system.

    Returns whether the C library has such a limit. glibc starts this way, but each time
    such a block is freed it raises the limit, up to 32 MB: memory for what visitors had
    loaded then stays with the process, in heaps with holes. A limit that is set stays.
    Other C libraries have no such call, or need none.
    """
    if sys.platform != "linux":
        return False
    call = getattr(ctypes.CDLL(None), "mallopt", None)
    return call is not None and call(M_MMAP_THRESHOLD, LARGE) == 1
