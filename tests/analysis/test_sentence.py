"""The question in words; every filter has its clause."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from messages_app.analysis.conditions import CONDITIONS
from messages_app.analysis.query import MessageQuery
from messages_app.views.question_bar import sentence

NOW = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/Paris"))


def query(**changes) -> MessageQuery:
    return MessageQuery(now=NOW, **changes)


def free(start: str, end: str) -> MessageQuery:
    return query(
        period="custom",
        date_start=datetime.fromisoformat(start),
        date_end=datetime.fromisoformat(end),
    )


@pytest.mark.parametrize(
    ("asked", "count", "words"),
    [
        (query(), 4312, "4,312 messages, last 7 days"),
        (query(type="messages-out", countries=("FR",), statuses=("undelivered",)), 1,
         "1 outgoing message, country: France, status: not received, last 7 days"),
        (query(destination="33639981234", period="today"), 0, "0 messages, to +33 6 39 98 12 34, today"),
        (query(statuses=("denied", "not_sent")), 7, "7 messages, status: denied or not sent, last 7 days"),
        (free("2026-11-01 00:00:00", "2026-11-01 23:59:59"), 2, "2 messages, on 1 Nov 2026"),
        (free("2026-11-01 00:00:00", "2026-11-03 23:59:59"), 2, "2 messages, 1 Nov 2026 to 3 Nov 2026"),
        (free("2026-11-01 08:00:00", "2026-11-01 09:00:00"), 2,
         "2 messages, 1 Nov 2026 08:00:00 to 1 Nov 2026 09:00:00"),
    ],
)  # fmt: skip
def test_the_question_in_words(asked, count, words):
    with translation.override("en"):
        assert sentence(asked, count) == words


def test_more_than_is_said():
    with translation.override("en"):
        assert sentence(query(), 50, known=False) == "More than 50 messages, last 7 days"


def test_every_condition_is_heard_in_the_sentence():
    asked = query(
        destination="36000", message="colis", type="messages-in", countries=("FR",),
        statuses=("sent",), details=("REJECTED",), sender="ACME", campaign="7",
        client="8", reference="order 9", kind="replies", slot="mon-09", delay="20-31",
    )  # fmt: skip
    plain = sentence(query(), 1)
    for condition in CONDITIONS:
        field = {"country": "countries", "status": "statuses"}.get(condition.name, condition.name)
        without = sentence(asked.but(**{field: type(getattr(asked, field))()}), 1)
        assert len(plain) < len(without) < len(sentence(asked, 1)), condition.name


def test_a_status_and_a_period_do_not_look_alike_in_french():
    asked = query(statuses=("waiting",), period="scheduled")
    with translation.override("fr"):
        assert sentence(asked, 343) == "343 messages, statut\u00a0: programmé, à venir"


@pytest.mark.parametrize(
    ("asked", "end"),
    [
        (query(countries=("FR",)), "not among them: the provider gives them no country."),
        (query(countries=("FR",), type="messages-in"), "so none of them is found by one."),
        (query(countries=("FR",), type="messages-out"), "last 7 days"),
        (query(type="messages-in"), "last 7 days"),
    ],
)
def test_what_a_country_leaves_out_is_said(asked, end):
    with translation.override("en"):
        assert sentence(asked, 2).endswith(end)
