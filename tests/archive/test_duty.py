"""What the review tells of workers, failures, response times and days, from the tables alone."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from messages_app.archive import duty, pulse, timing
from messages_app.archive.bounds import SECOND
from messages_app.archive.claims import claim, release
from messages_app.archive.days import (
    AHEAD,
    COMPLETE,
    FORGOTTEN,
    MISSING,
    QUARANTINED,
    SETTLING,
    days_between,
)
from messages_app.archive.plan import kept_from, past_end
from messages_app.archive.sync import RUNS_KEPT, forget_runs
from messages_app.archive.tables import CallTime
from messages_app.archive.windows import Window
from messages_app.models import Pulse, Quarantine, Span, SyncRun
from tests.archive.storing import store
from tests.archive.test_sync import DAY, NOW, provider, sync
from tests.factories import record

__all__ = ["provider"]

pytestmark = pytest.mark.django_db


def run(minutes: int, outcome: str, reason: str = "", owner: str = "host:1:a", **more) -> None:
    moment = NOW - timedelta(minutes=minutes)
    SyncRun.objects.create(
        kind="gap", owner=owner, start=DAY, end=DAY, began_at=moment - timedelta(seconds=20),
        ended_at=None if outcome == "" else moment, outcome=outcome, reason=reason, **more,
    )  # fmt: skip


def test_a_worker_is_told_by_its_runs_and_its_leases():
    run(300, "ok", rows=10, calls=3)
    run(100, "failed", "network", rows=5, calls=1)
    run(10, "", owner="host:2:b")
    run(60 * 30, "ok", owner="host:3:c")
    held = claim(Window(DAY, DAY + timedelta(days=2)), "host:1:a")
    assert held
    first, second = duty.on_duty(NOW)
    assert (first.owner, first.runs, first.failed, first.rows, first.calls) == (
        "host:1:a", 2, 1, 15, 4,
    )  # fmt: skip
    assert first.lease
    assert first.lease.days == 3
    assert first.lease.beat < timedelta(seconds=30)
    assert first.is_reading
    assert (second.owner, second.lease) == ("host:2:b", None)
    release(held)
    assert [one.lease for one in duty.on_duty(NOW)] == [None, None]


def test_a_worker_is_there_while_its_pulse_is_felt_whether_it_ever_read_or_not():
    """One that was killed leaves a run open and a pulse that is not felt: it reads nothing."""
    run(300, "", owner="killed")
    run(200, "ok", owner="ended")
    run(100, "", owner="reads")
    for owner in ("killed", "reads", "new"):
        pulse.beat(owner)
    long_ago, felt = NOW - timedelta(days=365), Pulse.objects.get(owner="killed").felt_at
    Pulse.objects.filter(owner="killed").update(felt_at=felt - 2 * pulse.LATE)
    Pulse.objects.create(owner="of last year", since=long_ago, felt_at=long_ago)
    found = [(one.owner, one.is_there, one.is_reading) for one in duty.on_duty(NOW)]
    assert found == [
        ("reads", True, True), ("new", True, False), ("ended", False, False), ("killed", False, False),
    ]  # fmt: skip


def test_failures_are_counted_by_reason_with_since_when():
    run(500, "failed", "network")
    run(300, "failed", "network")
    run(200, "failed", "authentication")
    run(60 * 24 * 8, "failed", "network")
    run(250, "ok")
    found = duty.failures(NOW)
    assert [(one.reason, one.times) for one in found] == [("authentication", 1), ("network", 2)]
    assert found[1].first == NOW - timedelta(minutes=500)
    assert found[1].last == NOW - timedelta(minutes=300)
    assert duty.last_good(NOW) == NOW - timedelta(minutes=250)


def test_a_run_counts_how_long_its_calls_took(provider):
    page = provider.page
    took = iter([0.04, 0.4] * 1000)
    provider.page = lambda request: replace(page(request), seconds=next(took))
    result = sync(provider)
    counted = list(CallTime.objects.values_list("bin", "calls", "took"))
    assert sum(calls for _bin, calls, _took in counted) <= result.counts.calls
    assert {bin for bin, _calls, _took in counted} == {0, 4}
    (hour,) = timing.by_hour(NOW - timedelta(hours=1))
    assert hour.hour == NOW
    assert 0.04 < hour.mean < 0.4
    assert hour.most == 0.5
    before = hour.calls
    sync(provider)
    assert timing.by_hour(NOW - timedelta(hours=1))[0].calls > before


def test_times_are_told_as_the_edge_within_which_calls_were_answered():
    timing.note([0.01] * 50 + [0.6] * 45 + [99.0] * 5, NOW)
    (hour,) = timing.by_hour(NOW - timedelta(hours=1))
    assert (hour.calls, hour.half, hour.most) == (100, 0.05, 0.75)
    assert hour.mean == pytest.approx((0.5 + 27 + 495) / 100)
    timing.note([99.0], NOW)
    assert timing.by_hour(NOW - timedelta(hours=1))[0].most is None
    assert timing.together(timing.by_hour(NOW - timedelta(hours=1)))[0] == 101
    assert timing.together([]) == (0, 0.0)


def test_old_times_go_with_the_runs_that_they_were_of():
    timing.note([1.0], NOW - RUNS_KEPT - timedelta(hours=1))
    timing.note([1.0], NOW)
    forget_runs(NOW)
    assert CallTime.objects.count() == 1


def span(first: datetime, last: datetime, *, settled: bool) -> None:
    Span.objects.create(start=first, end=last, fetched_at=NOW, settled=settled)


def test_each_day_says_what_is_held_of_it():
    today = datetime(2026, 11, 20)
    span(today - timedelta(days=4), today - timedelta(days=3) - SECOND, settled=True)
    span(today - timedelta(days=3), today - timedelta(days=2) - SECOND, settled=False)
    span(today - timedelta(days=2), today - timedelta(days=1, hours=12), settled=True)
    span(today, past_end(NOW), settled=False)
    store([record(message_id=n, date=today - timedelta(days=4)) for n in range(3)])
    day = date(2026, 11, 16)
    found = {one.day.day: one for one in days_between(day, date(2026, 11, 21), NOW)}
    states = [found[n].state for n in range(16, 22)]
    assert states == [COMPLETE, SETTLING, MISSING, MISSING, SETTLING, AHEAD]
    assert found[16].rows == 3
    assert found[18].share == pytest.approx(0.5, abs=0.01)
    assert found[19].share == 0
    Quarantine.objects.create(
        start=today - timedelta(days=4, hours=1), end=today - timedelta(days=4), reason="x", seen_at=NOW
    )  # fmt: skip
    found = {one.day.day: one for one in days_between(day - timedelta(days=1), day, NOW)}
    assert [(found[n].state, found[n].quarantined) for n in (15, 16)] == [(QUARANTINED, 1)] * 2


def test_what_the_provider_forgot_before_it_was_read_is_no_gap_that_could_be_filled():
    edge = kept_from(NOW)
    old = edge - timedelta(days=3)
    span(old, old + timedelta(days=1) - SECOND, settled=True)
    found = days_between(old.date(), edge.date(), NOW)
    assert [one.state for one in found] == [COMPLETE, FORGOTTEN, FORGOTTEN, MISSING]
    assert [one.is_forgotten for one in found] == [True, True, True, False]
