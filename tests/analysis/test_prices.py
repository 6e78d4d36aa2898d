"""Money beside credits: each price from its day on, nothing where none is known."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from messages_app.analysis.metrics import Tally, cells, tally, total
from messages_app.analysis.prices import NO_PRICES, Prices
from messages_app.provider import MessageRecord
from tests.factories import incoming, record

NOW = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/Paris"))
JULY, OCTOBER = datetime(2026, 7, 1), datetime(2026, 10, 1)
PRICES = Prices(((JULY, Decimal("0.04")), (OCTOBER, Decimal("0.05"))))
BEFORE = datetime(2026, 6, 30, 23, 59, 59)


def sent(date: datetime, cost: str = "2", status: str = "DELIVERED") -> MessageRecord:
    return record(date=date, cost=Decimal(cost), status=status)


def spent(*rows: MessageRecord, prices: Prices = PRICES) -> Tally:
    return tally(rows, NOW, prices)


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        (BEFORE, None),
        (JULY, Decimal("0.04")),
        (datetime(2026, 9, 30, 23, 59, 59), Decimal("0.04")),
        (OCTOBER, Decimal("0.05")),
        (datetime(2030, 1, 1), Decimal("0.05")),
    ],
)
def test_a_price_holds_from_its_first_second_to_the_next_one_s(wall, expected):
    assert PRICES.at(wall) == expected


def test_without_prices_there_is_none():
    assert NO_PRICES.at(JULY) is None
    assert not NO_PRICES
    assert PRICES
    assert PRICES.changes == (JULY, OCTOBER)


def test_a_message_costs_what_a_credit_did_when_it_was_sent():
    """2 × 0.04 + 2 × 0.05 + 1 × 0.05."""
    assert spent(sent(JULY), sent(OCTOBER), sent(OCTOBER, "1")).money == Decimal("0.23")


def test_wasted_money_is_that_of_failed_messages():
    found = spent(sent(JULY, status="DENIED"), sent(OCTOBER, "3", "UNDELIVERED"), sent(OCTOBER))
    assert found.wasted_money == Decimal("0.08") + Decimal("0.15")


def test_a_part_without_a_price_leaves_no_sum():
    found = spent(sent(JULY), sent(BEFORE))
    assert (found.cost, found.priceless) == (4, 2)
    assert (found.money, found.wasted_money) == (None, None)


def test_what_cost_nothing_needs_no_price():
    assert spent(sent(JULY), sent(BEFORE, "0"), record(date=BEFORE, cost=None)).money == Decimal(
        "0.08"
    )


def test_without_prices_no_money_is_told():
    assert spent(sent(JULY), prices=NO_PRICES).money is None


def test_incoming_and_withdrawn_messages_cost_no_money():
    gone = [cell._replace(state="withdrawn") for cell in cells([sent(JULY)], NOW, PRICES)]
    assert total(gone).money == 0
    assert spent(incoming(cost=Decimal(9))).money == 0


def test_parts_together_cost_what_the_whole_does():
    rows = [sent(JULY), sent(OCTOBER, "3", "DENIED"), sent(BEFORE, "0")]
    together = Tally()
    for row in rows:
        together.merge(spent(row))
    assert together == spent(*rows)
