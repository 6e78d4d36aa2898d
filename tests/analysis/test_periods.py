"""Each relative period as a range of seconds that both belong to it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from messages_app.analysis.periods import HORIZON, PERIODS

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 14, 30, 15, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("last_hour", "2026-11-23 13:30:16", "2026-11-23 14:30:15"),
        ("last_24_hours", "2026-11-22 14:30:16", "2026-11-23 14:30:15"),
        ("today", "2026-11-23 00:00:00", "2026-11-23 14:30:15"),
        ("yesterday", "2026-11-22 00:00:00", "2026-11-22 23:59:59"),
        ("last_7_days", "2026-11-17 00:00:00", "2026-11-23 14:30:15"),
        ("last_30_days", "2026-10-25 00:00:00", "2026-11-23 14:30:15"),
        ("last_90_days", "2026-08-26 00:00:00", "2026-11-23 14:30:15"),
        ("last_6_months", "2026-05-24 00:00:00", "2026-11-23 14:30:15"),
        ("last_12_months", "2025-11-24 00:00:00", "2026-11-23 14:30:15"),
        ("this_month", "2026-11-01 00:00:00", "2026-11-23 14:30:15"),
        ("last_month", "2026-10-01 00:00:00", "2026-10-31 23:59:59"),
    ],
)
def test_a_period_holds_its_seconds(name, start, end):
    span = PERIODS[name].span(NOW)
    assert span == (datetime.fromisoformat(start), datetime.fromisoformat(end))


@pytest.mark.parametrize(
    ("today", "start"),
    [
        ("2026-08-31", "2026-03-01"),
        ("2026-08-28", "2026-03-01"),
        ("2024-08-30", "2024-03-01"),
        ("2026-06-30", "2025-12-31"),
        ("2026-01-01", "2025-07-02"),
    ],
)
def test_six_months_begin_after_today_s_namesake_or_the_last_day_of_a_shorter_month(today, start):
    now = datetime.fromisoformat(today).replace(hour=9, tzinfo=PARIS)
    assert PERIODS["last_6_months"].span(now)[0] == datetime.fromisoformat(start)


def test_scheduled_looks_ahead_of_now_and_nothing_else_does():
    start, end = PERIODS["scheduled"].span(NOW)
    assert start == NOW.replace(tzinfo=None)
    assert end == start + HORIZON
    ends = [p.span(NOW)[1] for p in PERIODS.values() if p.name != "scheduled"]
    assert max(ends) == NOW.replace(tzinfo=None)


def test_the_last_hour_in_the_night_of_the_repeated_hour_loses_no_row():
    second_pass = datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=1)
    start, end = PERIODS["last_hour"].span(second_pass)
    assert start <= datetime(2026, 10, 25, 2, 0)
    assert end >= datetime(2026, 10, 25, 2, 59, 59)
