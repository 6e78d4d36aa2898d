"""What a table row and the panel print, to the letter; and a total that is not known as such."""

from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import strip_tags

from messages_app.analysis.query import MessageQuery
from messages_app.views.detail import detail
from messages_app.views.rows import table_rows
from sandbox import Faults
from tests.factories import incoming, record
from tests.views.conftest import NOW, WALL

HEBREW = "\u05e9\u05dc\u05d5\u05dd 12"


class Isolated(HTMLParser):
    """Collects what stands in a <bdi>, or in an element that finds its own direction."""

    def __init__(self, shown: str) -> None:
        super().__init__()
        self.open: list[bool] = []
        self.inside: list[str] = []
        self.outside: list[str] = []
        self.feed(shown)

    def handle_starttag(self, tag, attrs):
        if tag not in ("br", "input", "meta", "link", "img"):
            self.open.append(tag == "bdi" or ("dir", "auto") in attrs)

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, data):
        (self.inside if any(self.open) else self.outside).append(data)


@pytest.mark.parametrize(
    "row",
    [record(sender=HEBREW, message=HEBREW), incoming(destination=HEBREW, message=HEBREW)],
    ids=["sender", "destination"],
)
@pytest.mark.parametrize("place", ["table", "panel"])
def test_what_others_wrote_turns_no_text_around_it(row, place):
    query = MessageQuery(now=NOW)
    if place == "table":
        shown = render_to_string("messages_app/_rows.html", {"rows": table_rows((row,), query)})
    else:
        shown = render_to_string("messages_app/_message.html", detail(row, query))
    found = Isolated(shown)
    # The panel has each again in the record as the provider gave it.
    assert sum(HEBREW in text for text in found.inside) == (2 if place == "table" else 4)
    assert [text for text in found.outside if HEBREW in text] == []


@pytest.mark.parametrize(
    ("cost", "shown"), [(Decimal(0), "0"), (Decimal("4.25"), "4.25"), (None, "–")]
)
def test_a_cost_of_nothing_is_a_nought_and_an_unknown_one_a_dash(cost, shown):
    query = MessageQuery(now=NOW)
    (row,) = table_rows((record(cost=cost),), query)
    assert row.cost == shown
    assert f">{shown}</td>" in render_to_string("messages_app/_rows.html", {"rows": [row]})
    facts = {fact.field: fact.value for fact in detail(record(cost=cost), query)["facts"]}
    assert facts["cost"] == shown


def test_an_incoming_message_costs_nothing_that_could_be_told():
    (row,) = table_rows((incoming(),), MessageQuery(now=NOW))
    assert row.cost == "–"


@pytest.mark.parametrize("row", [record(), incoming()], ids=["outgoing", "incoming"])
def test_a_row_names_its_country_in_words_and_in_two_letters(row):
    rows = table_rows((row,), MessageQuery(now=NOW))
    shown = render_to_string("messages_app/_rows.html", {"rows": rows})
    assert '<span class="country-name">France</span>' in shown
    assert '<span class="country-code" aria-hidden="true">FR</span>' in shown
    with translation.override("fr"):
        (row,) = table_rows((record(country="DE"),), MessageQuery(now=NOW))
        assert (row.code, row.country) == ("DE", "Allemagne")


def test_a_number_of_no_country_names_none():
    (row,) = table_rows((record(country="", destination="36000"),), MessageQuery(now=NOW))
    assert (row.code, row.country, row.flag) == ("", "", "")


@pytest.mark.parametrize(
    ("row", "label"),
    [
        (record(date=WALL - timedelta(days=1)), "Sent"),
        (record(date=WALL - timedelta(days=1), status="SENT"), "Sent"),
        (incoming(date=WALL - timedelta(days=1)), "Received"),
        (record(date=WALL + timedelta(days=12), status="WAITING"), "Scheduled for"),
        (record(date=WALL - timedelta(minutes=1), status="MODERATION"), "Scheduled for"),
        (record(date=WALL - timedelta(minutes=1), status="NOT_SENT"), "Scheduled for"),
        (record(date=WALL + timedelta(days=1), status="ANYTHING"), "Scheduled for"),
    ],
)
def test_a_message_s_second_is_called_what_it_is(row, label):
    facts = {fact.field: fact.label for fact in detail(row, MessageQuery(now=NOW))["life"]}
    assert facts["date"] == label


@pytest.mark.parametrize("totals", ["page", "zero", "missing", "null"])
def test_a_total_that_only_counts_its_page_is_more_than_that(account, support_client, totals):
    account.faults = Faults(totals=totals)
    shown = support_client.get("/messages/", {"per_page": "25"}).content.decode()
    assert 'data-total="25" data-total-known="false"' in shown
    assert "1–25 of more than 25" in strip_tags(shown)
    assert "More than 25 messages" in shown
    assert 'id="page-last"' not in shown, "nobody knows where that is"


def test_a_total_that_counts_the_question_stands_as_it_is(account, support_client):
    shown = support_client.get("/messages/", {"per_page": "25"}).content.decode()
    assert 'data-total-known="true"' in shown
    assert "of more than" not in shown
