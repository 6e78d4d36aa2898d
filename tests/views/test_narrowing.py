"""A figure's link narrows within the question, and never to rows outside it."""

from messages_app.analysis.query import MessageQuery
from messages_app.views.narrowing import narrowed, rows_url
from tests.views.conftest import NOW


def query(**changes) -> MessageQuery:
    return MessageQuery(now=NOW, **changes)


def test_a_figure_narrows_to_its_statuses():
    found = narrowed(query(countries=("FR",)), statuses=("denied", "not_sent"))
    assert found == query(countries=("FR",), statuses=("denied", "not_sent"))


def test_what_is_asked_already_stays_a_limit():
    asked = query(statuses=("denied", "sent"), type="messages-out", countries=("BE", "FR"))
    found = narrowed(asked, statuses=("denied", "not_sent"), countries=("FR",))
    assert found is not None
    assert (found.statuses, found.countries) == (("denied",), ("FR",))


def test_a_figure_with_nothing_inside_the_question_has_no_link():
    assert narrowed(query(statuses=("denied",)), statuses=("delivered",)) is None
    assert narrowed(query(countries=("FR",)), countries=("BE",)) is None
    assert narrowed(query(type="messages-in"), type="messages-out") is None
    assert rows_url(query(statuses=("denied",)), statuses=("delivered",)) == ""


def test_a_link_starts_on_the_first_page_newest_first():
    found = narrowed(query(page=7, sort="-cost"), statuses=("sent",))
    assert found is not None
    assert (found.page, found.sort) == (1, "-date")
