"""What is read next, from what is covered and how old it is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages_app.archive.bounds import SECOND
from messages_app.archive.coverage import Fetched, overlap, without
from messages_app.archive.plan import (
    Policy,
    ahead_start,
    gaps,
    in_force,
    judged,
    kept_from,
    past_end,
    plan,
)
from messages_app.archive.windows import Window

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=PARIS)
TODAY = datetime(2026, 11, 20)
DAY = timedelta(days=1)
WHOLE = Window(kept_from(NOW), ahead_start(NOW) + timedelta(days=366))


def read_all(now: datetime, *, settled_until: datetime | None = None) -> list[Fetched]:
    """All that can be covered, read at `now`."""
    at = now.astimezone(UTC)
    parts = judged(Window(kept_from(now), ahead_start(now) + timedelta(days=400)), now)
    spans = [Fetched(part, at) for part in parts]
    if settled_until:
        old = Window(parts[0].start, settled_until - SECOND)
        spans = [
            Fetched(old, at, settled=True),
            Fetched(Window(settled_until, parts[0].end), at),
            spans[1],
        ]
    return spans


def after(now: datetime, seconds: int) -> datetime:
    """Over instants: wall time forgets which pass of an hour it is in."""
    return datetime.fromtimestamp(now.timestamp() + seconds, PARIS)


def reasons(spans, now=NOW, **options) -> list[str]:
    return list(dict.fromkeys(work.reason for work in plan(spans, now, **options)))


def test_an_empty_archive_begins_with_the_present_and_goes_back():
    works = list(plan([], NOW))
    assert works[0].reason == "present"
    assert works[0].window == Window(TODAY + timedelta(hours=13), NOW.replace(tzinfo=None))
    gap = [work.window for work in works if work.reason == "gap"]
    assert gap == sorted(gap, reverse=True)
    assert gap[-1].start == kept_from(NOW)
    read = [work.window for work in works]
    assert without(WHOLE, read) == []


@pytest.mark.parametrize("stride", [1, 7])
def test_work_comes_in_pieces_of_some_days_but_for_the_future(stride):
    pieces = [w.window for w in plan([], NOW, stride=stride) if w.reason != "ahead"]
    assert max((w.end - w.start).days + 1 for w in pieces) == stride
    (ahead,) = [w.window for w in plan([], NOW, stride=stride) if w.reason == "ahead"]
    assert (ahead.end - ahead.start).days > 360


def test_right_after_reading_everything_nothing_is_due():
    assert reasons(read_all(NOW), NOW + timedelta(seconds=5)) == []


@pytest.mark.parametrize(
    ("later", "due"),
    [
        (timedelta(seconds=110), []),
        (timedelta(minutes=3), ["present"]),
        (timedelta(minutes=11), ["present", "ahead"]),
        (timedelta(minutes=31), ["present", "ahead", "unsettled"]),
    ],
)
def test_what_ages_is_read_again_the_young_sooner_than_the_old(later, due):
    assert reasons(read_all(NOW), NOW + later) == due


def test_settled_windows_are_read_again_only_after_a_month():
    edge = TODAY - 4 * DAY
    spans = read_all(NOW, settled_until=edge)
    later = [work for work in plan(spans, NOW + timedelta(hours=7)) if work.window.end < edge]
    assert later == []
    aged = [Fetched(s.window, s.fetched_at - timedelta(days=31), s.settled) for s in spans]
    assert "settled" in reasons(aged)


def test_what_grew_old_before_it_settled_is_read_once_more():
    """F44, F68: also where the worker was down while its last band went by."""
    old = Window(TODAY - 20 * DAY, TODAY - 10 * DAY - SECOND)
    read = NOW.astimezone(UTC) - 9 * DAY
    spans = [Fetched(old, read), *read_all(NOW)[1:]]
    due = [w.window for w in plan(spans, NOW) if w.reason == "unsettled" and overlap(w.window, old)]
    assert without(old, due) == []
    settled = [Fetched(old, NOW.astimezone(UTC), settled=True), *read_all(NOW)[1:]]
    again = plan(settled, NOW + timedelta(hours=7))
    assert not [w for w in again if overlap(w.window, old)]


def test_reconciliation_takes_the_oldest_reading_first():
    start = kept_from(NOW) + DAY
    spans = [
        Fetched(Window(start + n * DAY, start + (n + 1) * DAY - SECOND),
                NOW.astimezone(UTC) - timedelta(days=40 + age), settled=True)
        for n, age in enumerate([0, 5, 2])
    ]  # fmt: skip
    again = [w.window.start for w in plan(spans, NOW) if w.reason == "settled"]
    assert again == [start + DAY, start + 2 * DAY, start]


def test_what_somebody_looks_at_comes_first():
    look = Window(TODAY - 60 * DAY, TODAY - 58 * DAY - SECOND)
    works = list(plan([], NOW, looks=[look]))
    assert [w.reason for w in works[:2]] == ["looked", "looked"]
    assert [w.window.start for w in works[:2]] == [TODAY - 59 * DAY, TODAY - 60 * DAY]


def test_while_somebody_looks_the_present_is_read_every_half_minute():
    look = Window(TODAY, TODAY + DAY - SECOND)
    later = NOW + timedelta(seconds=31)
    assert reasons(read_all(NOW), later, looks=[look]) == ["looked"]
    assert reasons(read_all(NOW), later) == []
    assert reasons(read_all(NOW), NOW + timedelta(seconds=20), looks=[look]) == []


def test_the_present_is_read_up_to_this_second():
    """The youngest rows are shown, though not yet covered."""
    work = next(plan(read_all(NOW), NOW + timedelta(minutes=3)))
    assert work.window.end == (NOW + timedelta(minutes=3)).replace(tzinfo=None)


def test_two_who_look_are_served_in_turn():
    new = Window(TODAY - 10 * DAY, TODAY - 8 * DAY - SECOND)
    old = Window(TODAY - 60 * DAY, TODAY - 58 * DAY - SECOND)
    starts = [w.window.start for w in plan([], NOW, looks=[old, new]) if w.reason == "looked"]
    assert starts == [TODAY - n * DAY for n in (9, 59, 10, 60)]


def test_what_somebody_stopped_is_not_filled_but_all_else_is():
    stopped = Window(TODAY - 60 * DAY, TODAY + DAY)
    works = list(plan([], NOW, paused=[stopped]))
    touched = {w.reason for w in works if overlap(w.window, stopped)}
    assert touched == {"present"}
    outside = [w.window for w in works]
    assert without(Window(WHOLE.start, stopped.start - SECOND), outside) == []


def test_what_somebody_stopped_and_another_looks_at_is_filled():
    stopped = Window(TODAY - 60 * DAY, TODAY - 50 * DAY)
    look = Window(TODAY - 55 * DAY, TODAY - 40 * DAY)
    read = [w.window for w in plan([], NOW, looks=[look], paused=[stopped])]
    assert without(look, read) == []
    assert all(overlap(w, Window(stopped.start, look.start - SECOND)) is None for w in read)


def test_what_is_held_of_a_stopped_range_is_kept_fresh():
    spans = read_all(NOW)
    whole = Window(TODAY - 60 * DAY, TODAY + DAY)
    later = NOW + timedelta(minutes=31)
    assert reasons(spans, later, paused=[whole]) == reasons(spans, later)


def test_what_failed_waits_for_its_time():
    barred = Window(TODAY - 60 * DAY, TODAY - 50 * DAY)
    read = [work.window for work in plan([], NOW, barred=[barred])]
    assert all(overlap(window, barred) is None for window in read)


def test_a_worker_that_was_down_for_weeks_finds_the_gap():
    later = NOW + timedelta(days=20)
    read = [w.window for w in plan(read_all(NOW), later)]
    assert without(Window(past_end(NOW) + SECOND, past_end(later)), read) == []


def test_what_was_planned_and_has_passed_since_is_no_longer_covered():
    """F50: a reading of the future says nothing of what was sent then."""
    later = NOW + timedelta(hours=2)
    assert gaps(Window(TODAY, TODAY + DAY), read_all(NOW), later) == [
        Window(past_end(NOW) + SECOND, past_end(later))
    ]


def test_the_seconds_since_the_last_reading_are_no_gap_for_a_while():
    window = Window(TODAY, NOW.replace(tzinfo=None))
    assert gaps(window, read_all(NOW), NOW + timedelta(seconds=60)) == []
    assert gaps(window, read_all(NOW), NOW + timedelta(seconds=120)) != []


def test_nothing_that_the_provider_forgot_is_asked_for():
    assert min(w.window.start for w in plan([], NOW)) == kept_from(NOW)
    assert kept_from(NOW) == datetime(2026, 5, 24)


@pytest.mark.parametrize("fold", [0, 1])
def test_the_night_of_the_repeated_hour(fold):
    """F47: between its two passes it cannot be covered, and is read again as the present."""
    now = datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=PARIS)
    assert past_end(now) == datetime(2026, 10, 25, 1 + fold, 59 if not fold else 27, 59)
    first = next(plan(read_all(now), after(now, 180)))
    assert first.window.start <= datetime(2026, 10, 25, 2)
    assert reasons(read_all(now), after(now, 5)) == []


def test_the_night_of_the_missing_hour():
    """F48."""
    now = datetime(2026, 3, 29, 3, 1, tzinfo=PARIS)
    assert past_end(now) == datetime(2026, 3, 29, 1, 58, 59)
    assert reasons(read_all(now), after(now, 5)) == []


spans_read = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(0, 60), st.booleans()),
    max_size=6,
)


@settings(deadline=None)
@given(spans_read, st.integers(0, 90))
def test_whatever_is_covered_the_plan_reads_all_gaps(read, minutes):
    """I3: nothing is left out because of what lies beside it."""
    now = NOW + timedelta(minutes=minutes)
    spans, start = [], TODAY - timedelta(hours=20)
    for gap, length, age, settled in read:
        first = start + timedelta(minutes=gap)
        window = Window(first, first + timedelta(minutes=length))
        spans.append(Fetched(window, NOW.astimezone(UTC) - timedelta(minutes=age), settled))
        start = window.end + SECOND
    asked = Window(TODAY - DAY, TODAY + DAY)
    works = [work.window for work in plan(spans, now)]
    assert [g for gap in gaps(asked, spans, now) for g in without(gap, works)] == []
    assert all(s.window.start <= s.window.end for s in in_force(spans, now))


def test_policy_bands_go_from_young_to_old():
    ages = [band.age for band in Policy().bands]
    assert ages == sorted(ages)
    assert all(band.looked <= band.every for band in Policy().bands)


def test_settings_change_the_pace():
    policy = Policy.of(present=60, recheck=10, ahead=30, reconcile=7, reconcile_calls=5)
    assert policy.bands[0].looked == timedelta(seconds=60)
    assert [band.every for band in policy.bands] == [
        timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=2),
    ]  # fmt: skip
    assert (policy.ahead.age, policy.settled) == (timedelta(days=30), timedelta(days=7))
    ages = [band.age for band in policy.bands]
    assert ages == [band.age for band in Policy().bands]
    assert (
        Policy.of(present=30, recheck=30, ahead=366, reconcile=30, reconcile_calls=600) == Policy()
    )
