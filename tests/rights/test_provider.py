"""The provider goes on showing who was erased; live pages and archive do not, and figures do not move."""

import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from messages_app import erasing
from messages_app.models import Message
from messages_app.provider import PageRequest
from messages_app.sources import live_source
from tests.views.conftest import NOW, WALL, account, box
from tests.views.test_archive import sync

__all__ = ["account", "box"]

TODAY = {"period": "today"}


@pytest.fixture
def row(account):
    """An outgoing message of today."""
    start = WALL.replace(hour=0, minute=0)
    request = PageRequest(date_start=start, date_end=WALL, type="messages-out", sort="-date")
    return next(one for one in live_source().page(request).records if len(one.message) > 20)


def totals(client) -> dict:
    return json.loads(client.get("/analytics/data.json", TODAY).content)


def figures(client) -> dict:
    told = totals(client)
    return {name: told[name] for name in ("totals", "by_country", "by_status")}


def page(client, **asked: str) -> str:
    return client.get("/messages/", TODAY | asked, follow=True).content.decode()


def total(shown: str) -> int:
    (found,) = re.findall(r'data-total="(\d+)"', shown)
    return int(found)


def test_t29_live_pages_show_the_number_nowhere_and_find_nothing_by_it(row, administrator_client):
    """T29."""
    client = administrator_client
    before = figures(client)
    assert total(page(client, destination=row.destination)) > 0
    assert total(page(client, message=row.message[:20])) > 0
    erasing.forget(row.destination, NOW)
    for asked in ({"destination": row.destination}, {"destination": f"{row.destination[:-1]}*"}):
        shown = page(client, **asked)
        assert row.key not in shown
        assert row.message[:20] not in shown
    assert row.key not in page(client, message=row.message[:20])
    talk = client.get(f"/conversations/{row.destination}/", follow=True).content.decode()
    assert row.message[:20] not in talk
    assert f"/messages/{row.type}/{row.message_id}/" not in talk
    shown = page(client, type="messages-out", per_page="200")
    assert f'data-key="{row.key}"' in shown
    assert row.destination[-6:] not in re.sub(r"\s", "", shown)
    address = f"/messages/{row.type}/{row.message_id}/"
    told = client.get(address, {"at": f"{row.date:%Y-%m-%d %H:%M:%S}"}).content.decode()
    assert "Number and text of this message are not kept" in told
    assert row.destination not in told
    assert row.message[:20] not in told
    assert figures(client) == before


def test_t29_a_sync_brings_nothing_back_and_the_check_finds_no_difference(
    row, administrator_client
):
    """T29, I5: rows leave by nobody's hand, and an erased one counts as before."""
    erasing.forget(row.destination, NOW)
    before = figures(administrator_client)
    sync()
    stored = Message.objects.get(message_id=row.message_id, type=row.type)
    assert (stored.destination, stored.message, stored.folded) == ("", "", "")
    assert stored.parts >= 1
    assert figures(administrator_client) == before
    out = StringIO()
    day = f"{WALL - timedelta(days=1):%Y-%m-%d}"
    call_command("check_archive", "--from", day, "--to", day, stdout=out)
    call_command("check_archive", "--from", f"{WALL:%F}", "--to", f"{WALL:%F}", stdout=out)
    assert out.getvalue().count("No difference.") == 2
    assert re.search(r" [1-9]\d* without number and text", out.getvalue())


def test_t28_what_is_too_old_is_shown_without_number_and_text(row, administrator_client, settings):
    """T28: also live, where the provider has it still."""
    settings.RETENTION_MONTHS = 1
    old = {
        "date_start": f"{WALL - timedelta(days=60):%F}",
        "date_end": f"{WALL - timedelta(days=60):%F}",
    }
    shown = administrator_client.get("/messages/", old, follow=True).content.decode()
    assert total(shown) > 0
    texts = re.findall(r'<div class="cell-text" dir="auto">([^<]*)</div>', shown)
    assert texts
    assert set(texts) == {""}
