"""Rows that come late, vanish, move and waver: each by its share, one at a time, in every answer."""

import itertools
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from sandbox import Composed, Faults, Sandbox, VirtualClock, campaign, scattered
from sandbox.clock import DAY, HOUR, NEVER, instant_of, instant_of_wall
from sandbox.faults import SHARES
from sandbox.lives import LATE, LATE_STATUS, LOST, REACH_DAYS, REACHES, Lives
from sandbox.message import INCOMING, SENT
from sandbox.plan import Planner
from sandbox.traffic import write_day
from tests.campaign import rounds
from tests.sandbox.conftest import ALL, NOW, found, key
from tests.sandbox.test_questions import passes, random_question

SPRING = datetime(2026, 3, 28, 11, tzinfo=UTC)  # the clocks change in the night that follows
WEEKS = datetime(2026, 3, 24), datetime(2026, 4, 12)
NOTHING = dict.fromkeys(SHARES, 0.0)


def lives(seed=1, other=False, **shares):
    """Return the lives of an account with some shares."""
    return Lives(seed, tuple((NOTHING | shares).values()), other=other)


def composed(**faults):
    """A night of changing clocks, a campaign that waits, and its virtual clock."""
    waits = instant_of(SPRING - timedelta(days=2))
    rows = scattered(1, SPRING, SPRING + timedelta(days=2), 300, seed=4)
    rows += campaign(5_000, SPRING + timedelta(days=3), 40, appears=waits)
    clock = VirtualClock(SPRING + timedelta(days=40))
    return Composed(rows, seed=2, clock=clock, faults=Faults(ties="stable", **faults))


def generated(**faults):
    """A small account of the usual traffic, its clock well after the week that is read."""
    clock = VirtualClock(SPRING + timedelta(days=40))
    return Sandbox(rows=4_000, seed=6, clock=clock, faults=Faults(ties="stable", **faults))


@pytest.fixture(scope="module")
def messages():
    """Two weeks of generated messages, a change of clocks among them."""
    planner = Planner(20_000, 7)
    first = instant_of(SPRING) // DAY - 7
    return [one for day in range(first, first + 14) for one in write_day(planner.plan(day), 7)]


@pytest.fixture(params=[composed, generated])
def account(request):
    """Return a function that makes an account, of given messages or of generated ones."""
    return request.param


def at(box, moment):
    """Return the rows of some weeks that show at a moment, by key; no key twice."""
    rows = list(box.rows_between(*WEEKS, moment))
    by_key = {key(row): row for row in rows}
    assert len(by_key) == len(rows)
    return by_key


def watched(box, days=12, step=6):
    """Return what was read every few hours of each row (None: absent) that came in the meantime."""
    start = SPRING - timedelta(days=2, minutes=1)
    moments = [start + timedelta(hours=hours) for hours in range(0, days * 24, step)]
    readings = [at(box, moment) for moment in moments]
    keys = set().union(*readings) - readings[0].keys()
    return {name: [reading.get(name) for reading in readings] for name in keys}


# Off by default


@pytest.mark.parametrize("name", SHARES)
def test_no_share_is_on_by_default_F41_F42_F43_F44(name):
    assert getattr(Faults(), name) == 0.0
    assert any(Faults.from_values({name: 0.1}).shares)


def test_without_shares_a_message_has_its_planned_life_F41_F42_F43_F44(messages):
    assert all(lives().of(one) == [one] for one in messages)


@pytest.mark.parametrize("value", [-0.1, 1.1, "half", True])
def test_a_share_lies_between_none_and_all(value):
    with pytest.raises(ValueError, match="late_rows"):
        Faults(late_rows=value)


def test_accounts_with_no_share_are_what_they_were(account):
    assert account(late_rows=0.0).shown() == account().shown()


# Stays


@pytest.mark.parametrize("share", [1.0, 0.3])
@pytest.mark.parametrize("other", [False, True])
def test_stays_follow_each_other_and_keep_their_key_F43(messages, share, other):
    troubled = lives(other=other, **dict.fromkeys(SHARES, share))
    for one in messages:
        stays = troubled.of(one)
        assert all(stay.appears < stay.vanishes for stay in stays)
        assert all(a.vanishes <= b.appears for a, b in itertools.pairwise(stays))
        assert {stay.key for stay in stays} <= {one.key}
        assert all(abs(stay.date // DAY - one.date // DAY) <= REACH_DAYS for stay in stays)
        assert all(stay.appears >= one.appears for stay in stays)


def test_a_row_that_was_sent_is_never_dated_in_its_future_F43(messages):
    moved = [
        lives(moved_rows=1).of(one) for one in messages if instant_of_wall(one.date) <= one.appears
    ]
    assert sum(len(stays) > 1 for stays in moved) == len(moved) > 500
    assert all(instant_of_wall(stay.date) <= stay.appears for stays in moved for stay in stays)


def test_the_life_of_a_waiting_row_moves_along_with_its_date_F43(messages):
    waiting = [one for one in messages if instant_of_wall(one.date) > one.appears]
    moved = [(one, lives(moved_rows=1).of(one)[-1]) for one in waiting]
    moved = [(one, stay) for one, stay in moved if stay.date != one.date]
    assert len(moved) > 50
    for one, stay in moved:
        by = instant_of_wall(stay.date) - instant_of_wall(one.date)
        assert (stay.handed, stay.settles) == (one.handed + by, one.settles + by)


def test_no_shift_leaves_the_days_that_are_searched_even_when_clocks_change_F43():
    assert max(REACHES) + HOUR <= REACH_DAYS * DAY


@pytest.mark.parametrize("name", SHARES)
def test_a_share_meets_about_as_many_rows_always_the_same(messages, name):
    single = [one for one in messages if one.fate != INCOMING and one.vanishes == NEVER]
    once, again, elsewhere = (
        [lives(seed, **{name: 0.3}).of(one) != [one] for one in single] for seed in (1, 1, 2)
    )
    assert once == again != elsewhere
    assert 0.24 < sum(once) / len(single) < 0.36


def test_rows_come_at_most_two_days_late_F41(messages):
    for one in messages:
        (*_, stay) = lives(late_rows=1).of(one) or [one]
        due = max(one.appears, instant_of_wall(one.date))
        assert stay is one or due < stay.appears <= due + LATE
        assert one.vanishes < NEVER or stay == one._replace(appears=stay.appears)


def test_rows_vanish_only_after_they_showed_F42(messages):
    for one in messages:
        (stay,) = lives(lost_rows=1).of(one)
        assert one.appears == stay.appears < stay.vanishes <= one.appears + LOST
        for late in lives(lost_rows=1, late_rows=1).of(one):
            assert late.vanishes - late.appears > 0


def test_late_ends_show_at_most_five_days_late_F44(messages):
    for one in messages:
        *early, last = lives(late_status=1).of(one)
        assert last.settles == one.settles
        assert all(stay.settles == NEVER for stay in early[1:])
        if one.fate != INCOMING and one.vanishes == NEVER:
            ends = max(stay.vanishes for stay in early)
            assert 0 < ends - max(one.settles, one.appears) <= LATE_STATUS


# Accounts


def test_late_rows_are_absent_then_show_with_their_old_date_F41(account):
    plain, late = watched(account()), watched(account(late_rows=0.4))
    waited = 0
    for name, right in plain.items():
        readings = late.get(name, [None] * len(right))
        came = next((place for place, row in enumerate(readings) if row), len(right))
        assert readings[came:] == right[came:]
        waited += any(right[:came])
    assert 0.15 < waited / len(plain) < 0.5


def test_lost_rows_never_come_back_F42(account):
    plain, lossy = watched(account()), watched(account(lost_rows=0.4))
    lost = 0
    for name, right in plain.items():
        readings = lossy.get(name, [None] * len(right))
        pairs = enumerate(zip(readings, right, strict=True))
        same = next((place for place, (one, other) in pairs if one != other), len(right))
        assert not any(readings[same:])
        lost += same < len(right)
    assert 0.2 < lost / len(plain) < 0.5


def test_moved_rows_change_their_date_alone_F43(account):
    steady, moving = watched(account()), watched(account(moved_rows=0.4))
    moved, returned = 0, 0
    for name in steady:
        rows = [row for row in moving[name] if row]
        dates = [date for date, _ in itertools.groupby(row["date"] for row in rows)]
        moved += len(dates) > 1
        returned += len(dates) == 3 and dates[0] == dates[2]
        assert len(dates) <= 3
        assert len({(row["message"], row["destination"]) for row in rows}) == 1
    assert 0.2 < moved / len(steady) < 0.6
    assert returned > 5


def test_a_waiting_campaign_moves_as_one_with_its_whole_life_F43():
    waits = instant_of(SPRING - timedelta(days=2))
    ids = range(5_000, 5_800, 100)
    sent = [campaign(one, SPRING + timedelta(days=3), 5, appears=waits) for one in ids]
    box = Composed(itertools.chain(*sent), clock=SPRING, faults=Faults(moved_rows=1))
    dates: defaultdict[int, set[str]] = defaultdict(set)
    for hours in range(24 * 7):
        moment = SPRING - timedelta(days=2) + timedelta(hours=hours)
        rows = at(box, moment).values()
        waiting = Counter(
            (row["campaign_id"], row["date"]) for row in rows if row["status"] == "WAITING"
        )
        assert set(waiting.values()) <= {5}
        assert len({number for number, _ in waiting}) == len(waiting)
        for number, date in waiting:
            assert instant_of(datetime.fromisoformat(date)) >= instant_of(moment)
            dates[number].add(date)
    assert {len(found) for found in dates.values()} <= {1, 2}
    assert sum(len(found) == 2 for found in dates.values()) > 4


def turns(box, moments):
    """Return the statuses that each outgoing row passes through."""
    seen: dict[tuple[str, int], list[str]] = {}
    for moment in moments:
        for name, row in at(box, moment).items():
            if name[0] == "sms_mt":
                seen.setdefault(name, []).append(row["status"])
    return [[status for status, _ in itertools.groupby(read)] for read in seen.values()]


def minutes(days, step):
    return [SPRING + timedelta(minutes=m) for m in range(0, days * 24 * 60, step)]


def test_late_ends_leave_the_row_sent_for_longer_F44(account):
    moment = SPRING + timedelta(days=2, hours=2)
    right, late = at(account(), moment), at(account(late_status=1), moment)
    waiting = [
        name for name, row in right.items() if row["dlr_date"] and not late[name]["dlr_date"]
    ]
    assert all(late[name]["status"] == SENT for name in waiting)
    assert len(waiting) > 10
    end = SPRING + timedelta(days=20)
    assert at(account(), end) == at(account(late_status=1), end)


def test_statuses_go_back_to_sent_and_return_F44(account):
    passed = turns(account(backward_status=1), minutes(days=6, step=30))
    assert any(way[-3:] == ["DELIVERED", "SENT", "DELIVERED"] for way in passed)
    assert not any(way.count("DELIVERED") > 2 for way in passed)


def test_statuses_flap_several_times_F44(account):
    passed = turns(account(flapping_status=1), minutes(days=6, step=30))
    assert any(way.count("DELIVERED") > 2 for way in passed)
    end = SPRING + timedelta(days=20)
    assert at(account(), end) == at(account(flapping_status=1), end)


def test_a_moment_reads_the_same_whatever_was_read_before_F41_F42_F43_F44(account):
    troubled = dict.fromkeys(SHARES, 0.3)
    one, other = account(**troubled), account(**troubled)
    for days in (9, 3, 0):
        at(one, SPRING + timedelta(days=days))
    assert one.shown(SPRING) == other.shown(SPRING)


# Every answer


def in_xml(box, **params):
    """Return all rows of a question from XML, as texts."""
    rows: list[dict[str, str]] = []
    while True:
        page = ET.fromstring(box.answer(ALL | params | {"start": str(len(rows))}, "text/xml").body)
        found = page.findall("messages")
        if not found:
            return rows
        rows += [{field.tag: (field.text or "").strip('"') for field in one} for one in found]


@pytest.mark.parametrize("number", range(rounds(sample=12, full=300)))
def test_each_filter_sort_and_page_answers_with_the_rows_that_show_F41_F42_F43_F44(account, number):
    rng = Random(number)
    box = account(**dict.fromkeys(SHARES, 0.3))
    box.clock.set(SPRING + timedelta(minutes=rng.randrange(5 * 24 * 60)))
    truth = box.shown()
    params = random_question(rng, truth)
    expected = [row for row in truth if passes(row, params)]
    sort = rng.choice(("date", "destination", "sender", "status"))
    box.faults = replace(box.faults, cap=rng.choice((7, 100, 1000)))
    rows = found(box, **params, sort=sort)
    assert rows == sorted(expected, key=lambda row: row[sort])
    texts = in_xml(box, **params, sort=f"-{sort}")
    assert [(row["message_id"], row["date"], row["status"]) for row in texts] == [
        (str(row["message_id"]), row["date"], row["status"]) for row in reversed(rows)
    ]


def test_all_rows_of_an_account_are_counted_with_its_troubles(account):
    box = account(**dict.fromkeys(SHARES, 0.3))
    box.clock.set(SPRING + timedelta(days=1))
    assert len(found(box)) == len(box.shown()) != len(account().shown(SPRING + timedelta(days=1)))


def test_real_time_and_preparing_work_with_troubles():
    box = Sandbox(rows=500, clock=NOW, faults=Faults(late_rows=0.5))
    box.prepare()
    assert 0 < len(box.shown()) < 600
