"""Share links for tests: an archive with an inside and an outside, and a visitor's browser."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from messages_app import sharing
from messages_app.access import Viewer, permissions_of
from messages_app.analysis.query import MessageQuery
from messages_app.archive.windows import Window
from messages_app.filters import question_url
from messages_app.made import ShareLink
from messages_app.models import Look, Span
from messages_app.privacy import MASKED, OFF
from messages_app.provider import MessageRecord
from messages_app.sharing import Wanted
from tests.archive.storing import store
from tests.factories import incoming, record
from tests.views.conftest import NOW, WALL

FENCE = MessageQuery(now=NOW, period="last_7_days", countries=("FR",), type="messages-out")
HELD = Window(WALL - timedelta(days=40), WALL + timedelta(days=2))

SENDERS = ("ACME", "Kalivert", "36000")
STATUSES = ("DELIVERED", "DELIVERED", "DELIVERED", "SENT", "UNDELIVERED", "DENIED", "WAITING")


def inside(count: int = 120) -> list[MessageRecord]:
    """Rows of the fence: outgoing, to France, of the last days."""
    chance = random.Random(5)
    return [
        record(
            message_id=number,
            date=WALL - timedelta(seconds=chance.randrange(60, 6 * 86400)),
            status=chance.choice(STATUSES),
            status_details=chance.choice(("DELIVERED", "EXPIRED", "")),
            destination=f"3363998{number:04}",
            sender=chance.choice(SENDERS),
            message=f"inside-{number} colis",
            campaign_id=chance.choice((7, 7, 8)),
            client_message_id=f"ref-{number}",
        )
        for number in range(1, count + 1)
    ]


def outside(seed: int = 1) -> list[MessageRecord]:
    """Rows beside it: other countries, older days, incoming; none of them may be told of."""
    chance = random.Random(seed)
    common = {"message": "OUTSIDE canary", "sender": "OUTSIDER", "client_message_id": "OUT-ref"}
    found = []
    for number in range(5000, 5000 + 40 * seed + 20):
        date = WALL - timedelta(seconds=chance.randrange(60, 6 * 86400))
        kind = chance.randrange(3)
        if kind == 0:
            found.append(
                record(
                    **common,
                    message_id=number,
                    date=date,
                    country="SN",
                    campaign_id=7,
                    destination=f"22177{number:07}",
                    status="LOST_AT_SEA",
                )
            )
        elif kind == 1:
            older = date - timedelta(days=8)
            found.append(
                record(
                    **common,
                    message_id=number,
                    date=older,
                    campaign_id=99,
                    destination=f"3363990{number:04}",
                    status_details="OUTSIDE REASON",
                )
            )
        else:
            text = {**common, "sender": f"3363991{number:04}", "country": "FR"}
            found.append(incoming(**text, message_id=number, date=date))
    return found  # fmt: skip


def keep(records: list[MessageRecord]) -> None:
    """Fill the archive with these rows, and say that it holds the whole range as of now."""
    store(records, read_at=NOW.astimezone(UTC))
    Span.objects.all().delete()
    Span.objects.create(start=HELD.start, end=HELD.end, fetched_at=NOW, settled=True)
    Look.objects.all().delete()


def link_of(user, fence: MessageQuery = FENCE, **changes) -> tuple[ShareLink, str]:
    """A link by this person, with its token."""
    wanted: dict[str, Any] = {
        "label": "Somebody", "question": question_url("", fence).removeprefix("?"),
        "shows_messages": True, "shows_figures": True, "numbers": MASKED, "texts": OFF,
        "lasts": timedelta(days=7),
    }  # fmt: skip
    viewer = Viewer(user.pk, permissions_of(user))
    return sharing.make(Wanted(**(wanted | changes)), viewer, NOW)


def visitor(token: str, **options) -> Client:
    """A browser without a login that has opened the link."""
    client = Client(**options)
    answer = client.post(reverse("shared", args=[token]))
    assert answer.status_code == 302, "the link did not open"
    return client


def at(moment: datetime, monkeypatch) -> None:
    """Let both clocks stand at this moment."""
    monkeypatch.setattr("messages_app.clock.now", lambda: moment)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: moment)
