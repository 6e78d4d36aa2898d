"""What the analysis page asks beside its question: read, refused in words, and led back."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from django.utils.html import escape

from messages_app.analysis.comparing import BEFORE, COMPARISONS
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import BUCKETS
from messages_app.filters import ASIDE, read_question
from messages_app.views.comparing import Aside, aside
from tests.views.conftest import NOW
from tests.views.test_archive import a_worker_is_there, archive

__all__ = ["archive"]

FREE = {"compare": "free", "compare_start": "2026-11-01", "compare_end": "2026-11-02"}
BOTH_ENDS = "A range to compare with needs both its ends."
NOT_FREE = "Choose a free range to compare with, or leave its dates away."

MISTAKES: list[tuple[dict[str, str], str]] = [
    (
        {"bucket": "fortnight"},
        "There are no bars of “fortnight”. Known are: 5_minutes, 15_minutes,",
    ),
    (
        {"compare": "decade"},
        "“decade” is no range to compare with. Known are: before, week, month,",
    ),
    ({"compare": "Before"}, "“Before” is no range to compare with."),
    (FREE | {"compare_end": "2026-10-31"}, "The range to compare with ends before it starts."),
    (FREE | {"compare_end": ""}, BOTH_ENDS),
    (FREE | {"compare_start": " "}, BOTH_ENDS),
    ({"compare": "free"}, BOTH_ENDS),
    (FREE | {"compare_start": "2026-02-30"}, "2026-02-30 does not exist in the calendar."),
    (FREE | {"compare_end": "yesterday"}, "Write a date as 2026-11-01 or 2026-11-01 14:30."),
    (FREE | {"compare_start": "11/12/2026"}, "“11/12/2026” can be read in two ways."),
    (FREE | {"compare_start": "1800-01-01"}, "Choose a year between"),
    (FREE | {"compare": "week"}, NOT_FREE),
    (FREE | {"compare": ""}, NOT_FREE),
]


def read(**params: str) -> tuple[MessageQuery | None, Aside]:
    request = RequestFactory().get("/analytics/", params)
    question = read_question(QueryDict("period=yesterday"), NOW)
    question, found = aside(request, question)
    return question.query, found


def shown(client: Any, path: str = "/analytics/", **params: str) -> str:
    return str(client.get(path, {"period": "yesterday", **params}).content.decode())


@pytest.mark.parametrize(("params", "sentence"), MISTAKES)
def test_what_cannot_be_understood_is_told_and_no_figure_is_shown(
    account, support_client, params, sentence
):
    account.reset_calls()
    text = shown(support_client, wait="1", **params)
    assert escape(sentence) in text
    assert 'class="figure' not in text
    assert "panel_" not in text
    assert account.calls == 0


@pytest.mark.parametrize(("params", "sentence"), MISTAKES)
def test_as_json_it_is_a_400_with_the_same_sentence(account, support_client, params, sentence):
    answer = support_client.get("/analytics/data.json", {"period": "yesterday", **params})
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]["__all__"]
    assert sentence in error["message"]


@pytest.mark.parametrize("path", ["/analytics/panels/volume/", "/analytics/changed/"])
def test_a_panel_is_refused_too(account, support_client, path):
    account.reset_calls()
    assert support_client.get(path, {"compare": "decade"}).status_code == 400
    assert account.calls == 0


def test_two_mistakes_are_both_told(account, support_client):
    errors = support_client.get(
        "/analytics/data.json", {"bucket": "fortnight", "compare": "decade", "status": "delivred"}
    ).json()["errors"]
    assert len(errors["__all__"]) == 2
    assert "delivred" in errors["status"][0]["message"]


def test_what_somebody_wrote_is_text_and_no_markup(account, support_client):
    text = shown(support_client, bucket="<script>alert(1)</script>")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_a_list_of_messages_takes_no_notice(account, support_client):
    assert support_client.get("/messages/", {"compare": "decade"}).status_code == 200


@pytest.mark.parametrize("name", BUCKETS)
def test_every_size_of_bars_can_be_asked_for(name):
    query, found = read(bucket=name)
    assert query is not None
    assert found == Aside(bucket=name)


@pytest.mark.parametrize("name", COMPARISONS)
def test_every_comparison_can_be_asked_for(name):
    query, found = read(compare=name)
    assert query is not None
    other = found.other(query)
    assert other is not None
    assert other.span == COMPARISONS[name].span(query.span)


def test_a_free_range_holds_both_its_days():
    query, found = read(**FREE)
    assert query is not None
    other = found.other(query)
    assert other is not None
    assert other.span == (datetime(2026, 11, 1), datetime(2026, 11, 2, 23, 59, 59))


def test_a_free_range_may_begin_in_the_hour_that_clocks_skip():
    query, found = read(compare="free", compare_start="2026-03-29 02:30", compare_end="2026-03-29")
    assert query is not None
    other = found.other(query)
    assert other is not None
    assert other.span[0] == datetime(2026, 3, 29, 2, 30)


def test_without_a_comparison_there_is_none_unless_by_default():
    query, found = read()
    assert query is not None
    assert found.other(query) is None
    other = found.other(query, by_default=BEFORE)
    assert other is not None
    assert other.span == COMPARISONS[BEFORE].span(query.span)


@pytest.mark.parametrize("name", COMPARISONS)
def test_before_the_calendar_there_is_nothing_to_compare_with(name):
    query = MessageQuery(now=NOW).within(datetime(1, 1, 1), datetime(1, 1, 31))
    assert Aside(compare=name).other(query) is None


@pytest.mark.parametrize(
    "params",
    [{}, {"bucket": "day"}, {"compare": "week"}, {"bucket": "hour", "compare": "before"}, FREE,
     {"bucket": "day", **FREE}],
)  # fmt: skip
def test_the_way_back_is_what_was_asked(params):
    _query, found = read(**params)
    assert dict(found.params) == params
    assert [name for name, _value in found.params] == [n for n in ASIDE if n in params]
    assert read(**dict(found.params))[1] == found


def test_another_comparison_leaves_the_free_range():
    _query, found = read(bucket="day", **FREE)
    assert found.but(compare="week").params == [("bucket", "day"), ("compare", "week")]
    assert found.but(compare="").params == [("bucket", "day")]
    assert dict(found.but(bucket="hour").params) == {"bucket": "hour", **FREE}


def test_a_mistake_leaves_nothing_to_lead_back_to():
    assert read(bucket="day", compare="decade") == (None, Aside())


def test_a_changed_filter_keeps_bars_and_comparison(account, support_client):
    sent = {"period": "yesterday", "country": "FR", "bucket": "hour", "compare": "week"}
    answer = support_client.post("/analytics/", sent)
    assert answer.status_code == 302
    assert dict(parse_qsl(urlsplit(answer.headers["Location"]).query)) == sent


def test_the_json_holds_the_figures_of_the_range_compared_with(account, support_client):
    path = "/analytics/data.json"
    found = support_client.get(path, {"period": "yesterday", "compare": "before"}).json()
    alone = {"date_start": "2026-11-16 00:00:00", "date_end": "2026-11-16 23:59:59"}
    then = support_client.get(path, alone).json()
    assert found["compare"]["complete"] is True
    for name in found["compare"].keys() - {"complete", "series"}:
        assert found["compare"][name] == then[name], name
    assert [part["start"] for part in found["compare"]["series"]] == [
        part["start"] for part in then["series"]
    ]
    for part, alone in zip(found["compare"]["series"], then["series"], strict=True):
        assert part.items() <= alone.items()
    assert found["changes"]["looked_at"] > 0


def test_the_json_tells_how_the_tiles_moved_as_the_page_does(archive, support_client):
    asked = {"period": "yesterday"}
    found = support_client.get("/analytics/data.json", asked).json()
    then = support_client.get(
        "/analytics/data.json", {"date_start": "2026-11-16", "date_end": "2026-11-16"}
    ).json()
    assert found["tiles"]["range"] == then["range"]
    assert found["tiles"]["totals"] == then["totals"]
    now, moved = found["totals"], found["tiles"]["changes"]
    assert moved["outgoing"] == pytest.approx(now["outgoing"] / then["totals"]["outgoing"] - 1)
    assert moved["delivery_rate"] == now["delivery_rate"] - then["totals"]["delivery_rate"]
    page = support_client.get("/analytics/", asked | {"wait": "1"})
    for tile in page.context["figures"]:
        assert bool(tile.change) == (moved[tile.name] is not None), tile.name


def test_of_a_range_that_is_not_fetched_no_figure_is_claimed(archive, support_client):
    a_worker_is_there()
    found = support_client.get(
        "/analytics/data.json", {"period": "yesterday", "compare": "year"}
    ).json()
    assert found["coverage"]["source"] == "archive"
    assert found["totals"]["outgoing"] > 0
    assert (found["compare"], found["changes"]) == (None, None)
