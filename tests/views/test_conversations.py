"""The page of one number: exactly its messages, from either source, with what ties them together."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from messages_app.addresses import conversation_path
from messages_app.analysis.conversations import handset_of, place_of
from messages_app.archive.plan import Policy, horizon
from messages_app.models import Look, Message, Span
from messages_app.neighbours import SENT, neighbours
from messages_app.privacy import OPEN
from messages_app.provider import NetworkFault
from messages_app.sealing import seal
from sandbox import Faults, incoming
from tests.archive.storing import store
from tests.campaign import rounds
from tests.factories import incoming as arrived
from tests.factories import record
from tests.views.conftest import NOW, WALL
from tests.views.talking import (
    NUMBER,
    SHOWN_SINCE,
    account_of,
    all_keys,
    cover,
    day,
    keep,
    keys,
    received,
    sent,
    shown,
    whole_range,
)
from tests.views.test_archive import a_worker_is_there
from tests.views.test_differential import record_of
from tests.views.test_lists import BROWSER
from tests.views.test_pages import found

PATH = conversation_path(NUMBER)

STORY = [
    sent(1, 40),
    sent(2, 20, text="Votre colis arrive demain"),
    received(2, 20, "Super, merci <b>!</b>", campaign_id=2),
    sent(3, 6, fate="undelivered", details="NETWORK_ERROR"),
    received(4, 5, "STOP"),
    sent(5, 4),
    sent(6, 3, fate="not_sent"),
    sent(7, 1, text="Bonjour \u202egnirts"),
]
"""A conversation with an answer, a failure, an opt-out and what was sent after it."""


@pytest.fixture
def story(settings, monkeypatch, db):
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    with account_of(STORY, settings) as box:
        yield box


@pytest.fixture
def held(story):
    """The same, wholly in the archive."""
    keep(story)
    story.reset_calls()
    return story


@pytest.mark.parametrize("typed", [NUMBER, "+33 6 39 98 12 34", "06 39 98 12 34", "0033639981234"])
def test_a_plain_number_leads_to_the_sealed_address(story, support_client, typed):
    answer = support_client.get(f"/conversations/{quote(typed)}/?days=14")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{PATH}?days=14"
    assert NUMBER not in answer.headers["Location"]
    assert story.calls == 0


@pytest.mark.parametrize(
    "number",
    ["~1.AAAA", f"{PATH.split('/')[2][:-3]}", "3363998*", "–", "%00", "9" * 200, "%20",
     seal("destination", NUMBER), seal("number", "3363*")],
)  # fmt: skip
def test_what_is_not_one_number_has_no_page(story, support_client, number):
    assert support_client.get(f"/conversations/{number}/", follow=True).status_code == 404


def test_the_page_shows_all_messages_in_time_order_with_their_statuses(held, support_client):
    text = shown(support_client)
    assert keys(text) == [
        "sms_mt:1", "sms_mt:2", "sms_mo:2", "sms_mt:3", "sms_mo:4", "sms_mt:5", "sms_mt:6", "sms_mt:7",
    ]  # fmt: skip
    assert held.calls == 0, "all of it is in the archive"
    words = " ".join(strip_tags(text).split())
    for expected in ("Delivered 7 s", "Not received", "Network error", "Not sent", "20 days later"):
        assert expected in words
    assert 'data-source-name="archive"' in text
    assert "Nothing earlier is known of this number" in words


def test_live_it_is_the_same_but_for_what_was_not_looked_through(story, support_client):
    text = shown(support_client)
    assert keys(text) == [
        "sms_mt:1", "sms_mt:2", "sms_mt:3", "sms_mo:4", "sms_mt:5", "sms_mt:6", "sms_mt:7",
    ]  # fmt: skip
    words = " ".join(strip_tags(text).split())
    assert "Incoming messages are looked through back to 11 Nov 2026 16:00:00" in words
    assert "Look through 14 more days" in words
    assert 'data-source-name="live"' in text
    assert "not all looked through" in words
    assert all_keys(support_client, PATH) == keys_of_story()


def keys_of_story() -> list[str]:
    rows = sorted(STORY, key=lambda one: one.date)
    return [f"{'sms_mo' if one.sender == NUMBER else 'sms_mt'}:{one.message_id}" for one in rows]


def test_the_mark_stands_between_what_is_known_and_what_is_not(story, support_client):
    text = shown(support_client)
    before, after = text.split("data-unheard")
    assert keys(before) == ["sms_mt:1", "sms_mt:2"]
    assert len(keys(after)) == 5


def test_page_one_says_how_far_was_looked_also_where_its_messages_are_younger(
    settings, monkeypatch, db, support_client
):
    """The mark itself stands on an earlier page."""
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    with account_of([sent(n, 1) for n in range(1, 60)], settings):
        text = shown(support_client)
        assert len(keys(text)) == 50
        assert "data-unheard" not in text
        said = "Incoming messages are looked through back to 11 Nov 2026 16:00:00"
        assert said in found(r"data-heard>([^<]+)", text)
        older = shown(support_client, unescape(found(r'data-earlier href="([^"]+)"', text)))
        assert "data-heard" not in older
        assert "data-unheard" in older


@pytest.mark.parametrize("days", [1, 30])
def test_an_archive_that_reads_less_far_ahead_answers_all_the_same(
    story, settings, support_client, days
):
    settings.ARCHIVE_AHEAD_DAYS = days
    keep(story)
    ahead = Span.objects.latest("start")
    end = horizon(NOW, replace(Policy(), ahead=replace(Policy().ahead, age=timedelta(days=days))))
    Span.objects.filter(pk=ahead.pk).update(end=end)
    story.reset_calls()
    text = shown(support_client)
    assert 'data-source-name="archive"' in text
    assert keys(text) == keys_of_story()
    (one,) = (
        one for one in neighbours(record_of(next(iter(story.rows(WALL)))), OPEN) if one.kind == SENT
    )
    assert one.count == 6
    assert story.calls == 0


def test_each_look_goes_further_back(story, support_client):
    text = shown(support_client)
    href = unescape(found(r'data-unheard>.*?href="([^"]+)"', text.replace("\n", " ")))
    again = shown(support_client, href)
    assert "back to 28 Oct 2026 16:00:00" in again
    assert keys(again) == ["sms_mt:1", "sms_mt:2", "sms_mo:2"]
    assert "To the latest messages" in again
    assert "Look through 28 more days" in again


@pytest.mark.parametrize("source", ["live", "archive"])
def test_a_reply_says_what_it_answers_and_leads_there(story, support_client, source):
    if source == "archive":
        keep(story)
    text = shown(support_client, f"{PATH}?days=60")
    quoted = re.search(r'class="bubble-answers"><a href="([^"]+)">.*?</a> <q>(.*?)</q>', text)
    assert quoted
    assert strip_tags(quoted[2]) == "Votre colis arrive demain"
    assert f'id="{quoted[1][1:]}" data-key="sms_mt:2"' in text
    assert "Answers 09:00:02, after 30 s" in " ".join(strip_tags(text).split())


@pytest.mark.parametrize("source", ["live", "archive"])
def test_an_opt_out_is_shown_and_what_was_sent_after_it_flagged(story, support_client, source):
    if source == "archive":
        keep(story)
    text = shown(support_client)
    assert "This person wrote STOP on 13 Nov 2026 09:00:34." in text
    flagged = re.findall(r'data-key="([^"]+)">(?:(?!data-key).)*?data-flag', text, re.DOTALL)
    assert flagged == ["sms_mt:5", "sms_mt:7"]
    href, words = re.findall(r'<a href="([^"]+)" data-disregarding>([^<]+)', text)[0]
    assert words == "2 messages were sent after it."
    listed = shown(support_client, unescape(href))
    assert set(re.findall(r'<tr data-key="([^"]+)"', listed)) == {"sms_mt:5", "sms_mt:7"}


@pytest.mark.parametrize("source", ["live", "archive"])
def test_every_figure_opens_the_rows_that_it_counts(story, support_client, source):
    if source == "archive":
        keep(story)
    text = shown(support_client, f"{PATH}?days=366")
    tiles = {tile.split('"')[0]: tile for tile in text.split('data-figure="')[1:]}
    counts = {"outgoing": 6, "delivery_rate": 4, "delay_p50": 4, "replies": 1, "opt_outs": 1}
    assert set(tiles) == {*counts, "last_delivered"}
    for name, count in counts.items():
        href = unescape(found(r'class="figure-value" href="([^"]+)"', tiles[name]))
        listed = shown(support_client, f"{href}&wait=1")
        assert f'data-total="{count}"' in listed, name
    assert "66.7%" in tiles["delivery_rate"]
    assert "/messages/sms_mt/7/" in tiles["last_delivered"]


def test_a_number_without_messages_says_so(held, support_client):
    text = shown(support_client, conversation_path("33639980000"))
    assert "No message of this number is known" in text
    assert keys(text) == []


def test_nothing_that_others_wrote_is_markup_and_nothing_hides(held, support_client):
    text = shown(support_client)
    assert "<b>!</b>" not in text
    assert "&lt;b&gt;!&lt;/b&gt;" in text
    assert "\u202e" not in text
    assert "U+202E" in text


def test_the_number_stands_in_no_address_title_or_log(held, support_client, caplog):
    caplog.set_level("DEBUG")
    text = shown(support_client)
    assert [
        href
        for href in re.findall(r'(?:href|hx-get|hx-target|id)="([^"]*)"', text)
        if NUMBER in href
    ] == []
    assert NUMBER not in found(r"<title>(.*?)</title>", text)
    lines = "\n".join(one.getMessage() for one in caplog.records)
    assert "GET conversation 200" in lines
    assert NUMBER not in lines
    assert PATH.split("/")[2] not in lines


def test_a_browser_has_the_frame_first_and_reads_nothing_for_it(story, support_client):
    text = shown(support_client, **BROWSER)
    assert story.calls == 0
    assert "are being read from the provider" in text
    assert f'<noscript><meta http-equiv="refresh" content="0;url={PATH}?wait=1">' in text
    href = unescape(found(r'id="conversation"[^>]*hx-get="([^"]+)"', text))
    part = shown(support_client, href, **{"hx-request": "true", "hx-target": "conversation"})
    assert "<html" not in part
    assert keys(part)
    assert keys(shown(support_client, **BROWSER)), "what is at hand needs no frame"


def test_an_older_part_comes_alone(held, support_client):
    text = shown(support_client, **{"hx-request": "true", "hx-target": "older-1-2"})
    assert keys(text)
    assert "data-figure" not in text
    assert "<html" not in text
    restored = {"hx-request": "true", "hx-history-restore-request": "true"}
    assert "<html" in shown(support_client, **restored)


@pytest.mark.parametrize("place", ["", "x", "1-", "-1-1", "9" * 11 + "-1", "1-" + "9" * 19, "٣-١"])
def test_a_place_that_nobody_made_is_the_latest(held, support_client, place):
    assert keys(shown(support_client, f"{PATH}?before={quote(place)}&days=0")) == keys_of_story()


def test_a_provider_that_is_down_is_told_with_a_way_to_try_again(
    story, support_client, monkeypatch
):
    monkeypatch.setattr("messages_app.analysis.live.WHOLE_PATIENCE", 1.0)
    story.faults = Faults(down="always")
    text = shown(support_client)
    assert "state-error" in text
    assert "Try again" in text
    assert keys(text) == []


def test_where_the_provider_is_down_the_archive_stands_in(held, support_client):
    cover(age=timedelta(minutes=50))
    held.faults = Faults(http_error="always", http_status=503)
    text = shown(support_client)
    assert keys(text) == keys_of_story()
    assert "What you see is from the archive, as of 14:10:00." in text


def test_what_was_sent_stands_also_where_incoming_messages_cannot_be_read(
    story, support_client, monkeypatch
):
    def fail(*_args):
        raise NetworkFault("gone")

    monkeypatch.setattr("messages_app.conversing.look_through", fail)
    text = shown(support_client)
    assert keys(text) == [f"sms_mt:{n}" for n in (1, 2, 3, 5, 6, 7)]
    assert str(NetworkFault.sentence) in text


def test_an_aged_archive_is_asked_for_what_came_in_and_the_provider_for_the_rest(
    held, support_client
):
    cover(age=timedelta(minutes=50))
    held.insert(incoming(90, WALL - timedelta(minutes=9), sender=NUMBER, text="Encore"))
    held.reset_calls()
    text = shown(support_client)
    assert keys(text) == [*keys_of_story(), "sms_mo:90"]
    assert 'data-source-name="live"' in text
    assert "data-unheard" not in text, "the archive has looked through all the rest"
    tiles = {tile.split('"')[0]: tile for tile in text.split('data-figure="')[1:]}
    assert ">2</a>" in tiles["replies"]
    assert held.calls < 12


def test_only_what_the_archive_lacks_is_looked_through(held, support_client):
    """Its youngest seconds first, then the seven days before what it holds."""
    Span.objects.all().delete()
    Span.objects.create(start=day(15), end=whole_range().end, fetched_at=NOW, settled=True)
    text = shown(support_client)
    assert "looked through back to 27 Oct 2026 10:02:00" in text


def test_while_a_worker_fills_the_archive_its_progress_is_shown(story, support_client):
    a_worker_is_there()
    text = shown(support_client)
    assert 'id="filling"' in text
    assert Look.objects.count() == 1, "workers hear what somebody looks at"


def test_the_number_of_statements_does_not_grow_with_the_messages(held, support_client):
    def count() -> int:
        shown(support_client)
        with CaptureQueriesContext(connection) as statements:
            shown(support_client)
        return len(statements)

    few = count()
    many = [record(message_id=10**6 + n, date=WALL - timedelta(minutes=n), destination=NUMBER)
            for n in range(1, 300)]  # fmt: skip
    store(many)
    assert len(keys(shown(support_client))) == 50
    assert count() <= few + 2, "a full page may ask what its first replies answer"
    assert few <= 34


# Huge ones


def test_twenty_thousand_messages_to_one_number_come_page_by_page(held, support_client):
    Message.objects.all().delete()
    rows = [
        record(message_id=n, date=WALL - timedelta(minutes=7 * n), destination=NUMBER)
        for n in range(1, 20_001)
    ]
    replies = [arrived(message_id=n, date=WALL - timedelta(hours=n), sender=NUMBER)
               for n in range(1, 50)]  # fmt: skip
    store([*rows, *replies])
    text = shown(support_client)
    assert held.calls == 0
    assert len(keys(text)) == 50
    assert ">20,000</a>" in text
    seen = keys(text)
    for _page in range(5):
        href = unescape(re.findall(r'data-earlier href="([^"]+)"', text)[0])
        text = shown(support_client, href)
        seen = [*keys(text), *seen]
    newest = sorted([*rows, *replies], key=place_of)
    assert seen == [row.key for row in newest[-300:]]


def test_more_than_is_read_live_is_shown_from_its_end(settings, monkeypatch, db, support_client):
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    monkeypatch.setattr("messages_app.analysis.live.LIVE_ROWS", 400)
    messages = [sent(n, n // 60) for n in range(1, 1_500)]
    with account_of(messages, settings):
        assert "data-figure" not in shown(support_client), "so many are not counted live"
        assert all_keys(support_client, PATH) == [
            f"sms_mt:{one.message_id}" for one in sorted(messages, key=lambda one: one.date)
        ]


def test_many_old_messages_are_shown_though_none_is_young(
    settings, monkeypatch, db, support_client
):
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    monkeypatch.setattr("messages_app.analysis.live.LIVE_ROWS", 400)
    with account_of([sent(n, 60 + n // 60) for n in range(1, 1_500)], settings) as box:
        live = shown(support_client)
        assert "No message of this number is known" not in live
        assert "data-earlier" in live
        assert "data-uncounted" in live
        keep(box)
        # Whole, but not of this minute: what the provider has young of it is too much to be read.
        Span.objects.update(fetched_at=NOW - timedelta(hours=1))
        text = shown(support_client)
        assert "No message of this number is known" not in text
        assert len(keys(text)) == 50
        assert ">1,499</a>" in text


# Differential: exactly the messages of a number


@pytest.fixture(scope="module")
def truth(box):
    return [record_of(row) for row in box.rows(WALL)]


def numbers(truth, count: int) -> list[str]:
    """Numbers with many messages, with answers, with one, and with none."""
    handsets = [handset_of(row) for row in truth if row.date >= SHOWN_SINCE]
    answering = [row.sender for row in truth if row.type == "sms_mo" and row.date >= SHOWN_SINCE]
    return [
        *handsets[:: len(handsets) // count],
        *answering[:: len(answering) // count],
        "33639989999",
    ]


def expected(truth, number: str) -> list[str]:
    mine = [row for row in truth if handset_of(row) == number and row.date >= SHOWN_SINCE]
    return [row.key for row in sorted(mine, key=place_of)]


def test_live_a_conversation_holds_exactly_the_messages_of_its_number(
    account, truth, support_client, monkeypatch
):
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    monkeypatch.setattr("messages_app.conversing.SIZE", 7)
    for number in numbers(truth, rounds(sample=3, full=40)):
        assert all_keys(support_client, conversation_path(number)) == expected(truth, number)


def test_in_the_archive_a_conversation_holds_exactly_the_messages_of_its_number(
    account, truth, support_client, monkeypatch
):
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    monkeypatch.setattr("messages_app.conversing.SIZE", 7)
    keep(account)
    account.reset_calls()
    for number in numbers(truth, rounds(sample=6, full=200)):
        assert all_keys(support_client, conversation_path(number)) == expected(truth, number)
    assert account.calls == 0
