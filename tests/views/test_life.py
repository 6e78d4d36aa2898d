"""A message's way in words: each step's state, and what readings saw change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from messages_app.analysis.query import MessageQuery
from messages_app.archive.observed import Look
from messages_app.views.life import seen, steps
from tests.factories import incoming, record
from tests.views.conftest import NOW, WALL

QUERY = MessageQuery(now=NOW)
YESTERDAY = WALL - timedelta(days=1)
READ = datetime(2026, 11, 18, 12, 30, tzinfo=UTC)


def look(minutes: int, status: str = "SENT", **changes) -> Look:
    facts: dict[str, Any] = {
        "details": "", "date": YESTERDAY, "dlr_date": None, "is_gone": False
    }  # fmt: skip
    return Look(READ + timedelta(minutes=minutes), status, **(facts | changes))


def told(status: str, **changes) -> list[tuple[str, str]]:
    row = record(**({"status": status, "date": YESTERDAY} | changes))
    return [(step.label, step.state) for step in steps(row, QUERY, [])]


@pytest.mark.parametrize(
    ("status", "states"),
    [
        ("DELIVERED", ["done", "done", "done"]),
        ("SENT", ["done", "done", "still to come"]),
        ("UNDELIVERED", ["done", "done", "failed"]),
        ("NOT_SENT", ["done", "failed", "not reached"]),
        ("DENIED", ["failed", "not reached", "not reached"]),
        ("WAITING", ["done", "still to come", "not reached"]),
        ("MODERATION", ["still to come", "still to come", "not reached"]),
        ("UNHEARD_OF", ["done", "not reached", "not reached"]),
    ],
)
def test_the_three_steps_of_each_status(status, states):
    assert told(status) == list(zip(["Accepted", "Sent", "Receipt"], states, strict=True))


def test_after_three_days_no_receipt_is_expected():
    old = record(status="SENT", date=WALL - timedelta(days=4))
    receipt = steps(old, QUERY, [])[-1]
    assert (receipt.state, receipt.moment) == ("not reached", "none came within 72 hours")


def test_steps_tell_their_times():
    row = record(date=YESTERDAY, dlr_date=YESTERDAY + timedelta(seconds=6))
    accepted, sent, receipt = steps(row, QUERY, [look(-2 * 1440)])
    assert accepted.moment == "first seen by us on 16 Nov 2026 13:30:00"
    assert sent.moment == "17 Nov 2026 15:00:00"
    assert receipt.moment == "17 Nov 2026 15:00:06, after 6 s"
    assert steps(row, QUERY, [])[0].moment == "the provider does not tell when"


def test_a_message_read_only_after_it_was_sent_is_not_said_to_be_accepted_then():
    row = record(date=YESTERDAY)
    assert steps(row, QUERY, [look(0)])[0].moment == "the provider does not tell when"


def test_an_incoming_message_has_one_step():
    (step,) = steps(incoming(date=YESTERDAY), QUERY, [])
    assert (step.label, step.moment) == ("Received by the provider", "17 Nov 2026 15:00:00")


def test_what_was_seen_is_told_in_order_with_each_change():
    looks = [
        look(0, "WAITING"),
        look(10, "WAITING", date=YESTERDAY + timedelta(hours=1)),
        look(20, "SENT", date=YESTERDAY + timedelta(hours=1)),
        look(30, "UNDELIVERED", details="NETWORK_ERROR", date=YESTERDAY + timedelta(hours=1),
             dlr_date=YESTERDAY + timedelta(hours=2)),
        look(40, "UNDELIVERED", details="NETWORK_ERROR", date=YESTERDAY + timedelta(hours=1),
             dlr_date=YESTERDAY + timedelta(hours=2), is_gone=True),
        look(50, "UNDELIVERED", details="NETWORK_ERROR", date=YESTERDAY + timedelta(hours=1),
             dlr_date=YESTERDAY + timedelta(hours=2)),
        look(60, "UNDELIVERED", details="NETWORK_ERROR", date=YESTERDAY + timedelta(hours=1),
             dlr_date=YESTERDAY + timedelta(hours=2)),
    ]  # fmt: skip
    assert [one.words for one in seen(looks, QUERY.zone)] == [
        "first seen as “Waiting”",
        "time moved to 17 Nov 2026 16:00:00",
        "“Waiting” became “No receipt”",
        "“No receipt” became “Not received”; reason: Network error; receipt of 17 Nov 2026 17:00:00",
        "no longer shown by the provider",
        "shown by the provider again",
        "read again without a change that we know",
    ]
    assert [one.moment[-8:] for one in seen(looks, QUERY.zone)][:2] == ["13:30:00", "13:40:00"]
    assert seen([], QUERY.zone) == []


def test_a_status_that_others_wrote_hides_nothing():
    (first,) = seen([look(0, "ODD\u202e")], QUERY.zone)
    assert "\u202e" not in first.words
