"""Good answers over real HTTP: one page, all pages, several at once."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from messages_app.provider import (
    BadRequest,
    ClientLimits,
    NetworkFault,
    PagingFault,
    ProviderError,
)
from tests.provider.answers import CANARY_TOKEN, SAMPLES, body, parameter, request, row
from tests.provider.fault_server import raw, reply

SAMPLE_JSON = (SAMPLES / "messages.json").read_bytes()
SAMPLE_XML = (SAMPLES / "messages.xml").read_bytes()


def paged(rows, *, cap=1000):
    """A step that obeys `start` and `length` over these rows, with a page cap of its own."""

    def step(connection):
        start, length = (parameter(name, connection.request) for name in ("start", "length"))
        return reply(body(*rows[start : start + min(length, cap)], totalRecords=7))(connection)

    return step


def test_a_page_holds_typed_records(client, server):
    server.script(reply(SAMPLE_JSON))
    page = client.page(request())
    sent, received = page.records
    assert (sent.key, sent.status, sent.cost) == ("sms_mt:138", "SENT", Decimal(1))
    assert (received.key, received.sender, received.dlr_date) == ("sms_mo:256", "33612345678", None)
    assert (page.size, page.total_records, page.total_display_records) == (2, 2, 2)
    assert 0 < page.seconds < 1


def test_a_page_tells_when_it_was_asked_for_not_when_it_came(new_client, server):
    """A slow answer shows the provider as it was, so an older reading never looks newer."""
    asked = threading.Event()

    def slow(connection):
        asked.set()
        connection.rest(0.1)
        return reply(body())(connection)

    moments = [datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 13, tzinfo=UTC)]
    server.script(slow)
    page = new_client(now=lambda: moments[asked.is_set()]).page(request())
    assert page.fetched_at == moments[0]


def test_the_two_sample_answers_of_the_provider_give_the_same_records(new_client, server):
    server.script(reply(SAMPLE_JSON), reply(SAMPLE_XML))
    pages = [new_client(format=form).page(request()) for form in ("json", "xml")]
    assert len(pages[0].records) == 2
    assert pages[0].records == pages[1].records
    assert pages[0].total_records == pages[1].total_records


@pytest.mark.parametrize("form", ["json", "xml"])
def test_the_request_carries_all_parameters_and_the_token_in_its_header(form, new_client, server):
    server.script(reply(SAMPLE_JSON if form == "json" else SAMPLE_XML))
    everything = request(
        type="messages-out", country="FR", status="sent", start=200, length=100, sort="-date"
    )
    new_client(f"{server.url}/v1/", format=form).page(everything)
    line, *headers = server.requests[0].split(b"\r\n")
    assert line == (
        b"GET /v1/messages?date_start=2024-12-11+00%3A00%3A00&date_end=2024-12-11+23%3A59%3A59"
        b"&destination=33639987654&message=canary+text+%C3%A9t%C3%A9&type=messages-out&country=FR"
        b"&status=sent&sort=-date&start=200&length=100 HTTP/1.1"
    )
    assert f"Accept: application/{form}".encode() in headers
    assert f"Authorization: Bearer {CANARY_TOKEN}".encode() in headers
    assert not any(header.lower().startswith(b"cookie") for header in headers)


def test_cookies_of_the_provider_are_not_kept(client, server):
    server.script(reply(body(), Set_Cookie="session=1; Path=/"))
    client.page(request())
    client.page(request())
    assert b"session" not in server.requests[1]


@pytest.mark.parametrize(("cap", "calls"), [(1000, 2), (10, 4), (3, 10)])
def test_all_pages_end_on_an_empty_one_whatever_the_totals_say(cap, calls, client, server):
    rows = [row(n) for n in range(25)]
    server.script(paged(rows, cap=cap))
    pages = list(client.pages(request()))
    assert [record.message_id for page in pages for record in page.records] == list(range(25))
    assert client.calls == calls


def test_all_pages_count_bad_rows_in_the_offset(client, server):
    rows = [row(n, **({"date": "soon"} if n % 3 else {})) for n in range(20)]
    server.script(paged(rows))
    pages = list(client.pages(request(), page_length=7))
    assert sum(page.size for page in pages) == 20
    assert sum(len(page.records) for page in pages) == 7


def test_all_pages_raise_what_a_page_raises(client, server):
    server.script(reply(body(row(1))), reply(b"", "400 Bad"))
    pages = client.pages(request())
    assert next(pages).size == 1
    with pytest.raises(BadRequest):
        next(pages)


@pytest.mark.parametrize(
    "answer",
    [
        body(row(1), row(2)),
        body(row(1), row(2, date="")),
        body(row(1, date=""), row(2, date="")),
        body(row(None), row(None)),
        body(None, {}, 1),
    ],
)
def test_f35_a_start_that_is_ignored_ends_as_a_paging_fault(answer, client, server):
    server.script(reply(answer))
    with pytest.raises(PagingFault):
        list(client.pages(request()))
    assert client.calls <= 2


def test_f35_one_new_row_among_old_ones_is_progress(client, server):
    """Rows that arrive at the head push others onto the next page."""
    server.script(reply(body(row(1), row(2))), reply(body(row(2), row(3))), reply(body()))
    assert [page.size for page in client.pages(request())] == [2, 2]


def test_outgoing_and_incoming_rows_may_share_an_id(client, server):
    server.script(reply(body(row(1))), reply(body(row(1, type="sms_mo"))), reply(body()))
    assert len(list(client.pages(request()))) == 2


def at_once(client, requests, places):
    """The pages of several requests, asked by `places` threads of one client."""
    with ThreadPoolExecutor(places) as pool:
        return list(pool.map(client.page, requests))


def test_several_pages_at_once_come_with_their_requests(new_client, server):
    rows = [row(n) for n in range(40)]
    server.script(paged(rows))
    asked = [request(start=n, length=5) for n in range(0, 40, 5)]
    pages = at_once(new_client(concurrency=4), asked, 8)
    assert [page.records[0].message_id for page in pages] == [one.start for one in asked]


def test_several_pages_at_once_are_as_many_as_allowed_and_no_more(new_client, server):
    together = threading.Barrier(3)
    now, most, lock = 0, 0, threading.Lock()

    def counted(connection):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        together.wait(5)
        with lock:
            now -= 1
        return reply(body())(connection)

    server.script(counted)
    asked = [request(start=n) for n in range(9)]
    assert len(at_once(new_client(concurrency=3), asked, 9)) == 9
    assert most == 3
    assert server.connections == 3, "connections are kept"


def test_a_closed_client_says_so(client, server):
    client.close()
    with pytest.raises(ProviderError) as caught:
        client.page(request())
    assert caught.value.kind == "closed"
    assert server.requests == []


def test_closing_wakes_a_call_that_waits_for_its_next_try(new_client, server):
    client = new_client(limits=ClientLimits(backoff_base=30), random=lambda: 1.0)
    answered = threading.Event()

    def fail(connection):
        answered.set()
        return raw(b"")(connection)

    server.script(fail)
    caught = []

    def ask():
        try:
            client.page(request())
        except ProviderError as error:
            caught.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert answered.wait(5)
    client.close()
    thread.join(5)
    assert not thread.is_alive()
    assert isinstance(caught[0], NetworkFault)


def test_the_samples_are_the_providers_own():
    """The only numbers here that are not from fiction ranges."""
    assert json.loads(SAMPLE_JSON)["messages"][0]["destination"] == "33612345678"
    assert SAMPLE_XML.count(b"33612345678") == 2
    assert b'<date>"2024-12-11 15:55:49"</date>' in SAMPLE_XML
