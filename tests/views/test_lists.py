"""The list in its less usual states: whole ranges, nothing found, incoming messages, one message."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

from messages_app.addresses import conversation_path
from messages_app.analysis.countries import flag
from messages_app.analysis.numbers import shown_number
from messages_app.analysis.query import MessageQuery
from messages_app.privacy import COVERED, OPEN
from messages_app.sealing import unseal
from messages_app.views.nothing import nothing
from tests.views.conftest import NOW
from tests.views.test_pages import found, text

BROWSER = {"sec-fetch-dest": "document"}
WHOLE = ({"sort": "-parts"}, {"sort": "cost"}, {"sender": "ACME"}, {"country": "FR,BE"})


def links(shown: str) -> dict[str, str]:
    """Words of each link → its address."""
    pairs = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>([^<]+)</a>', shown)
    return {words.strip(): unescape(href) for href, words in pairs}


@pytest.mark.parametrize("asked", WHOLE)
def test_a_whole_range_shows_its_frame_first_and_reads_nothing_for_it(
    account, support_client, asked
):
    support_client.get("/messages/", {"period": "today"})
    account.reset_calls()
    question = {**asked, "period": "today"}
    shown = text(support_client.get("/messages/", question, follow=True, headers=BROWSER))
    assert account.calls == 0
    assert "are being read from the provider" in shown
    assert "<noscript><meta http-equiv=" in shown
    assert 'class="sort-link"' in shown
    assert "data-total" not in shown
    address = unescape(found(r'id="results" hx-get="([^"]+)"', shown))
    assert dict(parse_qsl(urlsplit(address).query))["wait"] == "1"
    rows = text(support_client.get(address))
    assert "data-total" in rows
    assert 'hx-trigger="load, again" hx-target="this" hx-select="#results"' not in rows
    # What is at hand needs no frame, and an address to copy does not ask to wait.
    again = text(support_client.get(address.replace("wait=1", ""), headers=BROWSER))
    assert "data-total" in again
    assert "wait=1" not in found(r'data-copy="([^"]+)"', rows)


def test_a_refresh_of_a_whole_range_brings_rows_and_no_frame(account, support_client):
    shown = text(
        support_client.get(
            "/messages/", {"period": "today", "sort": "cost", "refresh": "1", "wait": "1"}
        )
    )
    again = unescape(found(r'<span hx-get="([^"]+)" hx-trigger="every 30s, now"', shown))
    assert "wait=1" in again


def test_a_page_of_the_provider_needs_no_frame(account, support_client):
    answer = support_client.get("/messages/", {"sort": "status"}, headers=BROWSER)
    assert "data-total" in text(answer)


def test_a_program_has_a_whole_range_in_one_answer(account, support_client):
    answer = support_client.get("/messages/", {"sort": "cost", "period": "today"})
    assert "data-total" in text(answer)


def test_htmx_is_shown_the_frame_of_a_whole_range(account, support_client):
    question = {"sort": "cost", "period": "yesterday", "per_page": "200"}
    answer = support_client.get("/messages/", question, headers={"hx-request": "true"})
    assert "are being read from the provider" in text(answer)


def test_the_flag_stands_beside_the_handset(account, support_client):
    asked = {"type": "messages-in", "period": "last_30_days"}
    shown = text(support_client.get("/messages/", asked))
    row = next(r for r in account.rows() if r["type"] == "sms_mo" and r["sender"][:2] == "33")
    assert row["destination"].isdigit()
    cells = re.findall(r'<td class="route">(.*?)</td>', shown)
    assert len(cells) > 20
    for cell in cells:
        sender, destination = cell.split("→")
        assert 'class="flag"' in sender
        assert 'class="flag"' not in destination
    assert any(flag("FR") in cell for cell in cells)
    outgoing = text(support_client.get("/messages/", {"type": "messages-out"}))
    for cell in re.findall(r'<td class="route">(.*?)</td>', outgoing):
        sender, destination = cell.split('aria-hidden="true">→</span>')
        assert 'class="flag"' not in sender
        assert 'class="flag"' in destination


def test_incoming_messages_of_a_country_are_none_and_it_is_said_why(account, support_client):
    shown = text(support_client.get("/messages/", {"type": "messages-in", "country": "FR"}))
    assert 'data-total="0"' in shown
    assert shown.count("gives incoming messages no country") >= 2  # sentence and empty state
    assert 'data-total="0"' not in text(support_client.get(links(shown)["All countries"]))


@pytest.mark.parametrize(
    ("asked", "is_told"),
    [({"country": "FR"}, True), ({"country": "FR", "type": "messages-out"}, False), ({}, False)],
)
def test_a_country_s_messages_say_that_incoming_ones_are_not_among_them(
    account, support_client, asked, is_told
):
    shown = text(support_client.get("/messages/", asked))
    assert ("Incoming messages are not among them" in shown) == is_told


@pytest.mark.parametrize("status", ["waiting", "moderation"])
def test_what_is_still_to_be_sent_is_offered_in_the_future(account, support_client, status):
    asked = {"status": status, "date_start": "2026-06-01", "date_end": "2026-06-02"}
    shown = text(support_client.get("/messages/", asked))
    assert 'data-total="0"' in shown
    ahead = links(shown)["Show what is scheduled"]
    assert dict(parse_qsl(urlsplit(ahead).query)) == {"period": "scheduled", "status": status}
    delivered = text(support_client.get("/messages/", {**asked, "country": "AQ", "status": "sent"}))
    assert "Show what is scheduled" not in delivered


def offered(**changes) -> dict[str, str]:
    """What an empty answer offers besides the whole list: words → address."""
    offers = nothing("/messages/", MessageQuery(now=NOW, **{"mask": OPEN, **changes})).offers
    return {str(one.label): one.href for one in offers if one.href != "/messages/"}


def test_where_one_number_has_no_message_its_conversation_and_more_time_are_offered():
    found = offered(destination="33639980000", period="last_6_months")
    assert list(found) == ["Open the conversation", "Last 12 months", "Show what is scheduled"]
    assert found["Open the conversation"] == conversation_path("33639980000")
    for name, period in list(zip(found, ("", "last_12_months", "scheduled"), strict=True))[1:]:
        params = dict(parse_qsl(urlsplit(found[name]).query))
        assert params["period"] == period
        assert unseal("destination", params["destination"]) == "33639980000"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"campaign": "7", "period": "last_6_months"}, ["Last 12 months", "Show what is scheduled"]),
        ({"sender": "36000", "period": "last_12_months"},
         ["Open the conversation", "Show what is scheduled"]),
        ({"sender": "36000", "period": "scheduled"}, ["Open the conversation", "Last 12 months"]),
        ({"sender": "36000", "period": "scheduled", "mask": COVERED}, ["Last 12 months"]),
        ({"destination": "336*"}, []),
        ({"sender": "ACME"}, []),
        ({"message": "colis"}, []),
    ],
)  # fmt: skip
def test_an_empty_answer_offers_what_may_hold_more_of_one_thing(asked, words):
    assert list(offered(**asked)) == words


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        ("http://testserver/messages/?country=FR&page=2", "/messages/?country=FR&page=2"),
        ("http://testserver/messages/", "/messages/"),
        ("http://testserver/analytics/?country=FR", "/messages/"),
        ("https://elsewhere.example/messages/?country=FR", "/messages/"),
        ("", "/messages/"),
    ],
)
def test_a_message_s_own_page_leads_back_to_its_list(account, support_client, came_from, back):
    row = next(r for r in account.rows() if r["type"] == "sms_mt")
    address = f"/messages/sms_mt/{row['message_id']}/"
    answer = support_client.get(address, {"at": row["date"]}, headers={"referer": came_from})
    assert links(text(answer))["‹ Back to the list"] == back
    panel = support_client.get(address, {"at": row["date"]}, headers={"hx-request": "true"})
    assert "Back to the list" not in text(panel)


@pytest.mark.parametrize("kind", ["sms_mo", "sms_mt"])
def test_a_handset_leads_to_what_went_there_and_what_came_from_it(account, support_client, kind):
    field = "sender" if kind == "sms_mo" else "destination"
    row = next(
        r for r in account.rows()
        if r["type"] == kind and r["date"] > "2026-11-01" and r["date"] < "2026-11-18 12:00:00"
    )  # fmt: skip
    address = f"/messages/{row['type']}/{row['message_id']}/"
    offered = links(text(support_client.get(address, {"at": row["date"]})))
    handset = shown_number(row[field])
    to = text(support_client.get(offered["Messages to this number"]))
    assert f"to {handset}" in to
    source = text(support_client.get(offered["Messages from this number"] + "&wait=1"))
    assert f"from {handset}" in source
    own = source if kind == "sms_mo" else to
    assert f'data-key="{kind}:{row["message_id"]}"' in own
