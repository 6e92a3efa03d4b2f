"""Hooks for `on_progress`: one that does nothing, and a bar for a terminal."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TextIO

WIDTH = 24


def no_progress(fraction: float, **values: Any) -> None:
    """The progress hook of those who do not look."""


def part(
    on_progress: Callable[..., None], start: float, share: float
) -> Callable[..., None]:
    """A hook for a part of the work: its 0 to 1 become `start` to `start + share`."""
    if on_progress is no_progress:
        return no_progress
    return lambda fraction, **values: on_progress(start + share * fraction, **values)


class Bar:
    """`with Bar("AEMLO") as bar:` gives a callable to hand over as `on_progress`."""

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self.title = title
        self.stream = stream or sys.stderr
        self.shown = self.stream.isatty()
        self.started = self.drawn = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __call__(self, fraction: float, message: str = "", **values: Any) -> None:
        """Draw how far the work is (`fraction`, 0 to 1), at most ten times a second."""
        now = time.monotonic()
        if not self.shown or (now - self.drawn < 0.1 and fraction < 1):
            return
        self.drawn = now
        full = int(WIDTH * min(max(fraction, 0.0), 1.0))
        left = (now - self.started) * (1 - fraction) / fraction if fraction else 0
        epoch = f" epoch {values['epoch']}" if "epoch" in values else ""
        loss = f" loss {values['total']:.4g}" if "total" in values else ""
        line = (
            f"\r{self.title} [{'#' * full}{'.' * (WIDTH - full)}] {fraction:4.0%}"
            f" {left:4.0f} s left{epoch}{loss} {message}"
        )
        self.stream.write(line[:100].ljust(100))
        self.stream.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.shown:
            self.stream.write("\r" + " " * 100 + "\r")
            self.stream.flush()
