"""T16, T17, T18: whatever a visitor of a share link sends, nothing of the outside comes back.

The yardstick are two archives that are equal inside the fence and different outside: each answer must be
the same, byte by byte, form tokens aside.
"""

import random
import re
from urllib.parse import quote, quote_plus

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from messages_app import sharing
from messages_app.access import gate
from messages_app.addresses import sealed_row
from messages_app.analysis.fence import fenced
from messages_app.analysis.statuses import KINDS, SORTS
from messages_app.limits import Limit
from messages_app.made import SavedView, ShareLink
from messages_app.models import Look, Message, Rollup
from messages_app.privacy import FULL, MASKED, OFF
from messages_app.sealing import seal
from messages_app.urls import urlpatterns
from messages_app.views.panels import PANELS
from tests.campaign import rounds
from tests.test_walk import ADDRESSES, RULES
from tests.views.conftest import NOW, WALL
from tests.views.links_made import FENCE, at, inside, keep, link_of, outside, visitor

pytestmark = pytest.mark.django_db

TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')
KEYS = re.compile(r'data-key="sms_m[to]:(\d+)"')
TOTAL = re.compile(r'data-total="(\d+)"')
COUNT = 30
"""Rows inside; few, so that figures of the outside would outweigh them."""

ROUNDS = rounds(sample=12, full=1000)
ENDPOINTS = (
    "/shared/messages/", "/shared/messages/count/", "/shared/messages/figures/",
    "/shared/analytics/", "/shared/analytics/data.json", "/shared/analytics/panels/PANEL/",
    "/shared/messages/KIND/ID/",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    at(NOW, monkeypatch)
    # The campaign asks more often than people read.
    monkeypatch.setattr("messages_app.views.visiting.OF_LINK", Limit("visits", 10**9, 600))
    monkeypatch.setattr("messages_app.views.visiting.OF_ADDRESS", Limit("visits-from", 10**9, 600))

    def asked(*_args):
        raise AssertionError("the provider was asked for a visitor")

    monkeypatch.setattr("messages_app.answers.live_source", asked)
    monkeypatch.setattr("messages_app.provider.ProviderClient.page", asked)


def refill(seed: int) -> None:
    Message.objects.all().delete()
    Rollup.objects.all().delete()
    keep([*inside(COUNT), *outside(seed)])


RANGES: tuple[dict[str, str], ...] = (
    {}, {}, {"period": "last_7_days"}, {"period": "last_12_months"}, {"period": "last_30_days"},
    {"period": "yesterday"}, {"period": "today"}, {"period": "scheduled"},
    {"date_start": "2020-01-01", "date_end": "2999-01-01"},
    {"date_start": "2026-11-01", "date_end": "2026-11-16 09:59:59"},
    {"date_start": "2026-11-15T10:00", "date_end": "2026-12-31", "period": "custom"},
    {"date_start": "2026-11-01", "date_end": "2026-11-08"}, {"date_start": "2026-11-15"},
)  # fmt: skip
"""Ranges that a visitor might ask for to see more."""

WIDER = {
    "destination": ["33639*", "3363990*", "221*", "none", "33639980001"],
    "sender": ["OUTSIDER", "OUT*", "ACME", "none", "33639915000"],
    "message": ["OUTSIDE", "canary", "colis", "%", "_"],
    "type": ["messages-in", "messages-out"],
    "country": ["SN", "FR", "FR,SN", "none", "BE"],
    "status": ["other", "delivered", "withdrawn", "DELIVERED", "waiting"],
    "details": ["OUTSIDE REASON", "EXPIRED", "none", "DELIVERED"],
    "campaign": ["99", "7", "none", "8"],
    "client": ["1", "none"],
    "reference": ["OUT-ref", "ref-1"],
    "kind": [*KINDS],
    "slot": ["mon-09", "sun-23"],
    "delay": ["0-6", "4-"],
    "sort": [*SORTS, *(f"-{key}" for key in SORTS)],
    "page": ["1", "2", "99", "1000000"],
    "per_page": ["25", "200"],
    "after": ["20000", "20001", "4", "x", "-4"],
    "before": ["20000", "20004", "8", "9" * 30],
    "at": ["2026-11-10 12:00:00", "2026-11-17 12:00:00", "x"],
    "bucket": ["hour", "day", "month"],
    "all": ["senders", "campaigns", "reasons", "x"],
    "wait": ["1", "0"],
    "refresh": ["1"],
    "seen": ["0"],
    "form": ["~1.AAAA", "x"],
}
"""What a visitor might send to see more, by parameter."""

NONSENSE = (
    "unknown=1", "fence=", "fence=none", "compare=before", "compare=free&compare_start=2026-01-01",
    "COUNTRY=SN", "status=lost_at_sea", "sort=x", "page=-1", "kind=x", "message=%00", "broken=sender",
    "per_page=9999", "date_start=0000-00-00&date_end=x", "period=x", "campaign=0x63", "token=x",
)  # fmt: skip
"""What is no question: it must have no answer at all."""

HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"HX-Request": "true"},
    {"HX-Request": "true", "HX-History-Restore-Request": "true"},
    {"HX-Request": "true", "HX-Boosted": "true", "HX-Current-URL": "http://testserver/messages/"},
    {"Sec-Fetch-Dest": "document"},
    {"Accept-Language": "fr"},
    {"Referer": "http://testserver/messages/?country=SN"},
    {"X-HTTP-Method-Override": "DELETE", "X-Original-URL": "/messages/"},
)


def written(name: str, value: str, chance: random.Random) -> str:
    """A parameter as somebody writes it: plain, encoded in odd ways, doubled, or sealed."""
    way = chance.randrange(12)
    if way == 0:
        return f"{name}={''.join(f'%{byte:02X}' for byte in value.encode())}"
    if way == 1:
        return f"{name}={quote(quote(value))}"
    if way == 2 and value:
        return f"{name}={seal(name, value)}"
    if way == 3 and name in WIDER:
        return f"{name}={quote_plus(value)}&{name}={quote_plus(chance.choice(WIDER[name]))}"
    if way == 4:
        return f"{name}={quote_plus(value.translate({48 + n: 0xFF10 + n for n in range(10)}))}"
    return f"{name}={quote_plus(value)}"


def hostile(chance: random.Random) -> str:
    """A query string that tries to see more; most of them are questions that can be answered."""
    names = chance.sample(sorted(WIDER), chance.choice((0, 1, 1, 2, 2, 3, 6)))
    parts = [written(name, chance.choice(WIDER[name]), chance) for name in names]
    parts += [written(name, value, chance) for name, value in chance.choice(RANGES).items()]
    if chance.random() < 0.15:
        parts.append(chance.choice(NONSENSE))
    return "&".join(parts)


def asked(endpoint: str, number: int) -> tuple[str, dict[str, str]]:
    """The address of a round and its headers; the same in each run."""
    chance = random.Random(f"{endpoint} {number}")
    path = (
        endpoint.replace("PANEL", chance.choice(sorted(PANELS)))
        .replace("KIND", chance.choice(("sms_mt", "sms_mo")))
        .replace("ID", str(chance.choice((1, 2, 3, 29, 30, 31, *range(5000, 5080)))))
    )
    return f"{path}?{hostile(chance)}", chance.choice(HEADERS)


def answers(client, endpoint: str) -> list[tuple[str, int, bytes, list[tuple[str, int]]]]:
    """Each round's address, and what it leads to in the end: status, body, and the way there."""
    found = []
    for number in range(ROUNDS):
        address, headers = asked(endpoint, number)
        answer = client.get(address, headers=headers, follow=True)
        body = TOKEN.sub(b"", answer.content)
        found.append((address, answer.status_code, body, answer.redirect_chain))
    return found


@pytest.mark.parametrize("is_open", [False, True], ids=["masked", "open"])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_t16_t17_no_query_string_tells_of_the_outside(administrator, endpoint, is_open):
    """Rows, figures, choices, totals: two archives equal inside give the same bytes."""
    numbers, texts = (FULL, FULL) if is_open else (MASKED, OFF)
    _link, token = link_of(administrator, numbers=numbers, texts=texts)
    client = visitor(token)
    refill(1)
    first = answers(client, endpoint)
    refill(3)
    second = answers(client, endpoint)
    for one, other in zip(first, second, strict=True):
        assert one == other
        address, status, body, way = one
        assert status in (200, 400, 404), address
        assert all(location.startswith("/shared/") for location, _status in way), address
        text = body.decode()
        # What was asked for stands in its field again; these nobody asks for.
        assert "OUTSIDE canary" not in text, address
        assert "LOST_AT_SEA" not in text, address
        assert all(int(key) <= COUNT for key in KEYS.findall(text)), address
        assert all(int(total) <= COUNT for total in TOTAL.findall(text)), address
    refused = b"cannot be answered as it stands"
    answered = sum(status == 200 and refused not in body for _address, status, body, _way in first)
    assert answered >= (1 if "KIND" in endpoint else ROUNDS // 4)
    assert not Look.objects.exists()


def test_t17_the_campaign_can_fail(administrator, monkeypatch):
    """Without the fence in the conditions the same strings do tell of the outside."""
    monkeypatch.setattr(
        "messages_app.analysis.query.MessageQuery.layers", property(lambda self: (self,))
    )
    _link, token = link_of(administrator)
    client = visitor(token)
    refill(1)
    first = client.get("/shared/analytics/data.json").content
    refill(3)
    assert client.get("/shared/analytics/data.json").content != first


def test_t16_a_visitor_passes_the_gate_behind_the_fence_of_the_link_alone(rf, administrator):
    """A page that puts up none, or another, lets no visitor in; nobody is a person behind one."""
    link, _token = link_of(administrator)
    fence = sharing.fence_of(link, NOW)
    assert fence
    request = rf.get("/")
    request.user, request.visitor = administrator, sharing.visitor_of(link, fence)
    with fenced(fence):
        assert gate(request, "see_messages") is request.visitor
    with pytest.raises(PermissionDenied):
        gate(request, "see_messages")
    with fenced(FENCE), pytest.raises(PermissionDenied):
        gate(request, "see_messages")
    del request.visitor
    assert gate(request, "see_messages").user_id == administrator.pk
    with fenced(fence), pytest.raises(PermissionDenied):
        gate(request, "see_messages")


def test_a_visitor_sees_all_of_the_inside(administrator):
    """The fence keeps in what it shows: every row, and figures that are theirs."""
    _link, token = link_of(administrator)
    client = visitor(token)
    refill(1)
    listed = client.get("/shared/messages/?per_page=50").content.decode()
    assert sorted(map(int, KEYS.findall(listed))) == list(range(1, COUNT + 1))
    assert TOTAL.findall(listed) == [str(COUNT)]
    totals = client.get("/shared/analytics/data.json").json()["totals"]
    assert (totals["outgoing"], totals["incoming"]) == (COUNT, 0)
    for number in range(1, COUNT + 1):
        assert client.get(f"/shared/messages/sms_mt/{number}/").status_code == 200
    narrowed = client.get("/shared/messages/?status=delivered").content.decode()
    delivered = sum(row.status == "DELIVERED" for row in inside(COUNT))
    assert TOTAL.findall(narrowed) == [str(delivered)]
    assert 0 < delivered < COUNT


def test_t16_every_link_of_the_shared_pages_leads_to_shared_pages(administrator):
    _link, token = link_of(administrator)
    client = visitor(token)
    refill(1)
    paths = ("/shared/messages/", "/shared/analytics/?wait=1", "/shared/messages/figures/",
             "/shared/messages/sms_mt/1/")  # fmt: skip
    swaps = {"HX-Request": "true", "HX-Boosted": "true", "HX-Target": "content"}
    for path, headers in [*((path, {}) for path in paths), ("/shared/messages/", swaps)]:
        page = client.get(path, headers=headers).content.decode()
        links = re.findall(r'(?:href|hx-get|action)="(/[^"]*)"', page)
        assert len(links) > 3
        assert [link for link in links if not link.startswith(("/shared/", "/static/"))] == []


OTHERS = [one for one in ADDRESSES if not one.name.startswith("shared")]


@pytest.mark.parametrize("method", ["get", "post", "head", "options", "put", "delete", "patch"])
def test_t16_t18_the_cookie_opens_no_other_address(administrator, method):
    """Every other address of the URL configuration, with and without htmx: the login, as without it."""
    link, token = link_of(administrator)
    client = visitor(token)
    refill(1)
    view = SavedView.objects.create(
        owner=administrator, name="x", page="messages", question="", is_shared=True, place=1,
        made_at=NOW, changed_at=NOW,
    )  # fmt: skip
    assert len(OTHERS) > 30
    for path, name in ((one.path, one.name) for one in OTHERS):
        for headers in ({}, {"HX-Request": "true"}):
            address = path.replace("/1/", f"/{view.pk}/") if "view" in name else path
            answer = getattr(client, method)(address, headers=headers)
            told = b"" if answer.streaming else answer.content
            assert b"inside-" not in told, path
            assert b"OUTSID" not in told, path
            if RULES[name].needs is not None:
                target = answer.headers.get("Location") or answer.headers.get("HX-Redirect") or ""
                assert "/login/" in target, (path, answer.status_code)
    link.refresh_from_db()
    assert link.revoked_at is None
    assert SavedView.objects.filter(pk=view.pk).exists()


WRITES = ("put", "delete", "patch", "options", "trace")


@pytest.mark.parametrize(
    "pattern", [p for p in urlpatterns if str(p.name).startswith("shared_")], ids=lambda p: p.name
)
def test_t18_shared_pages_are_read_and_narrowed_alone(administrator, pattern):
    _link, token = link_of(administrator)
    client = visitor(token)
    refill(1)
    row = sealed_row("sms_mt:1", WALL)
    given = {"kind": "sms_mt", "message_id": 1, "name": "volume", "row": row}
    wanted = pattern.pattern.converters
    path = reverse(pattern.name, kwargs={name: given[name] for name in wanted})
    before = ShareLink.objects.values().get()
    for method in WRITES:
        assert getattr(client, method)(path).status_code == 405, method
    posted = client.post(path, {"country": "SN", "period": "last_12_months"})
    narrows = pattern.name in ("shared_messages", "shared_analytics")
    assert posted.status_code == (302 if narrows or pattern.name == "shared_language" else 405)
    if narrows:
        assert posted.headers["Location"] == f"{path}?country=SN"
        assert b"data-key" not in client.get(posted.headers["Location"]).content
    assert client.head(path).status_code in (200, 405)
    assert client.head(path).content == b""
    assert ShareLink.objects.values().get() == before


def test_a_link_to_figures_alone_leads_to_no_row(administrator):
    _link, token = link_of(administrator, shows_messages=False)
    client = visitor(token)
    refill(1)
    for path in ("/shared/messages/", "/shared/messages/count/", "/shared/messages/sms_mt/1/"):
        assert client.get(path).status_code == 404
    page = client.get("/shared/analytics/?wait=1").content.decode()
    assert 'data-figure="outgoing"' in page
    assert "/shared/messages/" not in page


def test_a_link_to_the_list_alone_tells_no_figures(administrator):
    _link, token = link_of(administrator, shows_figures=False)
    client = visitor(token)
    refill(1)
    assert "/shared/analytics/" not in client.get("/shared/messages/").content.decode()
    assert "/shared/messages/figures/" not in client.get("/shared/messages/").content.decode()
    for path in (
        "messages/figures/",
        "analytics/",
        "analytics/data.json",
        "analytics/panels/volume/",
    ):
        assert client.get(f"/shared/{path}").status_code == 404


def test_nothing_beside_the_range_is_asked_for_a_visitor(administrator):
    """Neither what is usual, nor what changed, nor a forecast, nor a comparison."""
    _link, token = link_of(administrator, FENCE.but(period="this_month"))
    client = visitor(token)
    refill(1)
    found = client.get("/shared/analytics/data.json").json()
    assert [found[name] for name in ("compare", "changes", "worth_a_look", "forecast")] == [
        None
    ] * 4
    assert {bucket["usual"] for bucket in found["series"]} == {None}
    page = client.get("/shared/analytics/?wait=1").content.decode()
    for words in ("Worth a look", "Compare with", "figure-change", "expected"):
        assert words not in page
    for path in ("/shared/analytics/", "/shared/analytics/data.json"):
        answer = client.get(f"{path}?compare=before")
        assert "no range to compare with" in answer.content.decode()
