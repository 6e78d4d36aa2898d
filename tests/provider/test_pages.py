"""Good answers over real HTTP: one page, all pages, several at once."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from messages_app.provider import BadRow, PagingFault, ProviderError
from tests.provider.answers import CANARY_TOKEN, SAMPLES, body, request, row
from tests.provider.fault_server import reply

SAMPLE_JSON = (SAMPLES / "messages.json").read_bytes()
SAMPLE_XML = (SAMPLES / "messages.xml").read_bytes()


def test_a_page_holds_typed_records(client, server):
    server.script(reply(SAMPLE_JSON))
    page = client.page(request())
    sent, received = page.records
    assert (sent.key, sent.status, sent.cost) == ("sms_mt:138", "SENT", Decimal(1))
    assert (received.key, received.sender, received.dlr_date) == ("sms_mo:256", "33612345678", None)
    assert (page.size, page.total_records, page.total_display_records) == (2, 2, 2)
    assert page.fetched_at.tzinfo is UTC
    assert abs((datetime.now(UTC) - page.fetched_at).total_seconds()) < 30
    assert 0 < page.seconds < 1


def test_the_two_sample_answers_of_the_provider_give_the_same_records(new_client, server):
    server.script(reply(SAMPLE_JSON), reply(SAMPLE_XML))
    pages = [new_client(format=form).page(request()) for form in ("json", "xml")]
    assert pages[0].records == pages[1].records
    assert pages[0].total_records == pages[1].total_records


@pytest.mark.parametrize(
    ("form", "accept"), [("json", b"application/json"), ("xml", b"application/xml")]
)
def test_the_request_carries_all_parameters_and_the_token_in_its_header(
    new_client, server, form, accept
):
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
    assert b"Accept: " + accept in headers
    assert f"Authorization: Bearer {CANARY_TOKEN}".encode() in headers
