"""Wall-clock times of the provider's zone, and where its zone makes them ambiguous.

The provider writes naive local times. In the repeated hour of autumn a written time stands for two
instants, in the missing hour of spring for none. Everything that turns wall time into instants goes
through here.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

SECOND = timedelta(seconds=1)


@lru_cache(maxsize=65536)
def _offset_of_quarter(zone: tzinfo, quarter: datetime) -> timedelta | None:
    early = quarter.replace(tzinfo=zone, fold=0)
    late = quarter.replace(tzinfo=zone, fold=1)
    if early.utcoffset() != late.utcoffset():
        return None
    return early.utcoffset()


def offset_of(wall: datetime, zone: tzinfo) -> timedelta | None:
    """UTC offset of a naive wall time, or None where the zone knows none or two of it.

    Offsets change on quarter hours in every zone of the present, so one answer serves a quarter.
    """
    quarter = wall.replace(minute=wall.minute // 15 * 15, second=0, microsecond=0)
    return _offset_of_quarter(zone, quarter)


def exists(wall: datetime, zone: tzinfo) -> bool:
    """Say whether the zone's clocks ever show this wall time."""
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    return instant.astimezone(zone).replace(tzinfo=None) == wall


def is_repeated(wall: datetime, zone: tzinfo) -> bool:
    """Say whether the zone's clocks show this wall time twice."""
    return offset_of(wall, zone) is None and exists(wall, zone)


def wall_start(instant: datetime) -> datetime:
    """The naive wall time from which on every row since `instant` is written.

    Inside a repeated hour that is the hour's beginning: its second pass writes earlier times again.
    """
    wall = _second(instant)
    zone = _zone(instant)
    if instant.fold == 0:
        while is_repeated(wall, zone):
            wall = wall.replace(minute=wall.minute // 15 * 15, second=0) - SECOND
            if not is_repeated(wall, zone):
                return wall + SECOND
    return wall


def wall_end(instant: datetime) -> datetime:
    """The naive wall time up to which every row until `instant` is written.

    In the second pass of a repeated hour that is the hour's last second, which the first pass wrote.
    """
    wall = _second(instant)
    zone = _zone(instant)
    if instant.fold == 1:
        while is_repeated(wall, zone):
            wall = wall.replace(minute=wall.minute // 15 * 15, second=0) + timedelta(minutes=15)
            if not is_repeated(wall, zone):
                return wall - SECOND
    return wall


def _second(instant: datetime) -> datetime:
    return instant.replace(tzinfo=None, microsecond=0, fold=0)


def _zone(instant: datetime) -> tzinfo:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return instant.tzinfo
