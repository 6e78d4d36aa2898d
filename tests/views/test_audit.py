"""What people do is recorded where they do it; the page of the trail shows it to who reviews."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.test import Client
from django.urls import reverse

from messages_app import audit, sharing
from messages_app.addresses import conversation_path
from messages_app.analysis.query import MessageQuery
from messages_app.audit import Act, NotRecorded, number_digest, record
from messages_app.audited import AuditLine
from messages_app.exports.kept import DONE
from messages_app.filters import question_url
from messages_app.models import Export
from messages_app.sealing import seal
from messages_app.views.search import _page_of
from tests.conftest import browser, person
from tests.trail import last, recorded
from tests.views.conftest import NOW
from tests.views.links_made import at, inside, keep, link_of

pytestmark = pytest.mark.django_db

NUMBER = "33639980007"
TYPED = "06 39 98 00 07"
TRAIL = "/review/audit/"


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    cache.clear()
    at(NOW, monkeypatch)
    yield
    cache.clear()


@pytest.fixture
def rows():
    keep(inside(40))


def asking(path: str = "/messages/", **asked: Any) -> str:
    return question_url(path, MessageQuery(now=NOW, **asked))


def acts(lines: list[AuditLine]) -> list[str]:
    return [line.act for line in lines]


# What is recorded


@pytest.mark.parametrize(
    "path",
    [
        "/messages/",
        "/messages/count/",
        "/messages/figures/",
        "/analytics/",
        "/analytics/data.json",
        "/analytics/panels/cost_by_country/",
        "/analytics/worth-a-look/",
    ],
)
@pytest.mark.parametrize(
    "asked", [{"destination": NUMBER}, {"sender": NUMBER}, {"message": NUMBER}]
)
def test_t26_whoever_asks_for_a_number_is_recorded(rows, support_client, path, asked):
    with recorded() as lines:
        support_client.get(asking(path, **asked))
    assert [(one.act, one.name, one.numbers.split()) for one in lines] == [
        ("searched", "support", [number_digest(NUMBER)])
    ]
    assert f"{next(iter(asked))}=#" in lines[0].question
    assert NUMBER[3:] not in lines[0].question


@pytest.mark.parametrize(
    "asked",
    [{}, {"sender": "ACME"}, {"message": "colis"}, {"countries": ("FR",)}, {"campaign": "7"}],
)
def test_who_asks_for_no_number_is_not(rows, support_client, asked):
    with recorded() as lines:
        support_client.get(asking(**asked))
    assert lines == []


def test_the_beginning_of_a_number_and_a_typed_one_are_recorded(rows, support_client):
    with recorded() as lines:
        support_client.post("/messages/", {"destination": TYPED})
        support_client.post("/messages/", {"destination": "+33 6 39*"})
    assert [one.numbers.split() for one in lines] == [
        [number_digest(NUMBER)], [number_digest("33639*")]
    ]  # fmt: skip


def test_the_same_question_again_is_no_new_line_for_some_minutes(rows, support_client):
    with recorded() as lines:
        support_client.get(asking(destination=NUMBER))
        support_client.get(asking(destination=NUMBER, page=2, per_page=25, sort="cost"))
        support_client.get(asking("/messages/figures/", destination=NUMBER), HTTP_HX_REQUEST="true")
    assert acts(lines) == ["searched"]
    with recorded() as lines:
        support_client.get(asking(destination=NUMBER, period="today"))
        support_client.get(asking(destination=NUMBER), REMOTE_ADDR="192.0.2.1")
        browser(person("another", "Support")).get(asking(destination=NUMBER))
    assert acts(lines).count("searched") == 3


def test_a_broken_cache_makes_more_lines_and_hides_none(rows, support_client, monkeypatch):
    def broken(*_args, **_kwargs):
        raise ConnectionError

    for name in ("get", "set_many"):
        monkeypatch.setattr(cache, name, broken)
    with recorded() as lines:
        for _ in range(2):
            assert support_client.get(asking(destination=NUMBER)).status_code == 200
    assert acts(lines) == ["searched"] * 2


def test_a_line_of_the_search_box_is_recorded_once_with_the_list_it_leads_to(rows, support_client):
    with recorded() as lines:
        answer = support_client.post("/search/", {"q": TYPED}, follow=True)
        assert answer.status_code == 200
        support_client.get(_page_of(TYPED).replace("/search/", "/search/readings/"))
    assert acts(lines) == ["searched"]
    assert lines[0].numbers.split() == [number_digest(NUMBER)]


def test_who_only_reads_what_a_line_may_mean_is_recorded_too(rows, support_client):
    with recorded() as lines:
        support_client.get(_page_of(TYPED))
    assert acts(lines) == ["searched"]


def test_an_opened_conversation_is_recorded_once_with_its_earlier_parts(rows, support_client):
    path = conversation_path(NUMBER)
    with recorded() as lines:
        for address in (path, f"{path}?wait=1", f"{path}?before=1763000000-0"):
            support_client.get(address)
    assert [(one.act, one.numbers.split()) for one in lines] == [
        ("conversation", [number_digest(NUMBER)])
    ]


def test_an_export_sent_at_once_is_recorded_with_how_masked_it_is(rows, administrator_client):
    with recorded() as lines:
        answer = administrator_client.get(asking("/messages/export.csv", countries=("FR",)))
        assert answer.status_code == 200
        administrator_client.head(asking("/messages/export.csv", countries=("FR",)))
    assert [(one.act, one.question, one.note) for one in lines] == [
        ("exported", "country=FR", "csv, numbers full, texts full")
    ]


def test_an_export_made_by_a_worker_is_recorded_and_so_is_its_download(
    rows, administrator_client, monkeypatch
):
    storage = InMemoryStorage()
    monkeypatch.setattr("messages_app.exports.kept.storage", lambda: storage)
    with recorded() as lines:
        job = administrator_client.post(
            asking("/exports/", destination=NUMBER), {"format": "csv"}
        ).headers["Location"]
        Export.objects.update(state=DONE, file=storage.save("1.csv", ContentFile(b"rows")))
        assert administrator_client.get(f"{job}file").getvalue() == b"rows"
    assert acts(lines) == ["searched", "exported", "downloaded"]
    assert lines[1].numbers.split() == [number_digest(NUMBER)]
    assert lines[1].about == lines[2].about


def test_a_link_is_recorded_when_made_opened_and_ended(rows, administrator_client, support_client):
    form = {
        "label": "Customer", "shows": ["messages"], "dates": "keep", "numbers": "full", "texts": "full",
        "days": "7",
    }  # fmt: skip
    with recorded() as lines:
        made = administrator_client.post(
            f"/shares/new/?at=messages&destination={seal('destination', NUMBER)}", form
        )
        path = re.findall(
            r'id="share-link"[^>]* value="http://testserver([^"]+)"', made.content.decode()
        )
        guest = support_client
        guest.post(path[0])
        guest.get(asking("/shared/messages/", destination=NUMBER))
        pk = made.context["link"].pk
        administrator_client.post(f"/shares/{pk}/revoke/")
    assert [(one.act, one.name, one.link) for one in lines] == [
        ("link_made", "administrator", None),
        ("link_opened", "", pk),
        ("searched", "", pk),
        ("link_revoked", "administrator", None),
    ]
    assert lines[0].numbers.split() == [number_digest(NUMBER)]
    assert lines[0].note.startswith("messages, numbers full, texts full, until ")
    assert {one.about for one in lines if one.act != "searched"} == {f"link {pk}"}


# Without its line there is no answer


def refuse(*_args, **_kwargs):
    raise NotRecorded


@pytest.mark.parametrize("path", ["/messages/", "/analytics/data.json", "/messages/count/"])
def test_t26_what_cannot_be_recorded_is_not_answered(rows, support_client, monkeypatch, path):
    monkeypatch.setattr(audit, "record", refuse)
    answer = support_client.get(asking(path, destination=NUMBER))
    assert answer.status_code == 503
    assert "This cannot be recorded, so it is not done" in answer.content.decode()
    assert "inside-7 colis" not in answer.content.decode()
    assert support_client.get(asking(path)).status_code == 200


def test_a_link_whose_opening_cannot_be_recorded_opens_nothing(rows, administrator, monkeypatch):
    monkeypatch.setattr(sharing, "record", refuse)
    link, token = link_of(administrator)
    answer = Client().post(reverse("shared", args=[token]))
    assert answer.status_code == 503
    assert "shared" not in answer.cookies
    assert not link.openings.exists()


# The page


def page(client, address: str = TRAIL) -> str:
    answer = client.get(address, follow=True)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def numbers_in(shown: str) -> list[int]:
    return [int(one) for one in re.findall(r'data-line="(\d+)"', shown)]


def test_only_who_reviews_reads_the_trail(support_client, stranger_client, client):
    for path in (TRAIL, f"{TRAIL}export.csv"):
        assert support_client.get(path).status_code == 403
        assert stranger_client.get(path).status_code == 403
        assert client.get(path).status_code == 302


def test_reading_the_trail_is_recorded_with_what_was_asked(administrator_client):
    with recorded() as lines:
        page(administrator_client, f"{TRAIL}?who=support&act=login")
        administrator_client.post(TRAIL, {"number": TYPED}, follow=True)
        administrator_client.get(f"{TRAIL}export.csv?act=login")
    assert [(one.act, one.question, one.note) for one in lines] == [
        ("trail_read", "who=support&act=login", ""),
        ("trail_read", f"number=#{number_digest(NUMBER)}", ""),
        ("trail_read", "act=login", "csv"),
    ]


def test_a_number_finds_who_asked_for_it_however_both_wrote_it(
    rows, administrator_client, support_client
):
    support_client.get(asking(destination=NUMBER))
    exact = last().number
    support_client.get(asking(destination="33639*"))
    start = last().number
    support_client.get(asking(destination="33639980008"))
    shown = page(administrator_client, f"{TRAIL}?act=searched&number={TYPED}")
    assert numbers_in(shown) == [start, exact]
    digest = number_digest(NUMBER)
    assert f"#{digest[:6]}" in shown
    assert numbers_in(page(administrator_client, f"{TRAIL}?digest={digest}&act=searched")) == [
        exact
    ]


def test_t23_no_number_stays_in_the_address_of_the_trail(administrator_client):
    for answer in (
        administrator_client.post(TRAIL, {"number": TYPED}),
        administrator_client.get(f"{TRAIL}?number={TYPED}"),
    ):
        assert answer.status_code == 302
        assert "number=~1." in answer.headers["Location"]


@pytest.mark.parametrize("typed", ["+33 6 39 98 00 01", "06.39.98.00.01", "client 33639980001"])
def test_t23_a_number_typed_as_a_name_is_refused_and_stays_in_no_address_and_no_line(
    administrator_client, typed
):
    with recorded() as lines:
        answer = administrator_client.post(TRAIL, {"who": typed})
        assert answer.status_code == 200
        assert "A number is looked for under “About the number” alone" in answer.content.decode()
        assert administrator_client.get(f"{TRAIL}export.csv", {"who": typed}).status_code == 400
    assert lines == []


@pytest.mark.parametrize(
    "typed", ["198.51.100.207", "198.51.100.", "2001:db8:1234:5678::1", "ann 7"]
)
def test_an_address_and_a_name_are_no_number(administrator_client, typed):
    assert administrator_client.post(TRAIL, {"who": typed}).status_code == 302


def test_t22_who_sees_numbers_masked_finds_nobody_by_a_number(rows, administrator_client):
    reviewer = person("reviewer")
    reviewer.user_permissions.add(Permission.objects.get(codename="review"))
    administrator_client.get(asking(destination=NUMBER))
    client = browser(reviewer)
    for number in (TYPED, seal("audit number", NUMBER)):
        shown = page(client, f"{TRAIL}?number={number}")
        assert "Numbers and texts are masked for you" in shown
        assert numbers_in(shown) == []
    assert 'name="number"' not in page(client)
    assert "Numbers and texts are masked for you" in page(client, f"{TRAIL}?who={TYPED}")


@pytest.mark.parametrize(
    "params", ["act=nonsense", "date_start=yesterday", "number=*", "digest=12", "number=~1.broken"]
)
def test_filters_that_cannot_be_read_show_no_line_and_export_none(administrator_client, params):
    shown = page(administrator_client, f"{TRAIL}?{params}")
    assert numbers_in(shown) == []
    assert "This question cannot be answered as it stands" in shown
    assert administrator_client.get(f"{TRAIL}export.csv?{params}").status_code == 400


def test_times_and_people_narrow(administrator_client, monkeypatch):
    for days, name in ((3, "first"), (2, "second"), (1, "third")):
        moment = NOW - timedelta(days=days)
        monkeypatch.setattr("messages_app.clock.real_now", lambda moment=moment: moment)
        record(Act.SETTING_CHANGED, note=name)
    shown = page(
        administrator_client,
        f"{TRAIL}?date_start=2026-11-16&date_end=2026-11-16&act=setting_changed",
    )
    assert "second" in shown
    assert "first" not in shown
    assert "third" not in shown
    assert numbers_in(page(administrator_client, f"{TRAIL}?who=ADMINISTR&act=login"))
    assert "No line answers this" in page(administrator_client, f"{TRAIL}?who=nobody")


def test_older_lines_are_on_the_next_page_and_each_stands_once(administrator_client):
    for number in range(60):
        record(Act.SETTING_CHANGED, note=str(number))
    shown = page(administrator_client, f"{TRAIL}?act=setting_changed")
    assert "Lines: 60" in shown
    (older,) = re.findall(r'href="([^"]+)">older', shown)
    found = numbers_in(shown) + numbers_in(page(administrator_client, older))
    assert found == sorted(found, reverse=True)
    assert len(found) == 60


def test_a_question_without_a_number_leads_back_to_its_list(rows, administrator_client):
    administrator_client.get(asking("/messages/export.csv", countries=("FR",)))
    administrator_client.get(asking("/messages/export.csv", countries=("FR",), destination=NUMBER))
    shown = page(administrator_client, f"{TRAIL}?act=exported")
    assert re.findall(r'<a href="(/messages/[^"]*)"><bdi>Messages, country: France', shown) == [
        "/messages/?country=FR"
    ]
    assert f"#{number_digest(NUMBER)[:6]}" in shown


def test_the_file_holds_the_lines_as_they_stand_and_no_formula(administrator_client):
    record(Act.SETTING_CHANGED, note="=1+1", numbers=[NUMBER])
    known = last()
    answer = administrator_client.get(f"{TRAIL}export.csv?act=setting_changed")
    lines = answer.getvalue().decode("utf-8-sig").splitlines()
    assert lines[0].startswith(
        "number,at,act,user,name,link,address,question,numbers,about,note,hash"
    )
    assert f",{number_digest(NUMBER)},,'=1+1,{known.hash}" in lines[1]
    assert NUMBER[3:] not in answer.getvalue().decode()


def test_what_stands_in_a_line_is_no_markup(administrator_client):
    record(Act.SETTING_CHANGED, note="<script>alert(1)</script>", about="<b>")
    shown = administrator_client.get(TRAIL).content.decode()
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown


def test_the_review_page_leads_to_the_trail(administrator_client):
    assert f'href="{reverse("audit")}"' in administrator_client.get("/review/").content.decode()
