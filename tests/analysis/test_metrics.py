"""What every number means, on rows small enough to count by hand."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from messages_app.analysis.metrics import Tally, cells, tally, tally_by, wilson
from messages_app.sms.delays import EDGES, bin_of, delay_between, percentile
from messages_app.sms.terms import is_opt_out
from tests.factories import incoming, record

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 12, tzinfo=PARIS)

ROWS = [
    *[record(message_id=n) for n in range(6)],
    record(message_id=10, status="SENT"),
    record(message_id=11, status="UNDELIVERED", cost=Decimal("1.5")),
    record(message_id=12, status="NOT_SENT", cost=Decimal(0)),
    record(message_id=13, status="DENIED", cost=None),
    record(message_id=14, status="WAITING", date=datetime(2026, 11, 24)),
    record(message_id=15, status="MODERATION", cost=None),
    record(message_id=16, status="LOST_AT_SEA", cost=Decimal(3)),
    incoming(message_id=17, message="Stop svp"),
    incoming(message_id=18, message="Merci"),
]


@pytest.fixture
def found() -> Tally:
    return tally(ROWS, NOW)


def test_counts(found):
    expected = {
        "outgoing": 13, "incoming": 2, "delivered": 6, "undelivered": 1, "not_sent": 1, "denied": 1,
        "failed": 3, "no_receipt": 1, "waiting": 1, "moderation": 1, "pending": 2, "other": 1,
        "attempted": 10, "withdrawn": 0, "replies": 1, "opt_outs": 1, "unpriced": 1,
    }  # fmt: skip
    assert {name: found.totals()[name] for name in expected} == expected


def test_rates(found):
    assert found.delivery_rate == 6 / 10
    assert found.confirmed_rate == 6 / 9
    assert found.receipt_coverage == 7 / 8


def test_costs(found):
    assert found.cost == Decimal("12.5")
    assert found.wasted_cost == Decimal("1.5")
    assert found.cost_per_delivered == Decimal("12.5") / 6


def test_nothing_has_no_rate():
    nothing = tally([], NOW)
    for name in ("delivery_rate", "confirmed_rate", "receipt_coverage", "provisional"):
        assert getattr(nothing, name) is None
    assert nothing.cost_per_delivered is None
    assert nothing.delay(0.5) is None
    assert nothing.interval is None
    assert nothing.cost == 0


def test_a_young_row_without_a_receipt_is_provisional():
    young = record(status="SENT", date=datetime(2026, 11, 23, 11))
    old = record(status="SENT", date=datetime(2026, 11, 20, 11, 59, 59))
    assert tally([young, old], NOW).provisional == 0.5


def test_parts_add_up_whatever_they_are_told_apart_by():
    for key in (lambda c: c.country, lambda c: c.state, lambda c: c.at.hour):
        together = Tally()
        for part in tally_by(cells(ROWS, NOW), key).values():
            together.merge(part)
        assert together.totals() == tally(ROWS, NOW).totals()
        assert together.rows == len(ROWS)


def test_wilson_is_the_published_interval():
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 0) is None
    assert wilson(0, 10) == (0.0, pytest.approx(0.2775, abs=1e-4))
    assert wilson(10, 10) == (pytest.approx(0.7225, abs=1e-4), pytest.approx(1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("STOP", True), ("stop", True), (" Stop!", True), ("STOP 36000", True), ("Stopper", False),
     ("ne pas STOP", False), ("", False), ("STOP…", True), ("« STOP »", True), ("«STOP»", True),
     ("‘STOP’", True), ("[STOP]", True), ("Stop,merci", True), ("\u200bSTOP", True),
     ("\ufeffS\u200dTOP.", True), ("→ stop", True), ("*STOP*", True), ("STOP36000", False),
     ("stop-pub", False), ("Non-stop", False), ("1 stop", False), ("…", False)],
)  # fmt: skip
def test_an_opt_out_is_an_incoming_text_whose_first_word_is_stop(text, expected):
    assert is_opt_out(text) is expected


def test_bins_are_whole_seconds_first_and_then_at_most_five_percent_wide():
    assert EDGES[:21] == tuple(range(21))
    for low, high in pairwise(EDGES[20:]):
        assert high - low == 1 or (high - low) / low <= 0.05


def test_a_delay_lies_in_its_bin():
    for seconds in (0, 1, 19, 20, 21, 22, 100, 3599, 86_400, 10**8):
        index = bin_of(seconds)
        assert EDGES[index] <= seconds
        assert index + 1 == len(EDGES) or seconds < EDGES[index + 1]


def test_percentiles_by_nearest_rank():
    bins = {bin_of(s): 1 for s in range(1, 11)}
    assert percentile(bins, 0.5) == 5
    assert percentile(bins, 0.9) == 9
    assert percentile(bins, 0.99) == 10
    assert percentile({}, 0.5) is None


def test_a_delay_over_the_change_of_clocks_is_one_of_real_instants():
    before, after = datetime(2026, 10, 25, 1, 59, 50), datetime(2026, 10, 25, 3, 0, 0)
    assert delay_between(before, after, PARIS) == 2 * 3600 + 10
    before, after = datetime(2026, 3, 29, 1, 59, 50), datetime(2026, 3, 29, 3, 0, 0)
    assert delay_between(before, after, PARIS) == 10


@pytest.mark.parametrize(
    ("sent", "receipt"),
    [
        (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 2, 30, 5)),
        (datetime(2026, 11, 1, 12), None),
        (datetime(2026, 11, 1, 12), datetime(2026, 11, 1, 11, 59, 59)),
    ],
)
def test_delays_that_are_not_known_are_left_out_and_counted(sent, receipt):
    found = tally([record(date=sent, dlr_date=receipt)], NOW)
    assert found.delays_left_out == 1
    assert not found.delay_bins


def test_an_incoming_row_enters_no_rate_and_no_cost():
    with_replies = tally([record(), incoming(cost=Decimal(9))], NOW)
    assert with_replies.cost == 1
    assert with_replies.delivery_rate == 1
    assert with_replies.outgoing == 1


def test_the_same_second_on_any_day_is_judged_by_the_question_s_now_alone():
    row = record(status="SENT", date=datetime(2026, 11, 20, 12, 0, 0))
    assert tally([row], NOW - timedelta(seconds=1)).provisional == 1.0
    assert tally([row], NOW).provisional == 0.0
