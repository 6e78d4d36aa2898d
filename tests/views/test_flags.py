"""Flags: who sets, sees, reads and settles them, and where they show."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from messages_app.addresses import sealed_row
from messages_app.audit import Act
from messages_app.audit import record as record_act
from messages_app.audited import AuditLine
from messages_app.made import LONGEST_NOTE, Flag
from messages_app.models import Message
from tests.archive.storing import store
from tests.conftest import browser, person
from tests.factories import record
from tests.views.conftest import NOW, WALL
from tests.views.talking import account_of, cover
from tests.views.test_message_page import words
from tests.views.test_personal import somebody_with

MINE = record(message_id=5, date=WALL - timedelta(days=2))
PATH = "/messages/sms_mt/5/"
FLAG = "/messages/sms_mt/5/flag/"
NOTE = "Ask the operator about this one"
FLAGGERS = ("see_messages", "see_personal", "flag")


@pytest.fixture
def held(settings, monkeypatch, db):
    """Two messages in an archive that holds everything; the provider is not to be asked."""
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    with account_of([], settings) as box:
        store([MINE, record(message_id=6, date=WALL - timedelta(days=1))], read_at=NOW)
        cover()
        yield box
        assert box.calls == 0


def somebody_named(name: str, *permissions: str) -> Client:
    user = person(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return browser(user)


@pytest.fixture
def flagger(held):
    return somebody_with(*FLAGGERS)


def flagged(client, note: str = NOTE, **headers: str):
    return client.post(FLAG, {"note": note}, headers=headers)


def shown(client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def test_a_message_is_flagged_on_its_page_which_then_shows_the_note(flagger):
    assert f'action="{FLAG}?at=2026-11-16+15%3A00%3A00"' in shown(flagger, PATH)
    assert flagged(flagger).status_code == 302
    assert f"{NOTE} flagged by somebody, 18 Nov 2026 15:00" in words(shown(flagger, PATH))


def test_htmx_is_given_the_flags_alone(flagger):
    answer = flagged(flagger, **{"hx-request": "true"}).content.decode()
    assert answer.lstrip().startswith('<section class="flags"')
    assert NOTE in answer


@pytest.mark.parametrize("note", ["", "  ", "x" * (LONGEST_NOTE + 1), "nul \0"])
def test_a_note_that_says_nothing_or_too_much_flags_nothing(flagger, note):
    for headers in ({}, {"hx-request": "true"}):
        answer = flagged(flagger, note, **headers)
        assert answer.status_code == 200
        assert 'id="error_note"' in answer.content.decode()
    assert not Flag.objects.exists()


def test_t22_under_a_mask_a_message_is_flagged_at_its_sealed_address(held):
    client, row = somebody_with("see_messages", "flag"), sealed_row("sms_mt:5", MINE.date)
    page = shown(client, f"/messages/{row}/")
    assert f'action="/messages/{row}/flag/"' in page
    assert FLAG not in page
    assert client.post(f"/messages/{row}/flag/", {"note": NOTE}).status_code == 302
    assert [str(flag) for flag in Flag.objects.all()] == ["sms_mt:5"]
    assert client.post("/messages/~1.AAAA/flag/", {"note": NOTE}).status_code == 404


def test_t22_under_a_mask_the_trail_leads_to_a_message_by_a_seal(held):
    client = somebody_with("see_messages", "review")
    record_act(Act.FLAGGED, about="sms_mt:5")
    page = shown(client, "/review/audit/")
    assert PATH not in page
    (href,) = re.findall(r'href="(/messages/~1[^"]+)"', page)
    assert MINE.sender in shown(client, href)


def test_what_is_not_there_is_not_flagged(flagger):
    for path in (
        "/messages/sms_mt/7/flag/",
        "/messages/other/5/flag/",
        f"/messages/sms_mt/{2**61}/flag/",
    ):
        assert flagger.post(path, {"note": NOTE}).status_code == 404
    assert not Flag.objects.exists()


def test_flagging_and_settling_stand_in_the_audit_trail_without_a_number(flagger):
    flagged(flagger)
    flag = Flag.objects.get()
    for do in ("done", "done", "reopen"):
        flagger.post(f"/review/flags/{flag.pk}/", {"do": do})
    lines = [(line.act, line.about, line.note) for line in AuditLine.objects.order_by("number")]
    key = "sms_mt:5"
    acts = [line for line in lines if line[0].startswith("flag")]
    assert acts == [("flagged", key, ""), ("flag_done", key, ""), ("flag_done", key, "open again")]
    assert MINE.destination not in str(list(AuditLine.objects.values()))


def test_open_flags_are_listed_with_their_message_until_they_are_done(flagger):
    flagged(flagger)
    text = words(shown(flagger, "/review/flags/"))
    assert "Flagged messages 1" in text
    assert "16 Nov 15:00:00 ACME → +33 6 39 98 00 01 France ●Delivered" in text
    assert NOTE in text
    flag = Flag.objects.get()
    assert flagger.post(f"/review/flags/{flag.pk}/", {"do": "done"}).status_code == 302
    assert "No flag is open" in shown(flagger, "/review/flags/")
    done = words(shown(flagger, "/review/flags/?state=done"))
    assert "done by somebody, 18 Nov 2026 15:00" in done
    flagger.post(f"/review/flags/{flag.pk}/", {"do": "reopen"})
    assert NOTE in shown(flagger, "/review/flags/")
    assert "done by" not in shown(flagger, "/review/flags/")


def test_the_list_leads_to_the_message_also_where_the_archive_lost_it(flagger):
    flagged(flagger)
    assert f'href="{PATH}?at=2026-11-16%2015%3A00%3A00"' in shown(flagger, "/review/flags/")
    Message.objects.all().delete()
    text = shown(flagger, "/review/flags/")
    assert f'href="{PATH}?at=2026-11-16+15%3A00%3A00"' in text
    assert "not in the archive yet" in text


def test_a_row_of_the_table_bears_a_mark_while_its_flag_is_open(flagger):
    flagged(flagger)
    marked = re.compile(r'<tr data-key="([^"]+)"><td class="time">(?:(?!</td>).)*flag-mark')
    assert marked.findall(shown(flagger, "/messages/")) == ["sms_mt:5"]
    Flag.objects.update(done_at=NOW)
    assert marked.findall(shown(flagger, "/messages/")) == []


def test_marks_cost_one_statement_a_page_however_many_there_are(flagger):
    def count() -> int:
        shown(flagger, "/messages/")
        with CaptureQueriesContext(connection) as statements:
            shown(flagger, "/messages/")
        assert sum("messages_app_flag" in one["sql"] for one in statements) == 1
        return len(statements)

    before = count()
    for _ in range(5):
        flagged(flagger)
    store(
        [record(message_id=n, date=WALL - timedelta(hours=n)) for n in range(10, 40)], read_at=NOW
    )
    assert count() == before


def test_the_list_asks_as_often_for_many_flags_as_for_one(flagger):
    def count() -> int:
        shown(flagger, "/review/flags/")
        with CaptureQueriesContext(connection) as statements:
            shown(flagger, "/review/flags/")
        return len(statements)

    flagged(flagger)
    before = count()
    for _ in range(60):
        flagged(flagger)
    assert count() == before
    assert "Page 1 of 2" in shown(flagger, "/review/flags/")


def test_who_neither_flags_nor_reviews_sees_no_flag_anywhere(flagger):
    flagged(flagger)
    flagger.logout()
    other = somebody_named("other", "see_messages", "see_personal", "see_figures")
    assert "flag-mark" not in shown(other, "/messages/") + shown(other, PATH)
    assert NOTE not in shown(other, PATH)
    shown(other, "/review/flags/", 403)
    pk = Flag.objects.get().pk
    assert other.post(f"/review/flags/{pk}/", {"do": "done"}).status_code == 403
    assert flagged(other).status_code == 403


def test_who_flags_and_does_not_review_has_this_page_of_the_review_alone(flagger):
    assert ">Flags</a>" in shown(flagger, "/messages/")
    assert ">Review</a>" not in shown(flagger, "/messages/")
    assert "review-pages" not in shown(flagger, "/review/flags/")
    for path in ("/review/", "/review/archive/", "/review/people/", "/review/archive/reread/"):
        shown(flagger, path, 403)


def test_who_reviews_and_does_not_flag_settles_without_flagging(flagger, administrator_client):
    flagged(flagger)
    reviewer = somebody_named("reviewer", "see_messages", "see_personal", "review")
    assert NOTE in shown(reviewer, PATH)
    assert 'action="/messages/sms_mt/5/flag/' not in shown(reviewer, PATH)
    assert flagged(reviewer).status_code == 403
    reviewer.post(f"/review/flags/{Flag.objects.get().pk}/", {"do": "done"})
    assert Flag.objects.get(done_by__username="reviewer").done_at == NOW


def test_a_masked_viewer_reads_no_note_and_no_number_of_a_flagged_message(flagger):
    flagged(flagger, f"call {MINE.destination}")
    masked = somebody_named("masked", "see_messages", "flag", "review")
    for path in (PATH, "/review/flags/"):
        text = shown(masked, path)
        assert "[note hidden]" in text
        assert MINE.destination not in text
        assert "39 98 00 01" not in text
    Message.objects.all().delete()
    assert 'href="/messages/~1.' in shown(masked, "/review/flags/")


def test_a_flag_outlives_the_account_that_set_it(flagger, administrator_client):
    flagged(flagger)
    User.objects.get(username="somebody").delete()
    assert "flagged by somebody whose account is gone" in words(
        shown(administrator_client, "/review/flags/")
    )


def test_a_live_message_is_flagged_too(account, db):
    row = next(
        row for row in account.rows() if row["type"] == "sms_mt" and row["date"] < "2026-11-17"
    )
    client = somebody_with(*FLAGGERS)
    path = f"/messages/sms_mt/{row['message_id']}/flag/?at={row['date']}"
    assert client.post(path, {"note": NOTE}).status_code == 302
    assert f"sms_mt:{row['message_id']}" in shown(client, "/review/flags/")
