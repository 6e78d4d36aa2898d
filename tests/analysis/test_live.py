"""The live source shares one reading among the parts of a page, and no longer than half a minute."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from messages_app.analysis import live
from messages_app.analysis.listing import list_messages
from messages_app.analysis.live import KEPT_SECONDS, LiveSource
from messages_app.analysis.query import MessageQuery
from messages_app.archive.windows import RANGE_IGNORED, START_IGNORED, Proven, TooMuch, Window
from messages_app.models import ProviderTrait
from messages_app.provider import Page, PageRequest, TimedOut
from tests.archive.model_provider import ModelProvider
from tests.factories import incoming, record

NOW = datetime(2026, 11, 20, 18, tzinfo=ZoneInfo("Europe/Paris"))
URL = "https://api.example.org"

pytestmark = pytest.mark.django_db


@dataclass
class Clock:
    time: float = 0.0

    def __call__(self) -> float:
        return self.time


@dataclass
class Client(ModelProvider):
    """The model as a client: filters, and calls that bear a budget."""

    budgets: list[float | None] = field(default_factory=list)

    def page(self, request: PageRequest, *, budget: float | None = None) -> Page:
        self.budgets.append(budget)
        everything, self.rows = self.rows, [r for r in self.rows if holds(r, request)]
        try:
            return super().page(request)
        finally:
            self.rows = everything

    def pages(self, request: PageRequest, *, budget: float | None = None) -> Any:
        while not (page := self.page(request, budget=budget)).is_empty:
            yield page
            request = request.at(request.start + page.size)


def holds(row, request: PageRequest) -> bool:
    kinds = {"messages-out": "sms_mt", "messages-in": "sms_mo"}
    return (
        request.country in ("", row.country)
        and request.status in ("", row.status_name)
        and request.destination in ("", row.destination)
        and row.type == kinds.get(request.type, row.type)
    )


ROWS = [
    *[
        record(message_id=n, date=datetime(2026, 11, 20, 8) + timedelta(minutes=n), country=code)
        for n, code in enumerate(["FR", "BE", "FR", "SN"] * 30)
    ],
    incoming(message_id=5, date=datetime(2026, 11, 20, 9)),
]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client() -> Client:
    ProviderTrait.objects.create(api_url=URL, name="bounds", value="included,included")
    return Client(list(ROWS))


@pytest.fixture
def source(client, clock) -> LiveSource:
    return LiveSource(client, URL, at_once=1, clock=clock)


def query(**changes) -> MessageQuery:
    return MessageQuery(now=NOW, period="today", **changes)


def test_one_reading_serves_every_part_of_a_page(source, client):
    source.rows(query())
    calls = client.calls
    source.rows(query(sort="-cost"))
    source.rows(query(countries=("BE", "FR")))
    assert client.calls == calls


def test_a_reading_ages_and_is_done_again(source, client, clock):
    first = source.rows(query())
    client.rows.append(record(message_id=999, date=datetime(2026, 11, 20, 17)))
    assert len(source.rows(query()).records) == len(first.records)
    clock.time = KEPT_SECONDS
    assert len(source.rows(query()).records) == len(first.records) + 1


def test_a_relative_period_keeps_the_now_of_its_reading(source):
    source.rows(query())
    later = MessageQuery(now=NOW + timedelta(seconds=10), period="today")
    answer = source.rows(later)
    assert answer.query.now == answer.as_of == NOW


def test_another_filter_is_another_reading(source, client):
    everything = source.rows(query())
    french = source.rows(query(countries=("FR",)))
    assert {r.country for r in french.records} == {"FR"}
    assert len(french.records) < len(everything.records)


def test_two_who_ask_at_once_wait_for_one_reading(source, monkeypatch):
    calls = []
    barrier = Barrier(3)

    def read(_source, asked):
        calls.append(asked)
        return live.LiveRows(asked, tuple(ROWS), NOW)

    def ask():
        barrier.wait()
        source.rows(query())
        connection.close()  # a thread's own, which asked who was erased

    monkeypatch.setattr(LiveSource, "_fetched", read)
    threads = [Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


def test_memory_holds_a_few_readings_and_drops_the_oldest(source, client, clock, monkeypatch):
    monkeypatch.setattr(live, "KEPT_ROWS", len(ROWS) + 10)
    source.rows(query())
    clock.time = 1
    source.rows(query(type="messages-out"))
    assert not source.has(query())
    assert source.has(query(type="messages-out"))


def test_numbers_never_share_a_reading(source, client):
    """Another number's rows would be somebody else's messages."""
    client.rows = [
        record(message_id=n, destination=number, date=datetime(2026, 11, 20, 8, n))
        for n, number in enumerate(["33639980001", "33639980002"])
    ]
    for row in list(client.rows):
        answer = source.rows(query(destination=row.destination))
        assert [r.destination for r in answer.records] == [row.destination]


def test_too_many_rows_are_refused_by_two_calls_and_for_a_while_by_none(
    source, client, clock, monkeypatch
):
    monkeypatch.setattr(live, "LIVE_ROWS", 50)
    client.cap = 40
    with pytest.raises(TooMuch):
        source.rows(query())
    calls = client.calls
    assert calls <= 3
    with pytest.raises(TooMuch):
        source.rows(query())
    assert client.calls == calls
    clock.time = live.REFUSED_SECONDS
    with pytest.raises(TooMuch):
        source.rows(query())
    assert client.calls > calls


def test_a_refused_question_leaves_nothing_behind(source, client, monkeypatch):
    monkeypatch.setattr(live, "LIVE_ROWS", 10)
    for n in range(5):
        with pytest.raises(TooMuch):
            source.rows(query(countries=("BE", "FR"), campaign=str(n)))
    assert source._locks == {}


def test_all_calls_of_a_question_together_end_in_time(source, client, clock, monkeypatch):
    page = client.page

    def slow(request, **options):
        clock.time += 20
        return page(request, **options)

    monkeypatch.setattr(client, "page", slow)
    client.cap = 20
    with pytest.raises(TimedOut):
        source.rows(query())
    assert clock.time <= live.WHOLE_PATIENCE + 20
    assert client.budgets[-1] <= live.WHOLE_PATIENCE - 40


def test_a_row_that_moves_while_the_range_is_read_counts_once_and_is_told(source, monkeypatch):
    """F43: two windows both show it, each rightly at its time."""
    noon, evening = datetime(2026, 11, 20, 12), datetime(2026, 11, 20, 22)
    moved = [record(message_id=1, date=noon), record(message_id=1, date=evening)]
    windows = [Proven(Window(r.date, r.date), (r,), NOW) for r in moved]
    monkeypatch.setattr(live, "fetch_windows", lambda *_args, **_options: iter(windows))
    answer = source.rows(query())
    assert answer.records == (moved[1],)
    assert answer.unproven == (live.MOVED,)


BREACHES = [
    ({"ignores_bounds": True}, RANGE_IGNORED),
    ({"ignores_start": True}, START_IGNORED),
    ({"ignores_sort": True}, live.OUT_OF_ORDER),
]


@pytest.mark.parametrize(("liberty", "said"), BREACHES)
def test_a_provider_that_does_not_do_as_asked_is_told(source, client, liberty, said):
    """F35, F36, F38: the page says so, and forgets what it believed of the bounds."""
    client.rows = [
        record(message_id=n, date=datetime(2026, 11, 19 + n % 2, 23 * (1 - n % 2), n // 2 % 60))
        for n in range(100)
    ]
    for name, value in liberty.items():
        setattr(client, name, value)
    asked = MessageQuery(now=NOW, period="last_7_days", per_page=25)
    if "ignores_bounds" in liberty:
        asked = query(per_page=25)
    pages = [list_messages(asked.but(page=n), source) for n in (1, 2)]
    assert said in pages[1].unproven
    assert ProviderTrait.objects.exists() == (said != RANGE_IGNORED)


def test_a_provider_that_does_as_asked_is_not_suspected(source):
    pages = [list_messages(query(per_page=25, page=n), source) for n in (1, 2, 3, 1, 2)]
    assert all(page.unproven == () for page in pages)


@pytest.mark.parametrize(
    "asked",
    [{"type": "messages-in"}, {"countries": ("BE",)}, {"statuses": ("denied",)},
     {"destination": "33639980009"}],
    ids=str,
)  # fmt: skip
def test_rows_that_were_not_asked_for_are_told(client, asked, monkeypatch):
    """PROVIDER_API leaves open whether a destination matches in part; nothing is shown in silence."""
    monkeypatch.setattr(Client, "page", lambda s, r, budget=None: ModelProvider.page(s, r))
    client.ignores_destination = True
    listing = list_messages(query(**asked), LiveSource(client, URL))
    assert live.OUT_OF_FILTER in listing.unproven


def test_one_second_is_found_also_where_bounds_are_excluded(client):
    """The first question to a new provider may be one message's second."""
    ProviderTrait.objects.all().delete()
    client.start_included = client.end_included = False
    second = ROWS[7].date
    source = LiveSource(client, URL)
    listing = list_messages(MessageQuery(now=NOW).within(second, second), source)
    assert [row.key for row in listing.rows] == [ROWS[7].key]


def test_a_link_is_found_also_where_bounds_are_excluded(client):
    ProviderTrait.objects.all().delete()
    client.start_included = client.end_included = False
    assert LiveSource(client, URL).find("sms_mt:7", ROWS[7].date) == ROWS[7]


def test_what_is_known_of_one_address_is_not_believed_of_another(client):
    client.start_included = client.end_included = False
    day = PageRequest(date_start=ROWS[7].date, date_end=ROWS[7].date)
    found = LiveSource(client, "https://other.example.org").page(day)
    assert [row.key for row in found.records] == [ROWS[7].key]


def test_every_call_for_somebody_who_waits_ends_in_time(source, client):
    source.rows(query())
    source.page(PageRequest(date_start=datetime(2026, 11, 20), date_end=datetime(2026, 11, 21)))
    source.find("sms_mt:7", ROWS[7].date)
    assert set(client.budgets) == {live.PATIENCE}


def test_a_row_just_shown_opens_without_a_call(source, client):
    source.page(PageRequest(date_start=datetime(2026, 11, 20), date_end=datetime(2026, 11, 21)))
    calls = client.calls
    assert source.find("sms_mt:7", ROWS[7].date) == ROWS[7]
    assert client.calls == calls


def test_a_row_read_a_while_ago_is_asked_for_anew(client):
    clock = [0.0]
    source = LiveSource(client, URL, clock=lambda: clock[0])
    source.rows(query())
    calls = client.calls
    assert source.find("sms_mt:7", ROWS[7].date) == ROWS[7]
    assert client.calls == calls
    clock[0] = live.KEPT_SECONDS
    assert source.find("sms_mt:7", ROWS[7].date) == ROWS[7]
    assert client.calls > calls


def test_a_row_is_found_by_its_second_and_its_direction(source):
    assert source.find("sms_mt:5", ROWS[5].date) == ROWS[5]
    assert source.find("sms_mo:5", ROWS[-1].date) == ROWS[-1]
    assert source.find("sms_mo:7", ROWS[7].date) is None
    # A link with another second must not open it, though it was just read.
    source.rows(query())
    assert source.find("sms_mt:5", ROWS[6].date) is None


def test_a_listing_from_all_rows_is_sorted_the_same_way_each_time(source):
    pages = [
        [r.key for r in list_messages(query(sort="-country", page=n, per_page=25), source).rows]
        for n in (1, 2, 3, 4, 5)
    ]
    keys = [key for page in pages for key in page]
    assert len(keys) == len(set(keys)) == len(ROWS)
    again = list_messages(query(sort="-country", page=2, per_page=25), source)
    assert [r.key for r in again.rows] == pages[1]


def test_a_row_that_comes_twice_in_one_page_is_shown_once_and_told(source, client):
    client.cap, client.seed = 10, 3
    for row in range(len(client.rows)):
        client.rows[row] = record(message_id=row, date=datetime(2026, 11, 20, 8))
    listing = list_messages(query(per_page=100), source)
    keys = [row.key for row in listing.rows]
    assert len(keys) == len(set(keys)) < 100
    assert listing.unproven


@pytest.mark.parametrize("start", [True, False])
@pytest.mark.parametrize("end", [True, False])
def test_bounds_are_found_out_once_for_an_address_and_kept(client, start, end):
    ProviderTrait.objects.all().delete()
    client.start_included, client.end_included = start, end
    day = PageRequest(date_start=datetime(2026, 11, 20), date_end=datetime(2026, 11, 20, 23))
    LiveSource(client, URL).page(day)
    words = ("excluded", "included")
    assert ProviderTrait.objects.get().value == f"{words[start]},{words[end]}"
    assert client.calls <= 1 + 4
    client.calls = 0
    LiveSource(client, URL).page(day)
    assert client.calls == 1


def test_nothing_is_remembered_of_an_account_without_rows(client):
    ProviderTrait.objects.all().delete()
    client.rows = []
    day = PageRequest(date_start=datetime(2026, 11, 20), date_end=datetime(2026, 11, 20, 23))
    assert LiveSource(client, URL).page(day).is_empty
    assert not ProviderTrait.objects.exists()
