"""Every way to a figure gives the same: tiles, breakdowns, marks, lists, rollups, rows, the pure function.

Over twenty thousand ugly rows (costs unknown, statuses unheard of, receipts before sending, both nights
when clocks change, several accounts) and generated questions.
"""

from random import Random
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from messages_app.analysis import rolled
from messages_app.analysis.archived import count_archived, list_archived
from messages_app.analysis.breakdowns import analyse, break_down
from messages_app.analysis.comparing import COMPARISONS, beside, images
from messages_app.analysis.conditions import holds
from messages_app.analysis.facets import COUNTRY, FACETS, SENDER, TOTAL, Parts
from messages_app.analysis.metrics import Tally, tally
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.rolled import (
    break_down_archived,
    figures_archived,
    parts_archived,
    series_archived,
)
from messages_app.analysis.series import BUCKETS, bucket_for
from messages_app.archive.rollups import rebuild_all
from messages_app.archive.rows import ArchivedRecord
from messages_app.charts.marks import Chart, Drawing
from messages_app.charts.months import Months
from messages_app.charts.volume import Volume
from messages_app.filters import question_url, read_question
from messages_app.models import Message
from messages_app.privacy import OPEN
from messages_app.sms.terms import MT
from messages_app.views.narrowing import narrowed
from messages_app.views.panels import PANELS
from tests.analysis import rolled_rows
from tests.analysis.rolled_rows import NOW
from tests.archive.filling import archived, fill
from tests.campaign import rounds
from tests.charts.test_marks import CREDITS, cells

pytestmark = pytest.mark.django_db

ROWS = 20_000
QUESTIONS = rounds(sample=16, full=400)
WHOLE = FACETS | {"country": COUNTRY, "total": TOTAL}
PARTIAL = ("sender", "campaign")
"""Facets that leave rows out: those of people, and single sends."""

Truth = tuple[Random, list[ArchivedRecord]]


@pytest.fixture(scope="module")
def truth(django_db_setup, django_db_blocker):
    """The rows, written once for all questions; taken out again behind them."""
    random = Random(20)
    rows = rolled_rows.rows(random, ROWS)
    with django_db_blocker.unblock():
        fill(rows[: ROWS * 9 // 10], gone=rows[ROWS * 9 // 10 :])
        list(rebuild_all())
        yield random, archived()
        Message.objects.all().delete()
        list(rebuild_all())


@pytest.fixture
def questions(truth) -> list[tuple[MessageQuery, list[ArchivedRecord]]]:
    """Generated questions, each with its rows."""
    random, records = truth
    found = []
    for _ in range(QUESTIONS):
        query = rolled_rows.question(random)
        found.append((query, [row for row in records if holds(row, query)]))
    return found


def merged(parts: Any) -> Tally:
    found = Tally()
    for tallied in parts:
        found.merge(tallied)
    return found


def test_tiles_breakdowns_series_and_lists_agree_with_the_pure_function(questions):
    some = 0
    for query, rows in questions:
        expected = tally(rows, query.now, query.prices)
        assert figures_archived(query) == expected, query
        for name, facet in WHOLE.items():
            parts = parts_archived(query, facet)
            if name not in PARTIAL:
                assert merged(parts.values()) == expected, (name, query)
        size = bucket_for(query)
        assert merged(b.tally for b in series_archived(query, size)) == expected, query
        assert count_archived(query) == len(rows) == expected.rows, query
        listed = list_archived(query.but(per_page=25))
        assert not listed.is_total_known or listed.total == len(rows), query
        some += bool(rows)
    assert some > len(questions) // 3


def test_rollups_and_rows_give_what_the_pure_function_gives(questions, monkeypatch):
    for query, rows in questions:
        size = bucket_for(query)
        expected = analyse(rows, query, size)
        assert break_down_archived(query, size) == expected.found, query
        by = {name: parts_archived(query, facet) for name, facet in FACETS.items()}
        assert by == expected.by, query
    monkeypatch.setattr(rolled._Source, "grains", lambda _source: ())
    for query, rows in questions[: len(questions) // 3]:
        size = bucket_for(query)
        with CaptureQueriesContext(connection) as asked:
            assert break_down_archived(query, size) == break_down(rows, query, size), query
        assert not any("messages_app_rollup" in one["sql"] for one in asked)


class Rows:
    """Makes addresses and tells which question each asks for whoever opens it."""

    def __init__(self, query: MessageQuery) -> None:
        self.query = query
        self.is_readable = opened(question_url("", query)) is not None
        self.made: dict[str, MessageQuery] = {}

    def asked(self, address: str) -> MessageQuery:
        read = opened(address) if self.is_readable else self.made[address]
        assert read is not None, (self.query, address)
        return read

    def __call__(self, **wanted: Any) -> str:
        found = narrowed(self.query, **wanted)
        if found is None:
            return ""
        address = question_url("", found)
        self.made[address] = found
        return address


def opened(address: str) -> MessageQuery | None:
    """The question that an address asks; None where a filter does not know a value of it."""
    return read_question(QueryDict(address.removeprefix("?")), NOW, OPEN).query


def drawn(query: MessageQuery, link: Rows) -> list[Chart]:
    """Every panel of the page, from the archive."""
    totals = figures_archived(query)
    by: dict[str, Any] = {
        name: Parts(query, totals, parts_archived(query, facet)) for name, facet in WHOLE.items()
    }
    size = bucket_for(query)
    buckets = series_archived(query, size)
    values: dict[str, Any] = {
        "volume": Volume(buckets, size, [None] * len(buckets)),
        "months": Months(by["month"], None),
        "reasons": by["reason"], "wasted": by["reason"], "senders": by["sender"],
        "campaigns": by["campaign"], "slots": by["hour_of_week"],
        **dict.fromkeys(("delivery_by_country", "cost_by_country", "country_status"), by["country"]),
        **dict.fromkeys(("messages_by_status", "cost_by_status", "delays"), by["total"]),
    }  # fmt: skip
    assert values.keys() == PANELS.keys()
    return [panel.draw(Drawing(query, values[panel.name], link)) for panel in PANELS.values()]


def test_every_mark_s_list_has_the_total_that_the_mark_shows(truth, questions):
    random, _records = truth
    drawn_ones = questions[: rounds(sample=6, full=400)]
    checked = 0
    for query, _rows in drawn_ones:
        link = Rows(query)
        for chart in drawn(query, link):
            linked = [
                (column, cell)
                for _row, column, cell in cells(chart)
                if cell.href and column not in CREDITS
            ]
            for column, cell in random.sample(linked, min(2, len(linked))):
                assert count_archived(link.asked(cell.href)) == cell.value, (chart.name, column)
                checked += 1
    assert checked > 5 * len(drawn_ones)


def test_senders_are_those_of_outgoing_rows_and_add_up_to_them(questions):
    for query, rows in questions:
        sent = tally([row for row in rows if row.type == MT], query.now, query.prices)
        assert merged(parts_archived(query, SENDER).values()) == sent, query


def test_every_size_of_bucket_adds_up_to_the_same(questions):
    for query, rows in questions[:10]:
        expected = tally(rows, query.now, query.prices)
        for size in BUCKETS.values():
            if query.length.total_seconds() / size.seconds < 2000:
                assert merged(b.tally for b in series_archived(query, size)) == expected


def test_what_lies_beside_the_bars_adds_up_to_the_range_compared_with(questions):
    checked = 0
    for query, _rows in questions[:8]:
        spans = [(b.start, b.end) for b in series_archived(query, bucket_for(query))]
        if spans[-1][1] != query.span[1]:
            continue  # a range that looks ahead is drawn up to its last row alone
        for name in COMPARISONS:
            other = beside(query, name)
            parts = [image for image in images(spans, query, other, name) if image]
            found = merged(figures_archived(other.within(*part)) for part in parts)
            assert found == figures_archived(other), (name, query)
            checked += found.rows > 0
    assert checked
