"""Saved views: a question with a name, kept sealed, ordered, shared with the team, begun with."""

import json
import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.core import serializers
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messages_app import saved
from messages_app.access import PERMISSIONS, Viewer
from messages_app.analysis.query import MessageQuery
from messages_app.filters import question_url
from messages_app.made import SavedView, StartPage
from messages_app.sealing import is_sealed
from tests.conftest import browser, person
from tests.views.conftest import NOW

NUMBER = "33639981234"
ALL = frozenset(PERMISSIONS)


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)


def address(path: str = "/messages/", **changes) -> str:
    return question_url(path, MessageQuery(now=NOW, **changes))


def save(client, name: str = "Refused in France", asked: str = "", **more):
    sent = {"name": name, "address": asked or address(countries=("FR",)), **more}
    return client.post("/views/new/", sent)


def kept(name: str = "Refused in France") -> SavedView:
    return SavedView.objects.get(name=name)


def shown(client, path: str = "/views/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def names(client) -> list[str]:
    return re.findall(r'class="made-name"[^>]*><bdi>([^<]+)', shown(client))


def test_a_question_is_saved_under_a_name_and_opened_again(support_client):
    asked = address(countries=("FR",), statuses=("denied",), sort="-cost", period="last_30_days")
    answer = save(support_client, asked=asked)
    assert answer.headers["Location"] == asked
    assert support_client.get(f"/views/{kept().pk}/").headers["Location"] == asked
    page = shown(support_client)
    assert "Refused in France" in page
    assert "country: France, status: denied, last 30 days" in page


def test_a_relative_period_stays_relative_and_the_first_page_is_kept(support_client, monkeypatch):
    save(support_client, asked=address(period="last_30_days", page=7))
    later = NOW.replace(year=2027)
    monkeypatch.setattr("messages_app.clock.now", lambda: later)
    assert support_client.get(f"/views/{kept().pk}/").headers["Location"] == (
        "/messages/?period=last_30_days"
    )


def test_an_analysis_is_saved_with_its_bars_and_its_comparison(support_client):
    asked = address("/analytics/", countries=("SN",)) + "&bucket=hour&compare=week"
    save(support_client, asked=asked)
    assert support_client.get(f"/views/{kept().pk}/").headers["Location"] == asked
    assert kept().page == "analytics"


def test_columns_are_kept_by_their_known_names(support_client):
    save(support_client, columns=["status", "text", "no-such-column"])
    assert kept().columns == ["status", "text"]


def test_what_only_one_look_needs_is_not_saved(support_client):
    save(support_client, asked=address(countries=("FR",)) + "&refresh=1&after=77&wait=1")
    assert kept().question == "country=FR"


def test_t23_a_dump_of_the_database_shows_no_personal_value(support_client):
    for name, value in (
        ("destination", NUMBER), ("sender", NUMBER), ("message", "canary words"),
        ("reference", "canary-7"),
    ):  # fmt: skip
        save(support_client, name, f"/messages/?{name}={value.replace(' ', '+')}")
        view = kept(name)
        assert is_sealed(dict(re.findall(r"([^&=]+)=([^&]+)", view.question))[name])
    dump = serializers.serialize("json", SavedView.objects.all())
    assert len(json.loads(dump)) == 4
    assert NUMBER not in dump
    assert "canary" not in dump
    opened = support_client.get(f"/views/{kept('destination').pk}/").headers["Location"]
    assert opened == address(destination=NUMBER)
    assert "+33 6 39 98 12 34" in shown(support_client)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "Give the view a name."),
        ("   ", "Give the view a name."),
        ("x" * 61, "at most 60 characters"),
        ("Calls of 06 39 98 12 34", "leave the number out of it"),
        ("Mme D. 063998-1234", "leave the number out of it"),
        ("+33 6 39 98 12 34", "leave the number out of it"),
        ("REFUSED in france", "There is a view of this name already."),
    ],
)
def test_a_name_that_is_none_is_refused_with_its_reason_and_the_question_stays(
    support_client, name, why
):
    save(support_client)
    asked = address(countries=("BE",))
    answer = save(support_client, name, asked)
    page = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert why in page
    assert f'name="address" value="{asked}"' in page
    assert SavedView.objects.count() == 1


def test_a_date_in_a_name_is_no_number(support_client):
    save(support_client, "Black Friday 2026-11-27, n° 4812")
    assert SavedView.objects.count() == 1


def test_hidden_characters_of_a_name_are_made_visible(support_client):
    save(support_client, "abc\u202edef\x00")
    assert not SavedView.objects.exists()
    save(support_client, "abc\u202edef  <b>")
    assert kept("abc␣def <b>")
    assert "abc␣def &lt;b&gt;" in support_client.get("/views/").content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        "", "/", "/review/", "/messages/?status=nonsense", "/messages/?unknown=1", "http://[",
        "//evil.example/messages/", "https://evil.example/messages/", "/analytics/?bucket=nonsense",
        "/messages/?message=" + "y" * 7000,
        "/messages/../messages/", "/messages/?date_start=2026-02-30",
    ],
)  # fmt: skip
def test_what_is_no_readable_question_of_these_pages_is_not_saved(support_client, asked):
    assert support_client.post("/views/new/", {"name": "x", "address": asked}).status_code == 400
    assert not SavedView.objects.exists()


def test_there_is_a_most_of_views_for_a_person_and_for_the_team(support_client, monkeypatch):
    monkeypatch.setattr(saved, "MOST", 2)
    for shelf in ({}, {"is_shared": "1"}):
        for name in ("one", "two", "three"):
            answer = save(support_client, f"{name} {len(shelf)}", **shelf)
        assert "There are 2 views already" in answer.content.decode()
    assert SavedView.objects.count() == 4
    one = kept("one 0")
    answer = support_client.post(f"/views/{one.pk}/edit/", {"name": "one", "is_shared": "1"})
    assert "There are 2 views already" in answer.content.decode()
    assert not SavedView.objects.get(pk=one.pk).is_shared


def test_an_own_view_is_nobody_else_s(support_client, administrator_client):
    save(support_client)
    pk = kept().pk
    for client in (administrator_client, browser(person("colleague", "Support"))):
        assert "Refused in France" not in shown(client)
        for path in ("", "edit/", "delete/"):
            assert client.get(f"/views/{pk}/{path}").status_code == 404
        for path in ("edit/", "delete/", "move/", "start/"):
            assert client.post(f"/views/{pk}/{path}", {"name": "x", "do": "up"}).status_code == 404
        assert (
            client.post(
                "/views/new/", {"do": "replace", "view": pk, "address": address()}
            ).status_code
            == 404
        )
    assert kept().question == "country=FR"


def test_a_team_view_is_changed_by_who_made_it_and_by_who_reviews(
    support_client, administrator_client
):
    save(support_client, is_shared="1")
    pk = kept().pk
    colleague = browser(person("colleague", "Support"))
    assert "Refused in France" in shown(colleague)
    assert f"/views/{pk}/edit/" not in shown(colleague)
    assert colleague.get(f"/views/{pk}/").status_code == 302
    for path in ("edit/", "delete/", "move/"):
        answer = colleague.post(f"/views/{pk}/{path}", {"name": "x", "do": "up"})
        assert answer.status_code == 403
    replace = {"do": "replace", "view": pk, "address": address(countries=("BE",))}
    assert colleague.post("/views/new/", replace).status_code == 403
    assert kept().question == "country=FR"
    for client, name in ((support_client, "Mine"), (administrator_client, "Theirs")):
        answer = client.post(f"/views/{pk}/edit/", {"name": name, "is_shared": "1"})
        assert answer.status_code == 302
        assert kept(name).is_shared


def test_a_view_is_replaced_by_the_present_question_and_keeps_its_name_and_place(support_client):
    save(support_client)
    save(support_client, "Second")
    before = kept()
    sent = {
        "do": "replace",
        "view": before.pk,
        "address": address("/analytics/", type="messages-in"),
    }
    assert support_client.post("/views/new/", sent).status_code == 302
    after = kept()
    assert (after.page, after.question) == ("analytics", "type=messages-in")
    assert (after.place, after.pk) == (before.place, before.pk)


@pytest.mark.parametrize("text", ["", "x", "-1", "²", "9" * 30])
def test_replacing_no_view_changes_none(support_client, text):
    save(support_client)
    sent = {"do": "replace", "view": text, "address": address()}
    assert support_client.post("/views/new/", sent).status_code == 404
    assert kept().question == "country=FR"


def test_a_view_goes_only_after_it_was_asked(support_client):
    save(support_client)
    path = f"/views/{kept().pk}/delete/"
    assert "Delete “Refused in France”?" in shown(support_client, path)
    assert SavedView.objects.exists()
    assert support_client.post(path).headers["Location"] == "/views/"
    assert not SavedView.objects.exists()


def move(client, name: str, way: str):
    return client.post(f"/views/{kept(name).pk}/move/", {"do": way})


def test_views_are_ordered_by_buttons_and_the_focus_stays_on_them(support_client):
    for name in "abc":
        save(support_client, name)
    assert names(support_client) == ["a", "b", "c"]
    back = move(support_client, "c", "up").headers["Location"]
    assert names(support_client) == ["a", "c", "b"]
    page = shown(support_client, back)
    button = re.search(r"<button[^>]*autofocus[^>]*>", page)
    assert button
    assert "Move “c” up" in button[0]
    move(support_client, "c", "up")
    assert names(support_client) == ["c", "a", "b"]
    move(support_client, "c", "up")
    assert names(support_client) == ["c", "a", "b"]
    move(support_client, "c", "down")
    move(support_client, "c", "down")
    assert names(support_client) == ["a", "b", "c"]
    assert move(support_client, "c", "sideways").status_code == 400


def test_a_shelf_is_ordered_among_what_a_person_sees_of_it(support_client, administrator_client):
    for name in "abc":
        save(support_client, name, is_shared="1")
    only = person("figures")
    only.user_permissions.set(Permission.objects.filter(codename__in=["see_figures", "review"]))
    client = browser(only)
    for name in ("x", "y"):
        save(client, name, address("/analytics/"), is_shared="1")
    move(administrator_client, "x", "up")
    assert names(administrator_client) == ["a", "b", "x", "c", "y"]
    assert names(client) == ["x", "y"]
    move(client, "y", "up")
    assert names(client) == ["y", "x"]
    assert names(administrator_client) == ["a", "b", "y", "x", "c"]


def test_somebody_begins_with_the_view_that_was_chosen(support_client):
    assert support_client.get("/").headers["Location"] == "/messages/"
    save(support_client)
    pk = kept().pk
    support_client.post(f"/views/{pk}/start/", {"do": "set"})
    assert support_client.get("/").headers["Location"] == "/messages/?country=FR"
    assert "start page" in shown(support_client)
    save(support_client, "Other", address("/analytics/"))
    support_client.post(f"/views/{kept('Other').pk}/start/", {"do": "set"})
    assert support_client.get("/").headers["Location"] == "/analytics/"
    support_client.post(f"/views/{kept('Other').pk}/start/", {"do": "unset"})
    assert support_client.get("/").headers["Location"] == "/messages/"


def test_a_start_page_that_is_gone_or_not_open_any_more_gives_way(
    support_client, administrator_client, support
):
    save(administrator_client, is_shared="1")
    view = kept()
    support_client.post(f"/views/{view.pk}/start/", {"do": "set"})
    assert support_client.get("/").headers["Location"] == "/messages/?country=FR"
    administrator_client.post(f"/views/{view.pk}/edit/", {"name": "Mine now"})
    assert support_client.get("/").headers["Location"] == "/messages/"
    SavedView.objects.update(is_shared=True, page="no such page")
    assert support_client.get("/").headers["Location"] == "/messages/"
    SavedView.objects.update(page="messages")
    support.groups.clear()
    support.user_permissions.set(Permission.objects.filter(codename="see_figures"))
    assert support_client.get("/").headers["Location"] == "/analytics/"
    view.delete()
    assert not StartPage.objects.exists()
    assert support_client.get("/").headers["Location"] == "/analytics/"


def test_who_may_not_see_personal_values_sees_no_view_that_holds_one(support_client):
    counter = person("counter")
    counter.user_permissions.set(Permission.objects.exclude(codename="see_personal"))
    save(support_client, "of a number", address("/analytics/", destination=NUMBER), is_shared="1")
    save(support_client, "of France", address("/analytics/", countries=("FR",)), is_shared="1")
    client = browser(counter)
    assert names(client) == ["of France"]
    assert client.get(f"/views/{kept('of a number').pk}/").status_code == 404
    asked = address("/analytics/", destination=NUMBER)
    assert save(client, "mine", asked).status_code == 400


def test_a_question_that_cannot_be_read_any_more_opens_with_its_error_and_loses_nothing(
    account, support_client
):
    save(support_client, asked=address(destination=NUMBER, period="last_30_days"))
    view = kept()
    view.question += "&status=gone_status&dropped=1"
    view.save()
    assert "cannot be read as it stands" in shown(support_client)
    opened = support_client.get(f"/views/{view.pk}/").headers["Location"]
    page = shown(support_client, opened)
    assert "gone_status" in page
    assert "There is no filter called “dropped”." in page
    assert "tr data-key" not in page
    assert "+33 6 39 98 12 34" in page
    assert '<option value="last_30_days" selected>' in page
    assert kept().question == view.question


def test_a_person_who_leaves_takes_the_own_views_along_and_leaves_the_team_s(
    support_client, support
):
    save(support_client, "own")
    save(support_client, "team", is_shared="1")
    support.delete()
    assert [view.name for view in SavedView.objects.all()] == ["team"]
    colleague = browser(person("colleague", "Support"))
    assert names(colleague) == ["team"]
    assert colleague.post(f"/views/{kept('team').pk}/delete/").status_code == 403
    assert (
        browser(person("chief", "Administrator"))
        .post(f"/views/{kept('team').pk}/delete/")
        .status_code
        == 302
    )


def test_without_views_the_page_says_what_they_are_for(support_client):
    assert "No view is saved yet" in shown(support_client)


def test_the_menu_of_every_page_holds_the_views(support_client):
    save(support_client, "mine")
    save(support_client, "ours", is_shared="1")
    page = shown(support_client)
    menu = page[page.index('id="views-menu"') : page.index("</nav>", page.index("views-menu"))]
    assert [f"/views/{kept(name).pk}/" in menu for name in ("mine", "ours")] == [True, True]


def test_list_and_analysis_offer_to_save_and_both_links_to_copy(account, support_client):
    for path in ("/messages/", "/analytics/"):
        page = shown(support_client, f"{path}?country=FR")
        asked = re.search(r'name="address" value="([^"]+)"', page)
        assert asked
        assert asked[1] == f"{path}?country=FR"
        keep, fix = re.findall(r'data-copy="([^"]+)"[^>]*>([^<]+)', page)[:2]
        assert keep == (f"{path}?country=FR", "Keep “last 7 days”: the dates move on")
        assert fix[0].startswith(f"{path}?date_start=2026-11-12+00%3A00%3A00&date_end=")
        assert fix[1] == "Fix these dates: 12 Nov 2026 00:00:00 to 18 Nov 2026 15:00:00"
        fixed = shown(support_client, fix[0])
        assert "Keep “" not in fixed


def test_saving_asks_the_provider_nothing(account, support_client):
    account.reset_calls()
    save(support_client, asked=address(destination=NUMBER))
    shown(support_client)
    support_client.get(f"/views/{kept().pk}/")
    assert account.calls == 0


def test_many_views_take_no_more_queries(support_client, support):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            shown(support_client)
        return len(seen)

    save(support_client, "first")
    few = queries()
    for number in range(20):
        saved.add(
            saved.Named(f"view {number}", "messages", "country=FR", number % 2 == 0),
            Viewer(support.pk, ALL), NOW,
        )  # fmt: skip
    assert queries() == few


def test_views_want_a_page_that_they_could_be_of(stranger_client):
    for path in ("/views/", "/views/1/", "/views/1/edit/", "/views/1/delete/"):
        assert stranger_client.get(path).status_code == 403
    assert save(stranger_client).status_code == 403
    assert urlsplit(stranger_client.get("/").headers["Location"]).path == "/messages/"
    assert User.objects.filter(username="stranger").exists()


@pytest.mark.parametrize("deed", ["rename", "move", "replace"])
def test_a_view_that_somebody_deletes_in_the_meantime_stays_away(support_client, monkeypatch, deed):
    save(support_client)
    view = kept()

    def seen_and_then_deleted(_pk, _viewer):
        SavedView.objects.filter(pk=view.pk).delete()
        return view

    monkeypatch.setattr("messages_app.saved.visible", seen_and_then_deleted)
    sent = {
        "rename": (f"/views/{view.pk}/edit/", {"name": "Another"}),
        "move": (f"/views/{view.pk}/move/", {"do": "up"}),
        "replace": ("/views/new/", {"do": "replace", "view": view.pk, "address": address()}),
    }[deed]
    assert support_client.post(*sent).status_code == 404
    assert not SavedView.objects.exists()
