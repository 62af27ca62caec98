"""How a command tells how far it is."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO


class ProgressBar:
    """On a terminal one line that is drawn anew and cleared in the end, elsewhere a line every few seconds.

    Call it with a share (0..1) and a few words.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._terminal:
            self._stream.write("\r\x1b[K")

    def __call__(self, fraction: float, message: str) -> None:
        now = time.monotonic()
        if now < self._next and not (self._terminal and fraction >= 1):
            return
        self._next = now + (0.1 if self._terminal else 5.0)
        line = f"{fraction:4.0%} [{'#' * round(30 * fraction):<30}] {message}"
        self._stream.write(f"\r\x1b[K{line}" if self._terminal else f"{line}\n")
        self._stream.flush()
