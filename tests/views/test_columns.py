"""The table in the columns that a person chose, and the way to choose them."""

import re
from html import unescape

import pytest
from django.template.loader import render_to_string

from messages_app.analysis.query import MessageQuery
from messages_app.filters import question_url
from messages_app.made import SavedView
from messages_app.preferences import COLUMNS, COMPACT, USUAL, Preferences, keep, kept
from messages_app.views.rows import table_rows
from tests.factories import record
from tests.views.conftest import NOW
from tests.views.test_pages import found, text

PAGE = "/preferences/columns/"


def heads(shown: str) -> list[str]:
    return re.findall(r'<th scope="col" class="col-(\w+)', shown)


def table(client, **asked: str) -> str:
    return text(client.get("/messages/", {"period": "yesterday", **asked}, follow=True))


def back(shown: str) -> str:
    """Where the choice of columns leads back to."""
    form = found(r'(?s)<form class="column-form"(.*?)</form>', shown)
    return unescape(found(r'name="next" value="([^"]*)"', form))


def test_everybody_has_the_usual_columns_at_first(account, support_client):
    shown = table(support_client)
    assert heads(shown) == list(USUAL)
    assert '<table class="rows is-comfortable"' in shown
    assert 'class="table-wrap" tabindex="-1"' in shown


def test_chosen_columns_stand_in_their_order_for_this_person_alone(
    account, support, support_client, administrator_client
):
    sent = {
        "column": ["status", "time", "campaign", "text"],
        "density": "compact",
        "next": "/messages/",
    }
    answer = support_client.post(PAGE, sent)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/messages/")
    shown = table(support_client)
    assert heads(shown) == ["status", "time", "campaign", "text"]
    assert '<table class="rows is-compact"' in shown
    row = re.search(r"<tr data-key=.*?</tr>", shown, re.DOTALL)
    assert row
    assert re.findall(r'<td class="([\w -]+)"', row[0]) == ["status", "time", "more num", "text"]
    assert heads(table(administrator_client)) == list(USUAL)


def test_a_view_brings_its_columns_until_others_are_chosen(account, support, support_client):
    support_client.post(PAGE, {"column": ["time", "cost"]})
    support_client.post(
        "/views/new/",
        {"name": "Reasons", "address": "/messages/", "columns": ["time", "reason"], "do": "new"},
    )
    view = SavedView.objects.get()
    assert heads(table(support_client)) == ["time", "cost"]
    support_client.get(f"/views/{view.pk}/")
    assert heads(table(support_client)) == ["time", "reason"]
    assert '<table class="rows is-comfortable"' in table(support_client)
    support_client.post(PAGE, {"column": ["time", "text"]})
    assert heads(table(support_client)) == ["time", "text"]


def test_a_start_page_brings_its_columns(account, support, support_client):
    support_client.post(
        "/views/new/",
        {"name": "Reasons", "address": "/messages/", "columns": ["time", "reason"], "do": "new"},
    )
    support_client.post(f"/views/{SavedView.objects.get().pk}/start/", {"do": "set"})
    assert support_client.get("/").status_code == 302
    assert heads(table(support_client)) == ["time", "reason"]


def test_every_column_can_be_shown_at_once(account, support, support_client):
    keep(support.pk, Preferences.of(COLUMNS))
    shown = table(support_client)
    assert heads(shown) == list(COLUMNS)
    assert 'class="table-wrap is-wide" tabindex="0"' in shown
    (row,) = table_rows(
        (record(campaign_id=77, client_message_id="ORDER-1"),), MessageQuery(now=NOW)
    )
    cells = render_to_string("messages_app/_rows.html", {"rows": [row], "shown": COLUMNS})
    for value in (
        row.receipt,
        "77",
        "<bdi>ORDER-1</bdi>",
        row.encoding,
        row.delay,
        row.id,
        "France",
    ):
        assert f">{value}</td>" in cells, value


def test_a_table_without_rows_has_the_chosen_columns_too(account, support, support_client):
    keep(support.pk, Preferences.of(["time", "cost"]))
    assert heads(table(support_client, message="no such text at all")) == ["time", "cost"]


def test_a_hidden_column_stays_in_the_panel(account, support, support_client):
    keep(support.pk, Preferences.of(["time"]))
    shown = table(support_client)
    href = found(r'class="row-link" href="([^"]+)"', shown).replace("&amp;", "&")
    for field in ("cost", "campaign_id", "destination", "status"):
        assert f'title="{field}"' in text(support_client.get(href))


def test_a_link_carries_no_columns(account, support, support_client):
    keep(support.pk, Preferences.of(["cost", "time"], COMPACT))
    shown = table(support_client)
    assert "compact" not in found(r'data-copy="([^"]+)"', shown)
    assert "cost" not in found(r'data-copy="([^"]+)"', shown)


@pytest.mark.parametrize("name", ["text", "cost"])
@pytest.mark.parametrize("way", ["up", "down"])
def test_without_scripts_a_column_moves_and_the_choice_goes_on(
    account, support, support_client, name, way
):
    here = question_url("/messages/", MessageQuery(now=NOW, message="colis"))
    answer = support_client.post(
        PAGE, {"column": USUAL, "density": "compact", "move": f"{name}:{way}", "next": here}
    )
    assert kept(support.pk) == Preferences(USUAL, COMPACT).moved(name, 1 if way == "down" else -1)
    shown = text(support_client.get(answer.headers["Location"]))
    listed = re.findall(r'type="checkbox" name="column" value="(\w+)" checked', shown)
    assert tuple(listed) == kept(support.pk).columns
    assert back(shown) == here


def test_a_reset_is_as_at_first(account, support, support_client):
    keep(support.pk, Preferences.of(["cost"], COMPACT))
    support_client.post(PAGE, {"column": "cost", "density": "compact", "reset": "1"})
    assert kept(support.pk) == Preferences()


@pytest.mark.parametrize(
    "sent",
    [{}, {"column": "fax"}, {"column": ["time", "time"]}, {"density": "roomy"}, {"move": "x"},
     {"move": "fax:up", "column": "time"}, {"move": "time:sideways"}],
)  # fmt: skip
def test_whatever_is_sent_leaves_a_table_to_see(account, support_client, sent):
    assert support_client.post(PAGE, sent).status_code == 302
    assert "time" in heads(table(support_client))


@pytest.mark.parametrize(
    "address", ["https://example.org/", "//example.org", "javascript:alert(1)", "", "messages/"]
)
def test_a_choice_leads_to_no_other_site(account, support_client, address):
    answer = support_client.post(PAGE, {"column": "time", "next": address})
    assert answer.headers["Location"] == "/messages/"
    shown = text(support_client.get(PAGE, {"next": address}))
    assert back(shown) == "/messages/"


def test_a_look_at_the_choice_changes_nothing(account, support, support_client):
    keep(support.pk, Preferences.of(["cost"]))
    support_client.get(PAGE, {"column": "text", "reset": "1"})
    assert kept(support.pk).columns == ("time", "cost")


def test_the_table_sent_as_it_stands_is_the_same_table(account, support, support_client):
    chosen = Preferences.of(["reason", "text", "time", "id"], COMPACT)
    keep(support.pk, chosen)
    form = found(r'(?s)<form class="column-form"(.*?)</form>', text(support_client.get(PAGE)))
    inputs = re.findall(r'<input type="(\w+)" name="column" value="(\w+)"([^>]*)>', form)
    sent = [
        name
        for kind, name, rest in inputs
        if kind == "hidden" or ("checked" in rest and "disabled" not in rest)
    ]
    support_client.post(PAGE, {"column": sent, "density": "compact"})
    assert kept(support.pk) == chosen


def test_the_table_leads_to_its_choice_and_the_choice_back(account, support_client):
    shown = table(support_client, page="2")
    address = unescape(found(r'hx-get="(/preferences/columns/[^"]+)"', shown))
    assert 'name="column"' not in shown, "what nobody opens is not sent"
    part = text(support_client.get(address, HTTP_HX_REQUEST="true"))
    assert part.startswith('<form class="column-form"')
    assert back(part) == "/messages/?period=yesterday&page=2"
