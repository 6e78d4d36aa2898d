"""What to read next: pure arithmetic over what is covered, how old it is, and what people look at.

    looked at ─▶ present ─▶ ahead ─▶ asked for ─▶ unsettled ─▶ never read ─▶ reconciliation

Each is newest first but the last, which goes round by age. Times are wall times of the provider's
zone; `now` is aware and in that zone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from messages_app.archive.bounds import SECOND
from messages_app.archive.coverage import Fetched, days, joined, overlap, without
from messages_app.archive.windows import Window
from messages_app.sms.zones import wall_end, wall_start

YOUNG = timedelta(minutes=2)
"""Younger rows may still be on their way into the provider's answers: kept, but not yet covered."""

TOLERATED = timedelta(seconds=90)
"""A reading of the present this old still answers for the seconds since."""

LEADING = timedelta(hours=1)
"""For planning it does for longer: the present is read again by age, not for its last seconds."""

PROVIDER_KEEPS_DAYS = 181
"""Six months at most (provider's documentation); the shortest six months of a year."""


SIX_MONTHS = 184
"""Days of the longest six months."""

KEPT_FOR_SURE = timedelta(days=7)
"""What may still change the provider shows, however early it forgets: it is compared in any case."""

AT_ONCE = 10**6
"""A stride that cuts nothing."""


LOOKED, PRESENT, ASKED, RECONCILE = "looked", "present", "asked", "settled"


@dataclass(frozen=True, slots=True)
class Band:
    """Seconds up to `age` old are read again after `every`, or `looked` while somebody looks."""

    name: str
    age: timedelta
    every: timedelta
    looked: timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """How fresh the archive is kept. Bands go from young to old and are for unsettled seconds."""

    bands: tuple[Band, ...] = (
        Band(PRESENT, timedelta(hours=2), timedelta(minutes=2), timedelta(seconds=30)),
        Band("unsettled", timedelta(hours=72), timedelta(minutes=30), timedelta(minutes=5)),
        Band("unsettled", timedelta(days=7), timedelta(hours=6), timedelta(hours=1)),
    )
    ahead: Band = Band("ahead", timedelta(days=366), timedelta(minutes=10), timedelta(minutes=1))
    settled: timedelta = timedelta(days=30)
    """After this a settled window is compared with the provider again."""

    reconcile_calls: int = 600
    """Calls an hour that such comparisons may take."""

    @classmethod
    def of(
        cls, *, present: int, recheck: int, ahead: int, reconcile: int, reconcile_calls: int
    ) -> Self:
        """By settings: seconds for the present, minutes for the unsettled, days for the others."""
        young, middle, old = cls().bands
        looked = timedelta(seconds=present)
        every = timedelta(minutes=recheck)
        return cls(
            bands=(
                replace(young, every=max(young.every, looked), looked=looked),
                replace(middle, every=every, looked=max(looked, every / 6)),
                replace(old, every=12 * every, looked=2 * every),
            ),
            ahead=replace(cls().ahead, age=timedelta(days=ahead)),
            settled=timedelta(days=reconcile),
            reconcile_calls=reconcile_calls,
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A window that somebody wants to be read again: what was read before `since` (aware) is not enough."""

    window: Window
    since: datetime

    def unread(self, spans: Iterable[Fetched]) -> list[Window]:
        """The seconds that were not read since."""
        return without(self.window, [s.window for s in spans if s.fetched_at >= self.since])


@dataclass(frozen=True, slots=True)
class Work:
    """A window of a few days to read, and why: the name of a band, "gap", "settled", "looked", "asked"."""

    window: Window
    reason: str


def past_end(now: datetime) -> datetime:
    """The last second of the past that can be covered by now."""
    return wall_start(_earlier(now, YOUNG)) - SECOND


def ahead_start(now: datetime) -> datetime:
    """The first second that lies wholly in the future."""
    return wall_end(now) + SECOND


def kept_from(now: datetime) -> datetime:
    """The first second that the provider is sure to show still, with a day to spare."""
    day = now.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=PROVIDER_KEEPS_DAYS - 1)


def forgotten_before(now: datetime) -> datetime:
    """The provider shows nothing earlier: it keeps messages for six months at most."""
    day = now.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=SIX_MONTHS)


def kept_for_sure(now: datetime) -> datetime:
    """Nothing later than this is forgotten yet, whatever the provider keeps."""
    return now.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0) - KEPT_FOR_SURE


def horizon(now: datetime, policy: Policy) -> datetime:
    """The last second of the future that is read; whole days, so that it does not move all day."""
    return _hour(ahead_start(now) + policy.ahead.age).replace(hour=23, minute=59, second=59)


def judged(window: Window, now: datetime) -> list[Window]:
    """The parts of a window that can be covered: the youngest seconds between them cannot."""
    parts = (Window(window.start, min(window.end, past_end(now))),
             Window(max(window.start, ahead_start(now)), window.end))  # fmt: skip
    return [part for part in parts if part.start <= part.end]


def in_force(
    spans: Iterable[Fetched], now: datetime, tolerated: timedelta = TOLERATED
) -> list[Fetched]:
    """The spans as they count now.

    What was ahead when it was read and has passed since does not count. A span that reached up to
    the youngest seconds of its reading reaches up to today's, while it is younger than `tolerated`.
    """
    found = []
    for span in spans:
        read = span.fetched_at.astimezone(now.tzinfo)
        start, end = span.window.start, span.window.end
        if start > wall_end(read):
            start = max(start, ahead_start(now))
        elif not span.settled and end >= past_end(read) and _age(now, span) <= tolerated:
            end = max(end, past_end(now))
        if start <= end:
            found.append(replace(span, window=Window(start, end)))
    return found


def gaps(
    window: Window, spans: Iterable[Fetched], now: datetime, tolerated: timedelta = TOLERATED
) -> list[Window]:
    """Seconds of a window that no span holds and that could be held."""
    held = [span.window for span in in_force(spans, now, tolerated)]
    return [gap for part in judged(window, now) for gap in without(part, held)]


def plan(
    spans: Sequence[Fetched],
    now: datetime,
    *,
    since: datetime | None = None,
    looks: Sequence[Window] = (),
    barred: Sequence[Window] = (),
    paused: Sequence[Window] = (),
    asked: Sequence[Asked] = (),
    policy: Policy = Policy(),
    stride: int = 1,
) -> Iterator[Work]:
    """All that is to be read, in order, from `since` on, where the provider's memory begins.

    `looks` are what people look at, in turn where they are several; `barred` windows failed and wait
    for their next try; what is missing of `paused` ones is not to be filled but for the present;
    `asked` are to be read again. A window is of `stride` days at most, but for the future, which is read
    at once.

    A caller takes what it has time for, and asks again.
    """
    read = in_force(spans, now, LEADING)
    whole = Window(since or kept_from(now), horizon(now, policy))
    works = []
    for look in sorted(looks, key=lambda one: one.end, reverse=True):
        if seen := overlap(look, whole):
            stale = _stale(seen, read, now, policy)
            missing = gaps(seen, spans, now, LEADING)
            works.append(_works(LOOKED, [*stale, *missing], barred, stride))
    yield from _in_turn(works)
    unfilled = [gap for window in paused for gap in gaps(window, spans, now, LEADING)]
    held_back = [part for gap in unfilled for part in without(gap, looks)]
    names = (PRESENT, policy.ahead.name, *(band.name for band in policy.bands[1:]))
    for band in dict.fromkeys(names):
        width = AT_ONCE if band == policy.ahead.name else stride
        left_out = barred if band == PRESENT else [*barred, *held_back]
        yield from _works(band, _stale_of(band, whole, read, now, policy), left_out, width)
        if band == policy.ahead.name:
            again = [
                part
                for one in asked
                for piece in one.unread(spans)
                if (part := overlap(piece, whole))
            ]
            yield from _works(ASKED, again, barred, stride)
    left_out = [*barred, *held_back]
    yield from _works("unsettled", _left_behind(whole, read, now, policy), left_out, stride)
    yield from _works("gap", gaps(whole, spans, now, LEADING), left_out, stride)
    old = [s for s in read if s.settled and _age(now, s) > policy.settled]
    for span in sorted(old, key=lambda one: one.fetched_at):
        if part := overlap(span.window, whole):
            yield from _works(RECONCILE, [part], barred, stride)


def _in_turn(many: Sequence[Iterator[Work]]) -> Iterator[Work]:
    """One of each, again and again: nobody who looks waits until another's range is whole."""
    left = list(many)
    while left:
        for works in tuple(left):
            work = next(works, None)
            if work is None:
                left.remove(works)
            else:
                yield work


def _works(
    reason: str, windows: Iterable[Window], barred: Sequence[Window], stride: int
) -> Iterator[Work]:
    """Windows of some days, newest first."""
    left = [piece for window in joined(windows) for piece in without(window, barred)]
    for window in reversed(left):
        for piece in reversed(list(days(window, stride))):
            yield Work(piece, reason)


def _stale_of(
    name: str, window: Window, spans: Sequence[Fetched], now: datetime, policy: Policy
) -> list[Window]:
    return [
        piece
        for band, part in _banded(window, now, policy)
        if band.name == name
        for piece in _stale_in(part, band.every, spans, now)
    ]


def _stale(window: Window, spans: Sequence[Fetched], now: datetime, policy: Policy) -> list[Window]:
    return [
        piece
        for band, part in _banded(window, now, policy)
        for piece in _stale_in(part, band.looked, spans, now)
    ]


def _banded(window: Window, now: datetime, policy: Policy) -> Iterator[tuple[Band, Window]]:
    """The window cut into the bands' ranges; the present holds the youngest seconds too."""
    end = wall_end(now)
    later = end
    for band in policy.bands:
        start = _hour(end - band.age)
        if part := overlap(window, Window(start, later)):
            yield band, part
        later = start - SECOND
    if part := overlap(window, Window(ahead_start(now), window.end)):
        yield policy.ahead, part


def _left_behind(
    window: Window, spans: Sequence[Fetched], now: datetime, policy: Policy
) -> list[Window]:
    """Seconds older than the bands that were still unsettled when they were last read.

    One more reading settles them; without it nothing would ever look at them again.
    """
    oldest = policy.bands[-1]
    bands = Window(_hour(wall_end(now) - oldest.age), horizon(now, policy))
    return [
        piece
        for span in spans
        if not span.settled and _age(now, span) >= oldest.every
        if (part := overlap(span.window, window))
        for piece in without(part, [bands])
    ]


def _stale_in(
    window: Window, every: timedelta, spans: Sequence[Fetched], now: datetime
) -> list[Window]:
    """What of a band's range is to be read again, or for the first time."""
    fresh = [s.window for s in spans if s.settled or _age(now, s) < every]
    if window.end >= past_end(now) and window.start <= past_end(now):
        # The youngest seconds are never covered: they are read along with those before them.
        stale = without(Window(window.start, past_end(now)), fresh)
        if stale and stale[-1].end == past_end(now):
            stale[-1] = Window(stale[-1].start, window.end)
        return stale
    return without(window, fresh)


def _age(now: datetime, span: Fetched) -> timedelta:
    return now - span.fetched_at


def _earlier(now: datetime, by: timedelta) -> datetime:
    """So much before: over instants, since a zone's wall time forgets its pass of an hour."""
    return datetime.fromtimestamp(now.timestamp() - by.total_seconds(), now.tzinfo)


def _hour(wall: datetime) -> datetime:
    return wall.replace(minute=0, second=0, microsecond=0)
