"""The exact window routine against a model provider that takes every liberty."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from time import sleep
from typing import Any

import pytest

from messages_app.archive.bounds import WIDE, Bounds
from messages_app.archive.windows import (
    Allowance,
    Lengths,
    Proven,
    TooMuch,
    Unproven,
    Window,
    fetch_windows,
)
from messages_app.provider import PageRequest, PagingFault
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


def fetched(provider: ModelProvider, window: Window = DAY, **options: Any):
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
    _outcomes, found = fetched(provider, lengths=Lengths(longest=501))
    assert found == inside(provider)
    assert provider.calls == 2


class Shrinking(ModelProvider):
    """Loses its first row of the window once the first page is read."""

    def page(self, request):
        found = super().page(request)
        if self.calls == 1:
            self.rows.remove(min(self.rows, key=lambda row: row.date))
        return found


@pytest.mark.parametrize("longest", [0, 100, 500])
def test_a_page_cut_at_an_unknown_length_is_not_taken_for_whole(longest):
    """F31, F34: the row behind it moves up when another goes, and nothing is left behind."""
    provider = Shrinking(rows(101), cap=100)
    outcomes, found = fetched(provider, lengths=Lengths(longest=longest))
    assert inside(provider).keys() <= found.keys()
    assert all(isinstance(one, Proven) for one in outcomes)


def test_lengths_learn_that_a_cap_has_fallen():
    """F34: pages longer than one that was cut are no measure any more."""
    lengths = Lengths(longest=900)
    fetched(ModelProvider(rows(400), cap=100), lengths=lengths)
    assert lengths.is_cap(100)
    assert lengths.longest <= 100


def test_a_slow_caller_hears_the_beat_after_each_outcome():
    """F54, F64: leases are renewed and a stop is heard however fast the provider is read."""
    minutes = [Window(DAY.start + timedelta(minutes=n), DAY.start + timedelta(minutes=n, seconds=59))
               for n in range(60)]  # fmt: skip
    beats: list[int] = []
    taken: list[int] = []
    for _outcome in fetch_windows(
        ModelProvider([]), minutes, NARROW, at_once=4, beat=lambda: beats.append(len(taken))
    ):
        sleep(0.005)
        taken.append(1)
    assert len(taken) == 60
    assert max(b - a for a, b in pairwise([0, *beats])) <= 1


def test_what_is_urgent_goes_past_what_waits():
    """F65: also past what a window drawn earlier leads to."""
    provider = ModelProvider(rows(5000))
    hour = Window(DAY.start - timedelta(days=1), DAY.start - timedelta(hours=23))
    given: list[Window] = []

    def urgent():
        while True:
            new = provider.calls >= 4 and not given
            given.extend([hour] * new)
            yield hour if new else None

    list(fetch_windows(provider, [DAY], NARROW, urgent=urgent()))
    asked = [request.date_end < DAY.start for request in provider.asked]
    assert 4 <= asked.index(True) <= 8
    assert len(asked) > 12


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
    {"ignores_sort": True},
    {"short_pages": 0.2},
    {"doubles": 0.2},
    {"start_included": False, "cap": 250, "honest_totals": False, "doubles": 0.1},
]


def bounds_of(liberties) -> Bounds:
    return Bounds(liberties.get("start_included", True), liberties.get("end_included", True))


@pytest.mark.parametrize("seed", range(rounds(sample=4, full=60)))
@pytest.mark.parametrize("known", [False, True], ids=["wide", "known"])
@pytest.mark.parametrize("liberties", LIBERTIES, ids=str)
def test_every_row_of_the_range_comes_once(seed, known, liberties):
    """F32, F33, F34, F36, F37, F38, F39: whatever the provider does, what is proven is whole."""
    chance = random.Random(seed)
    edge = Window(DAY.start - timedelta(seconds=5), DAY.end + timedelta(seconds=5))
    provider = ModelProvider(rows(chance.randrange(3000), seed, edge), seed=seed, **liberties)
    options: dict[str, Any] = {"bounds": bounds_of(liberties)} if known else {}
    outcomes, found = fetched(provider, at_once=3, spread=1 + seed % 3, **options)
    assert found == inside(provider)
    assert all(isinstance(outcome, Proven) for outcome in outcomes)
    seconds = sum(outcome.window.seconds for outcome in outcomes)
    assert seconds == DAY.seconds, "the pieces cover the window once"


@pytest.mark.parametrize("spread", [True, False], ids=["spread", "on one second"])
@pytest.mark.parametrize("over", [0, 1])
def test_a_row_deleted_behind_a_page_of_just_the_cap_hides_no_other(over, spread):
    """F31, F34: thirty of 31 rows come, one of them goes: behind the page there is nothing left."""
    first, second = Window(DAY.start, DAY.start), Window(DAY.start + timedelta(hours=1), DAY.end)
    teaching = rows(70, 1, first)
    last = Window(second.start, second.end if spread else second.start)
    provider = ModelProvider([*teaching, *rows(30 + over, 2, last, 1000)], cap=30)

    class AsAfterADeletion:
        def page(self, request: PageRequest):
            is_later = request.start > 0 and request.date_end > first.end
            return provider.page(request.at(request.start + is_later))

    found = list(fetch_windows(AsAfterADeletion(), [first, second], NARROW, bounds=Bounds()))
    assert all(isinstance(one, Proven) for one in found)
    assert {row.key for one in found for row in one.records} == {row.key for row in provider.rows}


def test_full_pages_in_order_of_time_take_little_more_than_two_calls_each():
    provider = ModelProvider(rows(20_000))
    _outcomes, found = fetched(provider, bounds=Bounds(), spread=1)
    assert found == inside(provider)
    assert provider.calls / 20 <= 2.2


def test_a_page_whose_order_is_right_by_accident_is_not_believed():
    """F36: the provider answers by id, not by date; a straggler's early date lies pages behind."""
    minute = timedelta(minutes=1)
    steady = [record(message_id=n, date=DAY.start + n * minute / 2) for n in range(1500)]
    straggler = record(message_id=5000, date=DAY.start + 10 * minute)
    provider = ModelProvider([*steady, straggler], ignores_sort=True)
    _outcomes, found = fetched(provider, bounds=Bounds(), spread=1)
    assert found == inside(provider)


def test_windows_are_drawn_only_as_there_is_room_for_them():
    provider = ModelProvider(rows(5000))
    drawn = []

    def windows():
        for window in DAY.split(24):
            drawn.append(provider.calls)
            yield window

    found = list(fetch_windows(provider, windows(), NARROW, at_once=2))
    assert sum(outcome.window.seconds for outcome in found) == DAY.seconds
    assert drawn[-1] > 20, "the last window was drawn when most others were read"


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


@pytest.mark.parametrize("count", [999, 1000, 1001, 1950, 1951, 2900])
def test_a_second_whose_last_page_holds_only_rows_read_before_is_whole(count):
    """F32: the rows read once more behind a full page may be all that is left."""
    noon = datetime(2026, 11, 20, 12)
    provider = ModelProvider(rows(count, 1, Window(noon, noon)))
    outcomes, found = fetched(provider, Window(noon, noon))
    assert [type(o) for o in outcomes] == [Proven]
    assert len(found) == count


def test_a_low_cap_and_a_start_that_is_ignored_end():
    """F34, F35: no page is longer than what is read once more."""
    noon = datetime(2026, 11, 20, 12)
    provider = ModelProvider(rows(1500, 1, Window(noon, noon)), ignores_start=True, cap=20)
    outcomes, _found = fetched(provider, Window(noon, noon))
    assert [type(o) for o in outcomes] == [Unproven]


def test_a_second_that_never_reads_the_same_twice_is_not_believed():
    """F45 within one second: every answer lacks other rows, so no pass is proof."""
    noon = datetime(2026, 11, 20, 12)
    provider = ModelProvider(rows(2500, 1, Window(noon, noon)), hides=0.01)
    outcomes, found = fetched(provider, Window(noon, noon))
    assert [type(o) for o in outcomes] == [Unproven]
    assert found.keys() <= inside(provider).keys()


def test_a_row_seen_once_and_then_no_more_is_no_agreement(monkeypatch):
    """Two passes that agree with each other are no proof while a third saw more."""
    noon = datetime(2026, 11, 20, 12)
    provider = ModelProvider(rows(2500, 1, Window(noon, noon)))
    page = provider.page

    def forgetting(request):
        if provider.calls == 5:  # one look, and one pass of four pages
            del provider.rows[0]
        return page(request)

    monkeypatch.setattr(provider, "page", forgetting)
    outcomes, found = fetched(provider, Window(noon, noon))
    assert [type(o) for o in outcomes] == [Unproven]
    assert len(found) == 2500


def test_a_second_is_read_in_another_order_where_one_order_is_all_ties():
    noon = datetime(2026, 11, 20, 12)
    same = [
        record(message_id=n, date=noon, destination="33639980001", sender=f"S{n}")
        for n in range(3000)
    ]
    outcomes, found = fetched(ModelProvider(same), Window(noon, noon))
    assert [type(o) for o in outcomes] == [Proven]
    assert len(found) == 3000


@pytest.mark.parametrize("count", [0, 500, 2500])
def test_a_window_is_as_old_as_its_first_answer(count):
    """I4, I7: a later time would let it overwrite what was read meanwhile."""
    noon = datetime(2026, 11, 20, 12)
    provider = ModelProvider(rows(count, 1, Window(noon, noon)))
    outcomes, _found = fetched(provider, Window(noon, noon))
    used = provider.times[1:] if count > 1000 else provider.times
    assert [o.read_at for o in outcomes] == [used[0]]


def test_a_campaign_is_found_in_a_day_without_halving_down_to_it():
    noon = Window(datetime(2026, 11, 20, 12), datetime(2026, 11, 20, 12))
    provider = ModelProvider([*rows(900), *rows(4000, 2, noon, 10_000)])
    _outcomes, found = fetched(provider, bounds=Bounds())
    assert found == inside(provider)
    # One more: whether bounds are still as known.
    assert provider.calls <= 3 * 5 + 6 + 1


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
    assert found.keys() == inside(provider).keys() - {"sms_mt:5"}
    (unproven,) = [one for one in outcomes if isinstance(one, Unproven)]
    (bad,) = [row.date for row in provider.rows if row.key == "sms_mt:5"]
    dates = sorted(row.date for row in provider.rows)
    place = dates.index(bad)
    assert unproven.window == Window(dates[place - 1], dates[place + 1])
    assert sum(one.window.seconds for one in outcomes) == DAY.seconds
    assert provider.calls < 10


@pytest.mark.parametrize("count", [1, 2, 40])
def test_bad_rows_at_the_edges_and_among_themselves_leave_nothing_out(count):
    """F25: nothing good beside them tells where they lie."""
    bad = {f"sms_mt:{n}" for n in (0, 1, 39)}
    provider = ModelProvider(rows(count), bad_keys=frozenset(bad), ignores_sort=True)
    outcomes, found = fetched(provider)
    assert found.keys() == inside(provider).keys() - bad
    assert sum(one.window.seconds for one in outcomes) == DAY.seconds
    assert any(isinstance(one, Unproven) for one in outcomes)


@pytest.mark.parametrize("count", [20, 900, 5000])
def test_f35_a_start_that_is_ignored_ends_the_reading_at_once(count):
    provider = ModelProvider(rows(count), ignores_start=True)
    with pytest.raises(PagingFault):
        fetched(provider, bounds=Bounds(), at_once=2)
    assert provider.calls < 10


@pytest.mark.parametrize("honest", [True, False])
def test_an_allowance_refuses_before_reading_everything(honest):
    """F37: by a row behind what is allowed, whatever the totals say."""
    provider = ModelProvider(rows(5000), honest_totals=honest)
    with pytest.raises(TooMuch) as refused:
        fetched(provider, allowance=Allowance(rows=2000, calls=100))
    assert refused.value.rows == 5000 if honest else refused.value.rows in (None, 10**9)
    assert provider.calls == 2


def test_a_total_too_large_refuses_nothing():
    """F37: "never decide by a total"."""
    provider = ModelProvider(rows(1500), claims=10**18)
    _outcomes, found = fetched(provider, allowance=Allowance(rows=2000, calls=100))
    assert found == inside(provider)


def test_a_total_that_nobody_can_believe_is_not_repeated():
    provider = ModelProvider(rows(3000), claims=10**18)
    with pytest.raises(TooMuch) as refused:
        fetched(provider, allowance=Allowance(rows=2000, calls=100))
    assert refused.value.rows is None


def test_an_allowance_of_calls_holds():
    provider = ModelProvider(rows(5000), cap=50)
    with pytest.raises(TooMuch):
        fetched(provider, allowance=Allowance(calls=30))
    assert provider.calls == 30


@pytest.mark.parametrize("known", [Bounds(), WIDE], ids=["known", "wide"])
@pytest.mark.parametrize("change", ["insert", "delete"])
@pytest.mark.parametrize("seed", range(rounds(sample=6, full=60)))
def test_rows_that_come_and_go_between_two_pages_tear_no_window(known, change, seed, monkeypatch):
    """F30, F31: every row that was there from the first call to the last is in what is proven."""
    chance = random.Random(seed)
    provider = ModelProvider(rows(2600, seed), seed=seed)
    page, steady = provider.page, {row.key for row in provider.rows}

    def moving(request):
        if change == "insert":
            extra = rows(3, seed * 1000 + provider.calls, DAY, 10_000 + 3 * provider.calls)
            provider.rows.extend(extra)
        else:
            for _ in range(3):
                gone = provider.rows.pop(chance.randrange(len(provider.rows)))
                steady.discard(gone.key)
        return page(request)

    monkeypatch.setattr(provider, "page", moving)
    outcomes, found = fetched(provider, bounds=known, spread=1 + seed % 3)
    assert steady <= found.keys()
    keys = [record.key for outcome in outcomes for record in outcome.records]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("known", [Bounds(), WIDE], ids=["known", "wide"])
@pytest.mark.parametrize("seed", range(rounds(sample=3, full=30)))
def test_a_window_is_what_the_provider_had_at_one_moment(known, seed, monkeypatch):
    """F30: while rows come in at its head and its end, pages put together would hold some of the later
    ones and lack others."""
    provider = ModelProvider(rows(2600, seed), seed=seed)
    page, moments = provider.page, []

    def moving(request):
        if provider.calls < 20:
            number = 10_000 + 2 * provider.calls
            provider.rows.append(record(message_id=number, date=DAY.start))
            provider.rows.append(record(message_id=number + 1, date=DAY.end))
        moments.append(list(provider.rows))
        return page(request)

    monkeypatch.setattr(provider, "page", moving)
    outcomes, _found = fetched(provider, bounds=known, spread=1 + seed % 3)
    for outcome in outcomes:
        held = {row.key for row in outcome.records}
        had = [{row.key for row in then if outcome.window.holds(row)} for then in moments]
        assert held in had


def test_filters_travel_with_every_call():
    provider = ModelProvider(rows(2500))
    narrow = PageRequest(date_start=DAY.start, date_end=DAY.end, country="FR", status="sent")
    list(fetch_windows(provider, [DAY], narrow))
    assert {(r.country, r.status) for r in provider.asked} == {("FR", "sent")}


def test_a_page_that_was_cut_by_chance_is_no_cap_for_others_of_its_length():
    few, many = (ModelProvider(rows(count)).page(NARROW) for count in (3, 40))
    lengths = Lengths()
    lengths.was_cut(few)
    assert lengths.is_cap(few.size)
    lengths.saw(many)
    assert not lengths.is_cap(few.size)
    assert not lengths.is_surely_whole(replace(few, total_display_records=0))
    lengths.was_cut(many)
    assert lengths.is_cap(many.size)
