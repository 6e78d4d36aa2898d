"""T12, T14, T36: hostile texts in every place that shows them, and query strings that nobody would type.

A page with hostile texts must have no tag and no attribute that no page has with harmless ones: so
nothing of a text is taken for markup, wherever it stands. tests/browser/test_hostile.py lets a browser judge.
"""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import escape

from messages_app import saved
from messages_app.access import Viewer, permissions_of
from messages_app.analysis.query import MessageQuery
from messages_app.exports.csv_file import SIGNS
from messages_app.filters import question_url
from messages_app.made import SavedView
from messages_app.models import Message, Preference, Rollup
from messages_app.preferences import COLUMNS
from messages_app.privacy import FULL
from messages_app.provider import MessageRecord
from messages_app.visible import one_line
from tests.campaign import rounds
from tests.conftest import browser
from tests.dashboard.test_doors import ADDRESSES
from tests.dashboard.test_headers import read_to_its_end
from tests.factories import incoming, record
from tests.hostile import CELLS, TEXTS, queries, sample
from tests.views.conftest import NOW, WALL
from tests.views.links_made import at, keep, link_of, visitor

pytestmark = pytest.mark.django_db

NUMBER = "33639980001"
HARMLESS = (
    "Bonjour", "pay \u202enow", "https://example.org/a?b=1", "", "36000", "x" * 400, "DELIVERED",
    "colis n° 12", "+33639980002", "line\nline", "EXPIRED", "7", "ACME",
)  # fmt: skip
MISTAKEN = (
    "before:nowhere",
    "country:zz x",
    NUMBER,
    'a "quote',
    "status:lost from:",
    "campaign:x OR",
)
"""Lines of the search box that are answered in other ways than by rows."""

ONE_ROW = rounds(sample=4, full=len(TEXTS))
"""Rows whose own pages are looked at too."""


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    at(NOW, monkeypatch)


@pytest.fixture
def root(db) -> User:
    user = User.objects.create_superuser("root", "", "a long password")
    prefer_all_columns(user)
    return user


def prefer_all_columns(user: User) -> None:
    Preference.objects.create(pk=user.pk, columns=" ".join(COLUMNS), density="compact")


def rows_of(texts: list[str]) -> list[MessageRecord]:
    """A row to one number and a reply from it for each text, which stands in every field that has words."""
    found = []
    for place, text in enumerate(texts):
        when = WALL - timedelta(minutes=5 * place + 10)
        values: dict[str, Any] = {
            "date": when, "message": text, "status_details": text, "client_message_id": text,
            "contact_list_id": text, "extra": ((f"key {text}", text),),
        }  # fmt: skip
        sent = record(message_id=2 * place + 1, **values, sender=text, campaign_id=place % 3)
        odd = {"status": text or "SENT", "country": text} if place % 2 else {}
        found.append(incoming(message_id=2 * place + 2, **values | {"date": when}))
        found.append(
            sent if not odd else record(**values, sender=text, message_id=2 * place + 1, **odd)
        )
    return found


def fill(root: User, texts: list[str]) -> None:
    Message.objects.all().delete()
    Rollup.objects.all().delete()
    keep(rows_of(texts))
    viewer = Viewer(root.pk, permissions_of(root))
    for text in texts[:20]:
        query = MessageQuery(now=NOW, message=text, sender=text, details=(text,), reference=text)
        name = text[:60].replace("\x00", "")
        saved_view(viewer, name, query)


def saved_view(viewer: Viewer, name: str, query: MessageQuery) -> None:
    SavedView.objects.create(
        owner_id=viewer.user_id, name=name, page="messages", is_shared=False, place=1,
        question=question_url("", query).removeprefix("?"), made_at=NOW, changed_at=NOW,
    )  # fmt: skip
    assert saved.visible_to(viewer)


def places(root: User, texts: list[str]) -> Iterator[tuple[str, str]]:
    """Every page that shows a text, each with its name."""
    client = browser(root)
    week = {"period": "last_7_days", "per_page": "200", "wait": "1"}
    yield "list", shown(client, "/messages/", week)
    yield "part of the list", shown(client, "/messages/", week, htmx=True)
    yield "figures", shown(client, "/messages/figures/", week)
    yield "analysis", shown(client, "/analytics/", week)
    for panel in ("senders", "campaigns", "reasons", "messages_by_status", "country_status"):
        yield panel, shown(client, f"/analytics/panels/{panel}/", {**week, "all": panel}, htmx=True)
    yield "review", shown(client, "/review/", {"period": "last_7_days"})
    yield "conversation", shown(client, f"/conversations/{NUMBER}/", {})
    yield "views", shown(client, "/views/", {})
    for place, text in enumerate(texts[:ONE_ROW]):
        path = f"/messages/{('sms_mt', 'sms_mo')[place % 2]}/{2 * place + 1 + place % 2}/"
        yield f"message {place}", shown(client, path, {})
        yield f"panel {place}", shown(client, path, {}, htmx=True)
        asked = {"message": text, "sender": text, "reference": text, "details": f"={text}"}
        yield f"question {place}", shown(client, "/messages/", {**week, **asked})
        yield f"error {place}", shown(client, "/analytics/", {"country": text, "sort": text})
        yield f"search {place}", typed(client, text)
    link, token = link_of(
        root, MessageQuery(now=NOW), texts=FULL, numbers=FULL, label=texts[0][:60]
    )
    assert link
    yield "links", shown(client, "/shares/", {})
    guest = visitor(token)
    yield "shared list", shown(guest, "/shared/messages/", week)
    yield "shared analysis", shown(guest, "/shared/analytics/", week)


def shown(client: Client, path: str, params: dict[str, str], *, htmx: bool = False) -> str:
    headers = {"HX-Request": "true"} if htmx else {}
    answer = client.get(path, params, headers=headers, follow=True)
    assert answer.status_code in (200, 400, 404), (path, answer.status_code)
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    return answer.content.decode()


def typed(client: Client, line: str) -> str:
    answer = client.post("/search/", {"q": line}, follow=True)
    assert answer.status_code in (200, 400)
    return answer.content.decode()


class Structure(HTMLParser):
    """Tags with their attributes, and what in a page would act by itself."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[tuple[str, str]] = set()
        self.wrong: list[str] = []
        self.data = ""
        self._is_data = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add((tag, ""))
        self._is_data = tag == "script"
        for name, value in attrs:
            self.seen.add((tag, name))
            if name.startswith("on") or name in ("style", "srcdoc", "hx-on", "hx-vals"):
                self.wrong.append(f"{tag} {name}")
            if name in LEADING and not leads_to_us(value or ""):
                self.wrong.append(f"{tag} {name}={value}")
        kinds = dict(attrs)
        if tag == "script" and "src" not in kinds and kinds.get("type") != "application/json":
            self.wrong.append("inline script")

    def handle_data(self, data: str) -> None:
        if self._is_data and data.strip():
            try:
                json.loads(data)
            except ValueError:
                self.wrong.append(f"a script that is no data: {data[:80]}")

    def handle_endtag(self, tag: str) -> None:
        self._is_data = False

    def handle_comment(self, data: str) -> None:
        self.wrong.append("comment")


LEADING = (
    "href",
    "src",
    "action",
    "formaction",
    "hx-get",
    "hx-post",
    "hx-push-url",
    "poster",
    "data",
)


def leads_to_us(address: str) -> bool:
    """An address on this site, or none: whatever has a scheme leads elsewhere."""
    beginnings = ("/", "?", "#", "http://testserver/")
    is_plain = address in ("", "true", "false") or address.startswith(beginnings)
    return is_plain and not address.startswith("//")


def test_t12_t14_a_hostile_text_is_text_wherever_it_stands(root):
    """No tag or attribute of its own, in any page, panel, menu, chart or answer to a mistake."""
    known: set[tuple[str, str]] = set()
    as_many = list(HARMLESS) * 3
    fill(root, as_many)
    for _name, page in places(root, as_many):
        known |= Structure(page).seen
    for line in MISTAKEN:
        known |= Structure(typed(browser(root), line)).seen
    texts = sample(rounds(sample=20, full=len(TEXTS)), 12)
    for part in [texts[first : first + 100] for first in range(0, len(texts), 100)]:
        fill(root, part)
        for name, page in places(root, part):
            found = Structure(page)
            assert found.wrong == [], name
            assert found.seen - known == set(), name


def test_t12_every_text_is_shown_in_the_list(root):
    texts = sample(rounds(sample=30, full=90), 13)
    fill(root, texts)
    page = shown(
        browser(root), "/messages/", {"period": "last_7_days", "per_page": "200", "wait": "1"}
    )
    for text in texts:
        if one_line(text).strip():
            assert escape(one_line(text).strip()[:40]) in page


def test_t12_figures_as_json_are_no_page(root):
    fill(root, sample(30, 14))
    answer = browser(root).get("/analytics/data.json", {"period": "last_7_days", "wait": "1"})
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    json.loads(answer.content)


ASKED = sorted({path for path, _name in ADDRESSES if "(" not in path})


def test_t36_no_query_string_breaks_a_page(root, monkeypatch):
    """Each of them at every address: an answer or a refusal, never a crash."""
    fill(root, ["Bonjour"])
    client = browser(root)
    client.raise_request_exception = False
    broken: list[str] = []
    asked = list(queries(rounds(sample=60, full=500), 36))
    for turn, query in enumerate(asked):
        # A part of the addresses for each, so that each address has many of them.
        for path in ASKED[turn % 12 :: 12]:
            answer = client.get(f"{path}?{query}")
            read_to_its_end(answer)
            if answer.status_code >= 500 and path != "/health/ready":
                broken.append(f"{path}?{query}")
    assert broken == []


@pytest.mark.parametrize("column", ["message", "sender", "status_details", "client_message_id",
                                    "contact_list_id", "status", "country", "destination"])  # fmt: skip
def test_t32_sixty_payloads_in_a_column_calculate_nothing(root, column):
    keep(
        [
            record(message_id=number, date=WALL - timedelta(hours=1), **{column: text})
            for number, text in enumerate(CELLS, 1)
        ]
    )
    assert len(CELLS) == 60
    where = urlencode({"period": "last_24_hours", "wait": "1"})
    answer: Any = browser(root).get(f"/messages/export.csv?{where}")
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body, newline="")))
    assert len(rows) == 60
    cells = {int(row["message_id"]): row[column] for row in rows}
    for number, text in enumerate(CELLS, 1):
        bare = cells[number].strip(" \t\r\n\u00a0\u3000\ufeff")
        assert cells[number][0] == "'" or bare[0] not in SIGNS
        assert cells[number].removeprefix("'").strip() in (
            text.strip(),
            text.removeprefix("'").strip(),
        )
