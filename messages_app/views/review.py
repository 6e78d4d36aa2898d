"""The administrators' review: what was held back, refused or lost in a period, by reason and country."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from messages_app.access import gate
from messages_app.analysis import shown
from messages_app.analysis.countries import country_name, flag
from messages_app.analysis.live import LiveRows
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import (
    DENIED,
    MODERATION,
    NO_REASON,
    NOT_SENT,
    TONES,
    UNDELIVERED,
    Status,
    Tone,
    reason_words,
    status_of,
)
from messages_app.filters import question_url
from messages_app.provider import MessageRecord
from messages_app.views.asking import Trouble, asked, attempt, live_rows, must_wait, show
from messages_app.views.narrowing import rows_url
from messages_app.views.question_bar import bar
from messages_app.visible import one_line

REVIEWED = (MODERATION, DENIED, NOT_SENT, UNDELIVERED)


@dataclass(frozen=True, slots=True)
class Count:
    """One line of a review table: what, how many (shown), its share, the rows behind it."""

    label: str
    count: str
    share: str
    href: str


@dataclass(frozen=True, slots=True)
class Section:
    """One status under review, by reason and by country."""

    status: Status
    tone: Tone
    count: str
    href: str
    by_reason: list[Count]
    by_country: list[Count]


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    """What needs an administrator's eye in a period; every figure opens its rows."""
    gate(request, "review", "see_messages", "see_personal")
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    context: dict[str, Any] = bar(request, question)
    if question.query:
        context |= _answer(request, question.query)
    return show(request, "review", context)


def _answer(request: HttpRequest, query: MessageQuery) -> dict[str, Any]:
    context: dict[str, Any] = {"query": query, "here": question_url(request.path, query)}
    if must_wait(request, query):
        return context | {"waits_for": question_url(request.path, query, [("wait", "1")])}
    found = attempt(live_rows, query, request.path)
    if isinstance(found, Trouble):
        return context | {"trouble": found}
    return context | {
        "sections": [section(name, found) for name in REVIEWED],
        "as_of": shown.clock(found.as_of),
        "unproven": found.unproven,
    }


def section(name: str, answer: LiveRows) -> Section:
    """Count the rows of one status."""
    rows = [record for record in answer.records if record.status_name == name]
    status, query = status_of(name), answer.query
    return Section(
        status,
        TONES[status.tone],
        shown.number(len(rows)),
        rows_url(query, statuses=(name,)),
        _by_reason(rows, name, query),
        _by_country(rows, name, query),
    )


def _by_reason(rows: list[MessageRecord], name: str, query: MessageQuery) -> list[Count]:
    counts = Counter(record.status_details or NO_REASON for record in rows)
    return [
        _line(
            _("No reason given") if details == NO_REASON else one_line(reason_words(details)),
            count,
            len(rows),
            rows_url(query, statuses=(name,), details=(details,)),
        )
        for details, count in counts.most_common()
    ]


def _by_country(rows: list[MessageRecord], name: str, query: MessageQuery) -> list[Count]:
    counts = Counter(record.country for record in rows)
    return [
        _line(
            f"{flag(code)} {country_name(code)}".strip(),
            count,
            len(rows),
            rows_url(query, statuses=(name,), countries=(code,)) if code else "",
        )
        for code, count in counts.most_common()
    ]


def _line(label: str, count: int, whole: int, href: str) -> Count:
    return Count(label, shown.number(count), shown.rate(count / whole), href)
