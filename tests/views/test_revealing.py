"""Behind the mask: one message in full, in one answer, to who says why; and sealed links to masked ones."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.core.cache import cache
from django.urls import reverse

from messages_app.addresses import sealed_row
from messages_app.audit import Act, NotRecorded, number_digest
from messages_app.audited import AuditLine
from messages_app.limits import Limit
from messages_app.models import Span
from messages_app.privacy import FULL, MASKED
from messages_app.sealing import seal
from tests.factories import record
from tests.views.conftest import NOW, WALL
from tests.views.links_made import at, keep, link_of, visitor
from tests.views.test_personal import somebody_with

NUMBER, WORDS = "33639987701", "Your parcel: 4711"
DATE = WALL - timedelta(hours=1)
ROW = sealed_row("sms_mt:7", DATE)
PAGE, REVEAL = reverse("row", args=[ROW]), reverse("reveal", args=[ROW])
REASON = {"reason": "A customer asks"}


@pytest.fixture(autouse=True)
def held(db, monkeypatch) -> None:
    cache.clear()
    at(NOW, monkeypatch)
    keep([record(message_id=7, date=DATE, destination=NUMBER, message=WORDS)])


def bare(answer) -> str:
    """A page without the blanks within numbers."""
    return re.sub(r"(?<=\d) (?=\d)", "", unescape(answer.content.decode()))


def is_open(answer) -> bool:
    return NUMBER in bare(answer) and WORDS in bare(answer)


def is_masked(answer) -> bool:
    return NUMBER[2:] not in bare(answer) and "4711" not in bare(answer)


def revealed() -> list[AuditLine]:
    return list(AuditLine.objects.filter(act=Act.REVEALED))


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_t22_a_message_is_shown_in_full_once_to_who_says_why(analyst_client, headers, caplog):
    assert is_masked(analyst_client.get(PAGE))
    answer = analyst_client.post(REVEAL, REASON, headers=headers)
    assert is_open(answer)
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert "Shown in full this once" in answer.content.decode()
    assert f'action="{REVEAL}"' not in answer.content.decode(), "what is shown needs no button"
    for again in (PAGE, REVEAL):
        shown = analyst_client.get(again, follow=True)
        assert is_masked(shown)
        assert NUMBER not in shown.request["PATH_INFO"]
    assert NUMBER not in caplog.text


def test_the_trail_keeps_who_saw_which_message_and_why(analyst, analyst_client):
    analyst_client.post(REVEAL, {"reason": "Complaint of +33 6 39 98 77 01"})
    (line,) = revealed()
    assert (line.user, line.about) == (analyst.pk, "sms_mt:7")
    assert line.numbers.split() == [number_digest(NUMBER)]
    assert line.note == "Complaint of +33 6 •• •• •• 01", "the trail holds no number"


@pytest.mark.parametrize("reason", ["", "  ", "why", "x" * 201])
def test_without_a_reason_nothing_is_shown_or_written(analyst_client, reason):
    answer = analyst_client.post(REVEAL, {"reason": reason})
    assert answer.status_code == 200
    assert is_masked(answer)
    assert 'id="error_reason"' in answer.content.decode()
    assert "<details" in answer.content.decode()
    assert revealed() == []


def test_who_may_not_reveal_has_no_button_and_is_refused(support_client):
    stranger = somebody_with("see_messages", "see_figures", "export")
    assert REVEAL not in stranger.get(PAGE).content.decode()
    assert stranger.post(REVEAL, REASON).status_code == 403
    assert stranger.get(REVEAL).status_code == 403
    assert REVEAL not in support_client.get(PAGE).content.decode(), "sees it without"
    assert support_client.post(REVEAL, REASON).status_code == 403
    assert revealed() == []


def test_t37_only_so_many_are_revealed_within_an_hour(analyst_client, monkeypatch):
    monkeypatch.setattr("messages_app.views.revealing.REVEALS", Limit("reveals", 2, 3600))
    analyst_client.post(REVEAL, {"reason": ""})
    assert [is_open(analyst_client.post(REVEAL, REASON)) for _ in range(3)] == [True, True, False]
    answer = analyst_client.post(REVEAL, REASON)
    assert is_masked(answer)
    assert "You have revealed 2 messages within an hour" in answer.content.decode()
    assert len(revealed()) == 2


def test_t37_who_asks_for_many_at_once_is_shown_no_more(analyst_client, monkeypatch):
    class Together(Limit):
        """Each of them looks before any is counted."""

        def is_reached(self, whose: object) -> bool:
            return False

    monkeypatch.setattr("messages_app.views.revealing.REVEALS", Together("reveals", 2, 3600))
    assert [is_open(analyst_client.post(REVEAL, REASON)) for _ in range(3)] == [True, True, False]


def test_t26_what_the_trail_cannot_keep_is_not_shown(analyst_client, monkeypatch):
    def fails(*_args, **_more):
        raise NotRecorded("no space left")

    monkeypatch.setattr("messages_app.audit.record", fails)
    analyst_client.raise_request_exception = False
    answer = analyst_client.post(REVEAL, REASON)
    assert answer.status_code >= 500
    assert is_masked(answer)


def test_a_message_that_only_the_provider_has_is_revealed_as_well(account, analyst_client):
    Span.objects.all().delete()
    row = next(one for one in account.rows() if one["type"] == "sms_mt" and one["country"] == "FR")
    found = sealed_row(f"sms_mt:{row['message_id']}", datetime.fromisoformat(row["date"]))
    assert row["destination"] not in bare(analyst_client.get(reverse("row", args=[found])))
    answer = analyst_client.post(reverse("reveal", args=[found]), REASON)
    assert row["destination"] in bare(answer)
    assert len(revealed()) == 1


def test_t22_who_sees_numbers_masked_is_linked_to_rows_by_seals(analyst_client, support_client):
    link = re.compile(r'class="row-link" href="([^"]+)"')
    (masked,) = link.findall(analyst_client.get("/messages/").content.decode())
    assert masked == PAGE
    (plain,) = link.findall(support_client.get("/messages/").content.decode())
    assert plain.startswith("/messages/sms_mt/7/?at=")
    # Colleagues open each other's links, each under the own mask.
    assert is_open(support_client.get(masked))
    assert is_masked(analyst_client.get(unescape(plain)))
    answer = analyst_client.post("/search/", {"q": "id:7"})
    assert answer.headers["Location"] == PAGE


def test_t22_the_row_at_which_a_page_goes_on_is_sealed_as_well(analyst_client, support_client):
    keep([record(message_id=n, date=DATE) for n in range(101, 128)])
    for client, form in ((analyst_client, r"~1\.[\w-]+"), (support_client, r"\d+")):
        first = client.get("/messages/?per_page=25").content.decode()
        (after,) = re.findall(rf'href="([^"]+[?;&]after={form})"', unescape(first))
        following = client.get(after).content.decode()
        keys = [set(re.findall('data-key="sms_mt:([0-9]+)"', one)) for one in (first, following)]
        assert [len(one) for one in keys] == [25, 3]
        assert not keys[0] & keys[1]
    for broken in ("~1.", "~1.AAAA", seal("before", "4")):
        assert analyst_client.get("/messages/", {"after": broken}).status_code == 200


@pytest.mark.parametrize(
    "row",
    [ROW[:-2], "~1.AAAA", seal("number", "sms_mt:7"), seal("row", "sms_xx:7 2026-11-18"),
     seal("row", "sms_mt:x"), seal("row", ""), seal("row", f"sms_mt:{'9' * 40}")],
)  # fmt: skip
def test_a_seal_that_is_none_of_ours_opens_nothing(analyst_client, row):
    assert analyst_client.get(f"/messages/{row}/").status_code == 404
    assert analyst_client.post(f"/messages/{row}/reveal/", REASON).status_code == 404


@pytest.mark.parametrize(("numbers", "is_sealed"), [(MASKED, True), (FULL, False)])
def test_t22_visitors_are_linked_by_seals_where_numbers_are_masked(
    administrator, numbers, is_sealed
):
    texts = "off" if numbers == MASKED else "full"
    client = visitor(link_of(administrator, numbers=numbers, texts=texts)[1])
    (href,) = re.findall(
        r'class="row-link" href="([^"]+)"', client.get("/shared/messages/").content.decode()
    )
    assert ("/~1." in href) == is_sealed
    shown = client.get(unescape(href))
    assert shown.status_code == 200
    assert is_open(shown) != is_sealed
    assert "reveal" not in shown.content.decode()
    assert client.post(REVEAL, REASON).headers["Location"].startswith("/accounts/login/")
