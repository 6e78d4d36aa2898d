"""Which source answers, by what the archive holds and how old it is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from messages_app.analysis.choice import FRESH, RECHECKED, Holding, holding
from messages_app.analysis.query import MessageQuery
from messages_app.archive.coverage import without
from messages_app.archive.plan import kept_from, past_end
from messages_app.archive.store import Failing, failing, is_filling
from messages_app.archive.windows import Window
from messages_app.models import Span, SyncRun

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 20, 15, tzinfo=PARIS)
TODAY = datetime(2026, 11, 20)

pytestmark = pytest.mark.django_db

PUSHED = MessageQuery(now=NOW, period="today")
BEYOND = MessageQuery(now=NOW, period="today", sort="-cost")


def hold(start: datetime, end: datetime, *, age: timedelta = timedelta(0), settled: bool = False):
    Span.objects.create(
        start=start, end=end, fetched_at=(NOW - age).astimezone(UTC), settled=settled
    )


def a_worker_is_there() -> None:
    moment = NOW - timedelta(minutes=1)
    SyncRun.objects.create(kind="present", owner="a", start=TODAY, end=TODAY, began_at=moment)


def held(query: MessageQuery = PUSHED, now: datetime = NOW) -> Holding:
    return holding(query, now)


def sources(found: Holding) -> tuple[bool, bool, bool]:
    """Whether the archive answers figures, a list that the provider could, one that it could not."""
    return found.answers_figures, found.answers_list(PUSHED), found.answers_list(BEYOND)


def test_an_empty_archive_answers_nothing():
    found = held()
    assert (found.share, found.as_of) == (0.0, None)
    assert sources(found) == (False, False, False)
    a_worker_is_there()
    assert sources(held()) == (True, False, True), "nothing yet, and it comes by itself"


def test_a_whole_and_fresh_archive_answers_everything():
    hold(TODAY, past_end(NOW))
    found = held()
    assert (found.share, found.missing, found.as_of) == (1.0, (), NOW)
    assert sources(found) == (True, True, True)


def test_a_whole_archive_that_aged_leaves_the_list_to_the_provider():
    hold(TODAY, past_end(NOW))
    later = NOW + FRESH + timedelta(seconds=1)
    found = held(MessageQuery(now=NOW, period="today"), later)
    assert found.is_whole
    assert sources(found) == (True, False, True)


@pytest.mark.parametrize("filling", [False, True])
def test_a_part_answers_while_a_worker_fills_the_rest(filling):
    """DESIGN: charts draw what is there and say what is missing."""
    hold(TODAY, TODAY + timedelta(hours=9) - timedelta(seconds=1))
    if filling:
        a_worker_is_there()
    found = held()
    assert round(found.share, 2) == 0.6
    assert found.missing == (Window(TODAY + timedelta(hours=9), past_end(NOW)),)
    assert sources(found) == (filling, False, filling)


def test_days_that_may_still_change_are_fresh_for_longer():
    yesterday = TODAY - timedelta(days=1)
    query = MessageQuery(now=NOW, period="yesterday")
    hold(yesterday, TODAY - timedelta(seconds=1), age=RECHECKED - timedelta(minutes=1))
    assert held(query).is_fresh
    Span.objects.update(fetched_at=NOW - RECHECKED - timedelta(minutes=1))
    assert not held(query).is_fresh
    Span.objects.update(settled=True)
    assert held(query).is_fresh


def test_the_age_that_is_told_is_the_present_s_not_that_of_settled_days():
    """I7."""
    hold(
        TODAY - timedelta(days=6), TODAY - timedelta(seconds=1), age=timedelta(days=9), settled=True
    )
    hold(TODAY, past_end(NOW), age=timedelta(seconds=20))
    found = held(MessageQuery(now=NOW))
    assert found.as_of == NOW - timedelta(seconds=20)
    assert found.is_fresh


@pytest.mark.parametrize("settled", [False, True])
def test_of_several_readings_the_oldest_is_told(settled):
    """I7: a page is as old as the oldest of what it shows, never as young as its best part."""
    yesterday = TODAY - timedelta(days=1)
    for hour, minutes in [(0, 90), (8, 30), (16, 60)]:
        start = yesterday + timedelta(hours=hour)
        end = start + timedelta(hours=8, seconds=-1)
        hold(start, end, age=timedelta(minutes=minutes), settled=settled)
    found = held(MessageQuery(now=NOW, period="yesterday"))
    assert found.as_of == NOW - timedelta(minutes=90)


def test_of_the_present_s_readings_the_oldest_is_told():
    """I7: also where its last minutes were read a second time."""
    hold(TODAY, TODAY + timedelta(hours=14), age=timedelta(seconds=70))
    hold(TODAY + timedelta(hours=14, seconds=1), past_end(NOW), age=timedelta(seconds=10))
    assert held().as_of == NOW - timedelta(seconds=70)


def test_of_settled_days_the_age_is_their_own():
    start = TODAY - timedelta(days=19)
    hold(start, start + timedelta(days=1), age=timedelta(days=9), settled=True)
    query = MessageQuery(now=NOW).within(start, start + timedelta(hours=5))
    assert held(query).as_of == NOW - timedelta(days=9)


def test_what_is_planned_is_held_ahead():
    query = MessageQuery(now=NOW, period="scheduled")
    assert held(query).share == 0.0
    hold(datetime(2026, 11, 20, 15, 0, 1), datetime(2028, 1, 1))
    assert held(query).is_whole


def test_the_missing_parts_are_just_what_no_span_holds():
    for hour in (3, 9):
        hold(TODAY + timedelta(hours=hour), TODAY + timedelta(hours=hour + 1))
    found = held()
    spans = [Window(s.start, s.end) for s in Span.objects.all()]
    assert list(found.missing) == without(Window(TODAY, past_end(NOW)), spans)


def run(minutes_ago: int, outcome: str, *, kind: str = "gap", reason: str = "network") -> None:
    moment = NOW - timedelta(minutes=minutes_ago)
    SyncRun.objects.create(
        kind=kind, owner="a", start=TODAY, end=TODAY, began_at=moment, ended_at=moment,
        outcome=outcome, reason="" if outcome == "ok" else reason,
    )  # fmt: skip


def test_a_worker_that_fails_fills_nothing_and_is_known_since_when():
    """F68: the page may not promise what does not come."""
    for minutes, outcome in [(30, "failed"), (20, "ok"), (9, "failed"), (4, "failed")]:
        run(minutes, outcome)
    assert not is_filling(NOW)
    assert failing(NOW) == Failing(NOW - timedelta(minutes=9), "network")
    run(1, "ok")
    assert is_filling(NOW)
    assert failing(NOW) is None


def test_a_failure_is_known_for_as_long_as_nothing_good_came_after_it():
    """F68: its reason only while somebody tries; by hand counts too."""
    run(3000, "ok")
    run(2900, "failed")
    run(1000, "failed")
    assert failing(NOW) == Failing(NOW - timedelta(minutes=2900), "")
    run(5, "failed", reason="authentication")
    assert failing(NOW) == Failing(NOW - timedelta(minutes=2900), "authentication")
    run(2, "ok", kind="sync")
    assert failing(NOW) is None


@pytest.mark.parametrize(("outcome", "reason"), [("partial", "stopped"), ("failed", "killed")])
def test_a_worker_whose_process_was_ended_is_no_trouble_and_no_good_news(outcome, reason):
    """F53, F54: a restart is none."""
    run(1, outcome, reason=reason)
    assert failing(NOW) is None
    assert not is_filling(NOW)
    run(30, "failed")
    assert failing(NOW) == Failing(NOW - timedelta(minutes=30), "network")


def test_a_database_that_takes_no_note_fails_since_the_last_good_run():
    """F56: a worker before the same disk could not write down that it fails."""
    assert failing(NOW, "disk_full") == Failing(None, "disk_full")
    run(50, "ok")
    assert failing(NOW, "disk_full") == Failing(NOW - timedelta(minutes=50), "disk_full")
    run(40, "failed")
    assert failing(NOW, "disk_full") == Failing(NOW - timedelta(minutes=40), "disk_full")


def test_a_worker_that_is_gone_fills_nothing():
    run(10, "ok")
    assert not is_filling(NOW)
    assert failing(NOW) is None


def test_what_the_provider_forgot_before_it_was_read_is_lost_not_missing():
    """I3: it will never come, so no progress may wait for it; and it is not held either."""
    edge = kept_from(NOW)
    query = MessageQuery(now=NOW).within(edge - timedelta(days=30), edge + timedelta(days=1))
    hold(edge, edge + timedelta(days=2), age=timedelta(days=5), settled=True)
    found = held(query)
    assert found.is_whole
    assert found.share == 1.0
    assert found.lost == (Window(edge - timedelta(days=30), edge - timedelta(seconds=1)),)


def test_what_was_read_before_the_provider_forgot_it_is_held():
    edge = kept_from(NOW)
    query = MessageQuery(now=NOW).within(edge - timedelta(days=9), edge - timedelta(days=5))
    hold(edge - timedelta(days=10), edge, age=timedelta(days=9), settled=True)
    assert held(query).lost == ()
    assert sources(held(query)) == (True, True, True)
