"""What a month will cost, from days that can be added up by hand. November 2026 begins on a Sunday."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from messages_app.analysis.forecast import Forecast, forecast, month_so_far
from messages_app.analysis.metrics import tally
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import Bucket
from messages_app.sms.zones import SECOND
from tests.factories import record

PARIS = ZoneInfo("Europe/Paris")
NOVEMBER = datetime(2026, 11, 1)


def days(*credits: int | str, month: datetime = NOVEMBER) -> list[Bucket]:
    """The first days of a month by what each cost."""
    found = []
    for number, cost in enumerate(credits):
        start = month + timedelta(days=number)
        spent = tally([record(cost=Decimal(cost))], month.replace(tzinfo=PARIS))
        found.append(Bucket(start, start + timedelta(days=1) - SECOND, spent, is_double=False))
    return found


def test_weekdays_and_weekends_each_have_their_mean():
    """Whole: 10 + 100 + 140 = 250; today 120; then 18 weekdays of 120 and 8 weekend days of 10."""
    found = forecast(days(10, 100, 140, 50), datetime(2026, 11, 4, 12))
    assert found == Forecast(NOVEMBER, Decimal(300), Decimal(2610), days=3, of=30)


def test_today_costs_what_it_did_already_where_that_is_more():
    """250 + 500 + 18 × 120 + 8 × 10."""
    found = forecast(days(10, 100, 140, 500), datetime(2026, 11, 4, 12))
    assert found is not None
    assert (found.so_far, found.expected) == (750, 2990)


def test_a_kind_of_day_without_an_example_costs_what_all_do():
    """Only a Sunday is whole: 10, then each of the 29 days that are left costs 10."""
    found = forecast(days(10, 3), datetime(2026, 11, 2, 9))
    assert found is not None
    assert (found.expected, found.days) == (300, 1)


def test_before_the_first_day_is_whole_nothing_is_told():
    assert forecast(days(10), datetime(2026, 11, 1, 23, 59, 59)) is None
    assert forecast([], datetime(2026, 11, 1)) is None


def test_on_the_last_day_only_today_is_left():
    """October 2026 has 31 days and ends on a Saturday: 30 days of 1 and today."""
    credits = [1] * 30
    october = datetime(2026, 10, 1)
    found = forecast(days(*credits, 4, month=october), datetime(2026, 10, 31, 18))
    assert found == Forecast(october, Decimal(34), Decimal(34), days=30, of=31)


def test_a_day_without_messages_counts_as_one_that_cost_nothing():
    """Monday 0 and Tuesday 100: a weekday costs 50. 110 + 19 × 50 + 8 × 10."""
    found = forecast(days(10, 0, 100, 0), datetime(2026, 11, 4, 12))
    assert found is not None
    assert found.expected == 110 + 19 * 50 + 8 * 10


@pytest.mark.parametrize(
    ("month", "length"), [(datetime(2024, 2, 1), 29), (datetime(2026, 2, 1), 28)]
)
def test_february_is_as_long_as_it_is(month, length):
    found = forecast(days(1, 1, month=month), month.replace(day=2, hour=12))
    assert found is not None
    assert (found.of, found.expected) == (length, length)


def test_decimals_stay_exact():
    found = forecast(days("0.1", "0.2", "0.2"), datetime(2026, 11, 3, 12))
    assert found is not None
    assert found.expected == Decimal("0.1") * 9 + Decimal("0.2") * 21


NOW = datetime(2026, 11, 23, 12, 0, 5, tzinfo=PARIS)


@pytest.mark.parametrize("period", ["today", "last_7_days", "this_month", "last_12_months"])
def test_what_reaches_now_is_foreseen_over_its_month(period):
    found = month_so_far(MessageQuery(now=NOW, period=period, countries=("FR",)))
    assert found is not None
    assert found.span == (NOVEMBER, datetime(2026, 11, 23, 12, 0, 5))
    assert found.countries == ("FR",)


def test_what_ended_long_ago_is_not_foreseen():
    assert month_so_far(MessageQuery(now=NOW, period="last_month")) is None


def test_what_begins_later_is_not_foreseen():
    later = datetime(2026, 11, 24)
    assert month_so_far(MessageQuery(now=NOW).within(later, later + timedelta(days=3))) is None


def test_a_range_up_to_yesterday_s_end_still_is():
    assert month_so_far(MessageQuery(now=NOW, period="yesterday")) is not None
