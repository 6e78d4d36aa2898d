"""How one row ages as the clock moves: its status turns, its facts stay, cancelled ones vanish."""

import itertools
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import Faults, Sandbox
from tests.sandbox.conftest import NOW, ask, key

CHANGING = {"cost", "dlr_date", "status", "status_details"}
ENDS = {"DELIVERED", "UNDELIVERED", "NOT_SENT", "DENIED", "incoming_message"}
TURNS = {
    ("WAITING", "SENT"), ("WAITING", "DELIVERED"), ("WAITING", "UNDELIVERED"),
    ("WAITING", "NOT_SENT"), ("SENT", "DELIVERED"), ("SENT", "UNDELIVERED"),
    ("MODERATION", "SENT"), ("MODERATION", "DELIVERED"), ("MODERATION", "UNDELIVERED"),
    ("MODERATION", "DENIED"), ("WAITING", "MODERATION"), ("WAITING", "DENIED"),
}  # fmt: skip


@pytest.fixture(scope="module")
def lives():
    """Every reading of every row dated in a week, three hours apart for ten days."""
    box = Sandbox(rows=40_000, seed=8)
    start, end = NOW - timedelta(days=2), NOW + timedelta(days=3)
    readings = defaultdict(list)
    for hours in range(0, 240, 3):
        now = NOW + timedelta(hours=hours)
        for row in box.rows_between(start, end, now):
            readings[key(row)].append((now, row))
    return readings


def test_facts_never_change(lives):
    for readings in lives.values():
        facts = [{name: row[name] for name in row.keys() - CHANGING} for _, row in readings]
        assert all(one == facts[0] for one in facts)


def test_statuses_only_go_forward(lives):
    turns = set()
    for readings in lives.values():
        statuses = [row["status"] for _, row in readings]
        turns |= {pair for pair in itertools.pairwise(statuses) if pair[0] != pair[1]}
    assert turns <= TURNS
    assert {("WAITING", "DELIVERED"), ("SENT", "UNDELIVERED"), ("MODERATION", "DENIED")} <= turns


def test_an_end_is_final_and_reached_within_three_days(lives):
    for readings in lives.values():
        statuses = [row["status"] for _, row in readings]
        ended = [status for status in statuses if status in ENDS]
        assert not ended or statuses[statuses.index(ended[0]) :] == ended
        last, row = readings[-1]
        if last - datetime.fromisoformat(row["date"]) > timedelta(hours=72):
            assert row["status"] in ENDS | {"SENT"}


def test_a_cost_is_set_once(lives):
    late = 0
    for readings in lives.values():
        costs = [row["cost"] for _, row in readings]
        known = [cost for cost in costs if cost is not None]
        assert costs[len(costs) - len(known) :] == known
        assert len(set(known)) <= 1
        late += len(known) < len(costs)
    assert late > 5


def test_a_receipt_has_its_date_only_once_it_came(lives):
    for readings in lives.values():
        for now, row in readings:
            if row["status"] in {"DELIVERED", "UNDELIVERED"}:
                assert row["date"] <= row["dlr_date"] <= now.isoformat(" ")
            elif row["status"] != "SENT":
                assert row["dlr_date"] == ""


def test_a_cancelled_campaign_waits_and_vanishes(lives):
    seen = [key for key, readings in lives.items() if readings[-1][0] < NOW + timedelta(hours=237)]
    assert seen
    for one in seen:
        readings = lives[one]
        assert {row["status"] for _, row in readings} == {"WAITING"}
        last, row = readings[-1]
        assert last.isoformat(" ") < row["date"]


def test_scheduled_rows_show_days_before_their_date(lives):
    ahead = [readings[0][1]["date"] > "2026-03-13 15:00:00" for readings in lives.values()]
    assert sum(ahead) > 5


def test_rows_arrive_as_time_goes_by(small):
    before = {key(row) for row in small.rows(NOW)}
    after = {key(row) for row in small.rows(NOW + timedelta(days=3))}
    assert len(after - before) > 5


def test_a_callable_clock_moves_the_answers(small):
    moments = iter([NOW, NOW + timedelta(days=1)])
    small.clock = lambda: next(moments)
    newest = [ask(small, date_end="2026-03-12 23:59:59")["messages"][0]["date"] for _ in range(2)]
    assert newest[0] < newest[1]


def test_an_aware_clock_is_the_same_instant():
    naive = Sandbox(rows=500, clock=datetime(2026, 7, 1, 12, 0))
    aware = Sandbox(rows=500, clock=datetime(2026, 7, 1, 10, 0, tzinfo=UTC))
    assert list(naive.rows()) == list(aware.rows())


def test_without_a_clock_time_is_real():
    box = Sandbox(rows=2_000, faults=Faults(ties="stable"))
    today = datetime.now(UTC)
    row = ask(box, type="messages-in", length=1, date_end="2100-01-01 00:00:00")["messages"][0]
    age = today.replace(tzinfo=None) - datetime.fromisoformat(row["date"])
    assert timedelta(hours=-3) < age < timedelta(days=7)
