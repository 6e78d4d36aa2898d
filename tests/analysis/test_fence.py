"""T16, T17: within a fence no question has a row, a second or a figure that the fence's own has not."""

import ast
import contextlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from django.http import QueryDict

from messages_app.analysis import fence as fences
from messages_app.analysis.archived import Cursor, count_archived, list_archived
from messages_app.analysis.breakdowns import break_down
from messages_app.analysis.conditions import holds, is_wholly_pushed, keep, provider_request
from messages_app.analysis.facets import FACETS, parts_of
from messages_app.analysis.fence import Outside, fenced
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.rolled import break_down_archived, figures_archived, parts_archived
from messages_app.analysis.series import bucket_for
from messages_app.archive.keys import key_of
from messages_app.archive.rollups import rebuild_all
from messages_app.filters import question_url, read_question
from tests.analysis import rolled_rows
from tests.analysis.rolled_rows import NOW
from tests.archive.filling import archived, fill
from tests.campaign import rounds
from tests.factories import record

APP = Path(__file__).resolve().parents[2] / "messages_app"
DAY = datetime(2026, 11, 20)


def within(fence: MessageQuery, query: MessageQuery) -> MessageQuery | None:
    """The question behind the fence; None where its range lies outside as a whole."""
    found = replace(query, fence=fence)
    with contextlib.suppress(Outside):
        return found if found.span else None
    return None


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(rounds(sample=3, full=40)))
def test_t16_t17_lists_and_figures_behind_a_fence_are_of_what_both_questions_ask(seed):
    random = Random(seed)
    rows = rolled_rows.rows(random, 300)
    fill(rows[:270], gone=rows[270:])
    list(rebuild_all())
    records, compared = archived(), 0
    for _ in range(60):
        fence, free = rolled_rows.question(random), rolled_rows.question(random)
        query = within(fence, free)
        if query is None:
            continue
        expected = [one for one in records if holds(one, fence) and holds(one, free)]
        assert [one for one in records if holds(one, query)] == expected
        assert count_archived(query) == len(expected), (fence, free)
        listed = list_archived(query.but(per_page=200))
        assert listed.total == len(expected)
        assert {row.key for row in listed.rows} <= {row.key for row in expected}
        size = bucket_for(query, "")
        assert break_down_archived(query, size) == break_down(expected, query, size)
        assert figures_archived(query) == break_down(expected, query, size).totals
        for facet in FACETS.values():
            assert parts_archived(query, facet) == parts_of(expected, query, facet)
        compared += bool(expected)
    assert compared > 5


def day(**changes) -> MessageQuery:
    end = DAY + timedelta(days=1, seconds=-1)
    return MessageQuery(now=NOW, period="custom", date_start=DAY, date_end=end, **changes)


@pytest.mark.django_db
def test_t16_a_page_after_a_row_of_the_outside_is_the_page_by_its_number():
    inside = [record(message_id=n, date=DAY + timedelta(hours=n)) for n in range(1, 6)]
    other = record(message_id=99, date=DAY + timedelta(hours=3), country="BE")
    fill([*inside, other])
    list(rebuild_all())
    with fenced(day(countries=("FR",))):
        query = day()
        first = list_archived(query)
        assert [row.message_id for row in first.rows] == [5, 4, 3, 2, 1]
        for key in (99, 12345):
            assert list_archived(query, cursor=Cursor(key_of("sms_mt", key))).rows == first.rows
        after = list_archived(query, cursor=Cursor(key_of("sms_mt", 3)))
        assert [row.message_id for row in after.rows] == [2, 1]


def test_every_question_made_behind_a_fence_bears_it_and_none_after_it():
    fence = day(countries=("FR",))
    with contextlib.suppress(ZeroDivisionError), fenced(fence):
        made = MessageQuery(now=NOW, period="last_12_months")
        assert made.fence is fence
        assert made.but(period="this_month").within(*fence.span).fence is fence
        assert made.span == fence.span
        _ = 1 // 0
    assert fences.present() is None
    assert MessageQuery(now=NOW).fence is None


def test_a_range_outside_has_no_seconds():
    with fenced(day()):
        outside = MessageQuery(now=NOW, period="today")
        with pytest.raises(Outside):
            _ = outside.span


def test_the_provider_is_asked_nothing_behind_a_fence():
    with fenced(day()):
        assert not is_wholly_pushed(day())
        with pytest.raises(Outside):
            provider_request(day())
        with pytest.raises(Outside):
            keep([], MessageQuery(now=NOW, period="today")) or provider_request(day())


def asked(text: str):
    return read_question(QueryDict(text), NOW)


def test_without_a_range_all_of_the_shared_one_is_asked():
    for fence in (day(), MessageQuery(now=NOW, period="last_30_days"), MessageQuery(now=NOW)):
        with fenced(fence):
            query = asked("").query
            assert query
            assert query.span == fence.own_span
            assert question_url("/x/", query) == "/x/"
            assert asked("country=FR").query == query.but(countries=("FR",))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("period=last_12_months", "/x/"),
        ("period=custom&date_start=2026-11-20&date_end=2026-11-20", "/x/"),
        ("date_start=2020-01-01&date_end=2026-11-20T05:00",
         "/x/?date_start=2026-11-20+00%3A00%3A00&date_end=2026-11-20+05%3A00%3A00"),
        ("period=last_7_days&page=3", "/x/?page=3"),
    ],
)  # fmt: skip
def test_a_wider_range_is_cut_to_the_shared_one_and_says_so(text, address):
    with fenced(day()):
        query = asked(text).query
        assert query
        assert question_url("/x/", query) == address
        assert query.own_span == query.span


def test_a_narrower_period_stands_also_where_it_is_usually_left_out():
    with fenced(MessageQuery(now=NOW, period="last_30_days")):
        query = asked("period=last_7_days").query
        assert query
        assert question_url("/x/", query) == "/x/?period=last_7_days"
        assert asked("period=last_7_days").query == query


@pytest.mark.parametrize("text", ["period=today", "date_start=2026-11-21&date_end=2026-12-31"])
def test_a_range_outside_is_an_error_of_its_field(text):
    with fenced(day()):
        found = asked(text)
        assert found.query is None
        assert "Nothing of this range is shared" in str(found.form.errors["period"])


def test_no_code_takes_a_fence_away():
    """Whoever says `fence=` could say None: only what makes fences may."""
    saying = {
        path.relative_to(APP).as_posix()
        for path in APP.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.keyword) and node.arg == "fence"
    }
    assert saying <= {"sharing.py", "views/visiting.py"}
