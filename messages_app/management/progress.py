"""How far a sync is: one line that is drawn anew on a terminal, plain lines elsewhere.

On a terminal the log keeps quiet meanwhile, but for warnings: its lines would tear the drawn one.
"""

import logging
from time import monotonic
from types import TracebackType
from typing import Self

from django.core.management.base import OutputWrapper

from messages_app.archive.sync import Counts

WIDTH = 24
PLAIN_EVERY = 10.0
DRAWN_EVERY = 0.1


class Progress:
    """Shows counts of a run over `seconds` of wall-clock time; a context manager around the run."""

    def __init__(self, out: OutputWrapper, seconds: int) -> None:
        self._out = out
        self._seconds = max(1, seconds)
        self._began = self._shown = monotonic()
        self._is_drawn = False
        self._quiet: list[logging.Handler] = []

    def __enter__(self) -> Self:
        if self._out.isatty():
            self._quiet = [one for one in logging.getLogger().handlers if _is_on_a_terminal(one)]
        for handler in self._quiet:
            handler.addFilter(self._lets_by)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for handler in self._quiet:
            handler.removeFilter(self._lets_by)
        self._leave()

    def show(self, counts: Counts) -> None:
        """Show where the run is, unless that was shown a moment ago."""
        is_terminal = self._out.isatty()
        if monotonic() - self._shown < (DRAWN_EVERY if is_terminal else PLAIN_EVERY):
            return
        self._shown = monotonic()
        line = self._line(counts)
        if is_terminal:
            self._out.write(f"\r{line}\x1b[K", ending="")
            self._is_drawn = True
        else:
            self._out.write(line)
        self._out.flush()

    def _lets_by(self, record: logging.LogRecord) -> bool:
        """Whether a line of the log is worth a break of the drawn one."""
        if record.levelno < logging.WARNING:
            return False
        self._leave()
        return True

    def _leave(self) -> None:
        """Leave the drawn line as it is, and go on below it."""
        if self._is_drawn:
            self._out.write("")
            self._out.flush()
            self._is_drawn = False

    def _line(self, counts: Counts) -> str:
        share = min(1.0, counts.seconds / self._seconds)
        passed = max(0.001, monotonic() - self._began)
        done = round(share * WIDTH)
        left = f"{passed / share - passed:.0f} s left" if share else "…"
        return (
            f"[{'#' * done}{'.' * (WIDTH - done)}] {share:4.0%}  {counts.rows} rows, "
            f"{counts.windows} windows, {counts.calls} calls, {counts.rows / passed:.0f} rows/s, {left}"
        )


def _is_on_a_terminal(handler: logging.Handler) -> bool:
    stream = getattr(handler, "stream", None)
    return stream is not None and stream.isatty()
