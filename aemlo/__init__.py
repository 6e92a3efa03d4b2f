"""AEMLO Studio's library: see, repair and judge label imbalance."""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`aemlo.read` and the like, imported when first asked for."""
    if name in {"read", "write"}:
        from aemlo import formats

        return getattr(formats, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
