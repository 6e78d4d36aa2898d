"""Paris wall time and instants: the provider writes naive local times, traffic lives on real seconds.

Knows nothing of messages. An instant is an int of UTC seconds; a *wall* is an int too: the seconds
from 1970-01-01 00:00:00 to the naive local time, as if no zone existed. Walls order as their texts do.
"""

import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from threading import Lock
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
DAY = 86_400
HOUR = 3_600
NEVER = 1 << 60
RETENTION_MONTHS = 6  # stated by the provider: messages are kept six months at most

Clock = Callable[[], datetime] | datetime | None


class VirtualClock:
    """A clock that stands still until it is set or moved; safe to use from several threads.

    Naive datetimes are Paris time and their `fold` is honoured; it shows aware UTC.
    """

    def __init__(self, moment: datetime) -> None:
        self._guard = Lock()
        self.set(moment)

    def __call__(self) -> datetime:
        """Return what the clock shows."""
        return self._shown

    def set(self, moment: datetime) -> None:
        """Show this moment from now on, also an earlier one."""
        with self._guard:
            self._shown = _in_paris(moment).astimezone(UTC)

    def sleep(self, seconds: float) -> None:
        """Move on by real seconds, also across a change of clocks."""
        with self._guard:
            self._shown += timedelta(seconds=seconds)


_EPOCH = datetime(1970, 1, 1)
_FORMAT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)


def now_instant(clock: Clock) -> int:
    """Return the instant that `clock` shows: None is real time, naive datetimes are Paris time."""
    if clock is None:
        return int(time.time())
    shown = clock if isinstance(clock, datetime) else clock()
    return instant_of(shown)


def instant_of(moment: datetime) -> int:
    """Return the instant of a datetime; a naive one is Paris time and its `fold` is honoured."""
    return int(_in_paris(moment).timestamp())


def _in_paris(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=PARIS)


@cache
def _offset_in_hour(hour: int) -> int:
    """Return Paris' UTC offset in seconds; it only ever changes at a full UTC hour."""
    offset = datetime.fromtimestamp(hour * HOUR, UTC).astimezone(PARIS).utcoffset()
    return int((offset or timedelta()).total_seconds())


def wall_of(instant: int) -> int:
    """Return the wall that a Paris clock shows at an instant."""
    return instant + _offset_in_hour(instant // HOUR)


@cache
def day_start(day: int) -> int:
    """Return the instant of local midnight of a day number (days since 1970-01-01)."""
    return instant_of(_EPOCH + timedelta(days=day))


def instant_in_day(day: int, second: int, *, second_pass: bool) -> int:
    """Return the instant of a wall second of a day, also on the two nights of the clock change.

    A second of the missing hour moves on by one hour; one of the repeated hour lies in its first
    or its second pass.
    """
    naive = _EPOCH + timedelta(days=day, seconds=second)
    first = instant_of(naive)
    # In the missing hour fold=1 would lead back an hour instead.
    return max(first, instant_of(naive.replace(fold=1))) if second_pass else first


def instant_of_wall(wall: int) -> int:
    """Return the first instant at which a Paris clock shows a wall; an hour on in the missing hour."""
    return instant_in_day(*divmod(wall, DAY), second_pass=False)


@cache
def changes_clocks(day: int) -> bool:
    """Tell whether a local day is not 24 hours long."""
    return day_start(day + 1) - day_start(day) != DAY


@cache
def date_of(day: int) -> date:
    """Return the calendar date of a day number."""
    return _EPOCH.date() + timedelta(days=day)


@cache
def _date_text(day: int) -> str:
    return date_of(day).isoformat()


@cache
def _time_text(second: int) -> str:
    return f"{second // HOUR:02}:{second % HOUR // 60:02}:{second % 60:02}"


def wall_text(wall: int) -> str:
    """Write a wall as the provider does: `2024-12-11 15:55:49`."""
    day, second = divmod(wall, DAY)
    return f"{_date_text(day)} {_time_text(second)}"


def parse_wall(text: str) -> int:
    """Read `Y-m-d H:i:s`; raises ValueError for another form and for times that do not exist."""
    if not _FORMAT.fullmatch(text):
        raise ValueError(text)
    return wall_of_naive(datetime.strptime(text, "%Y-%m-%d %H:%M:%S"))


def wall_of_naive(moment: datetime) -> int:
    """Return the wall of a naive datetime, whole seconds."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def oldest_kept(now: int) -> int:
    """Return the wall before which rows are forgotten: six calendar months before `now`."""
    shown = _EPOCH + timedelta(seconds=wall_of(now))
    months = shown.year * 12 + shown.month - 1 - RETENTION_MONTHS
    year, month = divmod(months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return wall_of_naive(shown.replace(year=year, month=month + 1, day=min(shown.day, last)))
