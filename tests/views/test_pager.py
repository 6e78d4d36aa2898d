"""The way to any page: first and last, a page by its number, and back from behind the end."""

import re
from html import unescape

import pytest

from messages_app.analysis.query import MessageQuery, last_page
from messages_app.filters import question_url
from messages_app.sealing import is_sealed
from tests.views.conftest import NOW
from tests.views.test_lists import links
from tests.views.test_pages import found, text


def pager(shown: str) -> str:
    return found(r'(?s)(<nav class="pager".*?</nav>)', shown)


def hrefs(shown: str) -> dict[str, str]:
    """Name of each of the pager's links → its address."""
    tags = re.findall(r'<a class="btn" id="page-(\w+)"[^>]* href="([^"]+)"', pager(shown))
    return {name: unescape(href) for name, href in tags}


def jumped(shown: str, number: str) -> dict[str, list[str]]:
    """What a browser sends of the form for a page's number."""
    form = found(r'(?s)(<form class="pager-jump" method="get".*?</form>)', shown)
    sent: dict[str, list[str]] = {"page": [number]}
    for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form):
        sent.setdefault(name, []).append(unescape(value))
    return sent


@pytest.fixture
def week(account, support_client):
    """The first page of a week, and how many pages that has."""
    shown = text(support_client.get("/messages/"))
    pages = last_page(MessageQuery(now=NOW), int(found(r'data-total="(\d+)"', shown)))
    assert pages > 4
    return shown, pages


@pytest.mark.parametrize(("total", "last"), [(0, 1), (1, 1), (50, 1), (51, 2), (1_093_483, 21_870)])
def test_the_last_page_holds_the_last_row(total, last):
    assert last_page(MessageQuery(now=NOW), total) == last


def test_first_and_last_page_are_one_click_away(week, support_client):
    shown, pages = week
    assert f'<span id="pager-pages">of {pages}</span>' in pager(shown)
    assert set(hrefs(shown)) == {"next", "last"}
    last = text(support_client.get(hrefs(shown)["last"]))
    assert set(hrefs(last)) == {"first", "previous"}
    assert f'value="{pages}"' in pager(last)
    assert 'class="state-title"' not in last
    assert hrefs(last)["first"] == "/messages/"


def test_a_page_s_number_keeps_the_whole_question_sealed(account, support_client):
    query = MessageQuery(
        now=NOW, type="messages-out", countries=("BE", "FR"), message="votre", sort="date",
        per_page=25,
    )  # fmt: skip
    shown = text(support_client.get(question_url("/messages/", query) + "&wait=1"))
    sent = jumped(shown, "2")
    assert is_sealed(sent["message"][0])
    answer = support_client.get("/messages/", sent)
    assert unescape(found(r'data-copy="([^"]+)"', text(answer))) == question_url(
        "/messages/", query.but(page=2)
    )


@pytest.mark.parametrize("beyond", [1, 7])
def test_behind_the_end_the_last_page_is_offered_and_no_other_empty_one(
    week, support_client, beyond
):
    _, pages = week
    shown = text(support_client.get("/messages/", {"page": pages + beyond}))
    assert "There is nothing on this page" in shown
    assert set(hrefs(shown)) == {"first", "last"}
    assert links(shown)["Last page"] == hrefs(shown)["last"] == f"/messages/?page={pages}"
    assert links(shown)["First page"] == "/messages/"


def test_a_list_of_one_page_has_no_way_to_others(account, support_client):
    shown = text(support_client.get("/messages/", {"period": "last_hour", "per_page": "200"}))
    assert hrefs(shown) == {}
    assert "pager-jump" not in shown


def test_an_empty_list_has_no_pages_and_no_size_of_them(account, support_client):
    assert 'class="pager"' not in text(support_client.get("/messages/", {"country": "AQ"}))
    beyond = pager(text(support_client.get("/messages/", {"country": "AQ", "page": "7"})))
    assert "per-page" not in beyond
    assert "pager-range" not in beyond


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"page": "x"}, "Page: Write a whole number, in digits alone."),
        ({"per_page": "7"}, "Rows a page: Choose a number between 25 and 200."),
        ({"sort": "size"}, "Sort: “size” is no column to sort by."),
    ],
)
def test_an_error_of_a_field_that_is_not_shown_names_it(account, support_client, asked, said):
    assert f"<li>{said}</li>" in text(support_client.get("/messages/", asked))


@pytest.mark.parametrize(("name", "given"), [("period", "last_99_days"), ("type", "sideways")])
def test_an_unknown_choice_shows_none_as_chosen_and_stays_refused(
    account, support_client, name, given
):
    shown = text(support_client.get("/messages/", {name: given}))
    select = found(rf'(?s)(<select id="id_{name}".*?</select>)', shown)
    (chosen,) = re.findall(r'<option value="([^"]*)" selected>([^<]*)', select)
    assert chosen == (given, "Choose…")
