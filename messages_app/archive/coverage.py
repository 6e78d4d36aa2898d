"""Which seconds the archive holds, and as of when: arithmetic on ranges of wall-clock seconds.

Pure values; `keeping` stores them as `Span` rows. Ranges include both their seconds and never overlap.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from messages_app.archive.bounds import SECOND
from messages_app.archive.windows import Window

ALIKE = timedelta(minutes=1)
"""Neighbouring spans read within this time become one, of the earlier reading."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A range that was read whole at `fetched_at` (aware, UTC), and whether it may still change."""

    window: Window
    fetched_at: datetime
    settled: bool = False


def overlap(one: Window, other: Window) -> Window | None:
    """The seconds that both hold."""
    start, end = max(one.start, other.start), min(one.end, other.end)
    return Window(start, end) if start <= end else None


def without(window: Window, holes: Iterable[Window]) -> list[Window]:
    """What is left of `window` where every second of `holes` is taken out, in order."""
    left, start = [], window.start
    for hole in sorted(holes):
        if hole.end < start:
            continue
        if hole.start > window.end:
            break
        if hole.start > start:
            left.append(Window(start, hole.start - SECOND))
        start = hole.end + SECOND
    if start <= window.end:
        left.append(Window(start, window.end))
    return left


def joined(windows: Iterable[Window]) -> list[Window]:
    """The same seconds in as few windows as can be."""
    found: list[Window] = []
    for window in sorted(windows):
        if found and window.start <= found[-1].end + SECOND:
            found[-1] = Window(found[-1].start, max(found[-1].end, window.end))
        else:
            found.append(window)
    return found


def overlay(spans: Iterable[Fetched], new: Fetched) -> list[Fetched]:
    """The spans after `new` was read: it replaces what is older, and gives way to what is newer."""
    kept: list[Fetched] = []
    newer: list[Window] = []
    for span in spans:
        shared = overlap(span.window, new.window)
        if shared is None:
            kept.append(span)
        elif span.fetched_at > new.fetched_at:
            kept.append(span)
            newer.append(shared)
        else:
            kept.extend(replace(span, window=w) for w in without(span.window, [new.window]))
    kept.extend(replace(new, window=window) for window in without(new.window, newer))
    return sorted(kept, key=lambda span: span.window)


def compact(spans: Iterable[Fetched]) -> list[Fetched]:
    """The same seconds in fewer spans where neighbours of a day are alike. No span gets younger."""
    found: list[Fetched] = []
    for span in spans:
        if found and _are_alike(found[-1], span):
            window = Window(found[-1].window.start, span.window.end)
            read = min(found[-1].fetched_at, span.fetched_at)
            found[-1] = Fetched(window, read, span.settled)
        else:
            found.append(span)
    return found


def _are_alike(one: Fetched, other: Fetched) -> bool:
    return (
        one.settled == other.settled
        and one.window.end + SECOND == other.window.start
        and one.window.start.date() == other.window.end.date()
        and abs(one.fetched_at - other.fetched_at) <= ALIKE
    )


def days(window: Window, stride: int = 1) -> Iterator[Window]:
    """The window cut at midnights of the wall clock: at each, or at every `stride`th of the calendar."""
    start = window.start
    while start <= window.end:
        left = stride - start.toordinal() % stride
        midnight = start.replace(hour=0, minute=0, second=0) + timedelta(days=left)
        yield Window(start, min(midnight - SECOND, window.end))
        start = midnight
