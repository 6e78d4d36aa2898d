"""Wall times of Europe/Paris around both nights when the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from messages_app.sms.zones import exists, is_repeated, offset_of, wall_end, wall_start

PARIS = ZoneInfo("Europe/Paris")


def test_the_repeated_hour_has_no_single_offset():
    assert offset_of(datetime(2026, 10, 25, 2, 30), PARIS) is None
    assert offset_of(datetime(2026, 10, 25, 1, 59, 59), PARIS) == timedelta(hours=2)
    assert offset_of(datetime(2026, 10, 25, 3, 0), PARIS) == timedelta(hours=1)


def test_the_missing_hour_does_not_exist():
    assert not exists(datetime(2026, 3, 29, 2, 30), PARIS)
    assert exists(datetime(2026, 3, 29, 3, 0), PARIS)
    assert not is_repeated(datetime(2026, 3, 29, 2, 30), PARIS)
    assert is_repeated(datetime(2026, 10, 25, 2, 0), PARIS)


@pytest.mark.parametrize("minutes", range(0, 240, 7))
def test_f47_bounds_cover_every_wall_time_written_between_two_instants(minutes):
    start = datetime(2026, 10, 24, 23, 45, tzinfo=UTC) + timedelta(minutes=minutes)
    end = start + timedelta(hours=1)
    first, last = wall_start(start.astimezone(PARIS)), wall_end(end.astimezone(PARIS))
    moment = start
    while moment <= end:
        assert first <= moment.astimezone(PARIS).replace(tzinfo=None) <= last
        moment += timedelta(minutes=1)


def test_bounds_are_the_plain_wall_time_everywhere_else():
    noon = datetime(2026, 7, 1, 12, 0, 0, tzinfo=PARIS)
    assert wall_start(noon) == wall_end(noon) == datetime(2026, 7, 1, 12)
