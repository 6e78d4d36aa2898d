"""The exact window routine against a model provider that takes every liberty."""

import random
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from messages_app.archive.windows import (
    Allowance,
    Bounds,
    Proven,
    TooMuch,
    Unproven,
    Window,
    fetch_windows,
)
from messages_app.provider import PageRequest
from tests.archive.model_provider import ModelProvider
from tests.campaign import rounds
from tests.factories import record

DAY = Window(datetime(2026, 11, 20), datetime(2026, 11, 20, 23, 59, 59))
NARROW = PageRequest(date_start=DAY.start, date_end=DAY.end)


def rows(count: int, seed: int = 1, window: Window = DAY, first_id: int = 1):
    """Rows at random seconds of a window and, as ever, some of them on the same second."""
    chance = random.Random(seed)
    return [
        record(
            message_id=first_id + number,
            date=window.start + timedelta(seconds=chance.randrange(window.seconds)),
            destination=f"3363998{chance.randrange(10**4):04}",
        )
        for number in range(count)
    ]


def fetched(provider: ModelProvider, window: Window = DAY, **options):
    outcomes = list(fetch_windows(provider, [window], NARROW, **options))
    return outcomes, {r.key: r for outcome in outcomes for r in outcome.records}


def inside(provider: ModelProvider, window: Window = DAY):
    return {r.key: r for r in provider.rows if window.holds(r)}


def test_an_empty_window_is_proven_by_one_call():
    provider = ModelProvider([])
    outcomes, found = fetched(provider)
    assert [type(o) for o in outcomes] == [Proven]
    assert found == {}
    assert provider.calls == 1


def test_a_window_that_fits_one_response_takes_two_calls():
    provider = ModelProvider(rows(500))
    _outcomes, found = fetched(provider)
    assert found == inside(provider)
    assert provider.calls == 2


def test_a_short_page_is_never_taken_for_the_end():
    """F33, F34: a cap lower than asked."""
    provider = ModelProvider(rows(900), cap=100)
    outcomes, found = fetched(provider)
    assert found == inside(provider)
    assert all(isinstance(o, Proven) for o in outcomes)


def test_windows_of_one_split_touch_and_do_not_overlap():
    pieces = DAY.split(7)
    assert pieces[0].start == DAY.start
    assert pieces[-1].end == DAY.end
    for one, following in pairwise(pieces):
        assert following.start - one.end == timedelta(seconds=1)


LIBERTIES = [
    {},
    {"start_included": False, "end_included": False},
    {"honest_totals": False},
    {"cap": 137},
    {"short_pages": 0.2},
    {"doubles": 0.2},
    {"start_included": False, "cap": 250, "honest_totals": False, "doubles": 0.1},
]


@pytest.mark.parametrize("seed", range(rounds(sample=4, full=60)))
@pytest.mark.parametrize("liberties", LIBERTIES, ids=str)
def test_every_row_of_the_range_comes_once(seed, liberties):
    """F32, F33, F34, F37, F38, F39: whatever the provider does, what is proven is whole."""
    chance = random.Random(seed)
    edge = Window(DAY.start - timedelta(seconds=5), DAY.end + timedelta(seconds=5))
    provider = ModelProvider(rows(chance.randrange(3000), seed, edge), seed=seed, **liberties)
    outcomes, found = fetched(provider, at_once=3)
    assert found == inside(provider)
    assert all(isinstance(outcome, Proven) for outcome in outcomes)


def test_a_campaign_on_one_second_with_heavy_neighbours_is_whole():
    """F32: 4,000 rows on a second, 900 on each neighbour, ties in random order."""
    noon = datetime(2026, 11, 20, 12)
    second = timedelta(seconds=1)
    heavy = [
        *rows(900, 1, Window(noon - second, noon - second), 1),
        *rows(4000, 2, Window(noon, noon), 10_000),
        *rows(900, 3, Window(noon + second, noon + second), 50_000),
    ]
    provider = ModelProvider(heavy)
    window = Window(noon - timedelta(seconds=30), noon + timedelta(seconds=30))
    outcomes, found = fetched(provider, window)
    assert found == inside(provider, window)
    assert all(isinstance(outcome, Proven) for outcome in outcomes)


def test_a_second_that_never_reads_the_same_twice_is_not_believed():
    """F45 within one second: every answer lacks other rows, so no pass is proof."""
    noon = datetime(2026, 11, 20, 12)
    provider = ModelProvider(rows(2500, 1, Window(noon, noon)), hides=0.01)
    outcomes, found = fetched(provider, Window(noon, noon))
    assert [type(o) for o in outcomes] == [Unproven]
    assert found.keys() <= inside(provider).keys()


def test_a_campaign_is_found_in_a_day_without_halving_down_to_it():
    noon = Window(datetime(2026, 11, 20, 12), datetime(2026, 11, 20, 12))
    provider = ModelProvider([*rows(900), *rows(4000, 2, noon, 10_000)])
    _outcomes, found = fetched(provider, bounds=Bounds())
    assert found == inside(provider)
    assert provider.calls <= 3 * 5 + 6


def test_known_bounds_ask_for_no_second_too_many():
    provider = ModelProvider(rows(100), start_included=False, end_included=False)
    _outcomes, found = fetched(provider, bounds=Bounds(start_included=False, end_included=False))
    assert found == inside(provider)
    assert {(r.date_start, r.date_end) for r in provider.asked} == {
        (DAY.start - timedelta(seconds=1), DAY.end + timedelta(seconds=1))
    }


def test_pages_in_date_order_alone_would_have_lost_rows_of_that_second():
    """Why a heavy second is read in other orders: by date its rows all tie."""
    noon = datetime(2026, 11, 20, 12)
    provider = ModelProvider(rows(4000, 2, Window(noon, noon)))
    request = PageRequest(date_start=noon, date_end=noon, length=1000, sort="date")
    pages = [provider.page(request.at(start)) for start in range(0, 4000, 1000)]
    assert len({r.key for page in pages for r in page.records}) < 4000


def test_f35_a_provider_that_ignores_start_is_told_apart_from_a_full_answer():
    noon = datetime(2026, 11, 20, 12)
    provider = ModelProvider(rows(1500, 1, Window(noon, noon)), ignores_start=True)
    outcomes, _found = fetched(provider, Window(noon, noon))
    assert [type(o) for o in outcomes] == [Unproven]


def test_f38_a_provider_that_ignores_the_range_is_not_asked_for_ever():
    provider = ModelProvider(rows(3000), ignores_bounds=True)
    hour = Window(DAY.start, DAY.start + timedelta(hours=1))
    outcomes, _found = fetched(provider, hour)
    assert [type(o) for o in outcomes] == [Unproven]
    assert provider.calls < 5


def test_f25_a_bad_row_leaves_its_window_unproven_and_the_others_whole():
    provider = ModelProvider(rows(100), bad_keys=frozenset({"sms_mt:5"}))
    outcomes, found = fetched(provider)
    assert [type(o) for o in outcomes] == [Unproven]
    assert found.keys() == inside(provider).keys() - {"sms_mt:5"}


def test_an_allowance_refuses_by_the_provider_s_count_before_reading_everything():
    provider = ModelProvider(rows(5000))
    with pytest.raises(TooMuch) as refused:
        fetched(provider, allowance=Allowance(rows=2000, calls=100))
    assert refused.value.rows == 5000
    assert provider.calls == 1


def test_an_allowance_holds_also_where_totals_say_nothing():
    provider = ModelProvider(rows(5000), honest_totals=False)
    with pytest.raises(TooMuch):
        fetched(provider, allowance=Allowance(rows=2000, calls=100))
    assert provider.calls <= 101


def test_filters_travel_with_every_call():
    provider = ModelProvider(rows(2500))
    narrow = PageRequest(date_start=DAY.start, date_end=DAY.end, country="FR", status="sent")
    list(fetch_windows(provider, [DAY], narrow))
    assert {(r.country, r.status) for r in provider.asked} == {("FR", "sent")}
