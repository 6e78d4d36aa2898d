"""A composed sandbox holds exactly what it is given, and changes while it is being read."""

import itertools
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import methodcaller
from random import Random
from threading import Event as Flag

import pytest

from sandbox import Composed, Faults, VirtualClock, campaign, incoming, outgoing, scattered
from sandbox.clock import NEVER
from sandbox.ledger import Event, Ledger
from sandbox.lives import Lives
from tests.sandbox.conftest import ask, found, key

NOON = datetime(2026, 3, 12, 12)
LATER = timedelta(minutes=10)
FIRST, REPLY = ("sms_mt", 1), ("sms_mo", 1)


@pytest.fixture
def clock():
    """A clock that a test moves."""
    return VirtualClock(NOON)


@pytest.fixture
def box(clock):
    """Three messages an hour old; two of them share a number."""
    hour_ago = NOON - timedelta(hours=1)
    rows = [outgoing(1, hour_ago), outgoing(2, hour_ago), incoming(1, hour_ago)]
    return Composed(rows, clock=clock, faults=Faults(ties="stable"))


def keys(rows):
    return {key(row) for row in rows}


def row_of(box, name, at=None):
    """Return the one row of a key as it shows at a moment."""
    (row,) = (row for row in box.shown(at) if key(row) == name)
    return row


# What is given


def test_exactly_the_given_messages_show_ids_may_collide_F40(box):
    assert keys(box.shown()) == {FIRST, ("sms_mt", 2), REPLY}
    assert found(box, sort="date") == box.shown()


def test_two_messages_of_one_key_are_refused():
    with pytest.raises(ValueError, match="share a key"):
        Composed([outgoing(1, NOON), outgoing(1, NOON)])


def test_no_messages_at_all_are_an_empty_account(clock):
    assert ask(Composed([], clock=clock))["messages"] == []


def test_a_message_ages_with_the_clock(clock):
    box = Composed([outgoing(1, NOON)], clock=clock)
    seen = []
    for _ in range(9):
        seen.append((row_of(box, FIRST)["status"], row_of(box, FIRST)["dlr_date"]))
        clock.sleep(1)
    assert [status for status, _ in itertools.groupby(seen)] == [
        ("WAITING", ""), ("SENT", ""), ("DELIVERED", "2026-03-12 12:00:07"),
    ]  # fmt: skip


def test_a_message_may_wait_for_ever_F50(clock):
    box = Composed([outgoing(1, datetime(2999, 1, 1), appears=0, handed=NEVER)], clock=clock)
    assert ask(box, date_end="3000-01-01 00:00:00")["messages"][0]["status"] == "WAITING"


def test_rows_older_than_six_months_are_forgotten(clock):
    box = Composed([outgoing(1, datetime(2025, 9, 12, 11)), outgoing(2, NOON)], clock=clock)
    assert keys(box.shown(NOON - timedelta(hours=2))) == {FIRST}
    assert keys(box.shown()) == {("sms_mt", 2)}


def test_a_campaign_fills_one_second_with_different_numbers_F32(clock):
    second = NOON - timedelta(days=1)
    rows = campaign(1, second, 12_000)
    rows += campaign(20_001, second - timedelta(seconds=1), 900)
    rows += campaign(30_001, second + timedelta(seconds=1), 900)
    box = Composed(rows, clock=clock)
    at = str(second)
    within = ask(box, date_start=at, date_end=at, length=1)
    assert within["totalRecords"] == 12_000
    assert len({one.destination for one in rows[:12_000]}) == 12_000
    assert ask(box)["totalRecords"] == 13_800
    statuses = {row["status"] for row in box.shown()}
    assert statuses == {"DELIVERED", "UNDELIVERED"}


def test_scattered_messages_collide_in_number_and_are_the_same_for_a_seed():
    night = datetime(2026, 10, 25), datetime(2026, 10, 25, 6)
    one, other, third = (scattered(50, *night, 200, seed) for seed in (1, 1, 2))
    assert one == other != third
    assert len({message.key for message in one}) == 200
    replies = {number for kind, number in (m.key for m in one) if kind == "sms_mo"}
    assert len(replies) == 40
    assert replies < {number for kind, number in (m.key for m in one) if kind == "sms_mt"}


def test_both_passes_of_the_repeated_hour_bear_one_date_F47():
    first, second = (datetime(2026, 10, 25, 2, 30, fold=fold) for fold in (0, 1))
    clock = VirtualClock(first)
    box = Composed([outgoing(1, first), outgoing(2, second)], clock=clock)
    assert keys(box.shown()) == {FIRST}
    clock.sleep(3600)
    assert {row["date"] for row in box.shown()} == {"2026-10-25 02:30:00"}
    assert len(box.shown()) == 2
    clock.set(first)
    assert keys(box.shown()) == {FIRST}
    clock.set(second)
    assert len(box.shown()) == 2


def test_a_virtual_clock_runs_through_the_missing_hour_F48():
    clock = VirtualClock(datetime(2026, 3, 29, 1, 59, 59))
    clock.sleep(1)
    assert clock() == datetime(2026, 3, 29, 1, tzinfo=UTC)
    box = Composed([outgoing(1, clock())], clock=clock)
    assert row_of(box, FIRST)["date"] == "2026-03-29 03:00:00"


# What changes


def test_an_inserted_row_shows_from_then_on_with_its_own_date_F30_F41(box, clock):
    clock.sleep(600)
    box.insert(outgoing(9, NOON - timedelta(days=3)))
    assert row_of(box, ("sms_mt", 9))["date"] == "2026-03-09 12:00:00"
    assert ("sms_mt", 9) not in keys(box.shown(NOON))


def test_an_inserted_row_may_appear_later(box, clock):
    box.insert(outgoing(9, NOON + LATER))
    assert ("sms_mt", 9) not in keys(box.shown())
    clock.sleep(600)
    assert ("sms_mt", 9) in keys(box.shown())


def test_a_removed_row_is_gone_and_may_come_back_F42(box, clock):
    message = box.present(FIRST)
    clock.sleep(1)
    box.remove(FIRST)
    assert FIRST not in keys(box.shown())
    assert FIRST in keys(box.shown(NOON))
    clock.sleep(1)
    box.insert(message)
    assert FIRST in keys(found(box))


def test_a_changed_row_keeps_its_key_and_its_past_F43(box, clock):
    clock.sleep(1)
    box.change(FIRST, lambda one: one.moved(NOON - timedelta(days=2)))
    assert row_of(box, FIRST)["date"] == "2026-03-10 12:00:00"
    assert row_of(box, FIRST, NOON)["date"] == "2026-03-12 11:00:00"
    day = {"date_start": "2026-03-12 00:00:00"}
    assert keys(found(box, **day)) == {("sms_mt", 2), REPLY}


def test_a_status_can_go_back_F44(box, clock):
    for fate in ("SENT", "UNDELIVERED", "DELIVERED"):
        clock.sleep(1)
        box.change(FIRST, lambda one, fate=fate: one._replace(fate=fate, details=fate))
        assert row_of(box, FIRST)["status"] == fate
        assert key(ask(box, status=fate.lower())["messages"][-1]) == FIRST


def test_two_turns_in_one_second_leave_the_last(box):
    box.change(FIRST, lambda one: one._replace(text="first"))
    box.change(FIRST, lambda one: one._replace(text="second"))
    assert row_of(box, FIRST)["message"] == "second"


def test_what_cannot_be_done_is_refused(box):
    with pytest.raises(ValueError, match="there already"):
        box.insert(outgoing(1, NOON))
    with pytest.raises(KeyError):
        box.remove(("sms_mo", 2))
    with pytest.raises(KeyError):
        box.present(("sms_mo", 2))
    with pytest.raises(KeyError):
        box.change(("sms_mo", 2), lambda one: one)
    with pytest.raises(ValueError, match="keeps the key"):
        box.change(FIRST, lambda one: one._replace(message_id=3))
    assert len(box.shown()) == 3


def test_a_row_that_is_yet_to_come_late_cannot_be_inserted_again_F41(clock):
    box = Composed([outgoing(1, NOON)], clock=clock, faults=Faults(late_rows=1))
    assert box.shown() == []
    with pytest.raises(ValueError, match="there already"):
        box.insert(outgoing(1, NOON))


def test_shares_hold_for_inserted_rows_too_F41(box, clock):
    box.faults = Faults(late_rows=1)
    box.insert(outgoing(9, NOON))
    assert ("sms_mt", 9) not in keys(box.shown())
    clock.sleep(3 * 24 * 3600)
    assert ("sms_mt", 9) in keys(box.shown())


@pytest.mark.parametrize("number", range(10))
def test_turns_read_the_same_when_they_are_replayed_under_other_faults(number):
    rng, clock = Random(number), VirtualClock(NOON)
    faults = Faults(ties="stable", late_rows=0.3, moved_rows=0.3, flapping_status=0.3)
    rows = scattered(1, NOON - timedelta(days=2), NOON, 100, seed=number)
    box = Composed(rows, clock=clock, faults=faults)
    for step in range(40):
        clock.sleep(rng.randrange(4_000))
        name = key(rng.choice(box.shown()))
        date = NOON - timedelta(hours=rng.randrange(90))
        rng.choice(
            (
                lambda name=name, date=date: box.change(name, lambda one: one.moved(date)),
                lambda name=name: box.remove(name),
                lambda step=step, date=date: box.insert(outgoing(1_000 + step, date)),
            )
        )()
    moments = [NOON + timedelta(hours=hours) for hours in range(0, 60, 7)]
    lived = [box.shown(moment) for moment in moments]
    box.faults = replace(faults, cap=10)
    assert [box.shown(moment) for moment in moments] == lived
    for share in range(1, 6):
        box.faults = replace(faults, late_rows=share / 10)
        box.shown()
    box.faults = faults
    assert [box.shown(moment) for moment in moments] == lived


def test_a_turn_makes_a_new_ledger_and_leaves_the_old_one_as_it_was():
    rows = [outgoing(1, NOON), outgoing(2, NOON), outgoing(3, NOON - timedelta(days=1))]
    old = Ledger.of(rows, Lives(1, Faults().shares))
    now = rows[0].appears + 60
    new = old.after(Event(now, FIRST, rows[0].moved(NOON - timedelta(days=1))))
    new = new.after(Event(now, ("sms_mt", 2), None))
    counts = [
        [ledger.shown_count(day, now) for day in ledger.kept(0, NEVER, now)]
        for ledger in (old, new)
    ]
    assert counts == [[1, 2], [2, 0]]


@pytest.fixture
def hasty():
    """Threads that take turns far more often than usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


def test_no_answer_is_torn_by_a_turn(clock, hasty):
    days = [NOON - timedelta(days=day) for day in range(12)]
    box = Composed([outgoing(rank, day) for rank, day in enumerate(days)], clock=clock)
    ended = Flag()

    def move():
        for day in itertools.cycle(days):
            box.change(("sms_mt", 3), methodcaller("moved", day))
            if ended.is_set():
                return

    def read(_):
        return len(keys(ask(box, sort="date")["messages"]))

    with ThreadPoolExecutor(3) as pool:
        pool.submit(move)
        try:
            assert set(pool.map(read, range(300))) == {12}
        finally:
            ended.set()


def test_a_turn_in_the_middle_of_paging_shifts_the_pages_F30_F31(box, clock):
    first = ask(box, length=2)["messages"]
    clock.sleep(1)
    box.remove(key(first[0]))
    assert ask(box, start=2, length=2)["messages"] == []
    clock.sleep(1)
    box.insert(outgoing(9, NOON))
    box.insert(outgoing(8, NOON))
    assert len(keys(ask(box, start=2, length=2)["messages"]) & keys(first)) == 1


def test_it_serves_over_http_too(box):
    from urllib.request import Request, urlopen

    day = "date_start=2026-03-12%2000:00:00&date_end=2026-03-12%2023:59:59"
    with box.serve() as url:
        asked = Request(f"{url}/messages?{day}", headers={
            "Authorization": "Bearer sandbox-token", "Accept": "application/json",
        })  # fmt: skip
        box.remove(FIRST)
        with urlopen(asked, timeout=5) as answer:
            assert keys(json.load(answer)["messages"]) == {("sms_mt", 2), REPLY}
