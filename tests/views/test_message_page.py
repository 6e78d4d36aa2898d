"""One message with all that is known of it: its way, advice, neighbours, record, copies."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from messages_app.addresses import conversation_path
from messages_app.archive.observed import MOST as MOST_LOOKS
from messages_app.models import Message, Observation, Span
from messages_app.neighbours import MOST, TEXT, neighbours
from messages_app.privacy import COVERED, OPEN
from messages_app.views.copying import FIELDS, as_text, raw_record
from tests.archive.storing import store
from tests.factories import incoming, record
from tests.views.conftest import NOW, WALL
from tests.views.talking import account_of, cover
from tests.views.test_personal import somebody_with

MINE = record(
    message_id=5, date=WALL - timedelta(days=2), campaign_id=70, cost=Decimal("1.50"),
    dlr_date=WALL - timedelta(days=2) + timedelta(seconds=8), client_message_id="ORDER-7",
    message="Votre colis <7> arrive demain \u202enoir", extra=(("colour", '"blue"'), ("odd", "{")),
)  # fmt: skip
PATH = "/messages/sms_mt/5/"


@pytest.fixture
def held(settings, monkeypatch, db):
    """The message alone in an archive that holds everything; the provider is not to be asked."""
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    with account_of([], settings) as box:
        store([MINE], read_at=NOW)
        cover()
        yield box
        assert box.calls == 0


def shown(client, path: str = PATH) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def words(text: str) -> str:
    return " ".join(unescape(strip_tags(text)).split())


def copies(text: str) -> dict[str, str]:
    """What each copy button hands over, by what it says afterwards."""
    found = re.findall(r'data-copy="([^"]*)" data-verbatim data-copied="([^"]+)"', text, re.DOTALL)
    return {unescape(said): unescape(copied) for copied, said in found}


def test_the_page_tells_what_to_say_and_what_to_try(held, support_client):
    text = words(shown(support_client))
    assert "What to tell the customer Your phone confirmed that it received the message." in text
    assert "What to try next Ask whether the number is right" in text


def test_the_page_tells_the_way_and_what_was_seen(held, support_client):
    key = Message.objects.get().key
    Observation.objects.create(
        key=key, date=MINE.date, status="SENT", status_details="SENT", dlr_date=None,
        since=NOW - timedelta(days=3), until=NOW - timedelta(days=1),
    )  # fmt: skip
    text = words(shown(support_client))
    assert "Receipt (done) 16 Nov 2026 15:00:08, after 8 s" in text
    assert "first seen by us on 15 Nov 2026 15:00:00" in text
    assert "15 Nov 2026 15:00:00 first seen as “No receipt”" in text
    assert "18 Nov 2026 15:00:00 “No receipt” became “Delivered”; reason: Delivered" in text


def test_a_message_that_flaps_for_ever_is_told_as_far_as_it_is_of_use(held, support_client):
    key = Message.objects.get().key
    Observation.objects.bulk_create(
        Observation(
            key=key, date=MINE.date, status=("SENT", "WAITING")[n % 2], status_details="",
            since=NOW - timedelta(days=3) + timedelta(seconds=n), until=NOW - timedelta(days=2),
        )
        for n in range(500)
    )  # fmt: skip
    text = shown(support_client)
    assert text.count('<li><span class="muted">') == MOST_LOOKS


def test_without_an_archive_the_page_says_that_nothing_is_noted_yet(account, support_client):
    row = next(r for r in account.rows() if r["type"] == "sms_mt")
    answer = support_client.get(f"/messages/sms_mt/{row['message_id']}/", {"at": row["date"]})
    text = answer.content.decode()
    assert "What changes is noted once the archive holds this message." in text
    assert ">List them</a>" in text[text.index("Like this one") :]


def test_the_record_stands_as_the_api_names_it(held, support_client):
    raw = json.loads(raw_record(MINE))
    assert list(raw) == [*FIELDS, "colour", "odd"]
    assert (raw["cost"], raw["date"], raw["dlr_date"]) == (
        1.5,
        "2026-11-16 15:00:00",
        "2026-11-16 15:00:08",
    )
    assert (raw["colour"], raw["odd"]) == ("blue", "{")
    assert json.loads(raw_record(record(cost=Decimal(3), dlr_date=None)))["cost"] == 3
    text = shown(support_client)
    assert json.loads(copies(text)["Record copied"]) == raw
    pre = text[text.index("<pre") : text.index("</pre>")]
    assert '"client_message_id": "ORDER-7"' in unescape(strip_tags(pre))
    assert "\u202e" not in pre
    assert "<7>" not in pre


def test_copies_are_what_was_written(held, support_client):
    found = copies(shown(support_client))
    assert found["Text copied"] == MINE.message
    assert found["Message copied"] == as_text(MINE)
    assert as_text(MINE).splitlines()[:4] == [
        "Message: sms_mt:5", "Time: 16 Nov 2026 15:00:00", "From: ACME", "To: +33 6 39 98 00 01",
    ]  # fmt: skip
    assert as_text(MINE).endswith(f"\n\n{MINE.message}")
    everything = re.findall(r'data-copy="([^"]*)" data-verbatim', shown(support_client), re.DOTALL)
    assert {"33639980001", "5", "ORDER-7"} <= set(everything)


def test_what_waits_past_its_time_is_told_so(held, support_client):
    store([record(message_id=8, date=WALL - timedelta(hours=1), status="WAITING")], read_at=NOW)
    text = words(shown(support_client, "/messages/sms_mt/8/"))
    assert "What to tell the customer The time that the message was planned for has passed" in text
    assert "Scheduled for a time that has passed" in text
    assert "it will be sent at the time shown" not in text
    store([record(message_id=9, date=WALL + timedelta(hours=1), status="WAITING")], read_at=NOW)
    text = words(shown(support_client, "/messages/sms_mt/9/"))
    assert "Scheduled: it will be sent at the time shown" in text


def test_of_a_text_with_lines_the_longest_is_looked_for(held, support_client):
    lined = "Bonjour,\r\nvotre colis arrive demain\r\nA bientôt"
    row = record(message_id=8, date=MINE.date, campaign_id=None, message=lined)
    store([row], read_at=NOW)
    (found,) = (one for one in neighbours(row, OPEN) if one.kind == TEXT)
    assert (found.query.message, found.count) == ("votre colis arrive demain", 1)


@pytest.fixture
def crowd(held):
    """Like a message: of its campaign, to and from its number, with its text."""
    near = [record(message_id=n, date=MINE.date + timedelta(minutes=n), campaign_id=70,
                   destination=f"336399801{n}", message=MINE.message) for n in range(10, 14)]  # fmt: skip
    far = [record(message_id=n, date=WALL - timedelta(days=n), campaign_id=n, message=MINE.message)
           for n in range(20, 23)]  # fmt: skip
    came = [incoming(message_id=n, date=WALL - timedelta(days=n)) for n in range(30, 32)]
    store([*near, *far, *came], read_at=NOW)
    return held


def test_others_like_it_are_counted_and_each_count_opens_its_list(crowd, support_client):
    text = shown(support_client)
    block = text[text.index("Like this one") : text.index("Identifiers")]
    found = re.findall(r'>([^<]+)</dt>\s*<dd><a href="([^"]+)">([^<]+)</a>', block)
    counts = {label: count for label, _href, count in found}
    assert counts == {
        "Same campaign": "5", "To the same number": "4", "From the same number": "2",
        "Holds this text, from the day before to the day after": "5",
    }  # fmt: skip
    for _label, href, count in found:
        assert f'data-total="{count}"' in shown(support_client, unescape(href))


def test_what_the_archive_does_not_hold_is_not_counted_but_listed(crowd, support_client):
    counted = [(one.kind, one.query) for one in neighbours(MINE, OPEN)]
    Span.objects.filter(start__lt=WALL).update(end=WALL - timedelta(hours=3))
    found = neighbours(MINE, OPEN)
    assert [(one.kind, one.query) for one in found] == counted
    assert {one.count for one in found} == {None}
    assert shown(support_client).count(">List them</a>") == len(found) == 4


def test_many_others_are_not_counted_to_the_end(held, support_client):
    store([record(message_id=n, date=MINE.date, destination=MINE.destination, campaign_id=None,
                  message=MINE.message) for n in range(100, 1_300)], read_at=NOW)  # fmt: skip
    counts = {one.kind: one.count for one in neighbours(MINE, OPEN)}
    assert counts == {"campaign": 1, "sent": MOST + 1, "received": 0, "text": MOST + 1}
    assert "more than 1,000" in shown(support_client)


@pytest.mark.parametrize("text", ["", "short", " " * 40, "x" * 501])
def test_a_text_that_cannot_be_looked_for_at_once_is_not(held, text):
    kinds = [one.kind for one in neighbours(record(message=text), OPEN)]
    assert kinds == ["campaign", "sent", "received"]


def test_under_a_mask_nothing_is_counted_by_number_or_text(crowd):
    assert [one.kind for one in neighbours(MINE, COVERED)] == ["campaign"]


def test_who_may_not_see_numbers_and_texts_copies_none(held, db):
    client = somebody_with("see_messages")
    text = shown(client)
    for secret in ("33639980001", "639 98", "ORDER-7", conversation_path("33639980001")):
        assert secret not in text
    assert "Text copied" not in copies(text)
    assert json.loads(copies(text)["Record copied"])["message_id"] == 5


def test_a_message_without_number_and_campaign_has_no_such_neighbours(held):
    assert neighbours(record(message="", destination="", campaign_id=None), OPEN) == []


def test_the_number_of_statements_does_not_grow_with_the_others(held, support_client):
    def count() -> int:
        shown(support_client)
        with CaptureQueriesContext(connection) as statements:
            shown(support_client)
        return len(statements)

    before = count()
    store([record(message_id=n, date=MINE.date, campaign_id=70, message=MINE.message)
           for n in range(100, 400)], read_at=NOW)  # fmt: skip
    assert count() == before <= 34


def test_french_says_it_all_in_french(held, support_client):
    support_client.cookies["django_language"] = "fr"
    text = words(shown(support_client))
    for english in ("What to tell", "Its way", "Like this one", "The record as", "Copy whole"):
        assert english not in text
