"""The review's panels: worst campaigns and senders, sends after an opt-out; each figure leads to its rows."""

import re
from datetime import timedelta
from html import unescape

import pytest

from messages_app.models import Span
from messages_app.views import review_panels
from sandbox import Faults
from tests.archive.storing import store
from tests.factories import incoming, record
from tests.views.conftest import NOW, WALL
from tests.views.talking import account_of, cover
from tests.views.test_personal import somebody_with

WEEK = {"period": "last_7_days", "wait": "1"}
NUMBER = "33639980001"


def of(sender: str, delivered: int, failed: int, first: int, **facts) -> list:
    return [
        record(
            message_id=first + n, sender=sender, date=WALL - timedelta(days=1, minutes=n),
            status="DELIVERED" if n < delivered else "UNDELIVERED", **facts,
        )
        for n in range(delivered + failed)
    ]  # fmt: skip


@pytest.fixture
def held(settings, monkeypatch, db):
    """An archive that holds everything; the provider is not to be asked."""
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    with account_of([], settings) as box:
        store([
            *of("GOOD", 300, 6, 0, campaign_id=1), *of("BAD", 20, 80, 1000, campaign_id=2),
            *of("FEW", 1, 20, 2000, campaign_id=None),
            incoming(message_id=1, date=WALL - timedelta(days=200), message="STOP"),
            record(message_id=5000, date=WALL - timedelta(hours=1), sender="SHOP"),
            record(message_id=5001, date=WALL - timedelta(hours=2), sender="SHOP", status="NOT_SENT"),
            record(message_id=5002, date=WALL - timedelta(hours=2), destination="33639980002"),
        ], read_at=NOW)  # fmt: skip
        cover()
        Span.objects.create(
            start=WALL - timedelta(days=220), end=WALL - timedelta(days=190), fetched_at=NOW,
            settled=True,
        )  # fmt: skip
        yield box
        assert box.calls == 0


def panel(client, name: str, status: int = 200, **asked: str) -> str:
    answer = client.get(f"/review/panels/{name}/", asked or WEEK)
    assert answer.status_code == status
    return answer.content.decode()


def cells(text: str) -> list[list[tuple[str, str]]]:
    """The lines of a panel's table: each cell's address and words."""
    lines = re.findall(r"<tr>(.*?)</tr>", text.partition("<tbody>")[2], re.DOTALL)
    found = [re.findall(r'<bdi>(?:<a href="([^"]*)">)?([^<]*)<', line) for line in lines]
    return [[(unescape(href), unescape(said)) for href, said in line] for line in found]


def total(client, href: str) -> int:
    shown = client.get(href).content.decode()
    found = re.search(r'data-total="(\d+)"', shown)
    assert found
    return int(found[1])


def test_the_worst_senders_are_those_that_surely_deliver_less(held, administrator_client):
    text = panel(administrator_client, "senders")
    (line,) = cells(text)
    assert [said for _href, said in line[:3]] == ["BAD", "100", "20.0%"]
    assert "13.3% – 28.9%" in line[3][1]
    assert total(administrator_client, line[1][0]) == 100
    assert total(administrator_client, line[4][0]) == 80
    assert "at least 30 attempts, and a 95 % interval that lies wholly below the" in text


def test_the_worst_campaigns_likewise(held, administrator_client):
    (line,) = cells(panel(administrator_client, "campaigns"))
    assert line[0][1] == "Campaign 2"
    assert total(administrator_client, line[0][0]) == 100


def test_what_was_sent_after_an_opt_out_is_told_message_by_message(held, administrator_client):
    text = panel(administrator_client, "opted_out")
    lines = cells(text)
    # Whoever wrote STOP 200 days ago has everything since after it; what never left breaks none.
    assert re.findall(r'class="source-name">(\d+)<', text) == ["428"]
    assert len(lines) == review_panels.LISTED
    assert [said for _href, said in lines[0]] == [
        "14:00:00", "SHOP", "+33 6 39 98 00 01", "Delivered", "2 May 2026 15:00:00",
    ]  # fmt: skip
    assert lines[0][0][0].startswith("/messages/sms_mt/5000/?at=2026-11-18")
    assert lines[0][2][0].startswith("/conversations/~1.")
    assert "the latest 15 of them" in text


@pytest.mark.parametrize(("months", "words"), [(None, "ever"), (24, "as long as numbers are kept")])
def test_t28_an_opt_out_is_claimed_no_longer_than_its_number_is_kept(
    held, administrator_client, settings, months, words
):
    """T28: a STOP without its number stops nothing."""
    settings.RETENTION_MONTHS = months
    assert f"STOP had come before, {words}" in panel(administrator_client, "opted_out")


def test_filters_narrow_the_panels_too(held, administrator_client):
    assert "None in this period." in panel(administrator_client, "opted_out", country="BE")
    empty = panel(administrator_client, "senders", country="BE")
    assert "None delivers surely less than all together." in empty


def test_the_page_brings_each_panel_by_a_request_of_its_own(held, administrator_client):
    text = administrator_client.get("/review/").content.decode()
    for name in review_panels.PANELS:
        assert f'hx-get="/review/panels/{name}/"' in text
    assert "BAD" not in text
    whole = administrator_client.get("/review/", {"wait": "1"}).content.decode()
    assert "BAD" in whole
    assert "skeleton" not in whole


def test_a_panel_that_fails_leaves_the_others(held, administrator_client, monkeypatch):
    monkeypatch.setattr("messages_app.analysis.live.PATIENCE", 1.0)
    Span.objects.all().delete()
    held.faults = Faults(wrong_token="always")
    text = panel(administrator_client, "senders")
    assert "state-error" in text
    assert 'hx-target="#panel_senders"' in text
    assert "Only the archive knows this" in panel(administrator_client, "opted_out")
    held.reset_calls()


def test_a_question_that_cannot_be_read_and_a_panel_that_there_is_none_of(
    held, administrator_client
):
    refused = panel(administrator_client, "senders", 400, period="custom", date_start="yesterday")
    assert "Write a date as" in refused
    panel(administrator_client, "nonsense", 404)


def test_under_a_mask_no_number_stands_in_a_panel(held):
    client = somebody_with("see_messages", "review")
    text = panel(client, "opted_out")
    assert NUMBER not in text
    assert "39 98 00 01" not in text
    assert "/conversations/" not in text
    assert "•• 01" in text


def test_only_who_reviews_has_the_panels(held):
    client = somebody_with("see_messages", "see_personal", "see_figures", "flag")
    for name in review_panels.PANELS:
        panel(client, name, 403)
