"""What a viewer without the permission to numbers and texts is given: nowhere a number, nowhere a text.

The walk follows every link of every page over an archive whose numbers are known, and looks for their
digits in whatever spelling, for the words of links and addresses, and for the seals of all of them.
"""

import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import pytest
from django.apps import apps
from django.contrib import admin
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern

from messages_app.access import PERMISSIONS
from messages_app.analysis.breakdowns import analyse
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import BUCKETS
from messages_app.analysis.statuses import NONE
from messages_app.filters import PERSONAL, PERSONAL_SORTS, WITHHELD, read_question
from messages_app.privacy import COVERED, OPEN
from messages_app.sealing import seal
from messages_app.urls import urlpatterns
from tests.archive.storing import store
from tests.factories import incoming, record
from tests.views.conftest import NOW, WALL
from tests.views.test_archive import archive
from tests.views.test_personal import address_of, somebody_with

__all__ = ["archive"]

NUMBERS = tuple(f"3363998770{last}" for last in range(1, 8))
OUT, BACK, SENDER, DETAIL, REFERENCE, INSIDE, STATUS = NUMBERS
WORDS = ("canary.example", "canary-path", "jane.canary")
HTML, ADDRESS = re.compile(r"<[^>]*>"), re.compile(r'(?:href|hx-get|action)="([^"]+)"')
PAGES = ("/messages/", "/analytics/", "/analytics/?wait=1", "/review/?wait=1", "/admin/")
MOST = 250
"""Addresses that are walked."""


@pytest.fixture
def masked(db) -> Client:
    """An analyst's browser: every permission but the one to numbers and texts."""
    return somebody_with(*(name for name in PERMISSIONS if name != "see_personal"))


@pytest.fixture
def canaries(archive) -> None:
    """Rows with known numbers wherever a row can hold one, among all the others."""
    when = WALL - timedelta(hours=2)
    store(
        [
            record(
                message_id=9_000_001, date=when, destination=OUT, sender=SENDER, campaign_id=9_000_001,
                message=f"Code {INSIDE}: https://canary.example/canary-path, jane.canary@canary.example",
                client_message_id=f"order {REFERENCE}", extra=(("to", f'"{OUT}"'),),
            ),
            record(
                message_id=9_000_002, date=when, destination=OUT, status="NOT_SENT",
                status_details=f"INVALID {DETAIL}", sender=f"{SENDER[:-2]}99",
                message="Call 06.39 98 77-06", dlr_date=None,
            ),
            incoming(message_id=9_000_003, date=when, sender=BACK, message=f"STOP +{INSIDE}"),
            record(message_id=9_000_004, date=when, status=f"HELD {STATUS}", status_details=""),
        ]
    )  # fmt: skip


def betrayed(body: str) -> list[str]:
    """The canaries that a body holds, however it spells them."""
    plain = unquote(html.unescape(body.encode().decode("unicode_escape", "ignore")))
    spellings = [re.sub(r"[\W_]+", "", text) for text in (plain, body, HTML.sub("", plain))]
    found = [one for one in NUMBERS if any(one[2:] in spelt for spelt in spellings)]
    found += [word for word in WORDS if word in plain]
    return found + [
        name for name in PERSONAL for value in NUMBERS if seal(name, value) in f"{body} {plain}"
    ]


def unpacked(body: bytes) -> str:
    """A body as text; a workbook's parts one after the other."""
    if not body.startswith(b"PK"):
        return body.decode()
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


def walked(client: Client, begin: tuple[str, ...]) -> Iterator[tuple[str, int, str]]:
    """Each page that a person can come to from here by links, forms left alone: address, status, body."""
    waiting, seen = list(begin), set(begin)
    while waiting and len(seen) <= MOST + len(waiting):
        address = waiting.pop(0)
        answer = client.get(address, follow=True)
        body = b"".join(answer) if answer.streaming else answer.content
        text = unpacked(body)
        yield address, answer.status_code, text
        for link in ADDRESS.findall(text):
            target = html.unescape(link)
            is_ours = target.startswith("/") and not target.startswith(
                ("/static/", "/accounts/logout")
            )
            if is_ours and target not in seen:
                seen.add(target)
                waiting.append(target)


def samples() -> list[str]:
    """Each address of the app with a question of its own, whether a page links to it or not."""
    asked = "period=last_24_hours&wait=1"
    patterns = [one for one in urlpatterns if isinstance(one, URLPattern)]
    found = [f"{address_of(pattern)}?{asked}" for pattern in patterns]
    names = ("senders", "reasons", "wasted", "campaigns", "country_status")
    return [
        *found,
        *(f"/analytics/panels/{name}/?{asked}&all={name}" for name in names),
        f"/analytics/data.json?{asked}&compare=previous",
        *(f"/messages/sms_mt/{9_000_000 + n}/?at={WALL - timedelta(hours=2):%Y-%m-%d %H:%M:%S}"
          for n in (1, 2)),
        f"/messages/sms_mo/9000003/?at={WALL - timedelta(hours=2):%Y-%m-%d %H:%M:%S}",
        "/messages/?period=last_24_hours&campaign=9000001",
        "/messages/?period=last_24_hours&status=not_sent&per_page=200",
        "/messages/?period=last_24_hours&kind=opt_outs",
    ]  # fmt: skip


def test_no_page_fragment_or_document_holds_a_number_or_a_text(canaries, masked, caplog):
    """T22, T3."""
    count = 0
    for address, status, body in walked(masked, (*samples(), *PAGES)):
        assert status in (200, 400, 403, 404, 405), address
        assert betrayed(body) == [], address
        assert betrayed(address) == [], address
        count += 1
    assert count >= MOST
    assert betrayed(caplog.text) == []


def test_the_walk_finds_what_others_see(canaries, administrator_client):
    """Without masks every canary is met: the walk above looks in the right places."""
    met = {
        one
        for _address, _status, body in walked(administrator_client, tuple(samples()))
        for one in betrayed(body)
    }
    assert met >= {*NUMBERS, *WORDS, "destination", "sender"}


@pytest.mark.parametrize("source", ["archive", "live"])
def test_rows_of_either_source_are_masked_and_open_by_their_key(archive, masked, source):
    if source == "live":
        apps.get_model("messages_app", "Span").objects.all().delete()
    shown = masked.get("/messages/", {"period": "last_hour", "wait": "1"}).content.decode()
    assert f'data-source="{source}"' in shown
    assert "Numbers and texts are masked for you." in shown
    texts = re.findall(r'class="cell-text"[^>]*>([^<]*)<', shown)
    assert texts
    assert not any(letter.isdigit() for text in texts for letter in html.unescape(text))
    handsets = re.findall(r'class="route-(?:to|from)">([^<]*)<', shown)
    assert any(re.fullmatch(r"\+33 [1-9] •• •• •• \d\d", one) for one in handsets)
    assert not [one for one in handsets if sum(map(str.isdigit, one)) > 6]
    (first, *_) = re.findall(r'class="row-link" href="([^"]+)"', shown)
    panel = masked.get(html.unescape(first)).content.decode()
    assert "••" in panel
    assert "destination=" not in panel
    assert "sender=" not in panel


@pytest.mark.parametrize("name", PERSONAL_SORTS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_no_order_tells_of_numbers_or_texts(archive, masked, name, sign):
    shown = masked.get("/messages/", {"sort": f"{sign}{name}"}).content.decode()
    assert "Sort: Numbers and texts are masked for you, so rows cannot be put" in shown
    assert "data-total" not in shown
    plain = masked.get("/messages/").content.decode()
    assert "data-total" in plain
    assert not re.search(rf"sort=-?{name}", plain)


@pytest.mark.parametrize("name", PERSONAL)
def test_a_colleague_s_sealed_link_says_why_it_shows_nothing_and_offers_the_rest(
    canaries, masked, name
):
    link = f"/messages/?period=last_24_hours&{name}={seal(name, OUT)}"
    shown = masked.get(link).content.decode()
    assert betrayed(shown.replace(seal(name, OUT), "")) == []
    field = re.search(rf'data-masked="{name}".*?</div>\s*<a[^>]*href="([^"]+)"', shown, re.DOTALL)
    assert field, "beside the field"
    assert "are masked for you, so they cannot be searched" in field[0]
    rest = html.unescape(field[1])
    assert rest == "/messages/?period=last_24_hours"
    assert "data-total" in masked.get(rest).content.decode()


@pytest.mark.parametrize("name", PERSONAL)
def test_a_typed_number_is_not_sealed_for_who_could_compare_it_with_a_link(archive, masked, name):
    answer = masked.get("/messages/", {name: OUT})
    assert answer.status_code == 302
    assert dict(parse_qsl(urlsplit(answer.headers["Location"]).query)) == {name: WITHHELD}
    shown = masked.get(answer.headers["Location"]).content.decode()
    assert f'data-masked="{name}"' in shown
    assert "data-total" not in shown


def test_a_number_and_none_are_answered_alike(canaries, masked):
    """No answer confirms that a number is there."""

    def answers(field: str, value: str) -> list[str]:
        link = f"{field}={seal(field, value)}"
        pages = ("/messages/", "/analytics/", "/analytics/data.json", "/messages/count/",
                 "/messages/figures/", "/analytics/panels/volume/", "/review/")  # fmt: skip
        found = (masked.get(f"{page}?{link}").content.decode() for page in pages)
        tokens = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
        return [tokens.sub("", one.replace(seal(field, value), "")) for one in found]

    for field in PERSONAL:
        assert answers(field, SENDER) == answers(field, "33639980000")


@pytest.mark.parametrize("value", [SENDER, "06 39 98 77 03", "33*", "+336*", "0*"])
def test_a_sender_that_is_a_number_is_refused_and_one_that_is_a_name_is_not(
    canaries, masked, value
):
    plain = masked.get("/analytics/data.json", {"sender": value}, follow=True)
    assert plain.status_code == 400
    named = masked.get("/analytics/data.json", {"sender": "ACME"}, follow=True)
    assert named.status_code == 200
    page = masked.get("/messages/", {"sender": "ACME"}, follow=True).content.decode()
    assert 'name="sender" value="ACME"' in page, "a filter without a field is not lost"


GROUPS = ["33", "6", "39", "98", "77", "03"]


@pytest.mark.parametrize("way", ["typed", "exact", "blank before", "sealed"])
@pytest.mark.parametrize(
    "between", [" " * 5, "_" * 9, "\u061c", "\u180e" * 7, ".-/" * 6, "\u200b \u2060", ","]
)
def test_t22_nothing_between_its_digits_lets_a_number_past(canaries, masked, between, way):
    """The field drops runs of marks and what has no shape; a masked viewer's value is judged behind it."""
    spelled = between.join(GROUPS)
    value = {
        "typed": spelled,
        "exact": f"={spelled}",
        "blank before": " ={}".format("".join(f"%{ord(digit):X}" for digit in SENDER)),
        "sealed": seal("sender", spelled),
    }[way]
    asked = {"period": "last_24_hours", "sender": value}
    found = read_question(QueryDict(urlencode(asked)), NOW, COVERED)
    assert (found.query, found.masked) == (None, ("sender",))
    assert masked.get("/analytics/data.json", asked, follow=True).status_code == 400
    shown = masked.get("/messages/", asked, follow=True).content.decode()
    assert 'data-masked="sender"' in shown
    assert "data-total" not in shown
    assert seal("sender", SENDER) not in shown


@pytest.mark.parametrize("value", ["=PROMO24*", "PROMO24", "PROMO*", "36000"])
def test_what_is_nobody_s_number_is_asked_for_also_under_a_mask(value):
    found = read_question(QueryDict(urlencode({"sender": value})), NOW, COVERED)
    assert found.masked == ()
    assert found.query


@pytest.mark.parametrize("name", ["sender", "details"])
def test_a_number_is_refused_in_whatever_way_it_is_spelled(canaries, masked, name):
    spelled = "=" + "".join(f"%{ord(digit):X}" for digit in SENDER)
    answer = masked.get("/analytics/data.json", {name: spelled}, follow=True)
    assert answer.status_code == 400


def test_a_reason_that_holds_a_number_cannot_be_asked_for(canaries, masked):
    shown = masked.get("/messages/", {"details": f"INVALID {DETAIL}"}).content.decode()
    assert 'data-masked="details"' in shown
    assert "data-total" not in shown


def test_senders_that_look_alike_are_one_part_and_parts_still_add_up(canaries, masked):
    asked = {"period": "last_24_hours"}
    found = masked.get("/analytics/data.json", asked).json()
    senders = {one["sender"]: one["outgoing"] for one in found["by_sender"]}
    assert senders["+33 6 •• •• •• 03"] >= 1
    assert senders["+33 6 •• •• •• 99"] >= 1
    assert sum(senders.values()) == found["totals"]["outgoing"]
    assert list(senders) == sorted(senders, key=lambda name: name or NONE)
    reasons = {one["details"]: one["count"] for one in found["by_reason"]}
    assert reasons["INVALID +33 6 •• •• •• 04"] == 1


def test_a_number_in_a_status_is_the_key_of_no_figure(canaries, masked, administrator_client):
    asked = {"period": "last_24_hours"}
    plain, found = (
        client.get("/analytics/data.json", asked) for client in (administrator_client, masked)
    )
    assert STATUS in plain.content.decode()
    assert betrayed(found.content.decode()) == []
    held = "held +33 6 •• •• •• 07"
    for part in ("by_status", "by_country_status", "by_reason"):
        assert [one["count"] for one in found.json()[part] if one["status"] == held] == [1], part
    assert sum(bucket["statuses"].get(held, 0) for bucket in found.json()["series"]) == 1


def test_rows_read_live_count_a_status_under_the_same_name():
    rows = [record(status=f"HELD {STATUS}"), record(message_id=2)]
    whole = MessageQuery(now=NOW, period="last_30_days").within(rows[0].date, rows[0].date)
    for mask, name in ((COVERED, "held +33 6 •• •• •• 07"), (OPEN, f"held {STATUS}")):
        analysis = analyse(rows, whole.but(mask=mask), BUCKETS["hour"])
        assert set(analysis.found.by_status) == {"delivered", name}
        assert name in {status for status, _reason in analysis.by["reason"]}


def test_a_masked_sender_is_a_mark_without_a_link(canaries, masked, administrator_client):
    link = f"sender={seal('sender', SENDER)}"
    asked = {"period": "last_24_hours", "wait": "1", "all": "senders"}
    plain = administrator_client.get("/analytics/panels/senders/", asked).content.decode()
    assert link in html.unescape(plain)
    shown = masked.get("/analytics/panels/senders/", asked).content.decode()
    cell = re.search(r"<th[^>]*>([^\n]*\+33 6 •• •• •• 03[^\n]*)</th>", shown)
    assert cell
    assert "href" not in cell[1]
    assert "sender=" in shown, "names keep theirs"


def test_a_short_code_a_name_and_all_that_is_derived_stay(canaries, masked, administrator_client):
    """Parts, encoding and country are figures, not words."""
    address = "/messages/sms_mo/9000003/?at=2026-11-18 13:00:00"
    plain, shown = (
        client.get(address).content.decode() for client in (administrator_client, masked)
    )
    for text in ("36000", "🇫🇷 France", "1 · GSM-7"):
        assert text in plain
        assert text in shown


def test_the_admin_shows_no_message(db):
    """T41. Another door to rows would need masks of its own."""
    ours = [
        model.__name__ for model in admin.site._registry if model._meta.app_label == "messages_app"
    ]
    assert not {"Message", "Observation", "Quarantine"} & set(ours)


def test_the_figures_json_is_masked_without_the_page(canaries, masked):
    body = json.dumps(masked.get("/analytics/data.json", {"period": "last_24_hours"}).json())
    assert betrayed(body) == []
